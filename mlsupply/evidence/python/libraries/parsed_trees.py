"""Syntax trees of code whose text is known (`ast.parse(text)`): their docstrings, constants and functions, which a module
may read of another one of its package to run them.

A node is a value with its fields as entries; the text of a whole tree is its code, as for trees that are put together
(`tree_nodes`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsupply.evidence.python.syntax import quietly
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, constant

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MAX_TEXT = 1 << 16  # characters of code
_MAX_NODES = 400
_A_STEP = 400  # characters that are parsed for one step of the budget
_DOCUMENTATION = "documentation of the node"  # the name of no field
_LISTS = frozenset({"ast.walk", "ast.iter_child_nodes"})


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The tree that a call parses, or what it reads of one; None for any other call."""
    if not call.ref.startswith("ast.") or not call.args:
        return None
    first = call.args[0]
    if call.ref == "ast.parse":
        return _parsed(machine, first)
    if first.keys is None or not first.ref.startswith("ast."):
        return None
    if call.ref == "ast.get_docstring":
        return first.keys.get(_DOCUMENTATION)
    if call.ref.endswith(_VISITS):
        return _visited(machine, call, first)
    if call.ref in _LISTS:
        nodes = list(_inside(first))
        return folding.listed([first, *nodes] if call.ref == "ast.walk" else list(_children(first)))
    return None


def _parsed(machine: Analyser, source: Value) -> Value | None:
    code = source.const.decode("utf-8", "replace") if isinstance(source.const, bytes) else source.const
    if not isinstance(code, str) or len(code) > _MAX_TEXT or HOLE in code:
        return None
    machine.tick(len(code) // _A_STEP)
    try:
        tree = quietly.tree_of(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    made = _node(tree, source, iter(range(_MAX_NODES)))
    made.text, made.taint = code, source.taint
    return made


def _node(node: ast.AST, source: Value, left: Iterator[int]) -> Value:
    """A node with its fields. source: the text it is of; left: how many more nodes are made."""
    made = Value(f"ast.{type(node).__name__}()", NOTHING, source.taint, HOLE, source.layers)
    made.keys = {}
    for name, field in ast.iter_fields(node):
        if isinstance(field, str | bytes | int | None):
            made.keys[name] = constant(field, source.layers, source.taint)
        elif isinstance(field, ast.AST) and next(left, None) is not None:
            made.keys[name] = _node(field, source, left)
        elif isinstance(field, list):
            nodes = [one for one in field if isinstance(one, ast.AST)]
            made.keys[name] = folding.listed([_node(one, source, left) for one in nodes if next(left, None) is not None])
    if isinstance(node, ast.Constant):
        made.keys["s"] = made.keys.setdefault("value", constant(node.value, source.layers, source.taint))
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        made.keys[_DOCUMENTATION] = constant(ast.get_docstring(node), source.layers, source.taint)
    return made


def _children(node: Value) -> Iterator[Value]:
    for name, field in (node.keys or {}).items():
        if field.keys is not None and name != _DOCUMENTATION and field.ref.startswith("ast."):
            yield field
        yield from (one for one in field.items or () if one.ref.startswith("ast."))


def _inside(node: Value) -> Iterator[Value]:
    """All nodes below this one."""
    for one in _children(node):
        yield one
        yield from _inside(one)


_VISITS = (".visit", ".generic_visit")


def _visited(machine: Analyser, call: Call, tree: Value) -> Value | None:
    """Follows the methods of a visitor of this module, each with the nodes it is for."""
    visitor = call.receiver
    if visitor is None or visitor.instance is None:
        return None
    for node in (tree, *_inside(tree)):
        method = visitor.instance.methods.get(f"visit_{node.ref[4:-2]}")
        if method is not None:
            machine.enter(method, [visitor, node], {}, call.node)
    return None


def is_instance(call: Call) -> Value | None:
    """Whether a node of a known tree is of the class, or one of the classes, that `isinstance` is given; None where this is
    no such node, or a class is another."""
    if len(call.args) != 2 or call.args[0].keys is None or not call.args[0].ref.startswith("ast."):
        return None
    node, asked = getattr(ast, call.args[0].ref[4:-2], None), call.args[1].items or [call.args[1]]
    classes = [getattr(ast, one.ref[4:], None) if one.ref.startswith("ast.") else None for one in asked]
    if not isinstance(node, type) or not all(isinstance(one, type) for one in classes):
        return None
    return constant(any(issubclass(node, one) for one in classes if isinstance(one, type)))
