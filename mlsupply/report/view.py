"""The report as every format shows it: ordered, counted and phrased once. Pure.

A format walks `View` and encodes; it neither sorts nor counts nor phrases, so that all of them tell the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from posixpath import commonpath

from mlsupply.model import Confidence, Coordinate, Finding, Gap, Inventory, Kind, Package, Place, Severity
from mlsupply.outcome import Coverage, Report
from mlsupply.project import MAX_PATHS
from mlsupply.report.causes import Unchecked, unchecked
from mlsupply.text import count
from mlsupply.value import value

_CONFIDENCE = {Confidence.HIGH: 2, Confidence.MEDIUM: 1, Confidence.LOW: 0}


@value
class Group:
    """All findings about one package or one other subject. title: `litellm 1.82.8` or the subject; label: the word of
    its worst finding (`MALICIOUS`, `HIGH` …); paths: how the project came by it; places: the lines to change; notes: what
    is odd about the matches of its advisories."""

    title: str
    label: str
    package: Coordinate | None
    findings: tuple[Finding, ...]
    paths: tuple[tuple[str, ...], ...]
    places: tuple[Place, ...]
    notes: tuple[str, ...]

    @property
    def remedies(self) -> tuple[str, ...]:
        """What to do about the live findings, each once and without one that another begins with: that one says more. Of a
        malicious release the first alone: it says where to go, and what its other flaws would have one do is beside the
        point."""
        found = dict.fromkeys(finding.remedy for finding in self.findings if finding.remedy and not finding.waiver)
        begun = {one for one, after in pairwise(sorted(found)) if after.startswith(one)}  # in order, the next one tells
        whole = tuple(_with_whose(one, self.findings) for one in found if one not in begun)
        return whole[: 1 if self.label == "MALICIOUS" else None]


def more_paths(group: Group, shown: int) -> str:
    """How many ways to the package are not shown, "" where there are none; a report keeps so many of them and no more."""
    left = len(group.paths) - shown
    if len(group.paths) == MAX_PATHS:
        return f"at least {count(left, 'more path')}" if left > 0 else "perhaps more paths"
    return count(left, "more path") if left > 0 else ""


def why(view: View, name: str) -> str:
    """The command that shows every path to a package of this report."""
    from shlex import quote

    return " ".join(["mlsupply why", quote(name), *map(quote, _subjects(view.report.inputs))])


def _subjects(inputs: Sequence[Inventory]) -> Iterator[str]:
    """What the run was about, as an argument: an environment, typed requirements, the folder of all files; nothing for the
    current one."""
    for one in inputs:
        if one.format == "environment":
            yield from ("--env", one.path)
        elif one.format == "requirement":
            yield one.path
    files = [one.path for one in inputs if one.format not in {"environment", "requirement"}]
    if len({path.startswith("/") for path in files}) == 1 and (shared := commonpath(files)):
        yield shared


def _with_whose(remedy: str, findings: Sequence[Finding]) -> str:
    """The remedy, which speaks of one flaw, in the words of a group of several: which, or how many, it is about."""
    live = [one for one in findings if one.remedy and not one.waiver]
    whose = [one.id for one in live if one.remedy == remedy]
    if len(live) < 2 or not whose:
        return remedy
    if len(whose) == 1:
        return remedy.replace("This flaw ends", f"{whose[0]} ends").replace("For this flaw ", f"For {whose[0]} ")
    several = f"{len(whose):,} of its flaws"
    return remedy.replace("This flaw ends", f"{several} end").replace("For this flaw ", f"For {several} ")


@value
class View:
    """report: identity and raw facts; findings: worst first, waived last; groups: the same findings by package, in the
    order of their worst; gaps: by check and subject; unchecked: the same gaps by cause; headline: the verdict in a word and
    a sentence; numbers: the same in words with their counts, the worst first; coverage: what was looked at, in sentences,
    with the data's dates."""

    report: Report
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]
    unchecked: tuple[Unchecked, ...]
    word: str
    headline: str
    numbers: tuple[tuple[str, str], ...]
    coverage: tuple[str, ...]


def view_of(report: Report) -> View:
    """Order and phrase; the same report gives the same view."""
    findings = tuple(sorted(report.findings, key=_finding_order))
    gaps = tuple(sorted(report.gaps, key=_gap_order))
    groups = unchecked(gaps, [row.check for row in report.coverage])
    return View(
        report=report,
        packages=report.packages,
        findings=findings,
        groups=_groups(report, findings),
        gaps=gaps,
        unchecked=groups,
        word=_WORDS[report.verdict.exit_code],
        headline=_headline(report, findings, groups),
        numbers=tuple(_numbers(report, findings, gaps)),
        coverage=_coverage(report),
    )


