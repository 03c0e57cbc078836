"""uv.lock: what a lock of a workspace says about its packages."""

from __future__ import annotations

import pytest

from mlsupply.inventory.parsing import MAX_TOML
from mlsupply.model import Reason, SourceKind
from mlsupply.world import PUBLIC_INDEX, Limits
from tests.memory import named, read, triples

LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"
resolution-markers = ["python_full_version >= '3.12'", "python_full_version < '3.12'"]

[manifest]
members = ["gateway", "shop"]

[[package]]
name = "gateway"
version = "0.3.0"
source = { editable = "packages/gateway" }
dependencies = [
    { name = "numpy", version = "1.26.4", source = INDEX, marker = "python_full_version < '3.12'" },
    { name = "numpy", version = "2.3.0", source = INDEX, marker = "python_full_version >= '3.12'" },
    { name = "uvicorn", extra = ["standard"] },
]

[package.optional-dependencies]
proxy = [{ name = "redis" }]

[package.dev-dependencies]
test = [{ name = "pytest" }]

[package.metadata]
requires-dist = [
    { name = "numpy", specifier = ">=1.26" },
    { name = "redis", marker = "extra == 'proxy'", specifier = "<6" },
    { name = "uvicorn", extras = ["standard"], specifier = ">=0.30" },
]
provides-extras = ["proxy"]

[package.metadata.requires-dev]
test = [{ name = "pytest", specifier = ">=8" }]

[[package]]
name = "h11"
version = "0.16.0"
source = INDEX
sdist = { url = "https://files.index.example/h11-0.16.0.tar.gz", hash = "sha256:4E35B956", size = 101250 }
wheels = [
    { url = "FILES/h11-0.16.0-py3-none-any.whl", hash = "sha256:63cf", size = 37515, upload-time = "2025-04-24T03:35:24Z" },
]

[[package]]
name = "numpy"
version = "1.26.4"
source = INDEX
resolution-markers = ["python_full_version < '3.12'"]

[[package]]
name = "numpy"
version = "2.3.0"
source = INDEX
resolution-markers = ["python_full_version >= '3.12'"]

[[package]]
name = "pytest"
version = "8.4.0"
source = INDEX

[[package]]
name = "redis"
version = "5.2.1"
source = INDEX

[[package]]
name = "shop"
source = { virtual = "." }
dependencies = [{ name = "gateway" }, { name = "vision" }]

[[package]]
name = "torch"
version = "2.9.0+cu128"
source = { registry = "https://torch.example/whl/cu128" }
wheels = [{ url = "https://torch.example/whl/cu128/torch-2.9.0%2Bcu128-cp312-cp312-linux_x86_64.whl", hash = "sha256:00" }]

[[package]]
name = "uvicorn"
version = "0.34.0"
source = INDEX
dependencies = [{ name = "h11" }]

