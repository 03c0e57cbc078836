"""Whatever stands in a lock or requirements file, its reader answers with an inventory: gaps, never an exception, and no
control character in any value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsupply.inventory import reader_of
from mlsupply.model import Inventory
from mlsupply.value import names_of
from mlsupply.world import Limits
from tests.memory import MemoryTree
from tests.test_conda import CONDA_LOCK, ENVIRONMENT, PIXI_6, PIXI_TOML
from tests.test_pdm_lock import LOCK as PDM_LOCK
from tests.test_pipenv import LOCK as PIPFILE_LOCK
from tests.test_pipenv import PIPFILE
from tests.test_poetry_lock import NEW as POETRY_LOCK
from tests.test_pylock import LOCK as PYLOCK
from tests.test_requirements import COMPILED
from tests.test_uv_lock import AS_WRITTEN, SLOWLY
from tests.test_uv_lock import LOCK as UV_LOCK

REQUIREMENTS = """\
-r other.txt
--extra-index-url https://me:pw@torch.example/whl
torch[a,b]==2.9.0+cu128 ; python_version >= "3.11" \\
    --hash=sha256:aa --hash=sha256:bb
vision @ git+https://git.example/v.git@main#egg=vision  # via torch
https://files.index.example/a-1.0-py3-none-any.whl; os_name == 'nt'
-e ./lib[test]
numpy>=1,<3
"""
SEEDS = {
    "uv.lock": UV_LOCK,
    "poetry.lock": POETRY_LOCK,
    "pdm.lock": PDM_LOCK,
    "pylock.toml": PYLOCK.replace("05Z,\n     ", "05Z,"),
    "Pipfile": PIPFILE,
    "Pipfile.lock": PIPFILE_LOCK,
    "pixi.toml": PIXI_TOML,
    "pixi.lock": PIXI_6,
    "conda-lock.yml": CONDA_LOCK,
    "environment.yml": ENVIRONMENT,
    "requirements.txt": REQUIREMENTS + COMPILED,
}
PIECES = (
    *(
        "",
        "\n",
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        ",",
        "=",
        "==",
        ":",
        ";",
        "#",
        "\\",
        "- ",
        "-e ",
        "-r ",
        "@",
        "&a ",
        "*a",
        "!!x ",
    ),
    *("[[package]]\n", "[package.source]\n", '"""', "true", "null", "0", "-1", "1.5", "1e400", "9" * 5000, "2026-01-01"),
    *(
        "\x00",
        "\x1b[31m",
        "\\u001b",
        "\\u202e",
        "\u202e",
        "\ud7ff",
        "é",
        "\t",
        "\r",
        "\x85",
        "\ufeff",
        "nan",
        "{}",
        "[]",
        "[[[[]]]]",
    ),
    *("[" * 2000, "{a:" * 300, '{"a":' * 3000, "x" * 3000, "../" * 50, "https://u:p@h/", "git+ssh://", "file:", "%2e%2e%2f"),
)


def changes_with(pieces: Sequence[str]) -> st.SearchStrategy[list[tuple[int, int, str | int]]]:
    """Replace the text between two places (thousandths of the length) by a piece, or by another part of the same file."""
    by = st.sampled_from(pieces) | st.integers(0, 1000)
    return st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 60), by), min_size=1, max_size=4)


CHANGES = changes_with(PIECES)


def changed(text: str, changes: list[tuple[int, int, str | int]]) -> str:
    for at, length, by in changes:
        start = at * len(text) // 1000
        piece = by if isinstance(by, str) else text[by * len(text) // 1000 :][:80]
        text = text[:start] + piece + text[start + length :]
    return text


def strings(value: Any) -> Iterator[str]:
    """Every string in a value made of ours."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)
    else:
        for name in names_of(value):
            yield from strings(getattr(value, name))


def must_be_sound(name: str, data: bytes) -> Inventory:
    reader = reader_of(name)
    assert reader is not None
    inventory = reader.read(name, MemoryTree({name: data, "pyproject.toml": data}), Limits(packages=50, includes=3))
    assert isinstance(inventory, Inventory)
    assert len(inventory.packages) <= 100
    assert all(text.isprintable() for text in strings(inventory))
    assert all(package.name for package in inventory.packages)
    assert not any("https://me:pw@" in text for text in strings(inventory))
    json.dumps([artifact.size for package in inventory.packages for artifact in package.artifacts])
    return inventory


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES)
def test_a_mutated_file_is_read_or_refused_in_words(name: str, changes: list[tuple[int, int, str | int]]) -> None:
    must_be_sound(name, changed(SEEDS[name], changes).encode("utf-8", "replace"))


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES)
def test_setting_lists_of_files_aside_changes_nothing(changes: list[tuple[int, int, str | int]]) -> None:
    text = changed(AS_WRITTEN, changes)
    quick = must_be_sound("uv.lock", text.encode("utf-8", "replace"))
    slow = must_be_sound("uv.lock", (text + SLOWLY).encode("utf-8", "replace"))
    assert quick.packages == slow.packages


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused_in_words(name: str, data: bytes) -> None:
    must_be_sound(name, data)


@pytest.mark.parametrize("name", ["uv.lock", "pdm.lock", "poetry.lock", "pylock.toml", "Pipfile", "pixi.toml"])
@pytest.mark.parametrize(
    "nested", ["a = " + "[" * 100_000, "a = " + "{a=" * 50_000, "[" + "a." * 50_000 + "b]", "a = " + "9" * 10_000]
)
def test_toml_that_nests_or_counts_too_far_is_a_gap(name: str, nested: str) -> None:
    inventory = must_be_sound(name, nested.encode())
    assert inventory.packages == ()
    assert inventory.gaps


@pytest.mark.parametrize("nested", ["[" * 200_000, '{"a":' * 100_000, '{"default": {"a": ' + "9" * 10_000 + "}}"])
def test_json_that_nests_or_counts_too_far_is_a_gap(nested: str) -> None:
    assert must_be_sound("Pipfile.lock", nested.encode()).gaps
