"""Every module that implements a seam stands in the seam's tuple, and everything in a tuple exists."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path

import pytest

import mlsupply
from mlsupply.audit import CHECKS
from mlsupply.cli import VERBS
from mlsupply.inventory import READERS, reader_of
from mlsupply.report import FORMATS

ROOT = Path(mlsupply.__file__).parent


def _defining(folder: str, *names: str) -> set[str]:
    """Modules below a folder of the package that define a function (or a name) as a seam wants it."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name in names:
                found.add(".".join(("mlsupply", *path.relative_to(ROOT).with_suffix("").parts)))
    return found


def test_every_reader_is_registered_and_reads() -> None:
    assert _defining("inventory", "read") == {reader.module for reader in READERS}


def test_every_check_is_registered_and_judges() -> None:
    modules = _defining("advisories", "judge") | _defining("evidence", "judge") | _defining("ruleset", "judge")
    assert modules == {check.module for check in CHECKS}


def test_every_format_is_registered_and_renders() -> None:
    assert _defining("report", "render") == {known.module for known in FORMATS}


def test_every_verb_is_registered_and_documented() -> None:
    modules = {
        f"mlsupply.cli.{p.stem}" for p in (ROOT / "cli").glob("*.py") if "\ndef command(" in p.read_text(encoding="utf-8")
    }
    assert modules == {verb.module for verb in VERBS.values()}
    for name, verb in VERBS.items():
        command = import_module(verb.module).command
        assert command.help, f"{name} has no help"


@pytest.mark.parametrize("names", [[c.name for c in CHECKS], [f.name for f in FORMATS], [r.format for r in READERS]])
def test_names_are_unique(names: list[str]) -> None:
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "path",
    [
        "uv.lock", "a/UV.LOCK", "x/requirements.txt", "requirements-dev.in", "requirements/base.txt", "my_requirements.pip",
        "requirements", "deep/requirements/x.md", "tool.py.lock", "pylock.gpu.toml", "pylock.toml",
        "Dockerfile", "api.dockerfile",
        "dockerfile.gpu", "dockerfile-x", "docker", "n.ipynb", "environment.yml", "conda-env-gpu.yaml",
        "x-1.0.tar.gz", "x.whl",
        "a.cdx.json", "bom.json", "sbom.spdx.json", "setup.py", "setup.cfg", "Pipfile", "Pipfile.lock", "src/main.py", "a/b",
    ],
)  # fmt: skip
def test_names_are_matched_as_fnmatch_would(path: str) -> None:
    lower = path.lower()
    folder, _, name = lower.rpartition("/")
    for reader in READERS:
        both = f"{folder.rpartition('/')[2]}/{name}"
        wanted = any(fnmatchcase(both, p) if "/" in p else fnmatchcase(name, p) for p in reader.patterns)
        assert reader.claims(path) == wanted, reader.format
    claimed = next((reader for reader in READERS if reader.claims(path)), None)
    assert reader_of(path) == claimed
