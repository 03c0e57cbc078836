"""Where data ends: which call is which sink; what is installed, patched, redirected, guarded, listened to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands import spawning
from mlsupply.evidence.python.interpreter import hooks, objects, replacements
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.libraries import execution, found_files, memory_code, storage, writing
from mlsupply.evidence.python.network import addresses, diverted, lookups, remote_access, sending, tied_shells, uploads
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import of_kind
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Closure, Taint, Value, constant, taint_of, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_UNBOUND = expression(
    r"((?:requests(?:\.sessions)?|httpx|aiohttp|http\.client)\.(?:Session|Client|AsyncClient|ClientSession|HTTPS?Connection))\.(\w+)$"
)


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that is a sink, with its facts noted; None for any other call."""
    ref = call.ref
    if know.COMMANDS.match(ref):
        return spawning.command(machine, call)
    if ref == "runpy.run_module":
        return module_run(machine, call)
    if ref in know.RUNS_PATH or ref.endswith((".exec_module", ".load_module")):
        return execution.loaded(machine, call)
    if (rebuilt := execution.rebuilt(machine, call)) is not None:
        return rebuilt
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
    """`setup(cmdclass=...)`: the commands that an installation runs are followed."""
    commands = call.keywords.get("cmdclass")
    if commands is None:
        return Value()
    entries = commands.keys or {}
    for name, value in entries.items():
        if name in know.INSTALL_COMMANDS and value.closure is not None and isinstance(value.closure.node, ast.ClassDef):
            _run_command(machine, value.closure)
    return Value()


def _run_command(machine: Analyser, closure: Closure) -> None:
    state = machine.class_state(closure)
    for name in ("__init__", "initialize_options", "finalize_options", "run"):
        if name in state.methods:
            machine.enter(state.methods[name], [objects.any_object(state)], {}, closure.node)


_HOOKS = expression(
    r"\(\)\.(?:event_)?hooks(?:\[\])?\.(?:append|extend|setdefault|update|insert)$|\(\)\.register_hook$|"
    r"\.TraceConfig\(\)\.on_\w+\.append$|\.meta\.events\.register\w*$|"
    r"^litellm\.\w*callbacks?\.(?:append|extend|insert)$|"
    r"get_ipython\(\)\.(?:events\.register|(?:input|ast)_transformers\w*\.(?:append|insert|extend))$"
)


_SCANNERS = expression(r"Amsi(?:Scan|Open|Initialize)|EtwEventWrite")


def _handed_on(machine: Analyser, call: Call) -> None:
    """What a client calls with each request, and what a logger hands its records to."""
    if call.ref.startswith("logging."):
        storage.logged(machine, call)
    if _HOOKS.search(call.ref):
        for value in call.args:
            replacements.follow_hooks(machine, value, call.node)
    replacements.follow_wrapping_call(machine, call)
    if not call.ref.endswith(_LOGGING) or call.receiver is None or not call.args:
        return
    given = call.args[0]
    if call.ref.endswith(".addHandler") and _REMOTE_LOG.match(given.ref):
        call.receiver.ref, call.receiver.text = "logging.remote()", given.text
    elif call.ref == "logging.getLogger().addHandler" and given.instance is not None:
        _listened(machine, call, call.receiver.text, given)
    elif _REMOTE_LOG.match(call.receiver.ref) and not call.ref.endswith(".addHandler"):
        sending.note(
            machine,
            call,
            "body",
            _recorded(machine, given, call),
            call.receiver.text,
            addresses.destination(call.receiver.text),
        )


def _listened(machine: Analyser, call: Call, name: str, handler: Value) -> None:
    """A handler of this module gets what another library, or everybody, logs."""
    own = name == HOLE or name.partition(".")[0] == machine.dotted.partition(".")[0]
    emit = handler.instance.methods.get("emit") if handler.instance is not None else None
    if emit is not None and not own:
        replacements.follow(machine, f"the log of {name}", emit, call.node, [handler])


