"""Requests and messages as sinks: which secret is sent, in which part of the message, and to whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import Take
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places, summaries
from mlsupply.evidence.python.interpreter import hooks, replacements
from mlsupply.evidence.python.libraries import storage
from mlsupply.evidence.python.network import addresses, answers, connecting, far_end, misdirected_keys, requested
from mlsupply.evidence.python.network.message import Message, asks_for_token, message_of, odd_headers
from mlsupply.evidence.python.network.unread import Use, use_of
from mlsupply.evidence.python.values.containers import INTERCEPTED_KEY
from mlsupply.evidence.python.values.taint import has, kinds_in, kinds_of, of_kind
from mlsupply.evidence.python.values.value import CLEAN, HOLE, Taint, Value, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_SECRET_KINDS = (
    "credential-file", "wallet", "browser-store", "keychain", "cloud-metadata", "cluster-secret", "environment", "history",
    "home-files", "keystrokes", "screen", "camera", "clipboard", "intercepted", "system-file", "chat-store",
    "secret-variable", "work-files", "process-list", "host-identity", "command-output",
)  # fmt: skip
_BESIDE_KEYS = frozenset({"secret-variable", "process-list", "host-identity", "command-output"})
_SEEN_BY_MODELS = frozenset({"screen", "camera", "clipboard", "home-files", "intercepted"})


def sent(machine: Analyser, call: Call) -> Value:
    """Notes what a call sends in a request or message, and whom it contacts. Returns the answer."""
    message = message_of(call)
    if "hooks" in call.keywords:
        replacements.follow_hooks(machine, call.keywords["hooks"], call.node)
    if message.where != "metadata":
        _note_parts(machine, call, message)
    far_end.changed(machine, call, message)
    machine.fact(
        "contacts",
        call.node,
        sink=call.ref,
        destination=message.where,
        detail=addresses.shown(message.text),
        layers=_hidden_in(machine, message.address, message.text),
    )
    answer = answers.answer(machine, call, message.text, message.address_taint)
    if call.receiver is not None and call.receiver.keys is not None and "headers" in call.receiver.keys:
        call.receiver.keys["answer"] = answer
    return answer


def _note_parts(machine: Analyser, call: Call, message: Message) -> None:
    """Notes each part of the message with what in it is a secret to its receiver."""
    text, where, headers = message.text, message.where, taint_of(*message.headers)
    body, address = _taints(machine, call, message)
    credentials = _credentials_handed_over(machine, call, body | headers, text)
    body |= credentials
    own = not credentials and any(own_account(value) for value in message.headers)
    renews = asks_for_token(message)
    if renews:  # the package's own entries of the keychain are tokens of that service
        body, address = _without_own(machine, body), _without_own(machine, address)
    body_place = "header" if renews and not has(body, *know.SECRETS) else "body"
    body |= _who_asks_what(machine, call, body)
    body, address = body | requested.passing(machine, body), address | requested.passing(machine, address)
    for place, whither in [(text, where), *connecting.given_by_answer(call, message.address, body)]:
        note(machine, call, body_place, body, place, whither, own=own)
    if text != HOLE or has(address, "received") or kinds_in(address) & know.SECRETS != {"credential-file"}:
        note(machine, call, "address", address, text, where, own=own)  # otherwise a file of the user holds the whole address
    note(machine, call, "body", taint_of(*odd_headers(message.headers)), text, where, own=own)
    cookies = _cookies(call)
    chosen = where == "given" and text == HOLE and not has(message.address_taint, *_OF_OTHERS)
    note(machine, call, "cookies" if chosen else "body", taint_of(*cookies), text, where, own=own)
    if chosen:
        headers = taint_of(*(one for one in message.headers if not any(one is cookie for cookie in cookies)))
    note(machine, call, "header", headers, text, where)
    if no_login := frozenset(filter(NO_LOGIN.match, headers)):
        note(machine, call, "body", no_login, text, where, own=own)
    of_service = addresses.OF_SERVICES.search(addresses.host_of(text))
    if has(headers, "intercepted") and addresses.names_services(machine.lines) and not of_service:
        # intercepted headers hold the key of a model service, and this is none
        note(machine, call, "body", frozenset(of_kind(headers, "intercepted")), text, where)
    misdirected_keys.note(machine, call, headers, body | address, text, where)


def _cookies(call: Call) -> list[Value]:
    """The cookies of a request, and those of its session."""
    kept = call.receiver.keys if call.receiver is not None else None
    return [given["cookies"] for given in (call.keywords, kept or {}) if "cookies" in given]


# Cookies are apart from the body where whoever starts the program names the site that gets them: where nothing of its
# address is written in the package, as a default would be, and nothing comes from elsewhere.
_OF_OTHERS = frozenset({"received", "encoded", "package-file", "variable", "request"})


# What no service takes as a login, in whichever header it is sent.
NO_LOGIN = expression(
    r"(?:history|keystrokes|chat-store|screen|camera|clipboard):|credential-file:.*(?:\.ssh|id_(?:rsa|ed25519|ecdsa|dsa))"
)


def _taints(machine: Analyser, call: Call, message: Message) -> tuple[Taint, Taint]:
    """(labels of the body, labels of the address). Notes a datagram's address itself, as a name that is looked up."""
    text = message.text
    body, address = taint_of(*message.body), message.address_taint
    if message.where == "given" and _set_by_user(call):
        body -= frozenset(of_kind(body, "credential-file", "secret-variable"))
        address -= frozenset(of_kind(address, "credential-file", "secret-variable"))
    if call.ref.endswith(".sendto") and len(call.args) > 1:
        # the address comes last: data in a part of the host name, and a secret in the host or port, reach the receiver
        to = address | taint_of(call.args[-1])
        labels = address if HOLE in text and text != HOLE else frozenset(of_kind(to, *(know.SECRETS - _NAMES_HOSTS)))
        note(machine, call, "name", labels, text, message.where)
        return taint_of(*call.args[:-1]), CLEAN
    if "socket" in call.ref or "smtplib" in call.ref:
        body |= taint_of(*call.args)
    if call.ref.startswith("paramiko."):
        body |= storage.put_there(machine, call)
    return body, address


