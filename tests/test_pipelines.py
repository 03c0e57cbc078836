"""What pipelines, manifests of containers, dev containers and hooks install: files of YAML and JSON that tools run. The
forms stand in `pipelines.txt`, each a story with its heading; each installs a==1 and b==1."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from textwrap import dedent

import pytest

from mlsupply.audit import run
from mlsupply.inventory import reader_named, reader_of
from mlsupply.inventory.json_text import as_yaml
from mlsupply.inventory.sniff import yaml_format
from mlsupply.model import Inventory, Reason
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.memory import MemoryTree
from tests.reading import read_as


def _read(path: str, text: str, **others: str) -> Inventory:
    """The inventory of a file; others: files beside it, `DOT` and `__` in their names for a dot and a slash."""
    files: dict[str, str | bytes] = {name.replace("__", "/").replace("DOT", "."): body for name, body in others.items()}
    reader = reader_of(path) or reader_named(yaml_format(text))
    assert reader is not None, path
    return reader.read(path, MemoryTree({path: text, **files}), Limits())


def _asked(inventory: Inventory) -> list[tuple[str, int]]:
    return [(f"{r.name}{r.specifier}", r.place.line) for r in inventory.requirements]


_STORIES = re.split(r"(?m)^=== (.+): (\S+)\n", Path(__file__).with_name("pipelines.txt").read_text(encoding="utf-8"))[1:]
TITLES, PATHS, TEXTS = _STORIES[::3], _STORIES[1::3], _STORIES[2::3]


@pytest.mark.parametrize(("path", "text"), [*zip(PATHS, TEXTS, strict=True)], ids=TITLES)
def test_what_a_tool_runs_is_asked_for(path: str, text: str) -> None:
    inventory = _read(path, text, docs__ownDOTlist="b==1\n")
    assert sorted({name for name, _ in _asked(inventory)}) == ["a==1", "b==1"]
    assert len(inventory.requirements) == 2
    assert inventory.gaps == ()


def test_lines_are_those_of_the_file() -> None:
    text = (
        "x:\n  script:\n    - make\n    - |\n      make\n\n      pip install a==1 \\\n        b==1\n    - pip install c==1\n"
    )
    assert _asked(_read(".gitlab-ci.yml", text)) == [("a==1", 7), ("b==1", 8), ("c==1", 9)]
    text = '{\n  // one\n  /* two\n     three */ "postCreateCommand": "pip install a==1",\n  "x": 1,\n}'
    assert _asked(_read("devcontainer.json", text)) == [("a==1", 4)]
    text = "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM x\n        RUN pip install a==1\n"
    assert _asked(_read("compose.yml", text)) == [("a==1", 6)]


QUIET = {
    "what is only said": "x:\n  script:\n    - echo pip install a\n    - printf 'pip install a'\n",
    "names": "x:\n  name: pip install a\n  displayName: uvx a\n  description: |\n    pip install a\n  script: [make]\n",
    "prose below a key of its own": "x:\n  text: First, pip install a\n  markdown: |\n    ```\n    pip install a\n    ```\n",
    "a comment": "x:\n  script:\n    - make # pip install a\n",
    "a key of a cache": "cache:\n  key: pip-install\n  paths: [.cache/pip]\n",
    "another language": "x:\n  script: |\n    #!/usr/bin/env node\n    run('x'); pip install a\n",
    "the project itself": "x:\n  script: [pip install ., 'pip install -e .[dev]', pip install dist/*.whl]\n",
    "another installer": "x:\n  script: [npm install a, apt-get install -y python3-pip, go install x@latest]\n",
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_what_installs_nothing_is_not_accused(text: str) -> None:
    inventory = _read(".gitlab-ci.yml", text)
    assert (inventory.requirements, inventory.gaps) == ((), ())


def test_what_a_variable_holds_is_a_gap() -> None:
    for path, text in {
        ".gitlab-ci.yml": "x: {script: ['pip install a==$V']}\n",
        "azure-pipelines.yml": "steps: [{script: 'pip install a==$(V)'}]\n",
        "k8s.yml": "apiVersion: v1\nargs: [pip, install, a==$(V)]\n",
        "site.yml": "- hosts: x\n  tasks:\n  - pip: {name: 'a=={{ v }}'}\n",
    }.items():
        (told,) = _read(path, text).gaps
        assert told.reason is Reason.UNSUPPORTED
        assert "of a contains a variable" in told.detail


def test_files_are_named_from_the_folder_of_the_step() -> None:
    steps = "steps: [{run: pip install -r deps.list}, {run: pip install -r lost.list}]"
    text = f"jobs:\n  a:\n    working_directory: sub\n    {steps}\n"
    inventory = _read(".circleci/config.yml", text, sub__depsDOTlist="a==1\n")
    assert _asked(inventory) == [("a==1", 1)]
    assert [gap.reason for gap in inventory.gaps] == [Reason.NOT_FOUND]


def test_indexes_that_variables_set_count() -> None:
    for path, text in {
        ".gitlab-ci.yml": "variables:\n  PIP_EXTRA_INDEX_URL: https://i.example/s\n",
        "x.gitlab-ci.yml": "variables:\n  PIP_INDEX_URL: {value: https://i.example/s, description: ours}\n",
        "compose.yml": "services: {a: {build: {args: {PIP_INDEX_URL: https://i.example/s}}}}\n",
        "compose.yaml": "services: {a: {environment: [PIP_INDEX_URL=https://i.example/s]}}\n",
        "k8s.yml": "apiVersion: v1\nenv: [{name: UV_INDEX_URL, value: https://i.example/s}]\n",
        "devcontainer.json": '{"containerEnv": {"PIP_INDEX_URL": "https://i.example/s"}}',
        "docker-compose.yml": "x: {PIP_INDEX_URL: '${PIP_INDEX_URL:-https://i.example/s}'}\n",
        ".travis.yml": "install: pip config set global.extra-index-url https://i.example/s\n",
    }.items():
        assert [index.url for index in _read(path, text).indexes] == ["https://i.example/s"], path


def test_a_default_is_what_a_variable_holds_where_nothing_else_is_said() -> None:
    text = "services: {a: {environment: {_PIP_ADDITIONAL_REQUIREMENTS: '${_PIP_ADDITIONAL_REQUIREMENTS:-%s}'}}}\n"
    assert _asked(_read("compose.yml", text % "a==1 b")) == [("a==1", 1), ("b", 1)]
    empty = _read("compose.yml", text % "")
    assert (empty.requirements, empty.gaps) == ((), ())


def test_a_dockerfile_of_an_unusual_name_that_compose_builds_is_read() -> None:
    text = "services:\n  a:\n    build: {context: images, dockerfile: web}\n"
    inventory = _read("deploy/compose.yml", text, deploy__images__web="FROM x\nRUN pip install a==1\n")
    assert [(r.name, r.place.file, r.place.line) for r in inventory.requirements] == [("a", "deploy/images/web", 2)]


def test_inputs_of_well_known_actions_install() -> None:
    text = "steps:\n- uses: actions/setup-python@v6\n  with: {python-version: 3.x, pip-install: a==1 -r deps.list}\n"
    assert _asked(_read(".github/workflows/a.yml", text, depsDOTlist="b==1\n")) == [("a==1", 3), ("b==1", 1)]
    text = "steps:\n- uses: actions/github-script@v7\n  with: {script: \"say('pip install a')\", note: pip is good}\n"
    assert _asked(_read(".github/workflows/a.yml", text)) == []


@pytest.mark.parametrize(
    "hook",
    [
        "{id: eslint, additional_dependencies: [eslint, typescript]}",
        "{id: x, additional_dependencies: ['eslint@8.1', typescript]}",
        "{id: x, additional_dependencies: ['@scope/a', typescript]}",
        "{id: x, language: node, additional_dependencies: [typescript]}",
        "{id: x, language: golang, additional_dependencies: [example.org/x]}",
    ],
)
def test_packages_of_other_languages_are_not_taken_for_pythons(hook: str) -> None:
    inventory = _read(".pre-commit-config.yaml", f"repos:\n- repo: https://git.example/x\n  hooks:\n  - {hook}\n")
    assert (inventory.requirements, inventory.gaps) == ((), ())


def test_a_pipeline_that_is_no_yaml_is_a_gap() -> None:
    inventory = _read(".gitlab-ci.yml", "x:\n  script:\n    - pip install a==1\n   - make\n")
    assert [(gap.reason, gap.place and gap.place.line) for gap in inventory.gaps] == [(Reason.MALFORMED, 4)]


def test_what_no_one_names_is_found_by_what_it_holds_in_a_scan(world: World) -> None:
    files = {
        "ops/any.yaml": "apiVersion: v1\nargs: [pip, install, six==1.16.0]\n",
        "ops/other.yaml": "model: {lr: 0.1}\nnote: pip install toml==0.10.2\n",
        "ops/broken.yaml": "apiVersion: v1\nargs: [pip, install, [\n",
        "ops/env.d/py.yml": "dependencies: [pip]\n",
        "k8s/resources/job.yml": "apiVersion: batch/v1\nkind: Job\nargs: [pip, install, toml==0.10.2]\n",
        "k8s/prod-env.yaml": "kind: ConfigMap\napiVersion: v1\ndata: {run.sh: pip install tqdm==4.1}\n",
    }
    for path, text in files.items():
        (world.tree.root / path).parent.mkdir(parents=True, exist_ok=True)
        (world.tree.root / path).write_text(text, encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True, checks=("known-bad",)), world)
    assert sorted(str(package.coordinate) for package in report.packages) == ["six 1.16.0", "toml 0.10.2", "tqdm 4.1"]
    assert [gap.place and gap.place.file for gap in report.gaps if gap.reason is Reason.MALFORMED] == ["ops/broken.yaml"]


BOMB = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
HOSTILE = {
    "deep": "x: " + "[" * 2_000 + "pip install a",
    "aliases": "\n".join(["a0: &a0 [pip install a==1]", *BOMB]),
    "a long scalar": "x: {script: '" + "install ;'' " * 200_000 + "'}",
    "open quotes": "x:\n  script:\n    - |\n      pip install " + "'\"`$(" * 20_000 + "\n",
    "redirections": "x:\n  script: [\"pip install " + "<<E " * 20_000 + "\"]\n",
    "escape codes": 'x: {script: "pip install \\e[31ma==1 \\u202e \\x07"}',
    "a long word again and again": "x: {args: [&x '" + "pip$A{{" * 20_000 + "', " + "*x, " * 80 + "*x], PIP_INDEX_URL: *x}",
    "templates": "apiVersion: v1\nx: " + "{{" * 50_000 + "{{- " * 20_000 + "{{/*" * 20_000,
    "variables in variables": "env:\n" + "".join(f"  A{n}: $A{n + 1}$A{n + 1}\n" for n in range(500)) + "run: uvx $A0",
    "a large matrix": "matrix: {a: [" + "x, " * 50_000 + "x]}\nrun: uvx ${{ matrix.a }} ${{ matrix.a }} ${{ matrix.a }}",
    "many keys": "".join(f"k{n}: pip install a{n}==1\n" for n in range(3_000)),
    "twice": "script: pip install a\n" * 3_000,
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "path", [".gitlab-ci.yml", "compose.yml", "values.yaml", ".pre-commit-config.yaml", "devcontainer.json"]
)
def test_hostile_files_are_read_or_refused_soon(path: str, text: str) -> None:
    start = time.monotonic()
    inventory = _read(path, text)
    assert time.monotonic() - start < 20
    assert all(gap.detail.isprintable() for gap in inventory.gaps)
    assert all(r.text.isprintable() for r in inventory.requirements)


def test_json_keeps_its_values_and_lines() -> None:
    text = '{"a": "// no comment", /* c */ "b": "\\ud83d\\ude00 \\ud800", // "x"\n\t"c": "/* no */"}'
    assert as_yaml(text).count("\n") == text.count("\n")
    assert json.loads(as_yaml(text)) == {"a": "// no comment", "b": "\ufffd \ufffd", "c": "/* no */"}
    for pumped in ('"' * 200_000, "/*" * 200_000, "//" * 200_000, '"\\' * 200_000, "\\ud800" * 50_000):
        assert len(as_yaml(pumped)) == len(pumped)


def test_more_dockerfiles_than_are_read_are_a_gap(tmp_path: Path) -> None:
    services = "".join(f"  s{n}:\n    build: {{context: ., dockerfile: img/d{n}}}\n" for n in range(101))
    gaps = [gap.detail for gap in read_as(tmp_path, "compose.yaml", f"services:\n{services}").gaps]
    assert "of 101 Dockerfiles that this file builds, the first 100 were read" in gaps


def test_more_values_of_a_matrix_than_are_kept_are_said_to_be_possible(tmp_path: Path) -> None:
    text = """\
        jobs:
          a:
            strategy: {matrix: {v: [VALUES]}}
            steps: [{run: "pip install six==${{ matrix.v }}"}]
        """.replace("VALUES", ", ".join(f"'1.{n}'" for n in range(31)))
    gaps = read_as(tmp_path, ".github/workflows/ci.yml", dedent(text)).gaps
    assert gaps
    assert all(gap.detail.startswith("another value may be given for a variable") for gap in gaps)
