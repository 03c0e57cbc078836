"""The machine-learning half of a CycloneDX document: models, datasets and services with what is known of them. Pure.

cyclonedx-python-lib models neither `modelCard` nor `data`, so the JSON it writes is completed here; tests hold the result
to the library's strict validator for 1.6 and 1.7. Source: https://cyclonedx.org/docs/1.7/json/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlsupply.outcome import Asset

_HUBS = {"huggingface": "https://huggingface.co/"}
Document = dict[str, Any]


def completed(document: Document, assets: Iterable[Asset], root: str) -> Document:
    """The document with a component for each model and dataset, a service for each hosted model, gateway and tool server,
    and edges to them from the component `root`. Changes the document it is given."""
    rows = list(assets)
    if not rows:
        return document
    known = {(asset.kind, asset.name): ref_of(asset) for asset in rows}
    document.setdefault("components", []).extend(_component(asset, known) for asset in rows if asset.kind != "service")
    services = [_service(asset) for asset in rows if asset.kind == "service"]
    if services:
        document.setdefault("services", []).extend(services)
    edges = document.setdefault("dependencies", [])
    own = next((edge for edge in edges if edge["ref"] == root), None)
    if own is None:
        edges.append(own := {"ref": root})
    own["dependsOn"] = sorted({*own.get("dependsOn", ()), *(ref_of(asset) for asset in rows)})
    for asset in rows:
        if wanted := sorted({known["dataset", name] for name in asset.datasets if ("dataset", name) in known}):
            edges.append({"ref": ref_of(asset), "dependsOn": wanted})
    return document


def at_version(document: Document, version: str) -> Document:
    """The same document as another version of CycloneDX (1.6 or 1.7): what is written here is valid in both."""
    return document | {"specVersion": version, "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json"}


def ref_of(asset: Asset) -> str:
    """Unique within a document."""
    return f"{asset.kind}:{asset.registry}:{asset.name}" + (f"@{asset.version}" if asset.version else "")


def _component(asset: Asset, known: dict[tuple[str, str], str]) -> Document:
    owner, _, name = asset.name.rpartition("/")
    row: Document = {
        "type": "machine-learning-model" if asset.kind == "model" else "data",
        "bom-ref": ref_of(asset),
        "name": name or asset.name,
    }
    if owner:
        row |= {"group": owner, "supplier": {"name": owner}}
    if asset.version:
        row["version"] = asset.version
    if asset.registry == "huggingface" and owner and asset.kind == "model":
        row["purl"] = f"pkg:huggingface/{asset.name}" + (f"@{asset.version}" if asset.version else "")
    if asset.licence:
        row["licenses"] = [{"license": {"name": asset.licence, "acknowledgement": "declared"}}]
    if url := _url(asset):
        row["externalReferences"] = [{"type": "distribution", "url": url}]
    row["evidence"] = {"occurrences": [_occurrence(place.file, place.line) for place in asset.places]}
    row["properties"] = [{"name": f"mlsupply:{name}", "value": value} for name, value in asset.notes]
    if asset.files:
        row["components"] = [_file(asset, *file) for file in asset.files]
    row |= _model_card(asset, known) if asset.kind == "model" else _data(asset, url)
    return {key: value for key, value in row.items() if value not in ([], {}, "")}


def _occurrence(file: str, line: int) -> Document:
    return {"location": file, "line": line} if line else {"location": file}


def _url(asset: Asset) -> str:
    if asset.url:
        return asset.url
    hub = _HUBS.get(asset.registry, "")
    return f"{hub}{'datasets/' if asset.kind == 'dataset' else ''}{asset.name}" if hub and "/" in asset.name else ""


def _file(asset: Asset, path: str, size: int, sha256: str) -> Document:
    return {
        "type": "file",
        "bom-ref": f"file:{ref_of(asset)}:{path}",
        "name": path,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        "properties": [{"name": "mlsupply:size", "value": str(size)}],
    }


def _model_card(asset: Asset, known: dict[tuple[str, str], str]) -> Document:
    parameters: Document = {}
    datasets = [_dataset(name, known) for name in asset.datasets]
    if datasets:
        parameters["datasets"] = datasets
    row: Document = {"modelCard": {"modelParameters": parameters}} if parameters else {}
    if asset.bases:
        row["pedigree"] = {
            "ancestors": [{"type": "machine-learning-model", "name": base} for base in asset.bases],
            "notes": "base models as the card states them",
        }
    return row


def _dataset(name: str, known: dict[tuple[str, str], str]) -> Document:
    return {"ref": known["dataset", name]} if ("dataset", name) in known else {"type": "dataset", "name": name}


def _data(asset: Asset, url: str) -> Document:
    row: Document = {"type": "dataset", "name": asset.name}
    if url:
        row["contents"] = {"url": url}
    return {"data": [row]}


def _service(asset: Asset) -> Document:
    row: Document = {"bom-ref": ref_of(asset), "name": asset.name}
    if asset.registry:
        row["provider"] = {"name": asset.registry}
    if asset.url:
        row["endpoints"] = [asset.url]
    notes = [{"name": f"mlsupply:{name}", "value": value} for name, value in asset.notes]
    places = [{"name": "mlsupply:place", "value": str(place)} for place in asset.places]
    return row | ({"properties": [*notes, *places]} if notes or places else {})
