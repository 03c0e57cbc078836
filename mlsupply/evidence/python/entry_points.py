"""Functions that are followed by themselves: entry points, deferred calls, and what is called when data comes in."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import summaries
from mlsupply.evidence.python.interpreter import hooks
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.interpreter.machine import MAX_INLINE, MAX_ROOT_STEPS, MAX_STEPS, SHALLOW, Begun, BudgetError
from mlsupply.evidence.python.libraries import command_options, execution, passed_on
from mlsupply.evidence.python.network import requested, servers
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import ClassState, Closure, Value, taint_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_MOST_BEGUN = 64  # deferred calls that may be run again
# Names of parameters that stand for the connection itself.
_CONNECTIONS = frozenset({"ws", "websocket", "client", "sock", "conn", "connection", "transport", "bot", "app"})


def run(machine: Analyser, name: str, closure: Closure, heir: ClassState | None) -> None:
    """Follows a function as an entry point, within a budget of its own. heir: the class whose object a method is called of,
    where that is not the one that defines it. One that exhausts the budget is followed again
    to a lesser depth. Since the functions it calls are followed on their own too, that misses only taint worth following
    that is carried deeper; only then is the root noted as exhausted."""
    machine.signed_with.clear()
    done = _run_to_end(machine, name, closure, heir)
    if done and hooks.now_known_to_sign(machine, closure):
        machine.call_results.clear()
        done = _run_to_end(machine, name, closure, heir)
    if done:
        return
    machine.exhausted.discard(name)
    machine.depth, cut = SHALLOW, machine.cut_off
    if cut or machine.steps + MAX_ROOT_STEPS > MAX_STEPS or not _run_to_end(machine, name, closure, heir) or machine.cut_off:
        machine.exhausted.add(name)
    machine.depth = MAX_INLINE


def _run_to_end(machine: Analyser, name: str, closure: Closure, heir: ClassState | None) -> bool:
    """Follows the entry point once; whether the budget and the depth sufficed."""
    machine.root = name
    machine.root_end = machine.steps + MAX_ROOT_STEPS
    machine.at_module_level()
    machine.cut_off = False
    try:
        first = machine.implicit_arguments(closure, heir)
        given = machine.enter(closure, first, {}, None)
        summaries.note_returned(machine, name, given)
        if hooks.gives_code(closure):
            execution.executed(machine, Call("builtins.exec", Value(), [given], {}, closure.node, None), given)
        if name in know.BACKEND_HOOKS and name.startswith("get_requires"):
            execution.required(machine, given, closure.node)
        run_deferred(machine)
    except (BudgetError, RecursionError):
        return False
    if machine.cut_off and machine.depth == MAX_INLINE:
        machine.exhausted.add(name)  # taint was carried deeper than MAX_CARRIED
    return name not in machine.exhausted


def run_deferred(machine: Analyser) -> None:
    """Runs the deferred calls (threads, callbacks), whose arguments may have been changed since."""
    deferred, machine.deferred = machine.deferred, []
    machine.coroutines.clear()
    root = machine.root
    try:
        for function, args, keywords, node, machine.root in deferred:
            remember_begun(machine, function, args, keywords, node)
            machine.call(function, args, keywords, node)
    except (BudgetError, RecursionError):
        machine.exhausted.add(machine.root)
    machine.root, machine.deferred = root, []


def remember_begun(machine: Analyser, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> None:
    """Remembers a deferred call that is about to be run."""
    if function.closure is not None and len(machine.begun) < _MOST_BEGUN:
        shared = machine.containers_around(function.closure)
        given = taint_of(*args, *keywords.values(), *shared)
        machine.begun.append(Begun(function, args, keywords, node, machine.root, shared, given))


def run_changed(machine: Analyser) -> None:
    """Runs the deferred calls again where something has been filled since, as a queue that a thread empties."""
    for one in list(machine.begun):
        if not taint_of(*one.args, *one.keywords.values(), *one.shared) <= one.taint:
            _run_again(machine, one)


def run_held(machine: Analyser) -> None:
    """Runs the deferred calls again that call what a container holds, which may have been put there since."""
    for one in list(machine.begun):
        if one.function.closure is not None and machine.calls_held(one.function.closure):
            _run_again(machine, one)


def _run_again(machine: Analyser, one: Begun) -> None:
    if machine.steps < MAX_STEPS:
        machine.deferred = [(one.function, one.args, one.keywords, one.node, one.root)]
        machine.at_module_level()
        machine.root_end = machine.steps + MAX_ROOT_STEPS
        machine.call_results.clear()
        run_deferred(machine)


def registered(machine: Analyser, registrar: Value, function: Value, node: ast.AST) -> None:
    """Follows a function that is passed to something which may call it later. registrar: what it is passed to."""
    closure = function.closure
    servers.view(machine, registrar, function)
    if closure is None or isinstance(closure.node, ast.ClassDef):
        return
    passed_on.remembered(machine, registrar, function)
    command_options.declared(machine, registrar, closure, node)
    if requested.registered(registrar, function, node) and closure in machine.ever_entered:
        _follow_again(machine, closure)
    if not know.MESSENGERS.match(registrar.ref) and not _on_received(registrar, node):
        return
    spec = closure.node.args
    label = machine.origin("received", registrar.ref.replace("()", ""), getattr(node, "lineno", 0))
    first = machine.implicit_arguments(closure)
    named = {}
    for parameter in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs][len(first) :]:
        named[parameter.arg] = value = Value(taint=label)
        if parameter.arg in _CONNECTIONS:
            value.ref, value.text = registrar.ref.removesuffix("()") + "()", registrar.text
    machine.enter(closure, first, named, node)


def _follow_again(machine: Analyser, closure: Closure) -> None:
    """Follows a function again, as an entry point, of which it has become known what it is called with."""
    root, machine.root = machine.root, closure.name
    machine.call_results.clear()
    machine.enter(closure, machine.implicit_arguments(closure), {}, None)
    machine.root = root


def _on_received(registrar: Value, node: ast.AST) -> bool:
    """Whether this is `thing.on(...)` of a thing that was received from the network."""
    made = node.func if isinstance(node, ast.Call) else None
    return isinstance(made, ast.Attribute) and made.attr == "on" and has(registrar.taint, "received")
