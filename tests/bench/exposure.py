"""Exposure on generated repositories with known truth, and on one long history.

python -m tests.bench.exposure [REPOSITORIES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.exposure_generator import collection
from tests.exposure_score import score


def main(count: str = "240") -> None:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        made = list(collection(Path(folder), int(count)))
        print(
            f"{len(made)} repositories made in {time.perf_counter() - started:.1f} s: {dict(Counter(r.kind for r in made))}"
        )
        started = time.perf_counter()
        result = score(made)
        seconds = time.perf_counter() - started
    print(f"{result.repositories} repositories, {result.pairs} pairs judged, {len(result.faults)} faults, {seconds:.1f} s")
    for fault in result.faults[:40]:
        print(" ", fault)


if __name__ == "__main__":
    main(*sys.argv[1:])
