"""The table of contents of a zip file, as lenient loaders read it: flags, checksums and sizes are reported, not believed.

zipfile of the standard library refuses what miniz (torch), Java or a shell tool reads, so a scanner built on it is blind
where a loader is not. Source: PKWARE APPNOTE 6.3.10.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mlsupply.evidence.models.compression import Unpacked, expand
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Span
from mlsupply.named import NamedTuple
from mlsupply.text import safe

LOCAL = b"PK\x03\x04"
CENTRAL = b"PK\x01\x02"
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_TAIL = 65_557  # an end record with the longest comment


class Entry(NamedTuple):
    """One member. data: its compressed bytes; size: as declared, uncompressed; local: the name its local header says;
    start: of the local header; flags as in the table of contents."""

    name: str
    local: str
    method: int
    flags: int
    crc: int
    size: int
    data: Span
    start: int


class Table(NamedTuple):
    """entries in the order of the table of contents; prefix: bytes before the first member; tail: where the archive's
    last record ends; whole: there was a table of contents; disputed: the end records tell of different ones."""

    entries: tuple[Entry, ...]
    prefix: int
    tail: int
    whole: bool
    disputed: bool = False


def has_end(span: Span) -> bool:
    """Whether the span ends as zip files do."""
    return _find_end(span) >= 0


def _find_end(span: Span) -> int:
    low = max(0, span.size - _TAIL)
    found = span.data.rfind(_END, span.start + low, span.end)
    return found - span.start if found >= 0 else -1


def read_table(span: Span, most: int) -> Table:
    """The members, at most `most`. Without a table of contents the local headers are followed. Raises `BrokenError`."""
    end = _find_end(span)
    if end < 0:
        entries = tuple(_local_entries(span, most))
        if not entries:
            raise BrokenError("a zip file without a table of contents", 0)
        return Table(entries, entries[0].start, span.size, False)
    record = span.read(end, 22)
    if len(record) < 22:
        raise BrokenError("the end record of the zip file is cut off", end)
    _, _, _, _, _, size, offset, comment = struct.unpack("<4s4H2LH", record)
    tail = min(end + 22 + comment, span.size)
    listed = [_listed(span, tell, most) for tell in _tellings(span, end, size, offset)]
    listed = [entries for entries in listed if entries]
    if not listed and (size or span.read(0, 4) == LOCAL):
        listed = [tuple(_local_entries(span, most))]
        return Table(listed[0], listed[0][0].start if listed[0] else 0, tail, False)
    entries = tuple(dict.fromkeys(entry for one in listed for entry in one))
    prefix = min((entry.start for entry in entries), default=0)
    return Table(entries, prefix, tail, True, disputed=len(set(listed)) > 1)


class _Telling(NamedTuple):
    """What one end record says of the table of contents: where it stands, where it ends, and by how much its offsets are
    shifted by bytes before the archive."""

    begin: int
    end: int
    shift: int


def _tellings(span: Span, end: int, size: int, offset: int) -> Iterator[_Telling]:
    """Every reading a loader may have: the zip64 record where there is one (torch always writes it), and the plain one."""
    found = _zip64(span, end)
    if found is not None:
        size64, offset64, end64 = found
        yield from _places(end64, size64, offset64)
    if offset != 0xFFFFFFFF and size != 0xFFFFFFFF:
        yield from _places(end if found is None else found[2], size, offset)


def _places(end: int, size: int, offset: int) -> Iterator[_Telling]:
    """Right before the end record, as most readers take it, and at the offset itself."""
    if size and end - size >= offset >= 0:
        yield _Telling(end - size, end, end - size - offset)
    if size and end - size != offset:
        yield _Telling(offset, end, 0)


def _listed(span: Span, telling: _Telling, most: int) -> tuple[Entry, ...]:
    return tuple(_central_entries(span, telling.begin, telling.end, telling.shift, most))


def _zip64(span: Span, end: int) -> tuple[int, int, int] | None:
    """(size, offset, where the zip64 end record is), or None where there is none."""
    locator = span.read(end - 20, 20)
    if end < 20 or len(locator) < 20 or locator[:4] != b"PK\x06\x07":
        return None
    at = struct.unpack("<Q", locator[8:16])[0]
    at = at if span.read(at, 4) == _END64 else span.data.rfind(_END64, span.start, span.start + end) - span.start
    record = span.read(at, 56) if at >= 0 else b""
    if len(record) < 56:
        return None
    size, offset = struct.unpack("<2Q", record[40:56])
    return size, offset, at


def _central_entries(span: Span, at: int, end: int, shift: int, most: int) -> Iterator[Entry]:
    for _ in range(most + 1):
        head = span.read(at, 46)
        if len(head) < 46 or head[:4] != CENTRAL or at >= end:
            return
        flags, method = struct.unpack("<2H", head[8:12])
        crc, packed, size = struct.unpack("<3L", head[16:28])
        named, extra, comment = struct.unpack("<3H", head[28:34])
        start = struct.unpack("<L", head[42:46])[0]
        name = span.read(at + 46, named)
        size, packed, start = _wide(span.read(at + 46 + named, extra), size, packed, start)
        yield _entry(span, _name(name, flags), (method, flags, crc, size, packed), start + shift)
        at += 46 + named + extra + comment


def _wide(extra: bytes, size: int, packed: int, start: int) -> tuple[int, int, int]:
    """The zip64 values of an extra field, where the plain ones overflow."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if tag == 1:
            values = [struct.unpack_from("<Q", body, place)[0] for place in range(0, len(body) - 7, 8)]
            wide = [values.pop(0) if value == 0xFFFFFFFF and values else value for value in (size, packed, start)]
            return wide[0], wide[1], wide[2]
        at += 4 + length
    return size, packed, start


