"""Members of one name: whether they hold the same."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path

import pytest

from mlsupply.evidence.contents import judged
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.model import Severity
from mlsupply.request import RuleSettings
from mlsupply.ruleset import load
from tests.conftest import NOW
from tests.made_wheels import METADATA, put
from tests.test_archives import link, tarred

LICENCE = ("demo-1.0/LICENSE.txt", b"as it is\n")
CODE = ("demo-1.0/demo.py", b"x = 1\n")


def said(folder: Path, *members: object) -> dict[str, Severity]:
    """Ids of the findings on an archive with these members."""
    data = tarred([("demo-1.0/PKG-INFO", METADATA), *members])  # type: ignore[list-item]  # two kinds of the first part
    with Pool(1) as pool:
        facts = look_inside(put(folder, "demo-1.0.tar.gz", data), pool)
    return {finding.id: finding.severity for finding in judged(facts, load(RuleSettings(), NOW)).findings}


@pytest.mark.parametrize("member", [LICENCE, CODE], ids=["a text", "code"])
def test_the_same_twice_is_all_one(member: tuple[str, bytes], tmp_path: Path) -> None:
    assert said(tmp_path, member, member) == {"MLS-A020": Severity.LOW}
    assert said(tmp_path, member, member, member) == {"MLS-A020": Severity.LOW}


@pytest.mark.parametrize(
    "members",
    [
        [CODE, (CODE[0], b"x = 2\n")],
        [CODE, CODE, (CODE[0], b"x = 2\n")],
        [CODE, link(CODE[0], "other.py")],
        [link(CODE[0], "other.py"), CODE],
    ],
    ids=["another content", "another the third time", "a link behind it", "a link before it"],
)
def test_what_is_not_the_same_each_time_is_told(members: list[object], tmp_path: Path) -> None:
    assert said(tmp_path, *members)["MLS-A002"] is Severity.HIGH


def jar(*members: tuple[str, bytes]) -> tuple[str, bytes]:
    """A jar that a package holds, with these members."""
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w") as archive:
        warnings.simplefilter("ignore")  # names that come twice are what these stories are about
        for name, content in members:
            archive.writestr(name, content)
    return "demo-1.0/demo/tool.jar", data.getvalue()


def test_a_jar_has_the_notices_of_several_libraries_and_one_manifest(tmp_path: Path) -> None:
    notices = jar(("META-INF/NOTICE", b"of one"), ("META-INF/NOTICE", b"of another"))
    assert said(tmp_path, notices) == {"MLS-A022": Severity.LOW}
    loaded = jar(("META-INF/services/demo.Driver", b"demo.One"), ("META-INF/services/demo.Driver", b"demo.Other"))
    assert said(tmp_path, loaded) == {"MLS-A002": Severity.HIGH}


def test_many_names_are_not_read_again(tmp_path: Path) -> None:
    members = [(f"demo-1.0/text{number}.txt", b"a") for number in range(101)]
    assert said(tmp_path, *members, *members)["MLS-A002"] is Severity.HIGH
