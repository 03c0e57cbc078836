"""Modules and regular expressions had when first used. Imports nothing of the package.

Compiling costs a tenth of a millisecond to several; a scan imports fifty patterns and uses a dozen.
"""

from __future__ import annotations

import re
import sys

from mlsupply.hints import Any, AnyStr, cast


class _Lazy:
    """Stands for the pattern until an attribute of it is asked for."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._source, self._flags), name)
        self.__dict__[name] = found  # the next look-up finds it without coming here
        return found


def module(name: str) -> Any:
    """The module of this name, imported where it was not yet, as `importlib.import_module` does it; that brings `warnings`
    along, half a millisecond which nothing else in a scan pays for."""
    __import__(name)
    return sys.modules[name]


def expression(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile(source, flags)`, done at the first match, search or other use."""
    return cast("re.Pattern[AnyStr]", _Lazy(source, flags))
