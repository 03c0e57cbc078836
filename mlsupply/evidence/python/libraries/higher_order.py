"""Functions made from functions (`partial`, `methodcaller`, `attrgetter`, `reduce`), and classes made by `type` or
`namedtuple`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import objects
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.value import (
    HOLE,
    MAX_TEXT,
    NOTHING,
    Bound,
    ClassState,
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

_MAKERS = {
    "operator.methodcaller": "operator.methodcaller()",
    "operator.attrgetter": "operator.attrgetter()",
    "operator.itemgetter": "operator.itemgetter()",
}
# Functions that return the argument at this place.
_SAME = {"typing.cast": 1, "typing_extensions.cast": 1, "functools.update_wrapper": 0, "weakref.proxy": 0}
_COPIES = frozenset({"copy.copy", "copy.deepcopy"})
_FIELDS = frozenset({"dataclasses.field", "attr.ib", "attrs.field", "attr.Factory", "attrs.Factory", "pydantic.Field"})
_RECORDS = frozenset({"collections.namedtuple", "typing.NamedTuple", "dataclasses.make_dataclass"})
_MAX_TURNS = 1_024  # of a `reduce`; code that is decoded letter by letter takes hundreds


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The function, class or object that the call makes or applies; None for any other call."""
    ref = call.ref
    if ref in _AS_IT_IS or (ref in _COPIES and call.args):
        return _bound(call) if ref in _AS_IT_IS else _copied(call.args[0])
    if (place := _SAME.get(ref)) is not None and len(call.args) > place:
        return call.args[place].copy()
    if ref in _MADE:
        return _MADE[ref](machine, call)
    if ref in _MAKERS:
        result = Value(_MAKERS[ref], NOTHING, taint_of(*call.args))
        result.bound = Bound(call.args, call.keywords)
        return result
    if ref in _MAKERS.values() and ref != "operator.itemgetter()":
        return _applied(machine, call)
    if ref == "functools.reduce" and len(call.args) >= 2:
        return _reduced(machine, call)
    if ref == "builtins.type" and len(call.args) == 3:
        return _class(machine, call)
    if ref in _FIELDS:
        return _field(call)
    if ref in _RECORDS and len(call.args) > 1:
        return _record(call)
    if ref in _FILLS and call.receiver is not None:
        return _filled(call, call.receiver)
    if ref in {"itertools.starmap", "operator.itemgetter()"} and call.args:
        return _each(machine, call)
    return None


def _copied(original: Value) -> Value:
    """A copy: what is put into it is not in the original."""
    made = original.copy()
    made.items = list(made.items) if made.items is not None else None
    made.keys = dict(made.keys) if made.keys is not None else None
    return made


def _namespace(_: Analyser, call: Call) -> Value:
    """An object with the keywords as attributes."""
    result = Value(f"{call.ref}()", NOTHING, taint_of(*call.all))
    result.keys = dict(call.keywords)
    return result


def _of_code(_: Analyser, call: Call) -> Value | None:
    """A function made of the code of another, taken for that one; None where the code is not known."""
    return call.args[0].copy() if call.args and call.args[0].closure is not None else None


def _template(_: Analyser, call: Call) -> Value | None:
    if not call.args:
        return None
    result = call.args[0].copy()
    result.ref, result.const, result.text = "string.Template()", NOTHING, text_of(call.args[0])
    return result


def _formatted(_: Analyser, call: Call) -> Value | None:
    """The text of `string.Formatter().format(shape, ...)`."""
    if not call.args:
        return None
    args, keywords = call.args[1:], call.keywords
    if call.ref.endswith("vformat") and len(args) == 2:
        args, keywords = folding.items_of(args[0]), containers.entries(args[1])
    return folding.method(call.args[0], "format", args, keywords)


def _weak(machine: Analyser, call: Call) -> Value:
    """What gives the object, or the method of one, when it is called. A function behind it is called when that is gone."""
    for value in call.all[1:]:
        if value.closure is not None or value.bound is not None:
            machine.call(value, [Value()], {}, call.node)
    result = Value("weakref.ref()", NOTHING, taint_of(*call.args))
    result.bound = Bound(call.args[:1], {})
    return result


def _referent(_: Analyser, call: Call) -> Value | None:
    return call.args[0] if call.args else None


_MADE: dict[str, Callable[[Analyser, Call], Value | None]] = {
    "weakref.ref": _weak,
    "weakref.WeakMethod": _weak,
    "types.SimpleNamespace": _namespace,
    "argparse.Namespace": _namespace,
    "types.FunctionType": _of_code,
    "string.Template": _template,
    "string.Formatter().format": _formatted,
    "string.Formatter().vformat": _formatted,
    "weakref.ref()": _referent,
}


def _bound(call: Call) -> Value | None:
    """The function of a `partial` and the like, with its bound arguments; None for an unknown function."""
    if not call.args:
        return None
    result = call.args[0].copy()
    if call.ref.startswith(("functools.", "types.")):
        before = result.bound or Bound([], {})
        result.bound = before._replace(args=[*before.args, *call.args[1:]], keywords={**before.keywords, **call.keywords})
    return result if result.closure is not None or result.bound is not None else None


# Functions that return their argument as a function, perhaps with bound arguments.
_AS_IT_IS = frozenset(
    {
        "joblib.delayed", "joblib.parallel.delayed", "dask.delayed", "dask.delayed.delayed", "types.MethodType",
        "functools.partial", "functools.partialmethod",
        "sklearn.utils.parallel.delayed", "sklearn.utils.fixes.delayed", "asgiref.sync.sync_to_async",
    }
)  # fmt: skip
_FILLS = frozenset({"string.Template().substitute", "string.Template().safe_substitute"})
_BLANK = re.compile(r"\$(?:(?P<name>[A-Za-z_]\w{0,60})|\{(?P<braced>[A-Za-z_]\w{0,60})\})")


