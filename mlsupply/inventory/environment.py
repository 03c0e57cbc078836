"""An installed environment, read from disk: a virtual environment, a conda prefix or a site-packages folder.

Its interpreter is never started and none of its files is imported. What is installed is what the `.dist-info` and
`.egg-info` folders say (PEP 376, PEP 610, and the recorded installation specification); conda's own records are kept
under conda's names beside them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any

from mlsupply.advisories.versions import is_version, same_version
from mlsupply.errors import MlsupplyError
from mlsupply.headers import MAX_BYTES
from mlsupply.inventory.metadata import Metadata, egg_requires, parse
from mlsupply.inventory.parsing import beginning, decode, gap, json_of, quoted, source_of_url, string, strings, table
from mlsupply.inventory.path_lines import added
from mlsupply.model import Artifact, Coordinate, Edge, Gap, Inventory, Package, Place, Reason, Source, SourceKind
from mlsupply.project import installed_at
from mlsupply.sites import names_in, sites_of
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.value import replace
from mlsupply.world import Failure, Limits, Tree

FORMAT = "environment"
_SMALL = 1 << 20  # bytes of direct_url.json, INSTALLER and the like
_RECORD_BYTES = 64 << 20
# what Python can import, or a path that is not below the site folder
_CODE = re.compile(r"\.(?:py[cdow]?|so|dll|dylib)(?:\.\d+)*$|^\.\.|^[/\\]|^.:|^$")
_NAMED_BY_PYTHON = re.compile(r"/python(3\.[0-9]{1,3})t?/(?:site|dist)-packages$")
# console scripts and data; the shims of hatchling, setuptools, meson-python and scikit-build-core, and their bytecode
_LEADS_AWAY = re.compile(
    r"(?:\.\.[/\\]){1,4}(?:bin|Scripts|share|etc|include)[/\\]|"
    r"[^/]{1,200}\.pth$|(?:__pycache__/)?_[^/]{0,200}editable[^/]{0,200}\.pyc?$"
)


def read_environment(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Everything installed at `path`. Raises `MlsupplyError` where there is no environment at all."""
    if tree.kind(path) != "folder":
        raise MlsupplyError("path-not-found", f"there is no folder {safe(path)}", "give the folder of an environment")
    path = path.rstrip("/") or "/"
    sites, conda = sites_of(path, tree), posixpath.join(path, "conda-meta")
    has_conda = tree.kind(conda) == "folder"
    if not sites and not has_conda:
        inside = next((name for name in names_in(path, tree) if tree.kind(f"{path}/{name}pyvenv.cfg") == "file"), "")
        hint = "give a virtual environment, a conda prefix or a site-packages folder"
        if inside:
            hint = f"there is one in it: --env {quote(posixpath.normpath(posixpath.join(path, inside)))}"
        raise MlsupplyError("no-environment", f"{safe(path)} holds no installed packages", hint)
    packages: dict[object, Package] = {}
    gaps: list[Gap] = list(_system_packages(path, tree))
    for found in _everything(path, sites, conda if has_conda else "", packages, tree, limits):
        if isinstance(found, Gap):
            gaps.append(found)
        elif len(packages) >= limits.packages:
            gaps.append(gap(path, Reason.LIMIT, f"more than {limits.packages:,} packages; the rest was not read"))
            break
        elif (before := packages.setdefault(found.key, found)) is not found:
            gaps += _twice(found, before)
    return Inventory(
        path=path,
        format=FORMAT,
        packages=tuple(_roots(list(packages.values()))),
        gaps=tuple(gaps),
        complete=True,
        requires_python=_python_of(sites),
    )


def _python_of(sites: tuple[str, ...]) -> str:
    """The one that runs there, by the folder its packages lie in; "" where that is not named by it (on Windows)."""
    found = next((named for site in sites if (named := _NAMED_BY_PYTHON.search(site))), None)
    return f"=={found[1]}.*" if found else ""


