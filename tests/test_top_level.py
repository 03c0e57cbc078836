"""What lies at the top of the repository is what somebody put there: a run's leavings are not carried along."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOLDS = {
    "mlsupply", "rules", "tests", "pyproject.toml", "README.md", "LICENSE", "action.yml",
    ".ci", ".github", ".gitignore", ".pre-commit-hooks.yaml",
}  # fmt: skip


def test_nothing_but_the_project_is_kept_at_the_top() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing tells what is kept")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name.split("/")[0] for name in listed.split("\0") if name} == HOLDS
