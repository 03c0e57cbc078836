"""The question: which releases, and when they were available. From an incident record or from a spec typed by the user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from mlsupply.advisories.incident_records import BadFile, Incident, incident
from mlsupply.advisories.incident_records import index as incidents
from mlsupply.errors import MlsupplyError
from mlsupply.text import canonical, safe
from mlsupply.value import replace, value

_EXTRAS = re.compile(r"\[[A-Za-z0-9._, -]*\]")
_NO_NAME = re.compile(
    r"-20|^\s*(?:CVE|GHSA|PYSEC|MAL|SNYK)-", re.IGNORECASE
)  # what is an incident or an advisory by its form
_HINT = "name an incident (mlsupply explain incidents) or a release such as litellm==1.82.7,1.82.8"


@value
class Interval:
    """Times in seconds since 1970 UTC, None where not known. end: the latest claim; early_end: the earliest claim, equal to
    `end` where sources agree."""

    start: int | None = None
    early_end: int | None = None
    end: int | None = None

    @property
    def disputed(self) -> bool:
        """Whether sources disagree about the end."""
        return self.early_end != self.end


@value
class Question:
    """bad: canonical name to its bad versions, None meaning every version; released: (name, version) to when that release
    opened, where it differs from the window; files: known hashes; incident: the record behind it."""

    text: str
    bad: Mapping[str, frozenset[str] | None]
    window: Interval
    released: Mapping[tuple[str, str], int]
    files: tuple[BadFile, ...] = ()
    incident: Incident | None = None

    def is_bad(self, name: str, version: str) -> bool:
        """Whether this release is one of those asked for; versions compare as PEP 440 has them, else as written."""
        versions = self.bad.get(name, frozenset())
        return versions is None or version in versions or any(_same(version, bad) for bad in versions)


def ask(text: str, window: str = "") -> Question:
    """`litellm-2026` or the id of an advisory of it, `litellm==1.82.7,1.82.8` (extras mean nothing here), `litellm` (every
    version). window: `FROM..TO` (RFC 3339 or dates, UTC) in
    the place of the record's. Raises `MlsupplyError` (`unknown-incident`, `bad-window`)."""
    chosen = interval(window) if window else None
    text = _EXTRAS.sub("", text)
    record = incident(text.strip()) or _of_advisory(text.strip().upper()) or _record_of(text)
    if record is not None:
        found = _of_record(text, record, chosen)
        return found if "==" not in text else _narrowed(found, text)
    match = re.fullmatch(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:==\s*([^\s]+))?\s*", text)
    if match is None or (match[2] is None and _NO_NAME.search(text)):
        said = f"{safe(text)} is neither an incident nor a release"
        raise MlsupplyError("unknown-incident", said + _nearest(text), _HINT)
    versions = frozenset(filter(None, match[2].split(","))) if match[2] else None
    return Question(text=safe(text), bad={canonical(match[1]): versions}, window=chosen or Interval(), released={})


def _of_advisory(identifier: str) -> Incident | None:
    """The incident an advisory is about. Raises `MlsupplyError` where it is about several."""
    named = incidents().advisories.get(identifier, ())
    if len(named) > 1:
        said = f"{identifier} is of several incidents: {', '.join(named[:5])}"
        raise MlsupplyError("unknown-incident", said, "name the one you mean")
    return incident(named[0]) if named else None


def _nearest(text: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(text.strip().lower(), incidents().briefs, n=1)
    return f", did you mean {close[0]}?" if close else ""


def _record_of(text: str) -> Incident | None:
    """The incident whose releases a spec names: the one record that holds all of them."""
    match = re.fullmatch(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*([^\s]+)\s*", text)
    if match is None:
        return None
    found = [incidents().of_release(match[1], version) for version in match[2].split(",") if version]
    shared = set(found[0]).intersection(*found[1:]) if found else set()
    return incident(min(shared)) if shared else None


def _narrowed(question: Question, text: str) -> Question:
    """The record's question for the versions typed alone."""

    name, _, versions = text.partition("==")
    return replace(question, bad={canonical(name.strip()): frozenset(v.strip() for v in versions.split(",") if v.strip())})


def _of_record(text: str, record: Incident, chosen: Interval | None) -> Question:
    window = record.window
    opened = _moment(window.opened) if window.opened else None
    closed = _moment(window.closed) if window.closed else None
    early = _moment(window.closed_earliest) if window.closed_earliest else closed
    bad = {name: None if "*" in versions else frozenset(versions) for name, versions in record.affected.items()}
    released = {
        (name, version): moment
        for version, when in window.releases.items()
        for name in record.affected
        if (moment := _moment(when)) is not None
    }
    return Question(
        text=safe(text),
        bad=bad,
        window=chosen or Interval(start=opened, early_end=early, end=closed),
        released={} if chosen else released,
        files=record.hashes,
        incident=record,
    )


def interval(text: str) -> Interval:
    """`FROM..TO` in UTC. Raises `MlsupplyError` (`bad-window`)."""
    start, separator, end = text.partition("..")
    first, last = _moment(start), _moment(end)
    if not separator or first is None or last is None or last < first:
        hint = "write --window 2026-03-24T10:00Z..2026-03-24T16:00Z"
        raise MlsupplyError("bad-window", f"{safe(text)} is no window", hint)
    return Interval(start=first, early_end=last, end=last)


def _moment(text: str) -> int | None:
    """Seconds since 1970; a time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _same(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False
