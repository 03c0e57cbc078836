"""What the environments of tox and the sessions of nox hold, wherever their settings stand."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.inventory.tox import of_text
from mlsupply.model import Inventory, Reason
from mlsupply.request import Request
from mlsupply.world import Limits, World

TOX = """\
[tox]
requires = tox-uv>=1.2
envlist = py, docs

[base]
deps =
    coverage==7.6.0
    !py312: legacy==1.0

[testenv]
package = wheel
install_command = pip install --no-deps {opts} {packages}
setenv =
    PIP_EXTRA_INDEX_URL = https://index.example/simple
deps =
    # litellm==1.0
    py{311,312},lint: litellm[proxy]==1.82.8  # of these only
    {[base]deps}
    -rdeps/test.list
    -c {toxinidir}/limits.txt
    -e .
    .[dev]
    {toxinidir}[dev]
    django=={env:DJANGO:5.0}
    numpy=={posargs}
commands_pre =
    - python -m pip install \\
        six==1.16.0
commands =
    pytest {posargs}
    echo pip install said
    docs: pip install idna=={env:IDNA}

[testenv:docs]
deps = sphinx==7.4.0
"""
NOX = """\
import nox
from nox import session as decorated

PYTEST = "pytest==8.2.0"
DEPS = ["litellm==1.82.8", PYTEST]
PLAIN = ("attrs==24.1.0", "idna>=3,<4")
# session.install("commented")

@nox.session(python=["3.12"])
@nox.parametrize("django", ["4.2", "5.0"])
def tests(session: nox.Session, django: str) -> None:
    "Say pip install said."
    session.install("-r", "deps/test.list", ".[test]")
    session.install("-e", ".", *PLAIN, PYTEST)
    session.install(f"django=={django}", *DEPS)
    session.run("pip", "install", "six==1.16.0", external=True)
    session.run_always("uv", "pip", "install", f"ruff=={version()}")
    session.run("pytest", "install.py")
    session.conda_install("curl")