_NAMES_HOSTS = frozenset(("system-file", "environment", "foreign-secret", "intercepted"))  # may well hold the name of a host
_ASKED = expression(
    r"parameter:(?:messages|prompts?|conversation|chat_history|dialog(?:ue)?|completions?|transcript|user_(?:input|message|prompt))$"
)


def _who_asks_what(machine: Analyser, call: Call, taint: Taint) -> Taint:
    """The label for prompts of a user that are sent with an identity, where the answer is ignored: they are watched."""
    if call.node is not machine.ignored_result:
        return CLEAN
    who = [one for one in of_kind(taint, "host-identity") if not know.HOST_DETAILS.match(one)]
    return frozenset(("intercepted:what is asked, and who asks",)) if who and any(map(_ASKED.match, taint)) else CLEAN


_SAYS_WHERE = expression(r"variable:(?:\w{1,60}_)?(?:ADDR|ADDRESS|URL|URI|HOST|ENDPOINT|SERVER|BASE)$")


def _set_by_user(call: Call) -> bool:
    """Was the client made for a host from a variable of the environment, as for services that people host themselves? Then
    credentials belong there."""
    base = (call.receiver.keys or {}).get("base") if call.receiver is not None else None
    return base is not None and any(map(_SAYS_WHERE.match, base.taint))


def _credentials_handed_over(machine: Analyser, call: Call, taint: Taint, text: str) -> Taint:
    """The label for credentials that pass through a method of a client which handles them, and are sent elsewhere. Not where
    the answer is read: then it may be the request for a token."""
    if call.node is not machine.ignored_result or not has(taint, "parameter") or places.LOCAL.match(text):
        return CLEAN
    return frozenset(("intercepted:credentials",)) if any(map(hooks.holds_credentials, machine.running)) else CLEAN


_SEED = expression(r"(?i)private_?key|mnemonic|seed_?phrase|secret_?phrase")


def _without_own(machine: Analyser, taint: Taint) -> Taint:
    """The labels without the entries of a keychain that bear the name of this package."""
    own = _letters(machine.dotted.partition(".")[0])
    if len(own) < 4:
        return taint
    return frozenset(
        one for one in taint if not (one.startswith("keychain:keyring.") and own in _letters(one.partition(" ")[2]))
    )


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _hidden_in(machine: Analyser, address: Value, text: str) -> tuple[str, ...]:
    """The encodings that hide the address; none where its host also stands in the module in plain text."""
    from mlsupply.evidence.python.values.decoders import hiding

    layers = hiding(address.layers)
    host = addresses.host_of(text).replace(HOLE, "")
    return layers if layers and host and not any(host in line for line in machine.lines) else ()


def own_account(header: Value, depth: int = 3) -> bool:
    """Does the header hold a credential from the user's settings or the caller, and no constant of the module?"""
    if has(header.taint, "variable", "secret-variable", "parameter") and not header.known:
        if has(header.taint, "request"):
            return False  # of a client of this server
        return HOLE in text_of(header) or not text_of(header)
    inner = [*(header.items or ()), *(header.keys or {}).values()][:8]
    return depth > 0 and any(own_account(value, depth - 1) for value in inner)


