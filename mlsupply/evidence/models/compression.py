"""Decompression with a bound on what comes out: deflate, zlib, gzip, bzip2, xz, lzma and LZ4 frames."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Span
from mlsupply.named import NamedTuple

_CHUNK = 1 << 17


class Unpacked(NamedTuple):
    """span: what came out, cut at the limit; whole: the data ended as it should and nothing was cut; used: bytes read."""

    span: Span
    whole: bool
    used: int = 0


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def expand(span: Span, method: str, limit: int) -> Unpacked:
    """Decompress by `method` (a key of `METHODS`), at most `limit` bytes. Damage after the first byte gives what came
    before it, not whole. Raises `BrokenError` where nothing comes out."""
    if method == "lz4":
        return _lz4(span, limit)
    machine = METHODS[method]()
    out = bytearray()
    at = 0
    try:
        while not machine.eof and len(out) <= limit:
            pending = getattr(machine, "unconsumed_tail", b"")
            chunk = pending or (span.read(at, _CHUNK) if getattr(machine, "needs_input", True) else b"")
            at += 0 if pending else len(chunk)
            if not chunk and getattr(machine, "needs_input", True):
                break
            out += machine.decompress(chunk, limit + 1 - len(out))
    except (OSError, EOFError, ValueError, _zlib_error(), _lzma_error()) as error:
        if not out:
            raise BrokenError(f"compressed data is damaged: {error}", 0) from error
        return Unpacked(Span.of(bytes(out[:limit])), False, at)
    unused = len(getattr(machine, "unused_data", b""))
    return Unpacked(Span.of(bytes(out[:limit])), machine.eof and len(out) <= limit, at - unused)


def _zlib_error() -> type[Exception]:
    import zlib

    return zlib.error


def _lzma_error() -> type[Exception]:
    try:
        from lzma import LZMAError
    except ImportError:  # a Python built without liblzma
        return OSError
    return LZMAError


def _zlib(window: int) -> Callable[[], _Decompressor]:
    def make() -> _Decompressor:
        import zlib

        return zlib.decompressobj(window)

    return make


def _bz2() -> _Decompressor:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _lzma(form: str) -> Callable[[], _Decompressor]:
    def make() -> _Decompressor:
        try:
            import lzma
        except ImportError as error:
            raise BrokenError("this Python has no lzma, so the data cannot be read", cause=Cause.UNSUPPORTED) from error
        shape = lzma.FORMAT_XZ if form == "xz" else lzma.FORMAT_ALONE
        return lzma.LZMADecompressor(shape, memlimit=_LZMA_MEMORY)

    return make


_LZMA_MEMORY = 80 << 20
METHODS: dict[str, Callable[[], _Decompressor]] = {
    "deflate": _zlib(-15),
    "zlib": _zlib(15),
    "gzip": _zlib(31),
    "bzip2": _bz2,
    "xz": _lzma("xz"),
    "lzma": _lzma("alone"),
}


def _lz4(span: Span, limit: int) -> Unpacked:
    """An LZ4 frame (LZ4 Frame Format 1.6.4). Raises `BrokenError`."""
    flags = span.read(4, 1)
    if not flags:
        raise BrokenError("an LZ4 frame that ends in its header", 4, Cause.TRUNCATED)
    at = 7 + (8 if flags[0] & 8 else 0) + (4 if flags[0] & 1 else 0)
    out = bytearray()
    while len(out) <= limit:
        head = span.read(at, 4)
        if len(head) < 4:
            return Unpacked(Span.of(bytes(out[:limit])), False, at)
        size = struct.unpack("<I", head)[0]
        if size == 0:
            return Unpacked(Span.of(bytes(out)), True, at + 4 + (4 if flags[0] & 4 else 0))
        block = span.read(at + 4, min(size & 0x7FFFFFFF, limit + 1))
        if size >> 31:
            out += block
        else:
            _lz4_block(block, out, limit)
        at += 4 + (size & 0x7FFFFFFF) + (4 if flags[0] & 16 else 0)
    return Unpacked(Span.of(bytes(out[:limit])), False, at)


def _lz4_block(block: bytes, out: bytearray, limit: int) -> None:
    """One block appended to `out` (LZ4 Block Format). Raises `BrokenError`."""
    at = 0
    try:
        while at < len(block) and len(out) <= limit:
            token = block[at]
            length, at = _lz4_length(block, at + 1, token >> 4)
            out += block[at : at + length]
            at += length
            if at >= len(block):
                return
            distance = block[at] | block[at + 1] << 8
            length, at = _lz4_length(block, at + 2, token & 15)
            _lz4_copy(out, distance, min(length + 4, limit + 1))
    except IndexError as error:
        raise BrokenError("an LZ4 block that is cut off", at, Cause.TRUNCATED) from error


def _lz4_length(block: bytes, at: int, length: int) -> tuple[int, int]:
    if length == 15:
        while True:
            more = block[at]
            at += 1
            length += more
            if more < 255:
                break
    return length, at


def _lz4_copy(out: bytearray, distance: int, length: int) -> None:
    if not 0 < distance <= len(out):
        raise BrokenError("an LZ4 block that refers to nothing")
    piece = out[-distance:]
    out += (piece * (length // distance + 1))[:length] if distance < length else piece[:length]
