"""Reflection: modules and functions reached through namespaces, other modules, import specs or computed names.

Whatever is reached is treated as if its name were written out; a name that was computed sets `Value.hidden`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import standard
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Value, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_GETS = re.compile(
    r"(?P<owner>sys\.modules|builtins\.(?:globals|locals|vars)\(\)|[\w.]{1,200}\.__(?:dict|globals)__)\.(?:get|pop|setdefault|__getitem__)$"
)
_ATTRIBUTES = re.compile(r"^(?:builtins\.(?:object|type)|types\.ModuleType)\.__getattribute__$")
_SPECS: Final = frozenset({"importlib.util.find_spec", "importlib.machinery.PathFinder.find_spec", "importlib.find_loader"})
# These return what a dotted path, given as a text, stands for.
_BY_PATH: Final = frozenset(
    {
        "pkgutil.resolve_name", "pydoc.locate", "pydoc.resolve", "zope.dottedname.resolve.resolve", "hydra.utils.get_method",
        "hydra.utils.get_class", "hydra.utils.get_object", "django.utils.module_loading.import_string",
        "jsonargparse.import_object", "werkzeug.utils.import_string", "traitlets.utils.importstring.import_item",
    }
)  # fmt: skip
_OF_SPECS: Final = frozenset({*_SPECS, *_BY_PATH, "importlib.util.module_from_spec"})
_LOADS = re.compile(r"\.load_module$|^importlib\.reload$")
# Modules worth reaching as attributes of modules of the standard library that import them (`logging.os`).
_HELD: Final = frozenset(
    {
        "os",
        "sys",
        "subprocess",
        "builtins",
        "socket",
        "ctypes",
        "shutil",
        "urllib",
        "posix",
        "nt",
        "pty",
        "marshal",
        "importlib",
    }
)
# The same, of modules of the audited package.
_HANDED_ON: Final = frozenset({"os", "subprocess", "builtins", "pty", "ctypes", "posix"})
_REAL: Final = frozenset({"asyncio.subprocess", "six.moves.urllib"})  # modules of their own
_STANDARD: Final = standard.MODULES
_OWN_MODULES: Final = _STANDARD | {"builtins"}
# Other names of modules and functions -> the names they are modelled under.
_STANDS_FOR: Final = {
    "os._execvpe": "os.execvpe",
    "subprocess.subprocess": "subprocess",
    "urllib.urlopen": "urllib.request.urlopen",
}
_COPIES: Final = re.compile(
    r"(?:gevent|eventlet\.green)\.((?:ftplib|http|os|smtplib|socket|ssl|subprocess|urllib|urllib2)(?:\.[\w.]{1,100})?)$"
)
ANY_MODULE: Final = frozenset(("any-module:sys.modules",))  # one of the loaded modules, chosen by a name that is not known
ANY_CLASS: Final = frozenset(("any-class:subclasses",))  # one of the loaded classes, likewise
ANY_IMPORT: Final = frozenset(("any-module:imported",))  # an imported module whose name was hidden
# Last parts of all dotted names that `modelled` knows.
_LOOKUPS: Final = frozenset(
    {
        "get", "pop", "setdefault", "__getitem__", "getitem", "__getattribute__", "values", "items", "copy", "resolve_name",
        "find_spec", "find_loader", "module_from_spec", "load_module", "reload", "getmodule",
        "update", "__setitem__", "dict",
        *(one.rpartition(".")[2] for one in _BY_PATH),
    }
)  # fmt: skip
# An attribute of this name, of whichever module, can only be this.
_OF_ANY: Final = {"system": "os.system", "popen": "os.popen", "Popen": "subprocess.Popen", "execv": "os.execv"}


def real_name(ref: str) -> str:
    """The name that a module or function is modelled under: that of the original, where it is a stand-in or copy."""
    if ref.startswith(("gevent.", "eventlet.")) and (copied := _COPIES.match(ref)) is not None:
        return copied[1]
    if ref.startswith("compression.") and not ref.startswith("compression.zstd"):
        return ref.removeprefix("compression.")  # `bz2`, `gzip`, `lzma` and `zlib` have that name too since Python 3.14
    return _STANDS_FOR.get(ref, ref)


def attribute_ref(owner: Value, name: str) -> str:
    """The dotted name of `owner.name`; "" where the owner has none."""
    if owner.ref and (held := held_module(owner.ref, name)):
        return held
    if name in _HANDED_ON and f"from:{owner.ref}" in owner.taint:
        return name  # a neighbour that imports it has it as an attribute
    if owner.taint >= ANY_MODULE and name in _OF_ANY:
        return _OF_ANY[name]
    if name == "__self__":
        module, _, function = owner.ref.partition(".")
        if module in _STANDARD and function.isidentifier():
            return module  # `__self__` of a function written in C is its module
    if name == "__builtins__" and owner.ref:
        return "builtins"  # every module has them
    return real_name(f"{owner.ref}.{name}") if owner.ref else ""


def held_module(ref: str, name: str) -> str:
    """The module that a module of the standard library (`ref`) has as an attribute of this name (`logging.os` is `os`); ""
    where it has none."""
    plain = name.lstrip("_") if name.startswith("_") else name
    if (
        plain not in _HELD
        or plain == ref
        or ref.partition(".")[0] not in _STANDARD
        or f"{ref}.{name}" in _REAL
        or "()" in ref
    ):
        return ""
    return plain


def module_of(ref: str) -> str | None:
    """`__module__` of a class or function of the standard library, or of an object of such a class (`ref`): the module it is
    reached by, which need not be the one it was written in. None for anything else: a package may hand on what it did not
    define."""
    module, _, name = ref.removesuffix("()").rpartition(".")
    if not name or module.partition(".")[0] not in _OWN_MODULES or "()" in module:
        return None
    return "builtins" if module == "types" else module  # those of functions and the like only have a name there


_BUILT_IN: Final = frozenset({str, bytes, int, float, list, dict, tuple, bool, set, type(None)})


def class_of(value: Value) -> str:
    """The dotted name of the class of a constant, or of an object of a library; "" where it is not known."""
    if value.ref:
        return value.ref[:-2] if value.ref.endswith("()") else ""
    return f"builtins.{type(value.const).__name__}" if type(value.const) in _BUILT_IN else ""


def module_of_neighbour(ref: str) -> str:
    """The module of the standard library that this dotted name of a neighbour stands for; "" where it is none of them."""
    name = ref.rpartition(".")[2]
    return name if name in _HANDED_ON else ""


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that looks up a module or an attribute; None for any other call."""
    ref = call.ref
    if ref.rpartition(".")[2] not in _LOOKUPS:
        return None
    if (found := _GETS.fullmatch(ref)) is not None and call.args:
        owner = Value(found["owner"], NOTHING, call.receiver.taint if call.receiver is not None else frozenset())
        if ref == "sys.modules.setdefault" and len(call.args) > 1:
            machine.stored(owner, call.args[0], call.args[1], call.node)
        return namespace_entry(machine, owner, call.args[0], call.node, _computed(call, 0))
    if ref == "operator.getitem" and len(call.args) == 2:
        return namespace_entry(machine, call.args[0], call.args[1], call.node, _computed(call, 1))
    if ref.endswith(".__getattribute__") and call.args:
        return _attribute(machine, call)
    if ref in {"sys.modules.values", "sys.modules.items", "sys.modules.copy"}:
        return Value(ref + "()", NOTHING, ANY_MODULE)
    if ref in {"sys.modules.update", "sys.modules.__setitem__"}:
        machine.put_modules(_entries_put(call), call.node)
        return Value()
    if ref.endswith("mock.patch.dict") and len(call.args) > 1 and "sys.modules" in {call.args[0].ref, call.args[0].const}:
        machine.put_modules(containers.entries(call.args[1]), call.node)
    if ref.endswith(_FILLED):
        return _fill_namespace(machine, call)
    return _module(call)


