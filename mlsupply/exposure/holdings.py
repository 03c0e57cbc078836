"""What one version of a dependency file holds: which releases it pins, which requirements it leaves open. Pure but for the
readers it calls on bytes in memory.

A history repeats itself: two versions of a lock differ in a few of their hundreds of packages. So a TOML lock is cut at
its `[[package]]` headers and each piece is read once, however many versions of the file hold it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mlsupply.inventory import reader_of
from mlsupply.memory import MemoryTree
from mlsupply.model import Inventory, Reason
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe
from mlsupply.world import Limits


class Held(NamedTuple):
    """One thing a file says of a project. version: the one it pins, ""; specifier: what it asks for (PEP 440), "" where
    it pins or asks for anything; marker: when (PEP 508)."""

    name: str
    version: str = ""
    specifier: str = ""
    marker: str = ""

    @property
    def pinned(self) -> bool:
        """Whether it names one version."""
        return bool(self.version)


class Holding(NamedTuple):
    """What one blob holds. complete: it is a lock, nothing else is resolved from it; unread: why it could not be read."""

    held: frozenset[Held]
    complete: bool = False
    unread: str = ""


_NOTHING = Holding(frozenset())
_TOML_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_PIECE = re.compile(rb"^\[\[packages?\]\]\r?$", re.MULTILINE)
_HEAD = re.compile(rb'\s*name = "([^"\\\r\n]*)"\r?\nversion = "([^"\\\r\n]*)"\r?\n')
_RUN = re.compile(r"[-_.]+")
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # UTF-16: for the reader to decode


class Extractor:
    """Reads blobs, remembering pieces. names: canonical names that matter, or None for all."""

    def __init__(self, names: Collection[str] | None, limits: Limits) -> None:
        self._limits = limits
        self._names = None if names is None else frozenset(names)
        self._spellings = [spelling for name in sorted(names or ()) for spelling in _spellings(name)]
        self._pieces: dict[bytes, Held | None] = {}

    def read(self, path: str, data: bytes) -> Holding:
        """What the file of this path and content holds of the names asked for."""
        reader = reader_of(path)
        if reader is None:
            return _NOTHING
        if self._names is not None and not self._mentions(data):
            return Holding(frozenset(), complete=reader.role == "lock")
        if path.rpartition("/")[2].lower() in _TOML_LOCKS:
            held = self._by_pieces(data) if self._names is None else self._by_name(data)
            if held is not None:
                return Holding(held, complete=True)
        inventory = reader.read(path, MemoryTree({path: data}), self._limits)
        return self._of_inventory(inventory)

    def _mentions(self, data: bytes) -> bool:
        """Whether any name asked for stands in the file, in any spelling (lower-casing and finding is ten times faster than
        a pattern that ignores case)."""
        low = data.lower()
        return data[:2] in _WIDE or any(spelling in low for spelling in self._spellings)

    def _by_name(self, data: bytes) -> frozenset[Held] | None:
        """The releases of the names asked for, found without cutting the file; None where one is not written as tools
        write it, or may be (a quoted name that is not canonical)."""
        held = set()
        for name in self._names or ():
            written = b'name = "' + name.encode() + b'"'
            place = data.find(b"\n" + written)
            while place >= 0:
                line = data.rfind(b"\n", 0, place) + 1
                match = _HEAD.match(data, place + 1)
                if match is None or _PIECE.match(data, line, place) is None:
                    return None
                held.add(Held(name, safe(match[2].decode("utf-8", "replace"))))
                place = data.find(b"\n" + written, place + 1)
        return frozenset(held) or None

    def _by_pieces(self, data: bytes) -> frozenset[Held] | None:
        """The releases of a TOML lock written as its tools write it; None where a piece is not, for the parser to read."""
        held = set()
        for piece in _PIECE.split(data)[1:]:
            if piece not in self._pieces:
                match = _HEAD.match(piece)
                if match is None:
                    if b'version = "' in piece:
                        return None
                    self._pieces[piece] = None  # a project without a version: a workspace member
                    continue
                name, version = canonical(match[1].decode("utf-8", "replace")), safe(match[2].decode("utf-8", "replace"))
                wanted = self._names is None or name in self._names
                self._pieces[piece] = Held(name, version) if wanted else None
            one = self._pieces[piece]
            if one is not None:
                held.add(one)
        return frozenset(held)

    def _of_inventory(self, inventory: Inventory) -> Holding:
        broken = next((gap.detail for gap in inventory.gaps if gap.reason is Reason.MALFORMED), "")
        return Holding(frozenset(self._wanted_of(inventory)), inventory.complete, broken)

    def _wanted_of(self, inventory: Inventory) -> Iterator[Held]:
        pinned = {package.name for package in inventory.packages if package.version}
        for package in inventory.packages:
            if package.version and (self._names is None or package.name in self._names):
                yield Held(package.name, package.version, marker=package.marker)
        for asked in inventory.requirements:
            open_ask = asked.name not in pinned and not asked.constraint and not inventory.complete
            if open_ask and (self._names is None or asked.name in self._names):
                exact = re.fullmatch(r"===?\s*([^*,\s]+)", asked.specifier)
                yield Held(asked.name, exact[1] if exact else "", "" if exact else asked.specifier, asked.marker)


def _spellings(name: str) -> list[bytes]:
    """The name as files may write it, lower case: each of the three separators for every dash (PEP 503)."""
    parts = _RUN.split(name)
    spellings = [parts[0]]
    for part in parts[1:]:
        spellings = [before + separator + part for before in spellings for separator in "-_."]
    return [spelling.encode() for spelling in spellings[:81]]
