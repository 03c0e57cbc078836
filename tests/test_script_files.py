"""What scripts and files of build tools install."""

from __future__ import annotations

import time
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import SCRIPT_FORMATS, reader_of
from mlsupply.inventory.install_commands import installs
from mlsupply.inventory.script_files import CUTS
from mlsupply.model import Index, Inventory, Reason
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.reading import asked, installed, read_as

STORIES = {
    "setup.sh": (
        """\
        #!/usr/bin/env bash
        set -euo pipefail
        # pip install commented
        usage() {
          cat <<EOF
        To try it: pip install shown==1.0
        EOF
          echo "or pip install said==1.0"
        }
        VERSION=1.82.8
        PIP="python -m pip"
        EXTRAS=(orjson==3.10.0
                "uvloop>=0.20")   # an array
        $PIP install --quiet "litellm[proxy]==$VERSION" "${EXTRAS[@]}"
        for tool in ruff==0.5.0 mypy==1.10.0; do pipx install $tool; done
        pip install -e .[dev] dist/*.whl
        """,
        [
            ("litellm", "==1.82.8", 14),
            ("orjson", "==3.10.0", 14),
            ("uvloop", ">=0.20", 14),
            ("ruff", "==0.5.0", 15),
            ("mypy", "==1.10.0", 15),
        ],
    ),
    "scripts/install.ps1": (
        """\
        <# pip install inside-a-comment #>
        $version = "1.82.8"
        Write-Host "pip install said"
        & .\\venv\\Scripts\\pip.exe install --quiet `
            "litellm==$version"
        if ($LASTEXITCODE -ne 0) { python -m pip install fallback==1.0 }
        $tools = @("ruff==0.5.0", "mypy==1.10.0")
        foreach ($tool in $tools) { uv tool install $tool }
        Invoke-Expression "pip install six==1.16.0"
        """,
        [
            ("litellm", "==1.82.8", 5),
            ("fallback", "==1.0", 6),
            ("ruff", "==0.5.0", 8),
            ("mypy", "==1.10.0", 8),
            ("six", "==1.16.0", 9),
        ],
    ),
    "install.bat": (
        """\
        @echo off
        rem pip install commented
        echo don't forget: pip install said
        set VERSION=1.82.8
        call venv\\Scripts\\activate.bat && pip install litellm==%VERSION%
        if errorlevel 1 (echo it's broken) else (python -m pip install ^
          six==1.16.0)
        """,
        [("litellm", "==1.82.8", 5), ("six", "==1.16.0", 7)],
    ),
    "Makefile": (
        """\
        PYTHON ?= python3
        PIP := $(PYTHON) -m pip
        TOOLS = "ruff>=0.5,<0.6" \\
                mypy==1.10.0
        TOOLS += black
        ifdef CI
        install: .venv
        \t@$(PIP) install litellm==1.82.8   # don't stop here
        else
        install:
        \t-@V=2.32.4; \\
        \tpip install requests==$$V
        endif
        tools: ; @$(PIP) install $(TOOLS)
        help:
        \t@echo "pip install said"
        elsewhere:
        \t$(UV) pip install six==1.16.0
        """,
        [
            ("litellm", "==1.82.8", 8),
            ("requests", "==2.32.4", 12),
            ("ruff", ">=0.5,<0.6", 14),
            ("mypy", "==1.10.0", 14),
            ("black", "", 14),
            ("six", "==1.16.0", 18),
        ],
    ),
    "justfile": (
        """\
        version := "1.82.8"
        # pip install commented
        install:
            @pip install litellm=={{ version }}
            -uv tool install ruff==0.5.0
        script:
            #!/usr/bin/env python3
            import subprocess
            subprocess.run(["pip", "install", "six==1.16.0"])
        """,
        [("litellm", "==1.82.8", 4), ("ruff", "==0.5.0", 5), ("six", "==1.16.0", 9)],
    ),
    "Procfile": (
        """\
        release: pip install litellm==1.82.8 && ./migrate
        web: gunicorn app
        """,
        [("litellm", "==1.82.8", 1)],
    ),
    "Vagrantfile": (
        """\
        $script = <<-SHELL
          apt-get update
          pip3 install litellm==1.82.8
        SHELL
        Vagrant.configure("2") do |config|
          config.vm.provision "shell", inline: $script
          config.vm.provision "shell", inline: 'pip install six==1.16.0'
        end
        """,
        [("litellm", "==1.82.8", 3), ("six", "==1.16.0", 7)],
    ),
    "image.def": (
        """\
        Bootstrap: docker
        From: python:3.12
        %help
            pip install said
        %post
            pip install litellm==1.82.8
        %runscript
            exec python app.py
        %post -c /usr/bin/python3
        import os
        os.system("pip install six==1.16.0")
        """,
        [("litellm", "==1.82.8", 6), ("six", "==1.16.0", 11)],
    ),
    "main.tf": (
        """\
        resource "instance" "x" {
          user_data = <<-EOF
            #!/bin/bash
            pip install litellm==1.82.8
          EOF
          description = "pip install said"
          provisioner "remote-exec" {
            inline = [
              "sudo apt-get update",
              "pip install \\"six==1.16.0\\"",
            ]
          }
        }
        """,
        [("litellm", "==1.82.8", 4), ("six", "==1.16.0", 10)],
    ),
    "dev.nix": (
        """\
        { pkgs, ... }: {
          # pip install commented
          languages.python.venv.requirements = ''
            litellm==1.82.8
          '';
          shellHook = ''
            pip install six==1.16.0
          '';
        }
        """,
        [("litellm", "==1.82.8", 4), ("six", "==1.16.0", 7)],
    ),
    "CMakeLists.txt": (
        """\
        # pip install commented
        message("pip install said")
        execute_process(COMMAND ${Python_EXECUTABLE} -m pip install litellm==1.82.8)
        """,
        [("litellm", "==1.82.8", 3)],
    ),
    "Jenkinsfile": (
        """\
        // sh 'pip install commented'
        pipeline { agent any
          stages { stage('pip install said') { steps {
            sh 'pip install litellm==1.82.8'
            sh(label: 'tools', script: "pip install \\"ruff==0.5.0\\"")
            sh '''
              set -e
              pip install six==1.16.0
            '''
            def version = '1.7.0'
            sh "pip install distro==${version}"
            bat "pip install toml==0.10.2"
            powershell 'pip install idna==3.7'
            echo 'pip install said-too'
          } } }
        }
        """,
        [
            ("litellm", "==1.82.8", 4),
            ("ruff", "==0.5.0", 5),
            ("six", "==1.16.0", 8),
            ("distro", "==1.7.0", 11),
            ("toml", "==0.10.2", 12),
            ("idna", "==3.7", 13),
        ],
    ),
}


