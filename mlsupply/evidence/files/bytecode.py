"""Compiled Python that stands without its source or in place of it: Python may run it, and it cannot be read here.

Sources: PEP 552, and PEP 3147: `a/__pycache__/b.cpython-312.pyc` stands beside `a/b.py` and is not imported without it;
`a/b.pyc` is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from mlsupply.evidence.facets import ArchiveFact

_CACHE = "__pycache__/"


def source_of(path: str) -> str:
    """The path of the source of a `.pyc` or `.pyo`, by PEP 3147; "" for any other file. path: with `/`."""
    if not path.endswith((".pyc", ".pyo")):
        return ""
    folder, slash, name = path.rpartition("/")
    if f"{folder}/".endswith(f"/{_CACHE}") or folder == _CACHE[:-1]:
        return f"{folder.removesuffix(_CACHE[:-1])}{name.partition('.')[0]}.py"
    return f"{folder}{slash}{name[:-1]}"


def runs_unchecked(head: bytes) -> bool:
    """Does Python run the compiled file without comparing it with its source (PEP 552: an unchecked hash)? head: at least
    the first 8 bytes."""
    return len(head) >= 8 and head[2:4] == b"\r\n" and int.from_bytes(head[4:8], "little") & 3 == 1


def head_of(path: Path) -> bytes:
    """The first bytes of a file, enough for `runs_unchecked`; b"" for what is no file or cannot be read."""
    try:
        if not path.is_file():  # a pipe would block
            return b""
        with open(path, "rb") as handle:
            return handle.read(16)
    except OSError:
        return b""


def over_sources(unchecked: Iterable[str], paths: Collection[str]) -> Iterator[ArchiveFact]:
    """An `overrides-source` for each of the `unchecked` files in a `__pycache__` whose source is among `paths`: Python
    imports it in place of the source. (Of `a.pyc` beside `a.py` it imports the source.)"""
    for path in unchecked:
        if f"/{_CACHE}" in f"/{path}" and (source := source_of(path)) in paths:
            yield ArchiveFact(kind="overrides-source", member=path, detail=source)


def without_source(paths: Collection[str]) -> Iterator[str]:
    """The compiled files among `paths` whose source is not among them."""
    compiled = [(path, source) for path in paths if (source := source_of(path))]
    known = frozenset(paths) if compiled else frozenset()
    return (path for path, source in compiled if source not in known)
