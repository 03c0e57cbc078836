"""Verdicts on names kept between offline runs: comparing one unlisted name with 15,000 popular ones costs more than the rest
of an offline scan. The memory is keyed by everything a verdict rests on, and losing it costs time only."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from mlsupply import __version__
from mlsupply.ruleset.names.verdict import Likeness, NameEvidence, NameVerdict, Technique

_MOST = 5_000  # verdicts kept
_MAX_FILE = 8 << 20  # bytes


class Memo:
    """The verdicts of earlier runs over the same lists. cache: the run's cache folder; lists: digest of what names were
    compared with; vouched: the user's own names."""

    def __init__(self, cache: Path, lists: str, vouched: frozenset[str]) -> None:
        basis = "\0".join((__version__, lists, *sorted(vouched)))
        self._path = cache / f"names-{hashlib.sha256(basis.encode()).hexdigest()[:16]}.json"
        self._kept = _read(self._path)
        self._new = False

    def get(self, name: str, evidence: NameEvidence) -> NameVerdict | None:
        """The verdict on this name with this evidence of the lock file, if one is kept."""
        found = self._kept.get(_key(name, evidence))
        try:
            return None if found is None else _verdict(found)
        except (TypeError, ValueError, KeyError):
            return None  # somebody wrote into the file: judge anew

    def keep(self, name: str, evidence: NameEvidence, verdict: NameVerdict) -> None:
        """Remember one more."""
        if len(self._kept) < _MOST:
            self._kept[_key(name, evidence)] = {
                "name": verdict.name,
                "target": verdict.target,
                "technique": verdict.technique.value,
                "likeness": verdict.likeness.value,
                "weight": verdict.weight,
                "reasons": list(verdict.reasons),
                "confirmed": verdict.confirmed,
            }
            self._new = True

    def save(self) -> None:
        """Write what is new, in one piece; a folder that cannot be written leaves things as they were."""
        if not self._new:
            return
        import tempfile

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".names-")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(self._kept, stream)
            Path(temporary).replace(self._path)
        except OSError:
            return  # only time is lost: the next run compares again


def _key(name: str, evidence: NameEvidence) -> str:
    return "\0".join((name, evidence.required_by or "", *sorted(evidence.in_step_with)))


def _read(path: Path) -> dict[str, Mapping[str, object]]:
    try:
        if path.stat().st_size > _MAX_FILE:
            return {}
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {key: value for key, value in data.items() if isinstance(value, dict)} if isinstance(data, dict) else {}


def _verdict(kept: Mapping[str, object]) -> NameVerdict:
    target, weight, reasons = kept["target"], kept["weight"], kept["reasons"]
    if not isinstance(weight, int | float) or not isinstance(reasons, list):
        raise TypeError("not a verdict")
    return NameVerdict(
        name=str(kept["name"]),
        target=None if target is None else str(target),
        technique=Technique(str(kept["technique"])),
        likeness=Likeness(str(kept["likeness"])),
        weight=float(weight),
        reasons=tuple(str(reason) for reason in reasons),
        confirmed=kept["confirmed"] is True,
    )
