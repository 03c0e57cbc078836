"""What fails a run, what is waived, and what never can be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mlsupply.errors import MlsupplyError
from mlsupply.model import (
    AdvisoryRef,
    Coordinate,
    Edge,
    Finding,
    Gap,
    Inventory,
    Kind,
    Package,
    Place,
    Reason,
    Severity,
    Source,
    SourceKind,
)
from mlsupply.outcome import Verdict
from mlsupply.policy import decide
from mlsupply.project import merge, ways_in
from mlsupply.report.baseline import fingerprints
from mlsupply.report.baseline import render as baseline
from mlsupply.report.openvex import render as openvex
from mlsupply.report.view import view_of
from mlsupply.request import Policy, Request, Tolerance, WaiverRule
from mlsupply.vex import statements
from tests.golden import REPORT

NOW = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
HERE = Place("pyproject.toml", 40)
ROOT = Package(
    coordinate=Coordinate("pypi", "app", "1"),
    source=Source(SourceKind.VIRTUAL, "."),
    requires=(Edge("torch"), Edge("pytest", group="dev")),
)
TORCH = Package(coordinate=Coordinate("pypi", "torch", "2.9.0"), direct=True)
PYTEST = Package(coordinate=Coordinate("pypi", "pytest", "8.0"), direct=True, groups=("dev",), requires=(Edge("pluggy"),))
PLUGGY = Package(coordinate=Coordinate("pypi", "pluggy", "1.0"))
PROJECT = merge([Inventory(path="uv.lock", format="uv.lock", root="app", packages=(ROOT, TORCH, PYTEST, PLUGGY))])
FLAW = Finding(
    id="CVE-2026-1",
    check="advisories",
    kind=Kind.ADVISORY,
    title="t",
    message="m",
    severity=Severity.HIGH,
    package=TORCH.coordinate,
    advisory=AdvisoryRef(id="CVE-2026-1", aliases=("GHSA-1", "PYSEC-2026-1"), fixed=("2.9.1",)),
)
MALWARE = replace(
    FLAW, id="MAL-2026-1", kind=Kind.MALICIOUS, severity=Severity.UNKNOWN, advisory=AdvisoryRef(id="MAL-2026-1")
)
GAP = Gap(subject="torch 2.9.0", check="contents", reason=Reason.OFFLINE, detail="offline")


def _decide(policy: Policy, *findings: Finding, gaps: tuple[Gap, ...] = ()) -> tuple[tuple[Finding, ...], Verdict]:
    marked, _, verdict = decide(findings, gaps, PROJECT, Request(policy=policy), NOW)
    return marked, verdict


def _waiver(**changes: Any) -> WaiverRule:
    return replace(WaiverRule(id="CVE-2026-1", reason="not reachable", place=HERE), **changes)


def test_the_verdict_counts_the_findings_that_the_head_of_the_report_counts() -> None:
    """One flaw of a release from two indexes, with another way out for each, is two findings with one fingerprint."""
    verdict = _decide(Policy(), FLAW, replace(FLAW, remedy="another"))[1]
    assert verdict.reason.startswith("2 findings at or above")
    assert dict(verdict.counts)["high"] == 2
    assert dict(verdict.counts)["critical"] == 0, "whoever reads the JSON finds every severity"


@pytest.mark.parametrize(
    ("findings", "gaps", "code"),
    [((), (), 0), ((FLAW,), (), 1), ((), (GAP,), 3), ((FLAW,), (GAP,), 1), ((replace(FLAW, severity=Severity.LOW),), (), 0)],
)
def test_the_exit_code_follows_findings_then_gaps(findings: tuple[Finding, ...], gaps: tuple[Gap, ...], code: int) -> None:
    assert _decide(Policy(), *findings, gaps=gaps)[1].exit_code == code


def test_nothing_read_and_nothing_asked_for_is_nothing_to_audit() -> None:
    empty = merge([])
    assert decide((), (), empty, Request(), NOW)[2].exit_code == 4
    read = replace(empty, inventories=(Inventory(path="pyproject.toml", format="pyproject.toml", complete=True),))
    verdict = decide((), (), read, Request(), NOW)[2]
    assert (verdict.exit_code, verdict.reason) == (4, "nothing to audit: no package is named in pyproject.toml")
    assert decide((), (GAP,), empty, Request(), NOW)[2].exit_code == 3


def test_what_the_user_switched_off_or_tolerates_leaves_the_run_complete() -> None:
    assert _decide(Policy(), gaps=(replace(GAP, reason=Reason.DISABLED),))[1].exit_code == 0
    assert _decide(Policy(tolerated=(Tolerance(check="contents", subject="torch *"),)), gaps=(GAP,))[1].exit_code == 0
    assert _decide(Policy(tolerated=(Tolerance(check="contents", subject="numpy *"),)), gaps=(GAP,))[1].exit_code == 3


def test_unknown_severity_is_not_low_and_policy_says_what_it_does() -> None:
    unknown = replace(FLAW, severity=Severity.UNKNOWN)
    assert _decide(Policy(), unknown)[1].exit_code == 0
    assert _decide(Policy(unknown=Severity.HIGH), unknown)[1].exit_code == 1
    assert _decide(Policy(fail_on=Severity.UNKNOWN), unknown)[1].exit_code == 1


def test_malicious_fails_whatever_the_thresholds_say() -> None:
    never = Policy(fail_on=Severity.CRITICAL, by_kind=(("malicious", None),), by_group=(("", None),))
    assert _decide(never, MALWARE)[1].exit_code == 1


def test_kinds_may_have_thresholds_of_their_own() -> None:
    assert _decide(Policy(by_kind=(("advisory", Severity.CRITICAL),)), FLAW)[1].exit_code == 0
    assert _decide(Policy(by_kind=(("name", Severity.CRITICAL),)), FLAW)[1].exit_code == 1


def test_a_group_threshold_counts_only_for_what_comes_in_through_it_alone() -> None:
    lenient = Policy(by_group=(("dev", Severity.CRITICAL),))
    assert _decide(lenient, replace(FLAW, package=PLUGGY.coordinate))[1].exit_code == 0
    assert _decide(lenient, FLAW)[1].exit_code == 1
    ways = {key[1]: way for key, way in ways_in(PROJECT.inventories).items()}
    assert ways == {"app": {""}, "torch": {""}, "pytest": {"dev"}, "pluggy": {"dev"}}


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        (("dev", "docs"), 0),  # critical and never: the stricter of the two lets a high finding pass
        (("dev", "gpu"), 1),  # critical and medium: the stricter of the two does not
        (("dev", "test"), 1),  # a group without a threshold of its own: the general one
        (("dev", ""), 1),  # the project itself asks for it too: the general one
    ],
)
def test_of_several_groups_the_strictest_counts_and_the_general_threshold_where_one_has_none(
    groups: tuple[str, ...], code: int
) -> None:
    edges = tuple(Edge("torch", group=group) for group in groups)
    torch = replace(TORCH, direct=False)
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=(replace(ROOT, requires=edges), torch))])
    policy = Policy(by_group=(("dev", Severity.CRITICAL), ("docs", None), ("gpu", Severity.MEDIUM)))
    assert decide((FLAW,), (), project, Request(policy=policy), NOW)[2].exit_code == code


@pytest.mark.parametrize("identity", ["CVE-2026-1", "GHSA-1", "PYSEC-2026-1", "cve-2026-1", "ghsa-1"])
def test_a_waiver_by_any_alias_marks_and_keeps_the_finding(identity: str) -> None:
    marked, verdict = _decide(Policy(waivers=(_waiver(id=identity),)), FLAW)
    assert verdict.exit_code == 0
    assert [(f.id, f.waiver.reason if f.waiver else "") for f in marked] == [("CVE-2026-1", "not reachable")]


@pytest.mark.parametrize(
    ("changes", "waived", "said"),
    [
        ({"until": "2026-03-24"}, True, []),
        ({"until": "2026-03-23"}, False, ["MLS-P001"]),
        ({"until_fixed": True}, False, ["MLS-P003"]),
        ({"package": "Torch", "version": "2.9.0"}, True, []),
        ({"package": "torch", "version": "2.9"}, True, []),
        ({"package": "torch", "version": "2.8.0"}, False, ["MLS-P002"]),
        ({"id": "CVE-1999-1"}, False, ["MLS-P002"]),
    ],
)
def test_waivers_expire_and_unused_ones_are_said(changes: dict[str, object], waived: bool, said: list[str]) -> None:
    marked, _ = _decide(Policy(waivers=(_waiver(**changes),)), FLAW)
    assert (marked[0].waiver is not None) is waived
    assert [finding.id for finding in marked[1:]] == said


@pytest.mark.parametrize(
    ("changes", "waived"),
    [
        ({}, False),
        ({"package": "torch", "version": "2.9.0"}, False),
        ({"package": "torch", "version": "2.9.0", "until": "2026-04-01", "until_fixed": True}, False),
        ({"package": "torch", "version": "2.9.0", "until": "2026-04-01"}, True),
    ],
)
def test_only_an_exact_dated_waiver_covers_malware(changes: dict[str, object], waived: bool) -> None:
    marked, verdict = _decide(Policy(waivers=(_waiver(id="MAL-2026-1", **changes),)), MALWARE)
    assert (marked[0].waiver is not None) is waived
    assert verdict.exit_code == (0 if waived else 1)
    told = {"MLS-P003"} if changes.get("until_fixed") and MALWARE.advisory and MALWARE.advisory.fixed else {"MLS-P004"}
    assert {finding.id for finding in marked[1:]} == (set() if waived else told), "that it hides nothing is said"


def test_a_waiver_that_holds_for_one_of_its_findings_is_not_called_lapsed() -> None:
    open_flaw = replace(FLAW, package=PYTEST.coordinate, advisory=AdvisoryRef(id="CVE-2026-1"))
    for order in ((FLAW, open_flaw), (open_flaw, FLAW)):
        marked, _ = _decide(Policy(waivers=(_waiver(until_fixed=True),)), *order)
        assert {f.package for f in marked if f.waiver} == {PYTEST.coordinate}
        assert len(marked) == 2


def test_a_baseline_leaves_only_new_findings_to_fail_and_never_hides_malware() -> None:
    written = baseline(view_of(replace(REPORT, findings=(FLAW, MALWARE))))
    known = fingerprints("b.json", written)
    other = replace(FLAW, id="CVE-2026-2", advisory=AdvisoryRef(id="CVE-2026-2"))
    marked, verdict = _decide(Policy(baseline=known), FLAW, MALWARE, other)
    assert [f.waiver.state if f.waiver else None for f in marked] == ["baseline", None, None]
    assert len(verdict.failing) == 2


def test_a_finding_is_the_same_one_whatever_its_line_words_and_severity_and_another_in_another_member() -> None:
    def at(member: str, line: int = 1) -> Finding:
        return replace(FLAW, places=(Place("torch.whl", line, member),))

    same = (at("a.py"), at("a.py", 9), replace(at("a.py"), message="in other words", severity=Severity.LOW))
    others = (at("b.py"), replace(at("a.py"), subject="torch.whl"), replace(at("a.py"), package=PLUGGY.coordinate), FLAW)
    assert len({finding.fingerprint for finding in same}) == 1
    assert len({finding.fingerprint for finding in (*same, *others)}) == 1 + len(others)


def test_a_baseline_that_is_written_anew_keeps_what_the_one_before_held() -> None:
    fresh = replace(FLAW, id="CVE-2026-2", advisory=AdvisoryRef(id="CVE-2026-2"))
    waived = replace(FLAW, id="CVE-2026-3", advisory=AdvisoryRef(id="CVE-2026-3"))
    policy = Policy(baseline=frozenset({FLAW.fingerprint}), waivers=(_waiver(id="CVE-2026-3"),))
    marked, _ = _decide(policy, FLAW, fresh, waived)
    again = fingerprints("b.json", baseline(view_of(replace(REPORT, findings=marked))))
    assert again == {FLAW.fingerprint, fresh.fingerprint, *FLAW.standing, *fresh.standing}, "a waiver has an end of its own"


def test_who_moves_to_a_release_with_one_flaw_less_is_not_failed_for_the_rest() -> None:
    known = fingerprints("b.json", baseline(view_of(replace(REPORT, findings=(FLAW, MALWARE)))))
    later = replace(FLAW, package=Coordinate("pypi", "torch", "2.9.1"))
    other = replace(FLAW, package=PYTEST.coordinate)
    marked, _ = _decide(Policy(baseline=known), later, other)
    assert [bool(f.waiver) for f in marked] == [True, False]


def test_a_flaw_that_was_given_a_cve_since_the_baseline_is_the_same_flaw() -> None:
    before = replace(FLAW, id="GHSA-1", advisory=AdvisoryRef(id="GHSA-1", aliases=("PYSEC-2026-1",)))
    known = fingerprints("b.json", baseline(view_of(replace(REPORT, findings=(before,)))))
    marked, _ = _decide(Policy(baseline=known), FLAW)
    assert [bool(f.waiver) for f in marked] == [True]


def test_what_is_in_the_files_of_another_version_is_new_to_a_baseline() -> None:
    content = replace(FLAW, id="MLS-C003", kind=Kind.CONTENT, advisory=None)
    known = fingerprints("b.json", baseline(view_of(replace(REPORT, findings=(content, MALWARE)))))
    later = replace(content, package=Coordinate("pypi", "torch", "2.9.1"))
    assert MALWARE.package
    worse = replace(MALWARE, package=MALWARE.package._replace(version="9"))
    marked, _ = _decide(Policy(baseline=known), content, later, worse)
    assert [bool(f.waiver) for f in marked] == [True, False, False]


def test_a_baseline_of_fingerprints_alone_still_holds() -> None:
    old = {"mlsupply-baseline": 1, "findings": {FLAW.fingerprint: "CVE-2026-1 torch 2.9.0"}}
    marked, _ = _decide(Policy(baseline=fingerprints("b.json", json.dumps(old).encode())), FLAW)
    assert [bool(f.waiver) for f in marked] == [True]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"findings": []}', b'{"mlsupply-baseline": 9, "findings": {}}'])
def test_a_broken_baseline_stops_the_run(data: bytes) -> None:
    with pytest.raises(MlsupplyError, match=r"b\.json"):
        fingerprints("b.json", data)


def _openvex(status: str, product: str = "pkg:pypi/torch@2.9.0") -> bytes:
    statement = {
        "vulnerability": {"name": "PYSEC-2026-1"},
        "products": [{"@id": product}],
        "status": status,
        "impact_statement": "the code path is not built in",
    }
    return json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [statement]}).encode()


@pytest.mark.parametrize(
    ("status", "product", "state"),
    [
        ("not_affected", "pkg:pypi/torch@2.9.0", "vex-not-affected"),
        ("not_affected", "pkg:pypi/torch", "vex-not-affected"),
        ("fixed", "pkg:pypi/torch@2.9.0?file_name=x.whl", "vex-fixed"),
        ("not_affected", "pkg:PyPI/Torch@2.9", "vex-not-affected"),
        ("not_affected", "pkg:pypi/torch@2.8.0", None),
        ("not_affected", "pkg:npm/torch@2.9.0", None),
        ("not_affected", "pkg:pypi/torch@2.9.0%2Bcu128", None),
        ("not_affected", "pkg:pypi/torch-model@2.9.0", None),
        ("under_investigation", "pkg:pypi/torch", None),
    ],
)
def test_openvex_clears_what_it_names_and_nothing_else(status: str, product: str, state: str | None) -> None:
    policy = Policy(vex=statements("vex.json", _openvex(status, product)))
    marked, _ = _decide(policy, FLAW)
    assert (marked[0].waiver.state if marked[0].waiver else None) == state


def test_cyclonedx_vex_is_read_and_malware_is_not_cleared_by_it() -> None:
    document = {
        "bomFormat": "CycloneDX",
        "components": [{"bom-ref": "t", "purl": "pkg:pypi/torch@2.9.0"}],
        "vulnerabilities": [
            {"id": "MAL-2026-1", "analysis": {"state": "false_positive"}, "affects": [{"ref": "t"}]},
            {"id": "CVE-2026-1", "analysis": {"state": "not_affected", "detail": "unused"}, "affects": [{"ref": "t"}]},
            {"id": "CVE-2026-9"},
        ],
    }
    marked, verdict = _decide(Policy(vex=statements("vex.json", json.dumps(document).encode())), FLAW, MALWARE)
    assert [finding.waiver is not None for finding in marked] == [True, False]
    assert verdict.exit_code == 1


@pytest.mark.parametrize("data", [b"{", b"[1]", b"{}", b'{"@context": "openvex", "statements": [{"status": "fine"}]}'])
def test_a_vex_document_that_cannot_be_read_stops_the_run(data: bytes) -> None:
    with pytest.raises(MlsupplyError, match=r"vex\.json"):
        statements("vex.json", data)


@pytest.mark.parametrize("products", [[3], [{}], [{"@id": 5}], {}, "", [None, {"subcomponents": [[]]}]])
def test_a_statement_of_products_that_cannot_be_read_does_not_become_one_of_all_products(products: object) -> None:
    document = json.loads(_openvex("not_affected"))
    document["statements"][0]["products"] = products
    with pytest.raises(MlsupplyError, match="statement 1 names products that cannot be read"):
        statements("vex.json", json.dumps(document).encode())


def test_openvex_means_a_subcomponent_as_well_as_its_product() -> None:
    document = json.loads(_openvex("not_affected"))
    document["statements"][0]["products"] = [{"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:pypi/torch@2.9.0"}]}]
    document["statements"][0]["vulnerability"]["aliases"] = 1
    (statement,) = statements("vex.json", json.dumps(document).encode())
    assert statement.products == ("pkg:oci/app", "pkg:pypi/torch@2.9.0")


def test_a_cyclonedx_reference_that_is_missing_is_not_that_of_a_component_without_one() -> None:
    document = {
        "bomFormat": "CycloneDX",
        "components": [{"type": "library", "name": "torch", "purl": "pkg:pypi/torch@2.9.0"}],
        "vulnerabilities": [{"id": "CVE-2026-1", "analysis": {"state": "not_affected"}, "affects": [{"ref": 7}]}],
    }
    (statement,) = statements("vex.json", json.dumps(document).encode())
    assert statement.products == ("",)


def test_openvex_out_states_what_the_run_knows_and_can_be_read_back() -> None:
    written = openvex(view_of(REPORT))
    assert {s.status for s in statements("out.json", written)} == {"affected"}
    assert {s.ids[0] for s in statements("out.json", written)} == {"MAL-2026-2144", "PYSEC-2025-41"}


def test_a_pass_with_findings_says_that_they_are_below_the_threshold() -> None:
    unknown = replace(FLAW, severity=Severity.UNKNOWN)
    assert decide((unknown,), (), PROJECT, Request(), NOW)[2].reason == "complete; 1 finding below the threshold (high)"
    waived = Policy(waivers=(WaiverRule(id=FLAW.id, reason="r", place=HERE),))
    assert decide((unknown,), (), PROJECT, Request(policy=waived), NOW)[2].reason == "clean and complete"
    assert decide((), (), PROJECT, Request(), NOW)[2].reason == "clean and complete"
    assert decide((), (), PROJECT, Request(checks=("names",)), NOW)[2].reason == "clean and complete; checked: names"
    skipped = Request(skip=("names", "index"))
    assert decide((), (), PROJECT, skipped, NOW)[2].reason == "clean and complete; left out: names, index"
    incomplete = decide((unknown,), (GAP,), PROJECT, Request(), NOW)[2].reason
    assert incomplete.endswith("could be checked: 1 failed or too old; 1 finding below the threshold (high)")


def test_the_verdict_names_every_threshold_and_what_was_switched_off() -> None:
    policy = Policy(by_kind=(("advisory", None), ("licence", Severity.LOW)), by_group=(("dev", Severity.CRITICAL),))
    thresholds = "(high; advisory never, licence low, group dev critical)"
    assert _decide(policy, FLAW)[1].reason == f"complete; 1 finding below the threshold {thresholds}"
    off = replace(GAP, reason=Reason.DISABLED)
    assert _decide(Policy(), gaps=(off,))[1].reason == "clean and complete, but for what is switched off or tolerated"


def test_licences_have_a_threshold_of_their_own_apart_from_the_projects_settings() -> None:
    denied = replace(FLAW, id="MLS-L001", kind=Kind.LICENCE, advisory=None)
    settings = replace(FLAW, id="MLS-P001", kind=Kind.CONFIG, advisory=None)
    lenient = Policy(by_kind=(("licence", None),))
    assert _decide(lenient, denied)[1].exit_code == 0
    assert _decide(lenient, settings)[1].exit_code == 1
