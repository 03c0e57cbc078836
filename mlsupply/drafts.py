"""Files that are written whole or not at all. Imports nothing of the package."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from mlsupply.hints import Any


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Where to write what is to stand at `path`. It is put there in one step when the block ends, and removed where the
    block raises; neither another process nor another thread has the same draft. Raises `OSError`."""
    from _thread import get_ident  # that of threading, without all else it is made of

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    draft.unlink(missing_ok=True)  # of a process of the same number that was killed
    try:
        yield draft
        draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def keep_json(path: Path, value: object) -> None:
    """Keep a value for later runs. A folder that cannot be written costs time, not the report: nothing is kept then."""
    with suppress(OSError), draft_of(path) as draft:
        draft.write_text(json.dumps(value), encoding="utf-8")


def kept_json(path: Path) -> Mapping[str, Any] | None:
    """The table an earlier run kept, None where there is none that can be read."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
