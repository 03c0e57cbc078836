"""What a run did not check, told so that it is read: by cause, each once, with its size and the step that closes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from mlsupply.inventory.parsing import gap
from mlsupply.ledger import Ledger
from mlsupply.model import Cause, Checked, Gap, Place, Reason
from mlsupply.policy import decide
from mlsupply.report.causes import by_cause, in_brief, scope_of, unchecked
from mlsupply.request import Policy, Request, Tolerance
from mlsupply.value import replace
from tests.golden import PACKAGES
from tests.test_policy import NOW, PROJECT

OFFLINE = "no single version is named, and resolving it takes an index, which offline runs do not ask"


@pytest.fixture
def scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two files of open requirements and one that cannot be read."""
    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", str(tmp_path / "cache"))
    project = tmp_path / "project"
    (project / "docs").mkdir(parents=True)
    (project / "requirements.txt").write_text("torch>=2\nvllm\nidna==3.15\n", encoding="ascii")
    (project / "docs/requirements.txt").write_text("sphinx\n", encoding="ascii")
    (project / "poetry.lock").write_text("not [ TOML\n", encoding="ascii")
    monkeypatch.chdir(project)
    return project


def _run(*words: str) -> str:
    done = CliRunner().invoke(main, ["scan", "--feed", "embedded", "--no-progress", *words])
    assert done.exit_code in {1, 3}, done.output
    return done.stdout


def _unchecked(report: Mapping[str, Any]) -> list[tuple[str, str, int, bool]]:
    return [(one["cause"], one["check"], one["gaps"], one["counts"]) for one in report["unchecked"]]


def test_a_cause_is_told_once_with_all_it_is_about_and_what_failed_comes_first(scanned: Path) -> None:
    report = json.loads(_run("--offline", "-o", "json"))
    told = _unchecked(report)
    assert told[0] == ("failed", "inventory", 1, True), "the file that cannot be read"
    assert ("scope", "inventory", 3, True) in told, "three open requirements in two files have one cause"
    assert told[-1] == ("scope", "contents", 1, False), "nobody asked for what is in archives"
    assert sum(size for _, _, size, _ in told) == len(report["gaps"]), "each gap in one cause"
    located = [(row["place"]["file"], row["place"]["line"], row["item"]) for row in report["gaps"] if row["item"]]
    assert {("requirements.txt", 1, "torch>=2"), ("docs/requirements.txt", 1, "sphinx")} <= set(located), "and where it was"


def test_the_table_says_in_its_head_what_is_not_covered_and_gives_one_step_a_cause(scanned: Path) -> None:
    table = _run("--offline")
    head = " ".join(table.partition("NOT CHECKED")[0].split())
    assert "Not checked in full: inventory, advisories (failed or too old); inventory, release of 1 package" in head
    gaps = " ".join(table.partition("NOT CHECKED")[2].split())
    assert gaps.count(OFFLINE) == 1
    assert f"3 places: {OFFLINE} docs/requirements.txt: sphinx requirements.txt: torch>=2, vllm → run without" in gaps
    titles = [gaps.index(title) for title in ("failed or too old", "outside this run")]
    assert titles == sorted(titles)


def test_a_file_of_many_names_is_cut_in_the_table_and_whole_when_asked_for(scanned: Path) -> None:
    (scanned / "docs/requirements.txt").unlink()
    (scanned / "requirements.txt").write_text("".join(f"package-{n}\n" for n in range(40)), encoding="ascii")
    assert "package-7 and 32 more" in " ".join(_run("--offline").split())
    whole = _run("--offline", "-v")
    assert all(f"package-{n}" in whole for n in range(40))
    assert "package-19 and 20 more" in _run("--offline", "-o", "markdown")


def test_the_first_annotation_of_a_cause_tells_how_many_there_are_and_what_closes_it(scanned: Path) -> None:
    lines = [line for line in _run("--offline", "-o", "github").splitlines() if "Not checked" in line]
    first = next(line for line in lines if "inventory%2C offline" in line)
    assert first.startswith("::warning file=docs/requirements.txt,line=1,")
    assert "(and 3 more of inventory, offline)%0Arun without --offline, or pin it" in first
    assert any(line.startswith("::notice ") and "contents%2C disabled" in line for line in lines), "not counted, not loud"


def _decided(*gaps: Gap, offline: bool = False, tolerated: tuple[Tolerance, ...] = ()) -> tuple[tuple[Gap, ...], str]:
    request = Request(offline=offline, policy=Policy(tolerated=tolerated))
    _, marked, verdict = decide((), gaps, PROJECT, request, NOW)
    return marked, verdict.reason


def _gap(reason: Reason, subject: str = "index files.example", check: str = "release") -> Gap:
    return Gap(subject=subject, check=check, reason=reason, detail="it could not be reached")


