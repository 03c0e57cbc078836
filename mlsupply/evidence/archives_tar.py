"""Tar streams (sdists): unpacked once from front to back through a reader that counts, so that a bomb ends as a gap.

Source: PEP 625 for sdists, POSIX.1-2001 pax for the format.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import posixpath
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any, cast

from mlsupply.evidence import zstandard
from mlsupply.evidence.archives import Budget, Member, Names, Walked, Wants, checked_name
from mlsupply.evidence.facets import ArchiveFact
from mlsupply.model import Reason
from mlsupply.text import safe

_MOST_LINKED = 64 << 20  # bytes that links lead to, each counted for every link
_MOST_LINKS_ON_THE_WAY = 40  # as Linux has it
_MOST_LINKS = 2_000  # of one archive
_DEEPEST = 64  # folders of a name
_LONGEST = 1_000  # characters of a name in which links are looked for
UNREADABLE = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError, IndexError)


class TooMuchError(Exception):
    """The stream unpacks to more than the limits allow."""


class _Counted:
    """A reader that counts what it gives and stops at the limits."""

    def __init__(self, stream: IO[bytes], budget: Budget) -> None:
        self._stream = stream
        self._budget = budget
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self._given += len(data)
        self._budget.bytes += len(data)
        if self._budget.bomb(self._given, self._budget.packed):
            raise TooMuchError(f"{self._budget.packed:,} bytes unpack to more than {self._given - 1:,}")
        if self._budget.bytes > self._budget.limits.bytes:
            raise TooMuchError(f"unpacks to more than {self._budget.limits.bytes:,} bytes")
        return data


def members(
    handle: IO[bytes], kind: str, prefix: str, wants: Wants, budget: Budget, *, linked: bool = True
) -> Iterator[Walked]:
    """Every entry of the tar, in order, then what its links lead to, under the names of the links: an installer that unpacks
    it finds the same there, so a payload could lie under any name. linked: are they followed? For that the stream has to be
    read twice; the layer of an image cannot be, and has its files under their own names as well."""
    where = prefix.removesuffix("!/")
    start, unpacked_before, links = handle.tell() if linked else 0, budget.bytes, dict[str, str]()
    names = Names()
    try:
        stream = unpacked(handle, kind)
        if stream is None:
            yield budget.gap(Reason.UNSUPPORTED, f"{kind} needs {zstandard.NEEDED}", where)
            return
        for archive, info in _entries(stream, budget):
            budget.members += 1
            if stop := budget.exceeded(prefix + safe(info.name)):
                yield stop
                return
            if linked and (info.issym() or info.islnk()):
                if len(links) == _MOST_LINKS:
                    yield budget.gap(Reason.LIMIT, f"more than {_MOST_LINKS:,} links; from here on none was followed", where)
                links[posixpath.normpath(info.name[:_LONGEST])] = _target(info)
            yield from _entry(archive, info, prefix, wants, budget, names)
        if links:
            handle.seek(start)
            budget.bytes = unpacked_before  # the same bytes once more
            if again := unpacked(handle, kind):
                yield from _linked(_entries(again, budget), _named_by(links), prefix, wants, budget)
    except TooMuchError as error:
        yield ArchiveFact(kind="bomb", member=where, detail=str(error))
        yield budget.gap(Reason.LIMIT, f"{error}; the rest was not looked at", where)
    except UNREADABLE as error:
        yield ArchiveFact(kind="corrupt", member=where, detail=safe(str(error)))
        yield budget.gap(Reason.MALFORMED, f"the stream ends early or is damaged: {error}", where)


def _entries(stream: IO[bytes], budget: Budget) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    counted = cast("Any", _Counted(stream, budget))  # tarfile asks for nothing but read()
    with tarfile.open(fileobj=counted, mode="r|", errorlevel=2, encoding="utf-8", errors="replace") as archive:
        headers = cast("Any", archive).members
        for info in archive:
            yield archive, info
            headers.clear()  # tarfile would keep every one


def _linked(
    entries: Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]],
    named: Mapping[str, list[str]],
    prefix: str,
    wants: Wants,
    budget: Budget,
) -> Iterator[Walked]:
    """The files that links lead to, once for each. named: file -> the links that lead to it."""
    left = _MOST_LINKED
    for archive, info in entries:
        if stop := budget.exceeded(prefix + safe(info.name)):
            yield stop
            return
        links = named.get(posixpath.normpath(info.name), ())
        if not links or not info.isreg():
            continue
        paths = [prefix + safe(link.replace("\\", "/"), budget.limits.name) for link in links]
        whole = info.size <= budget.limits.member_bytes and any(wants(path, info.size) for path in paths)
        opened = archive.extractfile(info)
        data = opened.read(info.size if whole else 64) if opened else b""
        for path in paths:
            if (left := left - max(len(data), 1)) < 0:
                yield budget.gap(
                    Reason.LIMIT, f"links lead to more than {_MOST_LINKED:,} bytes; the rest was not looked at", path
                )
                return
            if not whole and wants(path, info.size):
                yield budget.gap(Reason.TOO_LARGE, f"larger than {budget.limits.member_bytes:,} bytes; not looked at", path)
            yield Member(path, info.size, data[:64], data if whole and wants(path, info.size) else None, info.mode)


def _target(info: tarfile.TarInfo) -> str:
    """Where a link leads, as a name of the archive."""
    leads = info.linkname[:_LONGEST]
    return posixpath.normpath(leads if info.islnk() else posixpath.join(posixpath.dirname(info.name[:_LONGEST]), leads))


def _named_by(links: Mapping[str, str]) -> dict[str, list[str]]:
    """File -> the links that lead to it, through other links too, of folders as well; a circle ends."""
    found: dict[str, list[str]] = {}
    for link, first in islice(links.items(), _MOST_LINKS):
        target = first
        for _ in range(_MOST_LINKS_ON_THE_WAY):
            parts = target[:_LONGEST].split("/")
            starts = ("/".join(parts[:end]) for end in range(1, min(len(parts), _DEEPEST) + 1))
            through = next((start for start in starts if start in links), "")
            if not through:
                found.setdefault(target, []).append(link)
                break
            target = posixpath.normpath(posixpath.join(links[through], target[len(through) :].lstrip("/")))[:_LONGEST]
    return found


def unpacked(handle: IO[bytes], kind: str) -> IO[bytes] | None:
    """The bytes of the tar inside; None where nothing here unpacks this kind."""
    if kind == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=handle))
    if kind == "bzip2":
        return cast("IO[bytes]", bz2.BZ2File(handle))
    if kind == "xz":
        return cast("IO[bytes]", lzma.LZMAFile(handle))
    if kind == "tar":
        return handle
    return zstandard.unpacked(handle)


def _entry(
    archive: tarfile.TarFile, info: tarfile.TarInfo, prefix: str, wants: Wants, budget: Budget, names: Names
) -> Iterator[Walked]:
    path, wrong = checked_name(info.name, prefix, budget.limits)
    yield from wrong
    if info.isdir():
        return
    if again := names.again(path):
        yield again
    if info.issym() or info.islnk():
        yield _link(info, path)
        return
    if not info.isreg():
        yield ArchiveFact(kind="special-file", member=path, detail="a device, pipe or unknown type")
        return
    whole = wants(path, info.size)
    if whole and info.size > budget.limits.member_bytes:
        yield budget.gap(Reason.TOO_LARGE, f"larger than {budget.limits.member_bytes:,} bytes; not looked at", path)
        whole = False
    opened = archive.extractfile(info)
    data = opened.read(info.size if whole else 64) if opened else b""
    yield Member(path, info.size, data[:64], data if whole else None, info.mode)


def _link(info: tarfile.TarInfo, path: str) -> ArchiveFact:
    """What a link is as such; one that leads outside is worth more, and is not followed."""
    folder = [] if info.islnk() else info.name.replace("\\", "/").split("/")[:-1]
    depth = 0 if info.islnk() else len(folder)
    for part in info.linkname.replace("\\", "/").split("/"):
        depth += -1 if part == ".." else 0 if part in {"", "."} else 1
        if depth < 0:
            break
    outside = depth < 0 or info.linkname.startswith(("/", "\\")) or info.linkname[1:2] == ":"
    return ArchiveFact(kind="link-outside" if outside else "link", member=path, detail=safe(info.linkname))
