"""The bounds of memory and time for one archive, however much it holds: see `archives.Limits`."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mlsupply.evidence.archives import Limits
from mlsupply.model import Reason
from mlsupply.text import count


class Share:
    """Asked before something is kept or begun. Remembers the paths that a limit left out, which `left_out` tells:

    crowded: no memory to hold the file; teeming: too many facts; slow: no processor time left for what is no Python; late:
    no time left to follow Python.
    """

    __slots__ = ("_end", "_facts", "_limits", "_probed", "_room", "crowded", "late", "slow", "teeming")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._room, self._facts, self._probed, self._end = limits.held, limits.facts, 0.0, 0.0
        self.crowded: list[str] = []
        self.teeming: list[str] = []
        self.late: list[str] = []
        self.slow: list[str] = []

    def holds(self, path: str, size: int) -> bool:
        """Is there memory to hold `size` bytes of a member until the whole archive was walked? Takes it if so."""
        if size > self._room:
            self.crowded.append(path)
            return False
        self._room -= size
        return True

    def keeps(self, path: str, facts: int) -> bool:
        """Is there room for this number of facts about a file? Takes it if so."""
        if facts > self._facts:
            self.teeming.append(path)
            return False
        self._facts -= facts
        return True

    def probes(self, path: str) -> bool:
        """Is there processor time left to look at another file that is no Python?"""
        if self._probed > self._limits.probing:
            self.slow.append(path)
            return False
        return True

    def probed(self, seconds: float) -> None:
        """Notes the processor time that a look took."""
        self._probed += seconds

    def begin(self) -> None:
        """The walk is over; the time for following Python starts here."""
        self._end = time.monotonic() + self._limits.following

    def has_time(self, path: str) -> bool:
        """Is there time left to follow another Python file?"""
        if time.monotonic() > self._end:
            self.late.append(path)
            return False
        return True

    def left_out(self) -> Iterator[tuple[str, Reason, str]]:
        """(first path that was left out, reason, detail for a gap) for each limit that was reached."""
        limits = self._limits
        for paths, reason, why in (
            (self.crowded, Reason.LIMIT, f"more than {limits.held:,} bytes of sources in one archive"),
            (self.teeming, Reason.LIMIT, f"more than {limits.facts:,} facts and calls in one archive"),
            (self.slow, Reason.TIMEOUT, f"files of one archive that are not Python took more than {limits.probing:g} s"),
            (self.late, Reason.TIMEOUT, f"following the Python of one archive took more than {limits.following:g} s"),
        ):
            if paths:
                yield paths[0], reason, f"{why}: {count(len(paths), 'file')} left out, this one first"
