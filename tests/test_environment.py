"""Installed environments, read from disk."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from mlsupply.audit import run
from mlsupply.errors import MlsupplyError
from mlsupply.model import Edge, Inventory, Reason, Source, SourceKind
from mlsupply.request import Request
from mlsupply.world import World
from tests.memory import by_name


def _install(site: Path, name: str, version: str, *, requires: tuple[str, ...] = (), **files: str) -> Path:
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    (folder / "METADATA").write_text("\n".join(lines) + "\n\nName: not this\n", encoding="utf-8")
    (folder / "RECORD").write_text("", encoding="utf-8")
    for file, text in files.items():
        (folder / file.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def _venv(root: Path) -> Path:
    site = root / "lib/python3.12/site-packages"
    site.mkdir(parents=True)
    (root / "pyvenv.cfg").write_text("home = /usr/bin\n", encoding="utf-8")
    return site


def _read(world: World, path: Path) -> Inventory:
    (inventory,) = run(Request(environment=str(path), offline=True), world).inputs
    return inventory


def test_a_virtual_environment_gives_its_packages_with_edges_and_sources(world: World, tmp_path: Path) -> None:
    site = _venv(tmp_path / "env")
    commit = {"url": "https://u:p@git.example/agent.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}}
    _install(site, "agent", "0.3", direct_url__json=json.dumps(commit), REQUESTED="")
    editable = {"url": "file:///home/me/app", "dir_info": {"editable": True}}
    _install(site, "app", "1.0", requires=("litellm[proxy]>=1.80",), direct_url__json=json.dumps(editable), REQUESTED="")
    _install(site, "LiteLLM", "1.82.8", requires=('uvicorn (>=0.30) ; extra == "proxy"', "httpx>=0.27"), INSTALLER="uv")
    inventory = _read(world, tmp_path / "env")
    packages = by_name(inventory)
    assert inventory.complete
    assert inventory.requires_python == "==3.12.*"
    assert inventory.gaps == ()
    assert packages["agent"].source == Source(SourceKind.GIT, "https://git.example/agent.git", "0" * 40)
    assert packages["app"].source.kind is SourceKind.EDITABLE
    assert packages["litellm"].requires == (
        Edge("uvicorn", marker='extra == "proxy"', extra="proxy", specifier=">=0.30"),
        Edge("httpx", specifier=">=0.27"),
    )
    assert (packages["app"].direct, packages["litellm"].direct) == (True, False)


def test_a_site_packages_folder_can_be_named_itself(world: World, tmp_path: Path) -> None:
    _install(tmp_path / "site-packages", "numpy", "2.0")
    (package,) = _read(world, tmp_path / "site-packages").packages
    assert (str(package.coordinate), package.direct) == ("numpy 2.0", True)


def test_missing_metadata_and_record_are_gaps_and_the_folder_still_names_the_package(world: World, tmp_path: Path) -> None:
    folder = _install(_venv(tmp_path / "env"), "half-gone", "1.0")
    (folder / "METADATA").unlink()
    (folder / "RECORD").unlink()
    inventory = _read(world, tmp_path / "env")
    assert [str(package.coordinate) for package in inventory.packages] == ["half-gone 1.0"]
    assert [gap.reason for gap in inventory.gaps] == [Reason.NOT_FOUND, Reason.NOT_FOUND]


def test_metadata_that_names_another_package_is_said(world: World, tmp_path: Path) -> None:
    folder = _install(_venv(tmp_path / "env"), "requests", "2.0")
    (folder / "METADATA").write_text("Name: reqeusts\nVersion: 2.0\n", encoding="utf-8")
    inventory = _read(world, tmp_path / "env")
    assert [package.name for package in inventory.packages] == ["reqeusts"]
    assert [gap.reason for gap in inventory.gaps] == [Reason.MALFORMED]


@pytest.mark.parametrize(
    ("folder", "stated", "said"),
    [
        (
            "2.0",
            "Name: demo\nVersion: 1.9\n",
            [("METADATA says 1.9", "the version of METADATA was used; install the package again")],
        ),
        ("2.0", "Version: 2.0\n", [("METADATA says nothing", "the name of the folder was used")]),
        ("2.0", "Name: Demo\nVersion: 2.0.0\n", []),
        ("2.0_cu128", "Name: demo\nVersion: 2.0+cu128\n", []),
        ("2.0", "Name: demo\nVersion: dev\n", []),
    ],
)
def test_metadata_that_names_another_release_is_said(
    folder: str, stated: str, said: list[tuple[str, str]], world: World, tmp_path: Path
) -> None:
    installed = _install(_venv(tmp_path / "env"), "demo", folder)
    (installed / "METADATA").write_text(stated, encoding="utf-8")
    gaps = _read(world, tmp_path / "env").gaps
    assert [(gap.detail.rpartition(", ")[2], gap.hint) for gap in gaps] == said


def test_eggs_and_leftovers(world: World, tmp_path: Path) -> None:
    site = _venv(tmp_path / "env")
    egg = site / "old-1.0-py3.9.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text("Name: old\nVersion: 1.0\n", encoding="utf-8")
    (egg / "requires.txt").write_text("six\n\n[fast:python_version < '3']\nujson>=1\n", encoding="utf-8")
    (site / "distro_one-2.egg-info").write_text("Name: distro-one\nVersion: 2\n", encoding="utf-8")
    (site / "~ip-23.0.dist-info").mkdir()
    (site / "here.egg-link").write_text("/home/me/here\n.\n", encoding="utf-8")
    inventory = _read(world, tmp_path / "env")
    packages = by_name(inventory)
    assert packages["old"].requires == (
        Edge("six"),
        Edge("ujson", marker="python_version < '3'", extra="fast", specifier=">=1"),
    )
    assert packages["here"].source == Source(SourceKind.EDITABLE, "/home/me/here")
    assert packages["distro-one"].version == "2"
    assert [gap.detail for gap in inventory.gaps] == ["left behind by an interrupted uninstallation"]


def test_a_conda_prefix_keeps_condas_names_beside_the_python_ones(world: World, tmp_path: Path) -> None:
    prefix = tmp_path / "conda"
    meta = prefix / "conda-meta"
    meta.mkdir(parents=True)
    record = {
        "name": "pytorch",
        "version": "2.4.0",
        "channel": "https://channel.example/conda-forge",
        "url": "https://channel.example/conda-forge/linux-64/pytorch-2.4.0-py312_0.conda",
        "fn": "pytorch-2.4.0-py312_0.conda",
        "sha256": "AB" * 32,
        "size": 12,
        "depends": ["python >=3.12", "numpy"],
        "requested_spec": "pytorch",
    }
    (meta / "pytorch-2.4.0-py312_0.json").write_text(json.dumps(record), encoding="utf-8")
    (meta / "broken.json").write_text("{", encoding="utf-8")
    (meta / "history").write_text("", encoding="utf-8")
    _install(prefix / "lib/python3.12/site-packages", "torch", "2.4.0", INSTALLER="conda\n")
    inventory = _read(world, prefix)
    packages = by_name(inventory)
    assert (packages["pytorch"].coordinate.ecosystem, packages["torch"].coordinate.ecosystem) == ("conda", "pypi")
    assert packages["pytorch"].artifacts[0].hashes == (("sha256", "ab" * 32),)
    assert packages["torch"].note == "installed by conda"
    assert [gap.reason for gap in inventory.gaps] == [Reason.MALFORMED]


def test_an_egg_that_was_never_unpacked_is_installed_too(world: World, tmp_path: Path) -> None:
    with zipfile.ZipFile(_venv(tmp_path / "env") / "zipped-1.0-py3.12.egg", "w") as archive:
        archive.writestr("EGG-INFO/PKG-INFO", "Metadata-Version: 2.1\nName: zipped\nVersion: 1.0\n")
    inventory = _read(world, tmp_path / "env")
    assert [str(package.coordinate) for package in inventory.packages] == ["zipped 1.0"]


def test_what_is_no_folder_or_lies_elsewhere_is_said(world: World, tmp_path: Path) -> None:
    site = _venv(tmp_path / "env")
    (site / "file-1.0.dist-info").write_text("", encoding="utf-8")
    (site / "round-1.0.dist-info").symlink_to("round-1.0.dist-info")
    _install(tmp_path, "away", "1.0")
    (site / "away-1.0.dist-info").symlink_to(tmp_path / "away-1.0.dist-info")
    inventory = _read(world, tmp_path / "env")
    assert {(Path(gap.subject).name, gap.reason) for gap in inventory.gaps} == {
        ("file-1.0.dist-info", Reason.MALFORMED),
        ("round-1.0.dist-info", Reason.MALFORMED),
        ("away-1.0.dist-info", Reason.FORBIDDEN),
    }


def test_folders_that_path_lines_add_are_read_or_said(world: World, tmp_path: Path) -> None:
    """Imports look there too, so a bad release can hide there; the folder of an editable project is the user's own."""
    site = _venv(tmp_path / "env")
    _install(site / "bundled", "litellm", "1.82.8")
    _install(site.parent / "more", "extra", "1.0")
    lines = ["# a note", "bundled", "gone", str(site.parent / "more"), "import os", "/home/me/app/src", "bundled"]
    (site / "paths.pth").write_text("\n".join(lines), encoding="utf-8")
    editable = json.dumps({"url": "file:///home/me/app", "dir_info": {"editable": True}})
    _install(site, "app", "1.0", direct_url__json=editable)
    inventory = _read(world, tmp_path / "env")
    assert {str(package.coordinate) for package in inventory.packages} == {"app 1.0", "extra 1.0", "litellm 1.82.8"}
    assert inventory.gaps == ()

    (site / "away.pth").write_text("/opt/other\n/home/me/apps\n../../../../sibling\n", encoding="utf-8")
    (gap,) = _read(world, tmp_path / "env").gaps
    assert "/opt/other and 2 more, outside the environment" in gap.detail


