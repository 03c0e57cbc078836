"""The baseline: the findings a team already knows, so that only new ones fail. Pure.

It holds fingerprints, which come from identity (rule, package, version, member) and survive changes of wording and line,
and of advisories, names and licences what is known whatever the version: who moves on to a release that has one flaw less
must not be failed for the rest.
"""

from __future__ import annotations

import json

from mlsupply.errors import MlsupplyError
from mlsupply.report.view import View

_VERSION = 1


def render(view: View) -> bytes:
    """The baseline of this report, one finding a line so that a review shows what was accepted: what is live, and what the
    baseline before held. A waiver and a VEX statement have an end of their own."""
    accepted = [f for f in view.findings if f.waiver is None or f.waiver.state == "baseline"]
    known = {f.fingerprint: f"{f.id} {f.package or f.subject}" for f in accepted}
    standing = sorted({name for finding in accepted for name in finding.standing})
    document = {
        "mlsupply-baseline": _VERSION,
        "as_of": view.report.as_of,
        "findings": dict(sorted(known.items())),
        "of all versions": standing,
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def fingerprints(path: str, data: bytes) -> frozenset[str]:
    """The fingerprints in a baseline file, and what else findings are known by (`Finding.standing`).

    Raises `MlsupplyError` where it is none."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MlsupplyError(
            "baseline-malformed", f"{path} is not JSON: {error}", "write it with -o baseline=FILE"
        ) from error
    findings = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(findings, dict) or document.get("mlsupply-baseline") != _VERSION:
        raise MlsupplyError(
            "baseline-malformed", f"{path} is no baseline of version {_VERSION}", "write it with -o baseline=FILE"
        )
    standing = document.get("of all versions", [])
    return frozenset(findings) | {name for name in standing if isinstance(name, str)}
