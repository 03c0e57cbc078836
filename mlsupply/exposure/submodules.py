"""Submodules that a repository records and that are not there beside it: their histories are not in its own, so what they
held is not known. Source: gitmodules(5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mlsupply.exposure import blobs
from mlsupply.exposure.history import Commit
from mlsupply.exposure.named_files import inside
from mlsupply.exposure.repository import Git, gap
from mlsupply.model import Gap, Reason
from mlsupply.text import count

FILE = ".gitmodules"
_MOST = 2_000  # submodules remembered of one repository
_TOLD = 5


def recorded(git: Git, history: Iterable[Commit], limit: int) -> tuple[str, ...]:
    """The folders of all submodules that were ever recorded, in order. limit: bytes of one version of the file."""
    versions = dict.fromkeys(
        change.blob for commit in history for change in commit.changes if change.path == FILE and change.blob
    )
    found: dict[str, None] = {}
    for blob in blobs.read(git, list(versions), limit) if versions else ():
        for line in (blob.data or b"").decode("utf-8", "replace").splitlines():
            key, _, path = line.partition("=")
            if key.strip().lower() == "path" and (folder := inside(FILE, path.strip().strip('"'))):
                found[folder] = None
    return tuple(sorted(found)[:_MOST])


def unread(folder: str, modules: Iterable[str]) -> Iterator[Gap]:
    """A gap for those of a repository's submodules that are no repositories below it, which would be read by themselves."""
    away = [path for path in modules if not _is_there(Path(folder, path))]
    if away:
        more = f" and {len(away) - _TOLD:,} more" if len(away) > _TOLD else ""
        detail = f"{count(len(away), 'submodule')} not checked out here, so not searched: {', '.join(away[:_TOLD])}{more}"
        hint = "name their repositories too (git submodule update --init fetches those of now)"
        yield gap(folder, Reason.NO_ARTIFACT, detail, hint)


def _is_there(folder: Path) -> bool:
    try:
        return (folder / ".git").exists()
    except OSError:  # it may not be entered, so neither was it searched
        return False