def test_what_is_past_the_lines_that_are_read_is_said(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsupply.inventory.metadata.MAX_HEADERS", 4)
    monkeypatch.setattr("mlsupply.inventory.path_lines._LINES", 2)
    site = _venv(tmp_path / "env")
    egg = site / "old-1.0-py3.9.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text("Name: old\nVersion: 1.0\n", encoding="utf-8")
    (egg / "requires.txt").write_text("six\n!!\nujson\n\nlitellm\n", encoding="utf-8")
    (site / "long.pth").write_text("one\ntwo\nthree\n", encoding="utf-8")
    inventory = _read(world, tmp_path / "env")
    assert [edge.name for edge in by_name(inventory)["old"].requires] == ["six", "ujson"]
    said = {(Path(gap.place.file).name, gap.place.line, gap.reason) for gap in inventory.gaps if gap.place}
    assert said == {
        ("requires.txt", 2, Reason.MALFORMED),
        ("requires.txt", 5, Reason.LIMIT),
        ("long.pth", 3, Reason.LIMIT),
    }


def test_a_release_that_is_installed_twice_is_said_unless_the_folders_are_one(world: World, tmp_path: Path) -> None:
    _install(_venv(tmp_path / "env"), "numpy", "2.0")
    (tmp_path / "env/lib64").symlink_to("lib")
    assert _read(world, tmp_path / "env").gaps == ()
    _install(tmp_path / "env/local/lib/python3.12/dist-packages", "numpy", "2.0")
    (gap,) = _read(world, tmp_path / "env").gaps
    assert "numpy 2.0 is installed here too" in gap.detail


def test_an_environment_that_sees_the_systems_packages_says_so(world: World, tmp_path: Path) -> None:
    _install(_venv(tmp_path / "env"), "numpy", "2.0")
    (tmp_path / "env/pyvenv.cfg").write_text("include-system-site-packages = true\n", encoding="utf-8")
    assert [gap.reason for gap in _read(world, tmp_path / "env").gaps] == [Reason.UNSUPPORTED]


def test_a_folder_without_packages_is_no_environment(world: World, tmp_path: Path) -> None:
    with pytest.raises(MlsupplyError) as caught:
        _read(world, tmp_path)
    assert caught.value.reference == "no-environment"


def test_hostile_metadata_is_made_safe_and_bounded(world: World, tmp_path: Path) -> None:
    folder = _install(_venv(tmp_path / "env"), "x", "1")
    hostile = (
        b"Name: x\x1b[31m\xe2\x80\xae\nVersion: 1\nRequires-Dist: ((((\nRequires-Dist:" + b" a" * 100_000 + b"\n\xff\xfe: \n"
    )
    (folder / "METADATA").write_bytes(hostile)
    (folder / "direct_url.json").write_text("[]", encoding="utf-8")
    inventory = _read(world, tmp_path / "env")
    (package,) = inventory.packages
    assert package.name.isprintable()
    assert {gap.reason for gap in inventory.gaps} == {Reason.MALFORMED}


def test_headers_longer_than_are_read_are_said(world: World, tmp_path: Path) -> None:
    site = _venv(tmp_path / "venv")
    folder = _install(site, "demo", "1.0")
    many = "".join(f"Requires-Dist: p{number}\n" for number in range(20_005))
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n{many}\nText\n", encoding="utf-8")
    long = _install(site, "prose", "1.0")
    (long / "METADATA").write_text("Name: prose\nVersion: 1.0\n\n" + "words\n" * 300_000, encoding="utf-8")
    gaps = [gap for gap in _read(world, tmp_path / "venv").gaps if gap.reason is Reason.LIMIT]
    assert [gap.subject.rpartition("site-packages/")[2] for gap in gaps] == ["demo-1.0.dist-info/METADATA"]
    assert "what it requires further on was not read" in gaps[0].detail
