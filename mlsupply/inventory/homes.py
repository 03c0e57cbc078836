"""Names that belong to one index, kept there while resolving: another index may have, or be given, a project of that name
(dependency confusion), and whoever reads its logs would learn the name. Pure.

Source: https://docs.astral.sh/uv/concepts/indexes/#pinning-a-package-to-an-index
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mlsupply.inventory.index_settings import Asked, Settings
from mlsupply.model import Requirement, Source
from mlsupply.request import Request
from mlsupply.text import host_of


def sent_home(settings: Settings, requirements: Iterable[Requirement], request: Request) -> tuple[Settings, dict[str, str]]:
    """(the settings with each requirement pinned to the index its manifest names or the configuration calls its own;
    canonical name -> that index, of those whose index cannot be asked as it is written). A run that names its one index
    decides for all."""
    lost: dict[str, str] = {}
    if request.index_url:
        return settings, lost
    indexes = list(settings.indexes)
    for requirement in requirements:
        home = requirement.source.url or request.private_index(requirement.name)
        if not home or home == "public" or request.is_public(Source(url=home)):
            continue
        place = next((place for place, index in enumerate(indexes) if _is(index.url, home)), -1)
        if place >= 0:
            indexes[place] = _with(indexes[place], requirement.name)
        elif "://" in home and "${" not in home:
            indexes.append(Asked(home, "explicit", f"home-{len(indexes)}", (requirement.name,)))
        else:
            lost[requirement.name] = home
    return replace(settings, indexes=tuple(indexes)), lost


def _is(url: str, home: str) -> bool:
    """Whether an index is the one meant: by its URL, or by its host where only that is given."""
    if "://" not in home:
        return host_of(url) == home.lower()
    return url.rstrip("/").lower() == home.rstrip("/").lower()


def _with(index: Asked, name: str) -> Asked:
    return index if name in index.packages else index._replace(packages=(*index.packages, name))
