"""From the history of files to spans: what was held where, from which commit to which, and where it still is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import inf

from mlsupply.exposure.history import Commit
from mlsupply.exposure.holdings import Held, Holding
from mlsupply.named import NamedTuple


class Event(NamedTuple):
    """Something came or went at a commit. merge: a merge brought it in from another branch."""

    commit: Commit
    path: str
    held: Held
    came: bool
    merge: bool = False


class Span(NamedTuple):
    """One thing held by one file. came: commits at which it was new (no parent had it), oldest first; left: commits at
    which it was gone though a parent had it; merged: merges that took it into another line of history; refs: names of
    branches and tags that hold it now; paths: former names of the file, oldest first; again: those of `came` at which
    another line of history held it all along."""

    path: str
    held: Held
    came: tuple[Commit, ...]
    left: tuple[Commit, ...]
    merged: tuple[Commit, ...]
    refs: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    again: tuple[Commit, ...] = ()

    @property
    def first(self) -> Commit:
        """The commit that brought it."""
        return self.came[0]

    def stretches(self) -> Iterator[tuple[int, int | None]]:
        """When it stood in any line of history, as (from, until) in seconds, until None for still: from each coming to the
        last leaving before the next one. A branch that takes it away and brings it back while another keeps it does not
        end a stretch."""
        starts = [commit.time for commit in self.came if commit not in self.again]
        for number, start in enumerate(starts):
            following = starts[number + 1] if number + 1 < len(starts) else None
            ends = [one.time for one in self.left if one.time > start and (following is None or one.time <= following)]
            still = following is None and bool(self.refs)
            yield start, None if still else max(ends, default=following)

    @property
    def last(self) -> Commit | None:
        """The commit that ended it in the last line of history that had it; None while a ref still holds it."""
        return None if self.refs or not self.left else self.left[-1]


State = Mapping[str, frozenset[Held]]
Line = tuple[int, float, str]
"""A commit's state while it stood: from its time until that of a child, or for ever where a line of history ends; its id."""
_NONE: frozenset[Held] = frozenset()


def spans(commits: Iterable[Commit], holdings: Mapping[tuple[str, str], Holding]) -> tuple[list[Span], dict[str, State]]:
    """The spans of everything held, and the state after each commit (by its id). holdings: by (path, blob); commits:
    parents before children. A file that is renamed keeps its span."""
    came: dict[tuple[str, Held], list[Commit]] = {}
    left: dict[tuple[str, Held], list[Commit]] = {}
    merged: dict[tuple[str, Held], list[Commit]] = {}
    states: dict[str, State] = {}
    for commit in commits:
        parents = [states.get(parent, {}) for parent in commit.parents]
        states[commit.oid] = state = _after(commit, parents[0] if parents else {}, holdings)
        for event in _events(commit, parents, state):
            where = merged if event.merge else came if event.came else left
            where.setdefault((event.path, event.held), []).append(commit)
    found = [
        Span(
            path,
            held,
            _by_time(came[path, held]),
            _by_time(left.get((path, held), ())),
            _by_time(merged.get((path, held), ())),
        )
        for path, held in came
    ]
    return _renamed(found), states


def lines(commits: Iterable[Commit], tips: Iterable[str]) -> list[Line]:
    """All lines of history that go on from each commit. tips: ids of commits that a ref names, which hold for ever."""
    found: list[Line] = []
    times: dict[str, int] = {}
    ends = set(tips)
    for commit in commits:
        times[commit.oid] = commit.time
        found += [(times[parent], commit.time, parent) for parent in commit.parents if parent in times]
    grown = {oid for _, _, oid in found}
    found += [(time, inf, oid) for oid, time in times.items() if oid not in grown or oid in ends]
    return found


def with_again(span: Span, ways: Iterable[Line], states: Mapping[str, State]) -> Span:
    """The span with `again` set: the commits that brought it into one line of history while another line held it already."""
    paths = (span.path, *span.paths)
    again = [
        came
        for before, came in pairwise(span.came)
        if any(before.time <= left.time <= came.time for left in span.left)
        and any(
            begun <= came.time <= until and oid != came.oid and any(span.held in states[oid].get(p, _NONE) for p in paths)
            for begun, until, oid in ways
        )
    ]
    return span._replace(again=tuple(again)) if again else span


def _by_time(commits: Iterable[Commit]) -> tuple[Commit, ...]:
    return tuple(sorted(commits, key=lambda commit: commit.time))


def _after(commit: Commit, before: State, holdings: Mapping[tuple[str, str], Holding]) -> State:
    changed = {change.path: holdings.get((change.path, change.blob), Holding(_NONE)).held for change in commit.changes}
    if all(before.get(path, _NONE) == held for path, held in changed.items()):
        return before
    return {path: held for path, held in {**before, **changed}.items() if held}


def _events(commit: Commit, parents: list[State], state: State) -> Iterator[Event]:
    paths = {change.path for change in commit.changes}
    for other in parents[1:]:
        if other is not state:
            paths |= {path for path in other.keys() | state.keys() if other.get(path) != state.get(path)}
    for path in sorted(paths):
        now = state.get(path, _NONE)
        before = [parent.get(path, _NONE) for parent in parents]
        ever = frozenset().union(*before) if before else _NONE
        first = before[0] if before else _NONE
        for held in sorted(now - ever):
            yield Event(commit, path, held, came=True)
        for held in sorted((now & ever) - first):
            yield Event(commit, path, held, came=False, merge=True)
        for held in sorted(ever - now):
            yield Event(commit, path, held, came=False)


def _renamed(found: list[Span]) -> list[Span]:
    """Where a commit moves a file, the span goes on under the new path. git has no renames: a move is a file that ends and
    one that begins in the same commit, with the same content or the same name in another folder."""
    gained = {(span.held, commit.oid, span.path): span for span in found for commit in span.came}
    continued: dict[tuple[str, Held], Span] = {}
    gone = set()
    for span in sorted(found, key=lambda span: span.first.time):
        for commit in span.left:
            heirs = (gained.get((span.held, commit.oid, path)) for path in _moved_to(commit, span.path))
            heir = next((one for one in heirs if one is not None and (one.path, one.held) not in continued), None)
            if heir is not None:
                earlier = continued.get((span.path, span.held), span)
                gone.add((span.path, span.held))
                continued[heir.path, heir.held] = heir._replace(
                    came=_by_time({*earlier.came, *(one for one in heir.came if one.oid != commit.oid)}),
                    left=_by_time({*heir.left, *(one for one in earlier.left if one.oid != commit.oid)}),
                    merged=_by_time({*earlier.merged, *heir.merged}),
                    paths=(*earlier.paths, span.path),
                )
    kept = [continued.get((span.path, span.held), span) for span in found]
    return [span for span in kept if (span.path, span.held) not in gone]


def _moved_to(commit: Commit, path: str) -> Iterator[str]:
    ended = next((change for change in commit.changes if change.path == path and not change.blob), None)
    for change in commit.changes if ended else ():
        same_name = change.path.rpartition("/")[2] == path.rpartition("/")[2]
        if ended and change.blob and not change.before and (change.blob == ended.before or same_name):
            yield change.path
