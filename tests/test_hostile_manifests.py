"""Whatever stands in a manifest, an SBOM or an environment, its reader answers with an inventory: gaps, never an exception,
no control character in any value and no password."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsupply.inventory import reader_named, reader_of
from mlsupply.inventory.environment import read_environment
from mlsupply.inventory.pinned import without_resolving
from mlsupply.model import Inventory, Reason
from mlsupply.world import Limits
from tests.memory import MemoryTree, read
from tests.test_hostile_locks import changed, changes_with, strings

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
[project]
name = "app"
dynamic = ["dependencies"]
dependencies = ["torch[a,b]>=2,<3 ; python_version >= '3.11'", "x @ git+https://me:pw@git.example/x@main"]
[project.optional-dependencies]
gpu = ["flash-attn==2.8.3"]
[dependency-groups]
dev = ["pytest", {include-group = "lint"}]
lint = ["ruff"]
[tool.setuptools.dynamic]
dependencies = {file = ["requirements.txt"]}
[tool.poetry.dependencies]
python = "^3.11"
y = [{version = "~1.2", markers = "os_name == 'nt'"}, {git = "https://me:pw@git.example/y", rev = "a"}]
[[tool.poetry.source]]
name = "cpu"
url = "https://me:pw@wheels.example/cpu"
[tool.uv.sources]
torch = [{index = "cu", marker = "sys_platform == 'linux'"}, {path = "../torch", editable = true}]
[[tool.uv.index]]
name = "cu"
url = "https://me:pw@wheels.example/cu"
explicit = true
[tool.pdm.dev-dependencies]
test = ["tox"]
"""
SETUP_PY = """\
import os
from setuptools import setup
base = ["numpy>=2", "x @ https://me:pw@files.example/x-1.0-py3-none-any.whl"]
def read(name):
    with open(os.path.join("a", name)) as handle:
        return [line.strip() for line in handle if line]
extras = {"gpu": [f"torch=={'2.4.0'}"], "all": base + read("requirements.txt")}
extras["dev"] = extras["gpu"] + ["pytest"]
for extra in ("a", "b"):
    extras[extra] = [d for d in base]
setup(name="x", install_requires=base + [os.environ["X"]], extras_require=extras, python_requires=">=3.9")
"""
SETUP_CFG = """\
[metadata]
name = app
[options]
install_requires =
    numpy>=2
    x @ git+https://me:pw@git.example/x
    file: requirements.txt
[options.extras_require]
a = %(b)s
b = torch==2.4.0; python_version > "3"
"""
DOCKERFILE = """\
FROM python:3.12
COPY a.txt /tmp/b.txt
RUN --mount=type=cache,target=/x pip install "torch==2.4.0" 'a<2' $X \\
    # comment
    -r /tmp/b.txt --index-url https://me:pw@mirror.example/simple && conda install scipy==1.0
RUN <<EOF
sh -c "uv pip install -e .[gpu] git+https://me:pw@git.example/x"
EOF
RUN ["pip", "install", "b"]
"""
NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "cells": [{"cell_type": "code", "source": ["!pip install a==1 \\\n", " https://me:pw@h.example/b.whl\n"]}],
    }
)
SCRIPT = '# /// script\n# dependencies = ["rich", "x @ git+https://me:pw@git.example/x"]\n# ///\nprint()\n'
CYCLONEDX = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": {"name": "app", "bom-ref": "r"}},
        "components": [
            {
                "name": "torch",
                "bom-ref": "t",
                "purl": "pkg:pypi/torch@2.4.0?download_url=https://me:pw@h.example/t.whl",
                "hashes": [{"alg": "SHA-256", "content": "ab"}],
                "components": [{"name": "n", "purl": "pkg:npm/%40a/n@1"}],
            }
        ],
        "dependencies": [{"ref": "r", "dependsOn": ["t"]}],
    },
    indent=1,
)
SPDX = json.dumps(
    {
        "spdxVersion": "SPDX-2.3",
        "packages": [
            {
                "SPDXID": "a",
                "name": "torch",
                "versionInfo": "2.4.0",
                "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/torch@2.4.0"}],
                "checksums": [{"algorithm": "SHA256", "checksumValue": "ab"}],
            },
            {"SPDXID": "r", "name": "app"},
        ],
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "r"}],
    },
    indent=1,
)
WORKFLOW = """\
defaults: {run: {working-directory: sub}}
runs:
  steps:
    - run: pip install torch==2.4.0 -i https://me:pw@h.example/simple -r requirements.txt
    - run: |
        uvx --from 'a[b]==1' c
        poetry add d@^1.0 "${{ matrix.e }}"
"""
COMPOSE = """\
x-base: &base {environment: {PIP_INDEX_URL: https://me:pw@h.example/simple, V: '1'}}
services:
  a:
    <<: *base
    command: [sh, -c, "pip install torch==$V -r requirements.txt"]
    build:
      dockerfile_inline: |
        FROM x
        RUN pip install numpy==2.0
"""
DEVCONTAINER = """\
{ // a comment
  "features": {"x.example/f/python:1": {"toolsToInstall": "ruff==0.5, black"}},
  "postCreateCommand": {"a": ["pip", "install", "torch==2.4.0"], "b": "uvx tqdm"},
}
"""
PLAYBOOK = """\
- hosts: all
  tasks:
    - pip: {name: ['torch==2.4.0', '{{ item }}'], requirements: requirements.txt}
      loop: [a, b]
    - shell: pip install -i https://me:pw@h.example/simple tqdm
"""
HOOKS = """\
repos:
- repo: https://git.example/a
  hooks: [{id: mypy, additional_dependencies: [torch==2.4.0, 'numpy[x]>=2']}]
"""
SEEDS = {
    "compose.yml": COMPOSE,
    "devcontainer.json": DEVCONTAINER,
    "playbook.yml": PLAYBOOK,
    ".pre-commit-config.yaml": HOOKS,
    "pyproject.toml": PYPROJECT,
    "setup.py": SETUP_PY,
    "setup.cfg": SETUP_CFG,
    "Dockerfile": DOCKERFILE,
    "action.yml": WORKFLOW,
    "demo.ipynb": NOTEBOOK,
    "script.py": SCRIPT,
    "bom.json": CYCLONEDX,
    "app.spdx.json": SPDX,
}
PIECES = (
    *(
        "",
        "\n",
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        ",",
        "=",
        "==",
        ":",
        ";",
        "#",
        "\\",
        "\\\n",
        "@",
        "&&",
        "$(",
        "`",
        "<<E\n",
    ),
    *(
        "true",
        "null",
        "0",
        "1e400",
        "9" * 5000,
        "[project]\n",
        "[[tool.uv.index]]\n",
        "RUN ",
        "pip install ",
        "uvx ",
        "run: |\n",
        "%(a)s",
        "# ///\n",
    ),
    *("\x00", "\x1b[31m", "\\u001b", "\\u202e", "\u202e", "é", "\t", "\r", "\x85", "\ufeff", "{}", "[]", "[[[]]]"),
    *(
        "[" * 2000,
        '{"a":' * 3000,
        "(" * 500,
        "x" * 3000,
        "../" * 50,
        "git+ssh://",
        "file:",
        "%2e%2f",
        "pkg:",
        "f'{x}'",
        "*a",
    ),
)
CHANGES = changes_with(PIECES)


