"""How many lock and requirements files of the shared corpus are read exactly: name, version as written and source kind of
every package against ground truth, per format. `python -m tests.bench.inventory_truth [-v]`

Truth covers single files, so what `-r` and `-c` bring in is left out: only packages with a place in the file itself count.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.model import Inventory
from mlsupply.world import Limits
from tests.conftest import SHARED

Triple = tuple[str, str, str]


class Compared(NamedTuple):
    """One file of the corpus. missing: in the truth alone; extra: in the inventory alone."""

    format: str
    path: str
    inventory: Inventory | None
    missing: frozenset[Triple]
    extra: frozenset[Triple]

    @property
    def exact(self) -> bool:
        return self.inventory is not None and not self.missing and not self.extra


def corpus(corpus: Path = SHARED / "corpus") -> Iterator[tuple[str, str, str]]:
    """(format, path below `projects`, name of the truth file or "") of every file."""
    with open(corpus / "INDEX.csv", encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            yield row["format"], f"{row['project']}/{row['path']}", row["truth"]


def read(path: str, root: Path = SHARED / "corpus" / "projects") -> Inventory | None:
    """The inventory of one file by the reader that claims its name."""
    reader = reader_of(path)
    return None if reader is None else reader.read(path, DiskTree(root), Limits())


def compare() -> Iterator[Compared]:
    """Every file with ground truth."""
    for form, path, truth in corpus():
        if truth:
            listed = json.loads((SHARED / "corpus" / "truth" / truth).read_text(encoding="utf-8"))
            expected = {(name, version, kind) for name, version, kind in listed}
            inventory = read(path)
            found = _triples(inventory, path) if inventory else set()
            yield Compared(form, path, inventory, frozenset(expected - found), frozenset(found - expected))


def _triples(inventory: Inventory, path: str) -> set[Triple]:
    return {
        (package.name, package.version, package.source.kind.value)
        for package in inventory.packages
        if any(place.file == path for place in package.places)
    }


def main() -> None:
    rows = list(compare())
    for form in sorted({row.format for row in rows}):
        of_form = [row for row in rows if row.format == form]
        print(f"{form:24} {sum(row.exact for row in of_form):3} of {len(of_form):3} exact")
    print(f"{'all':24} {sum(row.exact for row in rows):3} of {len(rows):3} exact")
    for row in rows:
        if not row.exact:
            print(f"\n{row.path}\n  missing {sorted(row.missing)[:10]}\n  extra   {sorted(row.extra)[:10]}")
        elif "-v" in sys.argv and row.inventory and row.inventory.gaps:
            print(f"\n{row.path}\n  gaps {[gap.detail for gap in row.inventory.gaps][:5]}")


if __name__ == "__main__":
    main()
