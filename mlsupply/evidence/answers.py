"""Answers of workers, remembered while a run lasts: the release before, and the source archive beside a wheel, hold mostly
the same files, which need not be followed twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from threading import Lock

from mlsupply.hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlsupply.evidence.pool import Task

_ROOM = 64 << 20  # bytes of answers


class Answers:
    """Answers as JSON, by a digest of all that their tasks hold. The oldest ones make room for new ones. Safe to use from
    several threads."""

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._held: dict[bytes, bytes] = {}
        self._lock = Lock()

    def of(self, task: Task, key: bytes) -> dict[str, Any] | None:
        """The answer to such a task, with the paths of this one; None where there was none such. key: as from `key_of`."""
        with self._lock:
            found = self._held.get(key)
        if found is None:
            return None
        answer: dict[str, Any] = json.loads(found)
        for part in _with_paths(answer) if task.top else ():
            for name in {"path", "member"} & part.keys():
                part[name] = task.top + part[name]
        return answer

    def keep(self, task: Task, key: bytes, answer: bytes) -> None:
        """Remembers an answer, unless it tells the top folder of its archive outside of its paths. key: as in `of`."""
        if task.top:
            value = json.loads(answer)
            for part in _with_paths(value):
                for name in {"path", "member"} & part.keys():
                    part[name] = part[name].removeprefix(task.top)
            answer = json.dumps(value).encode()
            if json.dumps(task.top.rstrip("/"))[1:-1].encode() in answer:
                return
        with self._lock:
            self._room += len(self._held.pop(key, b"")) - len(answer)
            self._held[key] = answer
            while self._room < 0:
                self._room += len(self._held.pop(next(iter(self._held))))


def _with_paths(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects in an answer that name a path in the archive: of the module, and of each fact."""
    yield answer
    for fact, _ in answer.get("facts", ()):
        yield fact


def key_of(task: Task) -> bytes:
    """A digest of what the answer depends on: the path counts without the top folder, which names the release."""
    told = [task.kind, task.path.removeprefix(task.top), task.inner, task.known, task.foreign, len(task.data)]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    digest.update(task.data)
    return digest.digest()
