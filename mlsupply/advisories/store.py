"""Compiled advisories: one SQLite file, written whole (see `writing`), read-only ever after.

A row a project: its canonical name and, compressed, its records as JSON arrays in the order of `records.Advisory`. A scan
asks for the names it has and decodes nothing else. Raises `MlsupplyError` for a file that is not what it should be.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from mlsupply.advisories.ranges import Window
from mlsupply.advisories.records import Advisory
from mlsupply.errors import MlsupplyError
from mlsupply.hints import Any
from mlsupply.model import DataSource
from mlsupply.named import NamedTuple
from mlsupply.paths import Path

SCHEMA = 1
APPLICATION_ID = 0x4D4C5341  # "MLSA"
EMBEDDED = Path(__file__).parent.parent / "data" / "advisories.sqlite"

Row = list[Any]
"""A record as stored: the fields of `Advisory` as JSON; `unpack` makes the value. Windows are lists in `Window` order."""

ID, ALIASES, WINDOWS, LISTED, RAW, DOUBTS, MODIFIED, WITHDRAWN, GROUP = map(
    Advisory._fields.index, ("id", "aliases", "windows", "listed", "raw", "doubts", "modified", "withdrawn", "group")
)


class About(NamedTuple):
    """What a store says of itself. as_of: ISO 8601, the newest change in it that is not in the future; records: how many;
    partly: records with doubts; refused: records nothing could be made of; digest: sha256 of what it was built from."""

    name: str
    as_of: str
    records: int = 0
    projects: int = 0
    withdrawn: int = 0
    partly: int = 0
    refused: int = 0
    digest: str = ""
    licence: str = ""
    url: str = ""

    @property
    def source(self) -> DataSource:
        return DataSource(self.name, self.as_of, self.records, self.digest, self.licence, self.url)


_AT_ONCE = 500  # names in one question; the oldest SQLite still about allows 999


class Store:
    """A store to read in a `with` block. Use `opened`."""

    about: About
    _connection: sqlite3.Connection | None = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Store:
        try:
            _whole(self._path)
            self._connection = read_only(self._path)
            self.about = _about(self._connection, self._path)
        except BaseException as error:
            self.__exit__(type(error), error)
            raise
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, *__: object) -> None:
        if self._connection is not None:
            self._connection.close()
        if isinstance(error, (OSError, sqlite3.Error, zlib.error, ValueError)):
            raise unusable(self._path, error) from error

    def rows(self, names: Iterable[str]) -> dict[str, list[Row]]:
        """The records of each canonical name that has any."""
        wanted = list(names)
        held: dict[str, bytes] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            held.update(self._asked(f"SELECT name, records FROM project WHERE name IN ({marks})", some))  # noqa: S608  question marks alone
        return {name: decode(held[name]) for name in wanted if name in held}

    def every(self) -> Iterator[tuple[str, list[Row]]]:
        """All of it, by name."""
        for name, records in self._asked("SELECT name, records FROM project ORDER BY name"):
            yield name, decode(records)

    def _asked(self, question: str, names: Sequence[str] = ()) -> Iterable[tuple[str, bytes]]:
        if self._connection is None:
            raise TypeError("a store is read inside its `with` block")
        return self._connection.execute(question, names)


def opened(path: Path) -> Store:
    """A store for reading; the file must not change meanwhile (replace it, never write into it). Raises `MlsupplyError`
    where the block begins or, for damage found later, ends."""
    return Store(path)


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that can't write, nor looks for a writer. Source: sqlite.org/uri.html. The address is written here since
    `Path.as_uri` imports a whole HTTP client on newer Pythons, a fifth of a scan's start."""
    name = os.path.realpath(path).replace(os.sep, "/").replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(f"file:{'' if name.startswith('/') else '///'}{name}?mode=ro&immutable=1", uri=True)


def age_of(as_of: str, now: datetime) -> timedelta | None:
    """How old data of this ISO 8601 date is; None where the date says nothing."""
    try:
        return now - datetime.fromisoformat(as_of)
    except (ValueError, TypeError):
        return None


def unusable(path: Path, error: Exception) -> MlsupplyError:
    """What to raise for a file that could not be read: it may be another user's, or damaged."""
    if isinstance(error, PermissionError):
        hint = "let this user read it, or name another cache folder with MLSUPPLY_CACHE_DIR"
        return MlsupplyError("database-not-read", f"this user may not read the advisory database {path}", hint)
    return damaged(path, getattr(error, "strerror", None) or str(error))


def damaged(path: Path, reason: str) -> MlsupplyError:
    """The error for a database that cannot be used."""
    return MlsupplyError(
        "damaged-database",
        f"the advisory database {path} cannot be used: {reason}",
        "run `mlsupply db sync` to fetch it anew, or scan with --feed embedded",
    )


def _whole(path: Path) -> None:
    """A half-written file is refused before SQLite sees it: its header says how long it should be."""
    with open(path, "rb") as handle:
        header = handle.read(100)
        handle.seek(0, 2)
        size = handle.tell()
    page = int.from_bytes(header[16:18], "big")
    if (
        not header.startswith(b"SQLite format 3\0")
        or int.from_bytes(header[28:32], "big") * (page if page > 1 else 65536) != size
    ):
        raise ValueError("it is not a whole SQLite file")


def _about(connection: sqlite3.Connection, path: Path) -> About:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise damaged(path, "it is not an mlsupply database")
    schema = connection.execute("PRAGMA user_version").fetchone()[0]
    if schema != SCHEMA:
        raise damaged(path, f"its schema is {schema}, this mlsupply reads {SCHEMA}")
    return About(**json.loads(connection.execute("SELECT value FROM about").fetchone()[0]))


def decode(blob: bytes) -> list[Row]:
    """The bytes of a row to its records; zlib's own checksum finds damage."""
    rows: list[Row] = json.loads(zlib.decompress(blob))
    return rows


def unpack(row: Row) -> Advisory:
    """A stored row as a value."""
    fields = list(row)
    fields[WINDOWS] = tuple(map(Window._make, row[WINDOWS]))
    for place in (ALIASES, LISTED, RAW, DOUBTS):
        fields[place] = tuple(row[place])
    return Advisory._make(fields)
