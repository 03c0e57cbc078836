"""Pickle files: one stream or several, what follows them, torch's legacy layout, joblib's arrays inside the stream."""

from __future__ import annotations

import re
import struct
from contextlib import suppress

from mlsupply.evidence.models.calls import Judge
from mlsupply.evidence.models.facts import Cause, Verdict
from mlsupply.evidence.models.looking import BrokenError, Limits, Look, OverBudgetError, Span
from mlsupply.evidence.models.machine import Machine
from mlsupply.evidence.models.opcodes import run
from mlsupply.evidence.models.values import Global, Made, weight
from mlsupply.text import safe

TORCH_MAGIC = 0x1950A86A20F9469CFC6C  # first object of torch.save's format before 1.6
_PADDING = re.compile(rb"[\x00\s]*")
_PADDED = 1 << 20  # bytes of padding looked through
_STREAMS = 10_000
_VALUES = 50_000_000  # values an object may hold, shared parts counted wherever they stand
_DEPTH = 3_000  # pickle's own writers stop at Python's recursion limit, 1,000 by default
_FIELDS = 5_000  # of a dtype that are looked at; one with more counts as one with objects
_PROBE = Limits(opcodes=20_000, members=20)
_CANDIDATE = re.compile(rb"\x80[\x02-\x05][\s\S]|c[a-z_][a-z0-9_.]{1,60}\n[A-Za-z_][\w.]{0,60}\n")
_PROBED = 400_000  # opcodes in all that are followed from places where a hidden pickle may begin
_PROBE_COSTS = 50  # opcodes that a beginning counts for at least
SEARCHED = 32 << 20  # bytes looked through for a pickle that is hidden


class Stream:
    """Runs streams of one file one after the other."""

    def __init__(self, span: Span, look: Look, *, torch: bool = False, script: bool = False) -> None:
        self.span = span
        self.look = look
        self.at = 0
        self.judge = Judge(look, self.nested, torch=torch, script=script)
        self.machine: Machine | None = None

    def next(self) -> bool:
        """Judge the stream that begins at `at`. False where it broke off, which is marked."""
        machine = Machine(self.span.sub(self.at), self.look, self.judge, _after_build)
        self.machine = machine
        start, marked = self.at, len(self.look.marks)
        try:
            run(machine)
        except BrokenError as error:
            where = start + max(error.offset, 0)
            self.look.doubt(error.cause, f"the pickle is broken: {error.detail}; judged up to there", where)
            if error.cause is Cause.MALFORMED:
                self._behind_the_break(marked, where)
            return False
        except OverBudgetError as error:
            self.look.doubt(Cause.LIMIT, f"the pickle was judged up to byte {start + machine.place}: {error}", start)
            return False
        finally:
            self.at = start + machine.place
        self._weigh(machine.result, start)
        return True

    def _behind_the_break(self, marked: int, where: int) -> None:
        """What a broken stream refers to was to be called: no library writes such a name into a file. marked: before it."""
        for mark in self.look.marks[marked:]:
            if mark.cause is Cause.REFERENCE:
                self.look.block(Cause.REFERENCE, f"{mark.detail}, and the pickle is broken after that", where)
                return

    def _weigh(self, result: object, offset: int) -> None:
        values, depth = weight(result, _DEPTH)
        if values > _VALUES:
            words = f"shares parts so that walking it meets more than {_VALUES:,} values: a bomb"
            self.look.doubt(Cause.LIMIT, f"the object {words}", offset)
        if depth > _DEPTH:
            self.look.doubt(
                Cause.LIMIT, f"the object is nested more than {_DEPTH:,} deep, deeper than pickle writes", offset
            )

    @property
    def result(self) -> object:
        """What the stream builds, None where it did not end."""
        return self.machine.result if self.machine else None

    def nested(self, span: Span, words: str) -> None:
        """Look at bytes the stream carries as a file of their own. words: what carries them."""
        from mlsupply.evidence.models.dispatch import enter

        enter(span, self.look, words)


