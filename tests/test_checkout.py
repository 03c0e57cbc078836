"""A service that shows a report beside the code finds the file, from whichever folder the scan was started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.checkout import checkout_of
from mlsupply.cli import main
from mlsupply.disk_tree import DiskTree
from mlsupply.outcome import Checkout
from mlsupply.report.rooted import rooted
from mlsupply.request import Request
from tests.test_schemas import CHECKS

REPOSITORY = "%SRCROOT%"
LOCATION = {"uri": "services/api/requirements.txt", "uriBaseId": REPOSITORY}


@pytest.fixture
def monorepo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a bad pin two folders down, and a folder beside it that is in no checkout."""
    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", str(tmp_path / "cache"))
    for folder in (tmp_path / "repo/services/api", tmp_path / "loose"):
        folder.mkdir(parents=True)
        (folder / "requirements.txt").write_text("litellm==1.82.8\nnot a requirement !\n", encoding="utf-8")
    (tmp_path / "repo/.git").mkdir()
    return tmp_path / "repo"


def _scanned(name: str, subject: str = ".") -> str:
    done = CliRunner().invoke(main, ["scan", subject, "--offline", "--feed", "embedded", "-o", name])
    assert done.exit_code == 1, done.output
    return done.stdout


def _sarif(subject: str = ".") -> dict[str, Any]:
    text = _scanned("sarif", subject)
    assert CHECKS["sarif"](text.encode()) == []
    run: dict[str, Any] = json.loads(text)["runs"][0]
    return run


def _artifacts(run: dict[str, Any]) -> list[dict[str, str]]:
    said = run["invocations"][0]["toolExecutionNotifications"]
    places = [place for row in (*run["results"], *said) for place in row.get("locations", ())]
    return [place["physicalLocation"]["artifactLocation"] for place in places]


@pytest.mark.parametrize(
    ("folder", "subject", "told"),
    [
        ("services/api", ".", "mlsupply/services/api/"),
        (".", "services/api", "mlsupply/services/api/"),
        (".", "services/api/requirements.txt", "mlsupply/services/api/requirements.txt/"),
        (".", ".", "mlsupply/"),
        ("../loose", ".", "mlsupply/"),
    ],
)
def test_sarif_of_several_parts_of_a_repository_stands_side_by_side(
    monorepo: Path, monkeypatch: pytest.MonkeyPatch, folder: str, subject: str, told: str
) -> None:
    """GitHub takes a second upload of the same id for the newer state of the first."""
    monkeypatch.chdir(monorepo / folder)
    assert _sarif(subject)["automationDetails"] == {"id": told}


@pytest.mark.parametrize(
    ("folder", "subject"),
    [("services/api", "."), (".", "services/api"), ("..", "repo/services"), ("services", "api/requirements.txt")],
)
def test_sarif_names_files_from_the_root_of_the_repository(
    monorepo: Path, monkeypatch: pytest.MonkeyPatch, folder: str, subject: str
) -> None:
    monkeypatch.chdir(monorepo / folder)
    run = _sarif(subject)
    found = _artifacts(run)
    assert LOCATION in found
    assert {artifact["uriBaseId"] for artifact in found} == {REPOSITORY}
    assert set(run["originalUriBaseIds"]) == {REPOSITORY}
    assert "uri" not in run["originalUriBaseIds"][REPOSITORY], "where it lies on this machine is nobody's business"


def test_an_absolute_path_in_the_repository_is_told_from_its_root_too(
    monorepo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(monorepo.parent / "loose")
    assert LOCATION in _artifacts(_sarif(str(monorepo / "services/api")))


def test_a_linked_worktree_has_a_file_where_a_clone_has_a_folder(monorepo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (monorepo / ".git").rmdir()
    (monorepo / ".git").write_text("gitdir: /elsewhere/.git/worktrees/repo\n", encoding="utf-8")
    monkeypatch.chdir(monorepo / "services/api")
    assert LOCATION in _artifacts(_sarif())


def test_without_a_repository_paths_start_from_the_folder_of_the_run(
    monorepo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(monorepo.parent)
    run = _sarif("loose")
    assert "originalUriBaseIds" not in run
    assert {"uri": "loose/requirements.txt"} in _artifacts(run)
    assert not any("uriBaseId" in artifact for artifact in _artifacts(run))


def test_annotations_name_files_from_the_root_of_the_repository(monorepo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(monorepo / "services/api")
    lines = _scanned("github").splitlines()
    assert any(line.startswith("::error file=services/api/requirements.txt,line=1,") for line in lines)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("uv.lock", ("app/uv.lock", True)),
        ("../uv.lock", ("uv.lock", True)),
        (".", ("app", True)),
        ("..", (".", True)),
        ("/w/repo/lib/a.py", ("lib/a.py", True)),
        ("../../other/uv.lock", ("/w/other/uv.lock", False)),
        ("/w/repository/uv.lock", ("/w/repository/uv.lock", False)),
        ("//evil.example/share", ("//evil.example/share", False)),
        ("", ("", False)),
    ],
)
def test_what_leads_out_of_the_repository_is_not_taken_for_a_file_in_it(path: str, expected: tuple[str, bool]) -> None:
    assert rooted(path, Checkout("/w/repo/app", "/w/repo")) == expected


def test_of_several_repositories_that_of_the_folder_the_run_stands_in_counts(tmp_path: Path) -> None:
    for name in ("one", "two", "."):
        (tmp_path / name / ".git").mkdir(parents=True)
    tree = DiskTree(tmp_path)
    assert checkout_of(Request(subjects=("one",)), tree).repository == str(tmp_path / "one")
    assert checkout_of(Request(subjects=("one", "two")), tree).repository == str(tmp_path)
    assert checkout_of(Request(subjects=("litellm==1.82.8",)), tree).repository == str(tmp_path)


def test_what_was_typed_is_said_to_stand_in_no_file(monorepo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(monorepo / "services")
    places = [place for result in _sarif("litellm==1.82.8")["results"] for place in result["locations"]]
    assert places
    assert {place["logicalLocations"][0]["fullyQualifiedName"] for place in places} == {"command line"}
    folders = [place["physicalLocation"]["artifactLocation"] for place in places]  # GitHub takes no result without one
    assert all(folder == {"uri": "services", "uriBaseId": REPOSITORY} for folder in folders)
    told = _scanned("github", "litellm==1.82.8")
    assert "MALICIOUS" in told
    assert "command line" not in told.split("::error ")[1].split("::")[0], "an annotation of no file names none"
