"""`db sync`: the local database brought up to date from an OSV bucket.

Source: google.github.io/osv.dev/data/ - `PyPI/all.zip` holds every record, `PyPI/modified_id.csv` says when each last
changed, newest first, `PyPI/{id}.json` is one record. What is fetched is checked before it replaces anything: it must be
whole, must not have shrunk and must not be older than what is here.
"""

from __future__ import annotations

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mlsupply.advisories.build import Compiled, compile_records
from mlsupply.advisories.importing import OSV, OSV_LICENCE, records_of
from mlsupply.advisories.local import Current, current, folder, verified
from mlsupply.advisories.records import second_of
from mlsupply.advisories.store import age_of, opened
from mlsupply.advisories.writing import dated, install, locked, point, unwritten
from mlsupply.digest import sha256_of_file
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.model import DataSource
from mlsupply.named import NamedTuple
from mlsupply.world import Failure, World

_PIECE = 8 << 20  # bytes asked for at a time, so that an interrupted transfer goes on where it stopped
_MOST = 1 << 30  # bytes of the archive
_MOST_RECORD = 8 << 20
_CHANGES = 400  # more than this and the whole archive is quicker than the records one by one
_CONNECTIONS = 8
_RESTARTS = 3  # of a transfer, because the archive changed under it
_KEPT = 0.9  # of the records and bytes there were, as many must come again
_READABLE = 0.95  # of the records in an archive
_KEEPS = "scans go on with the advisories that are here already (`mlsupply db status` shows them)"
JUST_NOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """how: `unchanged`, `changes` or `whole`; changed: records taken in; missing: records that changed and could not be
    fetched (asked for again next time); refused: why records were not taken in."""

    how: str
    records: int
    as_of: str
    changed: int = 0
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def sync(world: World, bucket: str, *, whole: bool = False) -> Outcome:
    """Bring the local database up to date. whole: fetch the archive even where the changes would do. Raises `MlsupplyError`
    where that failed; the database that was there is then still in place."""
    with locked(world) as waited:
        known = _usable(world)
        if known is not None and known.url == bucket and not whole:
            age = age_of(known.checked, world.now())
            if waited and age is not None and timedelta() <= age < JUST_NOW:
                return Outcome("unchanged", known.records, known.as_of)
            outcome = _changes(world, bucket, known)
            if outcome is not None:
                return outcome
        return _whole(world, bucket, known if known and known.url == bucket else None)


def _usable(world: World) -> Current | None:
    """The current store's particulars; a damaged one is rebuilt as if there were none."""
    try:
        known = current(world)
        if known is not None:
            with opened(verified(world, known)):
                return known
    except MlsupplyError as error:
        world.say(f"{error.message}; it is built anew")
    return None


def _changes(world: World, bucket: str, known: Current) -> Outcome | None:
    """Take in the records that changed; None where the archive is the better way."""
    now = dated(world)
    listing, tag = _listing(world, bucket, known.listing)
    if listing is None:
        point(world, known._replace(checked=now))
        return Outcome("unchanged", known.records, known.as_of)
    compiled, modified = _from_store(verified(world, known))
    listed = _listed(listing, bucket)
    if len(listed) < known.records * _KEPT:
        raise _refused(bucket, f"it lists {len(listed):,} records, {known.records:,} are here")
    wanted = [name for name, date in listed.items() if modified.get(name) != date]
    if len(wanted) > _CHANGES:
        return None
    if not wanted:
        point(world, known._replace(checked=now, listing=tag))
        return Outcome("unchanged", known.records, known.as_of)
    missing = _take_in(world, bucket, wanted, compiled)
    # what is missing keeps its old date here, so that the next sync asks for it again
    noted = known if missing else known._replace(checked=now, etag="", listing=tag)
    as_of = known.as_of if missing else max(_believed(known, now), compiled.newest(now))
    about = install(world, compiled, DataSource(OSV, as_of, 0, "", OSV_LICENCE, bucket), noted)
    changed = len(wanted) - len(missing)
    return Outcome("changes", about.records, about.as_of, changed, tuple(missing), tuple(compiled.refused))


def _listing(world: World, bucket: str, tag: str) -> tuple[str | None, str]:
    """(the list of changes, its ETag), None where it is the one of that tag."""
    url = f"{bucket}/PyPI/modified_id.csv"
    answer = world.fetch(url, limit=_MOST, headers={"If-None-Match": tag} if tag else {})
    if isinstance(answer, Failure):
        raise _unreachable(url, answer.detail)
    if answer.status == 304:
        return None, tag
    if answer.status != 200:
        raise _unreachable(url, f"it answers with status {answer.status}")
    return answer.body.decode("utf-8", "replace"), answer.headers.get("etag", "")


def _listed(listing: str, bucket: str) -> dict[str, str]:
    """Id to the second it last changed, as the store keeps it. Raises `MlsupplyError` for what is no such list."""
    try:
        rows = [row for row in csv.reader(listing.splitlines()) if len(row) == 2]
    except csv.Error as error:  # a quote that is not closed makes a field of all that follows
        raise _refused(bucket, f"its list of changes cannot be read ({error})") from error
    return {name.rpartition("/")[2]: second_of(date) for date, name in rows}


def _from_store(path: Path) -> tuple[Compiled, dict[str, str]]:
    compiled = Compiled()
    with opened(path) as store:
        compiled.take_store(store)
    return compiled, dict(compiled.modified)


def _take_in(world: World, bucket: str, names: list[str], compiled: Compiled) -> list[str]:
    """Fetch and replace records; the ids of those that could not be had."""
    missing = []
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        answers = pool.map(lambda name: world.fetch(f"{bucket}/PyPI/{name}.json", limit=_MOST_RECORD), names)
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, Failure) or answer.status != 200:
                missing.append(name)
                continue
            try:
                record = json.loads(answer.body)
            except (ValueError, RecursionError):
                missing.append(name)
                continue
            compiled.replace(name, record)
    return missing


