"""poetry.lock: versions 1 and 2 of the format."""

from __future__ import annotations

import pytest

from mlsupply.model import Reason
from mlsupply.world import PUBLIC_INDEX
from tests.memory import named, read, triples

NEW = """\
[[package]]
name = "httpx"
version = "0.28.1"
description = "client"
optional = false
python-versions = ">=3.8"
groups = ["main", "dev"]
files = [
    {file = "httpx-0.28.1-py3-none-any.whl", hash = "sha256:d909fccc"},
    {file = "httpx-0.28.1.tar.gz", hash = "sha256:75E98C5F"},
]

[package.dependencies]
anyio = "*"
h2 = {version = ">=3,<5", optional = true, markers = "extra == \\"http2\\""}
tomli = [
    {version = ">=1", markers = "python_version < \\"3.11\\""},
    {version = ">=2", markers = "python_version >= \\"3.11\\""},
]

[package.extras]
http2 = ["h2 (>=3,<5)"]

[[package]]
name = "anyio"
version = "4.9.0"
optional = false
python-versions = ">=3.9"
groups = ["main"]
markers = "sys_platform != \\"emscripten\\""
files = []

[[package]]
name = "pytest"
version = "8.4.0"
optional = false
python-versions = "*"
groups = ["dev", "test"]
files = []

[package.markers]
dev = "sys_platform == \\"linux\\""
test = "sys_platform == \\"darwin\\""

[[package]]
name = "Vision_Core"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = []

[package.source]
type = "git"
url = "https://git.example/vision.git"
reference = "main"
resolved_reference = "0123456789abcdef"

[[package]]
name = "torch"
version = "2.9.0+cu128"
optional = false
python-versions = "*"
groups = ["main"]
files = []

[package.source]
type = "legacy"
url = "https://torch.example/whl"
reference = "torch"

[[package]]
name = "parent"
version = "0.1"
optional = false
python-versions = "*"
groups = ["main"]
files = []
develop = true

[package.source]
type = "directory"
url = ".."

[[package]]
name = "sibling"
version = "0.1"
optional = false
python-versions = "*"
groups = ["main"]
files = []
develop = false

[package.source]
type = "directory"
url = "../sibling"

[metadata]
lock-version = "2.1"
python-versions = ">=3.10"
content-hash = "00"
"""

PYPROJECT = """\
[tool.poetry]
name = "Gateway"
[tool.poetry.dependencies]
python = "^3.10"
httpx = "^0.28"
[tool.poetry.group.dev.dependencies]
pytest = "*"
"""


def test_source_kinds_and_versions_are_those_of_the_file() -> None:
    inventory = read("poetry.lock", NEW)
    assert inventory.complete
    assert inventory.gaps == ()
    assert triples(inventory) == [
        ("anyio", "4.9.0", "registry"),
        ("httpx", "0.28.1", "registry"),
        ("parent", "0.1", "editable"),
        ("pytest", "8.4.0", "registry"),
        ("sibling", "0.1", "path"),
        ("torch", "2.9.0+cu128", "registry"),
        ("vision-core", "1.0", "git"),
    ]
    assert named(inventory, "vision-core").source.revision == "0123456789abcdef"
    assert named(inventory, "torch").source.url == "https://torch.example/whl"
    assert [(i.role, i.url, i.packages) for i in inventory.indexes] == [
        ("primary", PUBLIC_INDEX, ()),
        ("explicit", "https://torch.example/whl", ("torch",)),
    ]


def test_files_lines_edges_and_extras() -> None:
    httpx = named(read("poetry.lock", NEW), "httpx")
    assert httpx.places[0].line == 1
    wheel, sdist = httpx.artifacts
    assert (wheel.kind, sdist.kind) == ("wheel", "sdist")
    assert sdist.hashes == (("sha256", "75e98c5f"),)
    anyio, h2, old, new = httpx.requires
    assert (anyio.name, anyio.specifier) == ("anyio", "")
    assert (h2.name, h2.specifier, h2.extra) == ("h2", ">=3,<5", "http2")
    assert (old.specifier, new.specifier) == (">=1", ">=2")
    assert new.marker == 'python_version >= "3.11"'


