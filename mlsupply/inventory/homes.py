"""Names that belong to one index, kept there while resolving. Another index may have a project of that name (dependency
confusion), and whoever reads its logs would learn the name. Pure.

Source: https://docs.astral.sh/uv/concepts/indexes/#pinning-a-package-to-an-index
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mlsupply.inventory.index_settings import Asked, Settings
from mlsupply.model import Requirement, Source
from mlsupply.request import Request
from mlsupply.text import host_of


@dataclass(frozen=True, slots=True)
class Homes:
    """pinned: canonical name -> its index, of those a manifest pins and those asked for that the configuration calls
    private; places: an index as the configuration writes it -> the URL it is asked at, where it can be asked."""

    request: Request
    pinned: Mapping[str, str]
    places: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.pinned or self.places)

    def of(self, name: str) -> str:
        """The index a name belongs to, whoever requires it; "" where any may be asked. One that is not among the indexes
        of the run cannot be asked, and then no other one may be."""
        if name in self.pinned or not self.places:
            return self.pinned.get(name, "")
        home = self.request.private_index(name)
        return self.places.get(home, "")


def sent_home(settings: Settings, requirements: Iterable[Requirement], request: Request) -> tuple[Settings, Homes]:
    """The settings with each requirement pinned to the index its manifest names or the configuration calls its own, and
    where every name belongs. A run that names its one index decides for all."""
    if request.index_url:
        return settings, Homes(request, {}, {})
    indexes = list(settings.indexes)
    open_too = {name for index in indexes for name in index.packages if _is_open(index.url, request)}
    pinned = {name: index.url for index in indexes for name in index.packages if name not in open_too}
    places = {}
    for home in request.private_indexes():
        if not _is_open(home, request):
            places[home] = _place(indexes, home)
    for requirement in requirements:
        home = requirement.source.url or request.private_index(requirement.name)
        if home and not _is_open(home, request):
            url = pinned[requirement.name] = _place(indexes, home)
            indexes = [_with(index, requirement.name) if index.url == url else index for index in indexes]
    return replace(settings, indexes=tuple(indexes)), Homes(request, pinned, places)


def _is_open(home: str, request: Request) -> bool:
    return home == "public" or request.is_public(Source(url=home))


def _place(indexes: list[Asked], home: str) -> str:
    """The URL an index is asked at, which joins those of the run where it is none of them yet; as it is written where that
    cannot be asked (a host alone, a variable)."""
    known = next((index for index in indexes if index.role != "find-links" and _is(index.url, home)), None)
    if known is None and "://" in home and "${" not in home:
        known = Asked(home, "explicit", f"home-{len(indexes)}")
        indexes.append(known)
    return known.url if known else home


def _is(url: str, home: str) -> bool:
    """Whether an index is the one meant: by its URL, or by its host where only that is given."""
    if "://" not in home:
        return host_of(url) == home.lower()
    return url.rstrip("/").lower() == home.rstrip("/").lower()


def _with(index: Asked, name: str) -> Asked:
    return index if name in index.packages else index._replace(packages=(*index.packages, name))
