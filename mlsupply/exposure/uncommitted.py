"""Dependency files in the work tree of a repository whose content is in no commit: a lock that was just written, or one that
is never committed. Read as bytes; links are not followed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlsupply.exposure.history import Commit
from mlsupply.exposure.holdings import Extractor, Held
from mlsupply.exposure.manifests import is_yaml
from mlsupply.exposure.repository import gap
from mlsupply.exposure.spans import Span
from mlsupply.exposure.tracing import History, Traced
from mlsupply.folders import is_file, is_link
from mlsupply.inventory import reader_of
from mlsupply.inventory.sniff import MOST_OF_SCRIPT, MOST_OF_YAML, MOST_SCRIPTS, MOST_YAML, is_script, yaml_format
from mlsupply.model import Gap, Reason
from mlsupply.value import replace
from mlsupply.world import Limits

SUBJECT, WORK_TREE = "in no commit that was read", "the work tree"
_MOST_FOLDERS = 20_000
_NOT_OURS = ("pyvenv.cfg", "conda-meta", ".git")
_LEFT_OUT = frozenset({".git", "node_modules", "site-packages"})
_ROLES = frozenset({"lock", "manifest", "sbom"})


def with_uncommitted(history: History, extractor: Extractor, limits: Limits) -> History:
    """The history with what lies in the work tree and in no commit, of the names the extractor is asked for. Environments
    and repositories inside are left out."""
    known = {(path, one.span.held) for one in history.traced for path in (one.span.path, *one.span.paths)}
    traced: list[Traced] = []
    gaps: list[Gap] = []
    top = Path(history.folder)
    for path in _files(top, gaps, extractor) if (top / ".git").exists() else ():
        found = _held(top / path, path, extractor, limits)
        if isinstance(found, Gap):
            gaps.append(found)
            continue
        commit, held = found
        traced += [
            Traced(Span(path, one, (commit,), (), (), (WORK_TREE,)), ("",)) for one in held if (path, one) not in known
        ]
    return replace(history, traced=(*history.traced, *traced), gaps=(*history.gaps, *gaps))


def _files(top: Path, gaps: list[Gap], extractor: Extractor) -> Iterator[str]:
    """Locks, manifests and SBOMs by their names, and scripts and manifests of containers by what is in them, which the
    extractor is told."""
    python, plain = list[str](), list[str]()

    def note(error: OSError) -> None:
        gaps.append(
            gap(str(error.filename), Reason.FORBIDDEN, f"in the work tree, and could not be listed: {error.strerror}")
        )

    for seen, (where, folders, names) in enumerate(os.walk(top, onerror=note)):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and not _is_apart(Path(where, name)))
        inside = os.path.relpath(where, top).replace(os.sep, "/")
        for name in sorted(names):
            path = name if inside == "." else f"{inside}/{name}"
            reader = reader_of(path)
            if is_link(Path(where, name)):
                continue
            if reader and reader.role in _ROLES:
                yield path
            elif reader is None and name.endswith(".py") and "__init__.py" not in names:
                python.append(path)
            elif reader is None and is_yaml(name):
                plain.append(path)
        if seen >= _MOST_FOLDERS:
            detail = f"what is not committed was looked for in {_MOST_FOLDERS:,} folders of its work tree"
            gaps.append(gap(str(top), Reason.LIMIT, detail, "--machine looks at all files"))
            break
    for path in _scripts(top, python, gaps):
        extractor.named[path] = "script"
        yield path
    for path, form in _manifests(top, plain, gaps):
        extractor.named[path] = form
        yield path


def _manifests(top: Path, paths: Sequence[str], gaps: list[Gap]) -> Iterator[tuple[str, str]]:
    """Those of the YAML files that show what they are, with their formats."""
    for path in paths[:MOST_YAML]:
        try:
            with open(top / path, "rb") as handle:
                text = handle.read(MOST_OF_YAML).decode("utf-8", "replace")
        except OSError as error:
            gaps.append(gap(str(top / path), Reason.FORBIDDEN, f"in the work tree, and could not be read: {error.strerror}"))
            continue
        if form := yaml_format(text):
            yield path, form
    if left := paths[MOST_YAML:]:
        detail = f"{len(left):,} YAML files from here on were not looked into for what containers and machines install"
        gaps.append(gap(str(top / left[0]), Reason.LIMIT, detail, "--machine looks at all files"))


def _scripts(top: Path, paths: Sequence[str], gaps: list[Gap]) -> Iterator[str]:
    """Those of the Python files that have requirements of their own (PEP 723)."""
    for path in paths[:MOST_SCRIPTS]:
        try:
            with open(top / path, "rb") as handle:
                head = handle.read(MOST_OF_SCRIPT)
                whole = not handle.read(1)
        except OSError as error:
            gaps.append(gap(str(top / path), Reason.FORBIDDEN, f"in the work tree, and could not be read: {error.strerror}"))
            continue
        if is_script(head):
            yield path
        elif not whole:
            detail = f"only its first {MOST_OF_SCRIPT:,} bytes were looked into for requirements of its own (PEP 723)"
            gaps.append(gap(str(top / path), Reason.LIMIT, detail))
    if left := paths[MOST_SCRIPTS:]:
        detail = f"{len(left):,} Python files from here on were not looked into for requirements of their own (PEP 723)"
        gaps.append(gap(str(top / left[0]), Reason.LIMIT, detail, "--machine looks at all files"))


def _is_apart(folder: Path) -> bool:
    try:
        return any((folder / mark).exists() for mark in _NOT_OURS)
    except OSError:  # it may not be entered, which the walk reports
        return False


def _held(full: Path, path: str, extractor: Extractor, limits: Limits) -> tuple[Commit, list[Held]] | Gap:
    """What the file holds, and since when at the latest."""
    try:
        facts = full.stat()
        if not is_file(full) or facts.st_size > limits.manifest_bytes:
            return gap(str(full), Reason.TOO_LARGE, "in the work tree, and not read: no file, or too large")
        holding = extractor.read(path, full.read_bytes())
    except OSError as error:
        return gap(str(full), Reason.FORBIDDEN, f"in the work tree, and could not be read: {error.strerror or error}")
    return Commit("", (), int(facts.st_mtime), "", "", SUBJECT, ()), sorted(holding.held)
