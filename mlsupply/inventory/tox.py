"""tox: what its environments hold, and what their commands install. Nothing is run.

Sources: https://tox.wiki/en/latest/config.html and https://tox.wiki/en/latest/reference/config.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mlsupply.inventory.collected import Collected
from mlsupply.inventory.cover import BUILD_GROUP
from mlsupply.inventory.index_words import is_set
from mlsupply.inventory.ini import Sections, sections_of
from mlsupply.inventory.install_arguments import may_vary
from mlsupply.inventory.install_commands import Commands, Found, Include, from_elsewhere, installs, of_command, settings
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import Snippet, gap, quoted, table, text_of, toml_of
from mlsupply.inventory.pip_line import asked_for
from mlsupply.inventory.shell import Word
from mlsupply.model import Gap, Inventory, Place, Reason, Requirement
from mlsupply.text import canonical
from mlsupply.value import replace
from mlsupply.world import Limits, Tree

FORMAT = "tox"
_COMMANDS = ("commands_pre", "commands", "commands_post", "list_dependencies_command")
_FACTORS = re.compile(r"(?!\{env:)[\w.!,{}*-]{1,300}:(?!//)[ \t]*")
_FILE = re.compile(r"(-r|-c|--requirement|--constraint)[ \t=]*(.+)")
_ROOT = re.compile(r"\{(?:toxinidir|tox_root|changedir|envtmpdir|work_?dir)\}[/\\]?")
_VARIABLE = re.compile(r"\{env:[A-Za-z_]\w{0,100}:([^{}]{0,500})\}")
_REFERENCE = re.compile(r"\{\[([^\]\n]{1,100})\]([^{}\n]{1,100})\}")
_MOST_REFERENCES = 1_000
_DEEPEST = 10
# the project and what tox keeps of it
_FOLDERS = (
    "toxinidir",
    "tox_root",
    "toxworkdir",
    "work_dir",
    "package_root",
    "distdir",
    "temp_dir",
    "changedir",
    "change_dir",
)
_OWN = (".", "-e", "--editable", *(f"{{{name}}}" for name in _FOLDERS))


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of a tox.ini or tox.toml."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    into = Commands(path, tree, limits)
    if path.lower().endswith(".toml"):
        document = toml_of(path, text)
        into.take([document] if isinstance(document, Gap) else of_table(path, document, Locator(text)))
    else:
        into.take(of_text(path, text))
    return into.inventory(FORMAT)


def below(into: Collected, found: Iterable[Found]) -> None:
    """Add what the tables of tox in another file ask for to what that file has given so far."""
    commands = Commands(into.path, into.tree, into.limits)
    commands.take(found)
    into.take((*commands.packages, *commands.requirements, *commands.indexes, *commands.gaps))
    into.includes += commands.includes


def of_text(path: str, text: str, line: int = 1) -> Iterator[Found]:
    """What the sections of tox in an INI file ask for. line: of the file, on which the text begins."""
    sections = sections_of("\n" * (line - 1) + text)
    for name in ("tox", "tox:tox"):
        yield from _asked(path, sections.get(name, {}).get("requires", ()), (BUILD_GROUP,))
    for name, options in sections.items():
        if not name.startswith("testenv"):
            continue
        groups = (canonical(name.partition(":")[2] or "testenv"),)
        left = [_MOST_REFERENCES]
        yield from _asked(path, _filled(options.get("deps", ()), sections, left), groups)
        for key in ("setenv", "set_env"):
            yield from settings(path, is_set([_assigned(one) for one in options.get(key, ())]))
        for key in _COMMANDS:
            yield from _run(path, _filled(options.get(key, ()), sections, left))


def of_table(path: str, tox: Mapping[str, Any], locator: Locator, above: tuple[str, ...] = ()) -> Iterator[Found]:
    """What tox's tables of a TOML file ask for. above: the keys they stand under."""
    legacy = tox.get("legacy_tox_ini")
    if isinstance(legacy, str):
        found = locator.text.find(legacy)
        line = locator.line_at(found) if found >= 0 else locator.key("legacy_tox_ini", *above)
        yield from of_text(path, legacy, max(line, 1))
    yield from _asked(path, _texts(tox.get("requires"), locator, above), (BUILD_GROUP,))
    environments = [("env_run_base",), ("env_pkg_base",), *(("env", name) for name in table(tox, "env"))]
    for keys in environments:
        environment = table(table(tox, "env"), keys[1]) if len(keys) > 1 else table(tox, keys[0])
        yield from _asked(path, _texts(environment.get("deps"), locator, (*above, *keys)), (canonical(keys[-1]),))
        for name, value in table(environment, "set_env").items():
            if isinstance(value, str):
                yield from settings(path, is_set([Word(f"{name}={value}", locator.quoted(value, *above, *keys))]))
        for key in _COMMANDS:
            given = environment.get(key)
            for command in given if isinstance(given, list) else ():
                words = [word for word in command if isinstance(word, str)] if isinstance(command, list) else []
                line = locator.quoted(words[-1], *above, *keys) if words else 0
                yield from from_elsewhere(of_command(path, [Word(word, line, "{" in word) for word in words]))