def _sound(inventory: Inventory) -> Inventory:
    assert isinstance(inventory, Inventory)
    assert all(text.isprintable() for text in strings(inventory))
    assert all(package.name for package in inventory.packages)
    assert all(gap.detail for gap in inventory.gaps)
    assert not any("https://me:pw@" in text for text in strings(inventory))
    return inventory


def _read(name: str, data: bytes) -> Inventory:
    reader = reader_named("script") if name == "script.py" else reader_of(name)
    assert reader is not None
    files: dict[str, str | bytes] = {name: data, "requirements.txt": "numpy==2.0\n", "a.txt": "tqdm\n"}
    return _sound(reader.read(name, MemoryTree(files), Limits()))


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_themselves_say_something(name: str) -> None:
    inventory = _read(name, SEEDS[name].encode())
    assert inventory.packages or inventory.requirements


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES)
def test_a_mutated_file_is_read_or_refused_in_words(name: str, changes: list[tuple[int, int, str | int]]) -> None:
    _read(name, changed(SEEDS[name], changes).encode("utf-8", "replace"))


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused_in_words(name: str, data: bytes) -> None:
    _read(name, data)


@pytest.mark.parametrize("name", ["bom.json", "app.spdx.json", "demo.ipynb", "pyproject.toml", "setup.py"])
@pytest.mark.parametrize("text", ["[" * 200_000 + '"install"', '{"install":' * 100_000, "a = " + "9" * 10_000])
def test_what_nests_or_counts_too_far_is_a_gap_or_nothing(name: str, text: str) -> None:
    assert _read(name, text.encode()).packages == ()


