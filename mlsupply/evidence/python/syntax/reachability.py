"""Which functions of a module can reach nothing that acts, decided by names before any is followed.

The names in a function are all it can call in its module, and so on for what those name. A function from which nothing is
reached that runs, sends, loads or writes can only compute what others use: on its own, it is followed into the first
function it calls and no further. Where something worth following is handed on, or a function is, everything is followed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Set
from typing import Any

from mlsupply.evidence.python.syntax.survey import Mentions, Survey
from mlsupply.named import NamedTuple

_LONG = 50  # different names in a function
_STARTED = frozenset({"run"})  # by making an object of a class below `Thread`


class Quiet(NamedTuple):
    """Functions that reach nothing that runs, sends, loads or writes. long: those of them that are too long to be followed
    within another."""

    functions: Set[ast.AST] = frozenset()
    long: Set[ast.AST] = frozenset()


NONE = Quiet()


def quiet(survey: Survey, ends: Callable[[Mentions], bool]) -> Quiet:
    """The quiet functions of a module. ends: does a function itself name what acts?"""
    members = _members(survey.classes)
    functions = [one for one in survey.all if one.outer is not None]
    callers = _callers(functions, members)
    loud = _spread({one.node for one in functions if _within(one, ends)}, callers)
    if any(method.name != "__init__" and method in loud for methods in members.values() for method in methods):
        return NONE  # operators call without naming what they call
    calm = {one.node for one in functions if one.node not in loud}
    long = {one.node for one in functions if len(one.names) + len(one.attributes) > _LONG and one.node in calm}
    return Quiet(calm, long)


def _within(mentions: Mentions, ends: Callable[[Mentions], bool]) -> bool:
    """Does it name an end, or a function around it? That one's names are its own."""
    around: Mentions | None = mentions
    while around is not None and around.outer is not None:
        if ends(around):
            return True
        around = around.outer
    return False


def _callers(functions: Iterable[Mentions], members: dict[str, list[Any]]) -> dict[ast.AST, list[ast.AST]]:
    """Function -> functions that name it, or a class whose objects it belongs to."""
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
    """Class -> what runs where an object of it is made or used without a word, of its bases too."""
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


def _spread(found: set[ast.AST], callers: dict[ast.AST, list[ast.AST]]) -> set[ast.AST]:
    """These, and all that come to them."""
    found, todo = set(found), list(found)
    while todo:
        for caller in callers.get(todo.pop(), ()):
            if caller not in found:
                found.add(caller)
                todo.append(caller)
    return found