"""


def _read(folder: Path, name: str, text: str) -> Inventory:
    for path, held in {name: text, "deps/test.list": "toml==0.10.2\n", "limits.txt": "six<2\n"}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(held, encoding="utf-8")
    reader = reader_of(name)
    assert reader is not None
    return reader.read(name, DiskTree(folder), Limits())


def _asked(inventory: Inventory) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [(r.name, r.specifier, r.place.line, r.groups) for r in inventory.requirements if not r.constraint]


def test_the_environments_of_tox(tmp_path: Path) -> None:
    inventory = _read(tmp_path, "tox.ini", TOX)
    assert _asked(inventory) == [
        ("tox-uv", ">=1.2", 2, ("build",)),
        ("litellm", "==1.82.8", 17, ("testenv",)),
        ("coverage", "==7.6.0", 7, ("testenv",)),
        ("legacy", "==1.0", 8, ("testenv",)),
        ("toml", "==0.10.2", 1, ()),
        ("django", "==5.0", 24, ("testenv",)),
        ("six", "==1.16.0", 28, ()),
        ("sphinx", "==7.4.0", 35, ("docs",)),
    ]
    assert [(gap.reason, gap.place and gap.place.line) for gap in inventory.gaps] == [
        (Reason.UNSUPPORTED, 24),  # another value for DJANGO
        (Reason.UNSUPPORTED, 25),
        (Reason.UNSUPPORTED, 32),
    ]
    assert [index.url for index in inventory.indexes] == ["https://index.example/simple"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("tox.toml", "[env_run_base]\ndeps = ['litellm==1.82.8', '-r deps/test.list']\n", 2),
        ("tox.toml", "[env.x]\ncommands = [['pytest'], ['pip', 'install', 'litellm==1.82.8', '.']]\n", 2),
        ("pyproject.toml", "[tool.tox.env.test]\ndeps = [\n  'litellm==1.82.8',\n]\n", 3),
        ("pyproject.toml", "[tool.tox]\nlegacy_tox_ini = '''\n[testenv]\ndeps = litellm==1.82.8\n'''\n", 4),
        ("setup.cfg", "[metadata]\nname = a\n[tox:tox]\nenvlist = py\n[testenv:x]\ndeps = litellm==1.82.8\n", 6),
    ],
)
def test_settings_of_tox_in_each_of_its_places(name: str, text: str, line: int, tmp_path: Path) -> None:
    inventory = _read(tmp_path, name, text)
    assert ("litellm", "==1.82.8", line) in [one[:3] for one in _asked(inventory)]
    assert inventory.gaps == ()


def test_references_in_a_circle_end(tmp_path: Path) -> None:
    text = "[a]\ndeps =\n  {[b]deps}\n  {[b]deps}\n[b]\ndeps =\n  {[a]deps}\n  six\n[testenv]\ndeps = {[a]deps}\n"
    begun = time.process_time()
    assert {one[0] for one in _asked(_read(tmp_path, "tox.ini", text))} == {"six"}
    assert time.process_time() - begun < 5


def test_the_sessions_of_nox(tmp_path: Path) -> None:
    inventory = _read(tmp_path, "noxfile.py", NOX)
    assert [one[:3] for one in _asked(inventory)] == [
        ("toml", "==0.10.2", 1),
        ("attrs", "==24.1.0", 14),
        ("idna", ">=3,<4", 14),
        ("pytest", "==8.2.0", 14),
        ("django", "==4.2", 15),
        ("django", "==5.0", 15),
        ("six", "==1.16.0", 16),
    ]
    assert [(gap.reason, gap.place and gap.place.line) for gap in inventory.gaps] == [
        (Reason.UNSUPPORTED, 15),  # DEPS holds a name
        (Reason.UNSUPPORTED, 17),
        (Reason.UNPINNED, 19),
    ]


def test_a_noxfile_with_a_header_of_its_own_is_read_as_both(world: World) -> None:
    text = "# /// script\n# dependencies = ['nox==2024.4.15']\n# ///\nimport nox\ndef t(s):\n    s.install('six==1.16.0')\n"
    (world.tree.root / "noxfile.py").write_text(text, encoding="utf-8")
    report = run(Request(offline=True, checks=("known-bad",)), world)
    assert [str(package.coordinate) for package in report.packages] == ["nox 2024.4.15", "six 1.16.0"]


@pytest.mark.parametrize("text", ["session.install(", "x" * 500_000 + "install", "a.install(" * 5_000])
def test_a_noxfile_that_is_no_python_or_too_much_of_it_is_a_gap(text: str, tmp_path: Path) -> None:
    (gap,) = _read(tmp_path, "noxfile.py", text).gaps
    assert gap.reason in {Reason.MALFORMED, Reason.LIMIT}


@given(st.text(st.sampled_from("[testenv]\\ndeps={}:-r/. \\t#;a1,"), max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert list(of_text("tox.ini", f"[testenv]\ndeps =\n  {text}")) is not None


@pytest.mark.parametrize(
    ("asked", "sections"),
    [
        ("{[a0]deps}", "".join(f"[a{n}]\ndeps = {{[a{n + 1}]deps}}\n" for n in range(14)) + "[a14]\ndeps = six\n"),
        ("{[a]deps}", "[a]\ndeps = {[a]deps}\n"),
        ("{posargs}", ""),
        ("{env:SIX}", ""),
    ],
    ids=["many steps away", "itself", "words of the call", "a variable"],
)
def test_what_tox_fills_in_and_is_not_followed_is_a_gap(asked: str, sections: str, tmp_path: Path) -> None:
    inventory = _read(tmp_path, "tox.ini", f"[testenv]\ndeps = {asked}\n{sections}")
    assert inventory.requirements == ()
    said = [gap.detail.partition(":")[0] for gap in inventory.gaps]
    assert said == ["what is asked for holds a field that tox fills in when it runs"]


def test_a_default_of_a_variable_is_what_an_environment_asks_for(tmp_path: Path) -> None:
    inventory = _read(tmp_path, "tox.ini", "[testenv]\ndeps =\n  {env:SIX:six==1.16.0}\n  {toxinidir}\n")
    assert [one[:2] for one in _asked(inventory)] == [("six", "==1.16.0")]
    said = [gap.detail.partition(";")[0] for gap in inventory.gaps]
    assert said == ["another value may be given for a variable where this is installed"]
