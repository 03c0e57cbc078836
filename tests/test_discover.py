"""What the user names, what is found in it, and what outranks what."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.errors import MlsupplyError
from mlsupply.inventory import READERS, Reader, reader_of
from mlsupply.inventory.cover import settle_covered
from mlsupply.inventory.discover import Found
from mlsupply.inventory.sniff import script_files
from mlsupply.model import (
    Confidence,
    Coordinate,
    Inventory,
    Package,
    Place,
    Reason,
    Requirement,
    Severity,
    Source,
    SourceKind,
)
from mlsupply.outcome import Report
from mlsupply.report.view import view_of
from mlsupply.request import Request
from mlsupply.world import Failure, World
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
    beyond, gap = sorted((gap for gap in report.gaps if gap.check == "inventory"), key=lambda gap: "torch" in gap.detail)
    assert (gap.reason, str(gap.place)) == (Reason.OFFLINE, "pyproject.toml:3")
    assert "torch>=2" in gap.detail
    assert (beyond.reason, str(beyond.place)) == (Reason.OFFLINE, "pyproject.toml:3")
    assert beyond.item == "litellm==1.82.8"
    assert beyond.why == "nothing was resolved, so what these require beyond this file is not audited"


def test_what_pinned_requirements_need_is_a_gap_where_nothing_was_resolved(world: World) -> None:
    """One gap a file; who types --no-resolve knows."""
    _put(world, "requirements.txt", "".join(f"lib{n}==1\n" for n in range(9)))
    (gap,) = [gap for gap in run(Request(offline=True), world).gaps if gap.check == "inventory"]
    assert (gap.reason, str(gap.place)) == (Reason.OFFLINE, "requirements.txt:1")
    assert gap.item == "lib0==1, lib1==1, lib2==1, lib3==1, lib4==1, lib5==1 and 3 more"
    for asked in (Request(resolve=False), Request(resolve=False, offline=True)):
        assert [gap for gap in run(asked, world).gaps if gap.check == "inventory"] == []
    hashed = f"lib==1 --hash=sha256:{'a' * 64}\n"  # pip installs nothing else from such a file
    _put(world, "requirements.txt", hashed)
    assert [gap for gap in run(Request(offline=True), world).gaps if gap.check == "inventory"] == []


def test_a_file_that_several_others_include_is_told_once_and_what_these_pin_as_theirs(world: World) -> None:
    _put(world, "requirements/common.txt", "idna==3.10\n")
    for name in ("cuda", "rocm"):
        _put(world, f"requirements/{name}.txt", f"-r common.txt\n{name}-kernels==1.0\n")
    gaps = [gap for gap in run(Request(offline=True), world).gaps if gap.check == "inventory"]
    assert [(str(gap.place), gap.item) for gap in sorted(gaps, key=lambda gap: str(gap.place))] == [
        ("requirements/common.txt:1", "idna==3.10"),
        ("requirements/cuda.txt:2", "cuda-kernels==1.0"),
        ("requirements/rocm.txt:2", "rocm-kernels==1.0"),
    ]


def test_a_requirement_on_the_command_line_is_an_input_and_the_folder_is_not_scanned(world: World) -> None:
    _put(world, "pyproject.toml", MANIFEST)
    report = _scan(world, "litellm[proxy]==1.82.6")
    assert [(i.path, i.format) for i in report.inputs] == [("litellm[proxy]==1.82.6", "requirement")]
    assert _names(report) == ["litellm 1.82.6"]


def test_python_files_past_the_limit_are_said_and_those_before_it_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlsupply.inventory.sniff.MOST_SCRIPTS", 2)
    for name in ("a", "b", "c", "d"):
        _put(world, f"{name}.py", '# /// script\n# dependencies = ["numpy==2.3.0"]\n# ///\n')
    report = _scan(world)
    assert [place.file for package in report.packages for place in package.places] == ["a.py", "b.py"]
    (gap,) = [gap for gap in report.gaps if gap.reason is Reason.LIMIT]
    assert (str(gap.place), gap.detail.partition(" from")[0]) == ("c.py", "2 Python files")


class _Failing(io.BytesIO):
    """A file that opens, on a disk that fails."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def test_files_that_open_and_cannot_be_read_end_no_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them ended it with "the output could not be written"."""
    for name in ("a.py", "b", "c.yaml", "run.sh", "report.json"):
        _put(world, f"broken/{name}", "x")
    _put(world, "requirements.txt", "six==1.17.0\n")
    opened = DiskTree.open

    def failing(self: DiskTree, path: str) -> BinaryIO | Failure:
        return _Failing() if path.startswith("broken/") else opened(self, path)

    monkeypatch.setattr(DiskTree, "open", failing)
    report = _scan(world)
    assert _names(report) == ["six 1.17.0"]
    told = {gap.subject: gap.detail for gap in report.gaps if "could not be read" in gap.detail and gap.check == "inventory"}
    assert told["broken/a.py"] == (
        "broken/a.py could not be read: Input/output error (as 2 other files): not looked into for what it installs"
    )
    assert not [gap for gap in report.gaps if gap.reason is Reason.INTERNAL]


