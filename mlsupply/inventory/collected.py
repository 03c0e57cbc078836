"""What a manifest has given so far, including the requirement files it names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mlsupply.inventory.requirement_files import follow
from mlsupply.model import Gap, Index, Inventory, Package, Place, Requirement
from mlsupply.value import replace
from mlsupply.world import Limits, Tree


@dataclass(slots=True)
class Collected:
    """What the manifest at `path` has given so far."""

    path: str
    tree: Tree
    limits: Limits
    packages: list[Package] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)

    def take(self, found: Iterable[Requirement | Package | Index | Gap]) -> None:
        """Add each to its kind."""
        for one in found:
            if isinstance(one, Requirement):
                self.requirements.append(one)
            elif isinstance(one, Package):
                self.packages.append(one)
            elif isinstance(one, Index):
                self.indexes.append(one)
            else:
                self.gaps.append(one)

    def follow(self, path: str, asked_at: Place, groups: tuple[str, ...] | None = None) -> Inventory:
        """Read a requirements file as part of this manifest and add what it gives. groups: where given, through which its
        requirements are asked for."""
        found = follow(path, asked_at, self.tree, self.limits)
        self.take(found.requirements if groups is None else (replace(r, groups=groups) for r in found.requirements))
        self.indexes += found.indexes
        self.gaps += found.gaps
        return found

    def limit(self, path: str, asked_at: Place, *, told: bool) -> None:
        """Read a file of constraints as part of this manifest. told: it is an input of its own, which says the rest."""
        found = follow(path, asked_at, self.tree, self.limits)
        self.requirements += [replace(one, constraint=True) for one in found.requirements]
        if not told:
            self.indexes += found.indexes
            self.gaps += found.gaps

    def add(self, other: Collected) -> None:
        """All that another file gave, which is read as part of this one."""
        self.packages += other.packages
        self.requirements += other.requirements
        self.indexes += other.indexes
        self.gaps += other.gaps
        self.includes += other.includes

    def inventory(self, form: str, root: str = "", requires_python: str = "") -> Inventory:
        """All that was taken, as the inventory of a file of the format `form`."""
        return Inventory(
            path=self.path,
            format=form,
            root=root,
            packages=tuple(dict.fromkeys(self.packages)),
            requirements=tuple(self.requirements),
            indexes=tuple(dict.fromkeys(self.indexes)),
            gaps=tuple(self.gaps),
            includes=tuple(dict.fromkeys(self.includes)),
            requires_python=requires_python,
        )
