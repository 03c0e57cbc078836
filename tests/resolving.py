"""Inputs for the resolver, and what came of them."""

from __future__ import annotations

from mlsupply.inventory.parsing import requirement
from mlsupply.model import Inventory, Place, Requirement


def asked(*texts: str, groups: tuple[str, ...] = (), constraint: bool = False) -> tuple[Requirement, ...]:
    found = []
    for line, text in enumerate(texts, 1):
        parsed = requirement(text, Place("requirements.txt", line), groups=groups, constraint=constraint)
        assert isinstance(parsed, Requirement)
        found.append(parsed)
    return tuple(found)


def inventory(*texts: str) -> Inventory:
    return Inventory(path="requirements.txt", format="requirements.txt", requirements=asked(*texts))


def versions(found: Inventory) -> dict[str, str]:
    return {package.name: package.version for package in found.packages}
