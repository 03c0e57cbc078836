"""Which releases of a project an index has, for callers that need no more: a short list kept beside the page it was made
from.

The page of an active project lists thousands of files, and reading ten kept pages costs more than the rest of a scan whose
advisories are at hand. The list holds what fixes are chosen by, and names the page it was made from (by size and
modification time); if the page has changed, the list is made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlsupply.advisories.fixes import Release
from mlsupply.digest import sha256_hex
from mlsupply.drafts import keep_json, kept_json
from mlsupply.hints import TYPE_CHECKING, Any
from mlsupply.model import Index, Package, PackageKey
from mlsupply.named import NamedTuple
from mlsupply.paths import Path
from mlsupply.world import Failure, World

if TYPE_CHECKING:
    from mlsupply.evidence.index_pages import IndexFile
    from mlsupply.evidence.index_pages import Project as IndexProject

FRESH = 6 * 3600  # seconds for which kept facts of an index are used as they are
_VERSION = 1  # of the kept form


def page_of(index: str, name: str) -> str:
    """The address of a project's page. index: of its simple API; name: canonical."""
    if not (name.isascii() and name.replace("-", "").isalnum()):
        from urllib.parse import quote

        name = quote(name, safe="")
    return f"{index.rstrip('/')}/{name}/"


def is_fresh(at: float, world: World) -> bool:
    """Whether something kept at that time (seconds since 1970) is used without asking again; not if the clock was set
    back."""
    return 0 <= world.now().timestamp() - at < FRESH


def kept_at(world: World, url: str) -> Path:
    """Where facts from an address of an index are kept."""
    return world.cache / "registry" / f"{sha256_hex(url.encode())[:40]}.json"


def published(
    packages: Sequence[Package], indexes: Mapping[PackageKey, str], declared: Sequence[Index], world: World
) -> dict[PackageKey, tuple[Release, ...]]:
    """The releases of each package that its index knows. indexes: where each comes from; declared: the indexes the project
    names, for credentials. A project without files, and one whose index does not answer, is left out."""
    listed = {package.key: _kept(world, page_of(indexes[package.key], package.name)) for package in packages}
    missing = [package for package in packages if listed[package.key] is None]
    if missing:
        listed |= _asked(missing, indexes, declared, world)
    return {key: found.releases for key, found in listed.items() if found is not None and found.releases is not None}


class _Listed(NamedTuple):
    """releases: None where the index lists no files of the project."""

    releases: tuple[Release, ...] | None


def _kept(world: World, page: str) -> _Listed | None:
    """From the list, None where there is none that is fresh and of the page as it stands."""
    value = kept_json(kept_at(world, f"{page}#releases"))
    try:
        if not value or value["version"] != _VERSION or value["page"] != _mark(kept_at(world, page)):
            return None
        if not is_fresh(value["at"], world):
            return None
        releases = value["releases"]
        if releases is not None:
            releases = tuple([Release(str(text), bool(yanked), str(python)) for text, yanked, python in releases])
        return _Listed(releases)
    except (KeyError, TypeError, ValueError, OSError):
        return None


def _mark(path: Path) -> list[int]:
    """What tells a kept page from the one before it. Raises `OSError` where there is none."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _asked(
    packages: Sequence[Package], indexes: Mapping[PackageKey, str], declared: Sequence[Index], world: World
) -> dict[PackageKey, _Listed]:
    """From the pages, kept or asked for, each of which leaves its list for the next run."""
    from mlsupply.evidence.registry import Registry, ask_all, secret_for

    urls = {indexes[package.key] for package in packages}
    registries = {url: Registry(url, world, secret_for(url, declared, world.environ)) for url in urls}
    answers = ask_all([(registries[indexes[package.key]], package.name, "") for package in packages])
    found: dict[PackageKey, _Listed] = {}
    for package, seen in zip(packages, answers, strict=True):
        if not isinstance(seen, Failure):
            listed = _Listed(tuple(_releases(seen.project)) if seen.project.files else None)
            found[package.key] = listed
            _keep(world, page_of(indexes[package.key], package.name), seen.at, listed)
    return found


def _keep(world: World, page: str, at: float, listed: _Listed) -> None:
    try:
        mark = _mark(kept_at(world, page))
    except OSError:  # the page could not be kept either
        return
    value: dict[str, Any] = {"version": _VERSION, "page": mark, "at": at, "releases": listed.releases}
    keep_json(kept_at(world, f"{page}#releases"), value)


def _releases(project: IndexProject) -> Iterator[Release]:
    by_version: dict[str, list[IndexFile]] = {}
    for file in project.files:
        if file.version:
            by_version.setdefault(file.version, []).append(file)
    for version, files in by_version.items():
        yield Release(version, all(file.yanked is not None for file in files), files[0].requires_python)
