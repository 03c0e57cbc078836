"""The folders in which an environment keeps what is installed: imports start there, and Python reads `.pth` files there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlsupply.world import Failure, Tree

_NAMES = ("site-packages", "dist-packages")
_LIBRARIES = ("lib", "lib64", "Lib", "usr/lib", "usr/local/lib", "local/lib")


def sites_of(path: str, tree: Tree) -> Iterator[str]:
    """The site folders of the virtual environment, conda prefix or system at `path`, or that folder where it is one."""
    names = _names(path, tree)
    if posixpath.basename(path) in _NAMES or any(name.endswith((".dist-info/", ".egg-info/")) for name in names):
        yield path
        return
    for libraries in _LIBRARIES:
        folder = posixpath.join(path, libraries)
        if tree.kind(folder) != "folder":
            continue
        inside = [
            posixpath.join(folder, n[:-1]) for n in _names(folder, tree) if re.fullmatch(r"(?:python|pypy)[0-9.]*t?/", n)
        ]
        for candidate in (folder, *inside):
            yield from (where for site in _NAMES if tree.kind(where := posixpath.join(candidate, site)) == "folder")


def _names(folder: str, tree: Tree) -> tuple[str, ...]:
    listed = tree.entries(folder)
    return () if isinstance(listed, Failure) else listed
