"""Whole processes, timed side by side: wall, CPU and peak memory, the commands taking turns so that load hits all alike."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

_TIME = shutil.which("time")


class Sample(NamedTuple):
    """One run. wall, cpu: seconds; memory: peak resident set, MB; code: exit code."""

    wall: float
    cpu: float
    memory: float
    code: int


class Result(NamedTuple):
    """Medians over the runs; least: the fastest wall time."""

    wall: float
    least: float
    cpu: float
    memory: float
    code: int

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Result:
        return cls(
            statistics.median(s.wall for s in samples),
            min(s.wall for s in samples),
            statistics.median(s.cpu for s in samples),
            statistics.median(s.memory for s in samples),
            samples[-1].code,
        )


def run_once(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Sample:
    """Start, wait, account. A process inherits the peak memory of the one that started it, so a small shell stands between
    where there is a `time` program to ask; without it memory reads 0."""
    with tempfile.NamedTemporaryFile("r") as account:
        measured = [_TIME, "-q", "-f", "%M", "-o", account.name, *command] if _TIME else list(command)
        began = time.perf_counter()
        with subprocess.Popen(
            measured, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
        ) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        memory = int(account.read() or 0) / 1024 if _TIME else 0.0
    return Sample(wall, usage.ru_utime + usage.ru_stime, memory, process.returncode)


def side_by_side(
    commands: Mapping[str, Sequence[str]],
    rounds: int = 11,
    prepare: Mapping[str, Callable[[], Mapping[str, str]]] | None = None,
) -> dict[str, Result]:
    """One unmeasured round, then `rounds` in which every command runs once. prepare: makes the environment of a command
    right before each run."""
    before = prepare or {}
    for name, command in commands.items():
        run_once(command, before[name]() if name in before else None)
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            samples[name].append(run_once(command, before[name]() if name in before else None))
    return {name: Result.of(taken) for name, taken in samples.items()}


def table(results: Mapping[str, Result], reference: str) -> str:
    """Lines of text; ratios are of CPU time and wall time to the reference."""
    base = results[reference]
    lines = [f"{'':28} {'wall ms':>8} {'least':>7} {'CPU ms':>7} {'MB':>6} {'x wall':>7} {'x CPU':>6}  exit"]
    for name, r in results.items():
        lines.append(
            f"{name:28} {r.wall * 1000:8.1f} {r.least * 1000:7.1f} {r.cpu * 1000:7.1f} {r.memory:6.1f}"
            f" {r.wall / base.wall:7.2f} {r.cpu / base.cpu:6.2f}  {r.code}"
        )
    return "\n".join(lines)


def load() -> str:
    """The load of the machine, which every figure should be read with."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg()) + f" on {os.cpu_count()} cores"
