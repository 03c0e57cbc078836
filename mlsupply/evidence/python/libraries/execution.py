"""Running code as a sink: text or bytes executed, objects unpickled, files loaded as modules or libraries."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import Take
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import summaries
from mlsupply.evidence.python.commands.run_facts import addressed, bundled, from_network, ran_file
from mlsupply.evidence.python.libraries import found_files
from mlsupply.evidence.python.libraries.decoder_calls import unpacked
from mlsupply.evidence.python.libraries.storage import content_of, taint_below
from mlsupply.evidence.python.network import requested
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.taint import ORIGINS, first_kind, has, of_kind
from mlsupply.evidence.python.values.value import HOLE, NOTHING, CodeObject, Scope, Value, text_of
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call


def executed(machine: Analyser, call: Call, source: Value) -> None:
    """Notes what `exec` or `eval` of this value runs: text that was fetched, decoded, or made at run time."""
    layers = hiding(source.layers)
    summaries.note_wanted(machine, source.taint)
    summaries.note_take(machine, source.taint, Take("executes", call.ref, layers=layers))
    if has(source.taint, "received"):
        said = "code from the network is executed"
        fields: dict[str, object] = {"layers": layers, "hidden": call.function.hidden}
        if all(map(_OF_CLIENTS.search, of_kind(source.taint, "received"))):
            fields["destination"] = "given"  # by clients of a server that somebody started
        from_network(machine, call, source.taint, "runs-downloaded", said, **fields)
    elif requested.ran(machine, call, source.taint, "run as code"):
        return
    elif layers or has(source.taint, "encoded"):
        _decoded(machine, call, source)
    else:
        _made(machine, call, source)


def handed_code(machine: Analyser, call: Call) -> None:
    """Notes fetched or hidden code that is compiled and given with names to something that has no name itself, as the class
    of a function is (`type(f)(code, names)`): what takes both runs it."""
    code = call.args[0] if len(call.args) > 1 and not call.ref and call.receiver is None else None
    if isinstance(code, CodeObject) and has(code.taint, "received", "encoded"):
        executed(machine, call._replace(ref="types.FunctionType"), code)


@contextmanager
def namespace(machine: Analyser, call: Call) -> Iterator[None]:
    """Within it, names are looked up and bound in the dict that `exec` or `eval` is given, if that is one of this module."""
    given = [*call.args[1:3], *(call.keywords[name] for name in ("globals", "locals") if name in call.keywords)]
    names = given[-1] if given and call.ref in {"builtins.exec", "builtins.eval"} else Value()
    if names.ref or names.instance is not None or (names.keys is None and not isinstance(names.const, dict)):
        yield
        return
    outer, machine.scope = machine.scope, Scope(machine.scope)
    machine.scope.names.update(containers.entries(names))
    try:
        yield
    finally:
        names.const, names.keys = NOTHING, machine.scope.names
        machine.scope = outer


def required(machine: Analyser, given: Value, node: ast.AST) -> None:
    """Notes requirements that a hook of a build backend returns (PEP 517), where they came from the network."""
    if has(given.taint, "received"):
        detail = "what the network names as needed for the build"
        machine.fact("installs-package", node, source="received", sink="a build backend", destination="fixed", detail=detail)


_OF_CLIENTS = re.compile(
    r"\.accept\(\)|^received:(?:websockets\.(?:\w+\.)*serve|asyncio\.start_(?:unix_)?server)\b"
)  # a server of its own


def _decoded(machine: Analyser, call: Call, source: Value) -> None:
    """Notes that decoded or encoded text is executed."""
    text = source.const if isinstance(source.const, str | bytes) else ""
    shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
    origin = first_kind(source.taint, ORIGINS)
    if isinstance(source.const, str) and len(shown) < 24 and not re.search(r"[(\n]", shown) and not _is_statement(shown):
        return  # a single name, as in eval("ex" + "ec"), which matters only when it is called
    of_document = _is_of_document(source)
    machine.fact(
        "runs-decoded",
        call.node,
        source="" if source.known else origin,
        sink=call.ref,
        layers=hiding(source.layers),
        decoded=safe(shown),
        chain=machine.chain(source.taint, call.ref, call.line),
        detail="code in a document is executed" if of_document else "encoded text is executed",
        variant="document" if of_document else "",
        hidden=call.function.hidden,
    )


def _is_statement(text: str) -> bool:
    """Does the text begin with a keyword, other than those that an expression begins with?"""
    first = text.split(None, 1)[0] if text.strip() else ""
    return keyword.iskeyword(first) and first not in {"True", "False", "None", "not", "lambda", "await"}


_MADE_OF = frozenset({"package-file", "variable", "clipboard", "environment", "model-answer"})
_DOCUMENT = re.compile(r"encoded:data file [^/]{1,60}\.(?:md|rst|markdown)$", re.IGNORECASE)


def _is_of_document(source: Value) -> bool:
    """Is this the plain text of a document for people, which may hold examples of code?"""
    return not hiding(source.layers) and all(map(_DOCUMENT.match, of_kind(source.taint, "encoded")))


def _made(machine: Analyser, call: Call, source: Value) -> None:
    """Notes that text which is neither fetched nor encoded is executed, unless it is constant and plain."""
    source_kind = first_kind(source.taint, _MADE_OF)
    if source_kind == "variable" and "parameter:sys.argv" in source.taint:
        source_kind = ""  # the user names the code on the command line
    if not source.known:
        machine.fact(
            "executes",
            call.node,
            source=source_kind,
            sink=call.ref,
            chain=machine.chain(source.taint, call.ref, call.line),
            hidden=call.function.hidden,
            variant="unread" if is_unread(source, text_of(source)) else "",
            detail="text made at run time is executed",
        )
    elif call.function.hidden or _escaped(machine, call):
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=("escapes",),
            decoded=safe(str(source.const)),
            detail="escaped text is executed",
            hidden=call.function.hidden,
        )


_COMPUTED = re.compile(r"(?:builtins\.(?:bytes|bytearray|str|chr|map|filter|list|reversed|sorted)\b|doctest\.Example\(\)|$)")


def is_unread(value: Value, text: str) -> bool:
    """Was this computed within the module, so that nothing of it is known, and not by a file, a library or a caller?
    text: what is known of it."""
    return bool(text) and not text.strip(f"{HOLE} ") and not value.taint and _COMPUTED.match(value.ref) is not None


def _escaped(machine: Analyser, call: Call) -> bool:
    """Is the constant text of the call written mostly as escapes?"""
    lines = machine.lines
    if machine.code_line or not isinstance(call.node, ast.Call) or not 0 < call.line <= len(lines):
        return False
    arg = call.node.args[0] if call.node.args else None
    if not isinstance(arg, ast.Constant) or not isinstance(arg.value, str) or len(arg.value) < 3:
        return False
    written = lines[arg.lineno - 1][arg.col_offset : arg.end_col_offset if arg.end_lineno == arg.lineno else None]
    return len(re.findall(r"\\(?:x[0-9a-fA-F]{2}|[0-7]{2,3}|u[0-9a-fA-F]{4})", written)) * 2 > len(arg.value)


_VERB = re.compile(r"\.(?:get|post|put|patch|delete|head|options|request)$")


def hidden_name(machine: Analyser, call: Call) -> None:
    """Notes that a dangerous function is called by a name that was computed."""
    ref = call.ref
    if _VERB.search(ref) and "()" in ref:
        return  # clients look up the method of a request on their session by name
    if ref in know.DANGEROUS or know.COMMANDS.match(ref) or ref in know.RUNS_CODE or know.SENDS.match(ref):
        machine.fact("hides-name", call.node, sink=ref, hidden=True, detail=f"{ref} is called by a computed name")


_CALLS_FUNCTIONS = re.compile(
    r"!!python/(?:object/(?:apply|new)|module):|\"py/(?:reduce|object)\": ?\S{0,40}(?:os\.|posix|subprocess|builtins|system)"
)
_PICKLE_CALLS = re.compile(rb"posix|nt\n|system|builtins|subprocess|__import__")


def unpickled(machine: Analyser, call: Call, data: Value) -> None:
    """Notes that received data, a part of a request, or a constant which calls functions, is unpickled or loaded as YAML or
    JSON objects."""
    far = call.ref == "pandas.read_pickle" and _ADDRESS.match(text_of(data)) is not None
    if has(data.taint, "received") or far or _CONNECTED.search(data.ref):
        fixed = has(data.taint, "received") and not addressed(data.taint)
        machine.fact(
            "executes",
            call.node,
            source="received",
            sink=call.ref,
            destination="fixed" if fixed else "",
            variant="any-object" if _asks_for_any(call) else "",
            detail="objects are rebuilt from the network",
            chain=machine.chain(data.taint, call.ref, call.line),
        )
    elif _is_content(call, data) and requested.ran(machine, call, data.taint, _REBUILT):
        return
    elif _PICKLE_CALLS.search(data.const) if isinstance(data.const, bytes) else _CALLS_FUNCTIONS.search(text_of(data)):
        what = "pickle" if isinstance(data.const, bytes) else "document"
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=(*hiding(data.layers), *(("pickle",) if what == "pickle" else ())),
            decoded=safe(text_of(data)),
            detail=f"a {what} that calls functions is loaded",
        )


def _asks_for_any(call: Call) -> bool:
    """Is a text, which may well hold plain data, read as objects of any kind because the code says so?"""
    loader = call.arg(1, "Loader") if call.ref in {"yaml.load", "yaml.load_all"} else None
    return _OF_ANY_KIND.match(call.ref if loader is None else loader.ref) is not None


_OF_ANY_KIND = re.compile(
    r"yaml\.unsafe_load(?:_all)?$|yaml\.(?:\w{1,20}\.)?C?(?:Unsafe)?Loader$|jsonpickle\.(?:\w{1,20}\.)?(?:decode|loads)$"
)


_REBUILT = "rebuilt as objects, which may run any code"
_IN_MEMORY = re.compile(r"(?:io\.BytesIO|io\.StringIO|tempfile\.\w{1,60})\(\)|.*\.(?:file|stream)$")


def _is_content(call: Call, data: Value) -> bool:
    """Is this what is loaded, and not the name of a file with it?"""
    if call.ref not in _TAKES_PATHS or _IN_MEMORY.match(data.ref) is not None:
        return True
    first = call.node.args[0] if isinstance(call.node, ast.Call) and call.node.args else None
    return isinstance(first, ast.Attribute) and first.attr in {"file", "stream"}  # of an upload


_TAKES_PATHS = frozenset({"torch.load", "joblib.load", "numpy.load", "pandas.read_pickle"})
_CONNECTED = re.compile(r"^(?:http\.server|socketserver)\.\w{1,60}\(\)\.rfile$|^(?:socket|ssl)\..*\.makefile\(\)$")
_ADDRESS = re.compile(r"(?:https?|s3|gs|ftp|az|abfss?)://[^/]{3}")
_LOADS = re.compile(r"^(?:pickle|_pickle|cPickle|dill|cloudpickle)\.(?:.*\.)?loads?$")


def rebuilt(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that unpickles or pickles objects; None for any other call."""
    pickled(machine, call)
    if call.ref == "copyreg.pickle" and len(call.args) > 1:
        _rebuilds(machine, call, machine.call(call.args[1], [Value()], {}, call.node))
    if _LOADS.match(call.ref):
        data = call.receiver if call.ref.endswith("pickle.Unpickler().load") else next(iter(call.args), None)
        if data is not None:
            unpickled(machine, call, data)
        return Value(call.ref + "()", NOTHING, frozenset().union(*(value.taint for value in call.all)))
    if call.ref not in know.REBUILDS or not call.args:
        return None
    if call.ref == "yaml.load" and _is_unsafe(call) and has(call.args[0].taint, "package-file"):
        detail = "objects are rebuilt from a data file of the package, which may name any function"
        machine.fact("runs-decoded", call.node, source="package-file", sink=call.ref, detail=detail)
    if not _builds_only_data(call):
        unpickled(machine, call, call.args[0])
    return Value(call.ref + "()", NOTHING, call.args[0].taint | unpacked(machine, call.args[0], call.line))


