"""Scripts of shells and files of build tools: what their commands install. Nothing of them is run; `script_pieces` tells
where a format has commands.

Sources: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html, https://www.gnu.org/software/make/manual/,
https://just.systems/man/en/, https://apptainer.org/docs/user/latest/definition_files.html,
https://www.jenkins.io/doc/pipeline/steps/workflow-durable-task-step/ and the manuals of PowerShell, cmd, Vagrant and Heroku
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlsupply.inventory import reader_of
from mlsupply.inventory.images import may_name
from mlsupply.inventory.install_commands import Commands, from_elsewhere, of_script
from mlsupply.inventory.install_verbs import names_installers
from mlsupply.inventory.parsing import beginning, decode, gap
from mlsupply.inventory.script_pieces import Cut, apptainer, batch, justfile, makefile, powershell, procfile, shell
from mlsupply.inventory.script_quotes import jenkinsfile, nix, terraform, vagrantfile
from mlsupply.inventory.shell import Word
from mlsupply.inventory.shell_texts import Use, language_of
from mlsupply.model import Gap, Inventory, Reason
from mlsupply.world import Failure, Limits, Tree

CUTS: Mapping[str, Callable[[str], Cut]] = {
    "shell script": shell,
    "PowerShell script": powershell,
    "batch file": batch,
    "Makefile": makefile,
    "justfile": justfile,
    "Procfile": procfile,
    "Vagrantfile": vagrantfile,
    "Apptainer definition": apptainer,
    "Jenkinsfile": jenkinsfile,
    "Terraform": terraform,
    "Nix": nix,
    "CMake": shell,
}
FORMAT = "shell script"  # of a file whose name says nothing
_MOST_BYTES = 2 << 20  # of one script: installers carry archives of any size behind their commands


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all commands."""
    reader = reader_of(path)
    form = reader.format if reader and reader.format in CUTS else FORMAT
    data = _head(path, tree, limits)
    if isinstance(data, Failure):
        return Inventory(path=path, format=form, gaps=(gap(path, data.reason, data.detail),))
    commands = Commands(path, tree, limits)
    text = decode(path, data[:_MOST_BYTES])
    if isinstance(text, Gap):  # a shell takes any bytes; commands that matter are ASCII
        text = data[:_MOST_BYTES].decode("ascii", "replace").replace("\r\n", "\n")
    text = text.replace("\0", "")
    if len(data) > _MOST_BYTES:
        detail = f"only its first {_MOST_BYTES:,} bytes were read for what they install"
        commands.gaps.append(gap(path, Reason.LIMIT, detail, hint="scan the environment it makes (--env)"))
    if names_installers(text) or may_name(text) or form == "Nix":
        _take(commands, path, text, form)
    return commands.inventory(form)


def _head(path: str, tree: Tree, limits: Limits) -> bytes | Failure:
    """As much of the file as is read, and one byte where there is more."""
    return beginning(path, tree, min(_MOST_BYTES, limits.manifest_bytes) + 1)


def _take(commands: Commands, path: str, text: str, form: str) -> None:
    cut = CUTS[form](text)
    for piece in cut.pieces:
        signs = piece.use is Use.REQUIREMENTS or "$" in piece.text or "clone" in piece.text
        if signs or names_installers(piece.text) or may_name(piece.text):
            use = language_of(piece.text) or piece.use
            commands.take(from_elsewhere(of_script(path, Word(piece.text, piece.line), use, cut.values)))
