"""Archives of inputs that name no address: asked of the index of each package, and taken by the digest of the lock."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from mlsupply.audit import run
from mlsupply.evidence.served import Served
from mlsupply.model import Artifact, Coordinate, Package, Place, Reason, Report, Source
from mlsupply.request import Request
from mlsupply.world import PUBLIC_INDEX, Failure, World
from tests.conftest import RecordedFetch
from tests.loopback_index import File, LoopbackIndex
from tests.test_contents import BAD, CLEAN, wheel

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
