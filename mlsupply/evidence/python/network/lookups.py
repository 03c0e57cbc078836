"""DNS as a sink: data leaves in the name of a host that is looked up, to the servers of its domain."""

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


def _note_name(machine: Analyser, call: Call, name: Value) -> None:
    """Notes data in a host name of which a part is constant."""
    text = text_of(name)
    if "." in text.replace(HOLE, "") and HOLE in text:
        # the end of the name says whose servers are asked
        sending.note(machine, call, "name", name.taint, text, "given" if text.rstrip(".").endswith(HOLE) else "fixed")


def connected(machine: Analyser, call: Call) -> None:
    """Notes the host name of a connection, which is looked up first; does nothing for other calls."""
    if call.ref not in {"asyncio.open_connection", "socket.create_connection"}:
        return
    if (host := call.arg(0, "host", "address")) is not None:
        parts = folding.items_of(host) if not isinstance(host.const, str) and (host.items or host.known) else []
        _note_name(machine, call, parts[0] if parts else host)


def looked_up(machine: Analyser, call: Call) -> Value:
    """The answer to a DNS query, the name that it asks for noted."""
    name = call.arg(0, "host", "hostname", "qname")
    if name is not None:
        _note_name(machine, call, name)
        if (text := text_of(name)).rstrip(".").endswith(HOLE):
            summaries.note_take(machine, name.taint, Take("looks-up", call.ref, "given", "name", text))
    kind = "received" if call.ref.startswith("dns.") else "host-address"
    return Value(
        call.ref + "()", NOTHING, machine.origin(kind, addresses.shown(text_of(name) if name is not None else ""), call.line)
    )
