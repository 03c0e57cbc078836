"""What a repository's dependency files ever held, whatever is asked about it: read once, judged by `answer`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from mlsupply.exposure import blobs, repository, submodules
from mlsupply.exposure.history import Commit, commits
from mlsupply.exposure.holdings import Extractor, Held, Holding
from mlsupply.exposure.manifests import manifests_in
from mlsupply.exposure.named_files import inside
from mlsupply.exposure.repository import Git, Repository, gap
from mlsupply.exposure.scripts import scripts_in
from mlsupply.exposure.spans import Span, State, lines, spans, with_again
from mlsupply.inventory import READERS, reader_of
from mlsupply.model import Gap, Reason
from mlsupply.named import NamedTuple
from mlsupply.value import value
from mlsupply.world import Limits

Holdings = dict[tuple[str, str], Holding]
"""What was read, by (path, blob)."""

_MANY = 15  # patterns of one ending, instead of which all files of it are asked for
_MOST_ROUNDS = 8  # files that name files that name files
_MOST_NAMED = 200  # files of other names in one round


class Traced(NamedTuple):
    """A span with what judging it needs. beside: for each commit of `span.came`, what a lock beside it held then ("" where
    none did), only of open requirements; source: (path, blob) of the first version that held it."""

    span: Span
    beside: tuple[str, ...] = ()
    source: tuple[str, str] = ("", "")


class Unread(NamedTuple):
    """A version of a file that could not be read, and the commit that brought it."""

    path: str
    commit: Commit
    why: str


@value
class History:
    """One repository read. unlocked: manifests without a lock beside them; modules: folders of all submodules ever recorded;
    files, versions, commits: how much was read."""

    folder: str
    traced: tuple[Traced, ...] = ()
    unread: tuple[Unread, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unlocked: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    files: int = 0
    versions: int = 0
    commits: int = 0


def patterns() -> list[str]:
    """git pathspecs that match every lock and manifest that a reader claims. git compares each path of each commit with all
    of them, so where many have one ending it is asked for that; what no reader claims is left out later."""
    names = [pattern for reader in READERS if reader.role in {"lock", "manifest", "sbom"} for pattern in reader.patterns]
    endings = Counter(name.rpartition(".")[2] for name in names)
    many = {ending for ending, times in endings.items() if times > _MANY and "*" not in ending}
    kept = [name for name in names if name.rpartition(".")[2] not in many]
    return [f":(glob,icase)**/{name}" for name in [*kept, *(f"*.{ending}" for ending in sorted(many))]]


def trace(found: Repository, extractor: Extractor, limits: Limits) -> History:
    """Read the history of one repository, of the names the extractor is asked for."""
    with repository.session(found) as git:
        history, gaps, holdings, broken = _read(git, found, extractor, limits)
        held, states = spans(history, holdings)
        held = _with_refs(git, found, held, holdings)
        modules = submodules.recorded(git, history, limits.manifest_bytes)
    ways = lines(history, (ref.oid for ref in found.refs))
    held = [span if span.held.pinned else with_again(span, ways, states) for span in held]
    unread = tuple(_unread(history, *one) for one in broken)
    gaps += _unasked(found, held)
    return History(
        folder=found.folder,
        traced=tuple(Traced(span, _beside(span, states), _source(span)) for span in held),
        unread=unread,
        gaps=(*found.gaps, *gaps, *(gap(f"{found.folder}/{one.path}", Reason.MALFORMED, one.why) for one in unread)),
        unlocked=tuple(_unlocked(holdings)),
        modules=modules,
        files=len({path for path, _ in holdings}),
        versions=len(holdings),
        commits=len(history),
    )


def _read(
    git: Git, found: Repository, extractor: Extractor, limits: Limits
) -> tuple[list[Commit], list[Gap], Holdings, list[tuple[str, str, str]]]:
    """The commits, what they hold, and what could not be read. Files of any name that a manifest names, by `-r` say, are
    read as requirements, and so are those that these name; what a link leads to is read as what the link is called. Scripts
    and manifests of containers are known by what is in them."""
    wanted = [*patterns(), f":(literal){submodules.FILE}"]
    holdings, unread, gaps = Holdings(), list[tuple[str, str, str]](), list[Gap]()
    scripts, unsearched = scripts_in(git, found, limits)
    extractor.named.update(dict.fromkeys(scripts, "script"))
    wanted += [f":(literal){path}" for path in scripts]
    history, overlooked = list[Commit](), list[Gap]()
    for further_round in range(_MOST_ROUNDS):
        history, gaps = commits(git, found, wanted)
        if not further_round:
            forms, overlooked = manifests_in(git, found, history, limits)
            extractor.named.update(forms)
        unread += _holdings(git, history, extractor, limits, holdings)
        named = dict.fromkeys((file for one in holdings.values() for file in one.names), "requirements")
        named |= _linked(git, history, limits)
        further = sorted(named.keys() - extractor.named.keys())
        if not further:
            break
        if len(further) > _MOST_NAMED:
            detail = f"{len(further):,} files are named by its manifests; {_MOST_NAMED} of them were read"
            gaps.append(gap(found.folder, Reason.LIMIT, detail))
        extractor.named.update({path: named[path] for path in further[:_MOST_NAMED]})
        wanted += [f":(literal){path}" for path in further[:_MOST_NAMED]]
    return history, [*gaps, *unsearched, *overlooked], holdings, unread


def _unasked(found: Repository, held: Iterable[Span]) -> Iterator[Gap]:
    """Files with a line end in their names: git is asked by lines which branches hold a file."""
    for path in sorted({span.path for span in held if "\n" in span.path}):
        detail = "its name holds a line end: which branches and tags hold it now was not asked"
        yield gap(f"{found.folder}/{path}", Reason.UNSUPPORTED, detail, "rename it")


def _linked(git: Git, history: Iterable[Commit], limits: Limits) -> dict[str, str]:
    """The formats of files that a link leads to whose name says more than theirs."""
    links: dict[str, list[str]] = {}
    for commit in history:
        for change in commit.changes:
            if change.link:
                links.setdefault(change.link, []).append(change.path)
    found: dict[str, str] = {}
    for blob in blobs.read(git, list(links), limits.manifest_bytes) if links else ():
        for path in links[blob.oid]:
            target, reader = inside(path, (blob.data or b"").decode("utf-8", "replace")), reader_of(path)
            if target and reader and reader_of(target) is None:
                found[target] = reader.format
    return found


def _unread(history: Iterable[Commit], path: str, blob: str, why: str) -> Unread:
    wanted = (commit for commit in history if any(change.path == path and change.blob == blob for change in commit.changes))
    return Unread(path, next(wanted), why)


def _source(span: Span) -> tuple[str, str]:
    paths = {span.path, *span.paths}
    return next(((one.path, one.blob) for one in span.first.changes if one.path in paths and one.blob), ("", ""))


def _beside(span: Span, states: Mapping[str, State]) -> tuple[str, ...]:
    return () if span.held.pinned else tuple(_lock_beside(span, states.get(commit.oid, {})) for commit in span.came)


def _lock_beside(span: Span, state: State) -> str:
    """What pinned the project where the requirement stood, "" where nothing did."""
    for path, held in state.items():
        if path != span.path and _governs(path, span.path):
            pins = sorted(one.version for one in held if one.pinned and one.name == span.held.name)
            if pins:
                return f"{path} held {', '.join(pins)}"
    return ""


def _governs(lock: str, manifest: str) -> bool:
    """Whether a lock decides what a manifest resolves to: one in the same folder, or above it for a pyproject.toml, which
    may be a member of a workspace. A script has a lock of its own, beside it."""
    if is_script_lock(lock) or _is_script(manifest):
        return lock == f"{manifest}.lock"
    where, (folder, _, name) = lock.rpartition("/")[0], manifest.rpartition("/")
    above = name == "pyproject.toml"
    return where == folder or (above and (not where or folder.startswith(f"{where}/")))


def is_script_lock(path: str) -> bool:
    """Whether a file is the lock of one script, `NAME.py.lock`."""
    return path.endswith(".py.lock")


def _is_script(path: str) -> bool:
    return path.endswith(".py") and reader_of(path) is None


def _holdings(
    git: Git, history: Iterable[Commit], extractor: Extractor, limits: Limits, holdings: Holdings
) -> list[tuple[str, str, str]]:
    """Adds what each version of each file holds, and gives what could not be read; every blob is read once a path, however
    many commits have it."""
    wanted: dict[str, list[str]] = {}
    for commit in history:
        for change in commit.changes:
            fresh = change.blob and (change.path, change.blob) not in holdings and extractor.reader(change.path)
            if fresh and change.path not in wanted.setdefault(change.blob, []):
                wanted[change.blob].append(change.path)
    unread: list[tuple[str, str, str]] = []
    for blob in blobs.read(git, list(wanted), limits.manifest_bytes):
        for path in wanted[blob.oid]:
            holding = Holding(frozenset(), unread=blob.unread) if blob.data is None else extractor.read(path, blob.data)
            holdings[path, blob.oid] = holding
            if holding.unread:
                unread.append((path, blob.oid, holding.unread))
    return unread


def _with_refs(git: Git, found: Repository, traced: list[Span], holdings: Holdings) -> list[Span]:
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


def _unlocked(holdings: Holdings) -> Iterator[str]:
    """Manifests beside which no lock ever lay."""
    locks = {path for (path, _), holding in holdings.items() if holding.complete}
    folders = {path.rpartition("/")[0] for path in locks if not is_script_lock(path)}
    for path in sorted({path for path, _ in holdings} - locks):
        if f"{path}.lock" not in locks if _is_script(path) else path.rpartition("/")[0] not in folders:
            yield path