def _read(folder: Path, name: str, text: str) -> Inventory:
    found, reader = read_as(folder, name, dedent(text)), reader_of(name)
    assert reader is not None
    assert found.format == reader.format
    return found


@pytest.mark.parametrize("name", STORIES)
def test_a_file_installs_what_its_commands_do_and_not_what_it_says(name: str, tmp_path: Path) -> None:
    text, wanted = STORIES[name]
    inventory = _read(tmp_path, name, text)
    assert asked(inventory) == wanted
    assert [gap.detail for gap in inventory.gaps if "another value may be given" not in gap.detail] == []


def test_each_format_has_a_story_and_a_way_to_be_cut() -> None:
    assert set(CUTS) == set(SCRIPT_FORMATS)
    assert {reader.format for name in STORIES if (reader := reader_of(name))} == set(SCRIPT_FORMATS)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("python - <<EOF\nimport os\nos.system('pip install a==1')\nEOF", ["a==1"]),
        (
            "python3 <<'E'\nimport subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'a'])\nE",
            ["a"],
        ),
        ("python -c \"import os; os.system('pip install a')\"", ["a"]),
        ("bash -s <<EOF\npip install a\nEOF\npip install b", ["a", "b"]),
        ("cat <<EOF | sudo bash\npip install a\nEOF", ["a"]),
        ("ssh host <<EOF\npip install a\nEOF", ["a"]),
        ("echo 'pip install a' | sh; bash <<< 'pip install b'", ["a", "b"]),
        ("cat > start.sh <<EOF\npip install a\nEOF", ["a"]),
        ("cat > run <<EOF\n#!/usr/bin/env python\nimport os\nos.system('pip install a')\nEOF", ["a"]),
        ("cat <<EOF\npip install a\nEOF\n: <<'EOF'\npip install b\nEOF", []),
        ("git commit -F - <<EOF\npip install a\nEOF\ncat > notes.md <<EOF\npip install b\nEOF", []),
        ("echo a==1 b | xargs pip install; xargs pip install <<EOF\nc==2\nEOF", ["a==1", "b", "c==2"]),
        ("pip install a > 'log.txt' 2>&1 >> \"more.txt\" | tee -a last.txt", ["a"]),
        ("x=1 << 3\npip install a", ["a"]),  # nothing ends it, so it begins no here-document
        ("cat <<A <<B\npip install a\nA\npip install b\nB\npip install c", ["c"]),
        ("$(PIP) install a; ${PIP3} install b; $VENV_PIP install c; $PIPELINE install d", ["a", "b", "c"]),
        ("run_cmd 'pip install a'; retry 3 \"pip install b\"; ssh -p 2 host 'pip install c'", ["a", "b", "c"]),
        ("log 'pip install a'; die \"Please pip install b\"; sbatch --wrap='pip install c'", []),
        ("cmd /c \"pip install a\"; trap 'pip install b' EXIT", ["a", "b"]),
        ('uv run --with "a>=1,<2,b==3" x', ["a>=1,<2", "b==3"]),
    ],
)
def test_what_is_handed_to_an_interpreter_is_run_and_what_is_printed_is_not(text: str, names: list[str]) -> None:
    assert installed(text)[0] == names


