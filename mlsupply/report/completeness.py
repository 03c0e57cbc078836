"""What a CycloneDX document says of what an authority asks for: element by element present, derivable, missing or about
nothing that was found, and whom to ask. Pure.

Sources: G7 "SBOM for AI - Minimum Elements" (12 May 2026, 50 elements in seven clusters); BSI TR-03183-2 v2.1.0; NTIA
"The Minimum Elements For a Software Bill of Materials" (2021).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlsupply.named import NamedTuple

Document = dict[str, Any]
PRODUCER, OPERATOR, TEAM = "the model's producer", "whoever runs the system", "the project's own team"
PUBLISHER = "whoever publishes the package"


class Row(NamedTuple):
    """state: `present`, `partly`, `derivable` (from what the document holds, or with one more step), `missing`, or `none`:
    it is asked of each model or dataset, and no such part was found; pointer: where in the document; ask: who knows."""

    cluster: str
    element: str
    state: str
    pointer: str
    ask: str


def _share(items: list[Document], path: str) -> str:
    """present, partly or missing, by how many of the items have something at the dotted path; none where there are none."""
    if not items:
        return "none"
    have = sum(bool(_at(item, path)) for item in items)
    return "present" if have == len(items) else "partly" if have else "missing"


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = (
            value.get(part) if isinstance(value, dict) else value[0].get(part) if isinstance(value, list) and value else None
        )
    return value


def _of(kind: str) -> Callable[[Document], list[Document]]:
    return lambda document: [c for c in document.get("components", ()) if c.get("type") == kind]


_models, _data, _software = _of("machine-learning-model"), _of("data"), _of("library")
_whole: Callable[[Document], list[Document]] = lambda document: [document]  # noqa: E731 - one of the four selectors
# (cluster, element, which parts, path in each, whom to ask); an empty path is never in the document
G7 = (
    ("metadata", "author of the SBOM", _whole, "metadata.authors", TEAM),
    ("metadata", "version of the SBOM", _whole, "version", TEAM),
    ("metadata", "format name", _whole, "bomFormat", TEAM),
    ("metadata", "format version", _whole, "specVersion", TEAM),
    ("metadata", "author's signature", _whole, "signature", TEAM),
    ("metadata", "tool name", _whole, "metadata.tools.components.name", TEAM),
    ("metadata", "tool version", _whole, "metadata.tools.components.version", TEAM),
    ("metadata", "generation context", _whole, "metadata.lifecycles", TEAM),
    ("metadata", "timestamp", _whole, "metadata.timestamp", TEAM),
    ("metadata", "dependency relationship", _whole, "dependencies", TEAM),
    ("system", "name", _whole, "metadata.component.name", TEAM),
    ("system", "components", _whole, "components", TEAM),
    ("system", "producer", _whole, "metadata.component.manufacturer", TEAM),
    ("system", "version", _whole, "metadata.component.version", TEAM),
    ("system", "timestamp", _whole, "metadata.timestamp", TEAM),
    ("system", "data flow", _whole, "services.data", OPERATOR),
    ("system", "data usage", _whole, "services.data", OPERATOR),
    ("system", "input and output", _whole, "metadata.component.modelCard", TEAM),
    ("system", "application area", _whole, "metadata.component.description", TEAM),
    ("models", "name", _models, "name", PRODUCER),
    ("models", "identifier", _models, "purl", PRODUCER),
    ("models", "version", _models, "version", TEAM),
    ("models", "timestamp", _models, "releaseNotes.timestamp", PRODUCER),
    ("models", "producer", _models, "supplier", PRODUCER),
    ("models", "description", _models, "description", PRODUCER),
    ("models", "hash value", _models, "components.hashes", TEAM),
    ("models", "hash algorithm", _models, "components.hashes", TEAM),
    ("models", "properties", _models, "modelCard.modelParameters", PRODUCER),
    ("models", "input and output", _models, "modelCard.modelParameters.inputs", PRODUCER),
    ("models", "training properties", _models, "modelCard.modelParameters.datasets", PRODUCER),
    ("models", "licence", _models, "licenses", PRODUCER),
    ("models", "external references", _models, "externalReferences", PRODUCER),
    ("datasets", "name", _data, "name", PRODUCER),
    ("datasets", "description", _data, "description", PRODUCER),
    ("datasets", "content", _data, "data.contents", PRODUCER),
    ("datasets", "identifier", _data, "bom-ref", PRODUCER),
    ("datasets", "hash", _data, "components.hashes", TEAM),
    ("datasets", "provenance", _data, "supplier", PRODUCER),
    ("datasets", "statistical properties", _data, "data.graphics", PRODUCER),
    ("datasets", "sensitivity", _data, "data.sensitiveData", PRODUCER),
    ("datasets", "dependency relationship", _whole, "dependencies", TEAM),
    ("datasets", "licence", _data, "licenses", PRODUCER),
    ("infrastructure", "software", _whole, "components", OPERATOR),
    ("infrastructure", "hardware", _whole, "", OPERATOR),
    ("security", "controls", _whole, "declarations", OPERATOR),
    ("security", "compliance", _whole, "definitions", OPERATOR),
    ("security", "policy information", _whole, "metadata.properties", OPERATOR),
    ("security", "vulnerability referencing", _whole, "vulnerabilities", TEAM),
    ("indicators", "security metrics", _models, "modelCard.quantitativeAnalysis", OPERATOR),
    ("indicators", "operational indicators", _whole, "", OPERATOR),
)
BSI = (
    ("sbom", "creator's contact", _whole, "metadata.authors.email", TEAM),
    ("sbom", "timestamp", _whole, "metadata.timestamp", TEAM),
    ("component", "creator's contact", _software, "supplier", PUBLISHER),
    ("component", "name", _software, "name", PUBLISHER),
    ("component", "version", _software, "version", PUBLISHER),
    ("component", "file name", _software, "externalReferences.comment", TEAM),
    ("component", "dependencies", _whole, "dependencies", TEAM),
    ("component", "completeness of dependencies", _whole, "compositions", TEAM),
    ("component", "licence", _software, "licenses", PUBLISHER),
    ("component", "hash of the deployable file", _software, "externalReferences.hashes", TEAM),
    ("component", "identifier", _software, "purl", PUBLISHER),
)
NTIA = (
    ("data fields", "supplier name", _software, "supplier", PUBLISHER),
    ("data fields", "component name", _software, "name", PUBLISHER),
    ("data fields", "version", _software, "version", PUBLISHER),
    ("data fields", "other unique identifiers", _software, "purl", PUBLISHER),
    ("data fields", "dependency relationship", _whole, "dependencies", TEAM),
    ("data fields", "author of SBOM data", _whole, "metadata.authors", TEAM),
    ("data fields", "timestamp", _whole, "metadata.timestamp", TEAM),
)
LISTS = {"g7-ai": G7, "bsi": BSI, "ntia": NTIA}
# what one more step gives: element -> the step
_STEPS = {
    "hash value": "mlsupply models lock",
    "hash algorithm": "mlsupply models lock",
    "hash": "mlsupply models lock",
    "vulnerability referencing": "mlsupply scan -o cyclonedx",
    "version": "name one version, or lock it",
    "author's signature": "sign the file",
}
# the same for one cluster alone
_STEPS_OF = {
    ("models", "version"): "pin it to a commit",
    ("system", "version"): "give the project a version",
}
_NONE = "none was found in the project"


def rows(document: Document, name: str) -> list[Row]:
    """One row an element of the list `name` (a key of `LISTS`), in its order."""
    found = []
    for cluster, element, part, path, ask in LISTS[name]:
        state = _share(part(document), path) if path else "missing"
        step = _STEPS_OF.get((cluster, element)) or _STEPS.get(element, "")
        if state not in {"missing", "partly"}:
            step = _NONE if state == "none" else ""
        found.append(Row(cluster, element, "derivable" if step and state == "missing" else state, path, step or ask))
    return found


def table(document: Document, name: str) -> str:
    """The rows as text, with a count at the end."""
    found = rows(document, name)
    head = Row("part", "element", "state", "where in CycloneDX", "what to do, or whom to ask")
    lines = [_line(head, head.ask), *(_line(row, "" if row.state == "present" else f"→ {row.ask}") for row in found)]
    present = sum(row.state == "present" for row in found)
    none = sum(row.state == "none" for row in found)
    apart = f"; {none} are asked of models or datasets, of which none was found" if none and name == "g7-ai" else ""
    return "\n".join([*lines, f"{present} of {len(found)} elements of {name} are present{apart}"])


def _line(row: Row, ask: str) -> str:
    return f"{row.state:<10} {row.cluster:<15} {row.element:<32} {row.pointer or '-':<42} {ask}".rstrip()
