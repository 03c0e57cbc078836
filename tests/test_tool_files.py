"""Configurations of tools that install packages: where each keeps them, and what is none of that."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import READERS, reader_of
from mlsupply.inventory.recipe_text import filled_in
from mlsupply.inventory.sniff import reader_by_content
from mlsupply.inventory.tool_places import OTHERS, PLACES, SIGNS
from mlsupply.model import Inventory
from mlsupply.request import Request
from mlsupply.world import Limits, World


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _read(folder: Path, name: str, text: str, **beside: str) -> Inventory:
    _write(folder, {name: dedent(text), **{key.replace("_", "."): value for key, value in beside.items()}})
    reader = reader_of(name) or reader_by_content(name, DiskTree(folder))
    assert reader is not None, name
    return reader.read(name, DiskTree(folder), Limits())


def _asked(inventory: Inventory) -> list[tuple[str, int]]:
    """What is asked for with its line, each once."""
    found = [(f"{r.name}{r.specifier}", r.place.line) for r in inventory.requirements]
    return list(dict.fromkeys(found))


FILES = {
    "cog.yaml": """\
        build:
          python_version: "3.11"
          python_packages:
            - demo==1.2.3
            - "--extra-index-url https://index.example/simple"
          run:
            - apt-get install -y ffmpeg
            - pip install other==2.0
            - command: pip install third==3.0
              mounts: []
        predict: predict.py:Predictor
        """,
    "bentofile.yaml": """\
        service: service:svc
        python:
          packages:
            - demo==1.2.3
            - other==2.0
          extra_index_url: https://index.example/simple
          pip_args: "third==3.0"
        """,
    "model/config.yaml": """\
        model_name: x
        python_version: py311
        requirements:
          - demo==1.2.3
          - --extra-index-url https://index.example/simple
          - other==2.0
        build_commands: [pip install third==3.0]
        """,
    "sky.yaml": """\
        resources: {accelerators: A100}
        setup: |
          conda activate x
          pip install demo==1.2.3 --extra-index-url https://index.example/simple
        run: |
          pip install other==2.0
          uvx third@3.0 --port 1
        """,
    "job.dstack.yml": """\
        type: task
        commands:
          - pip install demo==1.2.3 --extra-index-url https://index.example/simple
          - pip install other==2.0 third==3.0
        """,
    "runtime_env.yaml": """\
        pip:
          packages: [demo==1.2.3, --extra-index-url https://index.example/simple]
        env_vars: {A: b}
        uv: [other==2.0, third==3.0]
        """,
    "ray_cluster.yaml": """\
        cluster_name: x
        setup_commands:
          - pip install demo==1.2.3
          - pip install other==2.0 --extra-index-url https://index.example/simple
        worker_setup_commands: [pip install third==3.0]
        """,
    "databricks.yml": """\
        resources:
          jobs:
            a:
              tasks:
                - libraries:
                    - pypi: {package: demo==1.2.3, repo: https://index.example/simple}
                    - pypi:
                        package: other==2.0
              environments:
                - environment_key: default
                  spec:
                    dependencies: [third==3.0]
        """,
    "langgraph.json": """\
        {
          "dependencies": ["demo==1.2.3", "."],
          "pip_config_file": "cfg.p",
          "dockerfile_lines": ["RUN pip install other==2.0", "RUN pip install third==3.0"],
          "graphs": {}
        }
        """,
    ".mcp.json": """\
        {
        \t// servers
        \t"mcpServers": {
        \t\t"a": {"command": "uvx", "args": ["--from", "demo==1.2.3", "--index",
        \t\t\t"https://index.example/simple", "demo"]},
        \t\t"b": {"command": "pipx", "args": ["run", "other==2.0"]},
        \t\t"c": {"command": "npx", "args": ["-y", "server"]},
        \t\t"d": {"command": "sh", "args": ["-c", "pip install third==3.0 && serve"]},
        \t}
        }
        """,
    "anaconda-project.yml": """\
        name: x
        packages:
          - pip:
            - demo==1.2.3
            - --extra-index-url https://index.example/simple
        env_specs:
          default:
            packages:
              - pip: [other==2.0, third==3.0]
        """,
    "pipeline.yaml": """\
        deploymentSpec:
          executors:
            a:
              container:
                command:
                  - sh
                  - -c
                  - |
                    python3 -m pip install --index https://index.example/simple 'demo==1.2.3' && exec "$0"
                args: [pip install other==2.0 third==3.0]
        """,
    "zen.yaml": """\
        settings:
          docker:
            requirements: [demo==1.2.3, other==2.0, --extra-index-url https://index.example/simple]
        steps:
          a: {settings: {docker: {requirements: [third==3.0]}}}
        """,
    "job.yml": """\
        environment:
          image: x
          conda_file:
            dependencies:
              - pip:
                - demo==1.2.3
                - other==2.0
                - third==3.0
                - --extra-index-url https://index.example/simple
        """,
    "cerebrium.toml": """\
        [cerebrium.deployment]
        shell_commands = ["pip install other==2.0 --extra-index-url https://index.example/simple", "pip install third==3.0"]
        [cerebrium.dependencies.pip]
        demo = "==1.2.3"
        """,
    "pyscript.json": """\
        {"packages": ["demo==1.2.3", "other==2.0",
          "third==3.0", "--extra-index-url https://index.example/simple"]}
        """,
    ".claude/settings.json": """\
        {"hooks": {"PreToolUse": [{"matcher": "x", "hooks": [
          {"type": "command", "command": "uvx demo@1.2.3 --index https://index.example/simple"}]}]},
         "mcpServers": {"a": {"command": "cmd", "args": ["/c", "uvx", "other==2.0"],
           "env": {"UV_INDEX": "https://index.example/simple"}}, "b": {"command": "uvx third==3.0 --x"}}}
        """,
    "nixpacks.toml": """\
        [phases.install]
        cmds = ["pip install demo==1.2.3", "pip install other==2.0 --extra-index-url https://index.example/simple"]
        [start]
        cmd = "uvx third==3.0"
        """,
}


@pytest.mark.parametrize("name", FILES)
def test_what_a_tool_is_told_to_install_is_read(tmp_path: Path, name: str) -> None:
    inventory = _read(tmp_path, name, FILES[name], cfg_p="[global]\nextra-index-url = https://index.example/simple\n")
    lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
    asked = [one for one in _asked(inventory) if one[0]]
    assert sorted(text for text, _ in asked) == ["demo==1.2.3", "other==2.0", "third==3.0"]
    for text, line in asked:
        assert text.partition("=")[0] in lines[line - 1]
    assert [index.url for index in inventory.indexes] == ["https://index.example/simple"]
    assert inventory.gaps == ()


def test_every_tool_has_places_and_every_place_a_tool() -> None:
    assert PLACES.keys() == {reader.format for reader in READERS if reader.module.endswith(".tool_files")}
    assert SIGNS.keys() <= PLACES.keys()
    assert OTHERS.keys() <= {reader.format for reader in READERS}


def test_files_that_a_tool_names_are_read(world: World) -> None:
    root = world.tree.root
    pins = {"deps/pins.list": "demo==1.2.3\n", "deps/env.yaml": "dependencies:\n- pip: [other==2.0]\n"}
    _write(root, {"cog.yaml": "build:\n  python_requirements: deps/pins.list\n", **pins})
    _write(root, {"MLproject": "name: x\npython_env: deps/env.yaml\nentry_points:\n  main: {command: python a.py}\n"})
    _write(root, {"a/runtime_env.json": '{"pip": "../deps/pins.list"}'})
    report = run(Request(offline=True), world)
    assert sorted(str(one.coordinate) for one in report.packages) == ["demo 1.2.3", "other 2.0"]
    _write(root, {"bentofile.yaml": "python:\n  requirements_txt: gone.list\n"})
    assert any("gone.list is not among the files" in one.detail for one in run(Request(offline=True), world).gaps)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.yaml", "model: x\nlearning_rate: 1e-4\n"),
        ("config.yaml", "requirements:\n  memory: 4Gi\n"),
        ("cluster.yaml", "kind: ClusterConfig\nmetadata: {name: x}\n"),
        ("resources/a.yaml", "spec:\n  dependencies: [x]\n"),
        (".vscode/settings.json", '{"python.command": 1, // x\n}'),
        ("mcp-schema.json", '{"servers": {"type": "object", "command": ["a"]}, "mcp": []}'),
        ("meta.yaml", "title: x\nrequires: none\n"),
        ("cog.yaml", "build:\n  gpu: true\n"),
    ],
)
def test_a_file_of_another_program_asks_for_nothing(world: World, name: str, text: str) -> None:
    _write(world.tree.root, {name: text, "requirements.txt": "demo==1.2.3\n"})
    report = run(Request(offline=True), world)
    assert [str(one.coordinate) for one in report.packages] == ["demo 1.2.3"]
    assert [one.detail for one in report.gaps if one.check == "inventory" and one.subject == name] == []


@pytest.mark.parametrize("name", ["cog.yaml", "langgraph.json", "nixpacks.toml", ".mcp.json"])
def test_a_configuration_that_cannot_be_read_is_a_gap(tmp_path: Path, name: str) -> None:
    inventory = _read(tmp_path, name, '{"build:command": [\n "a"')
    assert inventory.requirements == ()
    assert [gap.place.file for gap in inventory.gaps if gap.place] == [name]


def test_a_recipe_of_conda_is_read_with_its_template(tmp_path: Path) -> None:
    text = """\
        {% set name = "Demo" %}
        {% set version = "1.2.3" %}
        package:
          name: {{ name|lower }}
          version: {{ version }}
        requirements:
          build:
            - {{ compiler('c') }}
          host:
            - python >=3.10
          run:
            - numpy ==2.0.0  # [linux]
            - demo-core =={{ version }}
            - open-one =={{ unknown }}
        {% if x %}
        test:
          requires: [pytest]
        {% endif %}
        outputs:
          - name: b
            requirements:
              run:
                - if: win
                  then: [scipy ==1.0.0]
        """
    inventory = _read(tmp_path, "meta.yaml", text)
    packages = sorted(f"{one.coordinate}:{one.places[0].line}" for one in inventory.packages)
    assert packages == ["demo-core 1.2.3:13", "numpy 2.0.0:12", "scipy 1.0.0:24"]
    assert {one.name for one in inventory.requirements} >= {"python", "open-one", "pytest"}
    assert {one.ecosystem for one in inventory.requirements} == {"conda"}
    assert inventory.gaps == ()


def test_tasks_and_tables_of_further_tools_in_pyproject(tmp_path: Path) -> None:
    text = """\
        [project]
        name = "a"
        version = "1"
        dependencies = ["base==1.0"]
        [tool.cibuildwheel]
        before-build = "pip install one==1.0"
        test-requires = ["two==1.0"]
        [tool.cibuildwheel.linux]
        before-all = "pip install three==1.0"
        [tool.briefcase.app.x]
        requires = ["four==1.0"]
        [tool.poe.tasks]
        a = "pip install five==1.0"
        b.cmd = "pip install six==1.0"
        [tool.pdm.scripts]
        post_install = "pip install seven==1.0"
        [tool.hatch.envs.default.scripts]
        x = ["pip install eight==1.0"]
        [tool.taskipy.tasks]
        x = { cmd = "pip install nine==1.0", help = "pip install no==1.0" }
        [tool.conda-lock.pip-dependencies]
        ten = "==1.0"
        [tool.pixi.tasks]
        t = { cmd = "pip install eleven==1.0" }
        [tool.bentoml.build.python]
        packages = ["twelve==1.0"]
        """
    lines = dedent(text).splitlines()
    asked = _asked(_read(tmp_path, "pyproject.toml", text))
    wanted = ["base", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    assert sorted(text for text, _ in asked) == sorted(f"{name}==1.0" for name in wanted)
    assert all(text.partition("=")[0] in lines[line - 1] for text, line in asked)


def test_pixis_options_for_pypi_and_its_tasks(tmp_path: Path) -> None:
    text = """\
        [workspace]
        name = "a"
        [pypi-options]
        extra-index-urls = ["https://index.example/simple"]
        find-links = [{ path = "./wheels" }]
        [pypi-options.dependency-overrides]
        demo = "==1.2.3"
        [tasks]
        x = "pip install other==2.0"
        [feature.f.tasks.y]
        cmd = "pip install third==3.0"
        """
    inventory = _read(tmp_path, "pixi.toml", text)
    assert sorted(_asked(inventory)) == [("demo==1.2.3", 7), ("other==2.0", 9), ("third==3.0", 11)]
    assert [one.override for one in inventory.requirements if one.name == "demo"] == [True]
    assert sorted((one.role, one.url) for one in inventory.indexes) == [
        ("extra", "https://index.example/simple"),
        ("find-links", "./wheels"),
    ]


def test_scripts_of_a_pipfile(tmp_path: Path) -> None:
    inventory = _read(tmp_path, "Pipfile", "[packages]\na = '==1.0'\n[scripts]\nx = 'pip install demo==1.2.3'\n")
    assert _asked(inventory) == [("a==1.0", 2), ("demo==1.2.3", 4)]


def test_credentials_of_a_configuration_are_not_kept(tmp_path: Path) -> None:
    text = "python:\n  packages: ['demo @ https://u:secret@h.example/demo-1.0.whl']\n  index_url: https://u:secret@h.example/s\n"
    inventory = _read(tmp_path, "bentofile.yaml", text)
    assert inventory.indexes[0].had_credentials
    assert "secret" not in repr(inventory)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='pip instal\n-r"{=1}$', max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["mcpServers", "a", "command", "args", "build", "python_packages", "run"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_document_is_read(tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in (".mcp.json", "cog.yaml"):
        assert _read(folder, name, json.dumps(document)).path == name


def test_long_hostile_files_end(tmp_path: Path) -> None:
    for piece in ("{%", "{{", "{#", "[", '"\\', "/*", "//", "{", "a: [", "- ", '{"command":'):
        assert len(filled_in(piece * 20_000)) <= 40_000 * len(piece)
        assert _read(tmp_path, ".mcp.json", "{" + piece * 20_000).requirements == ()
        assert _read(tmp_path, "cog.yaml", "build:\n" + piece * 20_000).requirements == ()
    many = json.dumps({"mcpServers": {"a": {"command": "uvx", "args": [f"\u00e9{n}" for n in range(20_000)]}}})
    _read(tmp_path, ".mcp.json", many)
