"""Temporary folders: under names that only mlsupply uses, so that those of a run that was killed are found and swept."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from itertools import islice

_PREFIX = "mlsupply-run-"
_OURS = re.compile(r"mlsupply-run-[a-z0-9_]{8}")  # as `tempfile` completes the prefix
_OLD = 2 * 86_400  # seconds: longer than any run
_MOST = 100_000  # entries of the folder for temporary files that are looked at
_swept: set[str] = set()


def temporary() -> tempfile.TemporaryDirectory[str]:
    """A new folder that is removed with the value. The first of a process sweeps what killed runs of this user left.
    Raises `OSError` where none can be made."""
    top = tempfile.gettempdir()
    if top not in _swept:
        _swept.add(top)
        with suppress(OSError):  # sweeping is a courtesy; a folder that cannot be listed may still take new ones
            sweep(top, time.time())
    return tempfile.TemporaryDirectory(prefix=_PREFIX, dir=top)


def sweep(top: str, now: float) -> None:
    """Remove the folders of this user in `top` that bear a name of ours and were not touched for two days. Links are left
    alone. Raises `OSError` where `top` cannot be listed."""
    with os.scandir(top) as entries:
        old = [entry.path for entry in islice(entries, _MOST) if _OURS.fullmatch(entry.name) and _is_left(entry, now)]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)


def _is_left(entry: os.DirEntry[str], now: float) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # its run has just removed it
        return False
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return stat.S_ISDIR(status.st_mode) and mine and now - status.st_mtime > _OLD
