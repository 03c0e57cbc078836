"""Changes to network libraries that affect the whole program: connections are led to another host, or certificates are no
longer checked."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.interpreter import replacements
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.syntax.survey import descendants, last_name
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, Closure, Value, constant, legible, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_LIBRARIES = expression(
    r"(?:socket|ssl|asyncio|http\.client|urllib\.request|urllib3|requests|httpx|httpcore|aiohttp|anyio|niquests|curl_cffi|botocore)\."
)
_HOST = expression(
    r"(?:(?:https?|wss?|socks\w{0,3})://)?(?:(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}|(?:\d{1,3}\.){3}\d{1,3})(?::\d{1,5})?(?:[/?\0]|$)",
    re.IGNORECASE,
)
# Methods that make an address with another host.
_REWRITES = frozenset({"replace", "_replace", "copy_with", "with_host", "urlunparse", "urlunsplit", "sub", "removeprefix"})
# Functions that decide how certificates are checked for all connections.
_MAKES_CONTEXT = expression(
    r"ssl\.(?:_create_(?:default|stdlib)_\w*context|create_default_context|_create_unverified_context|SSLContext)$|"
    r"urllib3\.(?:\w+\.){0,3}(?:create_urllib3_context|ssl_wrap_socket)$"
)
_COMPARES_NAMES = expression(r"(?:ssl|urllib3\.(?:\w+\.){0,3})\.?_?match_hostname$")
_OFF = expression(r"verify|verify_ssl|check_hostname|trust_env|ssl|ssl_verify|cert_reqs|verify_mode|assert_hostname")
_SWITCHES = {  # variables that switch verification off, and their values that do
    "PYTHONHTTPSVERIFY": "0", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "",
    "GIT_SSL_NO_VERIFY": "1", "SSL_VERIFY": "0",
}  # fmt: skip


def is_of_clients(name: str) -> bool:
    """Is this a dotted name of a library that connects or sends?"""
    return _LIBRARIES.match(name) is not None


def called(machine: Analyser, call: Call) -> None:
    """Notes the host that a replacement of a library's function leads to: by the arguments it calls the original with, or by
    the addresses it makes. Notes as well if it switches the check of certificates off."""
    name = machine.replacing
    if not is_of_clients(name):
        return
    method = call.node.func.attr if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else ""
    handed = (
        isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Name) and has(call.function.taint, "intercepted")
    )
    original = replacements.is_original(machine, call.ref, name) if call.ref else handed
    if original or method in _REWRITES:
        given = call.all[1:] if method in {"replace", "sub"} else call.all
        led = [one for value in given for one in _texts(value)]
        _led(machine, name, led, call.node)
    off = [*call.keywords.items()] if original else []
    if method == "setdefault" and len(call.args) == 2:
        off.append((text_of(call.args[0]), call.args[1]))
    if original and name.endswith("cert_verify"):
        off += [("verify", value) for value in call.args]
    if any(_is_off(key, value) for key, value in off):
        unverified(machine, name, call.node)


def answered(machine: Analyser, name: str, closure: Closure, given: Value, node: ast.AST) -> None:
    """Notes the hosts that a replacement of a function for looking up hosts returns. given: its result."""
    if not is_of_clients(name):
        return
    returned = (one.value for one in descendants((closure.node,)) if isinstance(one, ast.Return))
    listed = descendants(one for one in returned if isinstance(one, ast.List | ast.Tuple))
    written = [one.value for one in listed if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    _led(machine, name, [*_texts(given), *written], node)


def _texts(value: Value, depth: int = 4) -> list[str]:
    """The texts in a value, at most `depth` levels of lists and tuples deep."""
    if depth == 0 or isinstance(value.const, str):
        return [text_of(value)]
    inner = folding.items_of(value)[:16]
    return [text for one in inner for text in _texts(one, depth - 1)] if inner else [value.text]


def _led(machine: Analyser, name: str, texts: list[str], node: ast.AST) -> None:
    for text in filter(_is_elsewhere, texts):
        machine.fact("redirects", node, sink=name, destination="fixed", detail=legible(text, 100))


def _is_elsewhere(text: str) -> bool:
    """Is this a constant host that is neither this machine nor of a service that everybody knows?"""
    if text == HOLE or not _HOST.match(text) or addresses.destination(text) not in {"fixed", "chat"}:
        return False
    whole = text if "://" in text else f"https://{text}"
    return not places.USUAL_HOST.match(whole) and not places.MODEL_SERVICE.match(whole)


def _is_off(key: str, value: Value) -> bool:
    """Does this argument switch the check of certificates off?"""
    if _OFF.fullmatch(key) is None:
        return False
    return value.const is False or value.const == "CERT_NONE" or value.ref.endswith("CERT_NONE")


def unverified(machine: Analyser, name: str, node: ast.AST) -> None:
    """Notes that certificates are no longer checked. name: dotted name of what was changed."""
    machine.fact("trusts-anybody", node, sink=safe(name, 100), detail=f"{safe(name, 100)} no longer checks certificates")


def replaced(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Notes a setting or function of a library that is replaced so that certificates are no longer checked, or connections
    go by way of a fixed proxy."""
    if not is_of_clients(name):
        return
    closure = value.closure
    if value.ref == "socks.socksocket":
        _led(machine, name, [machine.client_addresses.get("proxies", "")], node)
    if _MAKES_CONTEXT.match(name):
        trusting = value.ref != name and _TRUSTS_ALL.match(value.ref)
        if trusting or (closure is not None and _makes_trusting(closure)):
            unverified(machine, name, node)
    elif _COMPARES_NAMES.match(name):
        if _lets_all_names_pass(machine, value):
            unverified(machine, name, node)
    else:
        off = [*value.bound.keywords.items()] if value.bound is not None else []
        if "()" not in name:
            off.append((name.rpartition(".")[2], value))
        if any(_is_off(key, one) for key, one in off):
            unverified(machine, name, node)


