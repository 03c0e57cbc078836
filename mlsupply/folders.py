"""The files of a folder the user names, walked with a bound: a configuration may name `/`."""

from __future__ import annotations

import os

from mlsupply.errors import MlsupplyError
from mlsupply.paths import Path

MOST = 300_000  # entries looked at: ten times a checkout of the largest advisory database of the ecosystem


def files_below(folder: Path, suffixes: tuple[str, ...], most: int = MOST) -> list[Path]:
    """Regular files below `folder` whose names end so, sorted; links to folders are not followed, pipes and devices left
    out. Raises `MlsupplyError` (`folder-too-large`) where there are more than `most` entries, and (`file-not-read`) where a
    folder cannot be listed: what it holds would be left out in silence."""
    found: list[Path] = []
    for where, folders, names in os.walk(folder, onerror=_refuse):
        most -= len(folders) + len(names)
        if most < 0:
            message = f"{folder} holds too many files to be a folder of rules or advisories"
            raise MlsupplyError("folder-too-large", message, "name a smaller folder")
        paths = (Path(where, name) for name in names if name.endswith(suffixes))
        found += (path for path in paths if path.is_file())
    return sorted(found)


def _refuse(error: OSError) -> None:
    message = f"{error.filename} cannot be listed: {error.strerror}"
    raise MlsupplyError("file-not-read", message, "let this user read it") from error
