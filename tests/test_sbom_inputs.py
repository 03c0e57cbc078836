"""SBOMs as inputs: whole ones, foreign ones and broken ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.inventory.purl import parse
from mlsupply.inventory.sniff import reader_by_content
from mlsupply.model import Edge, Inventory, Reason, Source, SourceKind
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.memory import by_name


def _read(folder: Path, name: str, document: Any) -> Inventory:
    (folder / name).write_text(document if isinstance(document, str) else json.dumps(document, indent=1), encoding="utf-8")
    reader = reader_of(name)
    assert reader is not None
    return reader.read(name, DiskTree(folder), Limits())


def _bom(**over: Any) -> dict[str, Any]:
    root = {"type": "application", "name": "My_App", "bom-ref": "root"}
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": root}, "components": []} | over


def test_cyclonedx_components_with_edges_hashes_and_foreign_ecosystems(tmp_path: Path) -> None:
    bom = _bom(
        components=[
            {
                "type": "library",
                "bom-ref": "l",
                "name": "litellm",
                "purl": "pkg:pypi/LiteLLM@1.82.8",
                "hashes": [{"alg": "SHA-256", "content": "AB"}],
                "components": [
                    {"type": "library", "bom-ref": "n", "name": "left-pad", "purl": "pkg:npm/%40x/left-pad@1.0.0"}
                ],
            },
            {"type": "library", "bom-ref": "h", "name": "httpx", "version": "0.27.0", "purl": "pkg:pypi/httpx"},
            {"type": "machine-learning-model", "name": "gpt2", "purl": "pkg:huggingface/openai-community/gpt2@607a30d"},
            {"type": "file", "name": "run.sh"},
        ],
        dependencies=[{"ref": "root", "dependsOn": ["l"]}, {"ref": "l", "dependsOn": ["h", "missing"]}],
    )
    inventory = _read(tmp_path, "bom.json", bom)
    packages = by_name(inventory)
    assert (inventory.root, inventory.complete, inventory.gaps) == ("my-app", True, ())
    assert [str(p.coordinate.purl) for p in inventory.packages] == [
        "pkg:pypi/litellm@1.82.8",
        "pkg:npm/%40x/left-pad@1.0.0",
        "pkg:pypi/httpx@0.27.0",
        "pkg:huggingface/openai-community/gpt2@607a30d",
    ]
    assert (packages["litellm"].direct, packages["httpx"].direct) == (True, False)
    assert packages["litellm"].requires == (Edge("httpx", "0.27.0"),)
    assert packages["litellm"].artifacts[0].hashes == (("sha256", "ab"),)
    lines = (tmp_path / "bom.json").read_text(encoding="utf-8").splitlines()
    assert "pkg:pypi/LiteLLM@1.82.8" in lines[packages["litellm"].places[0].line - 1]


def test_a_hand_made_sbom_is_read_as_far_as_it_goes_with_every_fault_said(tmp_path: Path) -> None:
    document = {
        "name": "app",
        "specVersion": "1.5",
        "components": [
            {"name": "langchain", "version": "0.3.0", "type": "library", "purl": "pypi:langchain"},
            {"name": "broken", "version": "1", "type": "library", "purl": "not a purl"},
            {"name": "nothing", "version": "1", "type": "library"},
        ],
    }
    inventory = _read(tmp_path, "sbom.json", document)
    assert [str(p.coordinate) for p in inventory.packages] == ["langchain 0.3.0"]
    assert [gap.reason for gap in inventory.gaps] == [Reason.MALFORMED] * 4
    details = " | ".join(gap.detail for gap in inventory.gaps)
    for said in ("no bomFormat", "not a purl: pypi:langchain", "broken (not a purl) is invalid", "nothing has no purl"):
        assert said in details
    assert all(gap.place and gap.place.line for gap in inventory.gaps)


def test_many_faults_of_one_sort_are_counted(tmp_path: Path) -> None:
    components = [{"name": f"c{number}", "type": "library"} for number in range(50)]
    inventory = _read(tmp_path, "bom.json", _bom(components=components))
    assert len(inventory.gaps) == 21
    assert inventory.gaps[-1].detail.startswith("30 more components")


def test_one_package_told_of_again_and_again_is_one_with_all_its_files(tmp_path: Path) -> None:
    """Reading takes time linear in the document: pairwise, this one would take minutes."""
    digests = [f"{number:064x}" for number in range(10_000)]
    told = {"type": "library", "name": "torch", "purl": "pkg:pypi/torch@2.9.0"}
    components: list[dict[str, Any]] = [{**told, "hashes": [{"alg": "SHA-256", "content": one}]} for one in digests]
    components[7]["licenses"] = [{"license": {"id": "BSD-3-Clause"}}]
    (package,) = _read(tmp_path, "bom.cdx.json", _bom(components=components)).packages
    assert [dict(artifact.hashes)["sha256"] for artifact in package.artifacts] == digests
    assert package.licence == "BSD-3-Clause"


@pytest.mark.parametrize("version", ["1.1", "2.0", None])
def test_an_unknown_version_is_read_and_said(tmp_path: Path, version: str | None) -> None:
    component = {"name": "a", "purl": "pkg:pypi/a@1"}
    inventory = _read(tmp_path, "bom.json", _bom(specVersion=version, components=[component]))
    assert [p.name for p in inventory.packages] == ["a"]
    assert [gap.reason for gap in inventory.gaps] == [Reason.UNSUPPORTED]


def _spdx(**over: Any) -> dict[str, Any]:
    return {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": [], "relationships": []} | over


def _spdx_package(identity: str, name: str, purl: str = "", **over: Any) -> dict[str, Any]:
    references = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]
    return {"SPDXID": identity, "name": name, "externalRefs": references if purl else []} | over


def test_spdx_packages_relationships_and_checksums(tmp_path: Path) -> None:
    document = _spdx(
        packages=[
            _spdx_package("r", "My App"),
            _spdx_package("a", "torch", "pkg:pypi/torch@2.4.0", checksums=[{"algorithm": "SHA256", "checksumValue": "AB"}]),
            _spdx_package("b", "numpy", "pkg:pypi/numpy", versionInfo="2.0"),
            _spdx_package("c", "curl", "pkg:deb/debian/curl@8.0?arch=amd64"),
            _spdx_package("d", "run.sh", primaryPackagePurpose="FILE"),
        ],
        relationships=[
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "r"},
            {"spdxElementId": "r", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "a"},
            {"spdxElementId": "b", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "a"},
        ],
    )
    inventory = _read(tmp_path, "app.spdx.json", document)
    packages = by_name(inventory)
    assert inventory.gaps == ()
    assert [p.coordinate.purl for p in inventory.packages] == [
        "pkg:pypi/torch@2.4.0",
        "pkg:pypi/numpy@2.0",
        "pkg:deb/debian/curl@8.0",
    ]
    assert packages["torch"].direct
    assert packages["torch"].requires == (Edge("numpy", "2.0"),)
    assert packages["torch"].artifacts[0].hashes == (("sha256", "ab"),)


def test_either_standard_is_read_whatever_the_file_is_called(tmp_path: Path) -> None:
    spdx = _spdx(packages=[_spdx_package("a", "torch", "pkg:pypi/torch@2.4.0")])
    assert _read(tmp_path, "sbom.json", spdx).format == "spdx"
    assert _read(tmp_path, "x.spdx.json", _bom(components=[{"purl": "pkg:pypi/a@1"}])).format == "cyclonedx"


@pytest.mark.parametrize("name", ["app.spdx", "app.spdx.rdf"])
def test_forms_that_are_not_read_are_a_gap_with_the_way_out(tmp_path: Path, name: str) -> None:
    (gap,) = _read(tmp_path, name, "SPDXVersion: SPDX-2.3").gaps
    assert gap.reason is Reason.UNSUPPORTED
    assert "JSON" in gap.hint


@pytest.mark.parametrize(
    "document", ["", "{", "[]", '"x"', "{}", '{"bomFormat": 1}', '{"spdxVersion": "SPDX-3.0"}', "[" * 5000]
)
@pytest.mark.parametrize("name", ["bom.json", "x.spdx.json"])
def test_what_is_no_sbom_is_a_gap(tmp_path: Path, name: str, document: str) -> None:
    inventory = _read(tmp_path, name, document)
    assert inventory.gaps
    assert inventory.packages == ()


@pytest.mark.parametrize(
    ("text", "purl", "mended"),
    [
        ("pkg:pypi/Foo_Bar@1.0", "pkg:pypi/foo-bar@1.0", False),
        ("pkg://pypi/a@2.9.0%2Bcu128?x=y#sub", "pkg:pypi/a@2.9.0%2Bcu128", False),
        ("PKG:NPM/%40scope/name@1", "pkg:npm/%40scope/name@1", False),
        ("pkg:npm/@scope/name", "pkg:npm/%40scope/name", False),
        ("pypi:turbo@1", "pkg:pypi/turbo@1", True),
    ],
)
def test_purls(text: str, purl: str, mended: bool) -> None:
    found = parse(text)
    assert found is not None
    assert (found.coordinate.purl, found.mended) == (purl, mended)


def test_purl_qualifiers_tell_the_source() -> None:
    git = parse("pkg:pypi/a@1?vcs_url=git%2Bhttps://u:p%40git.example/a.git%40abc")
    url = parse("pkg:pypi/a@1?download_url=https://files.example/a.whl")
    assert git is not None
    assert url is not None
    assert git.source.kind is SourceKind.GIT
    assert "u:p" not in git.source.url
    assert url.source == Source(SourceKind.URL, "https://files.example/a.whl")


@given(st.text(max_size=60))
def test_any_text_is_a_purl_or_none(text: str) -> None:
    parse("pkg:" + text)
    found = parse(text)
    assert found is None or found.coordinate.name


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("pkg:pypi/a@1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["components", "purl", "hashes", "dependencies", "ref", "dependsOn", "packages", "externalRefs", "metadata"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["components", "dependencies", "metadata", "packages", "relationships"]), _JSON))
def test_no_shape_of_document_breaks_the_readers(document: dict[str, Any]) -> None:
    from mlsupply.inventory import cyclonedx, spdx

    for extra in ({"bomFormat": "CycloneDX", "specVersion": "1.6"}, {"spdxVersion": "SPDX-2.3"}):
        whole = document | extra
        for reader in (cyclonedx, spdx):
            assert isinstance(reader.inventory_of("x.json", whole, json.dumps(whole), Limits()), Inventory)


XML = """<?xml version="1.0" encoding="utf-16"?>
<b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.5" version="1">
  <b:metadata><b:tools><b:component><b:name>syft</b:name><b:purl>pkg:pypi/no@1</b:purl></b:component></b:tools>
    <b:component type="application" bom-ref="root"><b:name>My_App</b:name></b:component></b:metadata>
  <b:components>
    <b:component type="library" bom-ref="l">
      <b:name>litellm</b:name><b:version>1.82.8</b:version>
      <b:hashes><b:hash alg="SHA-256">AB</b:hash></b:hashes>
      <b:licenses><b:license><b:id>MIT</b:id></b:license></b:licenses>
      <b:purl>pkg:pypi/litellm</b:purl>
      <b:externalReferences><b:reference type="distribution"><b:url>https://files.index.example/l-1-py3-none-any.whl</b:url>
        <b:hashes><b:hash alg="SHA-256">CD</b:hash></b:hashes></b:reference></b:externalReferences>
      <b:components><b:component type="library" bom-ref="i"><b:name>in &amp; out</b:name>
        <b:purl>pkg:pypi/inner@1.0%2Bcu128</b:purl></b:component></b:components>
    </b:component>
    <b:component type="library"><b:name>nameless</b:name></b:component>
  </b:components>
  <b:dependencies><b:dependency ref="root"><b:dependency ref="l"/></b:dependency>
    <b:dependency ref="l"><b:dependency ref="i"/></b:dependency></b:dependencies>
  <b:vulnerabilities><b:vulnerability><b:components><b:component><b:purl>pkg:pypi/no@2</b:purl></b:component></b:components>
  </b:vulnerability></b:vulnerabilities>