def look_at_pickle(span: Span, look: Look, *, torch: bool = False, script: bool = False) -> None:
    """Judge all streams of a pickle file, and say what lies behind them."""
    stream = Stream(span, look, torch=torch, script=script)
    if not stream.next():
        return
    if stream.result == TORCH_MAGIC:
        _legacy_torch(span, look, stream)
        return
    for _ in range(_STREAMS):
        rest = span.sub(stream.at)
        padding = _padding(rest)
        if padding == rest.size:
            if padding > 16:
                look.notes.append(f"{padding} bytes of padding after the pickle")
            return
        if not is_pickle(rest.sub(padding)):
            _remainder(rest.sub(padding), look, stream.at + padding)
            return
        stream.at += padding
        if not stream.next():
            return


def _padding(rest: Span) -> int:
    """Length of the zero bytes or white space the span begins with, as far as it is looked through."""
    found = _PADDING.match(rest.data, rest.start, min(rest.end, rest.start + _PADDED))
    return found.end() - rest.start if found else 0


def _remainder(rest: Span, look: Look, offset: int) -> None:
    """Bytes after the last stream that are no further stream."""
    from mlsupply.evidence.models.dispatch import enter, is_archive

    look.doubt(Cause.TRAILING, f"{rest.size:,} bytes after the end of the pickle", offset)
    if is_archive(rest):
        enter(rest, look, f"after byte {offset}")
    else:
        search(rest, look, offset)


def _legacy_torch(span: Span, look: Look, stream: Stream) -> None:
    """torch.save before 1.6: magic, protocol version, system, the object, storage keys (pickles), raw storages."""
    look.notes.append("torch legacy format")
    stream.judge = judge = Judge(look, stream.nested, torch=True)
    for _ in range(3):
        if not stream.next():
            return
    if not stream.next():
        return
    keys = stream.result
    sizes = dict(judge.storages)
    at = stream.at
    for key in keys if isinstance(keys, list) else ():
        header = span.read(at, 8)
        if len(header) < 8:
            look.doubt(Cause.TRUNCATED, "the file ends before its last storage", at)
            return
        at += 8 + struct.unpack("<q", header)[0] * sizes.get(str(key), 1)
        if at > span.size or at < stream.at:
            look.doubt(Cause.TRUNCATED, "a storage is larger than the file", span.size)
            return
    if at < span.size:
        _remainder(span.sub(at), look, at)


def _after_build(machine: Machine, state: object) -> None:
    """joblib writes an array's bytes into the stream, behind the BUILD of its wrapper (`NumpyArrayWrapper.read`)."""
    target = machine.top()
    if not (isinstance(target, Made) and isinstance(target.maker, Global)):
        return
    name = target.maker.name
    if name == "dtype" and target.maker.module == "numpy":
        if _holds_objects(state):
            machine.object_types.add(id(target))
    elif "joblib" in target.maker.module and name in {"NDArrayWrapper", "ZNDArrayWrapper"}:
        _array_beside(machine, state)
    elif "joblib" in target.maker.module and name == "NumpyArrayWrapper" and isinstance(state, list):
        _skip_array(machine, dict(zip(map(str, state[::2]), state[1::2], strict=False)))


def _array_beside(machine: Machine, state: object) -> None:
    """joblib's old format: the array lies in a file that the stream names, unpickled where it holds objects."""
    values = dict(zip(map(str, state[::2]), state[1::2], strict=False)) if isinstance(state, list) else {}
    file = str(values.get("filename", ""))
    if re.search(r"[/\\:]", file) or file == "..":
        machine.look.block(
            Cause.PATH, f"an array is read from {safe(file, 120)!r}, outside the model's folder", machine.place
        )
    words = "the array lies in a file beside this one, in joblib's old format"
    machine.look.doubt(Cause.UNSUPPORTED, words, machine.place)


