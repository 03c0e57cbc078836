"""Scripts with requirements of their own (PEP 723) in a history: their names do not tell them, so every version of the
Python files that may be scripts is looked into for the header. Modules of a package are no scripts, as `scan` has it too.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlsupply.exposure import blobs
from mlsupply.exposure.history import Commit, commits
from mlsupply.exposure.repository import Git, Repository, gap
from mlsupply.inventory import reader_of
from mlsupply.inventory.sniff import MOST_OF_SCRIPT, is_script
from mlsupply.model import Gap, Reason
from mlsupply.text import count
from mlsupply.world import Limits

_PYTHON = ":(glob,icase)**/*.py"
_MOST_VERSIONS = 50_000  # versions of Python files looked into in one history
_MOST_BYTES = 2 << 30  # of all of them
_NOT_READ = "a version of it was not looked into for requirements of its own (PEP 723)"
_HINT = "--machine looks at the files as they are now"
_MOST_SCRIPTS = 500  # git compares each path in each commit with each of their names


def scripts_in(git: Git, found: Repository, limits: Limits) -> tuple[list[str], list[Gap]]:
    """The paths at which any version of a file has a script header, and what was not looked into."""
    history, _ = commits(git, found, [_PYTHON])  # what is wrong with the history is said where it is read for locks
    paths, gaps = _paths_of(history), list[Gap]()
    asked = [*paths][:_MOST_VERSIONS]
    if len(asked) < len(paths):
        gaps.append(_cut(found, paths, len(asked)))
    scripts: dict[str, None] = {}
    seen = size = 0
    for blob in blobs.read(git, asked, min(MOST_OF_SCRIPT, limits.manifest_bytes)) if asked else ():
        if size > _MOST_BYTES:
            gaps.append(_cut(found, paths, seen))
            break
        seen += 1
        if blob.data is None:
            gaps += (
                gap(f"{found.folder}/{path}", Reason.TOO_LARGE, f"{_NOT_READ}: {blob.unread}") for path in paths[blob.oid]
            )
            continue
        size += len(blob.data)
        if is_script(blob.data):
            scripts |= dict.fromkeys(paths[blob.oid])
    kept = [path for path in scripts if "\n" not in path][:_MOST_SCRIPTS]  # git is asked for paths by lines
    if left := [path for path in scripts if path not in kept]:
        detail = f"{count(len(left), 'script')} with requirements of their own (PEP 723) not read, this one first"
        gaps.append(gap(f"{found.folder}/{left[0]}", Reason.LIMIT, detail, _HINT))
    return kept, gaps


def _cut(found: Repository, paths: dict[str, list[str]], seen: int) -> Gap:
    said = f"of {count(len(paths), 'version')} of its Python files, the newest {seen:,} were looked into for requirements"
    return gap(found.folder, Reason.LIMIT, f"{said} of their own (PEP 723)", _HINT)


def _paths_of(history: Iterable[Commit]) -> dict[str, list[str]]:
    """Blobs of files that may be scripts, the newest first, and where each stood."""
    changes = [change for commit in history for change in commit.changes]
    packages = {_folder(change.path) for change in changes if change.path.rpartition("/")[2] == "__init__.py"}
    found: dict[str, dict[str, None]] = {}  # one blob, as that of an empty file, may stand at very many paths
    for change in reversed(changes):
        if change.blob and _folder(change.path) not in packages and reader_of(change.path) is None:
            found.setdefault(change.blob, {})[change.path] = None
    return {blob: [*paths] for blob, paths in found.items()}


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
