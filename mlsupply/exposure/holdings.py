"""What one version of a dependency file holds: which releases it pins, which requirements it leaves open. Pure but for the
readers it calls on bytes in memory.

A history repeats itself: two versions of a lock differ in a few of their hundreds of packages. So a TOML lock is cut at
its `[[package]]` headers and each piece is read once, however many versions of the file hold it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from mlsupply.inventory import reader_of
from mlsupply.memory import MemoryTree
from mlsupply.model import Inventory, Reason
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


class Extractor:
    """Reads blobs, remembering pieces. names: canonical names that matter, or None for all."""

    def __init__(self, names: Collection[str] | None, limits: Limits) -> None:
        self._limits = limits
        self._names = None if names is None else frozenset(names)
        self._wanted = (
            None if names is None else re.compile("|".join(map(_spellings, sorted(names))).encode(), re.IGNORECASE)
        )
        self._pieces: dict[bytes, Held | None] = {}

    def read(self, path: str, data: bytes) -> Holding:
        """What the file of this path and content holds of the names asked for."""
        reader = reader_of(path)
        if reader is None:
            return _NOTHING
        if self._wanted is not None and not self._wanted.search(data) and data[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
            return Holding(frozenset(), complete=reader.role == "lock")
        if path.rpartition("/")[2].lower() in _TOML_LOCKS and (held := self._by_pieces(data)) is not None:
            return Holding(held, complete=True)
        inventory = reader.read(path, MemoryTree({path: data}), self._limits)
        return self._of_inventory(inventory)

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


def _spellings(name: str) -> str:
    """A pattern for the name as files may write it: any run of separators for each dash (PEP 503)."""
    return "[-_.]+".join(re.escape(part) for part in _RUN.split(name))
