"""Progress on stderr: one line that is overwritten, shown after the first second, and only where stderr is a terminal."""

from __future__ import annotations

import os
import sys
import time

_PATIENCE = 1.0  # seconds before anything is shown
_EVERY = 0.1  # seconds between two updates
_BAR = 24  # characters
_WORDS = 60


class Progress:
    """A `world.Say`. `quiet`, or a stderr that is no terminal that can clear a line, shows nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._silent = quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb"
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
        sys.stderr.write(f"\r\x1b[K{f'{bar}{words[:_WORDS]}'[: _width()]}")
        sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def _width() -> int:
    """Columns that a line may take: one that wraps would not be overwritten."""
    try:
        return max(os.get_terminal_size(sys.stderr.fileno()).columns - 1, 1)
    except (OSError, ValueError):
        return 200  # not known: nothing is cut
