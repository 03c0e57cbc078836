"""What pip says in JSON: `pip install --report`, `pip inspect` and `pip list --format json`. Each is a whole closure.

Sources: https://pip.pypa.io/en/stable/reference/installation-report/ and https://pip.pypa.io/en/stable/reference/inspect-report/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.files import file_name, kind_of
from mlsupply.inventory.metadata import edge_of
from mlsupply.inventory.parsing import beginning, json_of, table, text_of
from mlsupply.inventory.sheet import Sheet
from mlsupply.inventory.tool_values import Lines
from mlsupply.model import Artifact, Coordinate, Gap, Inventory, Package, Place, Source, SourceKind
from mlsupply.text import without_credentials
from mlsupply.world import Failure, Limits, Tree

FORMAT = "pip report"
_HEAD = 64 << 10  # bytes in which a report shows what it is; other programs write files of these names
_MARKS = (b'"pip_version"', b'"download_info"', b'"metadata_location"', b'"installed"')


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The packages of a report; nothing of a file that is none."""
    head = beginning(path, tree, _HEAD)
    if not isinstance(head, Failure):
        is_list = head.lstrip().startswith(b"[") and b'"name"' in head and b'"version"' in head
        if not is_list and not any(mark in head for mark in _MARKS):
            return Inventory(path=path, format=FORMAT)
    text = text_of(path, tree, limits)
    document = text if isinstance(text, Gap) else json_of(path, text)
    if isinstance(document, Gap) or isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(document,) if isinstance(document, Gap) else ())
    sheet, where = Sheet(path, text, limits), Lines(text)
    for entry in _entries(sheet, document):
        _add(sheet, entry, where)
    packages = tuple(sheet.packages())
    gaps = sheet.all_gaps() if packages or isinstance(document, dict) else ()
    return Inventory(path=path, format=FORMAT, packages=packages, gaps=gaps, complete=bool(packages))


def _entries(sheet: Sheet, document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, dict):
        yield from (*sheet.tables(document, "install"), *sheet.tables(document, "installed"))
    elif isinstance(document, list):
        names = [one for one in document if isinstance(one, dict) and {"name", "version"} <= one.keys()]
        if len(names) == len(document):
            yield from ({"metadata": one} for one in names)


def _add(sheet: Sheet, entry: Mapping[str, Any], where: Lines) -> None:
    metadata = sheet.table(entry, "metadata")
    sheet.line = where.of(f'"{metadata.get("name")}"')
    name = sheet.name(metadata.get("name"))
    if not name:
        return
    given = sheet.table(entry, "download_info") or sheet.table(entry, "direct_url")
    is_direct = entry.get("is_direct") is True or "direct_url" in entry
    edges = [edge_of(text) for text in sheet.words(metadata, "requires_dist")]
    sheet.add(
        Package(
            coordinate=Coordinate("pypi", name, sheet.word(metadata, "version")),
            source=_source(sheet, given) if is_direct else Source(),
            places=(Place(sheet.path, sheet.line),),
            requires=tuple(edge for edge in edges if edge is not None),
            artifacts=tuple(_artifacts(sheet, given)),
            direct=entry.get("requested") is not False,
        )
    )


def _source(sheet: Sheet, given: Mapping[str, Any]) -> Source:
    url = without_credentials(sheet.text(given.get("url"), "url"))[0]
    if repository := table(given, "vcs_info"):
        return Source(SourceKind.GIT, url, sheet.word(repository, "commit_id"))
    if "dir_info" in given:
        return Source(SourceKind.EDITABLE if table(given, "dir_info").get("editable") is True else SourceKind.PATH, url)
    return Source(SourceKind.URL, url)


def _artifacts(sheet: Sheet, given: Mapping[str, Any]) -> Iterator[Artifact]:
    archive = table(given, "archive_info")
    url = sheet.url(given.get("url")) if archive else ""
    if url:
        hashes = tuple((key, value.lower()) for key, value in table(archive, "hashes").items() if isinstance(value, str))
        name = file_name(url)
        yield Artifact(name, kind_of(name), url, hashes=hashes)
