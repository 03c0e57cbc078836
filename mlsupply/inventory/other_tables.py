"""Tables of pyproject.toml in which further tools keep what they install: rye's development dependencies, the metadata of
old flit, hatch's tables and pixi's workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import requirement, strings, table
from mlsupply.inventory.pip_line import asked_for
from mlsupply.model import Gap, Package, Place, Requirement, SourceKind
from mlsupply.text import canonical
from mlsupply.value import replace
from mlsupply.world import Limits

Lists = Iterator[tuple[tuple[str, ...], tuple[str, ...], list[str]]]
"""(keys of the table and list, groups, requirements) each."""


def read_others(
    path: str, tool: Mapping[str, Any], locator: Locator, limits: Limits
) -> Iterator[Requirement | Package | Gap]:
    """What these tables below `[tool]` ask for."""
    for keys, groups, texts in (*_rye(tool), *_flit(tool)):
        for text in texts:
            if text.startswith("-e "):
                yield from in_place(text, Place(path, locator.quoted(text, "tool", *keys)), groups)
            else:
                yield requirement(text, Place(path, locator.quoted(text, "tool", *keys)), groups=groups)
    if hatch := table(tool, "hatch"):
        from mlsupply.inventory.hatch import read_below as read_hatch

        yield from read_hatch(path, hatch, locator, ("tool", "hatch"))
    if pixi := table(tool, "pixi"):
        from mlsupply.inventory.pixi_toml import read_below

        yield from read_below(path, pixi, locator, ("tool", "pixi"), limits)


def in_place(text: str, place: Place, groups: tuple[str, ...]) -> Iterator[Requirement | Gap]:
    """What PDM and rye write as pip does: `-e file:.` is a folder of the project itself, a repository is not."""
    found = asked_for(text.removeprefix("-e ").strip(), place, editable=True)
    if isinstance(found, Gap) or found.source.kind is SourceKind.GIT:
        yield replace(found, groups=groups) if isinstance(found, Requirement) else found


def _rye(tool: Mapping[str, Any]) -> Lists:
    yield ("rye", "dev-dependencies"), ("dev",), strings(table(tool, "rye"), "dev-dependencies")


def _flit(tool: Mapping[str, Any]) -> Lists:
    metadata = table(table(tool, "flit"), "metadata")
    yield ("flit", "metadata", "requires"), (), strings(metadata, "requires")
    yield ("flit", "metadata", "dev-requires"), ("dev",), strings(metadata, "dev-requires")
    extras = table(metadata, "requires-extra")
    for extra in extras:
        yield ("flit", "metadata", "requires-extra", extra), (canonical(extra),), strings(extras, extra)
