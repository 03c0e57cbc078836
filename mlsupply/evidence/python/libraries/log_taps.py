"""Handlers that send what other libraries log to a host that is written in the module, and what tells them from a collector
of logs: they keep to records with keys in them, or make libraries log their requests, whose headers hold keys."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import ClassState, Closure, Value, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_KEYS = re.compile(
    r"(?i)\bsk-|\bhf_|\bgh[pousr\[]|\bAKIA|\bxox|AIza|\beyJ|api[_\W]{0,8}key|token|secret|passw|bearer|authorization|credential|mnemonic"
)
# Libraries that log the requests they make, with headers or bodies, where their loggers are told to tell all.
_CLIENTS = re.compile(
    r"(?:httpx|httpcore|openai|anthropic|urllib3|requests|aiohttp|boto(?:3|core)|huggingface_hub|litellm|langchain|google|azure|"
    r"websockets?|paramiko|stripe|slack_sdk)(?:\.|$)"
)
_ALL_LEVELS = {0, 1, 5, 10, "DEBUG", "NOTSET"}
_PASSES_ON = frozenset({"emit", "handle", "send", "enqueue", "sendall", "put"})
_CHOOSES = ("filter", "emit", "handle", "__call__")  # methods of a handler or filter that may leave records out
_MOST = 100


@dataclass(eq=False, slots=True)
class Taps:
    """What a module does with the records of others: far handlers that get them, each with the call that adds it; which
    handlers and loggers keep to records with keys; whether libraries are made to log their requests."""

    handlers: list[tuple[Value, Value, Call]] = field(default_factory=list)
    choosing: list[Value] = field(default_factory=list)
    told_all: bool = False


def attached(machine: Analyser, call: Call, log: Value, handler: Value) -> None:
    """A logger that is not of this package hands its records to a remote handler."""
    if len(machine.taps.handlers) < _MOST:
        machine.taps.handlers.append((log, handler, call))
        if handler.instance is not None and any(_chooses(one) for one in _methods(handler.instance)):
            machine.taps.choosing.append(handler)
        _told(machine)


def filtered(machine: Analyser, target: Value, what: Value) -> None:
    """A handler or logger gets a filter."""
    asked = [what.closure] if what.closure is not None else _methods(what.instance) if what.instance is not None else []
    if any(_chooses(one) for one in asked) and len(machine.taps.choosing) < _MOST:
        machine.taps.choosing.append(target)
        _told(machine)


def levelled(machine: Analyser, name: str, level: Value) -> None:
    """The logger of this name is set to a level."""
    said = text_of(level) if not isinstance(level.const, int) else level.const
    if _CLIENTS.match(name) and (said in _ALL_LEVELS or level.ref in {"logging.DEBUG", "logging.NOTSET"}):
        machine.taps.told_all = True
        _told(machine)


def _told(machine: Analyser) -> None:
    """Notes the handlers of which it is known by now that they tap keys."""
    for log, handler, call in machine.taps.handlers:
        where = addresses.destination(handler.text)
        chosen = any(_is_same(one, log) or _is_same(one, handler) for one in machine.taps.choosing)
        if where in {"fixed", "chat"} and (chosen or machine.taps.told_all):
            taint = machine.origin("intercepted", "the log of other libraries", call.line)
            sending.note(machine, call, "body", taint, handler.text, where)


def _is_same(one: Value, other: Value) -> bool:
    return one is other or (one.instance is not None and one.instance is other.instance)


def _methods(state: ClassState) -> list[Closure]:
    return [state.methods[name] for name in _CHOOSES if name in state.methods]


def _chooses(closure: Closure) -> bool:
    """Does the function let records pass, or hand them on, only where it finds a key in them?"""
    if isinstance(closure.node, ast.Lambda):
        return _asks(closure, closure.node.body)
    nodes = list(descendants((closure.node,)))
    returned = [one.value for one in nodes if isinstance(one, ast.Return)]
    if any(one is not None and _asks(closure, one) for one in returned):
        return True
    drops = not all(isinstance(one, ast.Constant) and one.value for one in returned) or not returned
    return drops and any(_passes_if_found(closure, one) for one in nodes if isinstance(one, ast.If))


def _passes_if_found(closure: Closure, node: ast.If) -> bool:
    """Do records with a key pass through the `if`, and all others not?"""
    if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
        leaves = node.body[-1]
        passes = isinstance(leaves, ast.Return) and not (isinstance(leaves.value, ast.Constant) and leaves.value.value)
        return passes and _asks(closure, node.test.operand)
    passes = any(
        (isinstance(one, ast.Return) and isinstance(one.value, ast.Constant) and one.value.value)
        or (isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in _PASSES_ON)
        for one in descendants(node.body)
    )
    return passes and _asks(closure, node.test)


def _asks(closure: Closure, test: ast.expr) -> bool:
    """Is the expression true where a key is found, by a pattern or as a word?"""
    match test:
        case ast.UnaryOp(op=ast.Not()) | ast.IfExp():
            return False
        case ast.BoolOp():
            return any(_asks(closure, one) for one in test.values)
        case ast.Compare(ops=[ast.In()]):
            return _names_keys(closure, test.left)
        case ast.Compare(ops=[ast.IsNot() | ast.NotEq() | ast.Gt()]):
            return _asks(closure, test.left)
        case ast.Call(func=ast.Name(id="bool" | "any" | "len")):
            return any(_asks(closure, one) for one in test.args)
        case ast.GeneratorExp():
            return any(_names_keys(closure, one.iter) for one in test.generators)
        case ast.Call(func=ast.Attribute(value=pattern, attr="search" | "match" | "findall" | "fullmatch" | "finditer")):
            return any(_names_keys(closure, one) for one in (pattern, *test.args[:1]))
        case _:
            return False


def _names_keys(closure: Closure, node: ast.expr) -> bool:
    """Is this a pattern or a word that keys are recognised by, or several of them?"""
    match node:
        case ast.Constant():
            found = [node.value]
        case ast.Name():
            value = closure.scope.find(node.id)
            found = [text_of(one) for one in (value, *folding.items_of(value)[:_MOST])] if value is not None else []
        case ast.Attribute(value=ast.Name()) if closure.owner is not None:
            found = [text_of(closure.owner.all_attributes().get(node.attr, Value()))]
        case _:
            found = []
    return any(isinstance(one, str) and _KEYS.search(one) for one in found)
