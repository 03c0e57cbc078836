"""YAML text to tables that know their lines, built from the parser's events: nothing is constructed, every scalar stays the
text it is written as (`1.10` is no number), nothing recurses, and aliases, depth and size are bounded.

YAML 1.1 as libyaml reads it; tags mean nothing here (GitLab's `!reference [a, b]` is a list of two). An alias shares the
value it names, and a merge key (`<<`) adds what the table does not set itself. Whoever walks a document meets a shared value
once for each alias, so what aliases repeat is counted, its depth at each place too; an alias to an enclosing value (a cycle)
is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mlsupply.inventory.parsing import gap
from mlsupply.model import Gap, Reason
from mlsupply.named import NamedTuple

MAX_BYTES = 32 << 20  # characters of one file
MAX_NODES = 2_000_000
MAX_DEPTH = 64
MAX_REPEATED = 200_000  # values that aliases and merge keys add to those that are written; a long text counts as several
MAX_DOCUMENTS = 1_000  # of one file
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"
_LONG = 6  # a text counts once more for every 64 characters, as a power of two
_BLOCKS = ("|", ">")  # styles whose text begins on the next line


class Table(dict[str, Any]):
    """A mapping. line: where it starts; lines: where the text of each value begins; again: (key, value, line) of what stands
    under a key that is set once more further on, which most tools refuse or leave out."""

    __slots__ = ("again", "line", "lines")

    def __init__(self, line: int = 0) -> None:
        self.line = line
        self.lines: dict[str, int] = {}
        self.again: list[tuple[str, Any, int]] | tuple[()] = ()


class Rows(list[Any]):
    """A sequence; `lines` holds the line on which the text of each item begins."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: list[int] = []


class _RefusedError(Exception):
    """The document is not taken. Its text says why."""

    def __init__(self, reason: Reason, words: str, line: int) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words
        self.line = line


def yaml_of(path: str, text: str) -> Any | Gap:
    """The first document: `Table`, `Rows`, text or None; or a gap with the line where it ends."""
    return next(documents_of(path, text), None)


