"""numpy's array files: the header is a Python literal, the body numbers or, for object arrays, a pickle (NEP 1)."""

from __future__ import annotations

import struct

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, Span
from mlsupply.evidence.models.pickles import look_at_pickle, search
from mlsupply.evidence.python.syntax import quietly

_HEADER = 1 << 18  # bytes of a header; numpy itself warns above 10,000


def look_at_npy(span: Span, look: Look) -> None:
    """Judge the header and, where the array holds objects, the pickle behind it. Raises `BrokenError`."""
    start, descr, shape = _read_header(span)
    body = span.sub(start)
    if _holds_objects(descr):
        look.notes.append("object array")
        look_at_pickle(body, look)
    else:
        need = _count(shape, start) * _width(descr, start)
        _sizes(need, body.size, start, look)
        search(body.sub(need), look, start + need)


def holds_numbers(head: Span, size: int, look: Look) -> bool:
    """Whether a member of `size` bytes that begins with `head` is an array of numbers; if it is, its size is judged.
    Raises `BrokenError`."""
    if not head.startswith(b"\x93NUMPY"):
        return False
    start, descr, shape = _read_header(head)
    if _holds_objects(descr):
        return False
    _sizes(_count(shape, start) * _width(descr, start), size - start, start, look)
    return True


def _sizes(need: int, there: int, start: int, look: Look) -> None:
    if there < need:
        look.doubt(Cause.TRUNCATED, f"the array needs {need:,} bytes and {there:,} are there", start)
    elif there > need:
        look.doubt(Cause.TRAILING, f"{there - need:,} bytes after the array", start + need)


def _read_header(span: Span) -> tuple[int, object, tuple[object, ...]]:
    """(where the body begins, type description, shape). Raises `BrokenError`."""
    major = span.read(6, 1)
    if major not in {b"\1", b"\2", b"\3"}:
        raise BrokenError("an array file of a version that does not exist", 6)
    wide = major != b"\1"
    size = struct.unpack("<I" if wide else "<H", _exact(span, 8, 4 if wide else 2))[0]
    start = 12 if wide else 10
    if size > _HEADER:
        raise BrokenError(f"an array header of {size:,} bytes", 8)
    return start + size, *_header(_exact(span, start, size), start)


def _exact(span: Span, at: int, count: int) -> bytes:
    raw = span.read(at, count)
    if len(raw) < count:
        raise BrokenError("an array header that is cut off", at, Cause.TRUNCATED)
    return raw


def _header(raw: bytes, at: int) -> tuple[object, tuple[object, ...]]:
    """(type description, shape) from the literal. `literal_eval` builds constants only."""
    try:
        header = quietly.literal(raw.decode("latin-1").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise BrokenError("an array header that is no literal", at) from error
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        raise BrokenError("an array header without descr, fortran_order and shape", at)
    shape = header["shape"]
    if not isinstance(shape, tuple):
        raise BrokenError("an array header whose shape is no tuple", at)
    return header["descr"], shape


def _count(shape: tuple[object, ...], at: int) -> int:
    count = 1
    for side in shape:
        if not isinstance(side, int) or not 0 <= side < 1 << 48:
            raise BrokenError("an array header whose shape is no shape", at)
        count *= side
    return count


def _holds_objects(descr: object, depth: int = 0) -> bool:
    if isinstance(descr, str):
        return "O" in descr
    if isinstance(descr, list | tuple) and depth < 8:
        return any(
            _holds_objects(part, depth + 1) for field in descr for part in (field[1:] if _is_field(field) else [field])
        )
    return False


def _is_field(value: object) -> bool:
    return isinstance(value, tuple) and len(value) >= 2


def _width(descr: object, at: int) -> int:
    """Bytes an element of `<f8`, or of a list of fields. Raises `BrokenError`."""
    if isinstance(descr, str):
        digits = descr.lstrip("<>|=")[1:].partition("[")[0]
        if not digits.isdigit() or len(digits) > 9:
            raise BrokenError("an array header with an unknown type", at)
        return int(digits) * (4 if "U" in descr else 1)
    if isinstance(descr, list) and all(_is_field(field) for field in descr) and len(descr) < 10_000:
        return sum(_width(f[1], at) * (_count(_shape(f[2]), at) if len(f) > 2 else 1) for f in descr)
    raise BrokenError("an array header with an unknown type", at)


def _shape(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)
