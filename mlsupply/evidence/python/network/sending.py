"""Data that leaves: what is sent, in which part of the message, and to whom."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import Take
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places, summaries
from mlsupply.evidence.python.interpreter import hooks
from mlsupply.evidence.python.network import addresses, connecting, misdirected_keys
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.containers import INTERCEPTED_KEY
from mlsupply.evidence.python.values.taint import has, kinds_in, kinds_of, of_kind
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, taint_of, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_HEADER_WORDS = frozenset(
    {"headers", "auth", "cookies", "cert", "verify", "timeout", "context", "proxies", "ssl", "extra_headers"}
)
_SECRET_KINDS = (
    "credential-file", "wallet", "browser-store", "keychain", "cloud-metadata", "cluster-secret", "environment", "history",
    "home-files", "keystrokes", "screen", "camera", "clipboard", "intercepted", "system-file", "chat-store",
    "secret-variable", "work-files", "process-list", "host-identity", "command-output",
)  # fmt: skip
_WITH_KEYS = frozenset({"secret-variable", "process-list", "host-identity", "command-output"})
_SEEN_BY_MODELS = frozenset({"screen", "camera", "clipboard", "home-files", "intercepted"})
_URL = expression(r"(?:https?|wss?|ftp)://\S{3,300}")


# Post offices that anybody may use: who reads the mail is whom it is for, or who holds the account.
_RELAYS = expression(
    r"(?:^|\.)(?:smtp|smtp-mail|smtp-relay|mail|in-v3|email-smtp\.[\w-]+)\.(?:gmail|googlemail|office365|outlook|live|yahoo|zoho|mail|"
    r"icloud|gmx|sendgrid|mailgun|mailjet|amazonaws|qq|163|126|yandex|fastmail|brevo|sparkpostmail|sendinblue)\.(?:com|net|ru|org|io)$"
)


def _recipient(call: Call) -> str:
    """`given` where neither the account nor anybody the mail is for is written here."""
    account = (call.receiver.keys or {}).get("account") if call.receiver is not None else None
    told = [account] if account is not None else []
    told += (
        call.args[1:2] if call.ref.endswith("sendmail") else [value for one in call.args[:1] for value in _addressed(one)]
    )
    several = [item for value in told for item in [value, *folding.items_of(value)[:20]]]
    return "fixed" if any(_MAIL.search(text_of(value)) for value in several) else "given"


def _addressed(message: Value) -> list[Value]:
    return [value for name, value in (message.keys or {}).items() if name.lower() in {"to", "cc", "bcc"}]


def _address(call: Call) -> Value:
    """Where a call goes: a URL among its arguments, or what its connection was made with."""
    first = call.args[0] if call.args else None
    if call.ref.endswith((".request", ".stream")) and len(call.args) > 1 and not text_of(call.args[0]).startswith("http"):
        first = call.args[1]
    candidates = [call.keywords.get("url"), first, call.receiver]
    receiver = call.receiver
    if call.ref.endswith(".sendto") and len(call.args) == 1 and receiver is not None:
        return receiver
    if call.ref.endswith(".sendto") and len(call.args) > 1:
        return (folding.items_of(call.args[-1]) or [call.args[-1]])[0]
    if receiver is not None and (
        "socket" in call.ref
        or "smtplib" in call.ref
        or "ftplib" in call.ref
        or ".Connection" in call.ref
        or call.ref.startswith(("logging.", "telebot.", "telegram.", "aiogram.", "paramiko."))
    ):
        candidates = [receiver]
    for value in candidates:
        if value is None:
            continue
        chosen = value.keys["url"] if value.keys is not None and "url" in value.keys else value
        text = text_of(chosen)
        if _URL.match(text) or (text != HOLE and value is not receiver and not text.startswith("/")):
            return chosen
    if receiver is not None and receiver.text != HOLE:
        return receiver
    return first if first is not None and first is not receiver else Value()


def _parts(call: Call, address: Value) -> tuple[list[Value], list[Value]]:
    """Body and headers of a request."""
    headers = [value for name, value in call.keywords.items() if name in _HEADER_WORDS]
    body = [value for value in call.args if value is not address]
    body += [value for name, value in call.keywords.items() if name not in _HEADER_WORDS and name not in {"url", "method"}]
    for request in [address, *body]:
        if request.ref == "urllib.request.Request()" and request.keys:
            body = [value for value in body if value is not request]
            body += [value for name, value in request.keys.items() if name in {"data"}]
            headers += [value for name, value in request.keys.items() if name in {"headers", "header"}]
    if call.receiver is not None and call.receiver.keys is not None and "headers" in call.receiver.keys:
        headers.append(call.receiver.keys["headers"])
    return body, headers


def sent(machine: Analyser, call: Call) -> Value:
    """A request or message; gives what comes back."""
    address = _address(call)
    text = text_of(address)
    where = addresses.destination(text)
    if where == "fixed" and call.ref.startswith("smtplib.") and _RELAYS.search(text):
        where = _recipient(call)
    if "hooks" in call.keywords:
        hooks.hooked(machine, call.keywords["hooks"], call.node)
    body, headers = _parts(call, address)
    address_taint = address.keys["url"].taint if address.keys and "url" in address.keys else address.taint
    if where != "metadata":
        body_taint = taint_of(*body)
        if where == "given" and _set_by_user(call):
            body_taint -= frozenset(of_kind(body_taint, "credential-file", "secret-variable"))
            address_taint -= frozenset(of_kind(address_taint, "credential-file", "secret-variable"))
        if call.ref.endswith(".sendto") and len(call.args) > 1:
            # whom it is for comes last; a host that is written in part, with data for the rest, is told that data
            name = address_taint if HOLE in text and text != HOLE else CLEAN
            body_taint, address_taint = taint_of(*call.args[:-1]), CLEAN
            note(machine, call, "name", name, text, where)
        elif "socket" in call.ref or "smtplib" in call.ref:
            body_taint |= taint_of(*call.args)
        told = _told_credentials(machine, call, body_taint | taint_of(*headers))
        body_taint |= told
        own = not told and any(_own_account(value) for value in headers)
        renews = _asks_for_token(body, text)
        if renews:  # what the package itself put into the keychain is shown where it came from
            body_taint, address_taint = _without_own(machine, body_taint), _without_own(machine, address_taint)
        body_place = "header" if renews and not has(body_taint, *know.SECRETS) else "body"
        body_taint |= _who_asks_what(machine, call, body_taint)
        for told_place, whither in [(text, where), *connecting.told_by(call, address, body_taint)]:
            note(machine, call, body_place, body_taint, told_place, whither, own=own)
        if text != HOLE or has(address_taint, "received") or kinds_in(address_taint) & know.SECRETS != {"credential-file"}:
            note(
                machine, call, "address", address_taint, text, where, own=own
            )  # else a file of the user says where this goes
        odd = [*_odd_headers(headers), *([call.keywords["cookies"]] if "cookies" in call.keywords else [])]
        note(machine, call, "body", taint_of(*odd), text, where, own=own)
        note(machine, call, "header", taint_of(*headers), text, where)
        if (
            has(taint_of(*headers), "intercepted")
            and addresses.names_services(machine.lines)
            and not addresses.OF_SERVICES.search(addresses.host_of(text))
        ):
            # what opens an account elsewhere
            note(machine, call, "body", frozenset(of_kind(taint_of(*headers), "intercepted")), text, where)
        misdirected_keys.note(machine, call, taint_of(*headers), body_taint | address_taint, text, where)
    _changes(machine, call, text, body)
    _copied(machine, call, body)
    machine.fact(
        "contacts",
        call.node,
        sink=call.ref,
        destination=where,
        detail=addresses.shown(text),
        layers=_hidden_in(machine, address, text),
    )
    answer = _answer(machine, call, text)
    if call.receiver is not None and call.receiver.keys is not None and "headers" in call.receiver.keys:
        call.receiver.keys["answer"] = answer
    return answer


_ASKED = expression(
    r"parameter:(?:messages|prompts?|conversation|chat_history|dialog(?:ue)?|completions?|transcript|user_(?:input|message|prompt))$"
)


def _who_asks_what(machine: Analyser, call: Call, taint: Taint) -> Taint:
    """What somebody says to a model, told to somebody, whose answer nobody reads, together with who it is."""
    if call.node is not machine.unread:
        return CLEAN
    who = [one for one in of_kind(taint, "host-identity") if not know.HOST_DETAILS.match(one)]
    return frozenset(("intercepted:what is asked, and who asks",)) if who and any(map(_ASKED.match, taint)) else CLEAN


_SAYS_WHERE = expression(r"variable:(?:\w{1,60}_)?(?:ADDR|ADDRESS|URL|URI|HOST|ENDPOINT|SERVER|BASE)$")


def _set_by_user(call: Call) -> bool:
    """Was its client made for a host that the user says in a variable, as clients of services which people run themselves
    are? What opens an account there goes there."""
    base = (call.receiver.keys or {}).get("base") if call.receiver is not None else None
    return base is not None and any(map(_SAYS_WHERE.match, base.taint))


def _told_credentials(machine: Analyser, call: Call, taint: Taint) -> Taint:
    """What opens an account is told to somebody by what a client asks for it. Who asks for a token looks at the answer."""
    if call.node is not machine.unread or not has(taint, "parameter") or places.LOCAL.match(text_of(_address(call))):
        return CLEAN
    return frozenset(("intercepted:credentials",)) if any(map(hooks.holds_credentials, machine.running)) else CLEAN


_PUBLISHES = expression(
    r"https://(?:upload|test)\.pypi\.org/legacy|https://registry\.npmjs\.org/|https://api\.github\.com/(?:user/repos|gists|"
    r"repos/\S{1,200}/(?:contents/|git/(?:refs|commits|trees|blobs)|actions/(?:secrets|variables)|forks|pulls|releases|merges))"
)
_BINDS = expression(r"\"?(?:Binds\"?: ?\[\"/:/|Privileged\"?: ?[tT]rue)")


def _changes(machine: Analyser, call: Call, text: str, body: list[Value]) -> None:
    """Is something published at the other end, or a container started with the whole disk?"""
    if _PUBLISHES.search(text) and _writes(call):
        what = f"something is published in the name of the user: {addresses.shown(text)}"
        machine.fact("publishes", call.node, sink=call.ref, detail=what)
    if "docker.sock" in text and (binds := _BINDS.search(" ".join(_flat_text(value) for value in body))):
        what = f"a container or process that holds the whole host: {safe(binds[0], 40)}"
        machine.fact("opens-host", call.node, sink=call.ref, detail=what)


_SEED = expression(r"(?i)private_?key|mnemonic|seed_?phrase|secret_?phrase")
_ODD = frozenset({"referer", "user-agent", "origin", "cookie", "etag", "if-none-match", "accept-language", "from", "via",
                  "traceparent", "x-request-id", "x-forwarded-for"})  # fmt: skip


def _odd_headers(headers: list[Value]) -> list[Value]:
    """What stands in headers that open nothing: there it is only told."""
    found = []
    for header in headers:
        for name, value in list((header.keys or {}).items())[:_MAX_ENTRIES]:
            if name.lower() in _ODD:
                found.append(value)
            elif not _OPENING.search(name) and (secrets := of_kind(taint_of(value), *know.SECRETS, "secret-variable")):
                found.append(Value(taint=frozenset(secrets)))
    return found


# What stands in the name of a header that opens an account, or says which one it is.
_OPENING = expression(
    r"(?i)auth|key|token|secret|cred|passw|bearer|sign|jwt|api|sess|amz|goog|x-ms|access|client|user|acc(?:ount|t)|org|project|"
    r"tenant|subscription|licen|private|login|email|app|\0"
)


_MAX_ENTRIES = 1_000  # of headers or fields that are looked at one by one
_MAIL = expression(r"[\w.+-]{1,64}@(?!(?:[\w-]{1,60}\.)?example\.)[\w-]{1,60}\.[\w.-]{2,60}$")


def _copied(machine: Analyser, call: Call, body: list[Value]) -> None:
    """A message of the user's is sent to one more, whose address is written here."""
    for value in body:
        for name, entry in list((value.keys or {}).items())[:_MAX_ENTRIES]:
            if name.lower() in {"bcc", "blind_copy"} and _MAIL.match(text_of(entry)) and entry.known:
                machine.fact(
                    "sends", call.node, source="intercepted", sink=call.ref, destination="fixed", position="body",
                    detail=f"a blind copy for {addresses.shown(text_of(entry))}",
                )  # fmt: skip


