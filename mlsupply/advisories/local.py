"""The local database: a folder in the cache with compiled stores and one small file that says which of them is current.

A store is written under a name of its own and becomes current when the pointer is replaced, in one step; the one before
stays until then. So a sync may be interrupted anywhere and several may run at once: whoever reads finds a whole store.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlsupply.advisories.store import About, damaged
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import DataSource
from mlsupply.named import NamedTuple
from mlsupply.world import World

if TYPE_CHECKING:
    from mlsupply.advisories.build import Compiled

_PATIENCE = 300.0  # seconds waited for another sync to end
_PIECE = 1 << 16  # bytes


class Current(NamedTuple):
    """Which store is current. file: its name in the folder; size, crc32: of its bytes; url: where it was synced from, or
    the path it was imported from; etag: of the archive it was made of; checked: when it was last known to be up to date,
    ISO 8601 (an import: the newest change in it); as_of, records: as in `store.About`; listing: ETag of the list of changes
    it is up to date with."""

    file: str
    size: int
    crc32: int
    url: str
    etag: str
    checked: str
    as_of: str
    records: int
    listing: str = ""


_NUMBERS = ("size", "crc32", "records")


def folder(world: World) -> Path:
    return world.cache / "advisories"


def current(world: World) -> Current | None:
    """The current store's particulars, None where nothing was ever synced. Raises `MlsupplyError` for a damaged pointer."""

    path = folder(world) / "current.json"
    try:
        known = Current(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise damaged(path, f"it cannot be read ({error})") from error
    if any(type(held) is not (int if name in _NUMBERS else str) for name, held in known._asdict().items()):
        raise damaged(path, "what it holds is not what was written")
    return known


def verified(world: World, known: Current) -> Path:
    """The path of the current store, after its size and checksum were compared. Raises `MlsupplyError`."""
    path = folder(world) / Path(known.file).name
    try:
        if path.stat().st_size != known.size:
            raise damaged(path, "it is not as long as it was written")
        if _crc32(path) != known.crc32:
            raise damaged(path, "its checksum differs from the one written with it")
    except OSError as error:
        raise damaged(path, error.strerror or str(error)) from error
    return path


def _crc32(path: Path) -> int:
    """Of the bytes of a file, in pieces: new memory for a whole store would cost more than its checksum."""
    found = 0
    with open(path, "rb", buffering=0) as handle:
        while piece := handle.read(_PIECE):
            found = zlib.crc32(piece, found)
    return found


def install(world: World, compiled: Compiled, source: DataSource, known: Current | None = None) -> About:
    """Write a store and make it current. known: what to note of it beside its bytes. Call it inside `locked`. Raises
    `MlsupplyError` where the disk does not allow it; what was current before is then still so."""
    from mlsupply.advisories.build import save  # compiling is nothing a scan over a store does

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
    from mlsupply.drafts import draft_of  # a scan writes none

    path = folder(world) / "current.json"
    try:
        with draft_of(path) as draft, open(draft, "wb") as handle:
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