_LOGGING = (".addHandler", ".addFilter", ".setFormatter")
_REMOTE_LOG = expression(
    r"logging\.(?:remote|handlers\.(?:HTTP|Socket|Datagram|SMTP|SysLog)Handler)\(\)|(?:logging_loki|graypy|logstash|logstash_async)\.[\w.]{1,60}Handler\(\)"
)


_SHAPES_RECORDS = frozenset({"mapLogRecord", "format", "makePickle", "prepare", "getSubject"})


def handler_changed(machine: Analyser, owner: Value, name: str, value: Value, node: ast.AST) -> None:
    """Notes a handler of `logging` that sends, where what makes a message of a record is replaced."""
    if name in _SHAPES_RECORDS and value.closure is not None and _REMOTE_LOG.match(owner.ref):
        call = Call(f"{owner.ref}.{name}", Value(), [], {}, node, owner)
        sending.note(machine, call, "body", _recorded(machine, value, call), owner.text, addresses.destination(owner.text))


def _recorded(machine: Analyser, value: Value, call: Call) -> Taint:
    """What a filter puts into each record that is sent, or a formatter makes of it."""
    record, closure, first = Value(), value.closure, list[Value]()
    if value.instance is not None:
        name = "filter" if call.ref.endswith("Filter") else "format"
        closure, first = value.instance.methods.get(name), [value]
    if closure is None or isinstance(closure.node, ast.ClassDef):
        return record.taint
    given = machine.enter(closure, [*first, record], {}, call.node)
    return taint_of(record, given)


def other(machine: Analyser, call: Call) -> Value | None:
    """Sinks by name that no other model has: memory that becomes code, coins, listeners, programs that are fed. None for any
    other call."""
    ref = call.ref
    if ref == "logging.getLogger":
        return Value(ref + "()", NOTHING, frozenset(), text_of(call.args[0]) if call.args else "everybody")
    if ref == "io.file()w.close":
        found_files.emptied(machine, call)
    _handed_on(machine, call)
    diverted.proxied(machine, call)
    if ref in {"sys.stdout.write", "sys.stdout.buffer.write", "sys.stdout.writelines"}:
        machine.child_output |= taint_of(*call.args)
    if (memory_code.makes_file(call) and memory_code.runs_files(machine)) or memory_code.injects(machine, ref):
        machine.fact("injects", call.node, sink=ref, detail=f"{ref.rpartition('.')[2]}: memory is made to run as code")
    if ref.endswith(".GetProcAddress") and any(_SCANNERS.search(text_of(value)) for value in call.args):
        machine.fact("evades", call.node, sink=ref, detail="the scanner of scripts (AMSI) is looked up in memory")
    if ref == "mmap.mmap" and "PROT_EXEC" in ast.unparse(call.node):
        brought = "encoded" if memory_code.BRINGS_CODE.search("\n".join(machine.lines)) else ""
        machine.fact("injects", call.node, sink=ref, source=brought, detail="executable memory is mapped")
    if "()" not in ref and ref.startswith(_LISTENERS):
        _listens(machine, call)
    if ref in {"pyperclip.copy", "clipboard.copy", "win32clipboard.SetClipboardText", "win32clipboard.SetClipboardData"}:
        known = call.args[-1].const if call.args else None
        if isinstance(known, str) and re.fullmatch(r"[\w:+/=-]{25,200}", known):
            machine.fact(
                "spies", call.node, source="clipboard", sink=ref, detail="the clipboard is replaced by a fixed text"
            )
    if ref.endswith((".communicate", ".stdin.write")) and call.receiver is not None and call.args:
        spawning.fed(machine, call, call.receiver.items or [], call.args[0])
    if ref in {"socket.socket().makefile", "os.dup2"}:
        tied_shells.tied(machine, call)
    return None


_LISTENERS = ("pynput.keyboard.Listener", "pynput.keyboard.GlobalHotKeys", "keyboard.hook", "keyboard.on_press")


