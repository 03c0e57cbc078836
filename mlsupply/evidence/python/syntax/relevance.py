"""Which functions are worth following, judged by the names they mention: those that may reach a sink or read a source.

A sink runs, sends or loads something; a source holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import lru_cache

from mlsupply.evidence.prefilter.imports import MODULES, harmless
from mlsupply.evidence.python.knowledge import CLIENTS, GENERATED
from mlsupply.evidence.python.syntax.survey import Mentions

_BUILTINS = frozenset(
    {
        "exec", "eval", "compile", "__import__", "__lazy_import__", "globals", "locals", "vars", "open",
        "__builtins__", "__file__",
        "wrap_function_wrapper", "resolve_name", "find_spec",
    }
)  # fmt: skip
_HANDLERS = frozenset({"HTTPHandler", "SocketHandler", "DatagramHandler", "SysLogHandler"})  # of `logging.handlers`
_ATTRIBUTES = frozenset(
    {
        *_HANDLERS,
        "system", "popen", "environ", "getenv", "expanduser", "home", "startfile", "execv", "execvp", "execve", "spawnl",
        "spawnv", "posix_spawn", "urlopen", "urlretrieve", "post", "put", "request", "sendall", "sendto", "recv",
        "write_text", "write_bytes", "exec_module", "load_module", "run_path", "Popen", "check_output", "dup2", "modules",
        "__dict__", "__globals__", "__subclasses__", "rmtree", "fork", "remote", "connect", "communicate", "stdin",
        "getaddrinfo", "clipboard_append", "clipboard", "set_executable", "spawnv_passfds",
        "wrap_function_wrapper", "resolve_name", "find_spec", "__getattribute__", "attrgetter", "methodcaller",
        "subprocess", "sendmail", "writestr", "_private_key", "private_key", "secret_key",
        "create_namespaced_pod", "create_namespaced_daemon_set", "upload_file", "fput_object",
        "upload_from_filename", "upload_folder", "set_content", "containers",
        "before_request", "after_request", "before_app_request", "after_app_request", "add_middleware", "add_url_rule",
        "from_string", "render_template_string", "add_api_route", "add_get", "add_post", "add_route", "middlewares",
    }
)  # fmt: skip
# Libraries that make entries where things start, and rare ones that run text (the start of a dotted name).
_ACTING = (
    "crontab.", "doctest", "pdb", "bdb", "trace.", "cProfile", "profile.", "code.", "_interpreters", "_xxsubinterpreters",
    "_testcapi", "timeit.", "webbrowser.", "tkinter", "_tkinter", "typing.ForwardRef", "ensurepip",
    "jinja2.Template", "jinja2.nativetypes", "jinja2.DictLoader", "flask.render_template_string",
)  # fmt: skip
# Those of them that are sources only.
_SOURCE_BUILTINS = frozenset({"locals", "__file__"})
_SOURCE_ATTRIBUTES = frozenset(
    {"environ", "getenv", "expanduser", "home", "modules", "__dict__", "_private_key", "private_key", "secret_key"}
)
_SINK_BUILTINS, _SINK_ATTRIBUTES = _BUILTINS - _SOURCE_BUILTINS, _ATTRIBUTES - _SOURCE_ATTRIBUTES
# Methods that send where the object is a client, and mean nothing on others.
_CLIENT_METHODS = frozenset(
    {"get", "send", "delete", "patch", "stream", "fetch", "emit", "head", "options", "upload", "publish"}
)


@lru_cache(maxsize=8_192)
def of_client_library(ref: str) -> bool:
    """Whether the dotted name belongs to the client library of some service."""
    return bool(ref) and (CLIENTS.match(ref + ".") or ref.partition(".")[0] in GENERATED)


@lru_cache(maxsize=8_192)
def matters(ref: str) -> bool:
    """Whether code that uses this dotted name is worth following: its module is one that can act, and it is not known to be
    harmless itself."""
    return bool(ref) and MODULES.search(b"import " + ref.encode("utf-8", "replace")) is not None and not harmless(ref)


def matters_in_module(ref: str) -> bool:
    """`matters`, for the dotted name that a name of the module level stands for; also true for `logging` handlers that
    send, and for libraries of `_ACTING`."""
    return matters(ref) or ref.startswith(_ACTING) or (ref.startswith("logging.") and ref.rpartition(".")[2] in _HANDLERS)


def worth_following(mentions: Mentions, bound: Mapping[str, str]) -> bool:
    """Whether the function mentions a sink or a source. bound: the names of the module level that stand for something that
    matters, with its dotted name."""
    return mentions_sink(mentions, bound) or not (
        mentions.names.isdisjoint(_SOURCE_BUILTINS) and mentions.attributes.isdisjoint(_SOURCE_ATTRIBUTES)
    )


def mentions_sink(mentions: Mentions, bound: Mapping[str, str]) -> bool:
    """Whether the function mentions anything that runs, sends or loads. bound: as of `worth_following`."""
    return (
        mentions.telling
        or mentions.patches
        or not mentions.names.isdisjoint(_SINK_BUILTINS)
        or not mentions.names.isdisjoint(bound)
        or not mentions.attributes.isdisjoint(_SINK_ATTRIBUTES)
        or _uses_bound_name(mentions, bound)
        or not mentions.imported.isdisjoint(_HANDLERS)
        or any(matters(name) for name in mentions.imported)
    )


# Methods that rebuild objects, those of plain data among them, and names of what brings a request.
_LOADERS = frozenset({"loads", "load", "unsafe_load", "full_load", "read_pickle", "Unpickler"})
_ASKED = frozenset({"request", "req", "rfile", "body", "files", "headers", "get_data"})
_PLAIN = frozenset({"json", "ujson", "orjson", "simplejson", "toml", "tomllib"})


def may_rebuild(mentions: Mentions) -> bool:
    """Whether the function mentions a function of a library that may rebuild objects."""
    return not mentions.names.isdisjoint(_LOADERS) or any(
        owner == "jsonpickle" or (attribute in _LOADERS and owner not in _PLAIN) for owner, attribute in mentions.dotted
    )


def names_request(mentions: Mentions) -> bool:
    """Whether the function mentions a part of a request."""
    if not mentions.names.isdisjoint(_ASKED) or not mentions.attributes.isdisjoint(_ASKED):
        return True
    return any(owner in _ASKED for owner, _ in mentions.dotted)


def can_act_by_name(word: str) -> bool:
    """Whether this word can be the name of a sink or source."""
    return word in _BUILTINS or word in _ATTRIBUTES or word in _CLIENT_METHODS or matters(word)


def mentioned_as(function: str) -> str:
    """The word by which a call of this function of the module (`name` or `Class.method`) is written: its own, or that of
    the class whose constructor it is."""
    owner, _, name = function.rpartition(".")
    return owner if name == "__init__" and owner else name


def calls(mentions: Mentions, functions: Iterable[str]) -> bool:
    """Whether the function mentions one of these functions of the module (`name` or `Class.method`). A method counts only
    where its class is mentioned too or it is an attribute of `self` or `cls`."""
    for function in functions:
        owner, _, name = function.rpartition(".")
        if not owner or name == "__init__":
            if (owner or name) in mentions.names:
                return True
        elif name in mentions.attributes and (owner in mentions.names or not mentions.dotted.isdisjoint(_own(name))):
            return True
    return False


@lru_cache(maxsize=1_024)
def _own(name: str) -> frozenset[tuple[str, str]]:
    return frozenset({("self", name), ("cls", name)})


def mentions_one(mentions: Mentions, names: Set[str]) -> bool:
    """Whether the function mentions a variable, or an attribute of `self` or `cls`, of one of these names."""
    return not mentions.names.isdisjoint(names) or any(
        owner in names or (owner in {"self", "cls"} and name in names) for owner, name in mentions.dotted
    )


def _uses_bound_name(mentions: Mentions, bound: Mapping[str, str]) -> bool:
    """Whether it uses an attribute of one of `_BUILTINS`, or of a bound name: one that is not known to be harmless, or any
    at all where it also mentions a method by which clients send."""
    asks = not mentions.attributes.isdisjoint(_CLIENT_METHODS)
    return any(
        name in _BUILTINS or (name in bound and (asks or not harmless(f"{bound[name]}.{attribute}")))
        for name, attribute in mentions.dotted
    )
