"""Data that leaves: what is sent, in which part of the message, and to whom."""

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
_WITH_KEYS = frozenset({"secret-variable", "process-list", "host-identity", "command-output"})
_SEEN_BY_MODELS = frozenset({"screen", "camera", "clipboard", "home-files", "intercepted"})


def sent(machine: Analyser, call: Call) -> Value:
    """Notes facts about a call that sends a request or message. Returns what comes back."""
    message = message_of(call)
    if "hooks" in call.keywords:
        replacements.follow_hooks(machine, call.keywords["hooks"], call.node)
    if message.where != "metadata":
        _leaves(machine, call, message)
    far_end.changed(machine, call, message)
    machine.fact(
        "contacts",
        call.node,
        sink=call.ref,
        destination=message.where,
        detail=addresses.shown(message.text),
        layers=_hidden_in(machine, message.address, message.text),
    )
    answer = answers.answer(machine, call, message.text)
    if call.receiver is not None and call.receiver.keys is not None and "headers" in call.receiver.keys:
        call.receiver.keys["answer"] = answer
    return answer


def _leaves(machine: Analyser, call: Call, message: Message) -> None:
    """Each part of the message, and what in it is a secret there."""
    text, where, headers = message.text, message.where, taint_of(*message.headers)
    body, address = _taints(machine, call, message)
    credentials = _credentials_handed_over(machine, call, body | headers, text)
    body |= credentials
    own = not credentials and any(own_account(value) for value in message.headers)
    renews = asks_for_token(message)
    if renews:  # what the package itself put into the keychain is shown where it came from
        body, address = _without_own(machine, body), _without_own(machine, address)
    body_place = "header" if renews and not has(body, *know.SECRETS) else "body"
    body |= _who_asks_what(machine, call, body)
    body, address = body | requested.passing(machine, body), address | requested.passing(machine, address)
    for place, whither in [(text, where), *connecting.given_by_answer(call, message.address, body)]:
        note(machine, call, body_place, body, place, whither, own=own)
    if text != HOLE or has(address, "received") or kinds_in(address) & know.SECRETS != {"credential-file"}:
        note(machine, call, "address", address, text, where, own=own)  # else a file of the user says where this goes
    cookies = [call.keywords["cookies"]] if "cookies" in call.keywords else []
    note(machine, call, "body", taint_of(*odd_headers(message.headers), *cookies), text, where, own=own)
    note(machine, call, "header", headers, text, where)
    if no_login := frozenset(filter(NO_LOGIN.match, headers)):
        note(machine, call, "body", no_login, text, where, own=own)
    of_service = addresses.OF_SERVICES.search(addresses.host_of(text))
    if has(headers, "intercepted") and addresses.names_services(machine.lines) and not of_service:
        # what opens an account elsewhere
        note(machine, call, "body", frozenset(of_kind(headers, "intercepted")), text, where)
    misdirected_keys.note(machine, call, headers, body | address, text, where)


# What no service takes for a login, whichever header it stands in.
NO_LOGIN = expression(
    r"(?:history|keystrokes|chat-store|screen|camera|clipboard):|credential-file:.*(?:\.ssh|id_(?:rsa|ed25519|ecdsa|dsa))"
)


def _taints(machine: Analyser, call: Call, message: Message) -> tuple[Taint, Taint]:
    """Those of the body and of the address."""
    text = message.text
    body, address = taint_of(*message.body), message.address_taint
    if message.where == "given" and _set_by_user(call):
        body -= frozenset(of_kind(body, "credential-file", "secret-variable"))
        address -= frozenset(of_kind(address, "credential-file", "secret-variable"))
    if call.ref.endswith(".sendto") and len(call.args) > 1:
        # whom it is for comes last; a host that is written in part, with data for the rest, is told that data, and so is
        # one that is made of a secret, or its port
        to = address | taint_of(call.args[-1])
        labels = address if HOLE in text and text != HOLE else frozenset(of_kind(to, *(know.SECRETS - _NAMES_HOSTS)))
        note(machine, call, "name", labels, text, message.where)
        return taint_of(*call.args[:-1]), CLEAN
    if "socket" in call.ref or "smtplib" in call.ref:
        body |= taint_of(*call.args)
    if call.ref.startswith("paramiko."):
        body |= storage.put_there(machine, call)
    return body, address


_NAMES_HOSTS = frozenset(("system-file", "environment", "foreign-secret", "intercepted"))  # may say whom to ask
_ASKED = expression(
    r"parameter:(?:messages|prompts?|conversation|chat_history|dialog(?:ue)?|completions?|transcript|user_(?:input|message|prompt))$"
)


def _who_asks_what(machine: Analyser, call: Call, taint: Taint) -> Taint:
    """What somebody says to a model, sent on together with who it is to a place whose answer nobody reads."""
    if call.node is not machine.ignored_result:
        return CLEAN
    who = [one for one in of_kind(taint, "host-identity") if not know.HOST_DETAILS.match(one)]
    return frozenset(("intercepted:what is asked, and who asks",)) if who and any(map(_ASKED.match, taint)) else CLEAN


_SAYS_WHERE = expression(r"variable:(?:\w{1,60}_)?(?:ADDR|ADDRESS|URL|URI|HOST|ENDPOINT|SERVER|BASE)$")


def _set_by_user(call: Call) -> bool:
    """Was its client made for a host that the user says in a variable, as clients of services which people run themselves
    are? What opens an account there goes there."""
    base = (call.receiver.keys or {}).get("base") if call.receiver is not None else None
    return base is not None and any(map(_SAYS_WHERE.match, base.taint))


