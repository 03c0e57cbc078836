"""Functions that a library calls with what it is given elsewhere: handlers of signals and events, tasks that are put into a
queue, and functions that are applied to data or to each other's results.

Nothing is known of such a library, so only secrets are followed, and into all parameters that may get them.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.values.value import Taint, Value, taint_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MOST = 16  # functions that are remembered of one library
# Methods that take a function for later, or put functions together; and those that hand data to it.
_TAKES = re.compile(
    r"(?:\.(?:connect(?:_via)?|on(?:ce)?|subscribe|(?:add_|event_)?listener|listens_for|add_(?:handler|observer)|register(?:_handler)?|observe|"
    r"bind|attach|compose(?:_left)?|rcompose|flow|juxt|curry|"
    r"vectorize|memoize))(?:\(\))?$"
)
_HANDS = re.compile(
    r"(?:\.(?:send\w*|emit\w*|publish\w*|dispatch\w*|fire\w*|trigger\w*|notify\w*|on_next|invoke|raise_event)|"
    r"(?:compose(?:_left)?|rcompose|flow|juxt|curry|vectorize|memoize)\(\))$"
)
_OF_FUNCTIONS = frozenset({"__call__", "__get__"})


def remembered(machine: Analyser, registrar: Value, function: Value) -> None:
    """Keeps a function that a library takes as a handler."""
    if (
        function.closure is not None
        and registrar.ref
        and _TAKES.search(registrar.ref)
        and not know.MESSENGERS.match(registrar.ref)
    ):
        known = machine.handlers.setdefault(_library(registrar.ref), [])
        if len(known) < _MOST and all(one.closure is not function.closure for one in known):
            known.append(function)


def handed(machine: Analyser, call: Call) -> None:
    """Follows the functions that a call of an unknown library may lead to, where it is given something secret."""
    functions = [value for value in call.all if _is_function(value)]
    for one in functions:
        remembered(machine, call.function, one)
    if not machine.handlers and not functions and (call.receiver is None or call.receiver.closure is None):
        return
    others = [value for value in call.given if not _is_function(value)]
    secret = _secret(others)
    if not secret:
        return
    if _HANDS.search(call.ref) and not know.MESSENGERS.match(call.ref):
        functions += machine.handlers.get(_library(call.ref), [])
    elif not functions and call.receiver is not None and _is_function(call.receiver) and _is_added(call):
        functions = [call.receiver]  # `task.delay(data)`, of a function that a library made a task
    for function in functions:
        _followed(machine, call, function, secret)


def _followed(machine: Analyser, call: Call, function: Value, secret: Taint) -> None:
    closure = function.closure
    if closure is None or closure in machine.running:
        return
    first = machine.implicit_arguments(closure)
    spec = closure.node.args  # type: ignore[union-attr]  # no class
    taken = [*spec.posonlyargs, *spec.args][len(first) :]
    named = {one.arg: Value(taint=secret) for one in (*taken, *spec.kwonlyargs)} if not spec.posonlyargs else {}
    given = {name: value for name, value in call.keywords.items() if name in named or spec.kwarg is not None}
    rest = [] if taken and not spec.posonlyargs else [Value(taint=secret)]
    machine.enter(closure, [*first, *rest], named | given, call.node)


def _is_function(value: Value) -> bool:
    return value.closure is not None and not isinstance(value.closure.node, ast.ClassDef)


def _is_added(call: Call) -> bool:
    """Whether the method is none that functions have of themselves."""
    function = call.node.func if isinstance(call.node, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr not in _OF_FUNCTIONS


def _secret(values: list[Value]) -> Taint:
    """The labels of secrets among those of the values."""
    return frozenset(one for one in taint_of(*values) if one.partition(":")[0] in know.SECRETS)


def _library(ref: str) -> str:
    return ref.partition(".")[0].removesuffix("()")
