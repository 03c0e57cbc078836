"""Conditions that a variable is one of several constant words: `if answer in ("yes", "no")`."""

from __future__ import annotations

import ast

from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import Value, constant
from mlsupply.named import NamedTuple

_MAX_WORDS = 32  # in such a condition
_SETTINGS = frozenset({"variable", "secret-variable"})


class OneOf(NamedTuple):
    """What such a condition says. name: of the variable; value: its value where the condition is met."""

    name: str
    value: Value


def one_of_words(test: ast.expr, names: dict[str, Value]) -> OneOf | None:
    """What a condition says of a variable that holds an environment variable; None for any other condition. Values that may
    be objects do not count: an object can be equal to every word."""
    if not isinstance(test, ast.Compare) or not isinstance(test.left, ast.Name) or len(test.ops) != 1:
        return None
    value, listed = names.get(test.left.id), test.comparators[0]
    if value is None or not isinstance(test.ops[0], ast.In) or not isinstance(listed, ast.Tuple | ast.List | ast.Set):
        return None
    words = [one.value for one in listed.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if not words or len(words) != len(listed.elts) or len(words) > _MAX_WORDS or not _is_setting(value):
        return None
    return OneOf(test.left.id, merged([constant(word) for word in words]))


def _is_setting(value: Value) -> bool:
    """Whether this is the plain text of an environment variable, and no object."""
    made = value.ref or value.instance or value.closure or value.keys or value.items or value.layers
    return not made and bool(value.taint) and kinds_in(value.taint) <= _SETTINGS
