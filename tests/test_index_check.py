"""The check `index`: files as people write them, and where their packages could come from instead."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Literal

import pytest

from mlsupply.evidence.index_check import judge
from mlsupply.evidence.index_facets import IndexFacet, RequirementFacet
from mlsupply.evidence.pinning import is_deploy
from mlsupply.fetch import LiveFetch
from mlsupply.inventory import gather
from mlsupply.model import Artifact, Checked, Coordinate, Finding, Gap, Index, Inventory, Package, Place, Reason, Source
from mlsupply.project import merge
from mlsupply.request import Request, RuleSettings
from mlsupply.ruleset import Fact, load
from mlsupply.world import PUBLIC_FILES, World
from tests.conftest import NOW
from tests.loopback_index import LoopbackIndex

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def judged(world: World, text: str, file: str = "requirements.txt", **request: object) -> tuple[list[Finding], list[Gap]]:
    """Findings and gaps of a project of one file, none lost between them."""
    (world.tree.root / file).write_text(text, encoding="utf-8")
    asked = Request(subjects=(str(world.tree.root),), resolve=False, **request)  # type: ignore[arg-type]  # any of its fields
    project = merge(gather(asked, world))
    said = [one for one in judge(project, asked, world) if isinstance(one, Checked)]
    assert [one.package for one in said if one.package] == list(project.packages)
    return [finding for one in said for finding in one.findings], [gap for one in said for gap in one.gaps]


def ids(world: World, text: str, file: str = "requirements.txt", **request: object) -> list[str]:
    return sorted(finding.id for finding in judged(world, text, file, **request)[0])


HASHED = f"numpy==2.0.0 --hash=sha256:{'a' * 64}\n"


def test_a_file_with_pins_and_hashes_is_clean(world: World) -> None:
    assert judged(world, HASHED) == ([], [])


def test_an_extra_index_is_told_with_the_mend(world: World) -> None:
    findings, _ = judged(world, "--extra-index-url https://wheels.example/nightly\ntorch==2.9.0\n")
    (found,) = [finding for finding in findings if finding.id == "MLS-I001"]
    assert [place.line for place in found.places] == [1]
    assert "explicit = true" in found.remedy
    assert "MLS-I001" not in ids(world, "--extra-index-url https://wheels.example/nightly\n" + HASHED)
    assert "MLS-I001" not in ids(world, "--index-url https://mirror.example/simple\ntorch==2.9.0\n")
    both = "--index-url https://mirror.example/simple\n--extra-index-url https://wheels.example/nightly\ntorch==2.9.0\n"
    assert "MLS-I001" not in ids(world, both)


@pytest.mark.parametrize(("explicit", "open_to_all"), [("", True), ("explicit = true\n", False)])
def test_an_index_that_some_are_pinned_to_serves_the_others_too_unless_it_is_explicit(
    explicit: str, open_to_all: bool, world: World
) -> None:
    text = (
        '[project]\nname = "app"\nversion = "1"\ndependencies = ["torch==2.9.0", "numpy==2.0.0"]\n'
        '[tool.uv.sources]\ntorch = {index = "wheels"}\n'
        f'[[tool.uv.index]]\nname = "wheels"\nurl = "https://wheels.example/cu128"\n{explicit}'
    )
    assert ("MLS-I001" in ids(world, text, "pyproject.toml")) is open_to_all


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--index-url http://index.example/simple\n" + HASHED, "MLS-I005"),
        ("--index-url https://index.example/simple\n--trusted-host index.example\n" + HASHED, "MLS-I007"),
        ("--index-url https://build:hunter2@index.example/simple\n" + HASHED, "MLS-I008"),
    ],
)
def test_an_index_that_is_not_protected(text: str, expected: str, world: World) -> None:
    findings, _ = judged(world, text)
    assert [finding.id for finding in findings] == [expected]
    assert "hunter2" not in repr(findings)


def test_git_addresses_under_familiar_names_behind_blanks(world: World) -> None:
    text = f"numpy{' ' * 434}@ git+https://git.example/stranger/numpy@{COMMIT}\n"
    findings, gaps = judged(world, text)
    assert [finding.id for finding in findings] == ["MLS-I012"]
    assert [gap.reason for gap in gaps] == [Reason.OFFLINE]


def test_a_repository_in_a_lock_on_one_line(world: World) -> None:
    """Its entries have no line, so there is none to look for blanks in; that broke the whole check off."""
    lock = '{"_meta": {}, "default": {"transformers": {"git": "https://host.example/someone/transformers", "ref": "v1"}}}'
    assert ids(world, lock, "Pipfile.lock") == ["MLS-I004"]


def test_whose_repository_it_is_is_asked_of_the_index(world: World) -> None:
    online = replace(world, fetch=LiveFetch({}, sleep=lambda _: None))
    with LoopbackIndex("mirror") as index:
        index.add("numpy", "2.0.0")
        index.project("numpy").info = {"project_urls": {"source": "https://github.com/numpy/numpy"}}
        index.add("our-tool", "1.0")
        stranger = f"numpy @ git+https://github.com/stranger/numpy@{COMMIT}\n"
        own = f"numpy @ git+https://github.com/numpy/numpy.git@{COMMIT}\n"
        private = f"inner-tool @ git+https://git.example/team/inner-tool@{COMMIT}\n"
        assert ids(online, stranger, index_url=index.simple) == ["MLS-I003"]
        assert ids(online, own, index_url=index.simple) == []
        assert ids(online, private, index_url=index.simple) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("inner @ git+https://git.example/team/inner@main", ["MLS-I004"]),
        ("inner @ git+https://git.example/team/inner", ["MLS-I004"]),
        (f"inner @ git+https://git.example/team/inner@{COMMIT}", []),
        ("inner @ http://files.example/inner-1.0-py3-none-any.whl", ["MLS-I006"]),
        ("inner @ https://files.example/inner-1.0-py3-none-any.whl", []),
    ],
)
def test_direct_references(line: str, expected: list[str], world: World) -> None:
    assert [one for one in ids(world, line + "\n") if one != "MLS-I003"] == expected


def test_open_versions_in_a_file_that_installs_are_one_finding_a_file(world: World) -> None:
    findings, _ = judged(world, "numpy\nrequests>=2\nrich==13.0.0\n")
    (found,) = findings
    assert found.id == "MLS-I009"
    assert "numpy, requests" in found.message
    assert [place.line for place in found.places] == [1, 2]
    assert ids(world, "numpy==2.0.0\n") == ["MLS-I010"]
    (world.tree.root / "requirements.txt").unlink()
    assert ids(world, "numpy\n", "requirements-dev.txt") == []


def test_a_version_that_a_constraint_settles_is_not_open(world: World) -> None:
    (world.tree.root / "constraints.txt").write_text("numpy==2.0.0\n", encoding="utf-8")
    assert ids(world, "-c constraints.txt\nnumpy\n") == []
    (found,) = judged(world, "-c constraints.txt\nnumpy\nrich\n")[0]
    assert "for rich" in found.message


def test_a_version_that_a_lock_beside_the_file_holds_is_not_open(world: World) -> None:
    lock = '[[package]]\nname = "rich"\nversion = "13.0.0"\nsource = { registry = "https://index.example/simple" }\n'
    (world.tree.root / "uv.lock").write_text('version = 1\nrequires-python = ">=3.11"\n' + lock, encoding="utf-8")
    assert "MLS-I009" not in ids(world, "rich\n")
    assert "MLS-I009" in ids(world, "rich\nnumpy\n")


def test_what_installs_the_rest_may_be_the_newest(world: World) -> None:
    assert ids(world, "FROM python:3.12\nRUN pip install --upgrade pip setuptools uv\n", "Dockerfile") == []
    assert ids(world, "FROM python:3.12\nRUN pip install --upgrade pip numpy\n", "Dockerfile") == ["MLS-I009"]


def test_many_files_of_one_folder_are_one_finding(world: World) -> None:
    folder = world.tree.root / "requirements"
    folder.mkdir()
    for extra in ("cuda", "cpu", "rocm"):
        (folder / f"{extra}.txt").write_text(f"torch\n{extra}-kernels\n", encoding="utf-8")
    (found,) = [one for one in judged(world, HASHED)[0] if one.id == "MLS-I009"]
    assert "(3 files)" in found.message
    assert {place.file.rpartition("/")[2] for place in found.places} == {"cpu.txt", "cuda.txt", "rocm.txt"}


def test_a_gateway_without_a_bound_is_told_apart(world: World) -> None:
    assert ids(world, "litellm[proxy]\n") == ["MLS-I009", "MLS-I011"]
    assert ids(world, "litellm[proxy]>=1.80\n") == ["MLS-I009", "MLS-I011"]
    assert ids(world, "litellm[proxy]~=1.82.6\n") == ["MLS-I009"]
    for wildcard in ("==1.*", "==1.82.*", "~=1.82", ">=1.80,==1.*"):
        assert ids(world, f"litellm[proxy]{wildcard}\n") == ["MLS-I009", "MLS-I011"], wildcard
    (_, told) = judged(world, "litellm==1.*\n")[0]
    assert told.message.endswith("and ==1.* lets in whatever release is newest")


def test_a_package_of_an_extra_index_with_a_public_namesake(world: World) -> None:
    place = Place("requirements.txt", 1)
    extra = Index(url="https://wheels.example/simple", role="extra", place=place)
    taken = Package(coordinate=Coordinate("pypi", "triton", "3.0.0"), source=Source(url=extra.url), places=(place,))

    def found(index: Index, name: str = "triton") -> tuple[list[str], list[Reason]]:
        package = replace(taken, coordinate=Coordinate("pypi", name, "3.0.0"))
        project = merge(
            [Inventory(path="requirements.txt", format="x", packages=(package,), indexes=(index,), complete=True)]
        )
        said = [one for one in judge(project, Request(offline=True), world) if isinstance(one, Checked)]
        return [f.id for one in said for f in one.findings], [g.reason for one in said for g in one.gaps]

    assert found(extra) == (["MLS-I002"], [])
    assert found(replace(extra, role="explicit", packages=("triton",))) == ([], [])
    assert found(replace(extra, packages=("triton",))) == ([], []), "it comes from there alone"
    assert found(replace(extra, packages=("torch",))) == (["MLS-I002"], []), "that another is pinned changes nothing"
    assert found(extra, "nobody-knows-this-name") == ([], [Reason.OFFLINE])


def test_a_lock_edited_to_fetch_one_file_from_elsewhere(world: World) -> None:
    def package(name: str, host: str) -> Package:
        filename = f"{name}-1.0-py3-none-any.whl"
        artifact = Artifact(filename, "wheel", f"{host}/packages/{filename}", hashes=(("sha256", "a" * 64),))
        return Package(coordinate=Coordinate("pypi", name, "1.0"), artifacts=(artifact,), places=(Place("uv.lock", 3),))

    def found(*packages: Package) -> list[str]:
        project = merge([Inventory(path="uv.lock", format="uv.lock", packages=packages, complete=True)])
        said = judge(project, Request(), world)
        return [finding.message for one in said if isinstance(one, Checked) for finding in one.findings]

    honest = [package(name, PUBLIC_FILES) for name in ("one", "two", "three")]
    (message,) = found(*honest, package("four", "https://cdn.evil.example"))
    assert "four 1.0 from cdn.evil.example" in message
    assert found(*honest) == []
    assert found(package("one", "https://corp.example"), package("two", "https://corp.example")) == []


def test_rules_of_the_user_see_what_the_built_in_ones_pass_over(world: World) -> None:
    rule = """\