[[package]]
name = "vision"
version = "1.0"
source = { git = "https://user:secret@git.example/team/vision.git?tag=v1.0#0123456789abcdef0123456789abcdef01234567" }
dependencies = [{ name = "torch" }]
""".replace("INDEX", '{ registry = "https://index.example/simple" }').replace("FILES", "https://files.index.example")


def test_every_package_keeps_name_version_and_where_it_comes_from() -> None:
    assert triples(read("uv.lock", LOCK)) == [
        ("gateway", "0.3.0", "editable"),
        ("h11", "0.16.0", "registry"),
        ("numpy", "1.26.4", "registry"),
        ("numpy", "2.3.0", "registry"),
        ("pytest", "8.4.0", "registry"),
        ("redis", "5.2.1", "registry"),
        ("shop", "", "virtual"),
        ("torch", "2.9.0+cu128", "registry"),
        ("uvicorn", "0.34.0", "registry"),
        ("vision", "1.0", "git"),
    ]


def test_a_lock_is_the_whole_closure_and_names_the_line_of_each_package() -> None:
    inventory = read("sub/uv.lock", LOCK)
    assert inventory.complete
    assert inventory.gaps == ()
    lines = LOCK.splitlines()
    for package in inventory.packages:
        (place,) = package.places
        assert place.file == "sub/uv.lock"
        assert lines[place.line - 1] == "[[package]]"
        assert lines[place.line] == f'name = "{package.name}"'


def test_direct_packages_carry_the_groups_and_extras_that_ask_for_them() -> None:
    inventory = read("uv.lock", LOCK)
    assert {p.name: p.groups for p in inventory.packages if p.direct} == {
        "gateway": (),
        "shop": (),
        "numpy": (),
        "uvicorn": (),
        "redis": ("proxy",),
        "pytest": ("test",),
        "vision": (),
    }


def test_edges_keep_version_marker_extra_group_and_what_the_root_wrote() -> None:
    old, new, uvicorn, redis, pytest_ = named(read("uv.lock", LOCK), "gateway").requires
    assert (old.name, old.version, old.marker) == ("numpy", "1.26.4", "python_full_version < '3.12'")
    assert new.version == "2.3.0"
    assert (uvicorn.name, uvicorn.specifier, uvicorn.extra, uvicorn.group) == ("uvicorn", ">=0.30", "", "")
    assert (redis.name, redis.specifier, redis.extra) == ("redis", "<6", "proxy")
    assert (pytest_.name, pytest_.specifier, pytest_.group) == ("pytest", ">=8", "test")


def test_a_forked_package_says_when_it_applies() -> None:
    numpy = [package.marker for package in read("uv.lock", LOCK).packages if package.name == "numpy"]
    assert numpy == ["python_full_version < '3.12'", "python_full_version >= '3.12'"]


def test_artifacts_keep_address_size_hash_and_upload_time() -> None:
    wheel, sdist = named(read("uv.lock", LOCK), "h11").artifacts
    assert wheel.filename == "h11-0.16.0-py3-none-any.whl"
    assert wheel.url == "https://files.index.example/h11-0.16.0-py3-none-any.whl"
    assert (wheel.kind, wheel.size, wheel.uploaded) == ("wheel", 37515, "2025-04-24T03:35:24Z")
    assert sdist.kind == "sdist"
    assert sdist.hashes == (("sha256", "4e35b956"),)
    assert named(read("uv.lock", LOCK), "torch").artifacts[0].filename == "torch-2.9.0+cu128-cp312-cp312-linux_x86_64.whl"


def test_a_git_source_keeps_its_commit_and_loses_its_password() -> None:
    source = named(read("uv.lock", LOCK), "vision").source
    assert source.kind is SourceKind.GIT
    assert source.url == "https://git.example/team/vision.git"
    assert source.revision == "0123456789abcdef0123456789abcdef01234567"


def test_the_index_most_packages_come_from_is_primary_and_others_serve_only_their_own() -> None:
    primary, torch = read("uv.lock", LOCK).indexes
    assert (primary.url, primary.role) == ("https://index.example/simple", "primary")
    assert (torch.url, torch.role, torch.packages) == ("https://torch.example/whl/cu128", "explicit", ("torch",))


def test_the_public_index_is_the_source_that_needs_no_naming() -> None:
    lock = f'version = 1\n[[package]]\nname = "six"\nversion = "1.17.0"\nsource = {{ registry = "{PUBLIC_INDEX}" }}\n'
    inventory = read("uv.lock", lock)
    assert named(inventory, "six").source.url == ""
    assert inventory.indexes[0].url == PUBLIC_INDEX


def test_a_single_project_is_the_root_by_name() -> None:
    lock = """\
version = 1
[[package]]
name = "app"
source = { virtual = "." }
dependencies = [{ name = "six" }]
[[package]]
name = "helper"
source = { editable = "../helper" }
[[package]]
name = "six"
version = "1.17.0"
source = { path = "wheels/six-1.17.0-py2.py3-none-any.whl" }
wheels = [{ filename = "six-1.17.0-py2.py3-none-any.whl", hash = "sha256:00" }]
"""
    inventory = read("uv.lock", lock)
    assert inventory.root == "app"
    assert [p.name for p in inventory.packages if p.direct] == ["app", "six"]
    assert named(inventory, "six").source.kind is SourceKind.PATH
    assert named(inventory, "six").artifacts[0].filename == "six-1.17.0-py2.py3-none-any.whl"


def test_the_lock_of_a_script_has_the_file_as_root() -> None:
    lock = """\
version = 1
[manifest]
requirements = [{ name = "six", specifier = ">=1" }]
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://index.example/simple" }
"""
    inventory = read("tool.py.lock", lock)
    assert inventory.root == ""
    assert named(inventory, "six").direct


DIGESTS = ("0a" * 32, "1b" * 32, "2c" * 32)
AS_WRITTEN = f"""\
version = 1

[[package]]
name = "torch"
version = "2.9.0"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://files.index.example/torch-2.9.0.tar.gz", hash = "sha256:{DIGESTS[0]}", size = 12 }}
wheels = [
    {{ url = "https://files.index.example/torch-2.9.0-cp312-linux.whl", hash = "sha256:{DIGESTS[1]}" }},
    {{ url = "https://files.index.example/torch-2.9.0%2Bcpu-any.whl", hash = "sha256:{DIGESTS[2]}", upload-time = "2025" }},
]

