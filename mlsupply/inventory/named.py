"""Names that somebody is about to install, as an inventory: nothing is resolved, nothing downloaded. Pure but for the
files that list further names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlsupply.inventory.parsing import gap, requirement
from mlsupply.inventory.pinned import pinned
from mlsupply.inventory.requirement_files import follow
from mlsupply.model import Coordinate, Gap, Inventory, Package, Place, Reason, Requirement
from mlsupply.text import canonical, safe
from mlsupply.value import replace
from mlsupply.world import Limits, Tree

PLACE = "command line"
_NPM = re.compile(r"@?[\w.-]{1,200}/[\w.-]{1,200}(?:@[\w.-]{1,100})?")
_NAME = re.compile(r"\w[\w.-]{0,199}")


def named(texts: Iterable[str], files: Iterable[str], tree: Tree, limits: Limits) -> tuple[Inventory, ...]:
    """One inventory of the names as typed (`name`, `name==1.0`, any PEP 508 requirement), one for each file of them
    (anything pip reads with `-r`). A name without a version becomes a package without one."""
    asked = [_asked(text) for text in texts]
    typed = Inventory(
        path=PLACE,
        format="names",
        packages=_packages(item for item in asked if isinstance(item, Requirement)),
        requirements=tuple(item for item in asked if isinstance(item, Requirement)),
        gaps=tuple(item for item in asked if isinstance(item, Gap)),
    )
    listed = (follow(path, Place(PLACE), tree, limits) for path in files)
    return (*((typed,) if asked else ()), *map(_with_packages, listed))


def _asked(text: str) -> Requirement | Gap:
    found = requirement(text, Place(PLACE))
    if isinstance(found, Requirement):
        return found
    if not text.isascii() and _NAME.fullmatch(text):
        return Requirement(name=canonical(text), place=Place(PLACE), text=safe(text))  # for the check of names to judge
    if _NPM.fullmatch(text):
        detail = f"{safe(text, 80)} is an npm, conda or repository name: the index of Python packages has no such names"
        return gap(PLACE, Reason.UNSUPPORTED, detail, hint="look up what the Python project is called")
    return found


def _packages(requirements: Iterable[Requirement]) -> tuple[Package, ...]:
    return tuple({package.key: package for one in requirements for package in _package(one)}.values())


def _package(one: Requirement) -> Iterator[Package]:
    if one.name and not one.constraint:
        bare = Package(coordinate=Coordinate("pypi", one.name), source=one.source, places=(one.place,), direct=True)
        yield pinned(one) or bare


def _with_packages(inventory: Inventory) -> Inventory:

    return replace(inventory, packages=_packages(inventory.requirements))
