"""Imports: binds names to other modules and what they define."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import standard, summaries
from mlsupply.evidence.python.interpreter import reflection
from mlsupply.evidence.python.interpreter.attribute_names import PATHS
from mlsupply.evidence.python.network import requested
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions
    from mlsupply.evidence.python.interpreter.statements import Statements


def imported(machine: Statements, node: ast.Import) -> None:
    """Runs `import name, other.name as third`."""
    for name in node.names:
        machine.edges.add((machine.root, f"import {name.name}"))
        machine.neighbour(name.name)
        bound = name.name if name.asname else name.name.partition(".")[0]
        ref = _canonical(bound)
        machine.scope.set(name.asname or bound, Value(ref, NOTHING, summaries.neighbour_label(machine, ref)))


def imported_from(machine: Statements, node: ast.ImportFrom) -> None:
    """Runs `from base import name, other as third`, or `import *`."""
    base = node.module or ""
    if node.level:
        parts = machine.package.split(".")
        parts = parts[: len(parts) - node.level + 1] if node.level > 1 else parts
        base = ".".join([*parts, base] if base else parts)
    for name in node.names:
        if name.name == "*":
            _import_star(machine, base)
        else:
            ref = f"{base}.{name.name}" if base else name.name
            machine.edges.add((machine.root, f"import {ref}"))
            machine.scope.set(name.asname or name.name, _imported(machine, ref, node.lineno))


def _imported(machine: Statements, ref: str, line: int) -> Value:
    """The value of an imported dotted name: that of a module followed together, what the summary of a neighbour says, or
    just the name."""
    if (neighbour := machine.neighbour(ref)) is not None:
        return neighbour
    if (given := summaries.value_of(machine, ref)) is None:
        whole = machine.origin("environment", "all variables", line) if ref == "os.environ" else frozenset()
        label = summaries.neighbour_label(machine, ref)
        if requested.is_request(ref):
            label |= {f"request:{ref}"}
        text = PATHS.get(ref, HOLE)
        return Value((reflection.module_of_neighbour(ref) if label else "") or _canonical(ref), NOTHING, whole | label, text)
    if not given.known and not given.ref:
        given.ref = ref
    return given


# Modules outside the standard library for which `import *` is followed.
_STARRED = frozenset({"requests", "httpx", "aiohttp", "winreg", "_winreg", "websockets", "pynput.keyboard"})


def _import_star(machine: Statements, base: str) -> None:
    """Runs `from base import *`. A name that nothing else binds is taken to be of that module (`starred`)."""
    machine.star_bases.append(base)
    for name, value in machine.names_of(base).items():
        if not name.startswith("_"):
            machine.scope.set(name, value)
    if base.partition(".")[0] in standard.MODULES or base in _STARRED:
        machine.stars.append(base)


def starred(machine: Expressions, node: ast.Name) -> Value:
    """The value of a name that nothing but `import *` can have bound; with `either` where several modules may define it."""
    refs = [_canonical(f"{base}.{node.id}") for base in machine.stars[-_MAX_STARS:][::-1]]
    found = [Value(ref) for ref in refs]
    for value in found:
        if value.ref == "os.environ":
            value.taint = machine.origin("environment", "all variables", node.lineno)
            return value
    result = found[0].copy()
    result.either = found if len(found) > 1 else None
    return result


_MAX_STARS = 24  # modules that a name may be of
_VENDORED = re.compile(
    r"^[\w.]{1,100}\.(?:_?vendor(?:ed)?|_?extern(?:al)?|packages|moves|third_party)\."
    r"(?P<ref>(?:requests|httpx|aiohttp|urllib3|urllib\.request)(?:\.[\w.]{1,100})?)$"
)


# Modules of Python 2 that nothing else is called after -> what they are since (old code tries them first), and copies of a
# client for sockets of this machine.
_FORMER = {
    "urllib2": "urllib.request", "httplib": "http.client", "__builtin__": "builtins", "cPickle": "pickle",
    "xmlrpclib": "xmlrpc.client", "cStringIO": "io", "cookielib": "http.cookiejar", "SocketServer": "socketserver",
    "BaseHTTPServer": "http.server", "SimpleHTTPServer": "http.server", "requests_unixsocket": "requests",
    "requests_unixsocket2": "requests", "requests_unix_socket": "requests",
}  # fmt: skip


def _canonical(ref: str) -> str:
    """The dotted name that something is modelled under: a vendored or special copy of a client is that client, and a
    module of Python 2 is its successor."""
    copied = _VENDORED.match(ref)
    if copied is not None:
        return copied["ref"]
    top, dot, rest = ref.partition(".")
    return f"{_FORMER[top]}{dot}{rest}" if top in _FORMER else reflection.real_name(ref)
