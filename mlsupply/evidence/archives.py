"""Wheels, sdists, eggs, nested archives and plain folders as one stream of members; nothing is ever extracted to disk.

What a walk yields, in archive order: a `Member` for each file, an `ArchiveFact` for each oddity of the container, and a
`Gap` where an oddity or a limit stopped the look. Formats are recognised by content, never by name alone.
"""

from __future__ import annotations

import io
import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import IO

from mlsupply.evidence.facets import ArchiveFact
from mlsupply.evidence.files.bytecode import head_of, runs_unchecked
from mlsupply.model import Gap, Place, Reason
from mlsupply.named import NamedTuple
from mlsupply.pruned import environment_kind
from mlsupply.text import safe
from mlsupply.value import replace

CHECK = "contents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one archive may cost, nested ones included; a limit that is reached is a gap that names the number."""

    members: int = 150_000
    bytes: int = 8 << 30  # unpacked, of all members read or skipped over
    member_bytes: int = 32 << 20  # of one member that is read whole
    ratio: int = 200  # unpacked / packed, above `ratio_floor` bytes
    ratio_floor: int = 16 << 20
    depth: int = 3  # archives inside archives
    name: int = 1024  # characters of a member's path
    seconds: float = 120.0  # to read it
    held: int = 256 << 20  # bytes of sources and metadata in memory at once; the largest package known has 95 MB of Python
    facts: int = 250_000  # facts and calls in it; the most known are 56,000
    probing: float = 60.0  # seconds of processor for its models, scripts, build files and files for agents
    following: float = 600.0  # seconds to follow its Python, of which the longest known takes 54


class Member(NamedTuple):
    """One file. path: POSIX, made safe, nested ones joined by `!/`; size: bytes as declared; head: the first 64 bytes;
    data: all bytes where the walk was asked for them and they fit the limits, otherwise None; mode: POSIX bits or 0."""

    path: str
    size: int
    head: bytes
    data: bytes | None
    mode: int = 0


Walked = Member | ArchiveFact | Gap
NO_ARCHIVE = "neither zip nor tar (gzip, bzip2, xz, zstd)"
Wants = Callable[[str, int], bool]
"""(path, declared size) -> are all its bytes needed?"""
Walk = Callable[[Wants], Iterable[Walked]]
"""Walks one archive or folder once more, with the bytes of what is asked for."""


@dataclass(slots=True)
class Budget:
    """What is left of the limits during one walk; shared with nested archives."""

    limits: Limits
    subject: str
    packed: int
    clock: Callable[[], float] = time.monotonic
    members: int = 0
    bytes: int = 0
    end: float = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.clock() + self.limits.seconds

    def gap(self, reason: Reason, detail: str, member: str = "") -> Gap:
        """A gap located in this archive."""
        place = Place(self.subject, member=member)
        return Gap(subject=self.subject, check=CHECK, reason=reason, detail=safe(detail, 400), place=place)

    def exceeded(self, member: str) -> Gap | None:
        """Why the walk must stop here, or None."""
        limits = self.limits
        if self.members > limits.members:
            return self.gap(Reason.LIMIT, f"more than {limits.members:,} members; the rest was not looked at", member)
        if self.bytes > limits.bytes:
            return self.gap(Reason.LIMIT, f"unpacks to more than {limits.bytes:,} bytes; the rest was not looked at", member)
        if self.clock() > self.end:
            return self.gap(Reason.TIMEOUT, f"took more than {limits.seconds:g} s; the rest was not looked at", member)
        return None

    def bomb(self, unpacked: int, packed: int) -> bool:
        """Is this far more than honest compression gives?"""
        return unpacked > self.limits.ratio_floor and unpacked > self.limits.ratio * max(packed, 1)


def walk(path: Path, wants: Wants, limits: Limits | None = None, subject: str = "") -> Iterator[Walked]:
    """Every member of the archive or folder at `path`, lazily. Never raises for what the archive holds; an archive that
    cannot be opened is one gap. subject: how to call it in gaps, default the file name."""
    limits = limits or Limits()
    subject = safe(subject or path.name)
    try:
        if path.is_dir():
            yield from _folder(path, wants, Budget(limits, subject, 0))
            return
        with open(path, "rb") as handle:
            yield from _opened(handle, "", wants, Budget(limits, subject, path.stat().st_size), 0)
    except OSError as error:
        yield Budget(limits, subject, 0).gap(Reason.NOT_FOUND, f"could not be read: {error.strerror or error}")


