"""Functions that another one makes again and again, of which only the names differ that they were made with.

A class that offers a hundred operations may make each by calling one function of its own with the name of the operation. All
that is made so is the same code; what it does for one it does for all, unless what it was made with can do something itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.evidence.python.calls import Analyser
from mlsupply.evidence.python.dull import matters, telling
from mlsupply.evidence.python.survey import Mentions
from mlsupply.evidence.python.values import NOTHING, Closure, Value, taint_of

_EACH = 4  # of one kind are followed
_WORD = re.compile(r"[a-z]{1,40}(?:_[a-z]{1,40}){0,12}")
_PLAIN = frozenset({"parameter", "from"})


class Made:
    """What was followed, by code and by what it was made with."""

    def __init__(self) -> None:
        self._followed: dict[tuple[object, ...], list[Closure]] = {}

    def known(self, machine: Analyser, closure: Closure, mentions: Mentions) -> bool:
        """Were enough of its kind followed? What it calls is noted then; otherwise it counts as followed."""
        if closure.scope is machine.module or closure.owner is not None:
            return False
        held = dict(_held(machine, closure, mentions))
        kind = (closure.node, closure.wrapper, *((name, _kind(value)) for name, value in sorted(held.items())))
        before = self._followed.setdefault(kind, [])
        if len(before) < _EACH:
            before.append(closure)
            return False
        first = dict(_held(machine, before[0], mentions))
        for name, value in held.items():
            if value.ref:
                machine.edges.add((closure.name, value.ref))
                machine.hands.setdefault(value.ref, set()).update(machine.hands.get(first[name].ref, ()))
        return True


def _held(machine: Analyser, closure: Closure, mentions: Mentions) -> Iterator[tuple[str, Value]]:
    """The names it takes from the function it was made in."""
    for name in mentions.names:
        scope = closure.scope
        while scope is not machine.module and scope.outer is not None:
            if name in scope.names:
                yield name, scope.names[name]
                break
            scope = scope.outer


def _kind(value: Value) -> object:
    """What must be the same of it in two functions that are alike: all, but for names that can do nothing and words."""
    if value.closure is not None:
        return value.closure.node
    if value.items is not None or value.keys is not None or value.either is not None or value.bound is not None:
        return id(value)
    const = value.const
    if isinstance(const, str) and _WORD.fullmatch(const) and not telling(const):
        const = str
    elif const is not NOTHING and not isinstance(const, str | bytes | int | None):
        return id(value)
    ref = "" if value.ref and not matters(value.ref) else value.ref
    taint = frozenset(kind if (kind := one.partition(":")[0]) in _PLAIN else one for one in taint_of(value))
    return ref, type(const), const, taint, value.text, value.layers, value.instance, value.hidden
