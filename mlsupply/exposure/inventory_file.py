"""Histories kept in one SQLite file: the spans of all packages of every repository, so that the next question is answered
without reading a repository again as long as its branches and tags have not moved.

The file is the user's own; one that is none, or was written by another form of this module, is refused.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from mlsupply.errors import MlsupplyError
from mlsupply.exposure.history import Commit
from mlsupply.exposure.holdings import Held
from mlsupply.exposure.repository import Repository
from mlsupply.exposure.spans import Span
from mlsupply.exposure.tracing import History, Traced, Unread
from mlsupply.model import Gap, Reason
from mlsupply.text import safe

_APPLICATION, _VERSION = 0x6D6C7865, 6  # "mlxe"; raised whenever what is stored or how it is traced changes
_TABLES = """
CREATE TABLE repository (id INTEGER PRIMARY KEY, folder TEXT UNIQUE, heads TEXT, facts TEXT);
CREATE TABLE moment (id INTEGER PRIMARY KEY, repository INTEGER, facts TEXT);
CREATE TABLE span (repository INTEGER, name TEXT, facts TEXT);
CREATE TABLE way (source TEXT PRIMARY KEY, paths TEXT);
CREATE INDEX by_name ON span (name, repository);
CREATE INDEX moment_of ON moment (repository);
"""
_CHUNK = 500  # values in one statement


class InventoryFile:
    """An open inventory. Raises `MlsupplyError` (`bad-inventory`) where the file is something else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            if not path.parent.is_dir():
                raise self._refused(f"there is no folder {path.parent}")
            new = not path.exists() or path.stat().st_size == 0
            self._base = sqlite3.connect(path)
        except (sqlite3.Error, OSError) as error:
            raise self._refused(str(error)) from error
        try:
            if new:
                self._base.executescript(f"PRAGMA application_id={_APPLICATION}; PRAGMA user_version={_VERSION}; {_TABLES}")
            marks = [self._base.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        except sqlite3.Error as error:
            self._base.close()
            raise self._refused(str(error)) from error
        if marks != [_APPLICATION, _VERSION]:
            self._base.close()
            raise self._refused("it is another file, or of another version")

    def close(self) -> None:
        """Give the file back."""
        self._base.close()

    def _refused(self, why: str) -> MlsupplyError:
        hint = "name a file that does not exist yet, or one that --inventory has written; delete it to read everything again"
        return MlsupplyError("bad-inventory", f"{safe(str(self._path))} is no inventory: {safe(why)}", hint)

    def get(self, folder: str, heads: str, names: Iterable[str] | None) -> History | None:
        """What is kept of a repository for these names (None: all); None where it is unknown or its heads have moved."""
        try:
            row = self._base.execute("SELECT id, heads, facts FROM repository WHERE folder = ?", (folder,)).fetchone()
            return None if row is None or row[1] != heads else self._history(folder, row[0], row[2], names)
        except (sqlite3.Error, ValueError, TypeError, KeyError, IndexError) as error:
            raise self._refused(f"damaged: {error}") from error

    def _history(self, folder: str, number: int, facts: str, names: Iterable[str] | None) -> History:
        known = json.loads(facts)
        named = sorted(names) if names is not None else []
        only = "" if names is None else f" AND name IN ({','.join('?' * len(named))})"
        query = f"SELECT facts FROM span WHERE repository = ?{only}"  # noqa: S608 - question marks only
        spans = [json.loads(text) for (text,) in self._base.execute(query, (number, *named))]
        wanted = {i for span in spans for i in (*span["came"], *span["left"], *span["merged"])}
        wanted |= {i for _, i, _ in known["unread"]}
        commits = dict(self._commits(sorted(wanted)))
        return History(
            folder=folder,
            traced=tuple(_traced(span, commits) for span in spans),
            unread=tuple(Unread(path, commits[i], why) for path, i, why in known["unread"]),
            gaps=tuple(_gap(*words) for words in known["gaps"]),
            unlocked=tuple(known["unlocked"]),
            modules=tuple(known["modules"]),
            files=known["files"],
            versions=known["versions"],
            commits=known["commits"],
        )

    def _commits(self, numbers: Sequence[int]) -> Iterator[tuple[int, Commit]]:
        for start in range(0, len(numbers), _CHUNK):
            some = numbers[start : start + _CHUNK]
            query = f"SELECT id, facts FROM moment WHERE id IN ({','.join('?' * len(some))})"  # noqa: S608 - question marks only
            for number, text in self._base.execute(query, some):
                oid, time, author, committer, subject = json.loads(text)
                yield number, Commit(oid, (), time, author, committer, subject, ())

    def put(self, history: History, heads: str) -> None:
        """Keep a repository, in the place of what was known of it."""
        try:
            with self._base:
                self._forget(history.folder)
                place = self._base.execute("INSERT INTO repository (folder, heads) VALUES (?, ?)", (history.folder, heads))
                number = place.lastrowid or 0
                moments = self._keep_commits(number, history)
                rows = [(number, one.span.held.name, json.dumps(_span(one, moments))) for one in history.traced]
                self._base.executemany("INSERT INTO span VALUES (?, ?, ?)", rows)
                facts = json.dumps(_facts(history, moments))
                self._base.execute("UPDATE repository SET facts = ? WHERE id = ?", (facts, number))
        except sqlite3.Error as error:
            raise self._refused(str(error)) from error

    def paths(self, key: tuple[str, ...]) -> tuple[tuple[str, ...], ...] | None:
        """The ways kept for (path, blob, name, version); a blob never changes, so they hold whatever moves."""
        try:
            row = self._base.execute("SELECT paths FROM way WHERE source = ?", (_stored(key),)).fetchone()
            return None if row is None else tuple(tuple(map(str, path)) for path in json.loads(row[0]))
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise self._refused(f"damaged: {error}") from error

    def keep(self, key: tuple[str, ...], paths: tuple[tuple[str, ...], ...]) -> None:
        """Keep the ways."""
        try:
            with self._base:
                self._base.execute("INSERT OR REPLACE INTO way VALUES (?, ?)", (_stored(key), json.dumps(paths)))
        except sqlite3.Error as error:
            raise self._refused(str(error)) from error

    def _forget(self, folder: str) -> None:
        for (number,) in self._base.execute("SELECT id FROM repository WHERE folder = ?", (folder,)).fetchall():
            for statement in (
                "DELETE FROM span WHERE repository = ?",
                "DELETE FROM moment WHERE repository = ?",
                "DELETE FROM repository WHERE id = ?",
            ):
                self._base.execute(statement, (number,))

    def _keep_commits(self, number: int, history: History) -> dict[str, int]:
        """The commits that spans name, each once; their ids in the file by object id."""
        spans = [one.span for one in history.traced]
        named = {c.oid: c for span in spans for c in (*span.came, *span.left, *span.merged)}
        named |= {one.commit.oid: one.commit for one in history.unread}
        first = self._base.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM moment").fetchone()[0]
        moments = {oid: first + place for place, oid in enumerate(named)}
        rows = [
            (moments[c.oid], number, json.dumps((c.oid, c.time, safe(c.author), safe(c.committer), safe(c.subject))))
            for c in named.values()
        ]
        self._base.executemany("INSERT INTO moment VALUES (?, ?, ?)", rows)
        return moments


def opened(path: str) -> closing[InventoryFile]:
    """The file, to be used in a `with`."""
    return closing(InventoryFile(Path(path)))


def heads_of(found: Repository) -> str:
    """A digest of all refs and of what is cut off: as long as it stays, so does the history."""
    lines = [f"{ref.oid} {ref.name}" for ref in found.refs] + ["shallow", *found.shallow, "logged", *found.logged]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()


def _stored(key: tuple[str, ...]) -> str:
    """As SQLite takes it: a path of a repository may hold bytes that are no text."""
    return "\0".join(key).encode("utf-8", "backslashreplace").decode("utf-8")


def _span(one: Traced, moments: dict[str, int]) -> dict[str, object]:
    span = one.span
    return {
        "path": span.path,
        "held": list(span.held),
        **{word: [moments[c.oid] for c in commits] for word, commits in _moments(span)},
        "refs": list(span.refs),
        "paths": list(span.paths),
        "beside": list(one.beside),
        "source": list(one.source),
    }


def _moments(span: Span) -> Iterator[tuple[str, tuple[Commit, ...]]]:
    yield from (("came", span.came), ("left", span.left), ("merged", span.merged), ("again", span.again))


def _traced(kept: dict[str, list[str]], commits: dict[int, Commit]) -> Traced:
    came, left, merged, again = (tuple(commits[int(i)] for i in kept[word]) for word in ("came", "left", "merged", "again"))
    path = str(kept["path"])
    span = Span(path, Held(*kept["held"]), came, left, merged, tuple(kept["refs"]), tuple(kept["paths"]), again)
    return Traced(span, tuple(kept["beside"]), (kept["source"][0], kept["source"][1]))


def _facts(history: History, moments: dict[str, int]) -> dict[str, object]:
    return {
        "unread": [(one.path, moments[one.commit.oid], one.why) for one in history.unread],
        "gaps": [(g.subject, g.check, g.reason.value, g.detail, g.hint) for g in history.gaps],
        "unlocked": list(history.unlocked),
        "modules": list(history.modules),
        "files": history.files,
        "versions": history.versions,
        "commits": history.commits,
    }


def _gap(subject: str, check: str, reason: str, detail: str, hint: str) -> Gap:
    return Gap(subject=subject, check=check, reason=Reason(reason), detail=detail, hint=hint)
