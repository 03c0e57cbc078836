"""Whole audits, timed: mlsupply and its peers on the same trees against the same feed, hot and cold, near and far.

    python -m tests.bench.audit_speed [ROUNDS] [TREE ...]

Hot: a second run, with what each keeps from the first. Cold: without. mlsupply appears twice: asking the feed, and with the
database it synced from that feed (`db sync`, then `--feed local`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.peers import Peer, Tree, command, environment, peers, servers, trees
from tests.bench.timing import Result, load, run_once, side_by_side, table

TREES = ("litellm-proxy", "vllm", "aged-ml")


def main(rounds: str = "5", *names: str) -> None:
    for latency in (0, 50):
        with servers(latency) as (feed, port), tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            _sync(feed, folder)
            for tree in trees(folder, port, names or TREES):
                for cold in (False, True):
                    state = "cold" if cold else "hot"
                    print(f"\n{tree.name}, {state}, {latency} ms a request, load {load()}")
                    print(table(_timed(tree, feed, folder, int(rounds), cold), "mlsupply, live"))


def _sync(feed: str, folder: Path) -> None:
    mlsupply = next(peer for peer in peers() if peer.name == "mlsupply")
    subprocess.run(
        [mlsupply.program, "db", "sync", "--url", feed],
        check=True,
        capture_output=True,
        env={**os.environ, "MLSUPPLY_CACHE_DIR": str(folder / "synced")},
    )


def _timed(tree: Tree, feed: str, folder: Path, rounds: int, cold: bool) -> dict[str, Result]:
    """The slow one runs less often: its time is the number of packages times the latency."""
    commands: dict[str, Sequence[str]] = {}
    prepare: dict[str, Callable[[], dict[str, str]]] = {}
    for peer in peers():
        name = "mlsupply, live" if peer.name == "mlsupply" else peer.name
        commands[name] = command(peer, tree, feed, folder, cold=cold)
        prepare[name] = lambda: environment(folder, cold=cold)
        if peer.name == "mlsupply" and not cold:
            commands["mlsupply, synced"] = _synced(peer, tree)
            prepare["mlsupply, synced"] = lambda: {"MLSUPPLY_CACHE_DIR": str(folder / "synced")}
    quick = {name: line for name, line in commands.items() if name != "pip-audit"}
    results = side_by_side(quick, rounds, prepare)
    if "pip-audit" in commands:
        taken = [run_once(commands["pip-audit"], prepare["pip-audit"]()) for _ in range(max(2, rounds // 2))]
        results["pip-audit"] = Result.of(taken)
    return results


def _synced(peer: Peer, tree: Tree) -> list[str]:
    checks = ["--check", "advisories", "--check", "known-bad"]
    return [peer.program, "scan", str(tree.hashed), *checks, "--feed", "local", "--offline", "--no-progress", "-o", "json"]


if __name__ == "__main__":
    main(*sys.argv[1:])
