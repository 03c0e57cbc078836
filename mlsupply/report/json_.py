"""JSON, schema version 1.0 (`mlsupply/data/report.schema.json`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from mlsupply.hints import Any
from mlsupply.lazy import expression
from mlsupply.model import AdvisoryRef, Coordinate, Finding, Gap, Package, Place, Waiver
from mlsupply.report.causes import Unchecked, cause_of
from mlsupply.report.view import View, view_of
from mlsupply.upgrade import Upgrade

SCHEMA_VERSION = "1.0"
_ESCAPES = expression(r"\\[ubfnrt]")
_PLAIN = b"0123456789abcdefghijklmnopqrstuvwxyz:-"  # of such are hashes, and they are no others in JSON
_LONG_LINE = 1 << 20  # characters


def render(view: View) -> bytes:
    """UTF-8, one list entry a line (so that two reports can be compared by line), the same bytes for the same view."""
    lines = list(_lines(document(view)))
    if not _is_plain(lines):
        from mlsupply.report.inert import inert

        lines = list(_lines(document(view_of(inert(view.report)))))
    return b"\n".join([line.encode() for line in lines])  # one wide character would make all of one text wide


def _is_plain(lines: Sequence[str]) -> bool:
    """Whether no text in the document needs replacing (see `report.inert`), judged by its encoding: for the JSON report, on
    which scans are timed, the values need not be walked once more."""
    return all(
        # of ASCII all that is not printable is escaped by now, but for DEL: that need not look at every character
        ((line.isascii() and "\x7f" not in line) or line.isprintable())
        and len(line) <= _LONG_LINE
        and not ("\\" in line and _ESCAPES.search(line.replace(r"\\", "")))  # two stand for one that a text holds
        for line in lines
    )


def encoded(document: Mapping[str, object]) -> str:
    """A JSON object with one entry of its lists a line."""
    return "\n".join(_lines(document))


def _lines(document: Mapping[str, object]) -> Iterator[str]:
    """The document, one line for each list entry: `json.dumps` with an indent runs in Python, without one in C, so only the
    lines are made here."""
    encode = _encoder()
    yield "{"
    last = list(document)[-1]
    for key, value in document.items():
        comma = "" if key == last else ","
        if isinstance(value, list) and value:
            yield f" {encode(key)}: ["
            for item in value[:-1]:
                yield f"  {item if isinstance(item, _Encoded) else encode(item)},"
            yield f"  {value[-1] if isinstance(value[-1], _Encoded) else encode(value[-1])}"
            yield f" ]{comma}"
        else:
            yield f" {encode(key)}: {encode(value)}{comma}"
    yield "}"
    yield ""


class _Encoded(str):
    """An entry of a list that is JSON already."""

    __slots__ = ()


def _encoder() -> Callable[[object], str]:
    return json.JSONEncoder(ensure_ascii=False, check_circular=False).encode  # a document is made as a tree


def document(view: View) -> dict[str, Any]:
    """The document as JSON values; words of enumerations are the strings they are."""
    report, encode = view.report, _encoder()
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "mlsupply", "version": report.tool_version},
        "as_of": report.as_of,
        "inputs": [{"path": item.path, "format": item.format} for item in report.inputs],
        "packages": [_with_hashes(encode(_package(package, view)), package, encode) for package in view.packages],
        "findings": [_finding(finding) for finding in view.findings],
        "gaps": [_gap(gap) for gap in view.gaps],
        "unchecked": [_unchecked(group) for group in view.unchecked],
        "sources": [source._asdict() for source in report.sources],
        "coverage": [
            {
                "check": c.check,
                "clean": c.clean,
                "with_findings": c.with_findings,
                "with_gaps": c.with_gaps,
                "found_with_gaps": c.found_with_gaps,
            }
            for c in report.coverage
        ],
        "verdict": {
            "exit_code": report.verdict.exit_code,
            "reason": report.verdict.reason,
            "counts": dict(report.verdict.counts),
        },
    }


def _package(package: Package, view: View) -> dict[str, Any]:
    return {
        "name": package.name,
        "version": package.version,
        "purl": package.coordinate.purl,
        "source": {"kind": package.source.kind, "url": package.source.url, "revision": package.source.revision},
        "direct": package.direct,
        "groups": list(package.groups),
        "marker": package.marker,
        "places": [_place(place) for place in package.places],
        "paths": [list(path) for path in view.report.paths.get(package.key, ())],
        "note": package.note,
        "licence": package.licence or None,
    }


def _with_hashes(entry: str, package: Package, encode: Callable[[object], str]) -> _Encoded:
    """The JSON object of a package with its hashes, which are most of the bytes of a report."""
    return _Encoded(f'{entry[:-1]}, "hashes": {_hashes(package, encode)}}}')


def _hashes(package: Package, encode: Callable[[object], str]) -> str:
    """The JSON list. Hashes made by one algorithm, written as they are nearly always, need not be looked at one by one."""
    pairs = {pair for artifact in package.artifacts for pair in artifact.hashes}
    algorithms, values = {algorithm for algorithm, _ in pairs}, [value for _, value in pairs]
    text = "".join((*algorithms, *values))
    if len(algorithms) == 1 and text.isascii() and not text.encode().translate(None, _PLAIN):
        start = f'"{algorithms.pop()}:'
        between = f'", {start}'
        return f'[{start}{between.join(sorted(values))}"]'
    return encode(sorted({f"{algorithm}:{value}" for algorithm, value in pairs}))


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line or None, "member": place.member or None}


def _coordinate(coordinate: Coordinate | None) -> dict[str, str] | None:
    if coordinate is None:
        return None
    return {"name": coordinate.name, "version": coordinate.version, "purl": coordinate.purl}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "id": finding.id,
        "check": finding.check,
        "kind": finding.kind,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "title": finding.title,
        "message": finding.message,
        "package": _coordinate(finding.package),
        "subject": finding.subject,
        "places": [_place(place) for place in finding.places],
        "quotes": [{"label": quote.label, "text": quote.text} for quote in finding.quotes],
        "advisory": None if finding.advisory is None else _advisory(finding.advisory),
        "remedy": finding.remedy,
        "references": list(finding.references),
        "technique": finding.technique or None,
        "moment": finding.moment or None,
        "waiver": None if finding.waiver is None else _waiver(finding.waiver),
    }


def _advisory(advisory: AdvisoryRef) -> dict[str, Any]:
    return {
        "id": advisory.id,
        "aliases": list(advisory.aliases),
        "fixed": list(advisory.fixed),
        "last_affected": advisory.last_affected or None,
        "matched_on": advisory.matched_on,
        "vector": advisory.vector or None,
        "score": advisory.score,
        "published": advisory.published or None,
        "modified": advisory.modified or None,
        "known_exploited": advisory.known_exploited,
        "epss": advisory.epss,
        "window": None if advisory.window is None else {"from": advisory.window[0], "until": advisory.window[1]},
        "sources": list(advisory.sources),
        "notes": list(advisory.notes),
        "upgrade": None if advisory.upgrade is None else _upgrade(advisory.upgrade),
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "reason": waiver.reason,
        "owner": waiver.owner or None,
        "until": waiver.until or None,
        "origin": waiver.origin,
        "state": waiver.state,
    }


def _upgrade(upgrade: Upgrade) -> dict[str, Any]:
    return {
        "version": upgrade.version,
        "checked": upgrade.checked,
        "needs_python": upgrade.needs_python or None,
        "blockers": [
            {"package": one.package, "asks": one.asks, "to": one.to or None, "newest": one.newest or None}
            for one in upgrade.blockers
        ],
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "check": gap.check,
        "subject": gap.subject,
        "reason": gap.reason,
        "detail": gap.detail,
        "hint": gap.hint or None,
        "place": _place(gap.place) if gap.place else None,
        "item": gap.item or None,
        "cause": cause_of(gap),
        "packages": gap.packages,
        "counts": gap.counts,
    }


def _unchecked(group: Unchecked) -> dict[str, Any]:
    return {
        "cause": group.cause,
        "check": group.check,
        "reason": group.reason,
        "why": group.why,
        "step": group.step or None,
        "gaps": len(group.gaps),
        "packages": group.packages,
        "counts": group.counts,
    }
