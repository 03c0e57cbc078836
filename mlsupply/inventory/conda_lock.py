"""conda-lock.yml, version 1: https://conda.github.io/conda-lock/output/. One entry a package and platform; entries of one
package and version become one package with all their lines and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlsupply.inventory import conda
from mlsupply.inventory.beside import Beside
from mlsupply.inventory.direct import with_direct
from mlsupply.inventory.parsing import source_of_url
from mlsupply.inventory.sheet import Sheet, reads
from mlsupply.inventory.yaml_text import yaml_of
from mlsupply.model import Coordinate, Edge, Inventory, Package, Reason, Source, SourceKind
from mlsupply.text import safe
from mlsupply.world import Limits, Tree

FORMAT = "conda-lock"
_MAIN = "main"


@reads(FORMAT, yaml_of)
def read(sheet: Sheet, document: Mapping[str, Any], _tree: Tree, _limits: Limits) -> Inventory:
    """See the module."""
    if (version := sheet.word(document, "version")) != "1":
        sheet.fault(f"this conda-lock file is of version {version or 'unknown'}; known is 1", Reason.UNSUPPORTED)
    names = conda.Names()
    for entry in sheet.tables(document, "package"):
        sheet.line = getattr(entry, "line", 0)
        if package := _package(sheet, entry, names):
            sheet.add(package)
    sheet.line = 0
    packages = with_direct(sheet.packages(), Beside())
    return Inventory(path=sheet.path, format=FORMAT, packages=packages, gaps=sheet.all_gaps(), complete=True)


def _package(sheet: Sheet, entry: Mapping[str, Any], names: conda.Names) -> Package | None:
    name, version = sheet.word(entry, "name").lower(), sheet.word(entry, "version")
    if not name:
        sheet.fault("a package has no name")
        return None
    url = conda.address(sheet, entry.get("url"))
    group = sheet.word(entry, "category")
    asked = sheet.table(entry, "dependencies")
    artifacts = (conda.artifact(sheet, url, {**entry, **sheet.table(entry, "hash")}),) if url else ()
    groups = () if group in {"", _MAIN} else (group,)
    if sheet.word(entry, "manager") != "pip":
        specs = [f"{key} {sheet.text(value, 'a dependency', 200)}" for key, value in asked.items()]
        source = conda.registry(conda.channel_of(url))
        edges = tuple(names.edges(specs))
        return conda.package(names, name, version, source, sheet.place, requires=edges, artifacts=artifacts, groups=groups)
    return Package(
        coordinate=Coordinate("pypi", sheet.name(name), version),
        source=_pip_source(sheet, entry, url),
        places=(sheet.place,),
        requires=tuple(Edge(sheet.name(key), specifier=_specifier(sheet, value)) for key, value in asked.items()),
        artifacts=artifacts,
        groups=groups,
    )


def _specifier(sheet: Sheet, value: object) -> str:
    text = sheet.text(value, "a dependency", 200)
    return "" if text == "*" else text


def _pip_source(sheet: Sheet, entry: Mapping[str, Any], url: str) -> Source:
    """conda-lock writes a `source` for what does not come from an index."""
    if url.startswith("git+"):
        return source_of_url(url)
    given = sheet.table(entry, "source")
    return Source(SourceKind.URL, safe(conda.address(sheet, given.get("url")) or url, 2000)) if given else Source()
