"""Keys that open an account with one service and are sent to another.

Which service a key belongs to shows only when all requests are known: `note` gathers them, `judged` compares them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.interpreter import hooks
from mlsupply.evidence.python.interpreter.call import SentKey
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.network.unread import Use, use_of
from mlsupply.evidence.python.values.taint import of_kind
from mlsupply.evidence.python.values.value import Closure, Taint, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# Parameters that are named like keys, and variables with a computed name, which may hold the key of any service.
_KEY = expression(
    r"(?i)parameter:(?:\w{0,40}_)?(?:api_?key|token|secret|password|credential)s?$|variable:a name computed at run time$"
)


def note(machine: Analyser, call: Call, shown: Taint, sent: Taint, text: str, where: str) -> None:
    """Remembers a request: keys in its headers open an account there, keys elsewhere are only sent, and so are those of a
    request whose answer nobody reads. shown, sent: the labels of headers and of the rest; text: the address; where: its
    destination."""
    unread = where in {"fixed", "chat"} and any(map(_KEY.match, shown)) and use_of(machine, call).unread
    for label in filter(_KEY.match, shown):
        machine.opened.setdefault(_of(machine, label), set()).add(text)
    labels = tuple(sorted(filter(_KEY.match, shown if unread else sent - shown)))
    takes_keys = places.MODEL_SERVICE.match(text) or addresses.TOKEN_PLACE.search(text)  # in the message itself
    if labels and where in {"fixed", "chat"} and not takes_keys:
        fields: dict[str, object] = {
            "source": "foreign-secret",
            "secrets": len(labels),
            "sink": call.ref or "a request",
            "destination": where,
            "position": "unread" if unread else "body",
            "detail": addresses.shown(text),
            "chain": machine.chain(labels, call.ref or "a request", call.line),
        }
        owned = tuple(_of(machine, label) for label in labels)
        machine.sent_keys.append(SentKey(owned, text, machine.root, call.node, fields))
    _note_session(machine, call, text, where)


_WITH_EACH = ("headers", "auth", "params", "cookies")  # what a session adds to each of its requests


def _note_session(machine: Analyser, call: Call, text: str, where: str) -> None:
    """Remembers a request of a session that shows a key with each of its requests, whichever host they are for."""
    kept = call.receiver.keys if call.receiver is not None else None
    if kept is None or where not in {"fixed", "chat"}:
        return
    shown = taint_of(*(kept[name] for name in _WITH_EACH if name in kept))
    labels = tuple(sorted({*of_kind(shown, "secret-variable"), *filter(_KEY.match, shown)}))
    if labels:
        fields: dict[str, object] = {
            "source": "foreign-secret",
            "secrets": len(labels),
            "sink": call.ref,
            "destination": where,
            "position": "body",
            "detail": addresses.shown(text),
            "chain": machine.chain(labels, call.ref, call.line),
        }
        requests = machine.sessions.setdefault(id(kept), (kept, []))[1]
        requests.append(SentKey(labels, text, machine.root, call.node, fields))


def asked(machine: Analyser, call: Call, use: Use | None, text: str, fields: dict[str, object]) -> None:
    """Remembers a request that shows a key of another service to a constant host. use: what is read of the answer, None
    where it is no such request; text: the address; fields: of the fact that was noted."""
    if use is None or use.unread:
        return
    host = addresses.host_of(text)
    if use.status:
        machine.status_only.append(SentKey((), host, machine.root, call.node, {**fields, "position": "unread"}))
    else:
        machine.asked_hosts.add(host)


def opened(machine: Analyser, call: Call) -> None:
    """Notes a client of a model service that is made with a key of that service for the host of another, and remembers which
    keys open an account with the service."""
    key, base = call.keywords.get("api_key"), call.keywords.get("base_url", call.keywords.get("api_base"))
    text = text_of(base) if base is not None else ""
    if key is not None and base is None and hooks.is_model_client(call.ref + "()"):
        for label in filter(_KEY.match, key.taint):  # a key of this service, so that nobody else needs it
            machine.opened.setdefault(_of(machine, label), set()).add(f"https://api.{call.ref.partition('.')[0]}.com")
    if key is None or addresses.destination(text) not in {"fixed", "chat"} or not hooks.is_model_client(call.ref + "()"):
        return
    host = addresses.host_of(text)
    names = [one.partition(":")[2] for one in of_kind(key.taint, "secret-variable")]
    labels = [f"secret-variable:{name}" for name in names if places.owner_of(name) and not places.is_own(name, host)]
    if labels and not addresses.OF_SERVICES.search(host) and not places.MODEL_SERVICE.match(text):
        machine.fact(
            "sends", call.node, source="foreign-secret", secrets=len(labels), sink=call.ref, destination="fixed",
            position="body", detail=addresses.shown(text), chain=machine.chain(labels, call.ref, call.line),
        )  # fmt: skip


def _of(machine: Analyser, label: str) -> str:
    """The label, made unique where it is that of a parameter: by the function, as others have parameters of the same name,
    or by the class, for what an object is made with."""
    if not label.startswith("parameter:"):
        return label
    method = machine.running[0] if machine.running else None
    if method is None or method.owner is None or (method.name != "__init__" and _takes(method, label.partition(":")[2])):
        return f"{label} of {machine.root}"
    return f"{label} of the class {method.owner.name}"


def _takes(function: Closure, name: str) -> bool:
    if isinstance(function.node, ast.ClassDef):
        return False
    args = function.node.args
    return any(arg.arg == name for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs))


def judged(machine: Analyser) -> None:
    """Notes each key that opens an account with one service and is sent to the constant address of another, and each that is
    shown to a host whose answers nobody reads anywhere: of a gateway one wants to know more than whether it is there."""
    for request in machine.status_only:
        if request.address not in machine.asked_hosts:
            machine.root = request.root
            machine.fact("sends", request.node, **request.fields)
    for _, requests in machine.sessions.values():
        _judge_session(machine, requests)
    for request in machine.sent_keys:
        registered = places.registered_name(addresses.host_of(request.address))
        opens = [(label, one) for label in request.labels for one in machine.opened.get(label, ())]
        unread = request.fields.get("position") == "unread"
        if any(_another(label, one, registered, unread=unread) for label, one in opens):
            machine.root = request.root
            machine.fact("sends", request.node, **request.fields)


def _judge_session(machine: Analyser, requests: list[SentKey]) -> None:
    """Notes the requests of a session with a key of a model service that are for somebody else: unlike a gateway, which is
    asked in the place of the service, that host gets the key beside it. Not those that one call makes for either."""
    homes = [one for one in requests if places.MODEL_SERVICE.match(one.address)]
    names = {places.registered_name(addresses.host_of(one.address)) for one in homes}
    asks_service = {one.node for one in homes}
    for request in requests if homes else ():
        host = addresses.host_of(request.address)
        known = addresses.OF_SERVICES.search(host) or places.SERVICE_OF.get(host)
        if not known and request.node not in asks_service and places.registered_name(host) not in names:
            machine.root = request.root
            machine.fact("sends", request.node, **request.fields)


def _another(label: str, opened: str, registered: str, *, unread: bool) -> bool:
    """Does the key open another service than the one it was sent to? Where the address of the service is not constant, a key
    with a computed name does, and so does one that is shown to a constant host for no answer."""
    name = places.registered_name(addresses.host_of(opened)) if addresses.destination(opened) == "fixed" else ""
    return name != registered if name else unread or label.startswith("variable:")
