"""The check `release`: what an index shows on the day of a bad release, before any advisory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mlsupply.evidence import attestations
from mlsupply.evidence.release_check import SETTLED, judge, judged_by_lock
from mlsupply.model import (
    RESOLVED,
    Artifact,
    Checked,
    Coordinate,
    DataSource,
    Inventory,
    Package,
    Place,
    Reason,
    Requirement,
    Source,
    SourceKind,
)
from mlsupply.project import merge
from mlsupply.request import Request, RuleSettings
from mlsupply.ruleset import load
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex, provenance


@pytest.fixture(autouse=True)
def _without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provenance of these indexes is an empty shell: see test_provenance for what is verified."""
    monkeypatch.setattr(attestations, "LIBRARY", "no_such_library")


def package(name: str, version: str, *artifacts: Artifact, source: Source | None = None) -> Package:
    return Package(coordinate=Coordinate("pypi", name, version), artifacts=artifacts, source=source or Source())


def looked(packages: list[Package], world: World, index: str = "", **request: object) -> dict[str, Checked]:
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=tuple(packages), complete=True)])
    said = list(judge(project, Request(index_url=index, **request), world))  # type: ignore[arg-type]  # any of its fields
    found = [one for one in said if isinstance(one, Checked)]
    assert [one.package for one in found] == list(project.packages)
    assert all(isinstance(one, (Checked, DataSource)) for one in said)
    return {one.package.name: one for one in found if one.package}


def ids(checked: Checked) -> list[str]:
    return sorted(finding.id for finding in checked.findings)


def history(index: LoopbackIndex, name: str, *, last: str, at: str, **more: object) -> None:
    """Four ordinary monthly releases with wheel, sdist and provenance, then `last`, uploaded `at`."""
    for month in range(1, 5):
        index.add(
            name,
            f"1.{month}.0",
            kinds=["wheel", "sdist"],
            uploaded=f"2025-1{month % 3}-15T10:00:00Z" if month < 3 else f"2026-0{month - 2}-15T10:00:00Z",
            size=200_000,
            provenance=provenance(repository=f"acme/{name}"),
        )
    defaults: dict[str, object] = {
        "kinds": ["wheel", "sdist"],
        "size": 210_000,
        "provenance": provenance(repository=f"acme/{name}"),
    }
    index.add(name, last, uploaded=at, **{**defaults, **more})  # type: ignore[arg-type]  # the arguments of add


def test_an_ordinary_release_is_clean_and_every_rule_could_be_decided(index: LoopbackIndex, online: World) -> None:
    history(index, "demo", last="1.5.0", at="2026-03-01T10:00:00Z")
    found = looked([package("demo", "1.5.0")], online, index.simple)["demo"]
    assert (ids(found), found.gaps) == ([], ())


def test_a_hijack_two_hours_old_stands_out_by_age_provenance_and_missing_sdist(index: LoopbackIndex, online: World) -> None:
    history(index, "demo", last="1.5.0", at="2026-03-24T10:00:00Z", kinds=["wheel"], provenance=None)
    found = looked([package("demo", "1.5.0")], online, index.simple)["demo"]
    assert ids(found) == ["MLS-R001", "MLS-R012", "MLS-R016"]
    messages = {finding.id: finding.message for finding in found.findings}
    assert messages["MLS-R001"] == "demo 1.5.0 was uploaded 2 hours ago, on 2026-03-24 10:00 UTC"


def test_a_release_that_was_deleted_is_a_finding_though_no_advisory_knows_it(index: LoopbackIndex, online: World) -> None:
    history(index, "proxy", last="1.82.6", at="2026-03-01T10:00:00Z")
    found = looked([package("proxy", "1.82.8"), package("whole-project", "1.0")], online, index.simple)
    assert ids(found["proxy"]) == ["MLS-R006"]
    assert ids(found["whole-project"]) == ["MLS-R007"]
    assert not found["proxy"].gaps


