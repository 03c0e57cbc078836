"""Wheels and source archives as inputs, whole and hostile."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import archive
from mlsupply.model import Edge, Inventory, Reason
from mlsupply.outcome import Report
from mlsupply.request import Request
from mlsupply.world import Limits, World

METADATA = "Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nRequires-Python: >=3.10\n{requires}\nText.\n"


def _wheel(folder: Path, name: str, version: str, *requires: str, **members: bytes) -> Path:
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    lines = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{name}/__init__.py", "raise SystemExit('never run')")
        file.writestr(f"{info}/METADATA", METADATA.format(name=name, version=version, requires=lines))
        for member, data in members.items():
            file.writestr(f"{info}/{member.replace('__', '/')}", data)
    return path


def _sdist(path: Path, stem: str, *files: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, data in files:
            info = tarfile.TarInfo(f"{stem}/{name}")
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def _scan(world: World, *subjects: str) -> Report:
    return run(Request(subjects=subjects or (".",), offline=True), world)


def _read(path: Path) -> Inventory:
    return archive.read(path.name, DiskTree(path.parent), Limits())


def test_a_wheel_is_its_package_with_edges_and_hash(tmp_path: Path) -> None:
    path = _wheel(tmp_path, "agent", "1.0", "httpx>=0.27", 'rich ; extra == "cli"')
    inventory = _read(path)
    (package,) = inventory.packages
    assert (inventory.format, str(package.coordinate), package.direct) == ("wheel", "agent 1.0", True)
    assert package.requires == (Edge("httpx", specifier=">=0.27"), Edge("rich", marker='extra == "cli"', extra="cli"))
    assert package.artifacts[0].hashes == (("sha256", hashlib.sha256(path.read_bytes()).hexdigest()),)
    assert str(package.places[0]) == "agent-1.0-py3-none-any.whl!/agent-1.0.dist-info/METADATA"
    assert [r.name for r in inventory.requirements] == ["httpx"]
    assert inventory.requires_python == ">=3.10"


def test_a_folder_of_wheels_is_one_installation(world: World) -> None:
    _wheel(world.tree.root, "agent", "1.0", "httpx>=0.27")
    _wheel(world.tree.root, "httpx", "0.27.0", "certifi")
    report = _scan(world)
    assert [str(p.coordinate) for p in report.packages] == ["agent 1.0", "httpx 0.27.0"]
    unmet = [gap.detail for gap in report.gaps if gap.check == "inventory"]
    assert len(unmet) == 1
    assert unmet[0].endswith(": certifi")


def test_an_sdist_is_read_and_a_data_archive_of_the_same_ending_is_left_alone(world: World) -> None:
    info = METADATA.format(name="tool", version="2.0", requires="").encode()
    _sdist(world.tree.root / "tool-2.0.tar.gz", "tool-2.0", ("setup.py", b"raise SystemExit"), ("PKG-INFO", info))
    _sdist(world.tree.root / "faces-2.0.tar.gz", "images", ("1.png", b"x"))
    (world.tree.root / "broken-1.tar.gz").write_bytes(b"nothing")
    report = _scan(world)
    assert [(i.path, i.format) for i in report.inputs] == [("tool-2.0.tar.gz", "sdist")]
    assert [str(p.coordinate) for p in report.packages] == ["tool 2.0"]


def test_an_archive_the_user_names_is_told_by_content_and_must_be_one(world: World) -> None:
    info = METADATA.format(name="tool", version="2.0", requires="")
    with zipfile.ZipFile(world.tree.root / "tool-2.0.zip", "w") as file:
        file.writestr("tool-2.0/PKG-INFO", info)
    assert [str(p.coordinate) for p in _scan(world, "tool-2.0.zip").packages] == ["tool 2.0"]
    _sdist(world.tree.root / "faces-2.0.tar.gz", "images", ("1.png", b"x"))
    (gap,) = [gap for gap in _scan(world, "faces-2.0.tar.gz").gaps if gap.check == "inventory"]
    assert (gap.reason, gap.detail.endswith("holds no PKG-INFO")) == (Reason.MALFORMED, True)
    assert gap.hint == "mlsupply inspect faces-2.0.tar.gz looks at what is in it"


def test_sboms_inside_a_wheel_are_packages_it_requires(tmp_path: Path) -> None:
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [{"type": "library", "name": "openssl", "purl": "pkg:generic/openssl@3.0.0"}],
    }
    spdx = {"spdxVersion": "SPDX-2.3", "packages": [{"SPDXID": "a", "name": "no-purl"}]}
    path = _wheel(
        tmp_path,
        "fast",
        "1.0",
        sboms__a__cdx=json.dumps(bom).encode(),
        sboms__b=json.dumps(spdx).encode(),
        sboms__c=b"<bom/>",
    )
    inventory = _read(path)
    wheel, bundled = inventory.packages
    assert wheel.requires == (Edge("openssl", "3.0.0"),)
    assert (bundled.coordinate.purl, bundled.direct) == ("pkg:generic/openssl@3.0.0", False)
    assert bundled.note == "bundled in fast-1.0-py3-none-any.whl, says its SBOM"
    assert str(bundled.places[0]).startswith("fast-1.0-py3-none-any.whl!/fast-1.0.dist-info/sboms/a/cdx")
    assert {gap.place.member for gap in inventory.gaps if gap.place} == {
        "fast-1.0.dist-info/sboms/b",
        "fast-1.0.dist-info/sboms/c",
    }


def test_a_wheel_named_for_another_release_is_said(tmp_path: Path) -> None:
    path = _wheel(tmp_path, "requests", "2.32.0")
    renamed = path.rename(tmp_path / "reqeusts-2.33.0-py3-none-any.whl")
    inventory = _read(renamed)
    assert [str(p.coordinate) for p in inventory.packages] == ["requests 2.32.0"]
    assert [gap.reason for gap in inventory.gaps] == [Reason.MALFORMED]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        b"PK" + b"\0" * 40,
        b"\x1f\x8b\x08\0\0\0\0\0",
        b"PK\x05\x06" + b"\0" * 8 + struct.pack("<LLH", 0x7FFFFFFF, 0, 0),
    ],
)
def test_what_is_no_archive_is_a_gap(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x-1.0-py3-none-any.whl"
    path.write_bytes(data)
    inventory = _read(path)
    assert inventory.packages == ()
    assert len(inventory.gaps) == 1


def test_a_bomb_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_UNPACKED_BYTES", 1 << 20)
    path = _sdist(tmp_path / "x-1.0.tar.gz", "x-1.0", ("zeros", b"\0" * (4 << 20)), ("PKG-INFO", b"Name: x\nVersion: 1.0\n"))
    (gap,) = _read(path).gaps
    assert (gap.reason, "1,048,576" in gap.detail) == (Reason.LIMIT, True)
    too_large = archive.read(path.name, DiskTree(tmp_path), Limits(archive_bytes=100))
    assert [gap.reason for gap in too_large.gaps] == [Reason.LIMIT]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damaged_archive_breaks_the_reader(tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(_wheel(tmp_path, "agent", "1.0", "httpx").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged-1.0-py3-none-any.whl"
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    assert isinstance(_read(path), Inventory)
