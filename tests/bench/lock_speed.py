"""What reading costs beside what it cannot be cheaper than. `python -m tests.bench.lock_speed [ROUNDS]`

1. An 800-package uv.lock (put together from the locks of the corpus): the whole `mlsupply scan` against starting Python,
   reading the file and `tomli.loads`; both run once unmeasured before, so that bytecode is there as on a user's machine.
2. In one process: each format's reader against its bare parser, and a requirements file with 2,378 hashes against one
   pass of a regular expression.

Prints medians in ms and ratios. Rounds of both sides alternate, so that a busy machine slows both. What looking up
advisories adds is told by `tests.bench.matching`.
"""

from __future__ import annotations

import gc
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import tomli

from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.world import Limits
from tests.conftest import SHARED

COMMAND = str(Path(sys.executable).with_name("mlsupply"))  # as users start it

PACKAGES = 800
_FLOOR = "import sys, tomli; tomli.loads(open(sys.argv[1], encoding='utf-8').read())"


def uv_lock(packages: int = PACKAGES) -> str:
    """A lock of that many packages: the entries of the corpus's uv.lock files, one a name, with whatever they hold."""
    entries: dict[str, str] = {}
    for path in sorted((SHARED / "corpus" / "projects").rglob("uv.lock")):
        for entry in path.read_text(encoding="utf-8").split("\n[[package]]\n")[1:]:
            if "source = { registry" in entry:
                entries.setdefault(entry.partition("\n")[0], entry)
    chosen = [entries[name] for name in sorted(entries)][:packages]
    head = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
    return head + "".join(f"\n[[package]]\n{entry.rstrip()}\n" for entry in chosen)


def milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def side_by_side(floor: Callable[[], object], whole: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Medians of both, alternating."""
    pairs = [(milliseconds(floor), milliseconds(whole)) for _ in range(rounds)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def show(label: str, floor: float, whole: float, parts: str) -> None:
    print(f"{label:42} {floor:8.2f} {whole:8.2f} {whole / floor:6.2f}x   {parts}")


def command_line(folder: Path, rounds: int) -> None:
    path = folder / "uv.lock"
    path.write_text(uv_lock(), encoding="utf-8")
    scan = [COMMAND, "scan", str(path), "--offline", "-o", f"json={folder / 'out.json'}"]

    def run(command: list[str]) -> None:
        subprocess.run(command, check=False, capture_output=True, cwd=folder)

    least = [sys.executable, "-c", _FLOOR, str(path)]
    run(least)
    run(scan)
    floor, whole = side_by_side(lambda: run(least), lambda: run(scan), rounds)
    listed = len(json.loads((folder / "out.json").read_bytes())["packages"])
    show(f"scan of {listed} packages in uv.lock", floor, whole, "start Python, read, tomli.loads | whole command")
    tree, text = DiskTree(folder), path.read_text(encoding="utf-8")
    reader = reader_of("uv.lock")
    assert reader is not None
    floor, whole = side_by_side(lambda: tomli.loads(text), lambda: reader.read("uv.lock", tree, Limits()), rounds)
    show("the same, reader alone", floor, whole, "tomli.loads | read and build packages")


def readers(rounds: int) -> None:
    root = SHARED / "corpus" / "projects"
    for path, parse in (
        ("microsoft__autogen/python/uv.lock", tomli.loads),
        ("All-Hands-AI__OpenHands/poetry.lock", tomli.loads),
        ("AleaxnderYu__aws-finetuning-jumpstart-model/pdm.lock", tomli.loads),
        ("DiffrAI__ai-research-assistant-platform@b384f4d/pylock.toml", tomli.loads),
        ("All-Hands-AI__OpenHands@1c6f046/Pipfile.lock", json.loads),
    ):
        reader, text = reader_of(path), (root / path).read_text(encoding="utf-8")
        assert reader is not None
        tree = DiskTree(root)
        floor, whole = side_by_side(lambda: parse(text), lambda: reader.read(path, tree, Limits()), rounds)  # noqa: B023  run before the next turn
        show(path.rpartition("/")[2], floor, whole, "bare parser | reader")


def hashed(rounds: int) -> None:
    root, name = SHARED / "trees", "litellm-proxy.hashed.txt"
    text = (root / name).read_text(encoding="utf-8")
    entry = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)|--hash=(\w+):([0-9a-f]+)", re.MULTILINE)
    from mlsupply.inventory import requirements

    tree = DiskTree(root)
    floor, whole = side_by_side(lambda: entry.findall(text), lambda: requirements.read(name, tree, Limits()), rounds * 5)
    show(f"{text.count('--hash')} hashes in requirements", floor, whole, "one regex pass | reader")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"{'':42} {'floor ms':>8} {'ours ms':>8} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as folder:
        command_line(Path(folder), rounds)
    gc.disable()
    hashed(rounds)
    readers(rounds)


if __name__ == "__main__":
    main()
