"""One lock file while it is read: typed look-ups that note what is of the wrong type, and the packages found so far.

A large lock holds tens of thousands of strings. `Sheet.plain` says once, of the whole file, that no string a TOML or
JSON parser can take out of it needs cleaning, so that readers skip `text.safe` for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mlsupply.inventory.parsing import gap, json_of, opened, toml_of
from mlsupply.model import Gap, Inventory, Package, PackageKey, Place, Reason, Source, SourceKind
from mlsupply.project import united
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.world import PUBLIC_INDEX, Limits, Tree

MAX_FAULTS = 50  # wrong values told apart in one file; the rest are counted
MAX_URL = 2000  # characters
MAX_TIME = 40
LARGEST = 1 << 53  # bytes; beyond it JSON readers lose digits, and no file is that large
_PUBLIC = frozenset({PUBLIC_INDEX, PUBLIC_INDEX + "/"})
_REGISTRY = Source()


def is_plain(text: str) -> bool:
    """Whether every string in this TOML or JSON text is one line of printable ASCII: no escape, no multi-line string, no
    tab. (Both formats forbid every other control character inside a string.)"""
    return text.isascii() and not any(mark in text for mark in ("\\", "\t", '"""', "'''"))


class Sheet:
    """The file at `path`; `line` is where the reader is, and goes into every gap noted there."""

    def __init__(self, path: str, text: str, limits: Limits, *, plain: bool | None = None) -> None:
        """plain: known already (False for formats with other escapes than TOML and JSON)."""
        self.path = path
        self.line = 0
        self.source = text
        self.plain = is_plain(text) if plain is None else plain
        self.bare_urls = self.plain and not any(mark in text for mark in "@?;&")  # no URL can hold credentials
        self.gaps: list[Gap] = []
        self._faults = 0
        self._names: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._packages: dict[PackageKey, list[Package]] = {}
        self._kept = 0
        self._limit = limits.packages
        self._refused = 0

    @property
    def place(self) -> Place:
        """The line being read."""
        return Place(self.path, self.line)

    # -- what was wrong

    def fault(self, detail: str, reason: Reason = Reason.MALFORMED, hint: str = "") -> None:
        """Note that something could not be read here."""
        self._faults += 1
        if self._faults <= MAX_FAULTS:
            self.gaps.append(gap(self.path, reason, detail, self.line, hint))

    def all_gaps(self) -> tuple[Gap, ...]:
        """The gaps noted so far, what was not told apart and what did not fit summed up."""
        gaps = list(self.gaps)
        if (more := self._faults - MAX_FAULTS) > 0:
            gaps.append(gap(self.path, Reason.MALFORMED, f"{more:,} further values of this file could not be read"))
        if self._refused:
            detail = f"{self._refused:,} entries past the limit of {self._limit:,} packages were not read"
            gaps.append(gap(self.path, Reason.LIMIT, detail))
        return tuple(gaps)

    # -- typed look-ups

    def text(self, value: object, what: str, limit: int = MAX_URL) -> str:
        """The value made safe where it is a string, "" where it is missing; anything else is a fault."""
        if type(value) is str:
            return value if self.plain and len(value) <= limit else safe(value, limit)
        if value is not None:
            self.fault(f"{what} is {type(value).__name__}, not text")
        return ""

    def word(self, table: Mapping[str, Any], key: str) -> str:
        """See `text`; at most 200 characters."""
        return self.text(table.get(key), key, 200)

    def name(self, value: object) -> str:
        """The canonical project name, "" and a fault where there is none."""
        if type(value) is not str or not value:
            self.fault(f"a package name is {type(value).__name__ if value else 'missing'}")
            return ""
        known = self._names.get(value)
        if known is None:
            known = self._names[value] = canonical(value)
        return known

    def url(self, value: object, what: str = "url") -> str:
        """The address without credentials, made safe."""
        if type(value) is str and self.bare_urls and len(value) <= MAX_URL:
            return value
        return without_credentials(value)[0] if type(value) is str else self.text(value, what)

    def table(self, mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """The sub-table, an empty one where it is missing."""
        value = mapping.get(key)
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self.fault(f"{key} is {type(value).__name__}, not a table")
        return {}

    def tables(self, mapping: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        """The tables of an array, none where it is missing."""
        value = self._list(mapping, key)
        found: list[Mapping[str, Any]] = [item for item in value if isinstance(item, dict)]
        if len(found) != len(value):
            self.fault(f"{key} holds {len(value) - len(found):,} values that are not tables")
        return found

    def entries(self, document: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
        """The tables of the array that `[[key]]` headers write, `line` being that of each in turn (0 where it is written
        in another way)."""
        found = self.tables(document, key)
        lines = header_lines(self.source, f"[[{key}]]")
        for place, entry in enumerate(found):
            self.line = lines[place] if len(lines) == len(found) else 0
            yield entry
        self.line = 0

    def words(self, mapping: Mapping[str, Any], key: str, limit: int = MAX_URL) -> list[str]:
        """The strings of an array, made safe; none where it is missing."""
        return [self.text(item, f"an item of {key}", limit) for item in self._list(mapping, key)]

    def _list(self, mapping: Mapping[str, Any], key: str) -> list[Any]:
        value = mapping.get(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.fault(f"{key} is {type(value).__name__}, not a list")
        return []

    def size(self, value: object) -> int:
        """A size in bytes, -1 where it is missing or senseless."""
        if type(value) is int and 0 <= value < LARGEST:
            return value
        if value is not None:
            self.fault("size is not a number of bytes")
        return -1

    def registry(self, url: object) -> Source:
        """The index of that address; the public index is the one that needs no naming."""
        if type(url) is not str:
            self.text(url, "registry")
            return _REGISTRY
        known = self._sources.get(url)
        if known is None:
            clean = self.url(url)
            known = self._sources[url] = _REGISTRY if clean in _PUBLIC else Source(url=clean)
        return known

    def direct_source(self, entry: Mapping[str, Any], *revisions: str) -> Source | None:
        """The repository, address or path an entry names under `git`, `url` or `path`, None where it is to come from an
        index. revisions: the keys the commit or ref may stand under, the surest first."""
        if "git" in entry:
            revision = next((found for key in revisions if (found := self.word(entry, key))), "")
            return Source(SourceKind.GIT, self.url(entry["git"]), revision)
        if "url" in entry:
            return Source(SourceKind.URL, self.url(entry["url"]))
        if "path" in entry:
            kind = SourceKind.EDITABLE if entry.get("editable") is True else SourceKind.PATH
            return Source(kind, self.url(entry["path"], "path"))
        return None

    # -- what was found

    def add(self, package: Package) -> None:
        """Keep a package; of several entries for one, `packages` unites the places, edges and files."""
        if self._kept < self._limit:
            self._kept += 1
            self._packages.setdefault(package.key, []).append(package)
        else:
            self._refused += 1

    def packages(self) -> list[Package]:
        """What was added, one package a key."""
        return [united(entries) for entries in self._packages.values()]


Fill = Callable[[Sheet, Mapping[str, Any], Tree, Limits], Inventory]
"""Makes an inventory of a sheet and the table that its file holds."""


def reads(form: str, parse: Callable[[str, str], Any | Gap]) -> Callable[[Fill], Callable[[str, Tree, Limits], Inventory]]:
    """Makes a reader of files of the format `form` of what fills an inventory from one. parse: `toml_of`, `json_of` or
    `yaml_of`; of a file that it makes no table of, the inventory says why."""

    def reader(fill: Fill) -> Callable[[str, Tree, Limits], Inventory]:
        def read(path: str, tree: Tree, limits: Limits) -> Inventory:
            contents = opened(path, tree, limits, parse)
            if isinstance(contents, Gap):
                return Inventory(path=path, format=form, gaps=(contents,))
            text, document = contents
            sheet = Sheet(path, text, limits, plain=None if parse in {toml_of, json_of} else False)
            if isinstance(document, dict):
                return fill(sheet, document, tree, limits)
            sheet.fault("the document is no object" if parse is json_of else "the document is no mapping")
            return Inventory(path=path, format=form, gaps=sheet.all_gaps())

        return read

    return reader


def header_lines(text: str, header: str) -> list[int]:
    """The line of each `[[package]]` (or other header) that starts one, in order, counted from 1."""
    lines, line, position = [], 1, 0
    if not text.startswith(header):
        position = text.find("\n" + header) + 1
        if not position:
            return []
        line += text.count("\n", 0, position)
    while True:
        lines.append(line)
        following = text.find("\n" + header, position) + 1
        if not following:
            return lines
        line += text.count("\n", position, following)
        position = following
