"""The answer for one repository: its dependency files, each with a verdict, and what could not be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum

from mlsupply.exposure import blobs, repository
from mlsupply.exposure.history import Commit, commits
from mlsupply.exposure.holdings import Extractor, Held, Holding
from mlsupply.exposure.question import Interval, Question
from mlsupply.exposure.repository import Git, Repository, gap
from mlsupply.exposure.spans import Span, State, spans
from mlsupply.inventory import READERS, reader_of
from mlsupply.memory import MemoryTree
from mlsupply.model import Gap, Reason
from mlsupply.project import merge
from mlsupply.text import safe
from mlsupply.value import value
from mlsupply.world import Limits

_MAX_PATHS = 3


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


def patterns() -> list[str]:
    """git pathspecs for every lock and manifest that a reader claims."""
    names = [pattern for reader in READERS if reader.role in {"lock", "manifest", "sbom"} for pattern in reader.patterns]
    return [f":(glob,icase)**/{name}" for name in names]


def answer(found: Repository, question: Question, limits: Limits) -> Answer:
    """Read the history of one repository and judge it."""
    with repository.session(found) as git:
        history, gaps = commits(git, found, patterns())
        holdings, unread = _holdings(git, found, history, Extractor(question.bad, limits), limits)
        traced, states = spans(history, holdings)
        traced = _with_refs(git, found, traced, holdings)
        exposures = [
            exposure for span in traced if (exposure := _judge(found.folder, span, states, holdings, question)) is not None
        ]
        exposures += [_unknown(found.folder, history, path, blob, why, question) for path, blob, why in unread]
        exposures = [_explained(git, exposure, history, limits) for exposure in exposures]
    return Answer(
        repository=found.folder,
        exposures=tuple(sorted(exposures, key=_order)),
        gaps=(*found.gaps, *gaps, *(gap(f"{found.folder}/{path}", Reason.MALFORMED, why) for path, _, why in unread)),
        silent=_silent(holdings),
        files=len({path for path, _ in holdings}),
        versions=len(holdings),
        commits=len(history),
    )


def _order(exposure: Exposure) -> tuple[object, ...]:
    return (list(Verdict).index(exposure.verdict), exposure.file, exposure.name, exposure.version, exposure.first.time)


Unread = tuple[str, str, str]
"""(path, blob, why)"""


def _holdings(
    git: Git, found: Repository, history: Iterable[Commit], extractor: Extractor, limits: Limits
) -> tuple[dict[tuple[str, str], Holding], list[Unread]]:
    """What each version of each file holds; every blob is read once a path, however many commits have it."""
    wanted: dict[str, list[str]] = {}
    for commit in history:
        for change in commit.changes:
            if change.blob and change.path not in wanted.setdefault(change.blob, []):
                wanted[change.blob].append(change.path)
    holdings: dict[tuple[str, str], Holding] = {}
    unread: list[Unread] = []
    for blob in blobs.read(git, list(wanted), limits.manifest_bytes):
        for path in wanted[blob.oid]:
            holding = Holding(frozenset(), unread=blob.unread) if blob.data is None else extractor.read(path, blob.data)
            holdings[path, blob.oid] = holding
            if holding.unread:
                unread.append((path, blob.oid, holding.unread))
    return holdings, unread


def _with_refs(git: Git, found: Repository, traced: list[Span], holdings: Mapping[tuple[str, str], Holding]) -> list[Span]:
    """The spans with the refs whose trees hold them now."""
    paths = sorted({path for span in traced for path in (span.path, *span.paths)})
    holders: dict[tuple[str, Held], list[str]] = {}
    asked = [(ref.name, path) for ref in found.refs for path in paths]
    words = [f"{ref.oid}:{path}" for ref in found.refs for path in paths]
    for (name, path), blob in zip(asked, blobs.names(git, words), strict=False):
        for held in holdings.get((path, blob), Holding(frozenset())).held:
            holders.setdefault((path, held), []).append(name)
    return [span._replace(refs=tuple(_holders(span, holders))) for span in traced]


def _holders(span: Span, holders: Mapping[tuple[str, Held], list[str]]) -> Iterator[str]:
    """Refs that hold it under its path or a former one (a branch that never saw the rename)."""
    yield from dict.fromkeys(name for path in (span.path, *span.paths) for name in holders.get((path, span.held), ()))


def _judge(
    folder: str, span: Span, states: Mapping[str, State], holdings: Mapping[tuple[str, str], Holding], question: Question
) -> Exposure | None:
    held = span.held
    if held.pinned:
        verdict = Verdict.RESOLVED if question.is_bad(held.name, held.version) else Verdict.NO
        notes: tuple[str, ...] = ()
    else:
        verdict, notes = _of_open(span, states, question)
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


def _of_open(span: Span, states: Mapping[str, State], question: Question) -> tuple[Verdict, tuple[str, ...]]:
    """What an open requirement would have done in the window."""
    admitted = _admitted(span.held, question)
    if admitted is None:
        return Verdict.UNKNOWN, ("its specifier could not be read",)
    if not admitted:
        return Verdict.NO, ("its specifier admits none of the bad releases",)
    window = question.window
    if window.start is None or window.end is None:
        return Verdict.UNKNOWN, ("it admits a bad release, but when that could be had is not known",)
    start = min((question.released.get((span.held.name, v), window.start) for v in admitted), default=window.start)
    stood = [began for began, until in span.stretches() if began <= window.end and (until is None or until >= start)]
    if not stood:
        return Verdict.NO, ("it did not stand there while the bad release could be had",)
    return _while_open(span, states, window, (min(stood), ", ".join(admitted)))


def _while_open(
    span: Span, states: Mapping[str, State], window: Interval, stood: tuple[int, str]
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict of a requirement that stood (since when, admitting what) while the bad release could be had."""
    began, admitted = stood
    lock = _lock_beside(span, states, window.end or began)
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


