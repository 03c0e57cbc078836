"""Traces on machines: an environment, caches, logs, an image, a folder of SBOMs; nothing found is started."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.advisories.incident_records import BadFile
from mlsupply.cli import main
from mlsupply.exposure import machine
from mlsupply.exposure.indicators import release_in_text
from mlsupply.exposure.question import ask
from mlsupply.world import Limits, silent

SITE = "venv/lib/python3.12/site-packages"


def _write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def _recorded(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _installed(version: str = "1.82.8") -> dict[str, str | bytes]:
    code = b"x = 1\n"
    info = f"{SITE}/litellm-{version}.dist-info"
    lines = [
        f"litellm/__init__.py,{_recorded(code)},6",
        f"litellm/main.py,{_recorded(code)},6",
        "litellm/gone.py,,",
        "../../../bin/litellm,,",
        f"litellm-{version}.dist-info/METADATA,,",
    ]
    return {
        "venv/pyvenv.cfg": "home = /usr/bin\n",
        "venv/bin/litellm": "#!/bin/sh\n",
        f"{SITE}/litellm/__init__.py": code,
        f"{SITE}/litellm/main.py": b"x = 2\n",
        f"{SITE}/litellm/extra.py": b"",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: litellm\nVersion: {version}\n",
        f"{info}/RECORD": "\n".join(lines),
    }


def _look(*words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(main, ["exposure", "litellm-2026", *words, "-o", "json", "--no-progress"])
    return done.exit_code, json.loads(done.stdout)


def _traces(document: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((trace["kind"], Path(trace["path"]).name) for trace in document["machine"]["traces"])


def _states(document: dict[str, Any]) -> dict[str, str]:
    return {one["text"]: one["state"] for one in document["machine"]["indicators"]}


def test_an_environment_with_the_bad_release_and_files_that_differ_from_its_record(tmp_path: Path) -> None:
    code, document = _look(str(_write(tmp_path, _installed()) / "venv"))
    assert code == 1
    says = [trace["says"] for trace in document["machine"]["traces"]]
    assert says == [
        "litellm 1.82.8 is unpacked here",
        "litellm/main.py differs from RECORD",
        "litellm/gone.py is listed in RECORD and not there",
        "litellm/extra.py is not in RECORD",
    ]


def test_a_good_release_leaves_no_trace_and_every_indicator_a_state(tmp_path: Path) -> None:
    code, document = _look(str(_write(tmp_path, _installed("1.82.6")) / "venv"))
    assert code == 0
    assert document["machine"]["traces"] == []
    states = _states(document)
    assert states["litellm_init.pth"] == "absent"
    assert states["~/.config/sysmon/sysmon.py"] == "not looked", "no home was named"
    assert states["/tmp/pglog"] == "not looked", "an environment is no file system"
    assert states["checkmarx.zone"] == "not looked", "there was neither log nor configuration"
    assert states['sysmon.service ("System Telemetry Service")'] == "not looked", "no unit lies in an environment"
    assert states["kube-system pods node-setup-*"] == "not looked"


def test_what_a_user_carries_caches_wheels_logs_and_left_behind_files(tmp_path: Path) -> None:
    home = _write(
        tmp_path,
        {
            "cache/uv/wheels-v5/pypi/litellm/1.82.7-py3-none-any.msgpack": b"x",
            "cache/uv/archive-v0/abc/litellm-1.82.8.dist-info/METADATA": "Name: litellm\nVersion: 1.82.8\n",
            "cache/uv/simple-v16/pypi/litellm.rkyv": b"x",
            "wheels/litellm-1.82.8-py3-none-any.whl": b"no zip",
            "wheels/litellm-1.82.6-py3-none-any.whl": b"no zip",
            "wheels/litellm-1.82.7.tar.gz": b"",
            "conda/pkgs/litellm-1.82.8-pyhd8ed1ab_0/info/index.json": "{}",
            "home/.config/sysmon/sysmon.py": "",
            "home/.bash_history": "export AWS_SECRET=hunter2; curl https://models.litellm.cloud/x\n",
            "logs/pip.log": "Collecting a\nSuccessfully installed httpx-1.0 litellm-1.82.8 x\n",
            "logs/other.log": "litellm-1.82.80 litellm-1.82.8.post1 notmodels-litellm.cloud xcheckmarx.zone\n",
        },
    )
    code, document = _look(str(home / "cache"), str(home / "wheels"), str(home / "conda"), str(home / "logs"), "--home",
                           str(home / "home"))  # fmt: skip
    assert code == 1
    assert _traces(document) == [
        ("archive", "litellm-1.82.7.tar.gz"),
        ("archive", "litellm-1.82.8-py3-none-any.whl"),
        ("cache", "1.82.7-py3-none-any.msgpack"),
        ("conda", "index.json"),
        ("file", "sysmon.py"),
        ("installed", "METADATA"),
        ("text", ".bash_history:1"),
        ("text", "pip.log:2"),
    ]
    assert _states(document)["models.litellm.cloud"] == "present"
    assert _states(document)["checkmarx.zone"] == "absent"
    assert "hunter2" not in json.dumps(document), "a line that holds a secret is not repeated"


def test_a_file_is_known_by_its_digest_whatever_its_name(tmp_path: Path) -> None:
    data = b"import evil\n"
    known = (
        BadFile("sha256", hashlib.sha256(data).hexdigest(), "litellm_init.pth"),
        BadFile("blake2b-256", hashlib.blake2b(data, digest_size=32).hexdigest(), ""),
    )
    question = replace(ask("litellm==1.82.8"), files=known)
    _write(tmp_path, {"site-packages/harmless.pth": data, "http-v2/a/b/c.body": data, "x.txt": data})
    found = machine.look([str(tmp_path)], question, Limits(), "", silent)
    hashed = sorted(Path(trace.path).name for trace in found.traces if trace.kind == "hash")
    assert hashed == ["c.body", "c.body", "harmless.pth", "harmless.pth"]
    assert [one.state.value for one in found.indicators if one.kind == "hashes"] == ["present", "present"]


def _tar(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
    return buffer.getvalue()


_LAYER = {
    "usr/lib/python3.12/site-packages/litellm-1.82.8.dist-info/METADATA": b"Name: litellm\nVersion: 1.82.8\n",
    "usr/lib/python3.12/site-packages/litellm_init.pth": b"import os\n",
    "tmp/pglog": b"",
}
_IN_LAYER = [("file", "litellm_init.pth"), ("file", "pglog"), ("installed", "METADATA")]


def test_a_saved_image_is_read_layer_by_layer_and_nothing_is_unpacked(tmp_path: Path) -> None:
    outer = _tar({"abc/layer.tar": _tar(_LAYER, {"etc/x": "/etc/passwd"}), "manifest.json": b"[]"})
    _write(tmp_path, {"image.tar": outer})
    code, document = _look(str(tmp_path / "image.tar"))
    assert code == 1
    assert _traces(document) == _IN_LAYER
    assert document["machine"]["traces"][0]["path"].endswith("image.tar!/abc/layer.tar!/usr/lib/python3.12/site-packages/"
                                                             "litellm-1.82.8.dist-info/METADATA")  # fmt: skip
    assert [path.name for path in tmp_path.rglob("*")] == ["image.tar"]


def test_an_oci_layout_with_compressed_layers(tmp_path: Path) -> None:
    _write(tmp_path, {"oci-layout": "{}", "blobs/sha256/aa": gzip.compress(_tar(_LAYER)), "blobs/sha256/bb": b"{}"})
    code, document = _look(str(tmp_path))
    assert (code, _traces(document)) == (1, _IN_LAYER)
    assert _states(document)["/tmp/pglog"] == "present"
    assert _states(document)["~/.config/sysmon/sysmon.py"] == "absent", "an image is a whole file system"


def test_a_damaged_image_and_a_bomb_are_gaps(tmp_path: Path) -> None:
    damaged = _tar({"a/layer.tar": _tar(_LAYER)})[:2000]
    bomb = gzip.compress(_tar({"zeros": bytes(64 << 20)}), 9)
    _write(tmp_path, {"damaged.tar": damaged, "bomb/oci-layout": "{}", "bomb/blobs/sha256/aa": bomb + b"\0" * 8})
    _, document = _look(str(tmp_path / "damaged.tar"))
    assert "damaged" in str(document["gaps"])
    code, document = _look(str(tmp_path / "bomb"))
    assert code == 3
    assert "unpack to more" in str(document["gaps"])


def test_a_folder_of_boms_tells_which_of_them_hold_the_release(tmp_path: Path) -> None:
    def bom(version: str) -> str:
        part = {"type": "library", "name": "litellm", "version": version, "purl": f"pkg:pypi/litellm@{version}"}
        return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [part]})

    spdx = {
        "spdxVersion": "SPDX-2.3",
        "packages": [
            {
                "SPDXID": "SPDXRef-a",
                "name": "litellm",
                "versionInfo": "1.82.7",
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": "pkg:pypi/litellm@1.82.7",
                    }
                ],
            }
        ],
    }
    _write(tmp_path, {"a.cdx.json": bom("1.82.8"), "team/b.json": bom("1.82.8"), "c.json": bom("1.82.6"), "d.spdx.json":
                      json.dumps(spdx), "e.cdx.json": "{", "f.json": "{}"})  # fmt: skip
    code, document = _look(str(tmp_path))
    assert code == 1
    assert _traces(document) == [("names", "a.cdx.json"), ("names", "b.json"), ("names", "d.spdx.json")]
    assert document["machine"]["inventories"] == 5
    assert "e.cdx.json" in str(document["gaps"])


def test_links_are_not_followed_and_record_leads_nowhere_else(tmp_path: Path) -> None:
    _write(tmp_path, {"secret/litellm-1.82.8-py3-none-any.whl": b"x", **_installed()})
    (tmp_path / "venv/link").symlink_to(tmp_path / "secret")
    record = tmp_path / SITE / "litellm-1.82.8.dist-info/RECORD"
    record.write_text(f"../../../../secret/litellm-1.82.8-py3-none-any.whl,{_recorded(b'y')},1\n", encoding="utf-8")
    _, document = _look(str(tmp_path / "venv"))
    assert not [trace for trace in document["machine"]["traces"] if trace["kind"] == "archive"]
    assert "outside the folder" in str(document["gaps"])


def test_a_record_with_a_line_that_cannot_be_read_is_compared_to_its_end(tmp_path: Path) -> None:
    _write(tmp_path, _installed())
    record = tmp_path / SITE / "litellm-1.82.8.dist-info/RECORD"
    record.write_text('"' + "x" * 200_000 + '",,\n' + record.read_text(encoding="utf-8"), encoding="utf-8")
    _, document = _look(str(tmp_path / "venv"))
    says = [trace["says"] for trace in document["machine"]["traces"]]
    assert "line 1 of RECORD cannot be read" in says
    assert "litellm/main.py differs from RECORD" in says


def test_the_digest_of_a_bad_file_in_a_record_tells_of_it_when_the_file_is_gone(tmp_path: Path) -> None:
    bad = next(digest for digest in ask("litellm-2026").files if digest.algorithm == "sha256")
    encoded = base64.urlsafe_b64encode(bytes.fromhex(bad.value)).decode().rstrip("=")
    _write(tmp_path, {"site-packages/other-1.0.dist-info/RECORD": f"other/left.py,sha256={encoded},6\n"})
    code, document = _look(str(tmp_path))
    assert code == 1
    assert [(trace["kind"], trace["says"].split(" with")[0]) for trace in document["machine"]["traces"]] == [
        ("hash", "lists other/left.py")
    ]


def test_what_is_too_much_or_too_large_to_look_at_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(
        tmp_path,
        {"a/install.log": "x" * 3000, "a/litellm-1.82.8-py3-none-any.whl": "y" * 3000, "b/c.txt": "", "b/d.txt": ""},
    )
    monkeypatch.setattr(machine, "_WHOLE", 2000)
    code, document = _look(str(tmp_path / "a"))
    assert code == 1  # by the archive's name; its digest was computed piece by piece
    assert ("archive", "litellm-1.82.8-py3-none-any.whl") in _traces(document)
    assert "larger than 2,000 bytes; its content was not looked at" in str(document["gaps"])
    monkeypatch.setattr(machine, "_WHOLE", 4000)
    monkeypatch.setattr("mlsupply.exposure.hunt.TEXT_BYTES", 2000)
    _, document = _look(str(tmp_path / "a"))
    assert [gap["detail"] for gap in document["gaps"]] == ["only the first 2,000 bytes were searched"]
    monkeypatch.setattr(machine, "_MAX_FILES", 1)
    _, document = _look(str(tmp_path / "b"))
    assert "more than 1 files; the rest was not looked at" in str(document["gaps"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+ litellm==1.82.8", True),
        ("Downloading litellm-1.82.8-py3-none-any.whl", True),
        ("Using cached litellm-1.82.7.tar.gz", True),
        ("litellm (1.82.8)", True),
        ("litellm-1.82.80", False),
        ("litellm-1.82.8rc1", False),
        ("my-litellm-1.82.8", False),
    ],
)
def test_a_release_is_found_as_installers_write_it(text: str, found: bool) -> None:
    assert bool(release_in_text(ask("litellm-2026")).search(text.encode())) is found


@pytest.mark.parametrize("output", ["table", "markdown"])
def test_people_read_traces_and_every_indicator(tmp_path: Path, output: str) -> None:
    _write(tmp_path, {"a/litellm_init.pth": "import x\n"})
    done = CliRunner().invoke(main, ["exposure", "litellm-2026", str(tmp_path), "-o", output, "--no-progress"])
    assert done.exit_code == 1
    for words in ("1 trace of it among 1 file", "a/litellm", "not looked", "Rebuild from a clean image"):
        assert words in done.stdout, words


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["exposure", "litellm-2026", str(tmp_path / "nowhere")])
    assert done.exit_code == 2
    assert "path-not-found" in done.stderr