def test_a_payload_shows_as_a_jump_in_size(index: LoopbackIndex, online: World) -> None:
    history(index, "trainer", last="2.6.2", at="2026-03-10T10:00:00Z", size=11_000_000)
    (finding,) = looked([package("trainer", "2.6.2")], online, index.simple)["trainer"].findings
    assert finding.id == "MLS-R010"
    assert "55.0 times" in finding.message or "55 times" in finding.message


def test_another_repository_publishing_the_project_is_a_finding(index: LoopbackIndex, online: World) -> None:
    history(index, "demo", last="1.5.0", at="2026-03-01T10:00:00Z", provenance=provenance(repository="mallory/demo"))
    index.project("demo").info = {"project_urls": {"Source": "https://github.com/acme/demo"}}
    found = looked([package("demo", "1.5.0")], online, index.simple)["demo"]
    assert "MLS-R017" in ids(found)
    assert "mallory/demo" in found.findings[0].message


@pytest.mark.parametrize(("reason", "expected"), [("broken", "MLS-R002"), ("compromised release", "MLS-R003")])
def test_a_yanked_release_that_is_still_pinned(reason: str, expected: str, index: LoopbackIndex, online: World) -> None:
    history(index, "demo", last="1.5.0", at="2026-03-01T10:00:00Z", yanked=reason)
    assert ids(looked([package("demo", "1.5.0")], online, index.simple)["demo"]) == [expected]


@pytest.mark.parametrize(("status", "expected"), [("quarantined", ["MLS-R004"]), ("archived", ["MLS-R005"]), ("active", [])])
def test_the_status_of_the_project(status: str, expected: list[str], index: LoopbackIndex, online: World) -> None:
    history(index, "demo", last="1.5.0", at="2026-03-01T10:00:00Z")
    index.project("demo").status = status
    assert ids(looked([package("demo", "1.5.0")], online, index.simple)["demo"]) == expected


def test_a_project_that_changed_hands_since_an_earlier_run(index: LoopbackIndex, online: World) -> None:
    history(index, "demo", last="1.5.0", at="2026-03-01T10:00:00Z")
    index.project("demo").ownership = {"organization": None, "roles": [{"role": "Owner", "user": "ann"}]}
    assert ids(looked([package("demo", "1.5.0")], online, index.simple)["demo"]) == []
    index.project("demo").ownership = {"organization": "newcorp", "roles": []}
    tomorrow = replace(online, now=lambda: online.now() + timedelta(days=1))
    (finding,) = looked([package("demo", "1.5.0")], tomorrow, index.simple)["demo"].findings
    assert finding.id == "MLS-R019"
    assert finding.message == (
        "since an earlier run here the owners of demo 1.5.0 gained organization:newcorp and lost Owner:ann"
    )


def test_a_new_name_and_a_name_long_silent(index: LoopbackIndex, online: World) -> None:
    index.add("invented", "0.1", uploaded="2026-03-15T00:00:00Z")
    index.add("asleep", "1.0", uploaded="2019-01-01T00:00:00Z")
    index.add("asleep", "1.1", uploaded="2026-03-01T00:00:00Z")
    found = looked([package("invented", "0.1"), package("asleep", "1.1")], online, index.simple)
    assert ids(found["invented"]) == ["MLS-R008"]
    assert ids(found["asleep"]) == ["MLS-R009"]


def test_a_file_added_long_after_its_siblings(index: LoopbackIndex, online: World) -> None:
    history(index, "demo", last="1.5.0", at="2025-09-01T00:00:00Z")
    index.add("demo", "1.5.0", tag="cp312-cp312-linux_x86_64", uploaded="2026-02-01T00:00:00Z", size=1000)
    found = looked([package("demo", "1.5.0")], online, index.simple)["demo"]
    assert "MLS-R013" in ids(found)


