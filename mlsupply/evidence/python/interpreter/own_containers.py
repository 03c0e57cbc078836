"""Containers that the module makes itself: objects of classes below `dict`, `list` and their like, what their methods pass
on to those, and objects that are unpacked as a dict is (`**thing`)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import special_methods
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.value import NOTHING, ClassState, Value, constant, taint_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_TABLES = frozenset({"dict", "OrderedDict", "UserDict", "defaultdict", "MutableMapping", "ChainMap", "Counter"})
_SEQUENCES = frozenset({"list", "deque", "UserList", "MutableSequence", "set"})
_BYTES = frozenset({"bytearray"})
_WRAPS = frozenset({"UserDict", "UserList", "UserString"})  # these keep what they hold in `data`
_MOST_KEYS = 16


def _kinds(state: ClassState) -> set[str]:
    return {base.rpartition(".")[2] for base in state.bases}


def fill(state: ClassState, args: list[Value], keywords: dict[str, Value], result: Value) -> None:
    """Gives an object of a subclass of `dict` or `list` its entries or items. result: the object; it is changed."""
    kinds = _kinds(state)
    if kinds & _TABLES:
        result.keys = {**(result.keys or {}), **keywords}
        first = 1 if "defaultdict" in kinds else 0  # behind what makes a missing entry
        for source in args[::-1] if "ChainMap" in kinds else args[first : first + 1]:
            result.taint |= source.taint
            result.keys.update(containers.entries(source))
    elif kinds & _SEQUENCES:
        result.items = [*(result.items or ()), *(folding.items_of(args[0]) if args else ())]


def filled(left: Value, right: Value) -> bool:
    """Does `left += right` or `left |= right` where that changes an object below a container, or a list, in place; False for
    anything else."""
    if left.instance is not None:
        kinds = _kinds(left.instance)
        if kinds.isdisjoint(_TABLES | _SEQUENCES | _BYTES):
            return False
        left.taint |= right.taint
        left.const = NOTHING if not kinds.isdisjoint(_BYTES) else left.const
    elif left.ref or right.known or not (left.items is not None or isinstance(left.const, list)):
        return False
    containers.method(left, "update" if left.keys is not None else "extend", [right], {})
    return True


def is_table(value: Value) -> bool:
    """Is this an object of a class of the module below `dict` and its like?"""
    return value.instance is not None and not _kinds(value.instance).isdisjoint(_TABLES)


def wrapped(state: ClassState, owner: Value, name: str) -> Value | None:
    """The attribute `data` of an object below `UserDict` and its like: the object itself; None for any other attribute."""
    return owner if name == "data" and not _kinds(state).isdisjoint(_WRAPS) else None


def of_parent(machine: Expressions, receiver: Value, name: str, args: list[Value]) -> tuple[Value, list[Value]] | None:
    """(object, arguments) of a method that the module's own class below a container calls of that container: by `super()`,
    or `__init__` by its name; None for any other call. receiver: what the method is looked up on."""
    view = receiver.instance
    if view is not None and view.super_of is not None and name not in view.methods:
        this = this_of(machine)
        if this is not None and this.instance is not None and not _kinds(view).isdisjoint(_TABLES | _SEQUENCES):
            return this, args
    if name == "__init__" and args and args[0].instance is not None:
        last = receiver.ref.rpartition(".")[2]
        if last in _TABLES | _SEQUENCES and last in _kinds(args[0].instance):
            return args[0], args[1:]
    return None


def passed_on(this: Value, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Has the container's own `__init__` fill the object."""
    if this.instance is not None:
        fill(this.instance, args, keywords, this)
    this.taint |= taint_of(*args, *keywords.values())
    return constant(None)


def this_of(machine: Expressions) -> Value | None:
    """The object whose method is followed."""
    node = next((one.node for one in reversed(machine.running) if one.owner is not None), None)
    if node is None or isinstance(node, ast.ClassDef) or not node.args.args:
        return None
    return machine.scope.find(node.args.args[0].arg)


def has_keys(value: Value) -> bool:
    """Is this an object of this module that a dict is made of by its keys?"""
    return value.instance is not None and not value.keys and {"keys", "__getitem__"} <= value.instance.methods.keys()


def spread(machine: Expressions, value: Value, node: ast.AST) -> dict[str, Value]:
    """What `**value` gives, by name: of an object of this module what its `__getitem__` returns for the keys that it lists,
    under `**` for those that are not known."""
    if value.keys or value.instance is None or "__getitem__" not in value.instance.methods:
        return value.keys or {"**": value}
    methods = value.instance.methods
    listed = next((name for name in ("keys", "__iter__") if name in methods), "")
    names = machine.enter(methods[listed], [value], {}, node) if listed else Value()
    known = [one for one in folding.items_of(names)[:_MOST_KEYS] if isinstance(one.const, str)] or [Value()]
    found = {}
    for key in known:
        given = special_methods.operated(machine, value, "[]", [key], node)
        found[key.const if isinstance(key.const, str) else "**"] = given if given is not None else Value()
    return found
