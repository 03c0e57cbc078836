"""Scripts that state their requirements in their own first lines (PEP 723), in histories, work trees and folders."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from mlsupply.exposure import scripts, uncommitted
from mlsupply.exposure.history import Commit
from tests.exposure_history import History, lock

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
BEFORE, INSIDE, AFTER = "2026-03-01T10:00:00Z", "2026-03-24T11:30:00Z", "2026-03-26T09:00:00Z"
PLAIN = "print('hello')\n"


def _script(*requirements: str) -> str:
    listed = "".join(f'#   "{requirement}",\n' for requirement in requirements)
    return f"#!/usr/bin/env -S uv run\n# /// script\n# dependencies = [\n{listed}# ]\n# ///\nimport litellm\n"


def _asked(*words: object) -> tuple[int, dict[str, Any]]:
    options = ["-o", "json", "--jobs", "1", "--no-progress"]
    done = CliRunner().invoke(main, ["exposure", "litellm-2026", *map(str, words), *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def _verdicts(said: dict[str, Any]) -> dict[str, str]:
    every = [one for repository in said["repositories"] for one in repository["exposures"]]
    return {one["file"]: one["verdict"] for one in every}


@pytest.fixture
def history(tmp_path: Path) -> History:
    made = History(tmp_path / "repo")
    made.commit(BEFORE, toolsDOTpy=PLAIN, requirementsDOTtxt="requests\n")
    return made


@pytest.mark.parametrize("kept", [False, True], ids=["read", "from the inventory"])
def test_a_script_that_named_the_release_once_is_found_after_it_moved_on(history: History, kept: bool) -> None:
    came = history.commit(INSIDE, tools__askDOTpy=_script("litellm==1.82.8", "rich"))
    left = history.commit(AFTER, tools__askDOTpy=_script("litellm==1.83.7"))
    history.commit(AFTER, tools__askDOTpy=None)
    for _ in range(2):
        code, said = _asked(history.folder, *(["--inventory", history.folder.parent / "kept"] if kept else []))
        (one,) = [e for e in said["repositories"][0]["exposures"] if e["verdict"] == "resolved"]
        assert (code, one["file"], one["version"]) == (1, "tools/ask.py", "1.82.8")
        assert (one["first"]["id"], one["last"]["id"]) == (came, left)
        assert said["gaps"] == []


def test_windows_line_ends_hide_no_header(history: History) -> None:
    (history.folder / "ask.py").write_bytes(_script("litellm==1.82.8").replace("\n", "\r\n").encode())
    history.commit(INSIDE)
    assert _verdicts(_asked(history.folder)[1]) == {"ask.py": "resolved"}


def test_an_open_script_would_have_resolved_unless_its_own_lock_held_another(history: History) -> None:
    history.commit(
        BEFORE,
        ask__openDOTpy=_script("litellm>=1.80"),
        ask__heldDOTpy=_script("litellm>=1.80"),
        ask__heldDOTpyDOTlock=lock("1.82.6"),
        ask__uvDOTlock=lock("1.82.6"),
        ask__requirementsDOTtxt="litellm>=1.80\n",
    )
    found = _verdicts(_asked(history.folder)[1])
    assert found["ask/open.py"] == "would have resolved", "the project's lock and another script's lock say nothing of it"
    assert found["ask/held.py"] == "could have"
    assert found["ask/requirements.txt"] == "could have", "beside it lies the project's lock"


def test_the_lock_of_a_script_holds_nothing_for_the_requirements_beside_it(history: History) -> None:
    history.commit(BEFORE, askDOTpyDOTlock=lock("1.82.6"), requirementsDOTtxt="litellm>=1.80\n")
    assert _verdicts(_asked(history.folder)[1])["requirements.txt"] == "would have resolved"


def test_a_module_of_a_package_and_a_text_about_headers_are_no_scripts(history: History) -> None:
    (history.folder / "app").mkdir()
    (history.folder / "app" / "__init__.py").touch()
    history.commit(
        INSIDE,
        app__askDOTpy=_script("litellm==1.82.8"),
        docDOTpy='HEADER = "# /// script"\n# litellm==1.82.8\n',
    )
    assert _asked(history.folder)[0] == 0


@pytest.mark.parametrize("story", ["became a package later", "was one before", "lost its mark", "is one on a branch only"])
def test_a_folder_that_was_a_package_at_another_time_hides_no_script(history: History, story: str) -> None:
    mark = history.folder / "tools" / "__init__.py"
    mark.parent.mkdir()
    if story in {"was one before", "lost its mark"}:
        mark.touch()
        history.commit(BEFORE, tools__otherDOTpy=PLAIN)
    if story == "was one before":
        mark.unlink()
        history.commit(BEFORE)
    if story == "is one on a branch only":
        history.git("checkout", "-qb", "side")
        mark.touch()
        history.commit(BEFORE)
        history.git("checkout", "-q", "main")
    history.commit(INSIDE, tools__askDOTpy=_script("litellm==1.82.8"))
    if story == "lost its mark":
        mark.unlink()
        history.commit(AFTER)
    if story == "became a package later":
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
        history.commit(AFTER, tools__askDOTpy=None)
    code, said = _asked(history.folder)
    assert (code, _verdicts(said)) == (1, {"tools/ask.py": "resolved"})


def test_a_module_of_a_package_that_was_given_up_with_it_is_no_script(history: History) -> None:
    (history.folder / "app").mkdir()
    (history.folder / "app" / "__init__.py").touch()
    history.commit(INSIDE, app__askDOTpy=_script("litellm==1.82.8"))
    (history.folder / "app" / "__init__.py").unlink()
    history.commit(AFTER, app__askDOTpy=None)
    assert _asked(history.folder)[0] == 0


def test_a_header_without_an_end_is_unknown_where_it_names_the_project(history: History) -> None:
    history.commit(INSIDE, askDOTpy='# /// script\n# dependencies = ["litellm==1.82.8"]\nimport litellm\n')
    code, said = _asked(history.folder)
    assert (code, _verdicts(said)) == (3, {"ask.py": "unknown"})
    assert "does not end with `# ///`" in said["gaps"][0]["detail"]


def test_a_script_in_no_commit_is_read_from_the_work_tree(history: History) -> None:
    (history.folder / "ask.py").write_text(_script("litellm==1.82.8"), encoding="utf-8")
    (history.folder / "link.py").symlink_to("ask.py")
    code, said = _asked(history.folder)
    assert (code, _verdicts(said)) == (1, {"ask.py": "resolved"})


def test_a_folder_without_a_history_and_an_environment_are_searched_as_a_machine_is(tmp_path: Path) -> None:
    for path in ("jobs/ask.py", "venv/lib/python3.12/site-packages/ask.py"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(_script("litellm==1.82.8"), encoding="utf-8")
    code, said = _asked(tmp_path)
    traces = [(trace["kind"], Path(trace["path"]).relative_to(tmp_path).as_posix()) for trace in said["machine"]["traces"]]
    assert (code, traces) == (1, [("names", "jobs/ask.py")])


def test_what_is_over_a_limit_is_told_with_its_place(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    history.commit(INSIDE, askDOTpy=_script("litellm==1.82.8"), bDOTpy=PLAIN + "#", cDOTpy=PLAIN + "##")
    monkeypatch.setattr(scripts, "_MOST_VERSIONS", 1)
    monkeypatch.setattr(uncommitted, "MOST_SCRIPTS", 1)
    code, said = _asked(history.folder)
    details = " | ".join(gap["detail"] for gap in said["gaps"])
    assert code in {1, 3}
    assert "of 4 versions of its Python files, the newest 1 were looked into for requirements of their own" in details
    assert "3 Python files from here on were not looked into for requirements of their own (PEP 723)" in details


@pytest.mark.parametrize(("bound", "value"), [("_MOST_BYTES", 0), ("_MOST_SCRIPTS", 0), ("MOST_OF_SCRIPT", 5)])
def test_no_bound_of_the_search_is_silent(history: History, monkeypatch: pytest.MonkeyPatch, bound: str, value: int) -> None:
    history.commit(INSIDE, askDOTpy=_script("litellm==1.82.8"), bDOTpy=PLAIN + "#")
    history.commit(AFTER, askDOTpy=None)
    monkeypatch.setattr(scripts, bound, value)
    code, said = _asked(history.folder)
    assert code in {1, 3}
    assert any("PEP 723" in gap["detail"] and "repo" in gap["subject"] for gap in said["gaps"])


@pytest.mark.skipif(os.name != "posix", reason="names of any bytes")
@pytest.mark.parametrize("form", ["table", "json", "markdown", "html"])
@pytest.mark.parametrize("kept", [False, True], ids=["read", "from the inventory"])
def test_names_of_files_that_are_no_text_stop_nothing(tmp_path: Path, form: str, kept: bool) -> None:
    history = History(tmp_path / os.fsdecode(b"caf\xe9"))
    for name in (b"caf\xe9", b"tab\tand\nline", b"\x1b[31mred"):
        folder = history.folder / os.fsdecode(name)
        folder.mkdir()
        (folder / "requirements.txt").write_text("litellm==1.82.8\n", encoding="utf-8")
        (folder / "ask.py").write_text(_script("litellm==1.82.8"), encoding="utf-8")
    history.commit(INSIDE)
    words = ["--inventory", str(tmp_path / "kept")] if kept else []
    for _ in range(2):
        done = CliRunner().invoke(main, ["exposure", "litellm-2026", str(tmp_path), *words, "-o", form, "--no-progress"])
        assert (done.exit_code, type(done.exception)) == (1, SystemExit)
        assert "caf\ufffd/requirements.txt" in done.stdout
        assert "which branches and tags hold it now was not asked" in done.stdout
        assert "\x1b" not in done.stdout
    asked = ["exposure", "--between", BEFORE, "--and", AFTER, str(tmp_path), *words, "-o", form, "--no-progress"]
    if form != "html":
        changes = CliRunner().invoke(main, asked)
        assert changes.exit_code == 3, "a script whose name has a line end in it cannot be asked for"
        assert "caf\ufffd/requirements.txt" in changes.stdout


def test_an_empty_file_at_very_many_paths_is_not_compared_path_by_path() -> None:
    compared = []

    class Watched(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            compared.append(1)
            return str.__eq__(self, other)

    changes = [SimpleNamespace(blob="e69de29", link="", path=Watched(f"tool{place}/run.py")) for place in range(200)]
    found = scripts._paths_of([cast("Commit", SimpleNamespace(oid="1", parents=(), changes=[*changes, *changes]))])
    assert len(found["e69de29"]) == 200
    assert len(compared) < 1_000
