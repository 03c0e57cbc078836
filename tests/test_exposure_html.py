"""The timeline in HTML, and the list of what changed in a window."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from tests.exposure_history import History, lock

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    history = History(tmp_path / "repo")
    history.commit("2026-03-01T10:00:00Z", gateway__uvDOTlock=lock("1.82.6"), open__requirementsDOTtxt="litellm>=1.80\n")
    history.commit("2026-03-24T11:30:00Z", gateway__uvDOTlock=lock("1.82.8"))
    history.commit("2026-03-25T09:00:00Z", gateway__uvDOTlock=lock("1.83.7"))
    history.commit("2026-03-26T09:00:00Z", **{f"{HOSTILE.replace('/', '')}__requirementsDOTtxt": "litellm==1.82.7\n"})
    return tmp_path / "repo"


def _page(*words: str) -> str:
    done = CliRunner().invoke(main, ["exposure", "litellm-2026", *words, "-o", "html", "--jobs", "1", "--no-progress"])
    assert done.exit_code == 1
    return done.stdout


def test_every_span_is_drawn_against_the_window_and_told_in_a_table(repository: Path) -> None:
    page = _page(str(repository))
    assert page.count('class="span resolved"') == 2
    assert page.count('class="span would-have-resolved"') == 1
    assert page.count('class="still resolved"') == 1, "the one that a branch holds still"
    assert 'class="window"' in page
    assert 'class="late"' in page, "sources disagree on the end"
    assert "gateway/uv.lock" in page
    assert "Rebuild from a clean image" in page


def test_steps_are_orders_only_where_something_was_found(repository: Path, tmp_path: Path) -> None:
    clean = tmp_path / "clean"
    History(clean).commit("2026-03-24T11:30:00Z", requirementsDOTtxt="six==1.17.0\n")
    for folder, heading in ((repository, "What to do ("), (clean, "What to do where it is found (")):
        said = CliRunner().invoke(main, ["exposure", "litellm-2026", str(folder), "--no-progress"]).stdout
        assert f"\n{heading}litellm-2026; " in said
        assert "\nclean release before: 1.82.6 is inside CVE-2026-42208" in said


def test_nothing_runs_nothing_is_loaded_and_text_stays_text(repository: Path) -> None:
    page = _page(str(repository), "--machine")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src &#x27;none&#x27;; style-src &#x27;sha256-")
    assert not re.search(r'(?:src|href)="', page)


def test_of_a_machine_alone_no_timeline_denies_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "litellm_init.pth").write_text("import x\n", encoding="ascii")
    page = _page(str(tmp_path))
    assert "litellm_init.pth" in page
    assert "No file held" not in page
    assert 'id="timeline"' not in page
    assert page.index(">present<") < page.index(">absent<") < page.index(">not looked<")
    assert "Saw 1 file: " in page


def test_what_changed_in_a_window_is_listed_without_a_name(repository: Path) -> None:
    words = ["exposure", "--between", "2026-03-24T10:00Z", "--and", "2026-03-25T10:00Z", str(repository), "--jobs", "1"]
    done = CliRunner().invoke(main, [*words, "-o", "json", "--no-progress"])
    changes = [(one["file"], one["name"], one["before"], one["after"]) for one in json.loads(done.stdout)["changes"]]
    assert done.exit_code == 0
    assert changes == [
        ("gateway/uv.lock", "litellm", ["1.82.6"], ["1.82.8"]),
        ("gateway/uv.lock", "litellm", ["1.82.8"], ["1.83.7"]),
    ]
    kept = repository.parent / "kept"
    written = kept.parent / "changes.json"
    done = CliRunner().invoke(main, [*words, "-o", "table", "-o", f"json={written}", "--no-progress"])
    assert "1.82.6 → 1.82.8" in done.stdout
    assert json.loads(written.read_bytes())
    for output in ("table", "markdown"):
        said = CliRunner().invoke(main, [*words, "-o", output, "--inventory", str(kept), "--no-progress"]).stdout
        assert "1.82.6 → 1.82.8" in said
        assert "2 changes of 1 project in 1 of 1 repository." in said


@pytest.mark.parametrize(
    "words", [["--between", "2026-03-24"], ["--between", "x", "--and", "y"], [], ["--between", "2026-01-01", "--and",
              "2026-01-02", "-o", "html"]]
)  # fmt: skip
def test_half_a_window_or_no_question_is_a_usage_error(words: list[str]) -> None:
    assert CliRunner().invoke(main, ["exposure", *words]).exit_code == 2
