"""The 28 things correct OSV matching for PyPI needs, one or more tests each, told through what the check says."""

from __future__ import annotations

from typing import Any

import pytest

from mlsupply.advisories.store import unpack
from mlsupply.model import Confidence, Kind, Reason, Severity, SourceKind
from tests.advisory_data import check, findings, fixed, is_hit, package, record, rows_of, up_to

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8
V30 = "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"  # 7.8
V4 = "CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N"  # 4.8
V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P"  # 7.5


def _severity(*vectors: str) -> list[dict[str, str]]:
    return [{"type": "CVSS", "score": vector} for vector in vectors]


def test_01_affected_is_listed_or_in_a_range() -> None:
    both = record(events=fixed("1.5"), versions=["2.0"])
    assert is_hit("1.0", both)
    assert is_hit("2.0", both)
    assert not is_hit("1.6", both)
    assert is_hit("2.0", record(versions=["2.0"]))


def test_02_ranges_are_event_logs_not_pairs() -> None:
    log = [*fixed("1.2"), *fixed("2.3", "2.0"), {"introduced": "3.0"}, {"last_affected": "3.1"}]
    hit = [
        version
        for version in ("0.1", "1.2", "1.9", "2.0", "2.2.9", "2.3", "3.0", "3.1", "3.1.1")
        if is_hit(version, record(events=log))
    ]
    assert hit == ["0.1", "2.0", "2.2.9", "3.0", "3.1"]


def test_02_events_may_stand_in_any_order() -> None:
    log = [*fixed("2.3", "2.0"), *fixed("1.2")]
    assert is_hit("2.1", record(events=log))
    assert not is_hit("1.5", record(events=log))


def test_02_a_fix_that_is_introduced_again_at_once_leaves_no_hole() -> None:
    log = [{"introduced": "0"}, {"fixed": "2.0.0"}, {"introduced": "2.0.0"}, {"fixed": "2.11.2"}]
    assert is_hit("2.0.0", record(events=log))
    assert is_hit("2.5", record(events=log))


@pytest.mark.parametrize("version", ["0", "0.dev0", "0a1", "0.0.0.dev1+local"])
def test_03_introduced_zero_lies_below_everything(version: str) -> None:
    assert is_hit(version, record(events=fixed("1.0")))


def test_04_an_open_range_is_affected_for_ever_and_says_there_is_no_fix() -> None:
    (found,) = findings("demo", "99.0", record(events=[{"introduced": "1.0"}]))
    assert found.advisory is not None
    assert found.advisory.fixed == ()
    assert "No fixed release is known" in found.message
    assert "every release from 1.0 on" in found.message


def test_05_last_affected_is_inclusive_and_no_fix_is_invented() -> None:
    known = record(events=up_to("2.10.0"))
    assert not is_hit("2.10.1", known)
    (found,) = findings("demo", "2.10.0", known)
    assert found.advisory is not None
    assert (found.advisory.fixed, found.advisory.last_affected) == ((), "2.10.0")
    assert "2.10.0 is the last release listed; newer ones are not" in found.message
    assert "does not prove it fixed" in found.remedy


def test_06_a_limit_bounds_what_the_range_speaks_of() -> None:
    limited = record(events=[{"introduced": "1.0"}, {"limit": "2.0"}])
    assert is_hit("1.9", limited)
    assert not is_hit("2.0", limited)
    assert is_hit("5.0", record(events=[{"introduced": "1.0"}, {"limit": "2.0"}, {"limit": "*"}]))
    assert not is_hit("2.0", record(events=[*up_to("2.0", "1.0"), {"limit": "2.0"}]))
    (found,) = findings("demo", "1.9", limited)
    assert found.advisory is not None
    assert found.advisory.fixed == ()


def test_07_git_ranges_are_passed_over_wherever_they_stand() -> None:
    known = record(events=fixed("1.5"))
    known["affected"][0]["ranges"].insert(
        0, {"type": "GIT", "repo": "https://git.example/demo", "events": [{"introduced": "0"}, {"fixed": "ab12"}]}
    )
    assert is_hit("1.0", known)
    assert not is_hit("1.5", known)


def test_08_ordering_not_specifiers_decides() -> None:
    assert is_hit("1.0rc1", record(events=fixed("1.0")))
    assert is_hit("1.0.post1", record(events=[{"introduced": "1.0"}]))
    assert not is_hit("1.0.post1", record(events=up_to("1.0")))


