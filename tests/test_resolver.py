"""What is not locked is resolved by uv against an index on loopback, and nothing of it ever runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep
from types import SimpleNamespace

import pytest
import uv

from mlsupply.errors import MlsupplyError
from mlsupply.fetch import LiveFetch
from mlsupply.inventory import gather, uv_run
from mlsupply.inventory.resolver import resolve
from mlsupply.model import Index, Place, Reason, Requirement, Source, SourceKind
from mlsupply.request import Request, Targets
from mlsupply.world import DiskTree, Limits, World
from tests.loopback_index import LoopbackIndex
from tests.memory import by_name
from tests.resolving import asked, inventory, versions


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex("pypi") as index:
        index.add("app", "2.0", requires=["lib>=1", "win-only; sys_platform == 'win32'"], extras={"gpu": ["cuda-lib"]})
        index.add("app", "1.0", requires=["lib<2"])
        index.add("lib", "1.5")
        index.add("lib", "2.5")
        index.add("win-only", "1.0")
        index.add("cuda-lib", "12.0")
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


@pytest.mark.parametrize("kind", ["mirror", "plain"])
def test_an_index_that_serves_html_alone_resolves_as_well(kind: str, world: World) -> None:
    with LoopbackIndex(kind) as index:
        index.add("app", "1.0", requires=["lib"])
        index.add("lib", "1.5")
        found = resolve(inventory("app"), Request(index_url=index.simple), world)
    assert versions(found) == {"app": "1.0", "lib": "1.5"}


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


def test_an_index_that_does_not_answer_is_a_gap_with_all_pins_kept(world: World) -> None:
    with LoopbackIndex() as gone:
        address = gone.simple
    found = resolve(inventory("app==1.0", "lib"), Request(index_url=address), world)
    assert versions(found) == {"app": "1.0"}
    (gap,) = found.gaps
    assert gap.reason is Reason.OFFLINE
    assert gap.item.startswith("app==1.0, lib (")


def test_a_resolution_that_does_not_end_is_stopped(index: LoopbackIndex, world: World) -> None:
    impatient = replace(world, limits=Limits(resolve_seconds=0.001))
    found = resolve(inventory("app==1.0"), Request(index_url=index.simple), impatient)
    assert versions(found) == {"app": "1.0"}
    assert found.gaps[0].reason in {Reason.TIMEOUT, Reason.LIMIT}


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


@pytest.mark.parametrize(
    ("named", "system", "trusted"),
    [
        ({"PIP_CERT": "company.pem"}, "file", "company.pem"),
        ({"REQUESTS_CA_BUNDLE": "folder", "SSL_CERT_FILE": "other.pem"}, "file", "folder"),
        ({}, "file", "system.pem"),
        ({}, "folder", "system"),
        ({}, "empty", None),
    ],
)
def test_uv_trusts_the_certificates_that_our_own_connections_trust(
    named: dict[str, str], system: str, trusted: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own list knows no company: a proxy that both of us are led through would be believed by one."""
    monkeypatch.setattr("sys.platform", "linux")
    for folder in ("folder", "system"):
        (tmp_path / folder).mkdir()
    if system != "empty":
        (tmp_path / "system/one.0").touch()
    if system == "file":
        (tmp_path / "system.pem").touch()
    paths = SimpleNamespace(openssl_cafile=str(tmp_path / "system.pem"), openssl_capath=str(tmp_path / "system"))
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: paths)
    environ = {name: str(tmp_path / value) for name, value in named.items()}
    handed = uv_run._environment({**environ, "HTTPS_PROXY": "http://proxy.example"}, tmp_path)
    kind = "SSL_CERT_FILE" if str(trusted).endswith(".pem") else "SSL_CERT_DIR"
    wanted = {kind: str(tmp_path / trusted)} if trusted else {}
    assert {name: value for name, value in handed.items() if name.startswith("SSL_")} == wanted
    assert handed["HTTPS_PROXY"] == "http://proxy.example"


def test_a_variable_in_an_audited_file_is_not_expanded(world: World) -> None:
    listed = Index(url="https://index.example/${HOME_TOKEN}/simple", role="primary", place=Place("requirements.txt", 1))
    environ = {"HOME_TOKEN": "hunter2", "UV_NO_INDEX": "1"}
    found = resolve(replace(inventory(), indexes=(listed,)), Request(), replace(world, environ=environ))
    assert [gap.reason for gap in found.gaps] == [Reason.FORBIDDEN]
    assert "hunter2" not in repr(found)


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


def test_a_complete_inventory_comes_back_as_it_is(index: LoopbackIndex, world: World) -> None:
    locked = replace(inventory("app"), complete=True)
    assert resolve(locked, Request(index_url=index.simple), world) is locked
    assert index.asked == []


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