def copied(machine: Analyser, message: Value, told: Value, node: ast.AST) -> None:
    """A mail whose recipient others choose gets one more that is written here."""
    chosen = (message.keys or {}).get("To")
    if told.known and _MAIL.match(text_of(told)) and not (chosen is not None and chosen.known):
        machine.fact(
            "sends", node, source="intercepted", sink="email.message", destination="fixed", position="body",
            detail=f"a blind copy for {addresses.shown(text_of(told))}",
        )  # fmt: skip


def _writes(call: Call) -> bool:
    """Does this request change something at the other end?"""
    if call.ref.endswith((".put", ".post", ".patch")):
        return True
    if call.ref.endswith(".request"):
        return bool(call.args) and text_of(call.args[0]).upper() in {"PUT", "POST", "PATCH"}
    return any("data" in (value.keys or {}) for value in call.args if value.ref == "urllib.request.Request()")


def _flat_text(value: Value) -> str:
    if isinstance(value.const, dict | list):
        return json.dumps(value.const, default=str)
    return text_of(value)


def _asks_for_token(body: list[Value], address: str) -> bool:
    """Does a client show its secret to the service that gives tokens for it (RFC 6749, section 4), or give a token back
    (RFC 7009)?"""
    names = {name for value in body for name in [*(value.keys or {})][:_MAX_ENTRIES]}
    if "token" in names and _GIVES_BACK.search(address):
        return True
    return "grant_type" in names and bool(addresses.TOKEN_PLACE.search(address))


