"""The account of a run: each package x check pair ends as clean, with findings or with gaps, or no report is built. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlsupply.errors import MlsupplyError
from mlsupply.model import Checked, Confidence, Finding, Gap, Kind, Learned, Package, PackageKey, Reason
from mlsupply.outcome import Coverage
from mlsupply.upgrade import Upgrade
from mlsupply.value import replace

_CLEAN, _GAP, _FOUND = 0, 1, 2  # a finding beside a gap is both


class Ledger:
    """Collects what the checks say, and knows what they still owe."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self._packages = {package.key: package for package in packages}
        self._states: dict[str, dict[PackageKey, int]] = {}
        self._licences: dict[PackageKey, str] = {}
        self.findings: list[Finding] = []
        self._gaps: dict[Gap, set[PackageKey]] = {}  # and the packages each was said of

    def open(self, check: str) -> None:
        """From now on every package needs an answer from this check."""
        self._states.setdefault(check, {})

    def enter(self, said: Checked) -> None:
        """Take one answer. A finding beside a gap counts as found and both are kept."""
        state = _CLEAN
        if said.gaps:
            for gap in said.gaps:
                about = self._gaps.setdefault(gap, set())
                if said.package is not None:
                    about.add(said.package.key)
            state = _GAP
        if said.findings:
            self.findings.extend(said.findings)
            state |= _FOUND
        if said.package is not None:
            states, key = self._states.setdefault(said.check, {}), said.package.key
            states[key] = state | states.get(key, _CLEAN)

    def learn(self, fact: Learned) -> None:
        """Keep what a check learned about a package for the report."""
        self._licences[fact.package] = fact.licence

    def packages(self) -> tuple[Package, ...]:
        """The packages in their order, with what was learned about them; what an input states is not overwritten."""
        learned = self._licences
        if not learned:
            return tuple(self._packages.values())
        return tuple(
            replace(package, licence=learned[key]) if key in learned and not package.licence else package
            for key, package in self._packages.items()
        )

    def note(self, gaps: Iterable[Gap]) -> None:
        """Gaps that belong to no check of a package, such as an unreadable file or a failed resolution."""
        for gap in gaps:
            self._gaps.setdefault(gap, set())

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Each gap once, in the order they came, with the number of packages it concerns."""
        return tuple(replace(gap, packages=len(about)) if about else gap for gap, about in self._gaps.items())

    def missing(self, check: str) -> list[Package]:
        """Packages about which the check has said nothing."""
        states = self._states.get(check, {})
        return [package for key, package in self._packages.items() if key not in states]

    def fail(self, check: str, detail: str) -> None:
        """The check broke off: every package it has not answered for gets a gap."""
        for package in self.missing(check):
            gap = Gap(subject=str(package.coordinate), check=check, reason=Reason.INTERNAL, detail=detail)
            self.enter(Checked(check=check, package=package, gaps=(gap,)))

    def close(self) -> tuple[Coverage, ...]:
        """Counts per check. Raises `MlsupplyError` where a pair is unaccounted for: that is a defect of a check."""
        rows = []
        for check, states in self._states.items():
            if missing := self.missing(check):
                raise MlsupplyError(
                    "unaccounted",
                    f"the check {check} said nothing of {len(missing)} packages, the first being {missing[0].coordinate}",
                    "this is a defect of mlsupply: please report it with the input file",
                )
            values = list(states.values())
            rows.append(
                Coverage(
                    check=check,
                    clean=values.count(_CLEAN),
                    with_findings=values.count(_FOUND) + values.count(_FOUND | _GAP),
                    with_gaps=values.count(_GAP),
                    found_with_gaps=values.count(_FOUND | _GAP),
                )
            )
        return tuple(rows)


def once_each(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each once. A release that comes from several sources gets the same finding several times: these are
    united, with the places of all, so that no report counts it twice. Only those with the same fingerprint are compared in
    full."""
    marked: dict[str, list[Finding]] = {}
    for finding in findings:
        marked.setdefault(finding.fingerprint, []).append(finding)
    return tuple(one for alike in marked.values() for one in (alike if len(alike) == 1 else _united(alike)))


def _united(alike: Iterable[Finding]) -> Iterator[Finding]:
    """Findings that say the same as one: in the words of the one known by its file, or of one whose index has the release to
    move to, or of the first."""
    said: dict[Finding, list[Finding]] = {}
    for finding in alike:
        said.setdefault(_said(finding), []).append(finding)
    for several in said.values():
        told = next(filter(_by_file, several), None) or next(filter(_is_checked, several), several[0])
        notes = dict.fromkeys(note for finding in several if finding.advisory for note in finding.advisory.notes)
        yield replace(
            told,
            confidence=min((finding.confidence for finding in several), key=list(Confidence).index),
            places=tuple(dict.fromkeys(place for finding in several for place in finding.places)),
            advisory=replace(told.advisory, notes=tuple(notes)) if told.advisory else None,
        )


def _said(finding: Finding) -> Finding:
    """The finding without what depends on the source of its package, which has more to say of the same release to move to
    where its index answers; for a malicious release also without how it was recognised, which may be its file here and its
    version there."""
    alike = replace(finding, confidence=Confidence.HIGH, places=())
    if finding.advisory:
        target = finding.advisory.upgrade
        advisory = replace(finding.advisory, notes=(), upgrade=target and Upgrade(target.version))
        alike = replace(alike, advisory=advisory, remedy="" if target else alike.remedy)
    if finding.kind is not Kind.MALICIOUS:
        return alike
    return replace(alike, title="", message="", remedy="", references=(), advisory=None)


def _is_checked(finding: Finding) -> bool:
    return finding.advisory is not None and finding.advisory.upgrade is not None and finding.advisory.upgrade.checked


def _by_file(finding: Finding) -> bool:
    return finding.advisory is not None and finding.advisory.matched_on in {"file hash", "index path"}
