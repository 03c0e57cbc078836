"""One report in every format: the same findings, the same gaps, the same bytes each time."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.validation.xml import XmlValidator
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from mlsupply.cli.outputs import parse_outputs, write
from mlsupply.errors import MlsupplyError
from mlsupply.model import Coordinate, Gap, Kind, Package, Place, Reason, Severity
from mlsupply.report import FORMATS
from mlsupply.report.cyclonedx_ import render as cyclonedx
from mlsupply.report.cyclonedx_ import render_xml as cyclonedx_xml
from mlsupply.report.github import render as github
from mlsupply.report.json_ import render as json_bytes
from mlsupply.report.junit import render as junit
from mlsupply.report.markdown import render as markdown
from mlsupply.report.sarif import render as sarif
from mlsupply.report.spdx import render as spdx
from mlsupply.report.table import WHOLE
from mlsupply.report.table import render as table
from mlsupply.report.view import sentence, view_of
from tests.golden import FINDINGS, GAPS, REPORT

VIEW = view_of(REPORT)


def test_the_view_puts_the_malicious_release_first_and_the_waived_last() -> None:
    assert [finding.id for finding in VIEW.findings] == ["MAL-2026-2144", "MLS-C003", "PYSEC-2025-41", "MLS-I001"]
    assert [group.title for group in VIEW.groups] == ["litellm 1.82.8", "torch 2.9.0+cu128", "https://wheels.example/cu128"]


def test_what_is_waived_comes_last_however_bad_it_is() -> None:
    waived = next(finding.waiver for finding in FINDINGS if finding.waiver)
    worst, low = replace(FINDINGS[0], waiver=waived), replace(FINDINGS[-1], severity=Severity.LOW, waiver=None)
    view = view_of(replace(REPORT, findings=(worst, low)))
    assert [finding.id for finding in view.findings] == [low.id, worst.id]


def test_the_headline_counts_what_is_live_waived_and_unseen() -> None:
    assert VIEW.headline == "1 malicious release, 1 critical and 1 high in 2 of 4 packages; 1 waived; 2 things not checked"


def test_large_numbers_of_the_headline_are_written_alike() -> None:
    packages = tuple(Package(coordinate=Coordinate("pypi", f"p{n}", "1")) for n in range(1_500))
    findings = [replace(FINDINGS[2], waiver=None, package=one.coordinate, kind=Kind.NAME) for one in packages[:1_234]]
    view = view_of(replace(REPORT, packages=packages, findings=tuple(findings), gaps=(), paths={}))
    assert view.headline == f"1,234 {FINDINGS[2].severity} in 1,234 of 1,500 packages"


FULL = [known for known in FORMATS if known.name not in {"baseline", "openvex"}]  # these two hold no gaps by nature


@pytest.mark.parametrize("known", FULL, ids=lambda known: known.name)
def test_every_format_is_deterministic_and_names_every_finding_and_gap(known: object) -> None:
    assert isinstance(known, type(FORMATS[0]))
    once, again = known.render(VIEW), known.render(view_of(REPORT))
    assert once == again
    text = once.decode()
    for finding in FINDINGS:
        assert finding.id in text
    for word in ("no archive was at hand", "not TOML"):
        assert word in text


def test_the_table_says_what_how_where_and_what_to_do() -> None:
    text = table(VIEW).decode()
    assert text.startswith(" FAIL  1 malicious release")
    assert "chat-gateway → dspy → litellm" in text
    assert "app/uv.lock:40, app/pyproject.toml:6" in text
    assert "rotate every credential" in text
    assert "app/broken.lock:7" in text
    assert "our own mirror" in text
    assert "CVSS 8.8; fixed in 2.9.1" in text
    assert "data of 2026-03-23, 7,080 records" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_check_that_lacks_something_for_all_packages_is_not_told_as_done_in_full() -> None:
    assert VIEW.coverage[-1] == "Checked for every package: advisories."
    stale = replace(REPORT.gaps[0], check="advisories", reason=Reason.STALE)
    view = view_of(replace(REPORT, gaps=(*REPORT.gaps, stale)))
    assert view.coverage[-1] == "Checked for every package, but for what is listed as not checked: advisories."


def test_a_remedy_that_another_begins_with_is_not_said_twice() -> None:
    torch = next(group for group in VIEW.groups if group.title.startswith("torch"))
    short = replace(torch.findings[0], remedy="Upgrade to 2.11.0.")
    long = replace(short, id="PYSEC-2026-1", remedy="Upgrade to 2.11.0. For this flaw no fix is named.")
    other = replace(short, id="PYSEC-2026-2", remedy="Upgrade to 2.12.0.")
    said = replace(torch, findings=(short, long, other)).remedies
    assert said == ("Upgrade to 2.11.0. For PYSEC-2026-1 no fix is named.", other.remedy)


def test_a_remedy_of_one_flaw_among_several_says_which_or_how_many() -> None:
    torch = next(group for group in VIEW.groups if group.title.startswith("torch"))
    fixed = replace(torch.findings[0], remedy="Upgrade to 2.11.0.")
    one = replace(fixed, id="PYSEC-2026-1", remedy="Upgrade to 2.9.0, the best there is. This flaw ends with 2.12.0.")
    two = [replace(fixed, id=f"PYSEC-2026-{n}", remedy="Upgrade to 2.11.0. For this flaw no fix is named.") for n in (2, 3)]
    assert replace(torch, findings=(fixed, one, *two)).remedies == (
        "Upgrade to 2.9.0, the best there is. PYSEC-2026-1 ends with 2.12.0.",
        "Upgrade to 2.11.0. For 2 of its flaws no fix is named.",
    )
    assert replace(torch, findings=(two[0],)).remedies == ("Upgrade to 2.11.0. For this flaw no fix is named.",)


def test_the_table_colours_only_when_asked() -> None:
    assert b"\x1b[" in table(VIEW, 120, color=True)


def test_json_keeps_to_its_published_schema() -> None:
    schema = json.loads(files("mlsupply").joinpath("data/report.schema.json").read_text(encoding="utf-8"))
    document = json.loads(json_bytes(VIEW))
    Draft202012Validator.check_schema(schema)
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(document)]
    assert errors == []
    assert len(document["findings"]) == len(FINDINGS)
    assert len(document["gaps"]) == len(GAPS)
    assert document["packages"][2]["paths"] == [["chat-gateway", "litellm"], ["chat-gateway", "dspy", "litellm"]]


@pytest.mark.parametrize(
    ("check", "reason", "aggregate"),
    [
        ("inventory", Reason.OFFLINE, "incomplete"),
        ("inventory", Reason.DISABLED, "complete"),
        ("release", Reason.OFFLINE, "complete"),
        ("contents", Reason.NO_ARTIFACT, "complete"),
    ],
)
def test_a_composition_is_incomplete_where_something_was_not_listed_and_not_where_it_was_not_judged(
    check: str, reason: Reason, aggregate: str
) -> None:
    gap = Gap(subject=str(REPORT.packages[0].coordinate), check=check, reason=reason, detail="not looked at")
    view = view_of(replace(REPORT, gaps=(gap,)))
    expected = [{"aggregate": aggregate, "assemblies": ["mlsupply:project"]}]
    assert json.loads(cyclonedx(view))["compositions"] == expected
    assert f"<aggregate>{aggregate}</aggregate>" in cyclonedx_xml(view).decode()


def test_cyclonedx_json_is_valid_and_shows_what_is_incomplete() -> None:
    data = cyclonedx(VIEW)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode()) is None
    document = json.loads(data)
    assert [item["aggregate"] for item in document["compositions"]] == ["incomplete"]
    assert {item["id"] for item in document["vulnerabilities"]} == {finding.id for finding in FINDINGS}
    torch = next(item for item in document["vulnerabilities"] if item["id"] == "PYSEC-2025-41")
    assert torch["ratings"][0]["score"] == 8.8
    waived = next(item for item in document["vulnerabilities"] if item["id"] == "MLS-I001")
    assert waived["analysis"]["detail"] == "our own mirror"
    tree = {item["ref"]: item.get("dependsOn", []) for item in document["dependencies"]}
    assert "pkg:pypi/litellm@1.82.8" in tree["pkg:pypi/dspy@3.1.3"]


def test_cyclonedx_xml_is_valid() -> None:
    data = cyclonedx_xml(VIEW)
    assert XmlValidator(SchemaVersion.V1_6).validate_str(data.decode()) is None
    assert data.count(b"<composition>") == 1


def test_two_outputs_to_one_file_are_refused_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MlsupplyError, match="two outputs would be written to"):
        parse_outputs(["json=report", f"sarif={tmp_path}/./report"])
    assert len(parse_outputs(["json=/dev/null", "sarif=/dev/null"])) == 2


def test_only_one_output_goes_to_stdout() -> None:
    with pytest.raises(MlsupplyError, match="only one output"):
        parse_outputs(["json", "table"])
    with pytest.raises(MlsupplyError, match="no output format named jsn"):
        parse_outputs(["jsn"])


def test_a_file_that_cannot_be_written_is_told_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(MlsupplyError, match="cannot be written: there is no folder"):
        parse_outputs(["table", f"json={tmp_path}/none/report.json"])
    with pytest.raises(MlsupplyError, match="cannot be written: it is a folder"):
        parse_outputs([f"json={tmp_path}"])
    assert [path for _, path in parse_outputs([f"json={tmp_path}/report.json", "sarif=/dev/null"])]


def test_a_report_that_breaks_off_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, link = tmp_path / "report.json", tmp_path / "latest.json"
    path.write_text("the one before")
    path.chmod(0o600)
    link.symlink_to(path)

    def full(draft: Path, data: bytes) -> int:
        with draft.open("wb") as handle:
            handle.write(data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("mlsupply.paths.Path.write_bytes", full)
        with pytest.raises(MlsupplyError, match="could not be written: No space left"):
            write(REPORT, parse_outputs([f"json={path}"]))
    assert path.read_text() == "the one before"

    write(REPORT, parse_outputs([f"json={path}"]))
    assert json.loads(path.read_bytes())["findings"]
    assert path.stat().st_mode & 0o777 == 0o600
    write(REPORT, parse_outputs([f"baseline={link}"]))
    assert link.is_symlink()
    assert "mlsupply-baseline" in json.loads(path.read_bytes()), "the link leads to what was written"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["latest.json", "report.json"]


def test_an_output_that_cannot_be_written_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full, whole = tmp_path / "report.json", tmp_path / "report.sarif"
    full.symlink_to("/dev/full")
    outputs = parse_outputs([f"json={full}", "markdown=/dev/full", f"sarif={whole}"])
    with pytest.raises(MlsupplyError) as refused:
        write(REPORT, outputs)
    assert refused.value.message == (
        f"{full} could not be written: No space left on device; /dev/full could not be written: No space left on device"
    )
    assert json.loads(whole.read_bytes())["runs"]


def test_sarif_has_stable_rules_fingerprints_places_and_says_what_was_not_checked() -> None:
    document = json.loads(sarif(VIEW))
    assert document["runs"][0]["tool"]["driver"]["name"] == "mlsupply"
    rules = [rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]]
    results = document["runs"][0]["results"]
    assert [rules[result["ruleIndex"]] for result in results] == [finding.id for finding in VIEW.findings]
    assert {r["partialFingerprints"]["mlsupplyFingerprint/v1"] for r in results} == {f.fingerprint for f in FINDINGS}
    assert results[0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 40}
    assert [result["suppressions"][0]["justification"] for result in results if "suppressions" in result] == [
        "our own mirror"
    ]
    invocation = document["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == len(GAPS)


def test_spdx_is_valid_and_keeps_the_edges() -> None:
    document = JsonLikeDictParser().parse(json.loads(spdx(VIEW)))
    assert validate_full_spdx_document(document) == []
    assert {package.name for package in document.packages} == {"project", "chat-gateway", "dspy", "litellm", "torch"}
    by_id = {package.spdx_id: package.name for package in document.packages}
    pairs = {(by_id.get(r.spdx_element_id), by_id.get(str(r.related_spdx_element_id))) for r in document.relationships}
    assert ("dspy", "litellm") in pairs


def test_junit_counts_failures_errors_and_what_is_waived() -> None:
    suites = list(JUnitXml.fromstring(junit(VIEW)))
    cases = [case for suite in suites for case in suite]
    assert len(cases) == len(FINDINGS) + len(GAPS)
    assert (sum(s.failures for s in suites), sum(s.errors for s in suites), sum(s.skipped for s in suites)) == (3, 2, 1)


def test_github_annotations_cannot_be_broken_out_of() -> None:
    lines = github(VIEW).decode().splitlines()
    assert len(lines) == len(FINDINGS) + len(GAPS) + 1
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert "%250A" in "".join(lines), "a percent sign of the message is escaped, so that it decodes to itself"


def test_markdown_shows_hostile_text_as_text() -> None:
    text = markdown(VIEW).decode()
    body = MarkdownIt("commonmark").enable("table").render(text)
    assert "<script" not in body
    assert "<a " not in body
    assert "<img" not in body
    assert "PYSEC-2025-41" in text


MANY = replace(
    REPORT,
    findings=tuple(
        replace(
            FINDINGS[0], id=f"CVE-2026-{n:04}", package=Coordinate("pypi", f"pkg-{n}", "1.0"), severity=list(Severity)[n % 5]
        )
        for n in range(600)
    ),
    gaps=tuple(
        replace(
            GAPS[1], check=f"check-{n % 3}", subject=f"pkg-{n} 1.0", place=None, detail=f"reason {n} " + "and so on " * 30
        )
        for n in range(600)
    ),
)


def test_markdown_that_does_not_fit_is_cut_fairly_and_says_how_much_is_left_out() -> None:
    text = markdown(view_of(MANY)).decode()
    assert 50_000 < len(text) <= 60_000
    findings, gaps = text.split("### Not checked: 600")
    told = findings.count("\n### ")
    assert 100 < told < 600
    assert f"**{600 - told} findings more, about {600 - told} other subjects, do not fit here" in findings
    for check in range(3):
        assert gaps.count(f"| check-{check}, no-artifact |") == 21
        assert "| and 180 more | the JSON report has them all |" in gaps
    many_causes = tuple(replace(gap, check=f"check-{n}") for n, gap in enumerate(MANY.gaps))
    text = markdown(view_of(replace(MANY, gaps=many_causes))).decode()
    assert len(text) <= 60_000
    rows = text.split("### Not checked: 600")[1].count("| check-")
    assert f"**{600 - rows} more, in {600 - rows} rows, do not fit here" in text
    assert text.count("\n### ") > 90, "findings keep their half"


def test_the_first_annotations_are_the_verdict_the_worst_and_one_gap_of_each_cause() -> None:
    """GitHub shows ten errors, ten warnings and ten notices of a step, and drops the rest."""
    lines = github(view_of(MANY)).decode().splitlines()
    assert lines[0].startswith("::notice title=mlsupply%3A FAIL::")
    warnings = [line for line in lines if line.startswith("::warning ")][:10]
    assert [f"check-{n}%2C no-artifact" in line for n, line in enumerate(warnings[:3])] == [True] * 3
    assert all("CVE-2026" in line for line in warnings[3:])
    assert len(lines) == 1201
    kinds = {kind: sum(line.startswith(f"::{kind} ") for line in lines) for kind in ("error", "warning", "notice")}
    said = ", ".join(f"{number} {kind}s" for kind, number in kinds.items())
    assert lines[0].endswith(f"; of these {said} GitHub shows 10 of each kind: the other reports have all")
    assert "GitHub shows" not in github(VIEW).decode(), "where all are shown"


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_table_keeps_to_the_width_of_the_terminal_and_says_why_below_the_headline(width: int) -> None:
    for report in (REPORT, MANY):
        lines = table(view_of(report), width).decode().splitlines()
        assert max(map(len, lines)) <= width
    assert "   3 findings at or above high, or malicious" in table(VIEW, width).decode().splitlines()[:4]


def test_a_long_path_keeps_its_line_in_a_narrow_table() -> None:
    folder = "/builds/a-team/inference-platform/services/gateway/deployments/europe/requirements"
    findings = tuple(replace(one, places=(Place(f"{folder}/production.txt", 1234),)) for one in FINDINGS)
    said = "".join(line.strip() for line in table(view_of(replace(REPORT, findings=findings)), 60).decode().splitlines())
    assert f"{folder}/production.txt:1234" in said


def test_quiet_is_one_line_and_verbose_cuts_nothing() -> None:
    many = replace(
        REPORT,
        findings=tuple(replace(FINDINGS[0], id=f"PYSEC-2025-{n}", message=f"message {n}") for n in range(30)),
        gaps=tuple(replace(GAPS[1], detail=f"reason {n}") for n in range(30)),
    )
    view = view_of(many)
    cut, whole = table(view).decode(), table(view, most=WHOLE).decode()
    assert "and 22 more" in cut
    assert "and 24 more of contents, no-artifact" in cut
    assert "more" not in whole
    assert all(f"reason {n}\n" in whole for n in range(30))
    assert sentence(view).decode().count("\n") == 1
    assert sentence(VIEW).decode().endswith("not checked (3 findings at or above high, or malicious)\n")


def test_findings_of_one_rule_stand_in_order_and_the_rest_is_counted() -> None:
    inside = tuple(
        replace(
            FINDINGS[0],
            id="MLS-A011",
            message=f"demo/m{n}.py is not in RECORD",
            places=(Place("a.whl", member=f"demo/m{n}.py"),),
        )
        for n in reversed(range(10, 30))
    )
    said = table(view_of(replace(REPORT, findings=inside, gaps=()))).decode()
    assert said.index("m10.py") < said.index("m11.py") < said.index("m17.py")
    assert "and 12 more: MLS-A011 (12)\n" in said


def test_scan_takes_quiet_and_verbose(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("requests==2.0 --hash=sha256:" + "ab" * 32)
    command = [sys.executable, "-m", "mlsupply", "scan", str(tmp_path), "--offline", "--no-resolve"]
    quiet = subprocess.run([*command, "-q"], capture_output=True, text=True, check=False, timeout=60)
    assert quiet.stdout.count("\n") == 1
    assert quiet.stderr == ""
    loud = subprocess.run([*command, "-v"], capture_output=True, text=True, check=False, timeout=60)
    assert loud.stdout.count("\n") > 5
    assert loud.returncode == quiet.returncode


def test_a_table_in_a_file_is_whole_with_verbose_too(tmp_path: Path) -> None:
    """It said that -v shows all, and -v did not."""
    (tmp_path / "requirements.txt").write_text("torch==1.0.0\npillow==8.0.0\n", encoding="ascii")
    file = tmp_path / "report.txt"
    command = [sys.executable, "-m", "mlsupply", "scan", str(tmp_path), "--offline", "--feed", "embedded", "-v"]
    shown = subprocess.run(command, capture_output=True, check=False, timeout=60).stdout
    subprocess.run([*command, "-q", "-o", f"table={file}"], capture_output=True, check=False, timeout=60)
    assert file.read_bytes() == shown
    assert b"-v shows all" not in shown
