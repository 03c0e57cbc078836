"""The live OSV API: one batch of names, then the records that are not at hand, all at once; judged by the local matcher.

Source: google.github.io/osv.dev/post-v1-querybatch/. Queries name projects, not versions: which versions are affected is
decided here. A record whose id and date are in the embedded snapshot, the local database or the cache is not fetched again:
an unchanged feed costs one round trip, a changed one two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlsupply.advisories.asking import BATCH, JSON, LIMIT, api_of, batch_body, batches_of, query_of
from mlsupply.advisories.feeds import CHECK, SKEW, Answer, Meanwhile, at_hand, nothing
from mlsupply.advisories.groups import grouped
from mlsupply.advisories.records import Advisory, MalformedRecordError, parse, second_of
from mlsupply.advisories.store import EMBEDDED, ID, MODIFIED, WITHDRAWN, Row, age_of, opened, unpack
from mlsupply.begun import each
from mlsupply.drafts import keep_json
from mlsupply.lazy import expression
from mlsupply.model import DataSource, Gap, Reason
from mlsupply.named import NamedTuple
from mlsupply.world import Failure, Response, World

_PAGES = 100  # of one answer
_CONNECTIONS = 16
_BY_NAME = 4  # with more records of one project missing, the project is asked for whole
_SAFE_ID = expression(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")

_Task = tuple[str, frozenset[str]]


class Stamp(NamedTuple):
    """A record as a batch names it; the date to the second."""

    id: str
    modified: str


class LiveFeed:
    """url: of the API, "" for the public one."""

    def __init__(self, url: str, world: World) -> None:
        self._url = api_of(url)
        self._world = world

    def about(self, names: Iterable[str], meanwhile: Meanwhile = nothing) -> Answer:
        """No source in the answer means that the API could not be asked at all."""
        names = list(names)
        known = at_hand(names, self._world).rows  # while a question asked ahead is under way
        alive = {
            name: [row for row in rows if not row[WITHDRAWN]] for name, rows in known.items()
        }  # the API names no others
        meanwhile(self._answer(alive, {}))
        stamps: dict[str, list[Stamp]] = {}
        for answer in each(self._stamps, batches_of(names), _CONNECTIONS):
            if isinstance(answer, Failure):
                return Answer({}, (), (self._gap(answer.reason, answer.detail),))
            stamps |= answer
        return self._answer(*self._rows(stamps, known, alive))._replace(gaps=tuple(self._clock()))

    def _clock(self) -> Iterator[Gap]:
        """A gap where this machine's clock is behind what mlsupply came with: the answer is of now, whenever that is."""
        now = self._world.now()
        with opened(EMBEDDED) as store:
            as_of = store.about.as_of
        age = age_of(as_of, now)
        if age is not None and age < -SKEW:
            detail = (
                f"it says {now:%Y-%m-%d}, and mlsupply came with advisories of {as_of[:10]}: how old releases and data are, "
                "and which waivers have ended, is not known"
            )
            yield Gap(
                subject="this machine's clock",
                check=CHECK,
                reason=Reason.STALE,
                detail=detail,
                hint="set it, and scan again",
            )

    def _answer(self, rows: dict[str, list[Row]], unread: dict[str, str]) -> Answer:
        as_of = self._world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        source = DataSource(f"OSV API at {self._host}", as_of, sum(map(len, rows.values())), url=self._url)
        return Answer(rows, (source,), (), unread)

    @property
    def _host(self) -> str:
        return self._url.partition("://")[2].partition("/")[0]

    def _gap(self, reason: Reason, detail: str) -> Gap:
        return Gap(
            subject=self._host,
            check=CHECK,
            reason=reason,
            detail=f"the advisory API could not be asked: {detail}",
            hint="run `mlsupply db sync` where there is a network, or scan with --offline",
        )

    def _stamps(self, names: list[str]) -> dict[str, list[Stamp]] | Failure:
        """Which records each project has; pages are followed."""
        found: dict[str, list[Stamp]] = {name: [] for name in names}
        wanted = [(name, "") for name in names]
        for _ in range(_PAGES):
            results = self._batch(wanted)
            if isinstance(results, Failure):
                return results
            further = []
            for (name, _), result in zip(wanted, results, strict=True):
                found[name] += _stamps_of(result)
                if token := _text(result, "next_page_token"):
                    further.append((name, token))
            if not further:
                return found
            wanted = further
        return Failure(Reason.LIMIT, f"more than {_PAGES} pages")

    def _batch(self, wanted: list[tuple[str, str]]) -> list[dict[str, Any]] | Failure:
        document = self._ask(BATCH, batch_body(wanted))
        if isinstance(document, Failure):
            return document
        results = document.get("results")
        if not isinstance(results, list) or len(results) != len(wanted):
            return Failure(Reason.MALFORMED, "its answer has not one result for each query")
        return [result if isinstance(result, dict) else {} for result in results]

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, Any] | Failure:
        """A JSON object, or why there is none."""
        answer = self._world.fetch(self._url + path, limit=LIMIT, headers=JSON if body else {}, body=body)
        return answer if isinstance(answer, Failure) else _object(answer)

    def _rows(
        self, stamps: dict[str, list[Stamp]], known: Mapping[str, list[Row]], alive: Mapping[str, list[Row]]
    ) -> tuple[dict[str, list[Row]], dict[str, str]]:
        """(rows by name, names whose records could not all be had, with the reason). What is at hand word for word is taken
        as it stands, groups and all. alive: of what is known, the records that are not withdrawn."""
        ready = {name: alive[name] for name, own in stamps.items() if own and _same(own, alive.get(name, ()))}
        changed = {name: own for name, own in stamps.items() if own and name not in ready}
        if not changed:
            return ready, {}
        records, unread = self._records(changed, known)
        return ready | {name: _grouped(own) for name, own in records.items() if own}, unread

    def _records(
        self, stamps: dict[str, list[Stamp]], known: Mapping[str, list[Row]]
    ) -> tuple[dict[str, list[Advisory]], dict[str, str]]:
        """(records by name, names whose records could not all be had, with the reason)."""
        cache = _Cache(self._world.cache / "advisories" / "live")
        found: dict[str, list[Advisory]] = {}
        missing: dict[str, list[Stamp]] = {}
        for name, own in stamps.items():
            here = {(record.id, record.modified): record for record in map(unpack, known.get(name, ()))}
            found[name] = [record for stamp in own if (record := here.get(stamp) or cache.get(name, stamp))]
            had = {(record.id, record.modified) for record in found[name]}
            if lacking := [stamp for stamp in own if stamp not in had]:
                missing[name] = lacking
        failed: dict[str, list[str]] = {}
        tasks = list(_tasks(missing))
        for (name, _), (records, failures) in zip(tasks, each(self._fetched, tasks, _CONNECTIONS), strict=True):
            found[name] += records
            for record in records:
                cache.put(name, record)
            if failures:
                failed.setdefault(name, []).extend(failures)
        return found, {name: "; ".join(failures[:3]) for name, failures in failed.items()}

    def _fetched(self, task: _Task) -> tuple[list[Advisory], list[str]]:
        """Records of one project, and in words which of them could not be had."""
        name, ids = task
        records: list[Advisory] = []
        failures: list[str] = []
        for document in self._whole(name) if len(ids) > 1 else self._single(next(iter(ids))):
            if isinstance(document, Failure):
                failures.append(f"{', '.join(sorted(ids)[:3])}: {document.detail}")
                continue
            try:
                records += [advisory for project, advisory in parse(document) if project == name and advisory.id in ids]
            except MalformedRecordError as error:
                failures.append(str(error))
        lacking = ids - {record.id for record in records}
        return records, failures or ([f"{', '.join(sorted(lacking))}: not in the answer"] if lacking else [])

    def _single(self, identifier: str) -> Iterator[dict[str, Any] | Failure]:
        yield self._ask(f"/v1/vulns/{quote(identifier, safe='')}")

    def _whole(self, name: str) -> Iterator[dict[str, Any] | Failure]:
        """All records of a project, by pages."""
        token = ""
        for _ in range(_PAGES):
            document = self._ask("/v1/query", json.dumps(query_of(name, token)).encode())
            if isinstance(document, Failure):
                yield document
                return
            for record in document.get("vulns") or ():
                yield record if isinstance(record, dict) else {}
            token = _text(document, "next_page_token")
            if not token:
                return
        yield Failure(Reason.LIMIT, f"more than {_PAGES} pages")


