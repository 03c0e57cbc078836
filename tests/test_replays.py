"""Day zero again: the answers an index gave around known bad releases, with no advisory to lean on.

The table in rules/README.md says which rule fires; it is read here and held to what a run over a loopback index finds.
Versions and times are those of the incident records; of what nobody published (sizes, owners) nothing is made up: the
index of the replay then shows no change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from mlsupply.audit import run
from mlsupply.evidence import attestations
from mlsupply.fetch import LiveFetch
from mlsupply.model import Finding
from mlsupply.request import Request
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex, provenance

README = Path(__file__).resolve().parents[1] / "rules" / "README.md"
CHECKS = ("names", "release", "index")


def litellm(index: LoopbackIndex) -> None:
    for version, uploaded in (("1.82.5", "2026-03-14"), ("1.82.6", "2026-03-20")):
        index.add("litellm", version, kinds=["wheel", "sdist"], uploaded=f"{uploaded}T04:00:00Z")
    index.add("litellm", "1.82.7", kinds=["wheel", "sdist"], uploaded="2026-03-24T10:39:00Z")
    index.add("litellm", "1.82.8", kinds=["wheel", "sdist"], uploaded="2026-03-24T10:52:00Z")


def litellm_quarantined(index: LoopbackIndex) -> None:
    litellm(index)
    index.project("litellm").status = "quarantined"


def litellm_removed(index: LoopbackIndex) -> None:
    litellm(index)
    project = index.project("litellm")
    project.files = [file for file in project.files if file.version not in {"1.82.7", "1.82.8"}]


def ultralytics(index: LoopbackIndex) -> None:
    own = provenance(repository="ultralytics/ultralytics")
    days = {38: "11-27", 39: "11-28", 40: "12-01", 41: "12-04", 42: "12-05", 43: "12-05", 44: "12-06"}
    for patch, day in days.items():
        index.add("ultralytics", f"8.3.{patch}", kinds=["wheel", "sdist"], uploaded=f"2024-{day}T20:00:00Z", provenance=own)
    for patch in (45, 46):
        index.add("ultralytics", f"8.3.{patch}", kinds=["wheel", "sdist"], uploaded=f"2024-12-07T0{patch - 44}:00:00Z")


def torchtriton(index: LoopbackIndex) -> None:
    index.add("torchtriton", "3.0.0", uploaded="2022-12-25T00:00:00Z", tag="cp310-cp310-linux_x86_64")


def bittensor(index: LoopbackIndex) -> None:
    index.add("bittensor", "6.12.0", kinds=["wheel", "sdist"], uploaded="2024-04-30T15:00:00Z")
    index.add("bittensor", "6.12.1", kinds=["wheel", "sdist"], uploaded="2024-05-07T15:00:00Z")
    index.add("bittensor", "6.12.2", kinds=["wheel", "sdist"], uploaded="2024-05-22T19:14:09Z")


def bittensor_wallet(index: LoopbackIndex) -> None:
    own = provenance(repository="opentensor/btwallet")
    index.add("bittensor-wallet", "4.0.0", kinds=["sdist"], uploaded="2026-01-10T10:00:00Z", provenance=own)
    index.add("bittensor-wallet", "4.0.1", kinds=["sdist"], uploaded="2026-01-20T10:00:00Z", provenance=own)
    index.add("bittensor-wallet", "4.0.2", kinds=["sdist"], uploaded="2026-03-15T05:06:00Z")


def memoryos(index: LoopbackIndex) -> None:
    index.add("memoryos", "2.0.33", kinds=["wheel"], uploaded="2026-09-03T11:30:00Z", size=951_210)
    index.add("memoryos", "2.0.34", kinds=["wheel"], uploaded="2026-09-23T05:24:00Z", size=19_201_772)


def lightning(index: LoopbackIndex) -> None:
    index.add("lightning", "2.6.1", kinds=["wheel", "sdist"], uploaded="2026-01-30T14:00:00Z")
    index.add("lightning", "2.6.2", kinds=["wheel", "sdist"], uploaded="2026-04-30T12:00:00Z")


def durabletask(index: LoopbackIndex) -> None:
    index.add("durabletask", "1.3.0", kinds=["wheel", "sdist"], uploaded="2026-01-20T10:00:00Z")
    index.add("durabletask", "1.4.0", kinds=["wheel", "sdist"], uploaded="2026-04-08T10:00:00Z")
    for patch, at in ((1, "16:19"), (2, "16:49"), (3, "16:54")):
        index.add("durabletask", f"1.4.{patch}", kinds=["wheel", "sdist"], uploaded=f"2026-05-19T{at}:00Z")


def durabletask_yanked(index: LoopbackIndex) -> None:
    durabletask(index)
    for file in index.project("durabletask").files:
        file.yanked = "" if file.version in {"1.4.1", "1.4.2", "1.4.3"} else None


def requests(index: LoopbackIndex) -> None:
    index.add("requests", "2.32.5", kinds=["wheel", "sdist"], uploaded="2025-08-18T10:00:00Z")
    index.project("requests").info = {"project_urls": {"Source": "https://git.example/psf/requests"}}


class Replay(NamedTuple):
    """release: name and version, the first cell of its row; at: when the run looks; answers: what the index held; when:
    the second cell; lines: of the requirements file, where it is not the release pinned with its hashes."""

    release: str
    at: str
    answers: Callable[[LoopbackIndex], None]
    when: str = "on the day"
    lines: str = ""


REPLAYS = (
    Replay("litellm 1.82.8", "2026-03-24T12:00:00Z", litellm),
    Replay("litellm 1.82.8", "2026-03-24T13:30:00Z", litellm_quarantined, "in quarantine"),
    Replay("litellm 1.82.8", "2026-03-25T12:00:00Z", litellm_removed, "removed"),
    Replay("litellm 1.82.6", "2026-03-24T12:00:00Z", litellm),
    Replay("ultralytics 8.3.41", "2024-12-04T22:00:00Z", ultralytics),
    Replay("ultralytics 8.3.42", "2024-12-05T22:00:00Z", ultralytics),
    Replay("ultralytics 8.3.45", "2024-12-07T04:00:00Z", ultralytics),
    Replay("ultralytics 8.3.46", "2024-12-07T04:00:00Z", ultralytics),
    Replay("ultralytics 8.3.46", "2024-12-20T04:00:00Z", ultralytics, "two weeks later"),
    Replay(
        "torchtriton 3.0.0",
        "2022-12-26T12:00:00Z",
        torchtriton,
        lines="--extra-index-url https://wheels.example/nightly/cpu\ntorchtriton==3.0.0\n",
    ),
    Replay(
        "Deep-Live-Cam 7895c547",
        "2026-09-08T18:00:00Z",
        requests,
        lines="requests @ git+https://git.example/pypls/requests.git\n",
    ),
    Replay("bittensor 6.12.2", "2024-05-22T22:00:00Z", bittensor),
    Replay("bittensor 6.12.2", "2024-06-22T22:00:00Z", bittensor, "a month later"),
    Replay("bittensor-wallet 4.0.2", "2026-03-20T12:00:00Z", bittensor_wallet, "five days later"),
    Replay("memoryos 2.0.34", "2026-09-23T08:00:00Z", memoryos),
    Replay("memoryos 2.0.34", "2026-10-23T08:00:00Z", memoryos, "a month later"),
    Replay("lightning 2.6.2", "2026-04-30T14:00:00Z", lightning),
    Replay("durabletask 1.4.3", "2026-05-19T17:30:00Z", durabletask),
    Replay("durabletask 1.4.3", "2026-05-25T12:00:00Z", durabletask_yanked, "a week later, yanked"),
    Replay("durabletask 1.4.0", "2026-05-19T17:30:00Z", durabletask),
)


def _id(replay: Replay) -> str:
    return f"{replay.release} {replay.when}"


@pytest.fixture(autouse=True)
def _without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plain installation says: the attestations of the time are not at hand to be verified."""
    monkeypatch.setattr(attestations, "LIBRARY", "no_such_library")


