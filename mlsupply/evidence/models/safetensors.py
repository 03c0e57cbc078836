"""safetensors: a JSON header and raw numbers. The checks are those of the reference reader (safetensors 0.4 and later):
header below 100 MB, no holes, no overlaps, no bytes behind the last tensor."""

from __future__ import annotations

import json
import struct

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, Span

_MOST = 100_000_000  # bytes of a header, by the reference reader
_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16}
_BITS |= {"I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}


def look_at_safetensors(span: Span, look: Look) -> None:
    """Check the header against the file; the numbers are not read. Raises `BrokenError`."""
    size = struct.unpack("<Q", span.read(0, 8))[0]
    if size > min(_MOST, look.limits.json):
        raise BrokenError(f"a header of {size:,} bytes", 0, Cause.LIMIT if size <= span.size else Cause.MALFORMED)
    if 8 + size > span.size:
        raise BrokenError(f"a header of {size:,} bytes in a file of {span.size:,}", 0, Cause.TRUNCATED)
    header = _header(span.read(8, size))
    spans = sorted(_tensor(name, entry) for name, entry in header.items() if name != "__metadata__")
    at = 0
    for first, last, name in spans:
        if first != at:
            raise BrokenError(f"the tensor {name!r} leaves a hole or overlaps another", 8 + size + first)
        at = last
    held = span.size - 8 - size
    if at > held:
        raise BrokenError(f"the tensors need {at:,} bytes and {held:,} are there", 8 + size, Cause.TRUNCATED)
    if at < held:
        from mlsupply.evidence.models.pickles import search

        look.doubt(Cause.TRAILING, f"{held - at:,} bytes that belong to no tensor", 8 + size + at)
        search(span.sub(8 + size + at), look, 8 + size + at)


def _header(raw: bytes) -> dict[str, object]:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        table = dict(pairs)
        if len(table) != len(pairs):
            raise BrokenError("a name that occurs twice in the header", 8)
        return table

    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise BrokenError(f"a header that is not JSON: {error}", 8) from error
    if not isinstance(header, dict):
        raise BrokenError("a header that is no table", 8)
    metadata = header.get("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise BrokenError("metadata that is not text", 8)
    return header


def _tensor(name: str, entry: object) -> tuple[int, int, str]:
    """(first byte, last byte, name). Raises `BrokenError` where type, shape and place do not fit together."""
    match entry:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(first), int(last)]} if kind in _BITS:
            count = 1
            for side in shape:
                count *= side if isinstance(side, int) and 0 <= side < 1 << 48 else -1
            if 0 <= first <= last and count >= 0 and (count * _BITS[kind] + 7) // 8 == last - first:
                return first, last, name[:80]
    raise BrokenError(f"the tensor {name[:80]!r} whose type, shape and place do not fit together", 8)
