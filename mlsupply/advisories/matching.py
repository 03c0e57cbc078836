"""A version against the stored records of its project: which alias groups hit it, and how. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlsupply.advisories.groups import display_order
from mlsupply.advisories.ranges import FIXED, LAST_AFFECTED, LIMIT, contains
from mlsupply.advisories.records import Advisory
from mlsupply.advisories.store import ALIASES, GROUP, ID, LISTED, RAW, WINDOWS, WITHDRAWN, Row, unpack
from mlsupply.advisories.versions import is_dev, public_key, sort_key
from mlsupply.named import NamedTuple

VERSION, PUBLIC_VERSION = "version", "public version"


class Asked(NamedTuple):
    """A version read once. text: as written; key: its sort key, None where it is not PEP 440; public: the key of its public
    part where that differs."""

    text: str
    key: str | None
    public: str | None = None

    @property
    def dev(self) -> bool:
        return self.key is not None and is_dev(self.key)


class Match(NamedTuple):
    """One record that hits. how: `version` or `public version`; where: the window that holds it, as a sentence part."""

    record: Advisory
    how: str
    where: str


class Hit(NamedTuple):
    """One flaw that hits, known under one or more ids. matches: the records that say so, by id; quiet: records of the
    group that do not; ids: every id of the group, the one to show first."""

    matches: tuple[Match, ...]
    quiet: tuple[Advisory, ...]
    ids: tuple[str, ...]

    @property
    def malicious(self) -> bool:
        return any(match.record.malicious for match in self.matches)


def asked(version: str) -> Asked:
    """A version in the form that the matcher asks with."""
    return keyed(version, sort_key(version))


def keyed(version: str, key: str | None) -> Asked:
    """The same of a version whose key is known."""
    public = public_key(key) if key is not None else None
    return Asked(version, key, public if public != key else None)


def hits(rows: Sequence[Row], version: Asked) -> list[Hit]:
    """The flaws of a project that this version has, most preferred id first; withdrawn records hit nothing."""
    found: dict[int, list[Match]] = {}
    for row in rows:
        if not row[WITHDRAWN] and (how := _how(row, version)) is not None:
            found.setdefault(row[GROUP], []).append(Match(unpack(row), how[0], _where(how[1])))
    if not found:
        return []
    members: dict[int, list[Row]] = {group: [] for group in found}
    for row in rows:
        if not row[WITHDRAWN] and row[GROUP] in members:
            members[row[GROUP]].append(row)
    return [_hit(matches, members[group]) for group, matches in sorted(found.items())]


def ids_of(row: Row) -> tuple[str, ...]:
    """Id and aliases of a stored record that is not withdrawn."""
    return () if row[WITHDRAWN] else (row[ID], *row[ALIASES])


def affected(rows: Iterable[Row], version: Asked) -> bool:
    """Whether any live record hits the version."""
    for row in rows:  # noqa: SIM110  a generator would double the cost of what runs for every fix that is thought of
        if not row[WITHDRAWN] and _how(row, version) is not None:
            return True
    return False


def without_versions(rows: Sequence[Row]) -> list[str]:
    """Live records that name no version at all, unless an alias of theirs does."""
    live = [unpack(row) for row in rows if not row[WITHDRAWN] and not (row[WINDOWS] or row[LISTED] or row[RAW])]
    if not live:
        return []
    groups = {unpack(row).group for row in rows if not row[WITHDRAWN] and (row[WINDOWS] or row[LISTED] or row[RAW])}
    return [record.id for record in live if record.group not in groups]


def _hit(matches: list[Match], members: list[Row]) -> Hit:
    saying = {match.record.id for match in matches}
    ids = display_order([name for row in members for name in ids_of(row)])
    return Hit(tuple(matches), tuple([unpack(row) for row in members if row[ID] not in saying]), tuple(ids))


def _how(row: Row, version: Asked) -> tuple[str, Sequence[str] | None] | None:
    """(what matched, the window or None where the version is listed), or None where nothing did."""
    text, key, public = version
    if key is None:
        return (VERSION, None) if text in row[RAW] else None
    if (window := contains(row[WINDOWS], key)) or key in row[LISTED]:
        return VERSION, window
    if public is None:
        return None
    window = contains(row[WINDOWS], public)
    if window and window[1] == key:  # this very build ends it; of its other builds the record says nothing
        window = None
    return (PUBLIC_VERSION, window) if window or public in row[LISTED] else None


def _where(window: Sequence[str] | None) -> str:
    if window is None:
        return "the release is listed by name"
    _, _, ends, first, last = window
    if ends == FIXED:
        return f"from {first} until {last}" if first else f"every release before {last}"
    if ends == LAST_AFFECTED:
        return f"from {first} to {last}" if first else f"every release up to {last}"
    if ends == LIMIT:
        return f"from {first or 'the first release'}, spoken of only below {last}"
    return f"every release from {first} on" if first else "every release"
