"""Lock files of Pex, which Pants writes too: JSON, behind comments where Pants wrote it.

Source: https://docs.pex-tool.org/ (the format has no description but `pex3 lock`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.direct import locked
from mlsupply.inventory.files import file_name, kind_of
from mlsupply.inventory.metadata import edge_of
from mlsupply.inventory.parsing import json_of, text_of
from mlsupply.inventory.sheet import Sheet
from mlsupply.inventory.tool_values import Lines
from mlsupply.model import Artifact, Coordinate, Gap, Inventory, Package, Place
from mlsupply.world import Limits, Tree

FORMAT = "pex lock"
_COMMENTS = re.compile(r"(?m)^//[^\n]*")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The packages of all platforms; nothing of a lock that another program wrote under such a name."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap) or '"locked_resolves"' not in text:
        return Inventory(path=path, format=FORMAT, gaps=(text,) if isinstance(text, Gap) else ())
    text = _COMMENTS.sub("", text)
    document = json_of(path, text)
    if isinstance(document, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(document,))
    sheet, where = Sheet(path, text, limits), Lines(text)
    for resolve in sheet.tables(document if isinstance(document, dict) else {}, "locked_resolves"):
        for entry in sheet.tables(resolve, "locked_requirements"):
            _add(sheet, entry, where)
    return locked(sheet, FORMAT, "", tree, limits)


def _add(sheet: Sheet, entry: Mapping[str, Any], where: Lines) -> None:
    sheet.line = where.of(f'"project_name": "{entry.get("project_name")}"')
    if name := sheet.name(entry.get("project_name")):
        edges = [edge_of(text) for text in sheet.words(entry, "requires_dists")]
        sheet.add(
            Package(
                coordinate=Coordinate("pypi", name, sheet.word(entry, "version")),
                places=(Place(sheet.path, sheet.line),),
                requires=tuple(edge for edge in edges if edge is not None),
                artifacts=tuple(_artifacts(sheet, entry)),
            )
        )


def _artifacts(sheet: Sheet, entry: Mapping[str, Any]) -> Iterator[Artifact]:
    for file in sheet.tables(entry, "artifacts"):
        url, algorithm, digest = sheet.url(file.get("url")), sheet.word(file, "algorithm"), sheet.word(file, "hash")
        name = file_name(url)
        yield Artifact(name, kind_of(name), url, hashes=((algorithm, digest.lower()),) if algorithm and digest else ())
