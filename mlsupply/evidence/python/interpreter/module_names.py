"""Namespaces of modules as what loops go through: the names that `dir(os)` or `vars(os)` lists, and what they stand for; and
functions of loaded libraries that are taken by key.

Only the names that run, send or load something are gone through, those that do most first. Of all others nothing is known.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from mlsupply.evidence.python import standard
from mlsupply.evidence.python.interpreter import reflection
from mlsupply.evidence.python.interpreter.attribute_names import ANY_BUILTIN
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.value import NOTHING, Value, constant, taint_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_OF_SYSTEM = (
    "system popen posix_spawn posix_spawnp execv execve execvp execvpe execl execle execlp execlpe spawnv spawnve spawnvp "
    "spawnvpe spawnl spawnle spawnlp spawnlpe startfile fork forkpty dup2 environ environb getenv remove unlink rename"
)
_REQUESTS = "post put patch get request delete head options stream Session Client AsyncClient"
# Module -> its names that act, those that do most first.
_ACTING: Final = {
    module: tuple(names.split())
    for module, names in {
        "os": _OF_SYSTEM, "posix": _OF_SYSTEM, "nt": _OF_SYSTEM,
        "subprocess": "Popen run call check_call check_output getoutput getstatusoutput",
        "builtins": "exec eval compile __import__ open getattr globals",
        "pty": "spawn fork", "runpy": "run_path run_module", "code": "interact InteractiveInterpreter",
        "importlib": "import_module __import__", "ctypes": "CDLL cdll windll WinDLL PyDLL",
        "socket": "socket create_connection getaddrinfo gethostbyname", "ssl": "wrap_socket create_default_context",
        "asyncio": "create_subprocess_shell create_subprocess_exec open_connection run",
        "urllib": "request", "urllib.request": "urlopen urlretrieve Request build_opener",
        "http": "client", "http.client": "HTTPSConnection HTTPConnection",
        "smtplib": "SMTP SMTP_SSL", "ftplib": "FTP FTP_TLS", "telnetlib": "Telnet",
        "requests": _REQUESTS, "httpx": _REQUESTS, "shutil": "rmtree move copy copyfile copytree",
        "pickle": "loads load Unpickler", "marshal": "loads load", "codecs": "decode",
        "base64": "b64decode urlsafe_b64decode standard_b64decode b32decode b16decode b85decode a85decode decodebytes",
        "binascii": "a2b_base64 unhexlify a2b_hex", "zlib": "decompress", "bz2": "decompress", "lzma": "decompress",
    }.items()
}  # fmt: skip
_REACHED: Final = ("os", "sys", "subprocess", "builtins", "socket")
_LISTING = re.compile(
    r"(?P<owner>[\w.]{1,200})\.(?:__dict__(?:\.(?P<how>items|values|keys)\(\))?|__all__|__dir__\(\))|"
    r"sys\.modules(?:\.(?P<of_all>items|values|keys|copy)\(\))?"
)
_ONE = re.compile(r"[\w.]{1,200}\.(?:__dict__(?:\.keys\(\))?|__all__|__dir__\(\))\[\]|sys\.modules(?:\.keys\(\))?\[\]")


_LOADED = re.compile(
    r"ctypes\.(?:(?:\w{1,10}\.)?(?:CDLL|PyDLL|WinDLL|OleDLL|LoadLibrary)\(\)|(?:cdll|windll)(?:\.\w{1,40}|\[\]))"
)


def is_listing(value: Value) -> bool:
    """Does a loop over the value go through the names of a module that acts, or through all modules?"""
    found = _LISTING.fullmatch(value.ref)
    return found is not None and (found["owner"] is None or bool(_names(found["owner"])))


def _names(owner: str) -> tuple[str, ...]:
    """The names of a module that act, with modules that are reached through it; () for one that is not of Python itself."""
    through = _REACHED if owner.partition(".")[0] in standard.MODULES else ()
    return (*_ACTING.get(owner, ()), *through)


def is_one(value: Value) -> bool:
    """Is this one of the names that such a loop goes through, it is not known which?"""
    return _ONE.fullmatch(value.ref) is not None


def turns(machine: Expressions, source: Value, node: ast.AST) -> list[Value]:
    """What a loop over the names of a module, or over its names and what they stand for, goes through; else the items of the
    value that it goes through."""
    if source.known or source.items is not None or not is_listing(source):
        return folding.items_of(source)
    found = _LISTING.fullmatch(source.ref)
    owner, how = (found["owner"], found["how"] or found["of_all"]) if found is not None else ("", "")
    names = _names(owner) if owner else tuple(_ACTING)
    if how not in {"items", "values"}:
        return [constant(name) for name in names]
    held = [_held(machine, owner, name, node) for name in names]
    return held if how == "values" else [folding.listed([constant(one), it]) for one, it in zip(names, held, strict=True)]


def opened(machine: Expressions, source: Value, node: ast.AST) -> Value:
    """The value, or what a loop goes through where it lists the names of a module."""
    return folding.listed(turns(machine, source, node)) if is_listing(source) else source


def entries(machine: Expressions, source: Value, node: ast.AST) -> dict[str, Value]:
    """What unpacking the namespace of a module gives, by name; {} for anything else."""
    found = _LISTING.fullmatch(source.ref) if source.ref.endswith(".__dict__") else None
    return {one: _held(machine, found["owner"], one, node) for one in _names(found["owner"])} if found is not None else {}


def element(machine: Expressions, source: Value, node: ast.AST) -> Value | None:
    """What stands for all turns of a loop over what the names of a module stand for; None for any other loop."""
    found = _LISTING.fullmatch(source.ref) if source.ref and source.items is None else None
    if found is None or found["how"] not in {"items", "values"} or found["owner"] not in _ACTING:
        return None
    one = some(machine, Value(found["owner"], NOTHING, source.taint), node)
    return one if found["how"] == "values" else folding.listed([Value(f"{found['owner']}.__dict__[]"), one or Value()])


def entry(machine: Expressions, owner: Value, key: Value, node: ast.AST) -> Value | None:
    """`owner[key]` of the namespace of a module, or of `sys.modules`, by a key that is not known, or of a library that was
    loaded; None for any other."""
    if isinstance(key.const, str) and _LOADED.fullmatch(owner.ref):
        return machine.attribute(owner, key.const, node)
    if isinstance(key.const, str) or not is_listing(owner):
        return None
    if not owner.ref.endswith(".__dict__"):
        return Value("", NOTHING, reflection.ANY_MODULE) if is_one(key) else None
    module = Value(owner.ref.removesuffix(".__dict__"), NOTHING, owner.taint | key.taint)
    return some(machine, module, node) if is_one(key) else any_of(module)


_LOOKS_UP = (".__dict__.get", ".__dict__.pop", ".__dict__.__getitem__", "sys.modules.get", "sys.modules.pop")


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that copies the namespace of a module, or looks up in it what it is not known; None for any other
    call."""
    owner, _, name = call.ref.rpartition(".")
    if name == "copy" and owner.endswith(".__dict__"):
        return Value(owner, NOTHING, taint_of(*call.all))
    if call.ref.endswith(_LOOKS_UP) and call.args:
        return entry(machine, Value(owner), call.args[0], call.node)
    if name == "__getattribute__" and owner in _ACTING and call.args:
        return some(machine, Value(owner), call.node) if is_one(call.args[-1]) else any_of(Value(owner))
    return None


def some(machine: Expressions, owner: Value, node: ast.AST) -> Value | None:
    """An attribute of a module, it is not known which, that was looked up by a name from a list of them all; None for a
    module that does not act."""
    if (found := any_of(owner)) is not None:
        return found
    names = _ACTING.get(owner.ref)
    return merged([_held(machine, owner.ref, name, node) for name in names]) if names is not None else None


def any_of(owner: Value) -> Value | None:
    """An attribute, by a name that is not known, of a module of which it matters whichever it is; None for any other."""
    if owner.ref in {"os", "subprocess", "posix", "nt"}:
        return Value(taint=owner.taint | reflection.ANY_CLASS)
    if owner.ref == "builtins":
        return Value(taint=owner.taint | ANY_BUILTIN)
    return None


def _held(machine: Expressions, owner: str, name: str, node: ast.AST) -> Value:
    """What a name of a module stands for; of no module, the module of that name. It counts as reached by a computed name."""
    if not owner:
        return Value(name)
    found = machine.attribute(Value(owner), name, node).copy()
    found.hidden = True
    return found
