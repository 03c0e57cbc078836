"""Conditions that choose files by their names: `if path.name in {".env", ".netrc"}`. Where one is met, the path is that of
such a file, whatever folder it was found in."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.interpreter.listed_words import OneOf
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_MOST_WORDS = 64
_MOST_ENDS = 8  # what takes files by more endings than that takes texts of all kinds, not secrets
# What a path, or a name of a file, is, as far as that is known.
_PATHS = re.compile(r"(?:pathlib\.Path\(\)|os\.f?(?:walk|listdir|scandir)\(\)(?:\[\]){1,3}|glob\.i?glob\(\)\[\])?$")
_PARTS = frozenset({"name", "suffix"})


def chosen(machine: Expressions, test: ast.expr, *, outcome: bool) -> OneOf | None:
    """What a condition with this outcome says of a variable with the path, or the name, of a file with secrets; None for any
    other condition."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return chosen(machine, operand, outcome=not outcome)
        case ast.BoolOp(op=ast.And()) if not outcome:
            return None
        case ast.BoolOp(values=values):
            return next((one for value in values if (one := chosen(machine, value, outcome=outcome)) is not None), None)
        case ast.Compare(left=left, ops=[ast.In() | ast.Eq()], comparators=[words]) if outcome:
            return _narrowed(machine, left, words)
        case ast.Compare(left=left, ops=[ast.NotIn() | ast.NotEq()], comparators=[words]) if not outcome:
            return _narrowed(machine, left, words)
        case ast.Call(func=ast.Attribute(value=left, attr="endswith"), args=[words]) if outcome:
            return _narrowed(machine, left, words, ends=True)
        case _:
            return None


def _narrowed(machine: Expressions, left: ast.expr, words: ast.expr, *, ends: bool = False) -> OneOf | None:
    """The path that `left` says the name of, where that is one of these words. ends: they are its end."""
    name, part = _of_path(left)
    found = machine.scope.find(name) if name else None
    if found is None or found.known or found.closure or found.instance or not _PATHS.match(found.ref):
        return None
    before = found.text.rpartition("/")[0] or HOLE
    ends = ends or part == "suffix"
    start = f"{before}/{HOLE if ends else ''}"
    texts = _words(machine, words)
    for word in texts if not ends or len(texts) <= _MOST_ENDS else ():
        if places.file_kind(path := start + word) or places.file_kind(path := f"{before}/{word}"):
            is_path = part in _PARTS or found.ref.startswith("pathlib.")
            value = Value("pathlib.Path()" if is_path else "", NOTHING, found.taint, path if part else word)
            return OneOf(name, value)
    return None


def _of_path(node: ast.expr) -> tuple[str, str]:
    """(variable with a path, what the expression says of it); the latter is "" where the variable itself is the name."""
    match node:
        case ast.Name(id=name):
            return name, ""
        case ast.Attribute(value=ast.Name(id=name), attr=part) if part in _PARTS:
            return name, part
        case ast.Call(func=ast.Attribute(attr="basename") | ast.Name(id="basename"), args=[ast.Name(id=name)]):
            return name, "basename"
        case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "casefold"), args=[]):
            return _of_path(inner)
        case _:
            return "", ""


def _words(machine: Expressions, node: ast.expr) -> list[str]:
    """The constant texts that an expression which calls nothing gives."""
    if not isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Tuple | ast.List | ast.Set):
        return []
    value = machine.value(node)
    several = [value] if isinstance(value.const, str) else folding.items_of(value)[:_MOST_WORDS]
    return [one.const for one in several if isinstance(one.const, str)]
