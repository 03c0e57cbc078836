"""Files of every kind that are broken: each names itself, its line, what is wrong and what to do, and takes nothing else
with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.cli import main

_SUM = "sha256:" + "ab" * 32
WHOLE = {
    "pyproject.toml": '[project]\nname = "demo"\nversion = "1"\ndependencies = ["idna==3.10", "anyio"]\n',
    "uv.lock": 'version = 1\n\n[[package]]\nname = "idna"\nversion = "3.10"\nsource = { virtual = "." }\n',
    "poetry.lock": '[[package]]\nname = "idna"\nversion = "3.10"\nfiles = []\n\n[metadata]\nlock-version = "2.1"\n',
    "pdm.lock": '[metadata]\nlock_version = "4.5.0"\n\n[[package]]\nname = "idna"\nversion = "3.10"\nfiles = []\n',
    "Pipfile.lock": json.dumps({"_meta": {"sources": []}, "default": {"idna": {"version": "==3.10"}}}, indent=1),
    "pylock.toml": 'lock-version = "1.0"\ncreated-by = "uv"\n\n[[packages]]\nname = "idna"\nversion = "3.10"\n',
    "environment.yml": "name: demo\ndependencies:\n  - python\n  - pip:\n    - idna==3.10\n",
    "Dockerfile": "FROM python:3.12\nRUN pip install idna==3.10\n",
    "bom.cdx.json": json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "idna"}]}, indent=1
    ),
}
_SYNTAX = set(WHOLE) - {"Dockerfile"}  # those of a grammar that a parser refuses as a whole


def _scan(folder: Path) -> dict[str, Any]:
    done = CliRunner().invoke(main, ["scan", str(folder), "--offline", "--feed", "embedded", "--no-progress", "-o", "json"])
    assert done.exit_code in {1, 3}, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound requirements file in it, for what stands beside."""
    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "project/sound").mkdir(parents=True)
    (tmp_path / "project/sound/requirements.txt").write_text(f"litellm==1.82.8 --hash={_SUM}\n", encoding="ascii")
    return tmp_path / "project"


def _cut(text: str) -> bytes:
    """In the middle of the last word but one."""
    return text.rstrip().rpartition('"')[0][:-1].encode()


DAMAGES: dict[str, Callable[[str], bytes]] = {
    "cut": _cut,
    "garbled": lambda text: f"{text}\n}}}} = [ not : valid\n  - : {{{{\n".encode(),
    "Latin-1": lambda text: text.replace("idna", "idn\xe4").encode("latin-1"),
    "escapes": lambda text: text.replace("idna", "id\x1b[31mna\x07").encode(),
}


# YAML that is cut off is YAML.
BROKEN = [(name, damage) for name in sorted(_SYNTAX) for damage in DAMAGES if (damage, name[-3:]) != ("cut", "yml")]


@pytest.mark.parametrize(("name", "damage"), BROKEN)
def test_a_broken_file_is_told_with_its_line_and_what_to_do(name: str, damage: str, project: Path) -> None:
    (project / name).write_bytes(DAMAGES[damage](WHOLE[name]))
    report = _scan(project)
    assert "MAL-2026-2144" in {row["id"] for row in report["findings"]}, "what is beside it is audited as before"
    rows = [row for row in report["gaps"] if row["check"] == "inventory" and row["reason"] == "malformed"]
    (row,) = [row for row in rows if row["place"]["file"].endswith(f"/{name}")]
    assert row["place"]["line"], row
    assert row["detail"]
    assert row["hint"]
    assert "\x1b" not in json.dumps(report, ensure_ascii=False)


@pytest.mark.parametrize(("name", "tool"), [("poetry.lock", "poetry"), ("pdm.lock", "pdm")])
@pytest.mark.parametrize("text", ["", '[[package]]\nname = "idna"\nversion = "3.10"\n'])
def test_a_lock_without_its_metadata_is_empty_or_cut_off(name: str, tool: str, text: str, project: Path) -> None:
    (project / name).write_text(text, encoding="ascii")
    rows = [row for row in _scan(project)["gaps"] if row["subject"].endswith(name)]
    assert [row["detail"] for row in rows] == ["there is no [metadata]: the lock is empty or cut off"]
    assert [row["hint"] for row in rows] == [f"run `{tool} lock`"]


def test_a_pyproject_that_is_not_utf_8_stops_the_run_only_where_it_may_hold_the_configuration(project: Path) -> None:
    path = project / "pyproject.toml"
    path.write_bytes(WHOLE["pyproject.toml"].replace("demo", "d\xe9mo").encode("latin-1"))
    assert [row["place"]["line"] for row in _scan(project)["gaps"] if row["reason"] == "malformed"] == [2]
    for tables in ("\n[tool.mlsupply]\n# \xe9\n".encode("latin-1"), "\n[tool.mlsupply]\n".encode("utf-16")):
        path.write_bytes(b"\n" + tables)
        done = CliRunner().invoke(main, ["scan", str(project), "--offline", "--no-progress"])
        assert done.exit_code == 2
        assert f"{path}:" in done.stderr
        assert "is not UTF-8" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["pyproject.toml", "mlsupply.toml"])
