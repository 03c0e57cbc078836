"""What runs whenever Python starts, in all folders of an environment and through all the modules it leads to."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlsupply.evidence import starting
from mlsupply.model import Gap, Reason
from mlsupply.outcome import Report
from mlsupply.world import World
from tests.test_installed import HOOK, STEALS, found, install, scanned, site

__all__ = ["site"]
BOTH = pytest.mark.parametrize("mode", ["local", "all"])


def gaps(report: Report) -> dict[str, Gap]:
    """Where what was not looked at lies -> the gap that says so."""
    return {gap.place.member: gap for gap in report.gaps if gap.place}


def wheres(report: Report) -> set[str]:
    return {where for _, _, where in found(report)}


@pytest.mark.parametrize(
    "line",
    [
        b"import os, zz_loader",
        b"import os; import zz_loader",
        b"import os; from zz_loader import go",
        b"import\tos , zz_loader as z",
        b"# cache\rimport zz_loader",
        b"\xef\xbb\xbfimport zz_loader",
        b"caf\xe9\nimport zz_loader",
        b"import sys; exec('import zz_loader')",
        b"import os; os.environ.get('X') or __import__('zz_loader').go()",
        b"import importlib; importlib.import_module('zz_loader')",
    ],
)
@BOTH
def test_the_module_is_found_however_a_start_line_names_it(mode: str, line: bytes, site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    (site / "zz.pth").write_bytes(line + b"\n")
    (site / "zz_loader.py").write_text(STEALS, encoding="utf-8")
    assert "zz_loader.py" in wheres(scanned(world, site, mode))


@pytest.mark.parametrize("line", ["zz_loader:go", "# a\n  zz_loader:Hook.go"])
@BOTH
def test_the_module_of_an_entry_point_is_found(mode: str, line: str, site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    (site / "zz.start").write_text(line + "\n", encoding="utf-8")
    (site / "zz_loader.py").write_text(STEALS, encoding="utf-8")
    assert "zz_loader.py" in wheres(scanned(world, site, mode))


@BOTH
def test_what_a_start_module_imports_is_followed(mode: str, site: Path, world: World) -> None:
    """The line and the first module say nothing; what steals is further on, and partly in no RECORD."""
    install(site, "helper", {"helper.pth": "import helper\n", "helper/__init__.py": "from . import core\n"})
    (site / "helper/core.py").write_text("from .deep.last import (\n    go,\n)\n", encoding="utf-8")
    (site / "helper/deep").mkdir()
    (site / "helper/deep/last.py").write_text(STEALS, encoding="utf-8")
    assert wheres(scanned(world, site, mode)) == {"helper/deep/last.py"}


@BOTH
def test_sitecustomize_is_read_as_a_module_a_folder_and_with_what_it_imports(mode: str, site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    (site / "sitecustomize").mkdir()
    (site / "sitecustomize/__init__.py").write_text(STEALS, encoding="utf-8")
    (site / "usercustomize.py").write_text("import zz_next\n", encoding="utf-8")
    (site / "zz_next.py").write_text(STEALS, encoding="utf-8")
    report = scanned(world, site, mode)
    assert wheres(report) == {"sitecustomize/__init__.py", "zz_next.py"}
    assert {f.moment for f in report.findings} == {"start"}


@BOTH
def test_a_sitecustomize_in_the_standard_library_comes_first(mode: str, site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    for name in ("os.py", "zz.pth"):  # `.pth` files count in site folders alone
        (site.parent / name).write_text(HOOK if name.endswith(".pth") else "", encoding="utf-8")
    (site.parent / "sitecustomize.py").write_text(STEALS, encoding="utf-8")
    assert wheres(scanned(world, site, mode)) == {"sitecustomize.py"}


def test_every_folder_of_the_environment_is_looked_at_also_one_without_packages(site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    other = site.parents[2] / "local/lib/python3.12/dist-packages"
    other.mkdir(parents=True)
    (other / "zz.pth").write_text(HOOK, encoding="utf-8")
    assert wheres(scanned(world, site, "local")) == {"zz.pth"}
    shutil.rmtree(site / "quiet-1.0.dist-info")
    assert wheres(scanned(world, site, "local")) == {"zz.pth"}, "also where nothing is installed at all"


@pytest.mark.parametrize(
    ("line", "files", "where", "said"),
    [
        ("import zz_loader", {"zz_loader.pyc": "x"}, "zz_loader.pyc", "no source"),
        ("import zz_loader", {"zz_loader/__init__.pyc": "x"}, "zz_loader/__init__.pyc", "no source"),
        ("import os, zz_loader", {"zz_loader.cpython-312.so": "x"}, "zz_loader.cpython-312.so", "machine code"),
        ("import zz_loader", {"zz_loader.py": "", "zz_loader.so": "x"}, "zz_loader.so", "machine code"),
        ("/tmp/elsewhere\nimport zz_loader", {}, "zz.pth", "in no folder"),
        ("x", {"sitecustomize.pyc": "x"}, "sitecustomize.pyc", "no source"),
        ("import zz_long", {"zz_long.py": "x = 1\n" * 200_000}, "zz_long.py", "first 1,048,576 bytes"),
        ("import os\n" + "#\n" * 600_000, {}, "zz.pth", "first 1,048,576 bytes"),
        ("import os; f'{'", {}, "zz.pth", "start line 1 was not followed"),
    ],
)
def test_what_starts_and_cannot_be_looked_at_is_a_gap(
    line: str, files: dict[str, str], where: str, said: str, site: Path, world: World
) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    for name, text in {"zz.pth": f"{line}\n", **files}.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    report = scanned(world, site, "all")
    assert said in gaps(report)[where].detail
    assert report.verdict.exit_code == 3


def test_more_modules_than_are_followed_are_said(site: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_MODULES", 10)
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    (site / "zz.pth").write_text("import zz_0\n", encoding="utf-8")
    for number in range(12):
        (site / f"zz_{number}.py").write_text(f"import zz_{number + 1}\n", encoding="utf-8")
    (site / "zz_12.py").write_text(STEALS, encoding="utf-8")
    report = scanned(world, site, "local")
    assert [gap.reason for gap in report.gaps if "more than 10 modules" in gap.detail] == [Reason.LIMIT]


def test_a_line_that_names_a_hundred_thousand_modules_costs_little(site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    for number in range(300):
        (site / f"m{number}.py").write_text("", encoding="utf-8")
    names = ", ".join(f"{'gone' if number % 2 else 'm'}{number}" for number in range(80_000))
    (site / "zz.pth").write_text(f"import {names[:2000]}\nimport os; x = '{names}'\n", encoding="utf-8")
    report = scanned(world, site, "all")
    assert {"zz.pth"} <= gaps(report).keys()
    assert len(report.gaps) <= starting._SHOWN + 1


def test_modules_that_import_each_other_end(site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    (site / "zz.pth").write_text("import a\n", encoding="utf-8")
    (site / "a.py").write_text("import b\n", encoding="utf-8")
    (site / "b.py").write_text("import a\nfrom .... import a\nfrom . import b\n", encoding="utf-8")
    assert scanned(world, site, "all").gaps == ()


def test_pipes_and_circles_of_links_do_not_hold_up_the_look(site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    os.mkfifo(site / "zz.pth")
    (site / "round.pth").symlink_to("round.pth")
    (site / "hook.pth").write_text("import loop, pipe\n", encoding="utf-8")
    (site / "loop").symlink_to(".")
    os.mkfifo(site / "pipe.py")
    (site / "usercustomize.py").write_text(STEALS, encoding="utf-8")
    report = scanned(world, site, "all")
    assert "usercustomize.py" in wheres(report)
    assert "round.pth" in gaps(report)


def test_the_start_lines_of_well_known_tools_are_quiet_and_complete(site: Path, world: World) -> None:
    install(
        site,
        "coverage",
        {
            "a1_coverage.pth": "import sys; exec('try:\\n import coverage; coverage.process_startup()\\nexcept: pass')\n",
            "coverage/__init__.py": "from coverage.tracer import T\nfrom coverage import env\n",
            "coverage/env.py": "import os\n",
            "coverage/tracer.cpython-312-x86_64-linux-gnu.so": "machine code",
        },
    )
    install(site, "virtualenv", {"_virtualenv.pth": "import _virtualenv\n", "_virtualenv.py": "import sys\n"})
    for mode in ("local", "all"):
        report = scanned(world, site, mode)
        assert found(report) == set()
        assert {gap.reason for gap in report.gaps} <= {Reason.DISABLED}
