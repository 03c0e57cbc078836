"""Which indexes the user lets packages come from: `[tool.mlsupply.index]`, its list of allowed ones and its private names.
Pure.

A name that an organisation keeps to its own index and that an installer may also take from another one is how dependency
confusion begins (Birsan, 2021); which names those are only the organisation can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mlsupply.model import RESOLVED, Index, Inventory, Package, PackageKey, Place, Requirement, Source, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.project import Project, is_local
from mlsupply.request import Request
from mlsupply.text import host_of
from mlsupply.world import PUBLIC_FILES, PUBLIC_INDEX

PUBLIC = "public"
"""Stands in the lists for the public index and the mirrors the user named."""
# what says which packages there are and not where an installer took them from
_SILENT = frozenset({"environment", "wheel", "sdist", "cyclonedx", "spdx", "names"})


class Origin(NamedTuple):
    """Where a package comes from, held against the lists.

    private: the index that its name belongs to, "" where the name is not private.
    refused: indexes it may come from that `allowed` does not list; None where its input does not tell.
    astray: places it may come from other than the index its private name belongs to; None where its input does not tell.
    input: the path of that input.
    """

    private: str = ""
    refused: tuple[str, ...] | None = ()
    astray: tuple[str, ...] | None = ()
    input: str = ""


class Lists:
    """The lists of a run, over the indexes its inputs name."""

    def __init__(self, project: Project, request: Request) -> None:
        table = request.settings.get("index")
        table = table if isinstance(table, Mapping) else {}
        allowed = table.get("allowed")
        self._allowed: tuple[str, ...] = tuple(allowed) if isinstance(allowed, (list, tuple)) else ()
        self._private = bool(table.get("private"))
        self._request = request
        self._inputs: dict[PackageKey, list[Inventory]] = {}
        self._asked_in: dict[Place, Inventory] = {}
        for inventory in project.inventories if self else ():
            self._asked_in |= {requirement.place: inventory for requirement in inventory.requirements}
            for package in inventory.packages:
                self._inputs.setdefault(package.key, []).append(inventory)

    def __bool__(self) -> bool:
        return bool(self._allowed or self._private)

    def of_package(self, package: Package) -> Origin:
        """What the lists say of a package; nothing of the project's own code."""
        if is_local(package):
            return Origin(private=self._request.private_index(package.name))
        found: dict[str, None] = {}
        for inventory in self._inputs.get(package.key, ()):
            sources = self._sources(package, inventory)
            if sources is None:
                return self._unknown(package.name, inventory.path)
            found.update(dict.fromkeys(sources))
        return self._judged(package.name, package.source.kind, tuple(found))

    def of_requirements(self, name: str, requirements: Iterable[Requirement]) -> Origin:
        """What the lists say of a name that is asked for and that no package was found for."""
        found: dict[str, None] = {}
        for requirement in requirements:
            inventory = self._asked_in.get(requirement.place)
            if requirement.source.kind is SourceKind.REGISTRY and inventory is not None:
                found.update(dict.fromkeys(_open_to(name, inventory.indexes)))
        return self._judged(name, SourceKind.REGISTRY, tuple(found))

    def _sources(self, package: Package, inventory: Inventory) -> tuple[str, ...] | None:
        """As `_sources` below, except for a private name that this run resolved at its own index: installers may take it
        from wherever the input lets them."""
        here = RESOLVED in inventory.format and not self._request.index_url and package.source.kind is SourceKind.REGISTRY
        if here and self._request.private_index(package.name):
            return _open_to(package.name, inventory.indexes)
        return _sources(package, inventory)

    def _unknown(self, name: str, path: str) -> Origin:
        home = self._request.private_index(name)
        return Origin(home, None if self._allowed else (), None if home else (), path)

    def _judged(self, name: str, kind: SourceKind, sources: Sequence[str]) -> Origin:
        home = self._request.private_index(name)
        astray = tuple(url for url in sources if home and not self._is(url, home))
        indexes = sources if kind is SourceKind.REGISTRY and self._allowed else ()
        refused = tuple(url for url in indexes if not any(self._is(url, allowed) for allowed in self._allowed))
        return Origin(home, refused, astray)

    def _is(self, url: str, listed: str) -> bool:
        """Whether an index is the listed one: by its URL, by its host where only that is listed, or as the public one."""
        plain = _plain(listed)
        if listed == PUBLIC or plain == _plain(PUBLIC_INDEX):
            return self._request.is_public(Source(url=_plain(url)))
        return _plain(url) == plain if "://" in listed else host_of(url) == listed.lower()


def _sources(package: Package, inventory: Inventory) -> tuple[str, ...] | None:
    """Every address an installer may take the package from by this input, None where the input does not tell."""
    source = package.source
    if source.kind is not SourceKind.REGISTRY or source.url:
        return (source.url,)
    hosts = {host_of(artifact.url) for artifact in package.artifacts if artifact.url.startswith("http")}
    if hosts:
        return (PUBLIC_INDEX,) if hosts == {host_of(PUBLIC_FILES)} else None
    if inventory.format in _SILENT or package.coordinate.ecosystem != "pypi":
        return None
    return _open_to(package.name, inventory.indexes)


def _open_to(name: str, indexes: Iterable[Index]) -> tuple[str, ...]:
    """The indexes that serve a name: the one it is pinned to, or else all that serve any name; the public one is the
    primary index where no other is."""
    indexes = tuple(indexes)
    if pinned := tuple(index.url for index in indexes if name in index.packages):
        return pinned
    primary = [index.url for index in indexes if index.role == "primary"]
    extra = [index.url for index in indexes if index.is_open]
    return (*(primary[-1:] or [PUBLIC_INDEX]), *extra)


def _plain(url: str) -> str:
    scheme, mark, rest = url.rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}"
