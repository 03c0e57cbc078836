"""Conditions: what `when` says, as values, and their evaluation in three truth values. Pure.

True, False or None ("unknown"). A test of a field whose value is None is unknown; `all`, `any` and `not` follow Kleene's
strong logic: unknown stays only where the answer hangs on it, so a gap is reported only where it would have changed
something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from mlsupply.named import NamedTuple
from mlsupply.ruleset.facets import FieldKind
from mlsupply.ruleset.operators import Argument, is_unknown_safe, prepared

Truth = bool | None
Decide = Callable[[object, datetime], Truth]
Values = Mapping[str, Argument]
"""Named values and lists: what `$name` stands for."""


class Always(NamedTuple):
    """Every fact of the facet is the finding."""


class FieldTest(NamedTuple):
    """One field, one operator, one argument as written (`$name` unresolved)."""

    field: str
    kind: FieldKind
    operator: str
    argument: Argument


class All(NamedTuple):
    """True where every part is; false where one is false; else unknown."""

    parts: tuple[Condition, ...]


class AnyOf(NamedTuple):
    """True where one part is; false where every part is; else unknown."""

    parts: tuple[Condition, ...]


class Not(NamedTuple):
    """The opposite; unknown stays unknown."""

    part: Condition


Condition = Always | FieldTest | All | AnyOf | Not


def tests_of(condition: Condition) -> Iterator[FieldTest]:
    """Every test in it, in order."""
    if isinstance(condition, FieldTest):
        yield condition
    elif isinstance(condition, Not):
        yield from tests_of(condition.part)
    elif isinstance(condition, (All, AnyOf)):
        for part in condition.parts:
            yield from tests_of(part)


def decider(condition: Condition, values: Values) -> Decide:
    """A function of (facet, clock) to a truth value. Raises `ValueError` where an argument does not fit its operator."""
    if isinstance(condition, FieldTest):
        return _test(condition, values)
    if isinstance(condition, Not):
        inner = decider(condition.part, values)
        return lambda facet, now: _negated(inner(facet, now))
    if isinstance(condition, Always):
        return lambda facet, now: True
    parts = tuple(decider(part, values) for part in condition.parts)
    settles = isinstance(condition, AnyOf)  # one True settles `any`, one False settles `all`
    return lambda facet, now: _joined(parts, settles, facet, now)


def undecided(condition: Condition, values: Values, facet: object, now: datetime) -> tuple[str, ...]:
    """The fields whose being unknown leaves the condition open, in order; empty where it is decided."""
    if decider(condition, values)(facet, now) is not None:
        return ()
    if isinstance(condition, FieldTest):
        return (condition.field,)
    if isinstance(condition, Always):
        return ()
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return tuple(dict.fromkeys(name for part in parts for name in undecided(part, values, facet, now)))


def resolved(argument: Argument, values: Values) -> Argument:
    """The argument with `$name` replaced by what it stands for; `$$` at the start is a plain `$`."""
    if isinstance(argument, str) and argument.startswith("$"):
        return argument[1:] if argument.startswith("$$") else values[argument[1:]]
    if isinstance(argument, list):
        out: list[Any] = []
        for item in argument:
            value = resolved(item, values)
            out.extend(value if isinstance(value, list) else [value])
        return out
    return argument


def names_in(argument: Argument) -> Iterator[str]:
    """The `$names` an argument refers to, without the `$`."""
    for item in argument if isinstance(argument, list) else [argument]:
        if isinstance(item, str) and item.startswith("$") and not item.startswith("$$"):
            yield item[1:]


def _test(test: FieldTest, values: Values) -> Decide:
    holds = prepared(test.kind, test.operator, resolved(test.argument, values))
    name, even_unknown = test.field, is_unknown_safe(test.operator)

    def decide(facet: object, now: datetime) -> Truth:
        value = getattr(facet, name)
        return holds(value, now) if value is not None or even_unknown else None

    return decide


def _negated(value: Truth) -> Truth:
    return None if value is None else not value


def _joined(parts: tuple[Decide, ...], settles: bool, facet: object, now: datetime) -> Truth:
    unknown = False
    for part in parts:
        value = part(facet, now)
        if value is settles:
            return settles
        unknown = unknown or value is None
    return None if unknown else not settles


def to_json(condition: Condition) -> Any:
    """The compiled form: nested lists."""
    if isinstance(condition, Always):
        return ["always"]
    if isinstance(condition, FieldTest):
        return ["test", condition.field, condition.kind.value, condition.operator, condition.argument]
    if isinstance(condition, Not):
        return ["not", to_json(condition.part)]
    return ["any" if isinstance(condition, AnyOf) else "all", *(to_json(part) for part in condition.parts)]


def from_json(value: Any) -> Condition:
    """The inverse of `to_json`; the compiled form is our own and is trusted to be whole."""
    head, *rest = value
    if head == "test":
        return FieldTest(rest[0], FieldKind(rest[1]), rest[2], rest[3])
    if head == "not":
        return Not(from_json(rest[0]))
    if head == "always":
        return Always()
    parts = tuple(from_json(part) for part in rest)
    return AnyOf(parts) if head == "any" else All(parts)
