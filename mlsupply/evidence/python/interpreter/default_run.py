"""The default run of a module: what conditions evaluate to if the user sets no environment variable and gives no argument.

`if os.getenv("PUBLISH"):` waits for the user to ask, `if os.getenv("NO_PUBLISH") != "1":` does not. Expressions are
evaluated for that case. Where the code sets the variable or the arguments itself, or the outcome is not known, it is taken
not to wait. In a `setup.py` the arguments are those that pip gives."""

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

_SETUP_COMMANDS: Final = ("egg_info", "bdist_wheel", "install", "develop", "dist_info", "editable_wheel", "build")
_SETS_ARGUMENTS = re.compile(r"\bargv(?:\[[^\]\n]{0,40}\])?\s{0,4}\+?=(?!=)|\bargv\.(?:append|insert|extend)\b")
_PROGRAM = "\0"  # stands for `sys.argv[0]`, which is not known
_INTERACTIVE: Final = ("-c", "-m", "", "-")  # `sys.argv[0]` where no file is run
_RAISES: Final = object()  # the outcome of an expression that raises an error by default
_VARIABLE_READERS = frozenset({"os.getenv", "os.environ.get", "os.environ.copy().get"})
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


_MAX_DEPTH = 12  # of an expression that is evaluated
# Kinds of expressions that `_DefaultRun.value` evaluates itself; of others, the abstract value is taken.
_EVALUATED = frozenset(
    {
        ast.Constant, ast.Tuple, ast.List, ast.Set, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.NamedExpr,
        ast.Subscript, ast.Call,
    }
)  # fmt: skip


class _UnknownError(Exception):
    """The outcome depends on more than what the user asks for."""


def outcome_of_test(machine: Statements, test: ast.expr) -> bool | None:
    """Whether the condition is met by default, for at least one way the module may be started; None where that is not
    known."""
    outcomes = [_truth(one) for one in _outcomes(machine, test)]
    if any(one is True for one in outcomes):
        return True
    return False if all(one is False for one in outcomes) else None


def remember_outcome(machine: Statements, node: ast.expr | None, value: Value) -> None:
    """Sets `value.unset` to the outcomes of the expression by default, if the value depends on what the user asks for."""
    if node is not None and value.taint and value.const is NOTHING and on_request(value.taint):
        value.unset = _outcomes(machine, node, value)


def _outcomes(machine: Statements, node: ast.expr, value: Value | None = None) -> tuple[Any, ...]:
    """The outcome of the expression for each way the module may be started: a constant, _RAISES, or NOTHING where it is not
    known. value: the abstract value of the expression, where it is known already."""
    found = []
    whole = value if value is not None and type(node) not in _EVALUATED else None
    for number, argv in enumerate(_arguments(machine)):
        run = _DefaultRun(machine, number, argv)
        try:
            found.append(run.value(node, _MAX_DEPTH) if whole is None else run.outcome(whole))
        except _UnknownError:
            found.append(NOTHING)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, MemoryError):
            found.append(_RAISES)
    return tuple(found)


def _arguments(machine: Statements) -> list[list[str] | None]:
    """The possible `sys.argv`, one for each way the module may be started; None for one that the module changes. Cached."""
    if machine.started_with is None:
        text = "\n".join(machine.lines)
        if "argv" in text and _SETS_ARGUMENTS.search(text):
            machine.started_with = [None]
        elif machine.path.rpartition("/")[2] == "setup.py":
            machine.started_with = [[_PROGRAM, command] for command in _SETUP_COMMANDS]
        else:
            machine.started_with = [[_PROGRAM]]
    return machine.started_with


def _truth(outcome: Any) -> bool | None:
    """Whether a condition with this outcome is met; None where it is not known."""
    return None if outcome is NOTHING else outcome is not _RAISES and bool(outcome)


