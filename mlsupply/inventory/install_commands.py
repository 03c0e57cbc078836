"""`pip install`, `uv add`, `uvx`, `poetry add`, `conda install` and their like in shell text: what they install, from where,
and what of it cannot be known without running the shell. Which words are an installer's is told by `install_verbs`. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mlsupply.inventory import reader_named, reader_of
from mlsupply.inventory.collected import Collected
from mlsupply.inventory.files import is_archive
from mlsupply.inventory.index_words import is_set
from mlsupply.inventory.install_verbs import Install, Kind, install_at, script_in
from mlsupply.inventory.parsing import gap, quoted
from mlsupply.inventory.pip_line import asked_for
from mlsupply.inventory.shell import Word, commands
from mlsupply.inventory.trusted import with_trusted
from mlsupply.model import Coordinate, Gap, Index, Package, Place, Reason, Requirement, Source, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.text import safe, without_credentials


class Include(NamedTuple):
    """A requirements or constraints file a command names. settings: the format of a file of an installer's settings."""

    path: str
    place: Place
    constraint: bool = False
    settings: str = ""


Found = Requirement | Package | Index | Gap | Include

_INDEX_ROLES = {
    "-i": "primary",
    "--index-url": "primary",
    "--default-index": "primary",
    "--pypi-url": "primary",
    "--extra-index-url": "extra",
    "--index": "extra",
    "-f": "find-links",
    "--find-links": "find-links",
    "--pypi-mirror": "primary",
}
_FILES = {
    "-r": False,
    "--requirement": False,
    "--requirements": False,
    "-c": True,
    "--constraint": True,
    "--constraints": True,
    "--with-requirements": False,
    "--override": True,
    "--overrides": True,
    "--build-constraint": True,
    "--build-constraints": True,
}
_SETTINGS = {"pip settings": "pip settings", "uv.toml": "uv.toml", "--config-file": "uv.toml"}
"""Option -> the format of the file it names; see `index_words.variable`."""
# options with a value that is nothing to install
_VALUED = frozenset(
    {
        *("--target", "--prefix", "--root", "--platform", "--python-version", "--implementation", "--abi"),
        *("--no-binary", "--only-binary", "--cache-dir", "--timeout", "--retries", "--proxy", "--cert"),
        *("--client-cert", "--progress-bar", "--upgrade-strategy", "--config-settings", "--config-setting"),
        *("--global-option", "--build-option", "--src", "--log", "--exists-action", "--report"),
        *("--use-feature", "--use-deprecated", "--python", "--index-strategy", "--resolution", "--prerelease"),
        *("--exclude-newer", "--link-mode", "--torch-backend", "--keyring-provider", "--extra", "--group"),
        *("--no-build-package", "--no-binary-package"),
        *("--only-binary-package", "--refresh-package", "--reinstall-package", "--upgrade-package"),
        *("--python-platform", "--directory", "--project", "--default-timeout"),
        *("--user-agent", "--branch", "--tag", "--rev", "--optional", "--package", "--channel", "--name"),
        *("--file", "--path", "--solver", "--suffix", "--pip-args"),
        *("--wheel-dir", "--dest", "--extras", "--categories", "--with-editable", "--feature"),
        *("--script", "--source", "--markers"),
        *("-t", "-p", "-b", "-C"),
    }
)
_TRUSTING = frozenset({"--trusted-host", "--allow-insecure-host"})
_ALSO = frozenset({"-w", "--with", "--from", "--spec"})  # options that name something to install
_GROUP = re.compile(r"-[a-z]{0,3}[GE]")  # a group or an extra of the project, alone or behind other letters
_CONDA_SPEC = re.compile(
    r"(?:[^:\s]+::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(?:(==?)\s*([0-9][A-Za-z0-9_.+!]*)(?:=([A-Za-z0-9_.*]+))?)?"
)
_INDEX_NAME = re.compile(r"^[A-Za-z0-9_-]{1,80}=(?=[a-z+]{1,20}://)")  # uv: --index name=url
_SAYS_ONLY = frozenset({"echo", "printf", "which", "man", "apt-get", "apt", "yum", "dnf", "apk", "brew", "grep", "sed"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*+(?=\s*+(?:\[|[=<>!~]=|[<>@]|$))")


def installs(path: str, text: str, line: int = 1) -> Iterator[Found]:
    """What the commands in `text` install. line: the line of the file on which the text begins."""
    for words in commands(text, line):
        yield from of_command(path, words)


def of_command(path: str, words: Sequence[Word]) -> Iterator[Found]:
    """What one command installs; nothing where it is another command. `sh -c "…"` is looked into."""
    if not words or words[0].text in _SAYS_ONLY:
        return
    yield from settings(path, is_set(words))
    if script := script_in(words):
        yield from installs(path, script.text, script.line)
        return
    for at, word in enumerate(words):
        found = install_at(words, at)
        if found is not None and words[0].text.rpartition("/")[2] == "xargs":
            detail = "xargs hands names over here that are known only where the command runs"
            yield gap(path, Reason.UNSUPPORTED, detail, word.line, "name the file with -r")
        if found is not None:
            yield from _conda(path, found.arguments) if found.kind is Kind.CONDA else _named(path, found)
            if found.kind not in (Kind.TOOL, Kind.SCRIPT):  # what these run may be an installer again
                return


def settings(path: str, given: Iterable[tuple[str, Word]]) -> Iterator[Found]:
    """The indexes and trusted hosts that options of pip give, set where they hold for later commands."""
    command = _Command(path)
    for option, value in given:
        command.option(option, value)
    return command.result()


@dataclass(slots=True)
class _Command:
    """One pip command while it is read."""

    path: str
    found: list[Found] = field(default_factory=list)
    trusted: dict[str, Place] = field(default_factory=dict)

    def option(self, name: str, value: Word) -> None:
        place = Place(self.path, value.line)
        if name in _FILES or name in _INDEX_ROLES or name in _SETTINGS:
            if value.open:
                self.found.append(_unknown(self.path, value, f"the value of {name}"))
            elif name in _SETTINGS:
                self.found += [Include(value.text, place, settings=_SETTINGS[name])] if value.text != "/dev/null" else []
            elif name in _FILES:
                self.found.append(Include(value.text, place, _FILES[name]))
            else:
                url, had = without_credentials(_INDEX_NAME.sub("", value.text))
                self.found.append(Index(url=url, role=_INDEX_ROLES[name], had_credentials=had, place=place))
        elif name in _TRUSTING and not value.open:
            self.trusted.setdefault(value.text, place)
        elif name in ("-e", "--editable"):
            self.asked(value, editable=True)
        elif name in _ALSO:
            for one in value.text.split(",") if name == "--with" and "[" not in value.text else (value.text,):
                self.asked(value._replace(text=one.strip()))

    def asked(self, word: Word, *, editable: bool = False) -> None:
        if not word.text.strip():
            return
        if word.open and not word.text.startswith("."):
            self.found.append(_unknown(self.path, word, "what is installed here"))
            return
        parsed = asked_for(word.text, Place(self.path, word.line), editable=editable)
        if isinstance(parsed, Requirement) and parsed.source.kind is SourceKind.PATH and _is_file(parsed, word.text):
            detail, hint = "this file exists only where the command runs", "scan that file itself"
            self.found.append(gap(self.path, Reason.NO_ARTIFACT, detail, word.line, hint, quoted(word.text, 120)))
        else:
            self.found.append(parsed)

    def result(self) -> Iterator[Found]:
        yield from (one for one in self.found if not isinstance(one, Index))
        yield from with_trusted((one for one in self.found if isinstance(one, Index)), self.trusted)


def _is_file(asked: Requirement, text: str) -> bool:
    """Whether a path is that of archives, and not of the project itself."""
    return bool(asked.name) or is_archive(text) or "*" in text


def _named(path: str, install: Install) -> Iterator[Found]:
    """What the arguments of an installer of Python packages name."""
    command = _Command(path)
    queue = list(reversed(install.arguments))
    spec = False  # the tool that is run comes from a package an option names
    while queue:
        word = queue.pop()
        if not word.text.startswith("-") or word.text == "-":
            if install.kind is Kind.SCRIPT or (install.kind is Kind.TOOL and spec):
                break
            if install.kind is Kind.FILES:
                command.option("-r", word)
                continue
            command.asked(_with_constraint(word) if install.kind in _AT else word)
            if install.kind is Kind.TOOL:
                break
            continue
        name, equals, value = word.text.partition("=")
        if not word.text.startswith("--") and len(word.text) > 2 and word.text[:2] in ("-r", "-c", "-e", "-i", "-f"):
            name, equals, value = word.text[:2], "=", word.text[2:]  # -rfile
        if install.kind is Kind.PIP and name in ("-w", "-d"):  # --wheel-dir, --dest
            queue = queue if equals else queue[:-1]
        elif equals:
            command.option(name, Word(value, word.line, word.open))
        elif _takes_value(name) and queue:
            command.option(name, queue.pop())
        spec = spec or name in ("--from", "--spec")
    return command.result()


_AT = frozenset({Kind.TOOL, Kind.POETRY, Kind.UV})
_AT_VERSION = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?)@([^/:]+)")


def _takes_value(name: str) -> bool:
    known = name in _VALUED or name in _FILES or name in _INDEX_ROLES or name in _ALSO or name in _SETTINGS
    return known or name in ("-e", "--editable") or name in _TRUSTING or _GROUP.fullmatch(name) is not None


def _with_constraint(word: Word) -> Word:
    """`ruff@0.5.0`, `torch@latest` and Poetry's `torch@^2.1` as PEP 508 writes them."""
    found = _AT_VERSION.fullmatch(word.text)
    if found is None:
        return word
    from mlsupply.inventory.poetry import specifier

    limits = "" if found[2] == "latest" else specifier(found[2])
    return word if limits is None else word._replace(text=found[1] + limits)


def _unknown(path: str, word: Word, what: str) -> Gap:
    named = _NAME.match(word.text)
    subject = f" of {named[0]}" if named and what.startswith("what") and "$" not in named[0] else ""
    detail = f"{what}{subject} contains a variable, whose value is known only where the command runs"
    hint = "lock what is installed, or scan the built environment"
    return gap(path, Reason.UNSUPPORTED, detail, word.line, hint, quoted(word.text))


_CONDA_VALUED = frozenset(("-c", "--channel", "-n", "--name", "-p", "--prefix", "-f", "--file"))


def _listed(path: str, word: Word) -> Found:
    """A file that conda is handed: an environment file is read, its own lists are not."""
    if word.text.endswith((".yml", ".yaml")):
        return Include(word.text, Place(path, word.line))
    detail = f"conda installs what {safe(word.text, 200)} lists, and its own lists are not read"
    return gap(path, Reason.UNSUPPORTED, detail, word.line, "use a conda-lock file, or scan the built environment")


def _conda(path: str, words: Sequence[Word]) -> Iterator[Found]:
    """conda's own packages; only an exact version (`name==1.0`, `name=1.0=build`) says what will be installed."""
    open_names: list[str] = []
    queue = list(reversed(words))
    while queue:
        word = queue.pop()
        if word.text.startswith("-"):
            flag, equals, value = word.text.partition("=")
            if flag not in _CONDA_VALUED or not (equals or queue):
                continue
            given = Word(value, word.line, word.open) if equals else queue.pop()
            if flag in ("-f", "--file"):
                yield _unknown(path, given, f"the value of {flag}") if given.open else _listed(path, given)
            continue
        found = _CONDA_SPEC.fullmatch(word.text)
        if found and found[2] and not word.open and (found[2] == "==" or found[4]):
            yield Package(
                coordinate=Coordinate("conda", safe(found[1], 200).lower(), safe(found[3], 200)),
                source=Source(),
                places=(Place(path, word.line),),
                direct=True,
            )
        else:
            open_names.append(quoted(word.text, 60))
    if open_names:
        detail = f"conda decides only when it runs which release it installs of {', '.join(open_names[:12])}"
        yield gap(path, Reason.UNPINNED, detail, words[0].line, "use a conda-lock file, or scan the built environment")


@dataclass(slots=True)
class Commands(Collected):
    """The install commands of one Dockerfile or notebook. copied: path where they run -> path in the project."""

    copied: dict[str, str] = field(default_factory=dict)

    def take(self, found: Iterable[Found]) -> None:
        """Add what install commands ask for, and what the files they name do."""
        for one in found:
            if isinstance(one, Include):
                self._include(one)
            else:
                Collected.take(self, (one,))

    def _include(self, include: Include) -> None:
        """A file that is walked and known by its name is an input of its own; any other is read with this one."""
        found = next((path for path in self._candidates(include.path) if self.tree.kind(path) == "file"), "")
        found = found or self._walked(include.path)
        if not found:
            detail = f"{safe(include.path, 200)} is not among the files of the project, so what it installs is unknown"
            hint = "scan the file that is copied there"
            self.gaps.append(gap(self.path, Reason.NOT_FOUND, detail, include.place.line, hint))
            return
        self.includes.append(found)
        is_input = reader_of(found) is not None and found in self.tree.survey().files
        if include.constraint:
            self.limit(found, include.place, told=is_input)
        elif is_input:
            return
        elif include.settings:
            self._read_by(include.settings, found)
        elif found.endswith((".yml", ".yaml")):
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