def _listens(machine: Analyser, call: Call) -> None:
    """Functions get the keys that are pressed."""
    heard = [one.closure for one in call.all if one.closure is not None and not isinstance(one.closure.node, ast.ClassDef)]
    if not heard or not all(map(_only_compares, heard)):
        machine.fact("spies", call.node, source="keystrokes", sink=call.ref, detail="keystrokes are listened to")
    for closure in heard:
        machine.enter(closure, [Value(taint=machine.origin("keystrokes", call.ref, call.line))], {}, call.node)


def _only_compares(closure: Closure) -> bool:
    """Does a function do no more with what it is given than to compare it? So a program waits for the key it is held by."""
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
    """Sinks on objects that nothing is known of, recognised by the name of the method and its arguments. Returns what comes
    back from the network, None where nothing does."""
    if not isinstance(call.node, ast.Call) or not isinstance(call.node.func, ast.Attribute):
        return None
    name = call.node.func.attr
    if name in {"post", "put", "request", "get", "urlopen", "send", "emit", "fetch"} and not know.SENDS.match(call.ref):
        given = call.args[1:2] or call.args if name == "request" else call.args
        address = given[0] if given else call.keywords.get("url")
        if address is not None and re.match(r"(?:https?|wss?)://", text_of(address)):
            answer = sending.sent(machine, call)
            return answer if call.ref or not given else None  # of a thing nobody knows, `get` may be a dict's
    remote_access.container_by_shape(machine, call, name)
    writing.by_shape(machine, call, name)
    return None


_PROGRAMS = frozenset({"pip", "pip.__main__", "twine", "twine.__main__", "ensurepip", "easy_install"})


def module_run(machine: Analyser, call: Call) -> Value:
    """`runpy.run_module(name)`: a program in this process, with the arguments that were set before."""
    name = call.arg(0, "mod_name")
    if name is None or text_of(name) not in _PROGRAMS:
        return Value()
    arguments = folding.items_of(machine.variables.get("sys.argv", Value()))[1:]
    line = folding.listed([constant("python"), constant("-m"), constant(text_of(name).partition(".")[0]), *arguments])
    return spawning.command(machine, call._replace(ref="subprocess.run", args=[line]))


