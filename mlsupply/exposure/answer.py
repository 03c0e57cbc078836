"""The answer for one repository: its dependency files, each with a verdict, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from mlsupply.exposure import blobs, repository
from mlsupply.exposure.history import Commit
from mlsupply.exposure.holdings import Extractor, Held
from mlsupply.exposure.question import Interval, Question
from mlsupply.exposure.repository import Git, Repository
from mlsupply.exposure.spans import Span
from mlsupply.exposure.submodules import unread
from mlsupply.exposure.tracing import History, Traced, Unread, trace
from mlsupply.exposure.uncommitted import with_uncommitted
from mlsupply.inventory import reader_of
from mlsupply.memory import MemoryTree
from mlsupply.model import Gap
from mlsupply.project import merge
from mlsupply.text import safe
from mlsupply.value import replace, value
from mlsupply.world import Limits

Pins = dict[str, list[Span]]
"""What stood in locks, by name."""

_MAX_PATHS = 3
_LONGEST_PATH = 4096


class Verdict(StrEnum):
    """Worst first. resolved: a file named the bad release; would have resolved: an open requirement admitted it while it
    could be had, and nothing held another; could have: admitted, but something else decides; no: named, and excluded;
    unknown: it could not be told."""

    RESOLVED = "resolved"
    WOULD_HAVE = "would have resolved"
    COULD_HAVE = "could have"
    UNKNOWN = "unknown"
    NO = "no"


@value
class Exposure:
    """One file of one repository and one thing it held. first: the commit that brought it; last: the commit that ended it,
    None while a branch or tag (`refs`) holds it; merged: merges that took it into another line; paths: ways from a root to
    the package in the first version of the file that held it; notes: what the verdict rests on."""

    repository: str
    file: str
    verdict: Verdict
    name: str
    version: str
    specifier: str = ""
    first: Commit
    last: Commit | None = None
    merged: tuple[Commit, ...] = ()
    refs: tuple[str, ...] = ()
    former_files: tuple[str, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


@value
class Answer:
    """exposures: worst first; silent: unlocked manifests that do not name the project, so that what they resolved to is
    recorded nowhere; files, versions, commits: how much was read."""

    repository: str
    exposures: tuple[Exposure, ...] = ()
    gaps: tuple[Gap, ...] = ()
    silent: int = 0
    files: int = 0
    versions: int = 0
    commits: int = 0


def answer(found: Repository, question: Question, limits: Limits) -> Answer:
    """Read the history of one repository and judge it."""
    return judged(found, trace(found, Extractor(question.bad, limits), limits), question, limits)


def judged(found: Repository, history: History, question: Question, limits: Limits, ways: Ways | None = None) -> Answer:
    """The answer from a history that was read, now or before, and from the work tree as it is now."""
    whole = with_uncommitted(history, Extractor(question.bad, limits), limits)
    whole = replace(whole, gaps=(*whole.gaps, *unread(history.folder, history.modules)))
    return _shown(explained(judge(whole, question), found, whole, limits, ways))


def _shown(given: Answer) -> Answer:
    """With the names of files as they can be shown: those of a repository are any bytes."""
    exposures = [
        replace(
            one,
            file=safe(one.file, _LONGEST_PATH),
            former_files=tuple(safe(path, _LONGEST_PATH) for path in one.former_files),
            paths=tuple(tuple(safe(step) for step in path) for path in one.paths),
            notes=tuple(safe(note, _LONGEST_PATH) for note in one.notes),
        )
        for one in given.exposures
    ]
    return replace(given, exposures=tuple(exposures))


def judge(history: History, question: Question) -> Answer:
    """The verdicts on what was traced; names that are not asked for do not count. Pure."""
    asked = [one for one in history.traced if one.span.held.name in question.bad]
    pins: Pins = {}
    for one in asked:
        if one.span.held.pinned:
            pins.setdefault(one.span.held.name, []).append(one.span)
    exposures = [_judge(history.folder, one, question, pins) for one in asked]
    exposures += [_unknown(history.folder, one, question) for one in history.unread]
    naming = {path for one in asked for path in (one.span.path, *one.span.paths)}
    return Answer(
        repository=history.folder,
        exposures=tuple(sorted(exposures, key=_order)),
        gaps=history.gaps,
        silent=len([path for path in history.unlocked if path not in naming]),
        files=history.files,
        versions=history.versions,
        commits=history.commits,
    )


def _order(exposure: Exposure) -> tuple[object, ...]:
    return (list(Verdict).index(exposure.verdict), exposure.file, exposure.name, exposure.version, exposure.first.time)


def _judge(folder: str, traced: Traced, question: Question, pins: Pins) -> Exposure:
    span, held = traced.span, traced.span.held
    if held.pinned:
        verdict, notes = _of_pinned(held, question)
        if verdict is Verdict.RESOLVED:
            notes = (*notes, *_after(span, question))
    elif span.first.oid:
        verdict, notes = _of_open(traced, question, pins)
    else:
        verdict, notes = _of_uncommitted(held, question)
    return Exposure(
        repository=folder,
        file=span.path,
        verdict=verdict,
        name=held.name,
        version=held.version,
        specifier=held.specifier,
        first=span.first,
        last=span.last,
        merged=span.merged,
        refs=span.refs,
        former_files=span.paths,
        notes=notes,
    )


def _of_pinned(held: Held, question: Question) -> tuple[Verdict, tuple[str, ...]]:
    """A version of one's own (`1.82.7+ours`) may be built from the bad release; nothing says what it was built from."""
    if question.is_bad(held.name, held.version):
        return Verdict.RESOLVED, ()
    public, plus, _ = held.version.partition("+")
    if plus and question.is_bad(held.name, public):
        return Verdict.COULD_HAVE, (
            f"a local version of {public}: whether it was built from the bad one is recorded nowhere",
        )
    return Verdict.NO, ()


