"""What changed in all locks and manifests between two times: the first question of an incident nobody has written up yet.
Pure but for the encodings' bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from mlsupply.exposure.history import Commit
from mlsupply.exposure.question import Interval
from mlsupply.exposure.spans import Span
from mlsupply.exposure.tracing import History
from mlsupply.report.markdown import escape
from mlsupply.text import count, safe
from mlsupply.value import value


@value
class Change:
    """One project in one file at one commit. before, after: versions or specifiers, () where it was not there."""

    repository: str
    file: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    commit: Commit


def changes(histories: Iterable[History], window: Interval) -> list[Change]:
    """Everything that came or went at a commit whose committer's time lies in the window, by time."""
    found = [change for history in histories for change in _of_one(history, window)]
    return sorted(found, key=lambda one: (one.commit.time, one.repository, one.commit.oid, one.file, one.name))


def _of_one(history: History, window: Interval) -> Iterator[Change]:
    sides: dict[tuple[str, str, str], tuple[set[str], set[str]]] = {}
    commits: dict[str, Commit] = {}
    for traced in history.traced:
        span = traced.span
        held = span.held.version or span.held.specifier or "any"
        for side, moments in enumerate((span.left, span.came)):
            for commit in moments:
                if window.start is not None and window.end is not None and window.start <= commit.time <= window.end:
                    commits[commit.oid] = commit
                    file = _called(span, commit, first=side == 1)
                    sides.setdefault((commit.oid, file, span.held.name), (set(), set()))[side].add(held)
    for (oid, path, name), (before, after) in sides.items():
        yield Change(
            repository=safe(history.folder),
            file=safe(path),
            name=name,
            before=tuple(sorted(before)),
            after=tuple(sorted(after)),
            commit=commits[oid],
        )


def _called(span: Span, commit: Commit, *, first: bool) -> str:
    """What the file was called at a commit that changed it: as the commit says, and where that is not kept the oldest name
    for a thing that came, the newest for one that left."""
    names = (*span.paths, span.path)
    said = next((change.path for change in commit.changes if change.path in names), "")
    return said or (names[0] if first else names[-1])


def _said(change: Change) -> str:
    before, after = ", ".join(change.before), ", ".join(change.after)
    if not before or not after:
        return f"{'added' if after else 'removed'} {after or before}"
    return f"{before} → {after}"


def as_text(histories: Sequence[History], found: Sequence[Change]) -> bytes:
    """By commit, for a terminal."""
    lines = []
    last = ("", "")
    for one in found:
        if (one.repository, one.commit.oid) != last:
            last = (one.repository, one.commit.oid)
            commit = one.commit
            who = f"{_iso(commit.time)} {commit.oid[:12]} by {safe(commit.author, 80)}: {safe(commit.subject, 80)}"
            lines += ["", f"{safe(one.repository)}  {who}"]
        lines.append(f"  {safe(one.file)}: {one.name} {_said(one)}")
    return ("\n".join([*lines, "", *_gaps(histories), _summary(histories, found)]).lstrip("\n") + "\n").encode()


def as_markdown(histories: Sequence[History], found: Sequence[Change]) -> bytes:
    """A table, for a ticket."""
    rows = ["| time | repository | file | project | change | commit |", "| --- | --- | --- | --- | --- | --- |"]
    for one in found:
        cells = (_iso(one.commit.time), one.repository, one.file, one.name, _said(one), one.commit.oid[:12])
        rows.append("| " + " | ".join(escape(cell) for cell in cells) + " |")
    return ("\n".join([*rows, "", *map(escape, (*_gaps(histories), _summary(histories, found)))]) + "\n").encode()


def as_json(histories: Sequence[History], found: Sequence[Change]) -> bytes:
    """The same as a document."""
    document = {
        "repositories": len(histories),
        "changes": [
            {
                "repository": one.repository,
                "file": one.file,
                "name": one.name,
                "before": list(one.before),
                "after": list(one.after),
                "commit": one.commit.oid,
                "time": _iso(one.commit.time),
                "author": safe(one.commit.author),
            }
            for one in found
        ],
        "gaps": [
            {"subject": gap.subject, "detail": gap.detail, "hint": gap.hint} for history in histories for gap in history.gaps
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _gaps(histories: Sequence[History]) -> list[str]:
    return [
        f"not checked: {gap.subject}: {gap.detail}{f' → {gap.hint}' if gap.hint else ''}"
        for history in histories
        for gap in history.gaps
    ]


def _summary(histories: Sequence[History], found: Sequence[Change]) -> str:
    names = len({one.name for one in found})
    where = len({one.repository for one in found})
    changes, projects = count(len(found), "change"), count(names, "project")
    return f"{changes} of {projects} in {where:,} of {count(len(histories), 'repository')}."


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
