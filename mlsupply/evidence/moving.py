"""To which releases parents have to move so that they allow fixes, asked of their indexes.

Only parents that rule a fix out are asked about, a few at most; and what a release requires never changes, so a second run
asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlsupply.advisories.moves import ROUNDS, Held, Move, Search
from mlsupply.evidence.index_releases import published
from mlsupply.evidence.parents import stated
from mlsupply.evidence.release_check import index_of, is_release
from mlsupply.model import Package, PackageKey
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.value import replace
from mlsupply.world import World

_MOST = 16  # parents that are asked about in a run


def moves(wanted: Sequence[Held], project: Project, request: Request, world: World) -> Mapping[Held, Move]:
    """What the first of them have to do; an index that does not answer leaves its own out."""
    names = {held.parent for held in wanted}
    packages = {str(one.coordinate): one for one in project.packages if is_release(one) and str(one.coordinate) in names}
    asked = [held for held in wanted if held.parent in packages][:_MOST]
    parents = list({held.parent: packages[held.parent] for held in asked}.values())
    indexes = {parent.key: index_of(parent, request) for parent in parents}
    releases = published(parents, indexes, project.indexes, world)
    searches = [Search(held, releases.get(packages[held.parent].key, ())) for held in asked]
    for _ in range(ROUNDS):
        probes = {key: one for search in searches for key, one in _probes(search, packages[search.held.parent]).items()}
        told = stated(tuple(probes.values()), project, request, world) if probes else {}
        for search in searches:
            mine = _probes(search, packages[search.held.parent])
            search.learn({one.version: told[key] for key, one in mine.items() if key in told})
    return {search.held: search.found for search in searches}


def _probes(search: Search, parent: Package) -> dict[PackageKey, Package]:
    found = [
        replace(parent, coordinate=parent.coordinate._replace(version=version), places=(), requires=(), artifacts=())
        for version in search.probes()
    ]
    return {one.key: one for one in found}