def _texts(value: Any, locator: Locator, keys: tuple[str, ...]) -> Iterator[Snippet]:
    for text in [value] if isinstance(value, str) else value if isinstance(value, list) else ():
        if isinstance(text, str):
            line = locator.quoted(text, *keys)
            yield from (Snippet(one.strip(), line) for one in text.split("\n") if one.strip())


def _filled(values: Iterable[Snippet], sections: Sections, left: list[int], depth: int = 0) -> Iterator[Snippet]:
    """The lines of an option, with those of other sections' options that they refer to. left: how many may still be
    followed."""
    for value in values:
        text = _FACTORS.sub("", value.text, count=1) if _FACTORS.match(value.text) else value.text
        found = _REFERENCE.fullmatch(text)
        if found is None:
            yield Snippet(text, value.line)
        elif depth >= _DEEPEST or left[0] <= 0:
            yield Snippet(text, value.line)  # what is not followed is a variable, which is a gap
        else:
            left[0] -= 1
            option = sections.get(found[1], {}).get(found[2].lower().replace("-", "_"), ())
            yield from _filled(option, sections, left, depth + 1)


def _asked(path: str, values: Iterable[Snippet], groups: tuple[str, ...]) -> Iterator[Found]:
    """What the lines of `deps` ask for: requirements, files of them, options of pip."""
    for value in values:
        place = Place(path, value.line)
        text = _ROOT.sub("", value.text)
        if text.startswith("[") and text != value.text:  # the project itself, with extras
            continue
        varies = _VARIABLE.search(text)
        text = _VARIABLE.sub(r"\1", text)
        if found := _FILE.match(text):
            yield Include(found[2].strip(), place, found[1] in {"-c", "--constraint"})
        elif text.startswith(("-", ".", *_OWN)) or not text:
            name, _, given = text.replace("=", " ", 1).partition(" ")
            if not text.startswith(_OWN):
                yield from settings(path, [(name, Word(given.strip(), value.line))] if given.strip() else [])
        elif "{" in text:
            detail = "what is asked for holds a field that tox fills in when it runs"
            yield gap(path, Reason.UNSUPPORTED, detail, value.line, "scan the environment it makes (--env)", quoted(text))
        else:
            asked = asked_for(text, place)
            yield replace(asked, groups=groups) if isinstance(asked, Requirement) else asked
            if varies:
                yield may_vary(path, Word(text, value.line))


def _run(path: str, values: Iterable[Snippet]) -> Iterator[Found]:
    """What commands install, one a line or continued by a backslash."""
    lines: list[Snippet] = []
    for value in values:
        lines.append(value)
        if value.text.endswith("\\"):
            continue
        yield from _one(path, lines)
        lines = []
    yield from _one(path, lines)


def _one(path: str, lines: Sequence[Snippet]) -> Iterator[Found]:
    if lines:
        text = "\n".join(line.text for line in lines)
        filled = _VARIABLE.sub(r"\1", _ROOT.sub("", text)).lstrip("-! ")
        yield from from_elsewhere(installs(path, filled.replace("{", "${"), lines[0].line))


def _assigned(value: Snippet) -> Word:
    name, _, text = value.text.partition("=")
    return Word(f"{name.strip()}={text.strip()}", value.line, "{" in text)
