"""What a flaw is, in one sentence: the summary of a record, or the most telling sentence of its details. Pure.

More than half of the PyPA records have no summary, and their details begin by saying what the project is. So the first
sentence is used that speaks of harm rather than of the fix.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlsupply.hints import Any
from mlsupply.lazy import expression
from mlsupply.text import safe

_READ = 4000  # characters of the details
_SENTENCES = 8
_SHORTEST = 16  # characters of a sentence

_HARM = expression(
    r"(?i)vulnerab|attack|allow|malicious|inject|overflow|bypass|denial|crash|leak|disclos|arbitrary|unauth|expos|improper"
    r"|fail|does not|do not|incorrect|insufficient|missing|craft|escap|travers|exploit|privilege|infinite|exhaust|forge"
    r"|excessive|unbounded|untrusted|could|may |can be "
)
_EMPTY = expression(
    r"(?i)patched|mitigat|upgrad|has been fixed|^a vulnerability(?:, which was| was| has been) |^\S+(?: \S+){0,3} is an? "
)
_UNTIL = expression(r"^(?:Prior to|Before)(?: versions?)? [\w.]{1,40}, (?=\w)")  # what a report says beside it
_LINK = expression(r"\[([^\[\]]{0,200})\]\([^()\s]{0,400}\)")
_END = expression(r"(?<=[.!?])\s(?=[A-Z`*\"'\[(])")


def summary_of(record: Mapping[str, Any]) -> str:
    """One line made safe, "" where the record says nothing in words. record: OSV."""
    summary, details = record.get("summary"), record.get("details")
    if isinstance(summary, str) and summary.strip():
        return safe(summary)
    return safe(_telling(details)) if isinstance(details, str) else ""


def _telling(details: str) -> str:
    lines = [line for line in details[:_READ].splitlines() if not line.lstrip().startswith(("#", "```"))]
    text = " ".join(_LINK.sub(r"\1", " ".join(lines)).split())
    sentences = [sentence for sentence in _END.split(text) if len(sentence) >= _SHORTEST][:_SENTENCES] or [text]
    harmful = [sentence for sentence in sentences if _HARM.search(sentence)]
    chosen = next((sentence for sentence in harmful if not _EMPTY.search(sentence)), (harmful or sentences)[0])
    told = _UNTIL.sub("", chosen)
    return told if told is chosen else told[:1].upper() + told[1:]
