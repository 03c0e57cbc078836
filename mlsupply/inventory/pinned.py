"""What can be said of requirements without resolving them: one pinned with `==` is a package, any other is a gap. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlsupply.inventory.cover import BUILD_GROUP
from mlsupply.inventory.parsing import gap
from mlsupply.model import Artifact, Coordinate, Gap, Inventory, Package, PackageKey, Reason, Requirement, SourceKind
from mlsupply.project import united
from mlsupply.text import some
from mlsupply.value import replace

_NAMED_SOURCES = (SourceKind.GIT, SourceKind.URL)
_NAMED = 6  # requirements in one sentence


def without_resolving(inventory: Inventory, reason: Reason = Reason.UNPINNED) -> Inventory:
    """The inventory with a package for each pinned or direct requirement it holds no package of, a gap with `reason` for
    each other one, and offline one for what the pinned ones need. Constraints ask for nothing and are left alone."""
    held = {package.name for package in inventory.packages}
    meant = [r for r in _limited(_overridden(inventory.requirements)) if not r.constraint]
    asked = [r for r in meant if r.name not in held]
    packages = [package for r in asked if (package := pinned(r)) is not None]
    gaps = [_gap(r, reason) for r in _once(asked) if pinned(r) is None and not _local(r)]
    if reason is Reason.OFFLINE:  # who types --no-resolve knows
        gaps += _beyond([r for r in meant if exact_version(r.specifier)])
    return replace(
        inventory, packages=inventory.packages + tuple(_united(packages)), gaps=inventory.gaps + tuple(dict.fromkeys(gaps))
    )


def _overridden(requirements: Sequence[Requirement]) -> Iterator[Requirement]:
    """What is asked for, an override in the place of each requirement of its name: uv and PDM take the override alone."""
    overrides: dict[str, list[Requirement]] = {}
    for one in requirements:
        if one.override and one.name:
            overrides.setdefault(one.name, []).append(one)
    for asked in requirements:
        if asked.constraint or asked.name not in overrides:
            yield asked
            continue
        for override in overrides[asked.name]:
            yield replace(override, groups=asked.groups, constraint=False, override=False)


def limited_to(constraints: Iterable[Requirement]) -> Iterator[Package]:
    """The releases that constraints name exactly, for a file that limits what others ask for and asks for nothing."""
    for one in constraints:
        if one.constraint and one.source.kind is SourceKind.REGISTRY and (package := pinned(one)) is not None:
            yield replace(package, note="a constraint: installed where something asks for it")


def _limited(requirements: Iterable[Requirement]) -> Iterator[Requirement]:
    """What is asked for, at the release that a constraint of the same input names exactly where it names none itself: no
    installer can take another."""
    requirements = tuple(requirements)
    limits: dict[tuple[str, bool], dict[Requirement, None]] = {}
    for one in requirements:
        if one.constraint and one.source.kind is SourceKind.REGISTRY and exact_version(one.specifier):
            limits.setdefault((one.name, BUILD_GROUP in one.groups), {})[one] = None
    for asked in requirements:
        known = limits.get((asked.name, BUILD_GROUP in asked.groups), {})
        if asked.constraint or not known or asked.source.kind is not SourceKind.REGISTRY or exact_version(asked.specifier):
            yield asked
            continue
        for limit in known:
            markers = [f"({marker})" for marker in (asked.marker, limit.marker) if marker]
            yield replace(asked, specifier=limit.specifier, marker=" and ".join(markers))


def _beyond(exact: Sequence[Requirement]) -> Iterator[Gap]:
    """A gap for each file that says that the dependencies of its pinned requirements were not resolved: a file that pins
    everything cannot be told from one that does not. One that several others include is told once, and not as theirs."""
    by_file: dict[str, list[Requirement]] = {}
    for asked in exact:
        by_file.setdefault(asked.place.file, []).append(asked)
    for file, members in by_file.items():
        names = list(dict.fromkeys(f"{r.name}{r.specifier}" for r in members))
        detail = "nothing was resolved, so what these require beyond this file is not audited"
        hint = "run without --offline, or commit a lock file"
        yield gap(file, Reason.OFFLINE, detail, members[0].place.line, hint, some(names, _NAMED))


def without_conda(inventory: Inventory) -> Inventory:
    """The inventory with a gap for each thing asked of conda that names no single version: conda is not resolved here.
    The requirements that are left are those of Python packages."""
    held = {package.name for package in inventory.packages}
    asked = [r for r in inventory.requirements if r.ecosystem == "conda"]
    if not asked:
        return inventory
    unmet = {(r.name, r.specifier): r for r in reversed(asked) if r.name not in held}
    gaps = tuple(_conda_gap(r) for r in reversed(unmet.values()))
    rest = tuple(r for r in inventory.requirements if r.ecosystem != "conda")
    return replace(inventory, requirements=rest, gaps=inventory.gaps + gaps)


def _conda_gap(requirement: Requirement) -> Gap:
    detail = "conda is asked for it without a single version, and conda is not resolved here"
    hint = "scan a conda-lock.yml, a pixi.lock or the installed environment (--env)"
    return gap(requirement.place.file, Reason.UNPINNED, detail, requirement.place.line, hint, requirement.text)


def pinned(requirement: Requirement) -> Package | None:
    """The package a requirement names exactly: `name==1.0` (also `===`), or a direct reference with a name."""
    version = exact_version(requirement.specifier)
    if not requirement.name or not (version or requirement.source.kind in _NAMED_SOURCES):
        return None
    artifacts: tuple[Artifact, ...] = ()
    if requirement.hashes:
        artifacts = (Artifact(requirement.source.url.rpartition("/")[2], "other", hashes=requirement.hashes),)
    return Package(
        coordinate=Coordinate("pypi", requirement.name, version or _version_in_url(requirement.source.url)),
        source=requirement.source,
        places=(requirement.place,),
        artifacts=artifacts,
        groups=requirement.groups,
        direct=True,
        marker=requirement.marker,
    )


def exact_version(specifier: str) -> str:
    """The one version a PEP 440 specifier allows, "" where it allows several (`==1.*` does)."""
    if "," in specifier or not specifier.startswith("=="):
        return ""
    version = specifier.lstrip("=").strip()
    return "" if version.endswith(".*") else version


def _version_in_url(url: str) -> str:
    """The version in the name of a wheel."""
    filename = url.partition("#")[0].partition("?")[0].rpartition("/")[2]
    if not filename.endswith(".whl"):
        return ""
    from urllib.parse import unquote

    parts = unquote(filename).split("-")
    return parts[1] if len(parts) >= 5 else ""


def _local(requirement: Requirement) -> bool:
    """A folder of the project itself (`.`, `-e ./lib`): its own manifest is read as an input of its own."""
    return requirement.source.kind in (SourceKind.PATH, SourceKind.EDITABLE, SourceKind.VIRTUAL)


def _once(requirements: Iterable[Requirement]) -> Iterable[Requirement]:
    """One requirement a name and specifier: asking for it in ten groups is still one thing not looked at."""
    return {(r.name, r.specifier, r.source): r for r in reversed(tuple(requirements))}.values()


def _united(packages: Iterable[Package]) -> Iterable[Package]:
    merged: dict[PackageKey, list[Package]] = {}
    for package in packages:
        merged.setdefault(package.key, []).append(package)
    return map(united, merged.values())


def _gap(requirement: Requirement, reason: Reason) -> Gap:
    wanted = f"{requirement.name}{requirement.specifier}" or requirement.text
    if reason is Reason.OFFLINE:
        detail = "no single version is named, and resolving it takes an index, which offline runs do not ask"
        hint = "run without --offline, or pin it"
    else:
        detail, hint = "no single version is named, and it was not resolved", "pin it, or commit a lock file"
    return gap(requirement.place.file, reason, detail, requirement.place.line, hint, wanted)
