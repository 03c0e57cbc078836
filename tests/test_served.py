"""Archives of inputs that name no address: asked of the index of each package, and taken by the digest of the lock."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from mlsupply.audit import run
from mlsupply.evidence.served import Served
from mlsupply.model import Artifact, Coordinate, Package, Place, Reason, Source
from mlsupply.outcome import Report
from mlsupply.request import Request
from mlsupply.world import PUBLIC_INDEX, Failure, World
from tests.conftest import RecordedFetch
from tests.loopback_index import File, LoopbackIndex
from tests.made_wheels import BAD, CLEAN, wheel

EVIL, HONEST = wheel(BAD), wheel(CLEAN)
DIGEST = hashlib.sha256(EVIL).hexdigest()
OTHER = hashlib.sha256(HONEST).hexdigest()


def serve(index: LoopbackIndex, version: str, data: bytes, tag: str = "py3-none-any") -> File:
    """A wheel of the project demo with these contents."""
    (file,) = index.add("demo", version, tag=tag)
    file.data, file.sha256, file.size = data, hashlib.sha256(data).hexdigest(), len(data)
    return file


def scanned(world: World, name: str, text: str, index: LoopbackIndex, mode: str = "all") -> Report:
    (world.tree.root / name).write_text(text, encoding="utf-8")
    request = Request(
        subjects=(str(world.tree.root / name),),
        checks=("contents",),
        index_url=index.simple,
        settings={"contents": {"mode": mode}},
        resolve=False,
    )
    return run(request, world)


LOCKS = {
    "requirements.txt": f"demo==1.0 --hash=sha256:{DIGEST}\n",
    "poetry.lock": (
        '[[package]]\nname = "demo"\nversion = "1.0"\noptional = false\npython-versions = ">=3.9"\n'
        f'files = [{{file = "demo-1.0-py3-none-any.whl", hash = "sha256:{DIGEST}"}}]\n'
        '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.9"\ncontent-hash = "0"\n'
    ),
    "Pipfile.lock": (
        '{"_meta": {"sources": []}, "develop": {}, '
        f'"default": {{"demo": {{"hashes": ["sha256:{DIGEST}"], "version": "==1.0"}}}}}}'
    ),
    "pdm.lock": (
        '[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "demo"\nversion = "1.0"\n'
        f'files = [{{file = "demo-1.0-py3-none-any.whl", hash = "sha256:{DIGEST}"}}]\n'
    ),
}


@pytest.mark.parametrize(("name", "text"), LOCKS.items(), ids=LOCKS)
def test_a_lock_of_digests_alone_has_its_archives_looked_into(
    name: str, text: str, world: World, online: World, index: LoopbackIndex
) -> None:
    serve(index, "1.0", HONEST, tag="cp311-cp311-manylinux_2_17_x86_64")  # the lock does not name this one
    serve(index, "1.0", EVIL)
    report = scanned(online, name, text, index)
    assert [finding.id for finding in report.findings] == ["MLS-C010"]
    assert report.gaps == ()
    asked = len(index.asked)
    assert [f.id for f in scanned(world, name, text, index, "local").findings] == ["MLS-C010"], "it is local from now on"
    assert len(index.asked) == asked


def test_a_digest_that_the_index_does_not_serve_is_said_and_nothing_else_is_read(
    online: World, index: LoopbackIndex
) -> None:
    serve(index, "1.0", HONEST)
    report = scanned(online, "requirements.txt", LOCKS["requirements.txt"], index)
    (gap,) = report.gaps
    assert gap.reason is Reason.NOT_FOUND
    assert "has a digest the input names" in gap.detail
    assert not any(path.startswith("/files/") for path in index.asked)


def digest(data: bytes, algorithm: str) -> str:
    return hashlib.new(algorithm, data).hexdigest()


@pytest.mark.parametrize("algorithm", ["sha512", "sha384", "md5", "sha1", "blake2b"])
@pytest.mark.parametrize("name", ["requirements.txt", "poetry.lock", "Pipfile.lock"])
def test_digests_that_no_index_shows_are_held_against_what_it_serves(
    name: str, algorithm: str, online: World, index: LoopbackIndex
) -> None:
    """The index serves the wheel that was locked and another that most installations would take."""
    serve(index, "1.0", HONEST)
    serve(index, "1.0", EVIL, tag="cp311-cp311-manylinux_2_17_x86_64")
    locked = LOCKS[name].replace(f"sha256:{DIGEST}", f"{algorithm}:{digest(EVIL, algorithm)}")
    locked = locked.replace("demo-1.0-py3-none-any.whl", "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl")
    report = scanned(online, name, locked, index)
    assert [finding.id for finding in report.findings] == ["MLS-C010"]
    assert [gap for gap in report.gaps if gap.check == "contents"] == []


def test_a_file_of_the_locked_name_with_another_content_is_a_finding(online: World, index: LoopbackIndex) -> None:
    serve(index, "1.0", HONEST)
    text = LOCKS["poetry.lock"].replace(f"sha256:{DIGEST}", f"sha512:{digest(EVIL, 'sha512')}")
    report = scanned(online, "poetry.lock", text, index)
    assert [finding.kind.value for finding in report.findings] == ["integrity"]


@pytest.mark.parametrize(
    ("hashes", "reason", "said"),
    [
        (f"--hash=sha512:{'0' * 128}", Reason.NOT_FOUND, "no archive that"),
        ("--hash=whirlpool:00ff", Reason.UNSUPPORTED, "cannot be verified here (whirlpool)"),
        ("--hash=sha256:00ff", Reason.UNSUPPORTED, "cannot be verified here (sha256)"),
        ("--hash=shake256:00ff", Reason.UNSUPPORTED, "cannot be verified"),
    ],
)
def test_without_a_digest_that_fits_nothing_the_index_serves_is_taken(
    hashes: str, reason: Reason, said: str, online: World, index: LoopbackIndex
) -> None:
    serve(index, "1.0", EVIL)
    report = scanned(online, "requirements.txt", f"demo==1.0 {hashes}\n", index)
    assert report.findings == ()
    (gap,) = (gap for gap in report.gaps if gap.check == "contents")
    assert gap.reason is reason
    assert said in gap.detail


def test_only_so_many_archives_are_fetched_to_find_a_digest(online: World, index: LoopbackIndex) -> None:
    for number in range(8):
        serve(index, "1.0", wheel({"demo/__init__.py": f"x = {number}\n".encode()}), tag=f"cp3{number}-none-linux_x86_64")
    report = scanned(online, "requirements.txt", f"demo==1.0 --hash=sha512:{'0' * 128}\n", index)
    (gap,) = report.gaps
    assert "of 8 archives the first 4 were fetched" in gap.detail
    assert sum(path.startswith("/files/") for path in index.asked) == 4


def test_an_address_with_a_digest_other_than_sha256_is_verified(online: World, index: LoopbackIndex) -> None:
    file = serve(index, "1.0", EVIL)
    package = Package(coordinate=Coordinate("pypi", "demo", "1.0"))
    served = Served(Request(index_url=index.simple), online)
    short = hashlib.blake2b(EVIL, digest_size=32).hexdigest()
    pairs = (("sha512", digest(EVIL, "sha512")), ("SHA3-256", digest(EVIL, "sha3_256")), ("BLAKE2b-256", short))
    for pair, expected in (*((pair, True) for pair in pairs), (("sha-512", digest(HONEST, "sha512")), False)):
        artifact = Artifact(file.filename, "wheel", index.file_url(file), -1, (pair,))
        assert isinstance(served.fetched(artifact, package), Path) is expected


def test_without_digests_what_the_index_serves_of_that_very_release_is_looked_into(
    online: World, index: LoopbackIndex
) -> None:
    serve(index, "1.0.0", EVIL)
    serve(index, "1.1", HONEST)
    report = scanned(online, "requirements.txt", "demo==1.0\n", index)  # the same version as 1.0.0 (PEP 440)
    assert [finding.id for finding in report.findings] == ["MLS-C010"]


@pytest.mark.parametrize("broken", ["/simple/demo/", "files"])
def test_an_index_that_does_not_answer_is_a_gap(broken: str, online: World, index: LoopbackIndex) -> None:
    file = serve(index, "1.0", EVIL)
    index.broken = {f"/files/{file.filename}": 404} if broken == "files" else {broken: 403, "/pypi/demo/json": 403}
    report = scanned(online, "requirements.txt", LOCKS["requirements.txt"], index)
    assert [gap.check for gap in report.gaps] == ["contents"]
    assert report.verdict.exit_code == 3


def test_credentials_open_the_files_of_their_own_index_and_travel_nowhere_else(online: World) -> None:
    package = Package(coordinate=Coordinate("pypi", "demo", "1.0"), places=(Place("requirements.txt", 1),))
    with LoopbackIndex(credentials=("build", "hunter2")) as index, LoopbackIndex() as other:
        own, strange = serve(index, "1.0", EVIL), serve(other, "1.0", HONEST)
        secret = index.simple.replace("http://", "http://build:hunter2@")
        user = replace(online, environ={"PIP_INDEX_URL": secret})
        served = Served(Request(index_url=index.simple), user)
        chosen = served.archive(package)
        assert isinstance(chosen, Artifact)
        assert chosen.filename == own.filename
        assert isinstance(served.fetched(chosen, package), Path)
        elsewhere = Artifact(strange.filename, "wheel", other.file_url(strange), -1, (("sha256", OTHER),))
        assert isinstance(served.fetched(elsewhere, package), Path)
        assert all("authorization" not in {key.lower() for key in headers} for headers in other.headers_seen)


def test_the_release_before_a_private_package_is_asked_of_its_own_index(world: World) -> None:
    """Also its earlier releases: the public index may have a stranger's project of the name."""
    asking = RecordedFetch({})
    corp = Source(url="https://corp.example/simple")
    pinned = Package(coordinate=Coordinate("pypi", "acme-core", "1.0"), source=corp)
    named = Package(coordinate=Coordinate("pypi", "acme-tools", "1.0"))
    private: dict[str, object] = {"index": {"private": {"acme-*": corp.url}}}
    served = Served(Request(settings=private), replace(world, fetch=asking))
    for package in (pinned, named):
        assert isinstance(served.files(package), Failure)
    assert asking.asked
    assert not any(url.startswith(PUBLIC_INDEX.removesuffix("/simple")) for url in asking.asked)


def test_what_comes_from_no_index_is_not_asked_for(world: World) -> None:
    conda = Package(coordinate=Coordinate("conda", "demo", "1.0"))
    unpinned = Package(coordinate=Coordinate("pypi", "demo", ""))
    asking = RecordedFetch({})
    served = Served(Request(), replace(world, fetch=asking))
    for package in (conda, unpinned):
        found = served.archive(package)
        assert isinstance(found, Failure)
        assert found.reason is Reason.UNSUPPORTED
    assert asking.asked == []