[package.metadata]
requires-dist = []
"""
SLOWLY = "\n# @\n"  # a file in which some URL may hold credentials is parsed whole


def test_lists_of_files_that_are_set_aside_read_like_those_that_are_not() -> None:
    quick, slow = read("uv.lock", AS_WRITTEN), read("uv.lock", AS_WRITTEN + SLOWLY)
    assert quick == slow
    torch = named(quick, "torch")
    assert [(a.filename, a.kind, a.size, a.hashes[0][1], a.uploaded) for a in torch.artifacts] == [
        ("torch-2.9.0-cp312-linux.whl", "wheel", -1, DIGESTS[1], ""),
        ("torch-2.9.0+cpu-any.whl", "wheel", -1, DIGESTS[2], "2025"),
        ("torch-2.9.0.tar.gz", "sdist", 12, DIGESTS[0], ""),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("]\n\n[package.metadata]", "    5,\n]\n\n[package.metadata]"),
        ("[package.metadata]\n", "wheels = []\n[package.metadata]\n"),
        ("wheels = [\n", 'note = [\n    "x",\nwheels = [\n'),
        ("size = 12", "size = 0012"),
        ("torch-2.9.0.tar", "torch\x07-2.9.0.tar"),
        ("wheels = [\n", 'x = "files set aside: 0"\nwheels = [\n'),
        ('"2.9.0"', '"files set aside: 7"'),
        ("wheels = [", "wheels = 'files set aside: 1'\nother = ["),
        ("\n]\n", " # end\n]\n"),
    ],
)
def test_what_uv_would_not_write_is_left_to_the_toml_parser(before: str, after: str) -> None:
    text = AS_WRITTEN.replace(before, after, 1)
    assert text != AS_WRITTEN
    quick, slow = read("uv.lock", text), read("uv.lock", text + SLOWLY)
    assert (quick.packages, quick.gaps) == (slow.packages, slow.gaps)


def test_openings_without_end_take_linear_time() -> None:
    inventory = read("uv.lock", "version = 1\n" + "wheels = [\n" * 60_000 + "]\n" + "sdist = {\n" * 60_000)
    assert [gap.reason for gap in inventory.gaps] == [Reason.MALFORMED]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("name = 5", "a package name is int"),
        ('version = "1.0"', "a package name is missing"),
        ('name = "x"\nversion = 1.0', "version is float, not text"),
        ('name = "x"\nsource = "git"', "source is str, not a table"),
        ('name = "x"\nwheels = [1, 2]', "wheels holds 2 values that are not tables"),
        ('name = "x"\nwheels = [{ url = "https://e.example/x.whl", size = -4 }]', "size is not a number of bytes"),
        ('name = "x"\ndependencies = { a = 1 }', "dependencies is dict, not a list"),
        ('name = "x"\nsource = { carrier-pigeon = "coo" }', "a package names no source that is known"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_gap_on_its_line_and_the_rest_is_read(entry: str, words: str) -> None:
    lock = (
        f'version = 1\n[[package]]\n{entry}\n[[package]]\nname = "six"\nversion = "1.17.0"\nsource = {{ virtual = "." }}\n'
    )
    inventory = read("uv.lock", lock)
    assert named(inventory, "six").version == "1.17.0"
    assert any(words in gap.detail and gap.place and gap.place.line == 2 for gap in inventory.gaps), inventory.gaps
    assert all(gap.reason is Reason.MALFORMED for gap in inventory.gaps)


def test_an_unknown_version_of_the_format_is_said_and_the_rest_is_read() -> None:
    inventory = read("uv.lock", LOCK.replace("version = 1\n", "version = 7\n", 1))
    assert [gap.reason for gap in inventory.gaps] == [Reason.UNSUPPORTED]
    assert len(inventory.packages) == 10


def test_packages_past_the_limit_are_one_gap_with_the_number() -> None:
    entries = "".join(f'[[package]]\nname = "p{n}"\nversion = "1"\nsource = {{ virtual = "p{n}" }}\n' for n in range(30))
    inventory = read("uv.lock", "version = 1\n" + entries, Limits(packages=10))
    assert len(inventory.packages) == 10
    assert [(gap.reason, gap.detail) for gap in inventory.gaps] == [
        (Reason.LIMIT, "20 entries past the limit of 10 packages were not read")
    ]


def test_one_package_entered_over_and_over_is_one_with_every_place() -> None:
    entry = '[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "b" }]\n'
    package = named(read("uv.lock", "version = 1\n" + entry * 5_000), "a")
    assert len(package.places) == 5_000
    assert len(package.requires) == 1


def test_toml_longer_than_memory_allows_is_a_gap() -> None:
    (gap,) = read("uv.lock", "#" * (MAX_TOML + 1)).gaps
    assert gap.reason is Reason.LIMIT
    assert gap.hint.startswith("scan an export of it instead")


def test_escaped_control_characters_never_reach_a_value() -> None:
    lock = 'version = 1\n[[package]]\nname = "x"\nversion = "1\\u001b[31m\\u202e0"\nsource = { virtual = "\\u0000." }\n'
    package = named(read("uv.lock", lock), "x")
    assert package.version.isprintable()
    assert package.source.url.isprintable()


def test_a_document_that_is_not_toml_is_a_gap_with_the_line() -> None:
    inventory = read("uv.lock", "version = 1\n\n[[package]\n")
    assert inventory.packages == ()
    assert inventory.gaps[0].reason is Reason.MALFORMED
    assert inventory.gaps[0].place is not None
    assert inventory.gaps[0].place.line == 3
