"""Patterns whose parts follow each other within a bounded gap, each part searched in one pass over the text.

`HEAD[^\\n]{0,400}TAIL` as one regular expression looks at four hundred characters behind each head: a line full of heads
costs a hundred times as much as reading it. Here heads and tails are found separately and then paired.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from mlsupply.lazy import expression
from mlsupply.named import NamedTuple


class Gap(NamedTuple):
    """What may stand between two parts: at most this number of characters, none of them one of `stops`."""

    most: int
    stops: str = "\n"


class Near(NamedTuple):
    """Parts that follow each other, each within its gap behind the one before. Case is ignored."""

    parts: tuple[re.Pattern[str], ...]
    gaps: tuple[Gap, ...]

    def search(self, text: str) -> str:
        """The text of the first match, from its first part to its last; "" without one."""
        starts = [(found.end(), found.start()) for found in self.parts[0].finditer(text)]
        for part, gap in zip(self.parts[1:], self.gaps, strict=True):
            if not starts:
                return ""
            starts = list(_behind(text, starts, part, gap))
        return text[starts[0][1] : starts[0][0]] if starts else ""


def near(*parts: str | Gap) -> Near:
    """A pattern of regular expressions with gaps between them, which alternate."""
    patterns = tuple(expression(part, re.IGNORECASE) for part in parts if isinstance(part, str))
    return Near(patterns, tuple(part for part in parts if not isinstance(part, str)))


def _behind(text: str, before: list[tuple[int, int]], part: re.Pattern[str], gap: Gap) -> Iterator[tuple[int, int]]:
    """(its end, start of the whole) for each match of `part` within the gap behind one of `before`, which are the same of
    the parts before it."""
    ends = [end for end, _ in before]
    for found in part.finditer(text, ends[0]):
        place = bisect_right(ends, found.start()) - 1  # the nearest: if it is too far, all are
        between = text[ends[place] : found.start()] if found.start() - ends[place] <= gap.most else gap.stops
        if not any(stop in between for stop in gap.stops):
            yield found.end(), before[place][1]
