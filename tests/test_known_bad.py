"""Known malicious releases: by name and version, by hash, by index path, by address; what to do; where sources disagree."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mlsupply.advisories import known_bad
from mlsupply.advisories.incident_records import incident, index
from mlsupply.cli.inspect import inspected
from mlsupply.evidence import advisory_check as advisories
from mlsupply.model import (
    Artifact,
    Checked,
    Confidence,
    Coordinate,
    Finding,
    Inventory,
    Kind,
    Package,
    Reason,
    Severity,
    Source,
    SourceKind,
)
from mlsupply.project import merge
from mlsupply.request import Request
from mlsupply.value import replace
from mlsupply.world import World
from tests.made_wheels import CLEAN, put, wheel
from tests.memory import named, read


def _package(name: str, version: str = "", source: Source = Source(), *artifacts: Artifact) -> Package:
    return Package(coordinate=Coordinate("pypi", name, version), source=source, artifacts=artifacts)


def _judged(world: World, package: Package) -> list[Checked]:
    """What both checks say of a package."""
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=(package,))])
    request = Request(feed="embedded")
    said = [*known_bad.judge(project, request, world), *advisories.judge(project, request, world)]
    return [item for item in said if isinstance(item, Checked)]


def _malicious(world: World, package: Package) -> list[Finding]:
    return [f for item in _judged(world, package) for f in item.findings if f.kind is Kind.MALICIOUS]


def test_a_hijacked_release_is_one_finding_with_every_id(world: World) -> None:
    (found,) = _malicious(world, _package("litellm", "1.82.8"))
    assert (found.id, found.check, found.severity) == ("MAL-2026-2144", "known-bad", Severity.CRITICAL)
    assert found.advisory is not None
    assert {"PYSEC-2026-2", "litellm-2026"} <= set(found.advisory.aliases)
    assert "every interpreter start" in found.message


def test_going_back_is_not_offered_where_the_older_release_has_a_known_flaw(world: World) -> None:
    (found,) = _malicious(world, _package("litellm", "1.82.7"))
    assert found.remedy.startswith("Move on to 1.84.0 (1.82.6, the last release before, is affected by CVE-2026-")
    assert "rotate" in found.remedy


def test_going_back_is_offered_where_the_older_release_is_clean(world: World) -> None:
    (found,) = _malicious(world, _package("lightning", "2.6.2"))
    assert found.remedy.startswith("Go back to 2.6.1 or on to 2.6.4")


def test_the_neighbours_of_a_hijacked_release_are_not_malicious(world: World) -> None:
    assert _malicious(world, _package("litellm", "1.82.6")) == []
    assert _malicious(world, _package("litellm", "1.83.7")) == []


def test_a_release_no_advisory_lists_is_found(world: World) -> None:
    (found,) = _malicious(world, _package("guardrails-ai", "0.10.1"))
    assert "CVE-2026-45758" in {found.id, *(found.advisory.aliases if found.advisory else ())}
    assert found.advisory is not None
    assert any(note.startswith("sources disagree") for note in found.advisory.notes)


@pytest.mark.parametrize(
    ("name", "version"), [("guardrails-ai", "0.9.0"), ("pytorch-lightning", "2.6.2"), ("ultralytics", "8.3.43")]
)
def test_where_an_advisory_blames_a_release_the_record_does_not_the_finding_says_so(
    world: World, name: str, version: str
) -> None:
    found = [f for item in _judged(world, _package(name, version)) for f in item.findings if f.advisory]
    disputed = [f for f in found if f.advisory and any("the incident record names" in note for note in f.advisory.notes)]
    assert len(disputed) == 1
    assert disputed[0].confidence is Confidence.MEDIUM


def test_a_version_is_compared_by_value(world: World) -> None:
    assert _malicious(world, _package("ultralytics", "8.3.41.0"))


def test_a_locked_file_is_known_by_its_hash_whatever_the_name_says(world: World) -> None:
    sdist = next(value for value, (incident, of) in index().digests.items() if incident == "bittensor-wallet-2026")
    file = Artifact("innocent-1.0.tar.gz", "sdist", hashes=(("sha256", sdist),))
    (found,) = _malicious(world, _package("innocent", "1.0", Source(), file))
    assert found.advisory is not None
    assert (found.id, found.advisory.matched_on) == ("bittensor-wallet-2026", "file hash")
    assert "innocent-1.0.tar.gz" in found.message


_FILE = '{file = "innocent-1.0.tar.gz", hash = "sha256:%s"}'
_LOCKS = {
    "requirements.txt": "innocent==1.0 \\\n    --hash=sha256:%s\n",
    "uv.lock": "version = 1\n[[package]]\nname = 'innocent'\nversion = '1.0'\nsource = {registry = 'https://index.example'}\n"
    "sdist = {url = 'https://files.index.example/innocent-1.0.tar.gz', hash = 'sha256:%s'}\n",
    "poetry.lock": f'[[package]]\nname = "innocent"\nversion = "1.0"\nfiles = [{_FILE}]\n[metadata]\nlock-version = "2.1"\n',
    "pdm.lock": f'[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "innocent"\nversion = "1.0"\nfiles = [{_FILE}]\n',
    "pylock.toml": "lock-version = '1.0'\ncreated-by = 'a tool'\n[[packages]]\nname = 'innocent'\nversion = '1.0'\n"
    "sdist = {name = 'innocent-1.0.tar.gz', hashes = {sha256 = '%s'}}\n",
    "Pipfile.lock": '{"_meta": {"pipfile-spec": 6}, "default": {"innocent": {"version": "==1.0", "hashes": ["sha256:%s"]}}}',
    "bom.json": '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "innocent", '
    '"version": "1.0", "purl": "pkg:pypi/innocent@1.0", "hashes": [{"alg": "SHA-256", "content": "%s"}]}]}',
}


@pytest.mark.parametrize("lock", _LOCKS)
def test_a_hash_in_capitals_is_the_same_hash_in_every_lock(lock: str, world: World) -> None:
    sdist = next(value for value, (incident, of) in index().digests.items() if incident == "bittensor-wallet-2026")
    package = named(read(lock, _LOCKS[lock].replace("%s", sdist.upper())), "innocent")
    assert [found.id for found in _malicious(world, package)] == ["bittensor-wallet-2026"]


@pytest.mark.parametrize("tail", ["", "#sha256=00", "?mirror=a/b"])
def test_a_locked_file_is_known_by_its_path_on_the_index(tail: str, world: World) -> None:
    digest = next(value for value, (incident, of) in index().digests.items() if of == "litellm-1.82.8.tar.gz")
    url = f"https://files.index.example/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/litellm-1.82.8.tar.gz{tail}"
    (found,) = _malicious(world, _package("litellm", "0.1", Source(), Artifact("litellm-1.82.8.tar.gz", "sdist", url)))
    assert found.advisory is not None
    assert found.advisory.matched_on == "index path"


def test_a_repository_of_a_known_attack_is_found_under_an_innocent_name(world: World) -> None:
    address = next(iter(index().repositories))
    (found,) = _malicious(world, _package("requests", "", Source(SourceKind.GIT, f"https://{address}.git")))
    assert found.advisory is not None
    assert found.advisory.matched_on == "repository"


def test_another_release_of_a_project_made_to_harm_is_suspect_not_proven(world: World) -> None:
    (found,) = [f for item in _judged(world, _package("mlflow-ui", "99.0")) for f in item.findings]
    assert (found.kind, found.severity, found.confidence) == (Kind.NAME, Severity.HIGH, Confidence.MEDIUM)
    assert "not among those recorded" in found.message


def test_a_project_with_hijacked_releases_and_no_pin_is_a_gap(world: World) -> None:
    gaps = [gap for item in _judged(world, _package("litellm")) for gap in item.gaps if gap.check == "known-bad"]
    assert [gap.reason for gap in gaps] == [Reason.UNPINNED]


def test_own_code_is_not_mistaken_for_the_release_of_its_name(world: World) -> None:
    assert _malicious(world, _package("litellm", "1.82.8", Source(SourceKind.EDITABLE, "."))) == []


def test_without_the_check_for_known_releases_the_advisories_still_tell(world: World) -> None:
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=(_package("litellm", "1.82.8"),))])
    said = advisories.judge(project, Request(feed="embedded", skip=("known-bad",)), world)
    found = [f for item in said if isinstance(item, Checked) for f in item.findings]
    assert [f.id for f in found if f.kind is Kind.MALICIOUS] == ["PYSEC-2026-2"]


def test_a_version_spelt_otherwise_is_told_the_same_of() -> None:
    record = incident("litellm-2026")
    assert record is not None
    assert {record.set_off_by(one) for one in ("1.82.8", "1.82.8.0", "v1.82.8")} == {"every interpreter start"}
    assert record.opened("1.82.8.0") == record.opened("1.82.8") != record.opened("")


def test_what_is_inspected_is_held_against_the_record_too(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a release that the index has removed nothing can be looked at, and in a hijacked one nothing may be seen: the
    report said that nothing was found."""
    (gone,) = inspected(("litellm==1.82.8",), Request(offline=True), world)[0].findings
    assert gone.id == "MAL-2026-2144"
    archive = put(tmp_path, "demo-1.0-py3-none-any.whl", wheel(CLEAN))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert inspected((str(archive),), Request(offline=True), world)[0].findings == ()
    known = index()
    monkeypatch.setattr(
        "mlsupply.advisories.incident_records.index",
        lambda: replace(known, digests={**known.digests, digest: ("litellm-2026", "wheel")}),
    )
    (found,) = inspected((str(archive),), Request(offline=True), world)[0].findings
    assert "demo-1.0-py3-none-any.whl locked for demo 1.0 is known to be malicious, by its hash" in found.message


def test_inspecting_a_project_says_that_its_dependencies_are_another_question(world: World, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/requirements.txt").write_text("litellm==1.82.8\n", encoding="utf-8")
    report = inspected((str(tmp_path / "theirs"),), Request(offline=True), world)[0]
    (left,) = report.gaps
    assert (left.detail, left.hint) == (
        "what it depends on was not judged: requirements.txt",
        f"mlsupply scan {tmp_path / 'theirs'}",
    )
