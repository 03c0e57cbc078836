"""A project held in memory, for readers."""

from __future__ import annotations

from collections.abc import Mapping

from mlsupply.inventory import reader_of
from mlsupply.memory import MemoryTree
from mlsupply.model import Inventory, Package
from mlsupply.world import Limits

__all__ = ["MemoryTree", "by_name", "named", "read", "read_from", "triples"]


def read(path: str, text: str | bytes, limits: Limits | None = None, **beside: str) -> Inventory:
    """The inventory of one file by the reader that claims it; beside: further files by name, dots as `__`."""
    files: dict[str, str | bytes] = {path: text}
    files |= {name.replace("__", "."): content for name, content in beside.items()}
    return read_from(path, files, limits)


def read_from(path: str, files: Mapping[str, str | bytes], limits: Limits | None = None) -> Inventory:
    """The inventory of one file among others."""
    reader = reader_of(path)
    assert reader is not None, f"no reader claims {path}"
    return reader.read(path, MemoryTree(files), limits or Limits())


def named(inventory: Inventory, name: str) -> Package:
    """The one package of that name."""
    found = [package for package in inventory.packages if package.name == name]
    assert len(found) == 1, f"{len(found)} packages are named {name}"
    return found[0]


def by_name(inventory: Inventory) -> dict[str, Package]:
    """Its packages by name."""
    return {package.name: package for package in inventory.packages}


def triples(inventory: Inventory) -> list[tuple[str, str, str]]:
    """(name, version, source kind) of every package, ordered."""
    return sorted((package.name, package.version, package.source.kind.value) for package in inventory.packages)
