"""Which folders of a project a walk leaves out, by their names and by what they hold. Imports nothing of the package."""

from __future__ import annotations

from collections.abc import Collection

PROJECT_MARKERS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", ".git"})
_BUILD_OUTPUT = frozenset({"build", "dist", "_build"})
_CACHES = frozenset(
    {
        *(".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".cache"),
        *(".tox", ".nox", ".eggs", ".ipynb_checkpoints"),
    }
)
_PRUNED = {
    "node_modules": "installed JavaScript",
    "bower_components": "installed JavaScript",
    "site-packages": "installed packages",
    "dist-packages": "installed packages",
    "__pypackages__": "installed packages",
    "vendor": "vendored code",
    "_vendor": "vendored code",
    "vendored": "vendored code",
    "third_party": "vendored code",
}
_ENVIRONMENTS = {"pyvenv.cfg": "virtual environment", "conda-meta": "conda environment"}  # marker file -> what it marks


def environment_kind(names: Collection[str]) -> str:
    """What a folder that holds these names is by its marks: `virtual environment`, `conda environment` or ""."""
    return next((kind for mark, kind in _ENVIRONMENTS.items() if mark in names), "")


def is_cache(name: str) -> bool:
    """Whether a folder of this name is a cache or keeps versions: left out, and not worth saying."""
    return name in _CACHES or name.endswith((".egg-info", ".dist-info"))


def why_pruned(name: str, beside: Collection[str]) -> str:
    """Why a folder of this name, beside those, is left out, in a few words for the report; "" where it is walked."""
    if name in _BUILD_OUTPUT and not PROJECT_MARKERS.isdisjoint(beside):
        return "build output"
    return _PRUNED.get(name, "")
