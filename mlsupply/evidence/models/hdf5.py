"""What matters in an HDF5 file, found without an HDF5 library: where it should end, the JSON texts in it, links out of it.

A text attribute lies in one piece in the file whatever layout holds it (object header, fractal heap, global heap), and so
does a link message, so both are found by their own shape. References to data in other files are messages that point at a
heap with the names of the files; they are believed only where that heap exists. Source: HDF5 File Format Specification 3.0,
sections II.A, III.D and III.E (heaps), IV.A.2.g (link), IV.A.2.h (external data files), IV.A.2.i (layout of a virtual
dataset).
"""

from __future__ import annotations

import json
import re
import struct
import sys
from collections.abc import Iterator

from mlsupply.evidence.models.looking import Span

_WINDOW = 4 << 20
_OVERLAP = 1 << 12
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_JSON = re.compile(rb'\{\s{0,8}"(?:[a-z_]{1,40})"\s{0,4}:')
# version 1, flags with the link-type bit, type 64 (external), creation order, character set, length of the name
_LINK = re.compile(rb"\x01[\x08-\x1f]\x40")


def expected_end(span: Span) -> int:
    """The end-of-file address of the superblock, 0 where it cannot be told."""
    at = next((at for at in (0, 512, 1024, 2048) if span.read(at, 8) == _SIGNATURE), 0)
    version = span.read(at + 8, 1)
    place = {b"\0": 40, b"\1": 44, b"\2": 28, b"\3": 28}.get(version)
    width = span.read(at + (13 if version in {b"\0", b"\1"} else 9), 1)
    if place is None or width != b"\x08":
        return 0
    raw = span.read(at + place, 8)
    return int(struct.unpack("<Q", raw)[0]) if len(raw) == 8 else 0


def windows(span: Span) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of overlapping windows; of a mapped file the pages behind are given back."""
    at = 0
    while at < span.size:
        yield at, span.read(at, _WINDOW + _OVERLAP)
        if sys.platform != "win32" and at:
            import mmap

            if isinstance(span.data, mmap.mmap):
                span.data.madvise(mmap.MADV_DONTNEED, (span.start + at - _WINDOW) // mmap.PAGESIZE * mmap.PAGESIZE, _WINDOW)
        at += _WINDOW


def json_texts(span: Span, most: int) -> Iterator[tuple[int, object]]:
    """(offset, parsed value) of every JSON object in the file, the outermost only; (offset, None) of one of more than
    `most` bytes, or of one that breaks off after `_OVERLAP` characters."""
    done = 0
    for base, window in windows(span):
        for found in _JSON.finditer(window):
            at = base + found.start()
            if at < done or found.start() >= _WINDOW:
                continue
            value, length = _parse(span, at, most)
            if length:
                done = at + length
                yield at, value


def _parse(span: Span, at: int, most: int) -> tuple[object, int]:
    """(value, length), the length 0 where no JSON begins there."""
    decoder = json.JSONDecoder()
    size = 1 << 14
    while True:
        raw = span.read(at, size)
        text = raw.decode("utf-8", "replace").split("\0", 1)[0]
        try:
            value, length = decoder.raw_decode(text)
        except RecursionError:
            return None, len(text)
        except ValueError as error:
            cut = getattr(error, "pos", 0) >= len(text) - 40 or "Unterminated" in str(error)
            if len(raw) < size or not cut or "\0" in raw.decode("latin-1"):
                return (None, len(text)) if len(text) > 200 and cut else (None, 0)
            if size >= most:
                return None, size
            size *= 4
            continue
        return value, len(text[:length].encode())


def external_links(span: Span) -> Iterator[tuple[int, str]]:
    """(offset, file) of every link to another file."""
    for base, window in windows(span):
        for found in _LINK.finditer(window):
            if found.start() < _WINDOW and (target := _link(window, found.start())):
                yield base + found.start(), target


def _link(window: bytes, at: int) -> str:
    """The file an external link message names, "" where the bytes are no such message."""
    flags = window[at + 1]
    at += 3 + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(window[at : at + width], "little")
    at += width
    name = window[at : at + size]
    at += size
    if not 0 < size <= 1024 or len(name) < size or not _printable(name):
        return ""
    length = int.from_bytes(window[at : at + 2], "little")
    body = window[at + 2 : at + 2 + length]
    file, _, rest = body[1:].partition(b"\0")
    fits = length == len(body) and body[:1] == b"\0" and rest[-1:] == b"\0" and rest.count(b"\0") == 1
    return file.decode("utf-8", "replace") if fits and file and _printable(file) and _printable(rest[:-1]) else ""


def _printable(raw: bytes) -> bool:
    return all(code >= 32 and code != 127 for code in raw)


# version 1 and three reserved bytes, slots allocated and used, the address of the local heap
_EXTERNAL = re.compile(rb"\x01\0\0\0(?=[\s\S]{2}[\s\S]{2}[\s\S]{6}\0\0)")
_VIRTUAL = re.compile(rb"\x04\x03(?=[\s\S]{6}\0\0[\s\S]{4})")
_SLOTS = 1000


def external_data(span: Span) -> Iterator[tuple[int, str]]:
    """(offset, file) of numbers that lie in other files: external storage of a dataset, and the sources of a virtual one."""
    base = next((at for at in (0, 512, 1024, 2048) if span.read(at, 8) == _SIGNATURE), 0)
    for start, window in windows(span):
        for found in _EXTERNAL.finditer(window, 0, _WINDOW):
            yield from ((start + found.start(), file) for file in _external_files(span, base, window, found.start()))
        for found in _VIRTUAL.finditer(window, 0, _WINDOW):
            if (file := _virtual_source(span, base, window, found.start())) not in {"", "."}:
                yield start + found.start(), file


def _external_files(span: Span, base: int, window: bytes, at: int) -> Iterator[str]:
    head = window[at + 4 : at + 16]
    if len(head) < 12:
        return
    allocated, used, heap = struct.unpack("<HHQ", head)
    if not 1 <= used <= allocated <= _SLOTS or span.read(base + heap, 5) != b"HEAP\0":
        return
    _, _, segment = struct.unpack("<3Q", span.read(base + heap + 8, 24).ljust(24, b"\xff"))
    for slot in range(used):
        raw = window[at + 16 + 24 * slot : at + 24 + 24 * slot]
        name = span.read(base + segment + struct.unpack("<Q", raw)[0], 1024).split(b"\0")[0] if len(raw) == 8 else b""
        if name and _printable(name):
            yield name.decode("utf-8", "replace")


def _virtual_source(span: Span, base: int, window: bytes, at: int) -> str:
    """The first file a virtual dataset takes numbers from; `.` is the file itself."""
    heap, index = struct.unpack("<QI", window[at + 2 : at + 14].ljust(12, b"\xff"))
    if span.read(base + heap, 5) != b"GCOL\1":
        return ""
    at = base + heap + 16
    for _ in range(_SLOTS):
        head = span.read(at, 16)
        if len(head) < 16 or head[:2] == b"\0\0":
            return ""
        number, size = struct.unpack("<H", head[:2])[0], struct.unpack("<Q", head[8:])[0]
        if number == index:
            name = span.read(at + 16 + 9, 1024).split(b"\0")[0]  # behind the block's version and count of entries
            return name.decode("utf-8", "replace") if _printable(name) else ""
        at += 16 + (size + 7 & ~7)
    return ""
