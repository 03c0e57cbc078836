"""Packages and the indexes they are pinned to, by a lock file or by a manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlsupply.model import Index, Inventory, Package, Source, SourceKind
from mlsupply.value import replace
from mlsupply.world import PUBLIC_INDEX


def indexes_of(packages: Iterable[Package]) -> tuple[Index, ...]:
    """The index most packages come from is primary (the public one where it is among them); each other one serves its
    own packages alone, because the lock says so."""
    return tuple(_indexes(packages))


def _indexes(packages: Iterable[Package]) -> Iterator[Index]:
    seen: dict[str, list[Package]] = {}
    for package in packages:
        if package.source.kind is SourceKind.REGISTRY:
            seen.setdefault(package.source.url, []).append(package)
    primary = "" if "" in seen else max(seen, key=lambda url: len(seen[url]), default="")
    for url, pinned in seen.items():
        place = pinned[0].places[0]
        if url == primary:
            yield Index(url=url or PUBLIC_INDEX, role="primary", place=place)
        else:
            names = tuple(sorted({package.name for package in pinned}))
            role = "explicit" if "://" in url else "find-links"
            yield Index(url=url, role=role, packages=names, place=place)


def from_their_indexes(inventory: Inventory) -> Inventory:
    """The inventory with each requirement that a manifest pins to an index coming from there, also where nothing resolves
    it: the public index is then not asked about the name, nor said to lack it. A name that is pinned to the public index
    too (by marker or group) may come from there and is left open."""
    homes: dict[str, set[str]] = {}
    for index in inventory.indexes:
        for name in index.packages:
            homes.setdefault(name, set()).add(index.url)
    private = {name: min(urls) for name, urls in homes.items() if PUBLIC_INDEX not in {url.rstrip("/") for url in urls}}
    requirements = tuple(
        replace(one, source=Source(url=private[one.name])) if one.name in private and one.source == Source() else one
        for one in inventory.requirements
    )
    return replace(inventory, requirements=requirements)
