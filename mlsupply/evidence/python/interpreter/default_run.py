"""What a condition comes to by default: no variable is set by the user, and no argument is given.

`if os.getenv("PUBLISH"):` waits for a wish, `if os.getenv("NO_PUBLISH") != "1":` does not. What such an expression gives is
worked out for that case. Code that sets the variable or the arguments itself, or that cannot be worked out, is taken not to
wait. In a `setup.py` the arguments are those that pip gives.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlsupply.evidence.python.values.taint import on_request
from mlsupply.evidence.python.values.value import NOTHING, Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.statements import Statements

_BUILDS: Final = ("egg_info", "bdist_wheel", "install", "develop", "dist_info", "editable_wheel", "build")
_SETS_ARGUMENTS = re.compile(r"\bargv(?:\[[^\]\n]{0,40}\])?\s{0,4}\+?=(?!=)|\bargv\.(?:append|insert|extend)\b")
_PROGRAM = "\0"  # the name of the program, which nobody here knows
_INTERACTIVE: Final = ("-c", "-m", "", "-")  # what stands there instead
_GONE: Final = object()  # in the place of what raises an error where nobody asks
_ASKED = frozenset({"os.getenv", "os.environ.get", "os.environ.copy().get"})
_METHODS = frozenset(
    {"lower", "upper", "strip", "casefold", "split", "startswith", "endswith", "isdigit", "rstrip", "lstrip"}
)
_BUILTINS: Final[dict[str, Callable[..., Any]]] = {
    "bool": bool, "int": int, "str": str, "float": float, "len": len, "any": any, "all": all, "set": set, "list": list,
    "tuple": tuple, "max": max, "min": min,
}  # fmt: skip
_COMPARE: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right, ast.NotIn: lambda left, right: left not in right,
}  # fmt: skip


_TAKEN_APART = frozenset(
    {
        ast.Constant, ast.Tuple, ast.List, ast.Set, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.NamedExpr,
        ast.Subscript, ast.Call,
    }
)  # fmt: skip


class _UnknownError(Exception):
    """What this comes to depends on more than on wishes."""


def holds(machine: Statements, test: ast.expr) -> bool | None:
    """Is the condition met by default, in any way the module may be started? None: that is not known."""
    outcomes = [_truth(one) for one in _outcomes(machine, test)]
    if any(one is True for one in outcomes):
        return True
    return False if all(one is False for one in outcomes) else None


def remembered(machine: Statements, node: ast.expr | None, value: Value) -> None:
    """Keeps in `value.unset` what the expression comes to by default, where that depends on the user."""
    if node is not None and value.taint and value.const is NOTHING and on_request(value.taint):
        value.unset = _outcomes(machine, node, value)


def _outcomes(machine: Statements, node: ast.expr, value: Value | None = None) -> tuple[Any, ...]:
    """What the expression comes to for each way the module may be started; NOTHING where that is not known. value: what is
    known of the expression, where that was worked out just now."""
    found = []
    whole = value if value is not None and type(node) not in _TAKEN_APART else None
    for number, argv in enumerate(_arguments(machine)):
        unasked = _Unasked(machine, number, argv)
        try:
            found.append(unasked.value(node, 12) if whole is None else unasked.known(whole))
        except _UnknownError:
            found.append(NOTHING)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, MemoryError):
            found.append(_GONE)
    return tuple(found)


def _arguments(machine: Statements) -> list[list[str] | None]:
    """What `sys.argv` may be; None where the module changes it. Worked out once a module."""
    if machine.started_with is None:
        text = "\n".join(machine.lines)
        if "argv" in text and _SETS_ARGUMENTS.search(text):
            machine.started_with = [None]
        elif machine.path.rpartition("/")[2] == "setup.py":
            machine.started_with = [[_PROGRAM, command] for command in _BUILDS]
        else:
            machine.started_with = [[_PROGRAM]]
    return machine.started_with


def _truth(outcome: Any) -> bool | None:
    return None if outcome is NOTHING else outcome is not _GONE and bool(outcome)


class _Unasked:
    """Works out an expression for one way the module is started."""

    def __init__(self, machine: Statements, number: int, argv: list[str] | None) -> None:
        self.machine, self.number, self.argv = machine, number, argv

    def value(self, node: ast.expr, depth: int) -> Any:
        """What it comes to. Raises what Python would, and `_UnknownError`."""
        if depth == 0:
            raise _UnknownError
        match node:
            case ast.Constant():
                return node.value
            case ast.Tuple() | ast.List() | ast.Set():
                return [self.value(element, depth - 1) for element in node.elts]
            case ast.UnaryOp(op=ast.Not()):
                return not self.value(node.operand, depth - 1)
            case ast.BoolOp():
                return self._either(node, depth)
            case ast.Compare():
                return self._compared(node, depth)
            case ast.IfExp():
                return self.value(node.body if self.value(node.test, depth - 1) else node.orelse, depth - 1)
            case ast.NamedExpr():
                return self.value(node.value, depth - 1)
            case ast.Subscript():
                return self._item(node, depth)
            case ast.Call():
                return self._call(node, depth)
            case _:
                return self.known(self.machine.value(node))

    def _either(self, node: ast.BoolOp, depth: int) -> Any:
        """One side that settles it is enough."""
        settles, found, unknown = isinstance(node.op, ast.Or), None, False
        for part in node.values:
            try:
                found = self.value(part, depth - 1)
            except _UnknownError:
                unknown = True
                continue
            if bool(found) is settles:
                return found
        if unknown:
            raise _UnknownError
        return found

    def _compared(self, node: ast.Compare, depth: int) -> bool:
        left = self.value(node.left, depth - 1)
        for sign, part in zip(node.ops, node.comparators, strict=True):
            right = self.value(part, depth - 1)
            if (left == _PROGRAM and right in _INTERACTIVE) or (isinstance(sign, ast.In | ast.NotIn) and right == _PROGRAM):
                raise _UnknownError  # how it was started is no wish
            if not _COMPARE[type(sign)](left, right):
                return False
            left = right
        return True

    def _item(self, node: ast.Subscript, depth: int) -> Any:
        owner = self.machine.value(node.value)
        if owner.ref in {"os.environ", "os.environ.copy()"}:
            return self._variable(node.slice, depth, _GONE)
        holder = self.value(node.value, depth - 1)
        if isinstance(node.slice, ast.Slice):
            ends = [
                None if one is None else self.value(one, depth - 1)
                for one in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return holder[slice(*ends)]
        return holder[self.value(node.slice, depth - 1)]

    def _variable(self, name: ast.expr, depth: int, default: Any) -> Any:
        """A variable that nobody sets: what stands in its place."""
        key = self.value(name, depth - 1)
        if not isinstance(key, str) or key in self.machine.set_here or not on_request(frozenset((f"variable:{key}",))):
            raise _UnknownError
        if default is _GONE:
            raise LookupError(key)
        return default

    def _call(self, node: ast.Call, depth: int) -> Any:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _METHODS and not node.keywords:
            owner = self.value(function.value, depth - 1)
            if not isinstance(owner, str) or owner == _PROGRAM:
                raise _UnknownError if owner == _PROGRAM else AttributeError(function.attr)
            return getattr(owner, function.attr)(*self._several(node.args, depth))
        called = self.machine.value(function)
        if called.ref in _ASKED and node.args:
            default = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords), None)
            return self._variable(node.args[0], depth, None if default is None else self.value(default, depth - 1))
        name = called.ref.removeprefix("builtins.")
        if called.ref != name and name in _BUILTINS and not node.keywords:
            return _BUILTINS[name](*self._several(node.args, depth))
        if called.closure is not None:
            return self.known(self.machine.value(node))
        raise _UnknownError

    def _several(self, nodes: list[ast.expr], depth: int) -> list[Any]:
        return [tuple(one) if isinstance(one := self.value(node, depth - 1), list) else one for node in nodes]

    def known(self, found: Value) -> Any:
        """What a value comes to that is not taken apart."""
        if found.ref == "sys.argv" and self.argv is not None:
            return self.argv
        if found.ref in {"os.environ", "os.environ.copy()"}:
            return _Nowhere(self)
        kept = getattr(found, "unset", ())
        outcome = kept[self.number if len(kept) > 1 else 0] if kept else NOTHING
        if outcome is _GONE:
            raise LookupError
        if outcome is not NOTHING:
            return outcome
        if found.known and not on_request(found.taint):
            return found.const
        raise _UnknownError


def reached(body: list[ast.stmt], lines: list[str]) -> int:
    """How many statements of a module an import gets to. Nothing behind a parser that requires an argument runs unless the
    module is started as a program, with that argument."""
    if not any("parse_args()" in line for line in lines) or any("argv" in line or "SystemExit" in line for line in lines):
        return len(body)
    parsers, insisting = set[str](), set[str]()
    for place, statement in enumerate(body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function, keywords=keywords)):
                if ast.unparse(function) in {"argparse.ArgumentParser", "ArgumentParser"} and not any(
                    one.arg in {None, "exit_on_error"} for one in keywords
                ):
                    parsers.add(name)
            case ast.Expr(
                ast.Call(ast.Attribute(ast.Name(id=name), "add_argument"), [ast.Constant(str(flag)), *_], keywords)
            ):
                if name in parsers and flag.startswith("--") and any(map(_required, keywords)):
                    insisting.add(name)
        match statement:
            case ast.Assign(value=ast.Call(ast.Attribute(ast.Name(id=name), "parse_args"), [], [])) if name in insisting:
                return place + 1
    return len(body)


def _required(keyword: ast.keyword) -> bool:
    return keyword.arg == "required" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True


class _Nowhere:
    """The environment: a variable that nobody sets is not in it."""

    def __init__(self, unasked: _Unasked) -> None:
        self.unasked = unasked

    def __contains__(self, key: object) -> bool:
        if (
            not isinstance(key, str)
            or key in self.unasked.machine.set_here
            or not on_request(frozenset((f"variable:{key}",)))
        ):
            raise _UnknownError
        return False
