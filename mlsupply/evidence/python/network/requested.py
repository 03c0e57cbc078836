"""Requests to a server as sources: parameters of views and middleware, and parts of a request by the names of frameworks.

Labels are `request:` and which part it is, see `values.request_parts`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsupply.evidence.python.syntax.survey import descendants, last_name
from mlsupply.evidence.python.values.containers import INTERCEPTED_KEY
from mlsupply.evidence.python.values.request_parts import ADDRESS, KEY
from mlsupply.evidence.python.values.taint import has, kinds_in, of_kind
from mlsupply.evidence.python.values.value import CLEAN, HOLE, Closure, Taint, Value, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

PASSING = "intercepted:requests to an application"
_GLOBALS = re.compile(r"(?:flask|quart|bottle|cherrypy|sanic)\.request$")
_HANDLERS = re.compile(r"(?:http\.server|BaseHTTPServer|SimpleHTTPServer|CGIHTTPServer)\.\w+\(\)$")
# Classes of which the methods answer requests, kept as their attribute `request`.
_ANSWERS = re.compile(
    r"(?:tornado|jupyter_server|notebook|django|rest_framework|flask|aiohttp\.web)\b.*\.\w*(?:Handler|View|ViewSet)$"
)
_OF_HANDLERS = frozenset({"path", "headers", "requestline"})
_GETTERS = frozenset(  # methods of handlers (Tornado, Jupyter) that give a part of the request
    {"get_argument", "get_arguments", "get_query_argument", "get_query_arguments", "get_body_argument", "get_body_arguments",
     "get_json_body"}
)  # fmt: skip
_DJANGO = frozenset({"GET", "POST", "META", "COOKIES", "query_params"})
_PARTS = frozenset({"headers", "cookies", "args", "form", "query", "body", "data", "json", "values", "params"})
NAMES = _OF_HANDLERS | _GETTERS | _DJANGO | _PARTS
_REQUEST = re.compile(r"parameter:(?:request|req|_request)$")
_TYPES = frozenset({"Request", "HttpRequest", "HTTPConnection", "WebSocket"})
_FRAMEWORKS = re.compile(
    r"(?:fastapi|starlette|flask|quart|django|aiohttp\.web|sanic|litestar|bottle|werkzeug|rest_framework)\b"
)
# Decorators and methods that register a function with an application: as a view, or to be called with every request.
_ROUTES = frozenset(
    {
        "route",
        "get",
        "post",
        "put",
        "delete",
        "patch",
        "websocket",
        "api_route",
        "add_url_rule",
        "add_api_route",
        "add_get",
        "add_post",
        "add_route",
    }
)
# Libraries of servers that call whatever functions they are given.
_SERVERS = ("gradio.", "xmlrpc.server.", "jsonrpclib.", "zerorpc.", "multiprocessing.managers.")
_BEFORE = frozenset(
    {
        "before_request", "after_request", "before_app_request", "after_app_request", "teardown_request", "middleware",
        "add_middleware", "before_app_first_request", "before_first_request", "before_serving", "url_value_preprocessor",
        "teardown_app_request", "before_websocket",
    }
)  # fmt: skip
_MIDDLEWARE = re.compile(r"(?:.*\.)?(?:\w*HTTPMiddleware|MiddlewareMixin|WSGIMiddleware)$")


def is_request(ref: str) -> bool:
    """Is this dotted name the global request object of a framework (`flask.request`)?"""
    return _GLOBALS.match(ref) is not None


def registered(registrar: Value, function: Value, node: ast.AST) -> bool:
    """Marks a function that is registered with an application as a view, or as called with every request. Returns whether
    it was not marked before."""
    closure = function.closure
    if closure is None or isinstance(closure.node, ast.ClassDef) or closure.brings:
        return False
    made = node.func if isinstance(node, ast.Call) else node
    name = last_name(made) if isinstance(made, ast.Attribute | ast.Name) else ""
    if name in _BEFORE or (isinstance(made, ast.Attribute) and last_name(made.value) == "middlewares"):
        closure.brings, closure.before_views = "request", True
    elif registrar.ref.startswith("sqlalchemy.event.listen") and _names(node, _CONNECTS):
        closure.brings = "intercepted"
    elif registrar.ref.startswith(_SERVERS) or (name in _ROUTES and _names_page(node, closure)):
        closure.brings = "request"
    return bool(closure.brings)


_CONNECTS = "do_connect"  # the event of SQLAlchemy that brings the password of a database


def _names(node: ast.AST, word: str) -> bool:
    """Is this text an argument of the call?"""
    return isinstance(node, ast.Call) and any(isinstance(one, ast.Constant) and one.value == word for one in node.args)


def _names_page(node: ast.AST, closure: Closure) -> bool:
    """Is the first argument of the call the path of a page, or the second after the method of the request?"""
    if not isinstance(node, ast.Call):
        return False
    named = [one.value for one in node.keywords if one.arg in _PAGE]
    return any(_start(one, closure)[:1] in {"", "/"} for one in [*node.args[:1], *named]) or any(
        _start(one, closure)[:1] == "/" for one in node.args[1:2]
    )


_PAGE = frozenset({"path", "rule", "uri"})


def _start(node: ast.expr, closure: Closure, depth: int = 4) -> str:
    """The text that an expression starts with; HOLE where that is not known."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else HOLE
    if isinstance(node, ast.Name):
        found = closure.scope.find(node.id)
        return text_of(found) if found is not None and isinstance(found.const, str) else HOLE
    first = {ast.JoinedStr: "values", ast.FormattedValue: "value", ast.BinOp: "left"}.get(type(node), "")
    inner = getattr(node, first, None)
    inner = inner[0] if isinstance(inner, list) and inner else inner
    return _start(inner, closure, depth - 1) if depth and isinstance(inner, ast.expr) else HOLE


