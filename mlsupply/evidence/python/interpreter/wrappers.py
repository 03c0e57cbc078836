"""Wrappers: functions that stand around others, as the inner function of a decorator does."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.value import Closure

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def wraps(node: FunctionNode, outer: Closure | None) -> bool:
    """Whether the function is a wrapper: it calls a parameter of the enclosing function, or passes all its arguments on to a
    variable of that one. outer: the enclosing function; None for a method, which is a wrapper if it is `__call__` and passes
    all its arguments on to an attribute."""
    if outer is None:
        return node.name == "__call__" and bool(_passed_on(node, attributes=True))
    if isinstance(outer.node, ast.ClassDef):
        return False
    spec = outer.node.args
    parameters = {parameter.arg for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    if _calls_one_of(node, parameters):
        return True
    passed = _passed_on(node)
    assigned = {
        target.id
        for statement in descendants((outer.node,) if passed else ())
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    defaults = {name: default.id for name, default in _defaults(node) if isinstance(default, ast.Name)}
    called = {defaults.get(name, "") for name in passed}
    return not passed.isdisjoint(assigned) or not called.isdisjoint(assigned | parameters)


def _defaults(node: FunctionNode) -> Iterator[tuple[str, ast.expr]]:
    """The parameters that have a default, each with it."""
    places = [*node.args.posonlyargs, *node.args.args]
    values = node.args.defaults
    yield from ((one.arg, value) for one, value in zip(places[len(places) - len(values) :], values, strict=True))
    yield from ((one.arg, value) for one, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value)


def first_parameter(outer: Closure) -> str:
    """The name of the first parameter of a function; "" where it has none."""
    if isinstance(outer.node, ast.ClassDef):
        return ""
    names = [*outer.node.args.posonlyargs, *outer.node.args.args]
    return names[0].arg if names else ""


def is_around(wrapper: Closure, inner: Closure) -> bool:
    """Whether `inner` is the function that this wrapper stands around."""
    found = wrapper.scope.names.get(wrapper.around)
    return found is not None and found.closure is inner


def _calls_one_of(node: FunctionNode, names: set[str]) -> bool:
    """Whether the function calls something by one of these names."""
    return any(
        isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in names
        for inner in descendants((node,))
    )


def _passed_on(node: FunctionNode, *, attributes: bool = False) -> set[str]:
    """The names that the function calls with its own `*args` or `**kwargs`; with `attributes`, the names of attributes that
    it calls so instead."""
    stars = {one.arg for one in (node.args.vararg, node.args.kwarg) if one is not None}
    names: set[str] = set()
    for inner in descendants((node,)) if stars else ():
        if not isinstance(inner, ast.Call):
            continue
        handed = [arg.value for arg in inner.args if isinstance(arg, ast.Starred)]
        handed += [keyword.value for keyword in inner.keywords if keyword.arg is None]
        if any(isinstance(value, ast.Name) and value.id in stars for value in handed):
            if attributes and isinstance(inner.func, ast.Attribute):
                names.add(inner.func.attr)
            elif not attributes and isinstance(inner.func, ast.Name):
                names.add(inner.func.id)
    return names
