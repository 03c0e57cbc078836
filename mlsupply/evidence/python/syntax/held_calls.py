"""Functions that call what a loop, a container or another call gives them: which functions those are, and what these do, is
known only when all that register something have been followed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlsupply.evidence.python.syntax.survey import descendants


def calls_held(function: ast.AST) -> bool:
    """Whether the function calls `held[0]()`, `held.pop()()`, or what a loop or assignment in it takes out of something; of
    what a loop takes out its methods too."""
    turned: set[str] = set()
    bound: set[str] = set()
    called: set[str] = set()
    owners: set[str] = set()
    for node in descendants((function,)):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            turned |= set(_names(node.target))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call | ast.Subscript):
            bound |= {name for target in node.targets for name in _names(target)}
        elif isinstance(node, ast.NamedExpr):
            bound.add(node.target.id)
        elif isinstance(node, ast.Call):
            match node.func:
                case ast.Call() | ast.Subscript():
                    return True
                case ast.Name(id=name):
                    called.add(name)
                case ast.Attribute(value=ast.Name(id=name)):
                    owners.add(name)
    return not (turned | bound).isdisjoint(called) or not turned.isdisjoint(owners)


def names_in(function: ast.AST) -> set[str]:
    """The names of variables that the function uses, its own and those around it."""
    return {one.id for one in descendants((function,)) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def _names(target: ast.AST) -> Iterator[str]:
    return (node.id for node in descendants((target,)) if isinstance(node, ast.Name))