def given(closure: Closure, parameter: ast.arg, kind: str) -> Taint:
    """The labels of a parameter whose argument is not known. kind: of the label, "request" for a view."""
    if kind == "request" or (kind == "parameter" and _is_typed(closure, parameter.annotation)):
        return frozenset((f"parameter:{parameter.arg}", f"request:{parameter.arg}"))
    return frozenset((f"{kind}:{parameter.arg}",))


def _is_typed(closure: Closure, annotation: ast.expr | None) -> bool:
    """Is the parameter annotated as a request of a framework?"""
    if not isinstance(annotation, ast.Name | ast.Attribute) or last_name(annotation) not in _TYPES:
        return False
    first: ast.expr = annotation
    while isinstance(first, ast.Attribute):
        first = first.value
    found = closure.scope.find(first.id) if isinstance(first, ast.Name) else None
    return found is not None and _FRAMEWORKS.match(found.ref) is not None


def part(owner: Value, name: str, ref: str) -> Taint:
    """The labels of `owner.name` where that is a request or a part of one, else none. ref: its dotted name."""
    if name == "request":
        of_handler = owner.instance is not None and any(map(_ANSWERS.match, owner.instance.bases))
        return frozenset((f"request:{ref or name}",)) if of_handler or is_request(ref) else CLEAN
    whose = kinds_in(owner.taint)
    asked = (
        (name in _OF_HANDLERS and _HANDLERS.match(owner.ref) is not None)
        or (name in _GETTERS and owner.instance is not None)
        or (name in _DJANGO and not owner.ref and "parameter" in whose)
        or (name in _PARTS and not owner.ref and any(map(_REQUEST.match, owner.taint)))
    )
    return frozenset((f"request:{name}",)) if asked else CLEAN


def passing(machine: Analyser, taint: Taint) -> Taint:
    """The label for data of requests to other views, where a function that is called with every request sends it."""
    parts = of_kind(taint, "request")
    if not parts or all(one == ADDRESS for one in parts) or not any(map(stands_before, machine.running)):
        return CLEAN
    return frozenset((PASSING, INTERCEPTED_KEY)) if KEY in parts else frozenset((PASSING,))


def stands_before(closure: Closure) -> bool:
    """Is the function called with every request, whichever view it is for (middleware)?"""
    if closure.before_views:
        return True
    return closure.owner is not None and any(_MIDDLEWARE.match(base) for base in closure.owner.bases)


def ran(machine: Analyser, call: Call, taint: Taint, what: str) -> bool:
    """Notes what is done with a part of a request, as `what` says it ("run as code"). Returns False, and notes nothing,
    where the data is from no request, or passed through another module or a model."""
    if not has(taint, "request") or has(taint, "from", "model-answer"):
        return False
    before = any(one.wrapper or stands_before(one) for one in machine.running)
    said = "what comes with any request to the application" if before else "what a request to its server brings"
    machine.fact(
        "remote-control",
        call.node,
        source="request",
        sink=call.ref,
        destination="given",
        variant="any-request" if before else "request",
        detail=f"{said} is {what}",
        chain=machine.chain(taint, call.ref, call.line),
    )
    return True


def passes_on(closure: Closure, owner: ast.AST | None) -> str:
    """The kind of label for the arguments of a method `__call__` that passes all of them to what its object was made with,
    and returns that answer, as middleware does (WSGI, ASGI, Django); "" for any other method. owner: its class."""
    node = closure.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(owner, ast.ClassDef):
        return ""
    names = [one.arg for one in node.args.args]
    if node.name != "__call__" or len(names) < 2 or not any(_hands_on(one, names, owner) for one in _left(node)):
        return ""
    return "request" if _CALLED.fullmatch(names[1]) else "intercepted"


_CALLED = re.compile(r"_?(?:environ|env|scope|request|req)")


def _left(node: ast.AST) -> Iterator[ast.expr | None]:
    """The expressions that may be the answer of a function: what it returns, also by a name, and its bare expressions."""
    whole = list(descendants((node,)))
    names = {one.value.id for one in whole if isinstance(one, ast.Return) and isinstance(one.value, ast.Name)}
    for one in whole:
        named = isinstance(one, ast.Assign) and any(last_name(target) in names for target in one.targets)
        if named or isinstance(one, ast.Return | ast.Expr):
            yield one.value


def _hands_on(value: ast.expr | None, names: list[str], owner: ast.ClassDef) -> bool:
    """Is this a call of an attribute of `names[0]`, the object, with the other names as arguments?"""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call) or not _is_held(call.func, names[0], owner):
        return False
    return [one.id if isinstance(one, ast.Name) else "" for one in call.args] == names[1:]


def _is_held(called: ast.expr, this: str, owner: ast.ClassDef) -> bool:
    """Is this an attribute of the object that its constructor gets as an argument?"""
    if not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name) or called.value.id != this:
        return False
    made = next((one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    if made is None:
        return False
    given = {one.arg for one in made.args.args}
    return any(
        isinstance(one, ast.Assign)
        and isinstance(one.value, ast.Name)
        and one.value.id in given
        and any(isinstance(target, ast.Attribute) and target.attr == called.attr for target in one.targets)
        for one in descendants((made,))
    )
