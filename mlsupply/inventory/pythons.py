"""The Python an input is for, where it does not say so itself. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from mlsupply.model import Inventory
from mlsupply.value import replace

_OF_ITS_OWN = ("requirement", "environment", "archive")  # formats of inputs that no file beside them speaks for


def for_their_pythons(found: Sequence[Inventory]) -> list[Inventory]:
    """The inputs, those that say nothing with the `requires-python` of the nearest input at or above their folder: a
    `requirements/dev.txt` is for the Python of the project it lies in, and of two projects each has its own."""
    stated: dict[str, str] = {}
    for one in found:
        if one.requires_python and one.format not in _OF_ITS_OWN:
            stated.setdefault(posixpath.dirname(one.path), one.requires_python)
    return [_with_python(one, stated) for one in found] if stated else list(found)


def _with_python(inventory: Inventory, stated: dict[str, str]) -> Inventory:
    if inventory.requires_python or inventory.format in _OF_ITS_OWN:
        return inventory
    folder = posixpath.dirname(inventory.path)
    while folder and folder not in stated and folder != posixpath.dirname(folder):
        folder = posixpath.dirname(folder)
    return replace(inventory, requires_python=stated[folder]) if folder in stated else inventory