def test_the_lock_against_the_files_of_the_index(index: LoopbackIndex, online: World) -> None:
    (wheel,) = index.add("demo", "1.0", uploaded="2025-01-01T00:00:00Z")
    index.add("demo", "0.9", uploaded="2024-06-01T00:00:00Z")
    right = Artifact(wheel.filename, "wheel", hashes=(("sha256", wheel.sha256),))
    other = Artifact(wheel.filename, "wheel", hashes=(("sha256", "0" * 64),))
    absent = Artifact("demo-1.0-cp312-cp312-linux_x86_64.whl", "wheel", hashes=(("sha256", "1" * 64),))
    loose = Artifact("", "other", hashes=(("sha256", "2" * 64),))

    def found(*artifacts: Artifact) -> list[str]:
        return ids(looked([package("demo", "1.0", *artifacts)], online, index.simple)["demo"])

    assert found(right) == []
    assert found(other) == ["MLS-R014"]
    assert found(right, absent) == ["MLS-R015"]
    assert found(loose) == ["MLS-R015"]
    assert found(Artifact("", "other", hashes=(("sha256", wheel.sha256),))) == []


def test_waiting_can_be_shortened_and_packages_and_indexes_exempted(index: LoopbackIndex, online: World) -> None:
    history(index, "acme-tool", last="1.5.0", at="2026-03-23T10:00:00Z")

    def found(settings: dict[str, object], values: tuple[tuple[str, object], ...] = ()) -> list[str]:
        request = {"settings": {"release": settings}, "rules": RuleSettings(values=values)}
        return ids(looked([package("acme-tool", "1.5.0")], online, index.simple, **request)["acme-tool"])

    assert found({}) == ["MLS-R001"]
    assert found({"exempt": ["acme-*"]}) == []
    assert found({"exempt-indexes": ["127.0.0.1:*"]}) == []
    assert found({}, (("cooling_off", "1 day"),)) == []


def test_what_an_index_does_not_offer_is_one_gap_about_the_index(online: World) -> None:
    with LoopbackIndex("plain") as index:
        index.add("one", "1.0")
        index.add("two", "1.0")
        found = looked([package("one", "1.0"), package("two", "1.0")], online, index.simple)
    gaps = {gap for checked in found.values() for gap in checked.gaps}
    host = index.simple.removeprefix("http://").removesuffix("/simple")
    assert {gap.subject for gap in gaps} == {f"index {host}"}
    assert {gap.detail for gap in gaps} == {
        f"{host} gives no file sizes, no owners of a release, no project status (PEP 792), no provenance (PEP 740) and"
        " no upload times: the rules that look at them could not be decided"
    }


def test_what_an_index_tells_of_one_project_and_not_of_another_is_no_second_gap(online: World) -> None:
    with LoopbackIndex("mirror") as index:
        index.add("one", "1.0")
        index.add("two", "1.0")
        index.project("two").ownership = None
        found = looked([package("one", "1.0"), package("two", "1.0")], online, index.simple)
    (gap,) = {gap for checked in found.values() for gap in checked.gaps}
    assert "gives no owners of a release, no project status (PEP 792) and no provenance (PEP 740):" in gap.detail


def test_offline_one_gap_stands_for_all_and_the_lock_still_tells_its_times(index: LoopbackIndex, world: World) -> None:
    young = Artifact("demo-1.0-py3-none-any.whl", "wheel", uploaded="2026-03-24T09:00:00Z")
    found = looked([package("demo", "1.0", young), package("plain", "1.0")], world, index.simple, offline=True)
    assert ids(found["demo"]) == ["MLS-R001"]
    (gap,) = {gap for checked in found.values() for gap in checked.gaps}
    assert gap.reason is Reason.OFFLINE
    assert "2 releases" in gap.detail
    assert index.asked == []


def test_an_index_that_does_not_answer_is_one_gap(online: World) -> None:
    with LoopbackIndex() as gone:
        address = gone.simple
    found = looked([package("one", "1.0"), package("two", "1.0")], online, address)
    (gap,) = {gap for checked in found.values() for gap in checked.gaps}
    assert gap.reason is Reason.OFFLINE
    assert gap.subject.startswith("index 127.0.0.1")


