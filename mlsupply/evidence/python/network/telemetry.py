"""OpenTelemetry: what a resource, a span or a measurement is given goes to where the exporter was pointed.

Sources: the OpenTelemetry Python API and SDK (`opentelemetry.sdk.*`, `opentelemetry.exporter.*`). An exporter without an
address written in the code goes where the user's settings say (`OTEL_EXPORTER_OTLP_ENDPOINT`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, layers_of, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_LIBRARY = "opentelemetry"
_OWN = "opentelemetry of the user"
_EXPORTER = re.compile(r"\.\w*Exporter$")
_PROVIDER = re.compile(r"\.\w+Provider$")
_ADDS = re.compile(r"\.(?:add_(?:span_processor|log_record_processor|metric_reader)|register_metric_reader)$")
_TELLS = re.compile(
    r"\.(?:set_attributes?|add_event|add_link|set_status|record_exception|update_name|start_(?:as_current_)?span|"
    r"add|record|set|observe|emit|set_baggage)$"
)


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call of OpenTelemetry or its objects, what it sends noted; None for any other call."""
    if not call.ref.startswith("opentelemetry.") or machine.dotted.partition(".")[0] == _LIBRARY:
        return None
    if _EXPORTER.search(call.ref):
        return _exporter(machine, call)
    receiver = call.receiver
    address = next((value.text for value in _all(call) if "opentelemetry." in value.ref and value.text != HOLE), "")
    held = taint_of(*call.all, *([receiver] if receiver is not None else []))
    if address and (_PROVIDER.search(call.ref) or _ADDS.search(call.ref)):
        _told(machine, call, held, address)
    elif _TELLS.search(call.ref) and (pointed := machine.client_addresses.get(_LIBRARY, "")):
        _told(machine, call, taint_of(*call.all), pointed)
    return Value(call.ref + "()", NOTHING, held, address or HOLE, layers_of(*call.all))


def _exporter(machine: Analyser, call: Call) -> Value:
    """Remembers the address that an exporter is made with, and notes its headers."""
    address = call.arg(0, "endpoint", "collector_endpoint", "agent_host_name", "url")
    text = text_of(address) if address is not None else HOLE
    if addresses.destination(text) in {"fixed", "chat"}:
        machine.client_addresses[_LIBRARY] = text
        opening = (call.keywords[name] for name in ("headers", "credentials", "metadata") if name in call.keywords)
        if any(map(sending.own_account, opening)):
            machine.client_addresses[_OWN] = text  # where the user has an account, and traces what the user asks it to
    headers = taint_of(*call.all)
    if has(headers, *know.SECRETS):
        _told(machine, call, headers, text)
    return Value(call.ref + "()", NOTHING, frozenset(), text)


def _told(machine: Analyser, call: Call, taint: frozenset[str], address: str) -> None:
    own = machine.client_addresses.get(_OWN) == address
    sending.note(machine, call, "body", taint, address, addresses.destination(address), own=own)


def _all(call: Call) -> list[Value]:
    return [one for value in call.all for one in (value, *folding.items_of(value)[:8])]
