"""Sources: calls that give data from files, the environment, the machine or the network, labelled with its origin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.libraries import found_files, known_folders, own_source, package_data, reading
from mlsupply.evidence.python.libraries.decoder_calls import DATA_NAME
from mlsupply.evidence.python.libraries.storage import content_of, kept_key
from mlsupply.evidence.python.network import addresses, download_managers
from mlsupply.evidence.python.values import containers, documents, folding
from mlsupply.evidence.python.values.taint import has, kinds_in
from mlsupply.evidence.python.values.value import (
    CLEAN,
    HOLE,
    NOTHING,
    Taint,
    Value,
    constant,
    layers_of,
    taint_of,
    text_of,
    unknown,
)

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_HOME_VARIABLES = {"HOME": "~", "USERPROFILE": "~", "APPDATA": "~/AppData/Roaming", "LOCALAPPDATA": "~/AppData/Local"}
# Calls that return the path they are given, perhaps in another form.
_SAME_PATH = frozenset(
    {
        "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.path.expandvars", "os.fspath",
        "os.path.normcase", "os.fsencode", "os.fsdecode", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath",
        "pathlib.Path().expanduser", "pathlib.Path().resolve", "pathlib.Path().absolute", "pathlib.Path().as_posix",
        "pathlib.Path().__str__", "pathlib.WindowsPath", "pathlib.PureWindowsPath", "pathlib.PurePosixPath",
    }
)  # fmt: skip
# What these give tells nothing of what they are given: bytes at random, a number of bytes.
_TELLS_NOTHING = frozenset(
    {
        "os.urandom", "secrets.token_bytes", "secrets.token_hex", "secrets.token_urlsafe", "random.randbytes", "uuid.uuid4",
        "random.Random().randbytes", "random.SystemRandom().randbytes", "os.path.getsize", "numpy.random.bytes", "os.stat",
        "pathlib.Path().stat",
    }
)  # fmt: skip
_LISTINGS = frozenset(
    {
        "os.walk", "os.listdir", "os.scandir", "glob.glob", "glob.iglob", "pathlib.Path().rglob", "pathlib.Path().glob",
        "pathlib.Path().iterdir", "pathlib.Path().walk", "os.fwalk",
    }
)  # fmt: skip
_TEMPORARY = know.Calls(
    r"^tempfile\.(?:gettempdir|mkdtemp|mktemp|mkstemp|TemporaryDirectory|NamedTemporaryFile|gettempprefix)$"
)
_DATA_READERS = know.Calls(
    r"^(?:importlib\.resources|pkgutil|pkg_resources|importlib_resources)\.(?:.*\.)?(?:read_\w+|"
    r"get_data|resource_\w+|open_\w+|files)$"
)
_OPENS = frozenset(
    {
        "io.open", "codecs.open", "os.open", "gzip.open", "bz2.open", "lzma.open", "aiofiles.open", "os.fdopen", "wave.open",
    }
)  # fmt: skip
_PICTURES = frozenset({"screen", "camera"})
_FILE_READS = frozenset({"pathlib.Path().read_text", "pathlib.Path().read_bytes", "pathlib.Path().open"})


def variable(machine: Analyser, key: Value, line: int) -> Value:
    """The value of `os.environ[key]`, labelled as a secret or a plain variable by its name. line: for the label."""
    name = key.const
    if not isinstance(name, str):
        if know.RANK and not key.taint and key.text == HOLE:
            return Value(taint=machine.origin("variable", "a name computed at run time", line))
        return Value(taint=key.taint | machine.origin("variable", text_of(key), line))
    if (given := machine.child_variables.get(name)) is not None and given.taint:
        return given.copy()
    if name in _HOME_VARIABLES:
        return Value("", NOTHING, CLEAN, _HOME_VARIABLES[name])
    if name in {"TEMP", "TMP", "TMPDIR"}:
        return Value("", NOTHING, CLEAN, f"/tmp/{HOLE}")  # noqa: S108  # only a description; nothing is written there
    label = machine.origin("secret-variable" if places.is_secret(name) else "variable", name, line)
    return Value("", NOTHING, label, places.ASKS_WHO_IT_IS.get(name, HOLE))


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that is a source or makes a path, with its labels; None for any other call."""
    ref = call.ref
    if ref.startswith("os.environ") or ref in {"os.getenv", "os.getenvb", "os.putenv"}:
        return _environment(machine, call)
    if ref in {"os.path.join", "ntpath.join", "posixpath.join", "pathlib.Path().joinpath"}:
        parts = [call.receiver, *call.args] if ref.startswith("pathlib") and call.receiver else call.args
        return _path("pathlib.Path()" if ref.startswith("pathlib") else "", folding.joined_path(parts), parts)
    if ref in _SAME_PATH:
        return _same_path(machine, call)
    if ref == "os.path.dirname" and call.args:
        text = text_of(call.args[0])
        return _path("", text.rpartition("/")[0] or HOLE, call.args)
    if (path := _located(machine, call)) is not None:
        return path
    if (read := package_data.modelled(machine, call) or own_source.modelled(machine, call)) is not None:
        return read
    if ref in {"pathlib.Path().with_name", "pathlib.Path().with_suffix"} and call.receiver:
        folder, slash, name = text_of(call.receiver).rpartition("/")
        put = text_of(call.args[0]) if call.args else HOLE
        name = put if ref.endswith("name") else (name.rpartition(".")[0] or name) + put
        return _path("pathlib.Path()", folder + slash + name, [call.receiver, *call.args])
    if _TEMPORARY.match(ref):
        return reading.temporary(call)
    if ref in _LISTINGS:
        return reading.listing(machine, call)
    if ref in _FILE_READS:
        return reading.opened(machine, call)
    if ref.startswith("io.file()w.read") and call.receiver is not None and call.receiver.keys:
        content = content_of(machine, call.receiver.keys.get("name", call.receiver))
        return content.copy() if content is not None else Value(taint=call.receiver.taint)
    return _library(machine, call)


