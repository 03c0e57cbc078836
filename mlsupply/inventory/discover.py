"""Which files of a folder are read, and what becomes of the things the user named."""

from __future__ import annotations

from mlsupply.inventory import reader_of
from mlsupply.inventory.parsing import gap
from mlsupply.model import Inventory, Reason
from mlsupply.request import Request
from mlsupply.world import World


def inventories(request: Request, world: World) -> tuple[Inventory, ...]:
    """One inventory for each input of the request."""
    found = [
        reader.read(path, world.tree, world.limits)
        for subject in request.subjects
        for path in world.tree.walk(subject)
        if (reader := reader_of(path)) is not None
    ]
    if not found:
        for subject in request.subjects:
            missing = gap(subject, Reason.NOT_FOUND, f"{subject} holds no file that mlsupply reads")
            found.append(Inventory(path=subject, format="folder", gaps=(missing,)))
    return tuple(found)
