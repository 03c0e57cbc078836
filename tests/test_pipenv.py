"""Pipfile and Pipfile.lock."""

from __future__ import annotations

import json

from mlsupply.model import SourceKind
from tests.memory import named, read, triples

LOCK = json.dumps(
    {
        "_meta": {
            "hash": {"sha256": "00"},
            "pipfile-spec": 6,
            "requires": {"python_version": "3.11"},
            "sources": [
                {"name": "pypi", "url": "https://index.example/simple", "verify_ssl": True},
                {"name": "inner", "url": "https://me:pw@inner.example/simple", "verify_ssl": True},
            ],
        },
        "default": {
            "aiohttp": {"hashes": ["sha256:AA", "sha256:bb"], "markers": "python_version >= '3.8'", "version": "==3.9.5"},
            "app": {"editable": True, "file": "."},
            "dspy": {"git": "https://git.example/dspy.git", "ref": "7801edd8"},
            "secret-lib": {"hashes": [], "index": "inner", "version": "==1.0"},
            "wheel-file": {"file": "https://files.index.example/wheel_file-2.0-py3-none-any.whl"},
        },
        "develop": {
            "aiohttp": {"hashes": ["sha256:AA"], "version": "==3.9.5"},
            "pytest": {"hashes": [], "index": "pypi", "version": "==8.4.0"},
        },
    },
    indent=4,
)

PIPFILE = """\
[[source]]
url = "https://index.example/simple"
verify_ssl = false
name = "pypi"

[[source]]
url = "https://me:pw@inner.example/simple"
verify_ssl = true
name = "inner"

[packages]
aiohttp = "*"
"mkdocs-material[imaging]" = ">=9"
uvicorn = {extras = ["standard"], version = "==0.34.0", sys_platform = "== 'linux'"}
dspy = {git = "https://git.example/dspy.git", ref = "main"}
app = {file = ".", editable = true}
secret-lib = {version = "*", index = "inner"}

[dev-packages]
pytest = "~=8.0"

[requires]
python_version = "3.11"
"""


def test_a_lock_holds_packages_of_all_categories() -> None:
    inventory = read("Pipfile.lock", LOCK)
    assert inventory.complete
    assert inventory.gaps == ()
    assert triples(inventory) == [
        ("aiohttp", "3.9.5", "registry"),
        ("app", "", "editable"),
        ("dspy", "", "git"),
        ("pytest", "8.4.0", "registry"),
        ("secret-lib", "1.0", "registry"),
        ("wheel-file", "2.0", "url"),
    ]
    assert named(inventory, "dspy").source.revision == "7801edd8"
    assert named(inventory, "pytest").groups == ("develop",)
    assert [artifact.hashes for artifact in named(inventory, "aiohttp").artifacts] == [
        (("sha256", "aa"),),
        (("sha256", "bb"),),
    ]


def test_what_an_old_lock_leaves_open_is_no_version() -> None:
    entries = {"django": {"version": "*"}, "torch": {"version": ">=2"}, "jinja2": {"version": "===3.1.2"}, "idna": {}}
    found = read("Pipfile.lock", json.dumps({"_meta": {"sources": []}, "default": entries}))
    assert {p.name: p.version for p in found.packages} == {"django": "", "torch": "", "jinja2": "3.1.2", "idna": ""}


def test_every_line_that_locks_a_package_is_kept() -> None:
    lines = LOCK.splitlines()
    places = named(read("Pipfile.lock", LOCK), "aiohttp").places
    assert [lines[place.line - 1].strip() for place in places] == ['"aiohttp": {'] * 2
    assert len({place.line for place in places}) == 2


def test_indexes_lose_their_credentials_and_serve_the_packages_pinned_to_them() -> None:
    inventory = read("Pipfile.lock", LOCK)
    assert [(i.role, i.url, i.packages, i.had_credentials) for i in inventory.indexes] == [
        ("primary", "https://index.example/simple", (), False),
        ("explicit", "https://inner.example/simple", ("secret-lib",), True),
    ]
    assert "pw@" not in repr(inventory)


def test_the_pipfile_beside_it_says_what_is_direct() -> None:
    inventory = read("Pipfile.lock", LOCK, Pipfile=PIPFILE)
    assert {p.name: p.groups for p in inventory.packages if p.direct} == {
        "aiohttp": (),
        "app": (),
        "dspy": (),
        "pytest": ("develop",),
        "secret-lib": (),
    }


def test_a_pipfile_asks_for_requirements() -> None:
    inventory = read("Pipfile", PIPFILE)
    assert inventory.gaps == ()
    assert not inventory.complete
    found = {r.name: r for r in inventory.requirements}
    assert (found["aiohttp"].specifier, found["aiohttp"].place.line) == ("", 12)
    assert (found["mkdocs-material"].extras, found["mkdocs-material"].specifier) == (("imaging",), ">=9")
    assert found["uvicorn"].marker == "sys_platform == 'linux'"
    assert (found["dspy"].source.kind, found["dspy"].source.revision) == (SourceKind.GIT, "main")
    assert found["app"].source.kind is SourceKind.EDITABLE
    assert found["pytest"].groups == ("develop",)
    assert [(i.role, i.packages, i.trusted_host) for i in inventory.indexes] == [
        ("primary", (), True),
        ("explicit", ("secret-lib",), False),
    ]


def test_values_of_the_wrong_type_are_gaps_and_the_rest_is_read() -> None:
    lock = read(
        "Pipfile.lock", '{"_meta": 4, "default": {"a": {"version": 1}, "b": [], "c": {"version": "==1"}}, "x": null}'
    )
    assert [p.name for p in lock.packages] == ["a", "b", "c"]
    assert len(lock.gaps) >= 3
    assert read("Pipfile.lock", "[]").gaps
    manifest = read("Pipfile", '[packages]\na = 3\nb = {version = 1.5}\nc = "==1"\n')
    assert [r.name for r in manifest.requirements] == ["a", "b", "c"]
    assert len(manifest.gaps) == 2


def test_a_file_address_is_a_path_in_the_lock_as_in_the_manifest() -> None:
    entry = {"file": "file:///srv/wheels/wheel_file-2.0-py3-none-any.whl"}
    locked = named(read("Pipfile.lock", json.dumps({"_meta": {}, "default": {"wheel-file": entry}})), "wheel-file")
    asked = read("Pipfile", f'[packages]\nwheel-file = {{file = "{entry["file"]}"}}\n').requirements[0]
    assert locked.source == asked.source
    assert (locked.source.kind, locked.version) == (SourceKind.PATH, "2.0")
