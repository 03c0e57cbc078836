"""What looking at a machine ends with: traces found, and every indicator of the incident as present, absent or not looked
for."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from mlsupply.model import Gap
from mlsupply.value import value


class State(StrEnum):
    """What became of an indicator. absent: everything it could stand in, below what was named, was read."""

    PRESENT = "present"
    ABSENT = "absent"
    NOT_LOOKED = "not looked"


@value
class Trace:
    """Something of the incident. kind: `installed`, `archive`, `cache`, `conda`, `hash`, `file`, `text`, `names` (a lock,
    SBOM or manifest naming the release) or `changed` (files that differ from RECORD); path: where, members behind `!/`."""

    kind: str
    path: str
    says: str


@value
class Indicator:
    """One indicator of the record. kind: its class there (files, domains, ...); why: what was read, or why nothing was."""

    kind: str
    text: str
    state: State
    why: str = ""
    places: tuple[str, ...] = ()


@value
class Machine:
    """The answer for all folders, files and images named together. files: seen; texts: logs and configuration searched;
    hashed: files whose digests were compared; inventories: locks, SBOMs and manifests read; passed: compressed tars that
    begin as no image or file system and were not read on."""

    paths: tuple[str, ...]
    traces: tuple[Trace, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    gaps: tuple[Gap, ...] = ()
    files: int = 0
    texts: int = 0
    hashed: int = 0
    inventories: int = 0
    passed: int = 0


def hit(machine: Machine) -> bool:
    """Whether anything of the incident was found."""
    return bool(machine.traces) or any(one.state is State.PRESENT for one in machine.indicators)


def unlooked(indicators: Iterable[Indicator]) -> int:
    """How many indicators nobody looked for."""
    return sum(one.state is State.NOT_LOOKED for one in indicators)
