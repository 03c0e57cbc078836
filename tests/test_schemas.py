"""Every machine format against the schema its readers go by; and each schema refuses what is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.validation.xml import XmlValidator
from jsonschema import Draft4Validator, FormatChecker
from lxml import etree
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from mlsupply.model import Place
from mlsupply.outcome import Checkout, Report, Verdict
from mlsupply.report import FORMATS
from mlsupply.report.view import view_of
from tests.golden import FINDINGS, GAPS, REPORT
from tests.test_parity import REPORT_OF_ALL

SCHEMAS = Path(__file__).parent / "schemas"
CLEAN = replace(REPORT, findings=(), gaps=(), paths={}, verdict=Verdict(exit_code=0, reason="clean and complete"))
REPORTS = {
    "all kinds of things": REPORT_OF_ALL,
    "one of each": REPORT,
    "clean": CLEAN,
    "gaps alone": replace(CLEAN, gaps=GAPS, verdict=Verdict(exit_code=3, reason="2 could not be checked")),
    "in a repository": replace(REPORT, checkout=Checkout("/w/repo/services", "/w/repo")),
    "typed": replace(REPORT, findings=tuple(replace(one, places=(Place("command line"),)) for one in FINDINGS)),
    "nothing": replace(CLEAN, packages=(), inputs=(), sources=(), coverage=()),
    "many": replace(
        REPORT,
        findings=tuple(replace(FINDINGS[n % len(FINDINGS)], id=f"X-{n}") for n in range(300)),
        gaps=tuple(replace(GAPS[n % 2], detail=f"reason {n}") for n in range(300)),
    ),
}


def _bytes(report: Report, name: str) -> bytes:
    return next(known for known in FORMATS if known.name == name).render(view_of(report))


@cache
def _sarif_schema() -> Draft4Validator:
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    Draft4Validator.check_schema(schema)
    return Draft4Validator(schema, format_checker=FormatChecker())


def _sarif_faults(document: object) -> list[str]:
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message:.200}" for e in _sarif_schema().iter_errors(document)]


@cache
def _junit_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "junit.xsd"))


def _junit_faults(data: bytes) -> list[str]:
    schema = _junit_schema()
    schema.validate(etree.fromstring(data))
    return [str(error) for error in schema.error_log]


def _spdx_faults(data: bytes) -> list[str]:
    document = JsonLikeDictParser().parse(json.loads(data))
    return [message.validation_message for message in validate_full_spdx_document(document)]


def _refused(error: object) -> list[str]:
    return [] if error is None else [str(error)]


CHECKS: dict[str, Callable[[bytes], list[str]]] = {
    "sarif": lambda data: _sarif_faults(json.loads(data)),
    "junit": _junit_faults,
    "spdx": _spdx_faults,
    "cyclonedx": lambda data: _refused(JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode())),
    "cyclonedx-1.7": lambda data: _refused(JsonStrictValidator(SchemaVersion.V1_7).validate_str(data.decode())),
    "cyclonedx-xml": lambda data: _refused(XmlValidator(SchemaVersion.V1_6).validate_str(data.decode())),
}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("what", REPORTS)
def test_a_report_keeps_to_the_schema(name: str, what: str) -> None:
    assert CHECKS[name](_bytes(REPORTS[what], name)) == []


def _broken(name: str, change: Callable[[Any], object]) -> bytes:
    document = json.loads(_bytes(REPORT, name))
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("sarif", lambda d: d["runs"][0].pop("tool")),
        ("sarif", lambda d: d["runs"][0]["results"][0].update(level="fatal")),
        ("sarif", lambda d: d["runs"][0]["results"][0].update(severity="high")),
        ("sarif", lambda d: d["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0)),
        ("cyclonedx", lambda d: d["components"][0].pop("type")),
        ("cyclonedx", lambda d: d.update(gaps=[])),
        ("spdx", lambda d: d["packages"][0].update(downloadLocation="somewhere")),
        ("spdx", lambda d: d.update(dataLicense="MIT")),
    ],
)
def test_a_broken_document_is_refused(name: str, change: Callable[[Any], object]) -> None:
    try:
        faults = CHECKS[name](_broken(name, change))
    except Exception as error:  # the parser of SPDX raises where it cannot read on
        faults = [str(error)]
    assert faults


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'failures="', b'failures="many'),
        (b"<testcase ", b"<test "),
        (b'<failure message="', b'<failure words="'),
        (b"</error>", b"</error><error message='' type='x'/>"),
        (b'timestamp="2026-03-24T', b'timestamp="24 March '),
    ],
)
def test_a_broken_junit_report_is_refused(old: bytes, new: bytes) -> None:
    data = _bytes(REPORT, "junit")
    assert old in data
    broken = data.replace(old, new).replace(b"</testcase>", b"</test>") if b"<test " in new else data.replace(old, new, 1)
    assert _junit_faults(broken)
