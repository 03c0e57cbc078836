"""For which Python, platforms, time, groups and extras a resolution is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlsupply.disk_tree import DiskTree
from mlsupply.errors import MlsupplyError
from mlsupply.inventory import gather
from mlsupply.inventory.resolver import resolve
from mlsupply.model import Reason
from mlsupply.request import Request, Targets
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex
from tests.resolving import app_index, asked, inventory, versions


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with app_index() as index:
        yield index


def test_a_wheel_for_linux_alone_narrows_the_target_and_says_so(index: LoopbackIndex, world: World) -> None:
    index.add("native", "1.0", tag="cp312-cp312-manylinux_2_28_x86_64")
    found = resolve(inventory("native"), Request(index_url=index.simple), world)
    assert versions(found) == {"native": "1.0"}
    assert found.format.endswith("for Python 3.12 on Linux (x86_64)")


def test_a_wheel_for_an_older_python_is_found_where_nothing_says_which_python(index: LoopbackIndex, world: World) -> None:
    index.add("aged", "1.0", tag="cp38-cp38-manylinux2014_x86_64")
    found = resolve(inventory("aged"), Request(index_url=index.simple), world)
    assert versions(found) == {"aged": "1.0"}
    assert found.format.endswith("for Python 3.8 on Linux (x86_64)")


def test_where_no_target_serves_all_the_usual_one_is_kept(index: LoopbackIndex, world: World) -> None:
    index.add("aged", "1.0", tag="cp38-cp38-manylinux2014_x86_64")
    index.add("young", "1.0", tag="cp313-cp313-manylinux_2_28_x86_64")
    index.add("usual", "1.0", tag="cp312-cp312-manylinux_2_28_x86_64")
    found = resolve(inventory("aged", "young==1.0", "usual"), Request(index_url=index.simple), world)
    assert versions(found) == {"usual": "1.0", "young": "1.0"}
    assert {gap.reason for gap in found.gaps} == {Reason.NO_ARTIFACT}
    assert len(found.gaps) == 2


def test_the_targets_of_the_run_decide(index: LoopbackIndex, world: World) -> None:
    index.add("new", "1.0", uploaded="2025-01-01T00:00:00Z")
    index.add("new", "2.0", uploaded="2026-03-20T00:00:00Z")
    targets = Targets(python="3.11", platforms=("windows",), exclude_newer="2026-01-01")
    found = resolve(inventory("new", "app"), Request(index_url=index.simple, targets=targets), world)
    assert versions(found) == {"new": "1.0", "app": "2.0", "lib": "2.5", "win-only": "1.0"}
    assert found.format.endswith("for Python 3.11 on Windows (x86_64)")
    linux = Request(index_url=index.simple, targets=Targets(platforms=("linux",)))
    assert "win-only" not in versions(resolve(inventory("app"), linux, world))


def test_groups_and_extras_may_be_chosen(index: LoopbackIndex, world: World) -> None:
    base = inventory("lib")
    whole = replace(
        base, requirements=base.requirements + asked("app", groups=("gpu",)) + asked("win-only", groups=("dev",))
    )
    everything = resolve(whole, Request(index_url=index.simple), world)
    assert {package.name: package.groups for package in everything.packages if package.direct} == {
        "lib": (),
        "app": ("gpu",),
        "win-only": ("dev",),
    }
    chosen = resolve(whole, Request(index_url=index.simple, targets=Targets(extras=("gpu",))), world)
    assert {package.name for package in chosen.packages if package.direct} == {"lib", "app"}


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (Targets(platforms=("amiga",)), "no platform named amiga"),
        (Targets(python="three"), "no Python version"),
        (Targets(exclude_newer="yesterday"), "is no time"),
        (Targets(exclude_newer="2026-13-01"), "is no time"),
        (Targets(exclude_newer="2026-03-24T25:00:00Z"), "is no time"),
        (Targets(exclude_newer="2026-03-24T12:00:00"), "is no time"),
    ],
)
def test_a_target_that_does_not_exist_stops_the_run_even_where_nothing_is_resolved(
    targets: Targets, said: str, world: World, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    with pytest.raises(MlsupplyError, match=said):
        gather(Request(targets=targets, resolve=False, offline=True), replace(world, tree=DiskTree(tmp_path)))


@pytest.mark.parametrize(
    "time", ["2026-03-24", "2026-03-24T12:00:00Z", "2026-03-24t12:00:00.5+02:00", "2026-03-24 12:00:00z"]
)
def test_a_time_may_be_a_date_or_rfc_3339(time: str, world: World, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    request = Request(targets=Targets(exclude_newer=time, python="3.12", platforms=("linux",)), resolve=False, offline=True)
    assert gather(request, replace(world, tree=DiskTree(tmp_path)))[0].packages
