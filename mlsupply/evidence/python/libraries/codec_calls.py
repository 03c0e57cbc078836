"""The module `codecs`: what is decoded by a name, whether by `decode`, or by a decoder that is looked up first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.values import decoders, folding
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, constant, layers_of, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

BY_NAME = frozenset({"codecs.decode", "codecs.encode"})
_LOOKED_UP = frozenset(
    {
        "codecs.getdecoder",
        "codecs.getencoder",
        "codecs.lookup",
        "codecs.getincrementaldecoder",
        "codecs.getincrementalencoder",
    }
)
_PAIRS = frozenset({"codecs.getdecoder()", "codecs.getencoder()", "codecs.lookup().decode", "codecs.lookup().encode"})
_MADE = frozenset(
    {
        "codecs.getincrementaldecoder()", "codecs.getincrementalencoder()", "codecs.lookup().incrementaldecoder",
        "codecs.lookup().incrementalencoder",
    }
)  # fmt: skip
_STEPS = frozenset({"codecs.IncrementalDecoder().decode", "codecs.IncrementalDecoder().encode"})
_EACH = frozenset({"codecs.iterdecode", "codecs.iterencode"})


def modelled(call: Call) -> Value | None:
    """The result of a call of `codecs` that finds a codec or uses one; None for any other call."""
    ref = call.ref
    if not ref.startswith("codecs."):
        return None
    if ref in BY_NAME:
        data = call.arg(0, "obj")
        return by_name(data, call.arg(1, "encoding")) if data is not None else Value()
    if ref in _LOOKED_UP:
        return _named(ref + "()", call.arg(0, "encoding"))
    holder = (
        call.receiver if call.receiver is not None and call.receiver.ref in {"codecs.lookup()", _STEP} else call.function
    )
    if ref in _MADE:
        return Value(_STEP, NOTHING, holder.taint, holder.text)
    data = call.arg(0, "input", "object")
    if data is None:
        return None
    if ref in _PAIRS:
        return folding.listed([by_name(data, constant(holder.text)), Value()])
    if ref in _STEPS:
        return by_name(data, constant(holder.text))
    if ref in _EACH:
        codec = call.arg(1, "encoding")
        return folding.listed([by_name(one, codec) for one in folding.items_of(data) or [data]])
    return None


_STEP = "codecs.IncrementalDecoder()"


def _named(ref: str, codec: Value | None) -> Value:
    return Value(
        ref, NOTHING, codec.taint if codec is not None else frozenset(), text_of(codec) if codec is not None else HOLE
    )


def by_name(data: Value, codec: Value | None) -> Value:
    """`data` decoded, or encoded, by the codec of this name: the content where both are known, otherwise an unknown with one
    layer more."""
    name = codec.const if codec is not None and isinstance(codec.const, str) and HOLE not in codec.const else ""
    found = decoders.by_codec(data.const, name) if isinstance(data.const, str | bytes) and name else None
    if found is not None:
        return constant(found[1], (*data.layers, found[0]) if found[0] else data.layers, data.taint)
    own = data.known and bool(name) and not decoders.is_codec(name)
    layer = "own codec" if own else decoders.CODECS.get(name.lower(), name) or "codec"
    return Value("", NOTHING, taint_of(data), HOLE, (*layers_of(data), layer))
