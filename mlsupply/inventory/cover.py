"""A lock outranks its manifest: what the manifest asks for is found in the lock and not resolved a second time, and the
lock's packages learn where they were asked for. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence, Set

from mlsupply.advisories.versions import is_version
from mlsupply.hints import TYPE_CHECKING
from mlsupply.inventory.parsing import gap
from mlsupply.model import Coordinate, Gap, Inventory, Package, Reason, Requirement, Source, SourceKind
from mlsupply.text import some
from mlsupply.value import replace

if TYPE_CHECKING:
    from mlsupply.inventory.discover import Found

BUILD_GROUP = "build"
_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")
# lock format -> manifest formats of the same folder it locks
_LOCKS = {
    "uv.lock": (*_PROJECT, "uv.toml"),
    "poetry.lock": _PROJECT,
    "pdm.lock": (*_PROJECT, "uv.toml"),
    "pylock.toml": _PROJECT,
    "Pipfile.lock": ("Pipfile",),
    "conda-lock": ("environment.yml",),
    "conda explicit": ("environment.yml",),
    "pixi.lock": ("pixi.toml", *_PROJECT),
}
_OF_ALL_GROUPS = frozenset({"uv.lock", "poetry.lock", "Pipfile.lock"})
_OF_SOME_GROUPS = frozenset({"pdm.lock", "pylock.toml"})  # a group that was left out may ask for what these hold otherwise
_NAMED = 6  # requirements in one sentence
_MEMBERS = (SourceKind.EDITABLE, SourceKind.VIRTUAL, SourceKind.PATH)


def settle_covered(found: Sequence[Found]) -> Iterator[Inventory]:
    """The inventories in the same order, manifests that a lock covers marked complete."""
    twins = _twins(found)
    locks = [one for one in found if one.inventory.packages and (one.inventory.complete or one.reader.role == "lock")]
    asked: dict[str, list[Inventory]] = {}
    settled: list[Inventory] = []
    overridden = frozenset(r.name for one in found for r in one.inventory.requirements if r.override)
    for one in found:
        lock = None
        if one.reader.role == "manifest" and not one.inventory.complete:
            lock = next((lock for lock in locks if lock is not one and _covers(lock, one)), None)
        if lock is None:
            settled.append(replace(one.inventory, complete=True) if one.inventory.path in twins else one.inventory)
        else:
            asked.setdefault(lock.inventory.path, []).append(one.inventory)
            settled.append(_outdated(_covered(one.inventory, lock.inventory), one.inventory, lock, overridden))
    for inventory in settled:
        manifests = asked.get(inventory.path, ())
        yield _with_askers(inventory, manifests) if manifests else inventory


def _twins(found: Sequence[Found]) -> set[str]:
    """Paths of manifests that ask for exactly what one before them in the folder asks for, mostly because one of the two
    reads the other: what they install is the same, and resolved once."""
    seen: set[object] = set()
    twins: set[str] = set()
    for one in found:
        asked = _runtime(one.inventory)
        if one.reader.role == "manifest" and not one.inventory.complete and asked:
            folder = posixpath.dirname(one.inventory.path)
            places = frozenset((r.place, r.name, r.specifier, r.marker, r.extras) for r in asked)
            if (folder, places) in seen:
                twins.add(one.inventory.path)
            seen.add((folder, places))
    return twins


def _covers(lock: Found, manifest: Found) -> bool:
    """In the same folder, or as a member of the lock's workspace; a compiled requirements file covers the `.in` of its
    name and any manifest beside it of which it holds every name."""
    folder, place = posixpath.dirname(lock.inventory.path), posixpath.dirname(manifest.inventory.path)
    formats = _LOCKS.get(lock.reader.format)
    if formats is not None:
        if manifest.reader.format not in formats:
            return False
        return place == folder or place in _members(folder, lock.inventory)
    if place != folder:
        return False
    if manifest.inventory.path.endswith(".in"):
        return posixpath.splitext(manifest.inventory.path)[0] == posixpath.splitext(lock.inventory.path)[0]
    if manifest.inventory.path == lock.inventory.path.removesuffix(".lock"):
        return True  # script.py.lock locks script.py
    names = {r.name for r in _runtime(manifest.inventory)}
    return bool(names) and names <= {package.name for package in lock.inventory.packages}


def _members(folder: str, lock: Inventory) -> set[str]:
    """Folders of the packages the lock takes from the workspace itself."""
    urls = {p.source.url for p in lock.packages if p.source.kind in _MEMBERS and "://" not in p.source.url}
    return {posixpath.normpath(posixpath.join(folder, url)) for url in urls}


def _runtime(manifest: Inventory) -> list[Requirement]:
    return [r for r in manifest.requirements if r.name and not r.constraint and r.groups != (BUILD_GROUP,)]


def _covered(manifest: Inventory, lock: Inventory) -> Inventory:
    """Only what the lock does not hold is left to resolve: a line that is newer than it, a group that was left out. (A
    requirement with a marker may be missing because the marker applies nowhere the lock is for.)"""
    held = {package.name for package in lock.packages} | {manifest.root}
    missing = [r for r in _runtime(manifest) if r.name not in held and not r.marker]
    gaps: list[Gap] = []
    if missing:
        names = sorted({r.name for r in missing})
        listed = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        detail = f"{lock.path} does not hold {listed}, asked for here; looked at without it"
        gaps.append(gap(manifest.path, Reason.DISABLED, detail, missing[0].place.line, "lock again, with every group"))
    if build := sorted({r.name for r in manifest.requirements if r.groups == (BUILD_GROUP,) and r.name not in held}):
        detail = "build requirements are in no lock and were not resolved"
        hint = "scan the manifest by itself, which resolves them"
        gaps.append(gap(manifest.path, Reason.DISABLED, detail, hint=hint, item=", ".join(build)))
    left = (*missing, *(r for r in manifest.requirements if r.constraint)) if missing else manifest.requirements
    return replace(manifest, complete=not missing, requirements=tuple(left), gaps=manifest.gaps + tuple(gaps))


def _outdated(covered: Inventory, manifest: Inventory, lock: Found, overridden: Set[str]) -> Inventory:
    """The manifest with a gap where its lock holds no version that it allows: whoever installs without saying "frozen" gets
    another release than the one that is looked at. overridden: names whose versions others decide."""
    whole = lock.reader.format in _OF_ALL_GROUPS or manifest.path.endswith(".in")
    if (not whole and lock.reader.format not in _OF_SOME_GROUPS) or manifest.path.endswith(("setup.py", "setup.cfg")):
        return covered
    held: dict[str, set[str]] = {}
    for package in lock.inventory.packages:
        version = package.version if package.source.kind is SourceKind.REGISTRY else ""
        held.setdefault(package.name, set()).add(version)
    wrong = [
        r
        for r in _runtime(manifest)
        if (whole or not r.groups)
        and r.name in held
        and r.name not in overridden
        and "" not in held[r.name]
        and not _allows(r, held[r.name])
    ]
    if not wrong:
        return covered
    said = list(dict.fromkeys(f"{r.name}{r.specifier} (not {', '.join(sorted(held[r.name]))})" for r in wrong))
    detail = f"{lock.inventory.path} holds other releases than are asked for here, and an installer may choose anew"
    told = gap(manifest.path, Reason.MALFORMED, detail, wrong[0].place.line, "lock again", some(said, _NAMED))
    return replace(covered, gaps=(*covered.gaps, told))


def _allows(asked: Requirement, versions: Set[str]) -> bool:
    """Whether one of the versions will do; True where that cannot be told, and under a marker, which may apply nowhere the
    lock is for."""
    if not asked.specifier or asked.marker or asked.ecosystem != "pypi" or asked.source.kind is not SourceKind.REGISTRY:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(asked.specifier, prereleases=True)
    except InvalidSpecifier:
        return True
    return any(not is_version(version) or allowed.contains(version) for version in versions)


def _with_askers(lock: Inventory, manifests: Sequence[Inventory]) -> Inventory:
    """The lock with the lines of its manifests as further places of what they ask for."""
    asked: dict[str, list[Requirement]] = {}
    for manifest in manifests:
        for r in _runtime(manifest):
            asked.setdefault(r.name, []).append(r)
    packages = tuple(_asked_for(p, asked[p.name]) if p.name in asked else p for p in lock.packages)
    root = lock.root or next((m.root for m in manifests if m.root), "")
    return replace(lock, packages=packages, root=root)


def _asked_for(package: Package, requirements: list[Requirement]) -> Package:
    return replace(
        package,
        places=tuple(dict.fromkeys((*package.places, *(r.place for r in requirements)))),
        groups=tuple(dict.fromkeys((*package.groups, *(group for r in requirements for group in r.groups)))),
        direct=True,
    )


def met_by_neighbours(found: Sequence[Found]) -> list[Found]:
    """A folder of wheels is one installation: a requirement that another archive of the folder meets is not left to
    resolve."""
    provided: dict[str, set[str]] = {}
    for one in found:
        if one.reader.role == "archive":
            names = {package.name for package in one.inventory.packages if package.direct}
            provided.setdefault(posixpath.dirname(one.inventory.path), set()).update(names)
    return [
        one._replace(inventory=_without(one.inventory, provided)) if one.reader.role == "archive" else one for one in found
    ]


def said_once(found: Sequence[Found]) -> list[Found]:
    """An SBOM often repeats what was installed from a lock beside it, mostly without naming the source. A package of the
    same name and version in another input of its folder, or in an earlier SBOM, is taken to be the same package, from that
    source. An SBOM that does name a source is believed: two sources of one release are two packages."""
    held: dict[str, dict[Coordinate, Source]] = {}
    roots: set[tuple[str, str]] = set()
    for one in found:
        if one.reader.role != "sbom":
            folder = posixpath.dirname(one.inventory.path)
            roots.add((folder, one.inventory.root))
            _hold(held.setdefault(folder, {}), one.inventory)
    return [_same_as(one, held, roots) if one.reader.role == "sbom" else one for one in found]


def _same_as(sbom: Found, held: dict[str, dict[Coordinate, Source]], roots: set[tuple[str, str]]) -> Found:
    folder, root = posixpath.dirname(sbom.inventory.path), sbom.inventory.root
    known = held.setdefault(folder, {})
    if root and (folder, root) in roots:  # the document is of the project beside it, not of a release somebody took
        known = {p.coordinate: Source(SourceKind.VIRTUAL) for p in sbom.inventory.packages if p.name == root} | known
    packages = tuple(
        replace(p, source=known.get(p.coordinate, p.source)) if p.source == Source() else p for p in sbom.inventory.packages
    )
    told = replace(sbom.inventory, packages=packages)
    _hold(known, told)
    return sbom._replace(inventory=told)


def _hold(known: dict[Coordinate, Source], inventory: Inventory) -> None:
    for package in inventory.packages:
        known.setdefault(package.coordinate, package.source)


def _without(inventory: Inventory, provided: dict[str, set[str]]) -> Inventory:
    names = provided[posixpath.dirname(inventory.path)]
    return replace(inventory, requirements=tuple(r for r in inventory.requirements if r.name not in names))
