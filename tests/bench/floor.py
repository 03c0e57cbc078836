"""How far an offline scan is from the least a Python program can do: whole processes, each run once unmeasured before, so
that bytecode and what the tool remembers are there, as on a machine where it has run before.

python -m tests.bench.floor [REQUIREMENTS] [ROUNDS]
"""

from __future__ import annotations

import sys
from pathlib import Path

from mlsupply.advisories.store import EMBEDDED
from tests.bench.timing import load, side_by_side, table
from tests.conftest import SHARED

COMMAND = str(Path(sys.executable).with_name("mlsupply"))  # as users start it

DEFAULT = SHARED / "trees" / "litellm-proxy.hashed.txt"


def main(requirements: str = str(DEFAULT), rounds: str = "11") -> None:
    scan = [COMMAND, "scan", requirements, "--offline", "--feed", "embedded"]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "floor": [sys.executable, str(Path(__file__).with_name("floor_script.py")), requirements, str(EMBEDDED)],
        "mlsupply --help": [COMMAND, "--help"],
        "scan, known flaws alone": [*scan, "-o", "json", "--check", "advisories", "--check", "known-bad"],
        "mlsupply scan, JSON": [*scan, "-o", "json"],
        "mlsupply scan, table": [*scan, "-o", "table"],
    }
    print(f"load {load()}")
    print(table(side_by_side(commands, int(rounds)), "floor"))
    print("goals: JSON within 2.5 x the floor, table within 4 x, --help within 60 ms of bare Python")


if __name__ == "__main__":
    main(*sys.argv[1:])
