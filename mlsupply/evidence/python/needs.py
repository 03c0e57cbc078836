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
    return any(_LOOKED_FOR.search(word) for word in _words(test))


def is_for_missing(node: ast.Try | ast.TryStar, handler: ast.ExceptHandler) -> bool:
    """Is this met where something cannot be imported?"""
    if handler.type is not None and any(map(_ABSENT.search, _words(handler.type))):
        return True
    inner = below(node.body)
    return any(isinstance(one, ast.Import | ast.ImportFrom) or _LOOKED_FOR.search(_name(one)) for one in inner)


def _words(node: ast.expr) -> list[str]:
    return [name for inner in below((node,)) if (name := _name(inner))]


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
