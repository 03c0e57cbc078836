"""An inert replica of the technique of each of fifteen incidents: which finding appears without any advisory.

Not every incident shows inside the archive. 14 is a requirement, told by the index check; where 7 was seen at all, it was in
the Rust source, since the wheel is machine code; and 1, 2, 4, 7, 9 and 15 show in the release's history too (rules MLS-I
and MLS-R), which other tests hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.evidence.contents import judged
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.model import Checked, Severity
from mlsupply.request import RuleSettings
from mlsupply.ruleset import Rules, load
from tests.conftest import NOW
from tests.models.test_archives import TestSevenZip
from tests.models.writing import payload
from tests.test_archives import zipped
from tests.unseen import cases, written

# number of the incident -> findings of medium severity or more
TABLE = {
    1: {"MLS-A014", "MLS-C035"},  # torchtriton 3.0.0
    2: {"MLS-C011"},  # bittensor 6.12.2
    3: {"MLS-C002", "MLS-C010", "MLS-C064"},  # aiocpa 0.1.13
    4: {"MLS-C006", "MLS-C031"},  # ultralytics 8.3.41
    6: {"MLS-C039"},  # aliyun-ai-labs-snippets-sdk
    7: {"MLS-C045"},  # bittensor-wallet 4.0.2, its source archive
    8: {"MLS-C001", "MLS-C010", "MLS-C037", "MLS-C064"},  # litellm 1.82.8
    9: {"MLS-C001", "MLS-C010", "MLS-C037", "MLS-C064"},  # elementary-data 0.23.3
    10: {"MLS-C004", "MLS-C035"},  # lightning 2.6.2
    11: {"MLS-C004"},  # mistralai 2.4.6, guardrails-ai 0.10.1
    12: {"MLS-C037"},  # the Hades wave
    13: {"MLS-C010"},  # mrmustard 0.7.4
    15: {"MLS-C004"},  # memoryos 2.0.34
}


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load(RuleSettings(), NOW)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as one:
        yield one


def ids(said: Checked) -> set[str]:
    return {finding.id for finding in said.findings if finding.severity.rank >= Severity.MEDIUM.rank}


def replicas() -> dict[int, str]:
    return {int(case.technique.split()[0]): case.name for case in cases("incidents")}


@pytest.mark.parametrize("number", sorted(TABLE))
def test_the_technique_is_found(number: int, tmp_path: Path, pool: Pool, rules: Rules) -> None:
    (case,) = [case for case in cases("incidents") if case.technique.startswith(f"{number} ")]
    assert ids(judged(look_inside(written(case, tmp_path), pool), rules)) == TABLE[number]


def test_5_a_broken_pickle_in_a_7z_archive_in_a_package(tmp_path: Path, pool: Pool, rules: Rules) -> None:
    """nullifAI: the stream breaks off after the call, so that who loads it runs it and who parses it to the end does not."""
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(
        zipped([("demo/__init__.py", b""), ("demo/weights/model.pt", TestSevenZip.archive(payload()[:-1] + b"X"))])
    )
    assert ids(judged(look_inside(path, pool), rules)) == {"MLS-C039"}


def test_every_incident_that_shows_in_an_archive_has_a_replica() -> None:
    assert set(replicas()) == set(TABLE)
