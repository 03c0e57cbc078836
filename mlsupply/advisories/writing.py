"""The local database is written: a store made current in one step, one process at a time. See `local` for what is read."""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlsupply.advisories.build import Compiled, save
from mlsupply.advisories.local import Current, folder
from mlsupply.advisories.store import About
from mlsupply.drafts import Draft
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.model import DataSource
from mlsupply.world import World

_PATIENCE = 300.0  # seconds waited for another sync to end


def install(world: World, compiled: Compiled, source: DataSource, known: Current | None = None) -> About:
    """Write a store and make it current. known: what to note of it beside its bytes. Call it inside `locked`. Raises
    `MlsupplyError` where the disk does not allow it; what was current before is then still so."""
    place = folder(world)
    draft = place / f"draft-{os.getpid()}.sqlite"
    try:
        about = save(compiled, draft, source)
        data = draft.read_bytes()
        name = f"advisories-{zlib.crc32(data):08x}-{len(data)}.sqlite"
        draft.replace(place / name)
        noted = known or Current("", 0, 0, source.url, "", about.as_of, "", 0)
        size, crc32 = len(data), zlib.crc32(data)
        point(world, noted._replace(file=name, size=size, crc32=crc32, as_of=about.as_of, records=about.records))
        _forget(place, name)
    except OSError as error:
        raise _unwritten(place, error, "free some space") from error
    finally:
        draft.unlink(missing_ok=True)
    return about


def point(world: World, known: Current) -> None:
    """Replace the pointer, in one step and only when its bytes are on the disk. Raises `MlsupplyError`."""
    path = folder(world) / "current.json"
    try:
        with Draft(path) as draft, open(draft, "wb") as handle:
            handle.write(json.dumps(known._asdict()).encode())
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise _unwritten(path, error, "free some space") from error


def _unwritten(path: Path, error: OSError, hint: str) -> MlsupplyError:
    return MlsupplyError("database-not-written", f"{path} cannot be written: {error.strerror}", hint, EXIT_INCOMPLETE)


def _forget(place: Path, kept: str) -> None:
    """Stores that are no longer current, and drafts of processes that were killed. A reader that has one open keeps it."""
    for pattern in ("advisories-*.sqlite", "draft-*.sqlite", ".draft-*", ".current.json.*"):
        for path in place.glob(pattern):
            if path.name != kept:
                path.unlink(missing_ok=True)


@contextmanager
def locked(world: World, patience: float = _PATIENCE) -> Iterator[bool]:
    """Only one process writes at a time; the lock ends with the process, however it ends. Yields whether another had it
    first. Raises `MlsupplyError` after waiting `patience` seconds."""
    place = folder(world)
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle = open(place / "lock", "a+b")  # noqa: SIM115 - closed below, after the lock was given back
    except OSError as error:
        raise _unwritten(place, error, "set MLSUPPLY_CACHE_DIR") from error
    try:
        waited = False
        end = time.monotonic() + patience
        while not _try_lock(handle.fileno()):
            if time.monotonic() > end:
                raise MlsupplyError(
                    "sync-busy", f"another sync has held {place} for {patience:.0f} seconds", "", EXIT_INCOMPLETE
                )
            waited = True
            time.sleep(0.05)
        yield waited
    finally:
        handle.close()


def _try_lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return _try_lock_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_windows(descriptor: int) -> bool:
    import importlib

    msvcrt = importlib.import_module("msvcrt")  # by name: type checkers elsewhere do not know it
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
