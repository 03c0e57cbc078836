"""Worker processes for work that may crash or hang. Results come in the order of the tasks.

A worker that dies, runs out of memory or takes too long costs only its task: it is ended and replaced, and the task's result
is a `Lost`. Tasks and results travel as JSON lines and raw bytes, never as pickles.
"""

from __future__ import annotations

import json
import struct
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from threading import Event, Lock, Thread

from mlsupply.evidence.answers import Answers, key_of
from mlsupply.hints import IO, TYPE_CHECKING, Any
from mlsupply.named import NamedTuple

if TYPE_CHECKING:  # what starts processes is imported when the first one is started: most runs have kept results
    import subprocess
    from concurrent.futures import Future, ThreadPoolExecutor

_WINDOW = 4  # tasks waiting per worker, so that memory stays bounded
BROKE = "broke off"  # the only key of an answer about a defect of ours
_HEADER = struct.Struct("!II")
_BEAT = 0.1  # seconds between looks at the clock, at most


class Task(NamedTuple):
    """One file for a worker. kind: "module", "pth" or "together", see `mlsupply.evidence.worker`; path, inner: see
    `analyse.module`; data: its bytes; known: what it is told of other modules, as JSON values, or None; foreign: is it a
    module of another project than the one that ships it? top: the folder that its archive unpacks to, with `/`, or ""."""

    kind: str
    path: str
    inner: str
    data: bytes
    known: dict[str, Any] | None = None
    foreign: bool = False
    top: str = ""


class Lost(NamedTuple):
    """A task without a result, and why."""

    path: str
    why: str


class _Worker:
    """One process, started when first needed, and again after it was ended."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._end: float | None = None
        self._late = False

    def run(self, task: Task) -> tuple[dict[str, Any], bytes] | Lost:
        """The worker's answer, and the same as JSON."""
        process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101  # both are pipes, see _start
        assert process.stdout is not None  # noqa: S101
        head = json.dumps([task.kind, task.path, task.inner, task.known, task.foreign]).encode()
        self._late, self._end = False, time.monotonic() + self._seconds
        try:
            process.stdin.write(_HEADER.pack(len(head), len(task.data)) + head + task.data)
            process.stdin.flush()
            answer = read_exactly(process.stdout, _HEADER.size)
            size, _ = _HEADER.unpack(answer)
            text = read_exactly(process.stdout, size)
            found: dict[str, Any] = json.loads(text)
            return Lost(task.path, f"the analyser broke off: {found[BROKE]}") if BROKE in found else (found, text)
        except (OSError, EOFError, ValueError):
            self.close()
            late = self._late
            return Lost(task.path, f"took more than {self._seconds:g} s" if late else "the analysing process ended")
        finally:
            self._end = None

    def prepare(self) -> None:
        """Start the process, if there is none."""
        if self._process is None:
            self._start()

    def watch(self) -> None:
        """End the process if its task takes too long."""
        end, process = self._end, self._process
        if end is not None and process is not None and time.monotonic() > end:
            self._late = True
            process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        import subprocess

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
    """Up to `jobs` worker processes, each with `seconds` for one task. A context manager, which ends them."""

    def __init__(self, jobs: int, seconds: float = 60.0) -> None:
        self.jobs = max(1, jobs)
        self._all = [_Worker(seconds) for _ in range(self.jobs)]
        self._idle = list(self._all)
        self._answers = Answers()
        self._beat = min(_BEAT, seconds)
        self._threads: ThreadPoolExecutor | None = None
        self._starting = Lock()
        self._over = Event()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
        self._over.set()
        for worker in self._all:
            worker.close()

    def expect(self) -> None:
        """Starts a first process ahead of the first task, while the caller goes on."""
        if self._threads is None:
            self._started().submit(self._prepare)

    def _prepare(self) -> None:
        worker = self._idle.pop()
        try:
            worker.prepare()
        finally:
            self._idle.append(worker)

    def map(self, tasks: Iterable[Task]) -> Iterator[dict[str, Any] | Lost]:
        """The answer to each task, in order. Only a few tasks are taken ahead of the answers. A task that was done before,
        for another archive perhaps, is not done again. Safe to call from several threads."""
        waiting: deque[Future[dict[str, Any] | Lost]] = deque()
        for task in tasks:
            waiting.append(self._started().submit(self._one, task))
            if len(waiting) >= self.jobs * _WINDOW:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _started(self) -> ThreadPoolExecutor:
        with self._starting:
            if self._threads is None:
                from concurrent.futures import ThreadPoolExecutor

                self._threads = ThreadPoolExecutor(self.jobs)
                Thread(target=self._watch, daemon=True).start()
            return self._threads

    def _watch(self) -> None:
        while not self._over.wait(self._beat):
            for worker in self._all:
                worker.watch()

    def _one(self, task: Task) -> dict[str, Any] | Lost:
        key = key_of(task)
        known = self._answers.of(task, key)
        if known is not None:
            return known
        worker = self._idle.pop()  # never empty: there are as many workers as threads
        try:
            found = worker.run(task)
        finally:
            self._idle.append(worker)
        if isinstance(found, Lost):
            return found
        answer, text = found
        self._answers.keep(task, key, text)
        return answer
