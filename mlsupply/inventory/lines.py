"""The line of a value in a TOML file whose parser does not say it. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from mlsupply.lazy import expression


class Locator:
    """Finds values in one text. A value asked for twice is found at its next occurrence, so that asking in the order of
    the document gives each line once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] = []
        self._anchors: dict[tuple[str, ...], int] = {}
        self._last: dict[tuple[str, int], int] = {}
        self._indexed = False
        self._headers: dict[tuple[str, ...], int] = {}
        self._keys: dict[str, list[int]] = {}
        self._strings: dict[str, list[int]] | None = None

    def line_at(self, offset: int) -> int:
        """The line (from 1) of a character offset; 0 for offset -1 (not found)."""
        if offset < 0:
            return 0
        if not self._starts:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        return bisect_right(self._starts, offset)

    def quoted(self, value: str, *table: str) -> int:
        """The line of the string below `table`, 0 where it is not written plainly."""
        anchor = self._anchor(table)
        after = self._last.get((value, anchor), anchor)
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        found = [at for form in (f'"{escaped}"', f"'{value}'") if (at := self._string(form, after)) >= 0]
        if not found:
            at = self._last.get((value, anchor), -1)
            return self.line_at(at - 1 if at > 0 else anchor if table else -1)
        at = min(found)
        self._last[(value, anchor)] = at + 1
        return self.line_at(at)

    def key(self, name: str, *table: str) -> int:
        """The line where `table` sets `name`, 0 where that cannot be seen."""
        return self.line_at(self._key(name, self._anchor(table)))

    def table(self, *table: str) -> int:
        """The line of the table's header, or of the key that opens it."""
        return self.line_at(self._anchor(table)) if table else 0

    def _anchor(self, table: tuple[str, ...]) -> int:
        """Offset of the longest written header of the table, then of the keys that remain."""
        if table not in self._anchors:
            self._anchors[table] = self._find_anchor(table)
        return self._anchors[table]

    def _find_anchor(self, table: tuple[str, ...]) -> int:
        if not self._indexed:
            self._index()
        at, rest = 0, table
        for length in range(len(table), 0, -1):
            if table[:length] in self._headers:
                at, rest = self._headers[table[:length]], table[length:]
                break
        for name in rest:
            at = max(at, self._key(name, at))
        return at

    def _key(self, name: str, after: int) -> int:
        """Offset of the first line from `after` on that sets the key, -1 where none does."""
        if not self._indexed:
            self._index()
        return _first(self._keys.get(name, []), after)

    def _string(self, form: str, after: int) -> int:
        """Offset of the first string from `after` on that is written like this, -1 where there is none."""
        if self._strings is None:
            self._strings = {}
            for found in _STRING.finditer(self.text):
                self._strings.setdefault(found[0], []).append(found.start())
        return _first(self._strings.get(form, []), after)

    def _index(self) -> None:
        """Note every header and every key that begins a line, once."""
        self._indexed = True
        for found in _HEADER_OR_KEY.finditer(self.text):
            if found[1] is not None:
                parts = tuple(part.strip("\"'") for part in _PARTS.findall(found[1]))
                self._headers.setdefault(parts, found.start(1))
            elif first := _PARTS.match(found[2]):
                self._keys.setdefault(first[0].strip("\"'"), []).append(found.start(2))


def _first(offsets: list[int], after: int) -> int:
    """The first of these ascending offsets that is not before `after`, -1 where there is none."""
    place = bisect_left(offsets, after)
    return offsets[place] if place < len(offsets) else -1


_HEADER_OR_KEY = re.compile(
    r"^[ \t]*(?:\[\[?([^\]\n=]{1,500})\]|([A-Za-z0-9_\"'][^=\n\[\]{},#]{0,300}?)[ \t]*=)", re.MULTILINE
)
_PARTS = re.compile(r"\"[^\"]*\"|'[^']*'|[^.\s]+")
_STRING = expression(r"\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+'")