class _Cache:
    """Records fetched before, one small file for each record and project. It only ever saves requests: what cannot be
    read or written is fetched again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str, stamp: Stamp) -> Advisory | None:
        path = self._path(name, stamp.id)
        if path is None:
            return None
        try:
            record = unpack(json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError, AttributeError, LookupError):
            return None
        return record if (record.id, record.modified) == stamp else None

    def put(self, name: str, record: Advisory) -> None:
        if path := self._path(name, record.id):
            keep_json(path, list(record))

    def _path(self, name: str, identifier: str) -> Path | None:
        fits = _SAFE_ID.fullmatch(identifier) and _SAFE_ID.fullmatch(name)
        return self._folder / identifier / f"{name}.json" if fits else None


def _same(stamps: list[Stamp], rows: Iterable[Row]) -> bool:
    return sorted(stamps) == sorted((row[ID], row[MODIFIED]) for row in rows)


def _tasks(missing: dict[str, list[Stamp]]) -> Iterator[_Task]:
    """What to ask for: single records, or a whole project where many of its records are missing."""
    for name, stamps in missing.items():
        ids = dict.fromkeys(stamp.id for stamp in stamps)
        if len(ids) > _BY_NAME:
            yield name, frozenset(ids)
        else:
            yield from ((name, frozenset({identifier})) for identifier in ids)


def _grouped(records: Iterable[Advisory]) -> list[Row]:
    return [list(record) for record in grouped(sorted(records, key=lambda record: (record.id, record.modified)))]


def _stamps_of(result: dict[str, Any]) -> list[Stamp]:
    listed = result.get("vulns")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return [Stamp(_text(entry, "id"), second_of(_text(entry, "modified"))) for entry in entries if _text(entry, "id")]


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _object(answer: Response) -> dict[str, Any] | Failure:
    if answer.status != 200:
        return Failure(
            Reason.NOT_FOUND if answer.status == 404 else Reason.OFFLINE, f"it answers with status {answer.status}"
        )
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    return document if isinstance(document, dict) else Failure(Reason.MALFORMED, "its answer is not the JSON it should be")
