"""Functions that others call with their own data: wrappers, callbacks, and functions put in the place of others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.value import HOLE, NOTHING, ClassState, Closure, Value, text_of
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.entering import Entering

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
# Last part of a base class -> the methods its users call, and the kind of what they are called with.
_LLM = r"(?:\w*CallbackHandler|CustomLogger|TracingProcessor|Span(?:Exporter|Processor))"
_HTTP = r"(?:HTTPAdapter|(?:Async)?(?:Base|HTTP)Transport)"
_SERVED = r"(?:\w*HTTPMiddleware|MiddlewareMixin)"
_AUTH = r"(?:AuthBase|HTTP(?:Basic|Digest|Proxy)Auth|(?:Basic|Digest|FunctionAuth|NetRC)?Auth|AuthMetadataPlugin)"
_BASES = tuple(
    (re.compile(bases + r"$"), re.compile(methods), kind)
    for bases, methods, kind in (
        (_LLM, r"(?:async_)?(?:on|log)_|export", "intercepted"),
        (_HTTP, r"send$|handle_(?:async_)?request$|__call__$", "intercepted"),
        (_SERVED, r"__call__$|dispatch$|process_", "request"),
        (_AUTH, r"(?:a?sync_)?auth_flow$|__call__$", "intercepted"),
        (r"(?:Unary|Stream)(?:Unary|Stream)ClientInterceptor", r"intercept_", "intercepted"),
        (r"(?:Buffered|Datagram)?Protocol", r"(?:data|datagram|buffer|pipe_data)_(?:received|updated)$", "received"),
    )
)
# Clients of libraries, whole name of the class -> the methods that requests, or keys, pass through.
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
# Classes of libraries that talk to models -> the methods that are given what is asked. One that talks to a model itself
# sends it there; one that leaves that to its base only stands between.
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
# Classes of libraries for wallets -> what makes one of a key or of the words that stand for it.
_WALLETS = re.compile(
    r"(?:eth_account|web3|solders|solana|bip_utils|hdwallet|eth_keys|stellar_sdk|bitcoinlib|bitcoin|mnemonic|xrpl|tronpy|bittensor\w*|"
    r"near_api|algosdk|substrateinterface|cosmpy|pytezos|bitcash|monero)\b"
)
_FROM_KEYS = re.compile(
    r"(?:from|import)_\w*(?:key|mnemonic|bytes|seed|secret|private|string|base58|words|uri|wif)\w*$|recover\w*$|decrypt$|to_seed$|"
    r"regenerate\w*$|privateKeyToAccount$"
)
# Methods that sign or make an account -> the place of the key, which may be given as `private_key` as well.
SIGNS = {
    "sign_transaction": 1, "signTransaction": 1, "sign_message": 1, "signHash": 1, "unsafe_sign_hash": 1,
    **dict.fromkeys(("from_key", "privateKeyToAccount", "from_mnemonic", "from_secret_key", "from_private_key", "from_seed",
                     "from_base58_string", "create_from_mnemonic", "create_from_uri", "create_from_private_key"), 0),
}  # fmt: skip
_KEY_NAME = re.compile(r"(?i)key|secret|priv|^pk$|mnemonic|seed|phrase")
_CODE_GIVERS = frozenset({"get_data", "get_source", "get_code", "source_to_code"})
_KEEPER = re.compile(r"(?i)secret|token|passw|credential|api_?key|private|sensitive|encrypt")


def passed_in(closure: Closure) -> str:
    """The kind of data that callers pass to a method, by the base of its class; "" for any other function."""
    if closure.brings:
        return closure.brings
    owner = closure.owner
    name = closure.name.rpartition(".")[2]
    if owner is not None and name == "__set__" and _KEEPER.search(owner.name):
        return "intercepted"  # what somebody gives an object, which a descriptor is there to keep
    if owner is None or not owner.bases:
        return ""
    for base in owner.bases:
        if know.HEARS.match(name) and know.MESSENGERS.match(base):
            return "received"
        if any(bases.match(base) and methods.match(name) for bases, methods in _CLIENTS):
            return "intercepted"
        if _ASKS_MODELS.match(name) and _MODELS.match(base) and _hands_to_base(closure.node, name):
            return "intercepted"
        if _WALLETS.match(base) and _FROM_KEYS.match(name):
            return "wallet"
        last = base.rpartition(".")[2]
        for bases, methods, kind in _BASES:
            if bases.match(last) and methods.match(name):
                return kind
    return ""


def _hands_to_base(node: ast.AST, name: str) -> bool:
    """Does the method call the one of this name that `super()` has?"""
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
    """Is it a method by which a client asks for credentials, or the constructor of such a class?"""
    if closure.owner is None or closure.name.rpartition(".")[2] not in _ASKED:
        return False
    return any(map(_IS_AUTH.match, closure.owner.bases))


def signed(machine: Analyser, call: Call, name: str) -> None:
    """Labels what somebody signs with, or makes an account of, as a key, whatever it was called before. name: of `SIGNS`."""
    place = SIGNS[name]
    nodes = call.node.args if isinstance(call.node, ast.Call) else []
    named = place < len(nodes) and isinstance(nodes[place], ast.Name) and _KEY_NAME.search(nodes[place].id)  # type: ignore[attr-defined]  # a name, as was just asked
    value = call.args[place] if named and place < len(call.args) else call.keywords.get("private_key")
    if value is not None and not value.known and value.taint:
        value.taint |= machine.origin("wallet", "the key that is signed with", call.line)


def is_client(ref: str) -> bool:
    """Is this dotted name an object of a client of models?"""
    return ref.endswith("()") and _CLIENTS[1][0].match(ref[:-2]) is not None


_EXTENSIONS = frozenset(
    {"_load_jupyter_server_extension", "load_jupyter_server_extension", "_link_jupyter_server_extension"}
)
_ENTRANCES = ("token", "password", "connection_url", "display_url", "public_url", "cookie_secret")


def extends_jupyter(closure: Closure) -> str:
    """The name of the parameter by which an extension is given the server that loads it (Jupyter Server's documentation,
    "Authoring extensions"); "" of all other functions."""
    spec = closure.node
    if isinstance(spec, ast.ClassDef) or closure.name not in _EXTENSIONS:
        return ""
    return spec.args.args[0].arg if spec.args.args else ""


def server(machine: Entering) -> Value:
    """Stands for a server of notebooks: whoever knows its token gets in."""
    opens = Value(taint=machine.origin("credential-file", "what opens the notebook server", 0))
    made = Value("jupyter_server.serverapp.ServerApp()")
    made.keys = dict.fromkeys(_ENTRANCES, opens)
    made.keys["identity_provider"] = inner = Value()
    inner.keys = {"token": opens}
    return made


def loaded_for(closure: Closure) -> str:
    """The name of the parameter by which a loader is given the module of somebody else that it fills; "" of all others."""
    owner, spec = closure.owner, closure.node
    if owner is None or isinstance(spec, ast.ClassDef) or not closure.name.endswith(".exec_module"):
        return ""
    return spec.args.args[1].arg if len(spec.args.args) > 1 and any("Loader" in base for base in owner.bases) else ""


def known_given(machine: Entering, closure: Closure, names: Mapping[str, Value]) -> dict[str, Value]:
    """Values for those parameters of a function of which is known who calls it with what. names: the parameters as bound so
    far."""
    if name := extends_jupyter(closure):
        return {name: server(machine)}
    if (name := loaded_for(closure)) and not names[name].ref:
        return {name: Value("loaded", NOTHING, names[name].taint)}
    return _trained(closure, names) if closure.owner is not None else {}


# Base classes of what a trainer calls while it trains, and the parameters that bring what is trained, or where it is kept.
_TRAINER = re.compile(r"(?:\w*Trainer|Lightning|LightningLite|Progress|Model)?Callback$|Checkpoint\w*$|LearnerCallback$")
_TRAINED = frozenset({"model", "pl_module", "module", "net", "learner", "unet", "tokenizer"})
_HOLDING = {"args": ("output_dir",), "trainer": ("model", "lightning_module", "checkpoint_callback", "default_root_dir")}


def _trained(closure: Closure, names: Mapping[str, Value]) -> dict[str, Value]:
    """What a trainer hands the methods of a callback: a model that is the user's, and the folder it is kept in."""
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
    """Is it the method of an import loader that gives the code of a module?"""
    owner, name = closure.owner, closure.name.rpartition(".")[2]
    return owner is not None and name in _CODE_GIVERS and any("Loader" in base for base in owner.bases)


