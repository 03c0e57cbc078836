"""Compressed single files, as joblib, gzip and shell tools write them: unpacked within the budget and judged again."""

from __future__ import annotations

from functools import partial

from mlsupply.evidence.models.compression import expand
from mlsupply.evidence.models.dispatch import enter
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, Span


def _unpack(span: Span, look: Look, method: str) -> None:
    """What `method` unpacks to, within the budget."""
    unpacked = expand(span, method, look.room(span.size))
    if not unpacked.whole:
        look.cut(unpacked.span.size, span.size, f"the {method} data")
    look.spend(unpacked.span.size)
    enter(unpacked.span, look, method)
    rest = span.sub(unpacked.used)
    if unpacked.whole and rest.read(0, 1 << 16).strip(b"\0"):
        if method == "gzip" and rest.startswith(b"\x1f\x8b"):
            enter(rest, look, "next gzip member")
        else:
            look.doubt(Cause.TRAILING, f"{rest.size:,} bytes after the compressed data", unpacked.used)
            enter(rest, look, "after the compressed data")


look_at_gzip = partial(_unpack, method="gzip")
look_at_bzip2 = partial(_unpack, method="bzip2")
look_at_xz = partial(_unpack, method="xz")
look_at_lzma = partial(_unpack, method="lzma")
look_at_lz4 = partial(_unpack, method="lz4")


def look_at_zlib(span: Span, look: Look) -> None:
    """Text may begin like zlib data (`x` and a character): what does not unpack at all is judged as something else."""
    try:
        expand(span, "zlib", 1 << 12)
    except BrokenError:
        from mlsupply.evidence.models.texts import look_at_unknown

        look_at_unknown(span, look)
    else:
        _unpack(span, look, "zlib")


def look_at_zfile(span: Span, look: Look) -> None:
    """joblib before 0.10: `ZF`, the length as hexadecimal text padded to 19 bytes, zlib data."""
    for length in (21, 12):
        if span.read(length, 1) == b"\x78":
            _unpack(span.sub(length), look, "zlib")
            return
    raise BrokenError("a joblib ZF file whose header cannot be read", 0)
