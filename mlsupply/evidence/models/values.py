"""What stands on the stack of the symbolic pickle machine. Numbers, short strings and bytes, None and tuples stand for
themselves; lists, dicts and sets are Python lists of what went in, in order."""

from __future__ import annotations

from mlsupply.evidence.models.looking import Span
from mlsupply.named import NamedTuple


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


def weight(root: object, deepest: int) -> tuple[int, int]:
    """(values met when the object is walked, shared parts counted each time; how deep it goes). Each container is looked
    at once, so the walk is as long as the file and not as what it expands to; it ends below `deepest`."""
    done: dict[int, tuple[int, int]] = {}
    stack: list[tuple[object, list[object] | None]] = [(root, None)]
    depth = 0
    while stack:
        value, parts = stack.pop()
        if parts is not None:
            known = [done[id(part)] for part in parts]
            size = len(value) if isinstance(value, list | tuple) else 1
            done[id(value)] = (1 + size + sum(n for n, _ in known), 1 + max((d for _, d in known), default=0))
            depth -= 1
        elif id(value) not in done:
            done[id(value)] = (1, 0)  # met again below itself: a cycle, counted once
            parts = [part for part in value if isinstance(part, list | tuple)] if isinstance(value, list | tuple) else []
            depth += 1
            if depth > deepest:
                return 0, depth
            stack.append((value, parts))
            stack.extend((part, None) for part in parts)
    return done[id(root)]
