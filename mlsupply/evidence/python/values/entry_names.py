"""The names under which the entries of dicts are kept (`Value.keys`), and the keys that they stand for."""

from __future__ import annotations

import ast

from mlsupply.evidence.python.values.value import HOLE, Value, constant

_NO_TEXT = "\ue000"  # of Unicode's private use: begins the name of a key that is no text
_PLAIN = (int, float, bytes, tuple, type(None))  # constants other than texts that are keys
_LONGEST = 1_000  # characters of the name of such a key


def name_of(key: Value) -> str | None:
    """The name of the entry with this key: the text that it is, or a mark and how another constant is written; None for
    keys that are not known."""
    const = key.const
    if isinstance(const, str):
        return const
    if not isinstance(const, _PLAIN) or (isinstance(const, bytes | tuple) and len(const) > _LONGEST):
        return None
    name = _NO_TEXT + repr(int(const) if isinstance(const, bool) else const)
    return name if len(name) <= _LONGEST else None


def key_of(name: str) -> Value:
    """The key of the entry of this name: an unknown for HOLE."""
    if name == HOLE:
        return Value()
    if not name.startswith(_NO_TEXT):
        return constant(name)
    try:
        return constant(ast.literal_eval(name[1:]))
    except (ValueError, SyntaxError, MemoryError, RecursionError):  # no number, or one that Python writes as no literal
        return Value()
