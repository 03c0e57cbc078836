"""Files are written whole or not at all, whoever else writes them at the same time and whatever breaks."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Barrier, Thread

import pytest

from mlsupply.advisories.build import database_draft
from mlsupply.drafts import Draft, keep_json, kept_json
from mlsupply.errors import MlsupplyError


def test_a_file_that_breaks_off_leaves_the_one_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "facts.json"
    with Draft(path) as draft:
        draft.write_text("whole")
    with pytest.raises(OSError, match="disk is full"):
        _break_off(path)
    assert path.read_text() == "whole"
    assert [file.name for file in path.parent.iterdir()] == ["facts.json"], "no draft is left behind"


def _break_off(path: Path) -> None:
    with Draft(path) as draft:
        draft.write_text("ha")
        raise OSError("disk is full")


def test_the_Draft_a_killed_process_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Draft(path) as draft:
        name = draft.name
        draft.touch()
    (tmp_path / name).write_bytes(b"half a database")
    with Draft(path) as draft:
        assert draft.name == name
        assert not draft.exists()
        draft.write_bytes(b"whole")
    assert path.read_bytes() == b"whole"


def test_threads_that_keep_the_same_thing_do_not_meet(tmp_path: Path) -> None:
    path, together = tmp_path / "kept.json", Barrier(4)

    def keep(number: int) -> None:
        with Draft(path) as draft:
            draft.write_text(f'{{"by": {number}')
            together.wait(10)  # all four are half way
            with draft.open("a") as handle:
                handle.write("}")

    threads = [Thread(target=keep, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept_json(path) in [{"by": number} for number in range(4)]
    assert [file.name for file in tmp_path.iterdir()] == ["kept.json"]


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, "\0", '"text"'])
def test_what_was_kept_and_spoiled_since_is_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kept.json"
    keep_json(path, {"a": 1})
    assert kept_json(path) == {"a": 1}
    path.write_text(text)
    assert kept_json(path) is None


def test_a_cache_that_cannot_be_written_keeps_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    keep_json(tmp_path / "file" / "kept.json", {"a": 1})
    assert kept_json(tmp_path / "file" / "kept.json") is None


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), sqlite3.OperationalError("disk I/O error")])
def test_a_database_that_cannot_be_written_is_said_in_words(tmp_path: Path, error: Exception) -> None:
    with (
        pytest.raises(MlsupplyError, match=r"store\.sqlite could not be written") as refused,
        database_draft(tmp_path / "store.sqlite"),
    ):
        raise error
    assert refused.value.reference == "database-not-written"
    assert list(tmp_path.iterdir()) == []
