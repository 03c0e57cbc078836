"""Files of an environment that no RECORD lists: what a payload left behind, what was installed before there were RECORDs,
and what an installer took from a wheel without recording it.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlsupply.evidence.contents_check import ENVIRONMENT
from mlsupply.evidence.files.bytecode import source_of
from mlsupply.evidence.gathered import is_wanted
from mlsupply.evidence.installed import Installed, Left, followed, record_of
from mlsupply.evidence.record import rows
from mlsupply.folders import is_link
from mlsupply.model import Package, Reason
from mlsupply.project import Project, installed_at
from mlsupply.sites import sites_of
from mlsupply.world import Failure, World

_MOST = 20_000  # files of one folder
_LISTED = 2_000_000  # rows of all RECORDs together


def unlisted(project: Project, world: World, done: Iterable[Path]) -> Iterator[Installed]:
    """For every site folder of the input environments, the files in no RECORD that would be looked at if they were in a
    package. done: paths on disk that were looked at already."""
    known = frozenset(os.path.realpath(path) for path in done)
    for inventory in project.inventories:
        if inventory.format != ENVIRONMENT:
            continue
        listed = _listed(inventory.packages, world)
        for site in sites_of(inventory.path, world.tree):
            what = _found(world.tree.on_disk(site), listed, known)
            if what.files or what.left:
                yield what


def _listed(packages: Iterable[Package], world: World) -> frozenset[str]:
    """The files of all RECORDs, as they lie on disk."""
    found: set[str] = set()
    for package in packages:
        metadata = installed_at(package)
        record = record_of(package, world) if metadata else b""
        if isinstance(record, Failure) or not record or len(found) > _LISTED:
            continue
        site = world.tree.on_disk(posixpath.dirname(posixpath.dirname(metadata))).resolve().as_posix()
        found.update(posixpath.normpath(posixpath.join(site, row.path)) for row in rows(record) if row.path)
    return frozenset(found)


def _found(site: Path, listed: frozenset[str], done: frozenset[str]) -> Installed:
    files: dict[str, Path] = {}
    left: list[Left] = []
    for path, full in _walked(site.resolve(), listed, left):
        if str(full) in done or not _is_looked_at(path, full):
            continue
        if len(files) == _MOST:
            left.append(Left(path, Reason.LIMIT, f"more than {_MOST:,} files are in no RECORD; the rest was not looked at"))
            break
        files[path] = full
    return Installed(site, files, tuple(left))


def _walked(root: Path, listed: frozenset[str], left: list[Left]) -> Iterator[tuple[str, Path]]:
    """(path below the site folder, where it lies) of what is in no RECORD. left: folders that are links, or that cannot be
    listed, are added to it."""

    def note(error: OSError) -> None:
        path = os.path.relpath(error.filename, root)
        left.append(Left(path, Reason.FORBIDDEN, f"could not be listed: {error.strerror}"))

    for folder, folders, names in os.walk(root, onerror=note):
        linked = [name for name in folders if is_link(Path(folder, name))]
        folders[:] = sorted(set(folders) - set(linked))
        for name in sorted([*names, *linked]):
            full = Path(folder, name)
            if full.as_posix() in listed:
                continue
            path = full.relative_to(root).as_posix()
            if name in linked:
                left.append(Left(path, Reason.FORBIDDEN, "a link to a folder that no RECORD lists; it was not followed"))
            else:
                yield path, followed(full)


def _is_looked_at(path: str, full: Path) -> bool:
    try:
        size = full.stat().st_size
    except OSError:
        return False  # a link to nothing cannot be imported
    source = source_of(path)
    bare = bool(source) and not full.with_name(posixpath.basename(source)).exists()
    return is_wanted(path, size) or (bare and "__pycache__/" not in path)
