"""Contents of git objects, streamed: sizes are asked for first, so that a huge one is never read; a corrupt one costs only
itself. Source: git-cat-file(1)."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from mlsupply.exposure.repository import Git, feed, request
from mlsupply.named import NamedTuple


class Blob(NamedTuple):
    """data: the content, or None with the reason in `unread`."""

    oid: str
    data: bytes | None
    unread: str = ""


def read(git: Git, oids: Sequence[str], limit: int) -> Iterator[Blob]:
    """The blobs in the order asked for; what is missing, corrupt or over `limit` bytes says so."""
    fit = []
    for oid, size, unread in _sizes(git, oids):
        if unread:
            yield Blob(oid, None, unread)
        elif size > limit:
            yield Blob(oid, None, f"{size:,} bytes are more than the {limit:,} that are read of one file")
        else:
            fit.append(oid)
    while fit:
        done = 0
        for oid, data in _contents(git, fit):
            yield Blob(oid, data, "" if data is not None else "the object is missing or damaged")
            done += 1
        if done < len(fit):  # git ended at a damaged object: go on behind it
            yield Blob(fit[done], None, "the object is damaged")
            done += 1
        fit = fit[done:]


def present(git: Git, oids: Sequence[str]) -> set[str]:
    """Those of the objects, of whatever kind, that are there and whole enough to tell their kind."""
    found: set[str] = set()
    rest = list(oids)
    while rest:
        done = 0
        with _Batch(git, rest, "--batch-check") as process:
            for line in process.stdout or ():
                if len(line.split()) == 3:
                    found.add(rest[done])
                done += 1
        rest = rest[done + (done < len(rest)) :]  # git ended at a damaged object: go on behind it
    return found


def _sizes(git: Git, oids: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    rest = list(oids)
    while rest:
        done = 0
        with _Batch(git, rest, "--batch-check") as process:
            for line in process.stdout or ():
                words = line.split()
                whole = len(words) == 3 and words[1] == b"blob"
                yield rest[done], int(words[2]) if whole else 0, "" if whole else "the object is missing or no file"
                done += 1
        if done < len(rest):
            yield rest[done], 0, "the object is damaged"
            done += 1
        rest = rest[done:]


def _contents(git: Git, oids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    with _Batch(git, oids, "--batch") as process:
        stream = process.stdout
        if stream is None:
            return
        for oid in oids:
            words = stream.readline().split()
            if not words:
                return
            if len(words) != 3:
                yield oid, None
                continue
            data = _exactly(stream, int(words[2]) + 1)
            if data is None:
                return
            yield oid, data[:-1]


def _exactly(stream: BinaryIO | object, size: int) -> bytes | None:
    data: bytes = stream.read(size)  # type: ignore[union-attr]  # a pipe's reader, whose type typeshed leaves open
    return data if len(data) == size else None


class _Batch:
    """A running `git cat-file`, fed from a thread so that neither side waits for the other; ended on leaving. One that ends
    at a damaged object takes no more input, which the reader notices by what is missing."""

    def __init__(self, git: Git, oids: Sequence[str], mode: str) -> None:
        self._process = git.start("cat-file", mode, "--buffer", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._feeder = threading.Thread(target=feed, args=(self._process, request(oids)), daemon=True)

    def __enter__(self) -> subprocess.Popen[bytes]:
        self._feeder.start()
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._feeder.join()
        with self._process:  # closes the pipes and waits
            pass


def names(git: Git, expressions: Sequence[str]) -> Iterator[str]:
    """For each `COMMIT:PATH` the blob's id, "" where there is none. A path with a line end in it names nothing."""
    asked = [expression if "\n" not in expression else "0" for expression in expressions]
    if not asked:
        return
    with _Batch(git, asked, "--batch-check") as process:
        for line in process.stdout or ():
            words = line.split()
            yield words[0].decode("ascii", "replace") if len(words) == 3 and words[1] == b"blob" else ""
