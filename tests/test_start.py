"""What a run imports: every module costs a fraction of a millisecond, and some cost as much as the rest of a scan."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.advisory_data import fixed, record
from tests.loopback_index import LoopbackIndex
from tests.osv_server import serving

_RUN = """
import json, sys
listed = sys.argv.pop(1)
from mlsupply.cli import run
try:
    run()
except SystemExit:
    pass
open(listed, "w").write(json.dumps(sorted(sys.modules)))
"""
_PINS = ("torch==2.9.0", "litellm==1.82.6", "tqdm==4.67.1.post1", "lazy-importer==1.0")
_LOCK = "".join(f"{pin} --hash=sha256:{'ab' * 32}\n" for pin in _PINS)  # without hashes there is something to judge

# what an ordinary run has no business with, and why somebody might have brought it in
_HEAVY = {
    "click": "a scan typed plainly is read without it",
    "inspect": "click brings it, and it brings the compiler's modules",
    "uuid": "the same",
    "gettext": "the same",
    "rich": "the table draws itself",
    "requests": "offline there is nothing to ask",
    "urllib3": "the same",
    "ssl": "the same",
    "http": "the same",
    "email": "metadata is read where archives are",
    "cyclonedx": "only where CycloneDX is written",
    "license_expression": "only where licences are judged",
    "yaml": "rules and incident records come compiled",
    "packaging": "versions in the normal form are read without it",
    "hashlib": "see mlsupply.digest",
    "dataclasses": "see mlsupply.value",
    "typing": "see mlsupply.hints",
    "pathlib": "see mlsupply.paths",
    "urllib": "only where an address is asked or taken apart",
    "contextlib": "`with` blocks of every scan are classes",
    "fnmatch": "only where the configuration has patterns",
    "difflib": "only for a name that was mistyped",
    "zipfile": "only where archives are looked into",
    "concurrent": "only where something is waited for",
    "multiprocessing": "the same",
    "subprocess": "only where uv or git is started",
    "tempfile": "only where something new is remembered",
    "tomli": "only where TOML is read",
}


def needless(loaded: set[str], more: frozenset[str] = frozenset()) -> list[str]:
    """What of the heavy ones and of `more` was loaded; what this Python's own sqlite3 brings (since 3.12 `warnings`) is not
    ours to spare."""
    bare = "import sqlite3, sys; print(*sys.modules)"
    brought = subprocess.run([sys.executable, "-c", bare], check=True, capture_output=True, text=True).stdout.split()
    return sorted((loaded & (_HEAVY.keys() | more)) - set(brought))


def modules(arguments: list[str], folder: Path) -> set[str]:
    """The modules a command has imported when it ends, in a process of its own whose home, and so its cache, is `folder`."""
    listed = folder / "modules.json"
    environment = {name: text for name, text in os.environ.items() if name not in {"MLSUPPLY_CACHE_DIR", "XDG_CACHE_HOME"}}
    environment["HOME"] = str(folder)
    command = [sys.executable, "-c", _RUN, str(listed), *arguments]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment)
    return set(json.loads(listed.read_bytes()))


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(_LOCK, encoding="utf-8")
    return path


def test_a_second_offline_scan_imports_no_heavy_module_and_no_rules(lock: Path) -> None:
    scan = ["scan", lock.name, "--offline", "--feed", "embedded", "--output", "json"]
    modules(scan, lock.parent)
    loaded = modules(scan, lock.parent)
    assert needless(loaded) == []
    assert not [name for name in loaded if name.startswith("mlsupply.ruleset")]
    assert not [name for name in loaded if name.startswith("mlsupply.report.") and name not in _JSON]


def test_the_verdict_alone_needs_no_table(lock: Path) -> None:
    scan = ["scan", lock.name, "--offline", "--feed", "embedded", "--quiet"]
    modules(scan, lock.parent)
    loaded = modules(scan, lock.parent)
    assert "mlsupply.report.view" in loaded
    assert sorted(loaded & {"rich", "mlsupply.report.table", "click"}) == []


def test_an_online_scan_with_all_it_needs_at_hand_opens_no_connection_and_imports_nothing_for_one(lock: Path) -> None:
    """A database of now, and a kept page of the index that tells which releases there are of what is hit."""
    summary = r"Paths such as C:\new and \\host\backup are read"  # as JSON writes it, much like text that is not printable
    with serving([record(name="torch", events=fixed("2.10.0"), summary=summary)]) as feed, LoopbackIndex() as index:
        index.add("torch", "2.10.0")
        modules(["db", "sync", "--url", feed.url], lock.parent)
        checks = ["--check", "advisories", "--check", "known-bad", "--no-resolve", "--index-url", index.simple]
        scan = ["scan", lock.name, *checks, "--output", "json=report.json"]
        modules(scan, lock.parent)
        asked = len(index.asked)
        loaded = modules(scan, lock.parent)
        assert len(index.asked) == asked
    found = json.loads((lock.parent / "report.json").read_bytes())["findings"]
    assert [one["id"] for one in found if one["advisory"]] == ["PYSEC-2026-1000"]
    assert "mlsupply.evidence.index_releases" in loaded
    assert found[0]["title"] == summary
    assert needless(loaded, frozenset({"mlsupply.evidence.registry", "mlsupply.report.inert", "threading"})) == []
    assert "Upgrade to 2.10.0, the smallest release of the index" in found[0]["remedy"]


_WITH_CLICK = {"click", "inspect", "uuid", "gettext", "typing", "contextlib", "fnmatch", "warnings"}
_JSON = {"mlsupply.report.json_", "mlsupply.report.view", "mlsupply.report.causes"}


def test_a_second_scan_of_an_environment_imports_nothing_that_analyses_code(tmp_path: Path) -> None:
    """What starts with Python was looked at in the first one, and nothing else is by default."""
    site = tmp_path / "env/lib/python3.12/site-packages"
    information = site / "quiet-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: quiet\nVersion: 1.0\n", encoding="utf-8")
    (information / "RECORD").write_text("quiet-1.0.dist-info/METADATA,,\nquiet.pth,,\n", encoding="utf-8")
    (site / "quiet.pth").write_text("import os\n", encoding="utf-8")
    command = ["scan", "--env", "env", "--offline", "--check", "contents"]
    first, again = (modules(command, tmp_path) for _ in range(2))
    assert "mlsupply.evidence.look" in first
    assert not {"mlsupply.evidence.look", "mlsupply.evidence.moments", "mlsupply.evidence.unlisted"} & again


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_imports_the_command_line_alone(option: str, tmp_path: Path) -> None:
    loaded = modules([option], tmp_path)
    assert sorted(loaded & ((_HEAVY.keys() - _WITH_CLICK) | {"sqlite3"})) == []
    assert {name for name in loaded if name.startswith("mlsupply.")} <= {
        "mlsupply.cli",
        "mlsupply.cli.verbs",
        "mlsupply.hints",
        "mlsupply.named",
    }


@pytest.mark.skipif(os.name != "posix", reason="the shell closes the streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--version", 0),
        ("scan requirements.txt --offline --feed embedded --check names", 0),
        ("scan requirements.txt --offline --feed embedded --check known-bad --fail-on low --format", 2),
        ("scan nowhere.txt --offline", 2),
        ("why tqdm requirements.txt --offline", 0),
    ],
)
def test_a_stream_that_was_closed_before_does_not_change_the_exit_code(
    words: str, code: int, closed: str, lock: Path
) -> None:
    environment = {**os.environ, "MLSUPPLY_CACHE_DIR": str(lock.parent / "cache")}
    start = f"{sys.executable} -c 'from mlsupply.start import entry; entry()' {words} {closed}"
    assert subprocess.run(["sh", "-c", start], cwd=lock.parent, env=environment, check=False).returncode == code
