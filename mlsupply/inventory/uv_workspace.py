"""What the root of a workspace of uv says for its members too: where packages come from, and which indexes there are. A
member that asks for another by its bare name means the one beside it, not a namesake on the public index.

Source: https://docs.astral.sh/uv/concepts/projects/workspaces/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import opened, strings, table, toml_of
from mlsupply.inventory.uv_tables import read_uv
from mlsupply.model import Gap, Index
from mlsupply.named import NamedTuple
from mlsupply.text import canonical
from mlsupply.world import Limits, Tree

_MANIFEST = "pyproject.toml"
_HIGHEST = 8  # folders between a member and the root


class FromRoot(NamedTuple):
    """sources: as `[tool.uv.sources]` has them, by canonical name, their paths from the member's folder."""

    sources: Mapping[str, Any] = {}
    indexes: tuple[Index, ...] = ()


def from_root(path: str, tree: Tree, limits: Limits) -> FromRoot:
    """What the root of the workspace says for the manifest at `path`; nothing where it is no member of any. (What is wrong
    with the root, its own reader says.)"""
    folder = posixpath.dirname(path)
    for above in _above(folder):
        manifest = posixpath.join(above, _MANIFEST)
        contents = opened(manifest, tree, limits, toml_of) if tree.kind(manifest) == "file" else None
        if contents is None or isinstance(contents, Gap):
            continue
        text, document = contents
        uv = table(table(document, "tool"), "uv")
        if "workspace" not in uv:
            continue
        if not _is_member(posixpath.relpath(folder or ".", above or "."), table(uv, "workspace")):
            return FromRoot()
        back = posixpath.relpath(above or ".", folder or ".")
        sources = {canonical(name): _moved(value, back) for name, value in table(uv, "sources").items()}
        indexes = [one for one in read_uv(manifest, uv, Locator(text)) if isinstance(one, Index)]
        return FromRoot(sources, tuple(indexes))
    return FromRoot()


def _above(folder: str) -> Iterator[str]:
    for _ in range(_HIGHEST):
        if folder in ("", "/"):
            return
        folder = posixpath.dirname(folder)
        yield folder


def _is_member(place: str, workspace: Mapping[str, Any]) -> bool:
    parts = place.split("/")
    inside = any(_matches(parts, posixpath.normpath(one).split("/")) for one in strings(workspace, "members"))
    return inside and not any(_matches(parts, posixpath.normpath(one).split("/")) for one in strings(workspace, "exclude"))


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a pattern of globs means the folder; `**` stands for any folders in between. Walked once, with every place of
    the pattern that may come next: trying each after the other would take for ever on many `**`."""
    places = _next(pattern, {0})
    for part in parts:
        stays = {at for at in places if at < len(pattern) and pattern[at] == "**"}
        goes = {at + 1 for at in places - stays if at < len(pattern) and fnmatchcase(part, pattern[at])}
        places = _next(pattern, stays | goes)
    return len(pattern) in places


def _next(pattern: Sequence[str], places: set[int]) -> set[int]:
    """The places, and those behind each `**` that stands for nothing."""
    for at in range(len(pattern)):
        if at in places and pattern[at] == "**":
            places.add(at + 1)
    return places


def _moved(value: object, back: str) -> object:
    """A source with its path as it is from a folder from which `back` leads to the one it is written for."""
    if isinstance(value, list):
        return [_moved(one, back) for one in value]
    if isinstance(value, Mapping) and isinstance(path := value.get("path"), str):
        return {**value, "path": posixpath.join(back, path)}
    return value
