"""Tables of pyproject.toml in which further tools keep what they install: rye's development dependencies, hatch's
environments, the metadata of old flit, and pixi's workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import requirement, strings, table
from mlsupply.model import Gap, Package, Place, Requirement
from mlsupply.text import canonical
from mlsupply.world import Limits

Lists = Iterator[tuple[tuple[str, ...], tuple[str, ...], list[str]]]
"""(keys of the table and list, groups, requirements) each."""


def read_others(
    path: str, tool: Mapping[str, Any], locator: Locator, limits: Limits
) -> Iterator[Requirement | Package | Gap]:
    """What these tables below `[tool]` ask for."""
    for keys, groups, texts in (*_rye(tool), *_hatch(tool), *_flit(tool)):
        for text in texts:
            if not text.startswith("-e "):  # a folder of the project itself
                yield requirement(text, Place(path, locator.quoted(text, "tool", *keys)), groups=groups)
    if pixi := table(tool, "pixi"):
        from mlsupply.inventory.pixi_toml import read_below

        yield from read_below(path, pixi, locator, ("tool", "pixi"), limits)


def _rye(tool: Mapping[str, Any]) -> Lists:
    yield ("rye", "dev-dependencies"), ("dev",), strings(table(tool, "rye"), "dev-dependencies")


def _hatch(tool: Mapping[str, Any]) -> Lists:
    environments = table(table(tool, "hatch"), "envs")
    for name in environments:
        for key in ("dependencies", "extra-dependencies"):
            texts = [text for text in strings(table(environments, name), key) if "{" not in text]  # a context of hatch's own
            yield ("hatch", "envs", name, key), (canonical(name),), texts


def _flit(tool: Mapping[str, Any]) -> Lists:
    metadata = table(table(tool, "flit"), "metadata")
    yield ("flit", "metadata", "requires"), (), strings(metadata, "requires")
    yield ("flit", "metadata", "dev-requires"), ("dev",), strings(metadata, "dev-requires")
    extras = table(metadata, "requires-extra")
    for extra in extras:
        yield ("flit", "metadata", "requires-extra", extra), (canonical(extra),), strings(extras, extra)
