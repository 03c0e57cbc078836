"""What somebody reads who types something wrong, incomplete or empty: what happened, and the next step."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlsupply.cli import main
from tests.loopback_index import LoopbackIndex

PINS = "six==1.17.0\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    (tmp_path / "project/requirements.txt").write_text(PINS, encoding="utf-8")
    return tmp_path


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_a_misspelt_folder_is_said_to_be_taken_for_a_package(here: Path) -> None:
    done = typed("scan", "projekt", "--offline")
    assert "there is no file or folder projekt: it was taken for the name of a package" in done.stderr
    assert "taken for" not in typed("scan", "project", "six==1.17.0", "--offline").stderr
    assert "taken for" not in typed("scan", "projekt", "--offline", "-q").stderr


@pytest.mark.parametrize(
    ("number", "step"),
    [(errno.EACCES, "let this user read it"), (errno.ENOSPC, "free some space"), (errno.ENODEV, "see that it is there")],
)
def test_what_the_system_refuses_comes_with_a_next_step(
    number: int, step: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(path: Path, unread: list[tuple[str, str]]) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr("mlsupply.evidence.models.folder.model_files", refusing)
    done = typed("models", "scan", "project")
    assert done.exit_code == 2
    assert f"project: {os.strerror(number)} [system-refused]\n  hint: {step}" in done.stderr


def test_where_every_report_goes_to_a_file_the_verdict_is_still_told(here: Path) -> None:
    done = typed("scan", "project", "--offline", "-o", "json=a.json", "-o", "sarif=a.sarif")
    assert done.stdout == ""
    assert done.stderr.startswith("INCOMPLETE: ")
    assert typed("scan", "project", "--offline", "-q", "-o", "json=a.json").stderr == ""
    assert typed("scan", "project", "--offline", "-o", "json").stderr == ""


def test_nothing_to_audit_says_what_to_name_and_claims_no_checks(here: Path) -> None:
    (here / "empty").mkdir()
    done = typed("scan", "empty", "--offline")
    assert done.exit_code == 4
    assert "name a folder, lock file, manifest, SBOM, archive or requirement" in done.stdout
    assert "Checked for every package" not in done.stdout


def test_a_lock_that_cannot_be_read_has_a_next_step_that_exists(here: Path) -> None:
    (here / "project/uv.lock").write_text('version = 1\n[[package]]\nname = "a\n', encoding="utf-8")
    told = " ".join(typed("scan", "project", "--offline").stdout.split())
    assert "project/uv.lock:3: not TOML" in told
    assert "fix it, or let its tool write it again" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("scan", "--index-url", "corp", "project"), "corp is no address for --index-url [bad-url]"),
        (("scan", "--feed-url", "corp", "project"), "corp is no address for --feed-url [bad-url]"),
        (("scan", "--index-url", "ftp://index.example/simple", "project"), "is no address for --index-url [bad-url]"),
        (("sbom", "project", "-o", "table"), "table is no format of an SBOM [unknown-format]"),
        (("check", "--from", "gone.txt"), "there is no file gone.txt [path-not-found]"),
        (("models", "verify", "--signature", "gone"), "name the signature that came with the model"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_said_before_anything_is_done(words: tuple[str, ...], said: str, here: Path) -> None:
    done = typed(*words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_what_is_there_and_can_not_be_read_is_no_missing_file_and_no_package(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "nowhere").symlink_to(here / "gone")
    (here / "round").symlink_to(here / "round")
    os.mkfifo(here / "pipe.txt")
    for name, said in (
        ("nowhere", "nowhere is a link that leads nowhere"),
        ("round", "round cannot be looked at: Too many levels of symbolic links"),
        ("pipe.txt", "pipe.txt is neither a file nor a folder (a pipe, socket or device)"),
    ):
        done = typed("scan", name, "--offline")
        assert done.exit_code == 2
        assert said in done.stderr
    stat = Path.stat

    def refused(path: Path, **options: bool) -> os.stat_result:
        if "locked" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refused)
    monkeypatch.setattr("mlsupply.paths.Path.stat", refused)
    done = typed("scan", "locked/requirements.txt", "--offline")
    assert "locked/requirements.txt cannot be looked at: Permission denied" in done.stderr


def test_a_word_that_is_no_command_is_told_with_what_may_have_been_meant(here: Path) -> None:
    for word, said in (
        ("scna", "there is no command scna; did you mean scan?"),
        ("project", "there is no command project; to audit it: mlsupply scan project"),
        ("zzz", "there is no command zzz\n"),
    ):
        done = typed(word)
        assert done.exit_code == 2
        assert said in done.stderr


def test_an_empty_folder_is_not_inspected_and_found_clean(here: Path) -> None:
    (here / "dist").mkdir()
    done = typed("inspect", "dist")
    assert done.exit_code == 3
    assert "it holds no file, so there was nothing to look at" in done.stdout


def test_models_that_are_not_there_are_neither_locked_nor_verified_in_silence(here: Path) -> None:
    cache = f"huggingface={here / 'none'}"
    locked = typed("models", "lock", "--cache", cache)
    assert locked.exit_code == 4
    assert f"the caches hold none of them: {here / 'none'}" in locked.stderr
    verified = typed("models", "verify", "--cache", cache)
    assert verified.exit_code == 4
    assert "nothing to verify" in verified.stderr


def test_what_stands_in_a_baseline_is_not_called_waived(here: Path) -> None:
    (here / "project/requirements.txt").write_text("torch==2.6.0\n", encoding="utf-8")
    typed("scan", "project", "--offline", "-o", "baseline=known.json")
    done = typed("scan", "project", "--offline", "--baseline", "known.json")
    assert " in the baseline; " in " ".join(done.stdout.split())
    assert "waived" not in done.stdout.partition("\n\n")[0]


@pytest.mark.parametrize("verb", ["sbom", "why"])
def test_help_shows_no_option_that_changes_nothing(verb: str, here: Path) -> None:
    told = typed(verb, "--help").stdout
    assert "--config" in told
    assert "--feed" not in told
    subject = ("six", "project") if verb == "why" else ("project",)
    assert typed(verb, *subject, "--offline", "--no-resolve", "--feed", "embedded").exit_code == 0, (
        "it is taken all the same"
    )


@pytest.mark.parametrize("group", ["models", "rules", "db"])
def test_every_line_of_a_groups_help_is_whole(group: str) -> None:
    assert "..." not in typed(group, "--help").stdout.partition("Commands:")[2]


def test_the_table_of_an_authority_has_a_head_and_names_who_publishes(here: Path) -> None:
    head, *rows = typed("sbom", "project", "--offline", "--check", "ntia").stdout.splitlines()
    assert " ".join(head.split()) == "state part element where in CycloneDX what to do, or whom to ask"
    assert any(row.startswith("missing") and row.endswith("→ whoever publishes the package") for row in rows)


def test_an_inventory_that_no_check_ran_on_claims_no_findings(here: Path) -> None:
    document = json.loads(typed("sbom", "project", "--offline", "-o", "spdx").stdout)
    assert document["comment"].startswith("no check ran on 1 package")


@pytest.mark.parametrize("option", ["--extra", "--group"])
def test_an_extra_or_group_that_nothing_belongs_to_is_said(option: str, here: Path) -> None:
    manifest = '[project]\nname = "demo"\nversion = "1"\n[project.optional-dependencies]\nGPU_fast = ["torch==2.9.0"]\n'
    (here / "project/pyproject.toml").write_text(manifest, encoding="utf-8")
    told = " ".join(typed("scan", "project", "--offline", option, "gpu-fsat").stdout.split())
    assert "nothing that was read belongs to an extra or group gpu-fsat" in told
    assert "belongs to an extra" not in typed("scan", "project", "--offline", option, "gpu.fast").stdout


def test_an_archive_that_cannot_be_read_is_not_called_harmless(here: Path) -> None:
    (here / "broken-1.0-py3-none-any.whl").write_text("x", encoding="utf-8")
    done = typed("inspect", "broken-1.0-py3-none-any.whl", "--offline")
    assert done.exit_code == 3
    assert done.stdout.startswith("broken-1.0-py3-none-any.whl: nothing of it could be read\n")
    assert "nothing that asks the network" not in done.stdout


def test_a_release_that_is_not_had_has_a_next_step(here: Path) -> None:
    with LoopbackIndex() as index:
        index.add("demo", "1.0")
        for release, said in {
            "gone==1.0": "answers 404: it has no such thing → check the spelling, or name the index that has it",
            "demo==9.0": "shows no archive of this release with a digest → check the version, or name the index that has it",
        }.items():
            done = typed("inspect", release, "--index-url", index.simple)
            assert done.exit_code == 3
            assert said in " ".join(done.stdout.split())
    told = " ".join(typed("inspect", "demo==1.0", "--offline").stdout.split())
    assert "the run is offline → fetch an archive where there is a network, and name the file" in told
