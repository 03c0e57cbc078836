"""Operators called by name: as functions of `operator`, and as special methods (`text.__getitem__(slice(None))`)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import special_methods
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.values import folding, operators
from mlsupply.evidence.python.values.value import Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_OF_METHOD = {method: what for what, methods in special_methods.OPERATIONS.items() for method in reversed(methods)}


def of_plain(value: Value, name: str, args: list[Value]) -> Value | None:
    """The result of a special method that a constant has; None where that is no operator, or the value is none."""
    what = _OF_METHOD.get(name)
    if what is None or not value.known:
        return None
    if name == "__getitem__" and len(args) == 1:
        return folding.index(value, args[0])
    if len(args) != 1 or what.startswith("R"):
        return None
    kind = getattr(ast, what, None)
    if not isinstance(kind, type) or not issubclass(kind, ast.operator):
        return None
    return operators.binary(kind, value, args[0])


def modelled(machine: Expressions, call: Call) -> Value | None:
    """The result of a function of `operator` for an object of this module whose class has the operator; None for any other
    call."""
    module, _, name = call.ref.rpartition(".")
    if module != "operator" or not call.args:
        return None
    what = _OF_METHOD.get(f"__{name.strip('_')}__")
    if what is None:
        return None
    made = special_methods.operated(machine, call.args[0], what, call.args[1:], call.node)
    if made is None and len(call.args) == 2:
        made = special_methods.operated(machine, call.args[1], "R" + what, call.args[:1], call.node)
    return made
