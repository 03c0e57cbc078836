"""What is installed because it was found missing, as honest packages do with what they need for one function alone."""

from __future__ import annotations

import ast
import re

from mlsupply.evidence.python.survey import below

_ABSENT = re.compile(
    r"ImportError|ModuleNotFoundError|PackageNotFoundError|DistributionNotFound|VersionConflict|CalledProcessError"
)
_LOOKED_FOR = re.compile(
    r"find_spec|find_loader|\bmodules\b|version|installed|available|missing|\bhas_\w|_HAS_|HAVE_|which|importable|is_file|exists|"
    r"import_module|requirements?\b",
    re.IGNORECASE,
)


def asks_whether_it_is_there(test: ast.expr) -> bool:
    """Does a condition look whether something is installed, or as which version?"""
    return _LOOKED_FOR.search(_words(test)) is not None


def is_for_missing(node: ast.Try | ast.TryStar, handler: ast.ExceptHandler) -> bool:
    """Is this met where something cannot be imported?"""
    if handler.type is not None and _ABSENT.search(_words(handler.type)):
        return True
    return _LOOKED_FOR.search(_words(*node.body)) is not None


def _words(*nodes: ast.AST) -> str:
    """The names in these nodes, each on a line; an import stands for a look whether it is there."""
    words = []
    for inner in below(nodes):
        kind = type(inner)
        if kind is ast.Name:
            words.append(inner.id)
        elif kind is ast.Attribute:
            words.append(inner.attr)
        elif kind is ast.Import or kind is ast.ImportFrom:
            words.append("import_module")
    return "\n".join(words)
