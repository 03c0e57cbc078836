"""Releases that exist only as source. Resolution forbids building, so it passes over them for an older release with a wheel,
which no installer would take: the chosen releases are compared with what the index has. The check `release` uses the same
index client, so nothing is asked twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlsupply.evidence.registry import Registry, Seen, ask_all
from mlsupply.evidence.release import newest_release
from mlsupply.inventory.index_settings import Settings
from mlsupply.inventory.pinned import exact_version
from mlsupply.model import Package, Requirement
from mlsupply.world import PUBLIC_INDEX, OfflineFetch, World


def passed_over(
    packages: Iterable[Package], asked: Sequence[Requirement], settings: Settings, world: World
) -> dict[str, str]:
    """Canonical name to version: what was asked for directly without a version, and has a newer release than the one
    chosen that is published only as source. Empty without network."""
    chosen = {package.name: package for package in packages}
    names = [name for name in _open(asked) if name in chosen]
    found = newest(names, asked, settings, world, {name: chosen[name].source.url for name in names})
    return {name: version for name, (version, built) in found.items() if built and version != chosen[name].version}


def newest(
    names: Sequence[str], asked: Sequence[Requirement], settings: Settings, world: World, urls: dict[str, str] | None = None
) -> dict[str, tuple[str, bool]]:
    """Name to (newest final release that the requirements allow, whether it exists only as source), as far as the index
    tells. urls: the index of each name where it is not the one installers ask first."""
    if isinstance(world.fetch, OfflineFetch) or settings.exclude_newer or not names:
        return {}
    primary = next((index.url for index in settings.indexes if index.role == "primary"), PUBLIC_INDEX)
    secrets = {index.url: (index.username, index.password) for index in settings.indexes if index.username or index.password}
    registries: dict[str, Registry] = {}
    questions = []
    for name in names:
        url = (urls or {}).get(name) or primary
        questions.append((registries.setdefault(url, Registry(url, world, secrets.get(url))), name, ""))
    found: dict[str, tuple[str, bool]] = {}
    for name, seen in zip(names, ask_all(questions), strict=True):
        if isinstance(seen, Seen):
            specifier = ",".join(r.specifier for r in asked if r.name == name and r.specifier)
            version, built = newest_release(seen.project, specifier)
            if version:
                found[name] = version, built
    return found


def _open(asked: Sequence[Requirement]) -> list[str]:
    """Names none of whose requirements names one version."""
    pinned = {requirement.name for requirement in asked if exact_version(requirement.specifier)}
    return list(dict.fromkeys(requirement.name for requirement in asked if requirement.name not in pinned))
