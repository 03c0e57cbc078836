"""What a manifest has given so far, and the requirement files it names."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mlsupply.inventory.install_commands import Found, Include
from mlsupply.inventory.parsing import gap
from mlsupply.inventory.requirement_files import follow
from mlsupply.model import Gap, Index, Inventory, Package, Reason, Requirement
from mlsupply.text import safe
from mlsupply.world import Limits, Tree


@dataclass(slots=True)
class Commands:
    """The install commands of one Dockerfile or notebook. copied: path where they run -> path in the project."""

    path: str
    tree: Tree
    limits: Limits
    packages: list[Package] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)
    copied: dict[str, str] = field(default_factory=dict)

    def take(self, found: Iterable[Found]) -> None:
        """Add what an install command asks for, each to its kind."""
        for one in found:
            if isinstance(one, Requirement):
                self.requirements.append(one)
            elif isinstance(one, Package):
                self.packages.append(one)
            elif isinstance(one, Index):
                self.indexes.append(one)
            elif isinstance(one, Gap):
                self.gaps.append(one)
            else:
                self._include(one)

    def _include(self, include: Include) -> None:
        """A file that is walked is an input of its own; one beside a file that was named alone is read with it."""
        found = next((path for path in self._candidates(include.path) if self.tree.kind(path) == "file"), "")
        if not found:
            detail = f"{safe(include.path, 200)} is not among the files of the project, so what it installs is unknown"
            hint = "scan the file that is copied there"
            self.gaps.append(gap(self.path, Reason.NOT_FOUND, detail, include.place.line, hint))
            return
        self.includes.append(found)
        if found not in self.tree.survey().files and not include.constraint:
            inventory = follow(found, include.place, self.tree, self.limits)
            self.requirements += inventory.requirements
            self.indexes += inventory.indexes
            self.gaps += inventory.gaps

    def _candidates(self, path: str) -> Iterator[str]:
        """Where a path inside an image may come from: relative to the file or a folder above it, then by name alone."""
        folder = posixpath.dirname(self.path)
        folders = [folder]
        while folder and folder != "/":
            folder = posixpath.dirname(folder)
            folders.append(folder)
        path = self.copied.get(path, path)
        for name in dict.fromkeys((path.lstrip("/"), posixpath.basename(path))):
            for above in folders:
                yield posixpath.normpath(posixpath.join(above, name))

    def inventory(self, name: str) -> Inventory:
        """All that was taken, as the inventory of a file of this format."""
        return Inventory(
            path=self.path,
            format=name,
            packages=tuple(dict.fromkeys(self.packages)),
            requirements=tuple(self.requirements),
            indexes=tuple(dict.fromkeys(self.indexes)),
            gaps=tuple(self.gaps),
            includes=tuple(dict.fromkeys(self.includes)),
        )
