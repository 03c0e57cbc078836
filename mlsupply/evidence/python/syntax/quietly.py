"""Python's parsers, without their warnings: those about audited code (an escape that Python does not know, say) are printed
by Python 3.12 and later, and are not our user's concern."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any


def tree_of(source: str | bytes) -> ast.Module:
    """The syntax tree of Python code. Raises SyntaxError, ValueError, LookupError, RecursionError and MemoryError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def literal(text: str) -> Any:
    """The value of a literal; nothing is run. Raises ValueError, SyntaxError, TypeError, RecursionError and MemoryError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.literal_eval(text)


def pattern_of(text: str) -> re.Pattern[str]:
    """The compiled regular expression. Raises re.error, RecursionError and OverflowError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(text)
