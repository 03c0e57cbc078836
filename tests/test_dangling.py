"""A lock that does not hold what its own packages require: a merge dropped an entry, or somebody took it out."""

from __future__ import annotations

import pytest

from mlsupply.audit import run
from mlsupply.inventory.dangling import with_dangling
from mlsupply.model import Gap, Reason
from mlsupply.request import Request
from mlsupply.world import World
from tests.memory import read
from tests.test_conda import PIXI_6

UV = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
dependencies = [
    { name = "requests" },
]

[[package]]
name = "requests"
version = "2.32.4"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "idna" },
    { name = "win-inet-pton", marker = "sys_platform == 'win32'" },
]

[[package]]
name = "win-inet-pton"
version = "1.1.0"
source = { registry = "https://index.example/simple" }
"""
IDNA = '\n[[package]]\nname = "idna"\nversion = "3.10"\nsource = { registry = "https://index.example/simple" }\n'
POETRY = """\
[[package]]
name = "requests"
version = "2.32.4"
groups = ["main"]

[package.dependencies]
idna = ">=2.5,<4"
colorama = {version = "*", markers = "sys_platform == \\"win32\\""}
PySocks = {version = ">=1.5.6", optional = true, markers = "extra == \\"socks\\""}

[metadata]
lock-version = "2.1"
"""
PDM = """\
[metadata]
lock_version = "4.5.0"

[[package]]
name = "requests"
version = "2.32.4"
groups = ["default"]
dependencies = [
    "colorama; sys_platform == 'win32'",
    "idna<4,>=2.5",
]
"""
PYLOCK = """\
lock-version = "1.0"

[[packages]]
name = "requests"
version = "2.32.4"
dependencies = [{name = "idna"}]
"""


def _gaps(path: str, text: str) -> list[Gap]:
    return list(with_dangling(read(path, text)).gaps)


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [("uv.lock", UV, 12), ("poetry.lock", POETRY, 1), ("pdm.lock", PDM, 4), ("pylock.toml", PYLOCK, 3)],
)
def test_what_a_lock_requires_and_does_not_hold_is_said_with_who_requires_it(path: str, text: str, line: int) -> None:
    (found,) = _gaps(path, text)
    assert found.reason is Reason.MALFORMED
    assert found.place is not None
    assert (found.place.file, found.place.line) == (path, line)
    assert found.detail == "the lock does not hold what its packages require: idna (required by requests); looked at without"


def test_a_whole_lock_says_nothing() -> None:
    assert not _gaps("uv.lock", UV + IDNA)


def test_a_version_that_is_required_and_not_held_is_missing_too() -> None:
    both = UV.replace('{ name = "idna" }', '{ name = "idna", version = "3.11" }') + IDNA
    assert "idna 3.11 (required by requests)" in _gaps("uv.lock", both)[0].detail


def test_of_uv_an_edge_under_a_marker_is_missed_too_as_uv_leaves_out_what_leads_nowhere() -> None:
    without = UV.partition('\n[[package]]\nname = "win-inet-pton"')[0] + IDNA
    assert "win-inet-pton (required by requests)" in _gaps("uv.lock", without)[0].detail


def test_many_are_counted() -> None:
    edges = "".join(f'    {{ name = "lost-{number:02}" }},\n' for number in range(20))
    (found,) = _gaps("uv.lock", UV.replace('    { name = "idna" },\n', edges))
    assert "lost-00 (required by requests)" in found.detail
    assert " and 12 more; looked at without" in found.detail


def test_a_pixi_lock_that_is_cut_off_is_said() -> None:
    cut = PIXI_6.rpartition("- pypi: git+")[0]
    (told,) = read("pixi.lock", cut).gaps
    assert not read("pixi.lock", PIXI_6).gaps
    detail = (
        "its environments name 1 package that it does not describe, git+https://git.example/vision.git@abc123 among them"
    )
    assert told.detail == detail


def test_an_audit_of_such_a_lock_is_not_complete(world: World) -> None:
    (world.tree.root / "uv.lock").write_text(UV, encoding="utf-8")
    report = run(Request(subjects=("uv.lock",), offline=True), world)
    assert any("idna (required by requests)" in gap.detail for gap in report.gaps)
    assert report.verdict.exit_code != 0
