"""Whole audits, timed: mlsupply and its peers on the same trees against the same feed, hot and cold, near and far.

    python -m tests.bench.audit_speed [ROUNDS] [TREE ...]

Hot: a second run, with what each keeps from the first. Cold: without. mlsupply appears twice in each, because it offers two
ways: asking the feed's API (`live`), and the database synced from the same server (`synced`: hot, `--feed auto` with a
database of today; cold, `db sync` and then that scan). Below each table stands how often a run asked the feed and the index.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.bench.peers import CHECKS, Peer, Tree, command, environment, peers, requests_so_far, servers, trees
from tests.bench.timing import Result, load, run_once, side_by_side, table

TREES = ("litellm-proxy", "vllm", "aged-ml")
LIVE, SYNCED, FIRST_SYNC = "mlsupply, live", "mlsupply, synced", "mlsupply, sync + scan"
_SLOW = "pip-audit"  # one request a package: it runs less often

Prepare = Callable[[], Mapping[str, str]]


class Row(NamedTuple):
    """A line of the table. prepare: makes the environment of a run right before it."""

    command: Sequence[str]
    prepare: Prepare


def main(rounds: str = "5", *names: str) -> None:
    for latency in (0, 50):
        with servers(latency) as (feed, port), tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            for tree in trees(folder, port, names or TREES):
                for cold in (False, True):
                    rows = _rows(tree, feed, folder, cold)
                    results = _timed(rows, int(rounds))
                    print(f"\n{tree.name}, {'cold' if cold else 'hot'}, {latency} ms a request, load {load()}")
                    print(table(results, LIVE))
                    print("requests a run: " + ", ".join(f"{name} {_asked(row, feed, port)}" for name, row in rows.items()))


def _rows(tree: Tree, feed: str, folder: Path, cold: bool) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for peer in peers():
        own = folder / peer.name.replace(" ", "-")
        rows[LIVE if peer.name == "mlsupply" else peer.name] = Row(
            command(peer, tree, feed, own, cold=cold), partial(environment, own, cold=cold)
        )
        if peer.name == "mlsupply" and cold:
            rows[FIRST_SYNC] = Row(
                _one_after_the_other([peer.program, "db", "sync", "--url", feed], _synced(peer, tree)),
                partial(environment, folder / "first", cold=True),
            )
        elif peer.name == "mlsupply":
            rows[SYNCED] = Row(_synced(peer, tree), partial(_with_database, peer, feed, folder / "synced"))
    return rows


def _synced(peer: Peer, tree: Tree) -> list[str]:
    """What a user runs who has synced today: no feed is named, and the index is asked for nothing that is kept."""
    asked = [*CHECKS, "--no-resolve", "--index-url", tree.pages]
    return [peer.program, "scan", str(tree.hashed), *asked, "--no-progress", "-o", "json"]


def _with_database(mlsupply: Peer, feed: str, cache: Path) -> dict[str, str]:
    """The environment with a database of today, synced where there is none yet."""
    found = environment(cache)
    if not (cache / "run" / "advisories" / "current.json").exists():
        sync = [mlsupply.program, "db", "sync", "--url", feed]
        subprocess.run(sync, check=True, capture_output=True, env={**os.environ, **found})
    return found


def _one_after_the_other(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return ["sh", "-c", '"$0" "$1" "$2" "$3" "$4" >/dev/null 2>&1 && shift 4 && exec "$@"', *first, *second]


def _timed(rows: Mapping[str, Row], rounds: int) -> dict[str, Result]:
    quick = {name: row.command for name, row in rows.items() if name != _SLOW}
    results = side_by_side(quick, rounds, {name: row.prepare for name, row in rows.items()})
    if slow := rows.get(_SLOW):
        results[_SLOW] = Result.of([run_once(slow.command, slow.prepare()) for _ in range(max(2, rounds // 2))])
    return results


def _asked(row: Row, feed: str, port: int) -> int:
    """Requests to both servers in one more run."""
    before = requests_so_far(feed, port)
    run_once(row.command, row.prepare())
    time.sleep(0.1)
    return requests_so_far(feed, port) - before - 1


if __name__ == "__main__":
    main(*sys.argv[1:])