def sentence(view: View) -> bytes:
    """The verdict alone: one line of UTF-8."""
    return f"{view.word}: {view.headline} ({view.report.verdict.reason})\n".encode()


_WORDS = {0: "PASS", 1: "FAIL", 3: "INCOMPLETE", 4: "NOTHING TO AUDIT"}


def label_of(finding: Finding) -> str:
    """The word a reader sees first: `MALICIOUS`, or the severity; waived ones say so."""
    if finding.waiver is not None:
        return finding.waiver.state.upper()
    return "MALICIOUS" if finding.kind is Kind.MALICIOUS else finding.severity.upper()


def subject_of(finding: Finding) -> str:
    """What a finding is about, in words: `litellm 1.82.8`, a file, an index, or the project as a whole."""
    return str(finding.package or finding.subject) or "the project"


def homes_of(view: View) -> dict[str, tuple[Place, ...]]:
    """For each finding, by fingerprint, the places of its package: for findings without a place of their own."""
    return {finding.fingerprint: group.places for group in view.groups for finding in group.findings}


def brief(finding: Finding) -> str:
    """What a reader needs to know about a finding who already sees the package and the group's notes: for an advisory its
    score and fixed version, for anything else its message."""
    advisory = finding.advisory
    if advisory is None or finding.kind is not Kind.ADVISORY:
        return finding.message
    words = [f"CVSS {advisory.score}" if advisory.score is not None else "not scored"]
    if advisory.fixed:
        words.append(f"fixed in {', '.join(advisory.fixed)}")
    elif advisory.last_affected:
        words.append(f"{advisory.last_affected} is the last release listed")
    else:
        words.append("no fixed release")
    if advisory.known_exploited:
        words.append("known to be exploited")
    return "; ".join(words)


def summary_of(finding: Finding) -> str:
    """What the flaw is, for findings that `brief` names by numbers only: in the advisory's own words, else by its vector; ""
    where neither is known."""
    if finding.advisory is None or finding.kind is not Kind.ADVISORY:
        return ""
    if finding.advisory.summary:
        return finding.advisory.summary
    from mlsupply.report.vectors import words_of

    return words_of(finding.advisory.vector)


