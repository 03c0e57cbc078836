"""Folders and files on disk that an input asks for and that no other input of the run is read from: `-e ../lib` where one
folder of several is scanned, `-e .` where a file is scanned by its name. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from mlsupply.inventory.parsing import gap
from mlsupply.lazy import expression
from mlsupply.model import Inventory, Reason, Requirement, SourceKind
from mlsupply.value import replace

LOCAL = (SourceKind.PATH, SourceKind.EDITABLE, SourceKind.VIRTUAL)
_MANIFESTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_SCHEME = expression(r"file:(?://(?:localhost(?=/))?)?")
_OWN_FOLDER = expression(r"/*(?:\$\{PROJECT_ROOT\}|\{root:(?:uri|real)\})/*")  # PDM's and hatch's words for it
_DETAIL = "it is taken from a folder or file that this run does not read, so what it needs is not audited"
_HINT = "scan a folder that holds both"


def with_unread(found: Sequence[Inventory], root: str) -> list[Inventory]:
    """The inventories, each with a gap for every local requirement that is in none of them. root: the folder their paths
    are relative to."""
    if not any(requirement.source.kind in LOCAL for one in found if not one.complete for requirement in one.requirements):
        return list(found)
    read = _Read(found, root)
    return [one if one.complete else _told(one, read) for one in found]


class _Read:
    """What the run reads: files, folders by their manifests, and projects by their names."""

    def __init__(self, found: Sequence[Inventory], root: str) -> None:
        self.root = root
        self.files = {self._whole(one.path) for one in found}
        self.projects = {one.root for one in found if posixpath.basename(one.path) in _MANIFESTS}

    def holds(self, requirement: Requirement, inventory: Inventory) -> bool:
        """Whether what the requirement names is read. Installers take a path from the folder they are started in, which is
        the file's or one above it."""
        from urllib.parse import unquote

        path = _OWN_FOLDER.sub("", _SCHEME.sub("", requirement.source.url.partition("#")[0].partition("[")[0], count=1))
        path = unquote(path.replace("\\", "/")) or "."
        if path == "." and requirement.name and posixpath.basename(inventory.path) == "pyproject.toml":
            return requirement.name in self.projects  # a member of the workspace, wherever it lies
        above = posixpath.dirname(self._whole(requirement.place.file or inventory.path))
        while not self._is_read(posixpath.normpath(posixpath.join(above, path))):
            if above in ("", "/", "//"):
                return False
            above = posixpath.dirname(above)
        return True

    def _is_read(self, path: str) -> bool:
        return path in self.files or any(posixpath.join(path, name) in self.files for name in _MANIFESTS)

    def _whole(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self.root, path))


def _told(inventory: Inventory, read: _Read) -> Inventory:
    said = {one.place for one in inventory.gaps}  # a line whose project has no name was told of when it was read
    gaps = [
        gap(r.place.file, Reason.UNSUPPORTED, _DETAIL, r.place.line, _HINT, f"{r.name} {r.source.url}".strip())
        for r in inventory.requirements
        if r.source.kind in LOCAL and not r.constraint and r.place not in said and not read.holds(r, inventory)
    ]
    return replace(inventory, gaps=inventory.gaps + tuple(dict.fromkeys(gaps))) if gaps else inventory