id: ACME-I001
title: Numpy is not for us
looks_at: requirement
when: {name: numpy}
severity: low
confidence: high
kind: config
message: "{name} {specifier}"
remedy: Use something else.
samples:
  fires: [{name: numpy}]
  quiet: [{name: rich}]
"""
    assert ids(world, HASHED, rules=RuleSettings(files=(("rule.yaml", rule),))) == ["ACME-I001"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True),
        ("deploy/requirements-gpu.txt", True),
        ("requirements/prod.txt", True),
        ("Dockerfile", True),
        ("docker/Dockerfile.gpu", True),
        ("cog.yaml", True),
        ("serve/runtime_env.yaml", True),
        ("examples/cog.yaml", False),
        ("docker-compose.prod.yml", True),
        ("deploy/k8s/base/job.yaml", True),
        ("docker-compose.dev.yml", False),
        (".gitlab-ci.yml", False),
        ("requirements-dev.txt", False),
        ("tests/requirements.txt", False),
        ("docs/requirements.txt", False),
        ("pyproject.toml", False),
        ("requirements.in", False),
        ("specific/requirements.txt", True),
    ],
)
def test_which_files_install(path: str, expected: bool) -> None:
    assert is_deploy(path) is expected
    assert is_deploy(f"/builds/ci/tests/{path}", ("/builds/ci/tests",)) is expected
    assert is_deploy(f"../docs/{path}", ("src", "../docs/")) is expected


def test_a_file_that_was_named_itself_is_told_by_its_own_name() -> None:
    assert is_deploy("/home/me/tests/requirements.txt", ("/home/me/tests/requirements.txt",))
    assert not is_deploy("app/requirements-dev.txt", ("app/requirements-dev.txt",))


@pytest.mark.parametrize("role", ["primary", "extra", "explicit", "find-links"])
def test_no_built_in_rule_has_anything_against_the_indexes_that_do_not_reach_it(
    role: Literal["primary", "extra", "explicit", "find-links"],
) -> None:
    rules = load(RuleSettings(), NOW)
    for pinned, public, hashed in product((False, True), repeat=3):
        plain = IndexFacet(
            url="https://index.example/simple",
            host="index.example",
            role=role,
            name="ours",
            file="uv.lock",
            pinned=pinned,
            public=public,
            hashed=hashed,
        )
        said = rules.judge("index", [Fact(plain)])
        assert (said.findings, said.gaps) == ((), ())


def test_nor_against_open_versions_in_files_that_only_declare() -> None:
    rules = load(RuleSettings(), NOW)
    for floating, wildcard, hashed in product((False, True), repeat=3):
        declared = RequirementFacet(
            name="litellm", source="registry", specifier=">=1", floating=floating, wildcard=wildcard, hashed=hashed
        )
        said = rules.judge("index", [Fact(declared)])
        assert (said.findings, said.gaps) == ((), ())
