"""The folders in which an environment keeps what is installed: imports start there, and Python reads `.pth` files there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mlsupply.world import Failure, Tree

_NAMES = ("site-packages", "dist-packages")
_LIBRARIES = ("lib", "lib64", "Lib", "usr/lib", "usr/local/lib", "local/lib")


def sites_of(path: str, tree: Tree) -> tuple[str, ...]:
    """The site folders of the virtual environment, conda prefix or system at `path`, or that folder where it is one; each
    once, as lib64 is often a link to lib."""
    names = names_in(path, tree)
    if posixpath.basename(path) in _NAMES or any(name.endswith((".dist-info/", ".egg-info/")) for name in names):
        return (path,)
    found = (posixpath.join(library, site) for library in _libraries(path, tree) for site in _NAMES)
    return _once(tree, (site for site in found if tree.kind(site) == "folder"))


def standard_of(path: str, tree: Tree) -> tuple[str, ...]:
    """The standard-library folders there, which imports search first; a virtual environment has none."""
    found = (library for library in _libraries(path, tree) if tree.kind(posixpath.join(library, "os.py")) == "file")
    return _once(tree, found)


def _libraries(path: str, tree: Tree) -> Iterator[str]:
    for libraries in _LIBRARIES:
        folder = posixpath.join(path, libraries)
        if tree.kind(folder) == "folder":
            yield folder
            names = (name[:-1] for name in names_in(folder, tree) if re.fullmatch(r"(?:python|pypy)[0-9.]*t?/", name))
            yield from (posixpath.join(folder, name) for name in names)


def _once(tree: Tree, folders: Iterator[str]) -> tuple[str, ...]:
    found: dict[Path, str] = {}
    for folder in folders:
        found.setdefault(tree.on_disk(folder).resolve(), folder)
    return tuple(found.values())


def names_in(folder: str, tree: Tree) -> tuple[str, ...]:
    """The names in a folder; none where it cannot be read."""
    listed = tree.entries(folder)
    return () if isinstance(listed, Failure) else listed
