"""What somebody meets who has never used the tool: it is called in ways that nearly work, and each is answered with the
command that does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mlsupply.cli import main


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "requirements.txt").write_text("idna==3.10\n", encoding="ascii")
    return tmp_path / "project"


def _run(*words: object) -> Result:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def _gaps(*words: object) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and what the check of inputs left open."""
    done = _run("scan", *words, "--offline", "--feed", "embedded", "--no-progress", "-o", "json")
    return done.exit_code, [row for row in json.loads(done.stdout)["gaps"] if row["check"] == "inventory"]


def test_an_environment_that_is_named_as_a_folder_is_told_with_the_command_that_reads_it(project: Path) -> None:
    """Where nothing else is there, what was asked for was not checked."""
    environment = project / "my venv"
    site = environment / "lib" / "python3.12" / "site-packages"
    (site / "idna-3.10.dist-info").mkdir(parents=True)
    (environment / "pyvenv.cfg").touch()
    for folder in (environment, site):
        code, (row,) = _gaps(folder)
        assert (code, row["subject"], row["counts"]) == (3, str(folder), True)
        assert row["hint"] == f"mlsupply scan --env '{folder}'"
    _, rows = _gaps(project)
    (row,) = [row for row in rows if "folders left out" in row["detail"]]
    assert row["hint"].endswith(f"an environment with --env '{environment}'")


def test_an_environment_around_a_project_is_only_left_out(project: Path) -> None:
    (project / "pyvenv.cfg").touch()
    (project / "vendor").mkdir()
    _, rows = _gaps(project)
    found = {(row["detail"].partition(":")[0], row["counts"]) for row in rows if row["reason"] == "disabled"}
    assert found == {("an environment, read as a folder", False), ("folders left out", False)}


def test_addresses_of_an_advisory_can_be_opened_from_the_terminal() -> None:
    links = _run("explain", "CVE-2026-35030").stdout.partition("links:")[2].partition("from:")[0].split()
    assert "https://nvd.nist.gov/vuln/detail/CVE-2026-35030" in links
    assert "https://github.com/advisories/GHSA-jjhc-v7c2-5hh6" in links, "no line ends within an address"
    assert all(link.startswith("https://") for link in links)


def test_a_clean_release_is_named_once() -> None:
    text = _run("explain", "litellm-2026").stdout
    assert "before: 1.82.6 is inside CVE-2026-42208" in text
    assert "after: 1.83.0 (first from rebuilt pipeline)" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--home", "no-such-home"], "there is no folder no-such-home"),
        (["no-such-path"], "there is no file or folder no-such-path"),
        (["--inventory", "no-such-folder/file"], "there is no folder no-such-folder"),
    ],
)
def test_exposure_of_a_place_that_is_not_there_is_no_answer(
    project: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    """A home that was mistyped would leave its indicators absent."""
    monkeypatch.chdir(project)
    done = _run("exposure", "litellm-2026", *words, "--no-progress")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_one_end_of_a_time_is_no_time(project: Path) -> None:
    done = _run("exposure", "--between", "2026-03-24", project)
    assert done.exit_code == 2
    assert "--between and --and go together" in done.stderr
    done = _run("exposure", "--between", "2026-03-24", "--and", "2026-03-23", project)
    assert "2026-03-24..2026-03-23 ends before it begins" in done.stderr
    assert "hint: write --between 2026-03-24T10:00Z --and 2026-03-24T16:00Z" in done.stderr


def test_a_lock_of_models_is_not_replaced_by_an_empty_one(project: Path) -> None:
    """As happens on a machine whose caches lie elsewhere."""
    lock = project / "mlsupply-models.lock"
    lock.write_text("kept", encoding="ascii")
    done = _run("models", "lock", "--cache", f"huggingface={project / 'nowhere'}", "-o", lock)
    assert done.exit_code == 4
    assert f"the caches hold no model, so {lock} was not written: {project / 'nowhere'}" in done.stderr
    assert lock.read_text(encoding="ascii") == "kept"


@pytest.mark.parametrize("words", [["build", "-o", "made.sqlite", "--from"], ["import"]])
def test_a_folder_without_advisories_makes_no_database(
    project: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(project)
    done = _run("db", *words, ".")
    assert done.exit_code == 2
    assert ". holds no advisory that can be read [nothing-to-import]" in done.stderr
    assert "hint: name OSV's all.zip" in done.stderr
    assert not (project / "made.sqlite").exists()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("idna", 0, ""),
        ("IDNA[all]", 0, ""),
        ("idna==3.10.0", 0, ""),
        ("idna == 3.9", 3, "idna == 3.9 is in none of what was read (1 input); idna is there as 3.10"),
        ("idnaa", 3, "idnaa is in none of what was read (1 input), did you mean idna?"),
        ("indent", 3, "indent is in none of what was read (1 input)\n"),
        ("idna!!", 2, "idna!! is not the name of a package [no-name]"),
        ("idna>=3", 2, "hint: write mlsupply why NAME or NAME==VERSION"),
        ("", 2, "an empty word is not the name of a package"),
        (".", 2, ". is not the name of a package"),
    ],
)
def test_why_says_what_is_there_instead_and_what_is_no_name(project: Path, name: str, code: int, said: str) -> None:
    done = _run("why", name, project, "--offline", "--no-progress")
    assert (done.exit_code, said in done.stderr) == (code, True), done.stderr


