"""The values that reading a program folds to, and what adding, uniting, flattening and reading make of them. Pure."""

from __future__ import annotations

import ast
from typing import Final

MAX_ITEMS = 5_000  # of one list or dictionary
MAX_TEXT = 20_000  # characters of one string


class Text(str):
    """A string and the line it is written on."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, value: str, line: int) -> Text:
        text = super().__new__(cls, value[:MAX_TEXT])
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


def union(one: Value, other: Value) -> Value:
    """What a name may hold after two branches."""
    if isinstance(one, Unknown):
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        return one | other
    if isinstance(other, Unknown):
        return one
    lists: list[Value] = [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]
    return lists[:MAX_ITEMS]


def flat(value: Value) -> Value:
    """One level of nesting less, as `chain` and `sum` give it."""
    parts = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(parts, list):
        return parts
    pieces: list[Value] = []
    for part in parts:
        pieces += part if isinstance(part, list) else [part]
    return pieces[:MAX_ITEMS]


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
        return [Text(piece, value.line) for piece in pieces[:MAX_ITEMS]]
    if isinstance(value, Text) and method == "read_text":
        return FileLines(str(value), node.lineno)
    return value if method in ("copy", "strip", "rstrip", "lstrip") else Unknown(node.lineno)


def added(one: Value, other: Value, line: int) -> Value:
    """`one + other`; unknown at `line` where the kinds do not add."""
    if isinstance(one, Text) and isinstance(other, Text):
        return Text(one + other, one.line)
    if isinstance(one, list | FileLines) or isinstance(other, list | FileLines):
        lists: list[Value] = [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]
        return lists[:MAX_ITEMS]
    return Unknown(line)
