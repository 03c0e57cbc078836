"""Requirement files that another manifest names: read by the reader of their format, wherever they lie."""

from __future__ import annotations

from mlsupply.inventory import reader_named
from mlsupply.inventory.parsing import gap
from mlsupply.model import Inventory, Place, Reason, Requirement
from mlsupply.world import Limits, Tree

FORMAT = "requirements"


def follow(path: str, asked_at: Place, tree: Tree, limits: Limits) -> Inventory:
    """The file as requirements; what it pins is asked for like the rest. Missing, it is a gap at the line that names it."""
    reader = reader_named(FORMAT)
    if tree.kind(path) != "file" or reader is None:
        detail = f"{path}, which is named here, is not there"
        return Inventory(
            path=path, format=FORMAT, gaps=(gap(asked_at.file, Reason.NOT_FOUND, detail, asked_at.line, "add the file"),)
        )
    inventory = reader.read(path, tree, limits)
    named = {r.name for r in inventory.requirements}
    pinned = tuple(
        Requirement(
            name=package.name,
            specifier=f"=={package.version}" if package.version else "",
            marker=package.marker,
            source=package.source,
            place=package.places[0] if package.places else Place(path),
        )
        for package in inventory.packages
        if package.name not in named
    )
    return Inventory(
        path=path,
        format=FORMAT,
        requirements=inventory.requirements + pinned,
        indexes=inventory.indexes,
        gaps=inventory.gaps,
        includes=inventory.includes,
    )
