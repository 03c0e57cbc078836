"""Functions that code outside the module calls with its own data, known by the base of their class or by their name:
callbacks, interceptors, loaders, extensions."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.value import NOTHING, Closure, Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.entering import Entering

# Last part of the name of a base class, the methods that others call, and the kind of taint of what they pass.
_LLM = r"(?:\w*CallbackHandler|CustomLogger|TracingProcessor|Span(?:Exporter|Processor))"
_HTTP = r"(?:HTTPAdapter|(?:Async)?(?:Base|HTTP)Transport)"
_SERVED = r"(?:\w*HTTPMiddleware|MiddlewareMixin)"
_AUTH = r"(?:AuthBase|HTTP(?:Basic|Digest|Proxy)Auth|(?:Basic|Digest|FunctionAuth|NetRC)?Auth|AuthMetadataPlugin)"
_BASES = tuple(
    (re.compile(f"(?:{bases})$"), re.compile(methods), kind)
    for bases, methods, kind in (
        (_LLM, r"(?:async_)?(?:on|log)_|export", "intercepted"),
        (_HTTP, r"send$|handle_(?:async_)?request$|__call__$", "intercepted"),
        (r"BaseHandler|HTTPS?Handler|HTTPDefaultErrorHandler", r"https?_(?:request|open)$", "intercepted"),  # urllib.request
        (_SERVED, r"__call__$|dispatch$|process_", "request"),
        (r"\w{1,100}Servicer", r"[A-Za-z]", "request"),  # gRPC: of `*_pb2_grpc` modules
        (r"Service", r"exposed_", "request"),  # RPyC
        (r"\w{0,40}Protocol|\w{1,40}Receiver", r"(?:data|line|string|datagram)Received$", "received"),  # Twisted
        (_AUTH, r"(?:a?sync_)?auth_flow$|__call__$", "intercepted"),
        (r"(?:Unary|Stream)(?:Unary|Stream)ClientInterceptor", r"intercept_", "intercepted"),
        (r"(?:Buffered|Datagram)?Protocol", r"(?:data|datagram|buffer|pipe_data)_(?:received|updated)$", "received"),
    )
)
# Dotted names of client classes, and their methods that requests or keys pass through.
_CLIENTS = (
    (
        re.compile(r"(?:requests|httpx|aiohttp|niquests|curl_cffi)\b.*\.(?:Async)?(?:Client)?(?:Session|Client)$"),
        re.compile(r"(?:send|request|prepare_request|build_request|rebuild_auth)$"),
    ),
    (
        re.compile(
            r"(?:openai|anthropic|groq|mistralai|cohere|together|huggingface_hub)\b.*\.\w*(?:OpenAI|Anthropic|Client\w*|Groq)$"
        ),
        re.compile(r"(?:__init__|request|post|_prepare_options|_prepare_request|_build_request)$"),
    ),
)
# Classes that talk to models, and below them their methods that are given prompts. A subclass that overrides one of these
# and calls the original stands between the user and the model.
_MODELS = re.compile(
    r"(?:dspy|langchain\w*|llama_index|transformers|litellm|haystack\w*|vllm|llama_cpp|ollama|sentence_transformers|pydantic_ai|autogen\w*|"
    r"crewai|agents|smolagents|semantic_kernel|google\.gen\w*|vertexai|instructor|guidance|mlx_lm|mcp)\b.*\."
    r"\w*(?:LM|LLM|Chat\w*|Model\w*|Pipeline|Client\w*|Agent\w*|Llama|Tokenizer\w*|Transformer|Embeddings?|Retriever|Store|Memory|History|"
    r"Runner|Engine|OpenAI|Anthropic)$"
)
_ASKS_MODELS = re.compile(
    r"_?a?(?:generate\w*|call\w*|invoke|complete|chat|stream\w*|forward|preprocess|embed\w*|encode\w*|predict\w*|run|query|retrieve|add_\w+|"
    r"completion|create\w*|step|send\w*|request|respond)$|__call__$|_get_relevant_documents$"
)
# Libraries for wallets, and below them the methods that make a wallet of a key or of a seed phrase.
_WALLETS = re.compile(
    r"(?:eth_account|web3|solders|solana|bip_utils|hdwallet|eth_keys|stellar_sdk|bitcoinlib|bitcoin|mnemonic|xrpl|tronpy|bittensor\w*|"
    r"near_api|algosdk|substrateinterface|cosmpy|pytezos|bitcash|monero)\b"
)
_FROM_KEYS = re.compile(
    r"(?:from|import)_\w*(?:key|mnemonic|bytes|seed|secret|private|string|base58|words|uri|wif)\w*$|recover\w*$|decrypt$|to_seed$|"
    r"regenerate\w*$|privateKeyToAccount$"
)
# Classes of keys and accounts -> the position of the key, and its name, in what they are made of.
_MADE_OF_KEYS = (
    (re.compile(r"eth_account\.(?:signers\.local\.)?LocalAccount$"), 0, "key"),
    (re.compile(r"(?:eth_keys\b.*|nacl\.public)\.PrivateKey$"), 0, "private_key"),
    (re.compile(r"nacl\.signing\.SigningKey$"), 0, "seed"),
    (re.compile(r"bit(?:cash)?\.(?:wallet\.)?(?:PrivateKey\w{0,20}|Key)$"), 0, "wif"),
    (re.compile(r"bitcoinlib\.(?:keys\.\w{1,20}|wallets\.Wallet)$"), 0, "import_key"),
    (re.compile(r"stellar_sdk\.(?:keypair\.)?Keypair$"), 1, "signing_key"),
    (re.compile(r"algosdk\b.*\.\w{0,60}Signer$"), 0, "private_key"),
    (re.compile(r"xrpl\.wallet\.(?:main\.)?Wallet$"), 1, "private_key"),
    (re.compile(r"tronpy\.keys\.PrivateKey$"), 0, "private_key_bytes"),
)
# Methods that sign or make an account -> the position of the key, which may be given as `private_key` instead.
SIGNS = {
    "sign_transaction": 1, "signTransaction": 1, "sign_message": 1, "signHash": 1, "unsafe_sign_hash": 1,
    **dict.fromkeys(("from_key", "privateKeyToAccount", "from_mnemonic", "from_secret_key", "from_private_key", "from_seed",
                     "from_base58_string", "create_from_mnemonic", "create_from_uri", "create_from_private_key"), 0),
}  # fmt: skip
_KEY_NAME = re.compile(r"(?i)key|secret|priv|^pk$|mnemonic|seed|phrase|words")
_CODE_GIVERS = frozenset({"get_data", "get_source", "get_code", "source_to_code"})
_SECRET_KEEPER = re.compile(r"(?i)secret|token|passw|credential|api_?key|private|sensitive|encrypt")


def passed_in(closure: Closure) -> str:
    """The kind of taint of what unknown callers pass to the function, by the base of its class or the way it was registered;
    "" where that is not known."""
    if closure.brings:
        return closure.brings
    owner = closure.owner
    name = closure.name.rpartition(".")[2]
    if owner is not None and name == "__set__" and _SECRET_KEEPER.search(owner.name):
        return "intercepted"  # a descriptor for secrets gets those of the users of the class
    if owner is None or not owner.bases:
        return ""
    for base in owner.bases:
        if know.HEARS.match(name) and know.MESSENGERS.match(base):
            return "received"
        if _IS_NAMESPACE.match(base) and _IS_EVENT.match(name):
            return "received"
        if any(bases.match(base) and methods.match(name) for bases, methods in _CLIENTS):
            return "intercepted"
        if _ASKS_MODELS.match(name) and _MODELS.match(base) and _uses_super(closure.node, name):
            return "intercepted"
        if _WALLETS.match(base) and _FROM_KEYS.match(name):
            return "wallet"
        last = base.rpartition(".")[2]
        for bases, methods, kind in _BASES:
            if bases.match(last) and methods.match(name):
                return kind
    return ""


# Classes whose methods `on_…` are called with the events of that name, which the server chooses.
_IS_NAMESPACE = re.compile(r"socketio\.(?:\w+\.)?\w*ClientNamespace$")
_IS_EVENT = re.compile(r"on_(?!(?:dis)?connect(?:_error)?$)\w+$")


def _uses_super(node: ast.AST, name: str) -> bool:
    """Whether the method uses `super().name`."""
    return any(
        isinstance(inner, ast.Attribute)
        and inner.attr == name
        and isinstance(inner.value, ast.Call)
        and isinstance(inner.value.func, ast.Name)
        and inner.value.func.id == "super"
        for inner in descendants((node,))
    )


_ASKED = frozenset({"auth_flow", "sync_auth_flow", "async_auth_flow", "__call__", "__init__"})
_IS_AUTH = re.compile(rf"(?:httpx|requests|grpc|niquests|curl_cffi)\b.*\.{_AUTH}$")


def holds_credentials(closure: Closure) -> bool:
    """Whether this is a method of an authentication class by which a client gets credentials, or its constructor."""
    if closure.owner is None or closure.name.rpartition(".")[2] not in _ASKED:
        return False
    return any(map(_IS_AUTH.match, closure.owner.bases))


def label_signing_key(machine: Analyser, call: Call, name: str) -> None:
    """Adds a `wallet:` label to the key that a call signs with or makes an account of. name: of the method, one of
    `SIGNS`."""
    place = SIGNS[name]
    nodes = call.node.args if isinstance(call.node, ast.Call) else []
    node = nodes[place] if place < len(nodes) else None
    named = isinstance(node, ast.Name) and (place == 0 or _KEY_NAME.search(node.id))  # an account is made of nothing else
    value = call.args[place] if named and place < len(call.args) else call.keywords.get("private_key")
    if value is not None and not value.known and value.taint:
        if _WALLETS.match(call.ref):
            machine.signed_with |= {one.removeprefix("parameter:") for one in value.taint if one.startswith("parameter:")}
        value.taint |= machine.origin("wallet", "the key that is signed with", call.line)


def now_known_to_sign(machine: Analyser, closure: Closure) -> bool:
    """Whether parameters of this entry point were found to be keys that a library for wallets signs with, or makes an
    account of. From now on they are known to be from the start: what was done with one before that is told only then."""
    spec = closure.node
    if not machine.signed_with or isinstance(spec, ast.ClassDef):
        return False
    named = {one.arg for one in (*spec.args.posonlyargs, *spec.args.args, *spec.args.kwonlyargs)} & machine.signed_with
    anew = named - (closure.settings or {}).keys()
    label = machine.origin("wallet", "the key that is signed with", spec.lineno)
    closure.settings = {**(closure.settings or {}), **{name: Value(taint=label | {f"parameter:{name}"}) for name in anew}}
    return bool(anew)


def key_of_account(closure: Closure) -> str:
    """The parameter by which the constructor of a class below one for keys or accounts gets the key; "" for all other
    functions."""
    owner, node = closure.owner, closure.node
    if owner is None or isinstance(node, ast.ClassDef) or closure.name.rpartition(".")[2] not in {"__init__", "__new__"}:
        return ""
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)][1:]
    for bases, place, called in _MADE_OF_KEYS:
        if any(map(bases.match, owner.bases)):
            return called if called in names else names[place] if place < len(names) else ""
    return ""


def is_model_client(ref: str) -> bool:
    """Whether this dotted name is an object of a client class for models (`openai.OpenAI()`)."""
    return ref.endswith("()") and _CLIENTS[1][0].match(ref[:-2]) is not None


def of_wallet(name: str) -> bool:
    """Is this a dotted name of a library for wallets?"""
    return _WALLETS.match(name) is not None


_EXTENSIONS = frozenset(
    {"_load_jupyter_server_extension", "load_jupyter_server_extension", "_link_jupyter_server_extension"}
)
_SERVER_SECRETS = ("token", "password", "connection_url", "display_url", "public_url", "cookie_secret")


def extension_server_parameter(closure: Closure) -> str:
    """The parameter by which a Jupyter extension is given the server that loads it (Jupyter Server's documentation,
    "Authoring extensions"); "" for all other functions."""
    spec = closure.node
    if isinstance(spec, ast.ClassDef) or closure.name not in _EXTENSIONS:
        return ""
    return spec.args.args[0].arg if spec.args.args else ""


def notebook_server(machine: Entering) -> Value:
    """A value for a notebook server, whose attributes hold the token that opens it."""
    opens = Value(taint=machine.origin("credential-file", "what opens the notebook server", 0))
    made = Value("jupyter_server.serverapp.ServerApp()")
    made.keys = dict.fromkeys(_SERVER_SECRETS, opens)
    made.keys["identity_provider"] = inner = Value()
    inner.keys = {"token": opens}
    return made


def loaded_module_parameter(closure: Closure) -> str:
    """The parameter by which `exec_module` of an import loader is given the module to fill; "" for all other functions."""
    owner, spec = closure.owner, closure.node
    if owner is None or isinstance(spec, ast.ClassDef) or not closure.name.endswith(".exec_module"):
        return ""
    return spec.args.args[1].arg if len(spec.args.args) > 1 and any("Loader" in base for base in owner.bases) else ""


def known_arguments(machine: Entering, closure: Closure, names: Mapping[str, Value]) -> dict[str, Value]:
    """Values for parameters of a function whose callers outside the module are known. names: the parameters as bound so
    far."""
    if name := extension_server_parameter(closure):
        return {name: notebook_server(machine)}
    if (name := loaded_module_parameter(closure)) and not names[name].ref:
        return {name: Value("loaded", NOTHING, names[name].taint)}
    if (key := key_of_account(closure)) in names and (not names[key].known or names[key].const is None):
        given = names[key].copy()
        given.taint |= machine.origin("wallet", f"{key}, which an account is made of", closure.node.lineno)
        given.const = NOTHING
        return {key: given}
    if closure.settings:
        return {
            name: value for name, value in closure.settings.items() if f"parameter:{name}" in names.get(name, value).taint
        }
    return _trained(closure, names) if closure.owner is not None else {}


# Base classes of callbacks that a trainer calls; parameters that bring what is trained; parameters with attributes that hold
# it, or say where it is kept.
_TRAINER = re.compile(r"(?:\w*Trainer|Lightning|LightningLite|Progress|Model)?Callback$|Checkpoint\w*$|LearnerCallback$")
_TRAINED = frozenset({"model", "pl_module", "module", "net", "learner", "unet", "tokenizer"})
_HOLDING = {"args": ("output_dir",), "trainer": ("model", "lightning_module", "checkpoint_callback", "default_root_dir")}


def _trained(closure: Closure, names: Mapping[str, Value]) -> dict[str, Value]:
    """What a trainer passes to the methods of a callback: the user's model, and the folder it is kept in."""
    last = closure.name.rpartition(".")[2]
    bases = closure.owner.bases if closure.owner is not None else ()
    if not last.startswith("on_") or not any(_TRAINER.match(base.rpartition(".")[2]) for base in bases):
        return {}
    given = {name: Value(taint=frozenset((f"intercepted:{name}",))) for name in _TRAINED & names.keys()}
    for name, attributes in _HOLDING.items():
        if name in names and f"parameter:{name}" in names[name].taint:
            given[name] = holder = names[name].copy()
            holder.keys = {inner: Value(taint=frozenset((f"intercepted:{inner}",))) for inner in attributes}
    return given


def gives_code(closure: Closure) -> bool:
    """Whether this is the method of an import loader that returns the code of a module."""
    owner, name = closure.owner, closure.name.rpartition(".")[2]
    return owner is not None and name in _CODE_GIVERS and any("Loader" in base for base in owner.bases)
