"""GitHub workflow commands: an annotation for each finding and gap. Of a step GitHub shows ten errors, ten warnings and ten
notices: the verdict comes first and says so, then the worst, and one gap of each cause before the findings that only warn.
Files are named from the root of the repository, whichever of its folders the run started in.

Everything is escaped as the runner unescapes it, so that no name or message can start a command of its own.
Source: the workflow-commands page of GitHub's documentation; the runner keeps 4,096 characters of a message, a check run 255
of a title.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mlsupply.model import Finding, Gap, Place, Severity
from mlsupply.outcome import Checkout
from mlsupply.report.causes import Unchecked, alike, where
from mlsupply.report.rooted import rooted
from mlsupply.report.view import View, homes_of, label_of, subject_of
from mlsupply.text import count

_COMMANDS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.UNKNOWN: "warning"}

_SHOWN = 10  # of each command
_TITLE, _MESSAGE = 255, 4_000  # characters


def render(view: View) -> bytes:
    """One command a line, UTF-8."""
    homes, checkout = homes_of(view), view.report.checkout
    found = [_finding(finding, finding.places or homes[finding.fingerprint], checkout) for finding in view.findings]
    loud = [line for line in found if line.startswith("::error ")]
    kin = alike(view.unchecked)
    lines = loud + [_gap(groups[0].gaps[0], checkout, groups) for groups in kin]
    lines += [line for line in found if not line.startswith("::error ")]
    lines += [_gap(gap, checkout) for groups in kin for gap in [gap for group in groups for gap in group.gaps][1:]]
    said = "; ".join((view.headline, view.report.verdict.reason, *_not_shown(lines)))
    return ("\n".join([_command("notice", f"mlsupply: {view.word}", said), *lines]) + "\n").encode()


def _not_shown(lines: Iterable[str]) -> tuple[str, ...]:
    """What GitHub leaves out of the lines, with those that say the verdict."""
    numbers = Counter(["notice", *(line[2:].partition(" ")[0] for line in lines)])
    if max(numbers.values()) <= _SHOWN:
        return ()
    sizes = ", ".join(count(numbers[name], name) for name in ("error", "warning", "notice") if numbers[name])
    return (f"of these {sizes} GitHub shows {_SHOWN} of each kind: the other reports have all",)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _command(command: str, title: str, message: str, where: str = "") -> str:
    if len(title) > _TITLE:
        title, message = f"{title[: _TITLE - 1]}…", f"{title}\n{message}"
    if len(message) > _MESSAGE:
        message = f"{message[:_MESSAGE]}… ({len(message) - _MESSAGE:,} more characters: the other reports have them)"
    return f"::{command} {where}title={_property(title)}::{_data(message)}"


def _at(place: Place | None, checkout: Checkout) -> str:
    """The properties that name a place."""
    if place is None or not place.is_in_file:
        return ""
    line = f"line={place.line}," if place.line and not place.member else ""
    return f"file={_property(rooted(place.file, checkout)[0])},{line}"


def _finding(finding: Finding, places: tuple[Place, ...], checkout: Checkout) -> str:
    command = "notice" if finding.waiver else _COMMANDS.get(finding.severity, "notice")
    message = finding.message + (f"\n{finding.remedy}" if finding.remedy else "")
    title = f"{label_of(finding)} {finding.id} {subject_of(finding)}"
    return _command(command, title, message, _at(next(iter(places), None), checkout))


def _gap(gap: Gap, checkout: Checkout, of: Sequence[Unchecked] = ()) -> str:
    """of: those that it is the first of, whose size and next step are told with it."""
    title = f"Not checked: {gap.check}, {gap.reason}"
    gaps = sum(len(group.gaps) for group in of)
    more = f" (and {gaps - 1:,} more of {gap.check}, {gap.reason})" if gaps > 1 else ""
    step = f"\n{of[0].step}" if of and of[0].step else ""
    command = "warning" if gap.counts else "notice"
    return _command(command, title, f"{where(gap)}: {gap.detail}{more}{step}", _at(gap.place, checkout))
