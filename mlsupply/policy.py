"""From findings and gaps to a verdict and its exit code. Pure; nothing is dropped, only marked.

Order of marks: VEX, then waivers, then the baseline. A malicious release fails whatever the thresholds; no VEX document,
baseline or "until fixed" waiver hides it, only a waiver that names id, package, version and a date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from mlsupply.advisories.versions import same_version
from mlsupply.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_NOTHING
from mlsupply.model import Cause, Coordinate, Finding, Gap, Kind, Reason, Severity, Waiver
from mlsupply.outcome import Verdict
from mlsupply.project import Project, ways_in
from mlsupply.request import Policy, Request, VexStatement, WaiverRule
from mlsupply.text import canonical, count, some
from mlsupply.value import replace

CHECK = "policy"


def decide(
    findings: tuple[Finding, ...], gaps: tuple[Gap, ...], project: Project, request: Request, now: datetime
) -> tuple[tuple[Finding, ...], tuple[Gap, ...], Verdict]:
    """(all findings, marked where they are waived, with those about the waivers themselves; all gaps; the verdict)."""
    policy = request.policy
    today = now.date().isoformat()
    used: dict[WaiverRule, str] = {}
    if policy.vex or policy.waivers or policy.baseline:
        marked = tuple(replace(f, waiver=w) if (w := _waiver(f, policy, today, used)) else f for f in findings)
    else:
        marked = findings
    marked += tuple(_about_waivers(policy, used, today))
    ways = _ways(project) if policy.by_group else {}
    live = [finding for finding in marked if finding.waiver is None]
    failing = [f for f in live if _fails(f, policy, ways.get(f.package, frozenset()))]
    gaps = tuple(_accounted(gap, request) for gap in gaps)
    counting = [gap for gap in gaps if gap.counts]
    code, reason = _verdict(len(failing), len(live), counting, project, policy)
    if code == EXIT_CLEAN and len(counting) < len(gaps):
        reason += ", but for what is switched off or tolerated"
    if code == EXIT_CLEAN and (chosen := request.checks or request.skip):  # the verdict may be all that is read of a run
        reason += f"; {'checked' if request.checks else 'left out'}: {', '.join(chosen)}"
    if code == EXIT_NOTHING and gaps:
        code, reason = EXIT_INCOMPLETE, "nothing could be read"
    fingerprints = frozenset(finding.fingerprint for finding in failing)
    return marked, gaps, Verdict(exit_code=code, reason=reason, failing=fingerprints, counts=_counts(marked, gaps))


def _counts(findings: tuple[Finding, ...], gaps: tuple[Gap, ...]) -> tuple[tuple[str, int], ...]:
    counts = Counter({severity.value: 0 for severity in Severity})  # a reader of the JSON finds each, also where it is 0
    counts.update(finding.severity.value for finding in findings if finding.waiver is None)
    counts["malicious"] = sum(finding.kind is Kind.MALICIOUS and finding.waiver is None for finding in findings)
    counts["waived"] = sum(finding.waiver is not None for finding in findings)
    counts["gaps"] = len(gaps)
    return tuple(sorted(counts.items()))


def _accounted(gap: Gap, request: Request) -> Gap:
    """The gap with its cause, and whether it makes the run incomplete: what was not asked for does not, nor what the
    configuration tolerates."""
    counts = gap.reason is not Reason.DISABLED and not _tolerated(gap, request.policy)
    return replace(gap, cause=gap.cause or cause_of(gap.reason, offline=request.offline), counts=counts)


_CAUSES = {
    Reason.UNPINNED: Cause.INPUT,
    Reason.NO_ARTIFACT: Cause.INPUT,
    Reason.UNSUPPORTED: Cause.INPUT,
    Reason.DISABLED: Cause.SCOPE,
}
_IN_WORDS = {
    Cause.FAILED: "failed or too old",
    Cause.INPUT: "left open by the input",
    Cause.SCOPE: "outside this run",
    Cause.UNPUBLISHED: "published by nobody",
}


def cause_of(reason: Reason, *, offline: bool) -> Cause:
    """Who can close a gap of this reason, where the check does not say. Something out of reach is a choice in an offline
    run, and a failure in any other."""
    if reason is Reason.OFFLINE and offline:
        return Cause.SCOPE
    return _CAUSES.get(reason, Cause.FAILED)


def _by_cause(gaps: Iterable[Gap]) -> str:
    numbers = Counter(gap.cause for gap in gaps)
    return ", ".join(f"{numbers[cause]:,} {words}" for cause, words in _IN_WORDS.items() if numbers[cause])


def _verdict(failing: int, below: int, gaps: Sequence[Gap], project: Project, policy: Policy) -> tuple[int, str]:
    """failing, below: live findings at or above the threshold, and where none is, all the others."""
    if failing:
        noun = "finding" if failing == 1 else "findings"
        return EXIT_FINDINGS, f"{failing:,} {noun} at or above the threshold ({_thresholds(policy)}) or malicious"
    if not project.packages and not project.requirements:
        return EXIT_NOTHING, _nothing(project)
    if gaps:
        said = f"not everything could be checked: {_by_cause(gaps)}"
        return EXIT_INCOMPLETE, said + (f"; {_below(below, policy)}" if below else "")
    return EXIT_CLEAN, f"complete; {_below(below, policy)}" if below else "clean and complete"


def _nothing(project: Project) -> str:
    """What was read counts as nothing where it names no package; a folder stands for itself where no file in it is read."""
    read = [inventory.path for inventory in project.inventories if inventory.format != "folder"]
    if read:
        return f"nothing to audit: no package is named in {some(read, 3)}"
    return "nothing to audit was found: name a folder, lock file, manifest, SBOM, archive or requirement"


def _below(number: int, policy: Policy) -> str:
    return f"{count(number, 'finding')} below the threshold ({_thresholds(policy)})"


def _thresholds(policy: Policy) -> str:
    """`high`, or `high; name medium, group dev never` where kinds and groups have their own."""
    own = [f"{kind} {level or 'never'}" for kind, level in policy.by_kind]
    own += [f"group {group} {level or 'never'}" for group, level in policy.by_group]
    return f"{policy.fail_on}; {', '.join(own)}" if own else policy.fail_on.value


def _fails(finding: Finding, policy: Policy, groups: frozenset[str]) -> bool:
    if finding.kind is Kind.MALICIOUS:
        return True
    threshold = _threshold(finding, policy, groups)
    severity = policy.unknown if finding.severity is Severity.UNKNOWN else finding.severity
    return threshold is not None and severity.rank >= threshold.rank


def _threshold(finding: Finding, policy: Policy, groups: frozenset[str]) -> Severity | None:
    """The threshold of its groups, where the package comes in through such groups only (the strictest of several), else that
    of its kind, else the general one."""
    by_group = dict(policy.by_group)
    if groups and groups <= by_group.keys():
        chosen = [by_group[group] for group in groups]
        return min((t for t in chosen if t is not None), key=lambda t: t.rank, default=None)
    return dict(policy.by_kind).get(finding.kind.value, policy.fail_on)


def _ways(project: Project) -> dict[Coordinate | None, frozenset[str]]:
    """Through which groups each package is reached, whichever source it comes from."""
    found: dict[Coordinate | None, frozenset[str]] = {}
    for (ecosystem, name, version, *_), ways in ways_in(project.inventories).items():
        coordinate = Coordinate(ecosystem, name, version)
        found[coordinate] = found.get(coordinate, frozenset()) | ways
    return found


def _tolerated(gap: Gap, policy: Policy) -> bool:
    if not policy.tolerated:
        return False
    from fnmatch import fnmatchcase

    return any(
        fnmatchcase(gap.check, t.check) and fnmatchcase(gap.reason.value, t.reason) and fnmatchcase(gap.subject, t.subject)
        for t in policy.tolerated
    )


def _waiver(finding: Finding, policy: Policy, today: str, used: dict[WaiverRule, str]) -> Waiver | None:
    malicious = finding.kind is Kind.MALICIOUS
    for statement in () if malicious else policy.vex:
        if statement.status in {"not_affected", "fixed"} and _vex_covers(statement, finding):
            state = "vex-" + statement.status.replace("_", "-")
            return Waiver(reason=statement.reason or statement.status, origin=str(statement.place), state=state)
    for rule in policy.waivers:
        if _covers(rule, finding):
            if not (failed := _failed(rule, finding, today)):
                used[rule] = ""
                return Waiver(reason=rule.reason, owner=rule.owner, until=rule.until, origin=str(rule.place))
            used.setdefault(rule, failed)
    if not malicious and not policy.baseline.isdisjoint((finding.fingerprint, *finding.standing)):
        return Waiver(reason="known before the baseline was made", origin="baseline", state="baseline")
    return None


def _exact(rule: WaiverRule) -> bool:
    return bool(rule.package and rule.version and rule.until and not rule.until_fixed)


def _ids(finding: Finding) -> set[str]:
    """In lower case: people write `cve-2025-1`, and no two ids differ in that alone."""
    advisory = finding.advisory
    return {name.lower() for name in (finding.id, *((advisory.id, *advisory.aliases) if advisory else ()))}


def _covers(rule: WaiverRule, finding: Finding) -> bool:
    package = finding.package
    return (
        rule.id.lower() in _ids(finding)
        and (not rule.package or (package is not None and canonical(rule.package) == package.name))
        and (not rule.version or (package is not None and same_version(rule.version, package.version)))
    )


def _failed(rule: WaiverRule, finding: Finding, today: str) -> str:
    """The id of the rule that says why a waiver does not apply to a finding it names, "" where it applies."""
    if rule.until and rule.until < today:
        return "MLS-P001"
    if rule.until_fixed and finding.advisory is not None and finding.advisory.fixed:
        return "MLS-P003"
    return "MLS-P004" if finding.kind is Kind.MALICIOUS and not _exact(rule) else ""


def _vex_covers(statement: VexStatement, finding: Finding) -> bool:
    if _ids(finding).isdisjoint(map(str.lower, statement.ids)):
        return False
    return not statement.products or any(_is_product(product, finding.package) for product in statement.products)


def _is_product(purl: str, package: Coordinate | None) -> bool:
    """Whether a purl is the package's. Names of other tools are not always canonical (`ruamel.yaml`), nor is a version
    (`8.0` of 8.0.0)."""
    if package is None:
        return False
    from urllib.parse import unquote

    bare = purl.partition("?")[0].partition("#")[0]
    named, at, version = bare.rpartition("@") if "@" in bare.rpartition("/")[2] else (bare, "", "")
    kind, _, name = named.rpartition("/")
    if package.ecosystem == "pypi" and kind.lower() == "pkg:pypi":
        named = package._replace(name=canonical(unquote(name)), version="").purl
    return named == package._replace(version="").purl and (not at or same_version(unquote(version), package.version))


_ABOUT_WAIVERS = {
    "MLS-P001": ("A waiver has expired", "expired on {until}"),
    "MLS-P002": ("A waiver matches nothing", "matches no finding of this run"),
    "MLS-P003": ("A waiver has lapsed", "held until there was a fix, and there is one"),
    "MLS-P004": ("A waiver cannot hide a malicious release", "does not hold: it must name package, version and a last day"),
}


def _about_waivers(policy: Policy, used: dict[WaiverRule, str], today: str) -> Iterable[Finding]:
    """A finding for every waiver that hides nothing, with the reason; otherwise people would rely on it."""
    for rule in policy.waivers:
        if identity := "MLS-P001" if rule.until and rule.until < today else used.get(rule, "MLS-P002"):
            title, said = _ABOUT_WAIVERS[identity]
            yield _waiver_finding(identity, title, rule, said.format(until=rule.until))


def _waiver_finding(identity: str, title: str, rule: WaiverRule, said: str) -> Finding:
    about = " ".join(filter(None, (rule.package, rule.version)))
    return Finding(
        id=identity,
        check=CHECK,
        kind=Kind.CONFIG,
        title=title,
        message=f"the waiver of {rule.id}{' for ' + about if about else ''} {said}",
        severity=Severity.LOW,
        subject=f"waiver {rule.id} {about}".strip(),
        places=(rule.place,),
        remedy="Remove it, or renew it with a new date and reason",
    )
