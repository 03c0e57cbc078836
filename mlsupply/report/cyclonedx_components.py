"""The components and dependencies of a CycloneDX document, often tens of thousands, as JSON rows and as XML.
Pure.

cyclonedx-python-lib keeps them in sorted sets that compare whole components, 2 ms for each; a row is a small table, and
the tests hold both forms to the schemas. Source: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement  # writes only; nothing is parsed

from mlsupply.licence import normalised
from mlsupply.model import Package
from mlsupply.project import edges, roots
from mlsupply.report.inert import address
from mlsupply.report.view import View

_HASHES = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
    "blake2b_256": "BLAKE2b-256",
}
_HASH_DIGITS = frozenset({32, 40, 64, 96, 128})
_LONGEST_VERSION = 1024  # characters, by the schema
_PURL_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9.+-]{0,60}")
Row = dict[str, Any]


def ref_of(package: Package) -> str:
    """Unique over (coordinate, source): the purl, with the source where it is not a registry's."""
    kind, url, revision = package.source
    if kind == "registry" and not url:
        return package.coordinate.purl
    return f"{package.coordinate.purl}#{kind}:{url}{'@' + revision if revision else ''}"


def components(view: View) -> Iterator[Row]:
    """A row a package, in the view's order; what is empty is left out."""
    for package in view.packages:
        row = {
            "type": "library",
            "bom-ref": ref_of(package),
            "name": package.name,
            "version": package.version[:_LONGEST_VERSION],
            "licenses": _licences(package),
            "purl": _purl(package),
            "externalReferences": _distributions(package),
            "properties": _properties(package),
        }
        yield {key: value for key, value in row.items() if value}


def dependencies(view: View, root: str) -> Iterator[Row]:
    """A row a package, and one for the project (the reference `root`), which depends on what its inputs start from."""
    refs = {package.key: ref_of(package) for package in view.packages}
    inputs = view.report.inputs
    for key, children in {**dict.fromkeys(refs, ()), **edges(inputs)}.items():
        yield {"ref": refs[key]} | ({"dependsOn": [refs[child] for child in children]} if children else {})
    own = sorted({package.key for inventory in inputs for package in roots(inventory)})
    yield {"ref": root} | ({"dependsOn": [refs[key] for key in own]} if own else {})


def _purl(package: Package) -> str:
    """ "" where name or ecosystem cannot stand in one."""
    ecosystem, name, _ = package.coordinate
    return package.coordinate.purl if _PURL_TYPE.fullmatch(ecosystem) and name.rpartition("/")[2] else ""


def _licences(package: Package) -> list[Row]:
    """An SPDX expression or id as such, anything else by name; declared, as nobody has verified it."""
    if not package.licence:
        return []
    spdx, declared = normalised(package.licence), {"acknowledgement": "declared"}
    if " " in spdx:
        return [{"expression": spdx, **declared}]
    return [{"license": {"id": spdx, **declared} if spdx else {"name": package.licence, **declared}}]


def _distributions(package: Package) -> list[Row]:
    """One reference a file: a component's own hashes must be of one thing, and a release has several."""
    found = []
    for artifact in package.artifacts:
        if artifact.url:
            hashes = [{"alg": _HASHES[name], "content": value} for name, value in artifact.hashes if _is_hash(name, value)]
            row = {"type": "distribution", "url": address(artifact.url), "comment": artifact.filename, "hashes": hashes}
            found.append({key: value for key, value in row.items() if value})
    return [row for number, row in enumerate(found) if row not in found[:number]] if len(found) > 1 else found


def _is_hash(name: str, value: str) -> bool:
    return name in _HASHES and len(value) in _HASH_DIGITS and not value.strip("0123456789abcdef")


def _properties(package: Package) -> list[Row]:
    """Loose hashes are those an input lists without saying of which file (requirements with `--hash`)."""
    loose = [f"{name}:{value}" for artifact in package.artifacts if not artifact.url for name, value in artifact.hashes]
    pairs = (
        ("source:kind", package.source.kind.value),
        ("source:url", package.source.url),
        ("source:revision", package.source.revision),
        ("direct", "true" if package.direct else ""),
        ("groups", ",".join(package.groups)),
        ("marker", package.marker),
        ("note", package.note),
        *(("place", str(place)) for place in package.places),
        *(("hash", value) for value in loose),
    )
    return [{"name": f"mlsupply:{label}", "value": value} for label, value in dict.fromkeys(pairs) if value]


# --- the same as XML ----------------------------------------------------------------------------------------------------


def component_elements(view: View, space: str) -> Element:
    """`components` in the XML namespace `space`."""
    whole = Element(f"{{{space}}}components")
    for row in components(view):
        element = SubElement(whole, f"{{{space}}}component", {"type": row["type"], "bom-ref": row["bom-ref"]})
        _texts(element, space, row, "name", "version")
        if row.get("licenses"):
            _licence_element(SubElement(element, f"{{{space}}}licenses"), space, row["licenses"][0])
        _texts(element, space, row, "purl")
        _references(element, space, row.get("externalReferences", []))
        if row.get("properties"):
            listed = SubElement(element, f"{{{space}}}properties")
            for item in row["properties"]:
                SubElement(listed, f"{{{space}}}property", name=item["name"]).text = item["value"]
    return whole


def dependency_elements(view: View, root: str, space: str) -> Element:
    """`dependencies` in the XML namespace `space`."""
    whole = Element(f"{{{space}}}dependencies")
    for row in dependencies(view, root):
        element = SubElement(whole, f"{{{space}}}dependency", ref=row["ref"])
        for child in row.get("dependsOn", ()):
            SubElement(element, f"{{{space}}}dependency", ref=child)
    return whole


def _texts(element: Element, space: str, row: Row, *keys: str) -> None:
    for key in keys:
        if key in row:
            SubElement(element, f"{{{space}}}{key}").text = row[key]


def _licence_element(parent: Element, space: str, row: Row) -> None:
    if "expression" in row:
        SubElement(parent, f"{{{space}}}expression", acknowledgement="declared").text = row["expression"]
        return
    one = SubElement(parent, f"{{{space}}}license", acknowledgement="declared")
    _texts(one, space, row["license"], "id", "name")


def _references(element: Element, space: str, rows: list[Row]) -> None:
    whole = SubElement(element, f"{{{space}}}externalReferences") if rows else element
    for row in rows:
        reference = SubElement(whole, f"{{{space}}}reference", type=row["type"])
        _texts(reference, space, row, "url", "comment")
        if row.get("hashes"):
            hashes = SubElement(reference, f"{{{space}}}hashes")
            for item in row["hashes"]:
                SubElement(hashes, f"{{{space}}}hash", alg=item["alg"]).text = item["content"]
