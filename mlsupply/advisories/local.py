"""The local database: a folder in the cache with compiled stores, and one small file that says which of them is current.

A store is written under a name of its own and becomes current when the pointer is replaced, in one step; the previous one
stays until then. So a sync may be interrupted at any point and several may run at once: readers always find a whole store.
"""

from __future__ import annotations

import json
import zlib
from stat import S_ISREG

from mlsupply.advisories.store import damaged, unusable
from mlsupply.named import NamedTuple
from mlsupply.paths import Path
from mlsupply.world import World

_PIECE = 1 << 16  # bytes
_LONGEST = 1 << 16  # bytes of the pointer


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
    """Where the local database is kept."""
    return world.cache / "advisories"


def current(world: World) -> Current | None:
    """The current store's particulars, None where nothing was ever synced. Raises `MlsupplyError` for a pointer that is
    damaged or may not be read."""

    path = folder(world) / "current.json"
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode) or status.st_size > _LONGEST:  # a pipe would block
            raise damaged(path, "it is not the file that was written")
        known = Current(**json.loads(path.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise unusable(path, error) from error
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
        raise unusable(path, error) from error
    return path


def _crc32(path: Path) -> int:
    """Of the bytes of a file, in pieces: new memory for a whole store would cost more than its checksum."""
    found = 0
    with open(path, "rb", buffering=0) as handle:
        while piece := handle.read(_PIECE):
            found = zlib.crc32(piece, found)
    return found
