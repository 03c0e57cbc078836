"""Licences: what is stated where, what it means, and the lists it is held to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mlsupply.audit import selected
from mlsupply.errors import MlsupplyError
from mlsupply.evidence.licences import judge
from mlsupply.inventory import cyclonedx as cyclonedx_reader
from mlsupply.inventory import spdx as spdx_reader
from mlsupply.inventory.metadata import parse
from mlsupply.licence import normalised, satisfiable
from mlsupply.model import Checked, Coordinate, Inventory, Package, Place, Reason, Source, SourceKind
from mlsupply.policy import decide
from mlsupply.project import merge
from mlsupply.report import FORMATS
from mlsupply.report.view import view_of
from mlsupply.request import Request
from mlsupply.world import Limits
from tests.golden import REPORT

NOW = datetime(2026, 3, 24, tzinfo=UTC)


def metadata(*lines: str) -> str:
    return parse("\n".join(("Metadata-Version: 2.4", "Name: x", "Version: 1", *lines, "", "License: GPL")).encode()).licence


def test_the_expression_comes_before_classifiers_and_the_old_field() -> None:
    osi = "Classifier: License :: OSI Approved :: "
    assert metadata("License-Expression: MIT OR Apache-2.0", f"{osi}BSD License") == "MIT OR Apache-2.0"
    assert metadata(f"{osi}Mozilla Public License 2.0 (MPL 2.0)", "License: whatever") == "MPL-2.0"
    assert metadata("License: BSD-3-Clause") == "BSD-3-Clause"
    assert metadata("License: BSD-3-Clause", f"{osi}BSD License") == "BSD-3-Clause"
    both = (f"{osi}MIT License", f"{osi}Apache Software License")
    assert metadata("License: MIT OR Apache-2.0", *both) == "MIT OR Apache-2.0"
    assert metadata("License: MIT", *both) == ""


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("License: UNKNOWN",),
        ("License: Copyright (c) 2020 Somebody. Permission is hereby granted",),
        ("Classifier: License :: OSI Approved :: BSD License",),  # two, three or four clauses
        (
            "Classifier: License :: OSI Approved :: MIT License",
            "Classifier: License :: OSI Approved :: Apache Software License",
        ),  # both, or either?
        ("Classifier: License :: Other/Proprietary License", "License: MIT"),
    ],
)
def test_what_is_not_clear_is_unknown(lines: tuple[str, ...]) -> None:
    assert metadata(*lines) == ""


def test_expressions_are_normalised_and_junk_is_none() -> None:
    assert normalised("apache-2.0 or mit") == "Apache-2.0 OR MIT"
    assert normalised("GPL-2.0+") == "GPL-2.0-or-later"
    for junk in ("", "mit or", "AND", "Proprietary", "(" * 3000, "MIT " * 5000, "\ud800", "MIT WITH MIT", ") MIT ("):
        assert normalised(junk) == ""
        assert satisfiable(junk, lambda name: True) is None


def test_or_needs_one_and_needs_all_and_with_is_one_licence() -> None:
    allowed = {"MIT", "GPL-2.0-only WITH Classpath-exception-2.0"}.__contains__
    assert satisfiable("MIT OR GPL-3.0-only", allowed) is True
    assert satisfiable("MIT AND GPL-3.0-only", allowed) is False
    assert satisfiable("MIT AND (GPL-3.0-only OR GPL-2.0-only WITH Classpath-exception-2.0)", allowed) is True
    assert satisfiable("GPL-2.0-only", allowed) is False


def package(name: str, licence: str, kind: SourceKind = SourceKind.REGISTRY) -> Package:
    return Package(coordinate=Coordinate("pypi", name, "1.0"), source=Source(kind), licence=licence)


PACKAGES = (
    package("free", "mit"),
    package("choice", "AGPL-3.0-only OR MIT"),
    package("copyleft", "AGPL-3.0-only"),
    package("other", "EUPL-1.2"),
    package("silent", ""),
    package("odd", "Custom-1"),
    package("own", "", SourceKind.VIRTUAL),
)
PROJECT = merge([Inventory(path="x", format="sbom", packages=PACKAGES)])


def judged(**lists: tuple[str, ...]) -> dict[str, Checked]:
    request = Request(settings={"licences": lists})
    said = judge(PROJECT, request, None)  # type: ignore[arg-type]  # the check asks nothing of the world
    return {one.package.name: one for one in said if one.package}


def test_lists_judge_every_package_and_unknown_is_a_gap() -> None:
    said = judged(allow=("MIT", "Apache-2.0"), deny=("agpl-3.0-only",))
    assert {name: [f.id for f in one.findings] for name, one in said.items() if one.findings} == {
        "copyleft": ["MLS-L001"],
        "other": ["MLS-L002"],
    }
    assert {name: [g.reason for g in one.gaps] for name, one in said.items() if one.gaps} == {
        "silent": [Reason.NOT_FOUND],
        "odd": [Reason.UNSUPPORTED],
    }
    assert len(said) == len(PACKAGES)


def test_what_metadata_leaves_unclear_is_not_sent_back_to_metadata() -> None:
    place = Place("env/lib/silent-1.0.dist-info/METADATA")
    installed = merge([Inventory(path="env", format="environment", packages=(replace(PACKAGES[4], places=(place,)),))])
    request = Request(settings={"licences": {"allow": ("MIT",)}})
    (said,) = judge(installed, request, None)  # type: ignore[arg-type]  # the check asks nothing of the world
    assert "metadata states no licence" in said.gaps[0].detail


def test_without_an_allow_list_only_what_is_denied_is_found() -> None:
    said = judged(deny=("AGPL-3.0-only",))
    assert [name for name, one in said.items() if one.findings] == ["copyleft"]


def test_a_list_that_could_match_nothing_is_a_mistake() -> None:
    with pytest.raises(MlsupplyError, match="GPLv3 is no SPDX licence"):
        judged(deny=("GPLv3",))


def test_the_check_runs_only_where_there_are_lists() -> None:
    def names(request: Request) -> list[str]:
        return [check.name for check in selected(request)]

    assert "licences" not in names(Request())
    assert "licences" not in names(Request(settings={"licences": {"allow": ()}}))
    assert "licences" in names(Request(settings={"licences": {"deny": ("MIT",)}}))
    assert names(Request(checks=("licences",), settings={"licences": {"allow": ("MIT",)}})) == ["licences"]
    with pytest.raises(MlsupplyError, match="nothing to judge by"):
        selected(Request(checks=("licences",)))


def document(name: str) -> Any:
    view = view_of(view_report())
    return json.loads(next(known for known in FORMATS if known.name == name).render(view))


def view_report() -> Any:
    _, _, verdict = decide((), (), PROJECT, Request(), NOW)
    return replace(REPORT, packages=PACKAGES, inputs=PROJECT.inventories, findings=(), gaps=(), verdict=verdict)


def test_reports_carry_licences_as_expressions_or_by_name() -> None:
    stated = {row["name"]: row["licence"] for row in document("json")["packages"]}
    assert (stated["free"], stated["odd"], stated["silent"]) == ("mit", "Custom-1", None)
    sbom = document("cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(sbom)) is None
    licences = {row["name"]: row.get("licenses") for row in sbom["components"]}
    assert licences["free"] == [{"license": {"acknowledgement": "declared", "id": "MIT"}}]
    assert licences["choice"] == [{"acknowledgement": "declared", "expression": "AGPL-3.0-only OR MIT"}]
    assert licences["odd"] == [{"license": {"acknowledgement": "declared", "name": "Custom-1"}}]
    assert licences["silent"] is None
    spdx = {row["name"]: row for row in document("spdx")["packages"]}
    assert spdx["choice"]["licenseDeclared"] == "AGPL-3.0-only OR MIT"
    assert "licenseDeclared" not in spdx["odd"]


@pytest.mark.parametrize(("name", "reader"), [("cyclonedx", cyclonedx_reader), ("spdx", spdx_reader)])
def test_licences_come_back_from_our_own_documents(name: str, reader: Any) -> None:
    written = document(name)
    read = reader.inventory_of("x.json", written, json.dumps(written), Limits())
    found = {package.name: package.licence for package in read.packages}
    assert found["free"] == "MIT"
    assert found["choice"] == "AGPL-3.0-only OR MIT"
    assert found["silent"] == ""