@pytest.mark.parametrize("verb", [["scan"], ["sbom"], ["why", "idna"]])
@pytest.mark.parametrize("word", ["demo", "demo.core"])
def test_a_word_that_names_no_file_is_said_to_be_taken_for_a_package(
    project: Path, monkeypatch: pytest.MonkeyPatch, verb: list[str], word: str
) -> None:
    monkeypatch.chdir(project)
    done = _run(*verb, word, "--offline", "--no-progress")
    assert f"there is no file or folder {word}: it was taken for the name of a package" in done.stderr
    assert "taken for" not in _run(*verb, ".", "--offline", "--no-progress").stderr


@pytest.mark.parametrize("word", ["README.md", "setup.sh", "notes.rst"])
def test_the_name_of_a_document_that_is_missing_is_asked_of_no_index(
    project: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.chdir(project)
    done = _run("scan", word, "--index-url", "http://127.0.0.1:9/simple", "--no-progress")
    assert (done.exit_code, f"there is no file or folder {word}" in done.stderr) == (2, True)


def test_an_sbom_that_is_not_whole_says_so_beside_it(project: Path) -> None:
    (project / "requirements.txt").write_text("idna>=3\n", encoding="utf-8")
    done = _run("sbom", project / "requirements.txt", "--offline", "--no-progress")
    assert done.exit_code == 3
    assert "not everything could be checked: 1 outside this run (the SBOM lists it, and `mlsupply scan` says" in done.stderr
    assert json.loads(done.stdout)["metadata"]["properties"]
    (project / "requirements.txt").write_text(f"idna==3.10 --hash=sha256:{'a' * 64}\n", encoding="utf-8")
    done = _run("sbom", project / "requirements.txt", "--offline", "--no-progress")
    assert (done.exit_code, done.stderr) == (0, "")


def test_a_package_with_the_name_of_a_file_is_not_only_taken_for_a_file(project: Path) -> None:
    done = _run("scan", "tubular.py", "--offline", "--no-progress")
    assert done.exit_code == 2
    assert "there is no file or folder tubular.py" in done.stderr
    assert (
        'if a package is meant, "tubular.py==VERSION" scans it, `mlsupply check tubular.py` checks its name' in done.stderr
    )
    assert _run("scan", "tubular.py==1.0", "--offline", "--no-progress").exit_code == 3
    assert "tubular-py" in _run("check", "tubular.py", "--offline").stdout
    assert "a package is meant" not in _run("scan", "setup.py", "--offline", "--no-progress").stderr


def test_an_output_whose_file_is_empty_is_not_put_on_the_terminal(project: Path) -> None:
    done = _run("scan", project, "--offline", "-o", "json=")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "-o json= names no file" in done.stderr
    assert "write json=FILE, or json alone for stdout; is a variable empty?" in done.stderr


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("litellm", "if it is a package: mlsupply check litellm"),
        ("litellm==1.82.8", "if it is a package: mlsupply check litellm==1.82.8"),
        ("CVE-2026-35030", "to have it explained: mlsupply explain CVE-2026-35030"),
        ("scann", "did you mean scan?"),
    ],
)
def test_a_word_without_a_verb_is_answered_with_the_verb_that_takes_it(word: str, said: str) -> None:
    done = _run(word)
    assert (done.exit_code, said in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ["scan", "--check", "names", "--skip", "names"],
        ["scan", *(word for name in ("advisories", "contents", "index", "known-bad") for word in ("--skip", name))]
        + [word for name in ("licences", "models", "names", "release") for word in ("--skip", name)],
    ],
)
def test_a_run_without_a_check_is_refused(project: Path, words: list[str]) -> None:
    """It passed: clean and complete, but for what is switched off."""
    done = _run(*words, project, "--offline")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "every check is left out, so nothing would be checked [no-check-left]" in done.stderr


def test_names_are_not_checked_by_nothing(project: Path) -> None:
    """With all that it runs left out, `check` ran every other check."""
    (config := project / "own.toml").write_text('skip = ["names", "known-bad", "advisories", "release"]\n', encoding="ascii")
    done = _run("check", "idna==3.15", "--offline", "--config", config)
    assert (done.exit_code, "[no-check-left]" in done.stderr) == (2, True), done.output


