"""`mlsupply check`: names before they are installed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlsupply.cli import main
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory.named import named
from mlsupply.model import Reason
from mlsupply.world import Limits
from tests.loopback_index import LoopbackIndex


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", str(tmp_path / "cache"))


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", "--offline", *arguments])


def test_what_was_not_asked_of_a_release_is_told_and_counts() -> None:
    result = check("torch==2.13.0")
    assert "without the network" in result.output
    assert result.exit_code in {1, 3}


def test_what_to_do_is_told_also_where_it_is_put_together_from_more_findings_than_are_shown() -> None:
    lines = check("torch==2.6.0").stdout.splitlines()
    assert lines[0] == "HIGH  torch 2.6.0"
    assert "more: -o table shows all" in lines[7]
    assert lines[8].startswith("    → Upgrade to ")
    high, medium = check("waitress==3.0.0").stdout.splitlines()[1:3]
    assert high.startswith("    CVE-2024-49769  waitress"), "a severity is told where it is not that of the name"
    assert medium.startswith("    CVE-2024-49768 (medium)  waitress")


def test_a_popular_name_and_an_unknown_one_that_resembles_nothing_pass() -> None:
    result = check("torch", "quarry-lighthouse")
    assert result.exit_code == 0
    assert "nothing found  torch" in result.output
    assert "nothing found  quarry-lighthouse" in result.output


def test_a_slip_fails_and_says_what_was_meant() -> None:
    result = check("nupmy")
    assert result.exit_code == 1
    assert "HIGH  nupmy" in result.output
    assert "write numpy" in result.output


def test_a_borrowed_brand_is_told_and_fails_only_where_asked_to() -> None:
    assert check("openai-helper-pro").exit_code == 0
    assert "MLS-N003" in check("openai-helper-pro").output
    assert check("openai-helper-pro", "--fail-on", "medium").exit_code == 1


def test_a_known_bad_release_fails_by_version_and_a_clean_one_beside_it_is_told_apart() -> None:
    bad = check("litellm==1.82.8", "-o", "json")
    kinds = {(found["package"]["name"], found["kind"]) for found in json.loads(bad.stdout)["findings"] if found["package"]}
    assert bad.exit_code == 1
    assert ("litellm", "malicious") in kinds


def test_a_name_that_has_bad_releases_says_so_where_no_version_is_given() -> None:
    result = check("litellm")
    assert "not checked: litellm: some releases of litellm are malicious" in result.output
    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("asked", "may_be"),
    [
        ("litellm>=1.82", True),
        ("litellm==1.82.*", True),
        ("litellm[proxy]<1.82.7", False),
        ("litellm>=1.83", False),
        ("litellm!=1.82.7,!=1.82.8", False),
    ],
)
def test_a_range_without_the_bad_releases_is_not_held_against_a_name(asked: str, may_be: bool) -> None:
    result = check(asked)
    assert ("some releases of litellm are malicious" in result.output) is may_be
    assert result.exit_code == (3 if may_be else 0)


def test_of_a_malicious_release_one_thing_is_to_be_done() -> None:
    """Beside it, to upgrade for the flaws it has as well would be read as enough."""
    told = [line for line in check("litellm==1.82.8").stdout.splitlines() if line.startswith("    → ")]
    assert len(told) == 1
    assert "rotate them" in told[0]


def test_a_project_made_to_harm_is_found_without_a_version() -> None:
    assert "MALICIOUS" in check("torchtriton==3.0.0").output


def test_names_come_from_a_file_too_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("# for the demo\ntorch\ntranformers>=4\n", encoding="utf-8")
    result = check("--from", "wanted.txt", "-o", "json")
    (found,) = json.loads(result.stdout)["findings"]
    assert result.exit_code == 1
    assert found["places"] == [{"file": "wanted.txt", "line": 3, "member": None}]


def test_many_names_without_a_finding_are_a_number(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("\n".join(["nupmy", *(f"quarry-lighthouse-keeper-{chr(97 + n)}" for n in range(25))]), encoding="utf-8")
    output = check("--from", str(path)).output
    assert "HIGH  nupmy" in output
    assert "nothing found  in 25 other names" in output
    assert "keeper-c" not in output


def test_an_offline_run_says_what_it_could_not_ask() -> None:
    assert "since when, the names exist" in check("quarry-lighthouse").output


def test_letters_of_another_script_are_seen() -> None:
    result = check("p\u0430ndas")
    assert result.exit_code == 1
    assert "MLS-N006" in result.output


def test_names_without_a_version_are_one_sentence_and_not_counted_as_gaps() -> None:
    result = check("torch", "quarry-lighthouse")
    assert "Names without a version were checked as names only" in result.output
    assert "not checked" not in result.output


def test_a_project_that_is_popular_by_mistake_is_mentioned() -> None:
    result = check("jwt")
    assert result.exit_code == 0
    assert "many who install it want pyjwt" in result.output


def test_what_is_no_python_name_is_not_passed_over() -> None:
    result = check("@anthropic-ai/sdk", "torch")
    assert result.exit_code == 3
    assert "npm" in result.output
    assert check("name with spaces").exit_code == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("numpy=1.26.4", "NAME==VERSION: numpy==1.26.4"),
        ("numpy@1.26.4", "NAME==VERSION: numpy==1.26.4"),
        ("numpy 1.26.4", "NAME==VERSION: numpy==1.26.4"),
        ("1.26.4", "NAME==VERSION, without a blank"),  # as `check numpy 1.26.4` hands it over
        ("pkg:pypi/numpy@1.26.4", "NAME==VERSION: numpy==1.26.4"),
        ("numpy==", "names no valid version"),
        ("numpy==newest", "names no valid version"),
        ("conda-forge::numpy", "npm, conda or repository name"),
        ("./wheels/numpy-1.26.4-py3-none-any.whl", "mlsupply inspect"),
        ("numpy-1.26.4-py3-none-any.whl", "mlsupply inspect"),  # which is a name too, by its letters
        ("requirements.txt", "--from reads lists"),
        ("https://files.index.example/numpy.whl", "NAME @ ADDRESS"),
        ("git+https://code.example/numpy", "NAME @ ADDRESS"),
    ],
)
def test_what_was_meant_by_a_text_that_is_no_name_is_told(text: str, told: str) -> None:
    result = check(text)
    assert result.exit_code == 3
    assert f"not checked: command line: {text}" in result.stderr
    assert told in result.stderr


def test_an_address_is_asked_of_by_the_name_it_is_given() -> None:
    assert "nothing found  numpy" in check("numpy @ https://files.index.example/numpy.whl").output


def test_names_are_read_from_standard_input_with_their_lines() -> None:
    lines = "# wanted\nnumpy==99.1  # for the demo\n\nnupmy\nname with spaces\n"
    result = CliRunner().invoke(main, ["check", "--offline", "--from", "-"], input=lines)
    assert "HIGH  nupmy" in result.output
    assert "not checked: standard input:5: not a requirement" in result.stderr
    places = CliRunner().invoke(main, ["check", "--offline", "--from", "-", "-o", "json"], input=lines).stdout
    (found,) = [one for one in json.loads(places)["findings"] if one["kind"] == "name"]
    assert found["places"] == [{"file": "standard input", "line": 4, "member": None}]


def test_more_than_the_limit_on_standard_input_is_a_gap(tmp_path: Path) -> None:
    (inventory,) = named((), (), DiskTree(tmp_path, (), Limits()), Limits(manifest_bytes=10), b"torch\nnumpy")
    assert [(gap.subject, gap.reason) for gap in inventory.gaps] == [("standard input", Reason.TOO_LARGE)]
    assert not inventory.packages


def test_a_line_of_a_file_that_names_nothing_is_told_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("torch\nname with spaces\n", encoding="utf-8")
    assert "not checked: wanted.txt:2: not a requirement" in check("--from", "wanted.txt").stderr


def test_a_list_of_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("# none yet\n", encoding="utf-8")
    result = check("--from", "empty.txt")
    assert result.exit_code == 4
    assert "empty.txt names nothing" in result.stderr
    (tmp_path / "lists").mkdir()
    assert "there is no file lists [path-not-found]" in check("--from", "lists").stderr


def test_a_missing_file_is_not_passed_over() -> None:
    done = check("--from", "missing.txt")
    assert done.exit_code == 2
    assert "there is no file missing.txt [path-not-found]" in done.stderr


def test_no_name_is_a_mistake_in_use() -> None:
    result = check()
    assert result.exit_code == 2
    assert "nothing-named" in result.output


def test_the_users_own_names_are_known(tmp_path: Path) -> None:
    (tmp_path / "mlsupply.toml").write_text('[names]\nknown = ["openai-gasket-sdk"]\n', encoding="utf-8")
    assert "nothing found  openai-gasket-sdk" in check("openai-gasket-sdk").output


def ask(index: LoopbackIndex, *names: str) -> Result:
    return CliRunner().invoke(main, ["check", "--index-url", index.simple, "--feed", "embedded", *names])


def days_ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def test_an_invented_name_is_told_by_the_index_whatever_its_letters_say(index: LoopbackIndex) -> None:
    index.add("quarry-lighthouse", "0.1", uploaded=days_ago(5))
    index.add("harbour-lighthouse", "0.1", uploaded=days_ago(900))
    nobody, new, old = (ask(index, name) for name in ("meadow-lighthouse", "quarry-lighthouse", "harbour-lighthouse"))
    assert nobody.exit_code == 1
    assert "MLS-N008  The index has no project meadow-lighthouse" in nobody.output
    assert "MLS-N009  quarry-lighthouse has been on the index for only 5 days; releases so far: 1" in new.output
    assert old.exit_code == 0
    assert "nothing found  harbour-lighthouse" in old.output


def test_a_busy_project_of_this_month_is_no_invented_name(index: LoopbackIndex) -> None:
    for minor in range(5):
        index.add("quarry-lighthouse", f"0.{minor}", uploaded=days_ago(20 - minor))
    assert "nothing found  quarry-lighthouse" in ask(index, "quarry-lighthouse").output


def test_what_letters_make_possible_a_week_makes_likely(index: LoopbackIndex) -> None:
    offline = check("icalendar-parser")
    assert "MLS-N005" in offline.output
    assert "MLS-N003" not in offline.output
    index.add("icalendar", "6.0", uploaded=days_ago(2000))
    index.add("icalendar-parser", "0.1", uploaded=days_ago(3))
    assert "MLS-N003" in ask(index, "icalendar-parser").output
