"""What looking up advisories costs a warm scan of a large lock. `python -m tests.bench.matching [ROUNDS]`

An 800-package uv.lock put together from the locks of the corpus (see `lock_speed.uv_lock`), offline, by the embedded data:

1. The whole command with the check `known-bad` alone and with `advisories` beside it: what that adds in wall and processor
   time. It holds the imports, the matching, and all that becomes of the findings: their order, their verdict, the report.
2. In one process, where all is imported: the look-up of the records of all names, and the judging of all packages by them.

The runs of both sides take turns. Printed are medians, the middle and the quartiles of the pairs' differences, and the
difference between the least of both, which other work on the machine changes least.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from mlsupply.advisories.check import Ground, examine, judged
from mlsupply.advisories.feeds import choose
from mlsupply.advisories.incident_records import index
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import gather
from mlsupply.model import Checked
from mlsupply.project import Project, merge
from mlsupply.request import Request
from mlsupply.world import OfflineFetch, World
from tests.bench.lock_speed import COMMAND, milliseconds, uv_lock
from tests.bench.timing import load, run_once

GOAL = 20  # ms


def added(path: Path, rounds: int) -> None:
    """The whole command with one more check."""
    scan = [COMMAND, "scan", str(path), "--offline", "--check", "known-bad", "-o", "json"]
    pairs = [(run_once(scan), run_once([*scan, "--check", "advisories"])) for _ in range(rounds + 1)][1:]  # one warms up
    print(f"{'':24} {'without':>8} {'with':>8}   added: middle (quartiles), between the least of both; ms")
    for what in ("wall", "cpu"):
        without, beside = ([getattr(sample, what) * 1000 for sample in side] for side in zip(*pairs, strict=True))
        low, middle, high = quantiles([after - before for before, after in zip(without, beside, strict=True)], n=4)
        least = min(beside) - min(without)
        print(
            f"{f'whole command, {what}':24} {median(without):8.1f} {median(beside):8.1f}   "
            f"{middle:.1f} ({low:.1f} to {high:.1f}), {least:.1f}"
        )


def alone(path: Path, rounds: int) -> None:
    """Look-up and judging, without what is imported, read and written around them."""
    world = World(
        fetch=OfflineFetch(), now=lambda: datetime.now(UTC), tree=DiskTree(path.parent, (path.name,)), cache=path.parent
    )
    request = Request(subjects=(path.name,), offline=True, feed="embedded")
    project = merge(gather(replace(request, resolve=False), world))
    said = [one for one in examine(project, request, world) if isinstance(one, Checked) and one.package]
    hit, found = sum(bool(one.findings) for one in said), sum(len(one.findings) for one in said)
    print(f"{len(said)} packages, {hit} with findings, {found} findings")
    names = sorted({package.name for package in project.packages})
    ground = Ground(choose(request, world).about(names), request, incidents=index())
    looking = [milliseconds(lambda: choose(request, world).about(names)) for _ in range(rounds * 3)]
    judging = [milliseconds(lambda: judge_all(project, ground)) for _ in range(rounds * 3)]
    both = [one + other for one, other in zip(looking, judging, strict=True)]
    for what, times in (("records looked up", looking), ("packages judged", judging), ("both: matching", both)):
        print(f"{what:24} median {median(times):6.1f}, least {min(times):6.1f} ms")


def judge_all(project: Project, ground: Ground) -> list[Checked]:
    return [judged(package, ground) for package in project.packages]


def main(rounds: str = "15") -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users' runs find compiled modules
    print(f"load {load()}; the goal is under {GOAL} ms")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uv.lock"
        path.write_text(uv_lock(), encoding="utf-8")
        added(path, int(rounds))
        gc.set_threshold(200_000, 20, 20)  # as the command does
        alone(path, int(rounds))


if __name__ == "__main__":
    main(*sys.argv[1:])
