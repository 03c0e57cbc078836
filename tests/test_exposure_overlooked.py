"""What must never be answered with 'not exposed': releases written in odd ways, in files of odd names, on other lines of
history, or not committed at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlsupply.exposure.holdings import Extractor, Held
from mlsupply.exposure.question import ask
from mlsupply.exposure.survey import survey
from mlsupply.world import Limits
from tests.exposure_history import History, lock

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

BEFORE = "2026-03-01T00:00:00Z"
TWO = '\n[[package]]\nname{}litellm"\nversion = "1.82.7"\nsource = {{ registry = "https://index.example/simple" }}\n'


def _verdicts(folder: Path, question: str = "litellm-2026", inventory: str = "") -> list[tuple[str, str, str]]:
    """(verdict, file, what it held), worst first."""
    found = survey([str(folder)], ask(question), Limits(), 1, lambda *_: None, inventory).answers
    return [(one.verdict.value, one.file, one.version or one.specifier) for answer in found for one in answer.exposures]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "repo")


@pytest.mark.parametrize("kept", [False, True], ids=["read", "from the inventory"])
def test_a_branch_that_takes_a_requirement_away_and_back_does_not_clear_the_main_line(history: History, kept: bool) -> None:
    history.commit(BEFORE, requirementsDOTtxt="litellm>=1\n")
    history.git("checkout", "-q", "-b", "try")
    history.commit("2026-03-20T00:00:00Z", requirementsDOTtxt="openai\n")
    history.commit("2026-03-30T00:00:00Z", requirementsDOTtxt="litellm>=1\n")
    history.git("checkout", "-q", "main")
    history.git("merge", "-q", "--no-ff", "-m", "try", "try", at="2026-04-02T00:00:00Z")
    inventory = str(history.folder.parent / "kept.sqlite") if kept else ""
    for _ in range(2):
        assert _verdicts(history.folder, inventory=inventory) == [("would have resolved", "requirements.txt", ">=1")]


def test_a_requirement_that_was_away_everywhere_in_the_window_is_still_cleared(history: History) -> None:
    history.commit(BEFORE, requirementsDOTtxt="litellm>=1\n")
    history.commit("2026-03-20T00:00:00Z", requirementsDOTtxt="openai\n")
    history.commit("2026-03-30T00:00:00Z", requirementsDOTtxt="litellm>=1\n")
    assert _verdicts(history.folder) == [("no", "requirements.txt", ">=1")]


def test_a_lock_that_was_taken_away_before_the_window_held_nothing_in_it(history: History) -> None:
    history.commit(BEFORE, requirementsDOTin="litellm>=1\n", uvDOTlock=lock("1.80.0"))
    history.commit("2026-03-10T00:00:00Z", uvDOTlock=None)
    assert _verdicts(history.folder)[0] == ("would have resolved", "requirements.in", ">=1")


def test_a_lock_that_stayed_keeps_the_requirement_from_resolving(history: History) -> None:
    history.commit(BEFORE, requirementsDOTin="litellm>=1\n", uvDOTlock=lock("1.80.0"))
    history.commit("2026-03-24T12:00:00Z", uvDOTlock=lock("1.82.6"))
    assert _verdicts(history.folder)[0] == ("could have", "requirements.in", ">=1")


def test_a_pin_under_one_marker_leaves_the_requirement_under_another_open(history: History) -> None:
    lines = "litellm==1.82.6 ; python_version < '3.10'\nlitellm>=1.80 ; python_version >= '3.10'\n"
    history.commit(BEFORE, requirementsDOTtxt=lines)
    assert _verdicts(history.folder)[0] == ("would have resolved", "requirements.txt", ">=1.80")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirementsDOTtxt", "six\n-r deps.list\n"),
        ("requirementsDOTtxt", "--requirement=deps.list\n"),
        ("constraintsDOTtxt", "-c deps.list\n"),
        ("Dockerfile", "FROM python:3.12\nCOPY . .\nRUN pip install --no-cache \\\n    -r deps.list && cp -r app/ /srv\n"),
        ("DOTgithub__workflows__ciDOTyml", "jobs:\n  a:\n    steps:\n      - run: pip install -r deps.list\n"),
        ("environmentDOTyml", "dependencies:\n  - pip:\n    - -r deps.list\n"),
        ("setupDOTcfg", "[options]\ninstall_requires = file: deps.list\n"),
        (
            "pyprojectDOTtoml",
            '[tool.setuptools.dynamic]\ndependencies = {file = ["deps.list"]}\nreadme = {file = "README"}\n',
        ),
        ("pyprojectDOTtoml", '[tool.setuptools.dynamic.optional-dependencies]\nall = {file = "deps.list"}\n'),
    ],
)
def test_a_file_of_any_name_that_a_manifest_names_is_read(history: History, name: str, text: str) -> None:
    files = {
        name: text,
        "depsDOTlist": "litellm==1.82.7\n",
        "README": "litellm==1.82.8\n",
        "app__notes": "litellm==1.82.8\n",
    }
    history.commit(BEFORE, **files)
    history.commit(BEFORE, depsDOTlist="six\n", **{name: "# moved on\n"})
    assert _verdicts(history.folder) == [("resolved", "deps.list", "1.82.7")]


def test_what_a_workflow_installed_is_told_with_when_it_came_and_went(history: History) -> None:
    history.commit(BEFORE, DOTgithub__workflows__ciDOTyml="jobs:\n  a:\n    steps:\n      - run: uvx litellm@1.82.7\n")
    history.commit(BEFORE, DOTgithub__workflows__ciDOTyml=None)
    assert _verdicts(history.folder) == [("resolved", ".github/workflows/ci.yml", "1.82.7")]


def test_files_that_name_files_that_name_files_are_read(history: History) -> None:
    history.commit(BEFORE, requirementsDOTtxt="-r a.list\n", aDOTlist="-r sub/b.list\n", sub__bDOTlist="-r ../c.list\n")
    history.commit(BEFORE, cDOTlist="litellm==1.82.7\n-r a.list\n-r ../../outside.list\n")
    assert _verdicts(history.folder) == [("resolved", "c.list", "1.82.7")]


def test_a_link_is_read_where_it_leads(history: History) -> None:
    history.commit(BEFORE, shared__all="litellm==1.82.7\n")
    (history.folder / "requirements.txt").symlink_to("shared/all")
    history.commit(BEFORE)
    assert _verdicts(history.folder) == [("resolved", "shared/all", "1.82.7")]


@pytest.mark.parametrize(
    ("name", "text", "question"),
    [
        ("requirementsDOTtxt", "dspy__ai==1.0\n", "dspy-ai==1.0"),
        ("requirementsDOTtxt", "dspy_.-AI==1.0\n", "dspy-ai==1.0"),
        ("requirementsDOTtxt", "lite\\\nllm==1.82.7\n", "litellm-2026"),
        ("uvDOTlock", lock("1.82.7").replace('"litellm"', '"l\\u0069tellm"'), "litellm-2026"),
        ("uvDOTlock", lock("1.82.7").replace("[[package]]", "[[distribution]]"), "litellm-2026"),
        ("uvDOTlock", lock("1.82.6") + TWO.format('="'), "litellm-2026"),
        ("uvDOTlock", lock("1.82.6") + TWO.format(' = "').replace("[[package]]", "[[ package ]]"), "litellm-2026"),
        ("uvDOTlock", lock("1.82.6") + TWO.format(' = """\n').replace('llm"', 'llm"""'), "litellm-2026"),
    ],
)
@pytest.mark.parametrize("kept", [False, True], ids=["read", "for the inventory"])
def test_a_release_is_found_however_its_name_is_written(
    history: History, name: str, text: str, question: str, kept: bool
) -> None:
    history.commit(BEFORE, **{name: text})
    assert _verdicts(history.folder, question, str(history.folder.parent / "kept") if kept else "")[0][0] == "resolved"


