"""The local database is written: a store made current in one step, one process at a time. See `local` for what is read."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlsupply.advisories.build import Compiled, save
from mlsupply.advisories.feeds import SKEW
from mlsupply.advisories.local import Current, current, folder
from mlsupply.advisories.store import EMBEDDED, About, age_of, opened
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
        before = _current_file(world)
        draft.replace(place / name)
        noted = known or Current("", 0, 0, source.url, "", about.as_of, "", 0)
        size, crc32 = len(data), zlib.crc32(data)
        point(world, noted._replace(file=name, size=size, crc32=crc32, as_of=about.as_of, records=about.records))
    except OSError as error:
        raise unwritten(place, error) from error
    finally:
        draft.unlink(missing_ok=True)
    _forget(place, {name, before})
    return about


def _current_file(world: World) -> str:
    try:
        known = current(world)
    except MlsupplyError:
        return ""
    return known.file if known else ""


def point(world: World, known: Current) -> None:
    """Replace the pointer, in one step and only when its bytes are on the disk. Raises `MlsupplyError`."""
    path = folder(world) / "current.json"
    try:
        with Draft(path) as draft, open(draft, "wb") as handle:
            handle.write(json.dumps(known._asdict()).encode())
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise unwritten(path, error) from error


def unwritten(path: Path, error: OSError) -> MlsupplyError:
    """What to raise where the disk does not take the database."""
    hint = _STEPS.get(error.errno or 0, "set MLSUPPLY_CACHE_DIR to a folder that can be written")
    return MlsupplyError("database-not-written", f"{path} cannot be written: {error.strerror}", hint, EXIT_INCOMPLETE)


_STEPS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space"),
    errno.EISDIR: "remove the folder of that name",
}


def _forget(place: Path, kept: set[str]) -> None:
    """Stores that are no longer current, and drafts of processes that were killed. The store before the current one stays,
    for a scan that has read the pointer to it. What cannot be removed stays too."""
    for pattern in ("advisories-*.sqlite", "draft-*.sqlite", ".draft-*", ".current.json.*", ".exploited.sqlite.*"):
        for path in place.glob(pattern):
            if path.name not in kept:
                with suppress(OSError):
                    path.unlink()


def dated(world: World) -> str:
    """Now, ISO 8601, to date what is taken over. Raises `MlsupplyError` where the clock is behind the advisories that came
    with mlsupply: it would make new data look old, and old data new."""
    with opened(EMBEDDED) as store:
        made = store.about.as_of
    age = age_of(made, world.now())
    if age is not None and age < -SKEW:
        message = f"this machine's clock says {world.now():%Y-%m-%d}, and the advisories that came with mlsupply are of"
        raise MlsupplyError("clock-behind", f"{message} {made[:10]}", "set the clock", EXIT_INCOMPLETE)
    return world.now().strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def locked(world: World, patience: float = _PATIENCE) -> Iterator[bool]:
    """Only one process writes at a time; the lock ends with the process, however it ends. Yields whether another had it
    first. Raises `MlsupplyError` after waiting `patience` seconds."""
    place = folder(world)
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle = open(place / "lock", "a+b")  # noqa: SIM115 - closed below, after the lock was given back
    except OSError as error:
        raise unwritten(place, error) from error
    try:
        waited = False
        end = time.monotonic() + patience
        while not _try_lock(handle.fileno()):
            if time.monotonic() > end:
                raise MlsupplyError(
                    "sync-busy", f"another sync has held {place} for {patience:.0f} seconds", "", EXIT_INCOMPLETE
                )
            if not waited:
                world.say("waiting for another sync to end")
            waited = True
            time.sleep(0.05)
        yield waited
    finally:
        handle.close()


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:  # Windows tells a lock held by others by no error of its own
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
