"""An archive compared with the release before it: a hijack is a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mlsupply.advisories.versions import same_version
from mlsupply.evidence.archives import CHECK
from mlsupply.evidence.facets import Moment
from mlsupply.evidence.index_pages import IndexFile
from mlsupply.evidence.package import PackageFacts, look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.evidence.served import Served, as_artifact, best
from mlsupply.lazy import expression
from mlsupply.model import Gap, Package, Reason
from mlsupply.world import Failure

_PROGRAMS = frozenset({"executable-out-of-place", "executable-beside"})
_GREW = 3.0  # times
_GREW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFact:
    """Something this release has and the one before it does not. kind: new-start-hook, new-behaviour, earlier-behaviour,
    new-program, new-language, grew, backend-changed (to one in the tree); for two files of one release: wheel-only,
    source-only; behaviour and moment: those of the code that is new or runs earlier; before: version or file it was compared
    with; detail: one phrase; growth: how many times as large."""

    kind: str
    member: str = ""
    behaviour: str = ""
    moment: Moment = Moment.CALL
    before: str = ""
    detail: str = ""
    growth: float = 1.0


def previous(package: Package, served: Served, pool: Pool, kind: str = "") -> PackageFacts | Gap:
    """Facts of the release before this one, or why there are none. kind: the file that is preferred, `wheel` or `sdist`."""
    files = served.files(package)
    if isinstance(files, Failure):
        return _gap(package, files.reason, f"the release before it was not found: {files.detail}")
    found = _newest_before(package, files, kind)
    if isinstance(found, Gap):
        return found
    got = served.fetched(as_artifact(found), package)
    if isinstance(got, Failure):
        return _gap(package, got.reason, f"{found.filename}: {got.detail}")
    return replace(look_inside(got, pool, served.world.cache / "contents", found.filename), subject=found.version)


def beside(package: Package, served: Served, pool: Pool, kind: str) -> PackageFacts | Gap | None:
    """Facts of the other file of this release: of the source archive beside a `wheel`, of the best wheel beside an
    `sdist`. None where the release has no other."""
    files = served.files(package)
    if isinstance(files, Failure):
        return _gap(package, files.reason, f"the other file of the release was not found: {files.detail}")
    wanted = "sdist" if kind == "wheel" else "wheel"
    others = [file for file in files if file.kind == wanted and same_version(file.version, package.version)]
    chosen = best(as_artifact(file) for file in others)
    if chosen is None:
        return None
    got = served.fetched(chosen, package)
    if isinstance(got, Failure):
        return _gap(package, got.reason, f"{chosen.filename}: {got.detail}")
    return look_inside(got, pool, served.world.cache / "contents", chosen.filename)


def _newest_before(package: Package, files: Iterable[IndexFile], kind: str) -> IndexFile | Gap:
    """The file of the newest release below this one, not counting yanked ones and pre-releases unless there is nothing
    else; of this kind where it has one."""
    from packaging.version import InvalidVersion, Version

    by_version: dict[Version, list[IndexFile]] = {}
    try:
        this = Version(package.version)
    except InvalidVersion:
        return _gap(package, Reason.UNSUPPORTED, "the version is not a PEP 440 version")
    for file in files:
        try:
            number = Version(file.version)
        except InvalidVersion:
            continue
        if number < this and file.sha256 and file.kind in {"wheel", "sdist"} and file.yanked is None:
            by_version.setdefault(number, []).append(file)
    stable = [number for number in by_version if not number.is_prerelease] or list(by_version)
    if not stable:
        return _gap(package, Reason.NOT_FOUND, "there is no release before it to compare with")
    newest = by_version[max(stable)]
    named = {file.filename: file for file in [file for file in newest if file.kind == kind] or newest}
    chosen = best(as_artifact(file) for file in named.values())
    return named[chosen.filename] if chosen else next(iter(named.values()))


def _gap(package: Package, reason: Reason, detail: str) -> Gap:
    said = f"not compared with the release before: {detail}"
    return Gap(subject=str(package.coordinate), check=CHECK, reason=reason, detail=said)


def compared(now: PackageFacts, before: PackageFacts) -> Iterator[ChangeFact]:
    """All differences that could matter."""
    earliest: dict[str, int] = {}
    for fact in before.code:
        earliest[fact.behaviour] = max(earliest.get(fact.behaviour, -1), fact.moment.rank)
    seen: set[tuple[str, str]] = set()
    for fact in now.code:
        rank = earliest.get(fact.behaviour, -1)
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
    old_programs = {fact.member for fact in before.archive if fact.kind in _PROGRAMS}
    for odd in now.archive:
        if odd.kind in _PROGRAMS and odd.member not in old_programs:
            yield ChangeFact(kind="new-program", member=odd.member, before=before.subject, detail=odd.detail)
    if now.backend != before.backend and " in " in now.backend and before.backend:
        yield ChangeFact(kind="backend-changed", before=before.subject, detail=f"{before.backend} to {now.backend}")
    yield from _sizes(now, before)


_EARLY = (Moment.START, Moment.IMPORT)
_ORDINARY = frozenset({"contacts", "runs-command", "executes", "installs-package", "evades", "bidi"})


# Folders beside the package with what its authors work with: nothing of them is installed.
_WORKSHOP = expression(
    r"[^/]+/(?:\.?(?:tests?|tools?|scripts?|maint|dev|devtools|ci|github|circleci|bench(?:marks?)?|docs?|examples?|samples?|notebooks?|hack))/"
)


def between(now: PackageFacts, other: PackageFacts, before: PackageFacts | None = None) -> Iterator[ChangeFact]:
    """What one file of a release does unasked and the other does not, although both come from one tree. (It is normal for a
    source archive to ask the network and start programs while it is built.) before: the release before `now`; a `.pth` that
    it had too is written by the build of the wheel, but what its lines do is compared all the same."""
    hooks = {fact.member for fact in before.code if fact.behaviour == "start-hook"} if before else set()
    for one, two, kind in ((now, other, "here"), (other, now, "there")):
        wheel = one.kind == "wheel"
        theirs = {(fact.behaviour, fact.moment) for fact in two.code if fact.moment in _EARLY}
        done: set[tuple[str, str]] = set()
        for fact in one.code:
            early = fact.moment in _EARLY or (fact.moment is Moment.INSTALL and fact.behaviour not in _ORDINARY)
            if not early or (fact.behaviour, fact.moment) in theirs or (fact.behaviour, fact.member) in done:
                continue
            if wheel and fact.behaviour == "start-hook" and fact.member in hooks:
                continue
            if not wheel and fact.moment is not Moment.INSTALL and _WORKSHOP.match(fact.member):
                continue
            done.add((fact.behaviour, fact.member))
            yield ChangeFact(
                kind="wheel-only" if wheel else "source-only",
                member=fact.member if kind == "here" else f"{one.subject}: {fact.member}",
                behaviour=fact.behaviour,
                moment=fact.moment,
                before=two.subject,
                detail=fact.detail,
            )


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
