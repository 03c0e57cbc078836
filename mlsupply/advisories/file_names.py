"""Files of a package whose names are those of another project or release: a lock edited to install something else.

An index names each file after its project and release (PEP 427, PEP 625), and tools write locks from these names. In the
locks of real projects none disagrees. Installers compare the two too late: a source archive has run code by then.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.advisories.versions import public_key, sort_key
from mlsupply.model import Package, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.text import canonical

_SDISTS = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar")
_LOCKED = (SourceKind.REGISTRY, SourceKind.URL, SourceKind.PATH)


class Foreign(NamedTuple):
    """A file of a package. name, version: the project and release it is named after, the version "" where it names none."""

    filename: str
    name: str
    version: str


def foreign(package: Package) -> tuple[Foreign, ...]:
    """The files of the package that are named after something else, each once. (A source archive that is fetched from an
    address may honestly have any name.)"""
    if package.coordinate.ecosystem != "pypi" or package.source.kind not in _LOCKED:
        return ()
    found = {one.filename: one for name in _odd_names(package) if (one := _read(name, package))}
    return tuple(found.values())


def _odd_names(package: Package) -> Iterator[str]:
    """File names that do not begin as nearly all do; a lock has thousands, and those need no closer look. Both the name a
    lock gives and the one in the address, which is what is fetched."""
    usual = _usual(package)
    for artifact in package.artifacts:
        name, url = artifact.filename, artifact.url
        if artifact.kind == "other":
            continue
        if not name.startswith(usual):
            yield name
        if url and not url.endswith(name) and not (last := url[url.rfind("/") + 1 :]).startswith(usual):
            yield _plain(last)
    if package.source.kind is SourceKind.URL:
        yield _plain(package.source.url[package.source.url.rfind("/") + 1 :])


def _usual(package: Package) -> tuple[str, ...]:
    """How names of files of this release begin."""
    name, version = package.name, package.version
    if not version:
        return ()
    stems = (f"{name.replace('-', '_')}-{version}", f"{name}-{version}") if "-" in name else (f"{name}-{version}",)
    return tuple([f"{stem}{end}" for stem in stems for end in ("-", ".tar.gz", ".zip")])


def _plain(name: str) -> str:
    """The last part of an address without its query and fragment, and `%2B` and its like decoded."""
    name = name.partition("#")[0].partition("?")[0]
    if "%" not in name:
        return name
    from urllib.parse import unquote

    from mlsupply.text import safe

    return safe(unquote(name), 400)


def _read(filename: str, package: Package) -> Foreign | None:
    """The file where it is named after something else; None where it is not, or where its name does not tell."""
    if filename.endswith(".whl"):
        parts = filename[:-4].split("-")
        if len(parts) not in {5, 6}:
            return None
        name, version = canonical(parts[0]), parts[1]
    else:
        ending = next((ending for ending in _SDISTS if filename.endswith(ending)), "")
        if not ending:
            return None
        name, version = _of_sdist(filename[: -len(ending)], package.name)
    other = name != package.name or _differ(version, package.version)
    return Foreign(filename, name, version) if other else None


def _of_sdist(stem: str, name: str) -> tuple[str, str]:
    """(canonical name, version) of a source archive. A name may hold dashes and a version too, so the package's own name is
    tried first."""
    at = next((at for at, letter in enumerate(stem) if letter == "-" and canonical(stem[:at]) == name), 0)
    if stem[at + 1 : at + 2].isdigit() and at:
        return name, stem[at + 1 :]
    other, _, version = stem.rpartition("-")
    return canonical(other or stem), version if other else ""


def _differ(one: str, other: str) -> bool:
    """Whether two texts are two releases, local parts aside; what is no version (PEP 440) is not judged."""
    first, second = sort_key(one), sort_key(other)
    return first is not None and second is not None and public_key(first) != public_key(second)
