"""What is remarkable about a release: the facts that rules may look at, from the index's pages and the lock. Pure.

The index knows all of it on the day of the release, before any advisory; see `registry` for how it is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from mlsupply.evidence.index_pages import IndexFile, Project
from mlsupply.evidence.provenance import Provenance, Publisher, Standing
from mlsupply.evidence.registry import Seen
from mlsupply.evidence.release_facet import ReleaseFacet, moment
from mlsupply.model import Package
from mlsupply.named import NamedTuple

DAY = 86_400.0
LATE = 1.0  # days after the first file of a release from which another one is said to be late
_COMPARED = 5  # earlier releases whose kinds of files and provenance are compared
_ENOUGH = 3  # of them, before something is called a habit
_ONE_AT_A_TIME = threading.Lock()  # versions fill in their parts when first asked, and are shared through a cache
_LISTED = 20  # file names kept of one fact


class Release(NamedTuple):
    """A version of a project with its files. at: time of the first one, None unknown."""

    version: str
    files: tuple[IndexFile, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A release among those of its project. this: None where the index does not list it; earlier: releases of a lower
    version, the nearest first; before: releases uploaded before it, the newest first."""

    this: Release | None
    earlier: tuple[Release, ...] = ()
    before: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What is known of a release beside the pages of its project.

    provenance, provenance_before: of a file of this release, and of the nearest release before that is attested; None where
    there is none or it is not known.
    before_open: the second could not be found out.
    links: the project's own URLs, None where they are not known.
    owners, owners_before: now, and others that an earlier run saw; None where they are not known.
    exempt: see the facet.
    """

    provenance: Provenance | None = None
    provenance_before: Provenance | None = None
    before_open: bool = False
    links: tuple[str, ...] | None = None
    owners: tuple[str, ...] | None = None
    owners_before: tuple[str, ...] | None = None
    exempt: bool = False


def release_facet(package: Package, index: str, seen: Seen, history: History, particulars: Particulars) -> ReleaseFacet:
    """The facts of a release whose project the index knows."""
    project, this = seen.project, history.this
    base: dict[str, object] = {
        "index": index,
        "version": package.version,
        "listed": this is not None,
        "project_listed": True,
        "status": project.status if "status" in project.offers else None,
        "status_reason": project.status_reason,
        "exempt": particulars.exempt,
        **_owners(particulars),
    }
    if this is None:
        return ReleaseFacet(**base)  # type: ignore[arg-type]  # the keys are the facet's fields, held by the tests
    found = (
        base | _times(project, history) | _files(project, history) | _lock(package, this) | _provenance(history, particulars)
    )
    yanked = [file.yanked for file in this.files if file.yanked is not None]
    found |= {"yanked": len(yanked) == len(this.files), "yanked_reason": next((reason for reason in yanked if reason), "")}
    return ReleaseFacet(**found)  # type: ignore[arg-type]  # as above


def history_of(project: Project, version: str) -> History:
    """The release and those before it."""
    with _ONE_AT_A_TIME:
        return _history_of(project, version)


def _history_of(project: Project, version: str) -> History:
    grouped: dict[str, list[IndexFile]] = {}
    for file in project.files:
        if file.version:
            grouped.setdefault(plain(file.version), []).append(file)
    releases = {version: _release(version, files) for version, files in grouped.items()}
    this = releases.get(plain(version))
    if this is None:
        return History(this=None)
    number = _number(this.version)
    lower = [release for release in releases.values() if number and (other := _number(release.version)) and other < number]
    if number and not number.is_prerelease:
        lower = [release for release in lower if not _is_prerelease(release.version)] or lower
    lower.sort(key=lambda release: _number(release.version) or Version("0"), reverse=True)
    before = [release for release in releases.values() if this.at and release.at and release.at < this.at]
    before.sort(key=lambda release: release.at or datetime.min.replace(tzinfo=UTC), reverse=True)
    return History(this=this, earlier=tuple(lower), before=tuple(before))


@lru_cache(maxsize=100_000)
def plain(version: str) -> str:
    """A version as PEP 440 normalises it, or as it is."""
    number = _number(version)
    return str(number) if number else version


@lru_cache(maxsize=100_000)
def _number(version: str) -> Version | None:
    try:
        return Version(version[:100])
    except InvalidVersion:
        return None


def newest_release(project: Project, specifier: str) -> tuple[str, bool]:
    """(the newest final release within a PEP 440 specifier that is not yanked, whether it has source archives alone);
    ("", False) where there is none."""
    with _ONE_AT_A_TIME:
        return _newest_release(project, specifier)


def _newest_release(project: Project, specifier: str) -> tuple[str, bool]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(specifier)
    except InvalidSpecifier:
        return "", False
    kinds: dict[Version, set[str]] = {}
    for file in project.files:
        number = _number(file.version)
        if number and not number.is_prerelease and file.yanked is None:
            kinds.setdefault(number, set()).add(file.kind)
    newest = max((number for number in kinds if number in allowed), default=None)
    return (str(newest), "wheel" not in kinds[newest]) if newest else ("", False)


def newer_as_source(project: Project, version: str, specifiers: Sequence[str] = ()) -> str:
    """The newest final release above `version` where all of those have source archives alone, "" where there is none or
    some has a wheel (then something else kept the version down). specifiers: PEP 440, what is known to be asked for."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    with _ONE_AT_A_TIME:
        this = _number(version)
        try:
            allowed = SpecifierSet(",".join(specifier for specifier in specifiers if specifier))
        except InvalidSpecifier:
            return ""
        kinds: dict[Version, set[str]] = {}
        for file in project.files:
            number = _number(file.version)
            if this and number and number > this and not number.is_prerelease and file.yanked is None and number in allowed:
                kinds.setdefault(number, set()).add(file.kind)
        return str(max(kinds)) if kinds and all(found == {"sdist"} for found in kinds.values()) else ""


