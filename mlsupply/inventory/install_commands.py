"""`pip install`, `uv add`, `uvx`, `poetry add`, `conda install` and their like in shell text: what they install, from where,
and what of it cannot be known without running the shell. Which words are an installer's is told by `install_verbs`, what
its arguments name by `install_arguments`. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mlsupply.inventory import images, known_by_name, reader_named, reader_of
from mlsupply.inventory.clones import Clones
from mlsupply.inventory.collected import Collected
from mlsupply.inventory.index_words import is_set
from mlsupply.inventory.install_arguments import Embedded, Found, Include, Written, of_install, settings
from mlsupply.inventory.install_verbs import Install, goes_on, install_at, script_in
from mlsupply.inventory.overlaid import Overlaid
from mlsupply.inventory.parsing import gap
from mlsupply.inventory.python_calls import Unread, commands_in
from mlsupply.inventory.requirement_files import follow
from mlsupply.inventory.shell import Word, parsed
from mlsupply.inventory.shell_texts import Use, language_of, python_in, said, use_of, with_own, written_to
from mlsupply.inventory.shell_values import NOTHING, Values
from mlsupply.model import Gap, Reason, Requirement, SourceKind
from mlsupply.text import safe

__all__ = ["Commands", "Found", "Include", "from_elsewhere", "installs", "of_command", "of_script", "settings", "written"]

_SAYS_ONLY = frozenset(
    {
        *("echo", "printf", "which", "man", "apt-get", "apt", "yum", "dnf", "apk", "brew", "grep", "sed", ":"),
        *("Write-Host", "Write-Output", "Write-Error", "Write-Warning", "Write-Verbose", "logger"),
    }
)
_DEEPEST = 20  # scripts within scripts
_SCRIPT_ENDINGS = (".sh", ".bash", ".zsh")
_SETTINGS = ("pip settings", "uv.toml")  # formats of files that hold for later commands
_MOST_WRITTEN = 200  # files that one script writes
_OWN = (SourceKind.PATH, SourceKind.EDITABLE)
_BUILT = re.compile(r"[*]|(?:^|/)(?:dist|build|wheelhouse|wheels|target)/")


def installs(path: str, text: str, line: int = 1, values: Values = NOTHING, depth: int = 0) -> Iterator[Found]:
    """What the commands in `text` install. line: the line of the file on which the text begins; values: what is known of
    variables beside what the text itself sets; depth: of a script within others."""
    if depth > _DEEPEST:
        yield gap(path, Reason.LIMIT, f"scripts within scripts are read {_DEEPEST} deep, and this one lies deeper", line)
        return
    values = with_own(values if values.above else values.copy(), text, line)
    clones = Clones(path, values.cloned)
    output: Word | None = None
    for command in parsed(text, line, values):
        handed = (*command.given, *([output] if command.piped and output else []))
        output = said(command, handed)
        if output is None:
            yield from clones.told(of_command(path, command.words, handed, values, depth))
            clones.follow(command.words)
            continue
        target, appends = written_to(command, handed)
        if target:
            yield from written(path, target, output, appends=appends, values=values, depth=depth)


def written(
    path: str, target: str, text: Word, *, appends: bool = False, values: Values = NOTHING, depth: int = 0
) -> Iterator[Found]:
    """A file that a script writes: a later command may name it, a script is run some time, and settings hold at once."""
    yield Written(target, text.text, text.line, appends)
    reader = reader_of(target)
    if reader and reader.format in _SETTINGS:
        yield Embedded(reader.format, text.text, text.line)
    use = language_of(text.text) or (Use.SHELL if target.endswith(_SCRIPT_ENDINGS) else None)
    yield from of_script(path, text, Use.PYTHON if use is None and target.endswith(".py") else use, values, depth)


def of_command(
    path: str, words: Sequence[Word], handed: Sequence[Word] = (), values: Values = NOTHING, depth: int = 0
) -> Iterator[Found]:
    """What one command installs; nothing where it is another command. `sh -c "…"` is looked into, and what an interpreter is
    handed to read (`python - <<EOF`)."""
    if not words:  # `RUN <<EOF` of Dockerfiles
        for text in handed:
            yield from of_script(path, text, Use.SHELL, values, depth)
        return
    if words[0].text in _SAYS_ONLY:
        return
    yield from settings(path, is_set(words))
    if script := script_in(words):
        yield from installs(path, script.text, script.line, values, depth + 1)
        return
    if code := python_in(words):
        yield from of_script(path, code, Use.PYTHON, values, depth)
    named = [*_named(path, words, handed), *images.of_command(path, words)]
    yield from named
    if not named and code is None and goes_on(words):
        detail = "this command speaks of installing behind more words than a program is looked for in"
        yield gap(path, Reason.LIMIT, detail, words[0].line, "scan the environment it runs in (--env)")
    for text in handed if not named else ():
        yield from of_script(path, text, use_of(words), values, depth)


def _named(path: str, words: Sequence[Word], handed: Sequence[Word]) -> Iterator[Found]:
    """What the installers in a command name."""
    for at, word in enumerate(words):
        found = install_at(words, at)
        if found is None:
            continue
        if words[0].text.rpartition("/")[2] == "xargs":
            known = [one for one in handed if not one.open]
            if not known:
                detail = "xargs hands names over here that are known only where the command runs"
                yield gap(path, Reason.UNSUPPORTED, detail, word.line, "name the file with -r")
            found = _with_names(found, known)
        elif handed and not found.kind.runs_another:
            yield Written("/dev/stdin", handed[-1].text, handed[-1].line)
        yield from of_install(path, found)
        if not found.kind.runs_another:  # what such a one runs may be an installer again
            return


def _with_names(install: Install, handed: Sequence[Word]) -> Install:
    """The command that xargs makes of an install command and what it reads."""
    names = [Word(name, one.line, varies=one.varies) for one in handed for name in one.text.split()]
    given = [one for one in install.arguments if "{}" not in one.text] if names else install.arguments
    return install._replace(arguments=[*given, *names])


def of_script(path: str, text: Word, use: Use | None, values: Values = NOTHING, depth: int = 0) -> Iterator[Found]:
    """What a text installs where it is run."""
    use = (language_of(text.text) or use) if use is Use.SHELL else use
    if use is Use.UV:
        yield Embedded("script", text.text, text.line)
    elif use is Use.REQUIREMENTS:
        yield Embedded("requirements", text.text, text.line)
    elif use is Use.SHELL:
        yield from installs(path, text.text, text.line, values, depth + 1)
    elif use is Use.PYTHON:
        snippets = commands_in(text.text)
        if isinstance(snippets, Unread):
            detail, line = f"code that speaks of installing {snippets.why}", text.line + snippets.line
            yield gap(path, snippets.reason, detail, line, "scan the environment it runs in (--env)")
            return
        for snippet in snippets:
            yield from installs(path, snippet.text, text.line + snippet.line, values, depth + 1)


def from_elsewhere(found: Iterable[Found], folder: str = "") -> Iterator[Found]:
    """Without what lies in the project itself, or was built of it: a script of the project is no place to audit that. Files
    are named from `folder`."""
    for one in found:
        if isinstance(one, Include) and folder and "$" not in folder and "://" not in one.path:
            yield one._replace(path=posixpath.join(folder, one.path))
        elif isinstance(one, Requirement) and one.source.kind in _OWN:
            continue
        elif not (isinstance(one, Gap) and one.reason is Reason.NO_ARTIFACT and _BUILT.search(one.item)):
            yield one


@dataclass(slots=True)
class Commands(Collected):
    """The install commands of one file. copied: path where they run -> path in the project; written: the files that they
    write themselves."""

    copied: dict[str, str] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)

    def take(self, found: Iterable[Found]) -> None:
        """Add what install commands ask for, and what the files they name do."""
        for one in found:
            if isinstance(one, Include):
                self._include(one)
            elif isinstance(one, Written):
                self._write(one)
            elif isinstance(one, Embedded):
                self._embedded(one)
            else:
                Collected.take(self, (one,))

    def _include(self, include: Include) -> None:
        """A file that is walked and known by its name is an input of its own; any other is read with this one."""
        if written := self.written.get(posixpath.normpath(include.path)):
            if not include.constraint:
                self._follow_written(written, include)
            return
        found = next((path for path in self._candidates(include.path) if self.tree.kind(path) == "file"), "")
        found = found or self._walked(include.path)
        if not found:
            detail = f"{safe(include.path, 200)} is not among the files of the project, so what it installs is unknown"
            hint = "scan the file that is copied there"
            self.gaps.append(gap(self.path, Reason.NOT_FOUND, detail, include.place.line, hint))
            return
        self.includes.append(found)
        is_yaml, reader = found.endswith((".yml", ".yaml")), reader_of(found)
        is_read = (
            reader is not None
            and known_by_name(found)
            and (reader.format == "environment.yml" or not is_yaml or bool(include.settings))
        )
        is_input = is_read and found in self.tree.survey().files
        if include.constraint:
            self.limit(found, include.place, told=is_input)
        elif is_input:
            return
        elif include.settings:
            self._read_by(include.settings, found)
        elif is_yaml:
            self._read_by("environment.yml", found)
        else:
            self.follow(found, include.place)

    def _read_by(self, form: str, path: str) -> None:
        """Read a file of any name as part of this one, by the reader of a format."""
        if reader := reader_named(form):
            found = reader.read(path, self.tree, self.limits)
            Collected.take(self, (*found.packages, *found.requirements, *found.indexes, *found.gaps))

    def _walked(self, path: str) -> str:
        """A file that is walked and ends so, where the command was run in a folder that only a `cd` before it tells."""
        end = "/" + re.sub(r"^(?:\.\./|/)+", "", posixpath.normpath(path))
        return next((walked for walked in self.tree.survey().files if f"/{walked}".endswith(end)), "")

    def _candidates(self, path: str) -> Iterator[str]:
        """Where a path inside an image may come from: relative to the file or a folder above it, then by name alone."""
        folder = posixpath.dirname(self.path)
        folders = [folder]
        while folder and folder != "/":
            folder = posixpath.dirname(folder)
            folders.append(folder)
        path = self.copied.get(path, path)
        for name in dict.fromkeys((path.lstrip("/"), posixpath.basename(path))):
            for above in folders:
                yield posixpath.normpath(posixpath.join(above, name))

    def _write(self, written: Written) -> None:
        """Keep what a file holds from here on."""
        name = posixpath.normpath(written.path)
        before = self.written.get(name)
        if before is not None and written.appends:
            lines = written.line - before.line - before.text.count("\n")
            self.written[name] = before._replace(text=before.text + "\n" * max(lines, 0) + written.text)
        elif before is not None or len(self.written) < _MOST_WRITTEN:
            self.written[name] = written

    def _follow_written(self, written: Written, include: Include) -> None:
        """Read a file that a command wrote, with the lines of the text that is written."""
        tree = Overlaid(self.tree, self.path, _on_its_line(written.text, written.line))
        found = follow(self.path, include.place, tree, self.limits)
        Collected.take(self, (*found.requirements, *found.indexes, *found.gaps))

    def _embedded(self, embedded: Embedded) -> None:
        """Read an input that stands in this file."""
        tree = Overlaid(self.tree, self.path, _on_its_line(embedded.text, embedded.line))
        reader = reader_named(embedded.form)
        if reader and (embedded.form != "script" or "# /// script" in embedded.text):
            found = reader.read(self.path, tree, self.limits)
            Collected.take(self, (*found.packages, *found.requirements, *found.indexes, *found.gaps))


def _on_its_line(text: str, line: int) -> bytes:
    return ("\n" * (line - 1) + text).encode("utf-8", "replace")
