"""The indexes of a lock file that pins every package to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlsupply.model import Index, Package, SourceKind
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
