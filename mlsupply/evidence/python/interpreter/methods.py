"""Calls of methods: of constants and containers, which are folded, and of all other objects; also where the method was taken
from its object before (`write = path.write_text`), or is called through the class (`Path.write_text(path, text)`)."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import called_operators, objects, own_clients, own_containers, turns
from mlsupply.evidence.python.values import containers, folding, ip_addresses
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.value import Bound, Closure, Value, constant

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_PLAIN_CLASSES = {f"builtins.{one.__name__}": one for one in (str, bytes, list, dict, set)}
_PATHS = re.compile(r"^pathlib\.(?:Posix|Windows)Path$")  # which of them a path is, the system says
_OF_CLASS = frozenset({"fromhex", "fromkeys", "maketrans"})  # methods of those classes that make something
_OF_TABLE = frozenset({"get", "values", "items"})  # methods of a dict that give what is in it


def called(
    machine: Expressions,
    receiver: Value,
    function: Value,
    name: str,
    args: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
) -> Value:
    """The result of `receiver.name(...)`; its effects are applied. function: the attribute of that name."""
    of_object = function.closure is None and (receiver.instance is not None or name == "__init__")
    if of_object and (found := own_containers.of_parent(machine, receiver, name, args)) is not None:
        receiver, args = found
        if name == "__init__":
            return own_containers.passed_on(receiver, args, keywords)
        function = Value()
    elif of_object and name == "__init__":
        client = own_clients.of_parent(machine, receiver, args, own_containers.this_of(machine))
        if client is not None:
            own_clients.set_up(machine, *client, keywords, node)
            return constant(None)
    if args and name not in _OF_CLASS and _is_class_of(receiver, args[0]) and function.closure is None:
        receiver, args = args[0], args[1:]
        if (made := called_operators.of_plain(receiver, name, args)) is not None:
            return made
        function = machine.attribute(receiver, name, node)
    if not receiver.ref and (receiver.instance is None or function.closure is None):
        if keywords or any(arg.instance is not None for arg in args):
            args = objects.iterated_arguments(machine, receiver, name, args, keywords, node)
        if (folded := _folded(receiver, function, name, args, keywords)) is not None:
            return folded
    if (addresses := ip_addresses.method(receiver, name)) is not None:
        return addresses
    held = _of_container(machine, receiver, function, name, args, keywords)
    if held is not None and function.closure is None:
        return held
    result = machine.call(function, args, keywords, node, receiver)
    return result if held is None else merged([held, result])


def _folded(receiver: Value, function: Value, name: str, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """The result of a method of a constant, or of a text that is known in part; None where it is not folded."""
    if name == "format_map" and args:
        return folding.method(receiver, "format", [], containers.entries(args[0]))
    if name in _OF_TABLE and containers.keeps_containers(receiver):
        return None
    if name.startswith("__") and function.closure is None:
        return called_operators.of_plain(receiver, name, args)
    return folding.method(receiver, name, args, keywords)


def _is_class_of(receiver: Value, first: Value) -> bool:
    """Whether the receiver is the class of the first argument, which is then the object."""
    if receiver.ref in _PLAIN_CLASSES:
        if first.known:
            return isinstance(first.const, _PLAIN_CLASSES[receiver.ref])
        return not first.ref and (first.items is not None or first.keys is not None)
    named = _PATHS.sub("pathlib.Path", receiver.ref)
    return bool(named) and first.ref.endswith("()") and _PATHS.sub("pathlib.Path", first.ref[:-2]) == named


def _of_container(
    machine: Expressions, receiver: Value, function: Value, name: str, args: list[Value], keywords: dict[str, Value]
) -> Value | None:
    """The result of a method of a container; None where it is none. function: the attribute of that name, which may be a
    method of a class below `dict` or `list`, or an entry of a dict."""
    if receiver.ref and receiver.instance is None:
        return None
    if (_puts_entries(name, args) or _puts_documents(name, args)) and containers.is_open(receiver):
        containers.opened(receiver, as_list=name in _LISTS)
    if receiver.keys is None and receiver.items is None and type(receiver.const) is not list:
        return None
    if function.closure is not None and (receiver.instance is not None or name not in (receiver.keys or {})):
        return None
    found = turns.taken(machine, receiver, name, args)
    return found if found is not None else containers.method(receiver, name, args, keywords)


def _puts_entries(name: str, args: list[Value]) -> bool:
    """Does a method of this name, with these arguments, put entries into a mapping?"""
    if name == "setdefault":
        return len(args) == 2 and isinstance(args[0].const, str)
    return name == "update" and bool(args) and _is_mapping(args[0])


_LISTS = frozenset({"append", "extend", "insert"})


def _puts_documents(name: str, args: list[Value]) -> bool:
    """Does a method of this name put mappings into a list?"""
    return name in _LISTS and bool(args) and any(_is_mapping(one) for one in (args[-1], *folding.items_of(args[-1])[:1]))


def _is_mapping(value: Value) -> bool:
    return bool(value.keys) or isinstance(value.const, dict)


def is_given_object(method: Closure, args: list[Value]) -> bool:
    """Whether the object is among the arguments that a method is called with as a function."""
    if isinstance(method.node, ast.ClassDef) or not args:
        return False
    spec = method.node.args
    needed = len(spec.posonlyargs) + len(spec.args) - len(spec.defaults)
    return len(args) >= needed or (args[0].instance is not None and method in args[0].instance.methods.values())


def taken_off(owner: Value, name: str, method: Value) -> None:
    """Makes the value of `owner.name` remember its object, where it may be a method that is called later. method: a value
    made for this attribute alone."""
    if owner.instance is not None or owner.closure is not None or owner.either is not None or method.bound is not None:
        return
    if owner.keys is not None and name in owner.keys:
        return
    if "()" in owner.ref or (not owner.ref and (owner.known or owner.items is not None or owner.keys is not None)):
        method.bound = Bound([], {}, owner, name)


def called_bound(
    machine: Expressions,
    function: Value,
    bound: Bound,
    args: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    receiver: Value | None,
) -> Value:
    """The result of a function that was given arguments before, or of a method that was taken off its object."""
    args, keywords = [*bound.args, *args], {**bound.keywords, **keywords}
    plain = function.copy()
    plain.bound = None
    if bound.receiver is None or receiver is not None:
        return machine.call(plain, args, keywords, node, receiver)
    return called(machine, bound.receiver, plain, bound.name, args, keywords, _as_written(machine, bound.name, node))


def _as_written(machine: Expressions, name: str, node: ast.AST) -> ast.Call:
    """The call as it would be written with the method on its object, for models that look at the name there."""
    if (node, name) not in machine.method_calls:
        args, keywords = (node.args, node.keywords) if isinstance(node, ast.Call) else ([], [])
        made = ast.Call(ast.Attribute(ast.Name("_", ast.Load()), name, ast.Load()), args, keywords)
        machine.method_calls[node, name] = ast.fix_missing_locations(ast.copy_location(made, node))
    return machine.method_calls[node, name]
