"""Which release to move to from an affected one: the smallest version no advisory hits. Pure.

Advisories say which versions end a flaw, not whether these exist, are yanked or suit the project; what is known about that
is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from mlsupply.advisories.matching import Asked, affected, keyed
from mlsupply.advisories.ranges import FIXED, LAST_AFFECTED, OPEN
from mlsupply.advisories.records import Advisory
from mlsupply.advisories.store import GROUP, WINDOWS, WITHDRAWN, Row
from mlsupply.advisories.versions import sort_key
from mlsupply.named import NamedTuple
from mlsupply.upgrade import Blocker

NAMED = 3  # packages that keep a fix out, in a sentence
_LAST_PATCH = 99  # above the third number of every Python
_WEIGHED = 500  # releases whose flaws are counted
_WEIGHED_NAMES = 4  # the same of the versions that advisories name, the highest: they end the most


class Release(NamedTuple):
    """A version the index has. yanked: all its files are; requires_python: a specifier or ""."""

    version: str
    yanked: bool = False
    requires_python: str = ""


class Room(NamedTuple):
    """What a fix has to fit into. releases: those of the index, None where it was not asked; python: the oldest Python it
    has to run on, "" unknown; where: the input that says so, "" where it holds for all (see `pythons`); parents: (who
    requires the package, its specifier: alternatives joined by ` || `, "" unknown)."""

    releases: tuple[Release, ...] | None = None
    python: str = ""
    where: str = ""
    parents: tuple[tuple[str, str], ...] = ()


class Fix(NamedTuple):
    """version: where to go, "" where nothing is known; checked: the index has it, not yanked and for the project's Python;
    held: the parents whose specifier keeps it out; needs: its Requires-Python, where `python` (of the input `where`, or of
    all) is too old for it; nearest: where the project can have no clear release, the one with the fewest known flaws, `left`
    of them (without an index, of the highest that advisories name); open: the parents whose specifier is not known."""

    version: str = ""
    checked: bool = False
    held: tuple[Blocker, ...] = ()
    needs: str = ""
    python: str = ""
    where: str = ""
    nearest: str = ""
    left: int = 0
    open: tuple[str, ...] = ()


class Way(NamedTuple):
    """fixed: versions that end this flaw from here on, ascending; last_affected: the newest version listed as affected
    where nothing says what fixes it; fix: the smallest version that no advisory of the project hits."""

    fixed: tuple[str, ...] = ()
    last_affected: str = ""
    fix: Fix = Fix()


def best_fix(own: Sequence[Row], version: Asked, room: Room, inherited: Sequence[Row] = ()) -> Fix:
    """The smallest version without a known flaw that fits; where the parents admit none, or the project's Python, the
    smallest one all the same, with what stands in its way. own, inherited: the records of the project and those of the one
    it is a build of."""
    rows = (*own, *inherited)
    if room.releases is None:
        if named := clearing(rows, version):
            return Fix(named, held=_held(named, room.parents))
        final = [pair for pair in _above(version, _ends(rows)) if _final(pair[1])]
        nearest, left = _nearest((own, inherited), version, final[-_WEIGHED_NAMES:])
        return Fix(nearest=nearest, left=left)
    there = [release for release in room.releases if not release.yanked]
    fitting = [release for release in there if _runs_on(release.requires_python, room.python)]
    unknown = tuple(dict.fromkeys(who for who, asked in room.parents if not asked))
    if found := _smallest(rows, version, fitting, room.parents):
        return Fix(found.version, checked=True, held=_held(found.version, room.parents), open=unknown)
    known = ((release.version, sort_key(release.version)) for release in fitting)
    nearest, left = _nearest((own, inherited), version, _above(version, known)[:_WEIGHED])
    found = _smallest(rows, version, there, room.parents)
    if not found:
        return Fix(nearest=nearest, left=left)
    held = _held(found.version, room.parents)
    return Fix(found.version, True, held, found.requires_python, room.python, room.where, nearest, left, unknown)


def _smallest(
    rows: Sequence[Row], version: Asked, releases: Sequence[Release], parents: tuple[tuple[str, str], ...]
) -> Release | None:
    """The smallest clear release that the parents admit, else the smallest clear one."""
    by_version = {release.version: release for release in releases}
    clear = _clear(rows, version, ((text, sort_key(text)) for text in by_version))
    first = next(clear, "")
    free = next((text for text in chain((first,), clear) if not _held(text, parents)), "")
    return by_version.get(free or first)


def _nearest(
    rows: tuple[Sequence[Row], Sequence[Row]], version: Asked, higher: Sequence[tuple[str, str]]
) -> tuple[str, int]:
    """(the smallest of the higher versions with the fewest known flaws, how many); ("", 0) where none has fewer than now."""
    now = _flaws(rows, version)
    counted = ((_flaws(rows, keyed(text, key)), place) for place, (text, key) in enumerate(higher))
    left, place = min(counted, default=(now, 0))
    return (higher[place][0], left) if left < now else ("", 0)


def _flaws(rows: tuple[Sequence[Row], Sequence[Row]], version: Asked) -> int:
    """How many flaws hit a version. Groups are numbered anew in each project."""
    return sum(len({row[GROUP] for row in part if affected((row,), version)}) for part in rows)


def clearing(rows: Sequence[Row], version: Asked, known: Iterable[str] = ()) -> str:
    """The smallest version above this one, among the fixed versions of the project's advisories and those `known` to
    exist, that no live record hits; a final release before a pre-release. "" where there is none."""
    found = _clear(rows, version, (*_ends(rows), *((text, sort_key(text)) for text in known)))
    return next(found, "")


def _ends(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """The versions with which some flaw ends, with their sort keys."""
    named = {window[4]: window[1] for row in rows if not row[WITHDRAWN] for window in row[WINDOWS] if window[2] == FIXED}
    return tuple(named.items())


def _clear(rows: Sequence[Row], version: Asked, candidates: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """candidates: versions with their sort keys, which the windows of the records hold already."""
    yield from (text for text, key in _above(version, candidates) if not affected(rows, keyed(text, key)))


def _above(version: Asked, candidates: Iterable[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """The candidates above a version with their keys, ascending, final releases before all others."""
    if version.key is None:
        return []
    above = ((key, text) for text, key in candidates if key is not None and key > version.key)
    higher = sorted((not _final(key), key, text) for key, text in above if same_scheme(text, version.text))
    return [(text, key) for _, key, text in higher]


def same_scheme(one: str, other: str) -> bool:
    """Whether both versions are numbered by the year or neither is. Projects that gave up years (2014.2 before 7.0) have
    fixes that sort above all later releases and are no way to go."""
    return _by_year(one) == _by_year(other)


def _by_year(version: str) -> bool:
    first = version.partition(".")[0]
    return len(first) == 4 and first.startswith(("19", "20"))


def newer(version: str, releases: Iterable[Release], python: str) -> list[str]:
    """The releases above a version that can be installed on a Python, ascending; final ones alone."""
    fitting = [release for release in releases if not release.yanked and _runs_on(release.requires_python, python)]
    higher = _above(keyed(version, sort_key(version)), ((release.version, sort_key(release.version)) for release in fitting))
    return [text for text, key in higher if _final(key)]


def _held(version: str, parents: Iterable[tuple[str, str]]) -> tuple[Blocker, ...]:
    return tuple(
        Blocker(who, asked) for who, asked in parents if not any(admits(one, version) for one in asked.split(" || "))
    )


def _runs_on(specifier: str, python: str) -> bool:
    """Whether a release is for the oldest Python, "" if that is not known. A Python named by two numbers stands
    for its last release too: `!=3.9.0,>=3.9` is for 3.9."""
    return admits(specifier, python) or (python.count(".") == 1 and admits(specifier, f"{python}.{_LAST_PATCH}"))


def admits(specifier: str, version: str) -> bool:
    """Whether a specifier allows a version; one that cannot be read rules nothing out."""
    if not specifier or not version:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True


def way_out(records: Iterable[Advisory], version: Asked, fix: Fix) -> Way:
    """How a flaw ends, by the records that hit a version. fix: the version to move to, for all flaws of the project."""
    key = version.public or version.key or ""
    held = [
        (high, ends, last)
        for record in records
        for _, high, ends, _, last in record.windows
        if not high or high >= key  # those below it end before the version
    ]
    fixed = {high: last for high, ends, last in held if ends == FIXED}
    if fixed:
        return Way(tuple([fixed[high] for high in sorted(fixed)]), "", fix)
    listed = {high: last for high, ends, last in held if ends == LAST_AFFECTED}
    if listed and all(ends != OPEN for _, ends, _ in held):
        return Way((), listed[max(listed)], fix)
    return Way((), "", fix)


def _final(key: str) -> bool:
    """Neither a pre-release nor a dev-release."""
    return "!~" in key and key.partition("+")[0].endswith("~")
