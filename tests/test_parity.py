"""One report in every whole format, read back: the same findings and the same gaps in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.validation.xml import XmlValidator
from junitparser import JUnitXml

from mlsupply.model import Confidence, Coordinate, Finding, Gap, Kind, Place, Reason, Severity, Source, SourceKind
from mlsupply.report import FORMATS
from mlsupply.report.view import view_of
from tests.golden import FINDINGS, GAPS, HOSTILE, LITELLM, PACKAGES, REPORT, TORCH
from tests.report_readers import READERS

_NOT_WHOLE = {"table": "read by people alone", "baseline": "holds no gaps", "openvex": "holds advisories alone"}
ABSENT = Coordinate("pypi", "reqeusts", "2.0")  # named by a finding, not a package of the project

REPORT_OF_ALL = replace(
    REPORT,
    packages=(*PACKAGES, replace(PACKAGES[2], source=Source(SourceKind.GIT, "https://git.example/litellm", "abc"))),
    findings=(
        *FINDINGS,
        replace(FINDINGS[0], package=LITELLM),  # one advisory, two packages
        Finding(
            id="MLS-N004",
            check="names",
            kind=Kind.NAME,
            title="Named like another",
            message="reqeusts is one letter away from requests",
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            package=ABSENT,
        ),
        Finding(
            id="MLS-P001",
            check="policy",
            kind=Kind.CONFIG,
            title="Nothing in particular",
            message="about the project as a whole",
            severity=Severity.LOW,
        ),
    ),
    gaps=(
        *GAPS,
        Gap(
            subject=f"dspy 3.1.3 {HOSTILE}",
            check="contents",
            reason=Reason.LIMIT,
            detail="more members than are read",
            place=Place("dspy-3.1.3.tar.gz", member="src/a.py"),
        ),
        Gap(subject="litellm 1.82.8", check="contents", reason=Reason.NO_ARTIFACT, detail="no archive was at hand"),
    ),
)


def _about(finding: Finding) -> str:
    return str(finding.package or finding.subject) or "the project"


WANTED_FINDINGS = {(finding.id, _about(finding)) for finding in REPORT_OF_ALL.findings}
WANTED_GAPS = {
    ("inventory", "malformed", "app/broken.lock:7"),
    ("contents", "no-artifact", str(TORCH)),
    ("contents", "no-artifact", "litellm 1.82.8"),
    ("contents", "limit", f"dspy-3.1.3.tar.gz!/src/a.py: dspy 3.1.3 {HOSTILE}"),
}


def _begins(wanted: Iterable[tuple[str, ...]], seen: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """What was seen, with the sentence cut off that some formats put behind the last word; each is used once."""
    cut = set()
    for row in seen:
        same = [
            want for want in wanted if want[:-1] == row[:-1] and (row[-1] == want[-1] or row[-1].startswith(f"{want[-1]}: "))
        ]
        cut.add(max(same, key=lambda want: len(want[-1]), default=row))
    return cut


@pytest.mark.parametrize("name", READERS)
def test_every_whole_format_tells_the_same_findings_and_gaps(name: str) -> None:
    known = next(known for known in FORMATS if known.name == name)
    findings, gaps = READERS[name](known.render(view_of(REPORT_OF_ALL)))
    assert _begins(WANTED_FINDINGS, set(findings)) == WANTED_FINDINGS
    assert len(findings) == len(WANTED_FINDINGS)
    assert _begins(WANTED_GAPS, set(gaps)) == WANTED_GAPS
    assert len(gaps) == len(WANTED_GAPS)


def test_every_format_is_read_back_or_named_as_partial() -> None:
    assert {known.name for known in FORMATS} == {*READERS, *_NOT_WHOLE}


def test_the_readers_see_what_is_missing() -> None:
    fewer = view_of(replace(REPORT_OF_ALL, findings=REPORT_OF_ALL.findings[1:], gaps=REPORT_OF_ALL.gaps[1:]))
    for known in FORMATS:
        if reader := READERS.get(known.name):
            findings, gaps = reader(known.render(fewer))
            assert _begins(WANTED_FINDINGS, set(findings)) != WANTED_FINDINGS, known.name
            assert _begins(WANTED_GAPS, set(gaps)) != WANTED_GAPS, known.name


def test_documents_with_all_of_it_keep_to_their_schemas() -> None:
    view = view_of(REPORT_OF_ALL)
    by_name = {known.name: known.render(view).decode() for known in FORMATS}
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(by_name["cyclonedx"]) is None
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(by_name["cyclonedx-1.7"]) is None
    assert XmlValidator(SchemaVersion.V1_6).validate_str(by_name["cyclonedx-xml"]) is None


def test_junit_has_the_structure_its_readers_rely_on() -> None:
    """The counts of each suite are those of its cases, and a case has one outcome at most."""
    data = next(known for known in FORMATS if known.name == "junit").render(view_of(REPORT_OF_ALL))
    suites = list(JUnitXml.fromstring(data))
    assert suites
    for suite in suites:
        cases = list(suite)
        assert suite.tests == len(cases)
        assert suite.failures + suite.errors + suite.skipped == sum(len(case.result) for case in cases)
        assert all(len(case.result) <= 1 and case.classname and case.name for case in cases)
