"""The merged dependency graph of all inputs: every (name, version, source) once, with paths back to its roots. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from mlsupply.model import Edge, Gap, Index, Inventory, Package, PackageKey, Reason, Requirement, SourceKind
from mlsupply.value import replace, value

OWN_CODE = (SourceKind.VIRTUAL, SourceKind.EDITABLE)
"""Sources of what is no release but code of the project itself."""

_METADATA = ".dist-info/METADATA"

Path = tuple[str, ...]
"""Names from a root to a package."""

_NAMED = 6  # conda packages named in a sentence
MAX_PATHS = 5  # kept per package and input in reports; `why` asks for more
_LONGEST = 200  # names of a path: real ones have thirty, and those of a chain of all packages would fill the memory


@value
class Project:
    """All inputs of a run. packages: merged and ordered by coordinate; the inventories stay as they were read."""

    inventories: tuple[Inventory, ...]
    packages: tuple[Package, ...]

    @property
    def indexes(self) -> tuple[Index, ...]:
        """Of all inputs, in order."""
        return tuple(index for inventory in self.inventories for index in inventory.indexes)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Of all inputs, in order."""
        return tuple(requirement for inventory in self.inventories for requirement in inventory.requirements)

    def paths(self, wanted: Iterable[PackageKey], most: int = MAX_PATHS) -> dict[PackageKey, tuple[Path, ...]]:
        """For every package a shortest path from a root, ((root, ..., name), ...); for each wanted one the shortest through
        each direct parent, at most `most`. Empty where the input has no edges that lead to it, or only paths of more than
        `_LONGEST` names."""
        found: dict[PackageKey, list[Path]] = {key: [] for key in wanted}
        shortest: dict[PackageKey, Path] = {}
        for inventory in self.inventories:
            graph = _Graph(inventory)
            for key, path in graph.shortest().items():
                shortest.setdefault(key, path)
            for package in inventory.packages:
                if package.key in found:
                    found[package.key].extend(
                        path for path in graph.paths_to(package, most) if path not in found[package.key]
                    )
        paths = {key: (path,) for key, path in shortest.items()}
        return {**paths, **{key: tuple(several[:most]) for key, several in found.items()}}

    def all_paths(self, key: PackageKey, most: int) -> tuple[Path, ...]:
        """Every path to a package over all inputs, shortest first, at most `most`."""
        found: dict[Path, None] = {}
        for inventory in self.inventories:
            for package in (one for one in inventory.packages if one.key == key):
                found.update(dict.fromkeys(_Graph(inventory).all_paths_to(package, most)))
        return tuple(sorted(found, key=lambda path: (len(path), path))[:most])


def installed_at(package: Package) -> str:
    """The METADATA file of an installed package, in its `.dist-info` folder; "" for all others."""
    return next((place.file for place in package.places if place.file.endswith(_METADATA)), "")


def is_local(package: Package) -> bool:
    """Whether the package is a folder of the user's, about which no index decides. An installed copy of one does not count:
    only `direct_url.json` says where it came from, and any wheel can bring such a file along."""
    kind = package.source.kind
    return kind in OWN_CODE or (kind is SourceKind.PATH and not installed_at(package))


def conda_gap(project: Project, check: str, why: str) -> tuple[Gap, ...]:
    """A check's one gap for all conda packages without a known Python counterpart: each of them is accounted for, but they
    are reported in one sentence. () where there are none."""
    found = [package for package in project.packages if package.coordinate.ecosystem == "conda"]
    if not found:
        return ()
    names = sorted({package.name for package in found})
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    those = "1 conda package has" if len(names) == 1 else f"{len(names)} conda packages have"
    place = next((place for package in found for place in package.places), None)
    detail = f"{those} no counterpart here among Python packages ({shown}): {why}"
    return (Gap(subject="conda packages", check=check, reason=Reason.UNSUPPORTED, detail=detail, place=place),)


def merge(inventories: Iterable[Inventory]) -> Project:
    """One project from what the inputs say; places, groups, artifacts and edges of one package are united."""
    inventories = tuple(inventories)
    merged: dict[PackageKey, list[Package]] = {}
    for inventory in inventories:
        for package in inventory.packages:
            merged.setdefault(package.key, []).append(package)
    return Project(inventories=inventories, packages=tuple(united(merged[key]) for key in sorted(merged)))