def _lets_all_names_pass(machine: Analyser, value: Value) -> bool:
    """Does what compares the name in a certificate with the host never refuse: is it a function that raises nothing, or one
    of a library that knows nothing of certificates? What another module of the package brings is not known."""
    closure = value.closure or (value.instance.methods.get("__call__") if value.instance is not None else None)
    if closure is not None:
        return not any(isinstance(one, ast.Raise) for one in descendants((closure.node,)))
    top = value.ref.partition(".")[0]
    return bool(top) and top not in _KNOW_CERTIFICATES and top != machine.dotted.partition(".")[0]


_KNOW_CERTIFICATES = frozenset({"ssl", "backports", "urllib3", "requests", "pip", "service_identity", "OpenSSL", "certifi"})
# Those that check nothing where they are called without arguments, as HTTP clients call them.
_TRUSTS_ALL = expression(r"ssl\.(?:_create_unverified_context|_create_stdlib_context|SSLContext)$")
_CHECKS = frozenset({"verify_mode", "check_hostname"})


def _makes_trusting(closure: Closure) -> bool:
    """Does the function make a context that accepts every certificate, or one for any host?"""
    return any(
        last_name(one) in {"_create_unverified_context", "CERT_NONE"} or _switches_off(one)
        for one in descendants((closure.node,))
    )


def _switches_off(node: ast.AST) -> bool:
    """Is this an assignment of False or 0 to a setting of a context that says what is checked?"""
    if not isinstance(node, ast.Assign) or not any(last_name(one) in _CHECKS for one in node.targets):
        return False
    value = node.value
    if isinstance(value, ast.Call) and len(value.args) == 1:  # ssl.VerifyMode(0)
        value = value.args[0]
    return isinstance(value, ast.Constant) and not value.value


def variable_set(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Notes a variable of the environment that switches the check of certificates off, in child processes too."""
    if name in _SWITCHES and value.const == _SWITCHES[name]:
        unverified(machine, f"os.environ[{name}]", node)


_PROXIES = frozenset({"urllib.request.ProxyHandler", "socks.set_default_proxy", "socks.setdefaultproxy"})


def proxied(machine: Analyser, call: Call) -> None:
    """Remembers a constant proxy, and notes where one is installed for the whole program. Another proxy that leads nowhere
    does not make it forgotten, since either may be installed."""
    if call.ref in _PROXIES:
        given = [one for value in call.all for one in (value.keys or {"": value}).values()]
        given += [constant(one) for value in call.all if isinstance(value.const, dict) for one in value.const.values()]
        found = [text for value in given for text in _texts(value) if _is_elsewhere(text)]
        if found:
            machine.client_addresses["proxies"] = found[0]
    elif call.ref == "urllib.request.install_opener":
        _led(machine, call.ref, [machine.client_addresses.get("proxies", "")], call.node)
