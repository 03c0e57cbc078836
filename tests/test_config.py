"""The configuration: what it changes, who wins, and what each mistake in it is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.audit import CHECKS
from mlsupply.cli import main
from mlsupply.cli.configuration import config_of, policy_of, rules_of
from mlsupply.config import KEYS, OF_GAPS, SETTINGS, Config, parse
from mlsupply.errors import MlsupplyError
from mlsupply.model import Severity
from mlsupply.ruleset.reading import read_rule
from mlsupply.ruleset.samples import run_samples
from tests.loopback_index import LoopbackIndex

README = Path(__file__).resolve().parents[1] / "README.md"
WHOLE = """\
[project]
name = "demo"

[tool.mlsupply]
fail-on = "medium"
skip = ["release"]
mirrors = ["https://index.example/simple"]
fail-on-group = {dev = "critical", docs = "never"}

[tool.mlsupply.rules]
folders = ["security/rules"]
off = ["MLS-R004"]
severity = {MLS-R001 = "low"}
values = {cooling_off = "7 days"}

[[tool.mlsupply.waivers]]
id = "CVE-2026-1"
package = "torch"
reason = "not reached"
until = 2026-12-31

[[tool.mlsupply.waivers]]
id = "CVE-2026-2"
reason = "accepted"

[[tool.mlsupply.tolerate]]
check = "release"
reason = "offline"
"""


def test_every_part_of_a_configuration_is_read() -> None:
    config = parse(WHOLE, "pyproject.toml")
    assert (config.fail_on, config.skip, config.mirrors) == (
        Severity.MEDIUM,
        ("release",),
        ("https://index.example/simple",),
    )
    assert dict(config.fail_on_group) == {"dev": Severity.CRITICAL, "docs": None}
    assert (config.rule_folders, config.rules_off) == (("security/rules",), ("MLS-R004",))
    assert config.rule_severity == (("MLS-R001", Severity.LOW),)
    assert config.rule_values == (("cooling_off", "7 days"),)
    assert [(w.id, w.until, w.place.line) for w in config.waivers] == [
        ("CVE-2026-1", "2026-12-31", 16),
        ("CVE-2026-2", "", 22),
    ]
    assert config.tolerated[0].reason == "offline"


def test_the_readme_shows_a_configuration_that_is_one_and_names_every_key() -> None:
    readme = README.read_text(encoding="utf-8")
    shown = re.search(r"```toml\n(\[tool\.mlsupply\].*?)```(.*?)\n## ", readme, re.DOTALL)
    assert shown
    assert parse(shown[1], "pyproject.toml").rule_values == (("cooling_off", "7 days"),)
    for key in (*KEYS, *(key for options in SETTINGS.values() for key in options)):
        assert re.search(rf"\b{re.escape(key)}\b", shown[1] + shown[2]), key


def test_the_readme_shows_a_rule_that_is_one() -> None:
    shown = re.search(r"```yaml\n(id: .*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    rule, faults = read_rule("README.md", shown[1], {})
    assert rule is not None, faults
    assert run_samples([rule], {}) == []


def test_a_project_without_a_table_has_no_configuration() -> None:
    assert parse('[project]\nname = "mlsupply-user"\n', "pyproject.toml") == Config()


def test_gaps_of_every_check_can_be_tolerated() -> None:
    assert set(OF_GAPS) == {"inventory", "rules", *(check.name for check in CHECKS)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail_on = "high"', "mlsupply.toml:1: there is no key fail_on, did you mean fail-on?"),
        (
            '\nfail-on = "hihg"',
            "mlsupply.toml:2: fail-on: one of critical, high, medium, low, unknown is wanted, not 'hihg'",
        ),
        ("checks = 'all'", "mlsupply.toml:1: checks: a list of texts is wanted, not 'all'"),
        ("[rules]\n\nof = []", "mlsupply.toml:3: there is no key of, did you mean off?"),
        ("[rules.severity]\nX = 1", "mlsupply.toml:2: X: one of critical"),
        ("[fail-on-kind]\nnames = 'low'", "mlsupply.toml:2: there is no key names, did you mean name?"),
        ("[fail-on-kind]\nmalicious = 'never'", "mlsupply.toml:2: there is no key malicious"),
        ("[[tolerate]]\ncheck = 'releases'", "mlsupply.toml:2: check: one of inventory, advisories, contents,"),
        ("[[tolerate]]\n[[tolerate]]\ncheck = 'r*'", "mlsupply.toml:1: tolerate: one of check, reason, subject is missing"),
        ("[[tolerate]]\nreason = 'ofline'", "mlsupply.toml:2: reason: one of offline, not-found, forbidden,"),
        ("[[waivers]]\nid='a'\nreason='b'\n[[waivers]]\nid='c'", "mlsupply.toml:4: waivers: reason is missing"),
        ("[[waivers]]\nid='a'\nreason='b'\nuntil='soon'", "mlsupply.toml:4: until: a date such as 2026-12-31 is wanted"),
        ("[waivers]\nid = 'a'", "mlsupply.toml:1: waivers is an array of tables: [[waivers]]"),
        ("offline = 'yes'", "mlsupply.toml:1: offline: true or false is wanted, not 'yes'"),
        ("a = ", "mlsupply.toml: not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(MlsupplyError) as told:
        parse(text, "mlsupply.toml")
    assert said in told.value.message
    assert told.value.exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "tool = 1 # mlsupply",
        "[[tool]]\nname = 'mlsupply'\n",
        "[tool]\nmlsupply = {}\n",
    ],
)
def test_a_manifest_whose_tools_are_no_table_has_no_configuration(text: str) -> None:
    assert parse(text, "pyproject.toml") == Config()


@pytest.mark.parametrize("value", ["[" * 100_000, "[" * 5_000 + "]" * 5_000, "9" * 5_000], ids=["open", "nested", "digits"])
def test_a_manifest_no_parser_can_take_is_no_toml(value: str) -> None:
    """Written by whoever owns the project under audit: it must not cost more than its own words."""
    with pytest.raises(MlsupplyError, match="not TOML") as refused:
        parse(f"[tool.mlsupply]\nskip = {value}\n", "pyproject.toml")
    assert refused.value.reference == "bad-config"


def test_of_many_mistakes_fifty_are_told_and_the_rest_counted() -> None:
    with pytest.raises(MlsupplyError) as refused:
        parse("".join(f"key-{number} = 1\n" for number in range(20_000)), "mlsupply.toml")
    first, *told, rest = refused.value.message.splitlines()
    assert first == "20000 faults in the configuration:"
    assert len(told) == 50
    assert told[49].startswith("  mlsupply.toml:50: there is no key key-49")
    assert rest == "  and 19,950 more"


def test_each_of_many_waivers_knows_its_line_and_a_moment_is_its_day() -> None:
    """In time linear in the file: looking for each line from the top would take minutes."""
    row = '[[waivers]]\nid = "MLS-R001"\nreason = "seen"\nuntil = 2026-12-31T23:00:00Z\n\n'
    waivers = parse(row * 4_000, "mlsupply.toml").waivers
    assert [waiver.place.line for waiver in waivers] == list(range(1, 20_000, 5))
    assert {waiver.until for waiver in waivers} == {"2026-12-31"}


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(MlsupplyError, match="2 faults"):
        parse("fail-on = 1\nskipp = []", "mlsupply.toml")


def test_what_is_typed_wins_over_the_configuration() -> None:
    config = parse(WHOLE, "pyproject.toml")
    assert policy_of(config, {}).fail_on is Severity.MEDIUM
    assert policy_of(config, {"fail_on": "low"}).fail_on is Severity.LOW
    assert policy_of(Config(), {}).fail_on is Severity.HIGH


def test_the_configuration_is_that_of_the_project_under_audit(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(WHOLE, encoding="utf-8")
    lock = tmp_path / "uv.lock"
    lock.write_text("", encoding="utf-8")
    assert config_of((str(tmp_path),), "").fail_on is Severity.MEDIUM
    assert config_of((str(lock),), "").fail_on is Severity.MEDIUM
    (tmp_path / "mlsupply.toml").write_text('fail-on = "low"', encoding="utf-8")
    assert config_of((str(tmp_path),), "").fail_on is Severity.LOW
    assert config_of(("litellm==1.82.8",), str(tmp_path / "pyproject.toml")).fail_on is Severity.MEDIUM


def test_paths_in_a_configuration_start_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "security" / "rules"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text("id: X\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(WHOLE, encoding="utf-8")
    settings = rules_of(config_of((str(tmp_path),), ""), {})
    assert settings.files == (((folder / "own.yaml").as_posix(), "id: X\n"),)
    assert settings.values == (("cooling_off", "7 days"),)


@pytest.mark.parametrize(
    ("use", "options"), [(rules_of, {"rule_folders": ("nowhere",)}), (policy_of, {"vex": ("nowhere.json",)})]
)
def test_a_file_that_is_named_and_missing_stops_the_run(use: Callable[..., object], options: dict[str, Any]) -> None:
    with pytest.raises(MlsupplyError) as told:
        use(Config(), options)
    assert told.value.reference == "file-not-read"


OWN_RULE = """\
id: ACME-N001
title: A name of ours from the public index
looks_at: name
when: {name: {starts_with: acme-}, public: true}
severity: high
confidence: high
kind: name
message: "{name} is a name of ours"
remedy: "Pin it to our own index"
samples: {fires: [{name: acme-tools}], quiet: [{name: tools}]}
"""


def _scan(folder: Path, *words: str) -> tuple[int, Any]:
    (folder / "requirements.txt").write_text("acme-tools==1.0\n", encoding="utf-8")
    (folder / "own").mkdir(exist_ok=True)
    (folder / "own" / "acme.yaml").write_text(OWN_RULE, encoding="utf-8")
    run = ["scan", str(folder), "--offline", "--no-resolve", "--check", "names", "-o", "json", *words]
    result = CliRunner().invoke(main, run)
    return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr


def test_a_rule_of_the_users_own_fires_in_a_scan(tmp_path: Path) -> None:
    code, report = _scan(tmp_path, "--rules", str(tmp_path / "own"))
    assert code == 1
    assert "ACME-N001" in {finding["id"] for finding in report["findings"]}


def test_what_a_project_switches_off_or_lowers_is_said_in_its_report(tmp_path: Path) -> None:
    text = '[rules]\nfolders = ["own"]\noff = ["MLS-N005"]\nseverity = {ACME-N001 = "low"}\n'
    (tmp_path / "mlsupply.toml").write_text(text, encoding="utf-8")
    code, report = _scan(tmp_path)
    assert code == 0
    assert {(finding["id"], finding["severity"]) for finding in report["findings"]} == {("ACME-N001", "low")}
    switched = [(gap["subject"], gap["reason"]) for gap in report["gaps"] if gap["check"] == "rules"]
    assert switched == [("MLS-N005", "disabled")]


def test_a_rule_that_is_mistyped_in_the_configuration_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "mlsupply.toml").write_text('[rules]\noff = ["MLS-N033"]\n', encoding="utf-8")
    code, said = _scan(tmp_path)
    assert code == 2
    assert "MLS-N033" in said


def test_a_configuration_may_say_offline_and_which_advisories(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("idna==3.10\n")
    with LoopbackIndex("pypi") as index:
        index.add("idna", "3.10")
        own = f'index-url = "{index.simple}"\n'
        assert _reported(tmp_path, own + 'feed = "embedded"\n') == ({"PyPA Advisory Database"}, set())
        assert index.asked
        index.asked.clear()
        assert _reported(tmp_path, own + "offline = true\n") == ({"PyPA Advisory Database"}, {"offline"})
        assert not index.asked


def _reported(folder: Path, configuration: str) -> tuple[set[str], set[str]]:
    """The advisory data of a scan with this configuration, and why its check of releases could not look."""
    (folder / "mlsupply.toml").write_text(configuration)
    environment = {"MLSUPPLY_CACHE_DIR": str(folder / "cache"), "HTTPS_PROXY": "http://127.0.0.1:9"}
    words = ["scan", str(folder), "-o", "json", "--no-progress", "--no-resolve"]
    report = json.loads(CliRunner().invoke(main, words, env=environment).stdout)
    sources = {source["name"] for source in report["sources"] if "Advisory" in source["name"] or "OSV" in source["name"]}
    assert not [gap for gap in report["gaps"] if gap["check"] == "advisories" and gap["reason"] == "offline"]
    return sources, {gap["reason"] for gap in report["gaps"] if gap["check"] == "release"}
