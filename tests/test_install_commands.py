"""What Dockerfiles and notebooks install."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.inventory import reader_of
from mlsupply.inventory.install_commands import installs
from mlsupply.inventory.shell import commands
from mlsupply.model import Gap, Index, Inventory, Package, Reason, Requirement, SourceKind
from mlsupply.request import Request
from mlsupply.world import World
from tests.reading import asked, installed, read_as


def test_a_dockerfile_with_continuations_comments_and_several_commands(tmp_path: Path) -> None:
    inventory = read_as(
        tmp_path,
        "Dockerfile",
        dedent(
            """\
            # syntax=docker/dockerfile:1
            FROM python:3.12 AS base
            ARG TORCH=2.4.0
            RUN apt-get update && apt-get install -y python3-pip \\
                # a comment between
                && pip install --no-cache-dir \\
                    "litellm[proxy]==1.82.8" 'httpx<1' \\
                    "torch==${TORCH}" && \\
                python3 -m pip install uvloop==0.21.0 --index-url https://u:p@mirror.example/simple \\
                    --extra-index-url=https://wheels.example/cu128 --trusted-host mirror.example
            RUN --mount=type=cache,target=/root/.cache uv pip install --system -e .[gpu] git+https://git.example/a.git@v1#egg=a
            RUN ["pip", "install", "gunicorn==23.0.0"]
            CMD pip install at-start
            """
        ),
    )
    assert asked(inventory) == [
        ("litellm", "==1.82.8", 7),
        ("httpx", "<1", 7),
        ("torch", "==2.4.0", 8),
        ("uvloop", "==0.21.0", 9),
        ("", "", 11),
        ("a", "", 11),
        ("gunicorn", "==23.0.0", 12),
        ("at-start", "", 13),
    ]
    assert inventory.requirements[4].source.kind is SourceKind.EDITABLE
    assert inventory.requirements[5].source.revision == "v1"
    (gap,) = inventory.gaps
    assert (gap.reason, gap.place and gap.place.line) == (Reason.UNSUPPORTED, 8)
    assert "another value may be given for a variable" in gap.detail  # by `--build-arg`
    assert [(i.url, i.role, i.trusted_host, i.had_credentials) for i in inventory.indexes] == [
        ("https://mirror.example/simple", "primary", True, True),
        ("https://wheels.example/cu128", "extra", False, False),
    ]


def test_here_documents_are_read_line_by_line(tmp_path: Path) -> None:
    text = "FROM x\nRUN <<EOF\nset -e\npip install a==1\nEOF\nRUN pip install b==2\n"
    assert asked(read_as(tmp_path, "Containerfile", text)) == [("a", "==1", 4), ("b", "==2", 6)]


def test_included_files_are_found_where_copy_took_them_from(world: World) -> None:
    root = world.tree.root
    (root / "docker").mkdir()
    (root / "docker/Dockerfile").write_text(
        "FROM x\nCOPY docker/pins.txt /tmp/r.txt\nRUN pip install -r /tmp/r.txt && pip install -r gone.txt\n",
        encoding="utf-8",
    )
    (root / "docker/pins.txt").write_text("numpy==2.0.0\n", encoding="utf-8")
    report = run(Request(subjects=("docker/Dockerfile",), offline=True), world)
    assert [(str(p.coordinate), str(p.places[0])) for p in report.packages] == [("numpy 2.0.0", "docker/pins.txt:1")]
    (gap,) = [gap for gap in report.gaps if gap.check == "inventory" and gap.reason is not Reason.OFFLINE]
    assert (gap.reason, "gone.txt" in gap.detail) == (Reason.NOT_FOUND, True)


def test_conda_installs_name_a_release_only_when_they_pin_it_wholly(tmp_path: Path) -> None:
    asked = "numpy==2.0.0 pytorch=2.4.0=py312_0 scipy=1.14 curl pip=23.1.2 c::zlib=1.3.1"
    inventory = read_as(tmp_path, "x.dockerfile", f"FROM x\nRUN mamba install -y -c conda-forge {asked}\n")
    assert [(p.coordinate.ecosystem, str(p.coordinate), p.source.url) for p in inventory.packages] == [
        ("pypi", "numpy 2.0.0", ""),
        ("pypi", "torch 2.4.0", ""),
        ("pypi", "pip 23.1.2", ""),
        ("conda", "zlib 1.3.1", "c"),
    ], "under their names on PyPI, as those of environment files are: advisories know no others"
    (gap,) = inventory.gaps
    assert (gap.reason, "scipy=1.14, curl" in gap.detail) == (Reason.UNPINNED, True)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("pip install a", ["a"]),
        ("if [ -f x ]; then pip3.12 install a; fi", ["a"]),
        ("sudo -H /opt/venv/bin/pip --quiet install --upgrade a b", ["a", "b"]),
        ("uv add a && uv tool install b && pipx install c", ["a", "b", "c"]),
        ("sh -c 'pip install a'", ["a"]),
        ("pip install a>=1", ["a"]),  # to a shell this is a redirection
        ("pip install 'a>=1' --target x -t y --python=3 b", ["a>=1", "b"]),
        ("pip install -U -c limits.txt a # b", ["a"]),
        ("echo pip install a", []),
        ("pip uninstall -y a; pip list", []),
        ("uv sync; uv run pip; npm install a", []),
        ("uvx a==1 check .; sudo env X=1 uvx --python 3.12 b@2.0 --fix", ["a==1", "b==2.0"]),
        ("uvx --from 'a[x]==1' --with b,c tool d; uv tool run a@latest", ["a==1", "b", "c", "a"]),
        ("pipx run a==1 b; pipx run --spec b c; pipx inject c d", ["a==1", "b", "c", "d"]),
        ("uv run --with a==1 -w b script.py c && uv run pip install d", ["a==1", "b", "d"]),
        ("which uvx; command -v uvx; chmod +x /bin/uvx b; uvx --version", []),
        ("poetry add a@^1.2 b==2 'c@>=1,<3' -G dev d --source x; poetry install", ["a>=1.2,<2.0", "b==2", "c>=1,<3", "d"]),
        ("poetry self add a@latest && pdm add -dG test b && rye add c && pipenv install --dev d", ["a", "b", "c", "d"]),
        ("easy_install a && pixi add --pypi b==1", ["a", "b==1"]),
        ("pip wheel -w /wheels --no-deps a && pip download -d out b && pip install -n c", ["a", "b", "c"]),
        ("python -m pip install --index name=https://h.example/s a", ["a"]),
        ("pip --proxy http://p.example install a; pip --python /x/bin/python -q install b", ["a", "b"]),
        (
            "uv --color never --no-config add a && uv -q --directory /x pip install b; uv -q pip list; pip show install",
            ["a", "b"],
        ),
        ("bash -lc 'pip install a'; bash -euxo pipefail -c 'pip install b'; sh script.sh -c 'pip install c'", ["a", "b"]),
        (
            "su me -c 'pip install a'; runuser -u me -- pip install b; eval 'pip install c'; eval eval pip install d",
            [*"abcd"],
        ),
        ("x=$(pip install a); echo `pip install b` \"$(uv tool install 'c')\" '$(pip install d)' \\`e", ["a", "b", "c"]),
    ],
)
def test_which_commands_install_what(text: str, names: list[str]) -> None:
    assert installed(text)[0] == names


@pytest.mark.parametrize(
    "text", ["pip install $PKG", "pip install `cat x`", "pip install $(cat x)", "pip install a==${V}", 'pip install "$A"']
)
def test_what_a_variable_holds_is_a_gap(text: str) -> None:
    names, gaps = installed(text)
    assert names == []
    assert len(gaps) == 1


def test_files_of_requirements_are_read_whichever_command_names_them(world: World) -> None:
    """`pip-sync`, `uv pip sync` and conda name files of any name; each holds a release that must not pass unread."""
    for name in ("a.list", "b.list"):
        (world.tree.root / name).write_text(f"{name[0]}-tool==1.0\n", encoding="utf-8")
    for name in ("c.yaml", "d.yaml"):
        text = f"dependencies:\n  - pip:\n    - {name[0]}-tool==1.0\n"
        (world.tree.root / name).write_text(text, encoding="utf-8")
    script = "uv pip sync a.list && pip-sync b.list && conda env create -n x -f c.yaml && mamba env update --file=d.yaml"
    (world.tree.root / "Dockerfile").write_text(f"FROM x\nRUN {script} && conda install --file e.list\n", encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True), world)
    assert [package.name for package in report.packages] == ["a-tool", "b-tool", "c-tool", "d-tool"]
    (unread,) = [gap for gap in report.gaps if gap.reason is Reason.UNSUPPORTED and gap.check == "inventory"]
    assert unread.detail == "conda installs what e.list lists, and its own lists are not read"


def test_blank_lines_and_comments_between_continued_ones_end_no_instruction(tmp_path: Path) -> None:
    text = 'FROM x\nRUN pip install \\\n\n  # why\n  a==1 \\\n  \n  b==2\nRUN ["pip", \\\n  "install", "c==3"]\n'
    assert [(name, version) for name, version, _ in asked(read_as(tmp_path, "Dockerfile", text))] == [
        ("a", "==1"),
        ("b", "==2"),
        ("c", "==3"),
    ]


def _indexes(inventory: Inventory) -> list[tuple[str, str, int]]:
    return [(index.url, index.role, index.place.line) for index in inventory.indexes]


def test_indexes_that_an_image_sets_in_variables_are_those_its_packages_come_from(tmp_path: Path) -> None:
    """An extra index in ENV does what `--extra-index-url` does, and was not mentioned."""
    text = (
        "FROM x\nARG UV_INDEX_URL\nENV A=b \\\n  # why\n  PIP_EXTRA_INDEX_URL='https://a.example/s https://b.example/s'\n"
        "ENV PIP_INDEX_URL http://c.example/s\nRUN UV_INDEX=name=https://d.example/s uv pip install six && \\\n"
        "    pip config --user set global.find-links https://e.example/l\nENV PIP_TIMEOUT=1 UV_INDEX_D_PASSWORD=x\n"
    )
    assert sorted(_indexes(read_as(tmp_path, "Dockerfile", text))) == [
        ("http://c.example/s", "primary", 6),
        ("https://a.example/s", "extra", 5),
        ("https://b.example/s", "extra", 5),
        ("https://d.example/s", "extra", 7),
        ("https://e.example/l", "find-links", 8),
    ]


def test_indexes_that_a_workflow_sets_for_its_steps(world: World) -> None:
    folder = world.tree.root / ".github/workflows"
    folder.mkdir(parents=True)
    text = (
        "on: push\nenv:\n  PIP_EXTRA_INDEX_URL: https://a.example/s\njobs:\n  a:\n    steps:\n      - run: pip install six\n"
        "        env: {PIP_INDEX_URL: '${{ secrets.INDEX }}'}\n"
    )
    (folder / "a.yml").write_text(text, encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True), world)
    assert [index.url for one in report.inputs for index in one.indexes] == ["https://a.example/s"]
    assert "the value of --index-url contains a variable" in " ".join(gap.detail for gap in report.gaps)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "requirements.txt",
            "--trusted-host pypi.org\n--trusted-host mirror.example\n-i https://mirror.example/s\nsix==1\n",
        ),
        (
            "Dockerfile",
            "FROM x\nRUN pip install --trusted-host pypi.org --trusted-host mirror.example -i https://mirror.example/s a\n",
        ),
        (
            "Dockerfile",
            "FROM x\nENV PIP_TRUSTED_HOST='pypi.org mirror.example' PIP_INDEX_URL=https://mirror.example/s\n",
        ),
        ("pyproject.toml", '[tool.uv]\nallow-insecure-host = ["mirror.example", "pypi.org"]\n'),
    ],
)
def test_a_host_is_trusted_whether_or_not_the_file_names_an_index_on_it(name: str, text: str, world: World) -> None:
    """The public index needs no naming, and it is the one whose certificate is most often not checked."""
    (world.tree.root / name).write_text(text, encoding="utf-8")
    report = run(Request(subjects=(".",), offline=True), world)
    said = [finding.message for finding in report.findings if finding.id == "MLS-I007"]
    assert said == [f"{name} trusts {host} without checking its certificate" for host in ("mirror.example", "pypi.org")]


@pytest.mark.parametrize("path", ["/*.whl", "dist/*", "/opt/tool.tar.gz"])
def test_archives_of_the_image_that_name_no_release_are_a_gap(path: str) -> None:
    """A scan that said nothing of `pip install /*.whl` was complete and clean."""
    names, gaps = installed(f"pip install {path}")
    assert names == []
    assert gaps == [f"this file exists only where the command runs: {path}"]


@pytest.mark.parametrize(
    "cell",
    [
        "pip install a",
        "import os\nuv pip install a\nprint(1)",
        "out = !pip install a",
        "out = %sx pip install a",
        "%time !pip install a",
        "%%system\npip install a",
        "%%shell\npip install a",
        'text = """\nx"""\npip install a',
    ],
)
def test_cells_that_install_without_an_exclamation_mark(cell: str, tmp_path: Path) -> None:
    """IPython takes a line that begins with `pip` for the magic of that name."""
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": cell}], "nbformat": 4})
    assert [name for name, _, _ in asked(read_as(tmp_path, "a.ipynb", notebook))] == ["a"]


@pytest.mark.parametrize(
    "cell",
    [
        "import os\nos.system('pip install a==1')",
        "subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'a==1'])",
        "subprocess.run('pip install a==1'.split())",
        "subprocess.run(f'{sys.executable} -m pip install a==1', shell=True)",
        "get_ipython().system('pip install a==1')",
        "get_ipython().run_line_magic('pip', 'install a==1')",
        "import pip\npip.main(['install', 'a==1'])",
        "if True:\n    !ls \\\n      -l\n    os.system('pip install a==1')",
    ],
)
def test_cells_whose_python_starts_an_installer(cell: str, tmp_path: Path) -> None:
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": cell}], "nbformat": 4})
    inventory = read_as(tmp_path, "a.ipynb", notebook)
    assert [(name, version) for name, version, _ in asked(inventory)] == [("a", "==1")]
    assert inventory.gaps == ()


def test_what_python_hands_to_an_installer_from_a_variable_is_a_gap(tmp_path: Path) -> None:
    cell = "subprocess.run([python, '-m', 'pip', 'install', name])\nmain(['install', 'b'])\nrun(argv)"
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": cell}], "nbformat": 4})
    inventory = read_as(tmp_path, "a.ipynb", notebook)
    assert asked(inventory) == []
    (unknown,) = inventory.gaps
    assert "contains a variable" in unknown.detail


@pytest.mark.parametrize(
    "cell", ['print("""\npip install a\n""")', "pip = install(a)", "uv.install(a)", "x != 'pip install a'"]
)
def test_python_that_only_speaks_of_pip_installs_nothing(cell: str, tmp_path: Path) -> None:
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": cell}], "nbformat": 4})
    assert asked(read_as(tmp_path, "a.ipynb", notebook)) == []


@pytest.mark.parametrize("depth", [1, 400, 100_000])
def test_a_long_chain_of_attributes_hides_no_install_behind_it(depth: int, tmp_path: Path) -> None:
    cell = f"import x, pip\nx{'.a' * depth}.main(['install', 'b'])\npip.main(['install', 'a'])"
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": cell}], "nbformat": 4})
    inventory = read_as(tmp_path, "a.ipynb", notebook)
    assert [name for name, _, _ in asked(inventory)] == (["a"] if depth < 100_000 else [])
    assert [gap.reason for gap in inventory.gaps] == ([] if depth < 100_000 else [Reason.LIMIT])


def test_a_wheel_that_exists_only_in_the_image_is_a_gap() -> None:
    assert installed("pip install ./a-1.0-py3-none-any.whl")[1][0].startswith(
        "this file exists only where the command runs: ./a-1.0"
    )


def _notebook(*cells: str | list[str]) -> str:
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    made.append({"cell_type": "markdown", "source": "!pip install not-this"})
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": made}, indent=1)


def test_a_notebook_in_every_way_to_install(tmp_path: Path) -> None:
    text = _notebook(
        ["%%capture\n", "!pip install -q transformers==4.45.0 \\\n", '  "datasets>=3"\n', "import x\n"],
        "if True:\n    %pip install accelerate\n%uv pip install rich",
        "%%bash\npip install tqdm\n",
        "!pip install {package} torch==$v",
        "%conda install scipy",
        "print('pip install nothing')",
    )
    inventory = read_as(tmp_path, "demo.ipynb", text)
    assert [r.name for r in inventory.requirements] == ["transformers", "datasets", "accelerate", "rich", "tqdm"]
    lines = text.splitlines()
    assert "transformers" in lines[inventory.requirements[0].place.line - 1]
    assert "datasets" in lines[inventory.requirements[1].place.line - 1]
    assert [gap.reason for gap in inventory.gaps] == [Reason.UNSUPPORTED, Reason.UNSUPPORTED, Reason.UNPINNED]


@pytest.mark.parametrize("text", ['{"cells": [{"install": 1', "install", '["install"]', '{"cells": {"source": "install"}}'])
def test_a_broken_notebook_is_a_gap_or_nothing(tmp_path: Path, text: str) -> None:
    inventory = read_as(tmp_path, "x.ipynb", text)
    assert inventory.requirements == ()


def test_inputs_that_install_nothing_are_not_listed(world: World) -> None:
    (world.tree.root / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    (world.tree.root / "a.ipynb").write_text(_notebook("print()"), encoding="utf-8")
    report = run(Request(offline=True), world)
    assert [(i.path, i.format) for i in report.inputs] == [(".", "folder")]
    assert report.verdict.exit_code == 4


@given(st.text(alphabet="pip install -r\"'\\\n$({[`#&;|<>=}])a1", max_size=200))
def test_any_text_is_read_as_commands(text: str) -> None:
    for words in commands(text):
        assert words
        assert all(1 <= word.line <= text.count("\n") + 1 for word in words)
    for found in installs("x", text):
        assert isinstance(found, (Requirement, Index, Gap, Package, tuple))


def test_long_hostile_text_is_read_in_linear_time() -> None:
    for piece in ("$(", "((", '"\\', "`", "${", "{{", "\\\n#", "<<", "'$(" * 3):
        assert sum(1 for _ in commands(piece * 20_000)) >= 0


def test_every_here_document_of_a_command_is_read(tmp_path: Path) -> None:
    words = [f"E{number}" for number in range(12)]
    text = "FROM x\nRUN sh " + " ".join(f"<<{word}" for word in words) + "\n"
    text += "".join(f"pip install p{number}==1.0\n{word}\n" for number, word in enumerate(words))
    assert [name for name, _, _ in asked(read_as(tmp_path, "Dockerfile", text))] == [f"p{number}" for number in range(12)]


@pytest.mark.parametrize(
    "text", ["xargs pip install < deps.txt", "cat deps.txt | /usr/bin/xargs -n 1 uv pip install --system"]
)
def test_what_xargs_hands_over_is_a_gap(text: str) -> None:
    assert installed(text) == ([], ["xargs hands names over here that are known only where the command runs"])
    assert installed("pip install six && echo xargs")[0] == ["six"]


def test_a_dockerfile_tells_also_what_is_installed_whenever_a_container_starts(tmp_path: Path) -> None:
    text = dedent(
        """\
        FROM python:3.12
        HEALTHCHECK --interval=5s CMD pip install checked
        ENTRYPOINT ["sh", "-c", "pip install started==1.0 && exec python app.py"]
        CMD ["--port", "80"]
        FROM python:3.12
        ENTRYPOINT ["uvx"]
        CMD ["--from", "served==2.0", "serve"]
        """
    )
    inventory = read_as(tmp_path, "Dockerfile", text)
    assert asked(inventory) == [("checked", "", 2), ("started", "==1.0", 3), ("served", "==2.0", 7)]


def test_a_file_of_any_name_that_a_command_names_is_read(world: World) -> None:
    (world.tree.root / "Dockerfile").write_text("FROM x\nCOPY . .\nRUN pip install -r deps.list\n", encoding="utf-8")
    (world.tree.root / "deps.list").write_text("six==1.16.0\n", encoding="utf-8")
    report = run(Request(offline=True, checks=("known-bad",)), world)
    assert [str(package.coordinate) for package in report.packages] == ["six 1.16.0"]


WORKFLOW = """\
on: {push: {branches: [main]}}
defaults: {run: {working-directory: ./sub}}
jobs:
  test:
    steps:
      - uses: actions/checkout@v4
        with: {run: not a script}
      - run: uvx ruff==0.5.0
      - name: several
        run: |
          python -m pip install --upgrade pip
          V=`cat version`
          pip install litellm==1.82.8 "${{ matrix.package }}"
          pip install `
            toml==0.10.2
          pip install -e .[dev] dist/*.whl ./dist/own-1.0-py3-none-any.whl
      - run: pip install -r deps.list
      - run: cd elsewhere && pip install -r lost.list -r far.list
        working-directory: other
"""


@pytest.mark.parametrize(
    "name", [".github/workflows/ci.yml", ".github/workflows/CI.yaml", ".gitea/workflows/ci.yml", "tools/action.yml"]
)
def test_a_workflow_installs_what_its_steps_do(world: World, name: str) -> None:
    for path, text in {name: WORKFLOW, "sub/deps.list": "six==1.16.0\n", "elsewhere/far.list": "toml==0.10.2\n"}.items():
        (world.tree.root / path).parent.mkdir(parents=True, exist_ok=True)
        (world.tree.root / path).write_text(text, encoding="utf-8")
    reader = reader_of(name)
    assert reader is not None
    inventory = reader.read(name, world.tree, world.limits)
    assert asked(inventory) == [
        ("ruff", "==0.5.0", 8),
        ("pip", "", 11),
        ("litellm", "==1.82.8", 13),
        ("toml", "==0.10.2", 15),
        ("six", "==1.16.0", 1),
    ]
    assert [(gap.reason, gap.place and gap.place.line) for gap in inventory.gaps] == [
        (Reason.UNSUPPORTED, 13),  # the matrix
        (Reason.NOT_FOUND, 18),
        (Reason.NOT_FOUND, 18),
    ]


@pytest.mark.parametrize("text", ["run: [pip install", "- &a [*a, pip install]", "pip install", "", "run: pip install"])
def test_a_broken_workflow_is_a_gap_or_nothing(world: World, text: str) -> None:
    (world.tree.root / "action.yml").write_text(text, encoding="utf-8")
    reader = reader_of("action.yml")
    assert reader is not None
    inventory = reader.read("action.yml", world.tree, world.limits)
    assert inventory.requirements == ()
    assert all(gap.reason is Reason.MALFORMED for gap in inventory.gaps)


def test_workflows_that_install_nothing_are_no_inputs(world: World) -> None:
    (world.tree.root / ".github/workflows").mkdir(parents=True)
    (world.tree.root / ".github/workflows/ci.yml").write_text("jobs: {a: {steps: [{run: make}]}}", encoding="utf-8")
    assert [i.path for i in run(Request(offline=True), world).inputs] == ["."]


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.sh", "git clone https://git.example/a/b.git\ncd b\npip install -r requirements.txt\npip install -e .\n", [3, 4]),
        ("a.sh", "sudo git clone --depth 1 -b v1 https://git.example/a/b /opt/c && pip install /opt/c[gpu] ./own\n", [1]),
        ("a.sh", "git clone git@git.example:a/b && cd b && make && cd .. && pip install -r requirements.txt\n", []),
        ("a.sh", "cd b && pip install -r requirements.txt && pip install .\n", []),
        ("a.sh", 'git clone https://git.example/a/b "$DIR"; cd $DIR/sub; pip install .\n', [1]),
        (
            "Makefile",
            "b:\n\tgit clone https://git.example/a/b\n\tcd b && pip install -r requirements.txt\n\tpip install .\n",
            [3],
        ),
        ("Dockerfile", "FROM x\nRUN git clone https://git.example/a/b /b\nWORKDIR /b\nRUN pip install -e .\n", [4]),
        ("Dockerfile", "FROM x\nRUN git clone https://git.example/a/b /b\nRUN pip install -r requirements.txt\n", []),
    ],
)
def test_what_a_cloned_repository_asks_for_is_not_taken_for_the_projects_own(
    name: str, text: str, lines: list[int], tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n", encoding="utf-8")
    gaps = read_as(tmp_path, name, text).gaps
    assert [gap.place.line for gap in gaps if gap.place] == lines
    assert all("cloned here" in gap.detail and "a/b" in gap.detail for gap in gaps)
