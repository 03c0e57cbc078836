"""pdm.lock, versions 4.0 to 4.5: https://pdm-project.org/latest/usage/lockfile/. An entry with `extras` adds what these
extras require to the package of the same name and version. Direct packages are those of the pyproject.toml beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.direct import locked
from mlsupply.inventory.files import file_name, hash_pair, kind_of
from mlsupply.inventory.metadata import edge_of
from mlsupply.inventory.parsing import toml_of
from mlsupply.inventory.sheet import Sheet, reads
from mlsupply.model import Artifact, Coordinate, Edge, Inventory, Package, Reason, Source
from mlsupply.world import Limits, Tree

FORMAT = "pdm.lock"
_DEFAULT = "default"  # the group of what the project itself needs


@reads(FORMAT, toml_of)
def read(sheet: Sheet, document: Mapping[str, Any], tree: Tree, limits: Limits) -> Inventory:
    """See the module."""
    if "metadata" not in document:
        sheet.fault("there is no [metadata]: the lock is empty or cut off", hint="run `pdm lock`")
    metadata = sheet.table(document, "metadata")
    if (version := sheet.word(metadata, "lock_version"))[:2] not in {"", "4."}:
        sheet.fault(f"this pdm.lock is of version {version}; known is 4", Reason.UNSUPPORTED, "lock with a newer pdm")
    files = sheet.table(metadata, "files")
    for entry in sheet.entries(document, "package"):
        if name := sheet.name(entry.get("name")):
            sheet.add(_package(sheet, name, entry, files))
    return locked(sheet, FORMAT, _python(sheet, metadata), tree, limits, names_indexes=False)


def _python(sheet: Sheet, metadata: Mapping[str, Any]) -> str:
    """What the lock is for: stated once, or since 4.5 by each target, of which the first that says so counts."""
    stated = (sheet.word(table, "requires_python") for table in (metadata, *sheet.tables(metadata, "targets")))
    return next(filter(None, stated), "")


def _package(sheet: Sheet, name: str, entry: Mapping[str, Any], files: Mapping[str, Any]) -> Package:
    groups = sheet.words(entry, "groups", 200)
    version = sheet.word(entry, "version")
    own = sheet.tables(entry, "files") if "files" in entry else sheet.tables(files, f"{entry['name']} {version}")
    return Package(
        coordinate=Coordinate("pypi", name, version),
        source=sheet.direct_source(entry, "revision", "ref") or Source(),
        places=(sheet.place,),
        requires=tuple(_edges(sheet, name, entry)),
        artifacts=tuple([_artifact(sheet, file) for file in own]),
        groups=() if _DEFAULT in groups else tuple(groups),
        marker=sheet.text(entry.get("marker"), "marker"),
    )


def _edges(sheet: Sheet, name: str, entry: Mapping[str, Any]) -> Iterator[Edge]:
    extras = sheet.words(entry, "extras", 200)
    for text in sheet.words(entry, "dependencies"):
        edge = edge_of(text)
        if edge is None:
            sheet.fault(f"a dependency of {name} cannot be read: {text[:80]!r}")
        elif edge.name != name:  # an entry for extras requires the package itself
            yield edge._replace(extra=extras[0]) if extras and not edge.extra else edge


def _artifact(sheet: Sheet, file: Mapping[str, Any]) -> Artifact:
    url = sheet.url(file.get("url"))
    name = sheet.word(file, "file") or file_name(url)
    return Artifact(name, kind_of(name), url, -1, hash_pair(sheet.word(file, "hash")))
