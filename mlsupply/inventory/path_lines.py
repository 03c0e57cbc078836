"""The lines of `.pth` files that add a folder to where imports are looked for: what is installed there is installed too.

Source: docs of `site`.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from mlsupply.evidence.files.start_lines import text_of
from mlsupply.inventory.parsing import gap
from mlsupply.model import Gap, Package, Reason, SourceKind
from mlsupply.text import safe
from mlsupply.world import Failure, Tree

_BYTES = 1 << 20  # of one file
_LINES = 1_000
_LONG = 4_000  # characters; no path is longer


def added(path: str, sites: Iterable[str], packages: Iterable[Package], tree: Tree) -> Iterator[str | Gap]:
    """The folders of the environment at `path` that its `.pth` files add to `sites`, and a gap for each file that adds one
    elsewhere. packages: whose folders the user works in; a file that leads there is no gap."""
    home = _real(path, tree)
    own = tuple(_folder_of(package) for package in packages if package.source.kind is SourceKind.EDITABLE)
    for site in sites:
        entries = tree.entries(site)
        names = () if isinstance(entries, Failure) else [name for name in entries if name.endswith(".pth")]
        for name in names:
            file = posixpath.join(site, name)
            data = tree.read(file, _BYTES)
            if isinstance(data, Failure):
                yield gap(file, data.reason, f"the folders it adds to imports were not read: {data.detail}")
                continue
            if (lines := text_of(data).splitlines())[_LINES:]:
                detail = f"only its first {_LINES:,} lines were looked through for folders it adds to imports"
                yield gap(file, Reason.LIMIT, detail, _LINES + 1)
            folders = [os.path.normpath(Path(_real(site, tree), line)) for line in _added(lines)]
            inside = [folder for folder in folders if _is_below(folder, home)]
            yield from (posixpath.join(path, os.path.relpath(folder, home)) for folder in inside)
            away = [folder for folder in folders if folder not in inside and not any(_is_below(folder, one) for one in own)]
            if away:
                more = f" and {len(away) - 1:,} more" if len(away) > 1 else ""
                detail = f"imports also look in {safe(away[0])}{more}, outside the environment; what is there was not read"
                yield gap(file, Reason.UNSUPPORTED, detail, hint="scan that folder with --env as well")


def _added(lines: Sequence[str]) -> list[str]:
    return [
        line
        for line in (line.rstrip() for line in lines[:_LINES])
        if line and len(line) < _LONG and "\0" not in line and not line.startswith(("#", "import ", "import\t"))
    ]


def _real(path: str, tree: Tree) -> str:
    return str(tree.on_disk(path).resolve())


def _folder_of(package: Package) -> str:
    return os.path.normpath(unquote(package.source.url.removeprefix("file://"))) if package.source.url else ""


def _is_below(folder: str, home: str) -> bool:
    return len(home) > 1 and (folder == home or folder.startswith(home.rstrip("/") + "/"))
