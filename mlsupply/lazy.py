"""Regular expressions compiled when first used. Imports nothing of the package.

To compile one costs a tenth of a millisecond to several. A scan imports fifty and uses a dozen: this saves it 6 ms of 45.
"""

from __future__ import annotations

import re

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


def expression(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile(source, flags)`, done at the first match, search or other use."""
    return cast("re.Pattern[AnyStr]", _Lazy(source, flags))
