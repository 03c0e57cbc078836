"""The decorators of a function or class, by the last part of their names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlsupply.evidence.python.syntax.survey import last_name
from mlsupply.evidence.python.values.value import Closure

_GETTERS = frozenset({"property", "cached_property", "getter", "lazy_property", "classproperty", "reify"})


def names(closure: Closure) -> Iterator[str]:
    """The last part of the name of each decorator."""
    for decorator in () if isinstance(closure.node, ast.Lambda) else closure.node.decorator_list:
        yield last_name(decorator.func if isinstance(decorator, ast.Call) else decorator)


def decorated_with(closure: Closure, name: str) -> bool:
    """Whether it has a decorator with this as the last part of its name."""
    return name in names(closure)


def takes_class(closure: Closure) -> bool:
    """Whether it is a class method."""
    return closure.takes_class or decorated_with(closure, "classmethod")


def is_getter(closure: Closure) -> bool:
    """Whether it is a property: it runs where the attribute of its name is read."""
    return any(name in _GETTERS for name in names(closure))


def setter_of(name: str) -> str:
    """The key in `ClassState.methods` of the property setter of this attribute."""
    return f"{name}.setter"
