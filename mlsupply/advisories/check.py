"""The check `advisories`: every package against the known advisories of its project."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from operator import itemgetter

from mlsupply.advisories.asking import can_be_judged, inherits, names_of
from mlsupply.advisories.feeds import CHECK, SKEW, Answer, choose
from mlsupply.advisories.findings import Circumstances, finding_of
from mlsupply.advisories.fixes import Fix, Release, Room, best_fix
from mlsupply.advisories.incident_records import IncidentIndex, incident
from mlsupply.advisories.incident_records import index as incident_index
from mlsupply.advisories.known_bad import CHECK as KNOWN_BAD
from mlsupply.advisories.known_bad import MALICIOUS
from mlsupply.advisories.matching import Asked, Hit, affected, asked, hits, ids_of, without_versions
from mlsupply.advisories.pythons import Oldest, Pythons
from mlsupply.advisories.renamed import INHERITED, original_of
from mlsupply.advisories.store import Row, age_of
from mlsupply.advisories.tags import release_of
from mlsupply.begun import Begun
from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import Cause, Checked, DataSource, Finding, Gap, Package, PackageKey, Reason, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.project import OWN_CODE, Project, conda_gap
from mlsupply.request import Request
from mlsupply.value import replace
from mlsupply.world import World

if TYPE_CHECKING:
    from mlsupply.advisories.exploited import Lists
    from mlsupply.advisories.moves import Allowing, KeptOut, Moves  # needed where a parent keeps a fix out, imported there

_FORESEEN = timedelta(days=30)  # EPSS says how likely an attack is within thirty days of its date


class Offer(NamedTuple):
    """What an index tells of an affected package. parents: who asks for it and how, where the input does not say."""

    releases: tuple[Release, ...]
    parents: tuple[tuple[str, str], ...] = ()


Offers = Mapping[PackageKey, Offer]
Published = Callable[[Sequence[Package]], Offers]
"""Asks the indexes which releases there are of packages; those it cannot tell of are left out."""


class Index(NamedTuple):
    """What the indexes are asked for."""

    published: Published
    allowing: Allowing


class Ground(NamedTuple):
    """All that judging a package needs beside the package itself. answer: the feed's; present: (name, version) of the
    project's packages that others may be builds of; inherit: whether renamed distributions take over the advisories of their
    original; incidents: the record of malicious releases, to hold advisories against; covered: the check `known-bad` runs
    too and reports the releases of that record; request: for where packages may come from; parents, pythons, offers: what a
    fix has to fit into, see `Room`; moves: the releases to which parents that keep a fix out have to move; conda: the one
    gap of all conda packages, the same for each."""

    answer: Answer
    request: Request = Request()
    present: frozenset[tuple[str, str]] = frozenset()
    inherit: bool = True
    incidents: IncidentIndex | None = None
    covered: bool = False
    parents: Mapping[str, tuple[tuple[str, str], ...]] = {}
    pythons: Pythons | None = None
    offers: Mapping[PackageKey, Offer] = {}
    moves: Moves | None = None
    conda: tuple[Gap, ...] = ()


def examine(project: Project, request: Request, world: World, index: Index | None = None) -> Iterator[Checked | DataSource]:
    """One `Checked` a package. The project's own code has no releases an advisory could name; other ecosystems than PyPI
    and packages without a version are gaps. index: where given, fixes are chosen among releases that exist."""
    inherit = inherits(request.settings)
    packages = [package for package in project.packages if can_be_judged(package)]
    names = names_of(project, request.settings)
    present = frozenset((package.name, package.version) for package in packages if package.name in INHERITED)
    covered = KNOWN_BAD not in request.skip and (not request.checks or KNOWN_BAD in request.checks)
    conda = conda_gap(project, CHECK, "no advisory feed here covers conda packages")
    known, parents, pythons = incident_index(), _parents(project), Pythons(project, request)
    ground = Ground(Answer({}, ()), request, present, inherit, known, covered, parents, pythons, conda=conda)
    ahead = _Ahead(packages, index, ground)
    answer = choose(request, world).about(names, ahead.begin) if names else Answer({}, ())
    ground = ahead.confirmed(answer)
    yield from answer.sources
    yield Checked(check=CHECK, gaps=answer.gaps)
    yield from _with_exploitation([ahead.judged(package, ground) for package in project.packages], world)


class _Ahead:
    """Work done while waiting for a feed, on the assumption that its answer will confirm the records at hand: the index is
    asked for the releases of packages that are hit, and these packages are judged. Once the answer is there, the index is
    asked about further packages, and every package whose records it changed is judged again. ground: what does not depend on
    the answer."""

    def __init__(self, packages: Sequence[Package], index: Index | None, ground: Ground) -> None:
        self._packages = packages
        self._index = index
        self._ground = ground
        self._expected = Answer({}, ())
        self._begun: Begun[tuple[Ground, Mapping[PackageKey, Checked]]] | None = None
        self._asked: frozenset[PackageKey] = frozenset()

    def begin(self, expected: Answer) -> None:
        """See `feeds.Meanwhile`."""
        if self._index is not None and (hit := _hit(self._packages, expected.rows)):
            self._expected = expected
            self._asked = frozenset(package.key for package in hit)
            index = self._index
            self._begun = Begun(lambda: self._done(hit, index, expected))

    def _done(self, hit: list[Package], index: Index, expected: Answer) -> tuple[Ground, Mapping[PackageKey, Checked]]:
        ground = self._ground._replace(answer=expected, offers=index.published(hit))
        ground = ground._replace(moves=_moves(hit, ground, index.allowing))
        return ground, {package.key: judged(package, ground) for package in hit}

    def confirmed(self, answer: Answer) -> Ground:
        """What to judge all packages on: the answer, with what the indexes tell of those that it hits."""
        if self._index is None:
            return self._ground._replace(answer=answer)
        hit = _hit(self._packages, answer.rows)
        more = [package for package in hit if package.key not in self._asked]
        before = self._begun.result()[0] if self._begun else self._ground
        later = self._index.published(more) if more else {}
        ground = before._replace(answer=answer, offers={**before.offers, **later})
        anew = [package for package in hit if not self._is_done(package, answer)]
        more_moves = _moves(anew, ground, self._index.allowing) if anew else None
        return ground._replace(moves={**(before.moves or {}), **more_moves}) if more_moves else ground

    def _is_done(self, package: Package, answer: Answer) -> bool:
        return self._begun is not None and package.key in self._asked and self._is_confirmed(package, answer)

    def judged(self, package: Package, ground: Ground) -> Checked:
        """What was judged ahead, if the answer left the records it was judged on unchanged."""
        if self._begun and self._is_done(package, ground.answer):
            return self._begun.result()[1][package.key]
        return judged(package, ground)

    def _is_confirmed(self, package: Package, answer: Answer) -> bool:
        before = self._expected
        same = all(answer.rows.get(name) is before.rows.get(name) for name in _names(package))
        sources = [source.name for source in answer.sources] == [source.name for source in before.sources]
        return same and sources and package.name not in answer.unread


def _hit(packages: Sequence[Package], rows: Mapping[str, list[Row]]) -> list[Package]:
    """The packages that advisories of their own project, or of the one they are a build of, name."""
    return [package for package in packages if any(_named(package, rows.get(name)) for name in _names(package))]


def _names(package: Package) -> tuple[str, ...]:
    original = original_of(package.name)
    return (package.name, original) if original else (package.name,)


def _named(package: Package, rows: Sequence[Row] | None) -> bool:
    return bool(rows) and affected(rows or (), asked(package.version))


def _with_exploitation(said: list[Checked], world: World) -> Iterator[Checked | DataSource]:
    """The same with what KEV and EPSS know of the CVEs, where these lists were fetched."""
    if not os.path.lexists(world.cache / "advisories" / "exploited.sqlite"):
        yield from said
        return
    from mlsupply.advisories.exploited import look_up

    cves = [name for one in said for finding in one.findings for name in _cves(finding)]
    lists = look_up(world, cves)
    yield from lists.sources
    if cves and (aged := tuple(_aged(source, world) for source in lists.sources if _is_aged(source, world))):
        yield Checked(check=CHECK, gaps=aged)
    if lists.failure and cves:
        detail = f"which of these flaws are attacked is not known: {lists.failure.detail}"
        hint = "run `mlsupply db sync --exploited`, or delete the file"
        subject = str(world.cache / "advisories" / "exploited.sqlite")
        gap = Gap(subject=subject, check=CHECK, reason=lists.failure.reason, detail=detail, hint=hint)
        yield Checked(check=CHECK, gaps=(gap,))
    for one in said:
        yield replace(one, findings=tuple(_attacked(finding, lists) for finding in one.findings)) if one.findings else one


def _is_aged(source: DataSource, world: World) -> bool:
    age = age_of(source.as_of, world.now())
    return age is None or not -SKEW <= age <= _FORESEEN


def _aged(source: DataSource, world: World) -> Gap:
    """The gap of a list that says little about today, or that a wrong clock makes look so."""
    dated = f"it is of {source.as_of[:10]}" if source.as_of else "it is undated"
    detail = f"{dated}, and this machine's clock says {world.now():%Y-%m-%d}: which flaws are attacked now is not known"
    hint = "run `mlsupply db sync --exploited`"
    return Gap(subject=source.name, check=CHECK, reason=Reason.STALE, detail=detail, hint=hint)


def _cves(finding: Finding) -> list[str]:
    ids = (finding.advisory.id, *finding.advisory.aliases) if finding.advisory else ()
    return [name for name in ids if name.startswith("CVE-")]


def _attacked(finding: Finding, lists: Lists) -> Finding:
    known = [lists.known[name] for name in _cves(finding) if name in lists.known]
    if not known or finding.advisory is None:
        return finding
    scores = [one.epss for one in known if one.epss is not None]
    exploited = True if any(one.exploited for one in known) else None
    advisory = replace(finding.advisory, known_exploited=exploited, epss=max(scores, default=None))
    return replace(finding, advisory=advisory)


def judged(package: Package, ground: Ground) -> Checked:
    """What the records at hand say of one package."""
    if not can_be_judged(package):
        return Checked(check=CHECK, package=package, gaps=_why_not(package, ground))
    own, inherited, original = _rows(package, ground)
    if not own and not inherited:
        return Checked(check=CHECK, package=package, gaps=_not_had(package, ground))
    version = asked(package.version)
    taken_over = _not_named(inherited, own)
    found, more = hits(own, version), hits(taken_over, version)
    fix = Fix()
    if found or more:
        room = _room(package, ground)
        fix = best_fix(own, version, room, taken_over)
        if fix.held and ground.moves:
            from mlsupply.advisories.moves import with_moves

            fix = with_moves(package.name, fix, room.python, ground.moves)
    findings = _findings(package, version, found, "", fix, ground) + _findings(package, version, more, original, fix, ground)
    return Checked(
        check=CHECK, package=package, findings=findings, gaps=(*_unread(package, version, own), *_not_had(package, ground))
    )


def _rows(package: Package, ground: Ground) -> tuple[Sequence[Row], Sequence[Row], str]:
    """(its own records, those of the project it is a build of, that project's name or "")."""
    original = original_of(package.name) if ground.inherit else ""
    if original and (original, package.version) in ground.present:
        original = ""
    return ground.answer.rows.get(package.name, []), ground.answer.rows.get(original, []), original


def _moves(packages: Sequence[Package], ground: Ground, allowing: Allowing) -> Moves | None:
    """The releases to which parents that keep the fixes of these packages out have to move; nothing is asked where no parent
    does."""
    kept_out: list[tuple[int, KeptOut]] = []
    for package in packages:
        room = _room(package, ground)
        if any(asks for _, asks in room.parents):
            own, inherited, _ = _rows(package, ground)
            fix = best_fix(own, asked(package.version), room, _not_named(inherited, own))
            if fix.held:
                from mlsupply.advisories.moves import kept_out_by

                kept_out += enumerate(kept_out_by(package.name, fix, room.python))
    if not kept_out:
        return None
    return allowing(tuple(dict.fromkeys([one for _, one in sorted(kept_out, key=itemgetter(0))])))  # the first of each first


def _not_named(inherited: Sequence[Row], own: Sequence[Row]) -> list[Row]:
    """The records of the original whose flaw no record of the distribution itself speaks of."""
    if not inherited:
        return []
    spoken_of = {name for row in own for name in ids_of(row)}
    return [row for row in inherited if spoken_of.isdisjoint(ids_of(row))]


def _findings(
    package: Package, version: Asked, found: Sequence[Hit], original: str, fix: Fix, ground: Ground
) -> tuple[Finding, ...]:
    if not found:
        return ()
    around = Circumstances(
        fix=fix,
        inherited_from=original,
        came_from=_elsewhere(package, ground.request),
        sources=tuple(source.name for source in ground.answer.sources),
    )
    said = ((hit, _incidents(package, version, hit, ground)) for hit in found)
    return tuple(
        finding_of(package, version, hit, around._replace(disputed=disputed) if disputed else around)
        for hit, (listed, disputed) in said
        if not (listed and ground.covered)
    )


def _room(package: Package, ground: Ground) -> Room:
    offer, parents = ground.offers.get(package.key), ground.parents.get(package.name, ())
    python, where = ground.pythons.of(package.key) if ground.pythons else Oldest()
    if offer is None:
        return Room(None, python, where, parents)
    return Room(offer.releases, python, where, (*parents, *offer.parents))


def _parents(project: Project) -> dict[str, tuple[tuple[str, str], ...]]:
    """Canonical name to the packages that require it, with their specifiers. What the project itself asks for is left out:
    the project can change that."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for package in project.packages:
        if package.source.kind not in OWN_CODE:
            for edge in package.requires:
                if edge.specifier:
                    found.setdefault(edge.name, {})[(str(package.coordinate), edge.specifier)] = None
    return {name: tuple(asking) for name, asking in found.items()}


def _incidents(package: Package, version: Asked, hit: Hit, ground: Ground) -> tuple[bool, str]:
    """(whether the incident record lists this release under one of the ids, which releases it lists instead)."""
    known = ground.incidents
    if known is None:
        return False, ""
    named = dict.fromkeys([one for name in hit.ids for one in known.advisories.get(name, ())])
    if not named:  # as nearly always
        return False, ""
    disputed = ""
    listed = known.of_release(package.name, version.text)
    for identifier in named:
        if identifier in listed:
            return known.brief(identifier).verdict == MALICIOUS, ""
        if record := incident(identifier):
            releases = "; ".join(f"{name} {', '.join(versions)}" for name, versions in record.affected.items())
            disputed = f"{releases} ({identifier})"
    return False, disputed


def _elsewhere(package: Package, request: Request) -> str:
    """Where the package comes from if not from the public index, in words; "" if from there or from nowhere named."""
    source = package.source
    if request.is_public(source):
        return ""
    return f"the index {source.url}" if source.kind is SourceKind.REGISTRY else f"{source.kind.value} {source.url}".rstrip()


def _unread(package: Package, version: Asked, rows: Sequence[Row]) -> tuple[Gap, ...]:
    """A version that is not PEP 440 has no place in any range; a record without versions says of none whether it is hit."""
    gaps: list[Gap] = []
    if version.key is None:
        said = "is not a PEP 440 version: it was compared with the versions advisories list, not with ranges"
        gaps.append(_gap(package, Reason.MALFORMED, f"{package.version} {said}", "look its advisories up by hand"))
    if mute := without_versions(rows):
        named = f"{', '.join(mute)} {'names' if len(mute) == 1 else 'name'} {package.name} and no version of it"
        said = f"{named}: whether this release is affected is not known"
        gap = _gap(package, Reason.MALFORMED, said, f"read about it: `mlsupply explain {' '.join(mute)}`")
        gaps.append(replace(gap, cause=Cause.UNPUBLISHED))
    return tuple(gaps)


def _not_had(package: Package, ground: Ground) -> tuple[Gap, ...]:
    """A gap for records that the feed lists for the project but could not deliver."""
    if not ground.answer.unread:
        return ()
    why = ground.answer.unread.get(package.name)
    return (
        (_gap(package, Reason.OFFLINE, f"advisories of {package.name} could not be read: {why}", "scan again"),)
        if why
        else ()
    )


def _why_not(package: Package, ground: Ground) -> tuple[Gap, ...]:
    if package.source.kind in OWN_CODE or package.coordinate.ecosystem not in {"pypi", "conda"}:
        return ()
    if package.coordinate.ecosystem == "conda":
        return ground.conda
    kind = package.source.kind
    release = release_of(package.source)
    told = f" at what is named after release {release}" if release else ""
    came = "" if kind is SourceKind.REGISTRY else f", and it comes from {kind.value}{told}"
    detail = f"no version is pinned{came}: whether an advisory applies is not known"
    return (_gap(package, Reason.UNPINNED, detail, "lock it to a version"),)


def _gap(package: Package, reason: Reason, detail: str, hint: str = "") -> Gap:
    place = package.places[0] if package.places else None
    return Gap(subject=str(package.coordinate), check=CHECK, reason=reason, detail=detail, hint=hint, place=place)
