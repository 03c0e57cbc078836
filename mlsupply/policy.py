"""From findings and gaps to a verdict and its exit code. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from mlsupply.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_NOTHING
from mlsupply.model import Finding, Gap, Kind, Reason, Severity, Verdict
from mlsupply.project import Project
from mlsupply.request import Request


def decide(
    findings: tuple[Finding, ...], gaps: tuple[Gap, ...], project: Project, request: Request, now: datetime
) -> tuple[tuple[Finding, ...], tuple[Gap, ...], Verdict]:
    """Findings with their waivers, gaps, and the verdict over them. Malicious findings fail whatever the threshold;
    unknown severity counts as the threshold does not reach it (policy may say otherwise)."""
    failing = frozenset(f.fingerprint for f in findings if f.waiver is None and _fails(f, request.fail_on))
    counts = Counter(finding.severity.value for finding in findings if finding.waiver is None)
    counts["malicious"] = sum(f.kind is Kind.MALICIOUS and f.waiver is None for f in findings)
    counts["waived"] = sum(finding.waiver is not None for finding in findings)
    counts["gaps"] = len(gaps)
    code, reason = _verdict(len(failing), [gap for gap in gaps if gap.reason is not Reason.DISABLED], project, request)
    return findings, gaps, Verdict(exit_code=code, reason=reason, failing=failing, counts=tuple(sorted(counts.items())))


def _fails(finding: Finding, threshold: Severity) -> bool:
    return finding.kind is Kind.MALICIOUS or finding.severity.rank >= threshold.rank


def _verdict(failing: int, gaps: list[Gap], project: Project, request: Request) -> tuple[int, str]:
    if failing:
        noun = "finding" if failing == 1 else "findings"
        return EXIT_FINDINGS, f"{failing} {noun} at or above {request.fail_on}, or malicious"
    if not project.packages and not project.requirements and not gaps:
        return EXIT_NOTHING, "nothing to audit was found"
    if gaps:
        return EXIT_INCOMPLETE, f"{len(gaps)} things that were asked for could not be checked"
    return EXIT_CLEAN, "clean and complete"
