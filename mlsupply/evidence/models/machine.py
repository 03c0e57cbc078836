"""The state of the symbolic pickle machine: stack, memo, frames, arguments. `opcodes` drives it.

The stack holds what `values` says; imports, calls and changes go to a `Judge`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from mlsupply.evidence.models.calls import Judge
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, OverBudgetError, Span
from mlsupply.evidence.models.values import UNKNOWN, Blob, Global, Made

_KEPT = 4096  # bytes of a string or bytes object that are held; longer ones are kept as a place
_KEPT_IN_ALL = 64 << 20  # bytes of them in all
_LINE = 1 << 16  # bytes of a text argument
_MEMO = 1 << 28  # largest memo index: the C unpickler allocates an array up to it
_NAME = re.compile(r"[^\W\d][\w.]*|<\w+>")

AfterBuild = Callable[["Machine", object], None]


class Machine:
    """The state of one stream. at: where it is; called, globals: how many calls and imports it has made; done: STOP was
    read and `result` is what it left."""

    def __init__(self, span: Span, look: Look, judge: Judge, after_build: AfterBuild | None = None) -> None:
        self.data = span.data
        self.base = span.start
        self.at = span.start
        self.end = span.end
        self.stack: list[object] = []
        self.metastack: list[list[object]] = []
        self.memo: dict[int, object] = {}
        self.extensions: dict[int, Global] = {}
        self.called = 0
        self.globals = 0
        self.proto = 0
        self.frame = 0
        self.result: object = None
        self.done = False
        self.object_types: set[int] = set()
        self._held = 0
        self._kept = 0
        self._straddled = False
        self.look = look
        self.judge = judge
        self.after_build = after_build

    @property
    def place(self) -> int:
        """Offset relative to the span."""
        return self.at - self.base

    def hold(self, count: int) -> None:
        """Count bytes that are kept; raises where they are more than may be."""
        self._held += count
        if self._held > self.look.limits.stack:
            raise OverBudgetError(f"more than {self.look.limits.stack:,} values")

    # ---- arguments

    def take(self, count: int) -> int:
        """Step over `count` bytes; gives where they start. Raises `BrokenError` where the file is shorter."""
        start = self.at
        if count < 0 or start + count > self.end:
            detail = f"an object of {count:,} bytes, of which {self.end - start:,} are there"
            raise BrokenError(detail, self.place, Cause.TRUNCATED)
        if start < self.frame < start + count and not self._straddled:
            self._straddled = True
            self.look.doubt(Cause.MALFORMED, "an object crosses the end of its frame: readers disagree on it", self.place)
        self.at = start + count
        return start

    def number(self, shape: str, size: int) -> int:
        """Unpack a number. shape: of `struct`; size: bytes."""
        value: int = struct.unpack_from(shape, self.data, self.take(size))[0]
        return value

    def line(self) -> bytes:
        """A text argument, without its newline. Raises `BrokenError`."""
        stop = self.data.find(b"\n", self.at, min(self.end, self.at + _LINE))
        if stop < 0:
            raise BrokenError("a text argument without end", self.place, Cause.TRUNCATED)
        start = self.take(stop + 1 - self.at)
        return bytes(self.data[start:stop])

    def push_line(self, decode: Callable[[bytes], str]) -> None:
        """A text argument of any length, which is kept as a place where it is long: protocol 0 writes arrays so."""
        stop = self.data.find(b"\n", self.at, self.end)
        if stop < 0:
            raise BrokenError("a text argument without end", self.place, Cause.TRUNCATED)
        if self._may_hold(stop - self.at):
            self.push(decode(bytes(self.data[self.at : stop])))
        else:
            self.push(Blob(Span(self.data, self.at, stop), text=True))
        self.take(stop + 1 - self.at)

    def push_bytes(self, size: int) -> None:
        """Take `size` bytes as a value, or as a place in the file where they are too many to keep."""
        start = self.take(size)
        self.push(bytes(self.data[start : self.at]) if self._may_hold(size) else Blob(Span(self.data, start, self.at)))

    def push_text(self, size: int) -> None:
        """Take `size` bytes of UTF-8 as a value."""
        start = self.take(size)
        if self._may_hold(size):
            self.push(bytes(self.data[start : self.at]).decode("utf-8", "replace"))
        else:
            self.push(Blob(Span(self.data, start, self.at), text=True))

    def _may_hold(self, size: int) -> bool:
        self._kept += size
        return size <= _KEPT and self._kept <= _KEPT_IN_ALL

    # ---- stack

    def push(self, value: object) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def top(self) -> object:
        """The value on top of the stack."""
        return self.stack[-1]

    def pop_mark(self) -> list[object]:
        """What was pushed since the last mark, which is taken off."""
        items = self.stack
        self.stack = self.metastack.pop()
        return items

    def refer(self, module: object, name: object) -> None:
        """Import a name. Raises `BrokenError` where it is not one."""
        if not (isinstance(module, str) and isinstance(name, str)):
            computed = isinstance(module, Made) or isinstance(name, Made)
            say = self.look.block if computed else self.look.doubt
            cause = Cause.CALL if computed else Cause.UNKNOWN
            what = (
                "puts the name of an import together by calls, to hide it" if computed else "imports a name that is no text"
            )
            say(cause, what, self.place)
            self.push(UNKNOWN)
            return
        if not name or not all(_NAME.fullmatch(part) for part in (*module.split("."), *name.split("."))):
            raise BrokenError("a name that is no Python name", self.place)
        self.globals += 1
        self.push(self.judge.reference(module, name, self.place))

    def call(self, target: object, args: object, *, new: bool = False) -> None:
        """Call, and note what registers extension codes (`copyreg.add_extension(module, name, code)`)."""
        self.called += 1
        if isinstance(target, Global) and target.name == "add_extension" and isinstance(args, tuple) and len(args) == 3:
            module, name, code = args
            if isinstance(module, str) and isinstance(name, str) and isinstance(code, int):
                self.extensions[code] = Global(module, name)
        self.push(self.judge.call(target, args, self.place, new=new))

    def extension(self, code: int) -> None:
        """Push what an EXT code was registered for."""
        if known := self.extensions.get(code):
            self.push(self.judge.reference(known.module, known.name, self.place))
        else:
            self.push(self.judge.extension(code, self.place))

    def put(self, index: int) -> None:
        """Keep the top of the stack in the memo."""
        if not 0 <= index <= _MEMO:
            self.look.doubt(Cause.LIMIT, f"memo index {index:,}: a loader would allocate that much", self.place)
        self.memo[index] = self.top()

    def get(self, index: int) -> None:
        """Push what the memo holds; raises `BrokenError` where it holds nothing."""
        if index not in self.memo:
            raise BrokenError(f"memo entry {index} was never written", self.place)
        self.push(self.memo[index])

    def extend(self, items: list[object]) -> None:
        """APPEND(S), SETITEM(S), ADDITEMS."""
        target = self.top()
        if isinstance(target, list):
            target.extend(items)
        else:
            self.judge.change(target, items, self.place)
