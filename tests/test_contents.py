"""The check `contents`: which archives are looked into, fetched, refused, and what is said of the others."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from mlsupply.audit import run
from mlsupply.evidence import download
from mlsupply.evidence.contents_check import judge
from mlsupply.evidence.download import fetched
from mlsupply.evidence.served import best
from mlsupply.model import Artifact, Checked, Coordinate, Inventory, Package, Place, Reason, SourceKind
from mlsupply.model import Source as PackageSource
from mlsupply.project import merge
from mlsupply.report.view import view_of
from mlsupply.request import Request
from mlsupply.world import Failure, World
from tests.conftest import RecordedFetch
from tests.made_wheels import BAD, CLEAN, put, wheel


def locked(data: bytes, url: str = "https://files.index.example/demo-1.0-py3-none-any.whl") -> Package:
    artifact = Artifact(
        "demo-1.0-py3-none-any.whl", "wheel", url, len(data), (("sha256", hashlib.sha256(data).hexdigest()),)
    )
    return Package(coordinate=Coordinate("pypi", "demo", "1.0"), places=(Place("uv.lock", 3),), artifacts=(artifact,))


def check(world: World, *packages: Package, mode: str = "local") -> list[Checked]:
    project = merge([Inventory(path="uv.lock", format="uv", packages=packages)])
    request = Request(settings={"contents": {"mode": mode}})
    return [said for said in judge(project, request, world) if isinstance(said, Checked)]


def test_a_package_with_a_finding_and_a_gap_is_not_counted_as_looked_at_in_full(world: World) -> None:
    put(world.tree.root, "demo-1.0-py3-none-any.whl", wheel({**BAD, "demo/hidden.pyc": b"bytecode"}))
    request = Request(subjects=("demo-1.0-py3-none-any.whl",), checks=("contents",))
    report = run(request, world)
    assert len(report.findings) == len(report.gaps) == 1
    assert "contents: 0 of 1 package looked at in full." in view_of(report).coverage


def test_local_archives_are_looked_into_and_the_others_share_one_gap(world: World) -> None:
    root = world.tree.root
    put(root, "demo-1.0-py3-none-any.whl", wheel(BAD))
    local = Package(coordinate=Coordinate("pypi", "demo", "1.0"), places=(Place("demo-1.0-py3-none-any.whl"),))
    others = [replace(locked(b"x"), coordinate=Coordinate("pypi", name, "1.0")) for name in ("one", "two")]
    own = Package(coordinate=Coordinate("pypi", "own", "1.0"), source=PackageSource(SourceKind.EDITABLE, "."))
    said = {checked.package.name: checked for checked in check(world, local, *others, own) if checked.package}
    assert [finding.id for finding in said["demo"].findings] == ["MLS-C010"]
    assert said["demo"].findings[0].moment == "import"
    assert str(said["demo"].findings[0].places[0]) == "demo-1.0-py3-none-any.whl!/demo/__init__.py:2"
    assert said["one"].gaps == said["two"].gaps
    assert said["one"].gaps[0].reason is Reason.DISABLED
    assert not said["own"].gaps


def test_archives_for_which_no_time_is_left_are_gaps(world: World) -> None:
    put(world.tree.root, "demo-1.0-py3-none-any.whl", wheel(BAD))
    local = Package(coordinate=Coordinate("pypi", "demo", "1.0"), places=(Place("demo-1.0-py3-none-any.whl"),))
    hurried = replace(world, limits=replace(world.limits, contents_seconds=-1.0))
    (said,) = check(hurried, local)
    assert not said.findings
    assert [(gap.reason, gap.detail) for gap in said.gaps] == [
        (Reason.LIMIT, "not looked into: those before it took -1 s; what was seen of them is kept for the next run")
    ]


def test_with_all_each_archive_is_fetched_by_digest_once(world: World) -> None:
    data = wheel(BAD)
    package = locked(data)
    fetch = RecordedFetch({package.artifacts[0].url: (200, data)})
    for _ in range(2):
        (said,) = check(replace(world, fetch=fetch), package, mode="all")
        assert [finding.id for finding in said.findings] == ["MLS-C010"]
    assert len(fetch.asked) == 1
    (offline,) = check(world, package)
    assert offline.findings, "what was fetched before is local now"


def test_a_kept_archive_that_was_changed_since_is_a_finding_and_is_not_read(world: World) -> None:
    data = wheel({"demo/__init__.py": b"x = 1\n"})
    package = locked(data)
    kept = fetched(package.artifacts[0], replace(world, fetch=RecordedFetch({package.artifacts[0].url: (200, data)})))
    assert isinstance(kept, Path)
    kept.write_bytes(wheel(BAD))
    (said,) = check(world, package, mode="all")
    assert [finding.id for finding in said.findings] == ["MLS-A030"]
    assert said.gaps


def test_an_archive_with_another_digest_is_a_finding_and_is_not_read(world: World) -> None:
    package = locked(wheel(CLEAN))
    fetch = RecordedFetch({package.artifacts[0].url: (200, wheel(BAD))})
    (said,) = check(replace(world, fetch=fetch), package, mode="all")
    assert [finding.id for finding in said.findings] == ["MLS-A030"]
    assert said.gaps


@pytest.mark.parametrize(
    ("answer", "reason"),
    [((404, b""), Reason.NOT_FOUND), ((500, b""), Reason.FORBIDDEN), (Failure(Reason.TIMEOUT, "slow"), Reason.TIMEOUT)],
)
def test_an_archive_that_cannot_be_fetched_is_a_gap_with_its_reason(
    world: World, answer: tuple[int, bytes] | Failure, reason: Reason
) -> None:
    package = locked(b"x")
    (said,) = check(replace(world, fetch=RecordedFetch({package.artifacts[0].url: answer})), package, mode="all")
    assert [gap.reason for gap in said.gaps] == [reason]


def test_the_archive_most_installations_take_is_chosen() -> None:
    names = ["d-1.tar.gz", "d-1-cp311-win_amd64.whl", "d-1-cp311-manylinux_2_17_x86_64.whl", "d-1-py3-none-any.whl"]
    files = [Artifact(n, "wheel" if n.endswith("whl") else "sdist", "", -1, (("sha256", "0" * 64),)) for n in names]
    assert [chosen.filename for n in (4, 3, 2, 1) if (chosen := best(files[:n]))] == list(reversed(names))
    assert best([Artifact("x", "other")]) is None


def test_a_full_disk_is_said_and_a_cache_that_cannot_be_written_is_done_without(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = locked(b"x")
    online = replace(world, fetch=RecordedFetch({package.artifacts[0].url: (200, b"x")}))
    with monkeypatch.context() as full:
        full.setattr(download, "Draft", _full)
        got = fetched(package.artifacts[0], online)
    assert isinstance(got, Failure)
    assert got.detail.startswith("the cache could not be written: No space left on device; free some space")
    nowhere = fetched(package.artifacts[0], replace(online, cache=Path("/proc/no-such-folder")))
    assert isinstance(nowhere, Path), "a folder that nobody can make is done without too"
    world.cache.write_text("a file where the folder should be")
    path = fetched(package.artifacts[0], online)
    assert isinstance(path, Path)
    assert path.read_bytes() == b"x"
    assert not path.is_relative_to(world.cache)


def _full(path: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(path))
