"""What something is put into: `settings["hooks"]["start"] = …`, `settings["tasks"].append(…)`, where nothing is known of the
settings that were read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.values import containers
from mlsupply.evidence.python.values.value import HOLE, Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_PUT = frozenset({"append", "extend", "insert", "update", "setdefault"})
_MOST = 8  # entries of entries


def receiver(machine: Expressions, node: ast.expr, name: str) -> Value:
    """The value of the expression whose method of this name is called."""
    return owner(machine, node) if name in _PUT else machine.value(node)


def owner(machine: Expressions, node: ast.expr, depth: int = _MOST) -> Value:
    """The value of an expression that something is put into. An entry of which nothing is known is added to its mapping."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name | ast.Subscript) or not depth:
        return machine.value(node)
    around = owner(machine, node.value, depth - 1)
    if not isinstance(node.slice, ast.Constant) or not isinstance(name := node.slice.value, str):
        return machine.value(node)
    if containers.is_open(around):
        containers.opened(around)
    elif around.keys is None or around.ref or around.instance is not None:
        return machine.value(node)
    keys = around.keys or {}
    if name not in keys and (HOLE not in keys or containers.is_open(keys[HOLE])) and around.keys is not None:
        around.keys[name] = containers.unknown_entry(around, machine.value(node.slice))
    return machine.value(node)
