"""How much of one archive is looked at for what commands do, over all its files that hold some.

Reading commands takes about four microseconds a character at the worst, and an archive may hold any number of files of them.
"""

from __future__ import annotations

MOST = 1 << 19  # characters; of 660 honest archives the largest holds 18 thousand
_LEAST = 100  # characters that a look costs as much as, however short the command is


class Allowance:
    """What is left for one archive. refused: was something not looked at because nothing was?"""

    __slots__ = ("left", "most", "refused")

    def __init__(self, most: int = MOST) -> None:
        self.most = self.left = most
        self.refused = False

    def take(self, text: str | bytes) -> bool:
        """May this be looked at?"""
        self.left -= max(len(text), _LEAST)
        self.refused = self.refused or self.left < 0
        return self.left >= 0
