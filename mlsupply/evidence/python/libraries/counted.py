"""How many variables the environment has, and whether one of some name is among them: what holds no variable's value."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python.syntax.survey import descendants

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.values.value import Value

_NAMES = re.compile(r"os\.environb?(?:\.keys\(\))?")  # a loop goes through these by name
_WHOLE = re.compile(r"os\.environb?(?:\.(?:copy|keys|items|values)\(\))?")
_COPIES = frozenset({"list", "set", "tuple", "dict", "sorted"})
# What a test of a name may be made of; anything that looks up or computes may tell a value bit by bit.
_TESTS = (
    ast.Compare, ast.cmpop, ast.BoolOp, ast.boolop, ast.UnaryOp, ast.unaryop, ast.Name, ast.Constant, ast.Tuple, ast.List,
    ast.Set, ast.expr_context,
)  # fmt: skip
_ASKS = frozenset({"startswith", "endswith"})


def is_counted(machine: Analyser, call: Call) -> bool:
    """Does this call of a builtin give a number or an answer about the environment as a whole, or about its names? A text
    made of it is different, even where only its length is asked: that of one repeated by a letter is this letter."""
    if len(call.args) != 1 or not isinstance(call.node, ast.Call) or len(call.node.args) != 1:
        return False
    name, given = call.ref[9:], call.node.args[0]
    if name in {"len", "bool"}:
        return is_environment(call.args[0]) or _names(machine, _copied(given), _WHOLE)
    if name not in {"any", "all", "sum"} or not isinstance(given, ast.GeneratorExp) or len(given.generators) != 1:
        return False
    loop = given.generators[0]
    name = loop.target.id if isinstance(loop.target, ast.Name) else ""
    return _names(machine, loop.iter, _NAMES) and all(_is_test(one, name) for one in (given.elt, *loop.ifs))


def is_environment(value: Value) -> bool:
    """Is this the environment as a whole?"""
    return _WHOLE.fullmatch(value.ref) is not None


def _copied(node: ast.expr) -> ast.expr:
    """What a display or a call copies whole: `list(X)`, `{**X}`, `[*X]`."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _COPIES:
            return inner
        case ast.Dict(keys=[None], values=[inner]) | ast.List(elts=[ast.Starred(value=inner)]):
            return inner
    return node


def _names(machine: Analyser, node: ast.expr, shape: re.Pattern[str]) -> bool:
    """Is this the environment, by its name or by a method of it?"""
    plain = (
        node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args else node
    )
    return isinstance(plain, ast.Name | ast.Attribute) and shape.fullmatch(machine.value(node).ref) is not None


def _is_test(node: ast.expr, name: str) -> bool:
    """Does this compare nothing but a name of a variable, bound to `name`, with constants?"""
    if any(isinstance(one, ast.Name) and one.id != name for one in descendants((node,))):
        return False
    inner = [one for one in descendants((node,)) if not isinstance(one, _TESTS)]
    methods = [one for one in inner if isinstance(one, ast.Attribute)]
    calls = [one for one in inner if isinstance(one, ast.Call)]
    return (
        len(inner) == len(methods) + len(calls) and len(calls) == len(methods) and all(one.attr in _ASKS for one in methods)
    )