class _DefaultRun:
    """Evaluates expressions for one way the module may be started. number: of that way; argv: the `sys.argv` of it."""

    def __init__(self, machine: Statements, number: int, argv: list[str] | None) -> None:
        self.machine, self.number, self.argv = machine, number, argv

    def value(self, node: ast.expr, depth: int) -> Any:
        """The outcome of an expression. Raises what Python would, and _UnknownError."""
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
                return self._bool_operator(node, depth)
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
                return self.outcome(self.machine.value(node))

    def _bool_operator(self, node: ast.BoolOp, depth: int) -> Any:
        """The outcome of `and` or `or`, for which one operand that decides is enough."""
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
                raise _UnknownError  # the way it is started says nothing about what the user asks for
            if not _COMPARE[type(sign)](left, right):
                return False
            left = right
        return True

    def _item(self, node: ast.Subscript, depth: int) -> Any:
        owner = self.machine.value(node.value)
        if owner.ref in {"os.environ", "os.environ.copy()"}:
            return self._variable(node.slice, depth, _RAISES)
        holder = self.value(node.value, depth - 1)
        if isinstance(node.slice, ast.Slice):
            ends = [
                None if one is None else self.value(one, depth - 1)
                for one in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return holder[slice(*ends)]
        return holder[self.value(node.slice, depth - 1)]

    def _variable(self, name: ast.expr, depth: int, default: Any) -> Any:
        """The outcome of reading an environment variable, which is not set by default. default: what stands in its place."""
        key = self.value(name, depth - 1)
        if not self.is_unset(key):
            raise _UnknownError
        if default is _RAISES:
            raise LookupError(key)
        return default

    def _call(self, node: ast.Call, depth: int) -> Any:
        """The outcome of a method of a text, of reading a variable, of a builtin, or of a function of the module."""
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _METHODS and not node.keywords:
            owner = self.value(function.value, depth - 1)
            if not isinstance(owner, str) or owner == _PROGRAM:
                raise _UnknownError if owner == _PROGRAM else AttributeError(function.attr)
            return getattr(owner, function.attr)(*self._several(node.args, depth))
        called = self.machine.value(function)
        if called.ref in _VARIABLE_READERS and node.args:
            default = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords), None)
            return self._variable(node.args[0], depth, None if default is None else self.value(default, depth - 1))
        name = called.ref.removeprefix("builtins.")
        if called.ref != name and name in _BUILTINS and not node.keywords:
            return _BUILTINS[name](*self._several(node.args, depth))
        if called.closure is not None:
            return self.outcome(self.machine.value(node))
        raise _UnknownError

    def _several(self, nodes: list[ast.expr], depth: int) -> list[Any]:
        """The outcomes of arguments, with tuples for lists, so that methods of texts accept them."""
        return [tuple(one) if isinstance(one := self.value(node, depth - 1), list) else one for node in nodes]

    def is_unset(self, key: object) -> bool:
        """Whether this is the name of an environment variable that only a user sets, who asks for something."""
        return isinstance(key, str) and key not in self.machine.set_here and on_request(frozenset((f"variable:{key}",)))

    def outcome(self, found: Value) -> Any:
        """The outcome that an abstract value stands for. Raises _UnknownError."""
        if found.ref == "sys.argv" and self.argv is not None:
            return self.argv
        if found.ref in {"os.environ", "os.environ.copy()"}:
            return _UnsetVariables(self)
        kept = getattr(found, "unset", ())
        outcome = kept[self.number if len(kept) > 1 else 0] if kept else NOTHING
        if outcome is _RAISES:
            raise LookupError
        if outcome is not NOTHING:
            return outcome
        if found.known and not on_request(found.taint):
            return found.const
        raise _UnknownError


def statements_run_by_import(body: list[ast.stmt], lines: list[str]) -> int:
    """How many statements of the module level run when the module is imported: none after `parse_args()` of a parser with a
    required option, which exits unless the module is started as a program with that option. lines: of the source."""
    if not any("parse_args()" in line for line in lines) or any("argv" in line or "SystemExit" in line for line in lines):
        return len(body)
    parsers, requiring = set[str](), set[str]()  # names of variables
    for place, statement in enumerate(body):
        if (name := _makes_parser(statement)) is not None:
            parsers.add(name)
        elif (name := _requires_option(statement)) in parsers:
            requiring.add(name)
        elif _parses(statement) in requiring:
            return place + 1
    return len(body)


def _makes_parser(statement: ast.stmt) -> str | None:
    """The variable that the statement assigns a parser to, which exits where a required option is missing; None for any
    other statement."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function, keywords=keywords)):
            is_parser = ast.unparse(function) in {"argparse.ArgumentParser", "ArgumentParser"}
            return name if is_parser and not any(one.arg in {None, "exit_on_error"} for one in keywords) else None
    return None


def _requires_option(statement: ast.stmt) -> str:
    """The variable of `variable.add_argument("--option", required=True)`; "" for any other statement."""
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(id=name), "add_argument"), [ast.Constant(str(flag)), *_], keywords)):
            return name if flag.startswith("--") and any(map(_is_required, keywords)) else ""
    return ""


def _is_required(keyword: ast.keyword) -> bool:
    """Whether this is `required=True`."""
    return keyword.arg == "required" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True


def _parses(statement: ast.stmt) -> str:
    """The variable of `... = variable.parse_args()`; "" for any other statement."""
    match statement:
        case ast.Assign(value=ast.Call(ast.Attribute(ast.Name(id=name), "parse_args"), [], [])):
            return name
    return ""


class _UnsetVariables:
    """The environment by default, without the variables that a user sets; whether others are in it is not known."""

    def __init__(self, run: _DefaultRun) -> None:
        self._run = run

    def __contains__(self, key: object) -> bool:
        if not self._run.is_unset(key):
            raise _UnknownError
        return False
