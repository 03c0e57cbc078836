"""CycloneDX JSON (1.2 to 1.7) as input; its XML form is brought into this one by `cyclonedx_xml`. Its components, however
deeply nested, are packages of the ecosystem their purl names. Source: https://cyclonedx.org/docs/1.7/json/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.parsing import gap, named, string, strings, table, tables
from mlsupply.inventory.purl import Purl, is_own_release, parse
from mlsupply.inventory.sbom import Sbom, document_of
from mlsupply.model import Artifact, Coordinate, Edge, Gap, Inventory, Package, Place, Reason
from mlsupply.world import Limits, Tree

FORMAT = "cyclonedx"
_VERSIONS = frozenset(f"1.{minor}" for minor in range(2, 8))
_DEPTH = 40  # components inside components
_UNPACKAGED = frozenset(
    {"file", "operating-system", "data", "device", "firmware", "platform", "container", "cryptographic-asset"}
)


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The packages of a document; an SPDX document of this name is read as SPDX."""
    contents = document_of(path, tree, limits)
    if isinstance(contents, Gap | None):
        return Inventory(path=path, format=FORMAT, gaps=(contents,) if contents else ())
    text, document = contents
    if (
        isinstance(document, Mapping)
        and "bomFormat" not in document
        and ("spdxVersion" in document or "@context" in document)
    ):
        from mlsupply.inventory import spdx

        return spdx.inventory_of(path, document, text, limits)
    return inventory_of(path, document, text, limits)


def inventory_of(path: str, document: object, text: str, limits: Limits) -> Inventory:
    """See `read`. text: the document as written, in which lines are looked up."""
    sbom = Sbom(path, text, limits)
    if not isinstance(document, Mapping):
        sbom.gaps.append(gap(path, Reason.MALFORMED, "no SBOM: the document is not an object", 1))
        return sbom.inventory(FORMAT)
    if document.get("bomFormat") != "CycloneDX":
        detail = "no bomFormat, so this is no valid CycloneDX document; its components were read all the same"
        sbom.gaps.append(gap(path, Reason.MALFORMED, detail, 1, "write the SBOM with a tool that follows the standard"))
    elif (version := string(document, "specVersion", 20)) not in _VERSIONS:
        detail = f"CycloneDX {version or 'without a version'} is not one of 1.2 to 1.7; what is known of it was read"
        sbom.gaps.append(gap(path, Reason.UNSUPPORTED, detail, sbom.line_of("specVersion"), "convert it"))
    root = table(table(document, "metadata"), "component")
    sbom.root = named(string(root, "name"))
    refs: dict[str, Purl] = {}
    if is_own_release(parse(string(root, "purl")), string(root, "version", 200)) and not _is_project(root):
        _component(root, sbom, refs)
    for component in (*_nested(tables(root, "components"), sbom), *_nested(tables(document, "components"), sbom)):
        _component(component, sbom, refs)
    for formula in tables(document, "formulation"):  # what it was built with; tools without a purl are no packages
        for component in _nested(tables(formula, "components"), sbom):
            if string(component, "purl"):
                _component(component, sbom, refs)
    return _with_edges(sbom, document, string(root, "bom-ref"), refs)


def _is_project(root: Mapping[str, Any]) -> bool:
    """Does uv say that the document is of a project it was run in, and no release that somebody took from an index?"""
    told = {string(one, "name"): string(one, "value") for one in tables(root, "properties")}
    return told.get("uv:package:is_project_root") == "true"


def _nested(components: list[Mapping[str, Any]], sbom: Sbom, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    for component in components:
        yield component
        inner = tables(component, "components")
        if inner and depth == _DEPTH:
            detail = f"components inside {string(component, 'name', 80)}, more than {_DEPTH} deep, were not read"
            sbom.gaps.append(gap(sbom.path, Reason.LIMIT, detail))
        elif inner:
            yield from _nested(inner, sbom, depth + 1)


def _component(component: Mapping[str, Any], sbom: Sbom, refs: dict[str, Purl]) -> None:
    text, name = string(component, "purl"), string(component, "name", 200)
    if not text:
        if string(component, "type") not in _UNPACKAGED:
            sbom.without_purl(name)
        return
    purl = parse(text)
    if purl is None:
        sbom.invalid_purl(text, name)
        return
    purl = sbom.mended(purl, text, string(component, "version", 200))
    for key in {string(component, "bom-ref"), text} - {""}:
        refs.setdefault(key, purl)
    sbom.add(
        Package(
            coordinate=purl.coordinate,
            source=purl.source,
            places=(Place(sbom.path, sbom.line_of_value(text)),),
            artifacts=_artifacts(component),
            licence=_licence(component),
        )
    )


def _licence(component: Mapping[str, Any]) -> str:
    """The one expression, id or name; of several nothing says how they combine."""
    found = tables(component, "licenses")
    if len(found) != 1:
        return ""
    own = table(found[0], "license")
    return string(found[0], "expression", 300) or string(own, "id", 300) or string(own, "name", 300)


def _artifacts(component: Mapping[str, Any]) -> tuple[Artifact, ...]:
    """The hashes of the component and of its distributions (`externalReferences`)."""
    found = [Artifact("", "other", hashes=pairs)] if (pairs := _hashes(component)) else []
    for reference in tables(component, "externalReferences"):
        pairs = _hashes(reference)
        if string(reference, "type") == "distribution" and pairs:
            url = string(reference, "url")
            name = re.split(r"[?#]", url)[0].rpartition("/")[2]
            kind = "wheel" if name.endswith(".whl") else "sdist" if name.endswith((".tar.gz", ".zip")) else "other"
            found.append(Artifact(name, kind, url, hashes=pairs))
    return tuple(found)


def _hashes(holder: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    pairs = [(string(item, "alg", 20), string(item, "content", 256)) for item in tables(holder, "hashes")]
    return tuple(
        (algorithm.lower().replace("sha-", "sha"), value.lower()) for algorithm, value in pairs if algorithm and value
    )


def _with_edges(sbom: Sbom, document: Mapping[str, Any], root: str, refs: Mapping[str, Purl]) -> Inventory:
    """Edges from `dependencies`; direct is what the root depends on, or where it says nothing what nobody depends on."""
    edges: dict[Coordinate, list[Edge]] = {}
    direct: set[Coordinate] = set()
    for entry in tables(document, "dependencies"):
        ref = string(entry, "ref")
        children = [refs[child].coordinate for child in strings(entry, "dependsOn") if child in refs]
        if ref == root:
            direct.update(children)
        if ref in refs:
            edges.setdefault(refs[ref].coordinate, []).extend(Edge(child.name, child.version) for child in children)
    if root in refs:
        direct.add(refs[root].coordinate)
    if not direct and edges:
        required = {(edge.name, edge.version) for found in edges.values() for edge in found}
        direct = {one for one in sbom.coordinates if (one.name, one.version) not in required}
    return sbom.linked(FORMAT, edges, direct)
