"""To which releases parents have to move so that they allow fixes, asked of their indexes.

Only parents that rule a fix out are asked about, a few at most; and what a release requires never changes, so a second run
asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlsupply.advisories.moves import ROUNDS, KeptOut, Move, Search
from mlsupply.evidence.index_releases import published
from mlsupply.evidence.parents import stated
from mlsupply.evidence.release_check import index_of, is_release
from mlsupply.model import Package, PackageKey
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.value import replace
from mlsupply.world import World

_MOST = 16  # parents that are asked about in a run


def moves(wanted: Sequence[KeptOut], project: Project, request: Request, world: World) -> Mapping[KeptOut, Move]:
    """What the first of them have to do; an index that does not answer leaves its own out."""
    names = {fix.parent for fix in wanted}
    packages = {str(one.coordinate): one for one in project.packages if is_release(one) and str(one.coordinate) in names}
    tried = [fix for fix in wanted if fix.parent in packages][:_MOST]
    parents = list({fix.parent: packages[fix.parent] for fix in tried}.values())
    indexes = {parent.key: index_of(parent, request) for parent in parents}
    releases = published(parents, indexes, project.indexes, world)
    searches = [Search(fix, releases.get(packages[fix.parent].key, ())) for fix in tried]
    for _ in range(ROUNDS):
        probes = {key: one for search in searches for key, one in _probes(search, packages[search.kept_out.parent]).items()}
        requirements = stated(tuple(probes.values()), project, request, world) if probes else {}
        for search in searches:
            mine = _probes(search, packages[search.kept_out.parent])
            search.learn({one.version: requirements[key] for key, one in mine.items() if key in requirements})
    return {search.kept_out: search.found for search in searches}


def _probes(search: Search, parent: Package) -> dict[PackageKey, Package]:
    found = [
        replace(parent, coordinate=parent.coordinate._replace(version=version), places=(), requires=(), artifacts=())
        for version in search.probes()
    ]
    return {one.key: one for one in found}