def _builds_only_data(call: Call) -> bool:
    """Does an argument say that only plain data, or tensors, are built?"""
    if call.ref in {"yaml.load", "yaml.load_all"}:
        loader = call.arg(1, "Loader")
        return loader is not None and _PLAIN_LOADER.match(loader.ref) is not None
    if call.ref == "numpy.load":  # as it is by default
        allowed = call.arg(2, "allow_pickle")
        return allowed is None or allowed.const is False
    return call.keywords.get("weights_only", Value()).const is True


_PLAIN_LOADER = re.compile(r"yaml\.(?:\w{1,20}\.)?C?(?:Safe|Base)Loader$")


def _is_unsafe(call: Call) -> bool:
    loader = call.arg(1, "Loader")
    return loader is not None and loader.ref.endswith("UnsafeLoader")


_PICKLES = re.compile(r"^(?:pickle|_pickle|cloudpickle|dill|torch|joblib)\.(?:dumps?|save)$")


def pickled(machine: Analyser, call: Call) -> None:
    """Follows the command or code that an object's `__reduce__` runs when the pickle is loaded."""
    if not _PICKLES.match(call.ref) or not call.args:
        return
    whole = call.args[0]
    for thing in [whole, *list((whole.keys or {}).values())[:16], *(whole.items or [])[:16]]:
        if thing.instance is not None:
            _pickled(machine, call, thing)


