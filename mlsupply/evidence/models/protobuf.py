"""A bounded reader of protobuf's wire format (encoding specification): fields of one message, nothing built."""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Span
from mlsupply.named import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """number and wire type; value of a varint; span of a length-delimited field."""

    number: int
    wire: int
    value: int
    span: Span


def _varint(span: Span, at: int) -> tuple[int, int]:
    value = shift = 0
    for byte in span.read(at, 10):
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise BrokenError("a number that does not end", at, Cause.TRUNCATED)


def fields(span: Span) -> Iterator[Field]:
    """The fields in order. Raises `BrokenError` where the bytes are no message."""
    at = 0
    while at < span.size:
        tag, at = _varint(span, at)
        wire, number = tag & 7, tag >> 3
        if number == 0:
            raise BrokenError("field number 0", at)
        if wire == VARINT:
            value, at = _varint(span, at)
            yield Field(number, wire, value, span.sub(at, 0))
            continue
        if wire == BYTES:
            size, at = _varint(span, at)
        elif wire in {FIXED64, FIXED32}:
            size = 8 if wire == FIXED64 else 4
        else:
            raise BrokenError(f"wire type {wire}", at)
        if at + size > span.size:
            raise BrokenError(f"a field of {size:,} bytes, of which {span.size - at:,} are there", at, Cause.TRUNCATED)
        yield Field(number, wire, 0, span.sub(at, size))
        at += size


def parts(span: Span, *numbers: int) -> Iterator[Span]:
    """What the length-delimited fields of these numbers hold, in order: submessages, text or bytes. Raises `BrokenError`."""
    return (field.span for field in fields(span) if field.wire == BYTES and field.number in numbers)


def text_of(part: Span, most: int = 2000) -> str:
    """A string field's text, cut at `most` bytes."""
    return part.read(0, most).decode("utf-8", "replace")


def head(span: Span, count: int = 12) -> list[Field]:
    """The first fields, as far as they can be read; for recognition."""
    found: list[Field] = []
    try:
        for field in fields(span):
            found.append(field)
            if len(found) == count:
                break
    except BrokenError:
        pass  # the reader that is chosen reports the damage
    return found
