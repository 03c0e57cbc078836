"""Conditions for something that is not installed: honest packages install what a single function of theirs needs behind
one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from mlsupply.evidence.python.syntax.survey import descendants

_ABSENT = re.compile(
    r"ImportError|ModuleNotFoundError|PackageNotFoundError|DistributionNotFound|VersionConflict|CalledProcessError"
)
_LOOKED_FOR = re.compile(
    r"find_spec|find_loader|\bmodules\b|version|installed|available|missing|\bhas_\w|_HAS_|HAVE_|which|importable|is_file|exists|"
    r"import_module|requirements?\b",
    re.IGNORECASE,
)


def asks_whether_it_is_there(test: ast.expr) -> bool:
    """Does the condition ask whether something is installed, or in which version?"""
    return any(map(_is_looked_for, _words(test)))


def is_for_missing(node: ast.Try | ast.TryStar, handler: ast.ExceptHandler) -> bool:
    """Does this handler run where something cannot be imported or was not found?"""
    if handler.type is not None and any(map(_ABSENT.search, _words(handler.type))):
        return True
    return any(map(_is_looked_for, _words(*node.body)))


@lru_cache(maxsize=8_192)
def _is_looked_for(word: str) -> bool:
    """Is this a name by which one looks whether something is there? The same names come up again and again."""
    return _LOOKED_FOR.search(word) is not None


def _words(*nodes: ast.AST) -> Iterator[str]:
    """The names in these nodes; an import stands for a look whether it is there."""
    for inner in descendants(nodes):
        kind = type(inner)
        if kind is ast.Name:
            yield inner.id
        elif kind is ast.Attribute:
            yield inner.attr
        elif kind is ast.Import or kind is ast.ImportFrom:
            yield "import_module"
