"""All real projects of the corpus in one run."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.model import Gap, Inventory, Place, Reason
from mlsupply.outcome import Report
from mlsupply.request import Request
from mlsupply.world import Limits, OfflineFetch, World
from tests.conftest import NOW, SHARED

pytestmark = pytest.mark.shared

PROJECTS = SHARED / "corpus" / "projects"


@cache
def _report() -> Report:
    world = World(fetch=OfflineFetch(), now=lambda: NOW, tree=DiskTree(PROJECTS), cache=Path("/dev/null/none"))
    return run(Request(subjects=(".",), offline=True), world)


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with open(SHARED / "corpus" / "INDEX.csv", encoding="utf-8", newline="") as file:
        return tuple(row | {"file": f"{row['project']}/{row['path']}"} for row in csv.DictReader(file))


def _inventory(path: str) -> Inventory:
    return next(inventory for inventory in _report().inputs if inventory.path == path)


def test_every_file_of_the_corpus_is_an_input_but_those_that_install_nothing() -> None:
    assert len(_rows()) == 321
    inputs = {inventory.path for inventory in _report().inputs}
    left_out = {row["file"] for row in _rows() if row["file"] not in inputs}
    assert all(Path(path).name.lower().startswith("dockerfile") or "Dockerfile" in path for path in left_out), left_out
    assert len(left_out) < 8


def test_every_gap_of_the_readers_says_where_and_why() -> None:
    gaps = [gap for gap in _report().gaps if gap.check == "inventory"]
    assert gaps
    assert all(gap.detail and gap.place is not None for gap in gaps)
    assert {gap.reason for gap in gaps} <= set(Reason) - {Reason.INTERNAL, Reason.TOO_LARGE, Reason.LIMIT}
    assert not [gap for gap in _report().gaps if gap.reason is Reason.INTERNAL]


def test_the_files_that_do_not_parse_are_gaps_with_a_line() -> None:
    broken = [row["file"] for row in _rows() if row["parses"] == "no"]
    assert broken
    for path in broken:
        inventory = _inventory(path)
        assert inventory.packages or [
            g for g in inventory.gaps if g.reason is Reason.MALFORMED and g.place and g.place.line
        ], path


def test_requirements_stand_on_the_lines_they_name() -> None:
    """The name of nearly each requirement can be read on the line it is said to stand on."""
    met = missed = 0
    tree = DiskTree(PROJECTS)
    for row in _rows():
        reader = reader_of(row["file"])
        if reader is None or reader.format not in ("pyproject.toml", "setup.py", "setup.cfg", "Dockerfile"):
            continue
        lines = (PROJECTS / row["file"]).read_text(encoding="utf-8", errors="replace").splitlines()
        for asked in reader.read(row["file"], tree, Limits()).requirements:
            if asked.place.file == row["file"] and asked.name:
                met += 1
                text = lines[asked.place.line - 1].lower() if asked.place.line else ""
                missed += asked.name.replace("-", "") not in text.translate({ord(mark): None for mark in "-_."})
    assert met > 3000
    assert missed == 0


def _located(path: str, reason: Reason) -> list[Place | None]:
    return [gap.place for gap in _inventory(path).gaps if gap.reason is reason]


def test_sboms_of_three_kinds() -> None:
    hand_made = _inventory("Ayyankhan101__Fair-Work-Rag-Assistant@752a559/sbom.json")
    assert {package.coordinate.ecosystem for package in hand_made.packages} == {"pypi"}
    assert len(hand_made.packages) == 12
    details = [gap.detail for gap in hand_made.gaps]
    assert any("no bomFormat" in detail for detail in details)
    assert any("pypi:turbovec" in detail for detail in details)
    alone = _inventory("AleaxnderYu__aws-finetuning-jumpstart-model/sbom.json")
    assert (alone.format, alone.packages, alone.gaps) == ("spdx", (), ())
    whole = _inventory("DoIT-Artificial-Intelligence__youtube-to-docs/sbom.cdx.json")
    assert (len(whole.packages), whole.gaps) == (148, ())
    assert all(package.places[0].line for package in whole.packages)


def test_a_template_in_braces_is_one_gap_and_costs_nothing_else() -> None:
    path = "microsoft__autogen/python/templates/new-package/{{cookiecutter.package_name}}/pyproject.toml"
    assert _located(path, Reason.MALFORMED) == [Place(path, 18)]


def test_dependencies_that_are_computed_are_followed_where_a_file_lists_them() -> None:
    dynamic = _inventory("Aider-AI__aider/pyproject.toml")
    assert "Aider-AI__aider/requirements.txt" in dynamic.includes
    by_setup = _inventory("axolotl-ai-cloud__axolotl@0de1457/setup.py")
    assert "axolotl-ai-cloud__axolotl@0de1457/requirements.txt" in by_setup.includes
    assert {"transformers", "flash-attn"} <= {r.name for r in by_setup.requirements}


def test_a_lock_covers_its_manifest_throughout_the_corpus() -> None:
    """Most manifests of the corpus lie beside a lock that leaves nothing of them to resolve."""
    covered = [i for i in _report().inputs if i.format == "pyproject.toml" and i.complete]
    assert len(covered) >= 35
    workspace = _inventory("microsoft__autogen/python/packages/autogen-core/pyproject.toml")
    assert workspace.complete


def test_a_manifest_and_its_lock_are_kept_apart_and_share_their_places() -> None:
    lock = _inventory("snyk__agent-scan/uv.lock")
    asked = next(package for package in lock.packages if package.name == "pydantic")
    assert {place.file for place in asked.places} == {"snyk__agent-scan/uv.lock", "snyk__agent-scan/pyproject.toml"}
    assert asked.direct


def test_gaps_are_told_once() -> None:
    gaps: tuple[Gap, ...] = _report().gaps
    assert len(set(gaps)) == len(gaps)
