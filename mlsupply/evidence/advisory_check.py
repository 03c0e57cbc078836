"""The check `advisories` with what the index knows of fixes: whether they exist, are yanked, suit the project's Python.

The matcher itself needs no index; this module only hands it the releases of the few packages that are affected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlsupply.advisories import check
from mlsupply.advisories.check import Index, Offer
from mlsupply.advisories.moves import KeptOut, Moves
from mlsupply.evidence.release_check import index_of, is_release
from mlsupply.model import Checked, DataSource, Package, PackageKey
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.world import OfflineFetch, World


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """See `advisories.check.examine`; without network, fixes are named by advisory data alone."""
    if request.offline or isinstance(world.fetch, OfflineFetch):
        return check.examine(project, request, world)
    return check.examine(
        project,
        request,
        world,
        Index(
            lambda packages: _published(packages, project, request, world),
            lambda kept_out: _moves(kept_out, project, request, world),
        ),
    )


def _moves(kept_out: Sequence[KeptOut], project: Project, request: Request, world: World) -> Moves:
    from mlsupply.evidence.moving import moves

    return moves(kept_out, project, request, world)


def _published(packages: Sequence[Package], project: Project, request: Request, world: World) -> dict[PackageKey, Offer]:
    """An index that does not answer is left out here; the check `release` says so."""
    from mlsupply.evidence.index_releases import published
    from mlsupply.evidence.parents import limits_of

    asked = [package for package in packages if is_release(package)]
    indexes = {package.key: index_of(package, request) for package in asked}
    found = published(asked, indexes, project.indexes, world)
    limits = limits_of([package for package in asked if package.key in found], project, request, world)
    return {key: Offer(releases, limits.get(key, ())) for key, releases in found.items()}
