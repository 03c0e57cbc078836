"""Files handed to a script of the package: what the script does with them decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsupply.evidence.archives import Limits
from mlsupply.evidence.explained.handed import MAX_FILES
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from tests.made_wheels import METADATA, put
from tests.test_archives import tarred

STARTS = b"""
import os, subprocess, sys
from setuptools import setup
HERE = os.path.dirname(os.path.abspath(__file__))
def described():
    script, readme = os.path.join(HERE, 'tools', 'plain.py'), os.path.join(HERE, 'README.rst')
    return subprocess.check_output([%s, script, readme])
setup(name='demo', long_description=described())
"""
PYTHON = STARTS % b"sys.executable"
PLAIN = b"import re, sys\nprint(re.sub('html', 'text', open(sys.argv[1]).read()))\n"


def started(folder: Path, files: dict[str, bytes], limits: Limits | None = None) -> set[str]:
    """What is told to be started of the package."""
    members = [
        (f"demo-1.0/{path}", data) for path, data in {"PKG-INFO": METADATA, "README.rst": b"hello\n", **files}.items()
    ]
    with Pool(1) as pool:
        facts = look_inside(put(folder, "demo-1.0.tar.gz", tarred(members)), pool, limits=limits).code
    return {fact.detail for fact in facts if fact.behaviour == "runs-bundled"}


def test_a_script_that_runs_nothing_is_told_of_a_file(tmp_path: Path) -> None:
    assert started(tmp_path, {"setup.py": PYTHON, "tools/plain.py": PLAIN}) == {"a script of the package: plain.py"}


def test_a_script_that_was_to_be_followed_and_was_not_may_run_it(tmp_path: Path) -> None:
    asks = b"import sys, urllib.request\n" + b"".join(
        b"urllib.request.urlopen('https://a%d.example')\n" % n for n in range(90)
    )
    files = {"setup.py": PYTHON, "tools/plain.py": asks}
    assert started(tmp_path, files) == {"a script of the package: plain.py"}
    assert "a script of the package: README.rst" in started(tmp_path, files, Limits(facts=60))


def test_more_scripts_of_a_name_than_are_read_may_run_it(tmp_path: Path) -> None:
    more = {f"other{number}/plain.py": PLAIN for number in range(MAX_FILES)}
    files = {"setup.py": PYTHON, "tools/plain.py": PLAIN, **more}
    assert "a script of the package: README.rst" in started(tmp_path, files)


@pytest.mark.parametrize(
    "script",
    [
        b"import sys\nexec(open(sys.argv[1]).read())\n",
        b"import runpy, sys\nrunpy.run_path(sys.argv[1])\n",
        b"import subprocess, sys\nsubprocess.run(['sh', sys.argv[1]])\n",
        b"import sys\nfrom demo import done\ndone(sys.argv[1])\n",
        b"import sys\nfrom .other import done\ndone(sys.argv[1])\n",
        b"import shelve, sys\nprint(list(shelve.open(sys.argv[1]).values()))\n",
        b"print 'for another Python'\n",
        b"x = 1\n" * 20_000,
    ],
    ids=[
        "runs it",
        "runs it as a module",
        "runs it as a program",
        "of the package",
        "beside it",
        "unpickles",
        "other",
        "large",
    ],
)
def test_a_script_that_may_run_it_is_told(script: bytes, tmp_path: Path) -> None:
    assert "a script of the package: README.rst" in started(tmp_path, {"setup.py": PYTHON, "tools/plain.py": script})


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": PYTHON},
        {"setup.py": PYTHON, "tools/plain.py": PLAIN, "more/plain.py": b"import sys\nexec(open(sys.argv[1]).read())\n"},
        {"setup.py": PYTHON, **{f"a{number}/plain.py": PLAIN for number in range(9)}},
        {"setup.py": STARTS % b"'sudo', sys.executable", "tools/plain.py": PLAIN},
        {"setup.py": STARTS % b"'some-runner'", "tools/plain.py": PLAIN},
    ],
    ids=["not there", "two of the name", "many of the name", "behind a program", "by another program"],
)
def test_where_it_is_not_clear_which_script_runs_it_is_told(files: dict[str, bytes], tmp_path: Path) -> None:
    assert "a script of the package: README.rst" in started(tmp_path, files)
