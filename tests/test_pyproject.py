"""pyproject.toml in its dialects: what is asked for, from where, and on which line."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from packaging.specifiers import SpecifierSet

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.inventory.poetry import specifier
from mlsupply.model import Inventory, Reason, Requirement, Source, SourceKind
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.memory import read


def _read(folder: Path, text: str, **others: str) -> Inventory:
    (folder / "pyproject.toml").write_text(dedent(text), encoding="utf-8")
    for name, content in others.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    reader = reader_of("pyproject.toml")
    assert reader is not None
    return reader.read("pyproject.toml", DiskTree(folder), Limits())


def _asked(inventory: Inventory) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [(r.name, r.specifier, r.place.line, r.groups) for r in inventory.requirements]


def _one(inventory: Inventory, name: str) -> Requirement:
    return next(r for r in inventory.requirements if r.name == name)


def test_dependencies_extras_groups_and_build_requirements_keep_their_lines(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        """\
        [build-system]
        requires = ["hatchling>=1.27"]

        [project]
        name = "My.App"
        requires-python = ">=3.11"
        dependencies = [
          "litellm[proxy]==1.82.6",
          'torch>=2 ; sys_platform == "linux"',
        ]

        [project.optional-dependencies]
        train = ["accelerate"]

        [dependency-groups]
        lint = ["ruff"]
        dev = ["pytest", {include-group = "lint"}]
        """,
    )
    assert _asked(inventory) == [
        ("litellm", "==1.82.6", 8, ()),
        ("torch", ">=2", 9, ()),
        ("accelerate", "", 13, ("train",)),
        ("ruff", "", 16, ("lint", "dev")),
        ("pytest", "", 17, ("dev",)),
        ("hatchling", ">=1.27", 2, ("build",)),
    ]
    assert (inventory.root, inventory.requires_python, inventory.gaps) == ("my-app", ">=3.11", ())
    assert _one(inventory, "litellm").extras == ("proxy",)
    assert _one(inventory, "torch").marker == 'sys_platform == "linux"'


def test_the_same_requirement_in_two_groups_is_found_on_its_own_line_each_time(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        """\
        [project]
        dependencies = ["numpy>=2"]
        [project.optional-dependencies]
        a = ["numpy>=2"]
        b = [
          "numpy>=2",
        ]
        """,
    )
    assert [r.place.line for r in inventory.requirements] == [2, 4, 6]


def test_one_bad_requirement_is_a_gap_on_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    inventory = _read(tmp_path, '[project]\ndependencies = [\n  "numpy",\n  "not a requirement!",\n  "scipy",\n]\n')
    assert [r.name for r in inventory.requirements] == ["numpy", "scipy"]
    assert [(g.reason, g.place and g.place.line) for g in inventory.gaps] == [(Reason.MALFORMED, 4)]


def test_a_file_that_is_no_toml_is_one_gap_with_the_line(tmp_path: Path) -> None:
    inventory = _read(tmp_path, '[project]\nname = "{{ cookiecutter.name }}"\n{% if x %}\n')
    assert [(g.reason, str(g.place)) for g in inventory.gaps] == [(Reason.MALFORMED, "pyproject.toml:3")]


def test_poetry_tables_become_pep_440_requirements_with_groups_and_sources(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        """\
        [tool.poetry]
        name = "app"
        [tool.poetry.dependencies]
        python = "^3.11"
        requests = "^2.31"
        pandas = {version = "~2.1", extras = ["excel"], optional = true}
        agent = {git = "https://git.example/agent.git", tag = "v1"}
        local = {path = "../local", develop = true}
        torch = [
          {version = "2.4.0", markers = "sys_platform == 'darwin'"},
          {version = "2.4.0+cpu", platform = "linux", source = "cpu"},
        ]
        [tool.poetry.group.dev.dependencies]
        pytest = ">=8,<9"
        [tool.poetry.extras]
        tables = ["pandas"]
        [[tool.poetry.source]]
        name = "cpu"
        url = "https://me:secret@wheels.example/cpu"
        priority = "explicit"
        """,
    )
    assert _asked(inventory) == [
        ("requests", ">=2.31,<3.0", 5, ()),
        ("pandas", ">=2.1,<2.2", 6, ("tables",)),
        ("agent", "", 7, ()),
        ("local", "", 8, ()),
        ("torch", "==2.4.0", 9, ()),
        ("torch", "==2.4.0+cpu", 9, ()),
        ("pytest", ">=8,<9", 14, ("dev",)),
    ]
    assert inventory.requires_python == ">=3.11,<4.0"
    assert _one(inventory, "agent").source == Source(SourceKind.GIT, "https://git.example/agent.git", "v1")
    assert _one(inventory, "local").source.kind is SourceKind.EDITABLE
    assert [r.marker for r in inventory.requirements if r.name == "torch"] == [
        "sys_platform == 'darwin'",
        'sys_platform == "linux"',
    ]
    (index,) = inventory.indexes
    assert (index.url, index.role, index.packages) == ("https://wheels.example/cpu", "explicit", ("torch",))
    assert index.had_credentials
    assert index.place.line == 19


@pytest.mark.parametrize(
    ("poetry", "pep440"),
    [
        ("^1.2.3", ">=1.2.3,<2.0.0"),
        ("^1.2", ">=1.2,<2.0"),
        ("^1", ">=1,<2.0"),
        ("^0.2.3", ">=0.2.3,<0.3.0"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1.0"),
        ("~1.2.3", ">=1.2.3,<1.3.0"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2.0"),
        ("~=1.4", "~=1.4"),
        ("1.2.3", "==1.2.3"),
        ("1.2.*", "==1.2.*"),
        ("*", ""),
        (">= 1.0 <2.0", ">=1.0,<2.0"),
        (">=1.0, !=1.5", ">=1.0,!=1.5"),
        ("^2.0.0b1", ">=2.0.0b1,<3.0.0"),
        ("<2 || >3", None),
        ("latest", None),
    ],
)
def test_poetry_constraints_in_pep_440(poetry: str, pep440: str | None) -> None:
    said = specifier(poetry)
    assert said == pep440
    if said:
        SpecifierSet(said)


def test_uv_sources_indexes_and_constraints(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        """\
        [project]
        dependencies = ["torch", "kernels", "core", "tool"]
        [tool.uv]
        constraint-dependencies = ["urllib3<3"]
        [tool.uv.sources]
        torch = [
          {index = "cu128", marker = "sys_platform == 'linux'"},
          {index = "cpu", marker = "sys_platform == 'darwin'"},
        ]
        kernels = {git = "https://git.example/kernels", rev = "abc"}
        core = {workspace = true}
        tool = {url = "https://files.example/tool-1.0-py3-none-any.whl"}
        [[tool.uv.index]]
        name = "cu128"
        url = "https://wheels.example/cu128"
        explicit = true
        [[tool.uv.index]]
        url = "https://mirror.example/simple"
        default = true
        """,
    )
    assert [(r.name, r.source.kind, r.constraint) for r in inventory.requirements] == [
        ("torch", SourceKind.REGISTRY, False),
        ("torch", SourceKind.REGISTRY, False),
        ("kernels", SourceKind.GIT, False),
        ("core", SourceKind.PATH, False),
        ("tool", SourceKind.URL, False),
        ("urllib3", SourceKind.REGISTRY, True),
    ]
    assert [(i.url, i.role, i.packages, i.place.line) for i in inventory.indexes] == [
        ("https://wheels.example/cu128", "explicit", ("torch",), 15),
        ("https://mirror.example/simple", "primary", (), 18),
    ]


def test_pdm_groups_and_sources(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        """\
        [tool.pdm.dev-dependencies]
        test = ["pytest>=8", "-e file:///${PROJECT_ROOT}/sub#egg=sub"]
        [[tool.pdm.source]]
        name = "private"
        url = "http://index.example/simple"
        verify_ssl = false
        """,
    )
    assert _asked(inventory) == [("pytest", ">=8", 2, ("test",))]
    (index,) = inventory.indexes
    assert (index.role, index.trusted_host) == ("extra", True)


def test_dynamic_dependencies_that_nobody_lists_are_a_gap(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        """\
        [build-system]
        requires = ["maturin"]
        build-backend = "maturin"
        [project]
        name = "x"
        dynamic = ["version", "dependencies"]
        """,
    )
    (gap,) = inventory.gaps
    assert (gap.reason, str(gap.place)) == (Reason.UNSUPPORTED, "pyproject.toml:6")
    assert "maturin computes them" in gap.detail


def test_a_dynamic_file_that_is_missing_is_a_gap_where_it_is_named(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        """\
        [project]
        dynamic = ["dependencies"]
        [tool.setuptools.dynamic]
        dependencies = {file = ["requirements/base.txt"]}
        """,
    )
    (gap,) = inventory.gaps
    assert (gap.reason, gap.place and gap.place.line) == (Reason.NOT_FOUND, 2)


def test_values_of_the_wrong_type_do_not_stop_the_reading(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        """\
        dependency-groups = 3
        [project]
        name = 7
        dependencies = "numpy"
        optional-dependencies = []
        [tool]
        poetry = "x"
        uv = [1]
        pdm = {dev-dependencies = 1, source = 2}
        """,
    )
    assert inventory.requirements == ()
    assert {gap.place.line for gap in inventory.gaps if gap.place} == {4, 5}


@pytest.mark.parametrize(
    ("text", "line", "groups"),
    [
        ('[tool.rye]\ndev-dependencies = ["six==1.16.0", "-e file:./lib"]\n', 2, ("dev",)),
        ('[tool.hatch.envs.test]\ndependencies = [\n  "six==1.16.0",\n  "other @ {root:uri}/other",\n]\n', 3, ("test",)),
        ('[tool.hatch.envs.test]\nextra-dependencies = ["six==1.16.0"]\n', 2, ("test",)),
        ('[tool.hatch.envs.test.overrides]\nmatrix.os.dependencies = [{value = "six==1.16.0"}]\n', 2, ("test",)),
        ('[tool.hatch.build.targets.wheel]\ndependencies = ["six==1.16.0"]\n', 2, ("build",)),
        ('[tool.hatch.build.hooks.custom]\ndependencies = ["six==1.16.0"]\n', 2, ("build",)),
        ('[tool.hatch.env]\nrequires = ["six==1.16.0"]\n', 2, ("build",)),
        (
            '[tool.uv.extra-build-dependencies]\ndemo = [{requirement = "six==1.16.0"}]\n',
            2,
            ("build",),
        ),
        ('[tool.poetry.requires-plugins]\nsix = "1.16.0"\n', 2, ("plugins",)),
        ('[tool.pdm]\nplugins = ["six==1.16.0"]\n', 2, ("plugins",)),
        ('[tool.flit.metadata]\nmodule = "app"\nrequires = ["six==1.16.0"]\n', 3, ()),
        ('[tool.flit.metadata.requires-extra]\ndoc = ["six==1.16.0"]\n', 2, ("doc",)),
        ('[tool.pixi.workspace]\nname = "app"\n[tool.pixi.pypi-dependencies]\nsix = "==1.16.0"\n', 4, ()),
        ('[tool.pixi.feature.gpu.target.linux-64.pypi-dependencies]\nsix = {version = "==1.16.0"}\n', 2, ("gpu",)),
    ],
)
def test_tables_of_further_tools_are_read_with_line_and_group(text: str, line: int, groups: tuple[str, ...]) -> None:
    (found,) = read("pyproject.toml", text).requirements
    assert (found.name, found.specifier, found.place.line, found.groups) == ("six", "==1.16.0", line, groups)


def test_hatch_toml_holds_the_tables_of_hatch() -> None:
    inventory = read("hatch.toml", '[envs.default]\ndependencies = [\n  "six==1.16.0",\n]\n')
    assert [(r.name, r.place.line, r.groups) for r in inventory.requirements] == [("six", 3, ("default",))]


def test_a_field_that_hatch_fills_in_is_a_gap_unless_it_names_the_projects_own_folder() -> None:
    """A field anywhere in the line must not take the whole of it out of sight."""
    own = '"lib[x] @ {root:parent:uri}/lib"'
    other = '"demo @ https://files.example/{root}/demo-1.0.tar.gz", "six=={matrix:six}"'
    inventory = read("pyproject.toml", f"[tool.hatch.envs.test]\ndependencies = [{own}, {other}]\n")
    assert inventory.requirements == ()
    assert [gap.detail.rpartition(": ")[2] for gap in inventory.gaps] == [one.strip('"') for one in other.split(", ")]


@pytest.mark.parametrize("table", ["[tool.rye]\ndev-dependencies", "[tool.pdm.dev-dependencies]\ntest"])
def test_a_repository_that_is_installed_in_place_is_no_folder_of_the_project(table: str) -> None:
    text = (
        f'{table} = ["-e git+https://git.example/them/demo.git@v1#egg=demo", "-e file:///${{PROJECT_ROOT}}/lib#egg=lib"]\n'
    )
    (found,) = read("pyproject.toml", text).requirements
    assert (found.name, found.source) == ("demo", Source(SourceKind.GIT, "git+https://git.example/them/demo.git", "v1"))


def test_poetry_takes_a_package_that_the_project_names_from_where_its_own_table_says() -> None:
    """`[project]` names it like one of the index; what is installed is the repository."""
    project = '[project]\nname = "app"\ndependencies = ["requests>=2", "six"]\n[tool.poetry.dependencies]\n'
    inventory = read("pyproject.toml", project + 'requests = {git = "https://git.example/them/requests"}\nsix = "1.16.0"\n')
    asked, six, limit = inventory.requirements
    assert asked.source == Source(SourceKind.GIT, "https://git.example/them/requests")
    assert (six.specifier, six.constraint) == ("", False)
    assert (limit.name, limit.specifier, limit.constraint) == ("six", "==1.16.0", True)


@pytest.mark.parametrize(
    "override",
    ['[tool.uv]\noverride-dependencies = ["litellm==1.82.8"]\n', '[tool.pdm.resolution.overrides]\nlitellm = "1.82.8"\n'],
)
def test_an_override_stands_in_the_place_of_what_is_asked_for(override: str, world: World) -> None:
    """Offline the pinned release was reported, which is not the one that is installed."""
    text = f'[project]\nname = "app"\nversion = "1"\ndependencies = ["litellm==1.84.0", "six==1.17.0"]\n{override}'
    (world.tree.root / "pyproject.toml").write_text(text, encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True), world)
    assert [str(package.coordinate) for package in report.packages] == ["litellm 1.82.8", "six 1.17.0"]
    assert "MAL-2026-2144" in {finding.id for finding in report.findings}


def test_what_pixi_asks_of_conda_in_a_pyproject_stays_condas() -> None:
    inventory = read("pyproject.toml", '[tool.pixi.dependencies]\nnumpy = "1.26.*"\ntzdata = "==2025b"\nbad = 3\n')
    assert [(r.name, r.ecosystem) for r in inventory.requirements][:2] == [("numpy", "conda"), ("tzdata", "conda")]
    assert [(p.coordinate.purl, p.places[0].line) for p in inventory.packages] == [("pkg:conda/tzdata@2025b", 3)]
    assert [gap.place and gap.place.line for gap in inventory.gaps] == [4]