# Calls of libraries that read the environment, or files that take its place.
_SETTINGS = know.Calls(
    r"^(?:decouple\.(?:config|AutoConfig\(\)|Config\(\))|(?:environs|environ)\.Env\(\)(?:\.\w+)?|environs\.env(?:\.\w+)?|"
    r"starlette\.config\.Config\(\)|ctypes\..{0,60}\.getenv)$"
)


def _setting(machine: Analyser, call: Call) -> Value:
    """What a call of `_SETTINGS` gives: one variable, all of them, or another object of the library."""
    if call.ref.endswith(".dump"):
        return Value(taint=environment_label(machine, call.line))
    if not call.args or call.ref.endswith((".read_env", ".prefixed", ".seal", ".read_envfile")):
        return Value(call.ref.removesuffix(".read_env"), NOTHING, CLEAN)
    name = call.args[0].const
    return variable(
        machine, constant(name.decode("utf-8", "replace")) if isinstance(name, bytes) else call.args[0], call.line
    )


_VARIABLE_IN_TEXT = re.compile(r"\$\{?([A-Za-z_]\w{0,100})")


def _located(machine: Analyser, call: Call) -> Value | None:
    """The path that a call finds: the home folder, a program, a file of a package; None for any other call."""
    if (folder := known_folders.told(call)) is not None:
        return folder
    if call.ref in {"dotenv.find_dotenv", "dotenv.main.find_dotenv"}:
        return Value("", NOTHING, CLEAN, text_of(call.args[0]) if call.args and call.args[0].known else f"{HOLE}/.env")
    if call.ref == "shutil.which" and call.args:
        return Value("", NOTHING, call.args[0].taint, f"{HOLE}/{text_of(call.args[0])}")
    return found_files.of_packages(machine, call)


