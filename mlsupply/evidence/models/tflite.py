"""TensorFlow Lite: which operators a model needs, read from the flatbuffer. Fields from TensorFlow's schema.fbs (version 3):
Model.operator_codes is field 1; OperatorCode has deprecated_builtin_code (0), custom_code (1), builtin_code (3).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, OverBudgetError, Span
from mlsupply.evidence.models.savedmodel import known_operators, why_blocked
from mlsupply.text import safe

_CUSTOM = 32  # BuiltinOperator.CUSTOM
_DELEGATE = 51  # BuiltinOperator.DELEGATE
_SHIPPED = {"TFLite_Detection_PostProcess", "AudioSpectrogram", "Mfcc", "NumericVerify", "AtanTensor", "ReadVariable"}
_SHIPPED |= {
    "TFSegmentSum",
    "AssignVariable",
    "VarHandle",
    "aeq.hashtable_lookup",
    "RandomUniform",
    "MaxPoolingWithArgmax2D",
}
_MOST = 20_000


def look_at_tflite(span: Span, look: Look) -> None:
    """Judge the operators. A built-in one is arithmetic; `Flex` ones are TensorFlow's; others come as native code.
    Raises `BrokenError`, `OverBudgetError`."""
    for offset, builtin, custom in _operators(span):
        if builtin == _DELEGATE:
            look.doubt(Cause.CUSTOM, "a delegate, which comes as native code", offset)
        elif builtin != _CUSTOM or custom in _SHIPPED:
            continue
        elif custom.startswith("Flex") and (why := why_blocked(custom[4:])):
            look.block(Cause.OPERATOR, f"the operator {safe(custom, 80)} {why}", offset)
        elif not (custom.startswith("Flex") and custom[4:] in known_operators()):
            look.doubt(Cause.CUSTOM, f"the operator {safe(custom, 80)!r} comes as native code", offset)


def _operators(span: Span) -> Iterator[tuple[int, int, str]]:
    """(offset, built-in code, custom name) of every operator the model declares."""
    root = _u32(span, 0)
    codes = _field(span, root, 1)
    if codes == 0:
        raise BrokenError("a model without operators", root)
    vector = codes + _u32(span, codes)
    count = _u32(span, vector)
    if count > _MOST:
        raise OverBudgetError(f"{count:,} operators")
    for index in range(count):
        at = vector + 4 + 4 * index
        table = at + _u32(span, at)
        old, name, new = (_field(span, table, number) for number in (0, 1, 3))
        code = max(_number(span, old, 1), _number(span, new, 4))
        yield table, code, _text(span, name)


def _u32(span: Span, at: int) -> int:
    raw = span.read(at, 4)
    if at < 0 or len(raw) < 4:
        raise BrokenError("an offset that leads out of the file", at, Cause.TRUNCATED)
    return int.from_bytes(raw, "little")


def _field(span: Span, table: int, number: int) -> int:
    """Where a field of a table stands, 0 where it has its default."""
    raw = span.read(table, 4)
    if len(raw) < 4:
        raise BrokenError("a table outside the file", table, Cause.TRUNCATED)
    layout = table - struct.unpack("<i", raw)[0]
    sizes = span.read(layout, 2) if layout >= 0 else b""
    if len(sizes) < 2:
        raise BrokenError("a table without its layout", table)
    if int.from_bytes(sizes, "little") < 6 + 2 * number:
        return 0
    place = int.from_bytes(span.read(layout + 4 + 2 * number, 2), "little")
    return table + place if place else 0


def _number(span: Span, at: int, size: int) -> int:
    return int.from_bytes(span.read(at, size), "little", signed=True) if at else 0


def _text(span: Span, at: int) -> str:
    if not at:
        return ""
    start = at + _u32(span, at)
    return span.read(start + 4, min(_u32(span, start), 200)).decode("utf-8", "replace")