def test_only_the_index_a_package_was_locked_from_is_asked(index: LoopbackIndex, online: World) -> None:
    with LoopbackIndex("pypi") as corp:
        corp.add("inner", "1.0")
        corp.add("inner", "0.9", uploaded="2024-01-01T00:00:00Z")
        packages = [
            package("inner", "1.0", source=Source(SourceKind.REGISTRY, corp.simple)),
            package("tool", "1.0", source=Source(SourceKind.GIT, "https://git.example/tool")),
            package("own", "0", source=Source(SourceKind.EDITABLE, ".")),
        ]
        found = looked(packages, online)
        assert set(corp.asked) == {"/simple/inner/", "/pypi/inner/1.0/json"}
    assert ids(found["inner"]) == []
    assert [gap.reason for gap in found["tool"].gaps] == [Reason.UNSUPPORTED]
    assert found["own"].gaps == ()
    assert index.asked == []


def test_a_local_version_is_not_missed_on_the_index(index: LoopbackIndex, online: World) -> None:
    history(index, "torchlike", last="2.9.0", at="2026-01-01T00:00:00Z")
    found = looked([package("torchlike", "2.9.0+cu128")], online, index.simple)["torchlike"]
    assert (ids(found), [gap.reason for gap in found.gaps]) == ([], [Reason.UNSUPPORTED])


def resolved(index: LoopbackIndex, world: World, *packages: Package, asked: str = "") -> Checked:
    """Of the first package, in an inventory whose versions this run chose."""
    place = Place("requirements.txt", 1)
    requirements = (Requirement(name="demo", specifier=asked, place=place),) if asked else ()
    form = f"requirements.txt{RESOLVED} Python 3.12"
    project = merge([Inventory(path="requirements.txt", format=form, packages=packages, requirements=requirements)])
    said = judge(project, Request(index_url=index.simple), world)
    return next(one for one in said if isinstance(one, Checked) and one.package == packages[0])


def test_a_newer_release_that_resolution_passed_over_as_it_is_source_alone_is_a_gap(
    index: LoopbackIndex, online: World
) -> None:
    for version, kinds in (("1.0", ["wheel"]), ("1.1", ["wheel", "sdist"]), ("1.2", ["sdist"]), ("1.3", ["sdist"])):
        index.add("demo", version, kinds=kinds, uploaded="2025-01-01T00:00:00Z")
    (gap,) = resolved(index, online, package("demo", "1.1")).gaps
    assert (gap.subject, gap.reason) == ("demo 1.1", Reason.NO_ARTIFACT)
    assert gap.detail.startswith("demo 1.3 is newer and published only as source")
    assert resolved(index, online, package("demo", "1.1"), asked="<1.2").gaps == ()
    assert resolved(index, online, package("demo", "1.0")).gaps == ()  # something else kept it below 1.1, which has a wheel
    assert looked([package("demo", "1.1")], online, index.simple)["demo"].gaps == ()  # locked: nothing was chosen here


def test_an_old_upload_that_stands_can_bear_on_no_built_in_rule(world: World) -> None:
    """What lets an offline scan of a lock pass over the rules: see `release_check.SETTLED`."""
    rules = load(RuleSettings(), world.now())
    for days in (SETTLED.days + 1, 400, 4000):
        uploaded = (world.now() - timedelta(days=days)).isoformat()
        wheel = Artifact("demo-1.0-py3-none-any.whl", "wheel", hashes=(("sha256", "0" * 64),), uploaded=uploaded)
        sdist = Artifact("demo-1.0.tar.gz", "sdist", hashes=(("sha256", "1" * 64),), uploaded=uploaded)
        assert judged_by_lock(package("demo", "1.0", wheel, sdist), Request(), rules).findings == ()
