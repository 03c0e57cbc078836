"""The check `names`: what becomes of verdicts in a report, and what beside the letters it heeds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from mlsupply.evidence.name_advisories import advised_of
from mlsupply.evidence.names import judge
from mlsupply.model import (
    Checked,
    Coordinate,
    DataSource,
    Edge,
    Finding,
    Inventory,
    Kind,
    Package,
    Place,
    Reason,
    Requirement,
    Severity,
    Source,
    SourceKind,
)
from mlsupply.project import merge
from mlsupply.request import Request, RuleSettings
from mlsupply.text import canonical
from mlsupply.world import World
from tests.conftest import SHARED
from tests.loopback_index import LoopbackIndex

ACCUSING = {Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL}


def package(name: str, version: str = "1.0", **more: object) -> Package:
    place = (Place("requirements.txt", 1),)
    return Package(coordinate=Coordinate("pypi", name, version), places=place, **more)  # type: ignore[arg-type]  # fields


def said(world: World, *packages: Package, request: Request | None = None, asked: tuple[str, ...] = ()) -> list[Checked]:
    requirements = tuple(Requirement(name=name, place=Place("requirements.in", 3)) for name in asked)
    inventory = Inventory(path="requirements.txt", format="requirements", packages=packages, requirements=requirements)
    answers = list(judge(merge([inventory]), request or Request(), world))
    assert any(isinstance(answer, DataSource) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Checked)]


def findings(world: World, *packages: Package, request: Request | None = None) -> list[Finding]:
    return [finding for checked in said(world, *packages, request=request) for finding in checked.findings]


def test_a_slip_of_a_popular_name_is_high_and_says_what_was_meant(world: World) -> None:
    (found,) = findings(world, package("numpy"), package("nupmy"))
    assert (found.id, found.kind, found.severity) == ("MLS-N001", Kind.NAME, Severity.HIGH)
    assert "numpy" in found.message
    assert "two letters changed places" in found.message
    assert found.places == (Place("requirements.txt", 1),)


def test_every_package_is_accounted_for(world: World) -> None:
    packages = (package("torch"), package("openai-gasket-sdk"), package("own", source=Source(SourceKind.EDITABLE, "file:.")))
    assert {checked.package.name for checked in said(world, *packages) if checked.package} == {
        "torch",
        "openai-gasket-sdk",
        "own",
    }


def test_a_name_that_is_asked_for_and_not_locked_is_judged_where_it_stands(world: World) -> None:
    (checked,) = [one for one in said(world, asked=("tranformers", "torch")) if one.findings]
    assert checked.package is None
    assert checked.findings[0].subject == "tranformers"
    assert checked.findings[0].places == (Place("requirements.in", 3),)


def test_what_a_popular_project_requires_is_no_mistake_of_the_users(world: World) -> None:
    parent = package("transformers", requires=(Edge("openai-gasket-sdk"),))
    before = findings(world, package("openai-gasket-sdk"))
    after = findings(world, package("openai-gasket-sdk"), parent)
    assert before[0].severity in ACCUSING
    assert not [finding for finding in after if finding.severity in ACCUSING]


def test_a_project_others_look_for_flaws_in_is_no_impostor(world: World) -> None:
    """fastapi-api-key has an advisory in the snapshot, fastapi-sdk-key has none."""
    assert not [one for one in findings(world, package("fastapi-api-key", "2.0")) if one.severity in ACCUSING]
    assert [one for one in findings(world, package("fastapi-sdk-key", "2.0")) if one.severity in ACCUSING]


def test_a_name_that_was_cut_holds_no_letters_of_another_script(world: World) -> None:
    """Names over 200 characters are cut where they enter, and end with a mark that is no letter."""
    for name in (canonical("x" * 300), canonical("p\u0430" + "x" * 300)):
        accused = [one.id for one in findings(world, package(name))]
        assert ("MLS-N006" in accused) == ("\u0430" in name)


def test_an_advisory_about_malware_speaks_for_nobody() -> None:
    assert advised_of(["flaskbb", "exotel", "nupmy", "ultralytics"]) == {"flaskbb"}


def test_who_trusts_a_project_trusts_what_it_asks_for_in_turn(world: World) -> None:
    part = package("quarry-lighthouse", requires=(Edge("openai-gasket-sdk"), Edge("quarry-lighthouse")))
    alone = findings(world, part, package("openai-gasket-sdk"))
    below = findings(
        world, package("transformers", requires=(Edge("quarry-lighthouse"),)), part, package("openai-gasket-sdk")
    )
    own = replace(part, source=Source(SourceKind.REGISTRY, "https://index.example/simple"))
    elsewhere = findings(
        world, package("transformers", requires=(Edge("quarry-lighthouse"),)), own, package("openai-gasket-sdk")
    )
    accused = [[one for one in found if one.severity in ACCUSING] for found in (alone, below, elsewhere)]
    assert [bool(found) for found in accused] == [True, False, True]


def test_parts_of_one_project_are_released_in_step(world: World) -> None:
    apart = findings(world, package("httpx", "1.40.0"), package("httpx-core", "0.1.0"))
    together = findings(world, package("httpx", "1.40.0"), package("httpx-core", "1.40.0"))
    assert [finding for finding in apart if finding.severity in ACCUSING]
    assert not [finding for finding in together if finding.severity in ACCUSING]


def test_a_part_may_be_in_step_with_a_sister_but_a_slip_may_not(world: World) -> None:
    sister = package("httpx-sse", "1.40.0")
    assert [one.severity for one in findings(world, package("httpx-core", "0.1.0"), sister)] == [Severity.MEDIUM]
    assert not [one for one in findings(world, package("httpx-core", "1.40.0"), sister) if one.severity in ACCUSING]
    assert [one.id for one in findings(world, package("htpx-sse", "1.40.0"), sister)] == ["MLS-N001"]


def asked_of(world: World, *requirements: Requirement, root: str = "") -> list[str]:
    inventory = Inventory(path="pyproject.toml", format="pyproject.toml", root=root, requirements=requirements)
    answers = judge(merge([inventory]), Request(), world)
    return [finding.subject for answer in answers if isinstance(answer, Checked) for finding in answer.findings]


def test_a_folder_of_the_project_is_no_mistake_but_an_archive_may_be_one(world: World) -> None:
    place = Place("pyproject.toml", 4)
    folder = Requirement(name="reqeusts", source=Source(SourceKind.PATH, "plugins/reqeusts"), place=place)
    member = Requirement(name="nupmy", source=Source(SourceKind.EDITABLE, "packages/nupmy"), place=place)
    wheel = Requirement(name="pandsa", source=Source(SourceKind.PATH, "vendor/pandsa-1.0-py3-none-any.WHL"), place=place)
    assert asked_of(world, folder, member, wheel) == ["pandsa"]
    own = package("tranformers", source=Source(SourceKind.PATH, "./tranformers"))
    assert findings(world, own) == []


def test_a_project_may_ask_for_itself_and_its_name_clears_no_other(world: World) -> None:
    place = Place("pyproject.toml", 4)
    extra = Requirement(name="openai-helper-tool", extras=("all",), place=place)
    part = Requirement(name="openai-helper-tool-plugin", place=place)
    assert asked_of(world, extra, part, root="OpenAI_Helper.Tool") == ["openai-helper-tool-plugin"]
    assert asked_of(world, extra) == ["openai-helper-tool"]


def test_names_the_user_knows_are_left_alone(world: World) -> None:
    settings = {"names": {"known": ["OpenAI_Gasket.SDK"]}}
    assert findings(world, package("openai-gasket-sdk"))
    assert findings(world, package("openai-gasket-sdk"), request=Request(settings=settings)) == []


def test_a_conda_name_is_a_gap_and_a_model_is_none_of_this_checks_business(world: World) -> None:
    conda = Package(coordinate=Coordinate("conda", "pytorch", "2.0"))
    model = Package(coordinate=Coordinate("huggingface", "acme/nupmy", "main"))
    checked = {one.package.name: one for one in said(world, conda, model) if one.package}
    assert checked["pytorch"].gaps[0].reason is Reason.UNSUPPORTED
    assert not checked["acme/nupmy"].gaps
    assert not checked["acme/nupmy"].findings


def test_a_private_name_is_judged_too_and_the_message_says_where_it_is_from(world: World) -> None:
    private = package("nupmy", source=Source(SourceKind.REGISTRY, "https://index.example/simple"))
    (found,) = findings(world, private)
    assert found.severity is Severity.MEDIUM
    assert "does not come from the public index" in found.message


RULE = """\
id: ACME-N001
title: Not one of ours
looks_at: name
when: {all: [{name: {starts_with: acme-}}, {public: true}]}
severity: high
confidence: high
kind: name
message: "{name} is from the public index"
remedy: "Take it from our own index"
references: [https://example.org/names]
samples: {fires: [{name: acme-x}], quiet: [{name: other}]}
"""


def test_a_rule_of_the_users_sees_every_name(world: World) -> None:
    request = Request(rules=RuleSettings(files=(("mine/acme.yaml", RULE),)))
    assert [finding.id for finding in findings(world, package("acme-lighthouse"), request=request)] == ["ACME-N001"]


def test_a_second_run_tells_from_memory_what_the_first_judged(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = (package("torch"), package("tranformers"), package("own-quiet-name"), package("acme-tools", "2.0"))
    first = said(world, *lock, asked=("nupmy",))
    assert sum(bool(checked.findings) for checked in first) >= 2
    with monkeypatch.context() as patch:
        patch.setattr("mlsupply.ruleset.load", _not_to_be_called)
        patch.setattr("mlsupply.evidence.name_memo.listed", _not_to_be_called)
        assert sorted(map(repr, said(world, *lock, asked=("nupmy",)))) == sorted(map(repr, first))
    fresh = replace(world, cache=world.cache / "elsewhere")
    assert sorted(map(repr, said(fresh, *lock, asked=("nupmy",)))) == sorted(map(repr, first))


def test_memory_tells_of_another_place_or_version_nothing(world: World) -> None:
    (before,) = findings(world, package("tranformers", "1.0"))
    moved = replace(package("tranformers", "2.0"), places=(Place("other.txt", 7),))
    (after,) = findings(world, moved)
    assert (before.places, after.places) == ((Place("requirements.txt", 1),), (Place("other.txt", 7),))
    assert after.package == Coordinate("pypi", "tranformers", "2.0")


def test_the_users_own_settings_of_rules_are_heeded_whatever_memory_holds(world: World) -> None:
    (found,) = findings(world, package("tranformers"))
    quiet = Request(rules=RuleSettings(off=(found.id,)))
    assert findings(world, package("tranformers"), request=quiet) == []
    mild = Request(rules=RuleSettings(severity=((found.id, Severity.LOW),)))
    assert [one.severity for one in findings(world, package("tranformers"), request=mild)] == [Severity.LOW]
    vouched = Request(settings={"names": {"known": ["tranformers"]}})
    assert findings(world, package("tranformers"), request=vouched) == []


@pytest.mark.parametrize("wrong", ["", "[]", "{", '{"basis": 1}', "null"])
def test_a_memory_that_cannot_be_read_costs_time_only(world: World, wrong: str) -> None:
    first = findings(world, package("tranformers"))
    (memory,) = world.cache.glob("names-*.json")
    memory.write_text(wrong, encoding="utf-8")
    assert findings(world, package("tranformers")) == first


def test_a_memory_somebody_wrote_into_is_judged_anew(world: World) -> None:
    first = findings(world, package("tranformers"))
    (memory,) = world.cache.glob("names-*.json")
    kept = json.loads(memory.read_bytes())
    kept["judged"] = {case: [{"id": "x"}] for case in kept["judged"]}
    kept["verdicts"] = {case: {"name": "x"} for case in kept["verdicts"]}
    kept["listed"] = dict.fromkeys(kept["listed"], "yes")
    kept["source"] = ["x"]
    memory.write_text(json.dumps(kept), encoding="utf-8")
    assert findings(world, package("tranformers")) == first


def _not_to_be_called(*_: object) -> None:
    raise AssertionError("this was to be told from memory")


def test_a_scan_accuses_the_slip_and_not_its_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text("torch==2.9.0\ntorchao==0.14.0\ntranformers==4.57.0\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["scan", "--offline", "--no-resolve", "--check", "names", "-o", "json"])
    assert result.exit_code == 1
    assert '"MLS-N001"' in result.output
    assert "torchao is" not in result.output


@pytest.mark.shared
@pytest.mark.parametrize("path", sorted((SHARED / "trees").glob("*[!d].txt")), ids=lambda path: path.stem)
def test_no_package_of_a_real_tree_is_accused(path: Path, world: World) -> None:
    lines = [line.split("==") for line in path.read_text(encoding="utf-8").splitlines() if "==" in line and line[0] != "#"]
    packages = [package(name.strip(), version.split()[0]) for name, version in lines]
    found = findings(world, *packages)
    assert [finding.message for finding in found if finding.severity in ACCUSING] == []


def asked_online(world: World, index: LoopbackIndex, *packages: Package, asked: tuple[str, ...] = ()) -> list[Checked]:
    return said(world, *packages, request=Request(index_url=index.simple), asked=asked)


def test_a_look_alike_of_yesterday_is_confirmed_by_the_index(online: World, index: LoopbackIndex) -> None:
    index.add("nupmy", "1.0", uploaded="2026-03-23T10:00:00Z")
    found = [finding for checked in asked_online(online, index, package("nupmy")) for finding in checked.findings]
    assert {finding.id for finding in found} == {"MLS-N001", "MLS-N007"}
    assert "less than a week old" in next(finding.message for finding in found if finding.id == "MLS-N007")


def test_years_and_many_releases_speak_for_a_name(online: World, index: LoopbackIndex) -> None:
    for minor in range(25):
        index.add("openai-gasket-sdk", f"1.{minor}", uploaded=f"20{15 + minor // 5}-0{1 + minor % 5}-01T10:00:00Z")
    found = [
        finding for checked in asked_online(online, index, package("openai-gasket-sdk")) for finding in checked.findings
    ]
    assert not [finding for finding in found if finding.severity in ACCUSING]


def test_another_projects_words_and_links_confirm_an_imitation(online: World, index: LoopbackIndex) -> None:
    words = {
        "summary": "Client library for the gasket service of Acme",
        "project_urls": {"Source": "https://github.com/acme/x"},
    }
    index.add("openai", "2.0", uploaded="2024-01-01T10:00:00Z")
    index.add("openai-gasket-sdk", "1.0", uploaded="2025-06-01T10:00:00Z")
    index.project("openai").info = words
    index.project("openai-gasket-sdk").info = words
    found = [
        finding for checked in asked_online(online, index, package("openai-gasket-sdk")) for finding in checked.findings
    ]
    assert "MLS-N007" in {finding.id for finding in found}
    assert "repeats that of openai" in " ".join(finding.message for finding in found)


def test_a_name_nobody_has_published_is_told(online: World, index: LoopbackIndex) -> None:
    found = [f for checked in asked_online(online, index, asked=("lightning-torch-helpers",)) for f in checked.findings]
    assert "MLS-N008" in {finding.id for finding in found}


def test_popular_names_are_not_asked_about(online: World, index: LoopbackIndex) -> None:
    asked_online(online, index, package("torch"), asked=("transformers",))
    assert index.asked == []


def test_an_index_that_does_not_answer_is_a_gap_only_where_it_would_have_mattered(online: World) -> None:
    nowhere = Request(index_url="http://127.0.0.1:9/simple")
    gaps = {
        checked.package.name: [gap.check for gap in checked.gaps]
        for checked in said(online, package("nupmy"), package("quarry-lighthouse"), request=nowhere)
        if checked.package
    }
    assert gaps == {"nupmy": ["names"], "quarry-lighthouse": []}


def test_a_private_packages_name_is_not_told_to_the_public_index(online: World, index: LoopbackIndex) -> None:
    said(
        online,
        package("acme-secret-wheel", source=Source(SourceKind.REGISTRY, "https://index.example/simple")),
        request=Request(index_url=index.simple),
    )
    assert index.asked == []
