"""How much text of one archive is searched for shell commands, over all of its files.

Judging a command takes up to four microseconds a character, and an archive may hold any number of files with commands.
"""

from __future__ import annotations

MOST = 1 << 19  # characters; of 660 honest archives the largest holds 18 thousand
MOST_TEXT = 1 << 20  # bytes of one list of requirements, or of one file for agents, that are searched
_LEAST = 100  # characters a command costs at least, however short it is


class Allowance:
    """What is left for one archive, in characters. refused: some text was not searched because nothing was left."""

    __slots__ = ("left", "most", "refused")

    def __init__(self, most: int = MOST) -> None:
        self.most = self.left = most
        self.refused = False

    def take(self, text: str | bytes) -> bool:
        """May this text be searched? Takes its length from what is left."""
        self.left -= max(len(text), _LEAST)
        self.refused = self.refused or self.left < 0
        return self.left >= 0
