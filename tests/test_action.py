"""The GitHub Action's steps, executed as the runner does: inputs by environment, outputs by files, exit codes."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tomli
import yaml
from packaging.requirements import Requirement

from mlsupply.inventory import READERS

ROOT = Path(__file__).resolve().parents[1]
SCAN = ROOT / ".github/action/scan.sh"
CLEAN = "idna==3.10\n"
MALICIOUS = "litellm==1.82.8\n"


class Runner:
    """A GitHub runner as far as the scripts see it: its folders, files and environment."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "workspace"
        self.temp = folder / "temp"
        for made in (self.workspace, self.temp):
            made.mkdir(parents=True)
        command = self.temp / "mlsupply"
        command.parent.mkdir(exist_ok=True)
        self.command = folder / "mlsupply-command"
        self.command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlsupply "$@"\n', encoding="utf-8")
        self.command.chmod(0o755)

    def scan(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the scan step with these inputs, e.g. `fail_on="low"`."""
        given = {"path": ".", "fail_on": "high", "feed": "embedded", "offline": "true", **inputs}
        environment = {
            **{key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}},
            **{f"INPUT_{key.upper()}": value for key, value in given.items() if key not in {"base_sha", "from_fork"}},
            "BASE_SHA": given.get("base_sha", ""),
            "FROM_FORK": given.get("from_fork", ""),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "MLSUPPLY_COMMAND": str(self.command),
            "MLSUPPLY_CACHE_DIR": str(self.temp / "cache"),
        }
        return subprocess.run(
            ["bash", str(SCAN)], cwd=self.workspace, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    @property
    def outputs(self) -> dict[str, str]:
        """What the step handed to later ones."""
        lines = (self.temp / "output").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def git(self, *words: str) -> str:
        """git in the workspace, with an identity and nobody's configuration."""
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=self.workspace, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def committed(self) -> str:
        """The commit of a new repository that holds what lies in the workspace."""
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-qm", "base")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.mark.parametrize(("holds", "code"), [(CLEAN, 0), (MALICIOUS, 1)])
def test_the_pre_commit_hook_lets_pass_what_it_could_not_check_offline_and_stops_what_is_known(
    tmp_path: Path, holds: str, code: int
) -> None:
    (tmp_path / "requirements.txt").write_text(holds, encoding="utf-8")
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    program, *words = shlex.split(hook["entry"])
    assert program == "mlsupply"

    done = subprocess.run(
        [sys.executable, "-m", "mlsupply", *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == code, done.stdout
    assert "NOT CHECKED" in done.stdout, "what passes is not called complete"


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("uv.lock", True), ("a/b/pylock.dev.toml", True), ("Pipfile", True), ("pixi.toml", True), ("conda-lock.yml", True),
        ("requirements-dev.txt", True), ("requirements/base.in", True), ("dev-requirements.txt", True), ("setup.py", True),
        ("environment-gpu.yaml", True), ("mlsupply.toml", True), ("README.md", False), ("src/app.py", False),
        ("notes/requirements.md", False), ("my_uv.lock.bak", False),
    ],
)  # fmt: skip
def test_the_pre_commit_hook_runs_when_a_manifest_or_lock_changes(path: str, runs: bool) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert bool(re.search(hook["files"], path)) is runs  # as pre-commit does


def _commands(log: str) -> list[str]:
    """Workflow commands the runner would act on: those outside a stopped stretch."""
    found, stopped = [], ""
    for line in log.splitlines():
        if stopped:
            stopped = "" if line.strip() == f"::{stopped}::" else stopped
        elif match := re.match(r"::stop-commands::(\S+)", line):
            stopped = match[1]
        elif line.lstrip().startswith("::"):
            found.append(line)
    return found


def test_the_pre_commit_hook_runs_for_every_file_that_a_scan_reads_by_its_name() -> None:
    """A commit that only adds a Dockerfile or a notebook passed unread."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    paths = [f"a/{p.replace('*', 'x')}" for r in READERS if r.role in {"lock", "manifest"} for p in r.patterns]
    assert [path for path in paths if not re.search(hook["files"], path)] == []


@pytest.mark.parametrize("given", [{"incomplete": "Fail"}, {"incomplete": "error"}, {"offline": "True"}, {"offline": "yes"}])
def test_a_misspelt_input_is_refused_and_does_not_pass_for_the_milder_word(given: dict[str, str], runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text(CLEAN, encoding="utf-8")
    done = runner.scan(**given)
    assert done.returncode == 2
    assert "::error title=mlsupply::" in done.stdout


def test_a_link_beside_the_scanned_folder_is_known_at_the_base_too(runner: Runner) -> None:
    """In a repository of several projects the requirements of one may be a link to those of all."""
    (runner.workspace / "api").mkdir()
    (runner.workspace / "shared.txt").write_text("cryptography==46.0.5\n", encoding="utf-8")
    (runner.workspace / "api/requirements.txt").symlink_to("../shared.txt")
    base = runner.committed()
    (runner.workspace / "api/other-requirements.txt").write_text(CLEAN, encoding="utf-8")
    assert runner.scan(path="api", fail_on="critical").returncode == 1
    assert runner.scan(path="api", fail_on="critical", baseline="base", base_sha=base).returncode == 0


def test_a_project_with_a_malicious_release_fails_the_job_and_leaves_every_file(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text(MALICIOUS, encoding="utf-8")
    done = runner.scan()
    assert done.returncode == 1, done.stderr
    assert runner.outputs["exit-code"] == "1"
    for name in ("json", "sarif", "sbom", "html"):
        assert Path(runner.outputs[name]).stat().st_size > 0
    assert "litellm 1.82.8" in (runner.temp / "summary").read_text(encoding="utf-8")
    assert any(line.startswith("::error file=requirements.txt,line=1,title=MALICIOUS") for line in _commands(done.stdout))


def test_a_project_with_gaps_only_warns_unless_told_to_fail(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text("idna\n", encoding="utf-8")
    assert runner.scan().returncode == 0
    assert runner.outputs["exit-code"] == "3"
    assert any(line.startswith("::warning") for line in _commands(runner.scan().stdout))
    assert runner.scan(incomplete="fail").returncode == 3


def test_a_clean_project_passes(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text(CLEAN, encoding="utf-8")
    assert runner.scan().returncode == 0


def test_a_hostile_file_name_starts_no_command_and_writes_no_output(runner: Runner) -> None:
    folder = runner.workspace / "x\n::error::owned\n::set-output name=a::b"
    folder.mkdir()
    (folder / "requirements.txt").write_text(MALICIOUS + "not a requirement ::error::owned\n", encoding="utf-8")
    done = runner.scan()
    assert done.returncode == 1
    commands = _commands(done.stdout)
    assert commands
    assert not [line for line in commands if line.startswith(("::error::owned", "::set-output"))]
    assert set(runner.outputs) == {"folder", "exit-code", "json", "sarif", "sbom", "html"}


def test_a_job_may_use_the_action_for_several_paths(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text(MALICIOUS, encoding="utf-8")
    runner.scan()
    first = runner.outputs
    assert "litellm" in (runner.temp / "summary").read_text(encoding="utf-8")
    (runner.temp / "summary").unlink()
    refused = runner.scan(path="gone.txt")
    assert refused.returncode == 2
    written = (runner.temp / "output").read_text(encoding="utf-8").splitlines()
    assert [line for line in written if line.startswith("sarif=")] == [f"sarif={first['sarif']}"], "no file, no output"
    assert not any("litellm" in line for line in _commands(refused.stdout)), "what the use before it found"
    assert not (runner.temp / "summary").exists()
    assert runner.outputs["folder"] != first["folder"]
    assert Path(first["json"]).stat().st_size > 0
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    upload = next(step for step in action["runs"]["steps"] if "upload-artifact" in step.get("uses", ""))
    assert upload["with"]["path"] == "${{ steps.scan.outputs.folder }}"
    assert upload["with"]["name"] == "${{ inputs.artifact }}"


def test_an_input_is_one_word_whatever_it_says(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text(CLEAN, encoding="utf-8")
    done = runner.scan(path="$(touch owned); touch owned")
    assert done.returncode == 2
    assert not (runner.workspace / "owned").exists()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_pull_request_fails_only_for_what_it_adds(runner: Runner) -> None:
    manifest = runner.workspace / "requirements.txt"
    manifest.write_text("torch==2.6.0\n", encoding="utf-8")
    base = runner.committed()
    assert runner.scan(baseline="base", base_sha=base, incomplete="warn").returncode == 0
    manifest.write_text("torch==2.6.0\n" + MALICIOUS, encoding="utf-8")
    assert runner.scan(baseline="base", base_sha=base).returncode == 1
    report = json.loads(Path(runner.outputs["json"]).read_text(encoding="utf-8"))
    states = {f["package"]["name"]: (f["waiver"] or {}).get("state") for f in report["findings"] if f["package"]}
    assert states == {"torch": "baseline", "litellm": None}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_path_written_whole_is_compared_with_the_base_and_not_with_itself(runner: Runner) -> None:
    service = runner.workspace / "services/api"
    service.mkdir(parents=True)
    (service / "requirements.txt").write_text("torch==2.6.0\n", encoding="utf-8")
    base = runner.committed()
    (service / "requirements.txt").write_text("torch==2.6.0\n" + MALICIOUS, encoding="utf-8")
    for path in (str(service), "services/api"):
        assert runner.scan(path=path, baseline="base", base_sha=base).returncode == 1, path
    (runner.workspace / "../elsewhere").mkdir()
    for path in (str(runner.temp), "../elsewhere"):
        refused = runner.scan(path=path, baseline="base", base_sha=base)
        assert refused.returncode == 1
        assert "leads out of the workspace" in refused.stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_what_the_base_keeps_out_of_archives_is_compared_as_well(runner: Runner) -> None:
    (runner.workspace / ".gitattributes").write_text("requirements.txt export-ignore\n", encoding="utf-8")
    (runner.workspace / "requirements.txt").write_text("torch==2.6.0\n", encoding="utf-8")
    assert runner.scan(baseline="base", base_sha=runner.committed(), incomplete="warn").returncode == 0


def test_a_pull_request_that_needs_nothing_of_its_base_does_not_ask_for_it(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text(CLEAN, encoding="utf-8")
    assert runner.scan(base_sha="0" * 40).returncode == 0, "it is not there, as in a shallow checkout"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_workspace_that_is_no_checkout_is_said(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text(CLEAN, encoding="utf-8")
    done = runner.scan(base_sha="0" * 40, from_fork="true")
    assert done.returncode == 1
    assert [line for line in _commands(done.stdout) if "no git checkout" in line]


def test_who_counts_as_a_fork_does_not_hang_on_the_fork_being_there() -> None:
    """A deleted fork has no name, which is not that of the repository either; and a base may be that of a merge group."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    given = next(step for step in action["runs"]["steps"] if step.get("id") == "scan")["env"]
    assert "head.repo.full_name != github.repository" in given["FROM_FORK"]
    assert "merge_group.base_sha" in given["BASE_SHA"]
    python = next(step for step in action["runs"]["steps"] if step.get("id") == "python")
    assert python["with"]["update-environment"] is False, "later steps of the job keep their Python"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("base_has_one", [True, False])
@pytest.mark.parametrize("named", [{}, {"config": "mlsupply.toml"}, {"config": "{workspace}/mlsupply.toml"}])
def test_a_fork_is_judged_by_the_configuration_of_the_base(
    runner: Runner, base_has_one: bool, named: dict[str, str]
) -> None:
    (runner.workspace / "requirements.txt").write_text("torch==2.6.0\n", encoding="utf-8")
    config = runner.workspace / "mlsupply.toml"
    named = {name: text.format(workspace=runner.workspace) for name, text in named.items()}
    if base_has_one:
        config.write_text('fail-on = "low"\n', encoding="utf-8")
    base = runner.committed()
    config.write_text('skip = ["advisories", "known-bad"]\n', encoding="utf-8")
    own = runner.scan(base_sha=base, **named)
    assert own.returncode == 0, "a branch of the repository itself may change its configuration"
    assert runner.scan(base_sha=base, from_fork="true", **named).returncode == 1


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_fork_does_not_write_the_baseline_it_is_held_to(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text("torch==2.6.0\n", encoding="utf-8")
    baseline = runner.workspace / "known.json"
    baseline.write_text('{"mlsupply-baseline": 1, "findings": {}}', encoding="utf-8")
    base = runner.committed()
    runner.scan()
    report = json.loads(Path(runner.outputs["json"]).read_text(encoding="utf-8"))
    known = {finding["fingerprint"]: "" for finding in report["findings"]}
    baseline.write_text(json.dumps({"mlsupply-baseline": 1, "findings": known}), encoding="utf-8")
    own = runner.scan(baseline="known.json", base_sha=base)
    assert own.returncode == 0, "a branch of the repository itself may change its baseline"
    for path in ("known.json", str(baseline)):
        assert runner.scan(baseline=path, base_sha=base, from_fork="true").returncode == 1, path


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_base_that_cannot_be_had_is_said_and_fails(runner: Runner) -> None:
    (runner.workspace / "requirements.txt").write_text(CLEAN, encoding="utf-8")
    runner.git("init", "-q")
    done = runner.scan(baseline="base", base_sha="0" * 40)
    assert done.returncode == 1
    assert [line for line in _commands(done.stdout) if "fetch-depth: 0" in line]


def test_nothing_of_the_project_under_audit_is_imported_while_installing(tmp_path: Path) -> None:
    """A `venv.py` in the folder a step starts in would be run by `python3 -m venv`."""
    workspace, temp, tools = (tmp_path / name for name in ("workspace", "temp", "bin"))
    for made in (workspace, temp, tools):
        made.mkdir()
    (workspace / "venv.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w')", encoding="utf-8")
    (tools / "python3").write_text(f'#!/bin/sh\npwd > {tmp_path}/seen\n"{sys.executable}" "$@" --help > /dev/null\nexit 7\n')
    (tools / "python3").chmod(0o755)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "RUNNER_TEMP": str(temp), "HOME": str(tmp_path)}
    install = ["bash", str(ROOT / ".github/action/install.sh")]
    done = subprocess.run(install, cwd=workspace, env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode == 7
    assert (tmp_path / "seen").read_text(encoding="utf-8").strip() == str(temp)
    assert not (tmp_path / "owned").exists()


def test_the_action_passes_inputs_by_environment_alone_and_pins_what_it_uses() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert "uses" not in step or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])


def test_the_hash_locked_list_covers_what_the_project_needs() -> None:
    needed = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = (ROOT / ".github/action/requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", text, flags=re.MULTILINE))
    for line in [*needed["project"]["dependencies"], *needed["build-system"]["requires"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins.get(wanted.name.lower(), "0"), prereleases=True), (
            f"{line}: run .github/action/lock.sh"
        )


def test_the_workflows_pass_zizmor() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "zizmor"), "--offline", "--no-progress", "--format", "plain", str(ROOT)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
