"""Builtins: those that run code, those that look names and attributes up, and those that make containers."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import methods, module_names, objects, own_containers, reflection, special_methods
from mlsupply.evidence.python.interpreter.attribute_names import is_account
from mlsupply.evidence.python.libraries import (
    counted,
    decoder_calls,
    deferred_calls,
    higher_order,
    parsed_trees,
    reading,
    standard_output,
    writing,
)
from mlsupply.evidence.python.libraries.removing import REMOVES
from mlsupply.evidence.python.values import containers, decoders, folding
from mlsupply.evidence.python.values.merging import iterated, merged, one_of
from mlsupply.evidence.python.values.taint import has, of_kind
from mlsupply.evidence.python.values.value import (
    HOLE,
    NOTHING,
    Closure,
    CodeObject,
    Value,
    layers_of,
    taint_of,
    text_of,
    unknown,
)

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call


_MOST_FILTERED = 4_096  # items whose test is evaluated
_SETTLED = frozenset(
    {"isinstance", "hasattr", "id", "issubclass", "callable", "hash"}
)  # the result holds nothing of the argument


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a builtin, its effects applied; None where only its arguments tell something of the result."""
    name = call.ref[9:]
    if name in _CHECKS and len(call.args) > 1 and call.args[1].closure is not None:
        _asked_of_class(machine, name, call, call.args[1].closure)
    if name in _SETTLED and (not call.args or call.args[0].instance is None):
        return (parsed_trees.is_instance(call) if name == "isinstance" else None) or Value()
    if name in _COUNTS and counted.is_counted(machine, call):
        return Value()
    done = special_methods.operated(machine, call.args[0], name, call.args[1:], call.node) if call.args else None
    if done is not None:
        return done
    modelled = _MODELS.get(name)
    made = modelled(machine, name, call) if modelled is not None else None
    return made if made is not None else _plain(machine, name, call)


_COUNTS = frozenset({"len", "bool", "any", "all", "sum"})
_CHECKS = {"isinstance": "__instancecheck__", "issubclass": "__subclasscheck__"}


def _asked_of_class(machine: Analyser, name: str, call: Call, asked: Closure) -> None:
    """Follows the methods of the metaclass or class that `isinstance` and `issubclass` call (PEP 3119)."""
    if not isinstance(asked.node, ast.ClassDef):
        return
    state = machine.class_state(asked)
    of_metaclass = state.metaclass.methods if state.metaclass is not None else {}
    for method in (of_metaclass.get(_CHECKS[name]), state.methods.get("__subclasshook__")):
        if method is not None:
            machine.enter(method, [call.args[1], call.args[0]], {}, call.node)


def _subclasses(machine: Analyser, name: str, call: Call) -> Value | None:
    """`__subclasses__()` of a class of the module: the ones defined so far."""
    if not name or not call.args or call.args[0].closure is None:
        return None
    base = machine.class_state(call.args[0].closure)
    found = []
    for closure, state in machine.states.items():
        if base in state.parents:
            found.append(Value())
            found[-1].closure = closure
    return folding.listed(found)


def _run(machine: Analyser, name: str, call: Call) -> Value | None:
    if name in {"exec", "eval"} and call.args and call.args[0].closure is not None:  # of a function, its `__code__`
        return machine.call(call.args[0], [], {}, call.node)
    if name != "compile":
        return machine.execute(call, call.arg(0, "source", "object"))
    source = call.arg(0, "source")
    made = CodeObject()
    if source is not None:
        made.ref, made.const, made.taint, made.text = source.ref, source.const, source.taint, source.text
        made.layers, made.items, made.keys, made.closure = source.layers, source.items, source.keys, source.closure
        made.instance, made.bound, made.either = source.instance, source.bound, source.either
    return made


def _type(machine: Analyser, name: str, call: Call) -> Value | None:
    if name == "super":
        return objects.parent(machine)
    if name != "type" or len(call.args) != 1:
        return higher_order.modelled(machine, call)
    asked = call.args[0]
    if asked.instance is not None:
        return machine.attribute(asked, "__class__", call.node)
    if asked.closure is not None:
        return Value("builtins.type" if isinstance(asked.closure.node, ast.ClassDef) else "types.FunctionType")
    if of := reflection.class_of(asked):
        return Value(of, NOTHING, frozenset(), HOLE, asked.layers)
    return Value("types.FunctionType") if _FUNCTION.search(asked.ref) else None


_FUNCTION = re.compile(r"\.(?:__func__|[a-z][a-z0-9_]*)$")  # the name of a function of a library, not of a class


