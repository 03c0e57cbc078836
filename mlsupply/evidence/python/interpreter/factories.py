"""Functions that one function makes again and again, differing only in the names they were made with.

A class that offers a hundred operations may make each by calling one function of its own with the name of the operation. All
functions made this way have the same code: what it does for one it does for all, unless something it was made with can act
by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter

from mlsupply.evidence.python.analyser import Analyser
from mlsupply.evidence.python.syntax.relevance import can_act_by_name, matters
from mlsupply.evidence.python.syntax.survey import Survey
from mlsupply.evidence.python.values.value import NOTHING, Closure, Value, taint_of

_DEPTH = 4  # functions within functions that are compared
_EACH = 4  # of one kind are followed
_WORD = re.compile(r"[a-z]{1,40}(?:_[a-z]{1,40}){0,12}")
_PLAIN = frozenset({"parameter", "from"})


class Made:
    """Remembers which functions were followed, by their code and what they were made with."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._followed: dict[tuple[object, ...], list[Closure]] = {}

    def known(self, machine: Analyser, closure: Closure) -> bool:
        """Were enough functions of this kind followed already? If not, this one is remembered, and is to be followed."""
        if closure.scope is machine.module or closure.owner is not None:
            return False
        held = dict(self._held(machine, closure))
        kind = self._made_with(machine, closure, _DEPTH)
        before = self._followed.setdefault(kind, [])
        if len(before) < _EACH:
            before.append(closure)
            return False
        first = dict(self._held(machine, before[0]))
        for name, value in held.items():
            if value.ref:
                machine.edges.add((closure.name, value.ref))
                machine.hands.setdefault(value.ref, set()).update(machine.hands.get(first[name].ref, ()))
        return True

    def _held(self, machine: Analyser, closure: Closure) -> Iterator[tuple[str, Value]]:
        """The names it takes from the function it was made in."""
        for name in self._survey.of(closure.node).names:
            scope = closure.scope
            while scope is not machine.module and scope.outer is not None:
                if name in scope.names:
                    yield name, scope.names[name]
                    break
                scope = scope.outer

    def _made_with(self, machine: Analyser, closure: Closure, depth: int) -> tuple[object, ...]:
        """What must be the same in two functions that are alike: the code, and what each of its names stands for. Of a
        function within it the same once more: a wrapper may be around a wrapper around something else."""
        if not depth:
            return (id(closure),)
        kinds = [
            (name, self._made_with(machine, value.closure, depth - 1) if value.closure is not None else _kind(value))
            for name, value in sorted(self._held(machine, closure), key=itemgetter(0))
            if value.closure is not closure
        ]
        return (closure.node, closure.wrapper, *kinds)


def _kind(value: Value) -> object:
    """What must be the same of a value: all, but for names that can do nothing and words."""
    if value.items is not None or value.keys is not None or value.either is not None or value.bound is not None:
        return id(value)
    const = value.const
    if isinstance(const, str) and _WORD.fullmatch(const) and not can_act_by_name(const):
        const = str
    elif const is not NOTHING and not isinstance(const, str | bytes | int | None):
        return id(value)
    ref = "" if value.ref and not matters(value.ref) else value.ref
    taint = frozenset(kind if (kind := one.partition(":")[0]) in _PLAIN else one for one in taint_of(value))
    return ref, type(const), const, taint, value.text, value.layers, value.instance, value.hidden
