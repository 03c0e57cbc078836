"""Installed packages looked into where they lie: the files RECORD lists of each. Nothing is imported and no interpreter is
started.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mlsupply.digest import sha256_of_file
from mlsupply.evidence.archives import Limits
from mlsupply.evidence.facets import ArchiveFact
from mlsupply.evidence.files.bytecode import head_of, runs_unchecked, source_of
from mlsupply.evidence.package import PackageFacts, located_gap, look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.evidence.record import rows
from mlsupply.model import Gap, Package, Reason
from mlsupply.named import NamedTuple
from mlsupply.project import installed_at
from mlsupply.world import Failure, World

_RECORD_BYTES = 64 << 20
_MOST = Limits().members  # files of one package
_HASHED = 64 << 20  # bytes; larger files are weights and libraries, which are recognised by size and time
_SHOWN = 10  # files of one package, each with its own gap


class Left(NamedTuple):
    """What was not looked at in an installed package or a site folder, and why. path: below the site folder."""

    path: str
    reason: Reason
    detail: str


class Installed(NamedTuple):
    """What is looked at. site: the folder imports start from; files: path as in the wheel -> where it lies, made real; left:
    what belongs to it and is not looked at."""

    site: Path
    files: Mapping[str, Path]
    left: Sequence[Left] = ()


def record_of(package: Package, world: World) -> bytes | Failure:
    """The RECORD of an installed package."""
    return world.tree.read(posixpath.join(posixpath.dirname(installed_at(package)), "RECORD"), _RECORD_BYTES)


def installed(package: Package, world: World) -> Installed | Failure:
    """The files RECORD lists. Scripts and data, which are installed beside site-packages, go by their names in the wheel;
    bytecode beside its source is what Python made of it and is left out."""
    record = record_of(package, world)
    if isinstance(record, Failure):
        return Failure(record.reason, f"RECORD, which lists its files, could not be read: {record.detail}")
    information = posixpath.dirname(installed_at(package))
    site = world.tree.on_disk(posixpath.dirname(information))
    stem = posixpath.basename(information).removesuffix(".dist-info")
    files: dict[str, Path] = {}
    homes: dict[str, str] = {}
    strange: list[Left] = []
    cut: list[Left] = []
    for number, row in enumerate(rows(record)):
        if number == _MOST:
            cut = [Left("RECORD", Reason.LIMIT, f"it lists more than {_MOST:,} files; the rest was not looked at")]
            break
        full = posixpath.normpath(posixpath.join(site.as_posix(), row.path))
        if not row.path or not os.path.lexists(full):
            continue  # the look at RECORD tells what is not there and what cannot be read of it
        name = _in_wheel(row.path, full, site.as_posix(), stem)
        if isinstance(name, Left):
            strange.append(name)
        else:
            files.setdefault(_free(name, full, homes), followed(Path(full)))
    if not files:
        return Failure(Reason.MALFORMED, "none of the files RECORD lists is there")
    return Installed(site, {name: path for name, path in files.items() if not _is_made(name, files)}, (*_few(strange), *cut))


def _free(name: str, full: str, homes: dict[str, str]) -> str:
    """A name that is unique to this file: `run` in bin and `run` in Scripts have the same name in the wheel. homes: name ->
    where the file lies, added to."""
    number, free = 1, name
    while homes.setdefault(free, full) != full:
        number += 1
        free = f"{name} ({number})"
    return free


def _is_made(name: str, files: Mapping[str, Path]) -> bool:
    """Is the file bytecode that Python compiled from a source beside it? Bytecode without a source comes from elsewhere."""
    return "__pycache__/" in name and source_of(name) in files and not runs_unchecked(head_of(files[name]))


def _few(left: list[Left]) -> Iterator[Left]:
    """The first entries, and one that counts the others: a hostile RECORD can name a hundred thousand files."""
    yield from left[:_SHOWN]
    if len(left) > _SHOWN:
        yield left[_SHOWN]._replace(detail=f"{left[_SHOWN].detail}, as are {len(left) - _SHOWN - 1:,} more")


def followed(path: Path) -> Path:
    """Where a link leads; a path that cannot be followed is returned as it is, and looking at it will say why."""
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError):
        return path


def _in_wheel(path: str, full: str, site: str, stem: str) -> str | Left:
    """The name in the wheel of a file that RECORD lists: `../../../bin/run` was a script. full: where it lies."""
    steps = posixpath.relpath(full, site).split("/")
    depth = steps.count("..")
    if "\\" in path:
        return Left(path, Reason.UNSUPPORTED, "RECORD names it with a backslash, so it was not looked at")
    if depth > len(("lib", "python3.x", "site-packages")) or not steps[depth:]:
        return Left(path, Reason.FORBIDDEN, "RECORD lists it, and it lies outside the environment, so it was not looked at")
    if not depth:
        return "/".join(steps) if path.startswith("/") else path
    if steps[depth] in {"bin", "Scripts"} and len(steps) > depth + 1:
        return f"{stem}.data/scripts/{'/'.join(steps[depth + 1 :])}"
    return f"{stem}.data/data/{'/'.join(steps[depth:])}"


def looked_into(what: Installed, subject: str, pool: Pool, cache: Path) -> PackageFacts:
    """Facts of installed files, kept under a digest of all of them."""
    facts = look_inside(what.site, pool, cache, subject, files=what.files, digest=_digest(what.files))
    facts = replace(facts, archive=tuple(fact for fact in facts.archive if not _is_installers(fact)))
    return replace(facts, gaps=(*facts.gaps, *gaps_of(what, subject)))


def gaps_of(what: Installed, subject: str) -> tuple[Gap, ...]:
    """What is not looked at, as gaps of this check."""
    return tuple(located_gap(subject, left.path, left.reason, left.detail) for left in what.left)


def _is_installers(fact: ArchiveFact) -> bool:
    """What RECORD says of files an installer made or put elsewhere is not held against the package."""
    if fact.kind == "record-missing-file":
        return fact.member.startswith("..") or "__pycache__/" in fact.member
    return fact.kind == "not-in-record" and ".data/" in fact.member


def _digest(files: Mapping[str, Path]) -> str:
    """sha256 over names and contents: what was kept about these files applies to no others."""
    whole = hashlib.sha256()
    for name, path in sorted(files.items()):
        try:
            status = path.stat()
            small = status.st_size <= _HASHED and path.is_file()
            mark = sha256_of_file(path) if small else f"{status.st_size} {status.st_mtime_ns}"
        except OSError:
            mark = "not read"
        whole.update(f"{name}\0{mark}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()