@pytest.mark.parametrize("header", ["[[package]] # ours", '[["package"]]', "[[ package ]]", "[[distribution]]"])
def test_all_of_a_lock_is_read_whatever_headers_it_has(header: str) -> None:
    text = '[[package]]\nname = "six"\nversion = "1.16.0"\n\n' + f"{header}\nname = 'torch'\nversion = '2.1.0'\n"
    held = Extractor(None, Limits()).read("uv.lock", text.replace("[[package]]\nname", f"{header}\nname", 1).encode()).held
    assert held == {Held("six", "1.16.0"), Held("torch", "2.1.0")}


@pytest.mark.parametrize("text", ["# x\x0clitellm==1.82.7\n", "# coding: utf-7\n# +AAo-litell+AG0APQA9-1.82.7\n"])
def test_what_only_pip_takes_for_a_line_of_its_own_is_not_passed_over(history: History, text: str) -> None:
    history.commit(BEFORE, requirementsDOTtxt=text)
    assert _verdicts(history.folder)[0][0] in {"resolved", "unknown"}


def test_what_is_not_committed_is_read_from_the_work_tree(history: History) -> None:
    history.commit(BEFORE, requirementsDOTtxt="six\n")
    (history.folder / "uv.lock").write_text(lock("1.82.7"), encoding="utf-8")
    (history.folder / "requirements.txt").write_text("litellm\n", encoding="utf-8")
    (history.folder / "venv").mkdir()
    (history.folder / "venv/pyvenv.cfg").touch()
    (history.folder / "venv/uv.lock").write_text(lock("1.82.8"), encoding="utf-8")
    found = [("resolved", "uv.lock", "1.82.7"), ("could have", "requirements.txt", "")]
    assert _verdicts(history.folder) == found
    assert _verdicts(history.folder, inventory=str(history.folder.parent / "kept")) == found
    history.commit("2026-03-24T12:00:00Z")
    assert _verdicts(history.folder)[:1] == found[:1]