def _pinned(replay: Replay, index: LoopbackIndex) -> str:
    """The release as a careful project pins it: with the hashes of its files."""
    name, version = replay.release.split()
    hashes = [file.sha256 for file in index.project(name).files if file.version == version] or ["0" * 64]
    return f"{name}=={version} " + " ".join(f"--hash=sha256:{value}" for value in hashes) + "\n"


def findings(world: World, index: LoopbackIndex, text: str, at: str) -> list[Finding]:
    """What a run at that time says of a requirements file, advisories left out."""
    (world.tree.root / "requirements.txt").write_text(text, encoding="utf-8")
    then = replace(world, now=lambda: datetime.fromisoformat(at), fetch=LiveFetch({}, sleep=lambda _: None))
    report = run(Request(checks=CHECKS, resolve=False, index_url=index.simple), then)
    return list(report.findings)


def table() -> dict[str, set[str]]:
    """`release when` to the rules that fire, from the table of the README."""
    part = README.read_text(encoding="utf-8").partition("## Day zero")[2]
    rows = [[cell.strip() for cell in line.split("|")] for line in part.splitlines() if line.startswith("|")]
    return {f"{row[1]} {row[2]}": set(re.findall(r"MLS-[A-Z]\d{3}", row[3])) for row in rows[2:]}


@pytest.mark.parametrize("replay", REPLAYS, ids=_id)
def test_the_rules_that_the_table_names_fire_and_no_other(replay: Replay, index: LoopbackIndex, world: World) -> None:
    replay.answers(index)
    found = findings(world, index, replay.lines or _pinned(replay, index), replay.at)
    assert {finding.id for finding in found} == table()[_id(replay)]


def test_every_row_of_the_table_is_replayed() -> None:
    assert set(table()) == {_id(replay) for replay in REPLAYS}
