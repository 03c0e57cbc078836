"""Files in memory (`io.BytesIO`, `io.StringIO`): what is written to them in parts is read from them as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import unknown_calls
from mlsupply.evidence.python.libraries import layered_files
from mlsupply.evidence.python.values import folding, written
from mlsupply.evidence.python.values.value import Value, constant, layers_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MADE = {"io.BytesIO": b"", "io.StringIO": ""}


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of making such a file, or of reading all of it; None for any other call. What is written to it is kept."""
    if layered_files.is_writer(call.ref) and (below := layered_files.below(call)) is not None:
        made = unknown_calls.result_of(machine, call)
        made.keys = {"into": below}
        return made
    if not call.ref.startswith(tuple(_MADE)):
        return None
    if call.ref in _MADE:
        made = unknown_calls.result_of(machine, call)
        first = call.arg(0, "initial_bytes", "initial_value")
        written.begin(made, first.copy() if first is not None else constant(_MADE[call.ref]))
        return made
    held = written.content(call.receiver) if call.receiver is not None else None
    if held is None or call.receiver is None:
        return None
    method = call.ref.rpartition(".")[2]
    if method in {"write", "writelines"} and call.args:
        for part in folding.items_of(call.args[0]) if method == "writelines" else call.args[:1]:
            written.add(call.receiver, part)
    if method in {"getvalue", "getbuffer"} or (method == "read" and not call.args):
        return _read(held, unknown_calls.result_of(machine, call))
    return None


def _read(held: Value, result: Value) -> Value:
    """What reading gives. result: what it would give were the content not known."""
    found = held.copy() if held.known else result
    found.taint, found.layers = held.taint | result.taint, layers_of(held, result)
    return found
