"""Loops whose turns can be counted: a `while` whose condition stays known, and what its turns take out of containers.

Elsewhere a container keeps what is taken out of it, because nobody knows how often that happens."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlsupply.evidence.python.interpreter import special_methods
from mlsupply.evidence.python.values.containers import Emptied, Heap, Stack
from mlsupply.evidence.python.values.value import Value, constant

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_MOST_TURNS = 4_096
_MOST_NODES = 20_000  # turns times the nodes of the body
_LARGE = 150  # nodes of a body that does more than to put together a text
_MOST_ITEMS = 4_096  # of a container that is emptied one by one
_PIECE = 4  # characters: what is taken out in pieces like that is put together again
_TAKES = {"pop": -1, "popleft": 0, "get": 0, "get_nowait": 0}  # method -> the place it takes from


@contextmanager
def counted(machine: Expressions) -> Iterator[None]:
    """While the turns of a loop are followed one by one, what is taken out of a container is gone. Afterwards everything is
    in it again."""
    if machine.emptied is not None:
        yield
        return
    machine.emptied = []
    try:
        yield
    finally:
        emptied, machine.emptied = machine.emptied, None
        for value, const, items in emptied:
            value.const, value.items = const, items


def taken(machine: Expressions, owner: Value, name: str, args: list[Value]) -> Value | None:
    """The item that `owner.name(...)` takes out, where that is known and the turns are counted; else None."""
    if machine.emptied is None or name not in _TAKES or len(args) > 1 or (args and name != "pop"):
        return None
    held: list[Any] | None = owner.const if type(owner.const) is list else owner.items
    if not held or len(held) > _MOST_ITEMS or (held is owner.items and not all(one.known for one in held)):
        return None
    at = args[0].const if args else -1 if isinstance(held, Stack) else _TAKES[name]
    if isinstance(held, Heap):
        at = _least(held)
    if type(at) is not int or not -len(held) <= at < len(held):
        return None
    if not any(one.value is owner for one in machine.emptied):
        machine.emptied.append(Emptied(owner, owner.const, owner.items))
        held = type(held)(held)
        if owner.items is None:
            owner.const = held
        else:
            owner.items = held
    backwards = at == -1 and len(held) > 1
    out = held.pop(at)
    item = out if isinstance(out, Value) else constant(out, owner.layers, owner.taint)
    if backwards and isinstance(item.const, str | bytes) and len(item.const) <= _PIECE and "reversed" not in item.layers:
        return constant(item.const, (*item.layers, "reversed"), item.taint)
    return item


def _least(held: list[Value]) -> int:
    """The place of the least of these constants; the first where they cannot be compared."""
    try:
        return min(range(len(held)), key=lambda place: held[place].const)
    except TypeError:
        return 0


def _holds(machine: Expressions, test: ast.expr) -> bool | None:
    """What the condition says now; None where that is not known."""
    if isinstance(test, ast.BoolOp):
        parts = [_holds(machine, one) for one in test.values]
        return None if None in parts else all(parts) if isinstance(test.op, ast.And) else any(parts)
    value = machine.value(test)
    own = special_methods.operated(machine, value, "bool", [], test)
    if own is not None:
        value = own
    if value.known:
        return bool(value.const)
    if value.items is not None and (not value.ref or value.instance is not None) and all(one.known for one in value.items):
        return bool(value.items)
    return None


def followed(machine: Expressions, node: ast.While, weight: int, body: Callable[[list[ast.stmt]], None]) -> bool:
    """Runs a `while` turn by turn until its condition is known to be false. Where it is not known, where nothing comes
    nearer, where it takes too long or the body is large: False, and the names are bound as before. weight: number of nodes
    of its body."""
    if isinstance(node.test, ast.Constant | ast.NamedExpr) or weight > _LARGE:
        return False
    names, before = machine.scope.names, dict(machine.scope.names)
    end = machine.steps + (machine.root_end - machine.steps) // 10  # the rest is for what comes after it
    last: object = None
    with counted(machine):
        for _ in range(min(_MOST_TURNS, _MOST_NODES // max(1, weight))):
            holds = _holds(machine, node.test)
            if holds is False:
                return True
            now = (sum(map(_left, machine.emptied or ())), {name: one.const for name, one in names.items() if one.known})
            if holds is None or now == last or machine.steps > end:
                break
            last = now
            body(node.body)
    names.clear()
    names.update(before)
    return False


def _left(one: Emptied) -> int:
    """How much is left in a container."""
    held = one.value.const if one.value.items is None else one.value.items
    return len(held) if isinstance(held, list) else 0
