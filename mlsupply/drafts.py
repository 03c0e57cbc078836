"""Files that are written whole or not at all. Imports nothing of the package."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from mlsupply.hints import Any
from mlsupply.paths import Path


class Draft:
    """Where to write a file that is to appear at a path, for a `with` block. It is put there in one step when the block
    ends, and removed if the block raises; no other process or thread has the same draft. Raises `OSError`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Path:
        from _thread import get_ident  # that of threading, without all else it is made of

        path = self._path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
        self._draft.unlink(missing_ok=True)  # of a process of the same number that was killed
        return self._draft

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._draft.replace(self._path)
        finally:
            _remove(self._draft)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def keep_json(path: Path, value: object) -> None:
    """Keep a value for later runs. A folder that cannot be written costs time, not the report: nothing is kept then."""
    try:
        with Draft(path) as draft:
            draft.write_text(json.dumps(value), encoding="utf-8")
    except OSError:
        return


def kept_json(path: Path) -> Mapping[str, Any] | None:
    """The table an earlier run kept, None where there is none that can be read."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
