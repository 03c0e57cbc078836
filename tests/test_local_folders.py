"""Folders that an input asks for: one that the run reads is no gap, any other is, with the network and without."""

from __future__ import annotations

import pytest

from mlsupply.inventory.local_folders import with_unread
from mlsupply.model import Inventory, Place, Reason, Requirement, Source, SourceKind
from mlsupply.outcome import Report
from mlsupply.world import World
from tests.test_discover import _put, _scan

UNREAD = "taken from a folder or file that this run does not read"


def unread(report: Report) -> list[str]:
    return [f"{gap.place}{gap.detail.partition('audited:')[2]}" for gap in report.gaps if UNREAD in gap.detail]


LIB = '[project]\nname = "lib"\nversion = "1"\ndependencies = ["flask==2.0.1"]\n'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "app/pyproject.toml",
            '[project]\nname = "app"\ndependencies = ["lib"]\n[tool.uv.sources]\nlib = {path = "../lib"}\n',
        ),
        (
            "app/pyproject.toml",
            '[project]\nname = "app"\ndependencies = ["lib"]\n[tool.uv.sources]\nlib = {workspace = true}\n',
        ),
        ("app/pyproject.toml", '[project]\nname = "app"\ndependencies = ["lib @ file:../lib"]\n'),
        ("app/pyproject.toml", '[tool.poetry]\nname = "app"\n[tool.poetry.dependencies]\nlib = {path = "../lib"}\n'),
        ("app/pyproject.toml", '[project]\nname = "app"\ndependencies = ["lib @ file:///${PROJECT_ROOT}/../lib"]\n'),
        ("app/Pipfile", '[packages]\nlib = {path = "../lib", editable = true}\n'),
        ("app/requirements.txt", "lib @ file:../lib\n"),
    ],
)
def test_a_folder_is_told_where_another_is_scanned(path: str, text: str, world: World) -> None:
    """The scan of `app` alone said "clean and complete"."""
    _put(world, path, text)
    _put(world, "lib/pyproject.toml", LIB)
    (told,) = unread(_scan(world, "app"))
    assert told.startswith(f"{path}:")
    assert " lib " in told
    assert unread(_scan(world)) == []


def test_the_folder_of_a_file_that_is_scanned_alone_is_told(world: World) -> None:
    _put(world, "lib/pyproject.toml", LIB)
    _put(world, "lib/requirements/dev.txt", "-e .[test]\n")
    _put(world, "lib/requirements.txt", "-e .\n")
    assert unread(_scan(world, "lib/requirements.txt")) == ["lib/requirements.txt:1 lib ."]
    assert unread(_scan(world, "lib")) == unread(_scan(world, str(world.tree.root / "lib"))) == []


def test_a_wheel_beside_the_file_is_an_input_of_its_own() -> None:
    def told(*paths: str) -> list[Place | None]:
        asked = Requirement(
            name="lib", source=Source(SourceKind.PATH, "./wheels/lib-1.0-py3-none-any.whl"), place=Place("r.txt", 1)
        )
        found = [
            Inventory(path="r.txt", format="requirements", requirements=(asked,)),
            *(Inventory(path=p, format="") for p in paths),
        ]
        return [gap.place for one in with_unread(found, "/work") for gap in one.gaps if gap.reason is Reason.UNSUPPORTED]

    assert told() == [Place("r.txt", 1)]
    assert told("wheels/lib-1.0-py3-none-any.whl") == told("/work/wheels/lib-1.0-py3-none-any.whl") == []


def test_a_whole_lock_needs_no_folder(world: World) -> None:
    lock = 'version = 1\n[[package]]\nname = "app"\nversion = "1"\nsource = { editable = "../app" }\n'
    _put(world, "locked/uv.lock", lock)
    assert unread(_scan(world, "locked")) == []
