"""The check `release` with the network: asks the indexes and puts what they say under the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

from mlsupply.evidence.index_pages import IndexFile
from mlsupply.evidence.index_pages import Project as IndexProject
from mlsupply.evidence.registry import Publisher, Registry, Seen, ask_all, secret_for
from mlsupply.evidence.release import History, Release, Told, attested, history_of, release_facet
from mlsupply.evidence.release_check import CHECK, index_of, is_exempt, is_release, judged_by_lock, no_release
from mlsupply.evidence.release_facet import ReleaseFacet, offline_facet
from mlsupply.model import Checked, DataSource, Gap, Package, Reason
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.ruleset import Fact, Rules, Unknown, load
from mlsupply.world import Failure, World

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
}


@dataclass(slots=True, kw_only=True)
class _Run:
    """What the packages of a run share."""

    request: Request
    world: World
    rules: Rules
    project: Project
    registries: dict[str, Registry] = field(default_factory=dict)

    def registry(self, package: Package) -> Registry:
        url = index_of(package, self.request)
        if url not in self.registries:
            self.registries[url] = Registry(url, self.world, secret_for(url, self.project.indexes, self.world.environ))
        return self.registries[url]


def judge_online(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """See `release_check.judge`."""
    run = _Run(request=request, world=world, rules=load(request.rules, world.now()), project=project)
    if not run.rules.wants("release"):
        yield from (Checked(check=CHECK, package=package) for package in project.packages)
        return
    asked = [package for package in project.packages if is_release(package)]
    answers = ask_all([(run.registry(package), package.name, package.version) for package in asked])
    done = 0
    answered: Counter[str] = Counter()
    for package in project.packages:
        if not is_release(package):
            yield no_release(package)
            continue
        done += 1
        world.say("asking the index about releases", done, len(asked))
        answer = next(answers)
        if not isinstance(answer, Failure) or answer.reason is Reason.NOT_FOUND:
            answered[index_of(package, request)] += 1
        yield _judged(package, run, answer)
    as_of = world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    for url, count in answered.items():
        registry = run.registries[url]
        yield DataSource(f"index {registry.host}", as_of, count, url=registry.url)


def _judged(package: Package, run: _Run, seen: Seen | Failure) -> Checked:
    registry = run.registry(package)
    if isinstance(seen, Failure):
        return _not_seen(package, run, registry, seen)
    history = history_of(seen.project, package.version)
    told = Told(exempt=is_exempt(package, registry.host, run.request))
    told = _with_publishers(registry, seen.project, history, told)
    told = replace(told, fixes=_fixes(package, history, run.world))
    facet = release_facet(package, registry.host, seen, history, told)
    if "+" in package.version and not facet.listed:
        detail = f"{package.version} is a local version, which {registry.host} does not serve"
        return Checked(check=CHECK, package=package, gaps=(_gap(package, Reason.UNSUPPORTED, detail),))
    fact = Fact(facet, places=package.places, unknown=_unknown(seen, registry))
    checked = run.rules.judge(CHECK, [fact], package=package)
    return _shared(checked, registry) if facet.listed else replace(checked, gaps=())  # of what is gone no more can be asked


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
            why[item.name] = Unknown(Reason.UNSUPPORTED, f"{registry.host} gives {words}")
        else:
            why[item.name] = Unknown(Reason.NOT_FOUND, f"{registry.host} does not tell {item.name.replace('_', ' ')} of it")
    return why


def _shared(checked: Checked, registry: Registry) -> Checked:
    """What the index tells of no project is one gap about the index, in words that are the same for every package."""
    said = f"{registry.host} gives no "
    gaps = []
    for gap in checked.gaps:
        if said in gap.detail:
            missing = said + gap.detail.partition(said)[2]
            detail = f"{missing}: the rules that look at it could not be decided"
            gap = replace(gap, subject=f"index {registry.host}", detail=detail)  # noqa: PLW2901  the gap as it is reported
        gaps.append(gap)
    return replace(checked, gaps=tuple(dict.fromkeys(gaps)))


def _with_publishers(registry: Registry, project: IndexProject, history: History, told: Told) -> Told:
    """The publishers of this release and the one before it, asked for where both are said to have provenance."""
    if history.this is None or not attested(history.this):
        return told
    now = registry.publisher(project.name, _attested_file(history.this))
    before: Publisher | Failure | None = None
    earlier = next((release for release in history.earlier if attested(release)), None)
    if earlier is not None:
        before = registry.publisher(project.name, _attested_file(earlier))
    if isinstance(now, Failure) or isinstance(before, Failure):
        return told
    links = project.links if "links" in project.offers else registry.links(project.name)
    return replace(told, publisher=now, publisher_before=before, links=links, asked=True)


def _attested_file(release: Release) -> IndexFile:
    return next(file for file in release.files if file.attested)


def _fixes(package: Package, history: History, world: World) -> tuple[str, ...]:
    """Advisories that name this young release as their fix: waiting for it to age would mean keeping the flaw."""
    if history.this is None or history.this.at is None or world.now() - history.this.at > _YOUNG:
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
