"""A run that is interrupted, or whose output nobody takes: through the command itself, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.cli import verbs

COMMAND = [sys.executable, "-P", "-m", "mlsupply"]
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.fixture
def silent_index() -> Iterator[str]:
    """An index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def _begun(arguments: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """The command, started so that Ctrl-C reaches it: where the tests run in the background of a shell they ignore SIGINT,
    and so would every process they start."""
    environ = {**os.environ, "MLSUPPLY_CACHE_DIR": str(folder / "cache"), "TMPDIR": str(folder / "temporary")}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [*COMMAND, *arguments], cwd=folder, env=environ, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _processes_in(folder: Path) -> list[str]:
    """The command lines of the processes that stand in the folder (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in str((process / "cwd").readlink()):
                found.append((process / "cmdline").read_text(encoding="utf-8"))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


@pytest.mark.parametrize(
    "words", [["rules", "list"], ["explain", "incidents"], ["why", "six", "six==1.17.0", "--offline"], ["scan", "--help"]]
)
def test_a_reader_that_goes_changes_no_exit_code(tmp_path: Path, words: list[str]) -> None:
    run = subprocess.Popen([*COMMAND, *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout
    run.stdout.close()
    _, said = run.communicate(timeout=60)
    assert run.returncode == 0
    assert b"Broken pipe" not in said
    assert b"Traceback" not in said


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_waits_for_no_index_and_leaves_no_uv_behind(tmp_path: Path, silent_index: str, number: int) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (tmp_path / "requirements.in").write_text("demo\n", encoding="ascii")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\ndependencies = ["demo"]\n', encoding="ascii"
    )
    process = _begun(["scan", "--index-url", silent_index, "--feed", "embedded", "-o", "json=report.json"], tmp_path)
    end = time.monotonic() + 20
    while len(_processes_in(temporary)) < 1 and time.monotonic() < end:
        time.sleep(0.02)
    assert _processes_in(temporary)
    time.sleep(0.5)  # both inputs have their uv by then
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)  # the index would be waited for three times as long
    assert (process.returncode, errors.strip()) == (130, b"Aborted!")
    assert _processes_in(temporary) == []
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "report.json").exists()


def test_a_run_that_is_stopped_while_its_verb_is_imported_claims_no_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """click ends with 1 there, which stands for findings."""

    def stop(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verbs, "import_module", stop)
    done = CliRunner().invoke(verbs.main, ["db", "status"])
    assert (done.exit_code, done.stderr.strip()) == (130, "Aborted!")


def test_ctrl_c_waits_for_no_answer_about_packages(tmp_path: Path, silent_index: str) -> None:
    (tmp_path / "requirements.txt").write_text("demo==1.0\nother==1.0\n", encoding="ascii")
    process = _begun(["scan", "--no-resolve", "--index-url", silent_index, "--feed", "embedded"], tmp_path)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors.strip()) == (130, b"Aborted!")


@FULL
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["scan", "--help"]])
def test_help_that_cannot_be_written_is_told_in_words(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "mlsupply: the output could not be written: No space left on device [output-not-written]"
    ]


@FULL
@pytest.mark.parametrize("words", [["nosuch"], ["scan", "--nosuch"], ["scan", "no/such.lock"]])
def test_a_mistake_that_cannot_be_told_is_no_finding(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=full, check=False, timeout=60)
    assert done.returncode == 2


def test_a_reader_that_goes_away_costs_neither_the_other_outputs_nor_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("--index-url https://index.example/simple\n", encoding="ascii")
    scan = [*COMMAND, "scan", "--offline", "requirements.txt", "-o", "table", "-o", "json=report.json"]
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as nobody:
        done = subprocess.run(scan, cwd=tmp_path, stdout=nobody, stderr=subprocess.PIPE, check=False, timeout=60)
    told = subprocess.run(scan, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode == told.returncode != 1
    assert done.stderr == told.stderr == b""
    assert (tmp_path / "report.json").stat().st_size > 0


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no permissions of that kind here")
def test_a_cache_folder_of_another_user_costs_no_check(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("requests==2.19.0\n", encoding="ascii")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    plain = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if plain and not shutil.which("setpriv"):
        pytest.skip("root may read everything, and setpriv is not here")
    environ = {**os.environ, "MLSUPPLY_CACHE_DIR": str(locked / "cache")}
    scan = [*plain, *COMMAND, "scan", "--offline", "--feed", "embedded", "-o", "json"]
    done = subprocess.run(scan, cwd=tmp_path, env=environ, capture_output=True, check=False, timeout=60)
    report = json.loads(done.stdout)
    assert [gap["detail"] for gap in report["gaps"] if gap["reason"] == "internal"] == []
    assert "CVE-2018-18074" in {finding["id"] for finding in report["findings"]}
