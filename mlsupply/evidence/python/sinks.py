"""Sinks: which call, and which setting of another module or variable, is where followed data does harm."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands import spawning, standard_input
from mlsupply.evidence.python.interpreter import hooks, objects, replacements
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.libraries import (
    clipboard,
    deferred_calls,
    execution,
    found_files,
    log_records,
    memory_code,
    own_loaders,
    standard_output,
    text_runners,
    wearing_out,
    writing,
)
from mlsupply.evidence.python.network import (
    addresses,
    diverted,
    duckdb_calls,
    far_end,
    generated_clients,
    lookups,
    recipients,
    remote_access,
    sending,
    tied_shells,
    uploads,
)
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.value import HOLE, ClassState, Closure, Value, constant, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_UNBOUND = expression(
    r"((?:requests(?:\.sessions)?|httpx|aiohttp|http\.client)\.(?:Session|Client|AsyncClient|ClientSession|HTTPS?Connection))\.(\w+)$"
)


# Functions that make the same connection as another.
_ALIKE = {
    "telnetlib3.open_connection": "asyncio.open_connection",
    "multiprocessing.connection.SocketClient": "multiprocessing.connection.Client",
    "multiprocessing.connection.PipeClient": "multiprocessing.connection.Client",
}


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that is a sink, its facts noted; None for any other call."""
    ref = _ALIKE.get(call.ref, call.ref)
    call = call if ref == call.ref else call._replace(ref=ref)
    if know.COMMANDS.match(ref):
        return spawning.command(machine, call)
    if ref == "runpy.run_module":
        return module_run(machine, call)
    if ref in know.RUNS_PATH or ref.endswith((".exec_module", ".load_module")):
        return execution.loaded(machine, call)
    if (rebuilt := execution.rebuilt(machine, call)) is not None:
        return rebuilt
    if (ran := text_runners.modelled(machine, call)) is not None:
        return ran
    if ref in know.RUNS_CODE:
        return machine.execute(call, call.arg(1 if ref in know.RUNS_IN else 0, "source", "cmd", "stmt", "script", "code"))
    if ref in {"setuptools.setup", "distutils.core.setup", "setup", "numpy.distutils.core.setup", "skbuild.setup"}:
        return setup(machine, call)
    if ref in know.LOOKUPS:
        return lookups.looked_up(machine, call)
    lookups.connected(machine, call)
    if know.SENDS.match(ref):
        return sending.sent(machine, call)
    if (found := _UNBOUND.match(ref)) is not None and len(call.args) > 1:
        bound = f"{found[1]}().{found[2]}".replace("requests.sessions.", "requests.")
        return modelled(machine, call._replace(ref=bound, args=call.args[1:], receiver=call.args[0]))
    if (done := writing.modelled(machine, call)) is not None:
        return done
    return other(machine, call)


def setup(machine: Analyser, call: Call) -> Value:
    """Follows the commands of `setup(cmdclass=...)` that an installation runs."""
    commands = call.keywords.get("cmdclass")
    if commands is None:
        return Value()
    for name, value in containers.entries(commands).items():
        if name not in know.INSTALL_COMMANDS and name != HOLE:
            continue
        for one in value.either or [value]:
            if one.closure is not None and isinstance(one.closure.node, ast.ClassDef):
                _run_command(machine, machine.class_state(one.closure), call.node)
            elif one.instance is not None and one.ref == "builtins.type()":
                _run_command(machine, one.instance, call.node)
    return Value()


def _run_command(machine: Analyser, state: ClassState, node: ast.AST) -> None:
    for name in ("__init__", "initialize_options", "finalize_options", "run"):
        if name in state.methods:
            machine.enter(state.methods[name], [objects.any_object(state)], {}, node)


# Calls that register functions which are called with each request, event or cell.
_HOOKS = expression(
    r"\(\)\.(?:event_)?hooks(?:\[\])?\.(?:append|extend|setdefault|update|insert)$|\(\)\.register_hook$|"
    r"\.TraceConfig\(\)\.on_\w+\.append$|\.meta\.events\.register\w*$|"
    r"^litellm\.\w*callbacks?\.(?:append|extend|insert)$|"
    r"get_ipython\(\)\.(?:events\.register|(?:input|ast)_transformers\w*\.(?:append|insert|extend))$"
)


