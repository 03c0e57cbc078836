"""Files in memory (`io.BytesIO`, `io.StringIO`): what is written to them in parts is read from them as a whole."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import unknown_calls
from mlsupply.evidence.python.values import folding, operators
from mlsupply.evidence.python.values.value import Value, constant

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MADE = {"io.BytesIO": b"", "io.StringIO": ""}
_HELD = "held in memory"  # key of a file's value for its content; no attribute has such a name
_MOST = 1 << 20  # characters or bytes that are put together


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of making such a file, or of reading all of it, where its content is known; None for any other call. What
    is written to it is kept."""
    if not call.ref.startswith(tuple(_MADE)):
        return None
    if call.ref in _MADE:
        made = unknown_calls.result_of(machine, call)
        first = call.arg(0, "initial_bytes", "initial_value")
        made.keys = {_HELD: first.copy() if first is not None else constant(_MADE[call.ref])}
        return made
    held = (call.receiver.keys or {}).get(_HELD) if call.receiver is not None else None
    if held is None or call.receiver is None or call.receiver.keys is None:
        return None
    method = call.ref.rpartition(".")[2]
    if method in {"write", "writelines"} and call.args:
        parts = folding.items_of(call.args[0]) if method == "writelines" else [call.args[0]]
        for part in parts:
            held = _with(held, part)
        call.receiver.keys[_HELD] = held
    whole = method in {"getvalue", "getbuffer"} or (method == "read" and not call.args)
    if not whole or not held.known:
        return None
    result = held.copy()
    result.taint |= call.receiver.taint
    return result


def _with(held: Value, part: Value) -> Value:
    """The content with one more part behind it."""
    known = isinstance(held.const, str | bytes) and isinstance(part.const, str | bytes | bytearray)
    if known and len(held.const) + len(part.const) > _MOST:
        return Value(layers=(*held.layers, *part.layers))
    return operators.binary(ast.Add, held, part)
