"""The modules of a package, looked at as those of an archive are, and archives that tests make in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from mlsupply.evidence import look
from mlsupply.evidence.archives import Limits, Walked, Wants, walk
from mlsupply.evidence.package import PackageFacts
from mlsupply.evidence.pool import Pool


def looked(root: Path, files: Mapping[str, str]) -> PackageFacts:
    """files: name of a module, or of data with its suffix, of the package `demo`, written below `root` -> its text."""
    for name, text in files.items():
        path = root / "demo" / (name if "." in name else f"{name}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with Pool(1) as pool:
        return look.looked_at(root, pool, "demo 1.0", "", None)


def walk_bytes(data: bytes, wants: Wants, limits: Limits | None = None, subject: str = "archive") -> Iterator[Walked]:
    """`walk` of an archive in memory. subject: how gaps call it."""
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield from walk(Path(file.name), wants, limits, subject)