_SCANNERS = expression(r"Amsi(?:Scan|Open|Initialize)|EtwEventWrite")


def _hooked(machine: Analyser, call: Call) -> Value | None:
    """Follows the functions that a call registers as hooks: of a client, for each request, or as wrappers of others. Returns
    the decorator or function that the last gives, None where it gives none."""
    if _HOOKS.search(call.ref):
        for value in call.args:
            replacements.follow_hooks(machine, value, call.node)
    return replacements.follow_wrapping_call(machine, call)


def other(machine: Analyser, call: Call) -> Value | None:
    """Sinks that have no model of their own: executable memory, listeners for keys, the clipboard, the input of programs.
    Returns None for any call whose result no sink knows."""
    ref = call.ref
    if ref == "logging.getLogger":
        return log_records.logger(machine, call)
    if (handler := log_records.passing_on(machine, call)) is not None:
        return handler
    if ref == "io.file()w.close":
        found_files.emptied(machine, call)
    own_loaders.put(machine, call)
    if ref.endswith(".set_executable") and ref.startswith("multiprocessing."):
        spawning.program_set(machine, call)
    log_records.called(machine, call)
    if (wrapped := _hooked(machine, call)) is not None:
        return wrapped
    diverted.proxied(machine, call)
    wearing_out.metadata_dropped(machine, call)
    duckdb_calls.run(machine, call)
    deferred_calls.tests_run(machine, call)
    standard_output.called(machine, call)
    if (memory_code.makes_file(call) and memory_code.runs_files(machine)) or memory_code.injects(machine, ref):
        machine.fact("injects", call.node, sink=ref, detail=f"{ref.rpartition('.')[2]}: memory is made to run as code")
    if ref.endswith(".GetProcAddress") and any(_SCANNERS.search(text_of(value)) for value in call.args):
        machine.fact("evades", call.node, sink=ref, detail="the scanner of scripts (AMSI) is looked up in memory")
    if ref == "mmap.mmap" and "PROT_EXEC" in ast.unparse(call.node):
        brought = "encoded" if memory_code.BRINGS_CODE.search("\n".join(machine.lines)) else ""
        machine.fact("injects", call.node, sink=ref, source=brought, detail="executable memory is mapped")
    if "()" not in ref and ref.startswith(_LISTENERS):
        _listens(machine, call)
    clipboard.called(machine, call)
    if ref.endswith((".communicate", ".stdin.write", "os.popen().write")) and call.receiver is not None and call.args:
        standard_input.fed(machine, call, call.receiver.items or [], call.args[0])
    far_end.told_here(machine, call)
    if ref in {"socket.socket().makefile", "os.dup2"}:
        tied_shells.tied(machine, call)
    return None


_LISTENERS = ("pynput.keyboard.Listener", "pynput.keyboard.GlobalHotKeys", "keyboard.hook", "keyboard.on_press")


def _listens(machine: Analyser, call: Call) -> None:
    """Notes a listener for keys, and follows its functions with the keys that are pressed."""
    heard = [one.closure for one in call.all if one.closure is not None and not isinstance(one.closure.node, ast.ClassDef)]
    if not heard or not all(map(_only_compares, heard)):
        machine.fact("spies", call.node, source="keystrokes", sink=call.ref, detail="keystrokes are listened to")
    for closure in heard:
        machine.enter(closure, [Value(taint=machine.origin("keystrokes", call.ref, call.line))], {}, call.node)


def _only_compares(closure: Closure) -> bool:
    """Does the function only compare its arguments? So a program waits for one key, without recording any."""
    node = closure.node
    if isinstance(node, ast.ClassDef):
        return False
    given = {parameter.arg for parameter in [*node.args.posonlyargs, *node.args.args][closure.owner is not None :]}
    compared = {
        id(part) for one in descendants((node,)) if isinstance(one, ast.Compare) for part in (one.left, *one.comparators)
    }
    uses = (one for one in descendants((node,)) if isinstance(one, ast.Name) and one.id in given)
    return node.args.vararg is None and all(id(one) in compared for one in uses)