def test_a_configuration_that_says_its_encoding_is_read_in_it(project: Path, name: str, encoding: str) -> None:
    """As a shell of Windows writes what is redirected into a file."""
    table = "[tool.mlsupply]\r\n" if name == "pyproject.toml" else ""
    (project / name).write_bytes(f'{table}skip = ["licences"]\r\nfail-on = "loud"\r\n'.encode(encoding))
    done = CliRunner().invoke(main, ["scan", str(project), "--offline", "--no-progress"])
    assert done.exit_code == 2
    assert f"{name}:{3 if table else 2}: fail-on:" in done.stderr, "the fault is told, so the rest was understood"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_that_does_not_say_so_is_told_once_with_what_to_do(project: Path, encoding: str) -> None:
    for name, text in (("requirements.txt", "idna==3.10\r\nanyio==4.8.0\r\n"), ("pyproject.toml", WHOLE["pyproject.toml"])):
        (project / name).write_bytes(text.encode(encoding))
    report = _scan(project)
    assert {row["name"] for row in report["packages"]} >= {"idna", "anyio"}
    rows = [row for row in report["gaps"] if row["reason"] == "malformed"]
    said = "UTF-16 without a byte order mark, by its zero bytes"
    assert [(row["place"]["line"], row["detail"], row["hint"]) for row in rows] == [(1, said, "save the file as UTF-8")] * 2
    (project / "pyproject.toml").write_bytes("[tool.mlsupply]\n".encode(encoding))
    done = CliRunner().invoke(main, ["scan", str(project), "--offline", "--no-progress"])
    assert (done.exit_code, f"{project / 'pyproject.toml'}:1: {said} [file-not-read]" in done.stderr) == (2, True)


def test_single_zero_bytes_hide_no_other_line(project: Path) -> None:
    (project / "requirements.txt").write_bytes(b"# \0\nidna==3.10\n\0\0\0\n")
    assert "idna" in {row["name"] for row in _scan(project)["packages"]}


def _dockerfile(project: Path, text: str) -> tuple[set[str], list[tuple[int, str]]]:
    """(what it installs, line and words of each gap but that nothing is resolved)."""
    (project / "Dockerfile").write_text(text, encoding="utf-8")
    report = _scan(project)
    gaps = [row for row in report["gaps"] if row["check"] == "inventory" and row["reason"] != "offline"]
    names = {row["name"] for row in report["packages"] if any(p["file"].endswith("Dockerfile") for p in row["places"])}
    return names, [(row["place"]["line"], row["detail"]) for row in gaps]


def test_lines_of_a_dockerfile_that_are_no_instructions_are_told(project: Path) -> None:
    """What a template makes of them nobody knows."""
    text = "FROM python:3.12\n{% if gpu %}\nRUN pip install idna==3.10\n{% endif %}RUN pip install anyio==4.8.0\n"
    names, gaps = _dockerfile(project, text)
    assert names == {"idna"}
    assert gaps == [(2, "2 lines that no instruction of a Dockerfile begins, the first: {% if gpu %}")]


@pytest.mark.parametrize(
    "text",
    [
        "from python:3.12 as base\n\n# syntax\nlabel a=b \\\n  c=d\n  \nonbuild run true\nMAINTAINER us\n",
        "FROM python:3.12\nCOPY <<EOF <<-'END' /app/\nanything\n\tEOF\n[more]\nEND\nRUN true\n",
        'FROM python:3.12\nRUN <<EOF\nset -e\nsomething\nEOF\nENTRYPOINT ["sh"]\n',
        "*.py\n!important\nnode_modules\n",  # Dockerfile.dockerignore and the like
        "This file tells from which image we build:\nfrom python to the moon\n",
    ],
)
def test_what_belongs_to_a_dockerfile_or_is_none_is_not_told(project: Path, text: str) -> None:
    assert _dockerfile(project, text)[1] == []


def test_a_word_that_opens_no_here_document_hides_nothing(project: Path) -> None:
    _, gaps = _dockerfile(project, "FROM python:3.12\nRUN cat <<< word && echo $((1<<SHIFT))\nINCLUDE other\n")
    assert gaps == [(3, "1 line that no instruction of a Dockerfile begins, the first: INCLUDE other")]


def test_backticks_continue_lines_where_the_dockerfile_says_so(project: Path) -> None:
    head = "# escape=`\nFROM python:3.12\nWORKDIR C:\\app\\\n"
    text = f"{head}RUN pip install idna==3.10 `\n    anyio==4.8.0 `  \n    sniffio==1.3.1\n"
    assert _dockerfile(project, text) == ({"idna", "anyio", "sniffio"}, [])
    names, _ = _dockerfile(project, "FROM python:3.12\n# escape=`\nRUN pip install idna==3.10 \\\n  anyio==4.8.0\n")
    assert names == {"idna", "anyio"}, "the directive counts before any instruction only"


def test_blanks_behind_a_backslash_do_not_end_an_instruction(project: Path) -> None:
    assert _dockerfile(project, "FROM x\nRUN pip install \\ \t\n  idna==3.10\n")[0] == {"idna"}


@pytest.mark.parametrize("piece", ["FROM ", "COPY <<A ", "# escape=", "#a=\n", "RUN <<A\n", "\\\n", "x\n"])
def test_long_hostile_dockerfiles_are_read_in_linear_time(piece: str, project: Path) -> None:
    assert _dockerfile(project, "FROM x\n" + piece * 20_000)[0] == set()
    assert _dockerfile(project, piece * 20_000 + "\nFROM x\n")[0] == set()