def test_09_a_local_version_is_hit_through_its_public_part_and_says_so() -> None:
    (found,) = findings("torch", "2.10.0+cu128", record(name="torch", events=up_to("2.10.0")))
    assert found.advisory is not None
    assert found.advisory.matched_on == "public version"
    assert found.confidence is Confidence.MEDIUM
    assert "+cu128" in found.advisory.notes[0]
    assert "2.10.0+cu128 is affected through its public version" in found.message
    assert found.advisory.last_affected == "2.10.0"
    assert found.remedy.startswith("Move to a release newer than 2.10.0")


def test_09_a_local_version_in_the_range_itself_is_matched_in_full() -> None:
    (found,) = findings("torch", "2.9.0+cpu", record(name="torch", events=up_to("2.10.0")))
    assert found.advisory is not None
    assert found.advisory.matched_on == "version"
    assert is_hit("2.6.0+cu124", record(events=up_to("2.6.0+cu124")))
    assert is_hit("2.9.0+cpu", record(versions=["2.9.0"]))


def test_09_the_build_that_fixes_it_is_not_hit_through_its_public_part() -> None:
    mended = record(events=[{"introduced": "0"}, {"fixed": "2.6.0+acme1"}])
    assert not is_hit("2.6.0+acme1", mended)
    assert is_hit("2.6.0", mended)
    assert is_hit("2.6.0+cu124", mended), "a build of somebody else's, of which the record says nothing"


def test_10_versions_are_equal_by_value() -> None:
    assert is_hit("1.0rc1", record(versions=["1.0-RC1"]))
    assert is_hit("1.2", record(versions=["01.2.0"]))


def test_11_versions_that_are_not_pep_440_are_matched_as_text() -> None:
    known = record(versions=["2.0.0-final-release", "1.0"])
    answer = check(package("demo", "2.0.0-final-release"), known)
    assert answer.findings
    assert answer.gaps[0].reason is Reason.MALFORMED


def test_11_a_bound_that_is_not_pep_440_is_read_as_far_as_it_goes_and_marked() -> None:
    known = record(events=up_to("2.6.0-NA"))
    (found,) = findings("demo", "2.6.0", known)
    assert found.advisory is not None
    assert found.advisory.notes == (
        "partly evaluated: PYSEC-2026-1000: last_affected 2.6.0-NA is not PEP 440 and was read as 2.6.0",
    )
    assert found.confidence is Confidence.MEDIUM
    assert not is_hit("2.7.0", known)


def test_11_a_downstream_build_number_does_not_make_the_release_it_builds_on_fixed() -> None:
    known = record(events=fixed("7.2.0-12.1"))
    assert is_hit("7.2.0", known)
    assert not is_hit("7.2.1", known)


def test_11_a_bound_nothing_can_be_made_of_leans_to_reporting() -> None:
    assert is_hit("9.9", record(events=fixed("trunk")))
    assert is_hit("0.1", record(events=[{"introduced": "main"}, {"fixed": "1.0"}]))


def test_12_epochs_sort_first() -> None:
    assert not is_hit("1!1.0", record(events=fixed("2026.1")))
    assert is_hit("1!0.9", record(events=fixed("1!1.0")))


def test_13_nightlies_lie_below_the_release_and_say_so() -> None:
    (found,) = findings("torch", "2.9.0.dev20250801", record(name="torch", events=fixed("2.9.0")))
    assert "a development build from before the fix" in found.message
    assert not is_hit("1.0", record(events=fixed("1.0rc1")))
    assert is_hit("1.0b9", record(events=fixed("1.0rc1")))


def test_14_names_are_compared_in_their_canonical_form() -> None:
    assert is_hit("1.0", record(name="Demo_.Project", events=fixed("2.0")), name="demo-project")


def test_15_several_blocks_of_one_project_are_united() -> None:
    known = record(events=fixed("1.2"))
    known["affected"].append(
        {"package": {"name": "demo", "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": fixed("2.2", "2.0")}]}
    )
    assert is_hit("1.0", known)
    assert is_hit("2.1", known)
    (found,) = findings("demo", "2.1", known)
    assert found.advisory is not None
    assert found.advisory.fixed == ("2.2",)


def test_15_of_several_projects_only_the_one_at_hand_is_named() -> None:
    known = record(events=fixed("1.2"))
    known["affected"].append({"package": {"name": "other", "ecosystem": "PyPI"}, "versions": ["7.0"]})
    assert [found.package.name for found in findings("other", "7.0", known) if found.package] == ["other"]
    assert not is_hit("1.0", known, name="other")


