"""Recognises code that runs only where something is not installed: behind such a condition, honest packages install what one
of their functions needs."""

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


def tests_for_missing(test: ast.expr) -> bool:
    """Whether the condition tests if something is installed, or in which version."""
    return any(map(_is_looked_for, _words(test)))


def handles_missing(node: ast.Try | ast.TryStar, handler: ast.ExceptHandler) -> bool:
    """Whether this handler runs where something cannot be imported or was not found."""
    if handler.type is not None and any(map(_ABSENT.search, _words(handler.type))):
        return True
    return any(map(_is_looked_for, _words(*node.body)))


@lru_cache(maxsize=8_192)
def _is_looked_for(word: str) -> bool:
    """Whether this name is of something that looks for an installed package or file."""
    return _LOOKED_FOR.search(word) is not None


def _words(*nodes: ast.AST) -> Iterator[str]:
    """The names in these nodes; an import counts as the word `import_module`."""
    for inner in descendants(nodes):
        kind = type(inner)
        if kind is ast.Name:
            yield inner.id
        elif kind is ast.Attribute:
            yield inner.attr
        elif kind is ast.Import or kind is ast.ImportFrom:
            yield "import_module"