def _library(machine: Analyser, call: Call) -> Value | None:
    """What a library reads from files, the machine, a package or the network; None for any other call."""
    ref = call.ref
    if ref in _OPENS:
        return reading.opened(machine, call)
    if (setting := _set_by_user(machine, call)) is not None:
        return setting
    if ref in know.HOST_IDENTITY:
        made = "pathlib.Path()" if ref == "pathlib.Path.cwd" else ref + "()"
        return Value(made, NOTHING, machine.origin("host-identity", ref, call.line) | taint_of(*call.all))
    if ref.startswith("dotenv.") and call.args and _named_by_caller(call.args[0]):
        return Value(ref + "()", NOTHING, taint_of(*call.all))  # the caller of this function names the file
    if kind := know.origin_of(ref):
        return _read_from_machine(machine, call, kind)
    if know.SHARED_FILES.match(ref):
        whose = call.arg(0, "repo_id", "model_id") if ref.startswith(("huggingface", "modelscope")) else None
        names = [whose] if whose is not None else [value for value in call.all if isinstance(value.const, str)]
        named = text_of(names[0]) if names else HOLE
        named = f"{HOLE} rows of {named}" if ref.startswith("datasets.") else named  # of which dataset, the arguments say
        return Value(ref + "()", NOTHING, machine.origin("received", named, call.line))
    if _DATA_READERS.match(ref) or ref in _AS_FILE:
        return _resource(machine, call)
    if ref.startswith("importlib.metadata.") and ref.endswith(("metadata", "description", "distribution")):
        return Value(ref + "()", NOTHING, machine.origin("encoded", "package metadata", call.line))
    if ref.endswith(".getresponse") and call.receiver is not None and "answer" in (call.receiver.keys or {}):
        return call.receiver.keys["answer"].copy() if call.receiver.keys else None
    if know.RECEIVES.match(ref) and not _is_request(ref):
        _note_unpickled(machine, call)
        of_cloud = call.receiver is not None and places.METADATA.search(call.receiver.text)
        # what a web socket gives comes from where it was opened, which the caller may have said
        place = addresses.shown(call.receiver.text) if call.receiver is not None and _WEB_SOCKET.match(ref) else ref
        return Value(ref + "()", NOTHING, machine.origin("cloud-metadata" if of_cloud else "received", place, call.line))
    if ref in {"importlib.import_module", "importlib.__import__", "imp.find_module"}:
        from mlsupply.evidence.python.libraries import builtin_calls

        return builtin_calls.imported(machine, call)
    return _reshaped(machine, call)


def _resource(machine: Analyser, call: Call) -> Value:
    """Data files of a package: their content where it is known, or an object to read them with."""
    if call.ref in _AS_FILE and call.args:
        return call.args[0]
    name = next((text_of(arg) for arg in reversed(call.args) if arg.known), "a data file")
    taint = machine.origin("package-file", name, call.line) | taint_of(*call.all, call.receiver or Value())
    if DATA_NAME.search(name):
        taint |= machine.origin("encoded", f"data file {name}", call.line)
    if call.ref.endswith((".files", ".open_text", ".open_binary", ".resource_stream", ".resource_filename")):
        return Value("pathlib.Path()" if call.ref.endswith(".files") else call.ref + "()", NOTHING, taint)
    content = package_data.content_of_file(
        machine, name, binary=call.ref.endswith(("get_data", "read_binary", "resource_string"))
    )
    return Value("" if content is not NOTHING else call.ref + "()", content, taint)


_WEB_SOCKET = know.Calls(rf"^{know.WEB_SOCKETS}\(\)\.\w+$")
_AS_FILE = frozenset({"importlib.resources.as_file", "importlib_resources.as_file"})
_PROMPTS = know.Calls(
    r"^(?:streamlit\.(?:sidebar\.)?text_input|(?:click|typer)\.prompt|rich\.prompt\.Prompt\.ask|prompt_toolkit\.(?:shortcuts\.)?prompt)$"
)
_HIDDEN_PROMPTS = know.Calls(r"^(?:(?:questionary|inquirer)\.password|pwinput\.pwinput|stdiomask\.getpass|maskpass\.\w+)$")