def attribute_set(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Notes facts about a setting of another module that is changed. name: its dotted name."""
    if name == "sys.argv":
        machine.variables[name] = value
    if re.search(r"(?:openai|anthropic|litellm)\..*(?:api_base|base_url)$", name) and isinstance(value.const, str):
        where = addresses.destination(value.const)
        # one client, that is made for a well-known service, is no setting for the others
        chosen = "()" in name and places.MODEL_SERVICE.match(value.const)
        if where != "local" and not chosen:
            machine.fact("redirects", node, sink=name, destination=where, detail=safe(value.const, 100))
    if value.bound is not None and hooks.is_client(f"{name}()"):  # a partial in the place of the class
        for way in WAYS & value.bound.keywords.keys():
            led_astray(machine, name, value.bound.keywords[way], node)


WAYS = frozenset({"proxies", "proxy", "base_url", "api_base"})  # arguments that say by whose host a client goes


def called_in_place(machine: Analyser, call: Call) -> None:
    """What takes the place of another module's function gives that one, or what it hands on, a way to go (`WAYS`)."""
    method = call.node.func.attr if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else ""
    if method == "setdefault" and len(call.args) == 2 and text_of(call.args[0]) in WAYS:
        led_astray(machine, machine.replacing, call.args[1], call.node)
    for way in WAYS & call.keywords.keys():
        led_astray(machine, machine.replacing, call.keywords[way], call.node)
    diverted.called(machine, call)


def led_astray(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Notes that what takes the place of another module's function sends what passes through it by way of a host that is
    written here."""
    for one in [value, *(value.keys or {}).values()]:
        if isinstance(one.const, str) and addresses.destination(one.const) in {"fixed", "chat"}:
            machine.fact("redirects", node, sink=name, destination="fixed", detail=safe(one.const, 100))


def variable_set(machine: Analyser, key: Value, value: Value, node: ast.AST) -> None:
    """Notes facts about an environment variable that is set for everything that follows."""
    name = key.const
    if isinstance(name, str):
        machine.set_here.add(name)
        uploads.variable_set(machine, name, value)
        diverted.variable_set(machine, name, value, node)
    if isinstance(name, str) and know.REDIRECTS.match(name) and isinstance(value.const, str):
        where = "maker" if places.USUAL_HOST.match(value.const) else addresses.destination(value.const)
        if where in {"fixed", "chat"} or name.upper() in {"LD_PRELOAD", "PYTHONSTARTUP"}:
            machine.fact("redirects", node, sink=f"os.environ[{name}]", destination=where, detail=safe(value.const, 100))


_TODAY = expression(r"\b(?:today|now|utcnow|time|localtime|gmtime)$")
_WHICH = expression(r"\b(?:getfqdn|gethostname|node|getuser|getlogin|getnode|USERDOMAIN|HOSTNAME)$")


def singled_out(machine: Analyser, node: ast.BoolOp) -> None:
    """Notes a condition on both the date and which machine or user this is, each compared with what is written in the
    module."""
    if not isinstance(node.op, ast.And) or len(node.values) > _MAX_CONDITIONS:
        return
    words = [frozenset(_words(value)) for value in node.values]
    dated = {at for at, one in enumerate(words) if any(map(_TODAY.search, one)) and _names_a_day(node.values[at])}
    which = {at for at, one in enumerate(words) if any(map(_WHICH.search, one)) and _is_compared(machine, node.values[at])}
    if dated and which - dated:
        machine.fact("singles-out", node, detail=safe(ast.unparse(node)[:400], 120))


_MAX_CONDITIONS = 8


def _names_a_day(node: ast.expr) -> bool:
    """Is a year written in it?"""
    numbers = (one.value for one in descendants((node,)) if isinstance(one, ast.Constant))
    return any(isinstance(one, int) and 2_000 < one < 2_100 for one in numbers)


def _is_compared(machine: Analyser, node: ast.expr) -> bool:
    """Is it compared with texts that are written in the module?"""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"endswith", "startswith"}:
        others = node.args
    else:
        others = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
    plain = (one for one in others if isinstance(one, ast.Name | ast.Constant | ast.Tuple | ast.Set | ast.List))
    known = [machine.value(one) for one in plain]
    return any(isinstance(one.const, str) for value in known for one in [value, *folding.items_of(value)[:20]])


def guarded(machine: Analyser, node: ast.If, test: Value) -> None:
    """Notes a condition that looks for a watcher (a debugger, a sandbox) before the rest runs."""
    seen = machine.guards.get(node)
    if seen is None:
        leaves = len(node.body) <= 3 and any(map(_leaves, node.body))
        seen = leaves, leaves and any(map(_is_of_watchers, _words(node.test)))
        machine.guards[node] = seen
    leaves, evades = seen
    if not leaves or not (evades or test.taint):
        return
    variables = {label.split(":", 1)[1] for label in of_kind(test.taint, "variable", "secret-variable")}
    if variables & know.EVASION_VARIABLES or evades:
        machine.fact("evades", node, detail=safe(ast.unparse(node.test)[:400], 120))


@lru_cache(maxsize=4_096)
def _is_of_watchers(word: str) -> bool:
    """Is this a name or text by which watchers are known? The same words stand in many conditions."""
    return know.EVASION_TEXT.search(word) is not None


def _leaves(statement: ast.stmt) -> bool:
    """Does it end the function or the program?"""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return any("exit" in word for word in _words(statement.value.func))
    return isinstance(statement, ast.Return | ast.Raise)


def _words(tree: ast.expr) -> Iterator[str]:
    """Names, attributes and texts of an expression."""
    for node in descendants((tree,)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant):
            yield str(node.value)[:400]