_GIVES_BACK = expression(r"/(?:oauth2?|tokens?|connect)/(?:\w{1,40}/)?(?:revoke|revocation|introspect)")


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


def _answer(machine: Analyser, call: Call, text: str) -> Value:
    kind = (
        "cloud-metadata" if places.METADATA.search(text) else "cluster-secret" if places.CLUSTER.search(text) else "received"
    )
    if kind == "received" and places.MODEL_SERVICE.match(text):
        kind = "model-answer"
    elif kind == "cloud-metadata" and places.WHO_IT_IS.search(text):
        kind = "host-identity"
    made = Value(call.ref + "()", NOTHING, machine.origin(kind, text, call.line))
    if machine.running and machine.running[-1].wrapper:
        made.taint |= frozenset(("intercepted:result",))
    if call.ref.endswith("urlretrieve"):
        path = call.arg(1, "filename")
        if path is not None:
            from mlsupply.evidence.python.libraries.storage import kept_key

            machine.files[kept_key(machine, path)] = made
        made.items = [made.copy(), Value()]
    return made


def _own_account(header: Value, depth: int = 3) -> bool:
    """Does it hold a credential that the user set or gave, and nobody wrote here?"""
    if has(header.taint, "variable", "secret-variable", "parameter") and not header.known:
        return HOLE in text_of(header) or not text_of(header)
    inner = [*(header.items or ()), *(header.keys or {}).values()][:8]
    return depth > 0 and any(_own_account(value, depth - 1) for value in inner)