@pytest.mark.parametrize(
    "words", [["--key", "k.pem"], ["--certificate", "c.pem"], ["--identity", "me", "--issuer", "https://i.example"]]
)
def test_a_signer_is_asked_for_with_a_signature_alone(project: Path, words: list[str]) -> None:
    """Without one, files were held against the lock, and the signer was not asked for."""
    (project / "mlsupply-models.lock").write_text("", encoding="ascii")
    done = _run("models", "verify", project / "mlsupply-models.lock", *words)
    assert done.exit_code == 2
    assert "--signature: name it" in " ".join(done.stderr.split())


def test_a_file_that_is_no_signature_is_said_to_be_none(project: Path) -> None:
    (file := project / "notes.sig").write_text("mine", encoding="ascii")
    done = _run("models", "verify", "--signature", file, "--folder", project)
    assert done.exit_code == 2
    assert "what --signature names is no model signature: " in done.stderr


def test_the_elements_of_an_sbom_are_printed_and_the_sbom_goes_to_the_file_that_was_named(project: Path) -> None:
    """It was not written, without a word."""
    file = project / "bom.json"
    done = _run("sbom", project, "--offline", "--check", "ntia", "-o", f"cyclonedx={file}")
    assert "elements of ntia are present" in done.stdout
    assert json.loads(file.read_bytes())["bomFormat"] == "CycloneDX"
    done = _run("sbom", project, "--offline", "--check", "ntia", "-o", "json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "write it to a file" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scan", "--format", "json"], "No such option '--format'; write -o FORMAT[=FILE], for example -o json."),
        (["models", "scan", "-f", "json"], "No such option '-f'; write -o FORMAT[=FILE], for example -o json."),
        (["scan", "-r", "requirements.txt"], "No such option '-r'; name the file without an option, like a folder."),
        (["scan", "--ignore-vuln", "CVE-2026-1"], "([[tool.mlsupply.waivers]])"),
        (["why", "--no-color"], "NO_COLOR=1"),
        (["explain", "--format"], "No such option '--format'.\n"),
        (["scan", "--offlin"], "No such option '--offlin'. Did you mean '--offline'?"),
    ],
)
def test_an_option_of_another_tool_is_answered_with_the_one_that_is_meant(words: list[str], said: str) -> None:
    done = _run(*words)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acme-frobnicator", "whether the index has a project of that name is not known: 127.0.0.1 could not be reached"),
        ("reqeusts", "it was judged by its letters alone: 127.0.0.1 could not be reached"),
    ],
)
def test_a_name_that_the_index_could_not_be_asked_about_is_not_checked(project: Path, name: str, said: str) -> None:
    """Popular names need no index, and offline this is said of all at once."""
    words = [name, "requests", "--feed", "embedded", "--index-url", "http://127.0.0.1:9/simple"]
    done = _run("check", *words)
    assert done.exit_code == (3 if name != "reqeusts" else 1)
    assert f"not checked: {name}: {said} (check the address, the credentials and the network)" in done.stderr
    assert done.stderr.count("not checked:") == 1
    assert "could not be reached" not in _run("check", *words, "--offline").stderr


def test_a_project_that_is_named_as_an_environment_is_told_which_lies_in_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert "hint: give a virtual environment" in _run("scan", "--env", ".").stderr
    (project / ".venv").mkdir()
    (project / ".venv" / "pyvenv.cfg").touch()
    assert "hint: there is one in it: --env .venv" in _run("scan", "--env", ".").stderr
    assert f"hint: there is one in it: --env {project}/.venv" in _run("scan", "--env", f"{project}/").stderr


@pytest.mark.parametrize("verb", [["inspect", "--offline"], ["models", "scan"]])
@pytest.mark.parametrize(("incomplete", "code"), [([], 3), (["--incomplete", "fail"], 3), (["--incomplete", "warn"], 0)])
def test_an_environment_in_a_project_need_not_fail_a_look_at_it(
    project: Path, verb: list[str], incomplete: list[str], code: int
) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / "pyvenv.cfg").touch()
    (project / "train.py").write_text("import json\n", encoding="ascii")
    done = _run(*verb, project, *incomplete)
    assert (done.exit_code, ".venv" in done.stdout) == (code, True)


def test_what_is_found_is_not_excused_with_what_is_left_open(project: Path) -> None:
    (project / "model.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert _run("models", "scan", project, "--incomplete", "warn").exit_code == 1
    assert _run("inspect", "--offline", project / "model.pkl", "--incomplete", "warn").exit_code == 1
