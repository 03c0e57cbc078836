"""pylock.toml, the lock format of PEP 751."""

from __future__ import annotations

from tests.memory import named, read, read_from, triples

LOCK = """\
lock-version = "1.0"
created-by = "somebody"
requires-python = ">=3.10"

[[packages]]
name = "anyio"
version = "4.14.2"
marker = "sys_platform != 'win32'"
index = "https://index.example/simple"
dependencies = [{ name = "idna" }]
wheels = [
    { name = "anyio-4.14.2-py3-none-any.whl", url = "https://files.index.example/a.whl", upload-time = 2026-07-12T20:29:05Z,
      size = 125813, hashes = { sha256 = "AB" } },
]

[packages.sdist]
url = "https://files.index.example/anyio-4.14.2.tar.gz"
upload-time = 2026-07-12T20:29:07Z
size = 260176
hashes = { sha256 = "cd", sha512 = "ef" }

[[packages]]
name = "idna"
version = "3.10"

[[packages]]
name = "numpy"
version = "1.26.4"
marker = "python_version < '3.12'"

[[packages]]
name = "numpy"
version = "2.3.0"
marker = "python_version >= '3.12'"

[[packages]]
name = "app"
directory = { path = ".", editable = true }

[[packages]]
name = "lib"
directory = { path = "lib" }

[[packages]]
name = "vision"
vcs = { type = "git", url = "https://me:pw@git.example/v.git", requested-revision = "main", commit-id = "abc123" }

[[packages]]
name = "model"
archive = { url = "https://files.index.example/model-1.5-py3-none-any.whl", hashes = { sha256 = "00" } }
"""


def test_every_kind_of_entry() -> None:
    inventory = read("pylock.toml", LOCK.replace("05Z,\n     ", "05Z,"))
    assert inventory.gaps == ()
    assert inventory.complete
    assert triples(inventory) == [
        ("anyio", "4.14.2", "registry"),
        ("app", "", "editable"),
        ("idna", "3.10", "registry"),
        ("lib", "", "path"),
        ("model", "1.5", "url"),
        ("numpy", "1.26.4", "registry"),
        ("numpy", "2.3.0", "registry"),
        ("vision", "", "git"),
    ]
    vision = named(inventory, "vision").source
    assert (vision.url, vision.revision) == ("https://git.example/v.git", "abc123")
    assert [edge.name for edge in named(inventory, "anyio").requires] == ["idna"]
    assert not named(inventory, "idna").direct
    assert named(inventory, "anyio").direct


def test_files_keep_name_size_hashes_and_upload_time() -> None:
    wheel, sdist = named(read("pylock.toml", LOCK.replace("05Z,\n     ", "05Z,")), "anyio").artifacts
    assert (wheel.filename, wheel.uploaded, wheel.size) == ("anyio-4.14.2-py3-none-any.whl", "2026-07-12T20:29:05Z", 125813)
    assert wheel.hashes == (("sha256", "ab"),)
    assert sdist.filename == "anyio-4.14.2.tar.gz"
    assert sdist.hashes == (("sha256", "cd"), ("sha512", "ef"))


def test_a_named_lock_is_claimed_and_its_manifest_says_what_is_direct() -> None:
    files = {
        "pylock.dev.toml": 'lock-version = "1.0"\n[[packages]]\nname = "a"\n[[packages]]\nname = "b"\n',
        "pyproject.toml": '[project]\nname = "app"\ndependencies = ["a"]\n',
    }
    inventory = read_from("pylock.dev.toml", files)
    assert [p.name for p in inventory.packages if p.direct] == ["a"]
    assert inventory.root == "app"


def test_an_unknown_version_is_said() -> None:
    inventory = read("pylock.toml", 'lock-version = "2.0"\n[[packages]]\nname = "a"\nversion = "1"\n')
    assert len(inventory.packages) == 1
    assert "lock-version is 2.0" in inventory.gaps[0].detail


def test_a_release_without_a_version_of_its_own_is_the_one_its_files_are_named_after() -> None:
    """`version` is optional; what is known of the release must still be found."""
    wheel = 'wheels = [{ name = "demo-1.5-py3-none-any.whl", url = "https://files.example/d", hashes = { sha256 = "00" } }]'
    (package,) = read("pylock.toml", f'lock-version = "1.0"\n[[packages]]\nname = "demo"\n{wheel}\n').packages
    assert package.version == "1.5"
