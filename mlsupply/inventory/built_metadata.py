"""PKG-INFO in a folder: what a source archive that was unpacked there says it requires. Where the project's own manifest
lies beside it, that counts, and this file asks for nothing.

Source: https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from mlsupply.inventory.metadata import parse
from mlsupply.inventory.parsing import gap
from mlsupply.model import Edge, Gap, Inventory, Place, Requirement
from mlsupply.world import Failure, Limits, Tree

FORMAT = "PKG-INFO"
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """See the module."""
    if any(tree.kind(posixpath.join(posixpath.dirname(path), name)) == "file" for name in _MANIFESTS):
        return Inventory(path=path, format=FORMAT)
    data = tree.read(path, limits.manifest_bytes)
    if isinstance(data, Failure):
        return Inventory(path=path, format=FORMAT, gaps=(gap(path, data.reason, data.detail),))
    metadata = parse(data)
    faults = [gap(path, reason, detail) for reason, detail in metadata.faults]
    return _inventory(path, metadata.name, metadata.requires, faults)


def _inventory(path: str, name: str, edges: Iterable[Edge], gaps: Iterable[Gap]) -> Inventory:
    requirements = tuple(_requirements(path, edges))
    return Inventory(
        path=path, format=FORMAT, root=name, requirements=requirements, gaps=tuple(gaps) if requirements else ()
    )


def _requirements(path: str, edges: Iterable[Edge]) -> Iterator[Requirement]:
    for edge in edges:
        yield Requirement(
            name=edge.name,
            specifier=edge.specifier.replace(" ", ""),
            marker=edge.marker,
            place=Place(path),
            groups=(edge.extra,) if edge.extra else (),
            text=f"{edge.name}{edge.specifier}",
        )
