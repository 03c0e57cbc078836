"""OpenVEX 0.2.0 as output: what this run knows about each advisory, for tools that read VEX. It is a starting point for a
person: the run knows only what is affected, and what waivers and VEX documents said."""

from __future__ import annotations

import hashlib
import json

from mlsupply.model import Finding, Kind
from mlsupply.report.view import View

_STATUSES = {"vex-not-affected": "not_affected", "vex-fixed": "fixed"}


def render(view: View) -> bytes:
    """UTF-8 JSON, the same bytes for the same view."""
    found = [f for f in view.findings if f.kind in {Kind.ADVISORY, Kind.MALICIOUS} and f.package is not None]
    digest = hashlib.sha256("\n".join([view.report.as_of, *(f.fingerprint for f in found)]).encode()).hexdigest()
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"https://openvex.dev/docs/public/vex-{digest}",
        "author": "mlsupply",
        "timestamp": view.report.as_of,
        "version": 1,
        "tooling": f"mlsupply {view.report.tool_version}",
        "statements": [_statement(finding, view.report.as_of) for finding in found],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _statement(finding: Finding, as_of: str) -> dict[str, object]:
    advisory, package, waiver = finding.advisory, finding.package, finding.waiver
    status = _STATUSES.get(waiver.state, "affected") if waiver else "affected"
    statement: dict[str, object] = {
        "vulnerability": {"name": finding.id, "aliases": list(advisory.aliases) if advisory else []},
        "timestamp": as_of,
        "products": [{"@id": package.purl, "identifiers": {"purl": package.purl}}] if package else [],
        "status": status,
    }
    if status == "affected":
        statement["action_statement"] = finding.remedy or "none known"
    if waiver:
        statement["impact_statement" if status == "not_affected" else "status_notes"] = waiver.reason
    return statement
