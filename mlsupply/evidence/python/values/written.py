"""What was written to a file in memory, kept with the value of the file."""

from __future__ import annotations

import ast

from mlsupply.evidence.python.values import operators
from mlsupply.evidence.python.values.value import Value, unknown

_HELD = "held in memory"  # key of a file's value for its content; no attribute has such a name
_MOST = 1 << 20  # characters or bytes that are put together


# Files that have no path.
_IN_MEMORY = frozenset({"io.BytesIO()", "io.StringIO()", "tempfile.TemporaryFile()", "tempfile.SpooledTemporaryFile()"})


def is_in_memory(value: Value) -> bool:
    """Is this an open file without a path, which only the module itself reads again?"""
    return value.ref in _IN_MEMORY


def begin(file: Value, content: Value) -> None:
    """Makes the file keep what is written to it, behind `content`."""
    file.keys = {_HELD: content}


def content(file: Value) -> Value | None:
    """What the file holds; None for any other value."""
    return (file.keys or {}).get(_HELD)


def add(file: Value, part: Value) -> None:
    """Puts one more part behind what the file holds; does nothing for any other value."""
    held = content(file)
    if held is None or file.keys is None:
        return
    if all(isinstance(one.const, str | bytes) for one in (held, part)) and len(held.const) + len(part.const) > _MOST:
        part = unknown(part)
    file.keys[_HELD] = operators.binary(ast.Add, held, part)