def note(machine: Analyser, call: Call, position: str, taint: Taint, text: str, where: str, *, own: bool = False) -> None:
    """A fact for the worst that is in this part of the message. own: is it for the user's own account there?"""
    labels = of_kind(taint, *_SECRET_KINDS)
    if position in {"body", "name"}:
        summaries.wanted(machine, taint)
        if where in {"fixed", "chat"}:
            summaries.passed_on(machine, taint, Take("sends", call.ref or "a request", where, position, text))
    if not labels:
        return
    if where == "given":
        summaries.wanted(machine, taint_of(*call.all))
    if places.CLOUD.match(text):  # what opens an account with a cloud goes to that cloud
        labels = [one for one in labels if not addresses.of_cloud(one, text)]
    kind = kinds_of(frozenset(labels))[0] if labels else ""
    if not kind or _expected(
        kind,
        call,
        text,
        where,
        own=own,
        known_elsewhere=call.ref.endswith(_TRANSPORTS) and addresses.names_services(machine.lines),
    ):
        return
    if kind == "intercepted" and position == "address" and (INTERCEPTED_KEY in labels or any(map(_SEED.search, labels))):
        position = "body"  # what opens a wallet or an account is no part of an address that was asked for
    secrets = {label.split(":", 1)[1] for label in of_kind(taint, "secret-variable")}
    identities = {label for label in labels if label.startswith("host-identity:")}
    foreign = any(addresses.foreign(name, text) for name in secrets)
    where = "maker" if position == "header" and addresses.are_at_home(kind, secrets, text) else where
    file = position == "header" and where == "fixed" and addresses.foreign_file(labels, text)
    if (foreign and kind in _WITH_KEYS) or (file and kind == "credential-file"):
        kind = "foreign-secret"
    elif (kind == "secret-variable" and all(places.is_own(name, addresses.host_of(text)) for name in secrets)) or (
        kind == "credential-file"
        and (
            addresses.own_file(labels, addresses.host_of(text))
            or (position == "address" and addresses.is_own_remote(labels, text))
        )
    ):
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


