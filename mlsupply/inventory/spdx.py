"""SPDX JSON (2.2 and 2.3) as input: packages with a purl among their external references.
Source: https://spdx.github.io/spdx-spec/v2.3/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.parsing import gap, named, string, strings, tables
from mlsupply.inventory.purl import Purl, is_own_release, parse
from mlsupply.inventory.sbom import Sbom, document_of
from mlsupply.model import Artifact, Coordinate, Edge, Gap, Inventory, Package, Place, Reason
from mlsupply.world import Limits, Tree

FORMAT = "spdx"
_DOWN = frozenset({"DEPENDS_ON", "CONTAINS"})
_UP = frozenset(
    {
        "DEPENDENCY_OF",
        "RUNTIME_DEPENDENCY_OF",
        "DEV_DEPENDENCY_OF",
        "BUILD_DEPENDENCY_OF",
        "TEST_DEPENDENCY_OF",
        "CONTAINED_BY",
    }
)
_PACKAGED = frozenset({"LIBRARY", "APPLICATION", "FRAMEWORK", ""})  # purposes of which a purl is expected


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The packages of a document."""
    contents = document_of(path, tree, limits)
    if isinstance(contents, Gap | None):
        return Inventory(path=path, format=FORMAT, gaps=(contents,) if contents else ())
    text, document = contents
    if isinstance(document, Mapping) and "spdxVersion" not in document and "bomFormat" in document:
        from mlsupply.inventory import cyclonedx

        return cyclonedx.inventory_of(path, document, text, limits)
    return inventory_of(path, document, text, limits)


def inventory_of(path: str, document: object, text: str, limits: Limits) -> Inventory:
    """See `read`. text: the document as written, in which lines are looked up."""
    sbom = Sbom(path, text, limits)
    version = string(document, "spdxVersion", 20) if isinstance(document, Mapping) else ""
    if not isinstance(document, Mapping) or version not in ("SPDX-2.2", "SPDX-2.3"):
        detail = f"SPDX {version.removeprefix('SPDX-') or 'without a version'} is not read, only 2.2 and 2.3"
        sbom.gaps.append(
            gap(path, Reason.UNSUPPORTED, detail, sbom.line_of("spdxVersion") or 1, "convert it to SPDX 2.3 JSON")
        )
        return sbom.inventory(FORMAT)
    relations = tuple(_relations(document))
    roots = {child for parent, child in relations if parent == "SPDXRef-DOCUMENT"} | set(
        strings(document, "documentDescribes")
    )
    known: dict[str, Coordinate] = {}
    for entry in tables(document, "packages"):
        identity = string(entry, "SPDXID")
        purl = _purl(entry, sbom, is_root=identity in roots)
        if identity in roots and len(roots) == 1:
            sbom.root = named(string(entry, "name"))
            purl = purl if is_own_release(purl, string(entry, "versionInfo", 200)) else None
        if purl is not None:
            known[identity] = purl.coordinate
            sbom.add(_package(entry, purl, sbom))
    return _with_edges(sbom, relations, roots, known)


def _relations(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(parent, child) of each relationship that is a dependency, or says what the document is about."""
    for entry in tables(document, "relationships"):
        one, other = string(entry, "spdxElementId"), string(entry, "relatedSpdxElement")
        kind = string(entry, "relationshipType").upper()
        if kind in _DOWN or kind == "DESCRIBES":
            yield one, other
        elif kind in _UP or kind == "DESCRIBED_BY":
            yield other, one


def _locator(entry: Mapping[str, Any]) -> str:
    references = tables(entry, "externalRefs")
    return next((string(r, "referenceLocator") for r in references if string(r, "referenceType").endswith("purl")), "")


def _purl(entry: Mapping[str, Any], sbom: Sbom, *, is_root: bool) -> Purl | None:
    text, name = _locator(entry), string(entry, "name", 200)
    if not text:
        if not is_root and string(entry, "primaryPackagePurpose").upper() in _PACKAGED:
            sbom.without_purl(name)
        return None
    purl = parse(text)
    if purl is None:
        sbom.invalid_purl(text, name)
        return None
    return sbom.mended(purl, text, string(entry, "versionInfo", 200))


def _package(entry: Mapping[str, Any], purl: Purl, sbom: Sbom) -> Package:
    pairs = [(string(item, "algorithm", 20), string(item, "checksumValue", 256)) for item in tables(entry, "checksums")]
    hashes = tuple((algorithm.lower(), value.lower()) for algorithm, value in pairs if algorithm and value)
    return Package(
        coordinate=purl.coordinate,
        source=purl.source,
        places=(Place(sbom.path, sbom.line_of_value(_locator(entry))),),
        licence=_licence(entry),
        artifacts=(Artifact(string(entry, "packageFileName", 300), "other", hashes=hashes),) if hashes else (),
    )


def _licence(entry: Mapping[str, Any]) -> str:
    """What whoever wrote the document concluded, otherwise what the package declares."""
    stated = (string(entry, "licenseConcluded", 300), string(entry, "licenseDeclared", 300))
    return next((text for text in stated if text not in {"", "NOASSERTION", "NONE"}), "")


def _with_edges(
    sbom: Sbom, relations: tuple[tuple[str, str], ...], roots: set[str], known: Mapping[str, Coordinate]
) -> Inventory:
    """Direct is what a described element depends on, or what is described itself."""
    edges: dict[Coordinate, list[Edge]] = {}
    direct = {known[root] for root in roots if root in known}
    for parent, child in relations:
        if child not in known:
            continue
        if parent in known:
            edges.setdefault(known[parent], []).append(Edge(known[child].name, known[child].version))
        if parent in roots:
            direct.add(known[child])
    return sbom.linked(FORMAT, edges, direct)
