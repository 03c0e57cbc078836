"""CycloneDX 1.6 JSON and XML: components with hashes and edges, vulnerabilities with ratings and analysis, gaps as
`compositions` and properties. The library makes the document with its vulnerabilities; it models no compositions, which are
added to its output, and takes milliseconds for each component, which `cyclonedx_components` writes.

Output is the same for the same view: the serial number is derived from the content, the time is the report's.
Source: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import (
    Element,
    SubElement,
    fromstring,
    register_namespace,
    tostring,
)  # only our own output is read

from cyclonedx.model import Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.impact_analysis import ImpactAnalysisResponse, ImpactAnalysisState
from cyclonedx.model.tool import ToolRepository
from cyclonedx.model.vulnerability import (
    BomTarget,
    Vulnerability,
    VulnerabilityAdvisory,
    VulnerabilityAnalysis,
    VulnerabilityRating,
    VulnerabilityScoreSource,
    VulnerabilitySeverity,
    VulnerabilitySource,
)
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion

from mlsupply.model import Finding, Gap, Reason, Severity
from mlsupply.report.causes import INVENTORY, where
from mlsupply.report.cyclonedx_components import component_elements, components, dependencies, dependency_elements, ref_of
from mlsupply.report.inert import address
from mlsupply.report.json_ import encoded
from mlsupply.report.mlbom import at_version, completed
from mlsupply.report.view import View, subject_of

_NAMESPACE = uuid.UUID("6f1c7a52-8a8e-5a51-9f0c-3f5c3f1d7a10")
_XML = "http://cyclonedx.org/schema/bom/1.6"
_ROOT_REF = "mlsupply:project"
_SEVERITIES = {
    Severity.CRITICAL: VulnerabilitySeverity.CRITICAL,
    Severity.HIGH: VulnerabilitySeverity.HIGH,
    Severity.MEDIUM: VulnerabilitySeverity.MEDIUM,
    Severity.LOW: VulnerabilitySeverity.LOW,
    Severity.UNKNOWN: VulnerabilitySeverity.UNKNOWN,
}
_METHODS = {
    "CVSS:4.0": VulnerabilityScoreSource.CVSS_V4,
    "CVSS:3.1": VulnerabilityScoreSource.CVSS_V3_1,
    "CVSS:3.0": VulnerabilityScoreSource.CVSS_V3,
}
_STATES = {
    "vex-not-affected": ImpactAnalysisState.NOT_AFFECTED,
    "vex-fixed": ImpactAnalysisState.RESOLVED,
    "waived": ImpactAnalysisState.EXPLOITABLE,
    "baseline": ImpactAnalysisState.EXPLOITABLE,
}


def render(view: View) -> bytes:
    """JSON, UTF-8, one component a line."""
    text = make_outputter(_bom(view), OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    document: dict[str, Any] = json.loads(text)
    document["components"] = list(components(view))
    document["dependencies"] = list(dependencies(view, _ROOT_REF))
    document["compositions"] = [{"aggregate": _aggregate(view), "assemblies": [_ROOT_REF]}]
    document = completed(document, view.report.assets, _ROOT_REF)
    for edge in document.get("dependencies", ()):
        edge.setdefault("dependsOn", [])  # the same as leaving it out, which some readers do not expect
    return encoded(document).encode()


def render_17(view: View) -> bytes:
    """The same as CycloneDX 1.7."""
    return encoded(at_version(json.loads(render(view)), "1.7")).encode()


def render_xml(view: View) -> bytes:
    """XML, UTF-8, indented."""
    text = make_outputter(_bom(view), OutputFormat.XML, SchemaVersion.V1_6).output_as_string(indent=2)
    register_namespace("", _XML)
    root = fromstring(text)  # noqa: S314  # the library's own output, not a stranger's document
    after = {"vulnerabilities", "annotations", "formulation", "definitions", "properties"}  # what the schema puts behind
    position = next((i for i, child in enumerate(root) if child.tag.rpartition("}")[2] in after), len(root))
    parts = [component_elements(view, _XML), dependency_elements(view, _ROOT_REF, _XML), _composition_elements(view)]
    root[position:position] = parts
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _composition_elements(view: View) -> Element:
    element = Element(f"{{{_XML}}}compositions")
    composition = SubElement(element, f"{{{_XML}}}composition")
    SubElement(composition, f"{{{_XML}}}aggregate").text = _aggregate(view)
    SubElement(SubElement(composition, f"{{{_XML}}}assemblies"), f"{{{_XML}}}assembly", ref=_ROOT_REF)
    return element


def _aggregate(view: View) -> str:
    """Whether all that the project consists of is listed: what is listed and was not judged takes nothing from that, nor
    does a folder that is left out as no part of it."""
    unlisted = any(gap.check == INVENTORY and gap.reason is not Reason.DISABLED for gap in view.gaps)
    return "incomplete" if unlisted else "complete"


def _bom(view: View) -> Bom:
    report = view.report
    project = Component(name=_project_name(view), type=ComponentType.APPLICATION, bom_ref=_ROOT_REF)
    tool = Component(name="mlsupply", version=report.tool_version, type=ComponentType.APPLICATION)
    metadata = BomMetaData(
        component=project,
        tools=ToolRepository(components=[tool]),
        timestamp=datetime.fromisoformat(report.as_of),
        properties=[*_gap_properties(view.gaps), Property(name="mlsupply:verdict", value=view.headline)],
    )
    hit: dict[tuple[str, str, str], list[str]] = {}
    for package in view.packages:
        hit.setdefault(package.key[:3], []).append(ref_of(package))
    bom = Bom(
        serial_number=uuid.uuid5(_NAMESPACE, _identity(view)),
        metadata=metadata,
        vulnerabilities=[_vulnerability(finding, hit.get(_identity_of(finding), [_ROOT_REF])) for finding in view.findings],
    )
    # its own validation wants every reference to be among its components, and ours are added to its output
    bom.validate = lambda: True  # type: ignore[method-assign]  # references are whole: each is one of `view.packages`
    return bom


def _identity(view: View) -> str:
    fingerprints = [finding.fingerprint for finding in view.findings]
    return "\n".join([view.report.as_of, *(ref_of(package) for package in view.packages), *fingerprints])


def _project_name(view: View) -> str:
    names = {inventory.root for inventory in view.report.inputs if inventory.root}
    return names.pop() if len(names) == 1 else "project"


def _gap_properties(gaps: Iterable[Gap]) -> list[Property]:
    return [Property(name="mlsupply:gap", value=f"{gap.check}: {gap.reason}: {where(gap)}: {gap.detail}") for gap in gaps]


def _vulnerability(finding: Finding, hit: list[str]) -> Vulnerability:
    """hit: references of what it is about."""
    advisory = finding.advisory
    return Vulnerability(
        bom_ref=f"{finding.id}:{finding.fingerprint}",
        id=finding.id,
        source=VulnerabilitySource(name=advisory.sources[0] if advisory and advisory.sources else "mlsupply"),
        ratings=[_rating(finding)],
        description=f"{finding.title}: {finding.message}",
        recommendation=finding.remedy or None,
        advisories=[
            VulnerabilityAdvisory(url=XsUri(address(url))) for url in finding.references if url.startswith("https://")
        ],
        published=_time(advisory.published) if advisory else None,
        updated=_time(advisory.modified) if advisory else None,
        analysis=_analysis(finding),
        affects=[BomTarget(ref=ref) for ref in hit],
        properties=[
            Property(name="mlsupply:kind", value=finding.kind.value),
            Property(name="mlsupply:fingerprint", value=finding.fingerprint),
            Property(name="mlsupply:subject", value=subject_of(finding)),
            *(Property(name="mlsupply:alias", value=alias) for alias in (advisory.aliases if advisory else ())),
            *(Property(name="mlsupply:place", value=str(place)) for place in finding.places),
        ],
    )


def _identity_of(finding: Finding) -> tuple[str, str, str]:
    package = finding.package
    return (package.ecosystem, package.name, package.version) if package else ("", "", "")


def _rating(finding: Finding) -> VulnerabilityRating:
    advisory = finding.advisory
    if advisory is None or not advisory.vector:
        return VulnerabilityRating(severity=_SEVERITIES[finding.severity], method=VulnerabilityScoreSource.OTHER)
    return VulnerabilityRating(
        severity=_SEVERITIES[finding.severity],
        method=_METHODS.get(advisory.vector[:8], VulnerabilityScoreSource.CVSS_V2),
        vector=advisory.vector,
        score=None if advisory.score is None else Decimal(str(advisory.score)),
    )


def _analysis(finding: Finding) -> VulnerabilityAnalysis | None:
    waiver = finding.waiver
    if waiver is None:
        return None
    responses = [ImpactAnalysisResponse.WILL_NOT_FIX] if waiver.state == "waived" else []
    return VulnerabilityAnalysis(state=_STATES[waiver.state], responses=responses, detail=waiver.reason)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