def _namespace(machine: Analyser, name: str, call: Call) -> Value | None:
    if name == "dir" and call.args and call.args[0].ref:
        return Value(call.args[0].ref + ".__dict__.keys()", NOTHING, taint_of(*call.args))
    if name != "vars" or not call.args:
        return Value(f"builtins.{name}()")
    if call.args[0].instance is not None or call.args[0].closure is not None:
        return machine.attribute(call.args[0], "__dict__", call.node)
    return (
        machine.attribute(call.args[0], "__dict__", call.node)
        if call.args[0].ref == "builtins"
        else Value(call.args[0].ref + ".__dict__", NOTHING, taint_of(*call.args))
    )


def _getter(machine: Analyser, name: str, call: Call) -> Value | None:
    del machine, name
    if (getter := call.arg(0, "fget")) is None:
        return None
    made = Value("builtins.property()")
    setter = call.arg(1, "fset")
    made.keys = {"fget": getter} | ({} if setter is None else {"fset": setter})
    return made


def _plain(machine: Analyser, name: str, call: Call) -> Value | None:
    if name == "print":
        writing.printed(machine, call, standard_output.target(machine, call.keywords.get("file")))
    if name in {"print", "len", "type"} or name in _SETTLED:
        return folding.builtin(name, call.args) if name == "len" else Value()
    if name == "str" and len(call.args) == 1 and call.args[0].ref.startswith("pathlib.") and call.args[0].text == HOLE:
        return Value("pathlib.Path().__str__()", NOTHING, call.args[0].taint)
    if name in {*_LISTS, "iter"} and call.args and module_names.is_listing(call.args[0]):
        return call.args[0]
    if name in _LISTS and len(call.args) == 1 and call.args[0].ref == "pathlib.Path()":
        found = Value("", NOTHING, call.args[0].taint)
        found.items = [call.args[0].copy()]  # the files that were looked for, each like the others
        return found
    if name in {"max", "min", "sorted"} and "key" in call.keywords:
        return _ordered(machine, name, call)
    if call.ref in decoders.BY_NAME:
        return decoder_calls.decoded(machine, call)
    if know.STARTERS.match(call.ref):
        deferred_calls.started(machine, call)
    if name in {"int", "float"} and len(call.args) == len(call.all) == 1 and not call.args[0].known:
        return _counted(call)
    if name in {"bytes", "str", "list", "bytearray"} and call.args and is_account(call.args[0].ref):
        return Value("", NOTHING, taint_of(*call.args) | machine.origin("wallet", "the key of an account", call.line))
    if call.ref in {"builtins.bytes", "builtins.bytearray", "builtins.str"} and call.args and call.args[0].text != HOLE:
        made = call.args[0].copy()
        made.ref = "" if made.ref.startswith("pathlib") else made.ref
        return made
    return folding.builtin(name, call.args)


_LISTS = frozenset({"list", "tuple", "sorted", "set", "reversed"})


def _ordered(machine: Analyser, name: str, call: Call) -> Value:
    """The result of `sorted`, `min` or `max` with a key: by length it is computed, otherwise it may be any of the items."""
    items = folding.items_of(call.args[0]) if len(call.args) == 1 else call.args
    if (key := call.keywords["key"]).ref in know.RUNS_CODE or know.COMMANDS.match(key.ref):
        machine.call(key, [merged(list(items)[:50]) if items else unknown(*call.args)], {}, call.node)
    if (
        call.keywords["key"].ref == "builtins.len"
        and items
        and all(isinstance(one.const, str | bytes | tuple) for one in items)
    ):
        items = sorted(items, key=lambda one: len(one.const))
        return folding.listed(items) if name == "sorted" else items[-1 if name == "max" else 0]
    if name == "sorted":
        return folding.listed(list(items), taint=taint_of(*call.args)) if items else unknown(*call.args)
    return merged(list(items)[:50]) if items else unknown(*call.args)


def _next(machine: Analyser, name: str, call: Call) -> Value | None:
    """`next` of functions or of listed files: the first; of what a condition left over, if that is known."""
    first = call.args[0] if call.args else None
    if first is None or machine is None or not name:
        return None
    made = call.node.args[0] if isinstance(call.node, ast.Call) and call.node.args else None
    if not first.ref and isinstance(made, ast.GeneratorExp | ast.Call):
        if first.items and all(one.ref for one in first.items):
            return one_of(first)
        if isinstance(first.const, list) and first.const:
            return folding.items_of(first)[0]
    if first.items and first.items[0].closure is not None:
        return first.items[0]
    return first.copy() if first.ref == "pathlib.Path()" else None