@pytest.mark.parametrize(
    ("text", "names", "gaps"),
    [
        ("V=1\npip install a==$V b==${V}", ["a==1", "b==1"], 0),
        ("if x; then V=1; else V=2; fi; pip install a==$V", ["a==1", "a==2"], 0),
        ("V=1\npip install 'a==$V'", [], 1),
        ("V=$(cat version)\npip install a==$V", [], 1),
        ("V=1; read V; pip install a==$V", ["a==1"], 1),
        ("pip install a==${V:-1}", ["a==1"], 1),
        (': "${V:=1}"; pip install a==$V', ["a==1"], 1),
        ("A=1; B=$A.2; pip install a==$B", ["a==1.2"], 0),
        ("P='a==1 b'; pip install $P; pip install \"$P\"", ["a==1", "b"], 1),
        ("pip install a==$V", [], 1),
        ("pip install a==${1:-1}", ["a==1"], 1),
        ("pip install -r <(echo a==1)", [], 1),
        ("cat <(pip install a==1)", ["a==1"], 0),
        ('A=(a==1 "b>=2"); for p in "${A[@]}"; do pip install $p; done', ["a==1", "b>=2"], 0),
    ],
)
def test_a_variable_holds_what_the_script_sets_it_to(text: str, names: list[str], gaps: int) -> None:
    found, said = installed(text)
    assert (found, len(said)) == (names, gaps)


def test_requirements_that_a_script_writes_are_those_it_installs(tmp_path: Path) -> None:
    text = """\
        cat > /tmp/deps.txt <<EOF
        litellm==1.82.8
        EOF
        echo "six==1.16.0" >> /tmp/deps.txt
        printf '%s\\n' idna==3.7 toml==0.10.2 > more.txt
        pip install -r /tmp/deps.txt -r ./more.txt
        pip install -r /dev/stdin <<EOF
        attrs==24.1.0
        EOF
        uv run - <<'EOF'
        # /// script
        # dependencies = ["rich==13.7.0"]
        # ///
        EOF
        """
    inventory = _read(tmp_path, "setup.sh", text)
    assert asked(inventory) == [
        ("litellm", "==1.82.8", 2),
        ("six", "==1.16.0", 4),
        ("idna", "==3.7", 5),
        ("toml", "==0.10.2", 6),
        ("attrs", "==24.1.0", 8),
        ("rich", "==13.7.0", 12),
    ]
    assert inventory.gaps == ()


