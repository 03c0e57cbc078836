"""How much memory and time the constants of one module may cost. A text that doubles itself, a list of every number below
a milliard or a list that holds itself a thousand times over takes a line to write; a module that could spend the whole
allowance of its process so would be told as a gap alone, whatever else it does. Here such a constant becomes one that is
not known, and what stands beside it is followed as ever."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

LARGE: Final = 1 << 14  # characters, bytes or items from which on a constant is counted
_WORK = 4_000_000_000  # about a nanosecond each
_ROOM = 300 << 20  # bytes of constants made, whether they are still held or not
_PER_LETTER = 10  # work to read or write a character or byte, at most
_FEW = 256  # items that are not worth counting
_PER_ITEM = 700  # work to take one item of a sequence as a value
_MOST_WITHIN = 1 << 18  # items and entries in a constant, to any depth
_PAIR = 16  # items of what is put into lists without counting what these hold
_NESTING = frozenset((list, tuple, dict, set, frozenset))


class Effort:
    """What is left for one module. spent: whether something was given up since `begin`."""

    __slots__ = ("_room", "_work", "spent")

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another module starts with the whole allowance."""
        self._work, self._room, self.spent = _WORK, _ROOM, False

    def reads(self, const: Any) -> bool:
        """May a constant be worked with? Counts it if so."""
        return self._takes(len(const) * _PER_LETTER) if _is_large(const) else True

    def keeps(self, const: Any) -> bool:
        """May this text or sequence, which was just made, be kept? Counts it if so."""
        self._room -= const.__sizeof__()
        return self._takes(len(const) * _PER_LETTER) and (self._room >= 0 or self._gives_up())

    def opens(self, items: int) -> bool:
        """May this number of items be taken as values? Counts them if so."""
        return items <= _FEW or self._takes(items * _PER_ITEM)

    def bounds(self, const: Any) -> bool:
        """Is a list, tuple, dict or set `within_bounds`? Says that something was given up if not."""
        return within_bounds(const) or self._gives_up()

    def _takes(self, work: int) -> bool:
        self._work -= work
        return self._work >= 0 or self._gives_up()

    def _gives_up(self) -> bool:
        self.spent = True
        return False


EFFORT: Final = Effort()  # of the module that this process follows; it follows one at a time


def _is_large(const: object) -> bool:
    return isinstance(const, (str, bytes, list, tuple)) and len(const) > LARGE


def within_bounds(const: Any) -> bool:
    """Whether a list, tuple, dict or set holds a bounded number of items to any depth: written out, compared or hashed, one
    that is held at many places counts at each."""
    left, within = _MOST_WITHIN, [const]
    if _is_flat(const):
        return True
    while within:
        one = within.pop()
        left -= len(one)
        if left < 0:
            return False
        if not _is_flat(one):
            within.extend(part for part in _parts(one) if type(part) in _NESTING)
    return True


def may_hold(whole: list[Any], part: object) -> bool:
    """Whether one more thing may be put into a list that stays `within_bounds`."""
    if type(part) not in _NESTING or (_is_flat(part) and len(part) <= _PAIR):  # type: ignore[arg-type]  # it nests
        return True
    return within_bounds([*whole, part])


def _parts(const: Any) -> Any:
    return (*const.keys(), *const.values()) if isinstance(const, dict) else const


def _is_flat(const: Any) -> bool:
    return _NESTING.isdisjoint(map(type, _parts(const)))


def is_endless(const: object) -> bool:
    """Whether this is a range of more numbers than are gone through: to add or compare them takes as long as there are."""
    return isinstance(const, range) and bool(const[_MOST_WITHIN:])


def longest_put(tables: list[Any]) -> int:
    """The most characters that `text.translate(table)` puts in the place of one, at least 1. tables: its arguments."""
    puts = tables[0].values() if tables and isinstance(tables[0], dict) else ()
    return max((len(put) for put in puts if isinstance(put, str)), default=1)


def begun(separator: str, parts: Iterable[str], most: int) -> str:
    """The first `most` characters of the parts joined, without making more."""
    made, size = list[str](), 0
    for part in parts:
        made.append(part[:most])
        size += len(part) + len(separator)
        if size > most:
            break
    return separator.join(made)[:most]
