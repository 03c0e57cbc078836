"""The opcodes of pickle protocols 0 to 5 as CPython's C unpickler reads them, without their effects.

Sources: PEP 307, PEP 3154, PEP 574 and Lib/pickletools.py of CPython for the arguments; Modules/_pickle.c for the order
in which a loader acts.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import partial

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, OverBudgetError
from mlsupply.evidence.models.machine import Machine
from mlsupply.evidence.models.values import BUFFER, NUMBER

_RUN = re.compile(rb"(?:K[\s\S]|M[\s\S]{2}|J[\s\S]{4}|G[\s\S]{8}|[N\x88\x89]){8,4096}")
_ITEM = re.compile(rb"K[\s\S]|M[\s\S]{2}|J[\s\S]{4}|G[\s\S]{8}|[N\x88\x89]")
_RUN_HEADS = frozenset(b"KMJGN\x88\x89")
_LONGEST = 4000  # digits of an integer that is converted

Handler = Callable[[Machine], None]


def run(machine: Machine) -> int:
    """Read to STOP; gives the offset after it. Raises `BrokenError`, `OverBudgetError`, the machine where it
    stopped."""
    look = machine.look
    left = start = look.limits.opcodes - look.opcodes
    try:
        while not machine.done:
            left -= _step(machine)
            if left <= 0:
                raise OverBudgetError(f"more than {look.limits.opcodes:,} opcodes")
    except (IndexError, struct.error) as error:
        raise BrokenError("an opcode finds too little on the stack", machine.place) from error
    finally:
        look.opcodes += start - left
    return machine.place


def _step(machine: Machine) -> int:
    """One opcode, or one long run of numbers; gives what it costs."""
    data, at = machine.data, machine.at
    if at >= machine.end:
        raise BrokenError("the stream ends without STOP", machine.place, Cause.TRUNCATED)
    code = data[at]
    if code in _RUN_HEADS and (found := _RUN.match(data, at, machine.end)):
        count = len(_ITEM.findall(data, at, found.end()))
        machine.hold(count)
        machine.stack.extend([NUMBER] * count)
        machine.at = found.end()
        return 1 + count // 8
    handler = _TABLE[code]
    if handler is None:
        raise BrokenError(f"byte 0x{code:02x} is no opcode", machine.place)
    machine.at = at + 1
    handler(machine)
    return 1


def _text(m: Machine) -> str:
    try:
        return m.line().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenError("a name that is not UTF-8", m.place) from error


def _integer(m: Machine, base: int) -> None:
    raw = m.line().strip()
    if base == 0 and raw in {b"00", b"01"}:
        return m.push(raw == b"01")
    if len(raw) > _LONGEST:
        return m.push(NUMBER)
    try:
        return m.push(int(raw.rstrip(b"L") or b"0", base))
    except ValueError as error:
        raise BrokenError("an integer that is none", m.place) from error


def _float(m: Machine) -> None:
    try:
        m.push(float(m.line()))
    except ValueError as error:
        raise BrokenError("a number that is none", m.place) from error


def _unicode(raw: bytes) -> str:
    return raw.decode("raw-unicode-escape", "replace")


def _string(m: Machine) -> None:
    def decoded(line: bytes) -> str:
        raw = line.strip()
        if len(raw) < 2 or raw[:1] != raw[-1:] or raw[:1] not in {b"'", b'"'}:
            raise BrokenError("a string without quotes", m.place)
        body = raw[1:-1]
        return _unescaped(body, m.place) if b"\\" in body else body.decode("latin-1")

    m.push_line(decoded)


def _unescaped(raw: bytes, place: int) -> str:
    """A STRING argument with the escapes of a bytes literal, as the loader reads it. Raises `BrokenError`."""
    import codecs
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # an escape that Python does not know stays as it is
        try:
            return codecs.escape_decode(raw)[0].decode("latin-1")
        except ValueError as error:
            raise BrokenError("a string with a broken escape", place) from error


def _long(m: Machine, shape: str, size: int) -> None:
    count = m.number(shape, size)
    start = m.take(count)
    m.push(int.from_bytes(m.data[start : start + count], "little", signed=True) if count <= 64 else NUMBER)


def _sized(m: Machine, shape: str, size: int, *, text: bool) -> None:
    count = m.number(shape, size)
    if text:
        m.push_text(count)
    else:
        m.push_bytes(count)


def _proto(m: Machine) -> None:
    m.proto = m.number("<B", 1)
    if m.proto > 5:
        raise BrokenError(f"protocol {m.proto} does not exist", m.place)


def _frame(m: Machine) -> None:
    size = m.number("<Q", 8)
    if m.at < m.frame:
        m.look.doubt(Cause.MALFORMED, "a frame begins inside another", m.place)
    if m.at + size > m.end:
        raise BrokenError(f"a frame of {size:,} bytes reaches past the end", m.place, Cause.TRUNCATED)
    m.frame = m.at + size


def _stop(m: Machine) -> None:
    m.result = m.stack.pop()
    m.done = True


def _mark(m: Machine) -> None:
    m.metastack.append(m.stack)
    m.stack = []
    m.hold(1)


def _pop(m: Machine) -> None:
    if m.stack:
        m.stack.pop()
    else:
        m.pop_mark()


def _pop_mark(m: Machine) -> None:
    m.pop_mark()


def _global(m: Machine) -> None:
    module = _text(m)
    m.refer(module, _text(m))


def _stack_global(m: Machine) -> None:
    name = m.stack.pop()
    m.refer(m.stack.pop(), name)


def _reduce(m: Machine) -> None:
    args = m.stack.pop()
    m.call(m.stack.pop(), args)


def _inst(m: Machine) -> None:
    module = _text(m)
    name = _text(m)
    args = tuple(m.pop_mark())
    m.refer(module, name)
    m.call(m.stack.pop(), args)


def _obj(m: Machine) -> None:
    target, *args = m.pop_mark()
    m.call(target, tuple(args))


def _newobj(m: Machine) -> None:
    args = m.stack.pop()
    m.call(m.stack.pop(), args, new=True)


def _newobj_ex(m: Machine) -> None:
    kwargs = m.stack.pop()
    args = m.stack.pop()
    joined = (*args, kwargs) if isinstance(args, tuple) and len(args) < 1000 else args
    m.call(m.stack.pop(), joined, new=True)


def _build(m: Machine) -> None:
    state = m.stack.pop()
    m.judge.build(m.top(), state, m.place)
    if m.after_build:
        m.after_build(m, state)


def _collect(m: Machine, make: Callable[[list[object]], object]) -> None:
    m.push(make(m.pop_mark()))


def _tuple_of(m: Machine, count: int) -> None:
    items = tuple(m.stack[-count:])
    if len(items) < count:
        raise IndexError
    m.stack[-count:] = [items]


def _extend(m: Machine, count: int) -> None:
    items = m.stack[-count:]
    if len(items) < count:
        raise IndexError
    del m.stack[-count:]
    m.extend(items)


def _extend_marked(m: Machine) -> None:
    m.extend(m.pop_mark())


def _line_index(m: Machine) -> int:
    try:
        return int(m.line())
    except ValueError as error:
        raise BrokenError("a memo index that is no number", m.place) from error


def _pushes(value: object) -> Handler:
    return lambda m: m.push(value)


def _number(shape: str, size: int) -> Handler:
    return lambda m: m.push(m.number(shape, size))


_HANDLERS: dict[bytes, Handler] = {
    b"(": _mark,
    b".": _stop,
    b"0": _pop,
    b"1": _pop_mark,
    b"2": lambda m: m.push(m.top()),
    b"F": _float,
    b"I": partial(_integer, base=0),
    b"L": partial(_integer, base=10),
    b"J": _number("<i", 4),
    b"K": _number("<B", 1),
    b"M": _number("<H", 2),
    b"G": _number(">d", 8),
    b"N": _pushes(None),
    b"\x88": _pushes(True),
    b"\x89": _pushes(False),
    b"P": lambda m: m.push(m.judge.persistent(_text(m), m.place)),
    b"Q": lambda m: m.push(m.judge.persistent(m.stack.pop(), m.place)),
    b"R": _reduce,
    b"S": _string,
    b"T": partial(_sized, shape="<i", size=4, text=True),
    b"U": partial(_sized, shape="<B", size=1, text=True),
    b"B": partial(_sized, shape="<I", size=4, text=False),
    b"C": partial(_sized, shape="<B", size=1, text=False),
    b"\x8e": partial(_sized, shape="<Q", size=8, text=False),
    b"\x96": partial(_sized, shape="<Q", size=8, text=False),
    b"V": lambda m: m.push_line(_unicode),
    b"X": partial(_sized, shape="<I", size=4, text=True),
    b"\x8c": partial(_sized, shape="<B", size=1, text=True),
    b"\x8d": partial(_sized, shape="<Q", size=8, text=True),
    b"a": partial(_extend, count=1),
    b"s": partial(_extend, count=2),
    b"e": _extend_marked,
    b"u": _extend_marked,
    b"\x90": _extend_marked,
    b"b": _build,
    b"c": _global,
    b"\x93": _stack_global,
    b"i": _inst,
    b"o": _obj,
    b"\x81": _newobj,
    b"\x92": _newobj_ex,
    b"d": partial(_collect, make=list),
    b"l": partial(_collect, make=list),
    b"t": partial(_collect, make=tuple),
    b"\x91": partial(_collect, make=list),
    b"}": lambda m: m.push([]),
    b"]": lambda m: m.push([]),
    b"\x8f": lambda m: m.push([]),
    b")": _pushes(()),
    b"\x85": partial(_tuple_of, count=1),
    b"\x86": partial(_tuple_of, count=2),
    b"\x87": partial(_tuple_of, count=3),
    b"g": lambda m: m.get(_line_index(m)),
    b"h": lambda m: m.get(m.number("<B", 1)),
    b"j": lambda m: m.get(m.number("<I", 4)),
    b"p": lambda m: m.put(_line_index(m)),
    b"q": lambda m: m.put(m.number("<B", 1)),
    b"r": lambda m: m.put(m.number("<I", 4)),
    b"\x94": lambda m: m.put(len(m.memo)),
    b"\x80": _proto,
    b"\x95": _frame,
    b"\x82": lambda m: m.extension(m.number("<B", 1)),
    b"\x83": lambda m: m.extension(m.number("<H", 2)),
    b"\x84": lambda m: m.extension(m.number("<i", 4)),
    b"\x8a": partial(_long, shape="<B", size=1),
    b"\x8b": partial(_long, shape="<i", size=4),
    b"\x97": _pushes(BUFFER),
    b"\x98": lambda m: None,
}
_TABLE = [_HANDLERS.get(bytes([code])) for code in range(256)]
