"""A call that goes on in a thread of its own while its caller does something else. Imports nothing of the package.

One thread needs no pool: `concurrent.futures` costs a start 6 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """Starts the call at once. One nobody waits for does not keep the process from ending."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._found: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found.append(self._call())
        except BaseException as error:
            self._error = error

    def result(self) -> T:
        """What the call gave, when it has ended. Raises what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._found[0]