def _whole(world: World, bucket: str, known: Current | None) -> Outcome:
    url = f"{bucket}/PyPI/all.zip"
    now = dated(world)
    archive, etag = _download(world, url, known.etag if known else "")
    if archive is None:
        if known is None:
            raise _refused(bucket, "it says nothing changed, but nothing is here")
        point(world, known._replace(checked=now))
        return Outcome("unchanged", known.records, known.as_of)
    try:
        try:
            compiled = compile_records(records_of(archive))
        except MlsupplyError as error:
            raise _refused(bucket, error.message) from error
        _sound(bucket, compiled, known, now)
        source = DataSource(OSV, compiled.newest(now), 0, sha256_of_file(archive), OSV_LICENCE, bucket)
        about = install(world, compiled, source, Current("", 0, 0, bucket, etag, now, "", 0))
    finally:
        archive.unlink(missing_ok=True)
    return Outcome("whole", about.records, about.as_of, about.records, (), tuple(compiled.refused))


def _sound(bucket: str, compiled: Compiled, known: Current | None, now: str) -> None:
    """What stands between an archive and the database."""
    count, refused = len(compiled.modified), len(compiled.refused)
    if not count or count < (count + refused) * _READABLE:
        reason = f": {compiled.refused[0]}" if compiled.refused else ""
        raise _refused(bucket, f"only {count:,} of {count + refused:,} records can be read{reason}")
    if known is None:
        return
    if count < known.records * _KEPT:
        raise _refused(bucket, f"it holds {count:,} records, {known.records:,} are here")
    if compiled.newest(now) < _believed(known, now):
        raise _refused(bucket, f"its newest change is of {compiled.newest(now)}, older than {known.as_of} here")


def _believed(known: Current, now: str) -> str:
    """The newest change there was, "" where it is dated in the future: the clock was wrong when it was taken over."""
    return known.as_of if known.as_of <= now else ""


def _download(world: World, url: str, etag: str) -> tuple[Path | None, str]:
    """(the archive on disk, its ETag), None where the server says it has not changed. Goes on with a transfer that broke off
    before, if the archive is still the same. Raises `MlsupplyError`."""
    place = folder(world)
    part, notes = place / "part.zip", place / "part.json"
    tag = _begun(part, notes, url)
    done = part.stat().st_size if tag else 0
    restarts = 0
    try:
        while True:
            piece = _piece(world, url, done, tag, etag)
            if piece is None:
                return None, etag
            if done and piece.tag != tag:  # another archive by now: begin again
                done, tag, restarts = 0, "", restarts + 1
                if restarts > _RESTARTS:
                    raise _unreachable(url, "it is another archive each time")
                continue
            tag = piece.tag
            if not done:
                notes.unlink(missing_ok=True)  # they are of what `part` held before
            with open(part, "ab" if done else "wb") as handle:
                handle.write(piece.data)
            notes.write_text(json.dumps({"url": url, "etag": tag}), encoding="utf-8")
            done += len(piece.data)
            world.say("fetching advisories", done >> 20, piece.total >> 20)
            if done >= piece.total:
                notes.unlink(missing_ok=True)
                return part, tag
    except OSError as error:
        for left in (part, notes):  # a disk that is full is not to stay so
            with suppress(OSError):
                left.unlink()
        raise unwritten(part, error) from error


class _Piece(NamedTuple):
    """Bytes of the archive. tag: the ETag it has; total: its length."""

    data: bytes
    tag: str
    total: int


def _piece(world: World, url: str, done: int, tag: str, etag: str) -> _Piece | None:
    """What follows the first `done` bytes, or the whole archive from a server that knows no ranges; None for "unchanged"."""
    headers = {"Range": f"bytes={done}-{done + _PIECE - 1}"}
    if done:
        headers["If-Range"] = tag
    elif etag:
        headers["If-None-Match"] = etag
    answer = world.fetch(url, limit=_MOST, headers=headers)
    if isinstance(answer, Failure):
        raise _unreachable(url, answer.detail)
    if answer.status == 304 and etag:
        return None
    if answer.status not in {200, 206} or not answer.body:
        raise _unreachable(url, f"it answers with status {answer.status} and {len(answer.body):,} bytes")
    found = answer.headers.get("etag", "")
    if answer.status == 200:
        return _Piece(answer.body, found if not done else "", len(answer.body))
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    if not total.isdecimal() or int(total) > _MOST:
        raise _unreachable(url, "it answers with a piece of unknown length")
    return _Piece(answer.body, found, int(total))


def _begun(part: Path, notes: Path, url: str) -> str:
    """The ETag of a transfer of this archive that broke off, "" where there is none to go on with."""
    try:
        begun = json.loads(notes.read_bytes())
        tag = begun["etag"] if part.exists() and begun["url"] == url else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return tag if isinstance(tag, str) else ""


def _unreachable(url: str, detail: str) -> MlsupplyError:
    return MlsupplyError(
        "sync-failed",
        f"{url} could not be fetched: {detail}; {_KEEPS}",
        "see that this machine reaches that address (HTTPS_PROXY names a proxy) and try again, or fetch PyPI/all.zip of the "
        "bucket on another machine and run `mlsupply db import all.zip` here",
        EXIT_INCOMPLETE,
    )


def _refused(bucket: str, reason: str) -> MlsupplyError:
    return MlsupplyError(
        "sync-refused",
        f"what {bucket} offers is not taken over: {reason}; {_KEEPS}",
        "if the source really changed so, remove the database folder (`mlsupply db status` names it) and sync again",
        EXIT_INCOMPLETE,
    )
