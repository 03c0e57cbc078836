"""What is not locked is resolved by uv against an index on loopback, and nothing of it ever runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlsupply.inventory import gather
from mlsupply.inventory.resolver import resolve
from mlsupply.model import Place, Reason, Requirement, SourceKind
from mlsupply.request import Request
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex
from tests.memory import by_name
from tests.resolving import app_index, asked, inventory, versions


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with app_index() as index:
        yield index


def test_the_closure_comes_with_edges_files_and_the_lines_that_asked(index: LoopbackIndex, world: World) -> None:
    found = resolve(inventory("app[gpu]"), Request(index_url=index.simple), world)

    assert found.complete
    assert not found.gaps
    assert found.format == "requirements.txt, resolved by uv for Python 3.12 on Linux, macOS and Windows"
    assert versions(found) == {"app": "2.0", "lib": "2.5", "win-only": "1.0", "cuda-lib": "12.0"}
    packages = by_name(found)
    assert packages["app"].direct
    assert packages["app"].places == (Place("requirements.txt", 1),)
    assert not packages["lib"].direct
    assert packages["lib"].places == ()
    edges = {edge.name: edge for edge in packages["app"].requires}
    assert edges["win-only"].marker == "sys_platform == 'win32'"
    assert edges["cuda-lib"].extra == "gpu"
    (wheel,) = packages["lib"].artifacts
    assert wheel.filename == "lib-2.5-py3-none-any.whl"
    assert dict(wheel.hashes)["sha256"] == index.projects["lib"].files[1].sha256
    assert wheel.uploaded.startswith("2025-01-01")


def test_what_needs_a_build_is_a_gap_and_the_rest_is_resolved(index: LoopbackIndex, world: World, tmp_path: Path) -> None:
    canary = tmp_path / "ran"
    index.add("source-only", "0.6", kinds=["sdist"], setup=f"open({str(canary)!r}, 'w').write('ran')")
    index.add("uses-it", "1.0", requires=["source-only", "lib"])

    found = resolve(inventory("uses-it", "app"), Request(index_url=index.simple), world)

    assert versions(found) == {"uses-it": "1.0", "lib": "2.5", "app": "2.0", "win-only": "1.0"}
    (gap,) = found.gaps
    assert gap.reason is Reason.NO_ARTIFACT
    assert "source-only (asked for by uses-it) is published only as source" in gap.detail
    assert not found.complete
    assert not canary.exists()


def test_a_pin_that_needs_a_build_stays_in_the_inventory(index: LoopbackIndex, world: World) -> None:
    index.add("source-only", "0.6", kinds=["sdist"])
    found = resolve(inventory("lib", "source-only==0.6"), Request(index_url=index.simple), world)
    assert versions(found) == {"lib": "2.5", "source-only": "0.6"}
    assert found.gaps[0].place == Place("requirements.txt", 2)


def test_a_release_that_is_gone_stays_in_the_inventory(index: LoopbackIndex, world: World) -> None:
    found = resolve(inventory("app==1.82.8", "lib"), Request(index_url=index.simple), world)
    assert versions(found) == {"app": "1.82.8", "lib": "2.5"}
    (gap,) = found.gaps
    assert gap.reason is Reason.NOT_FOUND
    assert gap.item.startswith("app==1.82.8 (")


def test_a_name_that_is_not_on_the_index_costs_only_itself(index: LoopbackIndex, world: World) -> None:
    found = resolve(inventory("nobody-has-this", "lib"), Request(index_url=index.simple), world)
    assert versions(found) == {"lib": "2.5"}
    (gap,) = found.gaps
    assert gap.reason is Reason.NOT_FOUND
    assert "nobody-has-this is not on the index that was asked" in gap.detail


def test_of_two_requirements_that_contradict_each_other_the_last_is_left_out(index: LoopbackIndex, world: World) -> None:
    found = resolve(inventory("app==2.0", "lib==2.5", "lib<2"), Request(index_url=index.simple), world)
    assert versions(found)["lib"] == "2.5"
    (gap,) = found.gaps
    assert gap.place == Place("requirements.txt", 3)
    assert "contradict" in gap.detail
    assert "\n" not in gap.detail
    assert "\x1b" not in gap.detail


def test_constraints_limit_and_ask_for_nothing(index: LoopbackIndex, world: World) -> None:
    base = inventory("app")
    limited = replace(base, requirements=base.requirements + asked("lib<2", "cuda-lib==12.0", constraint=True))
    found = resolve(limited, Request(index_url=index.simple), world)
    assert versions(found) == {"app": "2.0", "lib": "1.5", "win-only": "1.0"}


def test_git_and_url_requirements_are_not_fetched(index: LoopbackIndex, world: World) -> None:
    found = resolve(
        inventory(
            "tool @ git+https://git.example/a/tool@0123abc", f"lib @ {index.url}/files/lib-1.5-py3-none-any.whl", "app"
        ),
        Request(index_url=index.simple),
        world,
    )
    kinds = {package.name: package.source.kind for package in found.packages if package.direct}
    assert kinds == {"tool": SourceKind.GIT, "lib": SourceKind.URL, "app": SourceKind.REGISTRY}
    assert [gap.reason for gap in found.gaps] == [Reason.UNSUPPORTED, Reason.UNSUPPORTED]
    assert not [path for path in index.asked if path.endswith("lib-1.5-py3-none-any.whl")]


def test_what_a_project_asks_of_itself_is_not_looked_up(index: LoopbackIndex, world: World) -> None:
    found = resolve(replace(inventory("lib", "demo[all]"), root="demo"), Request(index_url=index.simple), world)
    assert versions(found) == {"lib": "2.5"}
    assert found.complete


@pytest.mark.parametrize(("request_", "reason"), [(Request(offline=True), "offline"), (Request(resolve=False), "unpinned")])
def test_offline_nothing_is_asked_and_the_pins_are_known(
    request_: Request, reason: str, index: LoopbackIndex, world: World
) -> None:
    request = replace(request_, subjects=("app", "lib==1.5"), index_url=index.simple)
    unlocked, pinned = gather(request, replace(world, resolving=True))
    assert (versions(unlocked), versions(pinned)) == ({}, {"lib": "1.5"})
    assert [gap.reason.value for gap in unlocked.gaps] == [reason]
    assert index.asked == []


def test_a_requirement_on_the_command_line_is_resolved(index: LoopbackIndex, world: World) -> None:
    request = Request(subjects=("app[gpu]==2.0",), index_url=index.simple)
    (found,) = gather(request, replace(world, resolving=True))
    assert versions(found) == {"app": "2.0", "lib": "2.5", "win-only": "1.0", "cuda-lib": "12.0"}


def test_a_complete_inventory_comes_back_as_it_is(index: LoopbackIndex, world: World) -> None:
    locked = replace(inventory("app"), complete=True)
    assert resolve(locked, Request(index_url=index.simple), world) is locked
    assert index.asked == []


def test_a_requirement_uv_cannot_read_is_not_handed_to_it(index: LoopbackIndex, world: World) -> None:
    odd = Requirement(name="python", specifier="=3.10", place=Place("environment.yml", 4))
    found = resolve(replace(inventory("lib"), requirements=(*asked("lib"), odd)), Request(index_url=index.simple), world)
    assert versions(found) == {"lib": "2.5"}
    assert [(gap.reason, gap.place) for gap in found.gaps] == [(Reason.MALFORMED, Place("environment.yml", 4))]
