"""Objects of the module's own classes: construction, attributes, and the special methods that operations run.

Objects are told apart by the call expression that makes them (allocation sites). The state of the class stands for an object
of unknown origin: its attributes are those that any of its objects was given, and updates of it may concern each of them.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import (
    decorators,
    namespaces,
    object_states,
    own_clients,
    own_containers,
    special_methods,
    text_objects,
)
from mlsupply.evidence.python.libraries import own_source
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.merging import merged, merged_parts
from mlsupply.evidence.python.values.value import (
    HOLE,
    NOTHING,
    Bound,
    ClassState,
    Closure,
    Value,
    constant,
    taint_of,
    unknown,
)

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_WORTH_FOLLOWING = frozenset(know.KINDS) - {"parameter", "variable"}
_CONSTRUCTORS = ("__new__", "__init__", "__post_init__", "__attrs_post_init__", "model_post_init", "__del__")
_RUNNERS = frozenset({"Thread", "Process", "Timer"})


def iterable(machine: Expressions, value: Value, node: ast.AST | None) -> Value:
    """The value whose items a loop over `value` goes through: the result of `__iter__` or `__next__` for an object of this
    module, the lines of a known file, the members of an enumeration, else the value itself."""
    if value.ref == "io.file()" and value.known:
        return folding.listed(folding.items_of(value), value.layers, value.taint)
    if value.closure is not None and isinstance(value.closure.node, ast.ClassDef) and node is not None:
        state = machine.class_state(value.closure)
        names = [name for name in state.attributes if not name.startswith("_")] if is_enumeration(state) else []
        if names:
            members = [_read(machine, state, value, name, node, state.attributes[name]) for name in names]
            result = unknown(*members)
            result.items = members
            return result
    for _ in range(3):
        if (
            (made := special_methods.operated(machine, value, "iter", [], node)) is not None
            and made is not value
            and made.instance is None
        ):
            return made
        if (item := special_methods.operated(machine, value, "next", [], node)) is not None:
            result = Value("", NOTHING, item.taint, HOLE, item.layers)
            result.items = [item]
            return result
        if made is None or made is value:
            break
        value = made
    return value


def new_object(machine: Analyser, state: ClassState, call: Call, result: Value) -> Value:
    """Makes an object of the class: sets its fields and follows its constructors. result: the value that becomes the object;
    it is returned."""
    result.instance = state = object_states.made(state, object_states.made_at(machine, state, call))
    if state.bases and result.keys is None and result.items is None:
        own_containers.fill(state, call.args, call.keywords, result)
        text_objects.become_text(machine, state, call, result)
    if state.metaclass is not None and (calls := state.metaclass.methods.get("__call__")) is not None:
        machine.enter(calls, [call.function, *call.args], call.keywords, call.node)
    if is_enumeration(state) and "_missing_" in state.methods:
        machine.enter(state.methods["_missing_"], [call.function, *call.args], {}, call.node)
    if "__init__" not in state.methods:
        _set_fields(machine, state, call, result)
        if state.bases and (base := own_clients.base_of(state.bases)):
            own_clients.set_up(machine, result, base, call.args, call.keywords, call.node)
    for name in _CONSTRUCTORS:
        if name in state.methods:
            made = machine.enter(state.methods[name], [result, *call.args], call.keywords, call.node)
            if name == "__new__":
                result.taint |= made.taint
                if text_objects.kind_of(state):
                    text_objects.hold(result, made)
    if "run" in state.methods and any(base.rpartition(".")[2] in _RUNNERS for base in state.bases):
        machine.enter(state.methods["run"], [result], {}, call.node)
    return result


def attribute_of(state: ClassState, name: str) -> Value | None:
    """The value of an attribute of an object or class; None where it is not known. What the class knows (for an object), or
    its objects know (for a class), is merged in where it adds something."""
    own = state.attributes.get(name)
    if state.of_class is not None:
        others = [state.of_class.attributes[name]] if name in state.of_class.attributes else []
    else:
        others = [one.attributes[name] for one in state.objects.values() if name in one.attributes] if state.objects else []
    if own is None:
        return (merged(others) if len(others) > 1 else others[0]) if others else None
    adding = [one for one in others if one is not own and _adds_to(one, own)]
    return merged([own, *adding]) if adding else own


def _adds_to(other: Value, own: Value) -> bool:
    """Whether `other` has taint worth following, is callable, or says where something is, where `own` does not."""
    if isinstance(other.const, str) and "://" in other.const and not own.known and own.text == HOLE:
        return True
    taint = taint_of(other)
    if taint and any(one.partition(":")[0] in _WORTH_FOLLOWING for one in taint - taint_of(own)):
        return True
    return other.closure is not None and own.closure is None


def _set_fields(machine: Analyser, state: ClassState, call: Call, result: Value) -> None:
    """What an object of a class without a constructor of its own is given: its annotated fields (data classes, `NamedTuple`,
    pydantic, attrs), else `args`."""
    given = dict(zip(state.fields, call.args, strict=False)) | call.keywords
    known = state.all_attributes().items()
    checked = [name for name, value in known if value.keys and not _CHECKING_KEYS.isdisjoint(value.keys)]
    if not state.fields and checked:
        given = dict(zip(checked, call.args, strict=False)) | call.keywords
    for name, value in given.items():
        _run_checks(machine, state, name, value, call)
        weak_update(state, name, value)
    if not state.fields and call.args:
        weak_update(state, "args", folding.listed(list(call.args)))
    if any(base.endswith("NamedTuple") for base in state.bases) or state.closure is None:
        result.items = [attribute_of(state, name) or Value() for name in state.fields]
    for name in state.fields:
        default = attribute_of(state, name)
        if name not in given and default is not None and default.keys and (factory := default.keys.get("default_factory")):
            state.attributes[name] = machine.call(factory, [], {}, call.node)


_CHECKING_KEYS = frozenset({"converter", "validator"})
# Decorators of methods that are called with the values of fields.
_CHECKERS = frozenset(
    {"field_validator", "validator", "model_validator", "root_validator", "validates", "field_serializer", "default"}
)


def _run_checks(machine: Analyser, state: ClassState, name: str, value: Value, call: Call) -> None:
    """Follows the converters and validators of a field with the value it is given."""
    default = attribute_of(state, name)
    keys = (default.keys or {}) if default is not None else {}
    if "converter" in keys:
        machine.call(keys["converter"], [value], {}, call.node)
    if "validator" in keys:
        machine.call(keys["validator"], [Value(), Value(), value], {}, call.node)
    for method in state.methods.values():
        if not _CHECKERS.isdisjoint(decorators.names(method)):
            machine.enter(method, [Value(), value], {}, call.node)


def weak_update(state: ClassState, name: str, value: Value) -> None:
    """Sets an attribute; the value it had before stays possible."""
    before = state.attributes.get(name)
    if before is not None and before is not value:
        value = merged_parts(value, before) if value.keys or before.keys else merged([value, before])
    state.attributes[name] = value


def attribute(machine: Expressions, owner: Value, name: str, node: ast.AST) -> Value | None:
    """`owner.name` where the owner is an object, class, function or dict of this module; None for any other owner, or where
    the attribute is not known."""
    if owner.instance is not None and (found := _of_object(machine, owner, owner.instance, name, node)) is not None:
        return found
    if name == "__module__" and (owner.closure is not None or owner.instance is not None):
        return Value()  # not that of a base
    if owner.closure is not None:
        if isinstance(owner.closure.node, ast.ClassDef):
            state = machine.class_state(owner.closure)
            if (found := _of_class(machine, owner, state, name, node)) is not None:
                return found
        elif name in {"__call__", "__code__"}:
            return owner
        elif name == "__func__":
            return namespaces.plain_function(owner.closure)
        elif owner.keys is None and name == "__dict__":
            owner.keys = {}
        if (found := _of_definition(owner.closure, name)) is not None:
            return found
    if owner.keys is not None and name in owner.keys:
        return owner.keys[name]
    if owner.keys and name == "__dict__" and owner.closure is None:
        whole = unknown(owner)
        whole.ref, whole.keys = owner.ref and f"{owner.ref}.__dict__", owner.keys
        return whole
    return None


def _of_definition(closure: Closure, name: str) -> Value | None:
    """What the definition of a function or class says of itself; None where that is not the attribute."""
    if name in own_source.NAMES and (found := own_source.of_function(closure, name)) is not None:
        return found
    if name == "__doc__" and not isinstance(closure.node, ast.Lambda):
        return constant(ast.get_docstring(closure.node, clean=False))
    return constant(closure.name.rpartition(".")[2]) if name == "__name__" else None


def _of_class(machine: Expressions, owner: Value, state: ClassState, name: str, node: ast.AST) -> Value | None:
    if name == "__dict__":
        return namespaces.of_class(state)
    if (found := attribute_of(state, name)) is not None:
        return _read(machine, state, owner, name, node, found)
    if name in state.methods:
        bound = Value()
        bound.closure = state.methods[name]
        return bound
    if name == "__subclasses__":
        asked = Value("builtins.__subclasses__")
        asked.bound = Bound([owner], {})
        return asked
    return _of_metaclass(machine, owner, state.metaclass, name, node) if state.metaclass is not None else None


def _of_metaclass(machine: Expressions, owner: Value, state: ClassState, name: str, node: ast.AST) -> Value | None:
    """An attribute of a class that its metaclass computes; None for any other."""
    method = state.methods.get(name)
    if method is not None:
        return machine.enter(method, [owner], {}, node) if decorators.is_getter(method) else None
    if "__getattr__" in state.methods and not name.startswith("__"):
        return machine.enter(state.methods["__getattr__"], [owner, constant(name)], {}, node)
    return None


def iterated_arguments(
    machine: Expressions, receiver: Value, name: str, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> list[Value]:
    """The arguments of a method of a text or list, each that the method iterates over replaced by what it yields. Follows
    the `key` of `sort`, and `__format__` of the arguments of `format`."""
    if name == "sort" and (key := keywords.get("key")) is not None and key.closure is not None:
        machine.call(key, [Value(taint=receiver.taint)], {}, node)
    if name == "format":
        for value in args:
            special_methods.operated(machine, value, "format", [constant("")], node)
    return [iterable(machine, value, node) for value in args] if name in _ITERATING else args


_ITERATING = frozenset({"join", "extend", "update", "writelines"})


def _of_object(machine: Expressions, owner: Value, state: ClassState, name: str, node: ast.AST) -> Value | None:
    """`owner.name` of an object; None where that is not known."""
    if name == "__dict__":
        return namespaces.of_object(state)
    if name == "__class__" and state.closure is not None:
        result = Value()
        result.closure = state.closure
        return result
    if (found := attribute_of(state, name)) is not None:
        return _read(machine, state, owner, name, node, found)
    method = state.methods.get(name)
    if method is not None:
        bound = Value(taint=owner.taint)
        bound.closure, bound.instance = method, state.super_of or state
        if decorators.is_getter(method):
            return machine.call(bound, [], {}, node, owner)
        return bound
    if name == "__new__" and (kind := text_objects.kind_of(state)):
        return Value(f"{kind}.__new__")
    for fallback in ("__getattribute__", "__getattr__"):
        if fallback in state.methods and not name.startswith("__"):
            return machine.enter(state.methods[fallback], [owner, constant(name)], {}, node)
    if name in _OF_SESSION and (base := next(filter(_SESSIONS.match, state.bases), "")):
        state.attributes[name] = Value(f"{base}().{name}")  # one for all methods: what one adds another may read
        return state.attributes[name]
    under_any = attribute_of(state, HOLE)
    return object_states.as_attribute(under_any) if under_any is not None else own_containers.wrapped(state, owner, name)


# What objects of classes below a session of these libraries keep for each request.
_OF_SESSION = frozenset({"headers", "params", "cookies"})
_SESSIONS = re.compile(
    r"(?:requests|httpx|niquests|aiohttp|curl_cffi\.requests)\.(?:\w{1,20}\.)?(?:Async)?(?:Client)?(?:Session|Client)$"
)


def _read(machine: Expressions, state: ClassState, owner: Value, name: str, node: ast.AST, found: Value) -> Value:
    """What reading an attribute gives that holds `found`: properties, descriptors, default factories and members of
    enumerations give something else."""
    if not found.ref and found.keys and (factory := found.keys.get("default_factory")):
        state.attributes[name] = found = machine.call(factory, [], {}, node)  # of a class of which no object was made
    if found.ref == "builtins.property()" and found.keys and owner.instance is not None:
        return machine.call(found.keys["fget"], [owner], {}, node)
    if found.instance is not None and found.instance is not state and "__get__" in found.instance.methods:
        return machine.enter(found.instance.methods["__get__"], [found, owner, Value()], {}, node)
    if is_enumeration(state) and not found.keys:
        return _member(state, name, found)
    return found


def _member(state: ClassState, name: str, value: Value) -> Value:
    """A member of an enumeration: an object with a name and a value; where the class has another base, also that value."""
    member = value.copy() if len(state.bases) > 1 or not state.bases[0].endswith(".Enum") else unknown(value)
    called = constant(name)
    member.keys = {"value": value, "_value_": value, "name": called, "_name_": called}
    return member


def is_enumeration(state: ClassState) -> bool:
    """Whether the class is an enumeration."""
    return any(base.rpartition(".")[2] in {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"} for base in state.bases)


def set_attribute(machine: Expressions, owner: Value, name: str, value: Value, node: ast.AST) -> bool:
    """Does `owner.name = value` and returns True; False where the owner is no object, class or function of this module."""
    if owner.instance is not None:
        state = owner.instance
        before = attribute_of(state, name)
        if before is not None and before.instance is not None and "__set__" in before.instance.methods:
            machine.enter(before.instance.methods["__set__"], [before, owner, value], {}, node)
            return True
        if (setter := state.methods.get(decorators.setter_of(name))) is not None:
            machine.enter(setter, [owner, value], {}, node)
        if "__setattr__" in state.methods:
            machine.enter(state.methods["__setattr__"], [owner, constant(name), value], {}, node)
        weak_update(state, name, value)
        return True
    if owner.closure is not None and isinstance(owner.closure.node, ast.ClassDef):
        state = machine.class_state(owner.closure)
        if value.closure is not None and not isinstance(value.closure.node, ast.ClassDef) and not value.closure.owner:
            value.closure.owner = state
            state.methods[name] = value.closure
        else:
            weak_update(state, name, value)
        return True
    if owner.closure is not None:  # an attribute of a function
        owner.keys = {**(owner.keys or {}), name: value}
        owner.taint |= value.taint
        return True
    return False


def parent(machine: Expressions) -> Value:
    """`super()` in the method that is followed: a view of its object with the methods of the bases of the method's class."""
    closure = next((one for one in reversed(machine.running) if one.owner is not None), None)
    if closure is None or closure.owner is None or isinstance(closure.node, ast.Lambda | ast.ClassDef):
        return Value("builtins.super()")
    first = closure.node.args.args[0].arg if closure.node.args.args else ""
    this = machine.scope.find(first)
    own = (this.instance if this is not None else None) or closure.owner
    view = ClassState(own.name, closure.owner.bases)
    for base in closure.owner.parents:
        view.methods = {**base.methods, **view.methods}
    view.attributes, view.super_of, view.of_class, view.objects = (
        own.attributes,
        own.super_of or own,
        own.of_class,
        own.objects,
    )
    result = Value(object_ref(view))
    result.instance = view
    return result


def object_ref(state: ClassState) -> str:
    """The dotted name by which an object of the class is known outside this module, that of its first base with `()`; ""
    where it has no base that matters."""
    return next((f"{base}()" for base in state.bases if base and not base.startswith("builtins.")), "")


def any_object(state: ClassState) -> Value:
    """A value that stands for any object of the class."""
    result = Value(object_ref(state))
    result.instance = state
    return result


_MOST_LIKE = 64


def named_like(state: ClassState, text: str) -> list[str]:
    """The attributes and methods whose names match a partly known text; at most _MOST_LIKE."""
    shape = folding.pattern_of(text)
    return [
        name for name in (*state.all_attributes(), *state.methods) if not name.startswith("__") and shape.fullmatch(name)
    ][:_MOST_LIKE]
