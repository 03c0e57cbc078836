"""Servers of objects (XML-RPC, Pyro, RPyC, zerorpc, managers): whoever connects calls the functions they are given.

These are followed as the views of a web server are, with what anybody may send, once a server is started that other machines
reach.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.network import servers
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import Closure, Value, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MAKES = know.Calls(
    r"^(?:(?:xmlrpc\.server|jsonrpclib)\..*Server|rpyc\..*Server|multiprocessing\.managers\.\w{1,40}Manager|"
    r"multiprocessing\.connection\.Listener|Pyro[45]\..*\.(?:Daemon|serve|serveSimple)|zerorpc\.(?:core\.)?Server\(\)\.bind|wsgiref\.simple_server\.make_server|"
    r"gevent\.(?:server\.\w{0,20}Server|(?:py)?wsgi\.\w{0,20}Server)|trio\.serve_tcp|tornado\.web\.Application\(\)\.listen)$"
)
_TAKES = know.Calls(
    r"^(?:(?:xmlrpc\.server|jsonrpclib)\..*\.register_(?:function|instance)|zerorpc\.(?:core\.)?Server|rpyc\..*Server|"
    r"Pyro[45]\..*\.(?:expose|register|serve|serveSimple)|multiprocessing\.managers\.\w{1,40}Manager(?:\(\))?\.register|"
    r"wsgiref\.simple_server\.make_server|gevent\.(?:server\.\w{0,20}Server|(?:py)?wsgi\.\w{0,20}Server)|trio\.serve_tcp|"
    r"tornado\.web\.Application)$"
)
_STARTS = know.Calls(
    r"^(?:(?:xmlrpc\.server|jsonrpclib)\..*\.(?:serve_forever|handle_request)|zerorpc\.(?:core\.)?Server\(\)\.run|"
    r"rpyc\..*Server\(\)\.(?:start|_?start_in_thread)|Pyro[45]\..*\.(?:requestLoop|serve|serveSimple)|"
    r"multiprocessing\.managers\.\w{1,40}Manager\(\)\.(?:start|get_server\(\)\.serve_forever)|"
    r"gevent\.server\.\w{0,20}Server\(\)\.(?:serve_forever|start)|trio\.serve_tcp|tornado\.web\.Application\(\)\.listen)$"
)
_LOCAL = expression(r"(?:tcp://)?(?:127\.|localhost(?:$|:)|\[?::1|0:0:0:0:0:0:0:1)|(?:ipc|inproc)://|/")
_AT_HOME = frozenset({"Pyro4", "Pyro5", "multiprocessing"})  # they serve this machine alone where no address is given
# A module that is shown as an object -> a function of it that runs what it is given.
_OF_MODULE = {"os": "os.system", "subprocess": "subprocess.getoutput", "builtins": "builtins.exec", "shutil": "os.system"}
_PUBLIC = "exposed_"  # begins the names of what RPyC shows to others


def modelled(machine: Analyser, call: Call) -> None:
    """Follows a call that makes such a server, gives it what others may call, or starts it."""
    if makes(call.ref):
        made(machine, call.ref, call)
    if _TAKES.match(call.ref):
        for value in call.all:
            for one in [value, *(value.keys or {}).values(), *(value.items or ())]:
                _shown(machine, one)
                for inner in one.items or ():
                    _shown(machine, inner)
    if starts(call.ref) and call.ref.partition(".")[0] in machine.open_servers:
        servers.started(machine, call)


def makes(ref: str) -> bool:
    """Does a call of this name make such a server, or say where it is reached?"""
    return _MAKES.match(ref)


def starts(ref: str) -> bool:
    """Does a call of this name answer others from then on?"""
    return _STARTS.match(ref)


def _shown(machine: Analyser, value: Value) -> None:
    closure = value.closure
    if value.ref in _OF_MODULE:
        machine.shown.append(Value(_OF_MODULE[value.ref]))
    elif know.COMMANDS.match(value.ref) or value.ref in know.RUNS_CODE:
        machine.shown.append(value)
    elif closure is not None and not isinstance(closure.node, ast.ClassDef):
        _remember(machine, closure)
    elif closure is not None or value.instance is not None:
        state = machine.class_state(closure) if closure is not None else value.instance
        methods = state.methods if state is not None else {}
        shown = [name for name in methods if name.startswith(_PUBLIC)] or [name for name in methods if _is_public(name)]
        for name in shown:
            methods[name].brings = methods[name].brings or "request"
            _remember(machine, methods[name])


def _is_public(name: str) -> bool:
    return name[:1] != "_" or name in {"_dispatch", "__call__"}


def _remember(machine: Analyser, closure: Closure) -> None:
    if closure not in machine.views:
        machine.views.append(closure)


def made(machine: Analyser, ref: str, call: Call) -> None:
    """Remembers whether other machines reach the server that is made, as far as the code says. ref: the dotted name of its
    class, or of the library's class that it is derived from."""
    library = ref.partition(".")[0]
    place = call.keywords.get("host", call.keywords.get("hostname", call.keywords.get("address")))
    if place is None and library not in {"rpyc", "Pyro4", "Pyro5", "trio"}:
        place = call.arg(0)
    if place is None or (place.known and place.const is None):
        local = library in _AT_HOME
    elif type(place.const) is int:  # a port
        local = False
    else:
        host = place if isinstance(place.const, str) else (folding.items_of(place) or [place])[0]
        local = _LOCAL.match(text_of(host)) is not None
    if not local:
        machine.open_servers.add(library)
