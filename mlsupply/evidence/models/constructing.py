"""Constructors of known libraries that are in no list, judged by their arguments.

A class can do nothing of the author's choosing with numbers, arrays and other classes: it is handed no path, no address,
no name and no code. One that is an enumeration or a type by its name may take a word as well (`RegexFlag(56)`,
`CensoringType("right")`): `pickle` writes enumerations so.
"""

from __future__ import annotations

import re

from mlsupply.evidence.models.standing import acts, is_class, top
from mlsupply.evidence.models.values import Global, Made, Opaque

_ENUMERATION = re.compile(
    r"(?:Type|Types|Mode|Strategy|Kind|Method|State|Status|Flags?|[Dd]type|DType|Policy|Option|Level|Format|Enum|Order"
    r"|Direction|Stage|Phase|Role|Side|Unit|Category|Precision|Scheme|Reduction|Interpolation|Activation|Task|Split|Choice"
    r"|Family|Domain|Scope|Axis|Layout|Padding|Schedule|Severity|Objective|Criterion|Version|Algorithm|Averaging|Normalization)$"
)
_WORD = re.compile(r"[\w .\[\]<>=|+-]{0,40}")
_ARRAYS = frozenset({"numpy", "joblib", "torch", "pandas", "scipy", "builtins", "collections"})
_WALK = 2_000


def constructs(target: Global, args: object) -> bool:
    """Whether the class is handed nothing it could act on."""
    wordy = bool(_ENUMERATION.search(target.name))
    own = top(target.module)
    stack: list[object] = [args]
    left = _WALK
    while stack:
        value = stack.pop()
        left -= 1
        if left < 0:
            return False
        if isinstance(value, tuple | list):
            stack.extend(value[:_WALK])
        elif isinstance(value, str):
            if not (wordy and _WORD.fullmatch(value)):
                return False
        elif not _harmless(value, own):
            return False
    return True


def _harmless(value: object, own: str) -> bool:
    """A number, a class, or an array or object that was judged when it was made."""
    if isinstance(value, Global):
        return is_class(value.name) and not acts(value.module, value.name)
    if isinstance(value, Made):
        return isinstance(value.maker, Global) and top(value.maker.module) in {*_ARRAYS, own} and value.maker.name != "str"
    return value is None or isinstance(value, bool | int | float | Opaque)