_TRANSPORTS = ("handle_request", "handle_async_request")


def _expected(kind: str, call: Call, text: str, where: str, *, own: bool, known_elsewhere: bool) -> bool:
    """Does this go where whoever calls it expects it to go? known_elsewhere: does the module name hosts of services?"""
    if kind in _SEEN_BY_MODELS and places.MODEL_SERVICE.match(text):
        return True  # what the user shows to a model goes to that model
    made_anew = call.ref.endswith(_TRANSPORTS) and known_elsewhere
    if kind == "intercepted" and call.receiver is not None and call.receiver.instance is not None and not made_anew:
        return True  # an object that passes on what it was given by what it is made of
    if kind == "intercepted" and (where == "given" or own):
        return True  # a wrapper that passes on what it was given, or to where the user has an account
    if call.ref.startswith("webbrowser.") and kind in {"intercepted", "host-identity", "command-output"}:
        return True  # a report of a fault, shown to the user before it is sent
    return kind == "cloud-metadata" and bool(places.CLOUD.match(text))  # what a cloud says of the machine goes back to it


def looked_up(machine: Analyser, call: Call) -> Value:
    """A DNS query: data leaves in the name that is asked for."""
    name = call.arg(0, "host", "hostname", "qname")
    if name is not None:
        text = text_of(name)
        if "." in text.replace(HOLE, "") and HOLE in text:
            # whose servers are asked stands at the end of the name
            note(machine, call, "name", name.taint, text, "given" if text.rstrip(".").endswith(HOLE) else "fixed")
        if text.rstrip(".").endswith(HOLE):
            summaries.passed_on(machine, name.taint, Take("looks-up", call.ref, "given", "name", text))
    kind = "received" if call.ref.startswith("dns.") else "host-address"
    return Value(
        call.ref + "()", NOTHING, machine.origin(kind, addresses.shown(text_of(name) if name is not None else ""), call.line)
    )


_PURE = expression(
    r"^(?:urllib\.parse|re|os|posixpath|pathlib|logging|string|builtins|str|json|yarl|furl|hashlib|uuid|warnings)\.|\bRequest$|\bURL$"
)


# These take an address apart, or make another of it.
_PARTS = expression(
    r"\.get_\w+_(?:ur[li]|host|domain|path|name|endpoint)$|\.get_(?:host|domain|base|scheme|netloc|endpoint|path|name)\w*$|"
    r"\.\w*parse_?ur[li]\w*$|\.ur[li]_?parse\w*$"
)
_FETCHERS = expression(r"\.\w*(?:read|load|open|get|parse|fetch|retrieve|request|goto)\w*$", re.IGNORECASE)


def fetched_by_url(machine: Analyser, call: Call) -> Taint:
    """What a library gives that is called with an address written here came from there."""
    text = text_of(call.args[0]) if call.args else ""
    if not text.startswith(("http://", "https://", "ftp://", "s3://", "gs://", "hf://")) or places.LOCAL.match(text):
        return frozenset()
    if not _FETCHERS.search(call.ref) or _PURE.search(call.ref) or _PARTS.search(call.ref):
        return frozenset()
    found = machine.origin("received", addresses.shown(text), call.line)
    if call.receiver is not None and "()" in call.ref:
        call.receiver.taint |= found  # a browser shows what it was told to open
    return found
