"""What one archive may take of memory and time while it is looked at, however much it holds."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mlsupply.evidence.archives import Limits
from mlsupply.model import Reason


class Share:
    """Asked before something is kept or begun; remembers what was left out, so that it is said."""

    __slots__ = ("_end", "_facts", "_limits", "_probed", "_room", "crowded", "late", "slow", "teeming")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._room, self._facts, self._probed, self._end = limits.held, limits.facts, 0.0, 0.0
        self.crowded: list[str] = []
        self.teeming: list[str] = []
        self.late: list[str] = []
        self.slow: list[str] = []

    def holds(self, path: str, size: int) -> bool:
        """Is there room for so many bytes of a member until all of the archive was walked?"""
        if size > self._room:
            self.crowded.append(path)
            return False
        self._room -= size
        return True

    def keeps(self, path: str, facts: int) -> bool:
        """Is there room for so many facts of a file?"""
        if facts > self._facts:
            self.teeming.append(path)
            return False
        self._facts -= facts
        return True

    def probes(self, path: str) -> bool:
        """May another file that is not Python be looked at?"""
        if self._probed > self._limits.probing:
            self.slow.append(path)
            return False
        return True

    def probed(self, seconds: float) -> None:
        """So much of the processor that took."""
        self._probed += seconds

    def begin(self) -> None:
        """The archive was walked; following it begins."""
        self._end = time.monotonic() + self._limits.following

    def has_time(self, path: str) -> bool:
        """May another file be followed?"""
        if time.monotonic() > self._end:
            self.late.append(path)
            return False
        return True

    def left_out(self) -> Iterator[tuple[str, Reason, str]]:
        """(the first path, reason, what happened) for each limit that was reached."""
        limits = self._limits
        for paths, reason, why in (
            (self.crowded, Reason.LIMIT, f"more than {limits.held:,} bytes of sources in one archive"),
            (self.teeming, Reason.LIMIT, f"more than {limits.facts:,} facts and calls in one archive"),
            (self.slow, Reason.TIMEOUT, f"files of one archive that are not Python took more than {limits.probing:g} s"),
            (self.late, Reason.TIMEOUT, f"following the Python of one archive took more than {limits.following:g} s"),
        ):
            if paths:
                yield paths[0], reason, f"{why}: {len(paths):,} file(s) were left out"
