"""Files that are none, names that cannot be shown and folders without end, through the command itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlsupply.errors import MlsupplyError
from mlsupply.folders import files_below

LITELLM = "litellm==1.82.8\n"


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own. A hang fails the test by its time limit."""
    environ = {"PATH": os.environ["PATH"], "MLSUPPLY_CACHE_DIR": str(cwd / ".cache"), "HOME": str(cwd)}
    command = [sys.executable, "-P", "-m", "mlsupply", *arguments]
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def _scan(cwd: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(_run("scan", "--offline", "-o", "json", cwd=cwd).stdout)
    return report


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A compromised release in a folder whose name is not UTF-8, another in a file with an escape code in its name."""
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(folder)  # noqa: PTH102  pathlib takes no bytes
    with open(folder + b"/requirements.txt", "w", encoding="ascii") as file:
        file.write(LITELLM)
    (tmp_path / "requirements\x1b[2J\n.txt").write_text("torch==2.0.0\n", encoding="ascii")
    return tmp_path


def test_files_whose_names_cannot_be_shown_are_audited_like_the_others(strange: Path) -> None:
    report = _scan(strange)
    assert {package["name"] for package in report["packages"]} == {"litellm", "torch"}
    assert {one["path"] for one in report["inputs"]} == {r"\xff\xfe/requirements.txt", r"requirements\x1b[2J\n.txt"}
    assert report["verdict"]["exit_code"] == 1


@pytest.mark.parametrize("name", ["table", "sarif", "cyclonedx", "cyclonedx-xml", "spdx", "markdown", "html", "github"])
def test_every_format_can_write_them(strange: Path, name: str) -> None:
    done = _run("scan", "--offline", "-o", name, cwd=strange)
    assert done.returncode == 1
    assert b"xff" in done.stdout
    assert b"\x1b" not in done.stdout


def test_a_name_that_is_already_taken_hides_nothing(strange: Path) -> None:
    (strange / r"\xff\xfe").mkdir()
    (strange / r"\xff\xfe/requirements.txt").write_text("six==1.16.0\n", encoding="ascii")
    assert {package["name"] for package in _scan(strange)["packages"]} == {"litellm", "torch", "six"}


def test_an_argument_that_cannot_be_shown_is_refused(strange: Path) -> None:
    done = _run("scan", "--offline", os.fsdecode(b"\xff\xfe"), cwd=strange)
    assert done.returncode == 2
    assert b"cannot be shown" in done.stderr


def test_pipes_and_dead_links_in_the_place_of_inputs_are_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    os.mkfifo(tmp_path / "talk.sock")
    (tmp_path / "uv.lock").symlink_to("uv.lock")
    (tmp_path / "data.bin").symlink_to("gone")
    report = _scan(tmp_path)
    said = {gap["subject"]: gap["detail"] for gap in report["gaps"] if gap["check"] == "inventory"}
    assert {subject.rpartition("/")[2] for subject in said} == {"requirements.txt", "uv.lock"}
    assert "a pipe, socket or device" in said["requirements.txt"]
    assert report["verdict"]["exit_code"] != 0


@pytest.mark.parametrize(
    "arguments",
    [["inspect"], ["models", "scan"], ["models", "verify"], ["scan", "--offline", "--config"], ["scan", "--vex"]],
)
@pytest.mark.parametrize("path", ["pipe.whl", "/dev/zero"])
def test_a_pipe_or_device_is_refused_and_not_waited_for(tmp_path: Path, arguments: list[str], path: str) -> None:
    os.mkfifo(tmp_path / "pipe.whl")
    done = _run(*arguments, path, cwd=tmp_path)
    assert done.returncode == 2
    assert b"is a pipe, socket or device" in done.stderr


def test_a_folder_without_models_is_said(tmp_path: Path) -> None:
    done = _run("models", "scan", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (4, b"nothing to audit: no model file in .\n")


def test_a_configuration_that_switches_every_check_off_is_said(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(LITELLM, encoding="ascii")
    every = ["known-bad", "advisories", "contents", "names", "index", "release", "models"]
    (tmp_path / "pyproject.toml").write_text(f"[tool.mlsupply]\nskip = {every}\n", encoding="ascii")
    gaps = _scan(tmp_path)["gaps"]
    assert {gap["check"] for gap in gaps if "did not run" in gap["detail"]} == set(every)


def test_a_check_that_the_configuration_leaves_out_is_said_where_gaps_are(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("idna==3.10\n", encoding="ascii")
    (tmp_path / "mlsupply.toml").write_text('skip = ["names", "release"]\n', encoding="ascii")
    report = _scan(tmp_path)
    said = {gap["check"]: gap["place"]["file"] for gap in report["gaps"] if "did not run" in gap["detail"]}
    assert said == {"names": "mlsupply.toml", "release": "mlsupply.toml"}
    assert "but for what is switched off" in report["verdict"]["reason"] or report["verdict"]["exit_code"] == 3
    table = _run("scan", "--offline", cwd=tmp_path).stdout.decode()
    words = "names, disabled mlsupply.toml: all packages: the check did not run: mlsupply.toml leaves it out (not counted)"
    assert words in " ".join(table.split())
    typed = json.loads(_run("scan", "--offline", "--skip", "index", "-o", "json", cwd=tmp_path).stdout)
    assert not [gap for gap in typed["gaps"] if "did not run" in gap["detail"]], "who types it knows"


def test_a_configuration_of_the_wrong_shape_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nmlsupply = 7\n", encoding="ascii")
    done = _run("scan", cwd=tmp_path)
    assert done.returncode == 2
    assert b"tool.mlsupply is a table, not 7" in done.stderr


def test_a_folder_of_advisories_without_end_is_refused(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.json").write_text("{}", encoding="ascii")
    os.mkfifo(tmp_path / "pipe.json")
    assert [path.name for path in files_below(tmp_path, (".json",))] == [f"{number}.json" for number in range(5)]
    with pytest.raises(MlsupplyError, match="too many files"):
        files_below(tmp_path, (".json",), most=5)


def test_an_sbom_of_five_thousand_components_is_written_in_time_and_without_warnings(tmp_path: Path) -> None:
    count = 5_000
    components = [
        {"type": "library", "name": f"n{i}", "version": "1.0", "purl": f"pkg:pypi/n{i}@1.0", "bom-ref": f"r{i}"}
        for i in range(count)
    ]
    dependencies = [{"ref": f"r{i}", "dependsOn": [f"r{i + 1}", f"r{i // 2}"]} for i in range(count - 1)]
    given = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components, "dependencies": dependencies}
    (tmp_path / "bom.cdx.json").write_text(json.dumps(given), encoding="ascii")
    done = _run("sbom", "bom.cdx.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    written = json.loads(done.stdout)
    assert len(written["components"]) == count
    refs = {one["bom-ref"] for one in written["components"]}
    assert refs < {one["ref"] for one in written["dependencies"]}


@pytest.mark.parametrize("output", ["table", "json"])
def test_models_whose_names_cannot_be_shown_are_judged(tmp_path: Path, output: str) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff\x1b[2J.safetensors", "wb") as file:
        file.write(b"no tensors")
    done = _run("models", "scan", ".", "-o", output, cwd=tmp_path)
    assert done.returncode == 0
    assert b"safetensors" in done.stdout
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize("verb", [["scan", "--offline"], ["rules", "list"], ["explain", "litellm-2026"]])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_output_that_cannot_be_written_is_said(tmp_path: Path, verb: list[str]) -> None:
    (tmp_path / "requirements.txt").write_text(LITELLM, encoding="ascii")
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-P", "-m", "mlsupply", *verb]
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 2
    assert (
        done.stderr.decode() == "mlsupply: the output could not be written: No space left on device [output-not-written]\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep the folder a program is started in")
@pytest.mark.parametrize("verb", [["scan", "--offline"], ["inspect", "."], ["sbom"]])
def test_a_folder_that_is_gone_is_said_and_no_output_blamed(tmp_path: Path, verb: list[str]) -> None:
    (gone := tmp_path / "gone").mkdir()
    script = f"rmdir ../gone && exec '{sys.executable}' -P -m mlsupply {' '.join(verb)}"
    done = subprocess.run(["/bin/sh", "-c", script], cwd=gone, capture_output=True, check=False, timeout=60)
    said = b"mlsupply: the folder this was started in is gone [system-refused]\n  hint: change to one that is there\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_a_closed_output_leaves_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(LITELLM, encoding="ascii")
    script = f"'{sys.executable}' -P -m mlsupply scan --offline >&-"
    done = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("verb", [["scan", "--offline"], ["inspect"], ["models", "scan"], ["sbom"]])
def test_a_name_that_is_too_long_for_the_system_is_told_in_words(tmp_path: Path, verb: list[str]) -> None:
    done = _run(*verb, "a/" + "b" * 5_000, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"mlsupply: ")
