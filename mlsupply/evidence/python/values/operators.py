"""Operators and comparisons of constants, folded as Python would, within bounds."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from mlsupply.evidence.python.values import containers, ip_addresses
from mlsupply.evidence.python.values.effort import EFFORT, is_endless
from mlsupply.evidence.python.values.folding import ERRORS, items_of, joined, joined_path, percent
from mlsupply.evidence.python.values.value import HOLE, MAX_TEXT, Value, constant, layers_of, taint_of, unknown

_INT_BITS = 1 << 16  # of an integer that is computed

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.Pow: operator.pow,
}
_INVISIBLE = (0xE0000, 0xE0100, 0xFE00)  # starts of the Unicode blocks of tags and variation selectors
_HUGE_WIDTH = re.compile(r"\d{5}|\*")


def _too_big(kind: type[ast.operator], left: Any, right: Any) -> bool:
    """Whether the result could be longer than MAX_TEXT or have more than _INT_BITS bits."""
    if kind is ast.Mult:
        for one, other in ((left, right), (right, left)):
            if isinstance(one, str | bytes | list | tuple) and isinstance(other, int):
                return len(one) * max(other, 0) > MAX_TEXT
        return isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > _INT_BITS
    if kind is ast.LShift:
        return not isinstance(right, int) or right > _INT_BITS
    if kind is ast.Pow:
        return not isinstance(left, int) or not isinstance(right, int) or abs(right) * left.bit_length() > _INT_BITS
    if kind is ast.Mod and isinstance(left, str | bytes):
        shape = left if isinstance(left, str) else left.decode("latin-1")
        return bool(_HUGE_WIDTH.search(shape))
    return False


def _is_list(value: Value) -> bool:
    return value.items is not None or isinstance(value.const, list | tuple)


def _items(value: Value) -> list[Value]:
    """Its items; for a list of which nothing is known, one unknown that stands for all."""
    return items_of(value) if _is_list(value) or value.known else [unknown(value)]


def _folded(kind: type[ast.operator], left: Value, right: Value) -> Value | None:
    """The result for two constants; None where there is none, or it is too long."""
    function = _OPERATORS.get(kind)
    if function is None or _too_big(kind, left.const, right.const):
        return None
    if not (EFFORT.reads(left.const) and EFFORT.reads(right.const)):
        return None
    layers = layers_of(left, right)
    if kind is ast.BitXor and isinstance(left.const, int) and not isinstance(left.const, bool):
        layers = layers if "xor" in layers else (*layers, "xor")
    if kind is ast.Mod and isinstance(left.const, str) and left.const.count("%c") > 3:
        layers = (*layers, "chr")
    try:
        return constant(function(left.const, right.const), layers, taint_of(left, right))
    except ERRORS:
        return None


def binary(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """`left <operator> right`: folded where both are constants and the result is bounded, else an unknown with the taint of
    both. `^`, `%c` and subtraction from invisible characters count as decoding and add a layer."""
    folded = _folded(kind, left, right) if left.known and right.known else ip_addresses.moved(kind, left, right)
    return folded if folded is not None else _unfolded(kind, left, right)


def _unfolded(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """What is known of `left <operator> right` that is no constant."""
    result = unknown(left, right)
    if kind is ast.BitXor and "xor" not in result.layers:
        result.layers = (*result.layers, "xor")
    if kind is ast.Sub and right.const in _INVISIBLE:
        result.layers = (*result.layers, "tags")
    if kind is ast.Add:
        result.text = joined([left, right])
        if _is_list(left) or _is_list(right):
            result.items = [*_items(left), *_items(right)]
    elif kind is ast.BitOr and (left.keys is not None or right.keys is not None):
        result.keys = {**containers.entries(left), **containers.entries(right)}
    elif kind is ast.Mod and (shape := left.const if isinstance(left.const, str) else left.text) != HOLE:
        parts = right.items if right.items is not None else items_of(right) if isinstance(right.const, tuple) else [right]
        result.text = percent(shape, parts, right.keys or {})
    elif kind is ast.Div:  # pathlib
        result.ref = left.ref or right.ref or _path_below(left, right)
        result.text = joined_path([left, right])
    return result


def _path_below(left: Value, right: Value) -> str:
    """The dotted name of a path where something unknown is divided by a text, as nothing else is; "" elsewhere."""
    return "pathlib.Path()" if isinstance(right.const, str) and not left.known and left.instance is None else ""


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}


def compared(kind: type[ast.cmpop], left: Value, right: Value) -> Value:
    """`left <operator> right` of two constants; an unknown for `is`, and where Python would raise."""
    function = _COMPARISONS.get(kind)
    if is_endless(right.const) and type(left.const) is not int:
        return Value()
    if not (EFFORT.reads(left.const) and EFFORT.reads(right.const)):
        return Value()
    try:
        return constant(bool(function(left.const, right.const))) if function is not None else Value()
    except ERRORS:
        return Value()
