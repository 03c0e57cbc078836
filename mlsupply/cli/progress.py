"""Progress on stderr: one line that is overwritten, shown after the first second, and only where stderr is a terminal."""

from __future__ import annotations

import sys
import time

_PATIENCE = 1.0  # seconds before anything is shown
_EVERY = 0.1  # seconds between two updates
_BAR = 24  # characters


class Progress:
    """A `world.Say`. `quiet` or a stderr that is no terminal shows nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._silent = quiet or not sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE
        self._shown = False

    def __call__(self, words: str, done: int = 0, total: int = 0) -> None:
        """See `world.Say`."""
        now = time.monotonic()
        if self._silent or now < self._next:
            return
        self._next = now + _EVERY
        self._shown = True
        filled = _BAR * min(done, total) // total if total else 0
        bar = f"[{'#' * filled}{'.' * (_BAR - filled)}] {done:,}/{total:,} " if total else ""
        sys.stderr.write(f"\r\x1b[K{bar}{words[:60]}")
        sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False
