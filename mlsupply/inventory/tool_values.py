"""Values that say what is installed, however a file holds them: found by a path of keys, and read as requirements, commands,
specifications of conda or options of pip (see `tool_places`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.index_words import variable
from mlsupply.inventory.install_commands import Commands, Found, installs, of_command, settings
from mlsupply.inventory.recipe_text import UNKNOWN
from mlsupply.inventory.requirements import Reading
from mlsupply.inventory.shell import Word
from mlsupply.inventory.yaml_text import Rows, Table
from mlsupply.model import Place, Requirement
from mlsupply.named import NamedTuple
from mlsupply.value import replace

_TABLES = ("table", "overrides")
_CMD = re.compile(r"(?i)(?:.*[/\\\\])?cmd(?:\.exe)?")
_LOCAL = (".", "/", "~", "\\")
_MOST_MISSED = 200  # values of one file that are searched for in vain


class Value(NamedTuple):
    """A text or table and the line where it stands, 0 where the parser does not say it. alone: it is no item of a list."""

    value: Any
    line: int
    alone: bool = True


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


class Taken:
    """What has been read of one file's values; `end` adds it to the rest."""

    def __init__(self, into: Commands) -> None:
        self.into = into
        self.lines = Reading(into.tree, into.limits)
        self.conda: list[tuple[Any, int]] = []

    def value(self, how: str, found: Value, where: Lines) -> None:
        """Add what one value asks for, read as `tool_places` says."""
        value, line, alone = found
        if how == "listed":
            how = "--requirement" if alone and not _is_text_of_lines(value) else "lines"
        if how == "conda":
            if (isinstance(value, Mapping) and "pip" not in value) or (isinstance(value, str) and value.startswith(UNKNOWN)):
                return  # a table of keys below, what a recipe chooses by a condition, and compilers
            self.conda.append((value, line))
        elif how == "server" and isinstance(value, Mapping):
            self.into.take(settings(self.into.path, _variables(value, line, where)))
            self.into.take(_command(self.into.path, value, line, where))
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

    def _versions(self, table: Mapping[str, Any], where: Lines, *, override: bool) -> Iterator[Found]:
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


def _command(path: str, server: Mapping[str, Any], line: int, where: Lines) -> Iterator[Found]:
    """What a server's command installs: words, or a text with blanks that some clients take apart."""
    command = server.get("command")
    if isinstance(command, Mapping):  # Zed's older form
        server, command = command, command.get("path")
    texts = (*(command if isinstance(command, list) else [command]), *_list(server.get("args")))
    words = [Word(text, where.of(text) or line) for text in texts if isinstance(text, str)]
    if words and _CMD.fullmatch(words[0].text):
        words = [word for word in words[1:] if not word.text.startswith("/")]
    if len(words) == 1 and " " in words[0].text:
        yield from installs(path, words[0].text, words[0].line)
    else:
        yield from of_command(path, words)


def _variables(server: Mapping[str, Any], line: int, where: Lines) -> Iterator[tuple[str, Word]]:
    """The settings of installers among a server's variables."""
    given = server.get("env")
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if isinstance(name, str) and isinstance(value, str):
            yield from variable(name, Word(value, where.of(name) or line, "${" in value))


def _is_text_of_lines(value: Any) -> bool:
    """Whether a text is requirements and no file's name."""
    return isinstance(value, str) and any(mark in value for mark in ("\n", "==", ">=", "~="))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _instruction(path: str, text: str, line: int) -> Iterator[Found]:
    from mlsupply.inventory.dockerfile import runs

    for run in runs(text):
        yield from installs(path, run.text, line + run.line - 1)


class Lines:
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
