"""Releases and indexes as they look on the day, through `mlsupply scan` and an index on loopback: each story names the
rules that fire, and every built-in rule of releases, indexes and requirements fires in one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.report import FORMATS
from mlsupply.ruleset.library import builtin_rules
from tests.loopback_index import LoopbackIndex
from tests.origin import indexes, releases
from tests.origin.stage import STORIES, Stage, Story

FACETS = {"release", "index", "requirement", "pinning", "origin"}
ELSEWHERE = {"MLS-R020"}  # needs an attestation: see test_provenance
TOLD_IN = (releases, indexes)  # importing them tells their stories


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr("mlsupply.evidence.attestations.LIBRARY", "no_such_library")
    (tmp_path / "project").mkdir()
    with LoopbackIndex("pypi") as index, LoopbackIndex("pypi") as other:
        index.project("demo").info = {"project_urls": {"Source": "https://github.com/acme/demo"}}
        yield Stage(index, other, tmp_path / "project")


@pytest.mark.parametrize(("rules", "make"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES])
def test_the_rules_of_the_story_fire_and_no_others(rules: set[str], make: Story, stage: Stage) -> None:
    make(stage)
    assert stage.fired() == rules


def test_every_rule_of_releases_and_indexes_fires_in_a_story() -> None:
    known = {rule.id for rule in builtin_rules()[1] if rule.looks_at in FACETS}
    assert known - ELSEWHERE == set().union(*(rules for _, rules, _ in STORIES))


@pytest.mark.parametrize("output", [one.name for one in FORMATS])
def test_a_password_in_an_address_is_in_no_output(output: str, stage: Stage) -> None:
    url = stage.other.simple.replace("http://", "http://build:hunter2@")
    stage.history()
    stage.release()
    text = f"--index-url {url}\n--extra-index-url https://token-hunter2@wheels.example/simple?key=hunter2\ndemo==2.0\n"
    stage.write("requirements.txt", text + "tool @ git+https://user:hunter2@git.example/team/tool@main\n")
    for words in ([], ["-v"]):
        result = stage.scan("-o", output, *words)
        assert result.exit_code in {0, 1, 3}, result.output
        assert "hunter2" not in result.output
    kept = [
        path for path in (stage.folder.parent / "cache").rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()
    ]
    assert kept == []


@pytest.mark.parametrize("kind", ["mirror", "plain"])
def test_what_an_index_does_not_offer_is_told_once_and_what_it_offers_is_judged(kind: str, stage: Stage) -> None:
    stage.index.kind = kind
    for name in ("demo", "other", "third"):
        stage.history(name=name)
        stage.release(name=name, yanked="compromised")
    stage.write("requirements.txt", "demo==2.0\nother==2.0\nthird==2.0\n")
    report = stage.report()
    assert "MLS-R003" in {finding["id"] for finding in report["findings"]}
    gaps = [gap["detail"] for gap in report["gaps"] if gap["check"] == "release"]
    assert len(gaps) == len(set(gaps))
    missing = {"mirror": {"status", "provenance", "owners"}, "plain": {"status", "provenance", "owners", "upload", "file"}}
    if kind == "mirror":  # its page of the project, fetched for the sizes, has the owners too
        missing["mirror"].discard("owners")
    for word in missing[kind]:
        assert any(word in detail for detail in gaps), word
    assert len(gaps) == 1
