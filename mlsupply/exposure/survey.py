"""Many repositories: found below the paths the user named, read side by side, answered in one order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from mlsupply.exposure.answer import Answer, answer
from mlsupply.exposure.question import Question
from mlsupply.exposure.repository import find, gap, open_repository
from mlsupply.model import Reason
from mlsupply.world import Limits, Say

_MAX_DEPTH = 6  # folders below a named path in which repositories are looked for
_MAX_FOLDERS = 200_000


def repositories(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(folder as the user would write it, the path it was found under) of every repository, a named path itself or below
    it. A repository's own subfolders are looked through for others (submodules, vendored ones)."""
    for path in paths:
        for seen, (where, folders, names) in enumerate(os.walk(path)):
            depth = len(Path(where).relative_to(path).parts)
            bare = "HEAD" in names and "objects" in folders and "refs" in folders
            if ".git" in folders or ".git" in names or bare:
                yield where, path
            if bare or depth >= _MAX_DEPTH or seen > _MAX_FOLDERS:
                folders.clear()
            folders[:] = sorted(folder for folder in folders if folder != ".git")


def survey(paths: Sequence[str], question: Question, limits: Limits, jobs: int, say: Say) -> list[Answer]:
    """The answer of every repository below the paths, in the order found; one that cannot be read answers with a gap."""
    found = list(dict.fromkeys(repositories(paths)))
    if jobs <= 1 or len(found) <= 1:
        answers = []
        for number, (folder, inside) in enumerate(found):
            say(f"reading {folder}", number, len(found))
            answers.append(_one(folder, inside, question, limits))
        return answers
    with ProcessPoolExecutor(min(jobs, len(found))) as pool:
        pending = [pool.submit(_one, folder, inside, question, limits) for folder, inside in found]
        answers = []
        for number, (future, (folder, _)) in enumerate(zip(pending, found, strict=True)):
            say(f"reading {folder}", number, len(found))
            answers.append(future.result())
        return answers


def _one(folder: str, inside: str, question: Question, limits: Limits) -> Answer:
    git_dir = find(Path(folder), Path(inside))
    if git_dir is None:
        said = gap(folder, Reason.FORBIDDEN, "its git folder lies outside the path that was named, or is none")
        return Answer(repository=folder, gaps=(said,))
    try:
        return answer(open_repository(folder, git_dir), question, limits)
    except OSError as error:
        return Answer(repository=folder, gaps=(gap(folder, Reason.FORBIDDEN, f"could not be read: {error.strerror}"),))