def test_python_files_for_which_no_time_is_left_are_said(world: World) -> None:
    for name in ("a", "b"):
        _put(world, f"{name}.py", '# /// script\n# dependencies = ["numpy==2.3.0"]\n# ///\n')
    found = script_files(world.tree.walk(), world.tree, seconds=-1.0)
    assert (found.readers, found.unopened) == ({}, ["a.py", "b.py"])


def test_whoever_scans_a_whole_machine_gets_a_report_that_says_what_was_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        _put(world, f"{name}/requirements.txt", "six==1.17.0\n")
        _put(world, f"{name}/model.py", "from_pretrained('example/model')\n")
    world = replace(world, limits=replace(world.limits, reading_seconds=-1.0))
    monkeypatch.setattr("mlsupply.evidence.references.gather._SECONDS", -1.0)
    report = _scan(world, ".")
    told = {gap.detail: gap.subject for gap in report.gaps if gap.reason is Reason.LIMIT}
    assert told["reading inputs took -1 s; 3 inputs from here on were not read"] == "a/requirements.txt"
    assert told["3 files from here on that may name models were not read within -1 s"] == "a/model.py"
    named = _scan(world, "b/requirements.txt")
    assert _names(named) == ["six 1.17.0"], "what is named is read whatever it takes"


@pytest.mark.parametrize(
    ("subject", "said", "hint"),
    [
        ("flask@2.0.1", "flask@2.0.1 is neither", "write it as NAME==VERSION: flask==2.0.1"),
        ("pkg:pypi/flask@2.0.1", "pkg:pypi/flask@2.0.1 is neither", "write it as NAME==VERSION: flask==2.0.1"),
        ("https://me:pw@code.example/a", "https://code.example/a is neither", "write it as NAME @ ADDRESS"),
        (
            "git+https://code.example/a",
            "there is no file or folder git+https://code.example/a",
            "a package at one is written",
        ),
        ("flask==", "flask== is neither", "write it as NAME==VERSION, such as flask==1.0"),
    ],
)
def test_what_is_nearly_a_requirement_is_told_how_to_be_one(subject: str, said: str, hint: str, world: World) -> None:
    """`flask@2.0.1` was taken for an address, and nothing was asked about that release."""
    with pytest.raises(MlsupplyError) as told:
        _scan(world, subject)
    assert told.value.message.startswith(said)
    assert hint in told.value.hint


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
    _put(world, "requirements.txt", f"a==1 --hash=sha256:{'a' * 64}\n")
    _put(world, "venv/pyvenv.cfg", "")
    _put(world, "venv/lib/pyproject.toml", MANIFEST)
    report = _scan(world)
    assert [i.path for i in report.inputs] == ["requirements.txt"]
    (gap,) = [gap for gap in report.gaps if gap.check == "inventory"]
    assert gap.reason is Reason.DISABLED
    assert "venv (virtual environment)" in gap.detail


def test_a_file_of_unknown_name_is_told_by_its_content(world: World) -> None:
    _put(world, "deps.conf", MANIFEST)
    report = _scan(world, "deps.conf")
    assert [i.format for i in report.inputs] == ["pyproject.toml"]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('version = 1\nrevision = 3\n\n[[package]]\nname = "torch"\nversion = "2.9.0"\n', "uv.lock"),
        ('lock-version = "1.0"\ncreated-by = "pdm"\n[[packages]]\nname = "torch"\nversion = "2.9.0"\n', "pylock.toml"),
        ('# @generated by PDM\n[[package]]\nname = "torch"\nversion = "2.9.0"\n', "pdm.lock"),
        (
            '# @generated by Poetry\n[[package]]\nname = "torch"\nversion = "1"\n[metadata]\nlock-version="2.1"\n',
            "poetry.lock",
        ),
        ('[[source]]\nurl = "https://index.example/simple"\n[packages]\ntorch = "==2.9.0"\n', "Pipfile"),
        ('{"_meta": {"pipfile-spec": 6}, "default": {"torch": {"version": "==2.9.0"}}}', "Pipfile.lock"),
        ('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}', "cyclonedx"),
        ('{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": []}', "spdx"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["!pip install torch==2.9.0"]}]}', "notebook"),
        ("# made by hand\nFROM python:3.12\nRUN pip install torch==2.9.0\n", "Dockerfile"),
        ("name: lab\ndependencies:\n  - pip:\n    - torch==2.9.0\n", "environment.yml"),
        ("--index-url https://index.example/simple\ntorch==2.9.0\n", "requirements"),
        ('# /// script\n# dependencies = ["torch==2.9.0"]\n# ///\nprint()\n', "script"),
    ],
    ids=lambda value: value if " " not in value and "\n" not in value else "",
)
def test_every_format_is_told_by_its_content(world: World, text: str, known: str) -> None:
    _put(world, "what.is.this", text)
    assert [i.format for i in _scan(world, "what.is.this").inputs] == [known]


