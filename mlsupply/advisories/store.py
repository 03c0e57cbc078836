"""Compiled advisories: one SQLite file, written whole by `build`, read-only ever after.

A row a project: its canonical name and, compressed, its records as JSON arrays in the order of `records.Advisory`. A scan
asks for the names it has and decodes nothing else. Raises `MlsupplyError` for a file that is not what it should be.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from mlsupply.advisories.ranges import Window
from mlsupply.advisories.records import Advisory
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.hints import Any
from mlsupply.model import DataSource
from mlsupply.named import NamedTuple

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
    """An open store. Use `opened`."""

    def __init__(self, connection: sqlite3.Connection, about: About) -> None:
        self._connection = connection
        self.about = about

    def rows(self, names: Iterable[str]) -> dict[str, list[Row]]:
        """The records of each canonical name that has any."""
        wanted = list(names)
        held: dict[str, bytes] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            held.update(self._connection.execute(f"SELECT name, records FROM project WHERE name IN ({marks})", some))  # noqa: S608  question marks alone
        return {name: decode(held[name]) for name in wanted if name in held}

    def every(self) -> Iterator[tuple[str, list[Row]]]:
        """All of it, by name."""
        for name, records in self._connection.execute("SELECT name, records FROM project ORDER BY name"):
            yield name, decode(records)


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that can't write, nor looks for a writer. Source: sqlite.org/uri.html. The address is written here since
    `Path.as_uri` imports a whole HTTP client on newer Pythons, a fifth of a scan's start."""
    name = path.resolve().as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(f"file:{'' if name.startswith('/') else '///'}{name}?mode=ro&immutable=1", uri=True)


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """A store for reading; the file must not change meanwhile (replace it, never write into it)."""
    try:
        _whole(path)
        with closing(read_only(path)) as connection:
            yield Store(connection, _about(connection, path))
    except (OSError, sqlite3.Error, zlib.error, ValueError) as error:
        raise damaged(path, str(error)) from error


def age_of(as_of: str, now: datetime) -> timedelta | None:
    """How old data of this ISO 8601 date is; None where the date says nothing."""
    try:
        return now - datetime.fromisoformat(as_of)
    except (ValueError, TypeError):
        return None


def damaged(path: Path, reason: str) -> MlsupplyError:
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


def encode(records: Iterable[Advisory]) -> bytes:
    """Records to the bytes of a row; the same bytes for the same records."""
    return zlib.compress(json.dumps([list(r) for r in records], separators=(",", ":"), ensure_ascii=False).encode(), 9)


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


def write(path: Path, projects: Iterable[tuple[str, bytes]], about: About) -> None:
    """A new store at `path`, which must not exist. Projects in the order of their names give the same bytes each time."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("CREATE TABLE about (value TEXT NOT NULL)")
        connection.execute("CREATE TABLE project (name TEXT PRIMARY KEY, records BLOB NOT NULL) WITHOUT ROWID")
        connection.execute("INSERT INTO about VALUES (?)", (json.dumps(about._asdict()),))
        connection.executemany("INSERT INTO project VALUES (?, ?)", projects)


@contextmanager
def database_draft(path: Path) -> Iterator[Path]:
    """See `drafts.draft_of`. Raises `MlsupplyError` where the disk does not allow it."""
    from mlsupply.drafts import draft_of  # a scan writes none

    try:
        with draft_of(path) as draft:
            yield draft
    except (OSError, sqlite3.Error) as error:
        raise MlsupplyError(
            "database-not-written", f"{path} could not be written: {error}", "free some space", EXIT_INCOMPLETE
        ) from error