def test_a_file_of_the_work_tree_that_is_too_large_or_cannot_be_read_is_said(history: History) -> None:
    history.commit(BEFORE, README="x\n")
    (history.folder / "uv.lock").write_text(lock("1.82.7"), encoding="utf-8")
    (answer,) = survey([str(history.folder)], ask("litellm-2026"), Limits(manifest_bytes=50), 1, lambda *_: None).answers
    assert [gap.subject for gap in answer.gaps] == [str(history.folder / "uv.lock")]


def test_a_version_of_ones_own_may_be_built_from_the_bad_one(history: History) -> None:
    history.commit(BEFORE, requirementsDOTtxt="litellm==1.82.7+ours\n")
    assert _verdicts(history.folder) == [("could have", "requirements.txt", "1.82.7+ours")]
    history.commit(BEFORE, requirementsDOTtxt="litellm==1.82.6+ours\n")
    assert ("no", "requirements.txt", "1.82.6+ours") in _verdicts(history.folder)


def test_a_manifest_of_containers_of_any_name_is_told_with_when_it_came_and_went(history: History) -> None:
    text = "apiVersion: v1\nkind: Pod\nargs: [pip, install, {}]\n"
    history.commit(
        BEFORE, ops__anyDOTyaml=text.format("litellm==1.82.7"), ops__otherDOTyaml="a: pip install litellm==1.82.7\n"
    )
    history.commit(BEFORE, ops__anyDOTyaml=None)
    assert _verdicts(history.folder) == [("resolved", "ops/any.yaml", "1.82.7")]


def test_a_manifest_that_is_not_committed_is_told(history: History) -> None:
    (history.folder / "job.yaml").write_text("apiVersion: v1\nargs: [pip, install, litellm==1.82.7]\n", encoding="utf-8")
    assert _verdicts(history.folder) == [("resolved", "job.yaml", "1.82.7")]
