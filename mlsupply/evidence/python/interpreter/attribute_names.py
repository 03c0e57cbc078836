"""Attributes that are modelled by their name: keys of accounts, parts of paths, `sys.argv`, the environment."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import hooks, reflection
from mlsupply.evidence.python.libraries.known_folders import IN_PROFILE
from mlsupply.evidence.python.network import requested, servers
from mlsupply.evidence.python.values import app_settings, request_parts
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, Taint, Value, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

ANY_BUILTIN = frozenset(("any-builtin:builtins",))  # one of the builtins, chosen by a name that is not known
_KEYS = frozenset({"key", "private_key", "_private_key", "privateKey", "secret_key", "_key_obj"})
_CLIENT_CREDENTIALS = frozenset({"api_key", "auth_headers", "auth_token", "default_headers"})
# Attributes and methods of an account that give its key as data.
_KEY_AS_DATA = frozenset({"secret", "to_bytes", "to_bytes_array", "to_json", "to_base58_string", "to_wif"})
_ACCOUNT = re.compile(
    r"(?:eth_account|web3|solders|solana|bip_utils|hdwallet|eth_keys|stellar_sdk|bit|bitcash|bitcoinlib)\.[\w.()]{1,120}\(\)$"
)
_MADE = re.compile(r"\.(?:from_\w+|create\w*|generate\w*|random|new|derive\w*|Keypair|\w*Account|PrivateKey|\w*Wallet)\(\)$")
_LIBRARY_KEYS = frozenset(
    f"{library}.api_key"
    for library in (
        "openai", "anthropic", "cohere", "replicate", "stripe", "litellm", "pinecone", "groq", "wandb.api", "wandb.Api()",
    )
) | {"huggingface_hub.HfApi().token"}  # fmt: skip
# Settings of an application that hold its secrets.
_SECRET_SETTINGS = frozenset({"streamlit.secrets"})
# Names in libraries for files with credentials, or for folders that hold them.
_POD = "/var/run/secrets/kubernetes.io/serviceaccount/token"
PATHS = {  # names of libraries that hold the path of a file
    "sys.executable": f"{HOLE}/python3",
    "sys._base_executable": f"{HOLE}/python3",
    "huggingface_hub.constants.HF_TOKEN_PATH": "~/.cache/huggingface/token",
    "huggingface_hub.constants.HF_STORED_TOKENS_PATH": "~/.cache/huggingface/stored_tokens",
    "kubernetes.config.incluster_config.SERVICE_TOKEN_FILENAME": _POD,
    "kubernetes_asyncio.config.incluster_config.SERVICE_TOKEN_FILENAME": _POD,
    "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION": "~/.kube/config",
    "kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION": "~/.kube/config",
    "kubernetes.config.KUBE_CONFIG_DEFAULT_LOCATION": "~/.kube/config",
    "docker.utils.config.DOCKER_CONFIG_FILENAME": "~/.docker/config.json",
    "requests.utils.NETRC_FILES": "~/.netrc",
}
# Attributes of a function by which one who is given it reads the variables of the module or function that defines it.
_OF_DEFINITION = frozenset({"__globals__", "__closure__", "__builtins__"})
_OF_ITS_MODULE = frozenset(
    {"inspect.getmodule().__dict__", "inspect.getclosurevars().globals", "inspect.getclosurevars().nonlocals"}
)
# Attributes that hold what was said to a model, of the object whose method a decorator of its own wraps.
_SPOKEN = frozenset(
    {
        "history", "chat_history", "messages", "chat", "conversation", "dialog", "dialogue", "transcript", "turns",
        "memory", "scratchpad", "prompts", "system_prompt",
    }
)  # fmt: skip
_OWN_NAMES = frozenset({"__name__", "__qualname__", "__module__"})
_OF_ITSELF = _OWN_NAMES | {"__class__"}
MODELLED = frozenset(  # attributes that `modelled` knows, by their last part or the whole of the name
    {
        *_KEYS, *_KEY_AS_DATA, *_CLIENT_CREDENTIALS, *know.ENVIRONMENTS, *_LIBRARY_KEYS,
        *_SECRET_SETTINGS, *PATHS, "__subclasses__", "builtins.__dict__",
        "sys.argv", "sys.stdin",
        "stdin", "f_locals", "f_globals", "user_ns", "parent", "parents", "stem", "name", "suffix", "path", "text",
        "content", "value", "buf", *_OF_ITSELF, *requested.NAMES, "request", *app_settings.NAMES,
        *_SPOKEN, *_OF_DEFINITION, *_OF_ITS_MODULE,
        *IN_PROFILE,
    }
)  # fmt: skip


def modelled(machine: Expressions, result: Value, owner: Value, name: str, node: ast.AST) -> None:
    """Adds to `result`, the value of `owner.name`, what its name says of it."""
    ref = result.ref
    if name in _OF_ITSELF:
        _of_itself(result, owner, name)
    if (labels := _labels(machine, owner, name, ref)) is not None:
        result.taint |= labels
    if (name in _KEYS and _ACCOUNT.match(owner.ref)) or (name in _KEY_AS_DATA and is_account(owner.ref)):
        result.taint |= machine.origin("wallet", f"the {name} of an account", getattr(node, "lineno", 0))
    if ref in know.ENVIRONMENTS:
        result.ref = "os.environ" if name == "environ" else ref
        result.taint |= machine.origin("environment", "all variables", getattr(node, "lineno", 0))
    if name in {"parent", "parents", "stem", "name", "suffix"} and owner.ref.startswith("pathlib."):
        result.ref, result.text = "pathlib.Path()", _path_part(text_of(owner), name)
        if name == "parents":
            result.items = _parents(owner, result)
    elif name == "path" and owner.ref == "pathlib.Path()":  # of an entry of `os.scandir`
        result.ref, result.text = "", text_of(owner)
    elif name in {"text", "content", "value", "buf"}:
        result.text = owner.text
    elif name == "stdin":
        result.items = owner.items
    elif ref in PATHS:
        result.text = PATHS[ref]
    elif name in IN_PROFILE and ref.startswith("IPython."):
        result.text = IN_PROFILE[name]


def _of_itself(result: Value, owner: Value, name: str) -> None:
    """Puts into `result` the name, module or class of a function or object."""
    if name == "__class__":
        result.ref = reflection.class_of(owner) or result.ref
    elif not owner.ref:
        result.taint = CLEAN  # the name of a function does not come from its arguments
    elif name == "__module__":
        if (module := reflection.module_of(owner.ref)) is not None:
            result.const = result.text = module
    elif not owner.ref.endswith("()"):
        result.const = result.text = owner.ref.rpartition(".")[2]


def _labels(machine: Expressions, owner: Value, name: str, ref: str) -> Taint | None:
    """The taint labels of an attribute that is a source; None for any other."""
    if ref == "builtins.__dict__":
        return ANY_BUILTIN
    if ref in {"sys.argv", "sys.stdin"}:
        return machine.child_input | frozenset((f"parameter:{ref}",))
    if name in {"f_locals", "f_globals", "user_ns"} and (owner.ref or owner.taint):
        return frozenset((f"intercepted:{name}",))
    of_function = name in _OF_DEFINITION and owner.ref in {"", "inspect.unwrap()"}
    if (of_function or ref in _OF_ITS_MODULE) and has(owner.taint, "parameter"):
        return frozenset((request_parts.SCOPE,))
    if ref in _LIBRARY_KEYS or ref in _SECRET_SETTINGS:
        return frozenset((f"secret-variable:{ref}",))
    if name in _CLIENT_CREDENTIALS and hooks.is_model_client(owner.ref):
        return frozenset((f"intercepted:{name} of a client",))
    if machine.serving and servers.asked(ref):
        return servers.RECEIVED
    if name in app_settings.NAMES and (setting := app_settings.source(owner, name)):
        return setting
    if (name in requested.NAMES or name == "request") and (of_request := requested.part(owner, name, ref)):
        return of_request
    if name in _SPOKEN and not owner.ref and _is_of_wrapped(machine, owner):
        return frozenset((f"intercepted:{name} of the wrapped object",))
    return reflection.ANY_CLASS if name == "__subclasses__" else None


def _is_of_wrapped(machine: Expressions, owner: Value) -> bool:
    """Whether this is the first argument of a function that stands around another: the object whose method that is."""
    around = machine.running[-1] if machine.running else None
    if around is None or not around.wrapper or isinstance(around.node, ast.ClassDef):
        return False
    first = [*around.node.args.posonlyargs, *around.node.args.args][:1]
    return any(f"parameter:{one.arg}" in owner.taint for one in first)


def is_account(ref: str) -> bool:
    """Whether this dotted name is an account, or a pair of keys, made by a library for wallets."""
    return _MADE.search(ref) is not None and _ACCOUNT.match(ref) is not None


_MAX_PARENTS = 6


def _parents(owner: Value, like: Value) -> list[Value]:
    """The values of `path.parents`, the nearest folder first, _MAX_PARENTS of them. like: the value to copy the rest
    from."""
    found: list[Value] = []
    text = text_of(owner)
    while len(found) < _MAX_PARENTS:
        text = _path_part(text, "parent")
        found.append(Value(like.ref, like.const, like.taint, text))
    return found


def _path_part(text: str, name: str) -> str:
    """The attribute `name` of a path; HOLE where it is not known."""
    if name == "parent":
        return text.rpartition("/")[0] or HOLE
    tail = text.rpartition("/")[2]
    return {"name": tail, "stem": tail.rpartition(".")[0] or tail, "suffix": "." + tail.rpartition(".")[2]}.get(name, HOLE)
