"""The incident records: each follows the schema, all agree with one another and with their compiled form."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from packaging.version import InvalidVersion, Version

from mlsupply.advisories.incident_records import COMPILED, RECORDS, compile_index, incident, index, records
from mlsupply.advisories.playbook import ROTATION, rotation, steps
from mlsupply.cli import main
from mlsupply.text import canonical
from tests.conftest import SHARED

FILES = sorted(RECORDS.glob("*.yaml"))
SCHEMA = json.loads((RECORDS / "schema.json").read_text(encoding="utf-8"))


def test_every_record_follows_the_schema_and_is_named_by_its_id() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert len(FILES) >= 100
    for path in FILES:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert [error.message for error in validator.iter_errors(document)] == [], path.name
        assert document["id"] == path.stem


def test_the_compiled_form_is_that_of_the_records() -> None:
    assert COMPILED.read_bytes() == compile_index(), "run: mlsupply rules compile"


def test_a_window_opens_before_it_closes() -> None:
    for record in records():
        window = record.window
        times = [window.opened, window.closed_earliest, window.closed]
        moments = [datetime.fromisoformat(moment) for moment in times if moment]
        assert moments == sorted(moments), record.id
        assert set(window.releases) <= {version for versions in record.affected.values() for version in versions}


def test_names_and_versions_are_as_an_index_writes_them() -> None:
    for record in records():
        for name, versions in record.affected.items():
            assert name == canonical(name), record.id
            for version in versions:
                if version == "*" and record.kind == "purpose-built":
                    continue
                try:
                    Version(version)
                except InvalidVersion:
                    pytest.fail(f"{record.id}: {name} {version}")


def test_a_family_is_a_record() -> None:
    ids = {record.id for record in records()}
    assert {record.family for record in records() if record.family} <= ids


@pytest.mark.parametrize(
    ("name", "version", "found"),
    [
        ("litellm", "1.82.8", "litellm-2026"),
        ("LiteLLM", "1.82.8", "litellm-2026"),
        ("torchtriton", "3.0.0", "torchtriton-2022"),
        ("torchtriton", "3.0", "torchtriton-2022"),
        ("ctx", "0.1.2-1", "ctx-2022"),
        ("ctx", "0.1.2.post1", "ctx-2022"),
    ],
)
def test_a_bad_release_is_found_by_name_and_version(name: str, version: str, found: str) -> None:
    assert index().of_release(name, version) == (found,)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("litellm", "1.82.6"),
        ("litellm", "1.83.0"),
        ("ultralytics", "8.3.43"),
        ("ultralytics", "8.3.44"),
        ("elementary-data", "0.23.4"),
        ("requests", "2.32.0"),
        ("pytorch-lightning", "2.6.2"),
    ],
)
def test_a_clean_neighbour_is_not(name: str, version: str) -> None:
    assert index().of_release(name, version) == ()


def test_a_bad_file_is_found_by_its_digest_and_by_the_path_an_index_serves_it_under() -> None:
    by_content = index().of_digest("71e35aef03099cd1f2d6446734273025a163597de93912df321ef118bf135238")
    by_path = index().of_digest("F62C731B614E6CEE0BCA1E010A36FD381FBA69EE836FE3CB6753BA23EF2B9601")
    assert by_content == ("litellm-2026", "litellm_init.pth")
    assert by_path == ("litellm-2026", "litellm-1.82.8.tar.gz")


def test_a_name_claimed_without_proof_of_harm_is_no_incident() -> None:
    known = index()
    assert len(known.claims) == 127
    for name in set(known.claims) & set(known.releases):  # two readings that disagree are no more than a suspicion
        assert {known.brief(found).verdict for found in known.releases[name]} == {"suspicious"}


def test_a_project_made_to_do_harm_is_bad_in_every_version_where_nobody_listed_them() -> None:
    assert index().of_release("aliyun-ai-labs-sdk", "9.9") == ("aliyun-ai-labs-2025",)


def test_every_incident_has_steps_and_the_wave_speaks_for_its_members() -> None:
    for record in records():
        assert bool(steps(record)) is (record.verdict != "context"), record.id
    member, wave = incident("hades-bramin"), incident("hades-family-2026")
    assert member
    assert wave
    assert steps(member) == wave.response


def test_steps_made_from_facts_come_in_the_order_of_responders() -> None:
    record = incident("kam-2026-03-pipipipi")
    assert record
    made = " ".join(steps(record))
    order = ["Isolate", "revoke and reissue every credential", "Rebuild"]
    assert [made.index(word) for word in order] == sorted(made.index(word) for word in order)
    assert rotation(("wallets", "cloud", "package-indexes"))[0] == ROTATION["package-indexes"]
    assert rotation(()) == ("every credential the host, its cloud role and its cluster could read",)
    assert set(SCHEMA["properties"]["credentials"]["items"]["enum"]) == set(ROTATION)


def test_a_record_tells_the_window_what_to_search_and_what_to_do_in_order() -> None:
    litellm = incident("litellm-2026")
    assert litellm is not None
    assert (litellm.window.opened, litellm.window.closed) == ("2026-03-24T10:39:00Z", "2026-03-24T16:00:00Z")
    assert "models.litellm.cloud" in litellm.indicators["domains"]
    assert "kubernetes" in litellm.credentials
    steps = " ".join(litellm.response)
    assert steps.index("sysmon.service") < steps.index("revoke")
    assert incident("no-such-thing") is None


def _facts(text: str) -> set[str]:
    """Digests, IP addresses and version numbers in a text, as far as they stand alone."""
    digests = re.findall(r"\b[0-9a-f]{60}(?:[0-9a-f]{4})?\b", text)
    numbers = re.findall(r"(?<![\w.])\d+(?:\.\d+)+(?:[a-z]+\d*)?(?![\w.])", text)
    return {*digests, *numbers}


@pytest.mark.shared
def test_no_version_digest_or_address_of_what_was_collected_is_missing_from_the_records() -> None:
    collected = yaml.safe_load((SHARED / "incidents" / "incidents.yaml").read_text(encoding="utf-8"))["incidents"]
    ours = {path.stem: path.read_text(encoding="utf-8") for path in FILES}
    families = {record.id: record.family for record in records()}
    assert {one["id"] for one in collected} == {*ours, "name-claims-ai"}
    for one in collected:
        if one["id"] in ours:
            said = json.dumps([one.get("malicious_versions"), one.get("indicators")]).replace("[.]", ".")
            text = ours[one["id"]] + ours.get(families[one["id"]], "")
            assert [fact for fact in sorted(_facts(said)) if fact not in text.replace("/", "")] == [], one["id"]


def test_a_project_of_all_claimed_names_has_none_of_them_called_malicious(tmp_path: Path) -> None:
    table = yaml.safe_load((RECORDS.parent / "name-claims.yaml").read_text(encoding="utf-8"))["claims"]
    lines = [f"{claim['name']}=={claim['versions'][0]}" for claim in table]
    (tmp_path / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = ["scan", str(tmp_path), "--offline", "--no-resolve", "--check", "known-bad", "-o", "json"]
    result = CliRunner().invoke(main, command, env={"MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")})
    report = json.loads(result.stdout)
    assert len(report["packages"]) == len(table) == 127
    assert [finding["message"] for finding in report["findings"] if finding["kind"] == "malicious"] == []
