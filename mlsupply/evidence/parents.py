"""Which versions of an affected package its parents allow, from the parents' metadata, where the lock does not say.

uv.lock, pylock.toml and SBOMs name who requires whom, but not which versions; a fix that a parent does not allow cannot be
installed. Only the metadata of parents of affected packages is asked for, and kept for ever. Source: PEP 658, and the
index's JSON for a release whose wheel has no metadata file beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mlsupply.drafts import keep_json, kept_json
from mlsupply.evidence.index_releases import is_fresh, kept_at, page_of
from mlsupply.evidence.release_check import index_of, is_release
from mlsupply.model import Package, PackageKey, Reason
from mlsupply.paths import Path
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.world import Failure, World

_MOST = 200  # parents that are asked for

Limits = tuple[tuple[str, str], ...]
"""(who requires the package, its specifier; several, for different conditions, with ` || ` between; "" where it is not
known), as in `fixes.Room`."""


def limits_of(affected: Sequence[Package], project: Project, request: Request, world: World) -> Mapping[PackageKey, Limits]:
    """What parents ask of each package, in order."""
    requiring = _requiring({package.name for package in affected}, project)
    asking = {package.key: [p for p in requiring.get(package.name, ()) if _requires(p, package)] for package in affected}
    parents = {parent.key: parent for own in asking.values() for parent in own}
    requirements = stated([parents[key] for key in sorted(parents, key=str)[:_MOST]], project, request, world)
    return {package.key: tuple(_said(asking[package.key], package.name, requirements)) for package in affected}


def _requiring(names: set[str], project: Project) -> Mapping[str, list[Package]]:
    """Which silent packages require each name, in one pass over the project."""
    found: dict[str, list[Package]] = {}
    for package in project.packages:
        required = {edge.name for edge in package.requires} & names
        if required and _is_silent(package):
            for name in required:
                found.setdefault(name, []).append(package)
    return found


def _is_silent(package: Package) -> bool:
    """Whether it is a release whose requirements are named without a single limit."""
    return bool(package.requires) and is_release(package) and not any(edge.specifier for edge in package.requires)


def _requires(parent: Package, package: Package) -> bool:
    return any(edge.name == package.name and edge.version in ("", package.version) for edge in parent.requires)


def _said(
    parents: Iterable[Package], name: str, stated: Mapping[PackageKey, Mapping[str, Sequence[str]]]
) -> Iterable[tuple[str, str]]:
    for parent in parents:
        if parent.key not in stated:
            yield str(parent.coordinate), ""
            continue
        specifiers = stated[parent.key].get(name, ())
        if specifiers and all(specifiers):
            yield str(parent.coordinate), " || ".join(specifiers)


def stated(
    parents: Sequence[Package], project: Project, request: Request, world: World
) -> Mapping[PackageKey, Mapping[str, Sequence[str]]]:
    """What each requires, canonical name to specifiers; from the disk where an index said so before."""
    indexes = {parent.key: index_of(parent, request) for parent in parents}
    kept = {parent.key: _kept(indexes[parent.key], parent, world) for parent in parents}
    missing = [parent for parent in parents if kept[parent.key] is None]
    found = {key: said for key, said in kept.items() if said}
    return {**found, **_from_indexes(missing, indexes, project, world)} if missing else found


def _file(index: str, parent: Package, world: World) -> Path:
    return kept_at(world, f"{page_of(index, parent.name)}{parent.version}#requires-dist")


def _kept(index: str, parent: Package, world: World) -> Mapping[str, Sequence[str]] | None:
    """What is known; empty where the index had nothing to say a short while ago, None where it has to be asked."""
    document = kept_json(_file(index, parent, world)) or {}
    requires, silent_at = document.get("requires"), document.get("silent at")
    if isinstance(silent_at, float) and is_fresh(silent_at, world):
        return {}
    if not isinstance(requires, dict) or not all(isinstance(specifiers, list) for specifiers in requires.values()):
        return None
    return {str(name): [str(text) for text in specifiers] for name, specifiers in requires.items()}


def _from_indexes(
    parents: Sequence[Package], indexes: Mapping[PackageKey, str], project: Project, world: World
) -> Mapping[PackageKey, Mapping[str, Sequence[str]]]:
    """From the indexes. A release never changes, so what they say is kept."""
    from mlsupply.evidence.registry import Registry, at_once, secret_for
    from mlsupply.evidence.requirements import MOST, specifiers_in

    urls = {indexes[parent.key] for parent in parents}
    registries = {url: Registry(url, world, secret_for(url, project.indexes, world.environ)) for url in urls}
    answers = at_once(lambda parent: registries[indexes[parent.key]].requirements(parent.name, parent.version), parents)
    found: dict[PackageKey, Mapping[str, Sequence[str]]] = {}
    for parent, answer in zip(parents, answers, strict=True):
        file = _file(indexes[parent.key], parent, world)
        if not isinstance(answer, Failure):
            if len(answer) > MOST:  # what the rest asks would read as nothing: it is not known
                continue
            found[parent.key] = specifiers_in(answer)
            keep_json(file, {"requires": found[parent.key]})
        elif answer.reason is Reason.NOT_FOUND:
            keep_json(file, {"silent at": world.now().timestamp()})
    return found
