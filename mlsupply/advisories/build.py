"""Advisory records to a store: parsed, grouped by project, aliases joined, written beside the old file and renamed."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mlsupply.advisories.groups import grouped
from mlsupply.advisories.records import Advisory, MalformedRecordError, parse
from mlsupply.advisories.store import APPLICATION_ID, SCHEMA, About, Store, unpack
from mlsupply.drafts import Draft
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.model import DataSource


@dataclass
class Compiled:
    """Records on their way into a store. projects: what is said of each; modified: id to date; refused: why others were
    not taken in."""

    projects: dict[str, list[Advisory]] = field(default_factory=dict)
    modified: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def take(self, record: object, *, prose: bool = True, name: str = "") -> None:
        """One OSV record; nothing is raised for a bad one. name: of the file, for the account."""
        if isinstance(record, Exception):
            self.refused.append(f"{name}: {record}")
            return
        try:
            said = list(parse(record, prose=prose))
        except MalformedRecordError as error:
            self.refused.append(f"{name}: {error}" if name else str(error))
            return
        for project, advisory in said:
            self._add(project, advisory)

    def take_store(self, store: Store) -> None:
        """Everything a store holds."""
        for project, rows in store.every():
            for row in rows:
                self._add(project, unpack(row))

    def replace(self, name: str, record: object) -> None:
        """A record in place of the one of this id; the old one stays where the new one is refused."""
        fresh = Compiled()
        fresh.take(record, name=name)
        if fresh.refused:
            self.refused += fresh.refused
            return
        for project in list(self.projects):
            self.projects[project] = [advisory for advisory in self.projects[project] if advisory.id != name]
        self.modified.pop(name, None)
        for project, own in fresh.projects.items():
            for advisory in own:
                self._add(project, advisory)

    def _add(self, project: str, advisory: Advisory) -> None:
        self.projects.setdefault(project, []).append(advisory)
        self.modified[advisory.id] = advisory.modified

    def newest(self, now: str) -> str:
        """The newest change that is not after `now` (ISO 8601): some records are dated in the future."""
        return max((date for date in self.modified.values() if date <= now), default="")

    def count(self, wanted: Callable[[Advisory], object]) -> int:
        """How many records have something."""
        return len({own.id for advisories in self.projects.values() for own in advisories if wanted(own)})


def compile_records(records: Iterable[tuple[str, object]], *, prose: bool = True) -> Compiled:
    """(file name, OSV record) pairs, compiled. prose False keeps facts alone: ids, ranges, scores, dates."""
    compiled = Compiled()
    for name, record in records:
        compiled.take(record, prose=prose, name=name)
    return compiled


def save(compiled: Compiled, path: Path, source: DataSource) -> About:
    """Write the store and put it in place in one step; the file that was there stays whole until then. Raises
    `MlsupplyError` where the disk does not allow it."""
    about = About(
        name=source.name,
        as_of=source.as_of,
        records=len(compiled.modified),
        projects=sum(map(bool, compiled.projects.values())),
        withdrawn=compiled.count(_is_withdrawn),
        partly=compiled.count(_has_doubts),
        refused=len(compiled.refused),
        digest=source.digest,
        licence=source.licence,
        url=source.url,
    )
    rows = ((name, encode(grouped(sorted(own, key=_place)))) for name, own in sorted(compiled.projects.items()) if own)
    with database_draft(path) as draft:
        _write(draft, rows, about)
        with open(draft, "rb") as handle:
            os.fsync(handle.fileno())
    return about


def _place(advisory: Advisory) -> tuple[str, str]:
    return advisory.id, advisory.modified


def _is_withdrawn(advisory: Advisory) -> bool:
    return bool(advisory.withdrawn)


def _has_doubts(advisory: Advisory) -> bool:
    return bool(advisory.doubts)


def encode(records: Iterable[Advisory]) -> bytes:
    """Records to the bytes of a row, which `store.decode` reads; the same bytes for the same records."""
    return zlib.compress(json.dumps([list(r) for r in records], separators=(",", ":"), ensure_ascii=False).encode(), 9)


def _write(path: Path, projects: Iterable[tuple[str, bytes]], about: About) -> None:
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
    """See `drafts.Draft`. Raises `MlsupplyError` where the disk does not allow it."""
    try:
        with Draft(path) as draft:
            yield draft
    except (OSError, sqlite3.Error) as error:
        raise MlsupplyError(
            "database-not-written", f"{path} could not be written: {error}", "free some space", EXIT_INCOMPLETE
        ) from error
