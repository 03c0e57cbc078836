"""The check `contents`: what is inside the archives that would be installed.

By default what is local is looked at: archives and folders that are inputs themselves, and archives fetched before. With
`all` every package's archive is fetched, by the digest its lock names. What was not looked at is one gap for the run.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path

from mlsupply.evidence.contents_check import CHECK, NOT_OPENED, SKIPPED, SUFFIXES
from mlsupply.evidence.download import WrongDigest
from mlsupply.evidence.facets import ArchiveFact
from mlsupply.evidence.package import PackageFacts, look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import Checked, DataSource, Gap, Package, PackageKey, Place, Quote, Reason
from mlsupply.named import NamedTuple
from mlsupply.project import OWN_CODE, Project, installed_at
from mlsupply.request import Request
from mlsupply.ruleset import Fact, Rules, load
from mlsupply.text import safe
from mlsupply.world import Failure, World

if TYPE_CHECKING:
    from concurrent.futures import Future

    from mlsupply.evidence.installed import Installed
    from mlsupply.evidence.served import Served  # what fetches archives is imported where some may have to be


_AHEAD = 2  # archives in memory at once
_EGG = (".egg-info", ".egg-info/PKG-INFO", "EGG-INFO/PKG-INFO")


class _Found(NamedTuple):
    """An archive on disk and how to call it."""

    path: Path
    subject: str


def archives_judged(project: Project, request: Request, world: World, mode: str) -> Iterator[Checked | DataSource]:
    """One `Checked` a package, of the archives at hand or (mode `changed`, `all`) fetched. While the files of one archive
    are analysed the next ones are fetched and walked."""
    from concurrent.futures import ThreadPoolExecutor

    from mlsupply.evidence.installed import looked_into
    from mlsupply.evidence.served import Served
    from mlsupply.evidence.starting import starting

    rules = load(request.rules, world.now())
    served = Served(request, world, project.indexes)
    end = time.monotonic() + world.limits.contents_seconds
    with Pool(world.jobs) as pool, ThreadPoolExecutor(_AHEAD) as threads:

        def begin(package: Package) -> Future[_Looked]:
            return threads.submit(_looked, package, served, mode, pool, end)

        packages = iter(project.packages)
        read: dict[PackageKey, frozenset[str]] = {}  # of installed packages the files that were looked at
        begun = deque((package, begin(package)) for package in islice(packages, _AHEAD))
        for place in range(len(project.packages)):
            world.say("looking inside archives", place, len(project.packages))
            package, looked = begun.popleft()
            found = looked.result()
            begun += [(following, begin(following)) for following in islice(packages, 1)]
            if found is not None and not isinstance(found, Failure) and installed_at(package):
                read[package.key] = frozenset(path for path, _ in found[0].members)
            yield _told(package, found, rules)
        done: set[Path] = set()
        for owner, what in starting(project, world):
            done |= {*what.files.values(), *(what.site / left.path for left in what.left)}
            yield _started(owner, what, read.get(owner.key) if owner else None, rules, pool, world)
        if mode == "local":
            return
        from mlsupply.evidence.unlisted import unlisted  # it needs all that looks into an archive

        for what in unlisted(project, world, done):
            yield judged(looked_into(what, str(what.site), pool, world.cache / "contents"), rules)


def _started(
    owner: Package | None, what: Installed, read: Collection[str] | None, rules: Rules, pool: Pool, world: World
) -> Checked:
    """What starts with Python, except what was looked at with the whole package. read: the files already looked at."""
    from mlsupply.evidence.installed import gaps_of, looked_into

    subject = str(owner.coordinate) if owner else str(what.site)
    if read is None or not what.files.keys() <= set(read):
        return judged(looked_into(what, subject, pool, world.cache / "contents"), rules, owner)
    gaps = (gap for gap in gaps_of(what, subject) if gap.reason is not Reason.LIMIT)
    return Checked(check=CHECK, package=owner, gaps=tuple(gaps))


class Other(NamedTuple):
    """What an archive is compared with, or why it is not; same_release: it is the other file of the same release rather than
    the release before."""

    facts: PackageFacts | Gap
    same_release: bool = False


_Looked = tuple[PackageFacts, tuple[Other, ...]] | Failure | None


def _looked(package: Package, served: Served, mode: str, pool: Pool, end: float) -> _Looked:
    """What is in the package's archive and (mode `changed`) the release before it; None where there is none to look at. end:
    of the time for all of them, on the monotonic clock."""
    from mlsupply.evidence.installed import installed, looked_into

    fetch, kept_facts = mode in {"all", "changed"}, served.world.cache / "contents"
    if installed_at(package):  # also of the project's own code: what an installer put there leads to it
        if not fetch:
            return None
        what = installed(package, served.world)
        if isinstance(what, Failure) or time.monotonic() > end:
            return what if isinstance(what, Failure) else _too_late(served.world)
        facts = looked_into(what, str(package.coordinate), pool, kept_facts)
    elif package.source.kind in OWN_CODE:
        return None
    elif fetch and any(place.file.endswith(_EGG) and not place.member for place in package.places):
        return Failure(Reason.UNSUPPORTED, "it was installed without RECORD, which would list its files")
    else:
        found = _archive(package, served, fetch=fetch)
        if not isinstance(found, _Found) or time.monotonic() > end:
            return _too_late(served.world) if isinstance(found, _Found) else found
        facts = look_inside(found.path, pool, kept_facts, found.subject)
    compares = mode == "changed" and package.source.kind not in OWN_CODE
    return facts, held_against(facts, package, served, pool) if compares else ()


def _too_late(world: World) -> Failure:
    seconds = world.limits.contents_seconds
    return Failure(Reason.LIMIT, f"those before it took {seconds:,.0f} s; what was seen of them is kept for the next run")


def _told(package: Package, looked: _Looked, rules: Rules) -> Checked:
    if looked is None:
        return Checked(check=CHECK, package=package, gaps=_skipped(package))
    if isinstance(looked, Failure):
        return _failed(looked, package, rules)
    return judged(looked[0], rules, package, looked[1])


def _skipped(package: Package) -> tuple[Gap, ...]:
    if installed_at(package):
        return (NOT_OPENED,)
    return () if package.source.kind in OWN_CODE else (SKIPPED,)


def held_against(facts: PackageFacts, package: Package, served: Served, pool: Pool) -> tuple[Other, ...]:
    """The release before, and the source archive beside the wheel or the reverse."""
    from mlsupply.evidence.compare import beside, previous

    other = beside(package, served, pool, facts.kind)
    before = Other(previous(package, served, pool, facts.kind))
    return (before,) if other is None else (before, Other(other, same_release=True))


def judged(facts: PackageFacts, rules: Rules, package: Package | None = None, others: Iterable[Other] = ()) -> Checked:
    """What the rules say about one archive. others: what it is compared with."""
    subject = "" if package is not None else facts.subject
    seen = [Fact(fact, places=(Place(facts.subject, member=fact.member),), subject=subject) for fact in facts.archive]
    for code in facts.code:
        place = Place(facts.subject, line=code.line, member=code.member)
        quotes = [Quote(code.decoded, "decoded", place)] if code.decoded else []
        quotes += [Quote(safe(" -> ".join(code.chain)), "chain", place)] if code.chain else []
        seen.append(Fact(code, places=(place,), quotes=tuple(quotes), subject=subject))
    gaps = list(facts.gaps)
    others = tuple(others)
    before = next((other for other, same in others if not same and not isinstance(other, Gap)), None)
    for other, same_release in others:
        if isinstance(other, Gap):
            gaps.append(other)
        else:
            from mlsupply.evidence.compare import between, compared

            changes = between(facts, other, before) if same_release else compared(facts, other)
            seen += [
                Fact(change, places=(Place(facts.subject, member=change.member),), subject=subject) for change in changes
            ]
    return rules.judge(CHECK, seen, package=package, gaps=gaps)


def _failed(failure: Failure, package: Package, rules: Rules) -> Checked:
    gap = Gap(
        subject=str(package.coordinate), check=CHECK, reason=failure.reason, detail=f"not looked into: {failure.detail}"
    )
    facts = []
    if isinstance(failure, WrongDigest):
        facts.append(Fact(ArchiveFact(kind="digest-differs", member="", detail=failure.detail), places=package.places))
    return rules.judge(CHECK, facts, package=package, gaps=(gap,))


def _archive(package: Package, served: Served, *, fetch: bool) -> _Found | Failure | None:
    """The package's archive: an input itself, one fetched before, or one fetched now."""
    from mlsupply.evidence.served import kept

    world = served.world
    for place in package.places:
        if place.file.lower().endswith(SUFFIXES) and world.tree.kind(place.file) == "file":
            return _Found(world.tree.on_disk(place.file), place.file)
    chosen = kept(package, world)
    if chosen is None:
        if not fetch:
            return None
        found = served.archive(package)
        if isinstance(found, Failure):
            return found
        chosen = found
    got = served.fetched(chosen, package)
    return got if isinstance(got, Failure) else _Found(got, chosen.filename or str(package.coordinate))
