"""Which functions are worth following: those that name anything that runs, sends, loads or holds a secret. Decided by names
alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import lru_cache

from mlsupply.evidence.imports import MODULES, harmless
from mlsupply.evidence.python.knowledge import CLIENTS
from mlsupply.evidence.python.syntax.survey import Mentions

_BUILTINS = frozenset(
    {
        "exec", "eval", "compile", "__import__", "globals", "locals", "vars", "open", "__builtins__", "__file__",
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
        "getaddrinfo",
        "wrap_function_wrapper", "resolve_name", "find_spec", "__getattribute__", "attrgetter", "methodcaller",
        "subprocess", "sendmail", "writestr", "_private_key", "private_key", "secret_key",
        "create_namespaced_pod", "create_namespaced_daemon_set", "upload_file", "fput_object",
        "upload_from_filename", "upload_folder", "set_content", "containers",
    }
)  # fmt: skip
# Those of them that only hold or tell something.
_HOLD_BUILTINS = frozenset({"locals", "__file__"})
_HOLD_ATTRIBUTES = frozenset(
    {"environ", "getenv", "expanduser", "home", "modules", "__dict__", "_private_key", "private_key", "secret_key"}
)
_END_BUILTINS, _END_ATTRIBUTES = _BUILTINS - _HOLD_BUILTINS, _ATTRIBUTES - _HOLD_ATTRIBUTES

_ASKS = frozenset({"get", "send", "delete", "patch", "stream", "fetch", "emit", "head", "options", "upload", "publish"})


@lru_cache(maxsize=8_192)
def is_client(ref: str) -> bool:
    """Does the dotted name belong to a client library of some service?"""
    return bool(ref) and CLIENTS.match(ref + ".")


@lru_cache(maxsize=8_192)
def matters(ref: str) -> bool:
    """Is code that uses this dotted name worth following? So for every module but those known to be harmless."""
    return bool(ref) and MODULES.search(b"import " + ref.encode("utf-8", "replace")) is not None and not harmless(ref)


def matters_here(ref: str) -> bool:
    """The same for what a name of the module level stands for; handlers of `logging` that send count too."""
    return matters(ref) or (ref.startswith("logging.") and ref.rpartition(".")[2] in _HANDLERS)


def worth_following(mentions: Mentions, bound: Mapping[str, str]) -> bool:
    """Does the function mention anything that runs, sends, loads or holds a secret? bound: names of the module level that
    stand for such things, and their dotted names."""
    return comes_to_an_end(mentions, bound) or not (
        mentions.names.isdisjoint(_HOLD_BUILTINS) and mentions.attributes.isdisjoint(_HOLD_ATTRIBUTES)
    )


def comes_to_an_end(mentions: Mentions, bound: Mapping[str, str]) -> bool:
    """Does the function mention anything that runs, sends or loads? What only holds a secret does not count. bound: as
    above."""
    return (
        mentions.address
        or mentions.patches
        or not mentions.names.isdisjoint(_END_BUILTINS)
        or not mentions.names.isdisjoint(bound)
        or not mentions.attributes.isdisjoint(_END_ATTRIBUTES)
        or _uses(mentions, bound)
        or not mentions.imported.isdisjoint(_HANDLERS)
        or any(matters(name) for name in mentions.imported)
    )


def telling(word: str) -> bool:
    """Can this word be the name of something that runs, sends or loads?"""
    return word in _BUILTINS or word in _ATTRIBUTES or word in _ASKS or matters(word)


def calls(mentions: Mentions, functions: Iterable[str]) -> bool:
    """Does the function mention one of these functions of the module (`name` or `Class.method`)? A method counts where its
    class, `self` or `cls` is mentioned too."""
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


def names_one(mentions: Mentions, names: Set[str]) -> bool:
    """Does the function mention one of these variables, or attributes of its own object?"""
    return not mentions.names.isdisjoint(names) or any(
        owner in names or (owner in {"self", "cls"} and name in names) for owner, name in mentions.dotted
    )


def _uses(mentions: Mentions, bound: Mapping[str, str]) -> bool:
    """Does it take more of what it names than types, or could an object of those be told to send?"""
    asks = not mentions.attributes.isdisjoint(_ASKS)
    return any(
        name in _BUILTINS or (name in bound and (asks or not harmless(f"{bound[name]}.{attribute}")))
        for name, attribute in mentions.dotted
    )
