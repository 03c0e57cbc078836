"""`python -m tests.bench.models [--peers BIN]`: verdicts by label and technique on the labelled model files, seconds a
file, cold start, and what hostile files cost; with a folder of installed peers (modelscan, picklescan, fickling,
modelaudit) their exit codes on the same files."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from mlsupply.evidence.models import look_at_path
from tests.conftest import SHARED
from tests.models.hostile import hostile

SAMPLES = SHARED / "samples" / "models-dev"
PEERS = {
    "modelscan": ["modelscan", "scan", "-p"],
    "picklescan": ["picklescan", "-p"],
    "fickling": ["fickling", "--check-safety"],
    "modelaudit": ["modelaudit", "scan"],
}


def rows() -> list[dict[str, Any]]:
    """The manifest."""
    found = json.loads((SAMPLES / "manifest.json").read_text())
    return list(found["files"] if isinstance(found, dict) else found)


def labelled() -> None:
    """Verdicts and warm seconds; what is not as labelled is named."""
    counts: Counter[tuple[str, str]] = Counter()
    seconds = []
    for _ in range(3):
        for row in rows():
            begun = time.perf_counter()
            facts = look_at_path(SAMPLES / "files" / row["path"])
            seconds.append((time.perf_counter() - begun, row["technique"]))
            counts[row["label"], facts.verdict.value] += 1
            wanted = {"malicious": "blocked", "benign": "clear"}.get(row["label"])
            if wanted not in {None, facts.verdict.value} or (wanted is None and facts.verdict.value == "clear"):
                print(f"  not as labelled: {row['label']} {row['technique']} {row['path']}: {facts.verdict.value}")
    for (label, verdict), count in sorted(counts.items()):
        print(f"  {label:<11} {verdict:<13} {count // 3}")
    times = sorted(seconds)
    worst = times[-1]
    print(f"  warm: median {1000 * statistics.median(t for t, _ in times):.2f} ms, ", end="")
    print(f"p95 {1000 * times[int(len(times) * 0.95)][0]:.2f} ms, worst {1000 * worst[0]:.0f} ms ({worst[1]})")


def timed(command: list[str]) -> tuple[int, float, int]:
    """(exit code, seconds, peak memory in MB) of a command."""
    before = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), time.perf_counter() - before, usage.ru_maxrss // 1024


def ours() -> list[str]:
    return [str(Path(sys.executable).with_name("mlsupply")), "models", "scan"]


def cold(runs: int = 15) -> None:
    """Seconds of the command on one small file."""
    path = SAMPLES / "files" / rows()[0]["path"]
    seconds = sorted(timed([*ours(), str(path)])[1] for _ in range(runs))
    print(f"  cold start: median {seconds[runs // 2]:.3f} s, best {seconds[0]:.3f} s, worst {seconds[-1]:.3f} s of {runs}")


def costs() -> None:
    """Seconds and memory of the hostile files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, path in hostile(Path(folder)).items():
            code, seconds, memory = timed([*ours(), str(path)])
            print(f"  {name:<32} exit {code}  {seconds:.2f} s  {memory} MB")


def peers(folder: Path) -> None:
    """Exit codes of the peers, a process a file."""
    os.environ |= {"NO_ANALYTICS": "1", "PROMPTFOO_DISABLE_TELEMETRY": "1"}
    for name, words in {"mlsupply": ours(), **{n: [str(folder / w[0]), *w[1:]] for n, w in PEERS.items()}}.items():
        counts: Counter[tuple[str, int]] = Counter()
        total, memory = 0.0, 0
        for row in rows():
            code, seconds, peak = timed([*words, str(SAMPLES / "files" / row["path"])])
            counts[row["label"], code] += 1
            total, memory = total + seconds, max(memory, peak)
        shown = ", ".join(f"{label} exit {code}: {count}" for (label, code), count in sorted(counts.items()))
        print(f"  {name}: {shown}; {total:.0f} s in all, at most {memory} MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path)
    options = parser.parse_args()
    print("labelled files")
    labelled()
    cold()
    print(f"  peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    print("hostile files")
    costs()
    if options.peers:
        print("peers")
        peers(options.peers)


if __name__ == "__main__":
    main()