def test_a_requirement_uv_cannot_read_is_not_handed_to_it(index: LoopbackIndex, world: World) -> None:
    odd = Requirement(name="python", specifier="=3.10", place=Place("environment.yml", 4))
    found = resolve(replace(inventory("lib"), requirements=(*asked("lib"), odd)), Request(index_url=index.simple), world)
    assert versions(found) == {"lib": "2.5"}
    assert [(gap.reason, gap.place) for gap in found.gaps] == [(Reason.MALFORMED, Place("environment.yml", 4))]


def test_a_folder_with_a_manifest_is_an_input_of_its_own_and_no_gap(index: LoopbackIndex, world: World) -> None:
    (world.tree.root / "app").mkdir()
    (world.tree.root / "app/pyproject.toml").write_text("[project]\nname = 'app'\n", encoding="utf-8")
    own = Requirement(name="", source=Source(SourceKind.EDITABLE, "./app[gpu]"), place=Place("requirements.txt", 1))
    other = Requirement(name="", source=Source(SourceKind.EDITABLE, "../elsewhere"), place=Place("requirements.txt", 2))
    found = resolve(replace(inventory(), requirements=(own, other)), Request(index_url=index.simple), world)
    assert [gap.place for gap in found.gaps] == [Place("requirements.txt", 2)]


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


def test_inputs_that_are_resolved_at_once_look_for_uv_one_after_the_other(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sysconfig, which says where uv is, shows a second thread the table that a first one has only begun to fill."""
    looking: list[int] = []
    most: list[int] = []

    def found() -> str:
        looking.append(1)
        most.append(len(looking))
        sleep(0.02)
        looking.pop()
        return str(tmp_path / "no uv")

    monkeypatch.setattr(uv, "find_uv_bin", found)
    for number in range(4):
        (tmp_path / f"requirements-{number}.txt").write_text(f"app{number}\n", encoding="ascii")
    request = Request(subjects=(".",), index_url="http://127.0.0.1:9/simple")
    gather(request, replace(world, tree=DiskTree(tmp_path), resolving=True))
    assert most == [1] * 4


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_uv_is_given_nothing_of_the_users_own_but_proxies_and_certificates(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a netrc, a keyring, a configuration or a variable of theirs would decide what is asked, and with which secret."""
    stand_in, told = tmp_path / "uv", tmp_path / "told.json"
    dump = f"json.dump([sys.argv[1:], dict(os.environ)], open({str(told)!r}, 'w'))"
    stand_in.write_text(f"#!{sys.executable} -S\nimport json, os, sys\n{dump}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(uv_run, "_program", lambda: str(stand_in))
    own = {"HOME": "/home/me", "NETRC": "/home/me/.netrc", "UV_INDEX_URL": "https://other.example", "PIP_INDEX_URL": "x",
           "AWS_SECRET_ACCESS_KEY": "s", "XDG_CONFIG_HOME": "/home/me/.config", "HTTPS_PROXY": "http://proxy.example:3128",
           "PIP_CERT": "/etc/own.pem", "PYTHONPATH": "/evil", "PATH": "/evil"}  # fmt: skip

    resolve(inventory("app"), Request(index_url="https://index.example/simple"), replace(world, environ=own))

    arguments, given = json.loads(told.read_text())
    assert {"--no-build", "--no-python-downloads"} <= set(arguments)
    assert given["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert given["SSL_CERT_FILE"] == "/etc/own.pem"
    home = Path(given["HOME"])
    assert home.name == "home"
    assert home != Path("/home/me")
    assert given["PATH"] == os.defpath
    beside = {"HTTPS_PROXY", "SSL_CERT_FILE", "HOME", "PATH", "NO_PROXY", "no_proxy", "LC_ALL", "LC_CTYPE"}
    assert {key for key in given if not key.startswith("UV_HTTP_")} <= beside


_STARVED = """
try:
    held = bytearray(6 << 30)
except MemoryError:
    sys.stderr.write("memory allocation of 6442450944 bytes failed")
    sys.stderr.flush()
    os.abort()
"""
_FILLING = """
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
with open("endless.whl", "wb") as wheel:
    wheel.truncate(6 << 30)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of a process that runs can be set on Linux alone")
@pytest.mark.parametrize("doing", [_STARVED, _FILLING], ids=["memory", "disk"])
def test_an_index_that_never_ends_its_answer_takes_neither_all_memory_nor_all_disk(
    doing: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "uv"  # does what uv does with such an answer: it takes what it needs for all of it
    stand_in.write_text(f"#!{sys.executable} -S\nimport os, signal, sys, time\ntime.sleep(0.2){doing}")
    stand_in.chmod(0o755)
    monkeypatch.setattr(uv_run, "_program", lambda: str(stand_in))

    found = resolve(inventory("app", "lib==1.5"), Request(index_url="https://index.example/simple"), world)

    assert versions(found) == {"lib": "1.5"}
    (gap,) = found.gaps
    assert gap.reason is Reason.TOO_LARGE
    assert gap.detail.startswith("not resolved, so what it needs is not audited: app, lib==1.5 (an index answered with more")
