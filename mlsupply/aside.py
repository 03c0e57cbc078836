"""Temporary folders: under names that only mlsupply uses, so that those of a run that was killed are found and swept."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice

_PREFIX = "mlsupply-run-"
_OURS = re.compile(r"mlsupply-run-[a-z0-9_]{8}")  # as `tempfile` completes the prefix
_OLD = 2 * 86_400  # seconds: longer than any run
_MOST = 100_000  # entries of the folder for temporary files that are looked at
_swept: set[str] = set()
_lasting: list[str] = []


def temporary() -> tempfile.TemporaryDirectory[str]:
    """A new folder that is removed with the value. Raises `OSError` where none can be made."""
    return tempfile.TemporaryDirectory(prefix=_PREFIX, dir=_top())


def lasting() -> str:
    """One folder for the rest of the process, the same for all who ask. `end` removes it. Raises `OSError`."""
    if not _lasting:
        _lasting.append(tempfile.mkdtemp(prefix=_PREFIX, dir=_top()))
        atexit.register(end)  # of a process that ends as others do
    return _lasting[0]


def end() -> None:
    """Remove what was to last: for whoever ends the process without the interpreter's clean-up."""
    while _lasting:
        shutil.rmtree(_lasting.pop(), ignore_errors=True)


@contextmanager
def with_links() -> Iterator[str]:
    """A new folder for links to what is not ours. In some versions of Python (CVE-2023-6597) `TemporaryDirectory` follows
    links where it may not remove something. Raises `OSError` where none can be made."""
    folder = tempfile.mkdtemp(prefix=_PREFIX, dir=_top())
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _top() -> str:
    """Where folders are made. The first of a process sweeps what killed runs of this user left."""
    top = tempfile.gettempdir()
    if top not in _swept:
        _swept.add(top)
        with suppress(OSError):  # sweeping is a courtesy; a folder that cannot be listed may still take new ones
            sweep(top, time.time())
    return top


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
