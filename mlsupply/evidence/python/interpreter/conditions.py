"""Conditions that decide where or when code acts: it looks for a debugger or sandbox first, or waits for one machine and
day."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.syntax.survey import descendants, last_name
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import of_kind
from mlsupply.evidence.python.values.value import Value
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_MAX_CONDITIONS = 8  # joined by `and`
_TODAY = expression(r"\b(?:today|now|utcnow|time|localtime|gmtime)$")
_IDENTITY = expression(r"\b(?:getfqdn|gethostname|node|getuser|getlogin|getnode|USERDOMAIN|HOSTNAME)$")


def singled_out(machine: Analyser, node: ast.BoolOp) -> None:
    """Notes a condition on both the date and the identity of the machine or user, each compared with a constant."""
    if not isinstance(node.op, ast.And) or len(node.values) > _MAX_CONDITIONS:
        return
    words = [frozenset(_words(value)) for value in node.values]
    dated = {at for at, one in enumerate(words) if any(map(_TODAY.search, one)) and _names_a_day(node.values[at])}
    which = {
        at for at, one in enumerate(words) if any(map(_IDENTITY.search, one)) and _is_compared(machine, node.values[at])
    }
    if dated and which - dated:
        machine.fact("singles-out", node, detail=safe(ast.unparse(node)[:400], 120))


def _names_a_day(node: ast.expr) -> bool:
    """Does the expression hold a year, a date or a moment in seconds as a constant?"""
    return any(_is_day(one.value) for one in descendants((node,)) if isinstance(one, ast.Constant))


def _is_day(const: object) -> bool:
    if isinstance(const, str):
        return _DATE.match(const) is not None
    return isinstance(const, int | float) and (2_000 < const < 2_100 or 1.5e9 < const < 4e9)


_DATE = re.compile(r"20\d\d(?:-?\d\d|$)")


def waits_for_day(machine: Analyser, line: int) -> bool:
    """Is this line of the function that is followed, or the call that led there, reached only from a certain day on?"""
    inner = ""
    for closure in reversed(machine.running[-_MOST_CALLERS:]):
        nodes = list(descendants((closure.node,)))
        called = [one.lineno for one in nodes if isinstance(one, ast.Call) and inner and last_name(one.func) == inner]
        tests = [one for one in nodes if isinstance(one, ast.If) and _is_dated(machine, one.test)]
        if any(_decides(test, at) for test in tests for at in (called if inner else [line])):
            return True
        inner = closure.name.rpartition(".")[2]
    return False


_MOST_CALLERS = 4


def _is_dated(machine: Analyser, test: ast.expr) -> bool:
    """Is today compared with a day that is written in the code, here or under a name of the module?"""
    return any(map(_TODAY.search, _words(test))) and (
        _names_a_day(test) or any(one.ref in _DAYS or _is_day(one.const) for one in _named(machine, test))
    )


_DAYS = frozenset({"datetime.date()", "datetime.datetime()"})


def _named(machine: Analyser, test: ast.expr) -> Iterator[Value]:
    """The values of the names in an expression, and what they hold."""
    for node in descendants((test,)):
        if isinstance(node, ast.Name) and (value := machine.scope.find(node.id)) is not None:
            yield from (value, *folding.items_of(value)[:3])


def _decides(node: ast.If, line: int) -> bool:
    """Does it hang on this condition whether the line is reached?"""
    last = node.body[-1].end_lineno or 0
    return node.body[0].lineno <= line <= last or (last < line and isinstance(node.body[-1], ast.Return | ast.Raise))


def _is_compared(machine: Analyser, node: ast.expr) -> bool:
    """Does the expression compare something with constant strings of the module?"""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"endswith", "startswith"}:
        others = node.args
    else:
        others = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
    plain = (one for one in others if isinstance(one, ast.Name | ast.Constant | ast.Tuple | ast.Set | ast.List))
    known = [machine.value(one) for one in plain]
    return any(isinstance(one.const, str) for value in known for one in [value, *folding.items_of(value)[:20]])


def guarded(machine: Analyser, node: ast.If, test: Value) -> None:
    """Notes a condition that looks for a debugger or sandbox and leaves the function or program where it finds one. test:
    the value of the condition."""
    seen = machine.guards.get(node)
    if seen is None:
        leaves = len(node.body) <= 3 and any(map(_leaves, node.body))
        seen = leaves, leaves and any(map(_names_observer, _words(node.test)))
        machine.guards[node] = seen
    leaves, evades = seen
    if not leaves or not (evades or test.taint):
        return
    variables = {label.split(":", 1)[1] for label in of_kind(test.taint, "variable", "secret-variable")}
    if variables & know.EVASION_VARIABLES or evades:
        machine.fact("evades", node, detail=safe(ast.unparse(node.test)[:400], 120))


@lru_cache(maxsize=4_096)
def _names_observer(word: str) -> bool:
    """Is this a name or text by which debuggers and sandboxes are known? Cached, as conditions share most words."""
    return know.EVASION_TEXT.search(word) is not None


def _leaves(statement: ast.stmt) -> bool:
    """Does the statement end the function or the program?"""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return any("exit" in word for word in _words(statement.value.func))
    return isinstance(statement, ast.Return | ast.Raise)


def _words(tree: ast.expr) -> Iterator[str]:
    """The names, attributes and constants of an expression."""
    for node in descendants((tree,)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant):
            yield str(node.value)[:400]