def _pickled(machine: Analyser, call: Call, thing: Value) -> None:
    methods = thing.instance.methods if thing.instance is not None else {}
    reduce = methods.get("__reduce__") or methods.get("__reduce_ex__")
    if reduce is not None:
        _rebuilds(machine, call, machine.enter(reduce, [thing], {}, call.node))


def _rebuilds(machine: Analyser, call: Call, reduced: Value) -> None:
    """Follows the function that an object is rebuilt with. reduced: what its `__reduce__` gives."""
    given = folding.items_of(reduced)
    if len(given) > 1 and (know.COMMANDS.match(given[0].ref) or given[0].ref in know.RUNS_CODE):
        machine.call(given[0], folding.items_of(given[1]), {}, call.node)


OTHER_SUFFIX = re.compile(
    r"\.(?:txt|dat|data|bin|png|jpe?g|gif|ico|svg|bmp|webp|tiff?|wav|mp[34]|ogg|flac|json|md|csv|db|pak|[ot]tf|woff2?|css|html|log|enc|"
    r"onnx|safetensors|gguf|h5|np[yz]|tflite|parquet|vocab|weights)$",
    re.IGNORECASE,
)


def _filled(machine: Analyser, call: Call, value: Value) -> Value | None:
    """What this module put into a folder that modules are imported from, if it was fetched or encoded."""
    if not call.ref.startswith(("sys.path.", "site.", "runpy.")):
        return None
    taint = taint_below(machine, text_of(value))
    return Value("", NOTHING, taint) if has(taint, "received", "encoded") else None


