"""An archive held against the release before it: a hijack is a difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlsupply.evidence.archives import CHECK
from mlsupply.evidence.download import fetched
from mlsupply.evidence.facets import Moment
from mlsupply.evidence.index_pages import IndexFile
from mlsupply.evidence.package import PackageFacts, look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.evidence.registry import Registry, secret_for
from mlsupply.model import Artifact, Gap, Package, Reason
from mlsupply.request import Request
from mlsupply.world import PUBLIC_INDEX, Failure, World

_GREW = 3.0  # times
_GREW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFact:
    """What this release has and the one before has not.

    kind: new-start-hook, new-behaviour, earlier-behaviour, new-program, new-language, grew, backend-changed; behaviour and
    moment: of the code that is new or runs earlier; before: version compared with; detail: one phrase; growth: times.
    """

    kind: str
    member: str = ""
    behaviour: str = ""
    moment: Moment = Moment.CALL
    before: str = ""
    detail: str = ""
    growth: float = 1.0


def previous(package: Package, world: World, request: Request, pool: Pool) -> PackageFacts | Gap:
    """Facts of the release before this one, of the same kind of file; or why there are none."""
    found = previous_file(package.name, package.version, world, request)
    if isinstance(found, Gap):
        return found
    got = fetched(as_artifact(found), world)
    if isinstance(got, Failure):
        return _gap(package, got.reason, f"{found.filename}: {got.detail}")
    return replace(look_inside(got, pool, world.cache / "contents", found.filename), subject=found.version)


def as_artifact(file: IndexFile) -> Artifact:
    """What an index shows, as something that can be fetched by digest."""
    return Artifact(file.filename, file.kind, file.url, file.size, (("sha256", file.sha256),) if file.sha256 else ())


def previous_file(name: str, version: str, world: World, request: Request) -> IndexFile | Gap:
    """The file of the newest release below `version`, not counting yanked ones and pre-releases unless there is nothing
    else."""
    from packaging.version import InvalidVersion, Version

    url = request.index_url or PUBLIC_INDEX
    seen = Registry(url, world, secret_for(url, (), world.environ)).about(name, version)
    if isinstance(seen, Failure):
        return _named_gap(f"{name} {version}", seen.reason, f"the release before it was not found: {seen.detail}")
    by_version: dict[Version, list[IndexFile]] = {}
    try:
        this = Version(version)
    except InvalidVersion:
        return _named_gap(f"{name} {version}", Reason.UNSUPPORTED, "the version is not one of PEP 440")
    for file in seen.project.files:
        try:
            number = Version(file.version)
        except InvalidVersion:
            continue
        if number < this and file.sha256 and file.kind in {"wheel", "sdist"} and file.yanked is None:
            by_version.setdefault(number, []).append(file)
    stable = [number for number in by_version if not number.is_prerelease] or list(by_version)
    if not stable:
        return _named_gap(f"{name} {version}", Reason.NOT_FOUND, "there is no release before it to compare with")
    from mlsupply.evidence.contents import best

    files = {file.filename: file for file in by_version[max(stable)]}
    chosen = best(as_artifact(file) for file in files.values())
    return files[chosen.filename] if chosen else next(iter(files.values()))


def _gap(package: Package, reason: Reason, detail: str) -> Gap:
    return _named_gap(str(package.coordinate), reason, detail)


def _named_gap(subject: str, reason: Reason, detail: str) -> Gap:
    return Gap(subject=subject, check=CHECK, reason=reason, detail=f"not compared with the release before: {detail}")


def compared(now: PackageFacts, before: PackageFacts) -> Iterator[ChangeFact]:
    """All differences that could matter."""
    known: dict[str, int] = {}
    for fact in before.code:
        known[fact.behaviour] = max(known.get(fact.behaviour, -1), fact.moment.rank)
    seen: set[tuple[str, str]] = set()
    for fact in now.code:
        rank = known.get(fact.behaviour, -1)
        if fact.moment.rank <= max(rank, Moment.CALL.rank) or (fact.behaviour, fact.member) in seen:
            continue
        seen.add((fact.behaviour, fact.member))
        kind = "new-start-hook" if fact.behaviour == "start-hook" else "new-behaviour" if rank < 0 else "earlier-behaviour"
        yield ChangeFact(
            kind=kind,
            member=fact.member,
            behaviour=fact.behaviour,
            moment=fact.moment,
            before=before.subject,
            detail=fact.detail,
        )
    old_programs = {fact.member for fact in before.archive if fact.kind == "executable-out-of-place"}
    for odd in now.archive:
        if odd.kind == "executable-out-of-place" and odd.member not in old_programs:
            yield ChangeFact(kind="new-program", member=odd.member, before=before.subject, detail=odd.detail)
    yield from _sizes(now, before)


def _sizes(now: PackageFacts, before: PackageFacts) -> Iterator[ChangeFact]:
    size, old = (sum(size for _, size in facts.members) for facts in (now, before))
    if old and size > old * _GREW and size - old > _GREW_BYTES:
        growth = round(size / old, 1)
        yield ChangeFact(kind="grew", before=before.subject, growth=growth, detail=f"{old:,} to {size:,} bytes")
    old_names = {path for path, _ in before.members}
    had = any(path.endswith((".js", ".mjs", ".cjs")) for path in old_names)
    for path, length in now.members:
        if path.endswith((".js", ".mjs", ".cjs")) and length > 256 << 10 and not had:
            yield ChangeFact(
                kind="new-language", member=path, before=before.subject, detail=f"{length:,} bytes of JavaScript"
            )
            return
