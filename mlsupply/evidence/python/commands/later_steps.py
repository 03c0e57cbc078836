"""What a run of continuous integration is told to start in its later steps: variables and folders that go into the files
which GitHub, its like and CircleCI name in the environment, or that are printed for Azure.

A later step runs with the secrets of the run, and starts what `BASH_ENV` names, or the first program on the path, by itself.
Whether that is bad is told by the files that the module wrote there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsupply.evidence.python.commands import carriers
from mlsupply.evidence.python.commands.run_facts import bundled, noted, ran_file
from mlsupply.evidence.python.commands.shell import MAX_LINE, deeds
from mlsupply.evidence.python.libraries.storage import file_key
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, Value, constant, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# Labels of the paths of files with variables, with folders for programs, and with commands that come before each step.
_OF_VARIABLES = frozenset(
    {"variable:GITHUB_ENV", "variable:FORGEJO_ENV", "variable:GITEA_ENV", "variable:BUILDKITE_ENV_FILE"}
)
_OF_FOLDERS = frozenset({"variable:GITHUB_PATH", "variable:FORGEJO_PATH", "variable:GITEA_PATH"})
_OF_COMMANDS = frozenset({"variable:BASH_ENV"})
_SET = expression(r"(?m)^[\"']?(?P<name>[A-Z][A-Z0-9_]{1,60})(?:<<\S{1,80}\n|=)(?P<value>[^\n]{1,2000})")
_PRINTED = expression(
    r"(?m)^(?:##vso\[task\.setvariable variable=(?P<name>\w{1,60})[^\]\n]{0,80}\]|::set-env name=(?P<older>\w{1,60})::|"
    r"##vso\[task\.prependpath\]|::add-path::)(?P<value>[^\n]{1,2000})"
)
_ECHOED = expression(
    r"\b(?:echo|printf)\s(?:-\w{1,3}\s)?[\"']?(?P<text>[^\n>]{1,2000}?)[\"']?\s*(?:>>?|\|\s*tee(?:\s-a)?)\s*[\"']?"
    r"\$\{?(?P<file>\w{1,40})"
)
_WORDS = expression(r"[^\s:;,=\"']+")
# Programs that any run starts.
_USUAL = expression(
    r"/(?:git|gh|curl|wget|bash|sh|env|node|npm|npx|python[\d.]*|pip[\d.]*|uv|twine|docker|tar|make|ssh|sudo|ls|cat)$"
)
_MOST = 64  # words of a value, and files of a folder, that are looked at


def written(machine: Analyser, call: Call, path: Value, content: Value) -> None:
    """Notes what `content`, which goes into the file at `path`, starts in a later step, or is of what was named before."""
    for place, folder in machine.awaited.items():
        if _is_below(text_of(path), place):
            _started(machine, call, content, text_of(path), folder=folder)
            break
    told = path.taint & (_OF_VARIABLES | _OF_FOLDERS | _OF_COMMANDS)
    if told:
        _told(machine, call, told, _lines(content), content)


def commanded(machine: Analyser, call: Call, text: str) -> None:
    """Notes what a command line that echoes into one of these files starts in a later step."""
    for found in _ECHOED.finditer(text[:MAX_LINE]) if "$" in text else ():
        _told(machine, call, frozenset({f"variable:{found['file']}"}), found["text"], Value())


def printed(machine: Analyser, call: Call, given: Value) -> None:
    """Notes what a line that is printed for the service starts in a later step."""
    for found in _PRINTED.finditer(text_of(given)[:MAX_LINE]):
        name = found["name"] or found["older"]
        if name is None or carriers.starts(name):
            _named(machine, call, found["value"], given)


def _lines(content: Value) -> str:
    """The text, or the lines that `writelines` is given."""
    items = folding.items_of(content) if not isinstance(content.const, str | bytes) else []
    return "".join(map(text_of, items[:_MOST])) if items else text_of(content)


def _told(machine: Analyser, call: Call, told: frozenset[str], text: str, content: Value) -> None:
    """told: labels of the file that the text goes into."""
    text = text[:MAX_LINE]
    if told & _OF_VARIABLES:
        for found in _SET.finditer(text):
            if carriers.starts(found["name"]):
                _named(machine, call, found["value"], content)
    if told & _OF_FOLDERS:
        for line in text.splitlines()[:_MOST]:
            _named(machine, call, line, content, folder=True)
    if told & _OF_COMMANDS:
        for deed in deeds(text):
            noted(machine, call, deed, silent=False)


def _named(machine: Analyser, call: Call, value: str, content: Value, *, folder: bool = False) -> None:
    """Follows the value of a variable that something is started by: commands, or files of the module or package. folder: it
    is one of programs, which are started by their names: what an installer fetches there, only where it is asked for."""
    for deed in deeds(value):
        noted(machine, call, deed, silent=False)
    for word in _WORDS.findall(value)[:_MOST]:
        if len(word.replace(HOLE, "")) < 3:
            continue
        for place, kept in _kept(machine, word):
            _started(machine, call, kept, place, folder=folder)
        if len(machine.awaited) < _MOST:
            machine.awaited = {**machine.awaited, word: folder}
    if not folder and has(content.taint, "package-file"):
        bundled(machine, call, content, False, "a file of the package, by a later step of the run,")


def _kept(machine: Analyser, word: str) -> Iterator[tuple[str, Value]]:
    """(path, content) of the files that the module wrote to this path, or below it."""
    key = file_key(constant(word))
    places = [place for place in machine.files if _is_below(place, key) and not place.endswith("/")]
    yield from ((place, machine.files[place]) for place in places[:_MOST])


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _started(machine: Analyser, call: Call, content: Value, place: str, *, folder: bool) -> None:
    """Notes a file of the module that a later step starts. folder: as in `_named`."""
    if folder and has(content.taint, "received") and not _USUAL.search(place):
        return
    if content.known or has(content.taint, "received", "encoded"):
        ran_file(machine, call, content, constant(place), silent=False)
        return
    for deed in deeds(re.sub(f"{HOLE}+", "_", text_of(content))):
        noted(machine, call, deed, silent=False)
