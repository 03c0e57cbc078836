"""Functions that call themselves with a part of what they were given, as those do that build objects of a nested document:
these are followed, since the document comes to an end."""

from __future__ import annotations

from mlsupply.evidence.python.values.value import Value

_MOST_LEVELS = 8  # of calls of one function within each other
_MOST_PARTS = 400  # of a document that is descended into


def goes_down(given: list[list[Value]], args: list[Value]) -> bool:
    """Is a function that is being followed called with a part of what it was called with? given: the arguments of the calls
    of it that are being followed, the outermost first; args: of this one."""
    if not 0 < len(given) < _MOST_LEVELS:
        return False
    for before, now in zip(given[-1], args, strict=False):
        whole = _parts(before)
        if 1 < whole <= _MOST_PARTS and 0 < _parts(now) < whole:
            return True
    return False


def _parts(value: Value) -> int:
    """How many entries, items and leaves a document of constants has, at most about _MOST_PARTS are counted; 0 for what is
    no such document."""
    if value.instance is not None or value.closure is not None or value.ref:
        return 0
    if value.keys is not None or value.items is not None:
        count = 1
        for one in [*(value.keys or {}).values(), *(value.items or ())]:
            count += _parts(one) if count <= _MOST_PARTS else 1
        return count
    return _of_constant(value.const) if value.known else 0


def _of_constant(const: object) -> int:
    inner = list(const.values()) if isinstance(const, dict) else const if isinstance(const, list | tuple) else ()
    count = 1
    for one in inner:
        if count > _MOST_PARTS:
            break
        count += _of_constant(one)
    return count
