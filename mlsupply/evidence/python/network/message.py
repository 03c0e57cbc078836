"""The parts of a request or message: its address, body and headers, from the arguments of the call that sends it."""

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
# A text that is content, and no address: JSON, or several words.
_MESSAGE = expression(r"[{\[]|[^\s/]{0,200}\s")
_NO_ADDRESS = expression(r"/|[{\[]|[^\s/]{0,200}\s")  # neither is a path without a host
_URL = expression(r"(?:https?|wss?|ftp)://\S{3,300}")
# Mail services that anybody may use: what counts is the recipient or the account, not the host.
_MAIL_SERVICES = expression(
    r"(?:^|\.)(?:smtp|smtp-mail|smtp-relay|mail|in-v3|email-smtp\.[\w-]+)\.(?:gmail|googlemail|office365|outlook|live|yahoo|zoho|mail|"
    r"icloud|gmx|sendgrid|mailgun|mailjet|amazonaws|qq|163|126|yandex|fastmail|brevo|sparkpostmail|sendinblue)\.(?:com|net|ru|org|io)$"
)
_NO_LOGIN_HEADERS = frozenset(
    {
        "referer", "user-agent", "origin", "cookie", "etag", "if-none-match", "accept-language", "from", "via",
        "traceparent", "x-request-id", "x-forwarded-for",
    }
)  # fmt: skip
# Parts of the names of headers that hold credentials or say whose account it is.
_OPENING = expression(
    r"(?i)auth|key|token|secret|cred|passw|bearer|sign|jwt|api|sess|amz|goog|x-ms|access|client|user|acc(?:ount|t)|org|project|"
    r"tenant|subscription|licen|private|login|email|app|\0"
)
_REVOKES = expression(r"/(?:oauth2?|tokens?|connect)/(?:\w{1,40}/)?(?:revoke|revocation|introspect)")
# Calls of connections, whose arguments name no address.
_OF_CONNECTION = (
    "logging.",
    "telebot.",
    "telegram.",
    "aiogram.",
    "paramiko.",
    "asyncio.open_connection",
    "multiprocessing.",
)
MAX_ENTRIES = 1_000  # of headers or fields that are looked at one by one
MAIL = expression(r"[\w.+-]{1,64}@(?!(?:[\w-]{1,60}\.)?example\.)[\w-]{1,60}\.[\w.-]{2,60}$")


class Message(NamedTuple):
    """A request or message. address: the value that says where it goes; text: the URL or host in it; where: its
    `addresses.destination`; body, headers: the values that are sent."""

    address: Value
    text: str
    where: str
    body: list[Value]
    headers: list[Value]

    @property
    def address_taint(self) -> Taint:
        """The labels of the URL alone, without the rest of a request object that holds it."""
        keys = self.address.keys
        return keys["url"].taint if keys and "url" in keys else self.address.taint


def message_of(call: Call) -> Message:
    """The message that a call sends."""
    address = _address(call)
    text = text_of(address)
    where = addresses.destination(text)
    if where == "fixed" and call.ref.startswith("smtplib.") and _MAIL_SERVICES.search(text):
        where = _recipient(call)
    if where == "given" and _asks_for_names(call):
        where = "fixed"
    return Message(address, text, where, *_parts(call, address))


def _asks_for_names(call: Call) -> bool:
    """Is this a datagram to a name server? Whichever is asked, who runs the domain that is asked for reads the name."""
    to = folding.items_of(call.args[-1]) if call.ref.endswith(".sendto") and len(call.args) > 1 else []
    return len(to) > 1 and to[1].const == 53


def _recipient(call: Call) -> str:
    """The destination of a mail through a mail service: `fixed` if the account or a recipient is constant, else `given`."""
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
    """The value that holds the address: a URL among the arguments, or the connection that the method is called on."""
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
        or any(made in call.ref for made in ("ws_connect()", "connect_ws()"))
        or "smtplib" in call.ref
        or "ftplib" in call.ref
        or ".Connection" in call.ref
        or call.ref.startswith(_OF_CONNECTION)
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
        return receiver  # of a connection: its arguments are content
    return first if first is not None and first is not receiver and not _MESSAGE.match(text_of(first)) else Value()


def _parts(call: Call, address: Value) -> tuple[list[Value], list[Value]]:
    """(body, headers) of a message, taken apart where the argument is a request object."""
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
        _add_of_session(call.receiver.keys, body, headers)
    return body, headers


def _add_of_session(kept: dict[str, Value], body: list[Value], headers: list[Value]) -> None:
    """Adds what a session or an opener adds to each of its requests. kept: the `keys` of that."""
    body += [kept["params"]] if "params" in kept and kept["params"].taint else []
    headers += [kept["auth"]] if "auth" in kept else []
    if "addheaders" in kept:
        header = Value(taint=kept["addheaders"].taint)
        header.keys = containers.entries(kept["addheaders"])
        headers.append(header)


def odd_headers(headers: list[Value]) -> list[Value]:
    """The values in headers that are no credentials for the receiver, so that a secret there is plain content."""
    found = []
    for header in headers:
        for name, value in list((header.keys or {}).items())[:MAX_ENTRIES]:
            if name.lower() in _NO_LOGIN_HEADERS:
                found.append(value)
            elif not _OPENING.search(name) and (secrets := of_kind(taint_of(value), *know.SECRETS, "secret-variable")):
                found.append(Value(taint=frozenset(secrets)))
    return found


def asks_for_token(message: Message) -> bool:
    """Is this a request for a token (RFC 6749, section 4), or one that revokes a token (RFC 7009)? Both hold secrets of the
    service itself."""
    names = {name for value in message.body for name in [*(value.keys or {})][:MAX_ENTRIES]}
    if "token" in names and _REVOKES.search(message.text):
        return True
    return "grant_type" in names and bool(addresses.TOKEN_PLACE.search(message.text))