def _after(span: Span, question: Question) -> Iterator[str]:
    """What it means that a bad release was only committed when nobody could have it any more."""
    end = question.window.end
    if end is not None and span.first.oid and span.first.time > end:
        yield "committed after the release was gone: locked before that, or from a mirror or cache"


def _of_uncommitted(held: Held, question: Question) -> tuple[Verdict, tuple[str, ...]]:
    """A requirement that nobody has committed may have stood there at any time."""
    admitted = _admitted(held, question)
    if admitted is None:
        return Verdict.UNKNOWN, ("its specifier could not be read",)
    if not admitted:
        return Verdict.NO, ("its specifier admits none of the bad releases",)
    note = f"it allows {', '.join(admitted)}; it is in no commit that was read, so since when is not known"
    return Verdict.COULD_HAVE, (note,)


def _of_open(traced: Traced, question: Question, pins: Pins) -> tuple[Verdict, tuple[str, ...]]:
    """What an open requirement would have done in the window. pins: what stood in locks."""
    span = traced.span
    admitted = _admitted(span.held, question)
    if admitted is None:
        return Verdict.UNKNOWN, ("its specifier could not be read",)
    if not admitted:
        return Verdict.NO, ("its specifier admits none of the bad releases",)
    window = question.window
    if window.start is None or window.end is None:
        return Verdict.UNKNOWN, ("it allows a bad release, but when that was available is not known",)
    start = min((question.released.get((span.held.name, v), window.start) for v in admitted), default=window.start)
    stood = list(_within(span, start, window.end))
    if not stood:
        return Verdict.NO, ("it was not there while the bad release was available",)
    lock = _lock_then(traced, window.end)
    path = lock.rpartition(" held ")[0]
    held = [one for one in pins.get(span.held.name, ()) if path in (one.path, *one.paths)]
    whole = all(_covered(held, stretch) for stretch in stood)
    return _while_open(window, min(stood)[0], ", ".join(admitted), lock if whole else "")


def _within(span: Span, start: int, end: int) -> Iterator[tuple[int, int]]:
    """When it stood between these times."""
    for began, until in span.stretches():
        if began <= end and (until is None or until >= start):
            yield max(began, start), end if until is None else min(until, end)


