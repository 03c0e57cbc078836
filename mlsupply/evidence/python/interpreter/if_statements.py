"""Runs `if` statements: which of the branches are followed, and on which condition what is in them counts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import comprehensions, default_run, special_methods
from mlsupply.evidence.python.interpreter.branches import keep_sensitive
from mlsupply.evidence.python.interpreter.chosen_files import chosen
from mlsupply.evidence.python.interpreter.listed_words import one_of_words
from mlsupply.evidence.python.interpreter.missing_packages import tests_for_missing
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.taint import on_request
from mlsupply.evidence.python.values.value import Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.statements import EnvironmentLoop, Statements


def followed(machine: Statements, node: ast.If) -> None:
    """Follows both branches, unless the condition is for the type checker only. Branches that run only for a program,
    only for some variables, only where something is missing, or only on request are followed as such."""
    before = dict(machine.scope.names)
    if _is_main(node.test):
        root, machine.root = machine.root, machine.main_root()
        machine.body(node.body)
        machine.root = root
        _else(machine, node, before)
        return
    test = machine.value(node.test)
    if test.known and node in machine.turning:
        machine.body(node.body if test.const else node.orelse)
        return
    if _is_for_type_checkers(node, test):
        machine.body(node.orelse)
        return
    machine.guard(node, test)
    if test.instance is not None:
        special_methods.operated(machine, test, "bool", [], node)
    loops = machine.environment_loops
    if loops and loops[-1].scope is machine.scope and comprehensions.startswith_name(node.test):
        _variables_with_prefix(machine, node, loops[-1])
        return
    if machine.mentions_install and machine.asks_for_missing(node, tests_for_missing, node.test):
        machine.when_missing += 1
        machine.body(node.body)
        machine.when_missing -= 1
        _else(machine, node, before)
        return
    if on_request(test.taint):
        _if_on_request(machine, node, default_run.outcome_of_test(machine, node.test))
        return
    if not node.orelse or chosen(machine, node.test, outcome=True) is not None:
        _body_if_met(machine, node)
        _else(machine, node, before)
    else:
        machine.branches([node.body, node.orelse])
    if isinstance(node.body[-1], _LEAVES) and (left := chosen(machine, node.test, outcome=False)) is not None:
        machine.scope.names[left.name] = left.value


_LEAVES = (ast.Continue, ast.Return, ast.Break, ast.Raise)


def _else(machine: Statements, node: ast.If, before: dict[str, Value]) -> None:
    """Runs what follows where the condition is not met. before: the names bound before the body, which is taken to have
    been run: what is bound later replaces what was bound earlier, but for what is worth following in it."""
    after = dict(machine.scope.names)
    machine.body(node.orelse)
    if node.orelse:
        before = {name: value for name, value in after.items() if value is not before.get(name)}
    keep_sensitive(machine.scope.names, before)


def _body_if_met(machine: Statements, node: ast.If) -> None:
    """Runs the body of an `if`, in which a variable that the test compares with words is one of these, and a
    path the one of such a file."""
    names = machine.scope.names
    known = one_of_words(node.test, names) or chosen(machine, node.test, outcome=True)
    known = known if known is not None and known.name in names else None
    before = names[known.name] if known is not None else None
    if known is not None:
        names[known.name] = known.value
    machine.body(node.body)
    if known is not None and before is not None and names.get(known.name) is known.value:
        names[known.name] = before


def _variables_with_prefix(machine: Statements, node: ast.If, loop: EnvironmentLoop) -> None:
    """`if name.startswith(...)` in a loop over the environment: the body sees only variables with that prefix."""
    names = machine.scope.names
    before = {name: names[name] for name in loop.names if name in names}
    if comprehensions.startswith_name(node.test) in before:
        names.update({name: comprehensions.with_prefix_only(machine, value, [node.test]) for name, value in before.items()})
    machine.body(node.body)
    names.update(before)
    machine.body(node.orelse)


def _if_on_request(machine: Statements, node: ast.If, by_default: bool | None) -> None:
    """An `if` on what the user asks for. by_default: its outcome where the user asks for nothing, None where that is not
    known. The branch not taken by default is on request; so is all that follows a body taken by default that leaves."""
    before = dict(machine.scope.names)
    machine.on_request += by_default is False
    _body_if_met(machine, node)
    machine.on_request -= by_default is False
    machine.on_request += by_default is True
    _else(machine, node, before)
    machine.on_request -= by_default is True
    machine.declined = by_default is True and not node.orelse and isinstance(node.body[-1], ast.Return | ast.Raise)


_TYPE_CHECKING = frozenset({"typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"})


def _is_for_type_checkers(node: ast.If, test: Value) -> bool:
    """Whether the body is never run: `TYPE_CHECKING` is that of `typing`, or a name of that kind that is False here. Where
    something is called in the body it is run all the same: the name may have been set to True from elsewhere."""
    if not isinstance(node.test, ast.Name | ast.Attribute) or (
        (node.test.id if isinstance(node.test, ast.Name) else node.test.attr) != "TYPE_CHECKING"
    ):
        return False
    if not all(one.ref in _TYPE_CHECKING or one.const is False for one in test.either or (test,)):
        return False
    return not any(isinstance(one, ast.Call) for one in descendants(node.body))


def _is_main(test: ast.expr) -> bool:
    """Whether this is `__name__ == "__main__"`."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
        and isinstance(test.ops[0], ast.Eq)
    )
