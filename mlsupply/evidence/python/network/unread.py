"""Whether anybody reads the answer to a request: one that nobody reads was made for what it carries."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.syntax.survey import children, descendants

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# Functions that start what they are given, and whose own result is a thread, a task or nothing.
_STARTERS = frozenset(
    {
        "Thread", "Timer", "submit", "create_task", "ensure_future", "run_coroutine_threadsafe", "start_new_thread",
        "apply_async", "register", "finalize", "call_soon", "call_later", "add_task", "start_soon", "run_in_executor",
    }
)  # fmt: skip
_SETTLING = frozenset({"raise_for_status", "close", "aclose"})  # what is done with an answer without reading it


def is_unread(machine: Analyser, call: Call) -> bool:
    """Does nobody read the answer, as far as the function that asks and its caller show?"""
    if call.node is machine.ignored_result:
        return True
    if not isinstance(call.node, ast.Call) or not machine.running:
        return False
    function = machine.running[-1].node
    if _name_of(call.node.func) in _STARTERS and _name_of(call.node.func) != call.ref.rpartition(".")[2]:
        return True
    around = {inner: outer for outer in descendants((function,)) for inner in children(outer)}
    return _is_unread(machine, function, call.node, around)


def _is_unread(machine: Analyser, function: ast.AST, node: ast.AST, around: dict[ast.AST, ast.AST]) -> bool:
    """Is the value of this expression unread? around: the node around each node in the function."""
    outer = around.get(node)
    if isinstance(outer, ast.Await):
        return _is_unread(machine, function, outer, around)
    if isinstance(outer, ast.Expr):
        return True
    if isinstance(outer, ast.Return) or (isinstance(function, ast.Lambda) and outer is function):
        return _caller_ignores(machine)
    if isinstance(outer, ast.Assign):
        names = [target.id if isinstance(target, ast.Name) else "" for target in outer.targets]
        return all(name and not _is_read(name, around) for name in names)
    if isinstance(outer, ast.withitem):
        return outer.optional_vars is None or (
            isinstance(outer.optional_vars, ast.Name) and not _is_read(outer.optional_vars.id, around)
        )
    if isinstance(outer, ast.Attribute):
        return outer.attr in _SETTLING
    return isinstance(outer, ast.Call) and node is not outer.func and _name_of(outer.func) in _STARTERS


def _is_read(name: str, around: dict[ast.AST, ast.AST]) -> bool:
    """Is the variable used for more than to settle the request?"""
    uses = (one for one in around if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load))
    outers = (around[one] for one in uses)
    return any(not (isinstance(outer, ast.Attribute) and outer.attr in _SETTLING) for outer in outers)


def _caller_ignores(machine: Analyser) -> bool:
    """Is the function that is followed called, or handed to what starts it, by a statement that is nothing but this call?"""
    if machine.ignored_result is None or not machine.running:
        return False
    name = machine.running[-1].name.rpartition(".")[2]
    return any(_name_of(one) == name for one in ast.walk(machine.ignored_result))


def _name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
