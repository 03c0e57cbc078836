"""GGUF (llama.cpp): key-value metadata, read within bounds, and the chat templates in it.

Source: the GGUF specification of ggml (versions 1 to 3).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, OverBudgetError, Span
from mlsupply.evidence.models.templates import judge_template

_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_TEXT = 4 << 20  # bytes of a template that is read


@dataclass(slots=True)
class _Cursor:
    span: Span
    order: str
    wide: bool
    at: int = 4
    left: int = 0

    def number(self, shape: str, size: int) -> int:
        raw = self.span.read(self.at, size)
        if len(raw) < size:
            raise BrokenError("the metadata ends early", self.at, Cause.TRUNCATED)
        self.at += size
        value: int = struct.unpack(self.order + shape, raw)[0]
        return value

    def count(self) -> int:
        return self.number("Q", 8) if self.wide else self.number("I", 4)

    def skip(self, size: int) -> None:
        if size < 0 or self.at + size > self.span.size:
            raise BrokenError(
                f"a value of {size:,} bytes, of which {self.span.size - self.at:,} are there", self.at, Cause.TRUNCATED
            )
        self.at += size

    def string(self) -> Span:
        size = self.count()
        start = self.at
        self.skip(size)
        return self.span.sub(start, size)

    def spend(self, count: int = 1) -> None:
        self.left -= count
        if self.left < 0:
            raise OverBudgetError("more metadata values than are read")


def look_at_gguf(span: Span, look: Look) -> None:
    """Walk the metadata; judge every template. Raises `BrokenError`, `OverBudgetError`."""
    order = "<" if span.read(0, 4) == b"GGUF" and span.read(4, 4)[:2] != b"\0\0" else ">"
    version = struct.unpack(order + "I", span.read(4, 4).ljust(4, b"\0"))[0]
    if version not in {1, 2, 3}:
        raise BrokenError(f"GGUF version {version}, which is not known", 4, Cause.UNSUPPORTED)
    cursor = _Cursor(span, order, version > 1, 8, look.limits.records * 10)
    tensors, pairs = cursor.count(), cursor.count()
    if pairs * 12 > span.size or tensors * 20 > span.size:
        raise BrokenError(f"{pairs:,} values and {tensors:,} tensors in a file of {span.size:,} bytes", 8)
    for _ in range(pairs):
        key = cursor.string()
        _value(cursor, cursor.number("I", 4), key.read(0, 200), look, 0)
    _tensors(cursor, tensors, look)


def _tensors(cursor: _Cursor, count: int, look: Look) -> None:
    """The table of tensors: every one begins inside the file (the data follow the table, aligned)."""
    furthest = 0
    for _ in range(count):
        cursor.spend()
        cursor.string()
        dimensions = cursor.number("I", 4)
        if dimensions > 8:
            raise BrokenError(f"a tensor of {dimensions:,} dimensions", cursor.at)
        cursor.skip(8 * dimensions)
        cursor.skip(4)
        furthest = max(furthest, cursor.number("Q", 8))
    if count and cursor.at + furthest >= cursor.span.size:
        look.doubt(Cause.TRUNCATED, f"a tensor begins at byte {cursor.at + furthest:,}, after the end", cursor.at)


def _value(cursor: _Cursor, kind: int, key: bytes, look: Look, depth: int) -> None:
    cursor.spend()
    if kind == _STRING:
        start = cursor.at
        text = cursor.string()
        if b"chat_template" in key or b"template" in key:
            look.saw("jinja")
            words = text.read(0, _TEXT).decode("utf-8", "replace")
            judge_template(words, look, start, key.decode("utf-8", "replace"))
    elif kind == _ARRAY:
        _array(cursor, key, look, depth)
    elif kind in _WIDTHS:
        cursor.skip(_WIDTHS[kind])
    else:
        raise BrokenError(f"a value of unknown type {kind}", cursor.at)


def _array(cursor: _Cursor, key: bytes, look: Look, depth: int) -> None:
    kind, count = cursor.number("I", 4), cursor.count()
    if depth > 3:
        raise BrokenError("arrays nested too deeply", cursor.at)
    if kind in _WIDTHS:
        cursor.skip(_WIDTHS[kind] * count)
        return
    if count * 8 > cursor.span.size:
        raise BrokenError(f"an array of {count:,} values in a file of {cursor.span.size:,} bytes", cursor.at)
    for _ in range(count):
        _value(cursor, kind, key, look, depth + 1)
