"""Were we hit? The LiteLLM case on small histories, and repositories that try to have something run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.cli import main
from mlsupply.errors import MlsupplyError
from mlsupply.exposure.answer import answer
from mlsupply.exposure.question import ask
from mlsupply.exposure.report import as_text
from mlsupply.exposure.repository import Git, find, open_repository
from mlsupply.limited import MEMORY
from mlsupply.world import Limits
from tests.exposure_generator import collection
from tests.exposure_history import History, lock
from tests.exposure_score import score

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def _ask(*words: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The exit code, and the exposures by file."""
    done = CliRunner().invoke(main, ["exposure", *words, "-o", "json", "--jobs", "1"])
    document = json.loads(done.stdout)
    by_file: dict[str, list[dict[str, Any]]] = {}
    for one in document["repositories"]:
        for exposure in one["exposures"]:
            by_file.setdefault(exposure["file"], []).append(exposure)
    by_file["gaps"] = document["gaps"]
    return done.exit_code, by_file


def test_several_repositories_are_read_by_several_processes_and_a_ticket_shows_them_in_one_table(tmp_path: Path) -> None:
    for name, version in (("chat|bot", "1.82.8"), ("search", "1.82.7"), ("quiet", "1.82.6")):
        history = History(tmp_path / name)
        history.commit("2026-03-24T11:30:00Z", uvDOTlock=lock(version))
        history.commit("2026-03-26T08:00:00Z", uvDOTlock=lock("1.83.7"))
    words = ["exposure", "litellm-2026", str(tmp_path), "--jobs", "2", "--no-progress"]
    done = CliRunner().invoke(main, [*words, "-o", "markdown"])
    assert done.exit_code == 1
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ") and "resolved" in line]
    assert len(rows) == 2
    assert all("| 2026-03-24T11:30:00Z " in row and "| 2026-03-26T08:00:00Z " in row for row in rows)
    assert "chat&#124;bot" in rows[0]  # a bar in a name makes no further column
    alone = CliRunner().invoke(main, [*words[:-2], "1", "--no-progress", "-o", "markdown"])
    assert alone.stdout == done.stdout