def test_markers_by_group_join_and_an_unconditional_group_lifts_them() -> None:
    inventory = read("poetry.lock", NEW)
    assert named(inventory, "anyio").marker == 'sys_platform != "emscripten"'
    assert named(inventory, "pytest").marker == '(sys_platform == "linux") or (sys_platform == "darwin")'
    lifted = NEW.replace('groups = ["dev", "test"]', 'groups = ["dev", "main", "test"]')
    assert named(read("poetry.lock", lifted), "pytest").marker == ""


def test_what_the_project_itself_needs_too_belongs_to_no_group() -> None:
    inventory = read("poetry.lock", NEW)
    assert {p.name: p.groups for p in inventory.packages if p.name in {"httpx", "pytest"}} == {
        "httpx": (),  # main and dev
        "pytest": ("dev", "test"),
    }


@pytest.mark.parametrize(
    ("version", "url", "kept"),
    [
        ("1.0\tbeta", "https://corp.example/simple", ("1.0 beta", "https://corp.example/simple")),
        ("1.0", "https://corp.example/simple;token=hunter2", ("1.0", "https://corp.example/simple;token=REDACTED")),
        ("1.0", "https://build:hunter2@corp.example/simple", ("1.0", "https://corp.example/simple")),
    ],
)
def test_one_odd_string_is_enough_to_have_every_string_of_a_lock_looked_at(
    version: str, url: str, kept: tuple[str, str]
) -> None:
    lock = f'[[package]]\nname = "x"\nversion = "{version}"\n[package.source]\ntype = "legacy"\nurl = "{url}"\n'
    package = named(read("poetry.lock", lock), "x")
    assert (package.version, package.source.url) == kept


def test_direct_packages_come_from_the_manifest_beside_it() -> None:
    inventory = read("poetry.lock", NEW, pyproject__toml=PYPROJECT)
    assert inventory.root == "gateway"
    assert {p.name: p.groups for p in inventory.packages if p.direct} == {"httpx": (), "pytest": ("dev",)}


def test_without_a_manifest_what_nobody_requires_is_direct() -> None:
    direct = {p.name for p in read("poetry.lock", NEW).packages if p.direct}
    assert "httpx" in direct
    assert "anyio" not in direct


def test_version_1_keeps_files_in_the_metadata_and_a_category() -> None:
    lock = """\
[[package]]
name = "black"
version = "22.1.0"
category = "dev"
optional = false

[package.dependencies]
click = ">=8.0.0"

[metadata]
lock-version = "1.1"
python-versions = "^3.8"

[metadata.files]
black = [
    {file = "black-22.1.0-py3-none-any.whl", hash = "sha256:aa"},
]
"""
    inventory = read("poetry.lock", lock)
    black = named(inventory, "black")
    assert black.groups == ("dev",)
    assert [artifact.filename for artifact in black.artifacts] == ["black-22.1.0-py3-none-any.whl"]
    assert inventory.requires_python == "^3.8"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('type = "git"', 'type = "fax"', "the source 'fax', which is not known"),
        ('anyio = "*"', "anyio = 4", "a dependency is int, not text"),
        ('version = "0.28.1"', "version = 2026-01-01", "version is date, not text"),
        ('lock-version = "2.1"', 'lock-version = "9.0"', "is of version 9.0"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line_and_the_rest_is_read(before: str, after: str, words: str) -> None:
    inventory = read("poetry.lock", NEW.replace(before, after, 1))
    assert len(inventory.packages) == 7
    (gap,) = inventory.gaps
    assert words in gap.detail
    assert gap.reason in {Reason.MALFORMED, Reason.UNSUPPORTED}
