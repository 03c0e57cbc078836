"""How much of one archive may be searched for commands, over all of its files that hold some.

Reading commands takes about four microseconds a character at worst, and an archive may hold any number of files with them.
"""

from __future__ import annotations

MOST = 1 << 19  # characters; of 660 honest archives the largest holds 18 thousand
_LEAST = 100  # characters that a look costs as much as, however short the command is


class Allowance:
    """What is left for one archive. refused: something was not looked at because nothing was left."""

    __slots__ = ("left", "most", "refused")

    def __init__(self, most: int = MOST) -> None:
        self.most = self.left = most
        self.refused = False

    def take(self, text: str | bytes) -> bool:
        """May this be looked at?"""
        self.left -= max(len(text), _LEAST)
        self.refused = self.refused or self.left < 0
        return self.left >= 0
