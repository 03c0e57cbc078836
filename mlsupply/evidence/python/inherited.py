"""Methods that a class has from a base class of the same analysis, and what of it they find in the subclass."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlsupply.evidence.python import places
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.value import ClassState, Closure, Value

_CONSTRUCTORS = ("__init__", "__post_init__", "__attrs_post_init__")


def defined_anew(state: ClassState) -> frozenset[str]:
    """The names of methods and attributes that a class defines although a base class has them."""
    methods = (
        name
        for name, method in state.methods.items()
        if method.owner is state and any(name in one.methods for one in state.parents)
    )
    attributes = (
        name
        for name, value in state.attributes.items()
        if any(name in one.attributes and one.attributes[name] is not value for one in state.parents) and _tells(value)
    )
    return frozenset((*methods, *attributes)) - frozenset(_CONSTRUCTORS)


def _tells(value: Value) -> bool:
    """Whether it may decide what a method does: no plain constant, unless it names a secret or where something lies."""
    if not value.known:
        return True
    const = value.const
    return isinstance(const, str) and ("://" in const or places.is_secret(const) or bool(places.file_kind(const)))


def that_use(state: ClassState, names: frozenset[str]) -> Iterator[tuple[str, Closure]]:
    """The inherited methods that mention one of these names after a dot, each with its name: constructors first, then also
    methods that mention what these constructors set."""
    mentioned = set(names)
    for name, method in sorted(state.methods.items(), key=lambda one: one[0] not in _CONSTRUCTORS) if names else ():
        if (
            method.owner is None
            or method.owner is state
            or not isinstance(method.node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            continue
        attributes = [one for one in descendants(method.node.body) if isinstance(one, ast.Attribute)]
        if any(one.attr in mentioned for one in attributes):
            if name in _CONSTRUCTORS:
                mentioned.update(one.attr for one in attributes if isinstance(one.ctx, ast.Store))
            yield name, method
