"""Where advisories come from, behind one seam. Every feed hands over records; the same local matcher judges them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from mlsupply.advisories.store import EMBEDDED, Row, age_of, opened
from mlsupply.errors import MlsupplyError
from mlsupply.hints import Protocol
from mlsupply.model import DataSource, Gap, Reason
from mlsupply.named import NamedTuple
from mlsupply.paths import Path
from mlsupply.request import Request
from mlsupply.value import replace
from mlsupply.world import World

CHECK = "advisories"
FRESH = timedelta(days=7)  # older data is a gap
CURRENT = timedelta(days=1)  # younger data need not be asked for anew
SKEW = timedelta(days=1)  # a clock may be wrong by so much
_SYNC = "run `mlsupply db sync`, or scan online with `--feed live`"


class Answer(NamedTuple):
    """What a feed knows of the names asked for. rows: by canonical name; sources: what it rests on; gaps: what it could not
    tell, of the whole run; unread: the same of single projects, canonical name to why."""

    rows: dict[str, list[Row]]
    sources: tuple[DataSource, ...]
    gaps: tuple[Gap, ...] = ()
    unread: Mapping[str, str] = {}


Meanwhile = Callable[[Answer], object]
"""Called, where an answer has to be waited for, with the one there will be if what is at hand is up to date. Rows of
projects for which that turns out to be so are the same lists in the answer that comes."""


def nothing(expected: Answer) -> None:
    """Nothing to be done while waiting."""
    del expected


class Feed(Protocol):
    """A body of advisories."""

    def about(self, names: Iterable[str], meanwhile: Meanwhile = nothing) -> Answer:
        """The records of the projects of these canonical names."""


class StoreFeed:
    """A compiled database on disk. checked: when it was last known to be up to date, where that is later than its newest
    change."""

    def __init__(self, path: Path, now: datetime, checked: str = "") -> None:
        self._path = path
        self._now = now
        self._checked = checked

    def about(self, names: Iterable[str], meanwhile: Meanwhile = nothing) -> Answer:
        """Raises `MlsupplyError` for a damaged file."""
        del meanwhile
        with opened(self._path) as store:
            about = store.about
            return Answer(store.rows(names), (about.source,), self._stale(about.name, about.as_of))

    def _stale(self, name: str, as_of: str) -> tuple[Gap, ...]:
        age = age_of(max(as_of, self._checked), self._now)
        if age is not None and -SKEW <= age <= FRESH:
            return ()
        hint = _SYNC
        dated = f"its advisories are of {as_of[:10]}" if as_of else "its advisories are undated"
        if age is None:
            detail = f"{dated}: their age is not known"
        elif age > FRESH:
            detail = f"{dated}: what was published in the {age.days} days since is not among them"
        else:
            when = dated if as_of >= self._checked else f"it was synced on {self._checked[:10]}"
            detail = f"{when}, after this machine's clock ({self._now:%Y-%m-%d}): the age of its advisories is not known"
            hint = f"set the clock if it is wrong, then {hint}"
        return (Gap(subject=name, check=CHECK, reason=Reason.STALE, detail=detail, hint=hint),)


class FirstOf:
    """The feed, or the one behind it where it cannot answer at all; its failure stays in the answer."""

    def __init__(self, feed: Feed, behind: Feed) -> None:
        self._feed = feed
        self._behind = behind

    def about(self, names: Iterable[str], meanwhile: Meanwhile = nothing) -> Answer:
        names = list(names)
        answer = self._feed.about(names, meanwhile)
        if answer.sources:
            return answer
        other = self._behind.about(names)
        used = " and ".join(f"{source.name} of {source.as_of[:10]}" for source in other.sources)
        return other._replace(gaps=(*(_instead(gap, used) for gap in answer.gaps), *other.gaps))


def _instead(gap: Gap, used: str) -> Gap:
    return replace(gap, detail=f"{gap.detail}; {used} was used instead")


def embedded(world: World) -> StoreFeed:
    """The snapshot the package carries."""
    return StoreFeed(EMBEDDED, world.now())


def at_hand(names: Iterable[str], world: World) -> Answer:
    """The data this machine already has, for side questions that are not worth a request."""
    return on_disk(world).about(names)


def on_disk(world: World) -> Feed:
    """The local database if it is newer than the embedded snapshot and whole; a damaged one is a gap."""
    from mlsupply.advisories.local import current, verified

    try:
        known = current(world)
        if known is None:
            return embedded(world)
        with opened(EMBEDDED) as store:
            if store.about.as_of > max(known.as_of, known.checked):
                return embedded(world)
        return StoreFeed(verified(world, known), world.now(), known.checked)
    except MlsupplyError as error:
        return FirstOf(_Broken(error), embedded(world))


class _Broken:
    """A feed that cannot answer, and why."""

    def __init__(self, error: MlsupplyError) -> None:
        self._error = error

    def about(self, names: Iterable[str], meanwhile: Meanwhile = nothing) -> Answer:
        del names, meanwhile
        gap = Gap(
            subject="local advisory database",
            check=CHECK,
            reason=Reason.FORBIDDEN if self._error.reference == "database-not-read" else Reason.MALFORMED,
            detail=self._error.message,
            hint=self._error.hint,
        )
        return Answer({}, (), (gap,))


def choose(request: Request, world: World) -> Feed:
    """The feed a request asks for, with the user's own advisories (`folder` in the configuration's table `advisories`)."""
    feed = _chosen(request, world)
    own = request.settings.get(CHECK)
    folder = own.get("folder") if isinstance(own, Mapping) else None
    return WithOwn(feed, Path(folder)) if isinstance(folder, str) and folder else feed


def _chosen(request: Request, world: World) -> Feed:
    """`auto`: a local database synced within a day, else the live API, else what is on the
    disk. Raises `MlsupplyError` for `local` where there is none."""
    if request.feed == "embedded":
        return embedded(world)
    if request.feed == "local":
        return _local(world)
    if not asks_api(request, world):
        return on_disk(world)
    from mlsupply.advisories.live import LiveFeed

    return FirstOf(LiveFeed(request.feed_url, world), on_disk(world))


def asks_api(request: Request, world: World) -> bool:
    """Whether the advisories of this run come from the live API, as far as that can be told before it is asked."""
    if request.feed == "auto":
        return not request.offline and (bool(request.feed_url) or not _is_current(world))
    return request.feed == "live"


def _local(world: World) -> Feed:
    from mlsupply.advisories.local import current, verified

    known = current(world)
    if known is None:
        raise MlsupplyError("no-database", "there is no local advisory database", "run `mlsupply db sync`")
    return StoreFeed(verified(world, known), world.now(), known.checked)


def _is_current(world: World) -> bool:
    from mlsupply.advisories.local import current

    try:
        known = current(world)
    except MlsupplyError:
        return False
    age = age_of(known.checked, world.now()) if known else None
    return age is not None and -SKEW <= age <= CURRENT


class WithOwn:
    """A feed and the user's own advisories beside it: OSV files in a folder, which win over records of the same id."""

    def __init__(self, feed: Feed, folder: Path) -> None:
        self._feed = feed
        self._folder = folder

    def about(self, names: Iterable[str], meanwhile: Meanwhile = nothing) -> Answer:
        """A file that is no advisory is a gap."""
        from mlsupply.advisories.build import compile_records
        from mlsupply.advisories.groups import grouped
        from mlsupply.advisories.importing import records_of
        from mlsupply.advisories.store import unpack

        names = list(names)
        answer = self._feed.about(names, meanwhile)
        if not self._folder.is_dir():
            detail = f"the folder of your own advisories, {self._folder}, is not there"
            return answer._replace(gaps=(*answer.gaps, self._gap(Reason.NOT_FOUND, detail)))
        own = compile_records(records_of(self._folder))
        rows = dict(answer.rows)
        for name in names:
            if advisories := own.projects.get(name):
                ids = {advisory.id for advisory in advisories}
                kept = [record for record in map(unpack, rows.get(name, ())) if record.id not in ids]
                rows[name] = [list(record) for record in grouped([*kept, *advisories])]
        source = DataSource("your own advisories", max(own.modified.values(), default=""), len(own.modified))
        gaps = tuple(self._gap(Reason.MALFORMED, f"{reason}: not judged") for reason in own.refused)
        return answer._replace(rows=rows, sources=(*answer.sources, source), gaps=(*answer.gaps, *gaps))

    def _gap(self, reason: Reason, detail: str) -> Gap:
        return Gap(
            subject=str(self._folder), check=CHECK, reason=reason, detail=detail, hint="fix the configuration or the file"
        )
