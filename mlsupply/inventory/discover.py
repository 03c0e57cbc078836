"""Which files are read, which of them outranks which, and what becomes of the things the user named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from mlsupply.errors import MlsupplyError
from mlsupply.inventory import Reader, reader_of
from mlsupply.inventory.cover import met_by_neighbours, settle_covered
from mlsupply.inventory.parsing import gap, requirement
from mlsupply.inventory.pinned import without_conda, without_resolving
from mlsupply.inventory.sniff import reader_by_content, script_files
from mlsupply.model import Gap, Inventory, Place, Reason
from mlsupply.request import Request
from mlsupply.text import safe
from mlsupply.world import Survey, Tree, World

_RESOLVED_AT_ONCE = 4
COMMAND_LINE = "command line"  # the file of a requirement that was typed
_FILE_ENDINGS = (".txt", ".toml", ".lock", ".json", ".yml", ".yaml", ".cfg", ".py", ".whl", ".gz", ".zip", ".in", ".ipynb")
_OFTEN_EMPTY = ("Dockerfile", "notebook")  # most of these install nothing and are no inputs


class Found(NamedTuple):
    """An input and the reader that read it."""

    reader: Reader
    inventory: Inventory


def paths_of(request: Request, tree: Tree) -> tuple[str, ...]:
    """The subjects that are files or folders. Raises `MlsupplyError` for one that looks like a path and is missing."""
    if request.environment and request.subjects == (".",):
        return ()
    paths = tuple(subject for subject in request.subjects if tree.kind(subject))
    for subject in request.subjects:
        if subject not in paths and _looks_like_a_path(subject):
            hint = 'give a folder, a file or a requirement such as "litellm[proxy]==1.82.8"'
            raise MlsupplyError("path-not-found", f"there is no file or folder {safe(subject)}", hint)
    return paths


def _looks_like_a_path(subject: str) -> bool:
    if "@" in subject or "==" in subject:
        return False
    return "/" in subject or "\\" in subject or subject.startswith(".") or subject.lower().endswith(_FILE_ENDINGS)


def inventories(request: Request, world: World) -> tuple[Inventory, ...]:
    """One inventory for each input of the request, in the order named and walked, each settled as far as allowed."""
    paths = paths_of(request, world.tree)
    found: list[Inventory] = []
    if request.environment:
        from mlsupply.inventory.environment import read_environment

        found.append(read_environment(request.environment, world.tree, world.limits))
    found += _all_settled(list(settle_covered(met_by_neighbours(list(_files(paths, world))))), request, world)
    if not (request.environment and request.subjects == (".",)):
        typed = [_typed(subject) for subject in request.subjects if subject not in paths]
        found += _all_settled(typed, request, world)
    return _with_survey(found, world.tree.survey(), paths)


def _files(paths: tuple[str, ...], world: World) -> Iterator[Found]:
    named = {path for path in paths if world.tree.kind(path) == "file"}
    survey = world.tree.survey()
    scripts = script_files(survey.files, world.tree)
    for path in survey.files:
        reader = scripts.get(path) or reader_of(path)
        if path.endswith(".tar.gz") and path not in named and not _is_sdist(path, world.tree):
            continue
        if path in named and reader is None:
            reader = reader_by_content(path, world.tree)
        if reader is None:
            if path in named:
                raise MlsupplyError(
                    "unknown-format", f"{safe(path)} is no file that mlsupply reads", "see the list of formats in the README"
                )
            continue
        found = _read(path, reader, world)
        if path in named or reader.format not in _OFTEN_EMPTY or _says_something(found.inventory):
            yield found


def _says_something(inventory: Inventory) -> bool:
    return bool(inventory.packages or inventory.requirements or inventory.indexes or inventory.gaps or inventory.includes)


def _is_sdist(path: str, tree: Tree) -> bool:
    from mlsupply.inventory.archive import is_sdist

    return is_sdist(path, tree)


def _read(path: str, reader: Reader, world: World) -> Found:
    """Read the file; where it is not what its name says (a `uv.lock` that holds requirement lines) read it as what it is."""
    inventory = reader.read(path, world.tree, world.limits)
    broken = any(gap.reason is Reason.MALFORMED for gap in inventory.gaps)
    if broken and not inventory.packages and not inventory.requirements:
        other = reader_by_content(path, world.tree)
        if other is not None and other.format != reader.format:
            again = other.read(path, world.tree, world.limits)
            if again.packages or again.requirements:
                return Found(other, again)
    return Found(reader, inventory)


def _typed(subject: str) -> Inventory:
    """A requirement from the command line as an input of its own. Raises `MlsupplyError` where it is none."""
    parsed = requirement(subject, Place(COMMAND_LINE))
    if isinstance(parsed, Gap):
        hint = 'give a folder, a file or a requirement such as "litellm[proxy]==1.82.8"'
        raise MlsupplyError("path-not-found", f"{safe(subject)} is neither a file nor a folder nor a requirement", hint)
    return Inventory(path=safe(subject), format="requirement", requirements=(parsed,))


def _all_settled(inventories: Sequence[Inventory], request: Request, world: World) -> list[Inventory]:
    """Each settled, in order. Resolving waits for the network most of the time, so a few are under way at once."""
    if not _may_resolve(request, world) or sum(not inventory.complete for inventory in inventories) < 2:
        return [_settled(inventory, request, world) for inventory in inventories]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_RESOLVED_AT_ONCE, thread_name_prefix="resolve") as pool:
        return list(pool.map(lambda inventory: _settled(inventory, request, world), inventories))


def _may_resolve(request: Request, world: World) -> bool:
    return request.resolve and world.resolving and not request.offline


def _settled(inventory: Inventory, request: Request, world: World) -> Inventory:
    """With packages for what it asks for: resolved where that is allowed, otherwise the pinned ones."""
    if inventory.complete:
        return inventory
    inventory = without_conda(inventory)
    if not _may_resolve(request, world):
        return without_resolving(inventory, Reason.OFFLINE if request.offline else Reason.UNPINNED)
    from mlsupply.inventory.resolver import resolve

    world.say(f"resolving {inventory.path}")
    return resolve(inventory, request, world)


def _with_survey(found: list[Inventory], survey: Survey, paths: tuple[str, ...]) -> tuple[Inventory, ...]:
    """Say what the walk left out beside the first input, or in the place of the inputs where there are none."""
    gaps = [gap(path, failure.reason, failure.detail) for path, failure in survey.failures]
    if survey.skipped:
        listed = ", ".join(f"{one.path} ({one.why})" for one in survey.skipped[:8])
        more = f" and {len(survey.skipped) - 8} more" if len(survey.skipped) > 8 else ""
        hint = "name such a folder to scan it; an installed environment with --env"
        gaps.append(gap(paths[0], Reason.DISABLED, f"folders left out: {listed}{more}", hint=hint))
    if not found:
        found = [Inventory(path=path, format="folder") for path in paths]
    if found and gaps:
        found[0] = replace(found[0], gaps=found[0].gaps + tuple(gaps))
    return tuple(found)
