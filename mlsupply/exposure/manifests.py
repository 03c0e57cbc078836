"""Manifests of containers, playbooks and parts of pipelines in a history: their names do not tell them, so every version of
the YAML files that no reader knows by name is looked into, as `scan` does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from mlsupply.exposure import blobs
from mlsupply.exposure.history import Commit
from mlsupply.exposure.repository import Git, Repository, gap
from mlsupply.inventory import reader_of
from mlsupply.inventory.sniff import MOST_OF_YAML, yaml_format
from mlsupply.model import Gap, Reason
from mlsupply.text import count
from mlsupply.world import Limits

_MOST_VERSIONS = 50_000  # versions of YAML files looked into in one history
_MOST_BYTES = 1 << 30  # of all of them
_LARGEST = 8 * MOST_OF_YAML  # of one
_WHAT = "for what containers and machines install"
_HINT = "name the folder of its manifests as it is now"


def manifests_in(git: Git, found: Repository, history: Sequence[Commit], limits: Limits) -> tuple[dict[str, str], list[Gap]]:
    """Path -> format of the files any version of which shows what it is, and what was not looked into."""
    paths, gaps = _paths_of(history), list[Gap]()
    asked = [*paths][:_MOST_VERSIONS]
    forms: dict[str, str] = {}
    seen = size = 0
    for blob in blobs.read(git, asked, min(_LARGEST, limits.manifest_bytes)) if asked else ():
        if size > _MOST_BYTES:
            break
        seen += 1
        if blob.data is None:
            said = f"a version of it was not looked into {_WHAT}: {blob.unread}"
            gaps += (gap(f"{found.folder}/{path}", Reason.TOO_LARGE, said) for path in paths[blob.oid])
            continue
        size += len(blob.data)
        if form := yaml_format(blob.data[:MOST_OF_YAML].decode("utf-8", "replace")):
            forms |= dict.fromkeys(paths[blob.oid], form)
    if seen < len(paths):
        detail = f"of {count(len(paths), 'version')} of its YAML files, the newest {seen:,} were looked into {_WHAT}"
        gaps.append(gap(found.folder, Reason.LIMIT, detail, _HINT))
    return forms, gaps


def _paths_of(history: Sequence[Commit]) -> dict[str, list[str]]:
    """Blobs of YAML files that no name tells, the newest first, and where each stood. history: parents first."""
    found: dict[str, dict[str, None]] = {}
    known = cache(reader_of)  # a file that changes often is asked for as often
    for commit in reversed(history):
        for change in commit.changes:
            if change.blob and is_yaml(change.path) and known(change.path) is None:
                found.setdefault(change.blob, {})[change.path] = None
    return {blob: [*paths] for blob, paths in found.items()}


def is_yaml(path: str) -> bool:
    """Whether a file's name says that it is YAML."""
    return path.lower().endswith((".yml", ".yaml"))
