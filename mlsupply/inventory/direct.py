"""Which packages of a lock are asked for by the project itself, where the lock does not say it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mlsupply.inventory.beside import Beside
from mlsupply.model import Package


def with_direct(packages: Iterable[Package], beside: Beside) -> tuple[Package, ...]:
    """Direct is what the manifest asks for; without a manifest, what no other package of the lock requires. A direct
    package keeps the groups its manifest names, or those of the lock."""
    packages = tuple(packages)
    if beside.found and beside.direct:
        return tuple(
            replace(package, direct=True, groups=beside.groups_of(package.name))
            if package.name in beside.direct
            else package
            for package in packages
        )
    required = {edge.name for package in packages for edge in package.requires if edge.name != package.name}
    return tuple(package if package.name in required else replace(package, direct=True) for package in packages)
