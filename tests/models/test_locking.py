"""Weights are locked from the caches, and a changed one is told."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlsupply.cli.models import command
from mlsupply.evidence.models.caches import cached, default_roots
from mlsupply.evidence.models.locking import signed_files

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def caches(tmp_path: Path) -> dict[str, Path]:
    """A Hugging Face cache with a linked blob, an Ollama store and a torch hub folder."""
    repo = tmp_path / "hub" / "models--acme--chat"
    for folder in ("blobs", "refs", f"snapshots/{COMMIT}"):
        (repo / folder).mkdir(parents=True)
    (repo / "blobs" / "b1").write_bytes(b"weights")
    (repo / "refs" / "main").write_text(COMMIT)
    (repo / f"snapshots/{COMMIT}/model.safetensors").symlink_to("../../blobs/b1")
    digest = "sha256:" + hashlib.sha256(b"layer").hexdigest()
    manifest = tmp_path / "ollama/manifests/registry.example/library/tiny"
    manifest.mkdir(parents=True)
    (manifest / "8b").write_text(json.dumps({"layers": [{"digest": digest}]}))
    (tmp_path / "ollama/blobs").mkdir()
    (tmp_path / "ollama/blobs" / digest.replace(":", "-")).write_bytes(b"layer")
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch/resnet.pth").write_bytes(b"net")
    return {"huggingface": tmp_path / "hub", "ollama": tmp_path / "ollama", "torch.hub": tmp_path / "torch"}


def invoke(verb: str, caches: dict[str, Path], *more: str) -> Result:
    words = [word for name, path in caches.items() for word in ("--cache", f"{name}={path}")]
    return CliRunner().invoke(command, [verb, *more, *words])


def test_what_the_caches_hold(caches: dict[str, Path]) -> None:
    found = {(one.registry, one.name, one.revision, one.refs) for one in cached(caches)}
    assert found == {
        ("huggingface", "acme/chat", COMMIT, ("main",)),
        ("ollama", "tiny", "8b", ()),
        ("torch.hub", "resnet.pth", "", ()),
    }


def test_lock_and_verify(caches: dict[str, Path], tmp_path: Path) -> None:
    lock = str(tmp_path / "models.lock")
    assert invoke("lock", caches, "-o", lock).exit_code == 0
    rows = json.loads(Path(lock).read_bytes())["models"]
    assert rows[0]["files"] == [{"path": "model.safetensors", "size": 7, "sha256": hashlib.sha256(b"weights").hexdigest()}]
    assert invoke("verify", caches, lock).exit_code == 0


def test_a_changed_file_fails(caches: dict[str, Path], tmp_path: Path) -> None:
    lock = str(tmp_path / "models.lock")
    invoke("lock", caches, "-o", lock)
    (caches["huggingface"] / "models--acme--chat/blobs/b1").write_bytes(b"weightZ")
    result = invoke("verify", caches, lock)
    assert result.exit_code == 1
    assert "changed     acme/chat@" in result.output


def test_missing_and_unlisted_files_are_not_verified(caches: dict[str, Path], tmp_path: Path) -> None:
    lock = str(tmp_path / "models.lock")
    invoke("lock", caches, "-o", lock)
    snapshot = caches["huggingface"] / f"models--acme--chat/snapshots/{COMMIT}"
    (snapshot / "model.safetensors").unlink()
    (snapshot / "extra.bin").write_bytes(b"x")
    result = invoke("verify", caches, lock)
    assert result.exit_code == 3
    assert "missing" in result.output
    assert "unlisted" in result.output


def test_only_what_is_named(caches: dict[str, Path], tmp_path: Path) -> None:
    lock = tmp_path / "models.lock"
    assert invoke("lock", caches, "-o", str(lock), "acme/chat", "acme/other").exit_code == 3
    assert [row["name"] for row in json.loads(lock.read_bytes())["models"]] == ["acme/chat"]


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 9}', '{"version": 1, "models": [{}]}'])
def test_a_lock_that_is_none(text: str, caches: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "models.lock").write_text(text)
    assert invoke("verify", caches, str(tmp_path / "models.lock")).exit_code == 2


def test_a_signature_is_held_against_the_folder(caches: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "w.safetensors").write_bytes(b"weights")
    rows = [{"name": "w.safetensors", "algorithm": "sha256", "digest": hashlib.sha256(b"weights").hexdigest()}]
    payload = base64.b64encode(json.dumps({"predicate": {"resources": rows}}).encode()).decode()
    signature = folder / "model.sig"
    signature.write_text(json.dumps({"dsseEnvelope": {"payload": payload}}))
    words = ("--signature", str(signature), "--folder", str(folder))
    assert invoke("verify", {}, *words).exit_code == 3  # the files fit; who signed was not checked
    (folder / "w.safetensors").write_bytes(b"other")
    assert invoke("verify", {}, *words).exit_code == 1


@pytest.mark.parametrize(("method", "listed"), [("files", ["w.safetensors"]), ("shards", [])])
def test_digests_of_parts_of_files_are_not_taken_for_those_of_files(method: str, listed: list[str]) -> None:
    rows = [{"name": "w.safetensors", "algorithm": "sha256", "digest": "00" * 32}]
    predicate = {"serialization": {"method": method}, "resources": rows}
    payload = base64.b64encode(json.dumps({"predicate": predicate}).encode()).decode()
    files = signed_files(json.dumps({"dsseEnvelope": {"payload": payload}}).encode())
    assert [file.path for file in files] == listed


def test_where_the_caches_are() -> None:
    roots = default_roots({"HF_HOME": "/h", "TORCH_HOME": "/t"}, Path("/home/u"))
    assert roots == {
        "huggingface": Path("/h/hub"),
        "ollama": Path("/home/u/.ollama/models"),
        "torch.hub": Path("/t/hub/checkpoints"),
    }


def test_a_changed_file_is_a_critical_finding(caches: dict[str, Path], tmp_path: Path) -> None:
    lock = str(tmp_path / "models.lock")
    invoke("lock", caches, "-o", lock)
    (caches["torch.hub"] / "resnet.pth").write_bytes(b"other")
    result = invoke("verify", caches, lock, "-o", "json")
    report = json.loads(result.output)
    found = report["findings"][0]
    assert (result.exit_code, found["id"], found["severity"], found["kind"]) == (1, "MLS-M070", "critical", "integrity")
    assert "resnet.pth" in found["message"]
