"""Configurations of tools that install Python packages, in YAML, JSON and TOML: those of Cog, BentoML, Truss, Ray, clients
of MCP and others. Where each keeps what is a table, `tool_places`; this reads the values that stand there. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlsupply.inventory import reader_of
from mlsupply.inventory.collected import Collected
from mlsupply.inventory.install_commands import Commands, Found, installs, of_command, settings
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import json_of, text_of, toml_of
from mlsupply.inventory.recipe_text import UNKNOWN, filled_in
from mlsupply.inventory.requirements import Reading
from mlsupply.inventory.shell import Word
from mlsupply.inventory.tool_places import OTHERS, PLACES, SIGNS, Places
from mlsupply.inventory.yaml_text import Rows, Table, documents_of
from mlsupply.model import Gap, Inventory, Place, Requirement
from mlsupply.named import NamedTuple
from mlsupply.value import replace
from mlsupply.world import Limits, Tree

_BESIDE_JSON = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|\t')
_NOT_NEWLINES = re.compile(r"[^\n]")
_TABLES = ("table", "overrides")
_RECIPE = "conda recipe"
_LOCAL = (".", "/", "~", "\\")
_MOST_MISSED = 200  # values of one file that are searched for in vain


class Value(NamedTuple):
    """A text or table and the line where it stands, 0 where the parser does not say it. alone: it is no item of a list."""

    value: Any
    line: int
    alone: bool = True


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of one configuration. A file of the name that holds none of its words is of
    another program."""
    text = text_of(path, tree, limits)
    form = form_of(path, text if isinstance(text, str) else "")
    if isinstance(text, Gap):
        return Inventory(path=path, format=form, gaps=(text,))
    found = Commands(path, tree, limits)
    signs = SIGNS.get(form, ())
    if not signs or any(sign in text for sign in signs):
        if form == _RECIPE:
            text = filled_in(text)
        for document in _documents(path, text):
            if isinstance(document, Gap):
                found.gaps.append(document)
            else:
                take(found, document, PLACES.get(form, {}), text)
    return found.inventory(form)


def form_of(path: str, text: str) -> str:
    """The format of a file by its name, or the first whose keys it has."""
    reader = reader_of(path)
    if reader is not None and reader.format in PLACES:
        return reader.format
    tops = {form: {keys.partition(".")[0] for keys in places} - {"*", "**"} for form, places in PLACES.items()}
    return next((form for form, keys in tops.items() if any(f"\n{key}:" in f"\n{text}" for key in keys)), "Cog")


def _documents(path: str, text: str) -> Iterable[Any]:
    """JSON is YAML but for comments and tabs, and so comes with lines; what only JSON's own parser takes comes without."""
    if path.endswith(".toml"):
        return [toml_of(path, text)]
    if not text.lstrip().startswith(("{", "//", "/*")):
        return documents_of(path, text)
    found = list(documents_of(path, _BESIDE_JSON.sub(_blank, text)))
    return [json_of(path, text)] if any(isinstance(one, Gap) for one in found) else found


def _blank(found: re.Match[str]) -> str:
    return found[1] or _NOT_NEWLINES.sub(" ", found[0])


def below(form: str, document: Mapping[str, Any], locator: Locator, into: Collected) -> None:
    """Add what other tools keep in a manifest of the format `form`, besides what its own reader knows."""
    found = Commands(into.path, into.tree, into.limits)
    take(found, document, OTHERS[form], locator.text)
    into.take((*found.packages, *found.requirements, *found.indexes, *found.gaps))
    into.includes += found.includes


def take(into: Commands, document: Any, places: Places, text: str) -> None:
    """Add what stands at these places of a document."""
    reading, where = _Reading(into), _Lines(text)
    for keys, how in places.items():
        for found in values(document, keys.split(".")):
            reading.value(how, found, where)
    reading.end()


def values(document: Any, keys: list[str]) -> Iterator[Value]:
    """What stands at a path of keys, in the order of the document; lists are gone into, and one at the end is given as its
    items."""
    waiting = [(Value(document, 0), 0)]
    while waiting:
        found, at = waiting.pop()
        value = found.value
        if isinstance(value, list):
            lines = value.lines if isinstance(value, Rows) else [0] * len(value)
            items = [(Value(item, line, alone=False), at) for item, line in zip(value, lines, strict=True)]
            waiting += reversed(items)
        elif at == len(keys):
            yield found
        elif isinstance(value, Mapping):
            if keys[at] == "**":
                waiting.append((found, at + 1))
            waiting += reversed(list(_below(value, keys[at], at)))


