"""mlsupply and its peers on the same trees and the same feed: which flaws each finds, and why they differ.

    python -m tests.bench.parity [TREE ...]

Flaws are counted after their aliases were merged; an evaluation that shares no code with any of them says which are right.
Exits 1 where mlsupply misses a flaw that a peer rightly finds.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bench.conformance import EXPORT, read
from tests.bench.peers import Flaw, Peer, Tree, flaws, peers, run, servers, trees
from tests.bench.slow_osv import affected, parsed


class Truth:
    """The export by id and by project, and each id's alias group."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.records = {record["id"]: record for record in records}
        self._leader: dict[str, str] = {}
        for record in records:
            if "withdrawn" not in record:
                for alias in record.get("aliases", ()):
                    self._leader[self.group(alias)] = self.group(record["id"])

    def group(self, name: str) -> str:
        """One name for all ids of a flaw."""
        while self._leader.get(name, name) != name:
            name = self._leader[name]
        return name

    def right(self, name: str, version: str, group: str) -> str:
        """Why the version is affected by the letter of a record, or what it takes to say so; "" where nothing does."""
        members = [
            record for record in self.records.values() if "withdrawn" not in record and self.group(record["id"]) == group
        ]
        spelled = parsed(version)
        if any(affected(record, name, version) for record in members):
            bounds = (
                text
                for r in members
                for b in r["affected"]
                for s in b.get("ranges", ())
                for e in s["events"]
                for text in e.values()
            )
            odd = any(parsed(text) is None for text in bounds if "." in text and "-" in text)
            local = spelled is not None and spelled.local is not None
            return (
                "a bound that is not PEP 440" if odd else "a local build of an affected release" if local else "the record"
            )
        return ""


def main(*names: str) -> int:
    truth = Truth(read(EXPORT))
    missed = 0
    totals: Counter[str] = Counter()
    with servers() as (feed, port), tempfile.TemporaryDirectory() as folder:
        for tree in trees(Path(folder), port, names):
            missed += _compare(tree, feed, Path(folder), truth, totals)
    print("all trees, distinct flaws: " + ", ".join(f"{name} {count}" for name, count in totals.items()))
    print(f"mlsupply misses {missed} flaws that a peer rightly finds")
    return 1 if missed else 0


def _compare(tree: Tree, feed: str, folder: Path, truth: Truth, totals: Counter[str]) -> int:
    said: dict[str, set[Flaw]] = {}
    for peer in peers():
        found = _found(peer, tree, feed, folder)
        if found is not None:
            said[peer.name] = {(name, version, truth.group(identifier)) for name, version, identifier in found}
            totals[peer.name] += len(said[peer.name])
    print(f"{tree.name}: " + ", ".join(f"{name} {len(found)}" for name, found in said.items()))
    everything = set().union(*said.values())
    missed = 0
    for flaw in sorted(everything):
        having = [name for name, found in said.items() if flaw in found]
        if len(having) < len(said):
            why = truth.right(*flaw) or _other(flaw)
            print(f"  {flaw[0]} {flaw[1]} {flaw[2]}: only {', '.join(having)} ({why})")
            missed += "mlsupply" not in having and bool(truth.right(*flaw))
    return missed


def _found(peer: Peer, tree: Tree, feed: str, folder: Path) -> set[Flaw] | None:
    ended = run(peer, tree, feed, folder)
    found = flaws(peer, ended.stdout)
    if found is None:
        last = (ended.stderr.strip().splitlines() or ["no output"])[-1]
        print(f"  {peer.name} gave no report, exit {ended.returncode}: {last[:160]}")
    elif peer.name == "mlsupply" and (gaps := json.loads(ended.stdout)["gaps"]):
        for gap in gaps:
            print(f"  mlsupply, not checked: {gap['subject']}: {gap['detail']}")
    return found


def _other(flaw: Flaw) -> str:
    from mlsupply.advisories.renamed import original_of

    original = original_of(flaw[0])
    return f"inherited from {original}, of which it is a build" if original else "no record says so"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
