"""What the user may not read: each such file or folder is told, on every Python, and costs nothing else of the run.

The commands run in a process of their own, without the right of root to read everything. A folder that may be listed but not
entered (mode 0444) is the hard case: its names are seen, and the system refuses to say what they are.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exposure_history import History

LISTED_ONLY, CLOSED = 0o444, 0


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[dict[Path, int]]:
    """Paths below `tmp_path` and the modes they are to get; undone at the end, so that the folder can be removed."""
    modes: dict[Path, int] = {}
    yield modes
    for path in modes:
        path.chmod(0o755)


def _told(arguments: list[str], folder: Path, closed: dict[Path, int]) -> subprocess.CompletedProcess[str]:
    plain = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if plain and not shutil.which("setpriv"):
        pytest.skip("root may read everything, and setpriv is not here")
    for path, mode in closed.items():
        path.chmod(mode)
    command = [*plain, sys.executable, "-P", "-m", "mlsupply", *arguments]
    environ = {**os.environ, "MLSUPPLY_CACHE_DIR": str(folder / "cache")}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60)


def _installed(site: Path, name: str) -> Path:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "RECORD").write_text(f"{name}.py,,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n", encoding="utf-8")
    (site / f"{name}.py").write_text("value = 1\n", encoding="utf-8")
    return info


@pytest.mark.parametrize("mode", [LISTED_ONLY, CLOSED])
def test_model_files_in_a_folder_that_may_not_be_entered_are_not_verified(
    tmp_path: Path, closed: dict[Path, int], mode: int
) -> None:
    (tmp_path / "models/deep").mkdir(parents=True)
    for name in ("models/a.pkl", "models/deep/b.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps([1]))
    closed[tmp_path / "models/deep"] = mode
    done = _told(["models", "scan", "models", "-o", "json"], tmp_path, closed)
    assert done.returncode == 3, done.stderr
    clear, unread = sorted(json.loads(done.stdout), key=lambda row: str(row["path"]))
    assert (clear["path"], clear["verdict"]) == ("models/a.pkl", "clear")
    assert unread["verdict"] == "not verified"
    assert unread["path"] == ("models/deep/b.pkl" if mode else "models/deep")


def test_an_environment_is_searched_for_traces_around_what_may_not_be_read(tmp_path: Path, closed: dict[Path, int]) -> None:
    site = tmp_path / "env/lib/python3.12/site-packages"
    (tmp_path / "env/pyvenv.cfg").parent.mkdir()
    (tmp_path / "env/pyvenv.cfg").write_text("home = /usr\n", encoding="utf-8")
    closed[_installed(site, "hidden")] = LISTED_ONLY
    _installed(site, "litellm")
    done = _told(["exposure", "litellm==1.0", "env", "--window", "2026-01-01..2026-01-02", "-o", "json"], tmp_path, closed)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert any("litellm-1.0.dist-info" in trace["path"] for trace in report["machine"]["traces"])
    assert any("hidden-1.0.dist-info/METADATA" in gap["subject"] for gap in report["gaps"])


def test_a_branch_that_may_not_be_read_and_a_closed_work_folder_are_told(tmp_path: Path, closed: dict[Path, int]) -> None:
    repository = History(tmp_path / "repository")
    pins = "six==1.17.0\n"
    repository.commit("2026-03-01T00:00:00Z", requirementsDOTtxt=pins, service__requirementsDOTtxt=pins)
    repository.git("branch", "other")
    closed[repository.folder / ".git/refs/heads/other"] = CLOSED
    closed[repository.folder / "service"] = CLOSED
    done = _told(["exposure", "litellm-2026", "repository"], tmp_path, closed)
    assert done.returncode == 3, done.stderr
    unread = [line for line in done.stdout.splitlines() if line.startswith("not checked: ")]
    assert any("1 file with its branches, tags or settings could not be read" in line for line in unread), unread
    assert any("service" in line and "could not be listed" in line for line in unread), unread


def test_a_closed_folder_in_no_record_is_told_when_an_environment_is_looked_into(
    tmp_path: Path, closed: dict[Path, int]
) -> None:
    site = tmp_path / "env/lib/python3.12/site-packages"
    _installed(site, "six")
    (site / "added").mkdir()
    closed[site / "added"] = CLOSED
    scan = ["scan", "--env", "env", "--offline", "--feed", "embedded", "--contents", "all", "-o", "json"]
    done = _told(scan, tmp_path, closed)
    assert done.returncode == 3, done.stderr
    told = {gap["place"]["member"]: gap["detail"] for gap in json.loads(done.stdout)["gaps"] if gap["place"]}
    assert "could not be listed" in told["added"]
