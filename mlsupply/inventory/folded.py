"""The values that reading a program folds to, and what adding, uniting, flattening and reading make of them. Pure."""

from __future__ import annotations

import ast
from typing import Final

MAX_ITEMS = 5_000  # of one list or dictionary
MAX_TEXT = 20_000  # characters of a string that is put together


class Text(str):
    """A string and the line it is written on."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, value: str, line: int) -> Text:
        text = super().__new__(cls, value)
        text.line = line
        return text


class FileLines:
    """The lines of a file the program reads. name: its path as far as constants tell."""

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line


class Unknown:
    """A value only running the file would tell."""

    def __init__(self, line: int = 0) -> None:
        self.line = line


Value = Text | FileLines | Unknown | list["Value"] | dict[str, "Value"]
UNKNOWN: Final = Unknown()


def bounded(items: list[Value], line: int = 0) -> list[Value]:
    """The list, ended by what is unknown (at `line`) where it has more items than are held."""
    return items if len(items) <= MAX_ITEMS else [*items[:MAX_ITEMS], Unknown(line)]


def union(one: Value, other: Value) -> Value:
    """What a name may hold after two branches."""
    if isinstance(one, Unknown):
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        return one | other
    if isinstance(other, Unknown):
        return one
    return bounded([*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])])


def flat(value: Value) -> Value:
    """One level of nesting less, as `chain` and `sum` give it."""
    parts = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(parts, list):
        return parts
    pieces: list[Value] = []
    for part in parts:
        pieces += part if isinstance(part, list) else [part]
        if len(pieces) > MAX_ITEMS:
            break
    return bounded(pieces)


def read_from(method: str, value: Value, node: ast.Call) -> Value:
    """`value.method(…)` of the methods that read or cut a text; others are unknown at the line of the call."""
    if isinstance(value, FileLines):
        return value
    if isinstance(value, dict) and method == "values":
        return list(value.values())
    if isinstance(value, Text) and method in ("splitlines", "split"):
        separator = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        pieces = (
            value.split(separator if isinstance(separator, str) and separator else None)
            if method == "split"
            else value.splitlines()
        )
        return bounded([Text(piece, value.line) for piece in pieces[: MAX_ITEMS + 1]], value.line)
    if isinstance(value, Text) and method == "read_text":
        return FileLines(str(value), node.lineno)
    return value if method in ("copy", "strip", "rstrip", "lstrip") else Unknown(node.lineno)


def added(one: Value, other: Value, line: int) -> Value:
    """`one + other`; unknown at `line` where the kinds do not add."""
    if isinstance(one, Text) and isinstance(other, Text):
        return Text(one + other, one.line) if len(one) + len(other) <= MAX_TEXT else Unknown(line)
    if isinstance(one, list | FileLines) or isinstance(other, list | FileLines):
        items = [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]
        return bounded(items, line)
    return Unknown(line)