def _below(table: Mapping[str, Any], key: str, at: int) -> Iterator[tuple[Value, int]]:
    """What a table holds below a key of the path, and the place in the path from which to go on."""
    lines = table.lines if isinstance(table, Table) else {}
    for name, value in table.items() if key in ("*", "**") else [(key, table[key])] if key in table else ():
        if key != "**" or isinstance(value, list | Mapping):
            yield Value(value, lines.get(name, 0)), at if key == "**" else at + 1


class _Reading:
    """What has been read of one file's values."""

    def __init__(self, into: Commands) -> None:
        self.into = into
        self.lines = Reading(into.tree, into.limits)
        self.conda: list[tuple[Any, int]] = []

    def value(self, how: str, found: Value, where: _Lines) -> None:
        """Add what one value asks for, read as `tool_places` says."""
        value, line, alone = found
        if how == "listed":
            how = "--requirement" if alone else "lines"
        if how == "conda":
            if (isinstance(value, Mapping) and "pip" not in value) or (isinstance(value, str) and value.startswith(UNKNOWN)):
                return  # a table of keys below, what a recipe chooses by a condition, and compilers
            self.conda.append((value, line))
        elif how == "server" and isinstance(value, Mapping):
            self.into.take(of_command(self.into.path, _command(value, line, where)))
        elif how in _TABLES and isinstance(value, Mapping):
            self.into.take(self._versions(value, where, override=how == "overrides"))
        elif isinstance(value, str):
            self._text(how, value, line or where.of(value))

    def _text(self, how: str, text: str, line: int) -> None:
        path = self.into.path
        if how == "lines":
            self._line(text, line)
        elif how == "shell":
            self.into.take(installs(path, text, line))
        elif how == "pip":
            self.into.take(installs(path, f"pip install {text}", line))
        elif how == "image":
            self.into.take(_instruction(path, text, line))
        elif how != "server" and text:
            self.into.take(settings(path, [(how, Word(text, line))]))

    def _line(self, text: str, line: int) -> None:
        """A folder of the project is an input of its own; a file that is only there where the tool runs is a gap."""
        if text.startswith(_LOCAL):
            self.into.take(of_command(self.into.path, [Word("pip", line), Word("install", line), Word(text, line)]))
        else:
            self.lines.lines(self.into.path, text, constraint=False, line=line)

    def _versions(self, table: Mapping[str, Any], where: _Lines, *, override: bool) -> Iterator[Found]:
        from mlsupply.inventory.poetry import dependency

        for name, version in table.items():
            for one in dependency(name, version, Place(self.into.path, where.of(name)), ()):
                yield replace(one, constraint=True, override=True) if isinstance(one, Requirement) and override else one

    def end(self) -> None:
        """Add what was read as requirements and conda's specifications."""
        found = [self.lines.inventory(self.into.path)]
        if self.conda:
            from mlsupply.inventory.environment_yml import listed

            found.append(listed(self.into.path, self.conda, self.into.tree, self.into.limits))
        for one in found:
            self.into.take((*one.packages, *one.requirements, *one.indexes, *one.gaps))
            self.into.includes += one.includes


def _command(server: Mapping[str, Any], line: int, where: _Lines) -> list[Word]:
    """The words of a server's command; those of a shell are one text."""
    command = server.get("command")
    if isinstance(command, Mapping):  # Zed's older form
        server, command = command, command.get("path")
    words = [*(command if isinstance(command, list) else [command]), *_list(server.get("args"))]
    texts = [word for word in words if isinstance(word, str)]
    return [Word(text, where.of(text) or line) for text in texts]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _instruction(path: str, text: str, line: int) -> Iterator[Found]:
    from mlsupply.inventory.dockerfile import runs

    for run in runs(text):
        yield from installs(path, run.text, line + run.line - 1)


class _Lines:
    """The lines of values that a parser does not tell, met in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._missed = 0

    def of(self, value: str) -> int:
        """The line of the next place where the value's first line is written, 0 where it is not written so."""
        first = next((line for line in value.split("\n") if line.strip()), "").strip()
        if not first or self._missed > _MOST_MISSED:
            return 0
        found = self._text.find(first, self._at)
        if found < 0:
            self._missed += 1
            found, self._line, self._at = self._text.find(first), 1, 0
        if found < 0:
            return 0
        self._line += self._text.count("\n", self._at, found)
        self._at = found
        return self._line
