"""Settings of pip, uv and PDM that a repository carries: where its packages come from, and which releases they allow."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.inventory.ini import sections_of
from mlsupply.model import Inventory
from mlsupply.outcome import Report
from mlsupply.request import Request
from mlsupply.world import Limits, World

EXTRA = "[global]\nextra-index-url = https://index.example/simple\n"


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _read(folder: Path, name: str, text: str) -> Inventory:
    _write(folder, {name: text})
    reader = reader_of(name)
    assert reader is not None, name
    return reader.read(name, DiskTree(folder), Limits())


def _indexes(inventory: Inventory) -> list[tuple[str, str, int]]:
    return [(index.role, index.url, index.place.line) for index in inventory.indexes]


def _scan(world: World, files: dict[str, str]) -> Report:
    _write(world.tree.root, files)
    return run(Request(offline=True), world)


def _packages(report: Report) -> list[str]:
    return sorted(str(package.coordinate) for package in report.packages)


def _found(report: Report) -> set[tuple[str, str]]:
    return {(finding.id, finding.subject) for finding in report.findings if finding.id.startswith("MLS-I00")}


@pytest.mark.parametrize(
    "name", ["pip.conf", "pip.ini", ".pip/pip.conf", "pip/pip.conf", ".config/pip/pip.conf", "docker/pip.conf"]
)
def test_an_extra_index_in_pips_settings_is_a_finding(world: World, name: str) -> None:
    report = _scan(world, {name: EXTRA, "pyproject.toml": '[project]\nname = "a"\ndependencies = ["numpy==2.0.0"]\n'})
    assert _found(report) == {("MLS-I001", f"{name}: https://index.example/simple")}


def test_all_that_pips_settings_say_of_indexes_is_read(tmp_path: Path) -> None:
    text = (
        "[global]\n# index-url = https://no.example/simple\nindex-url = http://one.example/simple\n"
        "[install]\nextra_index_url =\n    https://u:secret@two.example/simple\n    https://three.example/simple\n"
        "find-links = ./wheels\ntrusted-host = one.example two.example\nno-compile = yes\n"
    )
    inventory = _read(tmp_path, "pip.conf", text)
    assert _indexes(inventory) == [
        ("primary", "http://one.example/simple", 3),
        ("extra", "https://two.example/simple", 6),
        ("extra", "https://three.example/simple", 7),
        ("find-links", "./wheels", 8),
    ]
    assert [index.trusted_host for index in inventory.indexes] == [True, True, False, False]
    assert inventory.indexes[1].had_credentials
    assert "secret" not in repr(inventory)


def test_settings_that_are_indented_as_a_whole_count_as_pip_counts_them(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path, "pip.conf", " [global]\n extra-index-url =\n\n  https://index.example/simple\n # c\n timeout = 9\n"
    )
    assert _indexes(inventory) == [("extra", "https://index.example/simple", 4)]


def test_a_release_that_pips_settings_pin_is_looked_at(world: World) -> None:
    pins = {"pip.conf": "[global]\nconstraint = deps/pins.list\n", "deps/pins.list": "demo==1.2.3\nother<2\n"}
    assert _packages(_scan(world, {"requirements.txt": "demo\n", **pins})) == ["demo 1.2.3"]


def test_files_that_pips_settings_install_are_read(world: World) -> None:
    files = {"pip.conf": "[install]\nrequirement = deps/all.list\n", "deps/all.list": "demo==1.2.3\n"}
    assert _packages(_scan(world, files)) == ["demo 1.2.3"]
    lost = _scan(world, {"pip.conf": "[install]\nrequirement = nowhere.list\n"})
    assert any("nowhere.list is not among the files" in gap.detail for gap in lost.gaps)


def test_settings_of_pip_that_install_nothing_are_not_listed(world: World) -> None:
    report = _scan(world, {"pip.conf": "[global]\ntimeout = 60\n", "requirements.txt": "numpy==2.0.0\n"})
    assert [one.path for one in report.inputs] == ["requirements.txt"]


def test_a_settings_file_that_an_image_gets_under_another_name_is_read(world: World) -> None:
    image = "FROM python:3.12\nCOPY cfg/p.cfg /etc/pip.conf\nRUN pip install numpy==2.0.0\n"
    report = _scan(world, {"Dockerfile": image, "cfg/p.cfg": EXTRA})
    assert ("MLS-I001", "cfg/p.cfg: https://index.example/simple") in _found(report)


@pytest.mark.parametrize(
    "line",
    [
        'COPY ["cfg/p.cfg", "/etc/pip.conf"]\nRUN pip install numpy==2.0.0',
        "RUN --mount=type=bind,source=cfg/p.cfg,target=/etc/pip.conf pip install numpy==2.0.0",
        "RUN printf '[global]\\nextra-index-url = https://index.example/simple\\n' > /etc/pip.conf",
        "COPY <<EOF /etc/pip.conf\n[global]\nextra-index-url = https://index.example/simple\nEOF",
    ],
)
def test_other_ways_to_give_an_image_its_settings(world: World, line: str) -> None:
    report = _scan(world, {"Dockerfile": f"FROM python:3.12\n{line}\n", "cfg/p.cfg": EXTRA})
    assert {rule for rule, _ in _found(report)} >= {"MLS-I001"}


def test_settings_in_another_encoding_and_templates_of_settings(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_bytes(b"# caf\xe9\n" + EXTRA.encode())
    reader = reader_of("pip.conf")
    assert reader is not None
    inventory = reader.read("pip.conf", DiskTree(tmp_path), Limits())
    assert [index.url for index in inventory.indexes] == ["https://index.example/simple"]
    assert ["not UTF-8" in gap.detail for gap in inventory.gaps] == [True]
    template = _read(tmp_path, "pip.conf.j2", f"{EXTRA}[install]\nindex-url = https://{{{{ host }}}}/simple\n")
    assert [index.url for index in template.indexes] == ["https://index.example/simple"]
    assert [gap.place.line for gap in template.gaps if gap.place] == [4]


@pytest.mark.parametrize(
    "image",
    [
        "FROM x\nENV PIP_CONSTRAINT=/c/pins.txt\nCOPY pins.txt /c/pins.txt\nRUN pip install demo\n",
        "FROM x\nCOPY pins.txt /c/pins.txt\nRUN pip install -c /c/pins.txt demo\n",
        "FROM x\nCOPY pins.txt /c/pins.txt\nRUN PIP_CONSTRAINT=/c/pins.txt pip install demo\n",
        "FROM x\nCOPY pins.txt /c/pins.txt\nRUN uv pip install --override /c/pins.txt demo\n",
        "FROM x\nCOPY pins.txt /c/pins.txt\nENV PIP_REQUIREMENT=/c/pins.txt\nRUN pip install .\n",
    ],
)
def test_the_release_that_an_image_constrains_a_name_to_is_looked_at(world: World, image: str) -> None:
    assert _packages(_scan(world, {"Dockerfile": image, "pins.txt": "demo==1.2.3\n"})) == ["demo 1.2.3"]


def test_a_settings_file_that_a_variable_names_is_read(world: World) -> None:
    image = "FROM x\nCOPY cfg /cfg\nENV PIP_CONFIG_FILE=/cfg/p.cfg\nRUN pip install numpy==2.0.0\n"
    report = _scan(world, {"Dockerfile": image, "cfg/p.cfg": f"{EXTRA}config-file = p.cfg\n"})
    assert ("MLS-I001", "cfg/p.cfg: https://index.example/simple") in _found(report)


PROJECT = '[project]\nname = "a"\nversion = "1"\ndependencies = ["demo>=1"]\n'


@pytest.mark.parametrize("key", ["override-dependencies", "constraint-dependencies"])
def test_a_release_that_uv_is_limited_to_is_looked_at(world: World, key: str) -> None:
    limits = f'{key} = ["demo==1.2.3", "other<2"]\n'
    assert _packages(_scan(world, {"pyproject.toml": f"{PROJECT}[tool.uv]\n{limits}"})) == ["demo 1.2.3"]
    assert _packages(_scan(world, {"pyproject.toml": PROJECT, "uv.toml": limits})) == ["demo 1.2.3"]


def test_a_constraint_of_builds_does_not_limit_what_is_installed(world: World) -> None:
    limits = '[tool.uv]\nbuild-constraint-dependencies = ["demo==1.2.3"]\n'
    assert _packages(_scan(world, {"pyproject.toml": PROJECT + limits})) == []


def test_a_limit_that_is_written_as_a_table_is_a_gap(world: World) -> None:
    text = PROJECT + '[tool.uv]\noverride-dependencies = [{ package = "demo", version = "1.2.3" }]\n'
    assert any("is a table, which is not read" in gap.detail for gap in _scan(world, {"pyproject.toml": text}).gaps)


@pytest.mark.parametrize(
    "text", ['extra-index-url = ["https://index.example/simple"]\n', '[[index]]\nurl = "https://index.example/simple"\n']
)
def test_indexes_of_uv_toml_are_judged_as_those_of_pyproject(world: World, text: str) -> None:
    report = _scan(world, {"pyproject.toml": PROJECT, "uv.toml": text})
    assert _found(report) == {("MLS-I001", "uv.toml: https://index.example/simple")}


def test_a_lock_settles_what_the_indexes_of_uv_toml_leave_open(world: World) -> None:
    lock = (
        'version = 1\nrequires-python = ">=3.10"\n[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\n'
        'dependencies = [{ name = "demo" }]\n[[package]]\nname = "demo"\nversion = "1.2.3"\n'
        'source = { registry = "https://pypi.org/simple" }\n'
    )
    extra = 'extra-index-url = ["https://index.example/simple"]\n'
    assert _found(_scan(world, {"pyproject.toml": PROJECT, "uv.toml": extra, "uv.lock": lock})) == set()


def test_indexes_of_pdm_toml(tmp_path: Path) -> None:
    text = (
        '[pypi]\nurl = "https://one.example/simple"\nverify_ssl = false\n[pypi.corp]\nurl = "https://u:p@two.example/simple"\n'
        '[pypi.files]\nurl = "https://three.example/"\ntype = "find_links"\n[other]\nx = 1\n'
    )
    inventory = _read(tmp_path, "pdm.toml", text)
    assert _indexes(inventory) == [
        ("primary", "https://one.example/simple", 2),
        ("extra", "https://two.example/simple", 5),
        ("find-links", "https://three.example/", 7),
    ]
    assert [index.trusted_host for index in inventory.indexes] == [True, False, False]


@pytest.mark.parametrize("name", [".env", ".env.prod", "app.env", ".envrc"])
def test_variables_for_installers_in_an_env_file(tmp_path: Path, name: str) -> None:
    text = "API_KEY=sk-hidden\nexport PIP_EXTRA_INDEX_URL='https://u:secret@index.example/simple'\nUV_FIND_LINKS=./w\n"
    inventory = _read(tmp_path, name, text)
    assert _indexes(inventory) == [("extra", "https://index.example/simple", 2), ("find-links", "./w", 3)]
    assert "secret" not in repr(inventory)
    assert "sk-hidden" not in repr(inventory)


def test_an_env_file_of_other_settings_is_no_input(world: World) -> None:
    assert [one.path for one in _scan(world, {".env": "KEY=1\n", "requirements.txt": "numpy==2.0.0\n"}).inputs] == [
        "requirements.txt"
    ]


@given(st.text(alphabet="[]=: \n\tab#;%(-_", max_size=300))
def test_any_text_is_read_as_sections(text: str) -> None:
    lines = text.split("\n")
    for options in sections_of(text).values():
        for values in options.values():
            assert all(value.text in lines[value.line - 1] for value in values)


def test_long_hostile_settings_end(tmp_path: Path) -> None:
    for piece in ("[", "a=", " x", "[a]\n b\n", "index-url = " + "h " * 50, "\t\n "):
        assert _read(tmp_path, "pip.conf", piece * 20_000).path == "pip.conf"
        assert _read(tmp_path, "uv.toml", piece * 20_000).path == "uv.toml"
        assert _read(tmp_path, ".env", f"UV_ {piece * 20_000}").path == ".env"