def _twice(found: Package, before: Package) -> Iterator[Gap]:
    """A release that is installed a second time has files of its own; an `.egg-info` beside a `.dist-info` has none."""
    if installed_at(found):
        detail = f"{found.coordinate} is installed here too; what is looked into is {before.places[0].file}"
        yield gap(installed_at(found), Reason.UNSUPPORTED, detail, hint="remove one of them")


def _everything(
    path: str, sites: tuple[str, ...], conda: str, known: Mapping[object, Package], tree: Tree, limits: Limits
) -> Iterator[Package | Gap]:
    """What lies in the site folders, in those that these add, and in conda's records. known: what came of it so far."""
    for site in sites:
        yield from _site(site, tree, limits)
    further: dict[str, None] = {}
    for found in added(path, sites, tuple(known.values()), tree):
        if isinstance(found, Gap):
            yield found
        else:
            further[found] = None
    for folder in further:
        if folder not in sites and tree.kind(folder) == "folder":
            yield from _site(folder, tree, limits)
    yield from _conda(conda, tree, limits) if conda else ()


def _system_packages(path: str, tree: Tree) -> Iterator[Gap]:
    data = tree.read(posixpath.join(path, "pyvenv.cfg"), _SMALL)
    if not isinstance(data, Failure) and re.search(rb"(?im)^[ \t]*+include-system-site-packages[ \t]*+=[ \t]*+true", data):
        detail = "the environment also sees the packages of the Python it was made from, which were not read"
        yield gap(posixpath.join(path, "pyvenv.cfg"), Reason.UNSUPPORTED, detail, hint="scan that Python with --env as well")


def _site(site: str, tree: Tree, limits: Limits) -> Iterator[Package | Gap]:
    listed = tree.entries(site)
    if isinstance(listed, Failure):
        yield gap(site, listed.reason, listed.detail)
        return
    for name in listed:
        folder = posixpath.join(site, name.rstrip("/"))
        if name.startswith("~") and name.endswith((".dist-info/", ".egg-info/")):
            hint = "remove the folder, or install the package again"
            yield gap(folder, Reason.MALFORMED, "left behind by an interrupted uninstallation", hint=hint)
        elif name.endswith(".dist-info/"):
            yield from _dist_info(folder, tree)
        elif name.endswith((".egg-info/", ".egg-info")):
            yield from _egg_info(folder, tree, is_folder=name.endswith("/"))
        elif name.endswith(".egg/") and tree.kind(posixpath.join(folder, "EGG-INFO")) == "folder":
            yield from _egg_info(posixpath.join(folder, "EGG-INFO"), tree, is_folder=True)
        elif name.endswith(".dist-info"):
            yield gap(folder, Reason.MALFORMED, "it is not a readable folder, so the package it stands for was not audited")
        elif name.endswith(".egg") and tree.kind(folder) == "file":
            yield from _zipped(folder, tree, limits)
        elif name.endswith(".egg-link"):
            yield _egg_link(folder, tree)


def _zipped(path: str, tree: Tree, limits: Limits) -> Iterator[Package | Gap]:
    """An egg that was never unpacked: Python imports from it all the same."""
    from mlsupply.inventory import archive

    found = archive.read(path, tree, limits)
    yield from found.packages
    yield from found.gaps


