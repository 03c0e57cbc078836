"""The project handed to uv, written from requirements, and the lock that comes back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlsupply.aside import temporary
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import uv_lock, uv_run
from mlsupply.inventory.homes import Homes
from mlsupply.inventory.index_settings import Settings, pinned
from mlsupply.inventory.target import Target
from mlsupply.inventory.uv_reason import Verdict
from mlsupply.model import Gap, Inventory, Package, Requirement, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.request import Request, Targets
from mlsupply.world import PUBLIC_INDEX, Limits, World

NAME = "mlsupply-asks-for-this"  # of the project; no package may have it
_FLOOR = ">=3.8"  # below every Python resolved for: uv compares it with the interpreter it is given


def requirement_text(requirement: Requirement) -> str:
    """PEP 508 text of a requirement on an index."""
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{requirement.specifier}{marker}"


@dataclass(slots=True, kw_only=True)
class Attempt:
    """What is left to resolve, and what has been given up. asked, constraints: still handed to uv; homes: where names belong
    whatever is left out of the settings; dropped: requirements that are not handed to uv any more, with its reason;
    excluded: canonical names kept out wherever they are required; settled: other targets were tried and none served all;
    looked: the index was asked for newer releases without a wheel; newest: the version of what was left out because it would
    have to be built, where the index tells; gaps: of the lock and of indexes left out."""

    inventory: Inventory
    request: Request
    asked: list[Requirement]
    constraints: list[Requirement]
    settings: Settings
    homes: Homes
    target: Target
    dropped: list[tuple[Requirement, Verdict]] = field(default_factory=list)
    excluded: dict[str, Verdict] = field(default_factory=dict)
    settled: bool = False
    looked: bool = False
    newest: dict[str, str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()


class Project(NamedTuple):
    """text: pyproject.toml; requirements: for each of its lines the requirement that stands there; options: uv.toml, the
    one file of configuration that uv is given, so that it searches for no other."""

    text: str
    requirements: list[Requirement | None]
    options: str


def is_accepted(requirement: Requirement) -> bool:
    """Whether uv can read the requirement: a faulty one would make it ask the project's build backend instead."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    try:
        parsed = Parsed(requirement_text(requirement))
    except InvalidRequirement:
        return False
    return all(part.operator != "===" or part.version[:1].isdigit() for part in parsed.specifier)


def written(attempt: Attempt) -> Project:
    """The project for uv. Every value is a quoted string; there is one requirement a line, so that a line number in
    uv's words leads back to it."""
    settings = attempt.settings
    lines: list[tuple[str, Requirement | None]] = [
        (line, None) for line in ("[project]", f'name = "{NAME}"', 'version = "0"')
    ]
    lines += [(f'requires-python = "{_FLOOR}"', None), ("dependencies = [", None)]
    lines += [(f"  {_quoted(requirement_text(requirement))},", requirement) for requirement in attempt.asked]
    lines += [(line, None) for line in ("]", "[tool.uv]", "package = false")]
    lines.append((f"environments = {_list(attempt.target.markers)}", None))
    never = [f"{name} ; python_version < '0'" for name in attempt.excluded]  # its marker never holds: nothing is left
    lines.append((f"override-dependencies = {_list([*settings.overrides, *never])}", None))
    lines.append(("constraint-dependencies = [", None))
    lines += [(f"  {_quoted(requirement_text(requirement))},", requirement) for requirement in attempt.constraints]
    lines += [(f"  {_quoted(text)},", None) for text in settings.constraints]
    lines.append(("]", None))
    lines += [(line, None) for line in (*_pins(attempt), *_indexes(settings, "[[tool.uv.index]]"))]
    options = "\n".join([*_options(settings, attempt.request.targets), *_indexes(settings, "[[index]]")])
    return Project("\n".join(line for line, _ in lines) + "\n", [requirement for _, requirement in lines], options + "\n")


