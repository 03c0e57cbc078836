"""Operators: the values of binary and unary operations, of `and` and `or`, of comparisons and of `a if b else c`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import special_methods
from mlsupply.evidence.python.libraries import counted
from mlsupply.evidence.python.values import operators
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.taint import labels_after_comparison
from mlsupply.evidence.python.values.value import HOLE, Value, constant, taint_of, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions


def binary(machine: Expressions, node: ast.BinOp) -> Value:
    """The value of `left + right` and its like. Chains are walked without recursion: they may be thousands long."""
    spine: list[ast.BinOp] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        spine.append(left)
        left = left.left
    result = machine.value(left)
    for step in reversed(spine):
        machine.tick()
        right = machine.value(step.right)
        if result.instance is not None or right.instance is not None:
            result = _overloaded(machine, step, result, right)
        else:
            result = operators.binary(type(step.op), result, right)
    return result


def _overloaded(machine: Expressions, node: ast.BinOp, left: Value, right: Value) -> Value:
    """A binary operator of which one operand is an object of this module."""
    name = type(node.op).__name__
    if name == "Mod" and isinstance(left.const, str):
        special_methods.operated(machine, right, "str", [], node)
    result = special_methods.operated(machine, left, name, [right], node)
    if result is None:
        result = special_methods.operated(machine, right, "R" + name, [left], node)
    return result if result is not None else operators.binary(type(node.op), left, right)


def bool_operator(machine: Expressions, node: ast.BoolOp) -> Value:
    """The value of `left and right` or `left or right`: any of the operands."""
    values = [machine.value(part) for part in node.values]
    for value in values[:-1]:
        if value.instance is not None:
            special_methods.operated(machine, value, "bool", [], node)
    if node not in machine.conditions:
        machine.conditions.add(node)
        machine.condition(node)
    if isinstance(node.op, ast.And) and values[-1].known and values[-1].const:
        # the last operand, or a false one of which only the taint matters
        return constant(values[-1].const, values[-1].layers, taint_of(*values))
    return merged(values)


def conditional(machine: Expressions, node: ast.IfExp) -> Value:
    """The value of `body if test else orelse`: either of them, the likely one first."""
    test = machine.value(node.test)
    if test.instance is not None:
        special_methods.operated(machine, test, "bool", [], node)
    body, orelse = machine.value(node.body), machine.value(node.orelse)
    if isinstance(test.const, bool):  # the likely one: what is known of a condition may not be all of it
        return merged([body, orelse] if test.const else [orelse, body])
    if body.ref == orelse.ref and body.text == HOLE != orelse.text:
        return merged([orelse, body])  # of the same kind, and the path of the second is a known default
    return merged([body, orelse])


def unary(machine: Expressions, node: ast.UnaryOp) -> Value:
    """The value of `-operand` and its like."""
    value = machine.value(node.operand)
    if (made := special_methods.operated(machine, value, type(node.op).__name__, [], node)) is not None:
        return made
    if isinstance(value.const, int) and isinstance(node.op, ast.USub | ast.Invert):
        return constant(-value.const if isinstance(node.op, ast.USub) else ~value.const, value.layers, value.taint)
    if isinstance(node.op, ast.Not) and value.known:
        return constant(not value.const, (), labels_after_comparison(value.taint))
    return Value() if isinstance(node.op, ast.Not) and counted.is_environment(value) else unknown(value)


def compared(machine: Expressions, node: ast.Compare) -> Value:
    """A comparison, folded where two constants are compared. One of a digest marks the root as verifying."""
    values = [machine.value(node.left), *(machine.value(part) for part in node.comparators)]
    for value in values:
        if value.ref and ("hashlib" in value.ref or "digest" in value.ref):
            machine.verified.add(machine.root)
    if values[0].instance is not None and isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Lt | ast.Gt | ast.LtE | ast.GtE):
        special_methods.operated(machine, values[0], type(node.ops[0]).__name__, values[1:], node)
    elif values[-1].instance is not None and isinstance(node.ops[-1], ast.In | ast.NotIn):
        special_methods.operated(machine, values[-1], "In", values[:1], node)
    elif values[0].instance is not None:
        special_methods.operated(machine, values[0], "Eq", values[1:], node)  # `in` compares with each item
    if len(values) == 2 and values[0].known and values[1].known:
        return operators.compared(type(node.ops[0]), values[0], values[1])
    if values[-1].ref == "os.environ" and isinstance(values[0].const, str):
        return Value(taint=machine.environment(values[0], node).taint)  # only whether it is set
    taint = taint_of(*values)
    return Value(taint=labels_after_comparison(taint) if taint else taint)
