"""What follows closely behind something else in a text, found in one pass for each of the two.

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
    """What may stand between: so many characters at most, none of them one of `stops`."""

    most: int
    stops: str = "\n"


class Near(NamedTuple):
    """Parts that follow one another, each within its gap behind the last. Upper and lower case are the same."""

    parts: tuple[re.Pattern[str], ...]
    gaps: tuple[Gap, ...]

    def search(self, text: str) -> str:
        """The first that is found, from its first part to its last, or ""."""
        starts = [(found.end(), found.start()) for found in self.parts[0].finditer(text)]
        for part, gap in zip(self.parts[1:], self.gaps, strict=True):
            if not starts:
                return ""
            starts = list(_behind(text, starts, part, gap))
        return text[starts[0][1] : starts[0][0]] if starts else ""


def near(*parts: str | Gap) -> Near:
    """Of regular expressions with gaps between them."""
    patterns = tuple(expression(part, re.IGNORECASE) for part in parts if isinstance(part, str))
    return Near(patterns, tuple(part for part in parts if not isinstance(part, str)))


def _behind(text: str, before: list[tuple[int, int]], part: re.Pattern[str], gap: Gap) -> Iterator[tuple[int, int]]:
    """(its end, where the whole starts) of each match of the part that stands near enough behind one of those before."""
    ends = [end for end, _ in before]
    for found in part.finditer(text, ends[0]):
        place = bisect_right(ends, found.start()) - 1  # the nearest: where that is too far, all are
        between = text[ends[place] : found.start()] if found.start() - ends[place] <= gap.most else gap.stops
        if not any(stop in between for stop in gap.stops):
            yield found.end(), before[place][1]
