"""The files of a folder the user names, walked with a bound (a configuration may name `/`), and whether a path is a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence

from mlsupply.errors import MlsupplyError
from mlsupply.paths import Path

MOST = 300_000  # entries looked at: ten times a checkout of the largest advisory database of the ecosystem


def is_file(path: Path) -> bool:
    """Whether the path is a regular file, or a link to one. Raises `OSError` where the system does not let us see: from
    Python 3.14 on `Path.is_file` is False there too, and what we may not see would pass for something that is not there."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_link(path: Path) -> bool:
    """Whether the path is a link; False where we may not see it (up to Python 3.13 `Path.is_symlink` raises)."""
    try:
        return stat.S_ISLNK(path.lstat().st_mode)
    except OSError:
        return False


def files_below(
    folder: Path, suffixes: tuple[str, ...], most: int = MOST, without: Callable[[Sequence[str]], object] | None = None
) -> list[Path]:
    """Regular files below `folder` whose names end so, in either case, sorted; links to folders are not followed, pipes and
    devices left out. without: is told the names in a folder further down, and says whether to leave that folder out.

    Raises `MlsupplyError` (`folder-too-large`) where there are more than `most` entries, and (`file-not-read`) where a
    folder cannot be listed: what it holds would be left out in silence."""
    found: list[Path] = []
    for where, folders, names in os.walk(folder, onerror=_refuse):
        most -= len(folders) + len(names)
        if most < 0:
            message = f"{folder} holds too many files to be a folder of rules or advisories"
            raise MlsupplyError("folder-too-large", message, "name a smaller folder")
        if without is not None and Path(where) != folder and without([*folders, *names]):
            folders[:] = []
            continue
        paths = (Path(where, name) for name in names if name.lower().endswith(suffixes))
        found += (path for path in paths if is_file(path))
    return sorted(found)


def _refuse(error: OSError) -> None:
    message = f"{error.filename} cannot be listed: {error.strerror}"
    raise MlsupplyError("file-not-read", message, "let this user read it") from error


def every_file(folder: Path) -> list[Path]:
    """Regular files below `folder`, sorted; links to folders are not followed. Raises `OSError` where one cannot be listed
    or entered: `rglob` leaves out in silence what it holds."""
    walked = os.walk(folder, onerror=_raise)
    return sorted(path for where, _, names in walked for name in names if is_file(path := Path(where, name)))


def _raise(error: OSError) -> None:
    raise error
