"""Many repositories: found below the paths the user named, read side by side, answered in one order."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from mlsupply.exposure.answer import Answer, answer, judged
from mlsupply.exposure.holdings import Extractor
from mlsupply.exposure.question import Question
from mlsupply.exposure.repository import Repository, find, gap, note_refused, open_repository
from mlsupply.exposure.submodules import unread
from mlsupply.exposure.tracing import History, trace
from mlsupply.inventory import reader_of
from mlsupply.model import Gap, Reason
from mlsupply.text import safe
from mlsupply.value import replace, value
from mlsupply.world import Limits, Say

_MAX_FOLDERS = 200_000  # looked through below one named path
_UNSEEN = ""  # found "inside" of nothing: a folder that was not looked through
_MARKS = ("pyvenv.cfg", "conda-meta", "oci-layout", "CACHEDIR.TAG")


def repositories(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(folder as the user would write it, the path it was found under) of every repository, a named path itself or below
    it. A repository's own subfolders are looked through for others (submodules, vendored ones). A folder that may not be
    read, or a path with more folders than are looked through, comes with `_UNSEEN`."""
    for path in paths:
        unread: list[str] = []

        refused = partial(note_refused, unread=unread)
        for seen, (where, folders, names) in enumerate(os.walk(path, onerror=refused)):
            bare = "HEAD" in names and "objects" in folders and "refs" in folders
            if ".git" in folders or ".git" in names or bare:
                yield where, path
            folders[:] = [] if bare else sorted(folder for folder in folders if folder != ".git")
            if seen >= _MAX_FOLDERS:
                unread.append(path)
                break
        yield from ((folder, _UNSEEN) for folder in unread)


def beneath(paths: Sequence[str]) -> Iterator[Gap]:
    """A gap for each path that is a folder, lock or manifest inside a repository that was not named: its history lies
    above."""
    for path in paths:
        reader = reader_of(Path(path).name)
        if is_machine(path) and not (Path(path).is_file() and reader and reader.role in {"lock", "manifest"}):
            continue
        above = next((folder for folder in Path(path).resolve().parents if (folder / ".git").exists()), None)
        if above is not None:
            detail = f"a part of the repository {safe(str(above))}, whose history was not searched"
            yield gap(path, Reason.FORBIDDEN, detail, "name that repository")


def is_machine(path: str) -> bool:
    """Whether a path does not look like a project but is a file, an environment, a cache or an image layout."""
    folder = Path(path)
    return folder.is_file() or folder.name == "site-packages" or any((folder / mark).exists() for mark in _MARKS)


@value
class Surveyed:
    """answers: of every repository, in the order found; kept: how many of them were answered from the inventory."""

    answers: tuple[Answer, ...] = ()
    kept: int = 0


def survey(paths: Sequence[str], question: Question, limits: Limits, jobs: int, say: Say, inventory: str = "") -> Surveyed:
    """The answer of every repository below the paths; one that cannot be read answers with a gap. inventory: a file in
    which histories are kept (see `inventory_file`), "" for none."""
    found = list(dict.fromkeys(repositories(paths)))
    if not inventory:
        return Surveyed(answers=tuple(_each(_One(question=question, limits=limits), found, jobs, say)))
    from mlsupply.exposure.inventory_file import opened

    histories, kept = _histories(found, limits, jobs, say, inventory, question.bad)
    answers = []
    with opened(inventory) as file:
        for read in histories:
            if isinstance(read, Answer):
                answers.append(read)
            else:
                repository, history = read
                answers.append(judged(repository, history, question, limits, file))
    return Surveyed(answers=tuple(answers), kept=kept)


def histories(paths: Sequence[str], limits: Limits, jobs: int, say: Say, inventory: str = "") -> tuple[list[History], int]:
    """Everything the repositories below the paths ever held, and how many of them were kept in the inventory."""
    found = list(dict.fromkeys(repositories(paths)))
    if inventory:
        read, kept = _histories(found, limits, jobs, say, inventory, None)
    else:
        read, kept = list(_each(_Whole(limits=limits), found, jobs, say)), 0
    return [
        _with_modules(one[1]) if isinstance(one, tuple) else History(folder=one.repository, gaps=one.gaps) for one in read
    ], kept


