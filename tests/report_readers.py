"""Small readers of our own output formats, one a format: bytes -> which findings and which gaps a consumer would see.

A finding is (id, what it is about); a gap is (check, reason, where). They read as a consumer of that format does: from the
fields, headings and cells, never by searching the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, fromstring

from markdown_it import MarkdownIt

Finding = tuple[str, str]
Gap = tuple[str, str, str]
Seen = tuple[set[Finding], set[Gap]]
Reader = Callable[[bytes], Seen]


def _place(place: dict[str, Any] | None) -> str:
    if place is None:
        return ""
    text = f"{place['file']}!/{place['member']}" if place["member"] else place["file"]
    return f"{text}:{place['line']}" if place["line"] else str(text)


def _where(subject: str, place: str) -> str:
    return (place or subject) if not place or subject in place else f"{place}: {subject}"


def read_json(data: bytes) -> Seen:
    document = json.loads(data)
    findings = set()
    for row in document["findings"]:
        package = row["package"]
        about = f"{package['name']} {package['version']}".rstrip() if package else row["subject"]
        findings.add((row["id"], about or "the project"))
    gaps = {(row["check"], row["reason"], _where(row["subject"], _place(row["place"]))) for row in document["gaps"]}
    return findings, gaps


def _purl_or_subject(text: str) -> str:
    found = re.fullmatch(r"pkg:[a-z]+/([^@]+)(?:@(.+))?", text)
    return (unquote(found[1]) + (f" {unquote(found[2])}" if found[2] else "")) if found else text or "the project"


def read_sarif(data: bytes) -> Seen:
    run = json.loads(data)["runs"][0]
    findings = {(row["ruleId"], _purl_or_subject(row["properties"]["package"])) for row in run["results"]}
    gaps = set()
    for row in run["invocations"][0]["toolExecutionNotifications"]:
        reason = row["properties"]["reason"]
        where = row["message"]["text"].removeprefix("not checked: ").partition(f" ({reason}): ")[0]
        gaps.add((row["descriptor"]["id"], reason, where.replace("] (", "](")))  # no links in SARIF text
    return findings, gaps


def _gap_words(text: str, separator: str = ": ") -> Gap:
    check, reason, rest = text.split(separator, 2)
    return check, reason, rest


def read_cyclonedx(data: bytes) -> Seen:
    document = json.loads(data)
    findings = {
        (row["id"], next(item["value"] for item in row["properties"] if item["name"] == "mlsupply:subject"))
        for row in document["vulnerabilities"]
    }
    said = [item["value"] for item in document["metadata"]["properties"] if item["name"] == "mlsupply:gap"]
    return findings, {_gap_words(text) for text in said}


def read_cyclonedx_xml(data: bytes) -> Seen:
    root = fromstring(data)
    space = {"b": root.tag.partition("}")[0].strip("{")}

    def properties(element: Element, name: str) -> list[str]:
        return [item.text or "" for item in element.findall("b:properties/b:property", space) if item.get("name") == name]

    findings = {
        (row.findtext("b:id", "", space), properties(row, "mlsupply:subject")[0])
        for row in root.iterfind("b:vulnerabilities/b:vulnerability", space)
    }
    metadata = root.find("b:metadata", space)
    assert metadata is not None
    return findings, {_gap_words(text) for text in properties(metadata, "mlsupply:gap")}


def read_spdx(data: bytes) -> Seen:
    document = json.loads(data)
    findings: set[Finding] = set()
    gaps: set[Gap] = set()
    for row in [*document["annotations"], *(a for p in document["packages"] for a in p.get("annotations", ()))]:
        text = row["comment"]
        if text.startswith("not checked: "):
            check, rest = text.removeprefix("not checked: ").split(", ", 1)
            gaps.add((check, *rest.split(": ", 1)))
        else:
            _, identity, rest = text.split(" ", 2)
            findings.add((identity.rstrip(":"), rest))
    return findings, gaps


def read_junit(data: bytes) -> Seen:
    findings: set[Finding] = set()
    gaps: set[Gap] = set()
    for case in fromstring(data).iter("testcase"):
        name, error, skipped = case.get("name", ""), case.find("error"), case.find("skipped")
        if error is not None:
            gaps.add((case.get("classname", ""), error.get("type", ""), name.removeprefix("not checked: ")))
        elif skipped is not None and name.startswith("not checked: "):
            reason = skipped.get("message", "").removeprefix("not checked: ").partition(";")[0]
            gaps.add((case.get("classname", ""), reason, name.removeprefix("not checked: ")))
        elif not name.endswith("packages clean"):
            identity, _, about = name.partition(" ")
            findings.add((identity, about))
    return findings, gaps


def read_github(data: bytes) -> Seen:
    findings: set[Finding] = set()
    gaps: set[Gap] = set()
    for line in data.decode().split("\n")[1:-1]:  # the first command is the verdict
        found = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert found is not None, line
        properties = dict(pair.split("=", 1) for pair in found[2].split(","))
        title, message = unquote(properties["title"]), unquote(found[3])
        if title.startswith("Not checked: "):
            check, reason = title.removeprefix("Not checked: ").split(", ")
            gaps.add((check, reason, message))
        else:
            _, identity, about = title.split(" ", 2)
            findings.add((identity, about))
    return findings, gaps


class _Page(HTMLParser):
    """Headings, the bold words under each, and the cells of tables with their heading."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.heading = ""
        self.bold: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "br" and "td" in self.open:
            self.rows[-1][-1] += "\n"
        if tag in {"meta", "input", "br", "link"}:
            return
        self.open.append(tag)
        if tag in {"h2", "h3"}:
            self.heading = ""
        elif tag == "strong" and "h3" not in self.open:
            self.bold.append((self.heading, ""))
        elif tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "li" and "td" in self.open:
            self.rows[-1][-1] += "\n"
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if {"h2", "h3"} & set(self.open):
            self.heading += data
        if self.bold and "strong" in self.open:
            self.bold[-1] = (self.bold[-1][0], self.bold[-1][1] + data)
        if "td" in self.open:
            self.rows[-1][-1] += data


