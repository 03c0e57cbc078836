"""What earlier offline runs found out about names. Comparing one unlisted name with 15,000 popular ones, and the result with
the rules, costs more than the rest of an offline scan, and just reading the list costs a twentieth of one. The answers are
keyed by everything they depend on; losing them costs only time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from zlib import crc32

from mlsupply import __version__
from mlsupply.evidence.popular import listed, popular
from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import Confidence, DataSource, Finding, Kind, Severity
from mlsupply.named import NamedTuple
from mlsupply.paths import Path
from mlsupply.value import replace

if TYPE_CHECKING:
    from mlsupply.ruleset.names import NameEvidence, NameVerdict

_MOST = 3_000  # answers kept of each kind
_MAX_FILE = 8 << 20  # bytes
_PACKAGE = Path(__file__).resolve().parent.parent
_RESTS_ON = (
    *("data/names", "data/rules.json", "data/advisories.sqlite"),  # lists, rules ...
    *("ruleset", "ruleset/names", "evidence/names.py", "evidence/name_advisories.py"),  # ... and what judges by them
)
_TOLD = ("id", "check", "kind", "title", "message", "severity", "confidence", "remedy", "references", "technique", "moment")


class Locked(NamedTuple):
    """What the lock file says of a name. required_by: the popular project that requires it, or ""; in_step_with: popular
    projects at the same version, sorted; required_through: the popular project at the head of a longer chain, or ""."""

    required_by: str = ""
    in_step_with: tuple[str, ...] = ()
    required_through: str = ""

    def key(self, name: str) -> str:
        return "\0".join((name, self.required_by, self.required_through, *self.in_step_with))

    def evidence(self) -> NameEvidence:
        from mlsupply.ruleset.names import NameEvidence

        return self.added_to(NameEvidence())

    def added_to(self, evidence: NameEvidence) -> NameEvidence:
        """The evidence of an index, and that of the lock file."""
        return replace(
            evidence,
            required_by=self.required_by or None,
            required_through=self.required_through or None,
            in_step_with=frozenset(self.in_step_with),
        )


class Memo:
    """The answers of earlier runs that rested on the same. cache: the run's cache folder; vouched: the user's own names."""

    def __init__(self, cache: Path, vouched: frozenset[str]) -> None:
        self._basis = "\0".join((__version__, *(_stamp(_PACKAGE / part) for part in _RESTS_ON), *sorted(vouched)))
        self._path = cache / f"names-{crc32(self._basis.encode()):08x}.json"
        kept = _read(self._path)
        if kept.get("basis") != self._basis:
            kept = {}
        self._source = kept.get("source")
        self._listed = _table(kept.get("listed"))
        self._judged = _table(kept.get("judged"))
        self._verdicts = _table(kept.get("verdicts"))
        self._new = False

    def source(self) -> DataSource:
        """The list of popular projects."""
        if not isinstance(self._source, list) or len(self._source) != len(DataSource._fields):
            self._source = list(popular().source)
            self._new = True
        return DataSource._make(self._source)

    def is_listed(self, name: str) -> bool:
        """Whether a canonical name is among the popular ones."""
        found = self._listed.get(name)
        if not isinstance(found, bool):
            found = name in listed()
            self._keep(self._listed, name, found)
        return found

    def findings(self, case: str) -> tuple[Finding, ...] | None:
        """What the rules said of this case, without package, subject and places; None where that is not kept."""
        found = self._judged.get(case)
        try:
            return tuple(map(_finding, found)) if isinstance(found, list) else None
        except (TypeError, ValueError, KeyError):
            return None  # somebody wrote into the file: judge anew

    def keep_findings(self, case: str, findings: Iterable[Finding]) -> None:
        """Remember what they said."""
        self._keep(self._judged, case, [{name: getattr(finding, name) for name in _TOLD} for finding in findings])

    def verdict(self, name: str, locked: Locked) -> NameVerdict | None:
        """The verdict on this name with this evidence of the lock file, if one is kept."""
        found = self._verdicts.get(locked.key(name))
        try:
            return _verdict(found) if isinstance(found, dict) else None
        except (TypeError, ValueError, KeyError):
            return None  # as above

    def keep_verdict(self, name: str, locked: Locked, verdict: NameVerdict) -> None:
        """Remember one more."""
        document = {
            "name": verdict.name,
            "target": verdict.target,
            "technique": verdict.technique.value,
            "likeness": verdict.likeness.value,
            "weight": verdict.weight,
            "reasons": list(verdict.reasons),
            "listed": verdict.listed,
            "confirmed": verdict.confirmed,
        }
        self._keep(self._verdicts, locked.key(name), document)

    def _keep(self, table: dict[str, object], key: str, value: object) -> None:
        if len(table) >= _MOST:
            del table[next(iter(table))]  # the oldest
        table[key] = value
        self._new = True

    def save(self) -> None:
        """Write what is new, in one piece; a folder that cannot be written leaves things as they were."""
        if not self._new:
            return
        from mlsupply.drafts import keep_json

        tables = {"source": self._source, "listed": self._listed, "judged": self._judged, "verdicts": self._verdicts}
        keep_json(self._path, {"basis": self._basis, **tables})  # lost, only time is: the next run compares again


def _stamp(path: Path) -> str:
    """A text that changes whenever the file, or a file of the folder, does: from sizes and modification times."""
    stats = (entry.stat() for entry in _files(path))
    return " ".join(f"{stat.st_size}:{stat.st_mtime_ns}" for stat in stats)


def _files(path: Path) -> Iterable[os.DirEntry[str] | Path]:
    if not path.is_dir():
        return (path,)
    with os.scandir(path) as entries:
        return sorted((entry for entry in entries if entry.is_file()), key=lambda entry: entry.name)


def _read(path: Path) -> Mapping[str, object]:
    try:
        if path.stat().st_size > _MAX_FILE:
            return {}
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _table(kept: object) -> dict[str, object]:
    return kept if isinstance(kept, dict) else {}


def _finding(kept: Mapping[str, object]) -> Finding:
    references = kept["references"]
    if not isinstance(references, list):
        raise TypeError("not a finding")
    return Finding(
        id=str(kept["id"]),
        check=str(kept["check"]),
        kind=Kind(str(kept["kind"])),
        title=str(kept["title"]),
        message=str(kept["message"]),
        severity=Severity(str(kept["severity"])),
        confidence=Confidence(str(kept["confidence"])),
        remedy=str(kept["remedy"]),
        references=tuple(map(str, references)),
        technique=str(kept["technique"]),
        moment=str(kept["moment"]),
    )


def _verdict(kept: Mapping[str, object]) -> NameVerdict:
    from mlsupply.ruleset.names.verdict import Likeness, NameVerdict, Technique

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
        listed=int(str(kept["listed"])),
        confirmed=kept["confirmed"] is True,
    )
