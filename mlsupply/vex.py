"""VEX documents in: OpenVEX and CycloneDX JSON to statements. Pure.

Sources: https://github.com/openvex/spec, https://cyclonedx.org/capabilities/vex/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.errors import MlsupplyError
from mlsupply.model import Place
from mlsupply.request import VexStatement
from mlsupply.text import safe

_CYCLONEDX_STATES = {
    "not_affected": "not_affected",
    "false_positive": "not_affected",
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
}
_STATUSES = {"not_affected", "fixed", "affected", "under_investigation"}


def statements(path: str, data: bytes) -> tuple[VexStatement, ...]:
    """What the document at `path` states. Raises `MlsupplyError` where it is neither of the two: a document that the user
    names must not be half understood."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MlsupplyError(
            "vex-malformed", f"{path} is not JSON: {error}", "name an OpenVEX or CycloneDX JSON file"
        ) from error
    if not isinstance(document, dict):
        raise MlsupplyError("vex-malformed", f"{path} holds no VEX document", "name an OpenVEX or CycloneDX JSON file")
    if "openvex" in str(document.get("@context", "")):
        return tuple(_openvex(path, document))
    if document.get("bomFormat") == "CycloneDX":
        return tuple(_cyclonedx(path, document))
    raise MlsupplyError(
        "vex-malformed", f"{path} is neither OpenVEX nor CycloneDX", "name an OpenVEX or CycloneDX JSON file"
    )


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _tables(value: object) -> Iterator[Mapping[str, Any]]:
    return (item for item in _items(value) if isinstance(item, dict))


def _text(value: object) -> str:
    return safe(value, 1000) if isinstance(value, str) else ""


def _openvex(path: str, document: Mapping[str, Any]) -> Iterator[VexStatement]:
    for number, item in enumerate(_tables(document.get("statements")), 1):
        status, vulnerability = _text(item.get("status")), item.get("vulnerability")
        if isinstance(vulnerability, dict):
            ids = [_text(vulnerability.get("name")), *map(_text, _items(vulnerability.get("aliases")))]
        else:
            ids = [_text(vulnerability)]  # version 0.0.1 had a bare string here
        if status not in _STATUSES or not any(ids):
            raise MlsupplyError("vex-malformed", f"{path}: statement {number} has no known status or no vulnerability")
        products = tuple(_products(item.get("products")))
        if "products" in item and not any(products):  # no statement about every product there is
            raise MlsupplyError("vex-malformed", f"{path}: statement {number} names products that cannot be read")
        reason = _text(item.get("impact_statement")) or _text(item.get("justification")) or _text(item.get("status_notes"))
        yield VexStatement(
            ids=tuple(filter(None, ids)),
            status=status,
            products=products,
            reason=reason,
            place=Place(path),
        )


def _products(value: object) -> Iterator[str]:
    """The purl or id of each product and of its subcomponents, which have no subcomponents themselves."""
    for item in _items(value):
        yield _product(item)
        if isinstance(item, dict):
            yield from map(_product, _items(item.get("subcomponents")))


def _product(item: object) -> str:
    if not isinstance(item, dict):
        return _text(item)  # version 0.0.1 had a bare string here
    identifiers = item.get("identifiers")
    purl = _text(identifiers.get("purl")) if isinstance(identifiers, dict) else ""
    return purl or _text(item.get("@id"))


def _cyclonedx(path: str, document: Mapping[str, Any]) -> Iterator[VexStatement]:
    purls = {_text(c.get("bom-ref")): _text(c.get("purl")) for c in _tables(document.get("components"))}
    for item in _tables(document.get("vulnerabilities")):
        analysis = item.get("analysis")
        status = _CYCLONEDX_STATES.get(_text(analysis.get("state"))) if isinstance(analysis, dict) else None
        if status is None or not isinstance(analysis, dict):
            continue  # a vulnerability without an analysis states nothing
        refs = [_text(target.get("ref")) for target in _tables(item.get("affects"))]
        aliases = [_text(reference.get("id")) for reference in _tables(item.get("references"))]
        yield VexStatement(
            ids=tuple(filter(None, [_text(item.get("id")), *aliases])),
            status=status,
            products=tuple((ref and purls.get(ref)) or ref.rpartition("#")[2] for ref in refs),
            reason=_text(analysis.get("detail")) or _text(analysis.get("justification")),
            place=Place(path),
        )
