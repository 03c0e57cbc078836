"""Which releases an index has: read from a short list that stands beside the page, never from one that is out of date."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mlsupply.advisories.fixes import Release
from mlsupply.evidence.index_releases import kept_at, page_of, published
from mlsupply.evidence.registry import Registry, Seen
from mlsupply.model import Coordinate, Package, PackageKey
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex

DEMO = Package(coordinate=Coordinate("pypi", "demo", "1.0"))
TWO = (Release("1.0"), Release("1.1", yanked=True))


@pytest.fixture
def index() -> LoopbackIndex:
    made = LoopbackIndex("pypi")
    made.add("demo", "1.0", kinds=["wheel", "sdist"])
    made.add("demo", "1.1", yanked="broken")
    return made


def told(index: LoopbackIndex, world: World, *packages: Package) -> dict[PackageKey, tuple[Release, ...]]:
    asked = packages or (DEMO,)
    return published(asked, {package.key: index.simple for package in asked}, (), world)


def page_and_list(index: LoopbackIndex, world: World) -> tuple[Path, Path]:
    page = page_of(index.simple, "demo")
    return kept_at(world, page), kept_at(world, f"{page}#releases")


def test_the_second_run_reads_the_list_and_not_the_page(index: LoopbackIndex, online: World) -> None:
    with index:
        assert told(index, online) == {DEMO.key: TWO}
        page, _ = page_and_list(index, online)
        times = page.stat()
        page.write_bytes(b"x" * times.st_size)  # nobody looks into it
        os.utime(page, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert told(index, online) == {DEMO.key: TWO}
        assert index.asked == ["/simple/demo/"]


def test_a_page_that_was_asked_for_anew_has_a_list_of_its_own(index: LoopbackIndex, online: World) -> None:
    with index:
        told(index, online)
        index.add("demo", "2.0", requires_python=">=3.12")
        assert isinstance(Registry(index.simple, online).about("demo", "2.0"), Seen)
        assert told(index, online) == {DEMO.key: (*TWO, Release("2.0", requires_python=">=3.12"))}
        assert index.asked == ["/simple/demo/"] * 2


def test_an_old_list_is_not_believed_nor_one_from_the_future(index: LoopbackIndex, online: World) -> None:
    with index:
        told(index, online)
        index.add("demo", "2.0")
        later = replace(online, now=lambda: online.now() + timedelta(hours=7))
        assert Release("2.0") in told(index, later)[DEMO.key]
        _, listed = page_and_list(index, online)
        kept = json.loads(listed.read_bytes())
        listed.write_text(json.dumps({**kept, "releases": []}), encoding="utf-8")
        assert Release("2.0") in told(index, online)[DEMO.key]  # to whose clock the list is of tomorrow


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"version": 0}', '{"version": 1}', '{"releases": [["1.0"]]}', '{"at": "now"}']
)
def test_a_damaged_list_is_made_anew(damage: str, index: LoopbackIndex, online: World) -> None:
    with index:
        told(index, online)
        _, listed = page_and_list(index, online)
        whole = listed.read_bytes()
        changes = json.loads(damage) if damage.startswith('{"') else None
        text = json.dumps({**json.loads(whole), **changes}) if changes else damage
        listed.write_text(text, encoding="utf-8")
        assert told(index, online) == {DEMO.key: TWO}
        assert listed.read_bytes() == whole or damage == '{"version": 1}'  # which is what stood there
        assert index.asked == ["/simple/demo/"]


def test_what_the_index_lists_no_files_of_or_does_not_know_is_left_out(index: LoopbackIndex, online: World) -> None:
    empty = Package(coordinate=Coordinate("pypi", "empty", "1.0"))
    nobody = Package(coordinate=Coordinate("pypi", "nobody", "1.0"))
    with index:
        index.project("empty")
        for _ in range(2):
            assert told(index, online, DEMO, empty, nobody) == {DEMO.key: TWO}
        assert index.asked.count("/simple/empty/") == 1


def test_names_that_no_index_could_have_do_not_leave_their_folder(online: World) -> None:
    assert page_of("https://index.example/simple/", "torch") == "https://index.example/simple/torch/"
    assert page_of("https://index.example/simple", "../a?b") == "https://index.example/simple/..%2Fa%3Fb/"
