"""Calls that run in threads while their caller does something else or waits for several of them. Imports nothing of the
package.

What they wait for is servers, so a few threads suffice. `concurrent.futures` would cost 8 ms to import: it brings
`logging`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count

from mlsupply.hints import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_NOTICED = 0.5  # seconds; Ctrl-C just before a wait begins does not end it, and is noticed when it is over


class Begun(Generic[R]):
    """A call in a thread of its own, started at once. One nobody waits for does not keep the process from ending."""

    def __init__(self, call: Callable[[], R]) -> None:
        import threading  # a run that waits for nothing does without

        self._ended: list[Outcome[R]] = []
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def _run(self, call: Callable[[], R]) -> None:
        self._ended.append(Outcome(call))

    def result(self) -> R:
        """What the call gave, when it has ended. Raises what it raised."""
        while self._thread.is_alive():
            self._thread.join(_NOTICED)
        return self._ended[0].result()


class Outcome(Generic[R]):
    """What a call gave or raised, for another thread to take."""

    def __init__(self, call: Callable[[], R]) -> None:
        self._found: list[R] = []
        self._error: BaseException | None = None
        try:
            self._found.append(call())
        except BaseException as error:  # raised again where the result is asked for
            self._error = error

    def result(self) -> R:
        if self._error is not None:
            raise self._error
        return self._found[0]


def each(do: Callable[[T], R], tasks: Iterable[T], most: int, *, aside: bool = False) -> Iterator[R]:
    """What comes of each task, in their order, as soon as it is there; at most so many are under way at once. Raises what
    one of them raised, in its turn; tasks not begun by then, or when nobody asks for more, are not begun any more. Ctrl-C
    waits for none of them: a server may take long to answer. aside: a single task has a thread of its own too, as it must
    where Ctrl-C in the midst of it would leave something behind."""
    wanted = list(tasks)
    if len(wanted) < 2 and not aside:
        yield from map(do, wanted)
        return
    import threading

    done: dict[int, Outcome[R]] = {}
    ready = threading.Condition()
    turns = count()
    over = threading.Event()

    def work() -> None:
        while not over.is_set() and (turn := next(turns)) < len(wanted):
            outcome = Outcome(partial(do, wanted[turn]))
            with ready:
                done[turn] = outcome
                ready.notify()

    workers = [Begun(work) for _ in range(min(most, len(wanted)))]
    try:
        for turn in range(len(wanted)):
            with ready:
                while turn not in done:
                    ready.wait(_NOTICED)
                outcome = done.pop(turn)
            yield outcome.result()
    except KeyboardInterrupt:
        workers.clear()
        raise
    finally:
        over.set()
        for worker in workers:
            worker.result()
