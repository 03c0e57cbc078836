"""Scripts with requirements of their own (PEP 723) in a history: their names do not tell them, so every version of the
Python files that may be scripts is looked into for the header. Modules of a package are no scripts, as `scan` has it too: a
version counts as one where an `__init__.py` lies beside it in every commit that holds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from mlsupply.exposure import blobs
from mlsupply.exposure.history import Change, Commit, commits
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


def _paths_of(history: Sequence[Commit]) -> dict[str, list[str]]:
    """Blobs of files that may be scripts, the newest first, and where each stood."""
    found: dict[str, dict[str, None]] = {}  # one blob, as that of an empty file, may stand at very many paths
    known = cache(reader_of)  # a file that changes often is asked for as often
    for path, blob in reversed([*_outside_packages(history)]):
        if known(path) is None:
            found.setdefault(blob, {})[path] = None
    return {blob: [*paths] for blob, paths in found.items()}


class _Tree:
    """What a commit holds, as far as it matters here. packages: folders with an `__init__.py`; beside: of those folders that
    lose it somewhere in the history, path and blob of their other Python files. Trees share these until one changes them."""

    def __init__(self, packages: Iterable[str] = (), beside: Mapping[str, dict[str, str]] | None = None) -> None:
        self.packages = set(packages)
        self.beside = dict(beside or {})
        self._own = set[str]()  # folders whose files no other tree shares

    def copy(self) -> _Tree:
        self._own.clear()
        return _Tree(self.packages, self.beside)

    def put(self, folder: str, path: str, blob: str) -> None:
        """A file as a commit leaves it, blob: "" where it removes it."""
        if folder not in self._own:
            self.beside[folder] = dict(self.beside.get(folder, {}))
            self._own.add(folder)
        if blob:
            self.beside[folder][path] = blob
        else:
            self.beside[folder].pop(path, None)


def _outside_packages(history: Sequence[Commit]) -> Iterator[tuple[str, str]]:
    """(path, blob) of every Python file that stands, in any commit, in a folder without an `__init__.py`. history: parents
    first. What a commit holds is kept until the last commit that builds on it."""
    losing = {_folder(one.path) for commit in history for one in commit.changes if _marks(one) and not _is_there(one)}
    waiting = Counter(commit.parents[0] for commit in history if commit.parents)
    trees: dict[str, _Tree] = {}
    for commit in history:
        parent = commit.parents[0] if commit.parents else ""
        waiting[parent] -= 1
        before = trees.pop(parent, None) if waiting[parent] <= 0 else trees.get(parent)
        tree = _Tree() if before is None else before if waiting[parent] <= 0 else before.copy()
        yield from _after(tree, commit.changes, losing)
        if waiting[commit.oid]:
            trees[commit.oid] = tree


def _after(tree: _Tree, changes: Iterable[Change], losing: set[str]) -> Iterator[tuple[str, str]]:
    """Applies the changes of one commit to the tree, and gives the files that stand outside packages from then on."""
    lost = set[str]()
    others = list[Change]()
    for change in changes:
        if not _marks(change):
            others.append(change)
        elif _is_there(change):
            tree.packages.add(_folder(change.path))
        else:
            tree.packages.discard(_folder(change.path))
            lost.add(_folder(change.path))
    for change in others:
        folder = _folder(change.path)
        if folder in losing:
            tree.put(folder, change.path, change.blob)
        if change.blob and folder not in tree.packages:
            yield change.path, change.blob
    for folder in lost:
        yield from tree.beside.get(folder, {}).items()


def _marks(change: Change) -> bool:
    return change.path.rpartition("/")[2] == "__init__.py"


def _is_there(change: Change) -> bool:
    return bool(change.blob or change.link)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
