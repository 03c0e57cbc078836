"""Members of a workspace of uv: what its root says of sources and indexes holds for them."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mlsupply.audit import run
from mlsupply.fetch import LiveFetch
from mlsupply.inventory.pyproject import read
from mlsupply.inventory.uv_workspace import from_root
from mlsupply.model import Index, Source, SourceKind
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.loopback_index import LoopbackIndex
from tests.test_discover import _put

ROOT = """\
[project]
name = "all"
[tool.uv.workspace]
members = ["packages/*", "tools/**"]
exclude = ["packages/old"]
[tool.uv.sources]
core = {workspace = true}
Own_Fork = {path = "vendored/fork"}
bare = [{git = "https://host.example/bare", rev = "v1"}]
[[tool.uv.index]]
name = "ours"
url = "https://ci:hunter2@index.example/simple"
default = true
"""


def member(name: str, *asked: str) -> str:
    return f'[project]\nname = "{name}"\nversion = "1"\ndependencies = {list(asked)}\n'


def asked_by(world: World, path: str) -> tuple[dict[str, Source], tuple[Index, ...]]:
    inventory = read(path, world.tree, Limits())
    return {one.name: one.source for one in inventory.requirements}, inventory.indexes


def test_sources_and_indexes_of_the_root_hold_in_its_members(world: World) -> None:
    _put(world, "pyproject.toml", ROOT)
    for place in ("packages/api", "tools/a/b", "packages/old", "elsewhere"):
        _put(world, f"{place}/pyproject.toml", member("api", "core", "own-fork", "bare", "six"))
    sources, indexes = asked_by(world, "packages/api/pyproject.toml")
    assert sources == {
        "core": Source(SourceKind.PATH, "."),
        "own-fork": Source(SourceKind.PATH, "../../vendored/fork"),
        "bare": Source(SourceKind.GIT, "https://host.example/bare", "v1"),
        "six": Source(),
    }
    assert [(index.url, index.role, str(index.place)) for index in indexes] == [
        ("https://index.example/simple", "primary", "pyproject.toml:12")
    ]
    assert asked_by(world, "tools/a/b/pyproject.toml")[0]["own-fork"] == Source(SourceKind.PATH, "../../../vendored/fork")
    for outside in ("packages/old", "elsewhere"):
        assert asked_by(world, f"{outside}/pyproject.toml") == (dict.fromkeys(sources, Source()), ())
    whole = asked_by(world, str(world.tree.root / "packages/api/pyproject.toml"))
    assert whole[0] == sources


def test_a_member_that_says_otherwise_of_a_name_is_believed(world: World) -> None:
    _put(world, "pyproject.toml", ROOT)
    own = member("api", "core") + '[tool.uv.sources]\ncore = {git = "https://host.example/core"}\n'
    _put(world, "packages/api/pyproject.toml", own)
    assert asked_by(world, "packages/api/pyproject.toml")[0]["core"].kind is SourceKind.GIT


def test_a_member_that_another_asks_for_is_not_looked_for_on_an_index(world: World) -> None:
    """Its name was sent to the public index, where anybody may have put a namesake."""
    _put(world, "pyproject.toml", ROOT.partition("[[")[0])
    _put(world, "packages/api/pyproject.toml", member("api", "core", "lib"))
    _put(world, "packages/core/pyproject.toml", member("core"))
    with LoopbackIndex() as index:
        index.add("core", "9.9")
        index.add("lib", "1.0")
        online = replace(world, resolving=True, fetch=LiveFetch({}))
        report = run(Request(subjects=(".",), index_url=index.simple, checks=("known-bad",)), online)
    assert [str(package.coordinate) for package in report.packages] == ["lib 1.0"]


@pytest.mark.parametrize(
    "root",
    ["[tool.uv.workspace", "[tool.uv]\nworkspace = 1\n", "[tool.uv.workspace]\nmembers = 3\n[tool.uv]\nsources = 4\n"],
)
def test_a_root_that_cannot_be_read_gives_nothing(root: str, world: World) -> None:
    _put(world, "pyproject.toml", root)
    _put(world, "packages/api/pyproject.toml", member("api", "core"))
    assert from_root("packages/api/pyproject.toml", world.tree, Limits()) == ({}, ())


def test_many_stars_take_no_time(world: World) -> None:
    _put(world, "pyproject.toml", f'[tool.uv.workspace]\nmembers = ["{"**/" * 2000}b"]\n')
    path = "/".join("a" * 8) + "/pyproject.toml"
    _put(world, path, member("api"))
    started = time.monotonic()
    assert from_root(path, world.tree, Limits()) == ({}, ())
    assert time.monotonic() - started < 2