@pytest.mark.parametrize(
    ("ecosystem", "expected"), [("PyPI", True), ("PyPI:https://index.example/simple", True), ("npm", False), ("Go", False)]
)
def test_16_the_base_of_the_ecosystem_decides(ecosystem: str, expected: bool) -> None:
    known = record(events=fixed("1.2"))
    known["affected"][0]["package"]["ecosystem"] = ecosystem
    assert is_hit("1.0", known) is expected


def test_17_withdrawn_records_hit_nothing_but_are_kept() -> None:
    gone = record(events=fixed("1.2"), withdrawn="2026-02-01T00:00:00Z", aliases=["CVE-2026-1"])
    alive = record("PYSEC-2026-1001", events=fixed("1.2"), aliases=["CVE-2026-1"])
    assert not is_hit("1.0", gone)
    assert [found.id for found in findings("demo", "1.0", gone, alive)] == ["CVE-2026-1"]
    assert unpack(rows_of([gone])["demo"][0]).withdrawn == "2026-02-01T00:00:00Z"


def test_18_aliases_are_one_finding_with_every_id() -> None:
    first = record("PYSEC-2026-1000", events=fixed("1.2"), aliases=["CVE-2026-1"])
    second = record("GHSA-aaaa-bbbb-cccc", events=fixed("1.3"), aliases=["CVE-2026-1"])
    (found,) = findings("demo", "1.0", first, second)
    assert found.advisory is not None
    assert (found.id, found.advisory.aliases) == ("CVE-2026-1", ("GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1000"))
    assert found.advisory.fixed == ("1.2", "1.3")


def test_18_a_withdrawn_record_joins_no_flaws() -> None:
    first = record("PYSEC-2026-1000", events=fixed("1.2"), aliases=["CVE-2026-1"])
    second = record("PYSEC-2026-1001", events=fixed("1.2"), aliases=["CVE-2026-2"])
    both = record("GHSA-aaaa-bbbb-cccc", aliases=["CVE-2026-1", "CVE-2026-2"], withdrawn="2026-02-01T00:00:00Z")
    assert [found.id for found in findings("demo", "1.0", both, first, second)] == ["CVE-2026-1", "CVE-2026-2"]


def test_18_members_that_disagree_are_named() -> None:
    narrow = record("PYSEC-2026-1000", events=fixed("1.2"), aliases=["CVE-2026-1"])
    wide = record("PYSEC-2026-1001", events=fixed("1.9"), aliases=["CVE-2026-1"])
    (found,) = findings("demo", "1.5", narrow, wide)
    assert found.advisory is not None
    assert found.advisory.notes == ("sources disagree: PYSEC-2026-1000 of the same alias group does not list this version",)


def test_18_related_and_upstream_are_not_identity() -> None:
    first = record("PYSEC-2026-1000", events=fixed("1.2"), related=["PYSEC-2026-1001"])
    second = record("PYSEC-2026-1001", events=fixed("1.2"), upstream=["PYSEC-2026-1000"])
    assert len(findings("demo", "1.0", first, second)) == 2


def test_19_records_of_other_projects_do_not_glue_groups_together() -> None:
    one = record("PYSEC-2030-1", events=fixed("1.2"), aliases=["CVE-2026-1"])
    two = record("PYSEC-2030-2", events=fixed("1.2"), aliases=["CVE-2026-2"])
    glue = record("PYSEC-2030-3", name="elsewhere", events=fixed("1.2"), aliases=["CVE-2026-1", "CVE-2026-2"])
    assert [found.id for found in findings("demo", "1.0", one, two, glue)] == ["CVE-2026-1", "CVE-2026-2"]


@pytest.mark.parametrize(
    ("vectors", "score", "severity"),
    [
        ([V3], 9.8, Severity.CRITICAL),
        ([V30], 7.8, Severity.HIGH),
        ([V4], 4.8, Severity.MEDIUM),
        ([V2], 7.5, Severity.HIGH),
        ([V2, V30, V3, V4], 4.8, Severity.MEDIUM),
        (["CVSS:3.1/AV:N/nonsense"], None, Severity.UNKNOWN),
        ([], None, Severity.UNKNOWN),
    ],
)
def test_20_severity_is_the_base_score_of_the_newest_vector(
    vectors: list[str], score: float | None, severity: Severity
) -> None:
    (found,) = findings("demo", "1.0", record(events=fixed("1.2"), severity=_severity(*vectors)))
    assert found.advisory is not None
    assert (found.advisory.score, found.severity) == (score, severity)