def test_files_are_found_from_the_folder_of_the_script_and_the_project(world: World) -> None:
    files = {
        "scripts/setup.sh": 'HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\npip install -r "$HERE/own.list"\n'
        "pip install -r far.list -r gone.list\nexport PIP_INDEX_URL=https://index.example/simple\n",
        "scripts/own.list": "six==1.16.0\n",
        "far.list": "toml==0.10.2\n",
        "bin/tool": "#!/bin/sh\npip install idna==3.7\n",
        "bin/other": "pip install never\n",
        "scripts/quiet.sh": "echo nothing\n",
    }
    for path, text in files.items():
        (world.tree.root / path).parent.mkdir(exist_ok=True)
        (world.tree.root / path).write_text(text, encoding="utf-8")
    report = run(Request(offline=True, checks=("known-bad",)), world)
    assert [str(package.coordinate) for package in report.packages] == ["idna 3.7", "six 1.16.0", "toml 0.10.2"]
    assert [one.path for one in report.inputs] == ["bin/tool", "scripts/setup.sh"]
    (gap,) = [gap for gap in report.gaps if gap.reason is Reason.NOT_FOUND]
    assert "gone.list" in gap.detail


def test_an_index_that_a_script_exports_is_that_of_the_project(tmp_path: Path) -> None:
    for name, text in {
        "a.sh": "export PIP_EXTRA_INDEX_URL=https://index.example/simple\n",
        "b.ps1": '$env:PIP_EXTRA_INDEX_URL = "https://index.example/simple"\n',
        "c.cmd": "set PIP_EXTRA_INDEX_URL=https://index.example/simple\r\n",
    }.items():
        assert _read(tmp_path, name, text).indexes[0].url == "https://index.example/simple", name


def test_what_lies_behind_the_commands_of_a_script_is_not_read_and_told(tmp_path: Path) -> None:
    (tmp_path / "i.sh").write_bytes(b"#!/bin/sh\npip install a==1\nexit\n" + b"\xff\0" * (2 << 20))
    reader = reader_of("i.sh")
    assert reader is not None
    found = reader.read("i.sh", DiskTree(tmp_path), Limits())
    assert asked(found) == [("a", "==1", 2)]
    assert [gap.reason for gap in found.gaps] == [Reason.LIMIT]


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize(
    "piece",
    [
        *("<<A\n", "<<A ", "A=(", "${A:-", "$(", "`", "'", '"', "'''", '"""', "/*", "<#", "#>", "\\\n", "^\n", "`\n"),
        *(
            "{{a}}",
            "%a%",
            "A=$A$A\n",
            "sh '",
            'inline: "',
            "<<~A\n",
            "%post\n",
            "\t$(A)\n",
            "a:;",
            "define a\n",
            "A+=$(A)\n",
        ),
    ],
)
def test_hostile_scripts_are_read_in_linear_time(name: str, piece: str, tmp_path: Path) -> None:
    begun = time.process_time()
    _read(tmp_path, name, "pip install a\n" + piece * 10_000 + "\nA\n")
    assert time.process_time() - begun < 20


def test_scripts_within_scripts_are_read_to_a_depth_that_is_told() -> None:
    depth = 60
    text = (
        "".join(f"bash <<E{n}\n" for n in range(depth))
        + "pip install a\n"
        + "".join(f"E{n}\n" for n in reversed(range(depth)))
    )
    names, gaps = installed(text)
    assert (names, len(gaps)) == ([], 1)
    assert "20 deep" in gaps[0]


@given(st.sampled_from(sorted(CUTS)), st.text(st.sampled_from("pip instal'\"\\\n$(){}<>|&;=A#%^`\t@-:+"), max_size=200))
def test_any_text_is_read(form: str, text: str) -> None:
    cut = CUTS[form](text)
    for piece in cut.pieces:
        for one in installs("x", piece.text, piece.line, cut.values):
            assert isinstance(one, Index) or one is not None