def by_shape(machine: Analyser, call: Call) -> Value | None:
    """Sinks on unknown objects, recognised by the name of the method and its arguments. Returns what comes back from the
    network, None where nothing does."""
    if not isinstance(call.node, ast.Call) or not isinstance(call.node.func, ast.Attribute):
        return None
    name = call.node.func.attr
    if name in {"post", "put", "request", "get", "urlopen", "send", "emit", "fetch"} and not know.SENDS.match(call.ref):
        given = call.args[1:2] or call.args if name == "request" else call.args
        address = given[0] if given else call.keywords.get("url")
        if address is not None and re.match(r"(?:https?|wss?)://", text_of(address)):
            answer = sending.sent(machine, call)
            return answer if call.ref or not given else None  # `get` of an unknown object may be a dict's
    own_loaders.put_by_shape(machine, call, name)
    remote_access.container_by_shape(machine, call, name)
    writing.by_shape(machine, call, name)
    return None


_PROGRAMS = frozenset({"pip", "pip.__main__", "twine", "twine.__main__", "ensurepip", "easy_install"})


def module_run(machine: Analyser, call: Call) -> Value:
    """`runpy.run_module(name)` of a tool such as pip, as the command line with the `sys.argv` that was set before."""
    name = call.arg(0, "mod_name")
    if name is None or text_of(name) not in _PROGRAMS:
        return Value()
    arguments = folding.items_of(machine.variables.get("sys.argv", Value()))[1:]
    line = folding.listed([constant("python"), constant("-m"), constant(text_of(name).partition(".")[0]), *arguments])
    return spawning.command(machine, call._replace(ref="subprocess.run", args=[line]))


def attribute_set(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Notes what changing an attribute of another module does. name: its dotted name."""
    if name == "sys.argv":
        machine.variables[name] = value
    if name in {"sys.executable", "sys._base_executable"}:
        spawning.program_set(machine, Call(name, Value(name), [value], {}, node, None))
    standard_output.attribute_set(machine, name, value)
    tied_shells.input_set(machine, name, value, node)
    generated_clients.set_attribute(machine, name, value)
    if re.search(r"(?:openai|anthropic|litellm)\..*(?:api_base|base_url)$", name) and isinstance(value.const, str):
        where = addresses.destination(value.const)
        # one client object for a well-known service does not redirect the others
        own_client = "()" in name and places.MODEL_SERVICE.match(value.const)
        if where != "local" and not own_client:
            machine.fact("redirects", node, sink=name, destination=where, detail=safe(value.const, 100))
    if value.bound is not None and hooks.is_model_client(f"{name.removesuffix('.__init__')}()"):
        # `functools.partial` in the place of the class, or `partialmethod` in that of its constructor
        for way in ROUTES & value.bound.keywords.keys():
            rerouted(machine, name, value.bound.keywords[way], node)


ROUTES = frozenset({"proxies", "proxy", "base_url", "api_base"})  # arguments that say by way of which host a client sends


def called_in_place(machine: Analyser, call: Call) -> None:
    """Notes where a function that replaces one of another module calls something with an argument of `ROUTES`."""
    method = call.node.func.attr if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else ""
    if method == "setdefault" and len(call.args) == 2 and text_of(call.args[0]) in ROUTES:
        rerouted(machine, machine.replacing, call.args[1], call.node)
    for way in ROUTES & call.keywords.keys():
        rerouted(machine, machine.replacing, call.keywords[way], call.node)
    diverted.called(machine, call)
    recipients.called(machine, call)


def rerouted(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Notes that requests which pass through `name`, a replaced function of another module, go by way of a host that is
    constant in this module."""
    for one in [value, *(value.keys or {}).values()]:
        if isinstance(one.const, str) and addresses.destination(one.const) in {"fixed", "chat"}:
            machine.fact("redirects", node, sink=name, destination="fixed", detail=safe(one.const, 100))


def variable_set(machine: Analyser, key: Value, value: Value, node: ast.AST) -> None:
    """Notes what setting a variable of the environment does to all that follows in the process and its children."""
    name = key.const
    if isinstance(name, str):
        machine.set_here.add(name)
        uploads.variable_set(machine, name, value)
        diverted.variable_set(machine, name, value, node)
    if isinstance(name, str) and know.REDIRECTS.match(name) and isinstance(value.const, str):
        where = "maker" if places.USUAL_HOST.match(value.const) else addresses.destination(value.const)
        if where in {"fixed", "chat"} or name.upper() in {"LD_PRELOAD", "PYTHONSTARTUP"}:
            machine.fact("redirects", node, sink=f"os.environ[{name}]", destination=where, detail=safe(value.const, 100))