def united(entries: Sequence[Package]) -> Package:
    """One package from all that is said about it (at least one entry), in linear time. Where entries name different markers,
    it is taken to apply without condition."""
    first = entries[0]
    if len(entries) == 1:
        return first
    return replace(
        first,
        places=tuple(dict.fromkeys(place for entry in entries for place in entry.places)),
        requires=tuple(dict.fromkeys(edge for entry in entries for edge in entry.requires)),
        artifacts=tuple(dict.fromkeys(artifact for entry in entries for artifact in entry.artifacts)),
        groups=tuple(dict.fromkeys(group for entry in entries for group in entry.groups)),
        direct=any(entry.direct for entry in entries),
        marker=first.marker if all(entry.marker == first.marker for entry in entries) else "",
        note=next((entry.note for entry in entries if entry.note), ""),
        licence=next((entry.licence for entry in entries if entry.licence), ""),
    )


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
    """The packages an input starts from: its own projects, or, where it names none, what is asked for directly."""
    graph = _Graph(inventory)
    own = tuple(package for package in inventory.packages if graph.is_root(package))
    return own or tuple(package for package in inventory.packages if package.direct)


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
        return package.source.kind in OWN_CODE and (package.direct or package.key not in self.parents)

    def shortest(self) -> dict[PackageKey, Path]:
        """A shortest path to each package that a root or the input itself leads to; one walk over all edges."""
        packages = [package for named in self.by_name.values() for package in named]
        queue: deque[tuple[Package, Path]] = deque(
            (package, (package.name,)) for package in packages if self.is_root(package)
        )
        queue.extend((package, (self.root, package.name)) for package in packages if self._asked_for(package))
        found: dict[PackageKey, Path] = {}
        seen: set[int] = set()  # packages by identity: a key costs more, and there is one object for each
        while queue:
            package, path = queue.popleft()
            if id(package) not in seen:
                seen.add(id(package))
                found.setdefault(package.key, path)
                if len(path) == _LONGEST:
                    continue
                for edge in package.requires:
                    queue.extend((child, (*path, child.name)) for child in self.targets(edge) if id(child) not in seen)
        return found

    def _asked_for(self, package: Package) -> bool:
        """Direct packages that no root of the input requires by an edge."""
        return package.direct and not any(self.is_root(parent) for parent in self.parents.get(package.key, ()))

    def paths_to(self, package: Package, most: int) -> list[Path]:
        """Walk upwards, shortest first; a node is expanded once, so cycles end and the work is linear in the edges."""
        if self.is_root(package):
            return [(package.name,)]
        paths: list[Path] = [(self.root, package.name)] if self._asked_for(package) else []
        queue: deque[tuple[Package, Path]] = deque([(package, (package.name,))])
        seen = {package.key}
        while queue and len(paths) < most:
            node, below = queue.popleft()
            for parent in self.parents.get(node.key, ()):
                if self.is_root(parent):
                    paths.append((parent.name, *below))
                elif parent.key not in seen and len(below) < _LONGEST - 1:
                    seen.add(parent.key)
                    if self._asked_for(parent):
                        paths.append((self.root, parent.name, *below))
                    queue.append((parent, (parent.name, *below)))
        return list(dict.fromkeys(paths))[:most]

    def all_paths_to(self, package: Package, most: int) -> list[Path]:
        """Every path without a repeated node, up to `most`. Only nodes that a root leads to are entered, so nearly every
        step ends in a path, and the bound on paths bounds the work."""
        led_to = self.shortest()
        paths: list[Path] = []
        stack: list[tuple[Package, Path, frozenset[PackageKey]]] = [(package, (package.name,), frozenset((package.key,)))]
        while stack and len(paths) < most:
            node, below, on_path = stack.pop()
            if self.is_root(node):
                paths.append(below)
                continue
            if self._asked_for(node):
                paths.append((self.root, *below))
            stack.extend(
                (parent, (parent.name, *below), on_path | {parent.key})
                for parent in reversed(self.parents.get(node.key, []) if len(below) < _LONGEST else [])
                if parent.key not in on_path and parent.key in led_to
            )
        return sorted(dict.fromkeys(paths), key=lambda path: (len(path), path))[:most]
