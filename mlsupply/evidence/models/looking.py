"""The state of one look at a file: the bytes in reach, the budget left, and what was seen.

Budgets come first: opcodes, expanded bytes, members and depth are counted before anything is materialised, so a hostile
file costs what `Limits` says and not what it asks for. A budget that runs out is a mark, never silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap

from mlsupply.evidence.models.facts import Cause, Mark, Verdict
from mlsupply.named import NamedTuple
from mlsupply.text import safe

Buffer = bytes | mmap


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one look at one file. opcodes: pickle opcodes judged one by one; expanded: bytes decompressed in all;
    member: bytes decompressed of one member; members: archive members opened; depth: archives within archives; ratio:
    expansion above which a pickle of over `ratio_from` bytes is not believed; json: bytes of a JSON text that is parsed."""

    opcodes: int = 1_000_000
    stack: int = 3_000_000
    expanded: int = 64 << 20
    member: int = 48 << 20
    members: int = 20_000
    depth: int = 6
    ratio: int = 200
    ratio_from: int = 1 << 20
    json: int = 24 << 20
    records: int = 300_000
    marks: int = 50


class OverBudgetError(Exception):
    """A budget ran out; the message says which. Caught where the member is entered, and turned into a mark."""


class BrokenError(Exception):
    """The bytes stop making sense at `offset`. Caught where the member is entered, and turned into a mark."""

    def __init__(self, detail: str, offset: int = -1, cause: Cause = Cause.MALFORMED) -> None:
        super().__init__(detail)
        self.detail = detail
        self.offset = offset
        self.cause = cause


class Span(NamedTuple):
    """Bytes `start` to `end` of a buffer that may be a mapped file: slicing reads only what is asked for."""

    data: Buffer
    start: int
    end: int

    @classmethod
    def of(cls, data: Buffer) -> Span:
        """The whole of a buffer."""
        return cls(data, 0, len(data))

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start

    def read(self, at: int, count: int) -> bytes:
        """Up to `count` bytes from `at` (relative to the span); short at its end."""
        first = self.start + max(at, 0)
        return bytes(self.data[first : min(first + max(count, 0), self.end)])

    def sub(self, at: int, count: int | None = None) -> Span:
        """The part from `at`, `count` bytes or to the end, never outside this span."""
        first = min(self.start + max(at, 0), self.end)
        last = self.end if count is None else min(first + max(count, 0), self.end)
        return Span(self.data, first, last)

    def find(self, what: bytes, at: int = 0, within: int | None = None) -> int:
        """Position of `what` relative to the span, -1 if it is not among `within` bytes from `at`."""
        stop = self.end if within is None else min(self.end, self.start + at + within)
        found = self.data.find(what, self.start + at, stop)
        return found - self.start if found >= 0 else -1

    def places(self, what: bytes) -> Iterator[int]:
        """Every position of `what` relative to the span, in order."""
        at = self.find(what)
        while at >= 0:
            yield at
            at = self.find(what, at + len(what))

    def startswith(self, *heads: bytes) -> bool:
        """Whether one of the heads stands at its beginning."""
        return any(self.read(0, len(head)) == head for head in heads)


@dataclass(slots=True)
class Look:
    """What one look has spent and seen; handed from format to format. size: of the file; path: members entered,
    outermost first."""

    limits: Limits = field(default_factory=Limits)
    size: int = 1 << 62
    marks: list[Mark] = field(default_factory=list)
    contents: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    path: tuple[str, ...] = ()
    opcodes: int = 0
    expanded: int = 0
    members: int = 0

    @property
    def member(self) -> str:
        """Where inside the file this is, containers from the outside in."""
        return "!/".join(self.path)

    def mark(self, verdict: Verdict, cause: Cause, detail: str, offset: int = -1, variant: str = "") -> None:
        """Note a reason; the same one twice is kept once, and of a flood only the beginning."""
        mark = Mark(verdict, cause, safe(detail, 400), self.member, offset, variant)
        room = self.limits.marks * (2 if verdict is Verdict.BLOCKED else 1)
        if len(self.marks) < room and mark not in self.marks:
            self.marks.append(mark)

    def block(self, cause: Cause, detail: str, offset: int = -1, variant: str = "") -> None:
        """Mark what loading would run. offset: from the start of the file, -1 where there is none; variant: as in `Mark`."""
        self.mark(Verdict.BLOCKED, cause, detail, offset, variant)

    def doubt(self, cause: Cause, detail: str, offset: int = -1) -> None:
        """Mark what could not be verified. offset: from the start of the file, -1 where there is none."""
        self.mark(Verdict.NOT_VERIFIED, cause, detail, offset)

    def saw(self, kind: str) -> None:
        """Note the format of the member that is being looked at."""
        if len(self.contents) < 1000:
            self.contents.append((self.member, kind))

    def entering(self) -> None:
        """Count a member. Raises `OverBudgetError`."""
        self.members += 1
        if self.members > self.limits.members:
            raise OverBudgetError(f"more than {self.limits.members:,} members")
        if len(self.path) > self.limits.depth:
            raise OverBudgetError(f"archives nested more than {self.limits.depth} deep")

    @property
    def exhausted(self) -> bool:
        """Whether a budget of the whole look has run out: then further members are not opened."""
        bomb = self.expanded > 8 * self.limits.ratio_from and self.expanded > self.limits.ratio * self.size
        return bomb or self.expanded >= self.limits.expanded or self.members > self.limits.members

    def room(self, packed: int) -> int:
        """How many bytes `packed` compressed ones may become here: no more than is left, and not a bomb.
        Raises `OverBudgetError` where nothing is left."""
        if self.exhausted:
            raise OverBudgetError(f"expands to more than {self.expanded:,} bytes in all")
        believable = max(self.limits.ratio_from, self.limits.ratio * packed)
        return max(1, min(self.limits.member, self.limits.expanded - self.expanded, believable))

    def cut(self, size: int, packed: int, what: str) -> None:
        """Say why expansion stopped at `size` bytes: the end was damaged, the budget ran out, or it is a bomb."""
        if size < self.room(packed):
            self.doubt(Cause.TRUNCATED, f"{what} is cut off; judged as far as it goes", size)
        elif size > self.limits.ratio * packed // 2:
            self.doubt(Cause.LIMIT, f"{what} expands more than {size // max(packed, 1)}-fold: a bomb", size)
        else:
            self.doubt(Cause.LIMIT, f"{what} expands to more than {size:,} bytes; judged up to there", size)

    def spend(self, count: int) -> None:
        """Count expanded bytes. Raises `OverBudgetError`."""
        self.expanded += count
        if self.expanded > self.limits.expanded:
            raise OverBudgetError(f"expands to more than {self.limits.expanded:,} bytes")
