"""The modules of a package, looked at as those of an archive are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mlsupply.evidence import look
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