def _covered(pins: Sequence[Span], stretch: tuple[int, int]) -> bool:
    """Whether one of them stood at every moment of the stretch."""
    reached, end = stretch
    for began, until in sorted(found for span in pins for found in _within(span, *stretch)):
        if began <= reached:
            reached = max(reached, until)
    return bool(pins) and reached >= end


def _while_open(window: Interval, began: int, admitted: str, lock: str) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict of a requirement that stood (since when, admitting what) while the bad release could be had. lock: what
    a lock beside it held all that time, "" where none did."""
    if lock:
        return Verdict.COULD_HAVE, (f"it admits {admitted}, but {lock} then; an upgrade would have taken a bad one",)
    if window.disputed and window.early_end is not None and began > window.early_end:
        note = "it came after the earlier of two stated ends of the window: exposed only if the later one is right"
        return Verdict.COULD_HAVE, (note,)
    return Verdict.WOULD_HAVE, (f"it admits {admitted}, taken to be the newest then: any install from it got a bad one",)


def _admitted(held: Held, question: Question) -> list[str] | None:
    """The bad releases that the specifier admits; None where it cannot be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    versions = question.bad.get(held.name, frozenset())
    if versions is None:
        return ["any release"]
    try:
        allowed = SpecifierSet(held.specifier)
        return [version for version in sorted(versions) if allowed.contains(version, prereleases=True)]
    except (InvalidSpecifier, InvalidVersion):
        return None


def _lock_then(traced: Traced, until: int) -> str:
    """What the lock beside it held when the requirement last came before the end of the window."""
    both = zip(traced.span.came, traced.beside, strict=True)
    return next((beside for commit, beside in reversed(list(both)) if beside and commit.time <= until), "")


def _unknown(folder: str, unread: Unread, question: Question) -> Exposure:
    name = next(iter(question.bad))
    return Exposure(
        repository=folder,
        file=unread.path,
        verdict=Verdict.UNKNOWN,
        name=name,
        version="",
        first=unread.commit,
        notes=(safe(unread.why),),
    )


class Ways(Protocol):
    """Where the paths to a release are kept, by the blob that holds them, so that no lock is read twice for them."""

    def paths(self, key: tuple[str, ...]) -> tuple[tuple[str, ...], ...] | None:
        """What is kept, None where nothing is."""

    def keep(self, key: tuple[str, ...], paths: tuple[tuple[str, ...], ...]) -> None:
        """Keep them."""


def explained(given: Answer, found: Repository, history: History, limits: Limits, ways: Ways | None = None) -> Answer:
    """The answer, with the paths from a root of the project to each bad release that a file resolved."""
    sources = {(one.span.path, one.span.held.name, one.span.held.version): one.source for one in history.traced}
    exposures = []
    for one in given.exposures:
        if one.verdict is Verdict.RESOLVED:
            source = sources.get((one.file, one.name, one.version), ("", ""))
            key = (*source, one.name, one.version)
            paths = ways.paths(key) if ways else None
            if paths is None:
                with repository.session(found) as git:
                    paths = _paths(git, one, source, limits)
                if ways:
                    ways.keep(key, paths)
            exposures.append(replace(one, paths=paths))
        else:
            exposures.append(one)
    return replace(given, exposures=tuple(exposures))


def _paths(git: Git, exposure: Exposure, source: tuple[str, str], limits: Limits) -> tuple[tuple[str, ...], ...]:
    path, oid = source
    reader = reader_of(path)
    for blob in blobs.read(git, [oid], limits.manifest_bytes) if oid and reader else ():
        if blob.data is not None and reader is not None:
            inventory = reader.read(path, MemoryTree({path: blob.data}), limits)
            project = merge([inventory])
            wanted = [p.key for p in project.packages if (p.name, p.version) == (exposure.name, exposure.version)]
            paths = [path for found in project.paths(wanted).items() if found[0] in wanted for path in found[1]]
            return tuple(paths[:_MAX_PATHS])
    return ()
