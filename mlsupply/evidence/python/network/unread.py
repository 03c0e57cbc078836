"""Whether anybody reads the answer to a request: one that nobody reads was made for what it carries."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.syntax.survey import children, descendants, last_name
from mlsupply.named import NamedTuple

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
# Functions that wait for what they are given, alone or among others: their result is its answer.
_WAITERS = frozenset({"gather", "wait", "wait_for", "as_completed", "shield", "timeout_after", "run_until_complete"})
_SETTLING = frozenset({"raise_for_status", "close", "aclose"})  # what is done with an answer without reading it
# What says only that there was an answer, and of which kind.
_STATUS = frozenset(
    {
        "status_code", "status", "ok", "code", "getcode", "is_success", "is_error", "is_client_error", "reason",
        "reason_phrase", "headers", "getheader", "getheaders", "elapsed", "url", "geturl", "http_version",
    }
)  # fmt: skip


class Use(NamedTuple):
    """unread: nobody reads the answer, as far as the function that asks and its caller show; status: nobody reads more of it
    than whether there was one."""

    unread: bool
    status: bool


_UNREAD, _READ = Use(True, True), Use(False, False)


def is_unread(machine: Analyser, call: Call) -> bool:
    """Does nobody read the answer, as far as the function that asks and its caller show?"""
    return use_of(machine, call).unread


def use_of(machine: Analyser, call: Call) -> Use:
    """What is read of the answer to a request."""
    if call.node is machine.ignored_result:
        return _UNREAD
    if not isinstance(call.node, ast.Call) or not machine.running:
        return _READ
    function = machine.running[-1].node
    if last_name(call.node.func) in _STARTERS and last_name(call.node.func) != call.ref.rpartition(".")[2]:
        return _UNREAD
    around = {inner: outer for outer in descendants((function,)) for inner in children(outer)}
    unread = _Reading(machine, function, around, _SETTLING).is_unread(call.node)
    return Use(unread, unread or _Reading(machine, function, around, _SETTLING | _STATUS).is_unread(call.node))


class _Reading:
    """Who reads a value in a function. around: the node around each node in it; beside: attributes that do not count as
    reading."""

    def __init__(self, machine: Analyser, function: ast.AST, around: dict[ast.AST, ast.AST], beside: frozenset[str]) -> None:
        self.machine, self.function, self.around, self.beside = machine, function, around, beside
        self.asked: set[str] = set()  # variables whose uses were looked at

    def is_unread(self, node: ast.AST) -> bool:
        """Is the value of this expression unread?"""
        outer = self.around.get(node)
        while outer is not None and _passes_on(node, outer):
            node, outer = outer, self.around.get(outer)
        if isinstance(outer, ast.Expr):
            return True
        if isinstance(outer, ast.Return) or (isinstance(self.function, ast.Lambda) and outer is self.function):
            return _caller_ignores(self.machine)
        if isinstance(outer, ast.Assign):
            return all(isinstance(target, ast.Name) and not self._is_read(target.id) for target in outer.targets)
        if isinstance(outer, ast.withitem):
            names = outer.optional_vars
            return names is None or (isinstance(names, ast.Name) and not self._is_read(names.id))
        if isinstance(outer, ast.Attribute):
            return outer.attr in self.beside or self.is_unread(outer)
        return isinstance(outer, ast.Call) and last_name(outer.func) in _STARTERS

    def _is_read(self, name: str) -> bool:
        """Is the variable used for more than to settle the request?"""
        if name in self.asked:
            return False  # no more than by its other uses
        self.asked.add(name)
        uses = (one for one in self.around if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load))
        return any(not self.is_unread(one) for one in uses)


def _passes_on(node: ast.AST, outer: ast.AST) -> bool:
    """Is the value of `outer` the answer that `node` stands for, or a list with it?"""
    if isinstance(outer, ast.Call):
        return node is outer.func or last_name(outer.func) in _WAITERS
    if isinstance(outer, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return node is outer.elt
    return isinstance(outer, ast.Await | ast.List | ast.Tuple | ast.Set | ast.Starred)


def _caller_ignores(machine: Analyser) -> bool:
    """Is the function that is followed called, or handed to what starts it, by a statement that is nothing but this call?"""
    if machine.ignored_result is None or not machine.running:
        return False
    name = machine.running[-1].name.rpartition(".")[2]
    return any(last_name(one) == name for one in ast.walk(machine.ignored_result))
