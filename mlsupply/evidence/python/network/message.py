"""A request or message: where it goes, and what of it is body and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.taint import of_kind
from mlsupply.evidence.python.values.value import HOLE, Taint, Value, taint_of, text_of
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

_HEADER_WORDS = frozenset(
    {"headers", "auth", "cookies", "cert", "verify", "timeout", "context", "proxies", "ssl", "extra_headers"}
)
# What is sent itself, and no address: JSON, or a text of several words.
_MESSAGE = expression(r"[{\[]|[^\s/]{0,200}\s")
_NO_ADDRESS = expression(r"/|[{\[]|[^\s/]{0,200}\s")  # nor is a path on a server that is named elsewhere
_URL = expression(r"(?:https?|wss?|ftp)://\S{3,300}")
# Post offices that anybody may use: who reads the mail is whom it is for, or who holds the account.
_RELAYS = expression(
    r"(?:^|\.)(?:smtp|smtp-mail|smtp-relay|mail|in-v3|email-smtp\.[\w-]+)\.(?:gmail|googlemail|office365|outlook|live|yahoo|zoho|mail|"
    r"icloud|gmx|sendgrid|mailgun|mailjet|amazonaws|qq|163|126|yandex|fastmail|brevo|sparkpostmail|sendinblue)\.(?:com|net|ru|org|io)$"
)
_ODD = frozenset({"referer", "user-agent", "origin", "cookie", "etag", "if-none-match", "accept-language", "from", "via",
                  "traceparent", "x-request-id", "x-forwarded-for"})  # fmt: skip
# What stands in the name of a header that opens an account, or says which one it is.
_OPENING = expression(
    r"(?i)auth|key|token|secret|cred|passw|bearer|sign|jwt|api|sess|amz|goog|x-ms|access|client|user|acc(?:ount|t)|org|project|"
    r"tenant|subscription|licen|private|login|email|app|\0"
)
_GIVES_BACK = expression(r"/(?:oauth2?|tokens?|connect)/(?:\w{1,40}/)?(?:revoke|revocation|introspect)")
MAX_ENTRIES = 1_000  # of headers or fields that are looked at one by one
MAIL = expression(r"[\w.+-]{1,64}@(?!(?:[\w-]{1,60}\.)?example\.)[\w-]{1,60}\.[\w.-]{2,60}$")


class Message(NamedTuple):
    """A request or message. address: the value that says where it goes; text: of that; where: its destination, as in
    `addresses.destination`; body, headers: what is in it."""

    address: Value
    text: str
    where: str
    body: list[Value]
    headers: list[Value]

    @property
    def address_taint(self) -> Taint:
        """The taint of the address alone, where it is that of a request."""
        keys = self.address.keys
        return keys["url"].taint if keys and "url" in keys else self.address.taint


def message_of(call: Call) -> Message:
    """What a call sends, and to whom."""
    address = _address(call)
    text = text_of(address)
    where = addresses.destination(text)
    if where == "fixed" and call.ref.startswith("smtplib.") and _RELAYS.search(text):
        where = _recipient(call)
    return Message(address, text, where, *_parts(call, address))


def _recipient(call: Call) -> str:
    """`given` where neither the account nor anybody the mail is for is written here."""
    account = (call.receiver.keys or {}).get("account") if call.receiver is not None else None
    named = [account] if account is not None else []
    named += (
        call.args[1:2] if call.ref.endswith("sendmail") else [value for one in call.args[:1] for value in _addressed(one)]
    )
    several = [item for value in named for item in [value, *folding.items_of(value)[:20]]]
    return "fixed" if any(MAIL.search(text_of(value)) for value in several) else "given"


def _addressed(message: Value) -> list[Value]:
    return [value for name, value in (message.keys or {}).items() if name.lower() in {"to", "cc", "bcc"}]


def _address(call: Call) -> Value:
    """The value a call goes to: a URL among its arguments, or what its connection was made with."""
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
        or call.ref.startswith(("logging.", "telebot.", "telegram.", "aiogram.", "paramiko.", "asyncio.open_connection"))
    ):
        candidates = [receiver]
    for value in candidates:
        if value is None:
            continue
        chosen = value.keys["url"] if value.keys is not None and "url" in value.keys else value
        text = text_of(chosen)
        if _URL.match(text) or (text != HOLE and value is not receiver and not _NO_ADDRESS.match(text)):
            return chosen
    if receiver is not None and (receiver.text != HOLE or len(candidates) == 1):
        return receiver  # of a connection: what it is handed is no address
    return first if first is not None and first is not receiver and not _MESSAGE.match(text_of(first)) else Value()


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
        _added(call.receiver.keys, body, headers)
    return body, headers


def _added(kept: dict[str, Value], body: list[Value], headers: list[Value]) -> None:
    """What a session or an opener was given to add to each request."""
    body += [kept[name] for name in ("params", "cookies") if name in kept and kept[name].taint]
    headers += [kept["auth"]] if "auth" in kept else []
    if "addheaders" in kept:
        header = Value(taint=kept["addheaders"].taint)
        header.keys = containers.entries(kept["addheaders"])
        headers.append(header)


def odd_headers(headers: list[Value]) -> list[Value]:
    """The values in headers that open no account: a secret there is only sent."""
    found = []
    for header in headers:
        for name, value in list((header.keys or {}).items())[:MAX_ENTRIES]:
            if name.lower() in _ODD:
                found.append(value)
            elif not _OPENING.search(name) and (secrets := of_kind(taint_of(value), *know.SECRETS, "secret-variable")):
                found.append(Value(taint=frozenset(secrets)))
    return found


def asks_for_token(message: Message) -> bool:
    """Does a client show its secret to the service that gives tokens for it (RFC 6749, section 4), or give a token back
    (RFC 7009)?"""
    names = {name for value in message.body for name in [*(value.keys or {})][:MAX_ENTRIES]}
    if "token" in names and _GIVES_BACK.search(message.text):
        return True
    return "grant_type" in names and bool(addresses.TOKEN_PLACE.search(message.text))
