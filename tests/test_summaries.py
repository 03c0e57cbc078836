"""What a flaw is, in a sentence: from the record, in the report, and in `explain` for every record this machine holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.advisories.summaries import summary_of
from mlsupply.audit import run
from mlsupply.cli import main
from mlsupply.model import Finding
from mlsupply.outcome import Report
from mlsupply.report import markdown, sarif, table
from mlsupply.report.vectors import words_of
from mlsupply.report.view import View, view_of
from mlsupply.request import Request
from mlsupply.value import replace
from mlsupply.world import World
from tests.advisory_data import fixed, record, write
from tests.golden import REPORT

SAID = "A request without a length makes the demo server write outside its folder"


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ("Demo is a server for files. Prior to version 2.1, a path may leave the folder.", "A path may leave the folder."),
        ("### Impact\nAn attacker can [read](https://example.org/a) any file.\n\n### Patches\nUpgrade to 2.1.", None),
        ("The flaw is patched in 2.1. It allows anybody to read any file.", "It allows anybody to read any file."),
        ("The vulnerability is patched in 2.1.", "The vulnerability is patched in 2.1."),
        ("demo.views in Demo 1 leaks names.", "demo.views in Demo 1 leaks names."),
        ("Colours of the demo are wrong.", "Colours of the demo are wrong."),
        ("\x1b[31mAn attacker\u202e reads.", "\ufffdAn attacker\ufffd reads."),
        ("", ""),
    ],
)
def test_the_sentence_that_tells_of_harm_is_taken(details: str, told: str | None) -> None:
    assert summary_of({"details": details}) == ("An attacker can read any file." if told is None else told)


def test_a_summary_goes_before_the_details() -> None:
    assert summary_of({"summary": SAID, "details": "An attacker can do harm."}) == SAID
    assert summary_of({"summary": " ", "details": "An attacker can do harm."}) == "An attacker can do harm."
    assert summary_of({"summary": 3, "details": ["no text"]}) == ""


def _view(summary: str) -> View:
    report: Report = REPORT

    def telling(finding: Finding) -> Finding:
        advisory = finding.advisory
        return replace(finding, advisory=replace(advisory, summary=summary), title=summary) if advisory else finding

    return view_of(replace(report, findings=tuple(map(telling, report.findings))))


def test_reports_say_what_the_flaw_is() -> None:
    view = _view(SAID)
    assert f"     {SAID}\n" in table.render(view).decode()
    assert f": {SAID}" in markdown.render(view).decode()
    rules = json.loads(sarif.render(view))["runs"][0]["tool"]["driver"]["rules"]
    titles = [rule["shortDescription"]["text"] for rule in rules]
    assert any(title.endswith(f": {SAID}") for title in titles)
    assert len(titles) == len(set(titles)), "a list of alerts shows these alone"


NETWORK = "Lets an attacker read and change everything and stop it, over the network, without an account (CVSS vector)."


@pytest.mark.parametrize(
    ("vector", "words"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", NETWORK),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", NETWORK),
        (
            "CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:L",
            "Lets an attacker read some of it and slow it down, on the machine itself, with an account, helped by a user"
            " (CVSS vector).",
        ),
        (
            "CVSS:3.1/AV:A/AC:L/PR:H/UI:N/S:U/C:N/I:H/A:N",
            "Lets an attacker change everything, on the same network, with a privileged account (CVSS vector).",
        ),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", ""),
        ("CVSS:3.1/AV:N/C:H", ""),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", ""),
        ("CVSS:3.1/" + "AV:\x1b[2J/" * 1000, ""),
        ("", ""),
    ],
)
def test_a_vector_is_put_into_words(vector: str, words: str) -> None:
    assert words_of(vector) == words


def test_without_a_sentence_reports_put_the_vector_into_words_and_say_where_to_read(world: World) -> None:
    (world.tree.root / "requirements.txt").write_text("waitress==3.0.0\n", encoding="utf-8")
    view = view_of(run(Request(offline=True, feed="embedded", checks=("advisories",)), world))
    assert "Lets an attacker " in table.render(view).decode()
    pointer = [sentence for sentence in view.coverage if "https://osv.dev/vulnerability/ID" in sentence]
    assert len(pointer) == 1
    telling = tuple(replace(f, advisory=replace(f.advisory, summary=SAID)) for f in view.findings if f.advisory)
    assert not any("osv.dev" in sentence for sentence in view_of(replace(view.report, findings=telling)).coverage)


def test_the_table_keeps_it_to_one_line_unless_nothing_is_to_be_cut() -> None:
    long = "An attacker " + "who waits " * 20 + "reads all"
    lines = table.render(_view(long)).decode().splitlines()
    assert any(line.startswith("     An attacker") and line.endswith("…") for line in lines)
    assert max(map(len, lines)) <= 100
    assert "reads all" in table.render(_view(long), most=table.WHOLE).decode()


def test_the_table_cuts_no_word_of_a_flaw_where_leaving_out_its_source_is_enough() -> None:
    lines = table.render(_view(NETWORK)).decode().splitlines()
    assert f"     {NETWORK.removesuffix(' (CVSS vector).')}" in [line.rstrip() for line in lines]


def test_explain_knows_what_the_local_database_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", str(tmp_path / "cache"))
    known = record("PYSEC-2026-99991", events=fixed("1.2"), modified="2026-10-01T00:00:00Z", aliases=["CVE-2026-99991"])
    export = write(tmp_path / "all.zip", [{**known, "summary": SAID}])
    assert CliRunner().invoke(main, ["explain", "CVE-2026-99991"]).exit_code == 2
    assert CliRunner().invoke(main, ["db", "import", str(export)]).exit_code == 0
    text = CliRunner().invoke(main, ["explain", "cve-2026-99991"]).stdout
    assert text.startswith("PYSEC-2026-99991\n")
    assert SAID in " ".join(text.split())
    assert "the local database as of 2026-10-01" in text


def test_explain_knows_what_the_api_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlsupply.advisories.live import _Cache
    from mlsupply.advisories.records import parse

    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", str(tmp_path))
    known = record("PYSEC-2026-99992", events=fixed("1.2"), aliases=["CVE-2026-99992"])
    (project, parsed) = next(parse({**known, "summary": SAID}))
    cache = tmp_path / "advisories" / "live"
    _Cache(cache).put(project, parsed)
    (cache / "broken").mkdir()
    (cache / "broken" / "demo.json").write_text("[1]")
    done = CliRunner().invoke(main, ["explain", "CVE-2026-99992"])
    assert SAID in " ".join(done.stdout.split())
    assert "the OSV API" in done.stdout
    assert done.stderr == ""
    monkeypatch.setattr("mlsupply.advisories.kept._MOST", 1)
    done = CliRunner().invoke(main, ["explain", "CVE-2026-99992"])
    assert "not checked: of the records kept from the API the first 1 were looked through" in done.stderr
