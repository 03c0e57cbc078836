"""pylock.toml and pylock.NAME.toml (PEP 751, lock-version 1.0): https://packaging.python.org/en/latest/specifications/pylock-toml/.

Most tools write no `dependencies`; what is direct is then taken from the pyproject.toml beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mlsupply.inventory.direct import locked
from mlsupply.inventory.files import file_name, kind_of, name_and_version
from mlsupply.inventory.parsing import toml_of
from mlsupply.inventory.sheet import Sheet, reads
from mlsupply.model import Artifact, Coordinate, Edge, Inventory, Package, Reason, Source, SourceKind
from mlsupply.world import Limits, Tree

FORMAT = "pylock.toml"


@reads(FORMAT, toml_of)
def read(sheet: Sheet, document: Mapping[str, Any], tree: Tree, limits: Limits) -> Inventory:
    """See the module."""
    if not (version := sheet.word(document, "lock-version")).startswith("1."):
        sheet.fault(f"lock-version is {version or 'missing'}; known is 1.0", Reason.UNSUPPORTED, "update mlsupply")
    for entry in sheet.entries(document, "packages"):
        if name := sheet.name(entry.get("name")):
            sheet.add(_package(sheet, name, entry))
    return locked(sheet, FORMAT, sheet.word(document, "requires-python"), tree, limits)


def _package(sheet: Sheet, name: str, entry: Mapping[str, Any]) -> Package:
    source = _source(sheet, entry)
    artifacts = [_artifact(sheet, file, "wheel") for file in sheet.tables(entry, "wheels")]
    artifacts += [_artifact(sheet, sheet.table(entry, key), "") for key in ("sdist", "archive") if key in entry]
    edges = [Edge(sheet.name(table.get("name")), sheet.word(table, "version")) for table in _dependencies(sheet, entry)]
    version = sheet.word(entry, "version")
    if not version and artifacts and "directory" not in entry and "vcs" not in entry:
        version = name_and_version(artifacts[0].filename)[1]  # all are of one release
    return Package(
        coordinate=Coordinate("pypi", name, version),
        source=source,
        places=(sheet.place,),
        requires=tuple(edges),
        artifacts=tuple(artifacts),
        marker=sheet.text(entry.get("marker"), "marker"),
    )


def _dependencies(sheet: Sheet, entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sheet.tables(entry, "dependencies") if "dependencies" in entry else []


def _source(sheet: Sheet, entry: Mapping[str, Any]) -> Source:
    if "vcs" in entry:
        table = sheet.table(entry, "vcs")
        revision = sheet.word(table, "commit-id") or sheet.word(table, "requested-revision")
        return Source(SourceKind.GIT, _address(sheet, table), revision)
    if "directory" in entry:
        table = sheet.table(entry, "directory")
        kind = SourceKind.EDITABLE if table.get("editable") is True else SourceKind.PATH
        return Source(kind, sheet.url(table.get("path"), "path"))
    if "archive" in entry:
        table = sheet.table(entry, "archive")
        return Source(SourceKind.URL if "url" in table else SourceKind.PATH, _address(sheet, table))
    return sheet.registry(entry["index"]) if "index" in entry else Source()


def _address(sheet: Sheet, table: Mapping[str, Any]) -> str:
    return sheet.url(table.get("url")) or sheet.url(table.get("path"), "path")


def _artifact(sheet: Sheet, file: Mapping[str, Any], kind: str) -> Artifact:
    url = sheet.url(file.get("url"))
    name = (sheet.word(file, "name") if "name" in file else "") or file_name(url or sheet.url(file.get("path"), "path"))
    size, uploaded = file.get("size"), file.get("upload-time")
    hashes = sheet.table(file, "hashes")
    return Artifact(
        name,
        kind or kind_of(name),
        url,
        -1 if size is None else sheet.size(size),
        tuple([(sheet.text(key, "hash", 40), sheet.text(value, "hash", 200).lower()) for key, value in hashes.items()]),
        _time(sheet, uploaded),
    )


def _time(sheet: Sheet, value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else sheet.text(value, "upload-time", 40)
