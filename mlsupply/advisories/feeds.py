"""Where advisories come from, behind one seam. Every feed hands over records; the same local matcher judges them all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from mlsupply.advisories.store import EMBEDDED, Row, opened
from mlsupply.errors import MlsupplyError
from mlsupply.model import DataSource, Gap, Reason
from mlsupply.request import Request
from mlsupply.world import World

CHECK = "advisories"
FRESH = timedelta(days=7)


class Answer(NamedTuple):
    """What a feed knows of the names asked for. rows: by canonical name; gaps: what it could not tell; sources: what it
    rests on."""

    rows: dict[str, list[Row]]
    sources: tuple[DataSource, ...]
    gaps: tuple[Gap, ...] = ()


class Feed(Protocol):
    """A body of advisories."""

    def about(self, names: Iterable[str]) -> Answer:
        """The records of the projects of these canonical names."""


class StoreFeed:
    """A compiled database on disk. hint: what to do when it is old."""

    def __init__(self, path: Path, now: datetime, hint: str) -> None:
        self._path = path
        self._now = now
        self._hint = hint

    def about(self, names: Iterable[str]) -> Answer:
        """Raises `MlsupplyError` for a damaged file."""
        with opened(self._path) as store:
            about = store.about
            return Answer(store.rows(names), (about.source,), self._stale(about.name, about.as_of))

    def _stale(self, name: str, as_of: str) -> tuple[Gap, ...]:
        age = age_of(as_of, self._now)
        if age is not None and age <= FRESH:
            return ()
        old = "of unknown age" if age is None else f"{age.days} days old"
        detail = f"the advisory data ({name}, {as_of[:10] or 'undated'}) is {old}: what was published since is not in it"
        return (Gap(subject=name, check=CHECK, reason=Reason.STALE, detail=detail, hint=self._hint),)


def age_of(as_of: str, now: datetime) -> timedelta | None:
    """How old data of this ISO 8601 date is; None where the date says nothing."""
    try:
        return now - datetime.fromisoformat(as_of)
    except (ValueError, TypeError):
        return None


def embedded(world: World) -> StoreFeed:
    """The snapshot the package carries."""
    return StoreFeed(EMBEDDED, world.now(), "run `mlsupply db sync`, or scan with the network")


def at_hand(names: Iterable[str], world: World) -> Answer:
    """What the machine holds already, for a question on the side that is not worth a request."""
    return embedded(world).about(names)


def choose(request: Request, world: World) -> Feed:
    """The feed a request asks for. Raises `MlsupplyError` for one there is not."""
    if request.feed in {"auto", "embedded"}:
        return embedded(world)
    raise MlsupplyError("unknown-feed", f"there is no feed named {request.feed}", "one of: auto, embedded, local, live")
