"""Syntax that came after the oldest Python this program runs on: which Python reads what the running one does not."""

from __future__ import annotations

import sys

from mlsupply.lazy import expression
from mlsupply.text import safe

_LOOKED_AT = 400  # characters to either side of where the parser stopped
_DEFINES = expression(r"\b(?:def|class)\s+\w+\s*\Z")
_DEFAULT = expression(r"(?:\b(?:def|class)|(?:^|[;:])\s*type)\s+\w+\s*\[[^\[\]]*=(?!=)")
_ALIASED = expression(r"\w+\s*[=\[]")
_ALIAS = expression(r"(?:^|[;:])\s*type\s+\Z")
_TEMPLATE = expression(r"(?i)(?<!\w)(?:t|tr|rt)\Z")
_FORMATTED = expression(r"(?i)(?:f|fr|rf)['\"][^{]*\{")
_LAZY = expression(r"(?:^|[;:])\s*lazy\s+\Z")
_IMPORTS = expression(r"(?:import|from)\s")
_MORE_FORMATTED = ("f-string: unmatched", "f-string: expecting '}'", "f-string expression part cannot include")


def told(error: SyntaxError, running: tuple[int, int] = sys.version_info[:2]) -> str:
    """Which Python reads what the parser stopped at, in words; the words of the parser where that is not known to be newer
    than the Python that runs. running: its version. Sources: PEP 695, 696, 701, 750, 758, 798 and 810."""
    minor, what = _newer(error, running)
    if running >= (3, minor):
        return str(error.msg)
    return f"Python 3.{minor} and later read {what}"


def unread(error: SyntaxError) -> str:
    """Why the Python that runs does not read a text, and where, in words."""
    return f"not Python {sys.version_info.major}.{sys.version_info.minor}: {safe(told(error), 80)}, line {error.lineno or 0}"


def is_newer(error: SyntaxError, running: tuple[int, int] = sys.version_info[:2]) -> bool:
    """Whether a newer Python is known to read what the parser stopped at."""
    return running < (3, _newer(error, running)[0])


def _newer(error: SyntaxError, running: tuple[int, int]) -> tuple[int, str]:
    """The minor version that came with what the parser stopped at, and its name; (0, "") where that is not known."""
    message, text, place = str(error.msg), error.text or "", max((error.offset or 1) - 1, 0)
    before, after = text[max(place - _LOOKED_AT, 0) : place], text[place : place + _LOOKED_AT]
    if message.startswith(("iterable unpacking cannot be used", "dict unpacking cannot be used")):
        return 15, "comprehensions that unpack"
    if _LAZY.search(before) and _IMPORTS.match(after):
        return 15, "lazy imports"
    if message.startswith("multiple exception types must be parenthesized"):
        return 14, "`except` with several types and no brackets"
    if after[:1] in {'"', "'"} and _TEMPLATE.search(before):
        return 14, "t-strings"
    if _DEFAULT.search(text[:_LOOKED_AT]):
        return 13, "defaults of type parameters"
    if (after[:1] == "[" and _DEFINES.search(before)) or (_ALIAS.search(before) and _ALIASED.match(after)):
        return 12, "type parameters and aliases"
    if message.startswith(_MORE_FORMATTED) or (message.startswith("unterminated string") and _FORMATTED.match(after)):
        return 12, "more f-strings"
    return 0, ""