def _has(machine: Analyser, name: str, call: Call) -> Value | None:
    """`hasattr` asks for the attribute, which may run code of the class."""
    if name and len(call.args) > 1 and call.args[0].instance is not None:
        machine.attribute(call.args[0], text_of(call.args[1]), call.node)
    return None


def _container(machine: Analyser, name: str, call: Call) -> Value | None:
    if not call.all:
        return None
    if name == "iter" and len(call.args) == 2:
        made = Value()
        made.items = [machine.call(call.args[0], [], {}, call.node)]
        made.taint = made.items[0].taint
        return made
    if name == "iter":
        return call.args[0] if call.args and call.args[0].items is not None else None
    if call.args and own_containers.has_keys(call.args[0]):
        found = own_containers.spread(machine, call.args[0], call.node)
        made = Value(taint=taint_of(*found.values(), *call.keywords.values()))
        made.keys = {**found, **call.keywords}
        return made
    return containers.new(call.ref, call.args, call.keywords)


def _map(machine: Analyser, name: str, call: Call) -> Value | None:
    del name
    if len(call.args) < 2:
        return None
    function, rows = call.args[0], _rows([module_names.opened(machine, one, call.node) for one in call.args[1:]])
    if rows and len(rows) <= 65_536:
        done = []
        for row in rows:
            done.append(machine.call(function, row, {}, call.node))
            if not done[-1].known and len(done) > 64:
                break
        else:
            return folding.listed(done, layers_of(*call.args[1:]))
    if function.ref in REMOVES:
        machine.call(function, [iterated(call.args[1])], {}, call.node)
    if function.closure is not None:
        machine.enter(function.closure, [Value(taint=taint_of(*call.args))], {}, call.node)
    return _counted(call) if function.ref in {"builtins.int", "builtins.float"} else unknown(*call.args)


def _filter(machine: Analyser, name: str, call: Call) -> Value | None:
    """The items that the function does not decline for certain."""
    del name
    items = module_names.turns(machine, call.args[1], call.node) if len(call.args) == 2 else []
    if not items or len(items) > _MOST_FILTERED:
        return None
    tests = [one if call.args[0].const is None else machine.call(call.args[0], [one], {}, call.node) for one in items]
    kept = [one for one, test in zip(items, tests, strict=True) if not test.known or test.const]
    return folding.listed(kept, layers_of(*call.args), call.args[1].taint) if kept else None


def _rows(columns: list[Value]) -> list[list[Value]]:
    """The arguments of each call that `map` makes: an item of each column, until the shortest ends."""
    if len(columns) > 1 and (pairs := folding.builtin("zip", columns)) is not None:
        return [folding.items_of(pair) for pair in folding.items_of(pairs)]
    return [list(row) for row in zip(*map(folding.items_of, columns), strict=False)]


def _counted(call: Call) -> Value:
    """A number read from text, which holds no more of a program's output than a version or a count."""
    made = unknown(*call.args)
    made.taint -= frozenset(of_kind(made.taint, "command-output"))
    return made


def imported(machine: Analyser, call: Call) -> Value:
    """The module that `__import__(name)` or `importlib.import_module(name)` gives."""
    name = call.args[0].const if call.args else None
    if not isinstance(name, str):
        hidden = any(has(one.taint, "encoded") or decoders.hiding(one.layers) for one in call.args[:1])
        return Value("", NOTHING, taint_of(*call.args) | (reflection.ANY_IMPORT if hidden else frozenset()))
    node = call.node.args[0] if isinstance(call.node, ast.Call) and call.node.args else None
    whole = call.ref not in _GIVE_TOP or len(call.args) > 3 or "fromlist" in call.keywords
    if name.startswith("."):
        name = machine.package + name
    result = Value(name if whole else name.split(".")[0])
    result.hidden = not isinstance(node, ast.Constant) and not isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
    result.hidden |= bool(call.args[0].layers)
    machine.edges.add((machine.root, f"import {name}"))
    return result


_GIVE_TOP = frozenset({"builtins.__import__", "builtins.__lazy_import__"})  # the module that a dotted name begins with