def _filled(call: Call, template: Value) -> Value:
    """A template with its blanks filled in, HOLE for unknown values."""
    given = {**(call.args[0].keys or {} if call.args else {}), **call.keywords}
    texts = {name: text_of(value) for name, value in given.items()}
    if sum(map(len, texts.values())) * (template.text.count("$") + 1) > MAX_TEXT:
        return unknown(template, *call.all)
    text = _BLANK.sub(lambda found: texts.get(found["name"] or found["braced"], HOLE), template.text)
    layers, taint = layers_of(template, *call.all), taint_of(template, *call.all)
    return constant(text, layers, taint) if HOLE not in text else Value("", NOTHING, taint, text, layers)


def _field(call: Call) -> Value:
    """A field of a data class: its default, or the factory of that, and its converter and validator."""
    default = call.arg(0, "default") if call.ref.startswith("pydantic") else call.keywords.get("default")
    result = default.copy() if default is not None else Value()
    factory = call.keywords.get("default_factory") or call.keywords.get("factory")
    if call.ref.endswith(".Factory"):
        factory = call.arg(0, "factory")
    if factory is not None:
        result.keys = {"default_factory": factory}
    asked = {name: value for name, value in call.keywords.items() if name in {"converter", "validator"}}
    if asked:
        result.keys = {**(result.keys or {}), **asked}
    return result


def _record(call: Call) -> Value:
    """A class of named fields, as `namedtuple` and the like make it."""
    names = call.args[1]
    fields = names.const.replace(",", " ").split() if isinstance(names.const, str) else []
    for item in folding.items_of(names) if not fields else ():
        first = folding.items_of(item)[:1] if not isinstance(item.const, str) else [item]
        fields += [one.const for one in first if isinstance(one.const, str)]
    result = Value("builtins.type()")
    result.instance = ClassState(str(call.args[0].const), fields=fields)
    return result


def _each(machine: Analyser, call: Call) -> Value:
    """The result of `starmap(f, rows)` or `itemgetter(key)(thing)`."""
    if call.ref == "operator.itemgetter()":
        found = [_below(machine, call, key) for key in call.args[:-1]]
        return found[0] if len(found) == 1 else folding.listed(found)
    rows = folding.items_of(call.args[1])[:_MAX_TURNS] if len(call.args) > 1 else []
    return folding.listed([machine.call(call.args[0], folding.items_of(row), {}, call.node) for row in rows])


def _below(machine: Analyser, call: Call, key: Value) -> Value:
    """The item of an object by key; of the namespace of a module (`__dict__`), the attribute of that name."""
    thing = call.args[-1]
    if thing.keys is not None:
        return containers.entry(thing, key)
    owner = thing.ref.removesuffix(".__dict__")
    if isinstance(key.const, str) and owner and (owner != thing.ref or owner == "builtins"):
        found = machine.attribute(Value(owner, taint=thing.taint), key.const, call.node).copy()
        found.hidden = True
        return found
    return folding.index(thing, key)


def _applied(machine: Analyser, call: Call) -> Value:
    """The result of `methodcaller(name, *args)(thing)` or `attrgetter(*names)(thing)`. The function counts as reached by a
    computed name."""
    if len(call.args) < 2:
        return Value()
    name, thing = call.args[0], call.args[-1]
    if call.ref.startswith("operator.attrgetter") and len(call.args) > 2:
        return folding.listed([_applied(machine, call._replace(args=[one, thing])) for one in call.args[:-1]])
    found = thing
    for part in name.const.split(".") if isinstance(name.const, str) else ():
        found = machine.attribute(found, part, call.node)
    if not isinstance(name.const, str):
        return Value(taint=taint_of(*call.args))
    if found.ref:
        found = found.copy()
        found.hidden = True
    if call.ref.startswith("operator.attrgetter"):
        return found
    return machine.call(found, call.args[1:-1], call.keywords, call.node, thing)


def _reduced(machine: Analyser, call: Call) -> Value:
    function, items = call.args[0], folding.items_of(call.args[1])
    if not items or len(items) > _MAX_TURNS:
        if function.closure is not None:
            return machine.call(function, [Value(taint=taint_of(*call.args[1:]))] * 2, {}, call.node)
        return Value(taint=taint_of(*call.args))
    turns = [call.args[2], *items] if len(call.args) > 2 else items
    result = turns[0]
    for item in turns[1:]:
        result = machine.call(function, [result, item], {}, call.node)
        if result.ref and function.ref == "builtins.getattr":
            result.hidden = True
    return result


def _class(machine: Analyser, call: Call) -> Value:
    """The class that `type(name, bases, namespace)` makes."""
    bases = folding.items_of(call.args[1])
    state = ClassState(str(call.args[0].const), tuple(base.ref for base in bases))
    for base in bases:
        if base.closure is not None and isinstance(base.closure.node, ast.ClassDef):
            state.methods.update(machine.class_state(base.closure).methods)
            if (asked := state.methods.get("__init_subclass__")) is not None:
                machine.enter(asked, [Value()], {}, call.node)
    for name, value in (call.args[2].keys or {}).items():
        if value.closure is not None:
            value.closure.owner = state
            state.methods[name] = value.closure
        else:
            state.attributes[name] = value
    result = Value("builtins.type()", NOTHING, taint_of(call.args[2]))
    result.instance = state
    return result


def instantiated(machine: Analyser, call: Call) -> Value:
    """An object of a class that `type(...)` or `namedtuple(...)` made."""
    assert call.function.instance is not None  # noqa: S101  # asked for only where there is one
    return objects.new_object(machine, call.function.instance, call, Value(taint=taint_of(*call.all)))
