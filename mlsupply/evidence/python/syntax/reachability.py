"""Which functions of a module can reach no sink, decided by a call graph of names before any function is followed.

A function can only call what it names, and what those functions name in turn. One from which no sink is reached can only
compute what others use. Analysed as an entry point, it is followed into the functions it calls but no deeper, unless a call
carries taint worth following or a function as an argument.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Set
from typing import Any

from mlsupply.evidence.python.syntax.survey import Mentions, Survey
from mlsupply.named import NamedTuple

_LONG = 50  # different names, from which on a function counts as long
_STARTED = frozenset({"run"})  # methods that run when an object of a subclass of `Thread` is made


class Sinkless(NamedTuple):
    """Functions that reach no sink. long: those of them that are too long to be followed even as the first call of an entry
    point."""

    functions: Set[ast.AST] = frozenset()
    long: Set[ast.AST] = frozenset()


NONE = Sinkless()


def sinkless(survey: Survey, is_sink: Callable[[Mentions], bool]) -> Sinkless:
    """The functions of a module that reach no sink. is_sink: whether a function itself mentions one."""
    members = _members(survey.classes)
    functions = [one for one in survey.all if one.outer is not None]
    callers = _callers(functions, members)
    acting = _with_callers({one.node for one in functions if _or_enclosing(one, is_sink)}, callers)
    if any(method.name != "__init__" and method in acting for methods in members.values() for method in methods):
        return NONE  # operators call special methods without naming them
    silent = {one.node for one in functions if one.node not in acting}
    long = {one.node for one in functions if len(one.names) + len(one.attributes) > _LONG and one.node in silent}
    return Sinkless(silent, long)


def _or_enclosing(mentions: Mentions, is_sink: Callable[[Mentions], bool]) -> bool:
    """Whether the function mentions a sink, or a function that encloses it does: it sees the names of that one."""
    around: Mentions | None = mentions
    while around is not None and around.outer is not None:
        if is_sink(around):
            return True
        around = around.outer
    return False


def _callers(functions: Iterable[Mentions], members: dict[str, list[Any]]) -> dict[ast.AST, list[ast.AST]]:
    """Call graph: function -> functions that name it, or name a class whose objects run it implicitly (see `_members`)."""
    by_name: dict[str, list[ast.AST]] = {name: list(methods) for name, methods in members.items()}
    for one in functions:
        if isinstance(one.node, ast.FunctionDef | ast.AsyncFunctionDef):
            by_name.setdefault(one.node.name, []).append(one.node)
    callers: dict[ast.AST, list[ast.AST]] = {}
    for one in functions:
        for name in by_name.keys() & {*one.names, *one.attributes, *(owner for owner, _ in one.dotted)}:
            for called in by_name[name]:
                callers.setdefault(called, []).append(one.node)
    return callers


def _members(classes: Iterable[ast.ClassDef]) -> dict[str, list[Any]]:
    """Class -> the methods that run without being named where an object of it is made or used, those of its bases
    included."""
    own: dict[str, list[Any]] = {}
    bases: dict[str, set[str]] = {}
    for one in classes:
        methods = [node for node in one.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        own.setdefault(one.name, []).extend(
            node for node in methods if (node.name.startswith("__") and node.name.endswith("__")) or node.name in _STARTED
        )
        names = {getattr(base, "attr", getattr(base, "id", "")) for base in one.bases}
        bases.setdefault(one.name, set()).update(names)
    found = {}
    for name in own:
        line, todo = set[str](), [name]
        while todo:
            if (known := todo.pop()) not in line:
                line.add(known)
                todo += bases.get(known, ())
        found[name] = [method for known in line for method in own.get(known, ())]
    return found


def _with_callers(found: set[ast.AST], callers: dict[ast.AST, list[ast.AST]]) -> set[ast.AST]:
    """These functions and all that can reach them."""
    found, todo = set(found), list(found)
    while todo:
        for caller in callers.get(todo.pop(), ()):
            if caller not in found:
                found.add(caller)
                todo.append(caller)
    return found
