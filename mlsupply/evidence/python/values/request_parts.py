"""Taint labels for the parts of a request to a server: which parts are credentials, and which only say who asked for which
page."""

from __future__ import annotations

from mlsupply.evidence.python.values.value import Taint
from mlsupply.lazy import expression

KEY = "request:what opens an account"
ADDRESS = "request:its address"
HEADERS = "request:headers"
SCOPE = "intercepted:variables of a function that was given"  # among them those of the language, which tell nothing
_LINE = frozenset(  # attributes with metadata of the request or its response
    {
        "path", "method", "url", "host", "scheme", "client", "remote_addr", "endpoint", "user_agent", "status_code", "id",
        "base_url", "url_root", "full_path", "url_rule", "blueprint", "content_type", "content_length", "path_info",
        "referrer", "status", "elapsed", "path_params", "match_info", "resolver_match", "host_url",
    }
)  # fmt: skip
# Attributes by which a framework gives access to its own objects: nothing in them comes from the client.
_OWN = frozenset({"app", "state", "ctx", "config", "session", "user", "transport", "loop", "db", "logger", "router"})
_OPENS = expression(
    r"(?i)(?:http_)?(?:(?:proxy[-_])?authorization|(?:x[-_])?api[-_]?key|(?:set[-_])?cookie|x[-_]\w{0,40}?(?:token|secret|key))|"
    r"\w{0,40}?(?:passw|secret|token|credential|session_?id|api_?key)\w{0,40}"
)
# Tokens that prove a human or a session, but open no account.
_PROVES = expression(r"(?i)[\w-]{0,20}(?:captcha|turnstile)[\w-]{0,20}|csrf\w{0,20}")
_OF_SERVER = expression(r"HTTP_[A-Z_]{1,60}|QUERY_STRING|PATH_INFO|wsgi\.input|query_string")  # WSGI (PEP 3333), ASGI


CARRIER = "web.state"
"""The dotted name of what an application or a request carries for those who answer it."""
_HAVE_STATE = expression(
    r"(?:fastapi|starlette|litestar|sanic|quart|blacksheep)\.(?:\w{1,40}\.){0,3}\w{1,40}\(\)(?:\.app)?$"
)
_REQUESTS = expression(r"(?:parameter|request):_?(?:request|req|ws|websocket|app|conn|connection)$")


def carries(ref: str, taint: Taint) -> bool:
    """Has an object an attribute `state` (`ctx` in Sanic) for what others put there: is it an application or a request? ref:
    its dotted name."""
    return _HAVE_STATE.match(ref) is not None or any(map(_REQUESTS.match, taint))


def attribute(taint: Taint, name: str) -> Taint:
    """The labels of the attribute `name` of an object with these labels, of which at least one is of a request."""
    others = frozenset(one for one in taint if not one.startswith("request:"))
    if name in _OWN:
        return others
    if name in _LINE:
        return others | {ADDRESS}
    return others | {HEADERS} if name in {"headers", "META"} else taint


def entry(taint: Taint, key: str) -> Taint:
    """The labels of the entry under this key. taint: the labels of its container."""
    if SCOPE in taint and key.startswith("__"):
        taint -= {SCOPE}
    of_request = {one for one in taint if one.startswith("request:")}
    if not of_request and not _OF_SERVER.fullmatch(key):
        return taint
    others = taint - of_request
    if _PROVES.fullmatch(key):
        return others | {ADDRESS}
    if _OPENS.fullmatch(key):
        return others | {KEY}
    if HEADERS in of_request or key.startswith("HTTP_"):
        return others | {ADDRESS}
    return others | (of_request or {f"request:{key}"})
