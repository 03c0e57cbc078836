"""SPDX 2.3 JSON: packages with checksums, purls and relationships. SPDX has no vulnerabilities; findings about a package
are security references and annotations of it, gaps are annotations of the document.

Source: https://spdx.github.io/spdx-spec/v2.3/
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from mlsupply.licence import normalised
from mlsupply.model import Coordinate, Finding, Package, PackageKey
from mlsupply.project import edges, roots
from mlsupply.report.causes import where
from mlsupply.report.json_ import encoded
from mlsupply.report.view import View, label_of, subject_of

_DOCUMENT = "SPDXRef-DOCUMENT"
_PROJECT = "SPDXRef-Project"
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9.-]+")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,300}(?:[/?#][!-~]{0,4000})?")
_CHECKSUMS = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}


def _is_sum(name: str, value: str) -> bool:
    return len(value) == _DIGITS.get(name) and not value.strip("0123456789abcdef")


def render(view: View) -> bytes:
    """UTF-8 JSON, the same bytes for the same view."""
    return encoded(_document(view)).encode()


def _document(view: View) -> dict[str, Any]:
    report = view.report
    ids = {package.key: _id(package) for package in view.packages}
    known = {package.coordinate for package in view.packages}
    about: dict[Coordinate | None, list[Finding]] = {}
    for finding in view.findings:
        about.setdefault(finding.package, []).append(finding)
    digest = hashlib.sha256("\n".join([report.as_of, *ids.values(), *(f.fingerprint for f in view.findings)]).encode())
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": "mlsupply",
        "documentNamespace": f"https://spdx.org/spdxdocs/mlsupply-{digest.hexdigest()[:32]}",
        "creationInfo": {"created": report.as_of, "creators": [f"Tool: mlsupply-{report.tool_version}"]},
        "comment": " ".join([f"{view.headline}.", *view.coverage]),
        "packages": [_project(), *(_package(p, ids[p.key], view, about.get(p.coordinate, [])) for p in view.packages)],
        "relationships": _relationships(view, ids),
        "annotations": [
            _annotation(view, f"not checked: {gap.check}, {gap.reason}: {where(gap)}: {gap.detail}") for gap in view.gaps
        ]
        + [_annotation(view, _said(finding)) for finding in view.findings if finding.package not in known],
    }


def _id(package: Package) -> str:
    """Letters, digits, dots and dashes, unique by a digest over the whole identity."""
    digest = hashlib.sha256("\0".join(package.key).encode()).hexdigest()[:12]
    return f"SPDXRef-{_NOT_ALLOWED.sub('-', f'{package.name}-{package.version}')[:80]}-{digest}"


def _project() -> dict[str, Any]:
    return {"SPDXID": _PROJECT, "name": "project", "downloadLocation": "NOASSERTION", "filesAnalyzed": False}


def _package(package: Package, spdx_id: str, view: View, about: list[Finding]) -> dict[str, Any]:
    only = package.artifacts[0] if len(package.artifacts) == 1 else None
    entry: dict[str, Any] = {
        "SPDXID": spdx_id,
        "name": package.name,
        "downloadLocation": only.url if only and _ADDRESS.fullmatch(only.url) else "NOASSERTION",
        "filesAnalyzed": False,
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": package.coordinate.purl},
            *(
                {"referenceCategory": "SECURITY", "referenceType": "advisory", "referenceLocator": url}
                for url in dict.fromkeys(url for finding in about for url in finding.references if _ADDRESS.fullmatch(url))
            ),
        ],
    }
    if licence := normalised(package.licence):
        entry["licenseDeclared"] = licence
    elif package.licence:
        entry["licenseComments"] = f"stated as {package.licence}"
    if package.version:
        entry["versionInfo"] = package.version
    if only and only.hashes:
        sums = [
            {"algorithm": _CHECKSUMS[name], "checksumValue": value} for name, value in only.hashes if _is_sum(name, value)
        ]
        entry["checksums"] = sums
    if package.places:
        entry["sourceInfo"] = "; ".join(str(place) for place in package.places)
    if about:
        entry["annotations"] = [_annotation(view, _said(finding)) for finding in about]
    return entry


def _said(finding: Finding) -> str:
    said = f"{label_of(finding)} {finding.id}: {subject_of(finding)}: {finding.message}"
    return said + (f" Do: {finding.remedy}" if finding.remedy else "")


def _annotation(view: View, comment: str) -> dict[str, str]:
    return {
        "annotationDate": view.report.as_of,
        "annotationType": "REVIEW",
        "annotator": f"Tool: mlsupply-{view.report.tool_version}",
        "comment": comment,
    }


def _relationships(view: View, ids: dict[PackageKey, str]) -> list[dict[str, str]]:
    def row(one: str, kind: str, other: str) -> dict[str, str]:
        return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}

    own = {package.key for inventory in view.report.inputs for package in roots(inventory)}
    return [
        row(_DOCUMENT, "DESCRIBES", _PROJECT),
        *(row(_PROJECT, "DEPENDS_ON", ids[key]) for key in sorted(own)),
        *(
            row(ids[key], "DEPENDS_ON", ids[child])
            for key, children in sorted(edges(view.report.inputs).items())
            for child in children
        ),
    ]
