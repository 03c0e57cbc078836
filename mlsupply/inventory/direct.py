"""Which packages of a lock are asked for by the project itself, where the lock does not say it."""

from __future__ import annotations

from collections.abc import Iterable

from mlsupply.inventory.beside import Beside, pyproject, sibling
from mlsupply.inventory.indexes import indexes_of
from mlsupply.inventory.sheet import Sheet
from mlsupply.model import Inventory, Package
from mlsupply.value import replace
from mlsupply.world import Limits, Tree


def locked(
    sheet: Sheet, form: str, requires_python: str, tree: Tree, limits: Limits, *, names_indexes: bool = True
) -> Inventory:
    """The packages of a lock file of the format `form`, direct as the pyproject.toml beside it says. names_indexes: the
    lock tells of each package which index it is from."""
    beside = pyproject(sibling(sheet.path, "pyproject.toml"), tree, limits)
    packages = with_direct(sheet.packages(), beside)
    return Inventory(
        path=sheet.path,
        format=form,
        root=beside.name,
        packages=packages,
        indexes=indexes_of(packages) if names_indexes else (),
        requires_python=requires_python,
        gaps=sheet.all_gaps(),
        complete=True,
    )


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
