"""Messages with `{field}` in them. Pure.

`{uploaded}` is the value in words, `{uploaded:age}` the time since, `{reason:or none given}` the value or, where it is
empty, the words; `{{` and `}}` are braces. `{package}` is the package and its version, `{place}` where the fact stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from mlsupply.lazy import expression
from mlsupply.text import safe

_PLACEHOLDER = expression(r"\{\{|\}\}|\{([a-z_][a-z0-9_]{0,60})(:age|:or [^{}]{1,60})?\}")
_BRACES = expression(r"\{\{|\}\}|\{[^{}]{0,80}\}?|\}")
_LISTED = 5  # items of a tuple that are written out
_MAX_VALUE = 120  # characters of one value in a message


def placeholders(message: str) -> Iterator[tuple[str, bool]]:
    """The field names a message uses, each with whether its age is wanted."""
    return ((found[1], found[2] == ":age") for found in _PLACEHOLDER.finditer(message) if found[1])


def stray_braces(message: str) -> Iterator[str]:
    """Braces that stand for nothing, with what is in them: `{Name}`, `{size:>8}`, a lone `}`."""
    return (found[0] for found in _BRACES.finditer(message) if not _PLACEHOLDER.fullmatch(found[0]))


def filled(message: str, facet: object, beside: Mapping[str, str], now: datetime) -> str:
    """The message with the facet's values, each made safe and capped."""

    def value_of(found: re.Match[str]) -> str:
        name = found[1]
        if not name:
            return found[0][0]
        if name in beside and not hasattr(facet, name):
            return beside[name]
        value = getattr(facet, name)
        if found[2] == ":age" and isinstance(value, datetime):
            return age(now - value)
        return in_words(value) or (found[2] or "").removeprefix(":or ")

    return _PLACEHOLDER.sub(value_of, message)


def in_words(value: object) -> str:
    """A field's value as a reader wants it; None is "unknown"."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, (tuple, list, frozenset)):
        items = sorted(value) if isinstance(value, frozenset) else value
        shown = ", ".join(in_words(item) for item in items[:_LISTED])
        return f"{shown} and {len(items) - _LISTED} more" if len(items) > _LISTED else shown
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return safe(str(value), _MAX_VALUE)


def age(passed: timedelta) -> str:
    """`2 days`, `5 hours`: one unit, rounded down."""
    seconds = max(int(passed.total_seconds()), 0)
    for unit, length in (("year", 365 * 86_400), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= (2 * length if unit in {"year", "day"} else length):
            count = seconds // length
            return f"{count} {unit}" + ("s" if count != 1 else "")
    return "less than a minute"
