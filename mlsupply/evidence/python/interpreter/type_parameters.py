"""Type parameters and type aliases (PEP 695, PEP 696), which Python 3.12 and later read.

Python evaluates a bound, a default or an alias only when something asks for it. Here each is evaluated where it stands, as
an annotation is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from mlsupply.evidence.python.values.value import Closure, Scope, Value, constant

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

# The attribute of a parameter -> the field of the tree that holds its value.
_LAZY = {"__bound__": "bound", "__constraints__": "bound", "__default__": "default_value"}


def bound(machine: Expressions, node: Any) -> dict[str, Value]:
    """The type parameters of a definition by name; none in the tree of an older Python."""
    found: dict[str, Value] = {}
    for one in getattr(node, "type_params", ()):
        fields = {field: machine.value(part) for field in _FIELDS if (part := getattr(one, field, None)) is not None}
        value = found[one.name] = Value()
        value.keys = {"__name__": constant(one.name)} | {
            name: fields[field] for name, field in _LAZY.items() if field in fields
        }
    return found


_FIELDS = frozenset(_LAZY.values())


def scope_within(closure: Closure) -> Scope:
    """The scope that the body of a class sees around it: where it has type parameters, one that binds them."""
    if not closure.type_parameters:
        return closure.scope
    made = Scope(closure.scope)
    made.names.update(closure.type_parameters)
    return made


def _alias(machine: Expressions, node: Any) -> None:
    """`type name = value`."""
    bound(machine, node)
    alias = Value()
    alias.keys = {"__value__": machine.value(node.value)}
    machine.scope.set(node.name.id, alias)


STATEMENTS: dict[type[ast.stmt], Any] = {ast.TypeAlias: _alias} if hasattr(ast, "TypeAlias") else {}
