"""Compose files: what services install when they start (`command`, `entrypoint`) and while their images are built, by
Dockerfiles that are written there (`dockerfile_inline`) or whose names do not show what they are, and from which indexes.
Source: https://docs.docker.com/reference/compose-file/
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import Any

from mlsupply.inventory import dockerfile, reader_of, steps
from mlsupply.inventory.install_commands import Commands
from mlsupply.inventory.parsing import gap, text_of
from mlsupply.inventory.yaml_text import Rows, Table
from mlsupply.model import Gap, Inventory, Reason
from mlsupply.named import NamedTuple
from mlsupply.world import Limits, Tree

FORMAT = "Compose file"
_KEYS = steps.Keys(frozenset({"command", "entrypoint", "post_start", "pre_stop"}), marks=("dockerfile",))
_INLINE, _FILE = "dockerfile_inline", "dockerfile"
_MOST = 100  # Dockerfiles of one file


class _Build(NamedTuple):
    """How an image is built. inline: text of a Dockerfile, line by line where it stands in the file; path: of one."""

    inline: str = ""
    path: str = ""


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all services."""
    return steps.inventory(Commands(path, tree, limits), FORMAT, _KEYS, then=build_images)


def build_images(found: Commands, document: Any) -> None:
    """Add what the Dockerfiles of a document install that are no inputs of their own."""
    builds = list(dict.fromkeys(_builds(found.path, document)))
    for build in builds[:_MOST]:
        _take(found, build)
    if len(builds) > _MOST:
        detail = f"of {len(builds):,} Dockerfiles that this file builds, the first {_MOST} were read"
        found.take([gap(found.path, Reason.LIMIT, detail, hint="scan the others by name")])


def _take(found: Commands, build: _Build) -> None:
    if build.inline:
        dockerfile.take(found, build.inline)
    elif reader_of(build.path) is None and found.tree.kind(build.path) == "file":
        text = text_of(build.path, found.tree, found.limits)
        if isinstance(text, Gap):
            found.take([text])
        else:
            inside = Commands(build.path, found.tree, found.limits)
            dockerfile.take(inside, text)
            found.add(inside)
            found.includes.append(build.path)


def _builds(path: str, value: Any) -> Iterator[_Build]:
    """Of all tables named `build`, in the order of the file."""
    if isinstance(value, Table):
        for key, inner, _ in steps.entries(value):
            if key == "build" and isinstance(inner, Table):
                yield from _build(path, inner)
            yield from _builds(path, inner)
    elif isinstance(value, Rows):
        for inner in value:
            yield from _builds(path, inner)


def _build(path: str, build: Table) -> Iterator[_Build]:
    inline, file, context = build.get(_INLINE), build.get(_FILE), build.get("context")
    if isinstance(inline, str):
        yield _Build(inline="\n" * (build.lines[_INLINE] - 1) + inline)
    elif isinstance(file, str) and "$" not in file and "://" not in str(context):
        folder = join(dirname(path), context if isinstance(context, str) and "$" not in context else "")
        yield _Build(path=normpath(join(folder, file)))
