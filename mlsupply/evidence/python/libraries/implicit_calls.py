"""What a call of the standard library runs without naming it: functions it is given, special methods of its arguments.

`sorted(rows, key=f)` calls `f`, `list(thing)` calls `thing.__iter__` and `copy.copy(thing)` calls `thing.__copy__` (data
model of the language reference). They are followed where the call stands: what they do at import is done at import.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import standard
from mlsupply.evidence.python.interpreter import objects, own_containers, special_methods
from mlsupply.evidence.python.libraries import own_loaders
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import ClassState, Closure, Value, taint_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_LIBRARY = standard.MODULES | {"builtins"}
# Builtins that call a function they are given; `map`, `filter`, `iter` and `reduce` have models of their own.
_CALLING_BUILTINS = frozenset({"sorted", "max", "min", "__build_class__"})
# Modules whose functions keep or describe the function they are given, or have a model that says when it is called.
_KEEPING = frozenset(
    {
        "abc", "asyncio", "atexit", "concurrent", "contextlib", "copy", "dataclasses", "enum", "inspect", "logging",
        "multiprocessing", "pickle", "queue", "sched", "signal", "subprocess", "threading", "types", "typing", "unittest",
        "warnings", "_thread", "ctypes", "tkinter", "os",
    }
)  # fmt: skip
# Of the other modules that keep it, what calls it all the same.
_CALLING = frozenset({"types.new_class", "functools.cmp_to_key", "operator.call", "collections.defaultdict"})
_KEEPERS = re.compile(r"(?:functools|operator|collections|weakref\.(?!ref|proxy|WeakMethod))\b")
# Builtins that go through all of what they are given, and those that compare the items, or ask whether they are true.
_EXHAUSTING = frozenset(
    {
        "list", "tuple", "set", "frozenset", "sorted", "sum", "any", "all", "max", "min", "enumerate", "zip", "map",
        "filter", "dict", "bytearray",
    }
)  # fmt: skip
_OF_ITEMS = {
    "sorted": "Lt", "max": "Gt", "min": "Lt", "any": "bool", "all": "bool", "filter": "bool", "print": "print",
    "set": "hash", "frozenset": "hash",
}  # fmt: skip
# Functions (the start of the dotted name) -> special methods of an argument that they call.
_SPECIAL: dict[str, tuple[str, ...]] = {
    "copy.copy": ("__copy__", "__reduce_ex__", "__reduce__", "__getstate__"),
    "copy.deepcopy": ("__deepcopy__", "__reduce_ex__", "__reduce__", "__getstate__"),
    "pickle.dump": ("__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs__"),
    "cloudpickle.dump": ("__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs__"),
    "math.": ("__trunc__", "__floor__", "__ceil__", "__float__", "__index__"),
    "sys.getsizeof": ("__sizeof__",),
    "os.": ("__fspath__",), "pathlib.": ("__fspath__",), "shutil.": ("__fspath__",), "builtins.open": ("__fspath__",),
    "io.open": ("__fspath__",), "contextlib.closing": ("close",),
    "logging.": ("filter", "emit", "format", "handle"),
}  # fmt: skip
# Functions that an import hook is given, as an object or as its class -> methods of it that an import calls.
_IMPORTS: dict[str, tuple[str, ...]] = {
    "importlib.util.spec_from_loader": ("create_module", "exec_module", "load_module", "get_code"),
    "importlib.machinery.ModuleSpec": ("create_module", "exec_module", "load_module", "get_code"),
    "sys.meta_path.": ("find_spec", "find_module"),
}
_LATER = "sys.meta_path."  # what it is given is called when something else is imported: it is an entry point of its own
_OF_OBJECTS = _SPECIAL | _IMPORTS
# Methods that parsers, visitors, shells and handlers of the library call in the classes made of them.
_HOOKS = re.compile(r"(?:visit|handle|unknown|do|on|test)_\w|(?:emit|filter|default|setUp|precmd|preloop)$")
_ASSERTS = re.compile(r"\.(?:assert\w+|fail|skipTest|subTest|add\w+)$")  # of a test case: none of them starts a test
_REDUCES = frozenset({"__reduce__", "__reduce_ex__"})


def followed(machine: Analyser, call: Call) -> Call:
    """Follows what the call runs of the functions and objects it is given. Returns the call, with what its arguments yield
    in the place of objects that it goes through."""
    if not any(one.closure is not None or one.instance is not None or one.items for one in call.given):
        return call
    top, _, name = call.ref.partition(".")
    if top not in _LIBRARY and top != "cloudpickle":
        return call
    if call.receiver is not None and call.receiver.instance is not None:
        _inherited(machine, call, call.receiver)
    own_loaders.followed(machine, call)
    for value in call.all:
        _argument(machine, call, value)
    if top != "builtins":
        return call
    if name in _OF_ITEMS:
        for item in _objects(call):
            special_methods.operated(machine, item, _OF_ITEMS[name], [Value()], call.node)
    if name == "dict" and call.args and own_containers.has_keys(call.args[0]):
        return call  # its entries are asked for, see `own_containers.spread`
    if name in _EXHAUSTING and any(value.instance is not None for value in call.args):
        return call._replace(args=[objects.iterable(machine, value, call.node) for value in call.args])
    return call


def _argument(machine: Analyser, call: Call, value: Value) -> None:
    """Follows what the call runs of one function, class or object that it is given."""
    if value.instance is not None and value.closure is None:
        _special(machine, call, value, value.instance, _OF_OBJECTS)
    elif value.closure is not None and isinstance(value.closure.node, ast.ClassDef):
        _special(machine, call, value, machine.class_state(value.closure), _IMPORTS)
    elif value.closure is not None:
        _function(machine, call, value)


def _inherited(machine: Analyser, call: Call, receiver: Value) -> None:
    """A method that the class has from a base of the library: the base calls what the class puts in the place of hooks. They
    are followed once for each such method, entry point and origin of its arguments."""
    state, taint = receiver.instance, taint_of(*call.all)
    if state is None or _ASSERTS.search(call.ref) or (key := (state, call.ref, taint, machine.root)) in machine.hooked:
        return
    machine.hooked.add(key)
    for name, method in list(state.methods.items()):
        if _HOOKS.match(name):
            others = [Value(taint=taint)] * max(0, len(_parameters(method)) - 1)
            machine.enter(method, [receiver, *others], {}, call.node)


def _objects(call: Call) -> Iterator[Value]:
    """Objects among the arguments and among the items of the first two. All of them, each once: those in front may be there
    to hide another, and the budget of steps ends what is too much."""
    inside = (item for value in call.args[:2] for item in value.items or ())
    yield from {id(value): value for value in (*call.args, *inside) if value.instance is not None}.values()


def _function(machine: Analyser, call: Call, value: Value) -> None:
    """A function that the call is given: called with something of what the others are."""
    top, _, name = call.ref.partition(".")
    if value.closure is None or not _calls(call.ref, top, name):
        return
    others = Value(taint=taint_of(*(one for one in call.all if one is not value)))
    bound = value.closure.owner is not None
    machine.call(value, [others] * max(0, len(_parameters(value.closure)) - bound), {}, call.node)


def _parameters(closure: Closure) -> list[ast.arg]:
    """Those that are given by place and have no default."""
    if isinstance(closure.node, ast.ClassDef):
        return []
    spec = closure.node.args
    named = [*spec.posonlyargs, *spec.args]
    return named[: len(named) - len(spec.defaults)]


def _calls(ref: str, top: str, name: str) -> bool:
    """Does the function of this dotted name call a function that it is given? What a call gives (`lru_cache(None)(f)`) is
    taken for a decorator, which keeps it."""
    if top == "builtins":
        return name in _CALLING_BUILTINS
    if ref in _CALLING:
        return True
    return top not in _KEEPING and not ref.endswith("()") and not _KEEPERS.match(ref) and not know.STARTERS.match(ref)


def _special(machine: Analyser, call: Call, value: Value, state: ClassState, called: dict[str, tuple[str, ...]]) -> None:
    """Special methods of an object or class, as far as the function calls them. called: as of `_SPECIAL`."""
    for start, names in called.items():
        if call.ref.startswith(start):
            for name in names:
                if name in state.methods:
                    made = _entered(machine, call, value, state.methods[name], later=start == _LATER)
                    if name in _REDUCES and len(parts := folding.items_of(made)) > 1:
                        machine.call(parts[0], folding.items_of(parts[1]), {}, call.node)  # who reads it back does so


def _entered(machine: Analyser, call: Call, value: Value, method: Closure, *, later: bool) -> Value:
    """The result of a special method. later: it is not called here, but as an entry point of its own."""
    root = machine.root
    machine.root = method.name if later else root
    try:
        return machine.enter(method, [value], {}, call.node)
    finally:
        machine.root = root
