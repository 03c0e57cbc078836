"""One report with every kind of thing in it, as the formats get it; the names are as hostile as they come after `safe`."""

from __future__ import annotations

from mlsupply.model import (
    AdvisoryRef,
    Artifact,
    Confidence,
    Coordinate,
    DataSource,
    Edge,
    Finding,
    Gap,
    Inventory,
    Kind,
    Package,
    Place,
    Quote,
    Reason,
    Severity,
    Source,
    SourceKind,
    Waiver,
)
from mlsupply.outcome import Coverage, Report, Verdict

LITELLM = Coordinate("pypi", "litellm", "1.82.8")
TORCH = Coordinate("pypi", "torch", "2.9.0+cu128")
HOSTILE = '"><script>alert(1)</script>::error::|[x](javascript:alert(1))=cmd`$(id)`%0A'

PACKAGES = (
    Package(
        coordinate=Coordinate("pypi", "chat-gateway", "0.3.0"),
        source=Source(SourceKind.VIRTUAL, "."),
        places=(Place("app/uv.lock", 3),),
        requires=(Edge("dspy"), Edge("litellm", extra="", specifier=">=1.82"), Edge("torch", group="gpu")),
    ),
    Package(
        coordinate=Coordinate("pypi", "dspy", "3.1.3"),
        places=(Place("app/uv.lock", 20),),
        requires=(Edge("litellm"),),
        direct=True,
    ),
    Package(
        coordinate=LITELLM,
        places=(Place("app/uv.lock", 40), Place("app/pyproject.toml", 6)),
        artifacts=(Artifact("litellm-1.82.8.tar.gz", "sdist", hashes=(("sha256", "ab" * 32),)),),
        direct=True,
    ),
    Package(
        coordinate=TORCH,
        source=Source(SourceKind.REGISTRY, "https://wheels.example/cu128"),
        places=(Place("app/uv.lock", 60),),
        groups=("gpu",),
        direct=True,
        marker="sys_platform == 'linux'",
    ),
)

FINDINGS = (
    Finding(
        id="PYSEC-2025-41",
        check="advisories",
        kind=Kind.ADVISORY,
        title="torch: unsafe load",
        message="torch 2.9.0+cu128 is affected; its public version matched",
        severity=Severity.HIGH,
        package=TORCH,
        places=(Place("app/uv.lock", 60),),
        advisory=AdvisoryRef(
            id="PYSEC-2025-41",
            aliases=("CVE-2025-0001", "GHSA-aaaa-bbbb-cccc"),
            fixed=("2.9.1",),
            matched_on="public version",
            sources=("PyPA Advisory Database",),
            vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
            score=8.8,
            published="2025-03-01T00:00:00Z",
            modified="2025-04-01T00:00:00Z",
        ),
        remedy="Upgrade torch to 2.9.1",
        references=("https://osv.example/PYSEC-2025-41",),
    ),
    Finding(
        id="MAL-2026-2144",
        check="known-bad",
        kind=Kind.MALICIOUS,
        title="Compromised release",
        message="litellm 1.82.8 steals credentials at every interpreter start",
        severity=Severity.CRITICAL,
        package=LITELLM,
        places=(Place("app/uv.lock", 40),),
        advisory=AdvisoryRef(
            id="MAL-2026-2144",
            aliases=("PYSEC-2026-2",),
            sources=("incident record",),
            window=("2026-03-24T10:52:00Z", "2026-03-24T13:11:00Z"),
        ),
        remedy="Leave this release; rotate every credential the host could read",
    ),
    Finding(
        id="MLS-C003",
        check="contents",
        kind=Kind.CONTENT,
        title="A .pth file runs code at every interpreter start",
        message="litellm_init.pth runs code",
        severity=Severity.CRITICAL,
        confidence=Confidence.MEDIUM,
        package=LITELLM,
        places=(Place("litellm-1.82.8.tar.gz", 1, member=f"litellm_init{HOSTILE}.pth"),),
        quotes=(Quote(f"import os{HOSTILE}", "decoded"),),
        technique="T1546",
        moment="start",
    ),
    Finding(
        id="MLS-I001",
        check="index",
        kind=Kind.INDEX,
        title="An extra index has a public twin",
        message=f"extra index {HOSTILE}",
        severity=Severity.UNKNOWN,
        subject="https://wheels.example/cu128",
        places=(Place("app/pyproject.toml", 12),),
        waiver=Waiver(reason="our own mirror", owner="ml-platform", until="2026-12-31", origin="app/pyproject.toml:30"),
    ),
)

GAPS = (
    Gap(
        subject="app/broken.lock",
        check="inventory",
        reason=Reason.MALFORMED,
        detail=f"not TOML: {HOSTILE}",
        hint="fix the file or exclude it",
        place=Place("app/broken.lock", 7),
    ),
    Gap(subject=str(TORCH), check="contents", reason=Reason.NO_ARTIFACT, detail="no archive was at hand"),
)

REPORT = Report(
    tool_version="0.1.0",
    as_of="2026-03-24T12:00:00Z",
    inputs=(Inventory(path="app/uv.lock", format="uv.lock", root="chat-gateway", packages=PACKAGES, complete=True),),
    packages=PACKAGES,
    paths={
        PACKAGES[2].key: (("chat-gateway", "litellm"), ("chat-gateway", "dspy", "litellm")),
        PACKAGES[3].key: (("chat-gateway", "torch"),),
    },
    findings=FINDINGS,
    gaps=GAPS,
    sources=(
        DataSource("PyPA Advisory Database", "2026-03-23T00:00:00Z", 7080, "cd" * 32, "CC-BY-4.0", "https://feed.example"),
    ),
    coverage=(
        Coverage(check="advisories", clean=3, with_findings=1),
        Coverage(check="contents", clean=2, with_findings=1, with_gaps=1),
    ),
    verdict=Verdict(
        exit_code=1,
        reason="3 findings at or above high, or malicious",
        failing=frozenset(finding.fingerprint for finding in FINDINGS[:3]),
        counts=(("critical", 2), ("gaps", 2), ("high", 1), ("malicious", 1), ("waived", 1)),
    ),
)
