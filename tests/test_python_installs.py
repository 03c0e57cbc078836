"""What Python code tells a platform, or an installer that it starts, to install; and what is only code about that."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_named
from mlsupply.inventory.python_installs import read
from mlsupply.inventory.python_marks import may_install
from mlsupply.inventory.sniff import script_files
from mlsupply.model import Inventory
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.reading import read_as


def _read(folder: Path, text: str) -> Inventory:
    (folder / "a.py").write_text(dedent(text), encoding="utf-8")
    return read("a.py", DiskTree(folder), Limits())


def _asked(inventory: Inventory) -> list[tuple[str, int]]:
    return sorted({(f"{one.name}{one.specifier}", one.place.line) for one in inventory.requirements})


@pytest.mark.parametrize(
    "code",
    [
        "image = modal.Image.debian_slim().pip_install('demo==1.2.3')",
        "image = modal.Image.debian_slim().uv_pip_install(['demo==1.2.3', 'other'], find_links='./w')",
        "image = image.run_commands('apt-get update', 'pip install demo==1.2.3')",
        "PINS = ['demo==1.2.3']\nimage = Image.debian_slim().pip_install(*PINS)",
        "PINS = ['demo==1.2.3']\nimage = Image.debian_slim().pip_install(PINS + ['other'])",
        "t = PythonVirtualenvOperator(task_id='a', requirements=['demo==1.2.3'])",
        "@task.virtualenv(requirements=('demo==1.2.3',))\ndef f(): ...",
        "@dsl.component(packages_to_install=['demo==1.2.3'], pip_index_urls=['https://index.example/simple'])\ndef f(): ...",
        "mlflow.pyfunc.log_model('m', pip_requirements=['demo==1.2.3'])",
        "env = CondaDependencies.create(pip_packages=['demo==1.2.3'])",
        "env.python.conda_dependencies.add_pip_package('demo==1.2.3')",
        "s = DockerSettings(requirements=['demo==1.2.3'])",
        "i = ImageSpec(name='x', packages=['demo==1.2.3'])",
        "@pypi(python='3.12', packages={'demo': '1.2.3'})\ndef f(): ...",
        "i = bentoml.images.Image().python_packages('demo==1.2.3')",
        "ray.init(runtime_env={'pip': ['demo==1.2.3'], 'env_vars': {}})",
        "runtime_env = {'uv': {'packages': ['demo==1.2.3']}}",
        "await micropip.install('demo==1.2.3')",
        "RuntimeEnv(pip=['demo==1.2.3'])",
        "V = '1.2.3'\nimage = modal.Image.debian_slim().pip_install(f'demo=={V}')",
        "image = modal.Image.debian_slim().dockerfile_commands('RUN pip install demo==1.2.3')",
        "PythonVirtualenvOperator(requirements='demo==1.2.3\\nother')",
        "aiplatform.CustomTrainingJob(script_path='t.py', requirements=['demo==1.2.3', 'other'])",
        "Image(python_packages=('demo==1.2.3',))",
        "PIN = 'demo==1.2.3' if NEW else 'demo==1.2.2'\nimage = modal.Image.debian_slim().pip_install(PIN)",
        "get_ipython().system('pip install demo==1.2.3')",
        "!pip install demo==1.2.3\nprint('no Python')",
        "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'demo==1.2.3'])",
        "os.system('uvx demo@1.2.3')",
    ],
)
def test_what_code_tells_a_platform_to_install_is_asked_for(world: World, code: str) -> None:
    (world.tree.root / "flow.py").write_text(f"{code}\n", encoding="utf-8")
    report = run(Request(offline=True), world)
    assert "demo 1.2.3" in {str(one.coordinate) for one in report.packages}
    assert "flow.py" in {one.path for one in report.inputs}


def test_indexes_and_files_that_code_names(tmp_path: Path) -> None:
    (tmp_path / "pins.list").write_text("demo==1.2.3\n", encoding="utf-8")
    text = """\
        a = Image.debian_slim().pip_install("x==1", extra_index_url="https://u:secret@index.example/simple")
        b = Image.debian_slim().pip_install_from_requirements("pins.list")
        c = Image.debian_slim().pip_install("y==2", extra_options="--find-links https://links.example/")
        d = ImageSpec(requirements="pins.list")
        """
    inventory = _read(tmp_path, text)
    assert _asked(inventory) == [("demo==1.2.3", 1), ("x==1", 1), ("y==2", 3)]
    assert sorted((one.role, one.url) for one in inventory.indexes) == [
        ("extra", "https://index.example/simple"),
        ("find-links", "https://links.example/"),
    ]
    assert "secret" not in repr(inventory)


def test_what_is_not_written_out_is_a_gap_and_what_is_handed_on_is_not(tmp_path: Path) -> None:
    text = """\
        image = modal.Image.debian_slim().pip_install(f"demo=={VERSION}", "other==1")
        image = image.pip_install(*load())
        def log(model, pip_requirements=None, more=()):
            save(model, pip_requirements=pip_requirements)
            image.pip_install(*more)
        save(pip_requirements=None)
        pip_requirements = found()
        save(pip_requirements=pip_requirements or [])
        """
    inventory = _read(tmp_path, text)
    assert _asked(inventory) == [("other==1", 1)]
    assert [gap.place.line for gap in inventory.gaps if gap.place] == [1, 2]


@pytest.mark.parametrize(
    "code",
    [
        "raise ImportError('run pip install demo==1.2.3 in a subprocess')",
        "# pip install demo==1.2.3\nimport subprocess",
        "subprocess.run(['apt-get', 'install', 'uvx'])",
        "def virtualenv(requirements): ...",
        "requirements = ['demo==1.2.3']\ns = Setup(requirements=requirements)",
        "# !pip install demo==1.2.3\nprint('an example')",
        "x = {'pip': ['demo==1.2.3']}",
        "Task(requirements=['a GPU', 'demo'])",
        "check(requirements=['is demo==1.2.3 there?', NAME])",
    ],
)
def test_code_that_speaks_of_installing_asks_for_nothing(tmp_path: Path, code: str) -> None:
    inventory = _read(tmp_path, code)
    assert (inventory.requirements, inventory.packages, inventory.gaps) == ((), (), ())


def test_cells_of_a_databricks_notebook(tmp_path: Path) -> None:
    text = """\
        # Databricks notebook source
        # MAGIC %pip install demo==1.2.3 \\
        # MAGIC   other==2.0
        # MAGIC %md pip install no==1

        # COMMAND ----------
        # MAGIC %sh
        # MAGIC cd /tmp
        # MAGIC pip install third==3.0
        """
    assert _asked(_read(tmp_path, text)) == [("demo==1.2.3", 2), ("other==2.0", 3), ("third==3.0", 9)]


def test_commented_commands_of_a_jupytext_notebook(tmp_path: Path) -> None:
    head = "# ---\n# jupyter:\n#   jupytext: {}\n# ---\n# %%\n"
    text = f"{head}# %pip install demo==1.2.3 \\\n#   other==2.0\n# !uv pip install third==3.0\nx = 1\n"
    assert _asked(_read(tmp_path, text)) == [("demo==1.2.3", 6), ("other==2.0", 7), ("third==3.0", 8)]


def test_a_script_with_a_header_is_read_with_its_code(world: World) -> None:
    text = "# /// script\n# dependencies = ['demo==1.2.3']\n# ///\nimage = Image.debian_slim().pip_install('other==2.0')\n"
    (world.tree.root / "flow.py").write_text(text, encoding="utf-8")
    (world.tree.root / "app.pyw").write_text(text.replace("demo", "third"), encoding="utf-8")
    found = {str(one.coordinate) for one in run(Request(offline=True), world).packages}
    assert found == {"demo 1.2.3", "other 2.0", "third 1.2.3"}


def test_files_with_a_reader_of_their_own_keep_it(world: World) -> None:
    (world.tree.root / "setup.py").write_text("import subprocess\nsubprocess.run('pip install x')\n", encoding="utf-8")
    (world.tree.root / "a.py").write_text("import subprocess\nsubprocess.run('pip install x')\n", encoding="utf-8")
    found = script_files(world.tree.walk(), world.tree, seconds=60)
    assert {path: reader.format for path, reader in found.readers.items()} == {"a.py": "Python code"}


def test_a_file_that_is_too_long_is_a_gap(tmp_path: Path) -> None:
    text = "import subprocess\nsubprocess.run('pip install demo')\n" + "# x\n" * 600_000
    assert [gap.detail for gap in _read(tmp_path, text).gaps] == [
        "this file speaks of installing and is too long, or nested too deeply, to be read as Python"
    ]
    assert _read(tmp_path, "image.pip_install" + "(" * 5_000).requirements == ()


def test_names_that_multiply_end(tmp_path: Path) -> None:
    doubling = "".join(f"a{n} = [*a{n + 1}, *a{n + 1}, *a{n + 1}]\n" for n in range(18)) + "image.pip_install(*a0)\n"
    assert any("is too long" in gap.detail for gap in _read(tmp_path, f"a18 = ['demo==1.2.3']\n{doubling}").gaps)
    assert _read(tmp_path, "p = [*p]\nimage.pip_install(*p)\n").requirements == ()
    deep = "image.pip_install(" + "['x'] + " * 900 + "['y'])"
    assert len(_read(tmp_path, deep).requirements) < 900


@given(st.text(alphabet="# MAGICpip_nstal%!(['\"])\n\\=*", max_size=200))
def test_any_text_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    for before in ("# Databricks notebook source\n# MAGIC %sh\n# MAGIC ", "# %%\n# !", "x.pip_install("):
        assert _read(folder, before + text).path == "a.py"
    assert may_install(text.encode()) in (True, False)


def test_the_reader_is_known_by_its_format() -> None:
    assert reader_named("Python code") is not None


_NEWER = "lazy import json\n"  # PEP 810
_STARTS = f"{_NEWER}import os\nos.system('pip install demo==1.2.3')\n"
_READ_BY_OTHERS = {
    "a.py": f"{_NEWER}image.pip_install('demo==1.2.3')\n",
    "b.py": _STARTS,
    "BUILD": f"{_NEWER}python_requirement(name='x', requirements=['demo==1.2.3'])\n",
    "noxfile.py": f"{_NEWER}def t(session):\n    session.install('demo==1.2.3')\n",
    "setup.sh": f"python - <<'EOF'\n{_STARTS}EOF\n",
    "Dockerfile": f"FROM python:3.15\nRUN python - <<'EOF'\n{_STARTS}EOF\n",
    "n.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": _STARTS}]}),
    "n.qmd": f"```{{python}}\n{_STARTS}```\n",
}


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="this Python reads it")
@pytest.mark.parametrize("name", _READ_BY_OTHERS)
def test_code_that_only_a_newer_python_reads_is_a_gap_with_its_line(name: str, tmp_path: Path) -> None:
    text = _READ_BY_OTHERS[name]
    inventory = _read(tmp_path, text) if name in {"a.py", "b.py"} else read_as(tmp_path, name, text)
    (gap,) = inventory.gaps
    assert "Python 3.15 and later read lazy imports" in gap.detail
    assert gap.place is not None
    line = next(number for number, one in enumerate(text.split("\n"), 1) if "lazy" in one)
    assert gap.place.line == line


def test_code_that_no_python_reads_installs_nothing(tmp_path: Path) -> None:
    inventory = _read(tmp_path, "image.pip_install('demo==1.2.3'\nimport\n")
    assert (inventory.requirements, inventory.gaps) == ((), ())


def test_a_cell_of_a_document_that_is_too_deep_is_a_gap(tmp_path: Path) -> None:
    deep = "import os\nos.system('pip install demo')\n" + "x = " + "-" * 100_000 + "1\n"
    (gap,) = read_as(tmp_path, "n.qmd", f"```{{python}}\n{deep}```\n").gaps
    assert "too long, or nested too deeply" in gap.detail