_STARTS = re.compile(r"\.(?:pth|start)$|(?:^|/)(?:site|user)customize\.py$")
_NO_PYTHON = re.compile(r"[/\\][^/\\\0]{1,80}(?<!\.(?:py|so))(?<!\.(?:py[cdow]|dll|zip|egg|whl))(?<!\.dylib)$")


def _is_other_data(machine: Analyser, call: Call, path: Value) -> bool:
    """Is what is loaded as code a file of the package with a name as data has? What runs whenever Python starts has no other
    reason to load a file by its path than one of its own package, wherever it looks for that."""
    text = text_of(path)
    if has(path.taint, "package-file") or found_files.is_own(machine, path):
        return OTHER_SUFFIX.search(text) is not None
    if _STARTS.search(machine.path) is None or call.ref.startswith(("sys.path", "site.")):
        return False
    return _NO_PYTHON.search(text) is not None


def disguised(machine: Analyser, call: Call, path: Value) -> bool:
    """Notes that modules are loaded from a file of the package which has a name as data has. Returns whether that is so."""
    if not _is_other_data(machine, call, path):
        return False
    bundled(machine, call, path, True, "modules under the name of other data")
    return True


def loaded(machine: Analyser, call: Call) -> Value:
    """Notes a call that loads a file as a module or library, or puts a folder on the import path. Returns the module."""
    candidates = [*call.all, *([call.receiver] if call.receiver is not None else [])]
    for value in candidates:
        written = content_of(machine, value) or _filled(machine, call, value)
        if written is not None:
            ran_file(machine, call, written, value, machine.silent > 0)
        elif has(value.taint, "received"):
            from_network(machine, call, value.taint, "runs-downloaded", "what is downloaded is loaded as code")
        elif "ctypes" not in call.ref and disguised(machine, call, value):
            continue
        elif has(value.taint, "package-file") and "ctypes" in call.ref:
            name = text_of(value).rpartition("/")[2]
            if re.search(r"\.\w{1,5}$", name) and not re.search(r"\.(?:so|dll|dylib|pyd)\b", name):
                bundled(machine, call, value, machine.silent > 0, "a library under another name")
    made = Value(call.ref + "()", NOTHING, frozenset().union(*(value.taint for value in candidates)))
    made.text = text_of(candidates[0]) if candidates else HOLE
    made.keys = {"path": candidates[-1]} if candidates else None
    return made


def armoured(machine: Analyser, call: Call) -> None:
    """Notes a module that PyArmor encrypted: `__pyarmor__(__name__, __file__, b"...")`."""
    if not call.args or not isinstance(call.node, ast.Call):
        return
    blob = call.args[-1].const
    if not isinstance(blob, bytes) or len(blob) < 64:
        return
    names = {arg.id for arg in call.node.args if isinstance(arg, ast.Name)}
    if {"__name__", "__file__"} <= names:
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=("decrypted",),
            detail="code only its own runtime can read is run",
        )