def _dist_info(folder: str, tree: Tree) -> Iterator[Package | Gap]:
    listed = tree.entries(folder)
    names = () if isinstance(listed, Failure) else listed
    if isinstance(listed, Failure):
        yield gap(folder, listed.reason, f"{listed.detail}; name and version are those of the folder")
    elif "RECORD" not in names:
        detail = "RECORD is missing, so it cannot be told which files belong to the package or were changed"
        yield gap(posixpath.join(folder, "RECORD"), Reason.NOT_FOUND, detail, hint="install the package again")
    said = posixpath.basename(folder).removesuffix(".dist-info").rpartition("-")
    metadata = _metadata(posixpath.join(folder, "METADATA"), tree) if "METADATA" in names else None
    if not isinstance(listed, Failure):
        yield from _doubted(folder, said[0], said[2], metadata)
    if not isinstance(metadata, Metadata):
        metadata = Metadata(name="", version="")
    source = _direct_url(posixpath.join(folder, "direct_url.json"), tree) if "direct_url.json" in names else Source()
    if isinstance(source, Gap):
        yield source
        source = Source()
    elif source.kind is SourceKind.EDITABLE and not _is_in_place(folder, tree):
        source = source._replace(kind=SourceKind.PATH)
    installer = _first_line(posixpath.join(folder, "INSTALLER"), tree) if "INSTALLER" in names else ""
    yield Package(
        coordinate=Coordinate("pypi", metadata.name or canonical(said[0]), metadata.version or safe(said[2], 200)),
        source=source,
        places=(Place(posixpath.join(folder, "METADATA")),),
        requires=metadata.requires,
        direct="REQUESTED" in names,
        note="installed by conda" if installer == "conda" else "",
        licence=metadata.licence,
    )


def _doubted(folder: str, name: str, version: str, metadata: Metadata | Gap | None) -> Iterator[Gap]:
    """What is wrong with the METADATA in a folder named for this release; None where there is none."""
    if isinstance(metadata, Gap):
        yield metadata
    elif metadata is None:
        detail = f"METADATA of {safe(name, 80)} is missing; name and version are those of the folder"
        yield gap(folder, Reason.NOT_FOUND, detail, hint="install the package again")
    else:
        if canonical(name) != metadata.name:
            detail = f"the folder is named for {safe(name, 80)}, METADATA says {metadata.name or 'nothing'}"
            used = "METADATA" if metadata.name else "the folder"
            yield gap(folder, Reason.MALFORMED, detail, hint=f"the name of {used} was used")
        if (
            is_version(metadata.version)
            and is_version(named := version.replace("_", "+"))
            and not same_version(named, metadata.version)
        ):
            detail = f"the folder is named for version {safe(version, 80)}, METADATA says {metadata.version}"
            yield gap(folder, Reason.MALFORMED, detail, hint="the version of METADATA was used; install the package again")
        for reason, fault in metadata.faults:
            yield gap(posixpath.join(folder, "METADATA"), reason, fault)


def _metadata(path: str, tree: Tree) -> Metadata | Gap:
    """Only the headers are read, however long the description is."""
    head = beginning(path, tree, MAX_BYTES)
    return gap(path, head.reason, head.detail) if isinstance(head, Failure) else parse(head)


def _direct_url(path: str, tree: Tree) -> Source | Gap:
    """PEP 610: a repository with its commit, an archive, or a folder (editable or not)."""
    data = tree.read(path, _SMALL)
    if isinstance(data, Failure):
        return gap(path, data.reason, data.detail)
    text = decode(path, data)
    document: Any = text if isinstance(text, Gap) else json_of(path, text)
    if isinstance(document, Gap):
        return document
    if not isinstance(document, Mapping) or not string(document, "url"):
        return gap(path, Reason.MALFORMED, "direct_url.json names no url")
    url = without_credentials(string(document, "url"))[0]
    if vcs := table(document, "vcs_info"):
        return Source(SourceKind.GIT, url, string(vcs, "commit_id", 200))
    if "dir_info" in document:
        return Source(SourceKind.EDITABLE if table(document, "dir_info").get("editable") is True else SourceKind.PATH, url)
    return source_of_url(url)


def _is_in_place(folder: str, tree: Tree) -> bool:
    """Whether RECORD confirms that the code lies elsewhere: it lists nothing outside the `.dist-info` but data and the files
    that lead there. `direct_url.json` alone proves nothing: a wheel can bring one, and installers leave it in place."""
    from mlsupply.evidence.record import rows

    record = tree.read(posixpath.join(folder, "RECORD"), _RECORD_BYTES)
    own = f"{posixpath.basename(folder)}/"
    return not isinstance(record, Failure) and all(
        row.path.startswith(own) or _LEADS_AWAY.match(row.path) or not _CODE.search(row.path) for row in rows(record)
    )


