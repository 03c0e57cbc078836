"""7z archives without encryption: the header and the members of folders with one coder (copy, LZMA, LZMA2, deflate,
bzip2). What else there is cannot be opened, and that is said. Source: 7zFormat.txt of the LZMA SDK."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from mlsupply.evidence.models.compression import expand
from mlsupply.evidence.models.dispatch import enter
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, Span
from mlsupply.text import safe

_MOST = 1 << 20  # bytes of a header
_COPY, _LZMA, _LZMA2, _DEFLATE, _BZIP2 = b"\x00", b"\x03\x01\x01", b"\x21", b"\x04\x01\x08", b"\x04\x02\x02"


@dataclass(slots=True)
class _Folder:
    coder: bytes = b""
    properties: bytes = b""
    simple: bool = True
    size: int = 0
    files: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Streams:
    start: int = 0
    packed: list[int] = field(default_factory=list)
    folders: list[_Folder] = field(default_factory=list)


class _Cursor:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._raw):
            raise BrokenError("the 7z header is cut off", cause=Cause.TRUNCATED)
        self._at += count
        return self._raw[self._at - count : self._at]

    def rest(self) -> bytes:
        return self._raw[self._at :]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """7z's variable number: as many further bytes as the first has leading ones."""
        first = self.byte()
        mask, value = 0x80, 0
        for index in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << 8 * index
            value |= self.byte() << 8 * index
            mask >>= 1
        return value

    def count(self) -> int:
        value = self.number()
        if value > 100_000:
            raise BrokenError(f"a 7z header with {value:,} entries")
        return value

    def digests(self, count: int) -> None:
        bits = [True] * count if self.byte() else self.bits(count)
        self.take(4 * sum(bits))

    def bits(self, count: int) -> list[bool]:
        raw = self.take((count + 7) // 8)
        return [bool(raw[index // 8] & (0x80 >> index % 8)) for index in range(count)]


def look_at_7z(span: Span, look: Look) -> None:
    """Judge every member. Raises `BrokenError` with cause unsupported where the archive cannot be opened."""
    offset, size = struct.unpack("<QQ", span.read(12, 16).ljust(16, b"\0"))
    if size > _MOST or 32 + offset + size > span.size:
        raise BrokenError("the 7z header lies outside the file", 12, Cause.TRUNCATED)
    raw = span.read(32 + offset, size)
    for _ in range(3):
        if raw[:1] != b"\x17":
            break
        cursor = _Cursor(raw)
        cursor.byte()
        streams = _streams(cursor)
        raw = b"".join(_unpack(span, streams, index, look).read(0, _MOST) for index in range(len(streams.folders)))
    if raw[:1] != b"\x01":
        raise BrokenError("a 7z archive whose header cannot be read", 32 + offset)
    _members(span, _Cursor(raw[1:]), look)


def _members(span: Span, cursor: _Cursor, look: Look) -> None:
    kind = cursor.number()
    if kind == 2:
        while cursor.number():
            cursor.take(cursor.number())
        kind = cursor.number()
    streams = _streams(cursor) if kind == 4 else _Streams()
    kind = cursor.number() if kind == 4 else kind
    names = _names(cursor) if kind == 5 else []
    for index, folder in enumerate(streams.folders):
        content = _unpack(span, streams, index, look)
        at = 0
        for size in folder.files or [folder.size]:
            enter(content.sub(at, size), look, names.pop(0) if names else f"#{index}")
            at += size
        if content.size < at:
            look.doubt(Cause.TRUNCATED, "a 7z folder that is cut off", content.size)


def _unpack(span: Span, streams: _Streams, index: int, look: Look) -> Span:
    folder = streams.folders[index]
    packed = span.sub(
        32 + streams.start + sum(streams.packed[:index]), streams.packed[index] if index < len(streams.packed) else 0
    )
    limit = min(look.limits.member, folder.size)
    if not folder.simple:
        raise BrokenError("a 7z folder of several coders, or encrypted", cause=Cause.UNSUPPORTED)
    if folder.coder == _COPY:
        return packed
    look.spend(limit)
    if folder.size > limit:
        look.doubt(Cause.LIMIT, f"a 7z folder that expands to {folder.size:,} bytes; the first {limit:,} were judged")
    if folder.coder in {_LZMA, _LZMA2}:
        return _lzma(packed, folder, limit)
    if folder.coder in {_DEFLATE, _BZIP2}:
        return expand(packed, "deflate" if folder.coder == _DEFLATE else "bzip2", limit).span
    raise BrokenError(f"7z coder {folder.coder.hex()}, which is not read here", cause=Cause.UNSUPPORTED)


def _lzma(packed: Span, folder: _Folder, limit: int) -> Span:
    try:
        import lzma
    except ImportError as error:
        raise BrokenError("this Python has no lzma, so the archive cannot be read", cause=Cause.UNSUPPORTED) from error
    two = folder.coder == _LZMA2
    if len(folder.properties) < (1 if two else 5):
        raise BrokenError("a 7z coder without its properties")
    if two:
        code = folder.properties[0]
        size = (2 | code & 1) << (code // 2 + 11)
        chain = {"id": lzma.FILTER_LZMA2, "dict_size": min(size, 64 << 20)}
    else:
        code, size = folder.properties[0], struct.unpack("<I", folder.properties[1:5])[0]
        lc, rest = code % 9, code // 9
        chain = {
            "id": lzma.FILTER_LZMA1,
            "dict_size": min(max(size, 4096), 64 << 20),
            "lc": lc,
            "lp": rest % 5,
            "pb": rest // 5,
        }
    try:
        machine = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain])
        return Span.of(machine.decompress(packed.read(0, packed.size), limit))
    except (lzma.LZMAError, ValueError) as error:
        raise BrokenError(f"7z data is damaged: {error}") from error


def _streams(cursor: _Cursor) -> _Streams:
    streams = _Streams()
    while kind := cursor.number():
        if kind == 6:
            _pack_info(cursor, streams)
        elif kind == 7:
            _folders(cursor, streams)
        elif kind == 8:
            _substreams(cursor, streams)
        else:
            raise BrokenError(f"a 7z header with the unknown part {kind}")
    return streams


def _pack_info(cursor: _Cursor, streams: _Streams) -> None:
    streams.start = cursor.number()
    count = cursor.count()
    while kind := cursor.number():
        if kind == 9:
            streams.packed = [cursor.number() for _ in range(count)]
        elif kind == 10:
            cursor.digests(count)
        else:
            raise BrokenError("a 7z header that cannot be read")


def _folders(cursor: _Cursor, streams: _Streams) -> None:
    if cursor.number() != 11:
        raise BrokenError("a 7z header without folders")
    count = cursor.count()
    if cursor.byte():
        raise BrokenError("a 7z header that is split", cause=Cause.UNSUPPORTED)
    streams.folders = [_folder(cursor) for _ in range(count)]
    while kind := cursor.number():
        if kind == 12:
            for folder in streams.folders:
                folder.size = cursor.number()
        elif kind == 10:
            cursor.digests(count)
        else:
            raise BrokenError("a 7z header that cannot be read")


def _folder(cursor: _Cursor) -> _Folder:
    coders = cursor.count()
    if coders != 1:
        raise BrokenError("a 7z folder of several coders, or encrypted", cause=Cause.UNSUPPORTED)
    flags = cursor.byte()
    coder = cursor.take(flags & 15)
    if flags & 16:
        raise BrokenError("a 7z coder of several streams", cause=Cause.UNSUPPORTED)
    properties = cursor.take(cursor.number()) if flags & 32 else b""
    return _Folder(coder, properties)


def _substreams(cursor: _Cursor, streams: _Streams) -> None:
    counts = [1] * len(streams.folders)
    kind = cursor.number()
    if kind == 13:
        counts = [cursor.count() for _ in streams.folders]
        kind = cursor.number()
    for folder, count in zip(streams.folders, counts, strict=True):
        sizes = [cursor.number() for _ in range(count - 1)] if kind == 9 else []
        folder.files = [*sizes, folder.size - sum(sizes)] if count else []
    kind = cursor.number() if kind == 9 else kind
    while kind:
        if kind != 10:
            raise BrokenError("a 7z header that cannot be read")
        missing = sum(counts)
        cursor.digests(missing)
        kind = cursor.number()


def _names(cursor: _Cursor) -> list[str]:
    """File names, of the files that have content."""
    count = cursor.count()
    names, empty = [""] * count, [False] * count
    while kind := cursor.number():
        body = _Cursor(cursor.take(cursor.number()))
        if kind == 17:
            body.byte()
            text = body.rest().decode("utf-16-le", "replace")
            names = [safe(name, 300) for name in text.split("\0")[:count]]
        elif kind == 14:
            empty = body.bits(count)
    return [name for name, void in zip(names, empty, strict=False) if not void]
