"""What the tests share: where the corpus lies, and a world without network whose clock stands still."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from mlsupply.disk_tree import DiskTree
from mlsupply.fetch import LiveFetch
from mlsupply.model import Reason
from mlsupply.value import replace
from mlsupply.world import Failure, OfflineFetch, Response, World
from tests.loopback_index import LoopbackIndex

SHARED = Path(os.environ.get("MLSUPPLY_SHARED", Path(__file__).resolve().parents[2] / "shared"))
NOW = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)

# the same examples in every run, however slow the machine: what fails in CI fails at home; `--hypothesis-profile explore`
# looks for new ones
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=5_000, deadline=None)
settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    """In CI the absence of the corpus is an error: said once, before any worker starts."""
    if os.environ.get("CI") == "true" and not SHARED.is_dir():
        pytest.exit(f"the shared corpus is missing: {SHARED} (MLSUPPLY_SHARED names another place)", returncode=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `shared` skip, saying so, where the corpus is missing."""
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason=f"the shared corpus is not at {SHARED}")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)


class RecordedFetch:
    """A network of recorded answers: URL to (status, body) or to a `Failure`; anything else is not found. Keeps what was
    asked in `asked`."""

    def __init__(self, answers: Mapping[str, tuple[int, bytes] | Failure]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        self.asked.append(url)
        answer = self.answers.get(url, (404, b""))
        if isinstance(answer, Failure):
            return answer
        if len(answer[1]) > limit:
            return Failure(Reason.TOO_LARGE, f"over {limit} bytes")
        return Response(answer[0], {}, answer[1], url)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project in `tmp_path/project`, no network, noon of 24 March 2026."""
    project = tmp_path / "project"
    project.mkdir()
    return World(fetch=OfflineFetch(), now=lambda: NOW, tree=DiskTree(project), cache=tmp_path / "cache")


@pytest.fixture
def online(world: World) -> World:
    """The same with a network, of which the tests use loopback alone; it does not wait between attempts."""
    return replace(world, fetch=LiveFetch({}, sleep=lambda _: None))


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """An empty package index on loopback."""
    with LoopbackIndex("pypi") as index:
        yield index