def _credentials_handed_over(machine: Analyser, call: Call, taint: Taint, text: str) -> Taint:
    """Credentials that a method which gets them for a client sends elsewhere. Whoever asks for a token reads the answer."""
    if call.node is not machine.ignored_result or not has(taint, "parameter") or places.LOCAL.match(text):
        return CLEAN
    return frozenset(("intercepted:credentials",)) if any(map(hooks.holds_credentials, machine.running)) else CLEAN


_SEED = expression(r"(?i)private_?key|mnemonic|seed_?phrase|secret_?phrase")


def _without_own(machine: Analyser, taint: Taint) -> Taint:
    """Without the entries of a keychain that are kept under the name of this package."""
    own = _letters(machine.dotted.partition(".")[0])
    if len(own) < 4:
        return taint
    return frozenset(
        one for one in taint if not (one.startswith("keychain:keyring.") and own in _letters(one.partition(" ")[2]))
    )


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _hidden_in(machine: Analyser, address: Value, text: str) -> tuple[str, ...]:
    """The layers the address is hidden under, where its host is not written in the module as it is."""
    from mlsupply.evidence.python.values.decoders import hiding

    layers = hiding(address.layers)
    host = addresses.host_of(text).replace(HOLE, "")
    return layers if layers and host and not any(host in line for line in machine.lines) else ()


def own_account(header: Value, depth: int = 3) -> bool:
    """Does it hold a credential that the user set or gave, and nobody wrote here?"""
    if has(header.taint, "variable", "secret-variable", "parameter") and not header.known:
        if has(header.taint, "request"):
            return False  # of those who come to a server
        return HOLE in text_of(header) or not text_of(header)
    inner = [*(header.items or ()), *(header.keys or {}).values()][:8]
    return depth > 0 and any(own_account(value, depth - 1) for value in inner)


def note(machine: Analyser, call: Call, position: str, taint: Taint, text: str, where: str, *, own: bool = False) -> None:
    """Notes a fact for the most sensitive thing in this part of a message, unless it goes where it is expected to go.

    position: `body`, `name` (of a host that is looked up), `address` or `header`; taint: of this part; text: the address;
    where: its destination; own: is it for the user's own account there?
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
    if places.CLOUD.match(text):  # what opens an account with a cloud goes to that cloud
        labels = [one for one in labels if not addresses.of_cloud(one, text)]
    kind = kinds_of(frozenset(labels))[0] if labels else ""
    if not kind or _expected(machine, kind, call, text, where, own=own) or addresses.takes_identity(labels, text):
        return
    if kind == "intercepted" and position == "address" and (INTERCEPTED_KEY in labels or any(map(_SEED.search, labels))):
        position = "body"  # what opens a wallet or an account is no part of an address that was asked for
    secrets = {label.split(":", 1)[1] for label in of_kind(taint, "secret-variable")}
    identities = {label for label in labels if label.startswith("host-identity:")}
    where = "maker" if position == "header" and addresses.are_at_home(kind, secrets, text) else where
    if _is_foreign(kind, labels, secrets, text, where, position):
        kind = "foreign-secret"
    elif _is_of_service(kind, labels, secrets, text, position):
        position = "header"  # the key of this service, in whichever part of the message it wants it
    elif kind == "command-output":
        kind = "remote-output" if has(taint, "received") else "command-output"
    elif kind == "host-identity" and all(map(know.HOST_DETAILS.match, identities)):
        kind = "host-details"
    machine.fact(
        "sends",
        call.node,
        source=kind,
        secrets=max(len(secrets), len(identities) if kind == "host-identity" else 0),
        sink=call.ref or "a request",
        destination=where,
        position=position,
        detail=addresses.shown(text),
        chain=machine.chain(labels, call.ref or "a request", call.line),
        hidden=call.function.hidden,
        asked=kind == "secret-variable" and where == "fixed" and addresses.is_typed_for(secrets, text),
    )


def _is_foreign(kind: str, labels: list[str], secrets: set[str], text: str, where: str, position: str) -> bool:
    """Does a key, or a file of credentials, belong to a service other than the one it is sent to?"""
    if kind in _WITH_KEYS:
        return any(addresses.foreign(name, text) for name in secrets)
    shown = kind == "credential-file" and position == "header" and where == "fixed"
    return shown and addresses.foreign_file(labels, text)


def _is_of_service(kind: str, labels: list[str], secrets: set[str], text: str, position: str) -> bool:
    """Does it open the service it is sent to?"""
    host = addresses.host_of(text)
    if kind == "secret-variable":
        return all(places.is_own(name, host) for name in secrets)
    at_remote = position == "address" and addresses.is_own_remote(labels, text)
    return kind == "credential-file" and (at_remote or addresses.own_file(labels, host))


_TRANSPORTS = ("handle_request", "handle_async_request")


def _expected(machine: Analyser, kind: str, call: Call, text: str, where: str, *, own: bool) -> bool:
    """Does this go where whoever calls it expects it to go?"""
    if kind in _SEEN_BY_MODELS and places.MODEL_SERVICE.match(text):
        return True  # what the user shows to a model goes to that model
    made_anew = call.ref.endswith(_TRANSPORTS) and addresses.names_services(machine.lines)  # for a host it looks for
    if kind == "intercepted" and call.receiver is not None and call.receiver.instance is not None and not made_anew:
        return True  # an object that passes on what it was given by what it is made of
    if kind == "intercepted" and (where == "given" or own):
        return True  # a wrapper that passes on what it was given, or to where the user has an account
    if call.ref.startswith("webbrowser.") and kind in {"intercepted", "host-identity", "command-output"}:
        return True  # a report of a fault, shown to the user before it is sent
    return (
        kind == "cloud-metadata" and places.CLOUD.match(text) is not None
    )  # what a cloud says of the machine goes back to it
