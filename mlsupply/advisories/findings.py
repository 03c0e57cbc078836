"""Hits to findings: severity, confidence, words, next step. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mlsupply.advisories.fixes import NAMED, Fix, Way, same_scheme, way_out
from mlsupply.advisories.matching import PUBLIC_VERSION, Asked, Hit
from mlsupply.advisories.records import Advisory
from mlsupply.advisories.severity import severity_of
from mlsupply.advisories.versions import sort_key
from mlsupply.model import AdvisoryRef, Confidence, Finding, Kind, Package, Severity
from mlsupply.named import NamedTuple
from mlsupply.upgrade import Blocker, Upgrade

CHECK = "advisories"

_LINKS = {
    "CVE": "https://nvd.nist.gov/vuln/detail/",
    "GHSA": "https://github.com/advisories/",
    "PYSEC": "https://osv.dev/vulnerability/",
    "MAL": "https://osv.dev/vulnerability/",
}


class Circumstances(NamedTuple):
    """What a finding depends on beside the hit. fix: where to go, over all its flaws;
    inherited_from: the project whose advisory it is where the package is a renamed build of it; came_from: where the
    package comes from if not from the public index; sources: names of the data it rests on; disputed: the releases the
    incident record names as malicious where this one is not among them."""

    fix: Fix = Fix()
    inherited_from: str = ""
    came_from: str = ""
    sources: tuple[str, ...] = ()
    disputed: str = ""


def finding_of(package: Package, version: Asked, hit: Hit, around: Circumstances) -> Finding:
    """The finding for one flaw of one package."""
    records = [match.record for match in hit.matches]
    rated = _rated(records, hit.quiet)
    way = way_out(records, version, around.fix)
    doubts = [record for record in records if record.doubts]
    public_only = {match.how for match in hit.matches} == {PUBLIC_VERSION}
    summary = next((record.summary for record in records if record.summary), "")
    malicious = hit.malicious
    return Finding(
        id=hit.ids[0],
        check=CHECK,
        kind=Kind.MALICIOUS if malicious else Kind.ADVISORY,
        title=summary
        or (f"Known malicious release of {package.name}" if malicious else f"Known vulnerability in {package.name}"),
        message=_message(package, version, hit, way, public_only),
        severity=Severity.CRITICAL if malicious else severity_of(rated.score, rated.word),
        confidence=Confidence.MEDIUM if doubts or public_only or _is_doubted(around) else Confidence.HIGH,
        package=package.coordinate,
        places=package.places,
        advisory=AdvisoryRef(
            id=hit.ids[0],
            aliases=hit.ids[1:],
            fixed=way.fixed,
            last_affected=way.last_affected,
            matched_on=PUBLIC_VERSION if public_only else "version",
            sources=around.sources,
            vector=rated.vector,
            score=rated.score,
            published=min([record.published for record in records]),
            modified=max([record.modified for record in records]),
            notes=_notes(version, hit, rated, doubts, around),
            summary=summary,
            upgrade=_upgrade_of(around.fix),
        ),
        remedy=_remedy(package, hit, way, malicious),
        references=links_of(hit.ids),
    )


def _upgrade_of(fix: Fix) -> Upgrade | None:
    return Upgrade(fix.version, fix.checked, fix.needs, fix.held) if fix.version else None


def _is_doubted(around: Circumstances) -> bool:
    return bool(around.inherited_from or around.came_from or around.disputed)


def _rated(matching: Sequence[Advisory], quiet: Sequence[Advisory]) -> Advisory:
    """The member whose severity stands for all: the worst score among those that match, then of the others, then one with
    a word for it."""
    for members in (matching, quiet):
        scored = [record for record in members if record.score is not None]
        if scored:
            return max(scored, key=lambda record: record.score or 0.0)
    return next((record for record in (*matching, *quiet) if record.word), matching[0])


def _message(package: Package, version: Asked, hit: Hit, way: Way, public_only: bool) -> str:
    malicious = hit.malicious
    where = "; ".join(dict.fromkeys([match.where for match in hit.matches]))
    what = "is a malicious release" if malicious else "is affected"
    public = " through its public version" if public_only else ""
    dev = ", a development build from before the fix," if version.dev and way.fixed else ""
    return f"{package.name} {package.version}{dev} {what}{public} by {hit.ids[0]} ({where}). {_ending(way, malicious)}"


def _ending(way: Way, malicious: bool) -> str:
    if way.fixed:
        return f"Fixed in {', '.join(way.fixed)}."
    if way.last_affected:
        return f"{way.last_affected} is the last release listed; newer ones are not."
    return "No clean release is named." if malicious else "No fixed release is known."


def _remedy(package: Package, hit: Hit, way: Way, malicious: bool) -> str:
    if malicious:
        go = f"Move to {way.fix.version}" if way.fix.version else f"Move to a release of {package.name} that is not listed"
        if any(not window.low and not window.high for match in hit.matches for window in match.record.windows):
            go = f"Remove {package.name}: the whole project is listed"
        return f"{go}, and treat every credential the installing or importing machine could read as stolen: rotate them."
    if way.fix.version:
        return _upgrade(package, way)
    return _to_nearest(package, way) if way.fix.nearest else _without_clear_release(package, way)


def _to_nearest(package: Package, way: Way) -> str:
    """The same beginning for all flaws of a release: a reader takes one step, not one for each of them."""
    fix = way.fix
    words = (
        f"Upgrade to {fix.nearest}, which has the fewest known flaws ({fix.left}): no release known here is clear of them."
    )
    usable = _usable(package, way)
    if not usable:
        named = "newer releases are not listed, which does not prove them fixed" if way.last_affected else "none is known"
        return f"{words} For this flaw no fix is named: {named}."
    if all((sort_key(version) or "") > (sort_key(fix.nearest) or "") for version in usable):
        return f"{words} This flaw ends with {usable[0]}."
    return words


def _usable(package: Package, way: Way) -> list[str]:
    return [version for version in way.fixed if same_scheme(version, package.version)]


def _without_clear_release(package: Package, way: Way) -> str:
    if usable := _usable(package, way):
        return f"Upgrade to {usable[0]} or later for this one; no single release clears every advisory of {package.name}."
    if way.last_affected:
        return f"Move to a release newer than {way.last_affected}: it is not listed, which does not prove it fixed."
    return f"No fixed release is known: replace {package.name}, or keep what the advisory describes out of reach."


def _upgrade(package: Package, way: Way) -> str:
    fix = way.fix
    basis = "the smallest release of the index that no advisory here hits"
    if not fix.checked:
        basis = "the smallest release no advisory here hits (by advisory data alone)"
    words = f"Upgrade to {fix.version}, {basis}."
    if not way.fixed:
        words += " For this flaw no fix is named: newer releases are not listed, which does not prove them fixed."
    words += _blockers(package, fix)
    if fix.open:
        more = f" and {len(fix.open) - 2} more" if len(fix.open) > 2 else ""
        words += f" Whether {', '.join(fix.open[:2])}{more} would let it in is not known."
    if fix.needs:
        words += f" It is for Python {fix.needs}, and {fix.where or 'the project'} starts at {fix.python}."
        words += _nearest(fix, f"On Python {fix.python}, ")
    return words


def _blockers(package: Package, fix: Fix) -> str:
    if not fix.held:
        return ""
    shown = fix.held[:NAMED]
    who = "; ".join(f"{one.package} asks for {package.name}{one.asks}" for one in shown)
    more = f" (and {len(fix.held) - NAMED} more)" if len(fix.held) > NAMED else ""
    where = "".join(f" {sentence}" for one in shown if (sentence := _move(package, fix, one)))
    unknown = "" if fix.checked else " A scan that may ask the index names the release to move to."
    return f" {who}{more}, and has to move too.{where}{unknown}"


def _move(package: Package, fix: Fix, blocker: Blocker) -> str:
    name = blocker.package.rpartition(" ")[0]
    if blocker.to:
        return f"{name} {blocker.to} allows {package.name} {fix.version}."
    if blocker.newest:
        return f"{name} {blocker.newest}, its newest release, does not allow it either."
    return f"Where {name} has to go was not found out." if fix.checked else ""


def _nearest(fix: Fix, where: str) -> str:
    return f" {where}{fix.nearest} has the fewest known flaws: {fix.left}." if fix.nearest else ""


def _notes(version: Asked, hit: Hit, rated: Advisory, doubts: Sequence[Advisory], around: Circumstances) -> tuple[str, ...]:
    notes: list[str] = []
    if any(match.how == PUBLIC_VERSION for match in hit.matches):
        label = version.text.partition("+")[2]
        notes.append(f"the public version matched; the local label +{label} may hold a patch of whoever built it")
    if hit.quiet:
        notes.append(f"sources disagree: {_names(hit.quiet)} of the same alias group does not list this version")
    own = hit.matches[0].record
    if rated.id != own.id and own.score is None and not own.word:
        notes.append(f"severity taken from its alias {rated.id}")
    notes += [f"partly evaluated: {record.id}: {'; '.join(record.doubts)}" for record in doubts]
    if around.disputed:
        notes.append(f"sources disagree: the incident record names {around.disputed} as malicious, not this release")
    if around.inherited_from:
        notes.append(f"inherited from {around.inherited_from}: this distribution is a build of it under another name")
    if around.came_from:
        notes.append(f"name and version match, but the source differs: it comes from {around.came_from}")
    return tuple(notes)


def _names(records: Sequence[Advisory]) -> str:
    return ", ".join(record.id for record in records)


def links_of(ids: Sequence[str]) -> tuple[str, ...]:
    """Pages where people read of an advisory, by its ids."""
    return tuple(_LINKS[prefix] + name for name in ids if (prefix := name.partition("-")[0]) in _LINKS)
