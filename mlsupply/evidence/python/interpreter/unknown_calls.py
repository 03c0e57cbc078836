"""Calls of functions of which nothing is known: the result has the taint of the arguments, and mutable arguments get that of
the others."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.commands import spawning
from mlsupply.evidence.python.interpreter import hooks, reflection
from mlsupply.evidence.python.libraries import (
    argument_defaults,
    clipboard,
    decoder_calls,
    execution,
    layered_files,
    own_loaders,
    own_source,
    passed_on,
    plugin_settings,
    reading,
    storage,
    writing,
)
from mlsupply.evidence.python.network import answers, file_systems, lookups
from mlsupply.evidence.python.syntax.relevance import matters
from mlsupply.evidence.python.values import containers, documents, request_parts
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.taint import has, kinds_in
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Taint, Value, layers_of, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call


def result_of(machine: Analyser, call: Call) -> Value:
    """The result of such a call, with the effects that the name of its method and its arguments suggest."""
    receiver = call.receiver
    origins = _inputs(call)
    origins += [call.function] if receiver is None else [receiver, call.function]
    result = Value(call.ref + "()" if call.ref else "", NOTHING, taint_of(*origins), HOLE, layers_of(*origins))
    if receiver is not None and receiver.taint and (machine.package or "." in machine.dotted):
        result.taint = _by_summary(call, result.taint)
    if call.ref in documents.WRITES and call.args and (call.args[0].keys or call.args[0].items):
        result.text = documents.rendered(call.args[0])
    if call.ref in storage.DATABASES:
        _database(machine, call, result)
    if call.args and call.function.taint:
        _run_by_computed_name(machine, call)
        if has(call.function.taint, "any-builtin") and isinstance(name_of := call.args[0].const, str) and matters(name_of):
            result.ref, result.hidden = name_of.partition(".")[0], True  # as `__import__` gives it
    if call.args and "any-class:subclasses" in call.function.taint and text_of(call.args[0]) != HOLE:
        spawning.command(machine, call._replace(ref="subprocess.Popen"))
    writing.saved(machine, call)
    file_systems.handed(machine, call)
    name = call.node.func.attr if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else ""
    for taint in (reading.read_by_path(machine, call), answers.fetched_by_url(machine, call), lookups.spelled(call, name)):
        if taint:  # a union with the empty set would be a new object: caches find the old one faster
            result.taint |= taint
    if _VERIFIES.match(call.ref) and has(taint_of(*call.all), "received"):
        machine.verified.add(machine.root)
    _apply_arguments(machine, call, result)
    decoder_calls.decrypted(machine, call, result)
    execution.armoured(machine, call)
    execution.handed_code(machine, call)
    own_source.evaluated(machine, call)
    writing.handed(machine, call)
    argument_defaults.declared(machine, call)
    if receiver is not None and name:
        _apply_method(machine, call, receiver, name, result)
    _follow_arguments(machine, call)
    if call.function.taint and has(call.function.taint, "parameter") and machine.running and machine.running[-1].wrapper:
        result.taint |= frozenset(("intercepted:result",))
    clipboard.exchanged(machine, call, result)
    return result


# Functions that put their second argument into their first.
_PUT_INTO_FIRST = frozenset(
    {
        "heapq.heappush", "heapq.heappushpop", "heapq.heapreplace", "bisect.insort", "bisect.insort_left",
        "bisect.insort_right", "builtins.list.append", "builtins.set.add", "collections.deque.append",
        "collections.deque.appendleft", "operator.iconcat", "operator.iadd",
    }
)  # fmt: skip
# Methods that start the function they are given, in a thread or task.
_STARTS = re.compile(r"(?:start_soon|start_task|spawn\w*|call_soon\w*|run_sync|add_task|run_in_executor|defer\w*)$")


def _follow_arguments(machine: Analyser, call: Call) -> None:
    """Puts one argument into another where the function does that, and follows those that are functions."""
    if call.ref in _PUT_INTO_FIRST and len(call.args) > 1:
        containers.appended(call.args[0], call.args[1])
    for value in call.all:
        if value.closure is not None:
            machine.called_back(call, value.closure, value)
    _follow_started(machine, call)
    passed_on.handed(machine, call)


def _follow_started(machine: Analyser, call: Call) -> None:
    """Follows a function that is started in a thread or task, with the arguments after it; or a callback of a known
    future."""
    name = call.node.func.attr if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else ""
    place = next((at for at, one in enumerate(call.args) if one.closure is not None), None)
    if place is None or isinstance(getattr(call.args[place].closure, "node", None), ast.ClassDef):
        return
    if _STARTS.match(name):
        machine.call(call.args[place], call.args[place + 1 :], {}, call.node)
    elif name == "add_done_callback" and call.receiver is not None:
        machine.call(call.args[place], [call.receiver], {}, call.node)


def _database(machine: Analyser, call: Call, result: Value) -> None:
    """Opens a database file: `result`, the connection, stands for what is kept there. A file of the package may hold
    anything."""
    path = call.arg(0, "database", "filename", "file") or Value()
    result.text = text_of(path)
    if call.ref != "sqlite3.connect" and has(path.taint, "package-file"):
        result.taint |= machine.origin("encoded", f"data file {result.text.rpartition('/')[2]}", call.line)


def _apply_arguments(machine: Analyser, call: Call, result: Value) -> None:
    """Adds to the result what an argument stands for: the content of the file at a path, or an open file that writes to the
    result go to."""
    for arg in call.args:
        if arg.ref == "io.file()w" and result.keys is None:
            result.keys = {"into": arg}
        if arg.ref.startswith("grpc.") and arg.text != HOLE:
            result.ref, result.text = "grpc.stub()", arg.text  # a generated stub of a service talks through its channel
        if arg.taint and (taint := decoder_calls.unpacked(machine, arg, call.line)):
            result.taint |= taint
        if (written := storage.content_of(machine, arg)) is not None:
            result.taint |= written.taint
        if call.ref in own_loaders.FINDERS:
            result.taint |= own_loaders.found_in(machine, call, arg)
    if call.ref in _OF_TYPES:
        result.taint -= {request_parts.SCOPE}


def _run_by_computed_name(machine: Analyser, call: Call) -> None:
    """A builtin of unknown name, called with received or decoded data, or a function of a module of hidden name, called with
    decoded data: both count as `exec`."""
    first, function = call.args[0], call.function.taint
    any_builtin = has(function, "any-builtin") and (has(first.taint, "received", "encoded") or first.layers)
    if any_builtin or (function >= reflection.ANY_IMPORT and hiding(first.layers)):
        execution.executed(machine, call._replace(ref="builtins.exec"), first)


def _apply_method(machine: Analyser, call: Call, receiver: Value, name: str, result: Value) -> None:
    """The effects that the name of a method suggests: the object keeps what it is given, and the result has what it
    holds."""
    storage.taken_up(machine, call, receiver, name)
    if name in {"get", "pop"} and call.args:
        containers.fitted_to_key(result, call.args[0])
    if receiver.instance is not None and _DUMPS.match(name):
        result.taint |= taint_of(*receiver.instance.all_attributes().values())
    if receiver.keys is not None and "into" in receiver.keys:
        layered_files.written(machine, call, receiver, name, result)
        if name.startswith("write") and receiver.keys["into"].ref == "io.file()w":
            writing.handed(machine, call._replace(args=[*call.args, receiver.keys["into"]]))
    if name in hooks.SIGNS:
        hooks.label_signing_key(machine, call, name)
        if name.startswith(("sign", "unsafe_sign")):  # what is signed can be read of the signature's envelope
            result.taint = know.without_keys(result.taint) | taint_of(*call.args[:1])
    if name in plugin_settings.NAMES:
        plugin_settings.modelled(machine, call, name, result)
    if name == "joinpath":
        decoder_calls.joined_resource(machine, call, result)
    if name in _WITH_HOST:
        host = (
            call.keywords.get("host")
            or call.keywords.get("netloc")
            or (call.args[0] if name == "with_host" and call.args else None)
        )
        result.text = f"https://{text_of(host)}" if host is not None else result.text
    _keep_text(call, receiver, name, result)
    if call.keywords and (default := argument_defaults.of_setting(call, name)) != HOLE:
        result.text = default
    if call.ref in _DIGESTS or (name in {"hexdigest", "digest"} and receiver.ref.startswith(("hashlib.", "hmac."))):
        # a digest neither tells which machine it is of, nor shows the key it was made with
        result.taint = frozenset(one for one in result.taint if not _IDENTITY.match(one))


def _keep_text(call: Call, receiver: Value, name: str, result: Value) -> None:
    """What is known of the text that a method of a text gives, though the text is not known for certain."""
    if name == "strftime" and call.args and isinstance(call.args[0].const, str):
        result.text = _OF_TIME.sub(HOLE, call.args[0].const)
    if name in _SAME_TEXT or (name == "split" and call.args and call.args[0].ref == "os.pathsep"):
        result.text, result.items = receiver.text, receiver.items
    elif name == "split" and not call.all:
        result.text = receiver.text  # the words of a command line make up the same command
    elif name in _PARTS and receiver.text != HOLE and call.args:
        result.items = _parts(receiver, name, [one.const for one in call.args])


def _parts(text: Value, name: str, given: list[object]) -> list[Value] | None:
    """The parts of a text that is known but for who may change it, as a variable with a default; None where it is not split
    there. given: the separator and how often, at most."""
    separator, *most = given
    known = isinstance(separator, str) and separator and len(most) < 2 and all(isinstance(one, int) for one in most)
    parts = getattr(text.text, name)(*given) if known and not (most and "partition" in name) else ()
    return [Value(taint=text.taint, text=part) for part in parts] if 1 < len(parts) <= _MOST_PARTS else None


_OF_TIME = re.compile(r"%[-#_]?[A-Za-z]")  # what the time is put for in a format
_PARTS = frozenset({"split", "rsplit", "partition", "rpartition"})
_MOST_PARTS = 64


def _by_summary(call: Call, taint: Taint) -> Taint:
    """The taint of the result of a method of a neighbour: what it receives itself is in its own summary, so `received:`
    labels count only if the arguments have them."""
    if f"from:{call.ref.replace('()', '')}" not in call.function.taint or "received" not in kinds_in(taint):
        return taint
    given = taint_of(*call.all)
    return frozenset(one for one in taint if one in given or not one.startswith("received:"))


# What these tell of a function is in its definition; the variables only say what the names there stand for.
_OF_TYPES = frozenset(
    {"typing.get_type_hints", "typing_extensions.get_type_hints", "inspect.get_annotations", "inspect.signature"}
)
_DIGESTS = frozenset({"hashlib.pbkdf2_hmac", "hashlib.scrypt", "hmac.digest"})
# Labels of what identifies the machine, or of a key.
_IDENTITY = re.compile(
    r"host-identity:|secret-variable:|system-file:/etc/(?:machine-id|hostname)|credential-file:registry: .*MachineGuid|"
    r"command-output:(?:ioreg|hostname|uname|wmic|dmidecode|system_profiler|cat /etc/machine-id|reg query)"
)
_DUMPS = re.compile(
    r"(?:model_)?dump\w*$|dict$|json$|(?:to|as)_?(?:dict|json|yaml|string|bytes|xml)\w*$|serialize\w*$|Serialize\w*$|copy$"
)
_WITH_HOST = frozenset({"copy_with", "_replace", "with_host"})  # methods that change the host of an address
_SAME_TEXT = frozenset({"strip", "decode", "encode", "lower", "upper", "rstrip", "expanduser", "copy", "as_posix", "cursor"})
# Functions of libraries that check a signature or digest.
_VERIFIES = know.Calls(
    r".*\.(?:verify\w*|check_(?:signature|hash|digest|checksum)|compare_digest|validate_(?:hash|checksum|signature))$"
)
# Keyword arguments that authenticate the call.
_CREDENTIALS = frozenset(
    {
        "token", "hf_token", "api_key", "use_auth_token", "auth", "access_token", "credentials", "auth_token",
        "aws_access_key_id", "aws_secret_access_key", "aws_session_token",
    }
)  # fmt: skip


def _inputs(call: Call) -> list[Value]:
    """The arguments that the result may be made of."""
    given = [*call.args[1:]] if _replaces(call) else [*call.args]
    if call.keywords:
        given += [value for name, value in call.keywords.items() if not _is_beside_the_point(name, value)]
    return given


def _replaces(call: Call) -> bool:
    """Whether this is `text.replace(old, new)`, whose result does not hold the first argument. `str.replace(text, old, new)`
    is told apart by its third argument, which is no number."""
    function = call.node.func if isinstance(call.node, ast.Call) else None
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "replace"
        and call.receiver is not None
        and (len(call.args) == 2 or (len(call.args) == 3 and isinstance(call.args[2].const, int)))
    )


def _is_beside_the_point(name: str, value: Value) -> bool:
    """Whether the result is not made of this keyword argument: an environment, or a credential of its own for the call."""
    return name in _ENVIRONMENT_ARGUMENTS or (
        name in _CREDENTIALS
        and kinds_in(value.taint) <= {"secret-variable", "variable", "parameter", "from"}
        and not value.keys
    )


_ENVIRONMENT_ARGUMENTS = frozenset({"env", "environ", "environment"})
