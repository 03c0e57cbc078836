"""The check `release` with the network: asks the indexes, and has the rules judge what they say."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mlsupply.evidence.index_details import MOST_LINKS, Details
from mlsupply.evidence.provenance import Provenance, Standing
from mlsupply.evidence.registry import Owners, Registry, Seen, at_once, secret_for
from mlsupply.evidence.release import (
    History,
    Particulars,
    Release,
    attested,
    attested_before,
    history_of,
    newer_as_source,
    release_facet,
)
from mlsupply.evidence.release_check import CHECK, index_of, is_exempt, is_release, judged_by_lock, no_release
from mlsupply.evidence.release_facet import ReleaseFacet, offline_facet
from mlsupply.model import RESOLVED, Cause, Checked, DataSource, Gap, Package, PackageKey, Reason
from mlsupply.named import NamedTuple
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.ruleset import Fact, Rules, Unknown, load
from mlsupply.world import Failure, World

if TYPE_CHECKING:
    from mlsupply.evidence.attestations import Verifier

_YOUNG = timedelta(days=60)  # releases younger than this are held against the fixes of advisories
_OFFERED = {
    "status": ("status", "no project status (PEP 792)"),
    "uploaded": ("times", "no upload times"),
    "releases_before": ("times", "no upload times"),
    "silence_days": ("times", "no upload times"),
    "late_files": ("times", "no upload times"),
    "late_days": ("times", "no upload times"),
    "size": ("sizes", "no file sizes"),
    "size_before": ("sizes", "no file sizes"),
    "growth": ("sizes", "no file sizes"),
    "attested": ("provenance", "no provenance (PEP 740)"),
    "attested_before": ("provenance", "no provenance (PEP 740)"),
    "publisher": ("provenance", "no provenance (PEP 740)"),
    "publisher_before": ("provenance", "no provenance (PEP 740)"),
    "publisher_changed": ("provenance", "no provenance (PEP 740)"),
    "publisher_elsewhere": ("provenance", "no provenance (PEP 740)"),
    "unattested_files": ("provenance", "no provenance (PEP 740)"),
    "provenance": ("provenance", "no provenance (PEP 740)"),
    "provenance_before": ("provenance", "no provenance (PEP 740)"),
    "provenance_refused": ("provenance", "no provenance (PEP 740)"),
}
_OF_A_PUBLISHER = ("publisher", "publisher_changed", "publisher_elsewhere", "provenance", "provenance_refused")


@dataclass(slots=True, kw_only=True)
class _Run:
    """What the packages of a run share; asked from several threads once its indexes are known."""

    request: Request
    world: World
    rules: Rules
    project: Project
    registries: dict[str, Registry] = field(default_factory=dict)
    chosen: frozenset[PackageKey] = frozenset()  # packages whose version this run chose
    standings: Counter[tuple[str, Standing]] = field(default_factory=Counter)
    _verifier: Verifier | Failure | None = None
    _looked_for_one: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def registry(self, package: Package) -> Registry:
        url = index_of(package, self.request)
        if url not in self.registries:
            self.registries[url] = Registry(url, self.world, secret_for(url, self.project.indexes, self.world.environ))
        return self.registries[url]

    def verifier(self) -> Verifier | Failure | None:
        """What verifies attestations, imported when the first attested release is seen."""
        with self._lock:
            if not self._looked_for_one:
                from mlsupply.evidence import attestations

                self._verifier, self._looked_for_one = attestations.verifier(self.world), True
            return self._verifier

    def count(self, host: str, standing: Standing) -> None:
        with self._lock:
            self.standings[host, standing] += 1


def judge_online(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """See `release_check.judge`."""
    resolved = (inventory for inventory in project.inventories if RESOLVED in inventory.format)
    chosen = frozenset(package.key for inventory in resolved for package in inventory.packages)
    run = _Run(request=request, world=world, rules=load(request.rules, world.now()), project=project, chosen=chosen)
    if not run.rules.wants("release"):
        yield from (Checked(check=CHECK, package=package) for package in project.packages)
        return
    pairs = [(package, run.registry(package)) for package in project.packages if is_release(package)]
    answers = at_once(lambda pair: _answer(*pair, run), pairs)
    done = 0
    answered: Counter[str] = Counter()
    judged: list[tuple[Checked, str, frozenset[str]]] = []
    untold: dict[str, set[str]] = {}
    for package in project.packages:
        if not is_release(package):
            judged.append((no_release(package), "", frozenset()))
            continue
        done += 1
        world.say("asking the index about releases", done, len(pairs))
        answer, registry = next(answers), run.registry(package)
        if not isinstance(answer, Failure) or answer.reason is Reason.NOT_FOUND:
            answered[registry.url] += 1
        if isinstance(answer, Failure):
            judged.append((_not_seen(package, run, registry, answer), "", frozenset()))
            continue
        judged.append((_judged(package, run, answer), registry.host, answer.shared))
        untold.setdefault(registry.host, set()).update(answer.shared)
    for checked, host, shared in judged:
        yield _shared(checked, host, shared, untold[host]) if host else checked
    yield from _sources(run, answered)


def _sources(run: _Run, answered: Counter[str]) -> Iterator[DataSource]:
    as_of = run.world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    for url, count in answered.items():
        registry = run.registries[url]
        yield DataSource(f"index {registry.host}", as_of, count, url=registry.url)
    words = {Standing.CLAIMED: "claimed, not verified", Standing.VERIFIED: "verified", Standing.REFUSED: "refused"}
    for (host, standing), count in sorted(run.standings.items()):
        yield DataSource(f"publishers at {host}, {words[standing]}", as_of, count)
    if run.standings and (found := run.verifier()) and not isinstance(found, Failure):
        yield found.source


class _Answer(NamedTuple):
    """What came of asking an index about one release.

    facet: the facts.
    unknown: fields of the facet that are not known, each with the reason.
    shared: those reasons that hold for every package of the index.
    newer: a release that resolution passed over because it would have to be built, "" for none.
    """

    facet: ReleaseFacet
    unknown: Mapping[str, Unknown]
    shared: frozenset[str]
    newer: str = ""


def _answer(package: Package, registry: Registry, run: _Run) -> _Answer | Failure:
    """All that is asked of an index about one release; in a thread of its own."""
    seen = registry.about(package.name, package.version)
    if isinstance(seen, Failure):
        return seen
    history = history_of(seen.project, package.version)
    particulars, unknown = Particulars(exempt=is_exempt(package, registry.host, run.request)), _unknown(seen, registry)
    shared = {why.detail for why in unknown.values() if why.reason is Reason.UNSUPPORTED}
    if history.this is not None:
        particulars = _with_owners(package, registry, particulars, unknown)
        particulars = _with_provenance(package, registry, history, particulars, unknown, run)
        shared |= {unknown[name].detail for name in ("owners_added", "provenance_refused")}
    facet = release_facet(package, registry.host, seen, history, particulars)
    specifiers = [r.specifier for r in run.project.requirements if r.name == package.name and r.specifier]
    newer = newer_as_source(seen.project, package.version, specifiers) if package.key in run.chosen else ""
    return _Answer(facet, unknown, frozenset(shared), newer)


def _judged(package: Package, run: _Run, answer: _Answer) -> Checked:
    facet, host = answer.facet, answer.facet.index
    if "+" in package.version and not facet.listed:
        detail = f"its version is a local one, which {host} does not serve"
        gap = replace(_gap(package, Reason.UNSUPPORTED, detail), cause=Cause.UNPUBLISHED)
        return Checked(check=CHECK, package=package, gaps=(gap,))
    facet = replace(facet, fixes=_fixes(package, facet, run.world))
    fact = Fact(facet, places=package.places, unknown=answer.unknown)
    checked = run.rules.judge(CHECK, [fact], package=package)
    if not facet.listed:
        return replace(checked, gaps=())  # the rest is gone with it
    return replace(checked, gaps=(*checked.gaps, _passed_over(package, answer.newer))) if answer.newer else checked


def _passed_over(package: Package, newer: str) -> Gap:
    """Resolution forbids building: where the newest release of a dependency is source alone, an installer may differ."""
    detail = f"{package.name} {newer} is newer and published only as source, which is not built here: installers may take it"
    hint = "lock the project and scan the lock, so that what is audited is what is installed"
    return Gap(subject=str(package.coordinate), check=CHECK, reason=Reason.NO_ARTIFACT, detail=detail, hint=hint)


def _not_seen(package: Package, run: _Run, registry: Registry, failure: Failure) -> Checked:
    """A project the index does not know is a fact; an index that does not answer is one gap for all its packages."""
    if failure.reason is Reason.NOT_FOUND:
        exempt = is_exempt(package, registry.host, run.request)
        facet = replace(offline_facet(package, registry.host, exempt=exempt), listed=False, project_listed=False)
        return replace(run.rules.judge(CHECK, [Fact(facet, places=package.places)], package=package), gaps=())
    gap = Gap(
        subject=f"index {registry.host}",
        check=CHECK,
        reason=failure.reason,
        detail=f"its releases were not looked at: {failure.detail}",
        hint="check the address, the credentials and the network",
    )
    return replace(judged_by_lock(package, run.request, run.rules), gaps=(gap,))


def _gap(package: Package, reason: Reason, detail: str) -> Gap:
    return Gap(subject=str(package.coordinate), check=CHECK, reason=reason, detail=detail)


def _unknown(seen: Seen, registry: Registry) -> dict[str, Unknown]:
    """Why a field of the facet is None: the index tells nothing of the kind, or not of this release."""
    why: dict[str, Unknown] = {}
    for item in fields(ReleaseFacet):
        kind, words = _OFFERED.get(item.name, ("", ""))
        if kind and kind not in seen.project.offers:
            why[item.name] = Unknown(Reason.UNSUPPORTED, f"{registry.host} gives {words}", cause=Cause.UNPUBLISHED)
        else:
            said = f"{registry.host} does not give {item.name.replace('_', ' ')} for it"
            why[item.name] = Unknown(Reason.NOT_FOUND, said, cause=Cause.UNPUBLISHED)
    return why


def _shared(checked: Checked, host: str, shared: frozenset[str], of_all: Iterable[str]) -> Checked:
    """What an index does not tell is one gap about the index, in the same words for every package: one sentence names all
    the kinds of facts that it does not give for some package (of_all)."""
    lacks = sorted(why.removeprefix(f"{host} gives ") for why in of_all if why.startswith(f"{host} gives "))
    gaps = []
    for gap in checked.gaps:
        why = gap.detail.partition(": ")[2]
        if why in shared:
            said = f"{host} gives {_listed(lacks)}" if why.startswith(f"{host} gives ") else why
            detail = f"{said}: the rules that look at {'it' if said == why else 'them'} could not be decided"
            gap = replace(gap, subject=f"index {host}", detail=detail)  # noqa: PLW2901  the gap as it is reported
        gaps.append(gap)
    return replace(checked, gaps=tuple(dict.fromkeys(gaps)))


def _listed(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _with_owners(package: Package, registry: Registry, particulars: Particulars, unknown: dict[str, Unknown]) -> Particulars:
    owners = registry.owners(package.name, package.version)
    if isinstance(owners, Owners):
        return replace(particulars, owners=owners.now, owners_before=owners.before)
    if owners is None:
        said = f"{registry.host} gives no owners of a release"
        why = Unknown(Reason.UNSUPPORTED, said, cause=Cause.UNPUBLISHED)
    else:
        why = Unknown(owners.reason, f"the owners could not be fetched: {owners.detail}")
    unknown |= dict.fromkeys(("owners_added", "owners_removed"), why)
    return particulars


def _with_provenance(
    package: Package, registry: Registry, history: History, particulars: Particulars, unknown: dict[str, Unknown], run: _Run
) -> Particulars:
    """The publishers of this release and of the one before it, as far as they are attested."""
    this, before = history.this, attested_before(history)
    if this is None or not (attested(this) or (attested(this) is False and before)):
        return particulars
    verifier = run.verifier()
    one = _publisher(this, package, registry, verifier, run) if attested(this) else None
    other = _publisher(before, package, registry, verifier, run) if before else None
    for failure, names in ((one, _OF_A_PUBLISHER), (other, ("publisher_before", "provenance_before", "publisher_changed"))):
        if isinstance(failure, Failure):
            unknown |= dict.fromkeys(names, Unknown(failure.reason, failure.detail))
    if isinstance(one, Provenance) and one.open:
        why = verifier.detail if isinstance(verifier, Failure) else one.open
        reason = verifier.reason if isinstance(verifier, Failure) else Reason.UNSUPPORTED
        hint = "update pypi-attestations and sigstore, or name a newer trust root in MLSUPPLY_TRUSTED_ROOT"
        unknown["provenance_refused"] = Unknown(reason, f"the publishers stay claimed, not verified: {why}", hint)
    details = registry.details(package.name, package.version)
    if isinstance(details, Details) and "links" in details.cut:
        said = f"{registry.host} gives more than {MOST_LINKS} links for it; the rest were not compared"
        unknown["publisher_elsewhere"] = Unknown(Reason.LIMIT, said)
        details = Failure(Reason.LIMIT, said)
    return replace(
        particulars,
        provenance=one if isinstance(one, Provenance) else None,
        provenance_before=other if isinstance(other, Provenance) else None,
        before_open=isinstance(other, Failure),
        links=None if isinstance(details, Failure) else details.links,
    )


def _publisher(
    release: Release, package: Package, registry: Registry, verifier: Verifier | Failure | None, run: _Run
) -> Provenance | Failure:
    """Who published a release: of the files of it that are attested one the lock names, otherwise the first."""
    locked = {artifact.filename: dict(artifact.hashes).get("sha256", "") for artifact in package.artifacts}
    files = [file for file in release.files if file.attested]
    file = next((file for file in files if file.filename in locked), files[0])
    usable = None if isinstance(verifier, Failure) else verifier
    found = registry.provenance(package.name, file, locked.get(file.filename, ""), usable)
    if isinstance(found, Provenance):
        run.count(registry.host, found.standing)
        return found._replace(open=verifier.detail) if isinstance(verifier, Failure) else found
    return found


def _fixes(package: Package, facet: ReleaseFacet, world: World) -> tuple[str, ...]:
    """Advisories that name this young release as their fix: waiting for it to age would mean keeping the flaw."""
    if facet.uploaded is None or world.now() - facet.uploaded > _YOUNG:
        return ()
    from mlsupply.advisories.feeds import at_hand
    from mlsupply.advisories.ranges import FIXED
    from mlsupply.advisories.store import unpack
    from mlsupply.advisories.versions import sort_key

    key = sort_key(package.version)
    rows: Sequence[object] = at_hand([package.name], world).rows.get(package.name, [])
    return tuple(
        record.id
        for record in map(unpack, rows)  # type: ignore[arg-type]  # rows are the store's own
        if any(window.ends == FIXED and window.high == key for window in record.windows)
    )