def _is_prerelease(version: str) -> bool:
    number = _number(version)
    return number is None or number.is_prerelease


def _release(version: str, files: Sequence[IndexFile]) -> Release:
    first = min((file.uploaded for file in files if file.uploaded), default="")  # all in one form: their order is time's
    return Release(version, tuple(files), moment(first))


def _times(project: Project, history: History) -> dict[str, object]:
    this = history.this
    if this is None or this.at is None or "times" not in project.offers:
        return {}
    last = history.before[0].at if history.before else None
    late = {file.filename: (when - this.at).total_seconds() / DAY for file in this.files if (when := moment(file.uploaded))}
    names = sorted(name for name, days in late.items() if days >= LATE)
    return {
        "uploaded": this.at,
        "releases_before": len(history.before),
        "silence_days": round((this.at - last).total_seconds() / DAY, 2) if last else 0.0,
        "late_files": tuple(names[:_LISTED]),
        "late_days": round(max(late.values()), 2),
    }


def kind_of(file: IndexFile) -> str:
    """`sdist`, `pure wheel`, `native wheel` or `other`."""
    if file.kind != "wheel":
        return file.kind
    return "pure wheel" if file.filename.endswith("-none-any.whl") else "native wheel"


def _kinds(release: Release) -> frozenset[str]:
    return frozenset(kind_of(file) for file in release.files)


def _files(project: Project, history: History) -> dict[str, object]:
    this = history.this
    if this is None:
        return {}
    kinds, last = _kinds(this), [_kinds(release) for release in history.earlier[:_COMPARED]]
    habitual = len(last) >= _ENOUGH
    found: dict[str, object] = {
        "kinds": tuple(sorted(kinds)),
        "new_kinds": tuple(sorted(kinds - frozenset().union(*last))) if habitual else (),
        "lost_kinds": tuple(sorted(frozenset.intersection(*last) - kinds)) if habitual else (),
    }
    if "sizes" in project.offers:
        growth, size, before = _growth(this, history.earlier[0]) if history.earlier else (1.0, 0, 0)
        found |= {"growth": round(growth, 2), "size": size, "size_before": before}
    return found


def _growth(this: Release, before: Release) -> tuple[float, int, int]:
    """(ratio, bytes now, bytes before) of the kind of file that grew most, by the largest of each kind."""
    now, then = _largest(this), _largest(before)
    pairs = [(now[kind] / then[kind], now[kind], then[kind]) for kind in now if then.get(kind)]
    return max(pairs, default=(1.0, 0, 0))


def _largest(release: Release) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for file in release.files:
        if file.size >= 0:
            sizes[kind_of(file)] = max(sizes.get(kind_of(file), 0), file.size)
    return sizes


