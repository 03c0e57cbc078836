"""What the check `release` costs against an index: cold, warm, and with every file attested.

    python -m tests.bench.releases [PROJECTS] [RELEASES] [MILLISECONDS]

An index on loopback with PROJECTS projects (100) of RELEASES releases (300) of two files each, every answer delayed by
MILLISECONDS (0), is asked about the newest release of each. Printed for each run: wall and CPU seconds of this process (the
index runs in it too, and its share cannot be told apart), requests, and megabytes fetched.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mlsupply.disk_tree import DiskTree
from mlsupply.evidence.release_check import judge
from mlsupply.fetch import LiveFetch
from mlsupply.model import Checked, Coordinate, Inventory, Package
from mlsupply.project import merge
from mlsupply.request import Request
from mlsupply.world import Failure, Response, World
from tests.loopback_index import LoopbackIndex, provenance

NOW = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)


class Counting:
    """A fetch that waits first, and counts."""

    def __init__(self, delay: float) -> None:
        self.live, self.delay, self.requests, self.bytes = LiveFetch({}), delay, 0, 0

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        time.sleep(self.delay)
        answer = self.live(url, limit=limit, headers=headers, body=body)
        self.requests += 1
        self.bytes += len(answer.body) if isinstance(answer, Response) else 0
        return answer


def filled(index: LoopbackIndex, projects: int, releases: int, *, attested: bool) -> None:
    for number in range(projects):
        for minor in range(releases):
            uploaded = (NOW - timedelta(days=10 + 3 * (releases - minor))).strftime("%Y-%m-%dT%H:%M:%SZ")
            own = provenance(repository=f"acme/project{number}") if attested else None
            index.add(f"project{number}", f"1.{minor}", kinds=("wheel", "sdist"), uploaded=uploaded, provenance=own)


def measured(words: str, index: LoopbackIndex, projects: int, releases: int, world: World, delay: float) -> None:
    packages = tuple(Package(coordinate=Coordinate("pypi", f"project{n}", f"1.{releases - 1}")) for n in range(projects))
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=packages, complete=True)])
    fetch = Counting(delay)
    wall, cpu = time.perf_counter(), time.process_time()
    said = [
        one
        for one in judge(project, Request(index_url=index.simple), replace(world, fetch=fetch))
        if isinstance(one, Checked)
    ]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert len(said) == projects
    assert not any(one.findings for one in said)
    print(f"{words:<22} {wall:6.2f} s wall {cpu:6.2f} s CPU {fetch.requests:5} requests {fetch.bytes / 1e6:7.1f} MB")


def main() -> None:
    projects, releases, milliseconds = (int(text) for text in (sys.argv[1:] + ["100", "300", "0"][len(sys.argv) - 1 :]))
    for attested in (False, True):
        with LoopbackIndex("pypi") as index, tempfile.TemporaryDirectory() as folder:
            filled(index, projects, releases, attested=attested)
            world = World(fetch=LiveFetch({}), now=lambda: NOW, tree=DiskTree(Path(folder)), cache=Path(folder, "cache"))
            words = "attested, " if attested else ""
            measured(f"{words}cold", index, projects, releases, world, milliseconds / 1000)
            measured(f"{words}warm", index, projects, releases, world, milliseconds / 1000)


if __name__ == "__main__":
    main()
