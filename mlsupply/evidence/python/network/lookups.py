"""DNS as a sink: data leaves in the name of a host that is looked up, to the servers of its domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import Take
from mlsupply.evidence.python import summaries
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, taint_of, text_of
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call


def _note_name(machine: Analyser, call: Call, name: Value) -> None:
    """Notes data in a host name of which a part is constant."""
    text = text_of(name)
    if "." in text.replace(HOLE, "") and HOLE in text:
        # the end of the name says whose servers are asked
        given = text.rstrip(".").endswith(HOLE)
        sending.note(machine, call, "name", name.taint, text, "given" if given else "fixed")
        if not given and name.taint >= _SPELLED and not text.rstrip(".").endswith(".arpa"):
            fields = {"source": "parameter", "sink": call.ref, "destination": "fixed"}
            machine.fact(
                "spells-out", call.node, detail=f"what it is given is spelled into names below {_zone(text)}", **fields
            )


def spelled(call: Call, name: str) -> Taint:
    """The label of data from a caller that this call spells in the letters that a host name may have: not of a digest, which
    does not tell what it was made of. name: of the method."""
    if call.ref not in _SPELLS and not (name == "hex" and not call.all and call.receiver is not None):
        return CLEAN
    data = call.receiver if name == "hex" else call.args[0] if call.args else None
    if data is None or data.ref.startswith(_TELLS_NOTHING) or not has(taint_of(data), "parameter"):
        return CLEAN
    return _SPELLED


def _zone(text: str) -> str:
    """The end of a host name, behind what is not known."""
    return safe(text.rpartition(HOLE)[2].lstrip("."), 100)


_SPELLED = frozenset(("spelled:letters of a host name",))
_SPELLS = frozenset(
    {
        "base64.b32encode", "base64.b32hexencode", "base64.b16encode", "base64.b64encode", "base64.urlsafe_b64encode",
        "base64.standard_b64encode", "base64.encodebytes", "binascii.hexlify", "binascii.b2a_hex", "binascii.b2a_base64",
    }
)  # fmt: skip
_TELLS_NOTHING = ("hashlib.", "hmac.", "socket.inet_", "ipaddress.")  # digests, and addresses, which are looked up so


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
