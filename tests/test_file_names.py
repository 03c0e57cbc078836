"""A lock says one name and version, and the file below them is of another project or release."""

from __future__ import annotations

import pytest

from mlsupply.advisories.file_names import foreign
from mlsupply.audit import run
from mlsupply.model import Artifact, Coordinate, Kind, Package, Source, SourceKind
from mlsupply.request import Request
from mlsupply.world import World

_LOCK = """version = 1
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "https://pypi.org/simple" }}
{kind} {{ url = "https://files.pythonhosted.org/packages/{file}", hash = "sha256:{digest}" }}{end}
"""


def _lock(name: str, version: str, file: str) -> str:
    kind, end = ("wheels = [", "]") if file.endswith(".whl") else ("sdist =", "")
    return _LOCK.format(name=name, version=version, file=file, kind=kind, end=end, digest="0" * 64)


def _ids(world: World, lock: str) -> dict[str, str]:
    (world.tree.root / "uv.lock").write_text(lock, encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True, checks=("known-bad", "index")), world)
    return {finding.id: finding.message for finding in report.findings}


def test_a_lock_edited_to_install_another_project_is_a_finding_that_names_the_file(world: World) -> None:
    """The name and version are read in a review, the address below them is not."""
    said = _ids(world, _lock("requests", "2.33.0", "ab/requets_helper-0.1.tar.gz"))
    assert said == {
        "MLS-I016": "requests 2.33.0 is locked to requets_helper-0.1.tar.gz, a file of another project or release"
    }


def test_a_known_malicious_release_is_known_under_whatever_name_it_is_locked(world: World) -> None:
    said = _ids(world, _lock("requests", "2.33.0", "ab/litellm-1.82.8-py3-none-any.whl"))
    assert set(said) == {"litellm-2026", "MLS-I016"}
    assert said["litellm-2026"].startswith("requests 2.33.0 is locked to litellm-1.82.8-py3-none-any.whl, a file of a known")
    said = _ids(world, _lock("litellm", "1.84.0", "ab/litellm-1.82.8.tar.gz"))
    assert set(said) == {"MAL-2026-2144", "MLS-I016"}


def test_what_to_do_about_it_is_to_look_at_who_changed_the_lock(world: World) -> None:
    (world.tree.root / "uv.lock").write_text(_lock("requests", "2.33.0", "ab/litellm-1.82.8.tar.gz"), encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True, checks=("known-bad",)), world)
    (found,) = [finding for finding in report.findings if finding.kind is Kind.MALICIOUS]
    assert found.remedy.startswith("Find out who put litellm-1.82.8.tar.gz into the lock and lock requests again")
    assert "rotate" in found.remedy


def test_a_requirement_by_address_whose_file_is_a_known_malicious_release(world: World) -> None:
    text = "helper @ https://files.example/litellm-1.82.8.tar.gz\n"
    (world.tree.root / "requirements.txt").write_text(text, encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True, checks=("known-bad", "index")), world)
    assert "litellm-2026" in {finding.id for finding in report.findings}


def _package(name: str, version: str, *files: str, source: Source = Source()) -> Package:
    artifacts = tuple(Artifact(file, "wheel" if file.endswith(".whl") else "sdist") for file in files)
    return Package(coordinate=Coordinate("pypi", name, version), source=source, artifacts=artifacts)


@pytest.mark.parametrize(
    ("name", "version", "file"),
    [
        ("zope-interface", "8.0", "zope.interface-8.0.tar.gz"),
        ("zope-interface", "8.0", "zope_interface-8.0-cp311-cp311-manylinux_2_17_x86_64.whl"),
        ("pyyaml", "6.0", "PyYAML-6.0.zip"),
        ("pyyaml", "6.0.0", "PyYAML-6.0.tar.bz2"),
        ("torch", "2.9.0+cu128", "torch-2.9.0%2Bcu128-cp311-cp311-linux_x86_64.whl"),
        ("torch", "2.9.0", "torch-2.9.0+cpu-cp311-cp311-linux_x86_64.whl"),
        ("ab-1", "2.0", "ab-1-2.0.tar.gz"),
        ("demo", "1.0.post1", "demo-1.0-1.tar.gz"),
        ("demo", "1.0rc1", "demo-1.0.RC1.tar.gz"),
        ("demo", "2004d", "demo-2004d.tar.gz"),
        ("demo", "", "demo-1.0-py3-none-any.whl"),
        ("demo", "1.0", "demo-1.0.win32.exe"),
    ],
)
def test_other_spellings_of_the_same_name_and_version_are_its_own(name: str, version: str, file: str) -> None:
    kind = "other" if file.endswith(".exe") else "sdist"
    artifact = Artifact(file.replace("%2B", "+"), kind, f"https://files.example/{file}")
    assert foreign(Package(coordinate=Coordinate("pypi", name, version), source=Source(), artifacts=(artifact,))) == ()


@pytest.mark.parametrize(
    ("name", "version", "file"),
    [
        ("demo", "1.8", "demo-1.80-py3-none-any.whl"),
        ("demo", "1.8", "demo-1.8.1.tar.gz"),
        ("demo", "1.8", "demo_1-1.8.tar.gz"),
        ("demo", "1.8", "demo-extra-1.8.tar.gz"),
        ("demo", "1.8", "dem-1.8-py3-none-any.whl"),
        ("demo", "1.8", "payload.tar.gz"),
        ("demo", "", "other-1.8-py3-none-any.whl"),
    ],
)
def test_another_name_or_version_is_foreign(name: str, version: str, file: str) -> None:
    (found,) = foreign(_package(name, version, file))
    assert found.filename == file


def test_the_name_in_the_address_counts_whatever_name_the_lock_gives_the_file() -> None:
    artifact = Artifact("demo-1.0.tar.gz", "sdist", "https://files.example/x/other-9.9.tar.gz#sha256=00")
    package = Package(coordinate=Coordinate("pypi", "demo", "1.0"), source=Source(), artifacts=(artifact,))
    assert [file.filename for file in foreign(package)] == ["other-9.9.tar.gz"]


def test_a_source_archive_at_an_address_may_honestly_have_any_name(world: World) -> None:
    text = "demo @ https://git.example/them/demo/archive/refs/heads/feature-1.zip\n"
    (world.tree.root / "requirements.txt").write_text(text, encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True, checks=("index",)), world)
    assert "MLS-I016" not in {finding.id for finding in report.findings}
    wheel = Source(SourceKind.URL, "https://files.example/other-1.0-py3-none-any.whl")
    assert foreign(_package("demo", "1.0", source=wheel))
