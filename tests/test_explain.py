"""`mlsupply explain`: whatever a report or an error names can be looked up, offline."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mlsupply
from mlsupply.advisories.incident_pages import incident_page
from mlsupply.advisories.incident_records import records
from mlsupply.audit import CHECKS
from mlsupply.cli import main
from mlsupply.cli.references import EXIT_CODES, FINDINGS_IN_CODE, REFERENCES, WORDS
from mlsupply.model import Cause, Reason
from mlsupply.ruleset.library import builtin_rules


def explain(*words: str) -> Result:
    return CliRunner().invoke(main, ["explain", *words])


def _references() -> set[str]:
    """The first argument of every `MlsupplyError(...)` in the package."""
    found = set()
    for path in Path(mlsupply.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "MlsupplyError":
                first = node.args[0]
                assert isinstance(first, ast.Constant), f"{path}:{node.lineno}: the reference of an error is written out"
                found.add(str(first.value))
    return found


def test_every_error_of_the_package_is_explained() -> None:
    assert _references() == set(REFERENCES), "mlsupply/cli/references.py lists them"


def test_every_finding_of_the_package_is_explained() -> None:
    """Ids stand in the code only where a finding is not made by a rule."""
    known = {*FINDINGS_IN_CODE, *(rule.id for rule in builtin_rules()[1])}
    written = set()
    for path in Path(mlsupply.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(r"MLS-[A-Z]\d{3}", str(node.value)):
                assert node.value in known, f"{path}:{node.lineno}"
                written.add(node.value)
    assert set(FINDINGS_IN_CODE) <= written


@pytest.mark.parametrize("code", list(EXIT_CODES))
def test_an_exit_code_is_explained(code: str) -> None:
    result = explain(code)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Exit code {code}\n  ")


def test_what_is_not_explained_here_is_said_to_be_elsewhere() -> None:
    assert "mlsupply db sync" in explain("CVE-2099-1").stderr
    assert "https://osv.dev/CVE-2099-1 shows it" in explain("CVE-2099-1").stderr
    assert "mlsupply check NAME" in explain("numpy").stderr


def test_the_help_of_scan_names_the_exit_codes_that_other_verbs_refer_to() -> None:
    told = CliRunner().invoke(main, ["scan", "--help"]).output.partition("Exit codes:")[2].partition("Options:")[0]
    assert set(re.findall(r"\d+", told)) == set(EXIT_CODES) - {"130"}


def test_every_word_beside_a_gap_is_explained() -> None:
    """`advisories, stale` is what a report says, and what is typed next."""
    assert {*Reason, *Cause} <= set(WORDS)
    assert explain("stale").stdout.startswith("Word stale\n  Reason of a gap: ")
    assert "fails every run" in explain("MALICIOUS").stdout.replace("\n  ", " ")


def test_a_check_is_explained() -> None:
    assert CHECKS[0].question in explain(CHECKS[0].name).stdout


def test_an_incident_is_told_with_its_window_and_steps() -> None:
    text = explain("litellm-2026").stdout
    for part in (
        "litellm 1.82.7, 1.82.8",
        "1.82.8 from 2026-03-24T10:52:00Z",
        "gone by 2026-03-24T16:00:00Z (another source: 2026-03-24T13:11:00Z)",
        "  1. Isolate",
        "sysmon.service",
        "models.litellm.cloud",
        "Where sources disagree",
    ):
        assert part in text


def test_a_release_of_a_wave_is_told_with_what_its_family_says() -> None:
    text = explain("hades-bramin").stdout
    assert "bramin-setup.pth" in text
    assert "_index.js" in text


def test_an_advisory_is_told_with_the_incident_that_names_it() -> None:
    text = explain("mal-2026-2144").stdout
    assert text.startswith("litellm-2026")


def test_an_advisory_of_the_embedded_database_is_told_by_any_of_its_ids() -> None:
    text = explain("CVE-2024-3660").stdout
    assert "project:       keras" in text
    assert "fixed in 2.13.1" in text


def test_an_advisory_without_a_description_is_explained_by_its_vector() -> None:
    text = " ".join(explain("CVE-2026-35030").output.split())
    assert "what: Lets an attacker read and change everything, over the network, without an account (CVSS vector)." in text


def test_a_check_is_told_with_the_options_that_choose_it() -> None:
    text = explain("contents").stdout
    assert "when does it run?" in text
    assert "`mlsupply scan --check contents` runs it alone, `--skip contents` leaves it out." in text


def test_what_nobody_knows_is_said_with_the_nearest() -> None:
    result = explain("bad-confg")
    assert result.exit_code == 2
    assert "nothing is known about bad-confg, did you mean bad-config?" in result.stderr


def test_every_incident_has_a_page() -> None:
    known = list(records())
    assert len(known) >= 100
    assert all(record.title in incident_page(record) for record in known)


def test_all_incidents_are_listed_where_that_is_asked_for() -> None:
    listed = explain("incidents").stdout.splitlines()
    assert len(listed) == len(records())
    assert any(line.startswith("litellm-2026 ") and "1.82.8" in line for line in listed)


def test_what_is_known_is_explained_beside_what_is_not() -> None:
    result = explain("NO-SUCH", "MLS-A001", "MLS-A0O2")
    assert result.exit_code == 2
    assert result.stdout == explain("MLS-A001").stdout
    assert "nothing is known about NO-SUCH, MLS-A0O2" in result.stderr
