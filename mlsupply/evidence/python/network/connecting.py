"""Clients and connections that keep their destination, and requests that are built before they are sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import replacements
from mlsupply.evidence.python.network import addresses, tunnels
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has, of_kind
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Taint, Value, taint_of, text_of, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

REQUESTS = frozenset(
    {
        "urllib.request.Request", "httpx.Request", "requests.Request", "httpx.Client().build_request",
        "httpx.AsyncClient().build_request",
    }
)  # fmt: skip
CONNECTIONS = re.compile(
    r"^(?:httpx|requests|aiohttp|niquests)\.\w*(?:Client|Session|session)\w*$|^http\.client\.HTTPS?Connection$|"
    r"^urllib3\.(?:\w+\.)?(?:HTTPS?ConnectionPool|connection_from_url|PoolManager\(\)\.connection_from_\w+)$|"
    r"^urllib3\.(?:PoolManager|ProxyManager)$|^urllib\.request\.build_opener$|"
    r"^websockets?\.(?:\w+\.)*(?:connect|create_connection|WebSocketApp)$|"
    rf"^{know.WEB_SOCKETS}$|"
    r"^(?:socket\.create_connection|asyncio\.open_connection)$|^ssl\.(?:\w+\(\)\.)?wrap_socket$|^(?:multiprocessing\.connection\.Client|xmlrpc\.client\.ServerProxy)$|^smtplib\.SMTP(?:_SSL)?$|"
    r"^(?:telebot\.(?:\w+\.)?(?:Async)?TeleBot|telegram\.(?:\w+\.)?Bot|aiogram\.Bot)$|"
    r"^ftplib\.FTP(?:_TLS)?$|^logging\.handlers\.(?:HTTP|Socket|Datagram|SMTP|SysLog)Handler$"
)


def connection(machine: Analyser, call: Call) -> Value:
    """The client or connection that a call makes: `text` is its address, `keys` hold what it adds to each request. Its
    callbacks are followed."""
    made = Value(call.ref + "()", NOTHING, frozenset())
    if call.ref.endswith(".wrap_socket"):
        return _wrapped(call, made)
    base = call.arg(0, "token", "base_url", "host", "mailhost", "uri", "url", "address")
    if base is not None:
        parts = folding.items_of(base) if not isinstance(base.const, str) and (base.items or base.known) else [base]
        made.text = text_of(parts[0]) if parts else HOLE
        if made.text.startswith("/") and call.receiver is not None and call.receiver.text != HOLE:
            made.text = call.receiver.text.rstrip("/") + made.text  # below the address of its session
        made.layers = base.layers
        if re.match(r"\d{6,12}:[\w-]{20,}$", made.text):
            made.text = f"https://api.telegram.org/bot{made.text}"
    made.text = _of_this_machine(made, named=base is not None) or made.text
    tunnels.opened(machine, call, made.text)
    headers = [call.keywords[name] for name in ("headers", "auth", "cookies") if name in call.keywords]
    added = unknown(*headers)
    added.keys = call.keywords["headers"].keys if "headers" in call.keywords else None
    made.keys = {"headers": added, "base": Value(taint=base.taint) if base is not None else Value()}
    if _SESSIONS.search(call.ref):
        made.keys |= {name: Value(f"{made.ref}.{name}") for name in OF_SESSION if name not in call.keywords}
    if call.ref == "urllib.request.build_opener":
        made.keys["addheaders"] = Value()
        made.keys["addheaders"].items = []
    if "params" in call.keywords:
        made.keys["params"] = call.keywords["params"]
    if call.ref == "asyncio.open_connection":
        made.keys, made.items = None, [Value(made.ref, NOTHING, frozenset(), made.text) for _ in range(2)]  # reader, writer
        return made
    for name in ("event_hooks", "hooks", "middlewares"):
        if name in call.keywords:
            replacements.follow_hooks(machine, call.keywords[name], call.node)
    registrar = Value(call.ref, NOTHING, frozenset(), made.text)
    for value in call.all:
        machine.registered_with(registrar, value, call.node)
    return made


def _of_this_machine(made: Value, *, named: bool) -> str:
    """The address of a handler of `logging` that is the path of a socket, or the system's log by default; "" elsewhere."""
    here = made.text.startswith("/") or (not named and made.ref.endswith("SysLogHandler()"))
    return "localhost" if here and made.ref.startswith("logging.") else ""


_SESSIONS = re.compile(r"\.\w*(?:Client|Session|session)\w*$")
OF_SESSION = ("params", "cookies", "auth")  # what a session adds to each request
_FETCHED = re.compile(r"received:(?P<place>https?://[\w.-]{4,200}(?:[/:?#]\S{0,300})?)$")


def given_by_answer(call: Call, address: Value, sent: Taint) -> list[tuple[str, str]]:
    """The constant address whose answer is the host that data is sent to, as (address, `fixed`): so the receiver never
    stands in the code. Empty where the host is known, or may come from the caller or a setting."""
    base = (call.receiver.keys or {}).get("base") if call.receiver is not None else None
    url = (address.keys or {}).get("url")
    taint = taint_of(*(value for value in (address, url, base) if value is not None))
    if not has(taint, "received") or has(taint, "parameter", "variable", "secret-variable") or has(sent, "intercepted"):
        return []
    if addresses.host_of(text_of(address)).replace(HOLE, ""):
        return []
    found = (_FETCHED.match(one) for one in of_kind(taint, "received"))
    places = [one["place"] for one in found if one is not None and addresses.destination(one["place"]) == "fixed"]
    return [(f"{place} (the address that it gives)", "fixed") for place in places[:1]]


def _wrapped(call: Call, made: Value) -> Value:
    """A TLS connection, to where the socket it wraps goes."""
    inner, name = call.arg(0, "sock"), call.keywords.get("server_hostname")
    made.text = inner.text if inner is not None and inner.text != HOLE else text_of(name) if name is not None else HOLE
    return made


def prepared(call: Call) -> Value | None:
    """The request that `prepare` or `prepare_request` makes ready to be sent; None for any other call."""
    if call.ref == "urllib.request.Request().prepare":
        return call.receiver
    built = call.args[0] if call.ref.endswith(".prepare_request") and call.args else None
    return built if built is not None and built.ref == "urllib.request.Request()" else None


def request(call: Call) -> Value:
    """The request object that a call builds, its `keys` named as those of `urllib.request.Request`: url, data, headers."""
    if not call.ref.startswith("urllib"):  # elsewhere the method comes first, and the body has other names
        named = {
            {"json": "data", "content": "data", "params": "data"}.get(name, name): one for name, one in call.keywords.items()
        }
        call = call._replace(args=call.args[1:2], keywords=named)
    made = unknown(*call.args[:2], *(value for name, value in call.keywords.items() if name in {"url", "data"}))
    made.ref = "urllib.request.Request()"
    names = ("url", "data", "headers")
    made.keys = (
        {"headers": Value()}
        | {names[place]: value for place, value in enumerate(call.args[:3])}
        | {name: value for name, value in call.keywords.items() if name in names}
    )
    made.text = text_of(made.keys["url"]) if "url" in made.keys else HOLE
    return made
