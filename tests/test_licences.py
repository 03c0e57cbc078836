"""Licences: what is stated where, what it means, and the lists it is held to."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mlsupply.audit import run, selected
from mlsupply.errors import MlsupplyError
from mlsupply.evidence.download import kept_at
from mlsupply.evidence.licences import judge
from mlsupply.evidence.registry import Registry
from mlsupply.fetch import LiveFetch
from mlsupply.inventory import cyclonedx as cyclonedx_reader
from mlsupply.inventory import pixi_lock
from mlsupply.inventory import spdx as spdx_reader
from mlsupply.inventory.metadata import parse
from mlsupply.licence import normalised, satisfiable
from mlsupply.memory import MemoryTree
from mlsupply.model import Artifact, Checked, Coordinate, Inventory, Learned, Package, Place, Reason, Source, SourceKind
from mlsupply.policy import decide
from mlsupply.project import Project, merge
from mlsupply.report import FORMATS
from mlsupply.report.view import view_of
from mlsupply.request import Request
from mlsupply.world import Limits, OfflineFetch, World
from tests.golden import REPORT
from tests.loopback_index import File, LoopbackIndex

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


def judged(project: Project = PROJECT, world: World | None = None, **lists: object) -> dict[str, Checked]:
    request = Request(settings={"licences": lists}, offline=world is None)
    nowhere = World(fetch=OfflineFetch(), now=lambda: NOW, tree=MemoryTree({}), cache=Path("/dev/null/none"))
    said = judge(project, request, world or nowhere)
    return {one.package.name: one for one in said if isinstance(one, Checked) and one.package}


def test_lists_judge_every_package_and_unknown_is_a_gap() -> None:
    said = judged(allow=("MIT", "Apache-2.0"), deny=("agpl-3.0-only",))
    assert {name: [f.id for f in one.findings] for name, one in said.items() if one.findings} == {
        "copyleft": ["MLS-L001"],
        "other": ["MLS-L002"],
    }
    assert {name: [g.reason for g in one.gaps] for name, one in said.items() if one.gaps} == {
        "silent": [Reason.OFFLINE],
        "odd": [Reason.UNSUPPORTED],
    }
    assert len(said) == len(PACKAGES)


def test_two_hundred_silent_packages_are_one_gap_that_names_some() -> None:
    many = tuple(package(f"silent-{n:03}", "") for n in range(200))
    said = judged(merge([Inventory(path="uv.lock", format="uv.lock", packages=many)]), allow=("MIT",))
    (gap,) = {gap for one in said.values() for gap in one.gaps}
    assert gap.subject == "the licences of 200 packages"
    assert "silent-000 1.0, silent-001 1.0" in gap.detail
    assert gap.detail.endswith("silent-004 1.0 and 195 more, without a licence in -o json")
    assert "run without --offline" in gap.hint
    vague = tuple(package(f"vague-{n:03}", f"Custom-{n}") for n in range(50))
    (gap,) = {
        g
        for one in judged(merge([Inventory(path="x", format="sbom", packages=vague)]), allow=("MIT",)).values()
        for g in one.gaps
    }
    assert gap.detail.endswith("vague-039 1.0 (Custom-39) and 10 more, without a licence in -o json"), (
        "to be read one by one"
    )


def test_what_metadata_leaves_unclear_is_not_sent_back_to_metadata() -> None:
    place = Place("env/lib/silent-1.0.dist-info/METADATA")
    installed = merge([Inventory(path="env", format="environment", packages=(replace(PACKAGES[4], places=(place,)),))])
    (said,) = judged(installed, allow=("MIT",)).values()
    assert "metadata states no licence" in said.gaps[0].detail
    assert "clarify" in said.gaps[0].hint


def test_what_the_user_read_in_a_licence_closes_its_gap_and_overrules_nothing() -> None:
    said = judged(allow=("MIT", "AGPL-3.0-only"), clarify={"Silent": "mit", "odd": "GPL-3.0-only", "copyleft": "MIT"})
    assert said["silent"].gaps == ()
    assert [f.id for f in said["odd"].findings] == ["MLS-L002"], "what was read is held to the lists like any other"
    assert said["copyleft"].findings == (), "what it states is allowed here"
    assert [f.id for f in judged(allow=("MIT",), clarify={"copyleft": "MIT"})["copyleft"].findings] == ["MLS-L002"]
    with pytest.raises(MlsupplyError, match="clarify: silent: my own is no SPDX expression"):
        judged(allow=("MIT",), clarify={"silent": "my own"})


def locked(index: LoopbackIndex, *files: File) -> Project:
    """A lock of these files, from this index, that states no licence."""
    return merge([Inventory(path="uv.lock", format="uv.lock", packages=tuple(_locked(index, file) for file in files))])


def _locked(index: LoopbackIndex, file: File) -> Package:
    kind = "wheel" if file.is_wheel else "sdist"
    artifact = Artifact(file.filename, kind, index.file_url(file), hashes=(("sha256", file.sha256),))
    source = Source(SourceKind.REGISTRY, index.simple)
    return Package(coordinate=Coordinate("pypi", file.name, file.version), source=source, artifacts=(artifact,))


def wheel_of(index: LoopbackIndex, name: str, *lines: str) -> File:
    (file,) = index.add(name, "1.0")
    file.metadata += "".join(f"{line}\n" for line in lines).encode()
    return file


@pytest.mark.parametrize("kind", ["pypi", "mirror"])
def test_the_index_a_lock_names_tells_what_each_release_states(kind: str, world: World) -> None:
    online = replace(world, fetch=LiveFetch({}, sleep=lambda _: None))
    with LoopbackIndex(kind) as index:
        files = (
            wheel_of(index, "modern", "License-Expression: MIT OR Apache-2.0"),
            wheel_of(index, "classic", "Classifier: License :: OSI Approved :: MIT License"),
            wheel_of(index, "spelled", "License: Apache License, Version 2.0"),
            wheel_of(index, "strict", "License-Expression: AGPL-3.0-only"),
            wheel_of(index, "vague", "Classifier: License :: OSI Approved :: BSD License"),
        )
        project = locked(index, *files)
        said = judged(project, online, allow=("MIT", "Apache-2.0"))
        assert {name: [f.id for f in one.findings] for name, one in said.items() if one.findings} == {"strict": ["MLS-L002"]}
        (gap,) = {gap for one in said.values() for gap in one.gaps}
        assert (gap.subject, gap.reason) == ("the licences of 1 package", Reason.NOT_FOUND)
        assert "vague 1.0" in gap.detail
        asked = len(index.asked)
        assert judged(project, online, allow=("MIT", "Apache-2.0")) == said
        assert len(index.asked) == asked, "a release never changes: the second run asks nothing"


def test_a_release_of_sources_alone_is_asked_for_as_json_and_where_there_is_none_it_is_a_gap(world: World) -> None:
    online = replace(world, fetch=LiveFetch({}, sleep=lambda _: None))
    for kind, gaps in (("pypi", set[str]()), ("mirror", {"gives no metadata of these releases"})):
        with LoopbackIndex(kind) as index:
            (file,) = index.add("sources", "1.0", kinds=("sdist",))
            index.project("sources").info = {"license_expression": None, "license": "MIT License", "classifiers": [7, "x"]}
            said = judged(locked(index, file), online, allow=("MIT",))
            found = {gap.detail for gap in said["sources"].gaps}
            assert len(found) == len(gaps)
            assert all(words in detail for words, detail in zip(gaps, found, strict=True))


def test_an_index_that_does_not_answer_is_one_gap(world: World) -> None:
    online = replace(world, fetch=LiveFetch({}, sleep=lambda _: None))
    with LoopbackIndex() as index:
        files = [wheel_of(index, f"p{n}", "License-Expression: MIT") for n in range(5)]
        index.broken = {f"/simple/{file.name}/": 403 for file in files}
        said = judged(locked(index, *files), online, allow=("MIT",))
        (gap,) = {gap for one in said.values() for gap in one.gaps}
        assert (gap.reason, gap.subject) == (Reason.FORBIDDEN, "the licences of 5 packages")


def test_a_secret_for_the_index_is_not_sent_to_the_host_its_files_lie_on(world: World) -> None:
    with LoopbackIndex(credentials=("u", "p")) as index, LoopbackIndex() as files:
        (there,) = files.add("split", "1.0")
        there.metadata += b"License-Expression: MIT\n"
        index.add("split", "1.0")
        index.file_url = files.file_url  # type: ignore[method-assign]  # this index keeps its files on another host
        registry = Registry(index.simple, replace(world, fetch=LiveFetch({}, sleep=lambda _: None)), ("u", "p"))
        assert registry.licence("split", "1.0") == "MIT"
        assert [seen.get("Authorization") for seen in files.headers_seen] == [None]


def test_an_archive_fetched_before_tells_its_licence_without_network(world: World) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("vendored/other-2.0.dist-info/METADATA", "Name: other\nLicense-Expression: AGPL-3.0-only\n")
        archive.writestr("demo-1.0.dist-info/METADATA", "Name: demo\nLicense-Expression: MIT\n")
    digest = hashlib.sha256(data.getvalue()).hexdigest()
    artifact = Artifact("demo-1.0-py3-none-any.whl", "wheel", "https://files.example/demo.whl", hashes=(("sha256", digest),))
    project = merge([Inventory(path="l", format="uv.lock", packages=(replace(package("demo", ""), artifacts=(artifact,)),))])
    path = kept_at(artifact, world.cache)
    assert path is not None
    path.parent.mkdir(parents=True)
    path.write_bytes(data.getvalue())
    said = list(judge(project, Request(settings={"licences": {"allow": ("MIT",)}}), world))
    assert [one.gaps for one in said if isinstance(one, Checked)] == [()]
    assert [one.licence for one in said if isinstance(one, Learned)] == ["MIT"]
    path.write_bytes(b"changed")
    said = list(judge(project, Request(settings={"licences": {"allow": ("MIT",)}}), world))
    assert [gap.reason for one in said if isinstance(one, Checked) for gap in one.gaps] == [Reason.OFFLINE]


def test_what_was_learned_stands_beside_the_package_in_reports(world: World) -> None:
    with LoopbackIndex() as index:
        file = wheel_of(index, "modern", "License-Expression: mit")
        online = replace(world, fetch=LiveFetch({}, sleep=lambda _: None))
        lock = f'version = 1\n\n[[package]]\nname = "modern"\nversion = "1.0"\nsource = {{ registry = "{index.simple}" }}\n'
        lock += f'wheels = [{{ url = "{index.file_url(file)}", hash = "sha256:{file.sha256}" }}]\n'
        (world.tree.root / "uv.lock").write_text(lock, encoding="utf-8")
        request = Request(
            subjects=(str(world.tree.root),), checks=("licences",), settings={"licences": {"allow": ("MIT",)}}, resolve=False
        )
        report = run(request, online)
    assert [package.licence for package in report.packages] == ["mit"]
    assert [source.name for source in report.sources] == [f"licences of {index.simple.partition('//')[2].partition('/')[0]}"]
    sbom = json.loads(next(known for known in FORMATS if known.name == "cyclonedx").render(view_of(report)))
    assert sbom["components"][0]["licenses"] == [{"license": {"acknowledgement": "declared", "id": "MIT"}}]


def test_a_pixi_lock_states_the_licences_of_conda_packages() -> None:
    lock = """\
version: 6
environments:
  default:
    channels:
    - url: https://conda.example/forge/
    packages:
      linux-64:
      - conda: https://conda.example/forge/linux-64/zlib-1.3.1-h1_0.conda
packages:
- conda: https://conda.example/forge/linux-64/zlib-1.3.1-h1_0.conda
  sha256: aa
  license: Zlib
  license_family: Other
"""
    (found,) = pixi_lock.read("pixi.lock", MemoryTree({"pixi.lock": lock}), Limits()).packages
    assert found.licence == "Zlib"


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
