"""GitHub workflow commands: an annotation for each finding and gap. GitHub shows ten of a kind a step, worst first here.

Everything is escaped as the runner unescapes it, so that no name or message can start a command of its own.
Source: the workflow-commands page of GitHub's documentation.
"""

from __future__ import annotations

from mlsupply.model import Finding, Gap, Place, Severity
from mlsupply.report.view import View, homes_of, label_of, subject_of, where

_COMMANDS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.UNKNOWN: "warning"}


def render(view: View) -> bytes:
    """One command a line, UTF-8."""
    homes = homes_of(view)
    lines = [_finding(finding, finding.places or homes[finding.fingerprint]) for finding in view.findings]
    lines += [_gap(gap) for gap in view.gaps]
    lines.append(_command("notice", f"mlsupply: {view.word}", view.headline, None))
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
