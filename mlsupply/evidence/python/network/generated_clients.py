"""Clients of an API that stand for one server, as those generated from its description do (Kubernetes, Docker, OpenAPI
Generator): where a constant host is put in the place of that server, it gets what they send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values.value import HOLE, Value, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MAKES = expression(r"\.(?:Configuration|ApiClient|(?:API|Docker)Client|from_url|KubeConfig|from_server)$")
_HOST = expression(r"\(\)\.(?:\w{1,40}\(\)\.|\w{1,40}\.){0,3}(?:host|base_url|base_path|server)$")
_ADDRESS = ("host", "base_url", "url", "server")


def set_attribute(machine: Analyser, name: str, value: Value) -> None:
    """Remembers the host that is put into the settings of such a client. name: dotted name of the attribute."""
    top = name.partition(".")[0]
    if top in know.GENERATED and _HOST.search(name):
        _point(machine, top, text_of(value))


def _point(machine: Analyser, top: str, text: str) -> None:
    if text.replace(HOLE, "") and addresses.destination(text) in {"fixed", "chat"}:
        machine.client_addresses[top] = text


def used(machine: Analyser, call: Call) -> None:
    """Notes what such a client sends, where it was made for a constant host."""
    top = call.ref.partition(".")[0]
    if top not in know.GENERATED or top == machine.dotted.partition(".")[0]:
        return
    if "()" not in call.ref:
        for value in [*call.args[:1], *(call.keywords[name] for name in _ADDRESS if name in call.keywords)]:
            if _MAKES.search(call.ref):
                _point(machine, top, text_of(value))
    elif text := machine.client_addresses.get(top, ""):
        taint = taint_of(*call.all)
        sending.note(machine, call, "body", taint, text, addresses.destination(text))
