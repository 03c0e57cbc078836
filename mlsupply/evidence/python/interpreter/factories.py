"""Inner functions that a factory function makes again and again, with other values in their closures.

A class with a hundred operations may make each by calling one factory with the name of the operation. All functions made so
share one body, and one of them shows what all do, unless a value in a closure can act by itself.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter

from mlsupply.evidence.python.analyser import Analyser
from mlsupply.evidence.python.syntax.relevance import can_act_by_name, matters
from mlsupply.evidence.python.syntax.survey import Survey
from mlsupply.evidence.python.values.value import NOTHING, Closure, Value, taint_of

_DEPTH = 4  # of functions in closures of functions that are compared
_MOST_ALIKE = 4  # functions of one kind that are followed
_MOST_MADE = 200  # functions of one body that are: one that makes itself anew, with another value each time, has no end
_WORD = re.compile(r"[a-z]{1,40}(?:_[a-z]{1,40}){0,12}")
_PLAIN = frozenset({"parameter", "from"})


class FactoryFunctions:
    """Remembers which inner functions were followed, by their body and the values in their closures."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._followed: dict[tuple[object, ...], list[Closure]] = {}
        self._made: Counter[ast.AST] = Counter()  # body -> how many were followed

    def enough_followed(self, machine: Analyser, closure: Closure) -> bool:
        """Whether enough functions of this kind were followed already. If so, what was found of them is noted for this one;
        if not, this one is counted, and is to be followed. One body that is made too often exhausts its budget."""
        if closure.scope is machine.module or closure.owner is not None:
            return False
        if self._made[closure.node] == _MOST_MADE:
            machine.exhausted.add(closure.name)
            return True
        held = dict(self._held(machine, closure))
        kind = self._made_with(machine, closure, _DEPTH)
        before = self._followed.setdefault(kind, [])
        if len(before) < _MOST_ALIKE:
            before.append(closure)
            self._made[closure.node] += 1
            return False
        first = dict(self._held(machine, before[0]))
        for name, value in held.items():
            if value.ref:
                machine.edges.add((closure.name, value.ref))
                machine.hands.setdefault(value.ref, set()).update(machine.hands.get(first[name].ref, ()))
        return True

    def _held(self, machine: Analyser, closure: Closure) -> Iterator[tuple[str, Value]]:
        """The names that it takes from the functions around it, with their values."""
        for name in self._survey.of(closure.node).names:
            scope = closure.scope
            while scope is not machine.module and scope.outer is not None:
                if name in scope.names:
                    yield name, scope.names[name]
                    break
                scope = scope.outer

    def _made_with(self, machine: Analyser, closure: Closure, depth: int) -> tuple[object, ...]:
        """What two functions that are alike have in common: the body, and a key for each value in their closures. A function
        there is compared in the same way, since a wrapper may stand around another wrapper."""
        if not depth:
            return (id(closure),)
        kinds = [
            (name, self._made_with(machine, value.closure, depth - 1) if value.closure is not None else _kind(value))
            for name, value in sorted(self._held(machine, closure), key=itemgetter(0))
            if value.closure is not closure
        ]
        return (closure.node, closure.wrapper, *kinds)


def _kind(value: Value) -> object:
    """What two values that are alike have in common: everything but the text of harmless words and dotted names."""
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
