"""Regular expressions compiled when first used. Imports nothing of the package.

To compile one costs a tenth of a millisecond to several. A scan imports fifty and uses a dozen: this saves it 6 ms of 45.
"""

from __future__ import annotations

import re
import sys

from mlsupply.hints import Any, AnyStr, cast

# Before 3.11.5 a group that is repeated possessively may leave the search in the middle of a turn that failed
# (https://github.com/python/cpython/issues/106052). An atomic group around a greedy repetition does the same, and rightly.
_POSSESSIVE_GROUPS_FAIL = sys.version_info < (3, 11, 5)
_POSSESSIVE = re.compile(r"([*+?]|\{[0-9]*,?[0-9]*\})\+")


class _Lazy:
    """Stands for the pattern until an attribute of it is asked for."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(sound(self._source, self._flags), self._flags), name)
        self.__dict__[name] = found  # the next look-up finds it without coming here
        return found


def expression(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile(source, flags)`, done at the first match, search or other use."""
    return cast("re.Pattern[AnyStr]", _Lazy(source, flags))


def sound(source: str | bytes, flags: int = 0) -> str | bytes:
    """The regular expression as this Python matches it rightly: the same, or `(?>(?:...)*)` for `(?:...)*+`."""
    if not _POSSESSIVE_GROUPS_FAIL:
        return source
    if isinstance(source, bytes):
        return with_atomic_groups(source.decode("latin-1"), flags).encode("latin-1")
    return with_atomic_groups(source, flags)


def with_atomic_groups(source: str, flags: int = 0) -> str:
    """The expression with each possessive repetition of a group as an atomic group around a greedy one."""
    made: list[str] = []
    opened: list[int] = []  # where in `made` the groups begin that are not closed yet
    at = 0
    while at < len(source):
        character = source[at]
        end = at + 2 if character == "\\" else _end_of_set(source, at) if character == "[" else at + 1
        if character == "#" and flags & re.VERBOSE:
            end = (source + "\n").index("\n", at)
        made.append(source[at:end])
        at = end
        if character == "(":
            opened.append(len(made) - 1)
        elif character == ")" and opened:
            start, repeated = opened.pop(), _POSSESSIVE.match(source, at)
            if repeated is not None:
                made.insert(start, "(?>")
                made += (repeated[1], ")")
                at = repeated.end()
    return "".join(made)


def _end_of_set(source: str, start: int) -> int:
    """Behind the `]` of a set of characters that begins at `start`; one that stands first belongs to the set."""
    at = start + 1
    at += source.startswith("^", at)
    at += source.startswith("]", at)
    while at < len(source) and source[at] != "]":
        at += 2 if source[at] == "\\" else 1
    return at + 1