@pytest.mark.parametrize(
    ("vector", "score", "severity"),
    [
        ("AV:N/AC:L/PR:L/UI:R/S:C/C:H/I:H/A:H", 9.0, Severity.CRITICAL),
        ("AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:H/A:H", 8.9, Severity.HIGH),
        ("AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:H", 7.0, Severity.HIGH),
        ("AV:N/AC:L/PR:H/UI:R/S:C/C:N/I:L/A:H", 6.9, Severity.MEDIUM),
        ("AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:N/A:L", 4.0, Severity.MEDIUM),
        ("AV:N/AC:H/PR:H/UI:R/S:U/C:L/I:L/A:L", 3.9, Severity.LOW),
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, Severity.LOW),
    ],
)
def test_20_each_word_begins_at_the_score_the_standard_names(vector: str, score: float, severity: Severity) -> None:
    (found,) = findings("demo", "1.0", record(events=fixed("1.2"), severity=_severity(f"CVSS:3.1/{vector}")))
    assert found.advisory is not None
    assert (found.advisory.score, found.severity) == (score, severity)


def test_20_a_block_may_carry_the_severity() -> None:
    known = record(events=fixed("1.2"))
    known["affected"][0]["severity"] = _severity(V3)
    assert findings("demo", "1.0", known)[0].severity is Severity.CRITICAL


def test_20_words_of_the_database_come_after_vectors() -> None:
    known = record(events=fixed("1.2"), database_specific={"severity": "MODERATE"})
    assert findings("demo", "1.0", known)[0].severity is Severity.MEDIUM
    assert findings("demo", "1.0", {**known, "severity": _severity(V3)})[0].severity is Severity.CRITICAL


def test_20_severity_is_borrowed_from_an_alias_and_that_is_said() -> None:
    bare = record("PYSEC-2030-1", events=fixed("1.2"), aliases=["CVE-2026-1"])
    rated = record("PYSEC-2030-2", events=fixed("1.2"), aliases=["CVE-2026-1"], severity=_severity(V3))
    (found,) = findings("demo", "1.0", bare, rated)
    assert found.severity is Severity.CRITICAL
    assert found.advisory is not None
    assert found.advisory.notes == ("severity taken from its alias PYSEC-2030-2",)


@pytest.mark.parametrize(
    "more",
    [
        {"aliases": ["MAL-2026-1"]},
        {"database_specific": {"malicious-packages-origins": [{"source": "x"}]}},
        {"id": "MAL-2026-2"},
    ],
)
def test_21_malicious_releases_are_a_class_of_their_own(more: dict[str, Any]) -> None:
    (found,) = findings("demo", "1.1", record(versions=["1.1"], **more))
    assert (found.kind, found.severity) == (Kind.MALICIOUS, Severity.CRITICAL)
    assert "rotate" in found.remedy
    assert "Remove demo" not in found.remedy
    assert not is_hit("1.0", record(versions=["1.1"], **more))


def test_21_a_project_listed_whole_is_to_be_removed() -> None:
    (found,) = findings("demo", "1.1", record("MAL-2026-1", events=[{"introduced": "0"}]))
    assert found.remedy.startswith("Remove demo: the whole project is listed")


def test_22_the_fix_clears_every_flaw_of_the_package() -> None:
    first = record("PYSEC-2030-1", events=fixed("1.2"))
    second = record("PYSEC-2030-2", events=fixed("1.4"))
    third = record("PYSEC-2030-3", events=fixed("1.6", "1.3"))
    found = findings("demo", "1.0", first, second, third)
    assert len(found) == 2
    assert all("Upgrade to 1.6" in one.remedy for one in found)


def test_22_a_final_release_is_preferred_to_a_pre_release() -> None:
    found = findings(
        "demo", "1.0", record("PYSEC-2030-1", events=fixed("1.2rc1")), record("PYSEC-2030-2", events=fixed("1.2"))
    )
    assert ["Upgrade to 1.2," in one.remedy for one in found] == [True, True]


@pytest.mark.parametrize("kind", [SourceKind.REGISTRY, SourceKind.GIT, SourceKind.URL, SourceKind.PATH])
def test_23_an_unknown_version_is_neither_clean_nor_vulnerable(kind: SourceKind) -> None:
    answer = check(package("demo", "", kind), record(events=[{"introduced": "0"}]))
    assert answer.findings == ()
    assert answer.gaps[0].reason is Reason.UNPINNED


