"""Worker processes for what may crash or hang: each task in a process of its own kind, results in the order of the tasks.

A worker that dies, runs out of memory or takes too long costs only its task: it is ended and replaced, and the task's
result is a `Lost`. Tasks and results travel as JSON lines and raw bytes, never as pickles.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import IO, Any

from mlsupply.named import NamedTuple

_WINDOW = 4  # tasks waiting per worker, so that memory stays bounded
_HEADER = struct.Struct("!II")


class Task(NamedTuple):
    """kind: a function of `mlsupply.evidence.worker`; path, inner: see `analyse.module`; data: what it looks at; known: of
    its neighbours, as JSON values, or None."""

    kind: str
    path: str
    inner: str
    data: bytes
    known: dict[str, Any] | None = None


class Lost(NamedTuple):
    """A task without a result, and why."""

    path: str
    why: str


class _Worker:
    """One process, started when first needed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, task: Task) -> dict[str, Any] | Lost:
        process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101  # both are pipes, see _start
        assert process.stdout is not None  # noqa: S101
        head = json.dumps([task.kind, task.path, task.inner, task.known]).encode()
        from threading import Timer

        timer = Timer(self._seconds, process.kill)
        timer.start()
        try:
            process.stdin.write(_HEADER.pack(len(head), len(task.data)) + head + task.data)
            process.stdin.flush()
            answer = read_exactly(process.stdout, _HEADER.size)
            size, _ = _HEADER.unpack(answer)
            result: dict[str, Any] | Lost = json.loads(read_exactly(process.stdout, size))
        except (OSError, EOFError, ValueError):
            self.close()
            late = timer.finished.is_set()
            result = Lost(task.path, f"took more than {self._seconds:g} s" if late else "the analysing process ended")
        finally:
            timer.cancel()
        return result

    def _start(self) -> subprocess.Popen[bytes]:
        code = "from mlsupply.evidence.worker import main; main()"
        self._process = subprocess.Popen(  # noqa: S603  # our own module, no shell; -P: nothing from the current folder
            [sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self._process

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def read_exactly(stream: IO[bytes], size: int) -> bytes:
    """So many bytes, or EOFError."""
    data = stream.read(size)
    if data is None or len(data) < size:
        raise EOFError
    return data


class Pool:
    """Use as a context manager. jobs: processes at most; seconds: for one task."""

    def __init__(self, jobs: int, seconds: float = 60.0) -> None:
        self.jobs = max(1, jobs)
        self._workers: SimpleQueue[_Worker] = SimpleQueue()
        self._all = [_Worker(seconds) for _ in range(self.jobs)]
        for worker in self._all:
            self._workers.put(worker)
        self._threads: ThreadPoolExecutor | None = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._all:
            worker.close()

    def map(self, tasks: Iterable[Task]) -> Iterator[dict[str, Any] | Lost]:
        """The result of each task, in order; tasks are taken only as far as they fit the window."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.jobs)
        waiting: deque[Future[dict[str, Any] | Lost]] = deque()
        for task in tasks:
            waiting.append(self._threads.submit(self._one, task))
            if len(waiting) >= self.jobs * _WINDOW:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _one(self, task: Task) -> dict[str, Any] | Lost:
        worker = self._workers.get()
        try:
            return worker.run(task)
        finally:
            self._workers.put(worker)