def _notes(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Each note of the group's advisories once, with the ids it is about unless it is about all of them."""
    about: dict[str, list[str]] = {}
    with_notes = [finding for finding in findings if finding.kind is Kind.ADVISORY and finding.advisory]
    for finding in with_notes:
        for note in finding.advisory.notes if finding.advisory else ():
            about.setdefault(note, []).append(finding.id)
    return tuple(
        note if len(ids) == len(with_notes) and len(ids) > 1 else f"{', '.join(ids[:3])}{' …' if ids[3:] else ''}: {note}"
        for note, ids in about.items()
    )


def _finding_order(finding: Finding) -> tuple[object, ...]:
    package = finding.package
    return (
        finding.waiver is not None,
        finding.kind is not Kind.MALICIOUS,
        -finding.severity.rank,
        -_CONFIDENCE[finding.confidence],
        package.name if package else finding.subject,
        package.version if package else "",
        finding.id,
        finding.message,
        finding.fingerprint,
    )


def _gap_order(gap: Gap) -> tuple[str, ...]:
    return (gap.check, gap.subject, gap.reason, gap.detail, str(gap.place or ""))


def _groups(report: Report, findings: tuple[Finding, ...]) -> tuple[Group, ...]:
    by_subject: dict[Coordinate | str, list[Finding]] = {}
    for finding in findings:
        by_subject.setdefault(finding.package or finding.subject, []).append(finding)
    nodes: dict[Coordinate, list[Package]] = {}
    for package in report.packages:
        nodes.setdefault(package.coordinate, []).append(package)
    groups = []
    for subject, members in by_subject.items():
        owners = nodes.get(subject, []) if isinstance(subject, Coordinate) else []
        paths = [path for owner in owners for path in report.paths.get(owner.key, ())]
        places = [place for owner in owners for place in owner.places] or [p for f in members for p in f.places]
        groups.append(
            Group(
                title=subject_of(members[0]),
                label=label_of(members[0]),
                package=subject if isinstance(subject, Coordinate) else None,
                findings=tuple(members),
                paths=tuple(dict.fromkeys(paths)),
                places=tuple(dict.fromkeys(places)),
                notes=_notes(members),
            )
        )
    return tuple(groups)


def _headline(report: Report, findings: tuple[Finding, ...], groups: tuple[Unchecked, ...]) -> str:
    live = [finding for finding in findings if finding.waiver is None]
    parts = []
    if live:
        hit = len({finding.package for finding in live if finding.package})
        where = f" in {hit:,} of {count(len(report.packages), 'package')}" if hit else ""
        parts.append(f"{_tally(live)}{where}")
    elif report.packages or report.inputs:
        said = "no findings in" if report.coverage else "no check ran on"
        parts.append(f"{said} {count(len(report.packages), 'package')}")
    parts += [f"{number:,} {word}" for word, number in _set_aside(findings)]
    if gaps := sum(len(group.gaps) for group in groups):
        causes = f", of {count(len(groups), 'cause')}" if len(groups) < gaps else ""
        parts.append(f"{count(gaps, 'thing')} not checked{causes}")
    return "; ".join(parts)


def _set_aside(findings: tuple[Finding, ...]) -> Iterator[tuple[str, int]]:
    """How many findings fail nothing, by what says so (baseline, waiver), where there are any."""
    states = Counter(finding.waiver.state for finding in findings if finding.waiver)
    known = states.pop("baseline", 0)
    found = (("in the baseline", known), ("waived", states.total()))
    return ((word, number) for word, number in found if number)


def _numbers(report: Report, findings: tuple[Finding, ...], gaps: tuple[Gap, ...]) -> Iterator[tuple[str, str]]:
    live = [finding for finding in findings if finding.waiver is None]
    labels = Counter(label_of(finding).lower() for finding in live)
    yield from ((word, f"{labels[word]:,}") for word in ("malicious", *Severity) if labels[word])
    if not live:
        yield "findings", "0"
    yield "not checked", f"{len(gaps):,}"
    yield from ((word, f"{number:,}") for word, number in _set_aside(findings))
    hit = len({finding.package for finding in live if finding.package})
    yield (
        "packages with findings" if hit else "packages",
        f"{hit:,} of {len(report.packages):,}" if hit else f"{len(report.packages):,}",
    )


def _tally(findings: list[Finding]) -> str:
    malicious = sum(finding.kind is Kind.MALICIOUS for finding in findings)
    severities = Counter(finding.severity for finding in findings if finding.kind is not Kind.MALICIOUS)
    words = [count(malicious, "malicious release")] if malicious else []
    words += [f"{severities[severity]:,} {severity}" for severity in Severity if severities[severity]]
    return _listed(words)


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


_WORDLESS = (
    "Some advisories come without a description of the flaw: read it at https://osv.dev/vulnerability/ID, or run "
    "`mlsupply db sync` to have descriptions in reports."
)


def _is_wordless(finding: Finding) -> bool:
    advisory = finding.advisory
    return advisory is not None and finding.kind is Kind.ADVISORY and not finding.waiver and not advisory.summary


def _coverage(report: Report) -> tuple[str, ...]:
    sentences = [f"Read {count(len(report.packages), 'package')} from {count(len(report.inputs), 'input')}."]
    for source in report.sources:
        records = f", {count(source.records, 'record')}" if source.records else ""
        sentences.append(f"{source.name}: data of {source.as_of[:10]}{records}.")
    if any(_is_wordless(finding) for finding in report.findings):
        sentences.append(_WORDLESS)
    sentences += [_checked(row) for row in report.coverage if _is_partial(row)]
    if report.packages:
        sentences += _whole(report)
    return tuple(sentences)


def _whole(report: Report) -> Iterator[str]:
    """The checks that looked at every package; apart, those of which a gap about no package says that something is missing,
    such as the newest advisories."""
    lacking = {gap.check for gap in report.gaps}
    whole = [row.check for row in report.coverage if not _is_partial(row)]
    if done := [check for check in whole if check not in lacking]:
        yield f"Checked for every package: {', '.join(done)}."
    if rest := [check for check in whole if check in lacking]:
        yield f"Checked for every package, but for what is listed as not checked: {', '.join(rest)}."


def _is_partial(row: Coverage) -> bool:
    return bool(row.with_gaps or row.found_with_gaps)


def _checked(row: Coverage) -> str:
    done, asked = row.clean + row.with_findings - row.found_with_gaps, row.clean + row.with_findings + row.with_gaps
    return f"{row.check}: {done:,} of {count(asked, 'package')} looked at in full."
