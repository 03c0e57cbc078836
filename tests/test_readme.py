"""The README tells the truth: its example command, its report, its lists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from mlsupply.audit import CHECKS
from mlsupply.cli import VERBS
from mlsupply.errors import EXIT_FINDINGS
from mlsupply.report import FORMATS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_command_prints_the_report_that_is_shown_and_exits_1() -> None:
    command = re.search(r"\.venv/bin/mlsupply (scan \S+)\n", README)
    assert command
    done = subprocess.run(
        [sys.executable, "-m", "mlsupply", *command[1].split(), "--offline"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == EXIT_FINDINGS, done.stderr
    shown = re.search(r"<!-- report:begin -->\n```text\n(.*?)```", README, flags=re.DOTALL)
    assert shown
    printed = {line.rstrip() for line in done.stdout.splitlines()}
    missing = [line for line in shown[1].splitlines() if line.strip() and line.rstrip() not in printed]
    assert [line for line in missing if not line.startswith(" NOT CHECKED")] == []


def test_every_verb_check_and_format_is_named() -> None:
    for verb in VERBS:
        assert f"`mlsupply {verb}" in README, verb
    for check in CHECKS:
        assert f"| {check.name} |" in README, check.name
    for known in FORMATS:
        assert f"`{known.name}`" in README, known.name


def test_as_many_attacks_are_told_as_are_replayed() -> None:
    rows = re.findall(
        r"^\| (\S+) \S+ \| [^|]+ \| (?:MLS-\S+)", (ROOT / "rules/README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    number = ("seven", "eight", "nine", "ten", "eleven", "twelve")[len(set(rows)) - 7]
    assert f"about {number} known attacks on day zero" in README
