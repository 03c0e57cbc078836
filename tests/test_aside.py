"""Temporary folders that killed runs left are swept; nothing else is touched."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mlsupply import aside

OLD = 3 * 86_400


def _made(folder: Path, name: str, age: float, now: float) -> Path:
    path = folder / name
    path.mkdir()
    (path / "uv.toml").write_text("", encoding="ascii")
    os.utime(path, (now - age, now - age))
    return path


def test_what_a_killed_run_left_is_swept_when_it_is_old(tmp_path: Path) -> None:
    now = 1_800_000_000.0
    left = _made(tmp_path, "mlsupply-run-abcd1234", OLD, now)
    kept = [
        _made(tmp_path, "mlsupply-run-zzzzzzzz", 3600, now),  # another run may be at work in it
        _made(tmp_path, "mlsupply-cache", OLD, now),  # the user's
        _made(tmp_path, "mlsupply-run-abcd1234-kept", OLD, now),
        _made(tmp_path, "other", OLD, now),
    ]
    (tmp_path / "mlsupply-run-link0000").symlink_to(tmp_path / "other")
    (tmp_path / "mlsupply-run-file0000").write_text("x", encoding="ascii")
    os.utime(tmp_path / "mlsupply-run-file0000", (now - OLD, now - OLD))
    aside.sweep(str(tmp_path), now)
    assert not left.exists()
    assert all((path / "uv.toml").exists() for path in kept)
    assert (tmp_path / "mlsupply-run-file0000").exists()
    assert (tmp_path / "mlsupply-run-link0000").is_symlink()


def test_a_folder_for_the_whole_run_is_gone_after_it(tmp_path: Path) -> None:
    code = "import sys; from mlsupply import aside, start; print(aside.lasting() == aside.lasting()); " + (
        "print(aside.lasting()); sys.argv = ['mlsupply', '--version']; start.entry()"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    same, folder, *_ = run.stdout.splitlines()
    assert same == "True"
    assert Path(folder).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_links_in_a_folder_are_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "pack").write_text("x", encoding="ascii")
    with aside.with_links() as name:
        Path(name, "objects").symlink_to(tmp_path / "theirs")
    assert not Path(name).exists()
    assert (tmp_path / "theirs" / "pack").exists()


def test_a_folder_made_here_is_one_that_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with aside.temporary() as name:
        made = Path(name)
        assert made.parent == tmp_path
        aside.sweep(str(tmp_path), made.stat().st_mtime + OLD)
        assert not made.exists()