def test_what_cannot_be_reached_is_a_failure_unless_the_run_is_offline() -> None:
    assert [one.cause for one in _decided(_gap(Reason.OFFLINE))[0]] == [Cause.FAILED]
    assert [one.cause for one in _decided(_gap(Reason.OFFLINE), offline=True)[0]] == [Cause.SCOPE]


def test_the_verdict_tells_the_causes_apart_and_counts_what_is_not_published() -> None:
    silent = replace(_gap(Reason.UNSUPPORTED), cause=Cause.UNPUBLISHED)
    gaps = (_gap(Reason.TIMEOUT), silent, _gap(Reason.UNPINNED), _gap(Reason.DISABLED, "archives", "contents"))
    marked, reason = _decided(*gaps)
    assert reason == "not everything could be checked: 1 failed or too old, 1 left open by the input, 1 published by nobody"
    assert [one.counts for one in marked] == [True, True, True, False]


def test_what_nobody_publishes_names_the_lines_that_accept_it_and_they_do() -> None:
    silent = replace(_gap(Reason.UNSUPPORTED), cause=Cause.UNPUBLISHED)
    (group,) = unchecked(_decided(silent)[0])
    assert group.step.endswith('[[tool.mlsupply.tolerate]] with check = "release", subject = "index files.example"')
    accepted = Tolerance(check="release", subject="index files.example")
    marked, reason = _decided(silent, tolerated=(accepted,))
    assert reason == "clean and complete, but for what is switched off or tolerated"
    (group,) = unchecked(marked)
    assert (group.counts, group.step) == (False, ""), "accepted, still told, and nothing left to do"


def test_packages_are_counted_once_however_a_check_says_it() -> None:
    shared = _gap(Reason.TIMEOUT)
    ledger = Ledger(PACKAGES)
    for package in PACKAGES:
        own = Gap(subject=str(package.coordinate), check="advisories", reason=Reason.UNPINNED, detail="no version is pinned")
        for _ in range(2):  # a check may speak of a package more than once
            ledger.enter(Checked(check="release", package=package, gaps=(shared,)))
        ledger.enter(Checked(check="advisories", package=package, gaps=(own,)))
    groups = unchecked(_decided(*ledger.gaps)[0])
    assert [(one.check, one.packages, len(one.gaps)) for one in groups] == [("release", 4, 1), ("advisories", 4, 4)]
    assert scope_of(groups) == (
        "Not checked in full: release of 4 packages (failed or too old); advisories of 4 packages (left open by the input)."
    )


def test_packages_that_each_fail_in_their_own_way_are_all_counted_in_the_head() -> None:
    """It said `contents of 1 package`, whatever their number, where no two failed for the same reason."""
    gaps = [
        Gap(subject=str(package.coordinate), check="contents", reason=Reason.MALFORMED, detail=f"broken at {n}", packages=1)
        for n, package in enumerate(PACKAGES)
        for _ in range(2)
    ]
    assert scope_of(unchecked(gaps)) == "Not checked in full: contents of 4 packages (failed or too old)."


def test_causes_that_are_alike_are_told_in_a_line_and_each_has_its_own_group() -> None:
    gaps = [gap("a.txt", Reason.MALFORMED, f"line {n} cannot be read", n, "mend it") for n in range(1, 4)]
    groups = unchecked(gaps)
    assert [one.why for one in groups] == ["line 1 cannot be read", "line 2 cannot be read", "line 3 cannot be read"]
    assert in_brief(groups) == "inventory, malformed: a.txt:1 and 2 more: line 1 cannot be read → mend it"
    assert [title for title, _ in by_cause(groups)] == ["failed or too old"]


def test_of_several_alike_that_one_step_closes_the_step_stands_below_the_last(scanned: Path) -> None:
    (scanned / "poetry.lock").unlink()
    (scanned / "docs/requirements.txt").write_text("a @ http://[\nb !! 1\nc ?? 2\n", encoding="ascii")
    gaps = " ".join(_run("--offline").partition("NOT CHECKED")[2].split())
    groups = [one for one in json.loads(_run("--offline", "-o", "json"))["unchecked"] if one["reason"] == "malformed"]
    assert len(groups) == 2
    assert len({one["step"] for one in groups}) == 1
    assert gaps.count(f"→ {groups[0]['step']}") == 1


def test_an_item_is_cut_off_the_sentence_and_cannot_hide_a_password() -> None:
    one = gap("a.txt", Reason.OFFLINE, OFFLINE, 3, item="x @ https://user:secret@files.example/x.whl")
    assert one.why == OFFLINE
    assert "secret" not in one.detail
    assert one.detail == f"{OFFLINE}: {one.item}"
    assert one.place == Place("a.txt", 3)


def test_a_gap_of_no_package_is_about_none() -> None:
    ledger = Ledger(())
    ledger.note([_gap(Reason.MALFORMED), _gap(Reason.MALFORMED)])
    ledger.enter(Checked(check="release", gaps=(_gap(Reason.TIMEOUT),)))
    assert [one.packages for one in ledger.gaps] == [0, 0]
