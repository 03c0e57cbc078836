"""The operators of the rule language, by the kind of field they apply to. Pure.

`OPERATORS` is the reference: `mlsupply rules show`, the load errors and the JSON Schema are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from mlsupply.lazy import expression
from mlsupply.named import NamedTuple
from mlsupply.ruleset.facets import FieldKind
from mlsupply.ruleset.patterns import compiled, search

Argument = str | int | float | bool | list[Any] | dict[str, Any]
"""As written in YAML, dates as ISO text."""
Holds = Callable[[Any, datetime], bool | None]


class Operator(NamedTuple):
    """takes: `truth`, `number`, `text`, `texts` (one or several), `pattern`, `specifier`, `duration`, `time` or
    `number test` (an operator of numbers in turn); make: argument to predicate, raising `ArgumentError`."""

    name: str
    takes: str
    meaning: str
    make: Callable[[Any], Holds]


class ArgumentError(ValueError):
    """An argument does not fit its operator; in words for the author of the rule."""


def prepared(kind: FieldKind, operator: str, argument: Argument) -> Holds:
    """The predicate an operator makes of its argument. Raises `ArgumentError` or `PatternError`, both `ValueError`s."""
    found = operators_of(kind).get(operator)
    if found is None:
        raise ArgumentError(f"{operator} does not apply to a {kind} field")
    return found.make(argument)


@cache
def operators_of(kind: FieldKind) -> dict[str, Operator]:
    """By name, those a field of this kind may use."""
    return {operator.name: operator for operator in (*OPERATORS[kind], KNOWN)}


def is_unknown_safe(operator: str) -> bool:
    """Whether the operator has an answer for a value that is unknown."""
    return operator == KNOWN.name


# --- arguments ---------------------------------------------------------------------------------------------------


def _truth(argument: Any) -> bool:
    if not isinstance(argument, bool):
        raise ArgumentError(f"true or false is wanted, not {argument!r}")
    return argument


def _number(argument: Any) -> float:
    if isinstance(argument, bool) or not isinstance(argument, (int, float)):
        raise ArgumentError(f"a number is wanted, not {argument!r}")
    return argument


def _text(argument: Any) -> str:
    if not isinstance(argument, str):
        raise ArgumentError(f"text is wanted, not {argument!r}: put it in quotes")
    return argument


def _texts(argument: Any) -> tuple[str, ...]:
    items = argument if isinstance(argument, list) else [argument]
    if not items:
        raise ArgumentError("an empty list can never match")
    return tuple(_text(item) for item in items)


_UNITS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400, "year": 365 * 86_400}
_DURATION = expression(r"(\d{1,6}) ?(minute|hour|day|week|year)s?\Z")


def duration(argument: Any) -> timedelta:
    """`3 days`, `12 hours`, `1 year` (365 days). Raises `ArgumentError`."""
    found = _DURATION.match(argument) if isinstance(argument, str) else None
    if found is None:
        raise ArgumentError(f"a duration is a number and a unit, such as 3 days, 12 hours or 2 weeks, not {argument!r}")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def moment(argument: Any) -> datetime:
    """`2026-03-24` or `2026-03-24T10:52:00Z`, UTC. Raises `ArgumentError`."""
    try:
        found = datetime.fromisoformat(_text(argument))
    except ValueError:
        raise ArgumentError(f"a date such as 2026-03-24 or 2026-03-24T10:52:00Z is wanted, not {argument!r}") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def iso(value: date) -> str:
    """A YAML date or time as the text the compiled form keeps."""
    if isinstance(value, datetime):
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value.isoformat()


# --- predicates --------------------------------------------------------------------------------------------------


def _one_of(argument: Any) -> Holds:
    wanted = frozenset(_texts(argument))
    return lambda value, now: value in wanted


def _equal(argument: Any) -> Holds:
    wanted = _text(argument)
    return lambda value, now: bool(value == wanted)


def _negation(make: Callable[[Any], Holds]) -> Callable[[Any], Holds]:
    def negated(argument: Any) -> Holds:
        holds = make(argument)

        def decide(value: Any, now: datetime) -> bool | None:
            found = holds(value, now)
            return None if found is None else not found

        return decide

    return negated


def _contains(argument: Any) -> Holds:
    parts = _texts(argument)
    return lambda value, now: any(part in value for part in parts)


def _starts(argument: Any) -> Holds:
    parts = _texts(argument)
    return lambda value, now: bool(value.startswith(parts))


def _ends(argument: Any) -> Holds:
    parts = _texts(argument)
    return lambda value, now: bool(value.endswith(parts))


def _matches(argument: Any) -> Holds:
    pattern = compiled(_text(argument))
    return lambda value, now: search(pattern, value)


def _any_matches(argument: Any) -> Holds:
    pattern = compiled(_text(argument))

    def decide(value: Collection[str], now: datetime) -> bool | None:
        found = {search(pattern, item) for item in value}
        return True if True in found else None if None in found else False

    return decide


def _is_truth(argument: Any) -> Holds:
    wanted = _truth(argument)
    return lambda value, now: bool(value) is wanted


def _known(argument: Any) -> Holds:
    wanted = _truth(argument)
    return lambda value, now: (value is not None) is wanted


def _compare(test: Callable[[float, float], bool]) -> Callable[[Any], Holds]:
    def make(argument: Any) -> Holds:
        bound = _number(argument)
        return lambda value, now: test(value, bound)

    return make


def _numbers_in(argument: Any) -> Holds:
    wanted = {_number(item) for item in (argument if isinstance(argument, list) else [argument])}
    return lambda value, now: value in wanted


def _count(argument: Any) -> Holds:
    holds = [prepared(FieldKind.NUMBER, name, bound) for name, bound in argument.items()]
    return lambda value, now: all(test(len(value), now) for test in holds)


def _younger(argument: Any) -> Holds:
    limit = duration(argument)
    return lambda value, now: bool(now - value < limit)


def _before(argument: Any) -> Holds:
    bound = moment(argument)
    return lambda value, now: bool(value < bound)


def _any_in(argument: Any) -> Holds:
    wanted = frozenset(_texts(argument))
    return lambda value, now: not wanted.isdisjoint(value)


def _all_in(argument: Any) -> Holds:
    wanted = frozenset(_texts(argument))
    return lambda value, now: wanted.issuperset(value)


def _within(argument: Any) -> Holds:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(_text(argument), prereleases=True)
    except InvalidSpecifier as error:
        raise ArgumentError(f"{error}: write it as in >=1.0,<2.0") from None
    return lambda value, now: _of_version(value, lambda version: version in wanted)


def _version_in(argument: Any) -> Holds:
    from packaging.version import InvalidVersion, Version

    try:
        wanted = {Version(item) for item in _texts(argument)}
    except InvalidVersion as error:
        raise ArgumentError(str(error)) from None
    return lambda value, now: _of_version(value, lambda version: version in wanted)


def _of_version(text: str, test: Callable[[Any], bool]) -> bool | None:
    """The test of the parsed version; None where the text is no PEP 440 version."""
    from packaging.version import InvalidVersion, Version

    try:
        return test(Version(text))
    except InvalidVersion:
        return None


# --- the table ---------------------------------------------------------------------------------------------------

KNOWN = Operator("known", "truth", "whether the value could be found out at all", _known)
_EXISTS = Operator("exists", "truth", "whether there is one: not empty", _is_truth)

_TEXT = (
    Operator("is", "text", "equals", _equal),
    Operator("is_not", "text", "differs", _negation(_equal)),
    Operator("in", "texts", "equals one of", _one_of),
    Operator("any_in", "texts", "equals one of (the same as in)", _one_of),
    Operator("not_in", "texts", "equals none of", _negation(_one_of)),
    Operator("contains", "texts", "has one of these inside", _contains),
    Operator("starts_with", "texts", "begins with one of", _starts),
    Operator("ends_with", "texts", "ends with one of", _ends),
    Operator("matches", "pattern", "a regular expression occurs in it", _matches),
    _EXISTS,
)
_CHOICE = _TEXT[:5]
_NUMBER = (
    Operator("is", "number", "equals", _compare(lambda value, bound: value == bound)),
    Operator("is_not", "number", "differs", _compare(lambda value, bound: value != bound)),
    Operator("in", "number", "equals one of", _numbers_in),
    Operator("more_than", "number", "greater", _compare(lambda value, bound: value > bound)),
    Operator("at_least", "number", "greater or equal", _compare(lambda value, bound: value >= bound)),
    Operator("less_than", "number", "smaller", _compare(lambda value, bound: value < bound)),
    Operator("at_most", "number", "smaller or equal", _compare(lambda value, bound: value <= bound)),
)
_TIME = (
    Operator("younger_than", "duration", "less time has passed since", _younger),
    Operator("older_than", "duration", "at least this time has passed since", _negation(_younger)),
    Operator("before", "time", "earlier than", _before),
    Operator("after", "time", "at this time or later", _negation(_before)),
)
_VERSION = (
    Operator("is", "text", "the same version (PEP 440: 1.0 is 1.0.0)", _version_in),
    Operator("is_not", "text", "another version", _negation(_version_in)),
    Operator("in", "texts", "one of these versions", _version_in),
    Operator("any_in", "texts", "one of these versions (the same as in)", _version_in),
    Operator("not_in", "texts", "none of these versions", _negation(_version_in)),
    Operator("within", "specifier", "in a range of versions, pre-releases included", _within),
    _EXISTS,
)
_TEXTS = (
    Operator("has", "text", "one of them equals", _any_in),
    Operator("any_in", "texts", "one of them is in the list", _any_in),
    Operator("all_in", "texts", "none of them is outside the list", _all_in),
    Operator("none_in", "texts", "none of them is in the list", _negation(_any_in)),
    Operator("any_matches", "pattern", "a regular expression occurs in one of them", _any_matches),
    Operator("count", "number test", "how many, as in {count: {more_than: 3}}", _count),
    _EXISTS,
)

OPERATORS: dict[FieldKind, tuple[Operator, ...]] = {
    FieldKind.TRUTH: (Operator("is", "truth", "is so", _is_truth),),
    FieldKind.NUMBER: _NUMBER,
    FieldKind.TEXT: _TEXT,
    FieldKind.CHOICE: _CHOICE,
    FieldKind.VERSION: _VERSION,
    FieldKind.TIME: _TIME,
    FieldKind.TEXTS: _TEXTS,
    FieldKind.OTHER: (),
}
