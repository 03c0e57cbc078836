"""Zip files (wheels, eggs, zip sdists): read from the central directory as installers do, compared with the local headers.

Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from mlsupply.evidence import zstandard
from mlsupply.evidence.archives import Budget, Member, Names, Walked, Wants, checked_name
from mlsupply.evidence.facets import ArchiveFact
from mlsupply.model import Reason
from mlsupply.text import safe

_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR = 24  # bytes at most after a member's data
_UNREADABLE: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    struct.error,
    *zstandard.errors(),
)


def members(handle: IO[bytes], prefix: str, wants: Wants, budget: Budget) -> Iterator[Walked]:
    """Every entry of the central directory; what it leaves out or contradicts is a fact."""
    if (entries := _declared(handle)) > budget.limits.members:
        detail = f"declares {entries:,} members, more than {budget.limits.members:,}; not looked at"
        yield budget.gap(Reason.LIMIT, detail, prefix.removesuffix("!/"))
        return
    try:
        archive = zipfile.ZipFile(handle)
    except _UNREADABLE as error:
        yield budget.gap(Reason.MALFORMED, f"not a zip that can be opened: {error}", prefix.removesuffix("!/"))
        return
    with archive:
        yield from _outside(archive, handle, prefix)
        names = Names()
        for info in archive.infolist():
            budget.members += 1
            if stop := budget.exceeded(prefix + safe(info.filename)):
                yield stop
                return
            yield from _entry(archive, handle, info, prefix, wants, budget, names)


def _declared(handle: IO[bytes]) -> int:
    """How many entries the directory can hold by its size, before any of it is read."""
    size = handle.seek(0, io.SEEK_END)
    handle.seek(max(0, size - 66_000))
    tail = handle.read(66_000)
    handle.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return 0
    count, directory = struct.unpack_from("<HL", tail, at + 10)
    return min(directory, size) // 46 if directory != 0xFFFFFFFF else max(int(count), size // 46 if count == 0xFFFF else 0)


def _outside(archive: zipfile.ZipFile, handle: IO[bytes], prefix: str) -> Iterator[ArchiveFact]:
    """Bytes that belong to no entry: before, between and after them."""
    where = prefix.removesuffix("!/")
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    if infos and infos[0].header_offset < 0:
        yield ArchiveFact(kind="header-disagrees", member=where, detail="an entry starts before the archive does")
        return
    yield from _between(infos, handle, prefix)
    comment = len(archive.comment)
    if comment > 1024:
        yield ArchiveFact(kind="trailing-data", member=where, detail=f"a comment of {comment:,} bytes")
    size = handle.seek(0, io.SEEK_END)
    handle.seek(max(0, size - 66_000))
    tail = handle.read()
    end = tail.rfind(b"PK\x05\x06")
    extra = len(tail) - end - 22 - comment
    if end >= 0 and extra > 0:
        yield ArchiveFact(kind="trailing-data", member=where, detail=f"{extra:,} bytes after the end of the archive")


def _between(infos: Iterable[zipfile.ZipInfo], handle: IO[bytes], prefix: str) -> Iterator[ArchiveFact]:
    """Gaps and overlaps between the entries, which come in the order of their places, up to the first gap."""
    at = 0
    for info in infos:
        name = prefix + safe(info.filename)
        if info.header_offset > at + (_DESCRIPTOR if at else 0):
            detail = f"{info.header_offset - at:,} bytes at {at:,}"
            yield ArchiveFact(kind="hidden-bytes" if at else "leading-data", member=prefix.removesuffix("!/"), detail=detail)
            return
        if info.header_offset < at:
            yield ArchiveFact(kind="header-disagrees", member=name, detail="the entry before reaches over it")
        handle.seek(info.header_offset)
        local = handle.read(_LOCAL.size)
        if len(local) < _LOCAL.size:
            return
        fields = _LOCAL.unpack(local)
        at = info.header_offset + _LOCAL.size + fields[9] + fields[10] + info.compress_size
        if fields[0] == b"PK\x03\x04" and fields[3] != info.compress_type:
            yield ArchiveFact(kind="header-disagrees", member=name, detail="compression method")


def _entry(
    archive: zipfile.ZipFile,
    handle: IO[bytes],
    info: zipfile.ZipInfo,
    prefix: str,
    wants: Wants,
    budget: Budget,
    names: Names,
) -> Iterator[Walked]:
    path, wrong = checked_name(info.filename, prefix, budget.limits)
    yield from wrong
    if info.filename.endswith("/"):  # `is_dir` of Python 3.11 fails for an empty name
        return
    if again := names.again(path):
        yield again
    mode = info.external_attr >> 16
    if mode & 0o170000 == 0o120000:
        yield ArchiveFact(kind="link", member=path, detail="stored as a symbolic link")
    if info.flag_bits & 1:
        yield ArchiveFact(kind="encrypted", member=path, detail="needs a password")
        yield budget.gap(Reason.UNSUPPORTED, "encrypted", path)
        return
    whole = wants(path, info.file_size)
    if whole and info.file_size > budget.limits.member_bytes:
        yield budget.gap(Reason.TOO_LARGE, f"larger than {budget.limits.member_bytes:,} bytes; not looked at", path)
        whole = False
    if budget.bomb(info.file_size, info.compress_size):
        yield ArchiveFact(kind="bomb", member=path, detail=f"{info.compress_size:,} bytes unpack to {info.file_size:,}")
    data = _read(archive, handle, info, budget.limits.member_bytes if whole else 64)
    if isinstance(data, str):
        yield ArchiveFact(kind="corrupt", member=path, detail=safe(data))
        yield budget.gap(Reason.MALFORMED, f"could not be unpacked: {data}", path)
        return
    budget.bytes += len(data)
    yield Member(path, info.file_size, data[:64], data if whole else None, mode)


def _read(archive: zipfile.ZipFile, handle: IO[bytes], info: zipfile.ZipInfo, most: int) -> bytes | str:
    """At most `most` bytes of the entry and never more than it declares, or what is wrong with it. The checksum counts where
    the whole is read."""
    if (data := _plain(handle, info, most)) is not None:
        return data
    try:
        with archive.open(info) as stream:
            return stream.read(most)
    except _UNREADABLE as error:
        return str(error) or type(error).__name__


_PLAIN_FLAGS = 0x80E  # how well it is compressed, a descriptor behind the data, names in UTF-8
_CHUNK = 1 << 12  # packed bytes that give the first few of a member


def _plain(handle: IO[bytes], info: zipfile.ZipInfo, most: int) -> bytes | None:
    """The same of an entry that is in order, read at once; None for all others, of which `zipfile` says what is wrong."""
    part = most < info.file_size
    try:
        packed = _packed(handle, info, min(info.compress_size, _CHUNK) if part else info.compress_size)
        if info.compress_type == zipfile.ZIP_STORED:
            data, whole = packed[:most], True
        else:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            data = unpacker.decompress(packed, most if part else info.file_size + 1)
            whole = unpacker.eof
    except (zlib.error, ValueError, OSError, struct.error):
        return None
    if part:
        return data if len(data) == most else None
    return data if whole and len(data) == info.file_size and zlib.crc32(data) == info.CRC else None


def _packed(handle: IO[bytes], info: zipfile.ZipInfo, size: int) -> bytes:
    """The first so many bytes as they are stored; ValueError for an entry that is not as most are."""
    handle.seek(info.header_offset)
    local = _LOCAL.unpack(handle.read(_LOCAL.size))
    name, _ = handle.read(local[9]), handle.read(local[10])
    end = getattr(info, "_end_offset", None)  # where the next entry starts, of a Python that refuses overlapping ones
    if (
        local[0] != b"PK\x03\x04"
        or name.decode("utf-8" if local[2] & 0x800 else "cp437") != info.orig_filename
        or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        or info.flag_bits & ~_PLAIN_FLAGS
        or (end is not None and handle.tell() + info.compress_size > end)
    ):
        raise ValueError
    return handle.read(size)