def _set_by_user(machine: Analyser, call: Call) -> Value | None:
    """What the user sets in the environment, or types at a hidden prompt; None for any other call."""
    if _SETTINGS.match(call.ref):
        return _setting(machine, call)
    if not _asks_hidden(call):
        return None
    prompt = next((text_of(value) for value in call.args if value.known), HOLE)
    return Value(call.ref + "()", NOTHING, machine.origin("secret-variable", f"{addresses.PROMPT} {prompt}", call.line))


def _asks_hidden(call: Call) -> bool:
    """Does the call ask for something at a prompt that does not show what is typed?"""
    if _HIDDEN_PROMPTS.match(call.ref):
        return True
    hides = (call.keywords.get(name) for name in ("hide_input", "password", "is_password", "type"))
    return _PROMPTS.match(call.ref) and any(one is not None and one.const in (True, "password") for one in hides)


def _read_from_machine(machine: Analyser, call: Call, kind: str) -> Value:
    """What a library reads from the machine. kind: of the label; a picture may also be written to a file, whose path is an
    argument."""
    names_it = (kind == "keychain" or call.ref == addresses.PROMPT) and call.args
    detail = f"{call.ref} {text_of(call.args[0])}" if names_it else _named_secret(call) or call.ref
    if call.ref.startswith("browser_cookie3.") and (domain := text_of(call.keywords.get("domain_name", Value()))) != HOLE:
        detail += f"{addresses.OF_DOMAIN}{domain}"
    made = Value(call.ref + "()", NOTHING, machine.origin(kind, detail, call.line) | taint_of(*call.all))
    for path in call.all if kind in _PICTURES else ():
        if text_of(path) != HOLE:
            machine.files[kept_key(machine, path)] = unknown(made)
    return made


_SECRETS_BY_NAME = know.Calls(r"^google\.colab\.userdata\.get$|^kaggle_secrets\..*get_secret$|^dbutils\.secrets\.get$")


def _named_secret(call: Call) -> str:
    """The name of a secret in the store of a notebook service, which says whose key it is; "" for any other call."""
    if not _SECRETS_BY_NAME.match(call.ref):
        return ""
    name = next((text_of(value) for value in reversed(call.all) if value.known), HOLE)
    return f"a secret of {call.ref}" if name == HOLE else name


def _is_request(ref: str) -> bool:
    """Does the call send something too? Then the models of `network/` give its result."""
    return ref.endswith("urlretrieve") or ref in know.LOOKUPS or know.SENDS.match(ref)


def _note_unpickled(machine: Analyser, call: Call) -> None:
    """Notes that a `multiprocessing` connection to a fixed host unpickles what the other end sends."""
    from mlsupply.evidence.python.network import addresses

    of_processes = call.ref.startswith("multiprocessing.") and call.receiver is not None
    heard = "accept()" in call.ref and "multiprocessing" in machine.open_servers
    if of_processes and call.receiver is not None and (heard or addresses.destination(call.receiver.text) == "fixed"):
        detail = "objects are rebuilt from the network"
        machine.fact("executes", call.node, source="received", sink=call.ref, detail=detail)


def _named_by_caller(path: Value) -> bool:
    return "parameter" in kinds_in(path.taint) or path.ref.startswith("argparse.")


def _reshaped(machine: Analyser, call: Call) -> Value | None:
    """Data in another shape: parsed, serialised, copied, put into a container; None for any other call."""
    ref = call.ref
    if ref in _TELLS_NOTHING and ref not in machine.replaced:
        return Value(f"{ref}()")
    if ref in documents.READS and call.args and (parsed := documents.parsed(ref, call.args[0])) is not None:
        return parsed
    if ref in {"json.loads", "json.load", "ast.literal_eval", "yaml.safe_load"} and call.args:
        taint = download_managers.without_kept(taint_of(*call.args))
        return Value("", NOTHING, taint, HOLE, layers_of(*call.args))
    if ref == "re.compile" and len(call.all) > 1:  # flags
        return Value(f"{ref}()", NOTHING, taint_of(*call.args))
    if ref == "re.compile" and call.args:
        return Value(f"{ref}()", NOTHING, taint_of(*call.args), text_of(call.args[0]))
    if ref == "shlex.join" and call.args:
        return documents.shell_joined(call.args[0])
    if ref == "json.dumps" and call.args and isinstance(call.args[0].const, dict | list):
        import json

        try:
            return constant(json.dumps(call.args[0].const), call.args[0].layers, call.args[0].taint)
        except (TypeError, ValueError, RecursionError):
            return None
    if ref in {"textwrap.dedent", "inspect.cleandoc"} and call.args:
        import textwrap

        given = call.args[0]
        if isinstance(given.const, str):
            return constant(textwrap.dedent(given.const), given.layers, given.taint)
        return Value(f"{ref}()", NOTHING, given.taint, textwrap.dedent(text_of(given)), given.layers)
    if ref.startswith(containers.CONSTRUCTORS) and (made := containers.new(ref, call.args, call.keywords)) is not None:
        return made
    return unknown(*call.all) if ref.startswith("collections.") and ref != "collections.namedtuple" else None


