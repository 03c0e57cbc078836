"""Traces that no metadata or no file name spells out: linked or damaged installations, caches of pip, renamed wheels,
compressed images, and logs of any name."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from mlsupply.exposure.machine import look
from mlsupply.exposure.question import ask
from mlsupply.exposure.traces import Machine
from mlsupply.world import Limits

METADATA = "Metadata-Version: 2.1\nName: acme-sdk\nVersion: {}\n"
SITE = "lib/python3.12/site-packages"


def _look(*paths: Path, question: str = "acme-sdk==1.5") -> Machine:
    return look([str(path) for path in paths], ask(question), Limits(), "", lambda *_: None)


def _says(*paths: Path) -> list[tuple[str, str]]:
    return [(trace.kind, trace.says) for trace in _look(*paths).traces]


def _put(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def _wheel(version: str = "1.5") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        made.writestr("acme_sdk/__init__.py", "")
        made.writestr(f"Acme_SDK-{version}.dist-info/METADATA", METADATA.format(version))
    return data.getvalue()


def _tar(**files: bytes) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as made:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return data.getvalue()


@pytest.mark.parametrize("version", ["1.5", "1.6"])
@pytest.mark.parametrize(
    "name",
    [
        f"{SITE}/acme_sdk-{{}}.dist-info/RECORD",
        f"{SITE}/acme_sdk-{{}}.egg-info",
        f"{SITE}/acme_sdk-{{}}-py3.12.egg-info",
        f"{SITE}/acme_sdk-{{}}-py3.12.egg",
        f"{SITE}/acme_sdk-{{}}-py3.12-linux-x86_64.egg/EGG-INFO/top_level.txt",
    ],
)
def test_an_installation_without_metadata_is_known_by_its_name(tmp_path: Path, name: str, version: str) -> None:
    _put(tmp_path / name.format(version), b"x")
    expected = [("installed", "acme-sdk 1.5 is unpacked here, by the name")] if version == "1.5" else []
    assert _says(tmp_path) == expected


def test_an_installation_by_links_is_known_by_its_name(tmp_path: Path) -> None:
    kept = _put(tmp_path / "cache/METADATA", METADATA.format("1.5"))
    for folder in ("files", "folder"):
        (tmp_path / folder / SITE).mkdir(parents=True)
    made = tmp_path / "files" / SITE / "acme_sdk-1.5.dist-info"
    made.mkdir()
    (made / "METADATA").symlink_to(kept)
    (tmp_path / "folder" / SITE / "acme_sdk-1.5.dist-info").symlink_to(kept.parent)
    assert [kind for kind, _ in _says(tmp_path / "files")] == ["installed"]
    assert [kind for kind, _ in _says(tmp_path / "folder")] == ["installed"]


def test_an_installation_with_metadata_is_told_once(tmp_path: Path) -> None:
    _put(tmp_path / SITE / "acme_sdk-1.5.dist-info/METADATA", METADATA.format("1.5"))
    _put(tmp_path / SITE / "acme_sdk-1.5.dist-info/RECORD", "acme_sdk-1.5.dist-info/METADATA,,\n")
    _put(tmp_path / SITE / "acme_sdk-1.5-py3.12.egg/EGG-INFO/PKG-INFO", METADATA.format("1.5"))
    assert _says(tmp_path) == [("installed", "acme-sdk 1.5 is unpacked here")] * 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("http-v2/a/b/c/d/e/abcde0123456789.body", _wheel()),
        ("http-v2/a/b/c/d/e/abcde0123456789.body", gzip.compress(_tar(**{"acme-sdk-1.5/setup.py": b""}))),
        ("http/a/b/c/d/e/abcde0123456789", b"cc=4,\x82\xa8response\x87\xa4body\xc6" + _wheel() + b"\xa7headers\x80"),
        ("http/a/b/c/d/e/abcde0123456789", b"cc=4,\x82\xa8" + gzip.compress(_tar(**{"./acme_sdk-1.5/x": b""}))),
        ("downloads/latest.whl", _wheel()),
        ("functions/layer.zip", _wheel()),
        ("bin/app.pex", b"#!/usr/bin/env python3\n" + _wheel()),
        ("downloads/large.whl", _wheel().replace(b"PK", b"\0" * (6 << 20) + b"PK", 1)),
    ],
    ids=["body", "sdist", "older body", "older sdist", "renamed", "layer", "pex", "large"],
)
def test_an_archive_whose_name_does_not_tell_what_it_holds_is_looked_into(tmp_path: Path, name: str, data: bytes) -> None:
    _put(tmp_path / name, data)
    assert _says(tmp_path) == [("archive", "holds acme-sdk 1.5, by what is in it")]


@pytest.mark.parametrize(
    "data", [_wheel("1.6"), b"my-" + _wheel().replace(b"Acme_SDK", b"xcme_sdk"), b"\x1f\x8b\x08 damaged", b""]
)
def test_another_archive_is_no_trace(tmp_path: Path, data: bytes) -> None:
    _put(tmp_path / "http-v2/a/b/c/d/e/abcde0123456789.body", data)
    assert _says(tmp_path) == []


def _image() -> bytes:
    layer = _tar(**{f"./usr/{SITE}/acme_sdk-1.5.dist-info/METADATA": METADATA.format("1.5").encode()})
    return _tar(**{"abc/layer.tar": layer, "manifest.json": json.dumps([{"Layers": ["abc/layer.tar"]}]).encode()})


@pytest.mark.parametrize("name", ["image.tar", "image.tar.gz", "app-1.0.tgz"])
def test_an_image_is_read_compressed_or_not(tmp_path: Path, name: str) -> None:
    image = _put(tmp_path / name, _image() if name.endswith(".tar") else gzip.compress(_image()))
    assert [kind for kind, _ in _says(image)] == ["installed"]
    assert [kind for kind, _ in _says(tmp_path)] == ["installed"]


def test_a_compressed_image_that_ends_early_is_said(tmp_path: Path) -> None:
    data = gzip.compress(_image())
    image = _put(tmp_path / "image.tar.gz", data[: len(data) // 2])
    assert any("ends early or is damaged" in gap.detail for gap in _look(image).gaps)


def test_a_compressed_archive_of_other_things_is_read_only_where_it_is_named(tmp_path: Path) -> None:
    files = {f"data/{number}": b"" for number in range(30)} | {"site-packages/acme_sdk-1.5.dist-info/METADATA": b"x"}
    packed = _put(tmp_path / "set.tar.gz", gzip.compress(_tar(**files)))
    assert _says(tmp_path) == []
    assert _look(tmp_path).passed == 1
    assert [kind for kind, _ in _says(packed)] == ["installed"]
    assert _look(packed).passed == 0


def test_a_list_of_files_that_is_longer_than_is_searched_is_said(tmp_path: Path) -> None:
    end = b"PK\x05\x06" + bytes(8) + (5 << 20).to_bytes(4, "little") + bytes(6)
    _put(tmp_path / "functions/layer.zip", bytes(5 << 20) + end)
    (gap,) = _look(tmp_path).gaps
    assert gap.detail == "only the last 4,194,304 bytes of its list of files were searched"


def test_a_file_that_is_named_is_searched_as_a_log_whatever_it_is_called(tmp_path: Path) -> None:
    log = _put(tmp_path / "ci-output.txt", "Collecting acme-sdk\nSuccessfully installed acme-sdk-1.5\n")
    assert _says(log) == [("text", "names the release: acme-sdk-1.5")]
    assert _says(_put(tmp_path / "requirements.txt", "acme-sdk==1.5\n")) == [("names", "names acme-sdk 1.5")]
