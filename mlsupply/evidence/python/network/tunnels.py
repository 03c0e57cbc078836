"""Connections to wherever a fixed host says: through them that host reaches what this machine reaches.

A server of proxies asks its own client for the address, and a client of a service is given its hosts by a request: neither
is meant. Here the code holds the address of the one it obeys, and a stream to it is open.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has, of_kind
from mlsupply.evidence.python.values.value import taint_of
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_STREAM = (
    r"(?:socket\.(?:socket|create_connection)|asyncio\.open_connection|"
    r"websockets?\.(?:\w{1,40}\.){0,3}(?:connect|create_connection))"
)
_OPENS = expression(rf"{_STREAM}$|socket\.socket\(\)\.connect$")
_SAID = expression(rf"received:(?P<stream>{_STREAM})\(\)\.")


class Led(NamedTuple):
    """A connection to an address that came over a stream. stream: the dotted name of what opened that one."""

    stream: str
    node: ast.AST
    root: str
    sink: str


def opened(machine: Analyser, call: Call, text: str) -> None:
    """Keeps in mind a stream to a fixed host, or to an address that came over one. text: where it goes."""
    if not _OPENS.match(call.ref) or not call.args:
        return
    if addresses.destination(text) == "fixed":
        machine.fixed_streams.add(call.ref.removesuffix("().connect"))
        return
    given = taint_of(*call.args, *folding.items_of(call.args[0]))
    if has(given, "parameter", "variable"):
        return
    found = next(filter(None, map(_SAID.match, of_kind(given, "received"))), None)
    if found is not None:
        machine.led.append(Led(found["stream"], call.node, machine.root, call.ref))


def judged(machine: Analyser) -> None:
    """Notes the connections to where a fixed host said."""
    for one in machine.led:
        if one.stream in machine.fixed_streams:
            machine.root = one.root
            detail = "a connection is opened to whatever address a host named in the code gives"
            machine.fact("opens-host", one.node, source="received", sink=one.sink, detail=detail)
