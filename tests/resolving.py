"""Inputs for the resolver, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mlsupply.inventory.parsing import requirement
from mlsupply.model import Inventory, Place, Requirement
from tests.loopback_index import LoopbackIndex


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


@contextmanager
def app_index() -> Iterator[LoopbackIndex]:
    """An index with an `app` that asks for a `lib`, for another one on Windows, and for a third with its extra."""
    with LoopbackIndex("pypi") as index:
        index.add("app", "2.0", requires=["lib>=1", "win-only; sys_platform == 'win32'"], extras={"gpu": ["cuda-lib"]})
        index.add("app", "1.0", requires=["lib<2"])
        index.add("lib", "1.5")
        index.add("lib", "2.5")
        index.add("win-only", "1.0")
        index.add("cuda-lib", "12.0")
        yield index
