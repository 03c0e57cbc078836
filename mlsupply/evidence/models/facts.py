"""What a look at a model file says: one of three verdicts, and why, with the byte where it was seen.

"Could not be verified" is a verdict of its own. It is neither success nor an accusation, and the exit code tells the
three apart (0 clear, 1 blocked, 3 not verified).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mlsupply.named import NamedTuple

LISTS_VERSION = "2026.11"  # of the name lists in `names`; same bytes and same lists give the same verdict everywhere


class Verdict(StrEnum):
    """clear: everything a loader would act on was read and is data; blocked: loading it (or its first ordinary use) runs
    code, touches files or reaches a host of the author's choice; not verified: something could not be judged."""

    CLEAR = "clear"
    NOT_VERIFIED = "not verified"
    BLOCKED = "blocked"

    @property
    def rank(self) -> int:
        """0 clear, 1 not verified, 2 blocked."""
        return _RANK[self]

    @property
    def exit_code(self) -> int:
        """0 clear, 1 blocked, 3 not verified."""
        return _EXIT[self]


_RANK = {Verdict.CLEAR: 0, Verdict.NOT_VERIFIED: 1, Verdict.BLOCKED: 2}
_EXIT = {Verdict.CLEAR: 0, Verdict.NOT_VERIFIED: 3, Verdict.BLOCKED: 1}


class Cause(StrEnum):
    """The sort of thing a mark reports. Closed: rules and gaps are keyed by it."""

    CALL = "dangerous-call"
    REFERENCE = "dangerous-reference"
    UNKNOWN = "unknown-code"
    TEMPLATE = "template-escape"
    CONFIG = "config-code"
    PATH = "path-escape"
    OPERATOR = "dangerous-operator"
    CUSTOM = "custom-operator"
    DISGUISE = "disguise"
    TRAILING = "trailing-data"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    ENCRYPTED = "encrypted"
    UNSUPPORTED = "unsupported"
    LIMIT = "limit"
    UNREADABLE = "unreadable"


class Mark(NamedTuple):
    """One reason for a verdict. detail: a sentence, already safe to print; member: path inside the file, nested ones
    joined by `!/`; offset: byte in that member, -1 where bytes mean nothing; variant: as in `facets.CodeFact`."""

    verdict: Verdict
    cause: Cause
    detail: str
    member: str = ""
    offset: int = -1
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What was seen in one file. name: as given, made safe; format: what the content is, `zip` and `pickle` alike;
    size in bytes; marks: worst first, at most `Limits.marks`; contents: (member, format) of everything that was opened;
    lists: version of the name lists the verdict rests on."""

    name: str
    format: str
    size: int
    marks: tuple[Mark, ...] = ()
    contents: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    lists: str = LISTS_VERSION

    @property
    def verdict(self) -> Verdict:
        """The worst mark decides; no mark is clear."""
        return max((mark.verdict for mark in self.marks), key=lambda verdict: verdict.rank, default=Verdict.CLEAR)
