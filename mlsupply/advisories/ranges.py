"""Which versions an advisory means: the event log of an OSV range as windows, and a version against them. Pure.

Source: the evaluation algorithm of the OSV schema (ossf.github.io/osv-schema, "Evaluation"), with versions ordered as
PEP 440 orders them. Ordering, not specifiers: `fixed: 1.0` leaves `1.0rc1` affected.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from mlsupply.advisories.versions import FIRST, bound
from mlsupply.named import NamedTuple

FIXED, LAST_AFFECTED, OPEN, LIMIT = "fixed", "last_affected", "open", "limit"


class Window(NamedTuple):
    """Versions from `low` on, up to `high`. low, high: sort keys, `""` for "from the first" and "for ever"; ends: what
    `high` is: the version that fixes it (itself not affected), the last one known to be affected (itself affected), a
    limit of what the record speaks of (itself not meant) or nothing; first, last: the bounds as versions, for people."""

    low: str
    high: str
    ends: str
    first: str = ""
    last: str = ""


class Read(NamedTuple):
    """What could be made of a range: its windows, and in words what could not be read as it stands."""

    windows: tuple[Window, ...]
    doubts: tuple[str, ...] = ()


class _Event(NamedTuple):
    key: str
    kind: str
    text: str


def contains(windows: Iterable[Sequence[str]], key: str) -> Sequence[str] | None:
    """The first window (a `Window`, or a sequence in its order) that holds the version of this key."""
    for window in windows:
        high = window[1]
        if window[0] <= key and (not high or key < high or (key == high and window[2] == LAST_AFFECTED)):
            return window
    return None


def windows_of(events: Iterable[object], *, semver: bool = False) -> Read:
    """The windows of one ECOSYSTEM range, or of one whose bounds are written by SemVer. Events may come in any order and
    several of a kind; at one version they take effect in the order they are written, so that `fixed: 2.0, introduced: 2.0`
    is one unbroken stretch. What both fixes and is the last affected is fixed, whichever is written first: the schema's walk
    ends with a version switched off."""
    log, limits, doubts = _log(events, semver)
    windows: list[Window] = []
    since: _Event | None = None
    for event in sorted(log, key=itemgetter(0)):
        if event.kind == "introduced":
            since = since or event
            continue
        if event.kind == FIXED:
            _fixed_after_all(windows, event.key)
        if since is not None:
            windows.append(Window(since.key, event.key, event.kind, since.text, event.text))
            since = None
    if since is not None:
        windows.append(Window(since.key, "", OPEN, since.text))
    return Read(tuple(_within(windows, limits)), tuple(doubts))


def _fixed_after_all(windows: list[Window], key: str) -> None:
    """Windows that end with this version as the last affected end before it."""
    at = len(windows) - 1
    while at >= 0 and windows[at].high == key and windows[at].ends == LAST_AFFECTED:
        windows[at] = windows[at]._replace(ends=FIXED)
        at -= 1


def _log(events: Iterable[object], semver: bool) -> tuple[list[_Event], list[_Event], list[str]]:
    """Events that switch, limits, and doubts. A bound that cannot be read at all never narrows what is affected."""
    log: list[_Event] = []
    limits: list[_Event] = []
    doubts: list[str] = []
    for event in events:
        if not isinstance(event, dict) or not event:
            doubts.append("an event without content")
            continue
        for kind, text in event.items():
            if kind not in {"introduced", FIXED, LAST_AFFECTED, LIMIT} or not isinstance(text, str):
                doubts.append(f"an event {str(kind)[:40]} that is not known")
            elif kind == LIMIT:
                limits += _limit(text, doubts, semver)
            else:
                log += _switch(kind, text, doubts, semver)
    return log, limits, doubts


def _switch(kind: str, text: str, doubts: list[str], semver: bool) -> list[_Event]:
    if kind == "introduced" and text == "0":
        return [_Event(FIRST, kind, "")]
    read = bound(text, semver=semver)
    if read.key is None:
        doubts.append(f"{kind} {text[:60]} is not a version")
        return [_Event(FIRST, kind, "")] if kind == "introduced" else []
    if not read.read_as:
        return [_Event(read.key, kind, text)]
    doubts.append(f"{kind} {text[:60]} is not PEP 440 and was read as {read.read_as}")
    # `7.2.0-12.1` is a build of 7.2.0 or later: 7.2.0 itself does not hold the fix
    return [_Event(read.key, LAST_AFFECTED if kind == FIXED else kind, read.read_as)]


def _limit(text: str, doubts: list[str], semver: bool) -> list[_Event]:
    read = bound(text, semver=semver)
    if read.key is None and text != "*":
        doubts.append(f"limit {text[:60]} is not a version")
    return [_Event(read.key or "", LIMIT, text)]


def _within(windows: list[Window], limits: list[_Event]) -> list[Window]:
    """Versions at or above every limit are not spoken of."""
    if not limits or any(not limit.key for limit in limits):
        return windows
    most = max(limits)
    return [
        Window(window.low, most.key, LIMIT, window.first, most.text)
        if not window.high or window.high > most.key or (window.high == most.key and window.ends == LAST_AFFECTED)
        else window
        for window in windows
        if window.low < most.key
    ]