def test_all_five_verdicts_of_the_litellm_case(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit(
        "2026-03-01T10:00:00Z",
        locked__uvDOTlock=lock("1.82.6"),
        locked__pyprojectDOTtoml='[project]\nname = "gateway"\nversion = "0.1"\ndependencies = ["litellm>=1.80"]\n',
        open__requirementsDOTtxt="litellm>=1.80\n",
        pinned__requirementsDOTtxt="litellm==1.81.0\n",
        held__uvDOTlock=lock("1.82.6"),
        brokenDOTlock="x",
        broken__uvDOTlock='[[package]]\nname = "litellm"\nversion = 1.82\n[[',
    )
    came = history.commit("2026-03-24T11:30:00Z", held__uvDOTlock=lock("1.82.8"))
    left = history.commit("2026-03-25T09:00:00Z", held__uvDOTlock=lock("1.83.7"))
    code, found = _ask("litellm-2026", str(tmp_path))
    assert code == 1
    verdicts = {file: sorted({str(one["verdict"]) for one in several}) for file, several in found.items() if file != "gaps"}
    assert verdicts == {
        "held/uv.lock": ["no", "resolved"],
        "open/requirements.txt": ["would have resolved"],
        "locked/pyproject.toml": ["could have"],
        "locked/uv.lock": ["no"],
        "pinned/requirements.txt": ["no"],
        "broken/uv.lock": ["unknown"],
    }
    (hit,) = [one for one in found["held/uv.lock"] if one["verdict"] == "resolved"]
    assert (hit["version"], hit["first"]["id"], hit["last"]["id"]) == ("1.82.8", came, left)
    assert hit["paths"] == [["gateway", "litellm"]]


def test_a_requirement_that_came_between_two_stated_ends_of_the_window_gets_both_answers(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit("2026-03-24T14:00:00Z", requirementsDOTtxt="litellm\n")
    code, found = _ask("litellm-2026", str(tmp_path))
    assert code == 0
    (one,) = found["requirements.txt"]
    assert one["verdict"] == "could have"
    assert "only if the later one is right" in str(one["notes"])


def test_branches_merges_renames_and_deleted_files_are_followed(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit("2026-03-01T10:00:00Z", uvDOTlock=lock("1.82.6"))
    history.git("checkout", "-qb", "upgrade")
    came = history.commit("2026-03-24T11:00:00Z", uvDOTlock=lock("1.82.8"))
    history.git("checkout", "-q", "main")
    history.commit("2026-03-24T11:10:00Z", otherDOTtxt="x")
    history.git("merge", "-q", "--no-ff", "-m", "merge", "upgrade", at="2026-03-24T11:20:00Z")
    merged = history.git("rev-parse", "HEAD")
    history.git("mv", "uv.lock", "poetry.lock")
    history.git("commit", "-qm", "rename", at="2026-03-24T12:00:00Z")
    left = history.commit("2026-03-24T13:00:00Z", poetryDOTlock=None)
    code, found = _ask("litellm-2026", str(tmp_path))
    (hit,) = [one for several in found.values() for one in several if one.get("verdict") == "resolved"]
    assert code == 1
    assert hit["file"] == "poetry.lock"
    assert hit["former_files"] == ["uv.lock"]
    assert hit["first"]["id"] == came
    assert [one["id"] for one in hit["merged"]] == [merged]
    assert hit["refs"] == ["upgrade"], "the branch it came from holds it still"
    assert hit["last"] is None
    history.git("branch", "-D", "upgrade")
    _, found = _ask("litellm-2026", str(tmp_path))
    (hit,) = [one for one in found["poetry.lock"] if one["verdict"] == "resolved"]
    assert hit["last"]["id"] == left


def test_a_shallow_clone_says_what_is_missing(tmp_path: Path) -> None:
    history = History(tmp_path / "full")
    history.commit("2026-03-24T11:00:00Z", uvDOTlock=lock("1.82.8"))
    history.commit("2026-03-25T11:00:00Z", uvDOTlock=lock("1.83.7"))
    origin = (tmp_path / "full").as_uri()
    subprocess.run(["git", "clone", "-q", "--depth", "1", origin, str(tmp_path / "clones" / "x")], check=True)
    code, found = _ask("litellm-2026", str(tmp_path / "clones"))
    assert code == 3
    assert "shallow clone" in str(found["gaps"])


def test_nothing_a_repository_configures_is_run(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit(
        "2026-03-24T11:00:00Z",
        uvDOTlock=lock("1.82.8"),
        DOTgitattributes="*.lock diff=evil filter=evil\nuv.lock textconv=evil\n",
    )
    mark = tmp_path / "ran"
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n", encoding="utf-8")
    evil.chmod(0o755)
    keys = ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "diff.evil.textconv", "filter.evil.smudge",
            "filter.evil.clean", "gpg.program", "core.editor", "uploadpack.packObjectsHook", "alias.log")  # fmt: skip
    for key in keys:
        history.git("config", key, f"!{evil}" if key.startswith("alias") else str(evil))
    history.git("config", "log.showSignature", "true")
    for hook in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        shutil.copy(evil, tmp_path / "repo/.git/hooks" / hook)
    code, found = _ask("litellm-2026", str(tmp_path / "repo"))
    assert code == 1
    assert [one["verdict"] for one in found["uv.lock"]] == ["resolved"]
    assert not mark.exists()


def test_damaged_and_missing_objects_cost_only_themselves(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit("2026-03-24T11:00:00Z", a__uvDOTlock=lock("1.82.8"), b__uvDOTlock=lock("1.82.7"))
    damaged = history.git("rev-parse", "HEAD:b/uv.lock")
    path = tmp_path / "repo/.git/objects" / damaged[:2] / damaged[2:]
    path.chmod(0o644)
    path.write_bytes(b"not zlib")
    code, found = _ask("litellm-2026", str(tmp_path))
    assert code == 1
    assert [one["verdict"] for one in found["a/uv.lock"]] == ["resolved"]
    # what the objects no longer tell, the file in the work tree still does
    assert [one["verdict"] for one in found["b/uv.lock"]] == ["resolved", "unknown"]
    assert "b/uv.lock" in str(found["gaps"])


def test_a_commit_whose_message_does_not_end_is_said_and_what_came_before_it_stands(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    parent = history.commit("2026-03-24T11:00:00Z", uvDOTlock=lock("1.82.8"))
    (tmp_path / "repo/uv.lock").write_text(lock("1.83.7"), encoding="utf-8")
    history.git("add", "-A")
    author = "Dev <dev@example.com> 1774440000 +0000"
    head = f"tree {history.git('write-tree')}\nparent {parent}\nauthor {author}\ncommitter {author}\n\n"
    (tmp_path / "commit").write_text(head + "x" * (20 << 20), encoding="ascii")
    made = history.git("hash-object", "-t", "commit", "-w", str(tmp_path / "commit"))
    history.git("update-ref", "refs/heads/main", made)
    (tmp_path / "repo/uv.lock").unlink()

    code, found = _ask("litellm-2026", str(tmp_path / "repo"))

    assert code == 1
    assert [one["verdict"] for one in found["uv.lock"]] == ["resolved"]
    (gap,) = found["gaps"]
    assert "read only in part: a commit is larger than 16,777,216 bytes" in str(gap)


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of a process that runs can be set on Linux alone")
def test_git_may_not_take_all_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blob of a few bytes may be a difference to one of any size, which git unpacks whole."""
    stand_in = tmp_path / "git"
    asks = "resource.getrlimit(resource.RLIMIT_DATA)[1]"
    stand_in.write_text(f"#!{sys.executable} -S\nimport resource, time\ntime.sleep(0.2)\nprint({asks})\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with Git(tmp_path).start("cat-file") as process:
        assert process.stdout is not None
        assert 1 << 30 <= int(process.stdout.read()) <= MEMORY


def test_a_git_file_that_points_outside_is_not_followed(tmp_path: Path) -> None:
    secret = History(tmp_path / "secret")
    secret.commit("2026-03-24T11:00:00Z", uvDOTlock=lock("1.82.8"))
    scanned = tmp_path / "scanned" / "repo"
    scanned.mkdir(parents=True)
    (scanned / ".git").write_text(f"gitdir: {tmp_path}/secret/.git\n", encoding="utf-8")
    code, found = _ask("litellm-2026", str(tmp_path / "scanned"))
    assert code == 3
    assert "outside" in str(found["gaps"])


def test_a_commit_message_cannot_forge_a_record(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    (tmp_path / "repo/uv.lock").write_text(lock("1.82.6"), encoding="utf-8")
    history.git("add", ".")
    history.git("commit", "-qm", f"x\x01{'a' * 40}\x02\x02{1774350000}\x02a\x02b\x02c\n:000000 100644 0 1 A\n")
    code, found = _ask("litellm-2026", str(tmp_path))
    assert code == 0
    assert [one["verdict"] for one in found["uv.lock"]] == ["no"]


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("litellm-2026", {"litellm": {"1.82.7", "1.82.8"}}),
        ("litellm==1.82.8", {"litellm": {"1.82.8"}}),
        ("My_Package==1.0,2.0", {"my-package": {"1.0", "2.0"}}),
        ("some-project", {"some-project": None}),
    ],
)
def test_a_question_is_an_incident_or_releases(text: str, bad: dict[str, set[str] | None]) -> None:
    assert ask(text).bad == bad


def test_versions_compare_by_value() -> None:
    assert ask("litellm==1.82.8").is_bad("litellm", "1.82.8.0")
    assert not ask("litellm==1.82.8").is_bad("litellm", "1.82.80")


@pytest.mark.parametrize(("text", "window"), [("no-such-2026", ""), ("a b c", ""), ("litellm-2026", "yesterday")])
def test_a_question_that_means_nothing_is_refused(text: str, window: str) -> None:
    with pytest.raises(MlsupplyError):
        ask(text, window)


def test_a_window_of_ones_own_decides_where_there_is_no_record(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit("2026-01-01T00:00:00Z", requirementsDOTtxt="acme-sdk>=1\n")
    code, found = _ask("acme-sdk==1.5", str(tmp_path))
    assert (code, [one["verdict"] for one in found["requirements.txt"]]) == (3, ["unknown"]), "not known is not no"
    code, found = _ask("acme-sdk==1.5", str(tmp_path), "--window", "2026-02-01..2026-02-02")
    assert (code, [one["verdict"] for one in found["requirements.txt"]]) == (1, ["would have resolved"])


@pytest.mark.parametrize(
    ("came", "left", "verdict"),
    [
        ("2026-01-01T00:00:00Z", "2026-02-01T10:00:00Z", "would have resolved"),  # there in the first second
        ("2026-01-01T00:00:00Z", "2026-02-01T09:59:59Z", "no"),
        ("2026-02-01T12:00:00Z", "2026-03-01T00:00:00Z", "would have resolved"),  # there in the last second
        ("2026-02-01T12:00:01Z", "2026-03-01T00:00:00Z", "no"),
    ],
)
def test_a_window_holds_its_first_and_its_last_second(came: str, left: str, verdict: str, tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit(came, requirementsDOTtxt="acme-sdk\n")
    history.commit(left, requirementsDOTtxt="other-sdk\n")
    window = "2026-02-01T10:00:00Z..2026-02-01T12:00:00Z"
    _, found = _ask("acme-sdk==1.5", str(tmp_path), "--window", window)
    assert [one["verdict"] for one in found["requirements.txt"]] == [verdict]


@pytest.mark.parametrize("words", ["MAL-2026-2144", "pysec-2026-2", "litellm[proxy]==1.82.7,1.82.8"])
def test_an_incident_is_found_by_what_a_report_calls_it(words: str) -> None:
    found = ask(words)
    assert found.incident
    assert found.incident.id == "litellm-2026"
    assert found.bad == {"litellm": frozenset({"1.82.7", "1.82.8"})}


@pytest.mark.parametrize("words", ["litelm-2026", "CVE-2026-42208", "GHSA-aaaa-bbbb-cccc"])
def test_what_looks_like_an_incident_is_not_taken_for_a_package(words: str) -> None:
    with pytest.raises(MlsupplyError, match="neither an incident nor a release"):
        ask(words)


def test_a_slip_in_an_incident_is_answered_with_the_one_that_is_meant() -> None:
    with pytest.raises(MlsupplyError, match="did you mean litellm-2026"):
        ask("litelm-2026")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nonsense!!", "nonsense!! is neither an incident nor a release"),
        ("acme-", "acme- is neither an incident nor a release"),
        ("", "an empty word is neither"),
        ("./src", "./src is neither an incident nor a release"),
        ("litellm>=1.82", "litellm>=1.82 is neither an incident nor a release"),
        ("litellm 1.82.7", "did you mean litellm==1.82.7?"),
        ("litellm==", "litellm== is neither"),
        ("litellm==1.82.*", "1.82.* in litellm==1.82.* is no version"),
        ("litellm==latest", "latest in litellm==latest is no version"),
    ],
)
def test_what_is_no_question_is_refused_with_the_form_of_one(words: str, said: str) -> None:
    done = CliRunner().invoke(main, ["exposure", words, "--no-progress"])
    assert done.exit_code == 2
    assert said in done.stderr
    assert "or releases, such as litellm==1.82.7,1.82.8" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words", ["litellm==1.82.7,1.82.8", "litellm == 1.82.8, 1.82.7", "litellm==1.82.7,==1.82.8"])
def test_versions_may_be_written_with_spaces_or_repeated_signs(words: str) -> None:
    assert ask(words).bad == {"litellm": frozenset({"1.82.7", "1.82.8"})}


def test_a_name_alone_asks_for_what_a_record_holds_of_it_and_says_so(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit("2026-03-01T10:00:00Z", uvDOTlock=lock("1.82.6"))
    done = CliRunner().invoke(main, ["exposure", "LiteLLM", str(tmp_path), "--no-progress"])
    assert done.exit_code == 0
    assert "\nreleases: litellm 1.82.7, 1.82.8 (litellm-2026)\n" in done.stdout
    history.commit("2026-03-24T11:30:00Z", uvDOTlock=lock("1.82.8"))
    assert CliRunner().invoke(main, ["exposure", "litellm", str(tmp_path), "--no-progress"]).exit_code == 1


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_a_name_of_no_record_is_asked_for_in_every_release_and_the_report_says_so(tmp_path: Path, form: str) -> None:
    History(tmp_path / "repo").commit("2026-03-01T10:00:00Z", requirementsDOTtxt="acme-sdk==1.4\n")
    done = CliRunner().invoke(main, ["exposure", "acme.sdk", str(tmp_path), "-o", form, "--no-progress"])
    assert done.exit_code == 1
    assert "every release of acme-sdk (no version was named, and no incident record holds any)" in unescape(done.stdout)


def test_no_repository_is_nothing_to_look_at(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["exposure", "litellm-2026", str(tmp_path)])
    assert done.exit_code == 4


@pytest.mark.parametrize(
    ("incident", "window"),
    [
        ("litellm-2026", "2026-03-24T10:39:00Z to 2026-03-24T16:00:00Z (another source: to 2026-03-24T13:11:00Z)"),
        ("hades-bramin", "there by 2026-06-06T06:32:20Z at the latest, end not known"),
        ("requests==2.0", "not known"),
    ],
)
def test_a_window_is_said_as_far_as_it_is_known(incident: str, window: str) -> None:
    assert f"\nwindow: {window}\n" in as_text(ask(incident), []).decode()


def test_a_member_of_a_wave_gets_the_steps_of_the_wave() -> None:
    assert "Remove <name>-setup.pth" in as_text(ask("hades-bramin"), []).decode()


def test_generated_histories_are_answered_as_their_truth_has_it(tmp_path: Path) -> None:
    result = score(collection(tmp_path, 24))
    assert result.faults == []
    assert result.pairs > 24


def test_a_repository_behind_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = History(tmp_path / "secret")
    secret.commit("2026-03-24T11:00:00Z", uvDOTlock=lock("1.82.8"))
    scanned = tmp_path / "scanned" / "repo"
    scanned.mkdir(parents=True)
    (scanned / ".git").symlink_to(tmp_path / "secret" / ".git", target_is_directory=True)
    code, found = _ask("litellm-2026", str(tmp_path / "scanned"))
    assert code == 3
    assert "outside" in str(found["gaps"])


def test_borrowed_objects_are_said_and_not_read(tmp_path: Path) -> None:
    lender = History(tmp_path / "lender")
    lender.commit("2026-03-24T11:00:00Z", uvDOTlock=lock("1.82.8"))
    borrower = tmp_path / "scanned" / "repo"
    subprocess.run(["git", "clone", "-q", "--bare", "--shared", str(tmp_path / "lender"), str(borrower)], check=True)
    code, found = _ask("litellm-2026", str(tmp_path / "scanned"))
    assert code == 3
    assert "alternates" in str(found["gaps"])


def test_refs_with_odd_names_are_read_and_shown_safely(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    tip = history.commit("2026-03-24T11:00:00Z", uvDOTlock=lock("1.82.8"))
    refs = tmp_path / "repo/.git/refs/heads"
    for name in ("--upload-pack=touch x", "a\x1b[31mred", "x\n::error::y", "$(touch y)"):
        (refs / name).write_text(f"{tip}\n", encoding="ascii")
    (refs / "broken").write_text("not an object\n", encoding="ascii")
    code, found = _ask("litellm-2026", str(tmp_path))
    (hit,) = found["uv.lock"]
    assert code == 1
    assert hit["verdict"] == "resolved"
    assert "\x1b" not in str(hit["refs"])
    assert "\\n" not in str(hit["refs"])
    assert list(tmp_path.glob("**/x")) == list(tmp_path.glob("**/y")) == []


def test_a_huge_blob_is_not_read(tmp_path: Path) -> None:
    history = History(tmp_path / "repo")
    history.commit("2026-03-24T11:00:00Z", a__uvDOTlock=lock("1.82.8"), b__uvDOTlock="#" * 3_000_000)
    git_dir = find(tmp_path / "repo", tmp_path)
    assert git_dir is not None
    limits = Limits(manifest_bytes=1 << 20)
    answered = answer(open_repository("repo", git_dir), ask("litellm-2026"), limits)
    assert {e.file: e.verdict.value for e in answered.exposures} == {"a/uv.lock": "resolved", "b/uv.lock": "unknown"}
    assert any("3,000,000 bytes are more than the 1,048,576" in gap.detail for gap in answered.gaps)


def test_a_repository_deep_below_is_found_and_a_cut_search_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path.joinpath(*"abcdefghijkl"))
    history.commit("2026-03-24T11:00:00Z", uvDOTlock=lock("1.82.8"))
    assert _ask("litellm-2026", str(tmp_path))[0] == 1
    monkeypatch.setattr("mlsupply.exposure.survey._MAX_FOLDERS", 5)
    code, found = _ask("litellm-2026", str(tmp_path))
    assert code == 3
    assert "not looked through" in str(found["gaps"])
