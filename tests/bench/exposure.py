"""Exposure on generated repositories with known truth, and on one long history.

python -m tests.bench.exposure [REPOSITORIES]
python -m tests.bench.exposure long [COMMITS]      a lock of 1 MB that changes in every tenth commit; beside it, as the
                                                   floor, `git log -p -- uv.lock | grep` on the same repository
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.exposure_generator import collection
from tests.exposure_score import score

_PACKAGES = 3600  # about 1 MB of uv.lock
_START = 1_760_000_000  # seconds since 1970; one commit every ten minutes


def collected(count: str = "240") -> None:
    """The score of a generated collection."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        made = list(collection(Path(folder), int(count)))
        print(
            f"{len(made)} repositories made in {time.perf_counter() - started:.1f} s: {dict(Counter(r.kind for r in made))}"
        )
        started = time.perf_counter()
        result = score(made)
        seconds = time.perf_counter() - started
    print(f"{result.repositories} repositories, {result.pairs} pairs judged, {len(result.faults)} faults, {seconds:.1f} s")
    for fault in result.faults[:40]:
        print(" ", fault)


def long(count: str = "20000") -> None:
    """Wall time and peak memory of one question on a long history, with and without an inventory."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        _make(Path(folder, "repo"), int(count))
        print(f"{count} commits made in {time.perf_counter() - started:.1f} s")
        ours = [sys.executable, "-m", "mlsupply", "exposure", "litellm-2026", f"{folder}/repo", "--no-progress"]
        kept = [*ours, "--inventory", f"{folder}/inventory.sqlite"]
        _timed("mlsupply exposure", ours)
        _timed("the same, writing an inventory of all packages", kept)
        _timed("asked again of the inventory", kept)
        _timed("asked again of the inventory", kept)
        _timed("git log -p -- uv.lock | grep", ["sh", "-c", f"git -C {folder}/repo log -p -- uv.lock | grep -c litellm"])
        print(f"inventory: {Path(folder, 'inventory.sqlite').stat().st_size:,} bytes")


def _timed(what: str, command: Sequence[str]) -> None:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    print(f"{what}: {seconds:.2f} s, at most {usage.ru_maxrss / 1024:.0f} MB in one process, exit {code}")


def _make(folder: Path, count: int) -> None:
    folder.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, check=True)
    packages = [_package(number, 0) for number in range(_PACKAGES)]
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE) as importer:
        stream = importer.stdin
        assert stream is not None
        for number in range(count):
            name, data = "notes.txt", b"%d\n" % number
            if number % 10 == 0:
                packages[number // 10 * 7 % _PACKAGES] = _package(number // 10 * 7 % _PACKAGES, number)
                name, data = "uv.lock", b"version = 1\n\n" + b"\n".join([_litellm(number, count), *packages])
            stream.write(
                b"commit refs/heads/main\ncommitter Dev <dev@example.com> %d +0000\ndata 2\nx\n" % (_START + 600 * number)
                + b"M 100644 inline %s\ndata %d\n" % (name.encode(), len(data))
                + data
                + b"\n"
            )
    if importer.returncode:
        sys.exit("git fast-import failed")


def _litellm(number: int, count: int) -> bytes:
    """Bad for one hundredth of the history, in its middle."""
    version = b"1.82.8" if count // 2 <= number < count // 2 + count // 100 else b"1.82.6"
    return b'[[package]]\nname = "litellm"\nversion = "%s"\n' % version


def _package(number: int, version: int) -> bytes:
    return (
        b'[[package]]\nname = "part-%d"\nversion = "1.%d"\nsource = { registry = "https://index.example/simple" }\n'
        b'sdist = { url = "https://files.index.example/%064x", hash = "sha256:%064x" }\n'
    ) % (number, version, number + version, number * 7 + version)


if __name__ == "__main__":
    if sys.argv[1:2] == ["long"]:
        long(*sys.argv[2:])
    else:
        collected(*sys.argv[1:])