def wraps(node: FunctionNode, outer: Closure | None) -> bool:
    """Is this a wrapper: does it call what the function around it was given, or pass on all it is given to what that one
    found, or, being how an object is called, to what the object holds? outer: the function around it; None: a method."""
    if outer is None:
        return node.name == "__call__" and bool(_passed_on(node, attributes=True))
    if isinstance(outer.node, ast.ClassDef):
        return False
    spec = outer.node.args
    given = {parameter.arg for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    if _calls_one_of(node, given):
        return True
    passed = _passed_on(node)
    found = {
        target.id
        for statement in descendants((outer.node,) if passed else ())
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    kept = {given: default.id for given, default in _defaults(node) if isinstance(default, ast.Name)}
    return not passed.isdisjoint(found) or not {kept.get(name, "") for name in passed}.isdisjoint(found | given)


def _defaults(node: FunctionNode) -> Iterator[tuple[str, ast.expr]]:
    """The parameters that are given a value where the function is written, with that."""
    places = [*node.args.posonlyargs, *node.args.args]
    values = node.args.defaults
    yield from ((one.arg, value) for one, value in zip(places[len(places) - len(values) :], values, strict=True))
    yield from ((one.arg, value) for one, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value)


def first_given(outer: Closure) -> str:
    """The name of the first parameter of a function, "" where it has none."""
    if isinstance(outer.node, ast.ClassDef):
        return ""
    names = [*outer.node.args.posonlyargs, *outer.node.args.args]
    return names[0].arg if names else ""


def is_around(wrapper: Closure, inner: Closure) -> bool:
    """Is `inner` the function that this wrapper was made for?"""
    found = wrapper.scope.names.get(wrapper.around)
    return found is not None and found.closure is inner


def _calls_one_of(node: FunctionNode, names: set[str]) -> bool:
    return any(
        isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in names
        for inner in descendants((node,))
    )


def _passed_on(node: FunctionNode, *, attributes: bool = False) -> set[str]:
    """The names that it calls with all its arguments, or the attributes of anything."""
    stars = {one.arg for one in (node.args.vararg, node.args.kwarg) if one is not None}
    names: set[str] = set()
    for inner in descendants((node,)) if stars else ():
        if not isinstance(inner, ast.Call):
            continue
        handed = [arg.value for arg in inner.args if isinstance(arg, ast.Starred)]
        handed += [keyword.value for keyword in inner.keywords if keyword.arg is None]
        if any(isinstance(value, ast.Name) and value.id in stars for value in handed):
            if attributes and isinstance(inner.func, ast.Attribute):
                names.add(inner.func.attr)
            elif not attributes and isinstance(inner.func, ast.Name):
                names.add(inner.func.id)
    return names


# These are called with faults, which programs report; what frames hold is private wherever it is looked for.
_FAULTS = frozenset(
    {"sys.excepthook", "threading.excepthook", "sys.unraisablehook", "sys.__excepthook__", "warnings.showwarning"}
)


def hooked(machine: Analyser, value: Value, node: ast.AST, depth: int = 3) -> None:
    """Follows the functions that a client calls with each request or answer. value: one of them, or what holds them."""
    if value.closure is not None:
        patched(machine, "a hook of a client", value.closure, node, machine.first(value.closure))
    for inner in [*(value.keys or {}).values(), *(value.items or [])][:16] if depth else ():
        hooked(machine, inner, node, depth - 1)


def replaced(machine: Analyser, name: str, state: ClassState, node: ast.AST) -> None:
    """An object of this class, or the class, takes the place of a module or class: each of its methods is followed as a
    replacement of the function of that name."""
    for method, closure in state.methods.items():
        if method in {"__getattr__", "__init__", "__call__"} or not method.startswith("_"):
            patched(machine, f"{name}.{method}", closure, node, machine.first(closure))
    for attribute, value in state.attributes.items():
        if value.closure is not None:
            patched(machine, f"{name}.{attribute}", value.closure, node)


_WRAPS = re.compile(
    r"^(?:wrapt\.)(?:\w+\.)?(?:wrap_function_wrapper|wrap_object|FunctionWrapper)$|^(?:unittest\.)?mock\.patch(?:\.object)?$"
)


def wrapped(machine: Analyser, call: Call) -> None:
    """Follows what `wrapt.wrap_function_wrapper(module, name, wrapper)` or `mock.patch` puts in the place of a function."""
    if not _WRAPS.search(call.ref) or not call.args:
        return
    name = ".".join(value.ref or text_of(value) for value in call.args[:-1]).replace(HOLE, "")
    for value in call.all[-2:]:
        if value.closure is not None:
            patched(machine, name or "a wrapped function", value.closure, call.node, machine.first(value.closure))


def put_in_place(machine: Analyser, name: str, value: Value, node: ast.AST, *, own: bool) -> None:
    """A function of this module takes the place of the one of that name. own: of the package itself: there it takes nothing
    that was meant for others, unless it is only put before what stood there and calls that too."""
    closure, given = value.closure, value.bound.args if value.bound is not None else []
    if closure is None or (own and not _may_call(machine, closure, name, given)):
        return
    known, before, machine.passed_back = len(machine.facts), machine.passed_back, False
    try:
        patched(machine, name, closure, node, given)
    finally:
        if own and not machine.passed_back:
            label = safe(f"intercepted {name}", 80)
            for key, (fact, _) in list(machine.facts.items())[known:]:
                if fact.source == "intercepted" and any(step.startswith(label) for step in fact.chain):
                    del machine.facts[key]
        machine.passed_back = before


def put_on_given(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """A function takes the place of a method of a class that is given, and calls what stood there: all who use that class
    are handled by it."""
    closure = value.closure
    if closure is not None and closure.wrapper and not isinstance(closure.node, ast.ClassDef | ast.Lambda):
        patched(machine, f"{name} of a class it is given", closure, node)


def _may_call(machine: Analyser, closure: Closure, name: str, given: list[Value], depth: int = 3) -> bool:
    """Does the function name the one of this name, or something that holds it, in its own text or where it was made?"""
    last = name.rpartition(".")[2]
    words: set[str] = set()
    for node in descendants((closure.node,)):
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            words |= {alias.name for alias in node.names}
    kept = {saved.rpartition(".")[2] for saved, ref in machine.saved.items() if is_original(machine, ref, name)}
    if last in words or not kept.isdisjoint(words):
        return True
    found = {word: value for word in words if (value := closure.scope.find(word)) is not None}
    if any(is_original(machine, one.ref, name) for value in (*found.values(), *given) for one in _with_what_it_holds(value)):
        return True
    inner = [
        value.closure for word, value in found.items() if value.closure is not None and word not in machine.module.names
    ]
    return depth > 0 and any(_may_call(machine, one, name, [], depth - 1) for one in inner if one is not closure)


def _with_what_it_holds(value: Value) -> list[Value]:
    return [value, *(value.items or ())[:16], *list((value.keys or {}).values())[:16]]


def is_original(machine: Analyser, ref: str, name: str) -> bool:
    """Is `ref` the function of this name, perhaps under the name it is kept by here?"""
    ref = machine.saved.get(ref, ref)
    return ref == name or (
        ref.rpartition(".")[2] == name.rpartition(".")[2] and ref.partition(".")[0] == name.partition(".")[0]
    )


def patched(machine: Analyser, name: str, closure: Closure, node: ast.AST, first: list[Value] | None = None) -> None:
    """Follows a function that replaces another module's: what passes through it is labelled as intercepted. first: what it
    is given before its own arguments, as the object of a method."""
    if isinstance(closure.node, ast.ClassDef) or closure in machine.running:
        return
    kind = "received" if know.MESSENGERS.match(name) or name.rpartition(".")[2] == "on_message" else "intercepted"
    kind = "parameter" if name in _FAULTS else kind
    label = machine.origin(kind, name, getattr(node, "lineno", 0))
    spec = closure.node.args
    given = first or []
    args = [*given, *(Value(taint=label) for _ in [*spec.posonlyargs, *spec.args][len(given) :])]
    keywords = {parameter.arg: Value(taint=label) for parameter in spec.kwonlyargs}
    if spec.vararg is not None:
        args.append(Value(taint=label))
    if spec.kwarg is not None:
        keywords["**"] = Value(taint=label)
    wrapper, closure.wrapper = closure.wrapper, name not in _FAULTS  # which are called with the particulars of a fault
    before, machine.replacing = machine.replacing, name
    machine.enter(closure, args, keywords, node)
    closure.wrapper, machine.replacing = wrapper, before