def note(machine: Analyser, call: Call, position: str, taint: Taint, text: str, where: str, *, own: bool = False) -> None:
    """Notes a fact for the most sensitive thing in this part of a message, unless it goes where it is expected to go.

    position: `body`, `name` (of a host that is looked up), `address`, `header` or `cookies`; taint: of this part;
    text: the address; where: its destination; own: does the message open the user's own account there?
    """
    labels = of_kind(taint, *_SECRET_KINDS)
    if position in {"body", "name"}:
        summaries.note_wanted(machine, taint)
        if where in {"fixed", "chat"}:
            summaries.note_take(machine, taint, Take("sends", call.ref or "a request", where, position, text))
    if not labels:
        return
    if where == "given":
        summaries.note_wanted(machine, taint_of(*call.all))
    kind, labels = _unexpected(machine, call, labels, text, where, own=own)
    if not labels or addresses.takes_identity(labels, text):
        return
    if kind == "intercepted" and position == "address" and (INTERCEPTED_KEY in labels or any(map(_SEED.search, labels))):
        position = "body"  # nobody asked to put the key of a wallet or account into an address
    secrets = {label.split(":", 1)[1] for label in of_kind(taint, "secret-variable")}
    identities = {label for label in labels if label.startswith("host-identity:")}
    use: Use | None = None
    where = "maker" if position == "header" and addresses.are_at_home(kind, secrets, text) else where
    if _is_foreign(kind, labels, secrets, text, where, position):
        kind, use = "foreign-secret", _use(machine, call, position, where)
        position = "unread" if use is not None and use.unread else position
    elif _is_of_service(kind, labels, secrets, text, position):
        position = "header"  # a service may want its key in any part of the message
    elif kind == "command-output":
        kind = "remote-output" if has(taint, "received") else "command-output"
    elif kind == "host-identity" and all(map(know.HOST_DETAILS.match, identities)):
        kind = "host-details"
    fields: dict[str, object] = {
        "source": kind,
        "secrets": max(len(secrets), len(identities) if kind == "host-identity" else 0),
        "sink": call.ref or "a request",
        "destination": where,
        "position": position,
        "detail": addresses.shown(text),
        "chain": machine.chain(labels, call.ref or "a request", call.line),
        "hidden": call.function.hidden,
        "asked": kind == "secret-variable" and where == "fixed" and addresses.is_typed_for(secrets, text),
    }
    machine.fact("sends", call.node, **fields)
    misdirected_keys.asked(machine, call, use, text, fields)


def _unexpected(
    machine: Analyser, call: Call, labels: list[str], text: str, where: str, *, own: bool
) -> tuple[str, list[str]]:
    """The most sensitive kind among the labels of what goes where it is not expected to go, and the labels of all such
    kinds; "" and none where all of it is expected. The rest is as of `note`."""
    if places.CLOUD.match(text):  # credentials of a cloud belong there
        labels = [one for one in labels if not addresses.of_cloud(one, text)]
    labels = [one for one in labels if not addresses.of_own_site(one, text)]
    kinds = [one for one in kinds_of(frozenset(labels)) if not _expected(machine, one, call, text, where, own=own)]
    return next(iter(kinds), ""), of_kind(frozenset(labels), *kinds)


def _use(machine: Analyser, call: Call, position: str, where: str) -> Use | None:
    """What is read of the answer of a constant host that a header is shown to: a gateway is asked for its answer. None for
    any other part of a message, and for other hosts."""
    return use_of(machine, call) if position == "header" and where in {"fixed", "chat"} else None


def _is_foreign(kind: str, labels: list[str], secrets: set[str], text: str, where: str, position: str) -> bool:
    """Do keys, or the credentials of a file, belong to another service than the one they are sent to?"""
    if kind in _BESIDE_KEYS:
        return any(addresses.foreign(name, text) for name in secrets)
    shown = kind == "credential-file" and position == "header" and where == "fixed"
    return shown and addresses.foreign_file(labels, text)


def _is_of_service(kind: str, labels: list[str], secrets: set[str], text: str, position: str) -> bool:
    """Do keys, or the credentials of a file, belong to the service they are sent to?"""
    host = addresses.host_of(text)
    if kind == "secret-variable":
        return all(places.is_own(name, host) for name in secrets)
    at_remote = position == "address" and addresses.is_own_remote(labels, text)
    return kind == "credential-file" and (at_remote or addresses.own_file(labels, host))


_TRANSPORTS = ("handle_request", "handle_async_request")


def _expected(machine: Analyser, kind: str, call: Call, text: str, where: str, *, own: bool) -> bool:
    """Does the data go where the user expects it to? kind: of the most sensitive label."""
    if kind in _SEEN_BY_MODELS and places.MODEL_SERVICE.match(text):
        return True  # what the user shows to a model goes to that model
    # a transport that sends the requests to some hosts again, by a client of its own
    resends = call.ref.endswith(_TRANSPORTS) and addresses.names_services(machine.lines)
    if kind == "intercepted" and call.receiver is not None and call.receiver.instance is not None and not resends:
        return True  # an object that wraps another and passes its arguments on
    if kind == "intercepted" and (where == "given" or own):
        return True  # a wrapper that passes its arguments on, to a given host or the user's own account
    if call.ref.startswith("webbrowser.") and kind in {"intercepted", "host-identity", "command-output"}:
        return True  # a bug report, which the user sees before it is sent
    return kind == "cloud-metadata" and places.CLOUD.match(text) is not None  # a cloud's own data returns to it
