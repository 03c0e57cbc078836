"""Installed packages looked into where they lie: the files RECORD lists of each, and what a site-packages folder runs
whenever Python starts, whoever put it there. Nothing is imported and no interpreter is started.

Sources: https://packaging.python.org/en/latest/specifications/recording-installed-packages/ and the docs of `site`.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mlsupply.digest import sha256_of_file
from mlsupply.evidence.archives import Limits
from mlsupply.evidence.facets import ArchiveFact
from mlsupply.evidence.package import PackageFacts, located_gap, look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.evidence.record import rows
from mlsupply.evidence.start_lines import start_lines
from mlsupply.model import Package, Reason
from mlsupply.named import NamedTuple
from mlsupply.project import installed_at
from mlsupply.world import Failure, World

_RECORD_BYTES = 64 << 20
_MOST = Limits().members  # files of one package
_HASHED = 64 << 20  # bytes; larger files are weights and libraries, which are told by size and time
_START_FILES = ("sitecustomize.py", "usercustomize.py")
_MODULES = 20  # that start lines of one package import, looked at with them
_IMPORT = re.compile(r"import[ \t]+([A-Za-z_][A-Za-z0-9_]{0,100})")


class Installed(NamedTuple):
    """What is looked at. site: the folder imports start from; files: path as in the wheel -> where it lies, made real; cut:
    RECORD lists more than are looked at."""

    site: Path
    files: Mapping[str, Path]
    cut: bool = False


def installed(package: Package, world: World) -> Installed | Failure:
    """The files RECORD lists. Scripts and data, which are installed beside site-packages, go by their names in the wheel;
    bytecode is what Python made of the sources and is left out."""
    metadata = installed_at(package)
    record = world.tree.read(posixpath.join(posixpath.dirname(metadata), "RECORD"), _RECORD_BYTES)
    if isinstance(record, Failure):
        return Failure(record.reason, f"RECORD, which tells its files, could not be read: {record.detail}")
    information = posixpath.basename(posixpath.dirname(metadata))
    site = world.tree.on_disk(posixpath.dirname(posixpath.dirname(metadata)))
    files: dict[str, Path] = {}
    listed = 0
    for row in rows(record):
        listed += 1
        if listed > _MOST:
            break
        name, full = _in_wheel(row.path, information.removesuffix(".dist-info")), posixpath.normpath(f"{site}/{row.path}")
        if name and os.path.lexists(full):  # what is not there is told by the look at RECORD
            files.setdefault(name, _real(Path(full)))
    if not files:
        return Failure(Reason.MALFORMED, "RECORD lists no file of it that is there")
    return Installed(site, files, listed > _MOST)


def _real(path: Path) -> Path:
    """Where a link leads; a path that cannot be followed stays, and the look at it says why."""
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError):
        return path


def _in_wheel(path: str, stem: str) -> str:
    """The name in the wheel of a path as RECORD writes it, "" of what is not looked at: `../../../bin/run` was a script."""
    parts = path.split("/")
    if not path or path.startswith("/") or "__pycache__" in parts or "\\" in path or "\0" in path:
        return ""
    depth = next((place for place, part in enumerate(parts) if part != ".."), len(parts))
    rest = parts[depth:]
    if ".." in rest or depth > len(("lib", "python3.x", "site-packages")) or not rest:
        return ""
    if not depth:
        return path
    if rest[0] in {"bin", "Scripts"} and len(rest) > 1:
        return f"{stem}.data/scripts/{'/'.join(rest[1:])}"
    return f"{stem}.data/data/{'/'.join(rest)}"


def looked_into(what: Installed, subject: str, pool: Pool, cache: Path) -> PackageFacts:
    """Facts of installed files, kept under a digest of all of them."""
    facts = look_inside(what.site, pool, cache, subject, files=what.files, digest=_digest(what.files))
    facts = replace(facts, archive=tuple(fact for fact in facts.archive if not _is_installers(fact)))
    if not what.cut:
        return facts
    gap = located_gap(subject, "RECORD", Reason.LIMIT, f"it lists more than {_MOST:,} files; the rest was not looked at")
    return replace(facts, gaps=(*facts.gaps, gap))


def _is_installers(fact: ArchiveFact) -> bool:
    """What RECORD says of files an installer made or put elsewhere is not held against the package."""
    if fact.kind == "record-missing-file":
        return fact.member.startswith("..") or "__pycache__/" in fact.member
    return fact.kind == "not-in-record" and ".data/" in fact.member


def _digest(files: Mapping[str, Path]) -> str:
    """sha256 over names and contents: what was kept of these files holds for no others."""
    whole = hashlib.sha256()
    for name, path in sorted(files.items()):
        try:
            status = path.stat()
            small = status.st_size <= _HASHED and path.is_file()
            told = sha256_of_file(path) if small else f"{status.st_size} {status.st_mtime_ns}"
        except OSError:
            told = "not read"
        whole.update(f"{name}\0{told}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


# --- what runs whenever Python starts --------------------------------------------------------------------------------


def starting(packages: Iterable[Package], world: World) -> Iterator[tuple[Package | None, Installed]]:
    """The `.pth` files, sitecustomize and usercustomize of every site-packages folder with the modules they name, under the
    package whose RECORD lists them, or under none."""
    sites: dict[str, list[Package]] = {}
    for package in packages:
        if metadata := installed_at(package):
            sites.setdefault(posixpath.dirname(posixpath.dirname(metadata)), []).append(package)
    for folder, owners in sites.items():
        entries, site = world.tree.entries(folder), world.tree.on_disk(folder)
        if isinstance(entries, Failure):
            continue  # the reader of the environment says so
        names = [name for name in entries if name.endswith(".pth") or name in _START_FILES]
        owned = _owners(owners, names, world) if names else {}
        together: dict[int, list[str]] = {}
        for name in names:
            together.setdefault(owned.get(name, -1), []).append(name)
        for number, found in together.items():
            files = {name: _real(site / name) for name in (*found, *_imported(site, found))}
            yield (owners[number] if number >= 0 else None), Installed(site, files)


def _owners(packages: list[Package], names: list[str], world: World) -> dict[str, int]:
    """File name -> number of the package whose RECORD lists it."""
    wanted, owned = set(names), dict[str, int]()
    for number, package in enumerate(packages):
        record = world.tree.read(posixpath.join(posixpath.dirname(installed_at(package)), "RECORD"), _RECORD_BYTES)
        if not isinstance(record, Failure) and any(name.encode() in record for name in names):
            owned |= {row.path: number for row in rows(record) if row.path in wanted}
    return owned


def _imported(site: Path, names: Iterable[str]) -> Iterator[str]:
    """The modules of this folder that start lines import: what runs is often there."""
    found: dict[str, None] = {}
    for name in names:
        try:
            data = (site / name).read_bytes() if name.endswith(".pth") else b""
        except OSError:
            continue  # the look at the file itself says why it can't be read
        found |= dict.fromkeys(match[1] for _, line in start_lines(data) if (match := _IMPORT.match(line)))
    for module in list(found)[:_MODULES]:
        for path in (f"{module}.py", f"{module}/__init__.py"):
            if (site / path).is_file():
                yield path