_FILLED = (".__dict__.update", ".__dict__.__setitem__", ".__dict__.setdefault")


def _fill_namespace(machine: Analyser, call: Call) -> Value | None:
    """A method of `thing.__dict__` or `vars(thing)` that sets attributes of the thing."""
    holder = call.node.func.value if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else None
    if isinstance(holder, ast.Attribute):
        owner = machine.value(holder.value)
    elif isinstance(holder, ast.Call) and len(holder.args) == 1:
        owner = machine.value(holder.args[0])
    else:
        owner = Value(call.ref.rsplit(".", 2)[0])  # the namespace was bound to a name
    for name, value in _entries_put(call).items():
        if name.isidentifier():
            machine.assign(owner, name, value, call.node)
    return Value()


def _entries_put(call: Call) -> dict[str, Value]:
    """The entries that a method of a dict puts into it, by key."""
    if not call.ref.endswith(".update"):
        return {text_of(call.args[0]): call.args[1]} if len(call.args) == 2 else {}
    given = [containers.entries(source) for source in call.args]
    return {name: value for one in (*given, call.keywords) for name, value in one.items()}


def _attribute(machine: Analyser, call: Call) -> Value | None:
    """`thing.__getattribute__(name)`, or `object.__getattribute__(thing, name)`; None where the name is not known."""
    of_class = _ATTRIBUTES.match(call.ref) is not None
    owner = call.args[0] if of_class else call.receiver
    name = call.args[-1].const
    if owner is None or not isinstance(name, str) or not name.isidentifier():
        return None
    result = machine.attribute(owner, name, call.node).copy()
    result.hidden = result.hidden or bool(result.ref)
    return result


