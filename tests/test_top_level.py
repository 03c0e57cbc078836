"""What lies at the top of the repository is what somebody put there: a run's leavings are not carried along."""

from __future__ import annotations

import os
import subprocess
import sys
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


def test_ci_without_the_corpus_ends_with_the_sentence_that_says_so(tmp_path: Path) -> None:
    missing = tmp_path / "shared"
    environment = {**os.environ, "CI": "true", "MLSUPPLY_SHARED": str(missing)}
    command = [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", "tests/test_layers.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    said = f"{done.stdout}{done.stderr}"
    assert f"the shared corpus is missing: {missing}" in said
    assert "INTERNALERROR" not in said
