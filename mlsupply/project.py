"""The merged dependency graph of all inputs: every (name, version, source) once, with paths back to its roots. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from mlsupply.model import Edge, Index, Inventory, Package, PackageKey, Requirement, SourceKind
from mlsupply.value import value

_ROOT_KINDS = (SourceKind.VIRTUAL, SourceKind.EDITABLE)
_MAX_PATHS = 5  # kept per package and input in reports; `why` asks for more


@value
class Project:
    """All inputs of a run. packages: merged and ordered by coordinate; the inventories stay as they were read."""

    inventories: tuple[Inventory, ...]
    packages: tuple[Package, ...]

    @property
    def indexes(self) -> tuple[Index, ...]:
        return tuple(index for inventory in self.inventories for index in inventory.indexes)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        return tuple(requirement for inventory in self.inventories for requirement in inventory.requirements)

    def paths(self, wanted: Iterable[PackageKey], most: int = _MAX_PATHS) -> dict[PackageKey, tuple[tuple[str, ...], ...]]:
        """For each wanted package the shortest paths from the roots that reach it, one per (input, direct parent) and at
        most `most`: ((root, ..., name), ...). Empty where the input has no edges that lead to it."""
        found: dict[PackageKey, list[tuple[str, ...]]] = {key: [] for key in wanted}
        for inventory in self.inventories:
            present = [package for package in inventory.packages if package.key in found]
            if present:
                graph = _Graph(inventory)
                for package in present:
                    for path in graph.paths_to(package, most):
                        if path not in found[package.key]:
                            found[package.key].append(path)
        return {key: tuple(paths[:most]) for key, paths in found.items()}


def merge(inventories: Iterable[Inventory]) -> Project:
    """One project from what the inputs say; places, groups, artifacts and edges of one package are united."""
    inventories = tuple(inventories)
    merged: dict[PackageKey, Package] = {}
    for inventory in inventories:
        for package in inventory.packages:
            before = merged.get(package.key)
            merged[package.key] = package if before is None else _united(before, package)
    return Project(inventories=inventories, packages=tuple(merged[key] for key in sorted(merged)))


def edges(inventories: Iterable[Inventory]) -> dict[PackageKey, tuple[PackageKey, ...]]:
    """Who requires whom over all inputs, each edge looked up within the input that has it; sorted, without loops to self."""
    found: dict[PackageKey, set[PackageKey]] = {}
    for inventory in inventories:
        graph = _Graph(inventory)
        for package in inventory.packages:
            children = found.setdefault(package.key, set())
            children.update(child.key for edge in package.requires for child in graph.targets(edge))
            children.discard(package.key)
    return {key: tuple(sorted(children)) for key, children in found.items()}


def ways_in(inventories: Iterable[Inventory]) -> dict[PackageKey, frozenset[str]]:
    """Through which groups or extras of a root each package is reached; "" is the plain requirement. A package that no
    root leads to counts as plainly required, as nothing says otherwise."""
    found: dict[PackageKey, set[str]] = {}
    for inventory in inventories:
        graph = _Graph(inventory)
        queue: deque[tuple[Package, str]] = deque()
        for package in inventory.packages:
            if graph.is_root(package):
                found.setdefault(package.key, set()).add("")
                queue.extend((c, e.group or e.extra) for e in package.requires for c in graph.targets(e))
            elif package.direct and package.groups:
                queue.extend((package, group) for group in package.groups)
            elif package.direct or package.key not in graph.parents:
                queue.append((package, ""))
        while queue:
            package, way = queue.popleft()
            if way not in found.setdefault(package.key, set()):
                found[package.key].add(way)
                queue.extend((child, way) for edge in package.requires for child in graph.targets(edge))
    return {key: frozenset(ways) for key, ways in found.items()}


def roots(inventory: Inventory) -> tuple[Package, ...]:
    """The packages an input starts from: its own projects, or where it names none what is asked for directly."""
    graph = _Graph(inventory)
    own = tuple(package for package in inventory.packages if graph.is_root(package))
    return own or tuple(package for package in inventory.packages if package.direct)


def _united(one: Package, other: Package) -> Package:
    return replace(
        one,
        places=tuple(dict.fromkeys(one.places + other.places)),
        requires=tuple(dict.fromkeys(one.requires + other.requires)),
        artifacts=tuple(dict.fromkeys(one.artifacts + other.artifacts)),
        groups=tuple(dict.fromkeys(one.groups + other.groups)),
        direct=one.direct or other.direct,
        marker=one.marker if one.marker == other.marker else "",
        note=one.note or other.note,
    )


class _Graph:
    """Breadth-first look-ups from the roots of one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self.root = inventory.root or inventory.path
        self.by_name: dict[str, list[Package]] = {}
        for package in inventory.packages:
            self.by_name.setdefault(package.name, []).append(package)
        self.parents: dict[PackageKey, list[Package]] = {}
        for package in inventory.packages:
            for edge in package.requires:
                for child in self.targets(edge):
                    if child.key != package.key:
                        self.parents.setdefault(child.key, []).append(package)

    def targets(self, edge: Edge) -> list[Package]:
        named = self.by_name.get(edge.name, [])
        return [package for package in named if package.version == edge.version] if edge.version else named

    def is_root(self, package: Package) -> bool:
        return package.source.kind in _ROOT_KINDS and (package.direct or package.key not in self.parents)

    def paths_to(self, package: Package, most: int) -> list[tuple[str, ...]]:
        """Walk upwards, shortest first; a node is expanded once, so cycles end and the work is linear in the edges."""
        if self.is_root(package):
            return [(package.name,)]
        paths: list[tuple[str, ...]] = []
        if package.direct and not any(self.is_root(parent) for parent in self.parents.get(package.key, ())):
            paths.append((self.root, package.name))
        queue: deque[tuple[Package, tuple[str, ...]]] = deque([(package, (package.name,))])
        seen = {package.key}
        while queue and len(paths) < most:
            node, below = queue.popleft()
            for parent in self.parents.get(node.key, ()):
                if self.is_root(parent):
                    paths.append((parent.name, *below))
                elif parent.key not in seen:
                    seen.add(parent.key)
                    if parent.direct and not any(self.is_root(p) for p in self.parents.get(parent.key, ())):
                        paths.append((self.root, parent.name, *below))
                    queue.append((parent, (parent.name, *below)))
        return list(dict.fromkeys(paths))[:most]
