"""The check `known-bad`: hijacked releases and projects made to harm, by name and version, by the hash of a file, by
its name or path on the index and by the address of a repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlsupply.advisories.feeds import at_hand
from mlsupply.advisories.file_names import foreign
from mlsupply.advisories.fixes import clearing
from mlsupply.advisories.groups import display_order
from mlsupply.advisories.incident_records import AS_OF, Incident, IncidentIndex, address, incident, index
from mlsupply.advisories.matching import asked, hits
from mlsupply.advisories.tags import release_of
from mlsupply.advisories.versions import is_version
from mlsupply.lazy import expression
from mlsupply.model import (
    AdvisoryRef,
    Checked,
    Confidence,
    DataSource,
    Finding,
    Gap,
    Kind,
    Package,
    Reason,
    Requirement,
    Severity,
    SourceKind,
)
from mlsupply.named import NamedTuple
from mlsupply.project import OWN_CODE, Project
from mlsupply.request import Request
from mlsupply.world import World

CHECK = "known-bad"
MALICIOUS, PURPOSE_BUILT = "malicious", "purpose-built"
# an index keeps files under their BLAKE2b-256 digest: /packages/ab/cd/<60 hex digits>/name.whl
_INDEX_PATH = expression(r"/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{60})/")
_END = 60  # hex digits of the last folder of such a path


class Sighting(NamedTuple):
    """One incident seen in a package. how: as in `AdvisoryRef.matched_on`; what: the file or address, in words."""

    incident: str
    how: str
    what: str = ""


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """One `Checked` a package, from the record of incidents the package carries."""
    del request
    known = index()
    yield DataSource("mlsupply incident record", AS_OF, len(known.briefs))
    for package in project.packages:
        yield Checked(
            check=CHECK,
            package=package,
            findings=findings_of(package, known, world),
            gaps=_unpinned(package, known, project.requirements),
        )


def findings_of(package: Package, known: IncidentIndex, world: World) -> tuple[Finding, ...]:
    """A finding for each incident the package belongs to."""
    seen = sightings(package, known)
    return tuple(found for sighting in seen if (found := _finding(package, sighting, world)))


def sightings(package: Package, known: IncidentIndex) -> list[Sighting]:
    """The incidents a package belongs to, each once; a file says more than a version, a version more than a name."""
    found = [*_by_file(package, known), *_by_address(package, known)]
    if package.name in known.releases:
        found += _by_name(package, known)
    for file in foreign(package):  # what is installed is the file, whatever the lock calls it
        found += [seen._replace(what=file.filename) for seen in _named(file.name, file.version, known, "file name")]
    seen: dict[str, Sighting] = {}
    for sighting in found:
        seen.setdefault(sighting.incident, sighting)
    return list(seen.values())


def _by_file(package: Package, known: IncidentIndex) -> Iterator[Sighting]:
    digests, ends = known.digests, known.ends_of_paths
    for artifact in package.artifacts:
        for _, digest in artifact.hashes:  # thousands in a lock file: one look-up each, no call
            if digest in digests:
                identifier, of = digests[digest]
                yield Sighting(identifier, "file hash", artifact.filename or of)
        if not artifact.url:
            continue
        folder = artifact.url.rpartition("/")[0].rpartition("/")[2]
        if folder not in ends and len(folder) == _END:
            continue  # as nearly every URL of a lock
        if entry := known.of_digest(_path_digest(artifact.url)):
            yield Sighting(entry[0], "index path", artifact.filename or entry[1])


def _path_digest(url: str) -> str:
    """The digest under which an index keeps a file, "" where its URL tells none. Nearly every URL of a lock ends in it."""
    parts = url.rsplit("/", 4)[1:4]
    if list(map(len, parts)) == [2, 2, 60]:
        return "".join(parts)
    path = _INDEX_PATH.search(url)
    return "".join(path.groups()) if path else ""


def _by_address(package: Package, known: IncidentIndex) -> Iterator[Sighting]:
    source = package.source
    if source.kind in {SourceKind.GIT, SourceKind.URL} and (found := known.repositories.get(address(source.url))):
        yield Sighting(found, "repository", source.url)


def _by_name(package: Package, known: IncidentIndex) -> Iterator[Sighting]:
    if package.coordinate.ecosystem == "pypi" and package.source.kind not in OWN_CODE:
        yield from _named(package.name, package.version, known, "version")


def _named(name: str, version: str, known: IncidentIndex, how: str) -> Iterator[Sighting]:
    """The incidents a release belongs to, or a project made to harm; how: where the release itself is recorded."""
    named = known.releases.get(name, ())
    exact = known.of_release(name, version) if named else ()
    for identifier in named:
        if identifier in exact:
            yield Sighting(identifier, how)
        elif known.brief(identifier).kind == PURPOSE_BUILT:
            yield Sighting(identifier, "name")


def _unpinned(package: Package, known: IncidentIndex, requirements: Iterable[Requirement]) -> tuple[Gap, ...]:
    if package.version or package.coordinate.ecosystem != "pypi" or package.source.kind in OWN_CODE:
        return ()
    named = known.releases.get(package.name, {})
    hijacked = {identifier: brief for identifier in named if (brief := known.brief(identifier)).kind != PURPOSE_BUILT}
    if not hijacked or not _admits(package, requirements, [bad for identifier in hijacked for bad in named[identifier]]):
        return ()
    title = next(iter(hijacked.values())).title
    detail = f"some releases of {package.name} are malicious ({title}) and no version is pinned"
    if (release := release_of(package.source)) and known.of_release(package.name, release):
        detail = f"{detail}; it is taken from what is named after {release}, which is one of them"
    return (
        Gap(subject=package.name, check=CHECK, reason=Reason.UNPINNED, detail=detail, hint="lock it to a clean version"),
    )


def _admits(package: Package, requirements: Iterable[Requirement], releases: Sequence[str]) -> bool:
    """Whether a package that has no version may be one of the releases: not where all that ask for it rule these out."""
    asked = [one for one in requirements if one.name == package.name and not one.constraint]
    if not asked or not all(one.specifier and one.source.kind is SourceKind.REGISTRY for one in asked):
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = [SpecifierSet(one.specifier, prereleases=True) for one in asked]
    except InvalidSpecifier:
        return True
    return any(not is_version(bad) or one.contains(bad) for one in allowed for bad in releases)


def _finding(package: Package, seen: Sighting, world: World) -> Finding | None:
    record = incident(seen.incident)
    if record is None:
        return None
    sure = record.verdict == MALICIOUS and seen.how != "name"
    ids = _ids(package, record)
    return Finding(
        id=ids[0],
        check=CHECK,
        kind=Kind.MALICIOUS if sure else Kind.NAME,
        title=record.title,
        message=_message(package, seen, record),
        severity=Severity.CRITICAL if sure else Severity.HIGH,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        package=package.coordinate,
        places=package.places,
        advisory=AdvisoryRef(
            id=ids[0],
            aliases=tuple(ids[1:]),
            matched_on=seen.how,
            sources=("mlsupply incident record",),
            window=_window(package, record),
            notes=tuple(f"sources disagree: {conflict}" for conflict in record.conflicts),
        ),
        remedy=_remedy(package, seen, record, world),
        references=tuple(source for source in record.sources if source.startswith("https://")),
    )


def _window(package: Package, record: Incident) -> tuple[str, str] | None:
    """When this release could be had, as far as the record tells."""
    opened = record.opened(package.version)
    return (opened, record.window.closed) if opened or record.window.closed else None


def _ids(package: Package, record: Incident) -> list[str]:
    """The id to show first, then the others. An incident of several projects goes by its own id: the ids of its advisories
    belong to one project each."""
    alone = tuple(record.affected) == (package.name,)
    return [*display_order(record.advisory_ids), record.id] if alone else [record.id]


def _message(package: Package, seen: Sighting, record: Incident) -> str:
    what = {
        "file hash": f"The file {seen.what} locked for {package.coordinate} is known to be malicious, by its hash",
        "index path": f"The file {seen.what} locked for {package.coordinate} is known to be malicious, by its index path",
        "file name": f"{package.coordinate} is locked to {seen.what}, a file of a known malicious release",
        "repository": f"{package.name} comes from {seen.what}, an address of a known attack",
        "version": f"{package.coordinate} is a known malicious release",
        "name": f"{package.name} was published to do harm; {package.version or 'this release'} is not among those recorded",
    }[seen.how]
    if seen.how == "name" and seen.what:
        what = f"{package.coordinate} is locked to {seen.what}, a file of a project that was published to do harm"
    if record.verdict != MALICIOUS and seen.how == "version":
        what = f"{package.coordinate} was found suspicious by analysts"
    elif record.verdict != MALICIOUS and seen.how == "file name":
        what = f"{package.coordinate} is locked to {seen.what}, a file of a release that analysts found suspicious"
    trigger = record.set_off_by(package.version) if seen.how != "file name" else ""
    return f"{what} ({record.id}){f'; it runs on {trigger}' if trigger else ''}."


def _remedy(package: Package, seen: Sighting, record: Incident, world: World) -> str:
    stolen = "treat every credential the machine that installed or ran it could read as stolen: rotate them."
    gone = record.kind == PURPOSE_BUILT or seen.how == "repository"
    move = f"Remove {package.name}" if gone else _move(package, record, world)
    if seen.how == "file name" or (seen.how == "name" and seen.what):
        move = f"Find out who put {seen.what} into the lock and lock {package.name} again with a clean cache"
    return f"{move}, look for what it left behind (`mlsupply explain {record.id}`), and {stolen}"


def _move(package: Package, record: Incident, world: World) -> str:
    """The way to a clean release: back, unless the older release has a known flaw; otherwise forward."""
    rows = at_hand([package.name], world).rows.get(package.name, [])
    earlier, later = record.safe.get("before", ""), record.safe.get("after", "")
    flaws = hits(rows, asked(earlier)) if earlier else []
    forward = clearing(rows, asked(package.version), [later] if later else [])
    if earlier and not flaws:
        return f"Go back to {earlier}" + (f" or on to {forward}" if forward else "")
    if earlier and forward:
        others = f" and {len(flaws) - 1} more" if len(flaws) > 1 else ""
        return f"Move on to {forward} ({earlier}, the last release before, is affected by {flaws[0].ids[0]}{others})"
    return f"Move on to {forward}" if forward else f"Move to a release of {package.name} that is not listed"
