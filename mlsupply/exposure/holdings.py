"""What one version of a dependency file holds: which releases it pins, which requirements it leaves open. Pure but for the
readers it calls on bytes in memory.

A history repeats itself: two versions of a lock differ in a few of their hundreds of packages. So a TOML lock is cut at
its `[[package]]` headers and each piece is read once, however many versions of the file hold it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mlsupply.exposure.named_files import named_by
from mlsupply.inventory import Reader, reader_named, reader_of
from mlsupply.inventory.sniff import is_script
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
    """What one blob holds. complete: it is a lock, nothing else is resolved from it; unread: why it could not be read;
    names: files whose names say nothing of what they are, which it says hold requirements."""

    held: frozenset[Held]
    complete: bool = False
    unread: str = ""
    names: tuple[str, ...] = ()


_NOTHING = Holding(frozenset())
_TOML_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_PIECE = re.compile(rb"^\[\[packages?\]\]\r?$", re.MULTILINE)
_HEADER = re.compile(rb"""\[\[[ \t]*["']?(?:packages?|distribution)["']?[ \t]*\]\]""")  # a piece, however it is written
_HEAD = re.compile(rb'\s*name = "([^"\\\r\n]*)"\r?\nversion = "([^"\\\r\n]*)"\r?\n')
_KEY = re.compile(rb"""\s*["']?name["']?\s*=\s*["']{1,3}""")
_RUN = re.compile(r"[-_.]+")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")  # UTF-16 and UTF-32: for the reader to decode
# pip finds other lines in a file of some encodings
_CODED = re.compile(rb"(?:[^\n]*\n)?#[^\n]*coding[:=]\s*(?!utf-?8|ascii|latin-?1)")
# a name may be written with escapes (TOML, JSON, YAML), or over two lines (requirements, Dockerfiles, YAML)
_ESCAPED = re.compile(rb"\\(?:[ux]|\r?\n[ \t]*[a-z0-9._-])")


class Extractor:
    """Reads blobs, remembering pieces. names: canonical names that matter, or None for all; named: the format of files
    whose names do not tell it."""

    def __init__(self, names: Collection[str] | None, limits: Limits) -> None:
        self._limits = limits
        self._names = None if names is None else frozenset(names)
        self._spelled = {name: _spelled(name) for name in sorted(names or ())}
        self._begins = [(_RUN.split(name)[0].encode(), spelled) for name, spelled in self._spelled.items()]
        self._pieces: dict[bytes, Held | None] = {}
        self.named: dict[str, str] = {}

    def read(self, path: str, data: bytes) -> Holding:
        """What the file of this path and content holds of the names asked for."""
        reader = self.reader(path)
        if reader is None or (reader.format == "script" and not is_script(data)):
            return _NOTHING
        names = tuple(named_by(reader.format, path, data))
        if self._names is not None and not self._mentions(data):
            return Holding(frozenset(), complete=reader.role == "lock", names=names)
        if path.rpartition("/")[2].lower() in _TOML_LOCKS:
            held = self._by_pieces(data) if self._names is None else self._by_name(data)
            if held is not None:
                return Holding(held, complete=True)
        inventory = reader.read(path, MemoryTree({path: data}), self._limits)
        return self._of_inventory(inventory)._replace(names=names)

    def reader(self, path: str) -> Reader | None:
        """What reads a file of this path."""
        return reader_named(self.named[path]) if path in self.named else reader_of(path)

    def _mentions(self, data: bytes) -> bool:
        """Whether any name asked for stands in the file, in any spelling, or may (lower-casing and searching is ten times
        faster than a pattern that ignores case)."""
        low = data.lower()
        if (
            data.startswith(_WIDE)
            or _CODED.match(low)
            or any(begins in low and spelled.search(low) for begins, spelled in self._begins)
        ):
            return True
        return b"\\" in low and _ESCAPED.search(low) is not None

    def _by_name(self, data: bytes) -> frozenset[Held] | None:
        """The releases of the names asked for, found without cutting the file; None where one is not written as tools
        write it."""
        held, low = set(), data.lower()
        if b'"""' in data or b"'''" in data or (b"\\" in data and _ESCAPED.search(low)):
            return None
        for name, spelled in self._spelled.items():
            for found in spelled.finditer(low):
                start = low.rfind(b"\n", 0, found.start()) + 1
                if _KEY.fullmatch(low, start, found.start()) is None or low[found.end() : found.end() + 1] not in b"\"'":
                    continue  # an edge, an address, another name that begins or ends so
                match = _HEAD.match(data, start)
                if match is None or _PIECE.match(data, low.rfind(b"\n", 0, max(start - 1, 0)) + 1, start - 1) is None:
                    return None
                held.add(Held(name, safe(match[2].decode("utf-8", "replace"))))
        return frozenset(held) or None

    def _by_pieces(self, data: bytes) -> frozenset[Held] | None:
        """The releases of a TOML lock written as its tools write it; None where a piece is not, for the parser to read."""
        held = set()
        pieces = _PIECE.split(data)[1:]
        if len(pieces) != len(_HEADER.findall(data)) or b'"""' in data or b"'''" in data:
            return None
        for piece in pieces:
            if piece not in self._pieces:
                match = _HEAD.match(piece)
                if match is None:
                    if b"version" in piece.partition(b"\n[")[0]:
                        return None
                    self._pieces[piece] = None  # a project without a version: a workspace member
                    continue
                name, version = canonical(match[1].decode("utf-8", "replace")), safe(match[2].decode("utf-8", "replace"))
                wanted = self._names is None or name in self._names
                self._pieces[piece] = Held(name, version) if wanted else None
            one = self._pieces[piece]
            if one is not None:
                held.add(one)
        return frozenset(held) or None

    def _of_inventory(self, inventory: Inventory) -> Holding:
        broken = next((gap.detail for gap in inventory.gaps if gap.reason is Reason.MALFORMED), "")
        return Holding(frozenset(self._wanted_of(inventory)), inventory.complete, broken)

    def _wanted_of(self, inventory: Inventory) -> Iterator[Held]:
        pinned = {(package.name, package.marker) for package in inventory.packages if package.version}
        for package in inventory.packages:
            if package.version and (self._names is None or package.name in self._names):
                yield Held(package.name, package.version, marker=package.marker)
        for asked in inventory.requirements:
            held = (asked.name, "") in pinned or (asked.name, asked.marker) in pinned
            open_ask = not held and not asked.constraint and not inventory.complete
            if open_ask and (self._names is None or asked.name in self._names):
                exact = re.fullmatch(r"===?\s*([^*,\s]+)", asked.specifier)
                yield Held(asked.name, exact[1] if exact else "", "" if exact else asked.specifier, asked.marker)


def _spelled(name: str) -> re.Pattern[bytes]:
    """The name as files may write it, lower case: any run of the three separators for every dash (PEP 503)."""
    return re.compile(rb"[-_.]+".join(re.escape(part.encode()) for part in _RUN.split(name)))
