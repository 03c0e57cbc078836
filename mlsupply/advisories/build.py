"""Advisory records to a store: parsed, grouped by project, aliases joined, written beside the old file and renamed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mlsupply.advisories.groups import grouped
from mlsupply.advisories.records import Advisory, MalformedRecordError, parse
from mlsupply.advisories.store import About, encode, write
from mlsupply.errors import MlsupplyError
from mlsupply.model import DataSource


@dataclass
class Compiled:
    """Records on their way into a store. ids: every record taken in; refused: why others were not."""

    projects: dict[str, list[Advisory]] = field(default_factory=dict)
    modified: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    withdrawn: int = 0
    partly: int = 0

    def take(self, record: object, *, prose: bool = True, name: str = "") -> None:
        """One OSV record; nothing is raised for a bad one. name: of the file, for the account."""
        try:
            said = list(parse(record, prose=prose))
        except MalformedRecordError as error:
            self.refused.append(f"{name}: {error}" if name else str(error))
            return
        for project, advisory in said:
            self.projects.setdefault(project, []).append(advisory)
        if said:
            advisory = said[0][1]
            self.modified[advisory.id] = advisory.modified
            self.withdrawn += bool(advisory.withdrawn)
            self.partly += any(own.doubts for _, own in said)

    def newest(self, now: str) -> str:
        """The newest change that is not after `now` (ISO 8601): some records are dated in the future."""
        return max((date for date in self.modified.values() if date <= now), default="")


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
        projects=len(compiled.projects),
        withdrawn=compiled.withdrawn,
        partly=compiled.partly,
        refused=len(compiled.refused),
        digest=source.digest,
        licence=source.licence,
        url=source.url,
    )
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        rows = ((name, encode(grouped(sorted(own, key=_place)))) for name, own in sorted(compiled.projects.items()))
        write(draft, rows, about)
        with open(draft, "rb") as handle:
            os.fsync(handle.fileno())
        draft.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise MlsupplyError("database-not-written", f"{path} could not be written: {error}", "free some space") from error
    finally:
        draft.unlink(missing_ok=True)
    return about


def _place(advisory: Advisory) -> tuple[str, str]:
    return advisory.id, advisory.modified
