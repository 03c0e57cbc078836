"""CVSS vectors to base scores (through the `cvss` library) and scores to words. Used when advisory data is compiled, so
that a scan finds the score beside the vector."""

from __future__ import annotations

from collections.abc import Iterable

from mlsupply.model import Severity
from mlsupply.named import NamedTuple
from mlsupply.text import safe

_MAX_VECTOR = 400
_WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
}


class Scored(NamedTuple):
    """vector: as published, "" where there is none; score: CVSS base score 0 to 10; word: what the database calls it."""

    vector: str = ""
    score: float | None = None
    word: str = ""


def severity_of(score: float | None, word: str) -> Severity:
    """The rating of the CVSS specifications (v3.1 section 5, v4.0 section 6), else the database's word, else unknown. A
    score of 0 counts as low."""
    if score is None:
        return _WORDS.get(word.lower(), Severity.UNKNOWN)
    if score >= 9.0:
        return Severity.CRITICAL
    if score >= 7.0:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4.0 else Severity.LOW


def score(vectors: Iterable[object], words: Iterable[object]) -> Scored:
    """The newest CVSS version among the vectors decides: 4.0, 3.1, 3.0, 2.0. A vector that cannot be read is passed over."""
    word = next((safe(w, 40) for w in words if isinstance(w, str) and w.lower() in _WORDS), "")
    best: tuple[str, str, float] | None = None
    for vector in vectors:
        if isinstance(vector, str) and len(vector) <= _MAX_VECTOR:
            standard = vector[5:8] if vector.startswith("CVSS:") else "2.0"
            base = _base_score(standard, vector)
            if base is not None and (best is None or standard > best[0]):
                best = (standard, safe(vector, _MAX_VECTOR), base)
    return Scored(best[1], best[2], word) if best else Scored(word=word)


def _base_score(standard: str, vector: str) -> float | None:
    from cvss import CVSS2, CVSS3, CVSS4, CVSSError

    try:
        if standard == "4.0":
            return float(CVSS4(vector).base_score)
        return float((CVSS3 if standard.startswith("3.") else CVSS2)(vector).base_score)
    except (CVSSError, ValueError, KeyError, IndexError):
        return None
