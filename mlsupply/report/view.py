"""The report as every format shows it: ordered, counted and phrased once. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mlsupply.model import Confidence, Finding, Gap, Kind, Package, Report

_CONFIDENCE = {Confidence.HIGH: 2, Confidence.MEDIUM: 1, Confidence.LOW: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """report: for identity and raw facts; findings: worst first, failing before waived; gaps: by check and subject;
    headline: the verdict in one sentence; coverage: one sentence of what was looked at, with the data's date."""

    report: Report
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    headline: str
    coverage: str


def view_of(report: Report) -> View:
    """Order and phrase; the same report gives the same view."""
    return View(
        report=report,
        packages=report.packages,
        findings=tuple(sorted(report.findings, key=_finding_order)),
        gaps=tuple(sorted(report.gaps, key=_gap_order)),
        headline=report.verdict.reason,
        coverage=_coverage(report),
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
        finding.fingerprint,
    )


def _gap_order(gap: Gap) -> tuple[str, ...]:
    return (gap.check, gap.subject, gap.reason, gap.detail, str(gap.place or ""))


def _coverage(report: Report) -> str:
    parts = [f"{len(report.packages)} packages from {len(report.inputs)} inputs"]
    parts += [f"{c.check}: {c.clean + c.with_findings} done, {c.with_gaps} not" for c in report.coverage]
    parts += [f"{source.name} as of {source.as_of}" for source in report.sources]
    return "; ".join(parts)
