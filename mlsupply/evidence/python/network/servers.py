"""Servers that a module starts: their views are followed with a request as input."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.values.value import Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_LIBRARIES = (
    r"(?:flask|quart|fastapi|starlette|sanic|bottle|robyn|litestar|falcon|microdot|cherrypy|tornado\.web|aiohttp\.web)"
)
_VIEWS = re.compile(
    rf"^{_LIBRARIES}\b.*\.(?:route|api_route|get|post|put|delete|patch|websocket|view|before_request|middleware|on_event|"
    r"add_url_rule|add_api_route|add_route|add_get|add_post)(?:\(\))?$"
)
_STARTS = know.Calls(
    rf"^{_LIBRARIES}\b.*\.(?:run|run_app|serve|serve_forever|listen|start)$|^uvicorn\.(?:run|Server\(\)\.\w+)$|^waitress\.serve$|"
    r"^werkzeug\.serving\.run_simple$|^hypercorn\..*\.serve$|^gevent\.(?:py)?wsgi\.WSGIServer\(\)\.\w+$|"
    r"^wsgiref\.simple_server\.make_server\(\)\.\w+$|^cherrypy\.(?:quickstart|engine\.start)$|^grpc\.(?:aio\.)?server\(\)\.start$|"
    r"^asyncio\.start_(?:unix_)?server$"
)
_ASKED = re.compile(r"^(?:flask|quart|bottle|cherrypy)\.request\b")
RECEIVED = frozenset(("received:\u2026 a request to it",))
"""Whoever may ask, and from where, is not written here."""


def view(machine: Analyser, registrar: Value, function: Value) -> None:
    """Remembers a function that is registered to answer requests."""
    closure = function.closure
    if closure is None or isinstance(closure.node, ast.ClassDef) or not _VIEWS.match(registrar.ref):
        return
    if closure not in machine.views:
        machine.views.append(closure)


_ADDS_SERVICER = know.Calls(r".*\.add_\w{1,100}Servicer_to_server$")


def adds_servicer(ref: str) -> bool:
    """Does a call of this name have an object answer the requests to a gRPC server?"""
    return _ADDS_SERVICER.match(ref)


def servicer_added(machine: Analyser, call: Call) -> None:
    """Remembers the public methods of that object as views."""
    for value in call.args[:1]:
        methods = value.instance.methods if value.instance is not None else {}
        machine.views += [one for name, one in methods.items() if name[:1] != "_" and one not in machine.views]


def starts(ref: str) -> bool:
    """Does a call of this name answer requests from then on?"""
    return _STARTS.match(ref)


def asked(ref: str) -> bool:
    """Is this dotted name the request that a view answers?"""
    return _ASKED.match(ref) is not None


def started(machine: Analyser, call: Call) -> None:
    """Follows each view with a request that anybody may send."""
    for value in call.all:
        view(machine, Value("flask.Flask().route()"), value)
    if machine.serving or machine.on_request:  # a user who switches a server on expects it to answer
        return
    machine.serving = True
    machine.call_results.clear()
    for closure in machine.views:
        first = machine.implicit_arguments(closure)
        spec = closure.node.args if not isinstance(closure.node, ast.ClassDef) else None
        names = [one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)] if spec is not None else []
        machine.enter(closure, first, {name: Value(taint=RECEIVED) for name in names[len(first) :]}, call.node)
    for function in machine.shown:
        machine.call(function, [Value(taint=RECEIVED)], {}, call.node)
    machine.call_results.clear()
    machine.serving = False
