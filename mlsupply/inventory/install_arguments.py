"""The arguments of one install command: what they name, from which index, and what of it cannot be known. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mlsupply.inventory.files import is_archive
from mlsupply.inventory.install_verbs import Install, Kind
from mlsupply.inventory.parsing import gap, quoted
from mlsupply.inventory.pip_line import asked_for
from mlsupply.inventory.shell import Word
from mlsupply.inventory.trusted import with_trusted
from mlsupply.model import Gap, Index, Package, Place, Reason, Requirement, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.text import safe, without_credentials


class Include(NamedTuple):
    """A requirements or constraints file a command names. settings: the format of a file of an installer's settings."""

    path: str
    place: Place
    constraint: bool = False
    settings: str = ""


class Written(NamedTuple):
    """A text that a command writes to a file, which a later one may name. path: where it runs."""

    path: str
    text: str
    line: int
    appends: bool = False


class Embedded(NamedTuple):
    """A text that stands in a file and is an input of another format, whose name `form` is."""

    form: str
    text: str
    line: int


Found = Requirement | Package | Index | Gap | Include | Written | Embedded

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
_SEVERAL = re.compile(r",(?=[ ]*[A-Za-z0-9])")  # a name begins another; `a>=1,<2` is one
_INDEX_NAME = re.compile(r"^[A-Za-z0-9_-]{1,80}=(?=[a-z+]{1,20}://)")  # uv: --index name=url
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*+(?=\s*+(?:\[|[=<>!~]=|[<>@]|$))")
_LOCK = "lock what is installed, or scan the built environment"


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
            for one in _SEVERAL.split(value.text) if name == "--with" and "[" not in value.text else (value.text,):
                self.asked(value._replace(text=one.strip()))

    def asked(self, word: Word, *, editable: bool = False) -> None:
        if not word.text.strip():
            return
        if word.open and not word.text.startswith("."):
            self.found.append(_unknown(self.path, word, "what is installed here"))
            return
        if word.varies:
            self.found.append(may_vary(self.path, word))
        parsed = asked_for(word.text, Place(self.path, word.line), editable=editable)
        if isinstance(parsed, Requirement) and parsed.source.kind is SourceKind.PATH and _is_file(parsed, word.text):
            detail, hint = "this file exists only where the command runs", "scan that file itself"
            self.found.append(gap(self.path, Reason.NO_ARTIFACT, detail, word.line, hint, quoted(word.text, 120)))
        else:
            self.found.append(parsed)

    def result(self) -> Iterator[Found]:
        yield from (one for one in self.found if not isinstance(one, Index))
        yield from with_trusted((one for one in self.found if isinstance(one, Index)), self.trusted)


def of_install(path: str, install: Install) -> Iterator[Found]:
    """What the arguments of an installer name."""
    return _conda(path, install.arguments) if install.kind is Kind.CONDA else _named(path, install)


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
    return gap(path, Reason.UNSUPPORTED, detail, word.line, _LOCK, quoted(word.text))


def may_vary(path: str, word: Word) -> Gap:
    """That what is installed holds a variable which may be set otherwise."""
    detail = "another value may be given for a variable where this is installed; looked at with the one written here"
    return gap(path, Reason.UNSUPPORTED, detail, word.line, _LOCK, quoted(word.text))


_CONDA_VALUED = frozenset(("-c", "--channel", "-n", "--name", "-p", "--prefix", "-f", "--file"))


def _listed(path: str, word: Word) -> Found:
    """A file that conda is handed: an environment file is read, its own lists are not."""
    if word.text.endswith((".yml", ".yaml")):
        return Include(word.text, Place(path, word.line))
    detail = f"conda installs what {safe(word.text, 200)} lists, and its own lists are not read"
    return gap(path, Reason.UNSUPPORTED, detail, word.line, "use a conda-lock file, or scan the built environment")


def _conda(path: str, words: Sequence[Word]) -> Iterator[Found]:
    """conda's own packages; only an exact version (`name==1.0`, `name=1.0=build`) says what will be installed."""
    from mlsupply.inventory import conda

    names = conda.Names()
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
        spec = None if word.open else conda.parse_spec(word.text)
        if spec and spec.version:
            source, place = conda.registry(spec.channel), Place(path, word.line)
            yield conda.package(names, spec.name.lower(), spec.version, source, place, direct=True)
        else:
            open_names.append(quoted(word.text, 60))
    if open_names:
        detail = f"conda decides only when it runs which release it installs of {', '.join(open_names[:12])}"
        yield gap(path, Reason.UNPINNED, detail, words[0].line, "use a conda-lock file, or scan the built environment")
