"""What the user names, what is found in it, and what outranks what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlsupply.audit import run
from mlsupply.errors import MlsupplyError
from mlsupply.inventory import READERS, Reader, reader_of
from mlsupply.inventory.cover import settle_covered
from mlsupply.inventory.discover import Found
from mlsupply.model import Coordinate, Inventory, Package, Place, Reason, Report, Requirement, Source, SourceKind
from mlsupply.request import Request
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex

MANIFEST = '[project]\nname = "app"\ndependencies = ["litellm==1.82.8", "torch>=2"]\n'


def _put(world: World, path: str, text: str) -> None:
    full = world.tree.root / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_text(text, encoding="utf-8")


def _scan(world: World, *subjects: str, offline: bool = True) -> Report:
    return run(Request(subjects=subjects or (".",), offline=offline, skip=()), world)


def _names(report: Report) -> list[str]:
    return [str(package.coordinate) for package in report.packages]


def test_offline_a_pinned_requirement_is_a_package_and_any_other_a_gap(world: World) -> None:
    _put(world, "pyproject.toml", MANIFEST)
    report = _scan(world)
    assert _names(report) == ["litellm 1.82.8"]
    assert report.packages[0].places == (Place("pyproject.toml", 3),)
    (gap,) = [gap for gap in report.gaps if gap.check == "inventory"]
    assert (gap.reason, str(gap.place)) == (Reason.OFFLINE, "pyproject.toml:3")
    assert "torch>=2" in gap.detail


def test_a_requirement_on_the_command_line_is_an_input_and_the_folder_is_not_scanned(world: World) -> None:
    _put(world, "pyproject.toml", MANIFEST)
    report = _scan(world, "litellm[proxy]==1.82.6")
    assert [(i.path, i.format) for i in report.inputs] == [("litellm[proxy]==1.82.6", "requirement")]
    assert _names(report) == ["litellm 1.82.6"]


def test_several_subjects_are_several_inputs_with_paths_as_typed(world: World) -> None:
    _put(world, "a/pyproject.toml", MANIFEST)
    _put(world, "b/pyproject.toml", MANIFEST)
    absolute = str(world.tree.root / "b")
    report = _scan(world, "./a", absolute, "a/pyproject.toml", "numpy==2.0")
    assert [i.path for i in report.inputs] == ["a/pyproject.toml", f"{absolute}/pyproject.toml", "numpy==2.0"]


@pytest.mark.parametrize("subject", ["missing/", "./nothing", "requirements-x.txt", "no such thing"])
def test_a_subject_that_is_nothing_stops_the_run(world: World, subject: str) -> None:
    with pytest.raises(MlsupplyError) as caught:
        _scan(world, subject)
    assert caught.value.reference == "path-not-found"
    assert caught.value.exit_code == 2


def test_an_empty_folder_is_nothing_to_audit(world: World) -> None:
    _put(world, "notes.md", "hello")
    assert _scan(world).verdict.exit_code == 4


def test_folders_left_out_are_said_once_and_do_not_fail_the_run(world: World) -> None:
    _put(world, "pyproject.toml", '[project]\ndependencies = ["a==1"]\n')
    _put(world, "venv/pyvenv.cfg", "")
    _put(world, "venv/lib/pyproject.toml", MANIFEST)
    report = _scan(world)
    assert [i.path for i in report.inputs] == ["pyproject.toml"]
    (gap,) = [gap for gap in report.gaps if gap.check == "inventory"]
    assert gap.reason is Reason.DISABLED
    assert "venv (virtual environment)" in gap.detail


def test_a_file_of_unknown_name_is_told_by_its_content(world: World) -> None:
    _put(world, "deps.conf", MANIFEST)
    report = _scan(world, "deps.conf")
    assert [i.format for i in report.inputs] == ["pyproject.toml"]


def test_a_file_that_is_nothing_known_is_refused_when_named(world: World) -> None:
    _put(world, "notes.md", "Hello!\n\nThis is prose, with sentences.\n")
    with pytest.raises(MlsupplyError, match="no file that mlsupply reads"):
        _scan(world, "notes.md")


# -- what outranks what, with readers' results made by hand


def _reader(name: str, role: str) -> Reader:
    return Reader(name, "", role, (name,))


def _asks(path: str, *names: str, groups: tuple[str, ...] = (), marker: str = "") -> Found:
    requirements = tuple(
        Requirement(name=name, place=Place(path, line), groups=groups, marker=marker) for line, name in enumerate(names, 1)
    )
    return Found(_reader(path.rpartition("/")[2], "manifest"), Inventory(path=path, format="x", requirements=requirements))


def _locks(path: str, *names: str, members: tuple[str, ...] = ()) -> Found:
    packages = [Package(coordinate=Coordinate("pypi", name, "1.0"), places=(Place(path, 9),)) for name in names]
    packages += [Package(coordinate=Coordinate("pypi", m), source=Source(SourceKind.EDITABLE, m)) for m in members]
    inventory = Inventory(path=path, format="x", packages=tuple(packages), complete=True)
    return Found(_reader(path.rpartition("/")[2], "lock"), inventory)


def test_a_lock_covers_its_manifest_and_learns_its_lines() -> None:
    lock, manifest = settle_covered([_locks("uv.lock", "torch", "numpy"), _asks("pyproject.toml", "torch")])
    assert manifest.complete
    assert manifest.gaps == ()
    torch, numpy = lock.packages
    assert (torch.places, torch.direct) == ((Place("uv.lock", 9), Place("pyproject.toml", 1)), True)
    assert (numpy.places, numpy.direct) == ((Place("uv.lock", 9),), False)


def test_a_lock_covers_the_members_of_its_workspace_and_no_other_folder() -> None:
    found = [
        _locks("uv.lock", "torch", members=("packages/a",)),
        _asks("packages/a/pyproject.toml", "torch"),
        _asks("examples/pyproject.toml", "torch"),
    ]
    _, member, stranger = settle_covered(found)
    assert (member.complete, stranger.complete) == (True, False)


def test_what_the_lock_lacks_is_left_to_resolve_and_said_once_at_the_first_line_that_asks() -> None:
    _, manifest = settle_covered([_locks("poetry.lock", "torch"), _asks("pyproject.toml", "torch", "jax", "flax")])
    assert [r.name for r in manifest.requirements] == ["jax", "flax"]
    assert not manifest.complete
    (gap,) = manifest.gaps
    assert (gap.reason, str(gap.place)) == (Reason.DISABLED, "pyproject.toml:2")
    assert "poetry.lock does not hold flax, jax" in gap.detail
    _, with_marker = settle_covered([_locks("poetry.lock", "torch"), _asks("pyproject.toml", "jax", marker="x")])
    assert (with_marker.gaps, with_marker.complete) == ((), True)


def test_build_requirements_in_no_lock_are_said_without_failing() -> None:
    _, manifest = settle_covered([_locks("uv.lock", "torch"), _asks("pyproject.toml", "hatchling", groups=("build",))])
    assert [gap.reason for gap in manifest.gaps] == [Reason.DISABLED]


def test_a_compiled_file_covers_the_in_file_of_its_name_and_manifests_it_holds_whole() -> None:
    found = [
        _locks("requirements.txt", "torch", "numpy"),
        _asks("requirements.in", "torch"),
        _asks("dev.in", "pytest"),
        _asks("pyproject.toml", "numpy"),
        _asks("setup.py", "numpy", "scipy"),
    ]
    assert [one.complete for one in settle_covered(found)] == [True, True, False, True, False]


def test_manifests_that_read_one_another_are_resolved_once(world: World) -> None:
    _put(world, "requirements.txt", "torch>=2\nnumpy==2.0.0\n")
    _put(world, "setup.py", "setup(install_requires=open('requirements.txt').read().splitlines())")
    _put(world, "other/setup.py", "setup(install_requires=['torch>=2', 'numpy==2.0.0'])")
    report = _scan(world)
    assert [(i.path, i.complete) for i in report.inputs] == [
        ("requirements.txt", False),
        ("setup.py", True),
        ("other/setup.py", False),
    ]
    assert _names(report) == ["numpy 2.0.0"]
    assert [str(gap.place) for gap in report.gaps if gap.reason is Reason.OFFLINE and gap.check == "inventory"] == [
        "requirements.txt:1",
        "other/setup.py:1",
    ]


def test_an_empty_lock_covers_nothing() -> None:
    _, manifest = settle_covered([_locks("uv.lock"), _asks("pyproject.toml", "torch")])
    assert not manifest.complete


def test_every_reader_can_be_imported_and_is_found_by_its_own_patterns() -> None:
    for reader in READERS:
        for pattern in reader.patterns:
            name = pattern.replace("*", "x")
            assert reader_of(name) is not None, name
        assert callable(reader.read)
    formats = [reader.format for reader in READERS]
    assert len(formats) == len(set(formats))


def test_asked_for_twice_with_other_versions_gives_two_packages(world: World) -> None:
    _put(world, "pyproject.toml", '[project]\ndependencies = ["a==1", "a==2; python_version>\'3\'", "a==1"]\n')
    assert _names(_scan(world)) == ["a 1", "a 2"]


def test_without_resolving_pinned_requirements_are_packages(world: World) -> None:
    _put(world, "pyproject.toml", MANIFEST)
    report = run(replace(Request(), resolve=False), world)
    assert _names(report) == ["litellm 1.82.8"]
    assert Reason.UNPINNED in {gap.reason for gap in report.gaps}


def test_a_defect_in_a_reader_costs_one_file_and_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: str, tree: object, limits: object) -> Inventory:
        raise ZeroDivisionError(path)

    monkeypatch.setattr("mlsupply.inventory.setup_cfg.read", broken)
    _put(world, "setup.cfg", "[metadata]\nname = x\n")
    _put(world, "pyproject.toml", MANIFEST)
    report = _scan(world)
    assert _names(report) == ["litellm 1.82.8"]
    assert [(g.subject, g.reason) for g in report.gaps if g.reason is Reason.INTERNAL] == [("setup.cfg", Reason.INTERNAL)]


def test_several_unlocked_inputs_are_resolved_and_stay_in_order(world: World) -> None:
    with LoopbackIndex("pypi") as index:
        for number in range(6):
            index.add(f"lib{number}", "1.0", requires=["common"])
            _put(world, f"p{number}/pyproject.toml", f'[project]\nname = "p"\ndependencies = ["lib{number}"]\n')
        index.add("common", "2.0")
        report = run(Request(index_url=index.simple), replace(world, resolving=True))
    assert [inventory.path for inventory in report.inputs] == [f"p{number}/pyproject.toml" for number in range(6)]
    assert [{p.name for p in inventory.packages} for inventory in report.inputs] == [
        {f"lib{number}", "common"} for number in range(6)
    ]


def test_a_defect_in_resolving_leaves_what_is_pinned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(inventory: Inventory, request: Request, world: World) -> Inventory:
        raise ZeroDivisionError

    monkeypatch.setattr("mlsupply.inventory.resolver.resolve", broken)
    _put(world, "pyproject.toml", MANIFEST)
    report = run(Request(), replace(world, resolving=True))
    assert _names(report) == ["litellm 1.82.8"]
    assert Reason.INTERNAL in {gap.reason for gap in report.gaps}