def _is_one_of_a_kind(node: ast.expr | None) -> bool:
    """Is a computed name a constant prefix with a variable behind it, as for handlers: `"send_" + kind`, `f"on_{event}"`?"""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        word, kind = node.left, node.right
    elif isinstance(node, ast.JoinedStr) and len(node.values) == 2 and isinstance(node.values[1], ast.FormattedValue):
        word, kind = node.values[0], node.values[1].value
    else:
        return False
    plain = isinstance(word, ast.Constant) and isinstance(word.value, str) and _WORD_BEFORE.fullmatch(word.value)
    return bool(plain) and isinstance(kind, ast.Name | ast.Attribute)


_WORD_BEFORE = re.compile(r"[a-z]{2,20}_")


def _reflect(machine: Analyser, name: str, call: Call) -> Value | None:
    if len(call.args) < 2:
        return None
    owner, attribute = call.args[0], call.args[1].const
    if not isinstance(attribute, str):
        return _some_attribute(machine, name, call)
    if name == "setattr" and len(call.args) > 2:
        machine.assign(owner, attribute, call.args[2], call.node)
        return Value()
    result = machine.attribute(owner, attribute, call.node)
    methods.taken_off(owner, attribute, result)
    node = call.node.args[1] if isinstance(call.node, ast.Call) and len(call.node.args) > 1 else None
    if result.ref and (not isinstance(node, ast.Constant | ast.Name) or call.args[1].layers):
        result.hidden |= bool(call.args[1].layers) or "()" not in owner.ref or not _is_one_of_a_kind(node)
    if len(call.args) > 2 and (call.args[2].taint or call.args[2].closure or call.args[2].const):
        return merged([result, call.args[2]])
    return result


def _of_module(machine: Analyser, call: Call) -> Value | None:
    """`getattr` of a module by an unknown name, where it matters whichever attribute that is."""
    owner = Value(call.args[0].ref, NOTHING, taint_of(*call.args))
    return module_names.some(machine, owner, call.node) if module_names.is_one(call.args[1]) else module_names.any_of(owner)


def _some_attribute(machine: Analyser, name: str, call: Call) -> Value:
    """`getattr` and `setattr` by an unknown name: of an object of this module, any attribute that may be meant."""
    owner = call.args[0]
    if name == "getattr" and (found := _of_module(machine, call)) is not None:
        return found
    if owner.ref == "base64" and text_of(call.args[1]).endswith("decode"):
        return Value("base64.b64decode", NOTHING, taint_of(*call.args))  # whichever: what it gives was hidden
    of_class = owner.closure is not None and isinstance(owner.closure.node, ast.ClassDef)
    state = machine.class_state(owner.closure) if owner.closure is not None and of_class else owner.instance
    if state is None:
        return unknown(*call.args)
    if name == "setattr" and len(call.args) > 2:
        objects.weak_update(state, HOLE, call.args[2])
        return Value()
    fits = objects.named_like(state, text_of(call.args[1]))
    return merged([machine.attribute(owner, one, call.node) for one in fits]) if fits else unknown(*call.args)


def _imported(machine: Analyser, name: str, call: Call) -> Value | None:
    return imported(machine, call) if name and call.args else None


def _itself(machine: Analyser, name: str, call: Call) -> Value | None:
    return call.args[0] if machine and name and call.args else None


def _class_method(machine: Analyser, name: str, call: Call) -> Value | None:
    made = _itself(machine, name, call)
    if made is not None and made.closure is not None:
        made.closure.takes_class = True
    return made


def _opened(machine: Analyser, name: str, call: Call) -> Value | None:
    return reading.opened(machine, call) if name else None


def _new_text(machine: Analyser, name: str, call: Call) -> Value | None:
    """`str.__new__(cls, value)`, in a class that derives from `str`."""
    return machine.call(Value(f"builtins.{name.partition('.')[0]}"), call.args[1:], call.keywords, call.node)


_MODELS: dict[str, Callable[[Analyser, str, Call], Value | None]] = {
    **dict.fromkeys(("exec", "eval", "compile"), _run),
    **dict.fromkeys(("type", "type()", "super"), _type),
    **dict.fromkeys(("getattr", "setattr", "delattr"), _reflect),
    **dict.fromkeys(("globals", "locals", "vars", "dir"), _namespace),
    **dict.fromkeys(("dict", "dict.fromkeys", "iter"), _container),
    "staticmethod": _itself,
    "classmethod": _class_method,
    **dict.fromkeys(("str.__new__", "bytes.__new__", "int.__new__"), _new_text),
    "__import__": _imported,
    "__lazy_import__": _imported,
    "open": _opened,
    "map": _map,
    "filter": _filter,
    "property": _getter,
    "__subclasses__": _subclasses,
    "next": _next,
    "hasattr": _has,
}