_ADDRESS = re.compile(r"https?://[\w.-]{3,200}")
_NAMES_ADDRESS = re.compile(r"(?:^|_)(?:UR[LI]|HOST|ENDPOINT|BASE|SERVER|DOMAIN|ADDRESS)(?:_|$)")


def _environment(machine: Analyser, call: Call) -> Value:
    """The result of a call on `os.environ`, or of `os.getenv` and `os.putenv`."""
    ref = call.ref.replace("os.environb", "os.environ")
    if ref in {"os.getenv", "os.getenvb", "os.environ.get", "os.environ.pop", "os.environ.copy().get"} and call.args:
        value = variable(machine, call.args[0], call.line)
        default = call.arg(1, "default")
        if default is not None and value.text == HOLE:
            value.text = text_of(default)
        name = text_of(call.args[0])
        if has(value.taint, "secret-variable") and _ADDRESS.match(value.text) and _NAMES_ADDRESS.search(name):
            value.taint = machine.origin("variable", name, call.line)  # such as AUTH_URL, which only sounds secret
        return value
    if ref in {"os.environ.setdefault", "os.putenv"}:
        from mlsupply.evidence.python import sinks

        if len(call.args) > 1:
            sinks.variable_set(machine, call.args[0], call.args[1], call.node)
        return Value()
    if ref in {"os.environ.copy", "os.environ.items", "os.environ.values", "os.environ.__repr__"}:
        return Value(ref + "()", NOTHING, environment_label(machine, call.line))
    if ref == "os.environ.update":
        from mlsupply.evidence.python import sinks

        for name, value in ((call.args[0].keys or {}) if call.args else {}).items():
            sinks.variable_set(machine, constant(name), value, call.node)
    of_parts = "()" in ref and call.receiver is not None  # a method of one of the variables
    return Value(ref + "()", NOTHING, call.receiver.taint if of_parts and call.receiver else CLEAN)


def environment_label(machine: Analyser, line: int) -> Taint:
    """The label for the whole environment."""
    return machine.origin("environment", "all variables", line)


def _path(ref: str, text: str, parts: list[Value]) -> Value:
    """A path made of parts, with the labels of all. ref: of the object; text: the path, with holes for what is unknown."""
    if HOLE not in text and not ref and all(part.known for part in parts):
        return constant(text, layers_of(*parts), taint_of(*parts))
    return Value(ref, NOTHING, taint_of(*parts), text, layers_of(*parts))


def _same_path(machine: Analyser, call: Call) -> Value:
    parts = [call.receiver] if call.ref.startswith("pathlib.Path().") and call.receiver else call.args
    ref = "pathlib.Path()" if call.ref.startswith("pathlib.") and not call.ref.endswith(("as_posix", "__str__")) else ""
    kept = _path(ref, folding.joined_path(parts) if parts else HOLE, parts)
    if call.ref == "os.path.expandvars":
        text = text_of(call.args[0]) if call.args else ""
        named = {one[1] for one in _VARIABLE_IN_TEXT.finditer(text)} - _HOME_VARIABLES.keys()
        kept.taint |= taint_of(*(variable(machine, constant(name), call.line) for name in sorted(named)))
    return kept
