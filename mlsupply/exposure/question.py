"""The question: which releases, and when they were available. From an incident record or from a spec typed by the user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from mlsupply.advisories.incident_records import BadFile, Incident, incident
from mlsupply.advisories.incident_records import index as incidents
from mlsupply.advisories.versions import is_version, same_version
from mlsupply.errors import MlsupplyError
from mlsupply.text import canonical, safe
from mlsupply.value import replace, value

_EXTRAS = re.compile(r"\[[A-Za-z0-9._, -]*\]")
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"  # PEP 508
_RELEASES = re.compile(rf"({_NAME})(?:\s*==\s*(\S(?:.*\S)?))?")
_WITHOUT_SIGNS = re.compile(rf"({_NAME})\s+v?(\d\S*)")  # as people say it: litellm 1.82.7
_NO_NAME = re.compile(
    r"-20|^\s*(?:CVE|GHSA|PYSEC|MAL|SNYK)-", re.IGNORECASE
)  # what is an incident or an advisory by its form
_HINT = "name an incident (mlsupply explain incidents) or releases, such as litellm==1.82.7,1.82.8; PATHs come behind it"


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
        return versions is None or version in versions or any(same_version(version, bad) for bad in versions)


def ask(text: str, window: str = "") -> Question:
    """`litellm-2026` or the id of an advisory of it, `litellm==1.82.7,1.82.8` (extras mean nothing here), `litellm` (the
    releases of it that a record holds, every one where none does). window: `FROM..TO` (RFC 3339 or dates, UTC) in the place
    of the record's. Raises `MlsupplyError` (`unknown-incident`, `bad-window`)."""
    chosen = interval(window) if window else None
    text = _EXTRAS.sub("", text).strip()
    record = incident(text) or _of_advisory(text.upper())
    if record is not None:
        return _of_record(text, record, chosen)
    name, versions = _named(text)
    record = _record_of(name, versions)
    if record is None:
        return Question(text=safe(text), bad={name: versions}, window=chosen or Interval(), released={})
    found = _of_record(text, record, chosen)
    return replace(found, bad={name: found.bad[name] if versions is None else versions})


def _named(text: str) -> tuple[str, frozenset[str] | None]:
    """The project and the versions a spec names, None where it names none. Raises `MlsupplyError` for anything else."""
    match = _RELEASES.fullmatch(text)
    if match is None or (match[2] is None and _NO_NAME.search(text)):
        raise _no_question(f"{safe(text) or 'an empty word'} is neither an incident nor a release", text)
    versions = [version.strip().removeprefix("==").strip() for version in match[2].split(",")] if match[2] else None
    for version in versions or ():
        if version and not is_version(version):
            raise _no_question(f"{safe(version)} in {safe(text)} is no version", text)
    return canonical(match[1]), None if versions is None else frozenset(filter(None, versions))


def _no_question(said: str, text: str) -> MlsupplyError:
    return MlsupplyError("unknown-incident", said + _nearest(text), _HINT)


def _of_advisory(identifier: str) -> Incident | None:
    """The incident an advisory is about. Raises `MlsupplyError` where it is about several."""
    named = incidents().advisories.get(identifier, ())
    if len(named) > 1:
        said = f"{identifier} is of several incidents: {', '.join(named[:5])}"
        raise MlsupplyError("unknown-incident", said, "name the one you mean")
    return incident(named[0]) if named else None


def _nearest(text: str) -> str:
    from difflib import get_close_matches

    if without := _WITHOUT_SIGNS.fullmatch(text):
        return f", did you mean {without[1]}=={without[2]}?"
    close = get_close_matches(text.lower(), incidents().briefs, n=1)
    return f", did you mean {close[0]}?" if close else ""


def _record_of(name: str, versions: frozenset[str] | None) -> Incident | None:
    """The one incident that holds all these releases; of a name alone, the one that holds any. Raises `MlsupplyError`
    where several do."""
    known = incidents()
    if versions is None:
        found = set(known.releases.get(name, ()))
    else:
        several = [set(known.of_release(name, version)) for version in versions]
        found = set.intersection(*several) if several else set()
    if versions is None and len(found) > 1:
        said = f"{name} is in several incidents: {', '.join(sorted(found)[:5])}"
        raise MlsupplyError("unknown-incident", said, "name the one you mean, or the versions")
    return incident(min(found)) if found else None


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


def interval(text: str, hint: str = "write --window 2026-03-24T10:00Z..2026-03-24T16:00Z") -> Interval:
    """`FROM..TO` in UTC. hint: how it is written where it was asked for. Raises `MlsupplyError` (`bad-window`)."""
    start, separator, end = text.partition("..")
    first, last = _moment(start), _moment(end)
    if not separator or first is None or last is None:
        raise MlsupplyError("bad-window", f"{safe(text)} is no window", hint)
    if last < first:
        raise MlsupplyError("bad-window", f"{safe(text)} ends before it begins", hint)
    return Interval(start=first, early_end=last, end=last)


def _moment(text: str) -> int | None:
    """Seconds since 1970; a time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