def members_named(names: Collection[str], walk: Walk, most_bytes: int, most_files: int) -> dict[str, list[Member]] | None:
    """File name -> all members of that name, in any folder; None where there are more than `most_files` of them altogether.
    Those larger than `most_bytes` come without their data."""
    found: dict[str, list[Member]] = {}
    count = 0
    for item in walk(lambda path, size: path.rpartition("/")[2] in names and size <= most_bytes):
        if isinstance(item, Member) and (name := item.path.rpartition("/")[2]) in names:
            count += 1
            if count > most_files:
                return None
            found.setdefault(name, []).append(item)
    return found


def container_of(head: bytes) -> str:
    """`zip`, `gzip`, `bzip2`, `xz`, `zstd`, `tar` or "": what the first 512 bytes say."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return "tar" if head[257:262] == b"ustar" else ""


_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


def _opened(handle: IO[bytes], prefix: str, wants: Wants, budget: Budget, depth: int) -> Iterator[Walked]:
    head = handle.read(512)
    handle.seek(0)
    kind = container_of(head)
    if kind == "zip" or (not kind and _ends_like_zip(handle)):
        from mlsupply.evidence.archives_zip import members

        found = members(handle, prefix, wants, budget)
    elif kind:
        from mlsupply.evidence.archives_tar import members as tar_members

        found = tar_members(handle, kind, prefix, wants, budget)
    else:
        yield budget.gap(Reason.UNSUPPORTED, NO_ARCHIVE, prefix.rstrip("!/"))
        return
    for item in found:
        yield item
        if isinstance(item, Member) and item.data is not None and _nested(item):
            yield from _inside(item, wants, budget, depth + 1)


def _ends_like_zip(handle: IO[bytes]) -> bool:
    """A zip may follow any prefix: installers read it from its end."""
    size = handle.seek(0, io.SEEK_END)
    handle.seek(max(0, size - 66_000))
    found = b"PK\x05\x06" in handle.read(66_000)
    handle.seek(0)
    return found


NESTED_SUFFIXES = (".zip", ".whl", ".egg", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".pyz", ".jar")


def is_nested_name(path: str) -> bool:
    """Does the name say that this is an archive? `wants` asks for the bytes of these."""
    return path.lower().endswith(NESTED_SUFFIXES)


def _nested(member: Member) -> bool:
    return is_nested_name(member.path) and bool(container_of(member.data[:512] if member.data else b""))


def _inside(member: Member, wants: Wants, budget: Budget, depth: int) -> Iterator[Walked]:
    if depth > budget.limits.depth:
        detail = f"archives nested more than {budget.limits.depth} deep; not looked into"
        yield budget.gap(Reason.LIMIT, detail, member.path)
        return
    inner = Budget(budget.limits, budget.subject, len(member.data or b""), budget.clock, budget.members, budget.bytes)
    inner.end = budget.end
    yield from _opened(io.BytesIO(member.data or b""), f"{member.path}!/", wants, inner, depth)
    budget.members, budget.bytes = inner.members, inner.bytes


def checked_name(raw: str, prefix: str, limits: Limits) -> tuple[str, list[ArchiveFact]]:
    """The path made safe, and what is wrong with it as written."""
    shown = prefix + safe(raw.replace("\\", "/"), limits.name)
    wrong = []
    if raw.startswith(("/", "\\")) or raw[1:2] == ":":
        wrong.append(ArchiveFact(kind="absolute-name", member=shown, detail=safe(raw)))
    if ".." in raw.replace("\\", "/").split("/"):
        wrong.append(ArchiveFact(kind="parent-name", member=shown, detail=safe(raw)))
    if not raw.isprintable():
        wrong.append(ArchiveFact(kind="unprintable-name", member=shown, detail=safe(raw)))
    if len(raw) > limits.name:
        wrong.append(ArchiveFact(kind="long-name", member=shown, detail=f"{len(raw)} characters"))
    return shown, wrong


class Names:
    """Notices names that come twice, or that differ only in case."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def again(self, path: str) -> ArchiveFact | None:
        """The oddity of a name that stands here twice, or twice but for case; None for a new one."""
        before = self._seen.setdefault(path.casefold(), path)
        if before is path:
            return None
        kind = "duplicate-name" if before == path else "case-collision"
        return ArchiveFact(kind=kind, member=path, detail=before)