@pytest.mark.parametrize(
    "data", [b"\0\1\2torch==2.9.0", b'{"weather": "fine"}', b"[weather]\nfine = true\n", b"\xff\xfe\x00"]
)
def test_what_only_looks_like_a_format_is_refused(world: World, data: bytes) -> None:
    (world.tree.root / "what.is.this").write_bytes(data)
    with pytest.raises(MlsupplyError, match="no file that mlsupply reads"):
        _scan(world, "what.is.this")


def test_a_file_that_is_nothing_known_is_refused_when_named(world: World) -> None:
    _put(world, "notes.md", "Hello!\n\nThis is prose, with sentences.\n")
    with pytest.raises(MlsupplyError, match="no file that mlsupply reads"):
        _scan(world, "notes.md")


def test_an_sbom_beside_a_lock_adds_only_what_the_lock_does_not_hold(world: World) -> None:
    locked = '[[package]]\nname = "{}"\nversion = "{}"\nsource = {{ registry = "https://index.example/simple" }}\n'
    _put(world, "uv.lock", "version = 1\n\n" + locked.format("litellm", "1.82.6"))
    components = [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in (("litellm", "1.82.6"), ("litellm", "1.82.8"), ("torch", "2.9.0"))
    ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    _put(world, "sbom.cdx.json", json.dumps(document))
    _put(world, "copy.cdx.json", json.dumps(document))
    assert _names(_scan(world)) == ["litellm 1.82.6", "litellm 1.82.8", "torch 2.9.0"]
    assert _names(_scan(world, "sbom.cdx.json")) == ["litellm 1.82.6", "litellm 1.82.8", "torch 2.9.0"]


def test_an_sbom_that_says_another_source_than_the_lock_is_a_package_of_its_own(world: World) -> None:
    """What was deployed from somebody's repository is not the release of the same number that the lock names."""
    locked = '[[package]]\nname = "litellm"\nversion = "1.82.6"\nsource = { registry = "https://index.example/simple" }\n'
    _put(world, "uv.lock", "version = 1\n\n" + locked)
    purl = "pkg:pypi/litellm@1.82.6?vcs_url=git%2Bhttps://git.example/fork/litellm@0123456789abcdef0123456789abcdef01234567"
    components = [{"type": "library", "name": "litellm", "version": "1.82.6", "purl": purl}]
    _put(world, "sbom.cdx.json", json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}))
    kinds = {package.source.kind for package in _scan(world).packages}
    assert kinds == {SourceKind.REGISTRY, SourceKind.GIT}


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
    assert [str(gap.place) for gap in report.gaps if gap.reason is Reason.OFFLINE and "torch" in gap.detail] == [
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


def test_a_release_from_two_sources_is_listed_twice_and_each_of_its_flaws_is_told_and_counted_once(world: World) -> None:
    _put(world, "requirements.txt", "jinja2==2.10\n")
    lock = '[[package]]\nname = "jinja2"\nversion = "2.10"\nsource = { registry = "https://index.example/simple" }\n'
    _put(world, "tools/uv.lock", f"version = 1\n{lock}")

    report = run(Request(checks=("advisories",), offline=True), world)

    assert _names(report) == ["jinja2 2.10", "jinja2 2.10"]
    told = Counter(finding.id for finding in report.findings)
    assert told["CVE-2024-22195"] == 1
    assert set(told.values()) == {1}
    (flaw,) = (finding for finding in report.findings if finding.id == "CVE-2024-22195")
    assert {place.file for place in flaw.places} == {"requirements.txt", "tools/uv.lock"}
    assert flaw.confidence is Confidence.HIGH  # of one of the two it is sure
    assert flaw.advisory is not None
    assert flaw.advisory.notes == (
        "name and version match, but the source differs: it comes from the index https://index.example/simple",
    )
    assert dict(report.verdict.counts)["medium"] == sum(f.severity is Severity.MEDIUM for f in report.findings)


def test_a_malicious_release_known_by_its_file_here_and_by_its_version_there_is_one(world: World) -> None:
    example = Path(__file__).parent / "examples/litellm-proxy"
    for name in ("uv.lock", "pyproject.toml"):
        _put(world, name, (example / name).read_text(encoding="utf-8"))
    _put(world, "a/requirements.txt", "litellm==1.82.8\n")
    _put(world, "z/requirements.txt", "litellm==1.82.8\n")

    report = run(Request(checks=("known-bad",), offline=True), world)

    (found,) = report.findings
    assert "by its index path" in found.message, "what says more is told"
    assert {place.file for place in found.places} >= {"uv.lock", "a/requirements.txt", "z/requirements.txt"}
    assert dict(report.verdict.counts)["malicious"] == 1
    assert view_of(report).headline.startswith("1 malicious release in 1 of ")


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


def test_a_file_without_a_python_of_its_own_is_for_that_of_the_project_it_lies_in(
    index: LoopbackIndex, online: World
) -> None:
    index.add("six", "1.17.0")
    for project, python in (("old", ">=3.9,<3.11"), ("new", ">=3.13")):
        _put(online, f"{project}/pyproject.toml", f'[project]\nname = "{project}"\nrequires-python = "{python}"\n')
        _put(online, f"{project}/requirements/dev.txt", "six\n")
    _put(online, "loose/requirements.txt", "six\n")
    request = Request(subjects=("old", "new", "loose", "six"), index_url=index.simple, checks=("names",))
    report = run(request, replace(online, resolving=True))
    said = {i.path: (i.requires_python, i.format.partition(" for ")[2].partition(" on ")[0]) for i in report.inputs}
    assert said["old/requirements/dev.txt"] == (">=3.9,<3.11", "Python 3.10")
    assert said["new/requirements/dev.txt"] == (">=3.13", "Python 3.13")
    assert said["loose/requirements.txt"] == ("", "Python 3.12")
    assert said["six"] == ("", "Python 3.12")


def test_an_empty_argument_is_not_the_folder_one_is_in(world: World) -> None:
    _put(world, "requirements.txt", "six==1.16.0\n")
    with pytest.raises(MlsupplyError, match="an empty argument names no file or folder"):
        _scan(world, "")


def test_a_long_reading_tells_how_far_it_is(world: World) -> None:
    told: list[tuple[str, int, int]] = []
    for name in ("a.py", "requirements.txt"):
        (world.tree.root / name).write_text("six==1.17.0\n", encoding="utf-8")
    run(Request(offline=True), replace(world, say=lambda words, done=0, total=0: told.append((words, done, total))))
    assert ("reading inputs", 1, 2) in told
    assert ("reading what names models and datasets", 0, 2) in told


def test_requirements_behind_a_link_are_audited_wherever_in_the_repository_they_lie(world: World) -> None:
    """A bad release behind a link of another name, or one that leads beside the named folder, must not pass unread."""
    _put(world, "pyproject.toml", "")
    _put(world, "shared/all.list", "litellm==1.82.8\n")
    _put(world, "shared/requirements.txt", "tqdm==4.67.1\n")
    _put(world, "services/api/app.py", "")
    api = world.tree.root / "services/api"
    (api / "requirements.txt").symlink_to("../../shared/all.list")
    (api / "constraints.txt").symlink_to("../../shared/requirements.txt")
    report = _scan(world, "services/api")
    assert _names(report) == ["litellm 1.82.8", "tqdm 4.67.1"]
    assert report.verdict.exit_code == 1
    read = [one.path for one in _scan(world).inputs]
    assert read == ["pyproject.toml", "shared/requirements.txt", "services/api/requirements.txt"], "nothing twice"


def test_scripts_are_read_without_an_ending_and_beside_modules_too(world: World) -> None:
    """`#!/usr/bin/env -S uv run --script` is how uv writes a program; a folder of scripts may have an `__init__.py`."""
    header = '# /// script\n# dependencies = ["{}==1.0"]\n# ///\n'
    _put(world, "bin/tool", "#!/usr/bin/env -S uv run --script\n" + header.format("one"))
    _put(world, "scripts/__init__.py", "")
    _put(world, "scripts/run.py", header.format("two"))
    _put(world, "LICENSE", header.format("three"))
    assert _names(_scan(world)) == ["one 1.0", "two 1.0"]
