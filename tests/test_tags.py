"""Releases that tags and addresses of archives are named after: told, never matched."""

from __future__ import annotations

import pytest

from mlsupply.advisories.tags import release_of
from mlsupply.audit import run
from mlsupply.model import Source, SourceKind
from mlsupply.request import Request
from mlsupply.world import World

HOST = "https://git.example/acme/demo"


@pytest.mark.parametrize(
    ("source", "release"),
    [
        (Source(SourceKind.GIT, f"git+{HOST}", "v1.82.8"), "1.82.8"),
        (Source(SourceKind.GIT, HOST, "refs/tags/1.2"), "1.2"),
        (Source(SourceKind.GIT, HOST, "demo-v1.2.0rc1"), "1.2.0rc1"),
        (Source(SourceKind.GIT, HOST, "release/2.0.0"), "2.0.0"),
        (Source(SourceKind.GIT, HOST, "main"), ""),
        (Source(SourceKind.GIT, HOST, "a" * 40), ""),
        (Source(SourceKind.GIT, HOST), ""),
        (Source(SourceKind.URL, f"{HOST}/archive/refs/tags/v1.82.8.tar.gz"), "1.82.8"),
        (Source(SourceKind.URL, f"{HOST}/archive/v1.82.8.zip"), "1.82.8"),
        (Source(SourceKind.URL, f"{HOST}/releases/download/v1.82.8/demo.tar.gz#sha256=aa"), "1.82.8"),
        (Source(SourceKind.URL, f"{HOST}/1.82.8.tar.gz"), ""),
        (Source(), ""),
    ],
)
def test_the_release_that_a_source_is_named_after(source: Source, release: str) -> None:
    assert release_of(source) == release


def test_a_tag_of_a_hijacked_release_is_named_and_not_matched(world: World) -> None:
    line = "litellm @ git+https://github.com/BerriAI/litellm@v1.82.8\n"
    (world.tree.root / "requirements.txt").write_text(line, encoding="utf-8")
    report = run(Request(offline=True), world)
    assert [finding.id for finding in report.findings] == ["MLS-I004"]
    assert "at v1.82.8, which can be moved" in report.findings[0].message
    told = {gap.check: gap.detail for gap in report.gaps if gap.subject == "litellm"}
    assert told["known-bad"].endswith("; it is taken from what is named after 1.82.8, which is one of them")
    assert "named after release 1.82.8" in told["advisories"]
    (world.tree.root / "requirements.txt").write_text(line.replace("v1.82.8", "v1.82.6"), encoding="utf-8")
    assert not any("one of them" in gap.detail for gap in run(Request(offline=True), world).gaps)


def test_long_tags_end() -> None:
    for piece in ("1.", "v", "-", "/archive/", "1.2-"):
        assert release_of(Source(SourceKind.GIT, HOST, piece * 50_000)) == ""
        release_of(Source(SourceKind.URL, piece * 50_000))
