"""The light `Path` of scans does what pathlib's does, and hands everything else to that one."""

from __future__ import annotations

import copy
import os
import pathlib
import pickle
import subprocess
import sys
from pathlib import PurePosixPath

import pytest

from mlsupply.paths import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere it is pathlib's own")

PARTS = ["", ".", "/", "//", "///", "a", "a/", "./a", "a//b/./c", "/a/b", "//a", "///a//b/", "..", "../a", "a/..", "/.x"]


@pytest.mark.parametrize("text", PARTS)
def test_it_reads_joins_and_takes_apart_as_pathlib_does(text: str) -> None:
    ours, theirs = Path(text), pathlib.Path(text)
    assert (str(ours), os.fspath(ours), ours.as_posix()) == (str(theirs), os.fspath(theirs), theirs.as_posix())
    assert (ours.name, str(ours.parent), ours.absolute()) == (theirs.name, str(theirs.parent), theirs.absolute())
    for other in PARTS:
        assert str(ours / other) == str(ours / Path(other)) == str(theirs / other)
        assert str(other / ours) == str(other / theirs)
        assert str(Path(text, other)) == str(pathlib.Path(text, other))


def test_it_is_the_same_path_as_pathlibs_in_either_order() -> None:
    ours, theirs = Path("/a//b"), pathlib.Path("/a/b")
    assert ours == theirs
    assert theirs == ours
    assert {ours: 1}[theirs] == 1
    others: list[object] = ["/a/b", PurePosixPath("/a/c")]
    assert [one == ours for one in others] == [False, False]
    assert sorted([Path("b"), pathlib.Path("c"), Path("a/z")], key=str) == [Path("a/z"), Path("b"), Path("c")]
    assert sorted([Path("a-b"), Path("a/b")]) == [Path("a/b"), Path("a-b")], "by parts, as pathlib has it"
    assert pickle.loads(pickle.dumps(ours)) == copy.deepcopy(ours) == ours


def test_what_is_on_disk_is_told_alike(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"held")
    (tmp_path / "folder").mkdir()
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "away").symlink_to("nowhere")
    for name in ("file", "folder", "missing", "file/below", "round", "away", "x" * 200, "nul\0"):
        ours, theirs = Path(tmp_path) / name, tmp_path / name
        assert [ours.is_file(), ours.is_dir(), ours.exists()] == [theirs.is_file(), theirs.is_dir(), theirs.exists()]
    (tmp_path / "other").symlink_to(tmp_path / "folder")
    for name in ("file", "missing", "other", "other/below/..", "away", "../x"):
        assert (Path(tmp_path) / name).resolve() == (tmp_path / name).resolve()
    assert (Path(tmp_path, "file").read_bytes(), Path(tmp_path, "file").read_text("ascii")) == (b"held", "held")
    assert Path(tmp_path, "file").stat() == (tmp_path / "file").stat()
    assert Path(tmp_path, "away").stat(follow_symlinks=False).st_mode == (tmp_path / "away").lstat().st_mode


def test_what_is_done_to_the_disk_is_done_alike(tmp_path: pathlib.Path) -> None:
    for folder in (Path(tmp_path, "ours", "deep"), pathlib.Path(tmp_path, "theirs", "deep")):
        for _ in range(2):
            folder.mkdir(parents=True, exist_ok=True)
        with pytest.raises(FileExistsError):
            folder.mkdir(parents=True)
        draft, kept = folder / "draft", folder.joinpath("kept")
        assert draft.write_bytes(b"held") == 4
        draft.chmod(0o640)
        assert draft.replace(kept) == kept == draft.with_name("kept")
        assert (kept.read_bytes(), kept.stat().st_mode & 0o777, draft.is_symlink()) == (b"held", 0o640, False)
        with pytest.raises(FileExistsError):
            kept.mkdir(parents=True, exist_ok=True)
        kept.unlink()
        kept.unlink(missing_ok=True)
        with pytest.raises(FileNotFoundError):
            kept.unlink()
        for name in ("", ".", "a/b", "/"):
            with pytest.raises(ValueError, match="name"):
                draft.with_name(name)


@pytest.mark.parametrize("ask", [lambda path: path.is_file(), lambda path: path.exists(), lambda path: path.read_bytes()])
def test_what_the_system_refuses_is_raised_as_pathlib_did_up_to_python_3_13(ask: object, tmp_path: pathlib.Path) -> None:
    too_long = "x" * 300
    for path in (Path(tmp_path, too_long), tmp_path / too_long)[: 2 if sys.version_info < (3, 14) else 1]:
        with pytest.raises(OSError, match="too long"):
            ask(path)  # type: ignore[operator]  # a lambda of either


def test_all_else_is_asked_of_pathlib(tmp_path: pathlib.Path) -> None:
    (tmp_path / "below").mkdir()
    assert list(Path(tmp_path).glob("*")) == [tmp_path / "below"]
    assert Path("a/b.txt").with_suffix(".json") == pathlib.Path("a/b.json")
    assert Path("a/b").parts == ("a", "b")
    assert (Path.home(), Path.cwd()) == (pathlib.Path.home(), pathlib.Path.cwd())
    with pytest.raises(AttributeError):
        getattr(Path("a"), "no_such_thing")  # noqa: B009  type checkers know that there is none


def test_pathlib_is_imported_only_by_what_needs_it() -> None:
    code = "from mlsupply.paths import Path; p = Path('a') / 'b'; p == p.parent, p.name, p.is_file(); import sys; %s"
    said = "sys.exit('pathlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code % said], check=False).returncode == 0
    assert subprocess.run([sys.executable, "-c", code % f"p.parts; {said}"], check=False).returncode == 1