def _with_modules(history: History) -> History:
    return replace(history, gaps=(*history.gaps, *unread(history.folder, history.modules)))


Whole = tuple[Repository, History] | Answer
"""A repository with its history, or an answer that says why there is none."""


def _histories(
    found: Sequence[tuple[str, str]], limits: Limits, jobs: int, say: Say, inventory: str, names: Collection[str] | None
) -> tuple[list[Whole], int]:
    """The histories in the order found, of these names at least: kept ones from the file, the others read and kept."""
    from mlsupply.exposure.inventory_file import heads_of, opened

    known: dict[tuple[str, str], Whole] = {}
    with opened(inventory) as file:
        for folder, inside in found:
            repository = _opened(folder, inside)
            if isinstance(repository, Repository):
                history = file.get(_key(folder), heads_of(repository), names)
                if history is not None:
                    known[folder, inside] = (repository, replace(history, folder=folder))
        fresh = [one for one in found if one not in known]
        for one, read in zip(fresh, _each(_Whole(limits=limits), fresh, jobs, say), strict=True):
            known[one] = read
            if not isinstance(read, Answer):
                file.put(replace(read[1], folder=_key(one[0])), heads_of(read[0]))
    return [known[one] for one in found], len(found) - len(fresh)


Read = TypeVar("Read")


def _each(work: Callable[[tuple[str, str]], Read], found: Sequence[tuple[str, str]], jobs: int, say: Say) -> Iterator[Read]:
    """What `work` makes of every repository, in order, on several cores where that is worth it."""
    if jobs <= 1 or len(found) <= 1:
        for number, one in enumerate(found):
            say(f"reading {one[0]}", number, len(found))
            yield work(one)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(min(jobs, len(found))) as pool:
        for number, (one, made) in enumerate(zip(found, pool.map(work, found), strict=True)):
            say(f"reading {one[0]}", number, len(found))
            yield made


def _key(folder: str) -> str:
    """A folder's name in an inventory, the same from wherever it is asked."""
    return os.fsencode(Path(folder).resolve()).decode("utf-8", "backslashreplace")


@value
class _One:
    """Answers one repository, reading only what the question names."""

    question: Question
    limits: Limits

    def __call__(self, one: tuple[str, str]) -> Answer:
        repository = _opened(*one)
        if isinstance(repository, Answer):
            return repository
        try:
            return answer(repository, self.question, self.limits)
        except OSError as error:
            return _failed(one[0], error)


@value
class _Whole:
    """Reads everything of one repository, for whatever will be asked."""

    limits: Limits

    def __call__(self, one: tuple[str, str]) -> Whole:
        repository = _opened(*one)
        if isinstance(repository, Answer):
            return repository
        try:
            return repository, trace(repository, Extractor(None, self.limits), self.limits)
        except OSError as error:
            return _failed(one[0], error)


def _opened(folder: str, inside: str) -> Repository | Answer:
    """The repository, or an answer that says why there is none."""
    if inside == _UNSEEN:
        detail = f"not looked through for repositories: it may not be read, or holds over {_MAX_FOLDERS:,} folders"
        return Answer(repository=folder, gaps=(gap(folder, Reason.LIMIT, detail, "name the repositories in it"),))
    try:
        git_dir = find(Path(folder), Path(inside))
        if git_dir is not None:
            return open_repository(folder, git_dir)
    except OSError as error:
        return _failed(folder, error)
    detail = "its git folder lies outside the path that was named, or is none"
    hint = "name the repository it belongs to (of a linked worktree or submodule: git rev-parse --git-common-dir tells)"
    return Answer(repository=folder, gaps=(gap(folder, Reason.FORBIDDEN, detail, hint),))


def _failed(folder: str, error: OSError) -> Answer:
    return Answer(repository=folder, gaps=(gap(folder, Reason.FORBIDDEN, f"could not be read: {error.strerror}"),))