def _lock(package: Package, this: Release) -> dict[str, object]:
    """What the lock says of files against what the index says of them."""
    there = {file.filename: file for file in this.files}
    digests = {file.sha256 for file in this.files}
    missing, changed, loose = [], [], []
    for artifact in package.artifacts:
        locked = dict(artifact.hashes).get("sha256", "")
        file = there.get(artifact.filename)
        if file is not None:
            if locked and file.sha256 and locked != file.sha256:
                changed.append(artifact.filename)
        elif artifact.filename and artifact.kind != "other":
            missing.append(artifact.filename)
        elif locked and "" not in digests and locked not in digests:
            loose.append(locked)
    return {
        "missing_files": tuple(missing[:_LISTED]),
        "changed_files": tuple(changed[:_LISTED]),
        "missing_hashes": tuple(loose[:_LISTED]),
    }


def attested(release: Release) -> bool | None:
    """Whether any file of the release has provenance; None where the index does not tell."""
    said = {file.attested for file in release.files}
    return True if True in said else None if None in said else False


def attested_before(history: History) -> Release | None:
    """The nearest release of a lower version that has provenance."""
    return next((release for release in history.earlier if attested(release)), None)


def _provenance(history: History, particulars: Particulars) -> dict[str, object]:
    this = history.this
    if this is None:
        return {}
    now = attested(this)
    said = [attested(release) for release in history.earlier[:_COMPARED]]
    before = True if True in said else None if None in (said or [now]) else False
    found: dict[str, object] = {"attested": now, "attested_before": before}
    if now is None:
        return found
    found["unattested_files"] = _unattested(this, attested_before(history)) if now else ()
    if before is not None and not attested_before(history):
        found |= {"provenance_before": Standing.NONE, "publisher_before": ""}
    elif other := particulars.provenance_before:
        found |= {"provenance_before": other.standing, "publisher_before": str(other.publisher)}
    return found | (_publisher(particulars) if now else _NO_PUBLISHER)


_NO_PUBLISHER: dict[str, object] = {  # where there is none, it is not another one
    "provenance": Standing.NONE,
    "provenance_refused": False,
    "publisher": "",
    "publisher_changed": False,
    "publisher_elsewhere": False,
}


def _publisher(particulars: Particulars) -> dict[str, object]:
    """Who published an attested release, and whether that was verified; nothing where no publisher is named."""
    one, other = particulars.provenance, particulars.provenance_before
    if one is None:
        return {}
    return {
        "provenance": one.standing,
        "provenance_file": one.filename,
        "provenance_why": one.why,
        "provenance_refused": None if one.open else one.standing is Standing.REFUSED,
        "publisher": str(one.publisher),
        "publisher_changed": None
        if particulars.before_open
        else other is not None and one.publisher.identity != other.publisher.identity,
        "publisher_elsewhere": _elsewhere(one.publisher, particulars.links),
    }


def _unattested(this: Release, before: Release | None) -> tuple[str, ...]:
    """Files without provenance beside others that have it, where the release before had it for all."""
    if before is None or not all(file.attested for file in before.files):
        return ()
    return tuple(sorted(file.filename for file in this.files if file.attested is False))[:_LISTED]


def _elsewhere(publisher: Publisher, links: tuple[str, ...] | None) -> bool | None:
    """Whether the project's links name repositories, and none of them is the publisher's; None where links are unknown."""
    if not publisher.repository:
        return False
    if links is None:
        return None
    wanted = publisher.repository.lower().removesuffix(".git")
    repositories = [repository for link in links if (repository := repository_of(link))]
    return bool(repositories) and wanted not in repositories


def repository_of(link: str) -> str:
    """`owner/name` in lower case where the address is of a repository on GitHub or GitLab, otherwise ""."""
    host, _, path = link.lower().partition("://")[2].partition("/")
    if host.removeprefix("www.") not in {"github.com", "gitlab.com"}:
        return ""
    return "/".join(path.partition("#")[0].partition("?")[0].split("/")[:2]).removesuffix(".git")


def _owners(particulars: Particulars) -> dict[str, object]:
    """Against an earlier run. Where there was none, nothing can have changed since."""
    if particulars.owners is None:
        return {}
    now = set(particulars.owners)
    before = now if particulars.owners_before is None else set(particulars.owners_before)
    return {"owners_added": tuple(sorted(now - before)), "owners_removed": tuple(sorted(before - now))}
