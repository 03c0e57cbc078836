"""Assignments to names, attributes, entries, or several at once."""

from __future__ import annotations

import ast
import builtins
import re

from mlsupply.evidence.python.interpreter import inner_entries, objects, own_containers, special_methods
from mlsupply.evidence.python.interpreter.definitions import Definitions
from mlsupply.evidence.python.libraries import storage
from mlsupply.evidence.python.values import containers, folding, operators, request_parts
from mlsupply.evidence.python.values.merging import iterated, merged
from mlsupply.evidence.python.values.value import NOTHING, ClassState, Closure, Value, constant, layers_of

_NAMESPACES = frozenset({"builtins.globals()", "builtins.locals()", "builtins.vars()"})
_OF_MODULE = re.compile(r"(?:[\w.]{1,200}|types\.ModuleType\(\))\.__dict__")


class Assignments(Definitions):
    """Binds targets to values. `patch` is defined by the layer above."""

    states: dict[Closure, ClassState]

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assigns to a name, attribute, entry, or several at once."""
        match target:
            case ast.Name():
                self.scope.set(target.id, value)
                if target.id == "__path__":  # where the package's modules are looked for
                    self.patch(target.id, value, target)
            case ast.Attribute():
                self._bind_attribute(target, value)
            case ast.Subscript():
                owner, key = inner_entries.owner(self, target.value), self.value(target.slice)
                self.stored(owner, key, value, target)
            case ast.Tuple() | ast.List():
                value = objects.iterable(self, value, target)
                items = _shared_out(folding.items_of(value), target.elts)
                for place, element in enumerate(target.elts):
                    self.bind(element, items[place] if place < len(items) else iterated(unknown_of(value)))
            case ast.Starred():
                self.bind(target.value, value)
            case _:
                pass

    def _bind_attribute(self, target: ast.Attribute, value: Value) -> None:
        self.assign(self.value(target.value), target.attr, value, target)

    def assign(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        """Does `owner.name = value`, with its effects."""
        if objects.set_attribute(self, owner, name, value, node):
            return
        if owner.ref == request_parts.CARRIER:
            before = self.carried.get(name)
            self.carried[name] = merged([value, before]) if before is not None else value
            return
        if owner.keys is not None or owner.taint or value.taint or value.closure is not None:
            if owner.keys is not None or not owner.ref or owner.ref.startswith("argparse."):
                owner.keys = {**(owner.keys or {}), name: value}  # the taint is not that of its other attributes
            else:
                owner.taint = owner.taint | value.taint
        if owner.ref == "builtins" and not hasattr(builtins, name):
            self.module.set(name, value)  # which every module sees as a builtin from then on
        elif owner.ref:
            self.patch(f"{owner.ref}.{name}", value, node)

    def patch(self, name: str, value: Value, node: ast.AST) -> None:
        """Something of another module is replaced (monkey-patched). name: its dotted name."""
        raise NotImplementedError

    def stored(self, owner: Value, key: Value, value: Value, node: ast.AST) -> None:
        """Does `owner[key] = value`, with its effects."""
        if special_methods.operated(self, owner, "[]=", [key, value], node) is not None:
            return
        if owner.ref in _NAMESPACES and isinstance(key.const, str):
            (self.scope if owner.ref == "builtins.locals()" else self.module).set(key.const, value)
            return
        if _OF_MODULE.fullmatch(owner.ref) and isinstance(key.const, str):
            self.assign(Value(owner.ref.removesuffix(".__dict__"), NOTHING, owner.taint), key.const, value, node)
        if value.taint or key.taint:
            owner.taint = owner.taint | value.taint | key.taint
            storage.put_in_database(self, owner)
        if not owner.keys and isinstance(owner.const, dict):
            owner.keys = containers.entries(owner)
        if owner.keys is not None:
            containers.put(owner.keys, key, value)
        elif isinstance(key.const, str) or value.closure is not None:
            owner.keys = {}
            containers.put(owner.keys, key, value)
        elif owner.items is not None and isinstance(key.const, int) and -len(owner.items) <= key.const < len(owner.items):
            owner.items[key.const] = value
        elif (replaced := containers.with_element(owner, key, value)) is not NOTHING:
            owner.const, owner.layers = replaced, layers_of(owner, value)
            return
        if owner.known:
            owner.const = NOTHING

    def put_modules(self, entries: dict[str, Value], node: ast.AST) -> None:
        """Does `sys.modules.update(entries)`."""
        for name, value in entries.items():
            self.stored(Value("sys.modules"), constant(name), value, node)

    def _augment(self, node: ast.AugAssign) -> None:
        left, right = self.value(node.target), self.value(node.value)
        if left.ref == "sys.modules":
            self.put_modules(containers.entries(right), node)
        result = special_methods.operated(self, left, type(node.op).__name__, [right], node)
        if result is None and isinstance(node.op, ast.Add | ast.BitOr) and own_containers.filled(left, right):
            result = left
        self.bind(node.target, result if result is not None else operators.binary(type(node.op), left, right))


def _shared_out(items: list[Value], targets: list[ast.expr]) -> list[Value]:
    """The items that several targets are bound to, those that a starred one takes as a list; [] where there are too few."""
    star = next((place for place, one in enumerate(targets) if isinstance(one, ast.Starred)), None)
    if star is None:
        return items
    behind = len(targets) - star - 1
    if len(items) < star + behind:
        return []
    end = len(items) - behind
    return [*items[:star], folding.listed(items[star:end]), *items[end:]]


def unknown_of(value: Value) -> Value:
    """The value without its constant and items: the same dotted name, taint, text and layers."""
    return Value(value.ref, NOTHING, value.taint, value.text, value.layers)
