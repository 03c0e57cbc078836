"""poetry.lock of Poetry 1 (files in `[metadata]`, `category`) and 2 (`groups`, markers by group):
https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock. Direct packages are those of the pyproject.toml
beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.direct import locked
from mlsupply.inventory.files import hash_pair, kind_of
from mlsupply.inventory.metadata import edge_of
from mlsupply.inventory.parsing import toml_of
from mlsupply.inventory.sheet import Sheet, reads
from mlsupply.model import Artifact, Coordinate, Edge, Inventory, Package, Reason, Source, SourceKind
from mlsupply.text import canonical
from mlsupply.world import Limits, Tree

FORMAT = "poetry.lock"
_KINDS = {"git": SourceKind.GIT, "url": SourceKind.URL, "file": SourceKind.PATH, "directory": SourceKind.PATH}
_MAIN = "main"  # the group of what the project itself needs


@reads(FORMAT, toml_of)
def read(sheet: Sheet, document: Mapping[str, Any], tree: Tree, limits: Limits) -> Inventory:
    """See the module."""
    if "metadata" not in document:  # poetry writes it last, and always
        sheet.fault("there is no [metadata]: the lock is empty or cut off", hint="run `poetry lock`")
    metadata = sheet.table(document, "metadata")
    if (version := sheet.word(metadata, "lock-version"))[:2] not in {"", "1.", "2."}:
        sheet.fault(f"this poetry.lock is of version {version}; known are 1 and 2", Reason.UNSUPPORTED, "update mlsupply")
    files = sheet.table(metadata, "files")
    for entry in sheet.entries(document, "package"):
        if name := sheet.name(entry.get("name")):
            sheet.add(_package(sheet, name, entry, files))
    return locked(sheet, FORMAT, sheet.word(metadata, "python-versions"), tree, limits)


def _package(sheet: Sheet, name: str, entry: Mapping[str, Any], files: Mapping[str, Any]) -> Package:
    groups = sheet.words(entry, "groups", 200) if "groups" in entry else [sheet.word(entry, "category")]
    own_files = sheet.tables(entry, "files") if "files" in entry else sheet.tables(files, str(entry["name"]))
    return Package(
        coordinate=Coordinate("pypi", name, sheet.word(entry, "version")),
        source=_source(sheet, entry),
        places=(sheet.place,),
        requires=tuple(_edges(sheet, entry)),
        artifacts=tuple([_artifact(sheet, file) for file in own_files]),
        groups=() if _MAIN in groups else tuple(group for group in groups if group),
        marker=_marker(sheet, entry.get("markers"), groups),
    )


def _source(sheet: Sheet, entry: Mapping[str, Any]) -> Source:
    if "source" not in entry:
        return Source()
    table = sheet.table(entry, "source")
    kind = sheet.word(table, "type")
    if kind == "legacy":
        return sheet.registry(table.get("url"))
    if kind not in _KINDS:
        sheet.fault(f"a package names the source {kind!r}, which is not known")
        return Source()
    if kind == "directory" and entry.get("develop") is True:
        return Source(SourceKind.EDITABLE, sheet.url(table.get("url")))
    revision = sheet.word(table, "resolved_reference") or sheet.word(table, "reference")
    return Source(_KINDS[kind], sheet.url(table.get("url")), revision if kind == "git" else "")


def _marker(sheet: Sheet, value: object, groups: list[str]) -> str:
    """One marker, or one a group: the package applies where any of its groups' markers does, and always where a group
    has none."""
    if not isinstance(value, dict):
        return sheet.text(value, "markers")
    markers = list(dict.fromkeys(sheet.text(marker, "markers") for marker in value.values()))
    if len(value) < len(groups):
        return ""
    return markers[0] if len(markers) == 1 else " or ".join(f"({marker})" for marker in markers)


def _edges(sheet: Sheet, entry: Mapping[str, Any]) -> Iterator[Edge]:
    asked = sheet.table(entry, "dependencies")
    extras: dict[str, str] | None = None
    for name, value in asked.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                if one.get("optional") is True and extras is None:
                    extras = _extras(sheet, entry)
                extra = (extras or {}).get(canonical(name), "") if one.get("optional") is True else ""
                marker = sheet.text(one.get("markers"), "markers")
                yield Edge(sheet.name(name), "", marker, extra, "", _specifier(sheet.word(one, "version")))
            else:
                yield Edge(sheet.name(name), specifier=_specifier(sheet.text(one, "a dependency", 200)))


def _specifier(text: str) -> str:
    return "" if text == "*" else text


def _extras(sheet: Sheet, entry: Mapping[str, Any]) -> dict[str, str]:
    """canonical name -> the extra that brings it, of the package itself."""
    table = sheet.table(entry, "extras")
    found: dict[str, str] = {}
    for extra in table:
        for text in sheet.words(table, extra):
            edge = edge_of(text)
            if edge is not None:
                found.setdefault(edge.name, sheet.text(extra, "extra", 200))
    return found


def _artifact(sheet: Sheet, file: Mapping[str, Any]) -> Artifact:
    name = sheet.word(file, "file")
    return Artifact(name, kind_of(name), sheet.url(file.get("url")), -1, hash_pair(sheet.word(file, "hash")))
