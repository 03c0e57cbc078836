"""pixi.lock, versions 4 to 7 of rattler-lock: https://pixi.sh/latest/workspace/lockfile/. Up to 5 an entry names its kind,
name and version; from 6 its address does, and `purls` say which PyPI project a conda package is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory import conda
from mlsupply.inventory.beside import Beside
from mlsupply.inventory.direct import with_direct
from mlsupply.inventory.files import conda_parts, file_name, name_and_version
from mlsupply.inventory.metadata import edge_of
from mlsupply.inventory.parsing import source_of_url
from mlsupply.inventory.sheet import Sheet, reads
from mlsupply.inventory.yaml_text import yaml_of
from mlsupply.model import Coordinate, Index, Inventory, Package, Place, Reason, Source, SourceKind
from mlsupply.text import canonical, count, without_credentials
from mlsupply.world import Limits, Tree

FORMAT = "pixi.lock"
_KNOWN = frozenset({"4", "5", "6", "7"})
_DEFAULT = "default"  # the environment that is used where none is named


@reads(FORMAT, yaml_of)
def read(sheet: Sheet, document: Mapping[str, Any], _tree: Tree, _limits: Limits) -> Inventory:
    """See the module."""
    if (version := sheet.word(document, "version")) not in _KNOWN:
        sheet.fault(f"this pixi.lock is of version {version or 'unknown'}; known are 4 to 7", Reason.UNSUPPORTED)
    environments = sheet.table(document, "environments")
    used = _used(sheet, environments)
    entries = sheet.tables(document, "packages")
    names = _names(sheet, entries)
    for entry in entries:
        sheet.line = getattr(entry, "line", 0)
        if package := _package(sheet, entry, names, used):
            sheet.add(package)
    sheet.line = 0
    if missing := used.keys() - {_address(entry) for entry in entries}:
        shown = without_credentials(min(missing))[0]
        sheet.fault(f"its environments name {count(len(missing), 'package')} that it does not describe, {shown} among them")
    return Inventory(
        path=sheet.path,
        format=FORMAT,
        packages=with_direct(sheet.packages(), Beside()),
        indexes=tuple(_indexes(sheet, environments)),
        gaps=sheet.all_gaps(),
        complete=True,
    )


def _used(sheet: Sheet, environments: Mapping[str, Any]) -> dict[str, list[str]]:
    """address -> the environments that use it."""
    used: dict[str, list[str]] = {}
    for environment in environments:
        platforms = sheet.table(sheet.table(environments, environment), "packages")
        for platform in platforms:
            for entry in sheet.tables(platforms, platform):
                address = _address(entry)
                names = used.setdefault(address, []) if isinstance(address, str) else []
                if environment not in names:
                    names.append(environment)
    return used


def _address(entry: Mapping[str, Any]) -> object:
    return next((entry[key] for key in ("conda", "pypi", "url", "path") if entry.get(key) is not None), "")


def _is_conda(sheet: Sheet, entry: Mapping[str, Any]) -> bool:
    return "conda" in entry or sheet.word(entry, "kind") == "conda"


def _names(sheet: Sheet, entries: list[Mapping[str, Any]]) -> conda.Names:
    """What the entries say of PyPI names. An empty list of purls says: not on PyPI."""
    names = conda.Names()
    for entry in entries:
        if _is_conda(sheet, entry) and isinstance(entry.get("purls"), list):
            purls = [text for text in sheet.words(entry, "purls") if text.startswith("pkg:pypi/")]
            name = purls[0].removeprefix("pkg:pypi/").partition("?")[0].partition("@")[0] if purls else ""
            names.told[_conda_name(sheet, entry)[0]] = canonical(name)
    return names


def _conda_name(sheet: Sheet, entry: Mapping[str, Any]) -> tuple[str, str]:
    """(name, version), of the entry or of its file name."""
    address = _address(entry)
    name, version, _ = conda_parts(file_name(address)) if isinstance(address, str) else ("", "", "")
    return sheet.word(entry, "name").lower() or name, sheet.word(entry, "version") or version


def _package(sheet: Sheet, entry: Mapping[str, Any], names: conda.Names, used: Mapping[str, list[str]]) -> Package | None:
    address = _address(entry)
    if not isinstance(address, str) or not address:
        sheet.fault("a package has no address")
        return None
    environments = used.get(address, [])
    groups = () if _DEFAULT in environments else tuple(environments)
    url = conda.address(sheet, address)
    if not _is_conda(sheet, entry):
        return _pypi_package(sheet, entry, url.removeprefix("direct+"), address, groups)
    name, version = _conda_name(sheet, entry)
    if not name:
        sheet.fault(f"no name can be read from {url}")
        return None
    return conda.package(
        names,
        name,
        version,
        conda.registry(conda.channel_of(url)) if "://" in url else Source(SourceKind.PATH, url),
        sheet.place,
        requires=tuple(names.edges(sheet.words(entry, "depends", 300))),
        artifacts=(conda.artifact(sheet, url, dict(entry)),),
        groups=groups,
        licence=sheet.word(entry, "license"),
    )


def _pypi_package(sheet: Sheet, entry: Mapping[str, Any], url: str, address: str, groups: tuple[str, ...]) -> Package | None:
    of_file = name_and_version(file_name(url))
    name = sheet.word(entry, "name") or of_file[0]
    if not name:
        sheet.fault(f"no name can be read from {url}")
        return None
    edges = [edge_of(text) for text in sheet.words(entry, "requires_dist", 500)]
    source = _pypi_source(entry, url, address)
    return Package(
        coordinate=Coordinate("pypi", canonical(name), sheet.word(entry, "version") or of_file[1]),
        source=source,
        places=(sheet.place,),
        requires=tuple(edge for edge in edges if edge is not None),
        artifacts=(conda.artifact(sheet, url, dict(entry)),) if source.kind in {SourceKind.REGISTRY, SourceKind.URL} else (),
        groups=groups,
    )


def _pypi_source(entry: Mapping[str, Any], url: str, address: str) -> Source:
    """pixi marks an address that was asked for as such with `direct+`; any other one is a file of an index."""
    if url.startswith(("git+", "hg+", "svn+")):
        return source_of_url(url)
    if address.startswith("direct+"):
        return Source(SourceKind.URL, url)
    if "://" in url and not url.startswith("file:"):
        return Source()
    return Source(SourceKind.EDITABLE if entry.get("editable") == "true" else SourceKind.PATH, url)


def _indexes(sheet: Sheet, environments: Mapping[str, Any]) -> Iterator[Index]:
    """The indexes of all environments, each once; the first of an environment is its primary one."""
    seen: set[str] = set()
    for environment in environments:
        urls = sheet.words(sheet.table(environments, environment), "indexes")
        for number, raw in enumerate(urls):
            url, had_credentials = without_credentials(raw)
            if url not in seen:
                seen.add(url)
                role = "primary" if number == 0 else "extra"
                yield Index(url=url, role=role, had_credentials=had_credentials, place=Place(sheet.path))