def _skip_array(machine: Machine, state: dict[str, object]) -> None:
    kind = state.get("dtype")
    code = kind.args[0] if isinstance(kind, Made) and isinstance(kind.args, tuple) and kind.args else None
    shape = state.get("shape")
    found = re.fullmatch(r"[<>=|]?([?a-zA-Z])(\d{0,9})", code) if isinstance(code, str) else None
    if found is None or not isinstance(shape, tuple):
        raise BrokenError("an array whose type or shape cannot be told: its bytes follow in the stream", machine.place)
    if found[1] == "O" or id(kind) in machine.object_types:
        inner = Machine(Span(machine.data, machine.at, machine.end), machine.look, machine.judge, _after_build)
        run(inner)
        machine.called += inner.called
        machine.at = inner.at
        return
    if state.get("numpy_array_alignment_bytes") is not None:
        machine.take(machine.number("<B", 1))
    machine.take(_count(shape, machine) * _width(found[1], found[2]))


def _count(shape: tuple[object, ...], machine: Machine) -> int:
    count = 1
    for side in shape:
        if not isinstance(side, int) or side < 0 or side > 1 << 48:
            raise BrokenError("an array whose shape is no shape", machine.place)
        count *= side
    return count


def _width(kind: str, digits: str) -> int:
    """Bytes an element of a numpy type code: `f8`, `U10` (four bytes a character), `V16`."""
    plain = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "q": 8, "Q": 8, "e": 2, "f": 4, "d": 8}
    size = int(digits) if digits else plain.get(kind, 8)
    return size * 4 if kind == "U" else size


def _holds_objects(state: object, depth: int = 0) -> bool:
    """Whether a dtype's state has a field of Python objects."""
    if isinstance(state, Made):
        return isinstance(state.args, tuple) and bool(state.args) and str(state.args[0]).lstrip("|<>=").startswith("O")
    if isinstance(state, tuple | list) and depth < 4:
        return len(state) > _FIELDS or any(_holds_objects(item, depth + 1) for item in state)
    return False


def probe(span: Span) -> tuple[Machine, Look]:
    """Run a stream beside the report, on a small budget; gives the machine where it stopped and what was marked."""
    look = Look(_PROBE)
    machine = Machine(span, look, Judge(look, lambda nested, words: None, torch=True))
    with suppress(BrokenError, OverBudgetError):  # the caller asks the machine how far it came
        run(machine)
    return machine, look


def is_pickle(span: Span) -> bool:
    """Whether a loader of pickles would act on these bytes: a protocol byte, or a stream without one that ends where the
    bytes end or comes as far as a call."""
    head = span.read(0, 2)
    if len(head) == 2 and head[0] == 0x80 and head[1] <= 5:
        return True
    if not head or head[:1] not in _FIRST:
        return False
    machine, look = probe(span)
    if machine.called or any(mark.verdict is Verdict.BLOCKED or mark.cause is Cause.REFERENCE for mark in look.marks):
        return True
    return machine.done and (machine.globals > 0 or span.size - machine.place <= 2)


def ends_with_it(span: Span) -> bool:
    """Whether one stream takes the whole span."""
    machine, _ = probe(span)
    return machine.done and machine.place == span.size


_FIRST = {
    bytes([code])
    for code in b"(.012FIJKLMNPQSTUVXBGabcdeghijlopqrstu}])\x82\x83\x84\x85\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x97"
}


def search(span: Span, look: Look, offset: int) -> bool:
    """Look for streams hidden in bytes that are something else; a doubt where one would call anything, or where there are
    more beginnings than are followed."""
    left = _PROBED
    for found in _CANDIDATE.finditer(span.data, span.start, min(span.end, span.start + SEARCHED)):
        machine, seen = probe(Span(span.data, found.start(), span.end))
        if machine.called and (machine.done or any(mark.verdict is Verdict.BLOCKED for mark in seen.marks)):
            at = offset + found.start() - span.start
            why = seen.marks[0].detail if seen.marks else "calls"
            look.doubt(Cause.DISGUISE, f"a pickle begins at byte {at}: it {why}", at)
            return True
        left -= max(seen.opcodes, _PROBE_COSTS)
        if left < 0:
            at = offset + found.start() - span.start
            look.doubt(Cause.LIMIT, f"too many places where a pickle may begin: followed up to byte {at:,}", at)
            return True
    return False