def lock(attempt: Attempt, world: World, seconds: float) -> tuple[Project, uv_run.Ran]:
    """(what was handed to uv, what came back, with indexes by their own addresses). Where a name may turn up that belongs
    to one index and is not pinned for uv, no other index is asked for it. seconds: then uv is killed."""
    asked = {requirement.name for requirement in attempt.asked}
    if not attempt.homes.places and asked.issuperset(attempt.homes.pinned):
        return _lock(attempt, world, seconds)
    from mlsupply.inventory import gate

    try:
        with gate.opened(attempt.settings, attempt.homes) as (settings, opened):
            project, ran = _lock(replace(attempt, settings=settings), world, seconds)
            return project, ran._replace(lock=opened.undone(ran.lock), words=opened.undone(ran.words))
    except OSError as error:
        why = f"no loopback port is free, which is needed to keep private names from other indexes: {error.strerror}"
        return written(attempt), uv_run.Ran("", why, missing=True)


def _lock(attempt: Attempt, world: World, seconds: float) -> tuple[Project, uv_run.Ran]:
    project = written(attempt)
    ran = uv_run.lock(
        project.text,
        project.options,
        cache=world.cache,
        environ=world.environ,
        secrets=attempt.settings.secrets,
        seconds=seconds,
    )
    return project, ran


def _pins(attempt: Attempt) -> list[str]:
    pins = pinned(attempt.settings, (requirement.name for requirement in attempt.asked))
    lines = [f"{_quoted(name)} = {{ index = {_quoted(index)} }}" for name, index in pins.items()]
    return ["[tool.uv.sources]", *lines] if lines else []


def _options(settings: Settings, wanted: Targets) -> list[str]:
    options = {
        "index-strategy": settings.strategy,
        "prerelease": settings.prerelease,
        "exclude-newer": wanted.exclude_newer or settings.exclude_newer,
    }
    links = [index.url for index in settings.indexes if index.role == "find-links"]
    lines = ["no-build = true"]
    lines += [f"{key} = {_quoted(value)}" for key, value in options.items() if value]
    lines += [f"find-links = {_list(links)}"] if links else []
    return lines + (["no-index = true"] if settings.no_index else [])


def _indexes(settings: Settings, header: str) -> list[str]:
    """They stand in both files: pins look for them in the project, everything else in the configuration."""
    lines = _primary_first(settings, header)
    for index in settings.indexes:
        if index.role != "find-links":
            lines += [header, f"name = {_quoted(index.name)}", f"url = {_quoted(index.url)}"]
            lines += ["default = true"] if index.role == "primary" else []
            lines += ["explicit = true"] if index.role == "explicit" else []
    return lines


def _primary_first(settings: Settings, header: str) -> list[str]:
    """uv takes a version's files from the first index that has it, and its default index comes last; pip looks at the files
    of all. So where indexes are compared as pip does, the primary one stands first too: else an extra index that holds one
    wheel of a release hides the others of it. One with credentials is left where it is, as they go by the index's name."""
    extras = [index for index in settings.indexes if index.role == "extra"]
    primary = next((index for index in settings.indexes if index.role == "primary"), None)
    secret = primary is not None and (primary.username or primary.password)
    if settings.strategy != "unsafe-best-match" or not extras or secret or settings.no_index:
        return []
    url = primary.url if primary else PUBLIC_INDEX
    return [header, f"name = {_quoted('primary-first')}", f"url = {_quoted(url)}"]


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's, and control characters have been replaced on entry."""
    return json.dumps(text, ensure_ascii=False)


def _list(texts: Iterable[str]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


def packages_of(lock: str, limits: Limits) -> tuple[tuple[Package, ...], tuple[Gap, ...]]:
    """(the packages of uv.lock text without the project written here, what the reader could not read). They are in no
    file of the user, so they have no places."""
    with temporary() as folder:
        Path(folder, "uv.lock").write_text(lock, encoding="utf-8")
        read = uv_lock.read("uv.lock", DiskTree(Path(folder)), limits)
    packages = (package for package in read.packages if package.source.kind is not SourceKind.VIRTUAL)
    return tuple(replace(package, places=(), direct=False, groups=()) for package in packages), read.gaps
