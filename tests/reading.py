"""Inputs that tests write, as their readers read them, and what commands install."""

from __future__ import annotations

from pathlib import Path

from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.inventory.install_commands import installs
from mlsupply.model import Gap, Inventory, Requirement
from mlsupply.world import Limits


def read_as(folder: Path, name: str, text: str) -> Inventory:
    """The inventory of a file of this name and text in `folder`, from the reader that claims the name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    reader = reader_of(name)
    assert reader is not None, name
    return reader.read(name, DiskTree(folder), Limits())


def asked(inventory: Inventory) -> list[tuple[str, str, int]]:
    """(name, specifier, line) of each requirement."""
    return [(one.name, one.specifier, one.place.line) for one in inventory.requirements]


def installed(text: str) -> tuple[list[str], list[str]]:
    """What the commands of a shell text install, and what is a gap of them."""
    found = list(installs("x", text))
    return (
        [f"{one.name}{one.specifier}" for one in found if isinstance(one, Requirement)],
        [one.detail for one in found if isinstance(one, Gap)],
    )
