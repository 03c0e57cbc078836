"""Lists of what is installed that are neither a manifest nor a well-known lock: reports of pip, locks of Pex, PKG-INFO,
lists of requirements under other names, and notebooks that are text."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.model import Inventory, SourceKind
from mlsupply.request import Request
from mlsupply.world import World
from tests.reading import read_as

DIGEST = "a" * 64


def _packages(inventory: Inventory) -> list[str]:
    return [str(one.coordinate) for one in inventory.packages]


def _asked(inventory: Inventory) -> list[tuple[str, int]]:
    return [(f"{one.name}{one.specifier}", one.place.line) for one in inventory.requirements]


def _installed(name: str, version: str, **more: object) -> dict[str, object]:
    return {"metadata": {"name": name, "version": version, "requires_dist": ["other>=1"]}, **more}


def test_a_report_of_pip_is_a_closure_with_hashes(tmp_path: Path) -> None:
    file = {
        "url": "https://u:secret@index.example/demo-1.2.3-py3-none-any.whl",
        "archive_info": {"hashes": {"sha256": DIGEST}},
    }
    repository = {"url": "https://git.example/o", "vcs_info": {"vcs": "git", "commit_id": "b" * 40}}
    report = {
        "version": "1",
        "pip_version": "25.0",
        "install": [
            _installed("demo", "1.2.3", download_info=file, is_direct=False, requested=True),
            _installed("other", "2.0", download_info=repository, is_direct=True, requested=False),
        ],
    }
    inventory = read_as(tmp_path, "pip-report.json", json.dumps(report, indent=1))
    assert _packages(inventory) == ["demo 1.2.3", "other 2.0"]
    assert inventory.complete
    demo, other = inventory.packages
    assert (demo.direct, other.direct) == (True, False)
    assert demo.artifacts[0].hashes == (("sha256", DIGEST),)
    assert [edge.name for edge in demo.requires] == ["other"]
    assert (other.source.kind, other.source.revision) == (SourceKind.GIT, "b" * 40)
    assert "secret" not in repr(inventory)
    assert '"demo"' in json.dumps(report, indent=1).splitlines()[demo.places[0].line - 1]


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("inspect.json", {"version": "1", "pip_version": "25.0", "installed": [_installed("demo", "1.2.3")]}),
        ("pip-list.json", [{"name": "demo", "version": "1.2.3"}]),
        ("out/pip_freeze.json", [{"name": "demo", "version": "1.2.3"}]),
    ],
)
def test_what_is_installed_by_pips_word(tmp_path: Path, name: str, document: object) -> None:
    assert _packages(read_as(tmp_path, name, json.dumps(document))) == ["demo 1.2.3"]


@pytest.mark.parametrize("text", ['{"tests": []}', "[1, 2]", '[{"name": "x"}]', "x" * 70_000, '["a"', '{"pip_version": 1'])
def test_a_report_of_another_program_is_no_input(world: World, text: str) -> None:
    (world.tree.root / "report.json").write_text(text, encoding="utf-8")
    report = run(Request(offline=True), world)
    assert report.packages == ()
    assert ("report.json" in {one.path for one in report.inputs}) == ("pip_version" in text)


@pytest.mark.parametrize("name", ["pex.lock", "default.lock", "3rdparty/python/tools.lock", "app.pex.lock"])
def test_a_lock_of_pex(tmp_path: Path, name: str) -> None:
    entry = {
        "project_name": "Demo",
        "version": "1.2.3",
        "requires_dists": ["other>=1; extra == 'x'"],
        "artifacts": [{"algorithm": "sha256", "hash": DIGEST, "url": "https://index.example/demo-1.2.3.tar.gz"}],
    }
    other = {"project_name": "other", "version": "2.0", "artifacts": []}
    text = json.dumps({"locked_resolves": [{"locked_requirements": [entry, other]}], "pex_version": "2.1"}, indent=2)
    inventory = read_as(tmp_path, name, f"// This lockfile was written by Pants\n//\n{text}")
    assert _packages(inventory) == ["demo 1.2.3", "other 2.0"]
    assert inventory.complete
    assert inventory.packages[0].artifacts[0].hashes == (("sha256", DIGEST),)
    assert inventory.packages[0].places[0].line == 8


def test_a_lock_of_another_program_is_none_of_pex(world: World) -> None:
    (world.tree.root / "default.lock").write_text("# yarn\nx@1:\n", encoding="utf-8")
    assert [one.path for one in run(Request(offline=True), world).inputs] == ["."]


def test_the_metadata_of_an_unpacked_archive_counts_where_no_manifest_does(world: World) -> None:
    text = "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: demo (==1.2.3)\nRequires-Dist: t; extra == 'dev'\n"
    (world.tree.root / "PKG-INFO").write_text(text, encoding="utf-8")
    assert [str(one.coordinate) for one in run(Request(offline=True), world).packages] == ["demo 1.2.3"]
    (world.tree.root / "setup.cfg").write_text("[options]\ninstall_requires =\n  other==2.0\n", encoding="utf-8")
    assert [str(one.coordinate) for one in run(Request(offline=True), world).packages] == ["other 2.0"]


@pytest.mark.parametrize("name", ["deps.txt", "packages.txt", "pip-freeze.txt", "docker/python-packages.txt", "pins.txt"])
def test_requirements_under_another_name(tmp_path: Path, name: str) -> None:
    text = "# pinned\ndemo[x]==1.2.3 ; python_version >= '3.9'\n--extra-index-url https://index.example/simple\nother\n"
    inventory = read_as(tmp_path, name, text)
    assert _asked(inventory) == [("demo==1.2.3", 2), ("other", 4)]
    assert len(inventory.indexes) == 1


@pytest.mark.parametrize(
    "text",
    [
        "ffmpeg\nlibgl1\n",
        "libgl1=1.4.0-1\n",
        "We need demo==1.2.3, and more.\ndemo==1.2.3\n",
        "Package    Version\n---------- -------\ndemo       1.2.3\n",
        "<html>\ndemo==1.2.3\n",
    ],
)
def test_a_list_of_something_else_asks_for_nothing(world: World, text: str) -> None:
    (world.tree.root / "packages.txt").write_text(text, encoding="utf-8")
    assert [one.path for one in run(Request(offline=True), world).inputs] == ["."]


def test_such_a_list_that_is_named_is_read_whatever_it_pins(world: World) -> None:
    (world.tree.root / "deps.txt").write_text("demo\n", encoding="utf-8")
    named = run(Request(subjects=("deps.txt",), offline=True), world)
    assert [one.requirements[0].name for one in named.inputs] == ["demo"]
    (world.tree.root / "Dockerfile").write_text("FROM x\nCOPY deps.txt .\nRUN pip install -r deps.txt\n", encoding="utf-8")
    found = run(Request(offline=True), world)
    assert [(one.path, [asked.name for asked in one.requirements]) for one in found.inputs] == [("Dockerfile", ["demo"])]


@pytest.mark.parametrize("name", ["report.json", "inspect.json", "lock.json", "mcp.json", "mcp-sbom.json", "plugin.json"])
def test_an_sbom_of_such_a_name_is_one(world: World, name: str) -> None:
    component = {"type": "library", "name": "demo", "version": "1.2.3", "purl": "pkg:pypi/demo@1.2.3"}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]}
    (world.tree.root / name).write_text(json.dumps(document), encoding="utf-8")
    report = run(Request(subjects=(name,), offline=True), world)
    assert [str(one.coordinate) for one in report.packages] == ["demo 1.2.3"]


@pytest.mark.parametrize("name", ["workflow/envs/tools.yaml", "conda/gpu.yml", "some.conda.yaml", "anything.yaml"])
def test_environments_of_conda_under_any_name(world: World, name: str) -> None:
    path = world.tree.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("channels: [conda-forge]\ndependencies:\n  - pip:\n      - demo==1.2.3\n", encoding="utf-8")
    assert [str(one.coordinate) for one in run(Request(offline=True), world).packages] == ["demo 1.2.3"]


def test_what_a_buildout_pins_and_where_it_looks(tmp_path: Path) -> None:
    text = "[buildout]\nindex = https://index.example/simple\nparts = a\n[versions]\nDemo = 1.2.3\n# c\nother = >= 2\n"
    inventory = read_as(tmp_path, "buildout.cfg", text)
    assert _packages(inventory) == ["demo 1.2.3"]
    assert inventory.packages[0].places[0].line == 5
    assert [one.role for one in inventory.indexes] == ["primary"]


def test_targets_of_pants(world: World) -> None:
    text = "python_requirement(name='x', requirements=['demo==1.2.3'])\npython_requirements(source='all.list')\n"
    (world.tree.root / "BUILD").write_text(text, encoding="utf-8")
    (world.tree.root / "all.list").write_text("other==2.0\n", encoding="utf-8")
    found = {str(one.coordinate) for one in run(Request(offline=True), world).packages}
    assert found == {"demo 1.2.3", "other 2.0"}


def test_cells_of_a_text_notebook(tmp_path: Path) -> None:
    text = """\
        ---
        title: pip install no==1
        ---
        Run `pip install no==1` first.

        ```{python}
        #| echo: false
        !pip install demo==1.2.3
        ```

        ```{bash, eval=TRUE}
        pip install other==2.0
        ```

        ```{r}
        library(reticulate)
        py_install(c("third==3.0", 'fourth'), envname = "r-env", pip = TRUE)
        ```

        ```text
        pip install no==1
        ```
        """
    for name in ("a.Rmd", "a.qmd"):
        found = _asked(read_as(tmp_path, name, dedent(text)))
        assert found == [("demo==1.2.3", 8), ("other==2.0", 12), ("third==3.0", 17), ("fourth", 17)]


def test_a_notebook_with_a_header_and_a_script_of_r(world: World) -> None:
    header = ["# /// script\n", "# dependencies = ['demo==1.2.3']\n", "# ///\n"]
    cells = {"nbformat": 4, "cells": [{"cell_type": "code", "source": header}]}
    (world.tree.root / "a.ipynb").write_text(json.dumps(cells, indent=1), encoding="utf-8")
    (world.tree.root / "a.R").write_text("reticulate::py_install('other==2.0')\n", encoding="utf-8")
    found = {str(one.coordinate) for one in run(Request(offline=True), world).packages}
    assert found == {"demo 1.2.3", "other 2.0"}


@given(st.text(alphabet='[]{}"=:,\n ademo1.;#-', max_size=120))
def test_any_text_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("pip-report.json", "pex.lock", "deps.txt", "PKG-INFO", "buildout.cfg", "a.qmd"):
        assert read_as(folder, name, text).path == name


def test_long_hostile_files_end(tmp_path: Path) -> None:
    for piece in ("a ", "a\t \n", "```{r}\npy_install(", "py_install(" + "x = " * 20, '{"a":', "[", "demo==1 [", "a = "):
        for name in ("pip-report.json", "pex.lock", "deps.txt", "PKG-INFO", "buildout.cfg", "a.qmd"):
            assert read_as(tmp_path, name, '"locked_resolves" pip install demo==1\n' + piece * 20_000).path == name
            assert read_as(tmp_path, name, piece * 20_000).path == name