def _module(call: Call) -> Value | None:
    """The spec, module or object that a function of `importlib`, or one that resolves dotted paths, gives; None for any
    other call."""
    ref = call.ref
    if ref == "inspect.getmodule" and call.args:
        return Value(module_of(call.args[0].ref) or "", NOTHING, taint_of(*call.args))
    if ref not in _OF_SPECS and not _LOADS.search(ref):
        return None
    name = text_of(call.args[0]) if call.args else ""
    if ref in _BY_PATH and re.fullmatch(r"[\w.]{1,100}(?::[\w.]{1,100})?", name):
        made = Value(name.replace(":", "."))
        made.hidden = _computed(call, 0)
        return made
    if ref in _SPECS and not (ref.endswith("PathFinder.find_spec") and len(call.args) > 1):
        return Value(ref + "()", NOTHING, taint_of(*call.args), name)
    if ref == "importlib.util.module_from_spec" and call.args and call.args[0].ref.endswith("find_spec()"):
        name = call.args[0].text
    elif ref in _OF_SPECS or not call.args or not isinstance(call.args[0].const, str):
        return None
    if name.partition(".")[0] not in _STANDARD:
        return None
    made = Value(name)
    made.hidden = _computed(call, 0)
    return made


def _computed(call: Call, place: int) -> bool:
    """Whether the argument at this place is computed rather than written as a constant or name."""
    node = call.node.args[place] if isinstance(call.node, ast.Call) and place < len(call.node.args) else None
    return not isinstance(node, ast.Constant | ast.Name | ast.Call) or bool(call.args[place].layers)


BUILTINS = standard.BUILTINS
_FRAMES = frozenset({"builtins.globals()", "builtins.locals()", "builtins.vars()"})
_NAMESPACES = _FRAMES | {"sys.modules", "builtins"}
_DICTIONARIES = (".__dict__", ".__globals__")


def namespace_entry(machine: Expressions, owner: Value, key: Value, node: ast.AST, computed: bool) -> Value | None:
    """`owner[key]` of a namespace: `os.environ`, `globals()`, `vars(os)`, `sys.modules`, `x.__dict__`. None for any other
    owner. computed: the key is not written as a constant there."""
    name = key.const if isinstance(key.const, str) else None
    if owner.ref in _FRAMES and name is None and (several := _functions_like(machine, key)):
        return several
    if owner.ref in {"os.environ", "os.environb", "os.environ.copy()"}:
        return machine.environment(key, node)
    if not name or not (owner.ref in _NAMESPACES or owner.ref.endswith(_DICTIONARIES)):
        return None
    computed = (computed and not _written(machine, name)) or bool(key.layers)
    if owner.ref in _FRAMES:
        return value_of_name(machine, name, computed)
    target = name
    if owner.ref in {"builtins", "builtins.__dict__"}:
        target = f"builtins.{name}"
    elif owner.ref.endswith(_DICTIONARIES):
        base = owner.ref.rsplit(".", 1)[0]
        target = f"{base}.{name}" if owner.ref.endswith(".__dict__") else name
        target = f"builtins.{name}" if base == "builtins" else "builtins" if name == "__builtins__" else target
    if owner.ref.endswith(".__dict__") and (found := machine.neighbour(target)) is not None:
        return found
    result = Value(target, NOTHING, owner.taint)
    if target in know.ENVIRONMENTS:
        result.taint |= machine.origin("environment", "all variables", getattr(node, "lineno", 0))
    result.hidden = owner.hidden or computed or owner.ref.endswith("__globals__")
    return result


def _functions_like(machine: Expressions, key: Value) -> Value | None:
    """The join of the functions of the module whose names match a partly known text; None where too little of it is known,
    or none matches."""
    if len(key.text.replace(HOLE, "")) < 2:
        return None
    shape = folding.pattern_of(key.text)
    found = [one for name, one in machine.module.names.items() if one.closure is not None and shape.fullmatch(name)]
    return merged(found[:8]) if found else None


def _written(machine: Expressions, name: str) -> bool:
    """Whether the name stands somewhere in the source, in quotes."""
    text = "\n".join(machine.lines)
    return "\n" not in name and (f"'{name}'" in text or f'"{name}"' in text)


def value_of_name(machine: Expressions, name: str, computed: bool) -> Value:
    """What a name that is looked up at run time is bound to. computed: the name is not written in the source."""
    found = machine.scope.find(name)
    if found is None:
        found = Value(
            "builtins" if name == "__builtins__" else f"builtins.{name}" if name in BUILTINS else "", NOTHING, CLEAN
        )
    result = found.copy()
    result.hidden = computed or found.hidden
    return result
