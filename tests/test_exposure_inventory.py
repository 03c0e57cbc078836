"""The next question is answered from a file, the same as from the repositories, until one of them moves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from mlsupply.exposure.answer import Verdict
from mlsupply.exposure.question import ask
from mlsupply.exposure.report import as_json
from mlsupply.exposure.survey import Surveyed, survey
from mlsupply.world import Limits, silent
from tests.exposure_generator import collection

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def _survey(folder: Path, text: str, inventory: Path | None) -> Surveyed:
    return survey([str(folder)], ask(text), Limits(), 1, silent, str(inventory or ""))


def _known(surveyed: Surveyed) -> list[dict[str, Any]]:
    """What reports tell of each repository; a file that nobody can read is unknown to any question, so it is left out."""
    repositories: list[dict[str, Any]] = json.loads(as_json(ask("litellm-2026"), surveyed.answers))["repositories"]
    for one in repositories:
        one["exposures"] = [exposure for exposure in one["exposures"] if exposure["verdict"] != "unknown"]
    return repositories


def test_the_answer_from_the_file_is_that_from_the_repositories(tmp_path: Path) -> None:
    repos = list(collection(tmp_path / "repos", 24))
    file = tmp_path / "inventory.sqlite"
    direct = _survey(tmp_path / "repos", "litellm-2026", None)
    first = _survey(tmp_path / "repos", "litellm-2026", file)
    again = _survey(tmp_path / "repos", "litellm-2026", file)
    assert (first.kept, again.kept) == (0, len(again.answers))
    assert _known(direct) == _known(first) == _known(again)
    assert len(again.answers) >= len(repos)
    assert [one.silent for one in first.answers] == [one.silent for one in again.answers]
    assert [one.gaps for one in first.answers] == [one.gaps for one in again.answers]


def _commit(folder: Path, lock: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "requirements.txt").write_text(lock, encoding="utf-8")
    words = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"]
    for command in (["init", "-q"], ["add", "-A"], [*words, "commit", "-qm", "x"]):
        environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", *command], cwd=folder, env=environ, check=True)


def test_another_question_needs_no_reading_and_a_new_commit_does(tmp_path: Path) -> None:
    file = tmp_path / "inventory.sqlite"
    _commit(tmp_path / "a", "litellm==1.82.8\nhttpx==1.0\n")
    _survey(tmp_path / "a", "litellm-2026", file)
    found = _survey(tmp_path / "a", "httpx==1.0", file)
    assert found.kept == 1
    assert [(one.name, one.verdict) for one in found.answers[0].exposures] == [("httpx", Verdict.RESOLVED)]
    _commit(tmp_path / "a", "httpx==1.1\n")
    found = _survey(tmp_path / "a", "httpx==1.1", file)
    assert found.kept == 0
    assert [one.verdict for one in found.answers[0].exposures] == [Verdict.RESOLVED, Verdict.NO]


def test_the_command_says_what_was_read_anew(tmp_path: Path) -> None:
    _commit(tmp_path / "a", "litellm==1.82.8\n")
    words = ["exposure", "litellm-2026", str(tmp_path / "a"), "--inventory", str(tmp_path / "kept"), "--no-progress"]
    assert "0 of 1 repositories had not changed" in CliRunner().invoke(main, words).stderr
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, "1 of 1 repositories had not changed" in done.stderr) == (1, True)


@pytest.mark.parametrize("content", [b"no database" * 100, b""])
def test_a_file_that_is_no_inventory_is_refused_and_an_empty_one_taken(tmp_path: Path, content: bytes) -> None:
    _commit(tmp_path / "a", "litellm==1.82.8\n")
    file = tmp_path / "file"
    file.write_bytes(content)
    done = CliRunner().invoke(main, ["exposure", "litellm-2026", str(tmp_path / "a"), "--inventory", str(file)])
    assert done.exit_code == (2 if content else 1)
    assert ("bad-inventory" in done.stderr) == bool(content)
    assert bool(content) == (file.read_bytes() == content)