</b:bom>
"""


@pytest.mark.parametrize("name", ["bom.xml", "sbom.xml", "app.cdx.xml", "app.cyclonedx.xml"])
def test_cyclonedx_xml_is_read_as_its_json_form_is(name: str, tmp_path: Path) -> None:
    inventory = _read(tmp_path, name, XML)
    packages = by_name(inventory)
    assert (inventory.format, inventory.root, inventory.complete) == ("cyclonedx", "my-app", True)
    assert {str(p.coordinate) for p in inventory.packages} == {"litellm 1.82.8", "inner 1.0+cu128"}
    litellm = packages["litellm"]
    assert (litellm.direct, litellm.licence, litellm.places[0].line) == (True, "MIT", 10)
    assert litellm.requires == (Edge("inner", "1.0+cu128"),)
    assert [(a.kind, a.hashes) for a in litellm.artifacts] == [
        ("other", (("sha256", "ab"),)),
        ("wheel", (("sha256", "cd"),)),
    ]
    (gap,) = inventory.gaps
    assert gap.detail.startswith("nameless has no purl")
    assert gap.place
    assert gap.place.line == 16


def test_xml_under_another_name_is_known_by_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text(XML, encoding="utf-8")
    reader = reader_by_content("out.txt", DiskTree(tmp_path))
    assert reader
    assert reader.format == "cyclonedx-xml"


_LAUGHS = '<!DOCTYPE bom [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><bom xmlns="http://cyclonedx.org/schema/bom/1.5">&b;</bom>'


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (_LAUGHS, "a document type declaration"),
        ('<!DOCTYPE bom SYSTEM "file:///etc/passwd"><bom/>', "a document type declaration"),
        ("<html/>", "no CycloneDX document"),
        ('<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>', "not XML: no element found"),
        ("<bom" + "<a>" * 5000, "not XML"),
        ("", "not XML"),
        ('<bom xmlns="http://cyclonedx.org/schema/bom/9.9"/>', "CycloneDX 9.9 is not one of"),
    ],
)
def test_xml_that_is_no_sbom_or_asks_for_more_than_text_is_a_gap(document: str, said: str, tmp_path: Path) -> None:
    inventory = _read(tmp_path, "bom.xml", document)
    assert inventory.packages == ()
    assert [said in gap.detail for gap in inventory.gaps] == [True]


def test_components_nested_beyond_the_depth_that_is_read_are_a_gap_in_either_form(tmp_path: Path) -> None:
    component: dict[str, Any] = {"name": "n", "purl": "pkg:pypi/deepest@1"}
    xml = "<component><name>n</name><purl>pkg:pypi/deepest@1</purl></component>"
    for _ in range(150):
        component = {"name": "n", "purl": "pkg:pypi/a@1", "components": [component]}
        xml = f"<component><name>n</name><purl>pkg:pypi/a@1</purl><components>{xml}</components></component>"
    whole = f'<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>{xml}</components></bom>'
    for inventory in (_read(tmp_path, "bom.json", _bom(components=[component])), _read(tmp_path, "bom.xml", whole)):
        assert "more than 40 deep, were not read" in inventory.gaps[0].detail
        assert "deepest" not in by_name(inventory)


_RELEASE = {"type": "library", "bom-ref": "r", "name": "litellm", "version": "1.82.8", "purl": "pkg:pypi/litellm@1.82.8"}
_INNER = {"type": "library", "bom-ref": "h", "name": "httpx", "version": "0.27.0", "purl": "pkg:pypi/httpx@0.27.0"}


def test_the_release_that_an_sbom_is_about_is_one_of_its_packages(tmp_path: Path) -> None:
    bom = _bom(components=[_INNER], dependencies=[{"ref": "r", "dependsOn": ["h"]}])
    inventory = _read(tmp_path, "bom.json", bom | {"metadata": {"component": _RELEASE}})
    assert [(str(p.coordinate), p.direct) for p in inventory.packages] == [("litellm 1.82.8", True), ("httpx 0.27.0", True)]
    assert by_name(inventory)["litellm"].requires == (Edge("httpx", "0.27.0"),)
    package = {"SPDXID": "SPDXRef-a", "name": "litellm", "versionInfo": "1.82.8"}
    locator = {"referenceType": "purl", "referenceLocator": "pkg:pypi/litellm@1.82.8"}
    described = {
        "spdxVersion": "SPDX-2.3",
        "packages": [package | {"externalRefs": [locator]}],
        "documentDescribes": ["SPDXRef-a"],
    }
    found = _read(tmp_path, "a.spdx.json", described)
    assert [(str(p.coordinate), p.direct) for p in found.packages] == [("litellm 1.82.8", True)]
    xml = (
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><component type="library"><name>litellm</name>'
        "<version>1.82.8</version><purl>pkg:pypi/litellm@1.82.8</purl></component></metadata></bom>"
    )
    assert [str(p.coordinate) for p in _read(tmp_path, "bom.xml", xml).packages] == ["litellm 1.82.8"]


@pytest.mark.parametrize(
    "own", [{"purl": "pkg:pypi/my-app@latest"}, {"version": "1.0"}, {"purl": "pkg:github/o/my-app@1.0"}, {"purl": "my-app"}]
)
def test_a_project_that_was_never_released_is_no_package_of_its_sbom(tmp_path: Path, own: dict[str, str]) -> None:
    bom = _bom(metadata={"component": {"type": "application", "name": "my-app"} | own})
    inventory = _read(tmp_path, "bom.json", bom)
    assert (inventory.root, inventory.packages, inventory.gaps) == ("my-app", (), ())


@pytest.mark.parametrize(("marked", "packages"), [("true", []), ("false", ["litellm 1.82.8"])])
def test_what_uv_calls_the_root_of_a_project_is_no_release(tmp_path: Path, marked: str, packages: list[str]) -> None:
    root = _RELEASE | {"properties": [{"name": "uv:package:is_project_root", "value": marked}]}
    inventory = _read(tmp_path, "bom.json", _bom(metadata={"component": root}))
    assert [str(p.coordinate) for p in inventory.packages] == packages


def test_the_sbom_of_the_project_beside_it_says_nothing_of_a_release_of_that_name(world: World) -> None:
    root = world.tree.root
    (root / "pyproject.toml").write_text('[project]\nname = "litellm"\nversion = "1.82.8"\n', encoding="utf-8")
    (root / "bom.json").write_text(json.dumps(_bom(metadata={"component": _RELEASE})), encoding="utf-8")
    report = run(Request(offline=True), world)
    assert [f for f in report.findings if f.check == "known-bad"] == []
    (root / "pyproject.toml").unlink()
    assert {f.check for f in run(Request(offline=True), world).findings} >= {"known-bad"}


def test_what_an_sbom_says_it_was_built_with_counts_and_tools_without_a_purl_do_not(tmp_path: Path) -> None:
    bom = _bom(formulation=[{"components": [_RELEASE, {"type": "platform", "name": "git"}]}])
    inventory = _read(tmp_path, "bom.json", bom)
    assert ([str(p.coordinate) for p in inventory.packages], inventory.gaps) == (["litellm 1.82.8"], ())


def test_an_sbom_is_read_where_only_a_part_of_its_name_says_so_and_lists_of_licences_are_not(world: World) -> None:
    root = world.tree.root
    (root / "app-sbom-2026.json").write_text(json.dumps(_bom(components=[_INNER])), encoding="utf-8")
    (root / "spdx-licenses.json").write_text('{"licenseListVersion": "3.2", "licenses": []}', encoding="utf-8")
    (root / "cyclonedx-schema.json").write_text('{"properties": {"bomFormat": {"type": "string"}}}', encoding="utf-8")
    report = run(Request(offline=True), world)
    assert [one.path for one in report.inputs] == ["app-sbom-2026.json"]
    named = run(Request(subjects=("spdx-licenses.json",), offline=True), world)
    assert [(one.subject, one.reason) for one in named.gaps] == [("spdx-licenses.json", Reason.MALFORMED)]
