"""An older release that is taken because the newest cannot be had as a wheel is no silent choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mlsupply.fetch import LiveFetch
from mlsupply.inventory.resolver import resolve
from mlsupply.model import Place, Reason
from mlsupply.request import Request
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex
from tests.resolving import app_index, inventory, versions


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with app_index() as index:
        yield index


def test_a_newer_release_that_exists_only_as_source_is_audited_instead_of_an_older_wheel(
    index: LoopbackIndex, world: World
) -> None:
    index.add("speed", "1.0", requires=["cuda-lib"])
    index.add("speed", "1.1", kinds=["sdist"])
    index.add("speed", "2.0", kinds=["sdist"])
    index.add("source-only", "0.6", kinds=["sdist"])
    online = replace(world, fetch=LiveFetch({}))
    found = resolve(inventory("speed<2", "lib", "source-only"), Request(index_url=index.simple), online)
    assert versions(found) == {"speed": "1.1", "lib": "2.5", "source-only": "0.6"}
    assert {gap.reason for gap in found.gaps} == {Reason.NO_ARTIFACT}
    assert "speed 1.1, the newest release, is published only as source" in " ".join(gap.detail for gap in found.gaps)
    assert not found.complete
    exact = resolve(inventory("speed==1.0"), Request(index_url=index.simple), online)
    assert versions(exact) == {"speed": "1.0", "cuda-lib": "12.0"}


def test_an_older_release_is_not_taken_in_silence_because_a_dependency_of_the_newest_has_no_wheel(
    index: LoopbackIndex, world: World
) -> None:
    index.add("built", "1.0", kinds=["sdist"])
    index.add("app", "3.0", requires=["lib>=1", "built"])
    online = replace(world, fetch=LiveFetch({}))
    found = resolve(inventory("lib", "app<4"), Request(index_url=index.simple), online)
    assert versions(found)["app"] == "2.0"
    (gap,) = found.gaps
    assert (gap.reason, gap.place) == (Reason.NO_ARTIFACT, Place("requirements.txt", 2))
    assert gap.detail.startswith(
        "app 2.0 was taken and looked at; app 3.0 is newer, and installers that build may take it: built"
    )
    assert gap.hint == "ask for app==3.0 to have it looked at"
    exact = resolve(inventory("app==3.0"), Request(index_url=index.simple), online)
    assert versions(exact)["app"] == "3.0"


def test_an_older_release_that_installers_take_too_is_no_gap(index: LoopbackIndex, world: World) -> None:
    online = replace(world, fetch=LiveFetch({}))
    index.add("app", "3.0", requires=["lib>=9"])  # no such lib: nobody can install it
    assert resolve(inventory("app"), Request(index_url=index.simple), online).gaps == ()
    index.add("app", "4.0", requires=["lib>=2"])  # it resolves alone; the other requirement keeps it back
    found = resolve(inventory("app", "lib<2"), Request(index_url=index.simple), online)
    assert (versions(found)["lib"], found.gaps) == ("1.5", ())


def test_of_many_releases_held_back_those_not_asked_about_are_said(index: LoopbackIndex, world: World) -> None:
    names = [f"p{number}" for number in range(8)]
    index.add("built", "1.0", kinds=["sdist"])
    for name in names:
        index.add(name, "1.0")
        index.add(name, "2.0", requires=["built"])
    online = replace(world, fetch=LiveFetch({}))
    found = resolve(inventory(*names), Request(index_url=index.simple), online)
    assert set(versions(found).values()) == {"1.0"}
    assert [gap.reason for gap in found.gaps] == [Reason.NO_ARTIFACT] * 5 + [Reason.LIMIT]
    assert found.gaps[-1].detail.startswith("p5 and 2 more were taken at an older release")