@pytest.mark.parametrize(
    "bad", ["[]", "null", '{"id": 7}', '{"id": "X"}', '{"id": "X", "affected": 3}', '{"id": "", "affected": []}']
)
def test_24_a_malformed_record_is_counted_and_the_rest_is_read(bad: str) -> None:
    import json

    from mlsupply.advisories.build import compile_records

    compiled = compile_records([("bad.json", json.loads(bad)), ("good.json", record(events=fixed("1.2")))])
    assert (len(compiled.refused), len(compiled.modified)) == (1, 1)
    assert compiled.refused[0].startswith("bad.json: ")


def test_24_odd_parts_of_a_record_do_not_cost_the_rest() -> None:
    odd = record(severity="high", aliases=[None, 7, "CVE-2026-1"])
    events: list[object] = [{}, {"introduced": "0"}, {"fixed": 3}, {"sideways": "1"}, {"fixed": "1.2"}]
    odd["affected"][0]["ranges"] = [{"type": "ECOSYSTEM", "events": events}, {"type": "ECOSYSTEM"}, None]
    odd["affected"] += [None, 3, {}, {"package": "demo"}, {"package": {"name": 3, "ecosystem": "PyPI"}}]
    (found,) = findings("demo", "1.0", odd)
    assert found.id == "CVE-2026-1"
    assert found.advisory is not None
    assert "an event without content" in found.advisory.notes[0]


def test_25_a_package_from_elsewhere_matches_by_name_and_says_its_source_differs() -> None:
    answer = check(package("demo", "1.0", SourceKind.GIT, "https://git.example/demo"), record(events=fixed("1.2")))
    (found,) = answer.findings
    assert found.confidence is Confidence.MEDIUM
    assert found.advisory is not None
    assert "comes from git" in found.advisory.notes[0]


def test_25_a_private_index_under_a_public_name_is_said() -> None:
    (found,) = check(package("demo", "1.0", url="https://index.example/simple"), record(events=fixed("1.2"))).findings
    assert found.confidence is Confidence.MEDIUM
    assert found.advisory is not None
    assert "index.example" in found.advisory.notes[0]


def test_26_a_renamed_distribution_inherits() -> None:
    (found,) = findings("tensorflow-cpu", "2.10.0", record(name="tensorflow", events=fixed("2.11.0")))
    assert found.package is not None
    assert found.package.name == "tensorflow-cpu"
    assert found.advisory is not None
    assert any("inherited from tensorflow" in note for note in found.advisory.notes)
    assert found.confidence is Confidence.MEDIUM


def test_26_an_advisory_of_its_own_is_not_inherited_twice() -> None:
    own = record("PYSEC-2030-1", name="tensorflow-cpu", events=fixed("2.11.0"), aliases=["CVE-2026-1"])
    main = record("PYSEC-2030-2", name="tensorflow", events=fixed("2.11.0"), aliases=["CVE-2026-1"])
    (found,) = findings("tensorflow-cpu", "2.10.0", own, main)
    assert found.advisory is not None
    assert not any("inherited" in note for note in found.advisory.notes)


def test_27_conditions_of_the_environment_are_not_evaluated() -> None:
    known = record(events=fixed("1.2"))
    known["affected"][0]["ecosystem_specific"] = {"platforms": ["win32"]}
    assert is_hit("1.0", known)


def test_28_the_same_records_give_the_same_bytes() -> None:
    from mlsupply.advisories.build import encode
    from mlsupply.advisories.groups import grouped
    from mlsupply.advisories.records import parse

    known = [record("PYSEC-2030-2", versions=["1.0", "0.9"]), record("PYSEC-2030-1", events=fixed("1.2"))]
    once, again = ([one for item in known for _, one in parse(item)] for _ in range(2))
    assert encode(grouped(once)) == encode(grouped(again))


def test_a_record_without_any_version_is_a_gap_of_the_packages_it_names() -> None:
    answer = check(package("demo", "1.0"), record())
    assert answer.findings == ()
    assert answer.gaps[0].reason is Reason.MALFORMED
    assert "PYSEC-2026-1000 names demo and no version of it" in answer.gaps[0].detail


def test_versions_past_the_limit_are_said() -> None:
    known = record(versions=["1.0", *(f"9.{number}" for number in range(20_004))])
    (found,) = findings("demo", "1.0", known)
    assert found.advisory is not None
    assert found.advisory.notes == ("partly evaluated: PYSEC-2026-1000: 5 of its versions were not read",)