def _first_line(path: str, tree: Tree) -> str:
    data = tree.read(path, _SMALL)
    lines = [] if isinstance(data, Failure) else data.decode("utf-8", "replace").strip().splitlines()
    return safe(lines[0], 300) if lines else ""


def _egg_info(path: str, tree: Tree, *, is_folder: bool) -> Iterator[Package | Gap]:
    where = posixpath.join(path, "PKG-INFO") if is_folder else path
    metadata = _metadata(where, tree)
    if isinstance(metadata, Gap) or not metadata.name:
        detail = "neither name nor version can be read here, so this package was not audited"
        yield metadata if isinstance(metadata, Gap) else gap(where, Reason.MALFORMED, detail, hint="install it again")
        return
    for reason, fault in metadata.faults:
        yield gap(where, reason, fault)
    requires = metadata.requires
    if is_folder and "requires.txt" in names_in(path, tree):
        listed = posixpath.join(path, "requires.txt")
        data = tree.read(listed, _SMALL)
        if isinstance(data, Failure):
            yield gap(listed, data.reason, data.detail)
        else:
            named = egg_requires(data)
            requires += named.requires
            for line, reason, fault in named.faults:
                yield gap(listed, reason, fault, line)
    coordinate = Coordinate("pypi", metadata.name, metadata.version)
    yield Package(coordinate=coordinate, places=(Place(where),), requires=requires)


def _egg_link(path: str, tree: Tree) -> Package:
    """A folder installed in place by an old setuptools; its version is told only there."""
    name = posixpath.basename(path).removesuffix(".egg-link")
    source = Source(SourceKind.EDITABLE, _first_line(path, tree))
    return Package(coordinate=Coordinate("pypi", canonical(name)), source=source, places=(Place(path),), direct=True)


def _conda(folder: str, tree: Tree, limits: Limits) -> Iterator[Package | Gap]:
    """conda-meta: one JSON file a package, under conda's name."""
    for name in names_in(folder, tree):
        path = posixpath.join(folder, name)
        if not name.endswith(".json"):
            continue
        data = tree.read(path, limits.manifest_bytes)
        text = gap(path, data.reason, data.detail) if isinstance(data, Failure) else decode(path, data)
        document: Any = text if isinstance(text, Gap) else json_of(path, text)
        if isinstance(document, Gap):
            yield document
        elif not isinstance(document, Mapping) or not string(document, "name"):
            yield gap(path, Reason.MALFORMED, "names no package", hint="install the package again")
        else:
            yield _conda_package(path, document)


def _conda_package(path: str, document: Mapping[str, Any]) -> Package:
    url = without_credentials(string(document, "url"))[0]
    hashes = tuple((key, value.lower()) for key in ("sha256", "md5") if (value := string(document, key, 128)))
    size = document.get("size")
    filename = string(document, "fn", 300) or url.rpartition("/")[2]
    artifact = Artifact(filename, "other", url, size if isinstance(size, int) else -1, hashes)
    name, version = quoted(string(document, "name"), 200).lower(), quoted(string(document, "version"), 200)
    words = [text.split() for text in strings(document, "depends")]
    return Package(
        coordinate=Coordinate("conda", name, version),
        source=Source(SourceKind.REGISTRY, without_credentials(string(document, "channel"))[0]),
        places=(Place(path),),
        requires=tuple(Edge(name=safe(w[0], 200), specifier=safe(" ".join(w[1:]), 200)) for w in words if w),
        artifacts=(artifact,),
        direct=bool(string(document, "requested_spec")),
        licence=string(document, "license", 300),
    )


def _roots(packages: list[Package]) -> Iterator[Package]:
    """Where nothing was marked as requested, what no other package requires is what was asked for."""
    if any(package.direct for package in packages if package.coordinate.ecosystem == "pypi"):
        yield from packages
        return
    required = {edge.name for package in packages for edge in package.requires if edge.name != package.name}
    for package in packages:
        yield replace(package, direct=True) if package.name not in required else package
