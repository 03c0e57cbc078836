"""YAML text to tables that know their lines, built from the parser's events: nothing is constructed, every scalar stays the
text it is written as (`1.10` is no number), nothing recurses, and aliases, depth and size are bounded.

YAML 1.1 as libyaml reads it. An alias shares the value it names, so a few of them cannot blow up a document; documents with
many are refused, as are aliases to an enclosing value (cycles).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlsupply.inventory.parsing import gap
from mlsupply.model import Gap, Reason

MAX_BYTES = 32 << 20  # characters of one document
MAX_NODES = 2_000_000
MAX_DEPTH = 64
MAX_ALIASES = 10
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class Table(dict[str, Any]):
    """A mapping; `line` is where it starts."""

    line = 0


class Rows(list[Any]):
    """A sequence; `lines` holds the line of each item."""

    lines: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.lines = []


class _RefusedError(Exception):
    """The document is not taken. Its text says why."""

    def __init__(self, reason: Reason, words: str, line: int) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words
        self.line = line


def yaml_of(path: str, text: str) -> Any | Gap:
    """The first document: `Table`, `Rows`, text or None; or a gap with the line where it ends."""
    import yaml  # compiled through libyaml; imported only when a YAML file is read

    if len(text) > MAX_BYTES:
        return gap(path, Reason.LIMIT, f"YAML longer than {MAX_BYTES:,} characters is not read")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _built(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        line = _line_of(error, text)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        return gap(path, Reason.MALFORMED, f"not YAML: {problem}", line, "fix it, or let its tool write it again")
    except _RefusedError as refused:
        return gap(path, refused.reason, refused.words, refused.line, "write the file without it")


def _line_of(error: Exception, text: str) -> int:
    """Of a character that YAML does not allow only the place among the bytes is told, not the line."""
    mark, place = getattr(error, "problem_mark", None), getattr(error, "position", None)
    if mark is not None:
        return int(mark.line) + 1
    return text.encode(errors="replace").count(b"\n", 0, place) + 1 if isinstance(place, int) else 0


class _Builder:
    """Puts values where they belong: into the sequence or under the pending key of the innermost open collection."""

    def __init__(self) -> None:
        self.document: Any = None
        self.open: list[Table | Rows] = []
        self.keys: list[str | None] = []
        self.anchors: dict[str, Any] = {}
        self.names: list[str | None] = []
        self.nodes = 0
        self.aliases = 0

    def put(self, value: Any, line: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _RefusedError(Reason.LIMIT, f"YAML of more than {MAX_NODES:,} values is not read", line)
        if not self.open:
            self.document = value
            return
        inner = self.open[-1]
        if isinstance(inner, Rows):
            inner.append(value)
            inner.lines.append(line)
        elif (key := self.keys[-1]) is not None:
            inner[key] = value
            self.keys[-1] = None
        elif isinstance(value, str) or value is None:
            self.keys[-1] = value or ""
        else:
            raise _RefusedError(Reason.MALFORMED, "a key of the document is not text", line)

    def start(self, collection: Table | Rows, anchor: str | None, line: int) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise _RefusedError(Reason.LIMIT, f"YAML nested deeper than {MAX_DEPTH} levels is not read", line)
        self.put(collection, line)
        self.open.append(collection)
        self.keys.append(None)
        self.names.append(anchor)

    def end(self) -> None:
        collection, name = self.open.pop(), self.names.pop()
        self.keys.pop()
        if name:
            self.anchors[name] = collection

    def alias(self, name: str, line: int) -> None:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise _RefusedError(Reason.LIMIT, f"YAML with more than {MAX_ALIASES} aliases is not read", line)
        if name not in self.anchors:
            raise _RefusedError(Reason.MALFORMED, "an alias points into itself or nowhere", line)
        self.put(self.anchors[name], line)


def _built(events: Iterable[Any]) -> Any:
    import yaml

    builder = _Builder()
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            plain_null = event.implicit[0] and event.value in _NULLS
            value = None if plain_null else event.value
            builder.put(value, event.start_mark.line + 1)
            if event.anchor:
                builder.anchors[event.anchor] = value
        elif kind is yaml.MappingStartEvent:
            table = Table()
            table.line = event.start_mark.line + 1
            builder.start(table, event.anchor, table.line)
        elif kind is yaml.SequenceStartEvent:
            builder.start(Rows(), event.anchor, event.start_mark.line + 1)
        elif kind is yaml.AliasEvent:
            builder.alias(event.anchor, event.start_mark.line + 1)
        elif kind in {yaml.MappingEndEvent, yaml.SequenceEndEvent}:
            builder.end()
        elif kind is yaml.DocumentEndEvent:
            break
    return builder.document
