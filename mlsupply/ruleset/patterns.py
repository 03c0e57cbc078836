"""Regular expressions whose worst case is known before they run.

Rules are applied to text an adversary wrote. Python's engine backtracks, so a pattern is admitted only where its cost has
a bound: no back-references, no look-around that repeats, no repetition of anything that itself varies, and the product of
all its ranges times the length of the text at most `BUDGET` steps. Possessive quantifiers (`\\s++`, Python 3.11) never
give back what they took and cost nothing in that product. The pattern is read by the parser that will compile it.
(google-re2 would run in linear time, but has no wheels for musl Linux.)
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import Any

from mlsupply.lazy import expression

MAX_SUBJECT = 1000  # characters of a text that are searched; beyond them "no match" means "unknown"
MAX_PATTERN = 1000  # characters of a pattern
BUDGET = 30_000_000  # steps in the worst case, some tenths of a second

_parser: Any = import_module("re._parser")  # what re.compile itself uses; no public name gives the parsed form


class PatternError(ValueError):
    """Why a pattern is refused, in words for its author."""


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern ready to search. Raises `PatternError`."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"a pattern has at most {MAX_PATTERN} characters")
    try:
        tree = _parser.parse(pattern)
        ready = expression(pattern)
        _ = ready.flags  # compiled now, and not when it is first asked
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"not a regular expression: {error}") from None
    cost = MAX_SUBJECT * _cost(tree)
    if cost > BUDGET:
        raise PatternError(
            "the pattern could take too long on hostile text: keep at most one open-ended quantifier, bound the others "
            "as in .{0,20}, or make them possessive as in \\s++"
        )
    return ready


def search(pattern: re.Pattern[str], text: str) -> bool | None:
    """Whether the pattern occurs; None where it does not occur in the first `MAX_SUBJECT` characters and there are more."""
    if pattern.search(text[:MAX_SUBJECT]):
        return True
    return False if len(text) <= MAX_SUBJECT else None


def _cost(tree: Any) -> int:
    """How many ways a sequence can be tried at one starting point, at most."""
    cost = 1
    for op, argument in tree:
        cost *= _cost_of(str(op), argument)
        if cost > BUDGET:
            return cost
    return cost


def _cost_of(op: str, argument: Any) -> int:
    if op in {"GROUPREF", "GROUPREF_EXISTS"}:
        raise PatternError("back-references are not allowed: their cost has no bound")
    if op in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        return _cost_of_repeat(op, *argument)
    if op == "SUBPATTERN":
        return _cost(argument[-1])
    if op == "ATOMIC_GROUP":
        _cost(argument)
        return 1
    if op == "BRANCH":
        return sum(_cost(branch) for branch in argument[1])
    if op in {"ASSERT", "ASSERT_NOT"}:
        if _cost(argument[1]) > 1:
            raise PatternError("look-ahead and look-behind must not contain quantifiers or alternatives")
        return 1
    return 1


def _cost_of_repeat(op: str, low: int, high: int, inner: Any) -> int:
    if _cost(inner) > 1:
        raise PatternError("a quantifier or an alternative inside a repeated group is not allowed: (a+)+ can take for ever")
    if op == "POSSESSIVE_REPEAT":
        return 1
    return int(min(int(high), MAX_SUBJECT)) - low + 1 if int(high) >= low else 1