def _folder(root: Path, wants: Wants, budget: Budget) -> Iterator[Walked]:
    """A plain folder, in name order. Links to its own files are read under their own names too, as Python would; links to
    folders are not followed, and those that lead outside are facts. An environment below it is left out: what is installed
    there is not what the folder holds, and its links lead outside as they should. That makes the look incomplete, as whoever
    made the folder may have put the mark there."""

    def unreadable(error: OSError) -> None:
        failed.append(str(error.filename or ""))

    failed: list[str] = []
    for folder, folders, names in os.walk(root, onerror=unreadable):
        if Path(folder) != root and (kind := environment_kind([*folders, *names])):
            folders[:] = []
            yield _left_out(Path(folder), kind, budget)
            continue
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        folders[:] = sorted(set(folders) - {".git", *linked})
        cache = Path(folder).name == "__pycache__"  # sources can be imported from it too
        for name in sorted([*names, *linked]):
            full = Path(folder, name)
            if cache and name.endswith((".pyc", ".pyo")) and not runs_unchecked(head_of(full)):
                continue  # Python compares it with its source
            path = full.relative_to(root).as_posix()
            budget.members += 1
            if stop := budget.exceeded(safe(path)):
                yield stop
                return
            yield from _file(full, path, root, wants, budget)
    for name in failed:
        yield budget.gap(Reason.FORBIDDEN, f"folder {name} could not be listed")


def _left_out(folder: Path, kind: str, budget: Budget) -> Gap:
    named = safe(folder.as_posix(), budget.limits.name)
    hint = (
        f"mlsupply inspect {quote(named)} looks at its files, mlsupply scan --env {quote(named)} at what is installed in it"
    )
    gap = budget.gap(Reason.UNSUPPORTED, f"a {kind} below {budget.subject}: left out")
    return replace(gap, hint=hint, place=Place(named))


def walk_files(
    files: Mapping[str, Path], root: Path, wants: Wants, limits: Limits | None = None, subject: str = ""
) -> Iterator[Walked]:
    """These files alone, each under the path it is called by; of those that are not there nothing. root: where links may
    lead."""
    budget = Budget(limits or Limits(), safe(subject or root.name), 0)
    for path, full in files.items():
        budget.members += 1
        if stop := budget.exceeded(safe(path)):
            yield stop
            return
        if os.path.lexists(full):  # unlike Path's methods it has an answer for every name
            yield from _file(full, path, root, wants, budget)


def _file(full: Path, raw: str, root: Path, wants: Wants, budget: Budget) -> Iterator[Walked]:
    path, wrong = checked_name(raw, "", budget.limits)
    yield from wrong
    try:
        status = full.lstat()
        if stat.S_ISLNK(status.st_mode):
            if not full.resolve().is_relative_to(root.resolve()):
                yield ArchiveFact(kind="link-outside", member=path, detail=safe(str(full.readlink())))
                return
            with suppress(FileNotFoundError):
                status = full.stat()  # fails for a circle of links, for which `resolve` raises nothing since Python 3.13
            if not stat.S_ISREG(status.st_mode):
                return  # a folder is met where it lies
        if not stat.S_ISREG(status.st_mode):
            yield ArchiveFact(kind="special-file", member=path, detail="neither file nor folder")
            return
        whole = wants(path, status.st_size)
        if whole and status.st_size > budget.limits.member_bytes:
            yield budget.gap(Reason.TOO_LARGE, _too_large(budget), path)
            whole = False
        with open(full, "rb") as handle:
            data = handle.read(budget.limits.member_bytes) if whole else handle.read(64)
    except (OSError, RuntimeError) as error:
        yield budget.gap(Reason.FORBIDDEN, f"could not be read: {error}", path)
        return
    budget.bytes += len(data)
    yield Member(path, status.st_size, data[:64], data if whole else None, status.st_mode)


def _too_large(budget: Budget) -> str:
    return f"larger than {budget.limits.member_bytes:,} bytes; not looked at"