def page_of(html: str) -> _Page:
    """The parsed page; `tags` holds every element with its attributes."""
    page = _Page()
    page.feed(html)
    page.close()
    return page


def _gaps_of(rows: list[list[str]]) -> set[Gap]:
    """Of the table of causes: five columns, of which the second is `check, reason` and the third lists what it is about."""
    gaps: set[Gap] = set()
    for row in rows:
        if len(row) == 5 and ", " in row[1]:
            check, reason = row[1].split(", ")
            gaps |= {(check, reason, what) for line in row[2].split("\n") for what in line.split(", ") if what}
    return gaps


def read_html(data: bytes) -> Seen:
    page = page_of(data.decode())
    findings = {(identity, heading.split(" ", 1)[1]) for heading, identity in page.bold}
    return findings, _gaps_of(page.rows)


def markdown_page(data: bytes) -> _Page:
    """As a renderer with tables and raw HTML shows it."""
    return page_of(MarkdownIt("commonmark", {"html": True}).enable("table").render(data.decode()))


def read_markdown(data: bytes) -> Seen:
    page = markdown_page(data)
    findings = {(word, heading.partition(": ")[2]) for heading, word in page.bold if ": " in heading and word != "do"}
    about_us = {pair for pair in findings if pair[1].startswith(("FAIL", "PASS", "INCOMPLETE"))}
    return findings - about_us, _gaps_of(page.rows)


READERS: dict[str, Reader] = {
    "json": read_json,
    "sarif": read_sarif,
    "cyclonedx": read_cyclonedx,
    "cyclonedx-1.7": read_cyclonedx,
    "cyclonedx-xml": read_cyclonedx_xml,
    "spdx": read_spdx,
    "markdown": read_markdown,
    "html": read_html,
    "junit": read_junit,
    "github": read_github,
}
