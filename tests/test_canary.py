"""Nothing that is audited is ever run: everything here would leave a file behind if it were."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.outcome import Report
from mlsupply.request import Request
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex

# modules that a Python started in the project's folder would find before the real ones
_SHADOWS = ("click", "rich", "tomli", "packaging", "requests", "yaml", "json", "zipfile", "ast", "sitecustomize")


class Canary:
    """A folder that stays empty as long as nothing runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def python(self, name: str) -> str:
        """Python source that leaves `name` behind."""
        return f"open({str(self.folder / name)!r}, 'w').close()\n"

    def shell(self, name: str) -> str:
        return f"#!/bin/sh\ntouch '{self.folder / name}'\n"

    def sung(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


class _Pickled:
    """Pickles to a call that leaves a file behind when it is loaded."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (self.source,)


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return Canary(tmp_path / "canary")


@pytest.fixture
def project(tmp_path: Path, canary: Canary) -> Path:
    """A repository in which every file that tools are known to run is armed."""
    root = tmp_path / "armed"
    for path, text in _files(canary).items():
        full = root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            full.chmod(0o755)
    _environment(root / ".venv", canary)
    _environment(root / "elsewhere", canary)
    (root / "dist2").mkdir()
    _wheel(root / "dist2/armed-1.0-py3-none-any.whl", canary)
    _sdist(root / "dist2/source-1.0.tar.gz", canary)
    for name in ("model.pkl", "pytorch_model.bin", "weights.joblib"):
        (root / name).write_bytes(pickle.dumps(_Pickled(canary.python(f"pickle {name}"))))
    return root


def _files(canary: Canary) -> dict[str, str]:
    python = canary.python
    return {
        "pyproject.toml": '[build-system]\nrequires = ["numpy==2.0.0"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "armed"\ndynamic = ["version", "dependencies"]\n',
        "backend.py": python("backend")
        + "def get_requires_for_build_wheel(*a, **k):\n    "
        + python("backend hook")
        + "    return []\n",
        "setup.py": python("setup.py")
        + "from setuptools import setup\nsetup(name='armed', install_requires=['torch==2.4.0'])\n",
        "old/setup.py": python("old setup.py") + f"setup(install_requires=[exec({python('install_requires')!r})])\n",
        "old/setup.cfg": "[options]\ninstall_requires = attr: backend.REQUIRES\n",
        "conftest.py": python("conftest.py"),
        "usercustomize.py": python("usercustomize.py"),
        "armed.pth": "import os; " + python(".pth in the project"),
        "requirements.txt": "numpy==2.0.0\n-e .\n./old\n",
        "noxfile.py": python("noxfile.py"),
        "tool.py": f"# /// script\n# dependencies = ['rich==13.0.0']\n# ///\n{python('script')}",
        "demo.ipynb": '{"cells": [{"cell_type": "code", "source": "!pip install attrs==24.1.0; touch x"}], "nbformat": 4}',
        "Dockerfile": f"FROM x\nRUN pip install anyio==4.0.0 $(touch '{canary.folder / 'Dockerfile'}')\n",
        ".github/workflows/ci.yml": f"jobs: {{a: {{steps: [{{run: uvx toml==1 $(touch '{canary.folder / 'ci'}')}}]}}}}\n",
        "uv.toml": f'[[index]]\nurl = "http://127.0.0.1:9/$(touch {canary.folder / "uv.toml"})"\n',
        ".git/config": f"[core]\n\tfsmonitor = \"touch '{canary.folder / 'fsmonitor'}'\"\n\tpager = touch x\n",
        ".git/HEAD": "ref: refs/heads/main\n",
        ".git/hooks/post-checkout": canary.shell("git hook"),
        **{f"{name}.py": python(f"shadow of {name}") for name in _SHADOWS},
    }


def _environment(root: Path, canary: Canary) -> None:
    """A virtual environment whose interpreter, start-up files and packages are armed."""
    site = root / "lib/python3.12/site-packages"
    (site / "click-8.1.0.dist-info").mkdir(parents=True)
    (site / "click-8.1.0.dist-info/METADATA").write_text("Name: click\nVersion: 8.1.0\n", encoding="utf-8")
    (site / "click-8.1.0.dist-info/RECORD").write_text("", encoding="utf-8")
    (site / "click.py").write_text(canary.python("package in an environment"), encoding="utf-8")
    (site / "sitecustomize.py").write_text(canary.python("sitecustomize"), encoding="utf-8")
    (site / "start.pth").write_text("import os; " + canary.python(".pth"), encoding="utf-8")
    (root / "pyvenv.cfg").write_text(f"home = {root / 'bin'}\nversion = 3.12.0\n", encoding="utf-8")
    (root / "bin").mkdir()
    for name in ("python", "python3", "python3.12", "pip", "uv", "git"):
        (root / "bin" / name).write_text(canary.shell(f"{name} of {root.name}"), encoding="utf-8")
        (root / "bin" / name).chmod(0o755)


def _wheel(path: Path, canary: Canary) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("armed/__init__.py", canary.python("wheel"))
        archive.writestr("armed.pth", "import os; " + canary.python(".pth in a wheel"))
        archive.writestr(f"../../../{canary.folder.name}/slip", "out of the archive")
        archive.writestr(str(canary.folder / "absolute"), "out of the archive")
        archive.writestr("armed-1.0.dist-info/METADATA", "Name: armed\nVersion: 1.0\nRequires-Dist: tqdm==4.66.0\n")


def _sdist(path: Path, canary: Canary) -> None:
    members = {
        "source-1.0/setup.py": canary.python("setup.py of an sdist"),
        f"source-1.0/../../../{canary.folder.name}/slip": "out of the archive",
        "source-1.0/PKG-INFO": "Name: source\nVersion: 1.0\n",
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))


def _names(report: Report) -> set[str]:
    return {package.name for package in report.packages}


def test_the_traps_are_armed(project: Path, canary: Canary) -> None:
    """Without this the other tests could pass on traps that never spring."""
    for arguments in (["setup.py"], ["-c", "import click"], ["-c", "import pickle; pickle.load(open('model.pkl', 'rb'))"]):
        subprocess.run([sys.executable, *arguments], cwd=project, check=False, capture_output=True)
    subprocess.run([project / ".venv/bin/python"], check=True)
    # where setuptools is installed, setup.py sets off more of them
    assert set(canary.sung()) >= {"pickle model.pkl", "python of .venv", "setup.py", "shadow of click"}


def test_scanning_a_project_runs_nothing_of_it(project: Path, canary: Canary, world: World) -> None:
    world = replace(world, tree=DiskTree(project))
    report = run(Request(offline=True), world)
    assert canary.sung() == []
    assert _names(report) >= {"numpy", "torch", "attrs", "rich", "anyio", "armed", "source", "tqdm"}


def test_reading_an_environment_runs_nothing_of_it(project: Path, canary: Canary, world: World) -> None:
    report = run(Request(environment=str(project / "elsewhere"), offline=True), world)
    assert canary.sung() == []
    assert _names(report) == {"click"}


@pytest.mark.parametrize("subject", ["setup.py", "dist2/armed-1.0-py3-none-any.whl", "dist2/source-1.0.tar.gz", "tool.py"])
def test_naming_a_file_runs_nothing_of_it(project: Path, canary: Canary, world: World, subject: str) -> None:
    run(Request(subjects=(subject,), offline=True), replace(world, tree=DiskTree(project)))
    assert canary.sung() == []


@pytest.fixture
def index(canary: Canary) -> Iterator[LoopbackIndex]:
    with LoopbackIndex("pypi") as index:
        for name, version in (("numpy", "2.0.0"), ("torch", "2.4.0"), ("attrs", "24.1.0"), ("tqdm", "4.66.0")):
            index.add(name, version)
        index.add("source-only", "1.0", kinds=["sdist"], setup=canary.python("setup.py from an index"))
        yield index


def test_resolving_a_project_runs_nothing_of_it(project: Path, canary: Canary, world: World, index: LoopbackIndex) -> None:
    (project / "requirements.txt").write_text("source-only\nnumpy\n-e .\n", encoding="utf-8")
    armed = {"VIRTUAL_ENV": str(project / ".venv"), "PATH": f"{project / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"}
    world = replace(world, tree=DiskTree(project), resolving=True, environ=armed)
    report = run(Request(index_url=index.simple), world)
    assert canary.sung() == []
    assert index.asked
    assert "source-only" in " ".join(gap.detail for gap in report.gaps)


@pytest.mark.parametrize("start", ["module", "command"])
def test_the_command_run_inside_the_project_imports_nothing_of_it(project: Path, canary: Canary, start: str) -> None:
    command = [sys.executable, "-m", "mlsupply"] if start == "module" else [str(Path(sys.executable).parent / "mlsupply")]
    environ = {"PATH": os.environ["PATH"], "MLSUPPLY_CACHE_DIR": str(project.parent / "cache"), "HOME": str(project.parent)}
    done = subprocess.run(
        [*command, "scan", ".", "--offline", "-o", "json"], cwd=project, env=environ, capture_output=True, check=False
    )
    assert canary.sung() == []
    assert b'"schema_version"' in done.stdout, done.stderr.decode()