def _lock_beside(span: Span, states: Mapping[str, State], until: int) -> str:
    """What pinned the project where the requirement stood, "" where nothing did: a lock in the same folder, or above it
    for a pyproject.toml, which may be a member of a workspace."""
    folder, _, name = span.path.rpartition("/")
    above = name == "pyproject.toml"
    for commit in reversed([one for one in span.came if one.time <= until]):
        for path, held in states.get(commit.oid, {}).items():
            where = path.rpartition("/")[0]
            pins = [one.version for one in held if one.pinned and one.name == span.held.name]
            governs = where == folder or (above and (not where or folder.startswith(f"{where}/")))
            if path != span.path and pins and governs:
                return f"{path} held {', '.join(sorted(pins))}"
    return ""


def _unknown(folder: str, history: Iterable[Commit], path: str, blob: str, why: str, question: Question) -> Exposure:
    commit = next(one for one in history if any(change.path == path and change.blob == blob for change in one.changes))
    name = next(iter(question.bad))
    return Exposure(
        repository=folder, file=path, verdict=Verdict.UNKNOWN, name=name, version="", first=commit, notes=(safe(why),)
    )


def _explained(git: Git, exposure: Exposure, history: Collection[Commit], limits: Limits) -> Exposure:
    """A resolved one with the paths by which the project came to it."""
    if exposure.verdict is not Verdict.RESOLVED:
        return exposure
    from dataclasses import replace

    changed = [change for change in exposure.first.changes if change.path in {exposure.file, *exposure.former_files}]
    for change in changed:
        reader = reader_of(change.path)
        for blob in blobs.read(git, [change.blob], limits.manifest_bytes) if change.blob and reader else ():
            if blob.data is not None and reader is not None:
                inventory = reader.read(change.path, MemoryTree({change.path: blob.data}), limits)
                project = merge([inventory])
                wanted = [p.key for p in project.packages if (p.name, p.version) == (exposure.name, exposure.version)]
                paths = [path for found in project.paths(wanted).items() if found[0] in wanted for path in found[1]]
                return replace(exposure, paths=tuple(paths[:_MAX_PATHS]))
    return exposure


def _silent(holdings: Mapping[tuple[str, str], Holding]) -> int:
    """Manifests of which no version names the project and no lock lies beside."""

    def folders(items: Iterator[str]) -> set[str]:
        return {path.rpartition("/")[0] for path in items}

    locked = folders(path for (path, _), holding in holdings.items() if holding.complete)
    naming = {path for (path, _), holding in holdings.items() if holding.held}
    return len({path for path, _ in holdings if path not in naming and path.rpartition("/")[0] not in locked})
