"""An advisory by one of its ids, from everything this machine has: the embedded snapshot, the local database, and records
that the live API gave to earlier scans."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from mlsupply.advisories.local import current, folder, verified
from mlsupply.advisories.records import Advisory
from mlsupply.advisories.store import EMBEDDED, opened, unpack
from mlsupply.errors import MlsupplyError
from mlsupply.named import NamedTuple
from mlsupply.world import World

_MOST = 50_000  # records from the API that are looked through


class Known(NamedTuple):
    """What a record says about a project. origin: where it was found, in words."""

    project: str
    record: Advisory
    origin: str


def unread(world: World) -> str:
    """What of this machine's records `known_by` does not look through, in words; "" where it looks through all."""
    return "; ".join(filter(None, (_unread_local(world), _unread_of_api(world))))


def _unread_local(world: World) -> str:
    try:
        pointer = current(world)
        if pointer is not None:
            verified(world, pointer)
    except MlsupplyError as error:
        return error.message
    return ""


def _unread_of_api(world: World) -> str:
    place = folder(world) / "live"
    try:
        next(place.iterdir(), None)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"the records kept from the API in {place} cannot be read: {error.strerror}"
    if next(islice(_files(world), _MOST, None), None) is None:
        return ""
    return f"of the records kept from the API the first {_MOST:,} were looked through"


def known_by(identifier: str, world: World) -> list[Known]:
    """The records with this id or alias, in the order of their ids; the newest of each; among equals, one with a
    description."""
    wanted = identifier.upper()
    best: dict[tuple[str, str], Known] = {}
    for known in (*_of_store(EMBEDDED, "the embedded database", wanted), *_of_local(world, wanted), *_of_api(world, wanted)):
        key = (known.record.id, known.project)
        if key not in best or _worth(known) > _worth(best[key]):
            best[key] = known
    return [best[key] for key in sorted(best)]


def _worth(known: Known) -> tuple[str, bool]:
    return known.record.modified, bool(known.record.summary)


def _of_store(path: Path, called: str, wanted: str) -> Iterator[Known]:
    with opened(path) as store:
        for project, rows in store.every():
            for row in rows:
                if wanted in {row[0].upper(), *(alias.upper() for alias in row[1])}:
                    yield Known(project, unpack(row), f"{called} as of {store.about.as_of}")


def _of_local(world: World, wanted: str) -> Iterator[Known]:
    """Nothing where there is none, or one that cannot be read, of which `unread` tells: the others can still tell."""
    try:
        pointer = current(world)
        if pointer is not None:
            yield from _of_store(verified(world, pointer), "the local database", wanted)
    except MlsupplyError:
        return


def _files(world: World) -> Iterator[Path]:
    """None where they cannot be listed, of which `unread` tells."""
    with suppress(OSError):
        yield from (folder(world) / "live").glob("*/*.json")


def _of_api(world: World, wanted: str) -> Iterator[Known]:
    """From the cache of `live`, whose files are named by record and project."""
    for path in islice(_files(world), _MOST):
        try:
            record = unpack(json.loads(path.read_bytes()))
            ids = {record.id.upper(), *(alias.upper() for alias in record.aliases)}
        except (OSError, ValueError, TypeError, AttributeError, LookupError):  # what `live` would fetch again
            continue
        if wanted in ids:
            yield Known(path.stem, record, f"the OSV API, as of {record.modified}")
