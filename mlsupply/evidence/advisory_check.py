"""The check `advisories` with what the index knows of fixes: whether they exist, are yanked, suit the project's Python.

The matcher itself needs no index; this module only hands it the releases of the few packages that are affected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlsupply.advisories import check
from mlsupply.advisories.fixes import Release
from mlsupply.evidence.release_check import index_of, is_release
from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import Checked, DataSource, Package, PackageKey
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.world import OfflineFetch, World

if TYPE_CHECKING:
    from mlsupply.evidence.index_pages import IndexFile
    from mlsupply.evidence.index_pages import Project as IndexProject


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """See `advisories.check.examine`; without network, fixes are named by advisory data alone."""
    if request.offline or isinstance(world.fetch, OfflineFetch):
        return check.examine(project, request, world)
    return check.examine(project, request, world, lambda packages: _published(packages, project, request, world))


def _published(
    packages: Sequence[Package], project: Project, request: Request, world: World
) -> dict[PackageKey, tuple[Release, ...]]:
    """An index that does not answer is left out here; the check `release` says so."""
    from mlsupply.evidence.registry import Registry, ask_all, secret_for
    from mlsupply.world import Failure

    asked = [package for package in packages if is_release(package)]
    urls = {index_of(package, request) for package in asked}
    registries = {url: Registry(url, world, secret_for(url, project.indexes, world.environ)) for url in urls}
    answers = ask_all([(registries[index_of(package, request)], package.name, "") for package in asked])
    found: dict[PackageKey, tuple[Release, ...]] = {}
    for package, seen in zip(asked, answers, strict=True):
        if not isinstance(seen, Failure) and seen.project.files:
            found[package.key] = tuple(_releases(seen.project))
    return found


def _releases(project: IndexProject) -> Iterator[Release]:
    by_version: dict[str, list[IndexFile]] = {}
    for file in project.files:
        if file.version:
            by_version.setdefault(file.version, []).append(file)
    for version, files in by_version.items():
        yield Release(version, all(file.yanked is not None for file in files), files[0].requires_python)
