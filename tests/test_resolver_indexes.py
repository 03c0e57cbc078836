"""Which indexes a resolution asks: those of the input, of the project and of the machine, and what one that fails costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlsupply.inventory.resolver import resolve
from mlsupply.model import Index, Place, Reason
from mlsupply.request import Request
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex
from tests.resolving import app_index, inventory, versions


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with app_index() as index:
        yield index


@pytest.mark.parametrize("kind", ["mirror", "plain"])
def test_an_index_that_serves_html_alone_resolves_as_well(kind: str, world: World) -> None:
    with LoopbackIndex(kind) as index:
        index.add("app", "1.0", requires=["lib"])
        index.add("lib", "1.5")
        found = resolve(inventory("app"), Request(index_url=index.simple), world)
    assert versions(found) == {"app": "1.0", "lib": "1.5"}


def test_an_index_that_does_not_answer_is_a_gap_with_all_pins_kept(world: World) -> None:
    with LoopbackIndex() as gone:
        address = gone.simple
    found = resolve(inventory("app==1.0", "lib"), Request(index_url=address), world)
    assert versions(found) == {"app": "1.0"}
    (gap,) = found.gaps
    assert gap.reason is Reason.OFFLINE
    assert gap.item.startswith("app==1.0, lib (")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PIP_INDEX_URL", "{}"), ("UV_DEFAULT_INDEX", "{}"), ("UV_INDEX_URL", "{}"), ("UV_INDEX", "corp={}")],
)
def test_the_variables_of_pip_and_uv_name_the_index(name: str, value: str, index: LoopbackIndex, world: World) -> None:
    environ = {name: value.format(index.simple)}
    if name == "UV_INDEX":
        environ["UV_DEFAULT_INDEX"] = index.simple
    found = resolve(inventory("lib"), Request(), replace(world, environ=environ))
    assert versions(found) == {"lib": "2.5"}


def test_configuration_of_project_and_user_names_the_index(index: LoopbackIndex, world: World, tmp_path: Path) -> None:
    (tmp_path / "home/.config/pip").mkdir(parents=True)
    (tmp_path / "home/.config/pip/pip.conf").write_text(f"[global]\nindex-url = {index.simple}\n", encoding="utf-8")
    user = replace(world, environ={"HOME": str(tmp_path / "home")})
    assert versions(resolve(inventory("lib"), Request(), user)) == {"lib": "2.5"}

    (world.tree.root / "uv.toml").write_text(
        f'index-url = "{index.simple}"\noverride-dependencies = ["lib==1.5"]\n', encoding="utf-8"
    )
    assert versions(resolve(inventory("lib"), Request(), world)) == {"lib": "1.5"}


def test_a_variable_in_an_audited_file_is_not_expanded(world: World) -> None:
    listed = Index(url="https://index.example/${HOME_TOKEN}/simple", role="primary", place=Place("requirements.txt", 1))
    environ = {"HOME_TOKEN": "hunter2", "UV_NO_INDEX": "1"}
    found = resolve(replace(inventory(), indexes=(listed,)), Request(), replace(world, environ=environ))
    assert [gap.reason for gap in found.gaps] == [Reason.FORBIDDEN]
    assert "hunter2" not in repr(found)


def test_an_index_beside_the_primary_one_that_does_not_answer_costs_only_itself(index: LoopbackIndex, world: World) -> None:
    with LoopbackIndex() as gone:
        address = gone.simple
    listed = (
        Index(url=address, role="extra", place=Place("requirements.txt", 1)),
        Index(url=index.simple, role="primary", place=Place("requirements.txt", 2)),
    )
    found = resolve(replace(inventory("lib"), indexes=listed), Request(), world)
    assert versions(found) == {"lib": "2.5"}
    (gap,) = found.gaps
    assert gap.reason is Reason.OFFLINE
    assert f"the index {address} was left out" in gap.detail
    mirrored = resolve(replace(inventory("lib"), indexes=listed), Request(mirrors=(address,)), world)
    assert (versions(mirrored), mirrored.gaps) == ({"lib": "2.5"}, ())


def test_faulty_settings_of_the_project_are_left_out_one_by_one(index: LoopbackIndex, world: World) -> None:
    (world.tree.root / "uv.toml").write_text(
        'override-dependencies = ["lib==1.5", "not a requirement", "app @ https://files.example/app.zip"]\n'
        'exclude-newer = "someday"\nindex-strategy = "hope"\nprerelease = 3\n',
        encoding="utf-8",
    )
    found = resolve(inventory("app"), Request(index_url=index.simple), world)
    assert versions(found) == {"app": "2.0", "lib": "1.5", "win-only": "1.0"}
    assert len(found.gaps) == 2
    assert all("override-dependencies was left out" in gap.detail for gap in found.gaps)


def test_an_extra_index_of_the_input_is_added_to_the_primary_one_of_the_machine(
    index: LoopbackIndex, world: World, tmp_path: Path
) -> None:
    (tmp_path / "home/.config/pip").mkdir(parents=True)
    (tmp_path / "home/.config/pip/pip.conf").write_text(f"[global]\nindex-url = {index.simple}\n", encoding="utf-8")
    (tmp_path / "home/.pip").mkdir()
    (tmp_path / "home/.pip/pip.conf").write_text("no section = 1\n", encoding="utf-8")
    with LoopbackIndex() as wheels:
        wheels.add("vendor-lib", "1.0")
        listed = (Index(url=wheels.simple, role="extra", place=Place("requirements.txt", 1)),)
        environ = {"HOME": str(tmp_path / "home"), "PIP_FIND_LINKS": ""}
        asked_for = replace(inventory("vendor-lib", "lib"), indexes=listed)
        found = resolve(asked_for, Request(), replace(world, environ=environ))
    assert versions(found) == {"vendor-lib": "1.0", "lib": "2.5"}
    assert [(gap.reason, gap.subject) for gap in found.gaps] == [(Reason.MALFORMED, str(tmp_path / "home/.pip/pip.conf"))]


def test_an_input_that_names_two_primary_indexes_is_resolved_from_both(index: LoopbackIndex, world: World) -> None:
    with LoopbackIndex() as wheels:
        wheels.add("vendor-lib", "1.0")
        listed = tuple(
            Index(url=one.simple, role="primary", place=Place("Dockerfile", line))
            for line, one in enumerate((wheels, index), 1)
        )
        found = resolve(replace(inventory("vendor-lib", "lib"), indexes=listed), Request(), world)
    assert versions(found) == {"vendor-lib": "1.0", "lib": "2.5"}


def test_an_extra_index_with_one_wheel_of_a_release_does_not_hide_the_others_of_it(
    index: LoopbackIndex, world: World, tmp_path: Path
) -> None:
    (tmp_path / "home/.config/pip").mkdir(parents=True)
    with LoopbackIndex() as local:
        local.add("lib", "2.5", tag="cp311-cp311-manylinux_2_28_x86_64")
        settings = f"[global]\nindex-url = {index.simple}\nextra-index-url = {local.simple}\n"
        (tmp_path / "home/.config/pip/pip.conf").write_text(settings, encoding="utf-8")
        found = resolve(inventory("lib==2.5"), Request(), replace(world, environ={"HOME": str(tmp_path / "home")}))
    assert (versions(found), found.gaps) == ({"lib": "2.5"}, ())
