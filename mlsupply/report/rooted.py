"""Paths of a report as they stand in the repository, for services that show a report beside its code. Pure."""

from __future__ import annotations

import posixpath

from mlsupply.outcome import Checkout


def rooted(path: str, checkout: Checkout) -> tuple[str, bool]:
    """The path and whether it starts from the root of the repository (`.` is that root). One that leads elsewhere is
    absolute then, so that it is not taken for one inside; without a repository the path is as it was."""
    if not checkout.repository or not path:
        return path, False
    whole = posixpath.normpath(posixpath.join(checkout.folder, path))
    home = checkout.repository.rstrip("/") + "/"
    if f"{whole}/".startswith(home):
        return whole[len(home) :] or ".", True
    return whole, False
