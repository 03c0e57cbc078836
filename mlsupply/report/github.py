"""GitHub workflow commands: an annotation for each finding and gap. Of a step GitHub shows ten errors, ten warnings and ten
notices: the verdict comes first, then the worst, and one gap of each check and reason before the findings that only warn.

Everything is escaped as the runner unescapes it, so that no name or message can start a command of its own.
Source: the workflow-commands page of GitHub's documentation.
"""

from __future__ import annotations

from mlsupply.model import Finding, Gap, Place, Severity
from mlsupply.report.view import View, causes, homes_of, label_of, subject_of, where

_COMMANDS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.UNKNOWN: "warning"}


def render(view: View) -> bytes:
    """One command a line, UTF-8."""
    homes = homes_of(view)
    found = [_finding(finding, finding.places or homes[finding.fingerprint]) for finding in view.findings]
    loud = [line for line in found if line.startswith("::error ")]
    by_cause = causes(view.gaps)
    lines = [_command("notice", f"mlsupply: {view.word}", f"{view.headline}; {view.report.verdict.reason}", None), *loud]
    lines += [_gap(members[0]) for members in by_cause]
    lines += [line for line in found if not line.startswith("::error ")]
    lines += [_gap(gap) for members in by_cause for gap in members[1:]]
    return ("\n".join(lines) + "\n").encode()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _command(command: str, title: str, message: str, place: Place | None) -> str:
    where = ""
    if place is not None and place.file:
        where = f"file={_property(place.file)}," + (f"line={place.line}," if place.line and not place.member else "")
    return f"::{command} {where}title={_property(title)}::{_data(message)}"


def _finding(finding: Finding, places: tuple[Place, ...]) -> str:
    command = "notice" if finding.waiver else _COMMANDS.get(finding.severity, "notice")
    message = finding.message + (f"\n{finding.remedy}" if finding.remedy else "")
    return _command(
        command, f"{label_of(finding)} {finding.id} {subject_of(finding)}", message, places[0] if places else None
    )


def _gap(gap: Gap) -> str:
    return _command("warning", f"Not checked: {gap.check}, {gap.reason}", f"{where(gap)}: {gap.detail}", gap.place)
