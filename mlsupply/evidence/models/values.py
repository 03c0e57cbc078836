"""What stands on the stack of the symbolic pickle machine. Numbers, short strings and bytes, None and tuples stand for
themselves; lists, dicts and sets are Python lists of what went in, in order."""

from __future__ import annotations

from typing import NamedTuple

from mlsupply.evidence.models.looking import Span


class Global(NamedTuple):
    """A name the unpickler would import: module and dotted name as Python 3 resolves them. offset: of its opcode."""

    module: str
    name: str
    offset: int = -1

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Made(NamedTuple):
    """What a call gives. maker: the callable; args: what it was given (a tuple, or one opaque value)."""

    maker: object
    args: object
    offset: int = -1


class Blob(NamedTuple):
    """Bytes or text too long to hold: where they lie. text: it is a str."""

    span: Span
    text: bool = False


class Opaque:
    """A value whose content does not matter: a number in a long run, a buffer out of band, an unknown result."""

    __slots__ = ()


NUMBER = Opaque()
BUFFER = Opaque()
UNKNOWN = Opaque()
