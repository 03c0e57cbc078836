"""Names of hosts that are asked for: data leaves in the name itself, to whoever answers for the end of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import Take
from mlsupply.evidence.python import summaries
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call


def _name_told(machine: Analyser, call: Call, name: Value) -> None:
    text = text_of(name)
    if "." in text.replace(HOLE, "") and HOLE in text:
        # whose servers are asked stands at the end of the name
        sending.note(machine, call, "name", name.taint, text, "given" if text.rstrip(".").endswith(HOLE) else "fixed")


def connected(machine: Analyser, call: Call) -> None:
    """A connection to a host by its name, which is asked for first."""
    if call.ref not in {"asyncio.open_connection", "socket.create_connection"}:
        return
    if (host := call.arg(0, "host", "address")) is not None:
        parts = folding.items_of(host) if not isinstance(host.const, str) and (host.items or host.known) else []
        _name_told(machine, call, parts[0] if parts else host)


def looked_up(machine: Analyser, call: Call) -> Value:
    """A DNS query: data leaves in the name that is asked for."""
    name = call.arg(0, "host", "hostname", "qname")
    if name is not None:
        _name_told(machine, call, name)
        if (text := text_of(name)).rstrip(".").endswith(HOLE):
            summaries.note_take(machine, name.taint, Take("looks-up", call.ref, "given", "name", text))
    kind = "received" if call.ref.startswith("dns.") else "host-address"
    return Value(
        call.ref + "()", NOTHING, machine.origin(kind, addresses.shown(text_of(name) if name is not None else ""), call.line)
    )
