"""The git checkout that holds the scanned files: services that show a report beside the code count paths from its root.

Only the presence of a `.git` is checked; git is not run, and nothing in that folder is read.
"""

from __future__ import annotations

import os

from mlsupply.outcome import Checkout
from mlsupply.request import Request
from mlsupply.world import Tree

_MOST_FOLDERS = 100  # upwards


def checkout_of(request: Request, tree: Tree) -> Checkout:
    """The folder the run takes place in, and the root of the checkout that holds every path of the request: the nearest
    folder upwards with a `.git` (a file in linked worktrees and submodules). Where the paths are in several checkouts, or
    some in none, it is the checkout of the current folder."""
    here = _absolute(tree, ".")
    named = (subject for subject in (*request.subjects, request.environment) if subject)
    paths = {_absolute(tree, subject) for subject in named if tree.kind(subject)} or {here}
    roots = {_root(tree, path) for path in paths}
    root = roots.pop() if len(roots) == 1 else _root(tree, here)
    below = len(paths) == 1 and root and next(iter(paths)).startswith(f"{root.rstrip('/')}/")
    return Checkout(here, root, next(iter(paths))[len(root.rstrip("/")) + 1 :] if below else "")


def _absolute(tree: Tree, path: str) -> str:
    """By the path as written, links not resolved: the folder the user named is the one that counts."""
    return os.path.normpath(tree.root.absolute() / path).replace(os.sep, "/")


def _root(tree: Tree, path: str) -> str:
    folder = path if tree.kind(path) == "folder" else path.rpartition("/")[0]
    for _ in range(_MOST_FOLDERS):
        if tree.kind(f"{folder}/.git"):
            return folder or "/"
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    return ""