def documents_of(path: str, text: str) -> Iterator[Any | Gap]:
    """Every document of a file, as `yaml_of` has it. Where one is no YAML, or more than is read, its gap is the last."""
    import yaml  # compiled through libyaml; imported only when a YAML file is read

    if len(text) > MAX_BYTES:
        yield gap(path, Reason.LIMIT, f"YAML longer than {MAX_BYTES:,} characters is not read")
        return
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        yield from _built(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        line = _line_of(error, text)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        yield gap(path, Reason.MALFORMED, f"not YAML: {problem}", line, "fix it, or let its tool write it again")
    except _RefusedError as refused:
        yield gap(path, refused.reason, refused.words, refused.line, "write the file without it")


def _line_of(error: Exception, text: str) -> int:
    """Of a character that YAML does not allow only the place among the bytes is told, not the line."""
    mark, place = getattr(error, "problem_mark", None), getattr(error, "position", None)
    if mark is not None:
        return int(mark.line) + 1
    return text.encode(errors="replace").count(b"\n", 0, place) + 1 if isinstance(place, int) else 0


class _Named(NamedTuple):
    """What an anchor names. size: of the value, with all that aliases repeat in it; depth: of collections in it."""

    value: Any
    size: int
    depth: int


class _Open:
    """A collection that is being read. before: values of the document when it began, each as often as aliases repeat it;
    depth: of what it holds so far, as `_Named` has it."""

    __slots__ = ("anchor", "before", "depth", "held", "key")

    def __init__(self, held: Table | Rows, anchor: str | None, before: int) -> None:
        self.held = held
        self.anchor = anchor
        self.before = before
        self.key: str | None = None
        self.depth = 1


class _Builder:
    """Puts values where they belong: into the sequence or under the pending key of the innermost open collection."""

    def __init__(self) -> None:
        self.document: Any = None
        self.open: list[_Open] = []
        self.anchors: dict[str, _Named] = {}
        self.nodes = 0
        self.long = 0  # what long texts count more
        self.repeated = 0
        self.documents = 0

    def begin(self, line: int) -> None:
        """A document, with anchors of its own."""
        self.documents += 1
        if self.documents > MAX_DOCUMENTS:
            raise _RefusedError(Reason.LIMIT, f"more than {MAX_DOCUMENTS:,} YAML documents in a file are not read", line)
        self.document = None
        self.anchors = {}

    def put(self, value: Any, line: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _RefusedError(Reason.LIMIT, f"YAML of more than {MAX_NODES:,} values is not read", line)
        if not self.open:
            self.document = value
            return
        inner = self.open[-1]
        held = inner.held
        if isinstance(held, Rows):
            held.append(value)
            held.lines.append(line)
        elif (key := inner.key) is not None:
            if key in held:
                held.again = held.again or []
                held.again.append((key, held[key], held.lines[key]))
            held[key] = value
            held.lines[key] = line
            inner.key = None
        elif isinstance(value, str) or value is None:
            inner.key = value or ""
        else:
            raise _RefusedError(Reason.MALFORMED, "a key of the document is not text", line)

    def start(self, collection: Table | Rows, anchor: str | None, line: int) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise _RefusedError(Reason.LIMIT, f"YAML nested deeper than {MAX_DEPTH} levels is not read", line)
        self.put(collection, line)
        self.open.append(_Open(collection, anchor, self._size()))

    def end(self) -> None:
        inner = self.open.pop()
        if isinstance(inner.held, Table) and _MERGE in inner.held:
            _merge(inner.held)
        if inner.anchor:
            self.anchors[inner.anchor] = _Named(inner.held, self._size() - inner.before + 1, inner.depth)
        self._contain(inner.depth)

    def _size(self) -> int:
        """What the document holds so far, as `_Named` has it."""
        return self.nodes + self.long + self.repeated

    def _contain(self, depth: int) -> None:
        """Have the innermost open collection know how deep what it holds is."""
        if self.open:
            self.open[-1].depth = max(self.open[-1].depth, depth + 1)

    def alias(self, name: str, line: int) -> None:
        named = self.anchors.get(name)
        if named is None:
            raise _RefusedError(Reason.MALFORMED, "an alias points into itself or nowhere", line)
        self.repeated += named.size
        if self.repeated > MAX_REPEATED:
            raise _RefusedError(
                Reason.LIMIT, f"YAML whose aliases repeat more than {MAX_REPEATED:,} values is not read", line
            )
        if len(self.open) + named.depth > MAX_DEPTH:
            raise _RefusedError(Reason.LIMIT, f"YAML nested deeper than {MAX_DEPTH} levels is not read", line)
        self.put(named.value, line)
        self._contain(named.depth)


def _merge(table: Table) -> None:
    """Add what the merge key gives and the table does not set: of several tables the first one counts. What it gives was
    counted where the alias stands, so this makes no document larger than that."""
    given = [value for key, value, _ in table.again if key == _MERGE]
    given.append(table.pop(_MERGE))
    del table.lines[_MERGE]
    table.again = [one for one in table.again if one[0] != _MERGE]
    for value in given:
        for one in value if isinstance(value, Rows) else [value]:
            if isinstance(one, Table) and one is not table:
                for key in [key for key in one if key not in table]:
                    table[key] = one[key]
                    table.lines[key] = one.lines[key]


def _built(events: Iterable[Any]) -> Iterator[Any]:
    from yaml import events as kinds

    builder = _Builder()
    put, ends = builder.put, {kinds.MappingEndEvent, kinds.SequenceEndEvent}
    scalar, mapping = kinds.ScalarEvent, kinds.MappingStartEvent
    for event in events:
        kind = type(event)
        if kind is scalar:
            text = event.value
            value = None if text in _NULLS and event.implicit[0] else text
            put(value, event.start_mark.line + 1 + (event.style in _BLOCKS))
            more = len(text) >> _LONG
            builder.long += more
            if event.anchor:
                builder.anchors[event.anchor] = _Named(value, 1 + more, 0)
        elif kind is mapping:
            line = event.start_mark.line + 1
            builder.start(Table(line), event.anchor, line)
        elif kind in ends:
            builder.end()
        elif kind is kinds.SequenceStartEvent:
            builder.start(Rows(), event.anchor, event.start_mark.line + 1)
        elif kind is kinds.AliasEvent:
            builder.alias(event.anchor, event.start_mark.line + 1)
        elif kind is kinds.DocumentStartEvent:
            builder.begin(event.start_mark.line + 1)
        elif kind is kinds.DocumentEndEvent:
            yield builder.document