def test_many_variables_and_many_recipes_take_no_longer_together(tmp_path: Path) -> None:
    begun = time.process_time()
    _read(
        tmp_path,
        "Makefile",
        "".join(f"A{n} = {n}\n" for n in range(20_000)) + "pip:\n" + "\tB=$(A7); pip install a\n" * 20_000,
    )
    _read(tmp_path, "Dockerfile", "FROM x\n" + "COPY <<E /e\n" * 20_000 + "E\n" + "COPY <<E /e\nE\n" * 20_000)
    assert time.process_time() - begun < 20


def test_a_makefile_may_begin_its_recipes_otherwise_and_export_settings(tmp_path: Path) -> None:
    text = ".RECIPEPREFIX = >\nexport PIP_EXTRA_INDEX_URL := https://index.example/simple\nall:\n> pip install six==1.16.0\n"
    inventory = _read(tmp_path, "Makefile", text)
    assert asked(inventory) == [("six", "==1.16.0", 4)]
    assert [index.url for index in inventory.indexes] == ["https://index.example/simple"]


def test_a_very_long_script_says_that_its_variables_were_not_looked_at() -> None:
    names, gaps = installed("V=1\npip install a==$V b==1\n" + "# x\n" * 1_100_000)
    assert (names, len(gaps)) == (["b==1"], 1)


def _said(text: str, tmp_path: Path) -> set[str]:
    return {gap.detail.partition(";")[0] for gap in _read(tmp_path, "a.sh", text).gaps}


_OTHERS = "another value may be given for a variable where this is installed"


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"X=six==1.{n}\n" for n in range(20)) + "pip install $X\n",
        "for X in " + " ".join(f"six==1.{n}" for n in range(20)) + "; do pip install $X; done\n",
        "X=six\n" + "".join(f"X=b{n}\n" for n in range(17)) + "X+=' a'\npip install $X\n",
        "".join(f"X={n}\nY={n}\n" for n in range(6)) + "pip install six==$X.$Y\n",
    ],
    ids=["set often", "a long loop", "added to", "multiplied"],
)
def test_more_values_than_are_kept_are_said_to_be_possible(text: str, tmp_path: Path) -> None:
    assert _OTHERS in _said(text, tmp_path)


def test_an_installer_behind_many_words_is_a_gap(tmp_path: Path) -> None:
    settings = " ".join(f"A{n}=1" for n in range(60))
    behind = {"this command speaks of installing behind more words than a program is looked for in"}
    assert _said(f"env {settings} bash -c 'pip install six==1.16.0'\n", tmp_path) == behind
    assert _said(f"tool {settings} --name six\n", tmp_path) == set()
    assert _asked_in("env A=1 bash -c 'pip install six==1.16.0'\n", tmp_path) == ["six"]


def test_what_is_added_to_a_variable_stands_directly_behind_it(tmp_path: Path) -> None:
    assert _asked_in("P=litel\nP+=lm\nP+=' six'\npip install $P\n", tmp_path) == ["litellm", "six"]
    assert _asked_in("P=(a)\nP+=(b)\npip install ${P[@]}\n", tmp_path) == ["a", "b"]


def test_powershell_sets_variables_to_texts_and_adds_to_them(tmp_path: Path) -> None:
    text = """\
        $P = "litel"
        $P += "lm==1.82.8"
        pip install $P
        $A = @("b1", "b2")
        $A += "b3"
        pip install $A
        $V = "1.16.0" + "rc1"
        pip install "bar==$V"
        $log = pip install foo
        """
    inventory = _read(tmp_path, "a.ps1", dedent(text))
    assert [one.name for one in inventory.requirements] == ["litellm", "b1", "b2", "b3", "foo"]
    assert [gap.detail.rpartition(" ")[2] for gap in inventory.gaps] == ["bar==$V"]


def _asked_in(text: str, tmp_path: Path) -> list[str]:
    return [one.name for one in _read(tmp_path, "a.sh", text).requirements]
