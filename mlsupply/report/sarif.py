"""SARIF 2.1.0: results with stable rule ids and fingerprints, gaps as tool notifications.

GitHub keeps 25,000 results of a run and shows 5,000, takes 10 MB after gzip, wants repository-relative paths, a
`security-severity` on each rule and a location on each result, and shows of several uploads with one `automationDetails` the
last alone: each part of a repository has its own. Where the repository lies on this machine is not told: its
place has a name (3.14.14 allows a base without an address).
Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from mlsupply.model import Cause, Finding, Gap, Place, Severity
from mlsupply.outcome import Checkout
from mlsupply.report.causes import where
from mlsupply.report.inert import address
from mlsupply.report.rooted import rooted
from mlsupply.report.view import View, homes_of, label_of
from mlsupply.text import count

_MAX_RESULTS = 25_000
_MAX_BYTES = 9_500_000  # packed
_MAX_PLACES = 20  # of one result
_ROOT = "%SRCROOT%"  # by convention the root of the source tree
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.UNKNOWN: "warning",
}
# GitHub sorts by a number between 0 and 10; these stand for findings that carry no score of their own
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.UNKNOWN: "5.0",
}


def render(view: View) -> bytes:
    """UTF-8 JSON, the same bytes for the same view; what is too much for GitHub is left out from the end, and counted."""
    findings, gaps = view.findings[:_MAX_RESULTS], view.gaps
    while True:
        data = (json.dumps(_document(view, findings, gaps), indent=2, ensure_ascii=False) + "\n").encode()
        if len(data) <= _MAX_BYTES or (packed := len(zlib.compress(data))) <= _MAX_BYTES or not (findings or gaps):
            return data
        fits = 0.9 * _MAX_BYTES / packed
        findings, gaps = findings[: int(len(findings) * fits)], gaps[: int(len(gaps) * fits)]


def _document(view: View, shown: tuple[Finding, ...], gaps: tuple[Gap, ...]) -> dict[str, Any]:
    rules = {rule: number for number, rule in enumerate(dict.fromkeys(finding.id for finding in shown))}
    homes = homes_of(view)
    first = {finding.id: finding for finding in reversed(shown)}
    checkout = view.report.checkout
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "mlsupply",
                "semanticVersion": view.report.tool_version,
                "rules": [_rule(first[rule]) for rule in rules],
                "notifications": [{"id": check} for check in sorted({gap.check for gap in gaps})],
            }
        },
        "automationDetails": {"id": f"mlsupply/{_uri(checkout.subject)}/" if checkout.subject else "mlsupply/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not any(group.cause is Cause.FAILED for group in view.unchecked),
                "endTimeUtc": view.report.as_of,
                "exitCode": view.report.verdict.exit_code,
                "exitCodeDescription": view.headline,
                "toolExecutionNotifications": [
                    *(_notification(gap, checkout) for gap in gaps),
                    *_cut("finding", len(view.findings) - len(shown), f"{_MAX_RESULTS:,} results and {_MAX_BYTES:,} bytes"),
                    *_cut("gap", len(view.gaps) - len(gaps), f"{_MAX_BYTES:,} bytes"),
                ],
            }
        ],
        "results": [_result(finding, rules[finding.id], homes, checkout) for finding in shown],
    }
    if checkout.repository:
        run["originalUriBaseIds"] = {_ROOT: {"description": {"text": "The root of the repository."}}}
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _cut(noun: str, hidden: int, most: str) -> list[dict[str, Any]]:
    if not hidden:
        return []
    text = f"left out: {count(hidden, noun)}, since GitHub takes {most} of a run; the JSON report has them all"
    return [{"level": "error", "message": {"text": text}}]


def _rule(finding: Finding) -> dict[str, Any]:
    score = finding.advisory.score if finding.advisory else None
    rule: dict[str, Any] = {
        "id": finding.id,
        "name": finding.kind.value,
        "shortDescription": {"text": _plain(f"{finding.id}: {finding.title}" if finding.advisory else finding.title)},
        "fullDescription": {"text": _plain(finding.title)},
        "help": {"text": _plain(finding.remedy or finding.message)},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "tags": ["security", "supply-chain", finding.kind.value],
            "security-severity": _SCORES[finding.severity] if score is None else f"{score:.1f}",
            "precision": {"high": "very-high", "medium": "high", "low": "medium"}[finding.confidence],
        },
    }
    if link := next((url for url in finding.references if url.startswith("https://")), None):
        rule["helpUri"] = address(link)
    return rule


def _result(finding: Finding, rule: int, homes: Mapping[str, tuple[Place, ...]], checkout: Checkout) -> dict[str, Any]:
    places = finding.places or homes[finding.fingerprint] or (Place("."),)
    remedy = f"\n{finding.remedy}" if finding.remedy else ""
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _plain(f"{label_of(finding)}: {finding.message}{remedy}")},
        "locations": [_location(places[0], checkout)],
        "relatedLocations": [
            {**_location(place, checkout), "id": number} for number, place in enumerate(places[1:_MAX_PLACES], 1)
        ],
        "partialFingerprints": {"mlsupplyFingerprint/v1": finding.fingerprint},
        "properties": {
            "kind": finding.kind.value,
            "severity": finding.severity.value,
            "confidence": finding.confidence.value,
            "package": finding.package.purl if finding.package else finding.subject,
            "places": len(places),  # of which the first are shown
        },
    }
    if finding.waiver is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.waiver.reason}]
    return result


def _location(place: Place, checkout: Checkout) -> dict[str, Any]:
    """Paths as URI references relative to the root of the repository, or without one to the folder the run started in; a
    member of an archive is told beside it. What was typed or piped stands in no file: its place is a logical one (3.33),
    beside that folder, since GitHub takes no result without a path."""
    if place.file and not place.is_in_file:
        typed = {"name": place.file, "fullyQualifiedName": place.file, "kind": "parameter"}
        return {**_location(Place("."), checkout), "logicalLocations": [typed]}
    path, inside = rooted(place.file, checkout)
    artifact = {"uri": _uri(path), "uriBaseId": _ROOT} if inside else {"uri": _uri(path)}
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if not place.member:
        physical["region"] = {"startLine": max(place.line, 1)}
        return {"physicalLocation": physical}
    return {
        "physicalLocation": physical,
        "logicalLocations": [{"fullyQualifiedName": str(place), "kind": "member"}],
    }


def _uri(path: str) -> str:
    """A relative path as it is; an absolute one as a `file:` URI, so that `//host` is no address of a host."""
    text = quote(path or ".", safe="/._-~", errors="replace")
    return f"file:///{text.lstrip('/')}" if text.startswith("/") else text


def _plain(text: str) -> str:
    """Message text without the links that SARIF allows in it (3.11.6): `[words](target)`."""
    return text.replace("](", "] (")


def _notification(gap: Gap, checkout: Checkout) -> dict[str, Any]:
    hint = f"; {gap.hint}" if gap.hint else ""
    notification: dict[str, Any] = {
        "descriptor": {"id": gap.check},
        "level": "warning" if gap.counts else "note",
        "message": {"text": _plain(f"not checked: {where(gap)} ({gap.reason}): {gap.detail}{hint}")},
        "properties": {"check": gap.check, "reason": gap.reason.value, "subject": gap.subject},
    }
    if gap.place:
        notification["locations"] = [_location(gap.place, checkout)]
    return notification
