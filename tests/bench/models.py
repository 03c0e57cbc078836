"""`python -m tests.bench.models [--peers BIN] [--large DIR]`: verdicts by label and technique on the labelled model files,
seconds a file, cold start, and what hostile files cost; with a folder of installed peers (modelscan, picklescan, fickling,
modelaudit) a table of their exit codes on the same files; with a folder that has 5 GB to spare, how fast a weight file of
that size is read and hashed, beside sha256sum and openssl."""

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
from typing import Any, NamedTuple

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


class Cost(NamedTuple):
    """Exit code, seconds by the clock, seconds of processor time and peak memory in MB of a command."""

    code: int
    seconds: float
    busy: float
    memory: int


def timed(command: list[str]) -> Cost:
    """Run it and count; in a folder of its own, as one peer leaves its results where it is started."""
    with tempfile.TemporaryDirectory() as folder:
        before = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - before
    code = os.waitstatus_to_exitcode(status)
    return Cost(code, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)


def ours() -> list[str]:
    return [str(Path(sys.executable).with_name("mlsupply")), "models", "scan"]


def cold(runs: int = 15) -> None:
    """Seconds of the command on one small file."""
    path = SAMPLES / "files" / rows()[0]["path"]
    seconds = sorted(timed([*ours(), str(path)]).seconds for _ in range(runs))
    print(f"  cold start: median {seconds[runs // 2]:.3f} s, best {seconds[0]:.3f} s, worst {seconds[-1]:.3f} s of {runs}")


def costs() -> None:
    """Seconds and memory of the hostile files; by the clock and of the processor, as a busy machine shows the first."""
    with tempfile.TemporaryDirectory() as folder:
        for name, path in hostile(Path(folder)).items():
            cost = timed([*ours(), str(path)])
            print(f"  {name:<32} exit {cost.code}  {cost.seconds:.2f} s ({cost.busy:.2f} s busy)  {cost.memory} MB")


def peers(folder: Path) -> None:
    """Exit codes of the peers by label, a process a file."""
    os.environ |= {"NO_ANALYTICS": "1", "PROMPTFOO_DISABLE_TELEMETRY": "1"}
    print(f"  {'':<12}{'malicious':<48}{'suspicious':<48}{'benign':<48}{'all':>7}{'p95':>8}{'most memory':>13}")
    for name, words in {"mlsupply": ours(), **{n: [str(folder / w[0]), *w[1:]] for n, w in PEERS.items()}}.items():
        counts: dict[str, Counter[int]] = {label: Counter() for label in ("malicious", "suspicious", "benign")}
        spent = []
        for row in rows():
            cost = timed([*words, str(SAMPLES / "files" / row["path"])])
            counts[row["label"]][cost.code] += 1
            spent.append(cost)
        shown = "".join(
            f"{', '.join(f'exit {code}: {count}' for code, count in sorted(of.items())):<48}" for of in counts.values()
        )
        seconds = sorted(cost.seconds for cost in spent)
        print(f"  {name:<12}{shown}{sum(seconds):>5.0f} s{seconds[int(len(seconds) * 0.95)]:>6.2f} s", end="")
        print(f"{max(cost.memory for cost in spent):>10} MB", flush=True)


LARGE = 5 << 30


def large(folder: Path) -> None:
    """A safetensors file of 5 GB, written once and removed: its header read, and its bytes hashed."""
    path = folder / "large.safetensors"
    header = json.dumps({"w": {"dtype": "U8", "shape": [LARGE], "data_offsets": [0, LARGE]}}).encode()
    try:
        block = os.urandom(1 << 24)
        with open(path, "wb") as handle:
            handle.write(len(header).to_bytes(8, "little") + header)
            for _ in range(LARGE >> 24):
                handle.write(block)
        digest = "from pathlib import Path; from mlsupply.evidence.models.caches import digest_of; "
        for name, command in {
            "read by mlsupply": [*ours(), str(path)],
            "sha256sum": ["sha256sum", str(path)],
            "openssl dgst": ["openssl", "dgst", "-sha256", str(path)],
            "hashed by mlsupply": [sys.executable, "-c", f"{digest}digest_of(Path({str(path)!r}))"],
        }.items():
            cost = min((timed(command) for _ in range(2)), key=lambda one: one.seconds)
            rate = "" if name.startswith("read") else f"  {LARGE / cost.seconds / 1e9:.2f} GB/s"
            print(f"  {name:<20} exit {cost.code}  {cost.seconds:.2f} s ({cost.busy:.2f} s busy)  {cost.memory} MB{rate}")
    finally:
        path.unlink(missing_ok=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--large", type=Path)
    options = parser.parse_args()
    print("labelled files")
    labelled()
    cold()
    print(f"  peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    print("hostile files")
    costs()
    if options.large:
        print("a weight file of 5 GB")
        large(options.large)
    if options.peers:
        print("peers")
        peers(options.peers)


if __name__ == "__main__":
    main()