def _entry(span: Span, name: str, facts: tuple[int, int, int, int, int], start: int) -> Entry:
    method, flags, crc, size, packed = facts
    head = span.read(start, 30)
    if len(head) < 30 or head[:4] != LOCAL:
        return Entry(name, "", method, flags, crc, size, span.sub(span.size), start)
    named, extra = struct.unpack("<2H", head[26:30])
    local = _name(span.read(start + 30, named), struct.unpack("<H", head[6:8])[0])
    return Entry(name, local, method, flags, crc, size, span.sub(start + 30 + named + extra, packed), start)


def _local_entries(span: Span, most: int) -> Iterator[Entry]:
    """Members as their local headers tell, one behind the other."""
    at = span.find(LOCAL, 0, 1 << 20)
    for _ in range(most):
        head = span.read(at, 30)
        if at < 0 or len(head) < 30:
            return
        flags, method = struct.unpack("<2H", head[6:10])
        crc, packed, size = struct.unpack("<3L", head[14:26])
        named, extra = struct.unpack("<2H", head[26:30])
        if packed == 0 and flags & 8:
            following = span.find(b"PK", at + 30 + named + extra)
            packed = (following if following >= 0 else span.size) - (at + 30 + named + extra)
        yield _entry(span, _name(span.read(at + 30, named), flags), (method, flags, crc, size, packed), at)
        at = span.find(LOCAL, at + 30 + named + extra + packed, 1 << 20)


def _name(raw: bytes, flags: int) -> str:
    return safe(raw.decode("utf-8" if flags & 0x800 else "cp437", "replace"), 300)


def unpack(entry: Entry, limit: int) -> Unpacked:
    """The member's bytes, at most `limit`. Raises `BrokenError` for damage and for methods that are not read."""
    if entry.method == 0:
        return Unpacked(entry.data.sub(0, limit), entry.data.size <= limit)
    if entry.method == 14:
        return expand(_lzma_alone(entry), "lzma", limit)
    if entry.method in _METHODS:
        return expand(entry.data, _METHODS[entry.method], limit)
    raise BrokenError(f"compression method {entry.method}, which is not read here", cause=Cause.UNSUPPORTED)


def _lzma_alone(entry: Entry) -> Span:
    """A member packed by LZMA with the header of an .lzma file: properties, then the size where no end mark tells it
    (APPNOTE 5.8.8). Raises `BrokenError`."""
    head = entry.data.read(0, 9)
    if len(head) < 9 or head[2:4] != b"\5\0" or entry.data.size > _LZMA_MOST:
        raise BrokenError("an LZMA member without its properties, or larger than is read", cause=Cause.UNSUPPORTED)
    size = b"\xff" * 8 if entry.flags & 2 else struct.pack("<Q", entry.size)
    return Span.of(head[4:] + size + entry.data.read(9, entry.data.size))


_LZMA_MOST = 64 << 20
_METHODS = {8: "deflate", 12: "bzip2"}