METADATA = "Metadata-Version: 2.4\nName: torch\nVersion: 2.4.0\nRequires-Dist: numpy (>=2) ; extra == 'x'\n\nText\n"
DIRECT_URL = json.dumps({"url": "https://me:pw@git.example/x", "vcs_info": {"vcs": "git", "commit_id": "a"}})
CONDA = json.dumps({"name": "scipy", "version": "1.0", "channel": "https://me:pw@c.example/x", "depends": ["python >=3"]})


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(first=CHANGES, second=CHANGES)
def test_a_mutated_environment_is_read(
    first: list[tuple[int, int, str | int]], second: list[tuple[int, int, str | int]]
) -> None:
    folder = "env/lib/python3.12/site-packages/torch-2.4.0.dist-info"
    files = {
        f"{folder}/METADATA": changed(METADATA, first).encode("utf-8", "replace"),
        f"{folder}/direct_url.json": changed(DIRECT_URL, second).encode("utf-8", "replace"),
        f"{folder}/INSTALLER": changed("pip\n", first).encode("utf-8", "replace"),
        f"{folder}/RECORD": b"",
        "env/conda-meta/scipy.json": changed(CONDA, second).encode("utf-8", "replace"),
    }
    _sound(read_environment("env", MemoryTree(files), Limits()))


def test_one_pin_written_again_and_again_is_one_package() -> None:
    """Uniting takes time linear in the lines: pairwise, these would take minutes."""
    lines = 12_000
    text = '[project]\nname = "x"\ndependencies = [\n' + '"torch==2.9.0",\n' * lines + "]\n"
    asked = read("pyproject.toml", text)
    (package,) = without_resolving(asked).packages
    assert len(package.places) == lines


def test_groups_that_include_each_other_in_a_long_chain_end_with_the_nearest() -> None:
    """A requirement belongs to every group that includes its own, of which there may be as many as lines."""
    count = 1_500
    lines = [f'g{number} = ["p{number}", {{include-group = "g{number + 1}"}}]' for number in range(count)]
    asked = read("pyproject.toml", "\n".join(["[dependency-groups]", *lines, f'g{count} = ["last"]']))
    groups = {requirement.name: requirement.groups for requirement in asked.requirements}
    assert groups["p2"] == ("g2", "g1", "g0")
    assert groups["last"] == tuple(f"g{count - back}" for back in range(200))
    assert [gap.reason for gap in asked.gaps] == [Reason.LIMIT] * (count + 1 - 200)


def test_sources_and_extras_of_as_many_packages_as_there_are_lines_are_looked_up_once() -> None:
    names = [f"p{number}" for number in range(4_000)]
    sources = "".join(f'{name} = {{git = "https://git.example/{name}"}}\n' for name in names)
    asked = read("pyproject.toml", f"[project]\nname = 'x'\ndependencies = {names}\n[tool.uv.sources]\n{sources}")
    assert {requirement.source.url for requirement in asked.requirements} == {f"https://git.example/{n}" for n in names}
    extras = "".join(f'{name} = ["{name}", "[odd]", " "]\n' for name in names)
    wanted = "".join(f'{name} = "*"\n' for name in names)
    text = f"[tool.poetry]\nname = 'x'\n[tool.poetry.dependencies]\n{wanted}[tool.poetry.extras]\n{extras}"
    asked = read("pyproject.toml", text)
    assert [(requirement.name, requirement.groups) for requirement in asked.requirements] == [(n, (n,)) for n in names]
    assert asked.gaps == ()


@pytest.mark.parametrize(
    "code",
    [
        "a = ['demo']\n" + "a = [a, a]\n" * 50,
        "a = []\na.append(a)\na.append(a)",
        f"b = {['demo'] * 4_000}\na = [{'b, ' * 4_000}]",
        f"b = {['demo'] * 4_000}\nc = [{'b, ' * 4_000}]\n" + "a = sum(c, [])\n" * 300 + "a += [a] * 9",
        "a = {'demo': 'demo'}",
    ],
)
def test_a_list_that_holds_itself_many_times_over_is_not_unfolded(code: str) -> None:
    text = f"from setuptools import setup\n{code}\nsetup(install_requires=a, setup_requires=['other'])\n"
    inventory = read("setup.py", text)
    assert {r.name for r in inventory.requirements} <= {"demo", "other"}
    (gap,) = inventory.gaps[:1]
    assert "follow" in gap.detail
