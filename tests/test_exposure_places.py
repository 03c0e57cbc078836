"""Repositories as teams really have them: squashed branches, submodules, worktrees, clones that lack a part. What a
repository does not hold is said, and what is left of what it held is read."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from tests.exposure_history import History, lock

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
BEFORE, INSIDE, AFTER = "2026-03-01T10:00:00Z", "2026-03-24T11:30:00Z", "2026-03-26T09:00:00Z"


def _asked(*words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(main, ["exposure", "litellm-2026", *words, "-o", "json", "--jobs", "1", "--no-progress"])
    return done.exit_code, json.loads(done.stdout)


def _held(said: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """(verdict, release, where it still is) of all that is not `no`."""
    every = [one for repository in said["repositories"] for one in repository["exposures"]]
    return [(one["verdict"], one["version"], one["refs"]) for one in every if one["verdict"] != "no"]


def _gaps(said: dict[str, Any]) -> list[tuple[str, str]]:
    return [(gap["detail"], gap["hint"]) for gap in said["gaps"]]


@pytest.fixture
def history(tmp_path: Path) -> History:
    made = History(tmp_path / "repo")
    made.commit(BEFORE, uvDOTlock=lock("1.82.6"))
    return made


@pytest.mark.parametrize("kept", [False, True], ids=["read", "from the inventory"])
def test_a_branch_that_was_squashed_and_deleted_is_still_found_by_the_reflog(history: History, kept: bool) -> None:
    history.git("checkout", "-qb", "bump")
    history.commit(INSIDE, uvDOTlock=lock("1.82.8"))
    history.commit(AFTER, uvDOTlock=lock("1.83.7"))
    history.git("checkout", "-q", "main")
    history.git("merge", "-q", "--squash", "bump")
    history.git("commit", "-qm", "bump (#7)", at=AFTER)
    history.git("branch", "-qD", "bump")
    words = ["--inventory", str(history.folder.parent / "kept")] if kept else []
    for _ in range(2):
        assert _held(_asked(str(history.folder), *words)[1]) == [("resolved", "1.82.8", [])]
    shutil.rmtree(history.folder / ".git" / "logs")
    assert _held(_asked(str(history.folder), *words)[1]) == [], "nothing is left that leads to it"


def test_a_reflog_that_names_what_was_pruned_and_a_branch_that_leads_nowhere_cost_nothing_else(history: History) -> None:
    history.commit(INSIDE, uvDOTlock=lock("1.82.8"))
    with (history.folder / ".git/logs/HEAD").open("a", encoding="ascii") as log:
        log.write(f"{'1' * 40} {'2' * 40} Dev <dev@example.com> 1774000000 +0000\tgone\n")
    code, said = _asked(str(history.folder))
    assert (code, said["gaps"]) == (1, [])
    assert _held(said) == [("resolved", "1.82.8", ["main"])]
    (history.folder / ".git/refs/heads/broken").write_text(f"{'3' * 40}\n", encoding="ascii")
    code, said = _asked(str(history.folder))
    assert _held(said) == [("resolved", "1.82.8", ["main"])]
    assert _gaps(said) == [("1 object that its branches or tags name are not there", "check it with git fsck")]


def test_what_only_a_reflog_leads_to_and_is_damaged_costs_nothing_else(history: History) -> None:
    lost = history.commit(INSIDE, uvDOTlock=lock("1.82.7"))
    history.commit(AFTER, uvDOTlock=lock("1.83.7"))
    history.git("reset", "-q", "--hard", "HEAD~2")
    history.commit(INSIDE, uvDOTlock=lock("1.82.8"))
    (history.folder / ".git/objects" / lost[:2] / lost[2:]).unlink()
    code, said = _asked(str(history.folder))
    assert code == 1
    assert _held(said) == [("resolved", "1.82.8", ["main"])]
    (detail, _) = _gaps(said)[0]
    assert detail.startswith("what only its reflogs lead to could not be read: ")


def test_a_detached_head_of_a_linked_worktree_is_found_from_the_repository(history: History) -> None:
    history.git("worktree", "add", "-q", "--detach", "../apart")
    (history.folder.parent / "apart" / "uv.lock").write_text(lock("1.82.8"), encoding="utf-8")
    history.git("-C", "../apart", "commit", "-qam", "try", at=INSIDE)
    assert _held(_asked(str(history.folder))[1]) == [("resolved", "1.82.8", ["HEAD (worktree apart)"])]
    code, said = _asked(str(history.folder.parent / "apart"))
    assert code == 3
    assert _gaps(said)[0][0] == "its git folder lies outside the path that was named, or is none"
    assert "git rev-parse --git-common-dir" in _gaps(said)[0][1]


def test_a_submodule_that_is_not_checked_out_is_a_gap_until_it_is(history: History, tmp_path: Path) -> None:
    top = History(tmp_path / "top")
    top.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(history.folder), "libs/sub")
    top.commit(INSIDE, READMEDOTmd="with it")
    assert _asked(str(top.folder))[0] == 0
    subprocess.run(["git", "clone", "-q", str(top.folder), str(tmp_path / "copy")], check=True)
    for words in ([], ["--inventory", str(tmp_path / "kept")]):
        code, said = _asked(str(tmp_path / "copy"), *words)
        assert code == 3
        assert _gaps(said)[0][0] == "1 submodule not checked out here, so not searched: libs/sub"
    (tmp_path / "copy" / "libs" / "sub").rmdir()
    subprocess.run(["git", "clone", "-q", str(history.folder), str(tmp_path / "copy/libs/sub")], check=True)
    assert _asked(str(tmp_path / "copy"), "--inventory", str(tmp_path / "kept"))[0] == 0


def test_a_repository_with_sha256_objects_is_read(tmp_path: Path) -> None:
    made = History(tmp_path / "repo")
    shutil.rmtree(tmp_path / "repo" / ".git")
    made.git("init", "-q", "-b", "main", "--object-format=sha256")
    made.commit(INSIDE, uvDOTlock=lock("1.82.8"))
    code, said = _asked(str(tmp_path / "repo"))
    assert (code, said["gaps"]) == (1, [])
    assert _held(said) == [("resolved", "1.82.8", ["main"])]


def test_what_a_partial_clone_did_not_fetch_is_said_once_with_the_way_out(history: History, tmp_path: Path) -> None:
    history.commit(INSIDE, uvDOTlock=lock("1.82.8"))
    history.git("config", "uploadpack.allowFilter", "true")
    source = f"file://{history.folder}"
    words = ["git", "clone", "-q", "--no-checkout", "--filter=blob:none", source, str(tmp_path / "part")]
    subprocess.run(words, check=True)
    code, said = _asked(str(tmp_path / "part"))
    assert code == 3
    assert [one[0] for one in _held(said)] == ["unknown", "unknown"]
    assert _gaps(said) == [
        (
            "a partial clone: versions of its files that were not fetched are not there",
            "clone it without --filter and ask again",
        ),
        ("the object is missing or no file", ""),
    ]
    told = CliRunner().invoke(main, ["exposure", "litellm-2026", str(tmp_path / "part"), "--no-progress"]).stdout
    assert "are not there → clone it without --filter and ask again" in told


def test_a_folder_inside_a_repository_is_no_answer_for_the_repository(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.commit(INSIDE, apps__api__uvDOTlock=lock("1.82.8"))
    history.commit(AFTER, apps__api__uvDOTlock=lock("1.83.7"))
    monkeypatch.chdir(history.folder / "apps" / "api")
    code, said = _asked()
    assert code == 3
    detail = f"a part of the repository {history.folder.resolve()}, whose history was not searched"
    assert _gaps(said) == [(detail, "name that repository")]
    assert _gaps(_asked("uv.lock")[1]) == [(detail, "name that repository")]
    monkeypatch.chdir(history.folder)
    assert _asked()[0] == 1


@pytest.mark.parametrize("kept", [False, True], ids=["read", "from the inventory"])
def test_what_changed_before_a_file_was_renamed_is_told_under_its_name_then(history: History, kept: bool) -> None:
    history.commit(INSIDE, uvDOTlock=lock("1.82.8"))
    (history.folder / "api").mkdir()
    history.git("mv", "uv.lock", "api/uv.lock")
    history.git("commit", "-qm", "move", at="2026-03-24T12:00:00Z")
    history.commit(AFTER, api__uvDOTlock=lock("1.83.7"))
    words = ["exposure", "--between", BEFORE, "--and", AFTER, str(history.folder), "-o", "json", "--no-progress"]
    words += ["--inventory", str(history.folder.parent / "kept")] if kept else []
    for _ in range(2):
        found = json.loads(CliRunner().invoke(main, words).stdout)["changes"]
        assert [(one["file"], one["before"], one["after"]) for one in found if one["name"] == "litellm"] == [
            ("uv.lock", [], ["1.82.6"]),
            ("uv.lock", ["1.82.6"], ["1.82.8"]),
            ("api/uv.lock", ["1.82.8"], ["1.83.7"]),
        ]
    wrong = CliRunner().invoke(main, [*words, "litellm-2026"])
    assert wrong.exit_code == 2
    assert "there is no file or folder litellm-2026" in wrong.stderr


def test_a_lock_that_was_committed_when_the_release_was_gone_says_so(history: History) -> None:
    history.commit(AFTER, uvDOTlock=lock("1.82.8"))
    told = _asked(str(history.folder))[1]["repositories"][0]["exposures"]
    notes = {one["version"]: one["notes"] for one in told}
    assert notes["1.82.8"] == ["committed after the release was gone: locked before that, or from a mirror or cache"]
    assert notes["1.82.6"] == []
    history.commit("2026-03-27T09:00:00Z", api__uvDOTlock=lock("1.82.8"))
    history.git("reset", "-q", "--hard", "HEAD~2")
    history.commit(INSIDE, uvDOTlock=lock("1.82.8"))
    shutil.rmtree(history.folder / ".git" / "logs")
    told = _asked(str(history.folder))[1]["repositories"][0]["exposures"]
    assert {tuple(one["notes"]) for one in told} == {()}


def test_gaps_stand_before_what_was_found_in_the_page_too(history: History, tmp_path: Path) -> None:
    history.commit(INSIDE, uvDOTlock=lock("1.82.8"))
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{history.folder}", str(tmp_path / "near")], check=True)
    page = CliRunner().invoke(main, ["exposure", "litellm-2026", str(tmp_path), "-o", "html", "--no-progress"]).stdout
    assert page.index("1 thing not checked") < page.index('id="exposures"')
    assert "a shallow clone: history before 1 commit is not there" in page
