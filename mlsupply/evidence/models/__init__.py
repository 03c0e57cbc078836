"""Model files read without loading them: `look` gives one of three verdicts, and why.

One module a format, told apart by content; `standing` and `calls` judge what a pickle would call.
"""

from __future__ import annotations

from pathlib import Path

from mlsupply.evidence.models.facts import Cause, Mark, ModelFacts, Verdict
from mlsupply.evidence.models.looking import Limits, Look, Span

__all__ = ["Cause", "Limits", "Mark", "ModelFacts", "Verdict", "look", "look_at_path", "unreadable"]

_MAPPED = 1 << 20  # files larger than this are mapped, not read


def look(data: bytes, name: str, limits: Limits | None = None) -> ModelFacts:
    """Judge bytes. Pure: the same bytes and limits give the same facts whatever is installed. name: for the report."""
    return _judge(Span.of(data), name, limits or Limits())


def look_at_path(path: Path, name: str = "", limits: Limits | None = None) -> ModelFacts:
    """Judge a file, of which only what is needed is read. Raises `OSError` where it cannot be opened."""
    import mmap

    with open(path, "rb") as handle:
        handle.seek(0, 2)
        size = handle.tell()
        handle.seek(0)
        if size <= _MAPPED:
            return _judge(Span.of(handle.read()), name or str(path), limits or Limits())
        with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return _judge(Span.of(mapped), name or str(path), limits or Limits())


def unreadable(name: str, why: str) -> ModelFacts:
    """The facts of a file that could not be opened: not verified."""
    from mlsupply.text import safe

    mark = Mark(Verdict.NOT_VERIFIED, Cause.UNREADABLE, safe(why, 200))
    return ModelFacts(name=safe(name, 300), format="unreadable", size=0, marks=(mark,))


def _judge(span: Span, name: str, limits: Limits) -> ModelFacts:
    from mlsupply.evidence.models.dispatch import enter
    from mlsupply.text import safe

    state = Look(limits)
    kind = enter(span, state, "")
    marks = sorted(state.marks, key=lambda mark: (-mark.verdict.rank, mark.member, mark.offset))
    return ModelFacts(
        name=safe(name, 300),
        format=next((form for member, form in state.contents if not member), kind),
        size=span.size,
        marks=tuple(marks[: limits.marks]),
        contents=tuple(state.contents),
        notes=tuple(dict.fromkeys(state.notes)),
    )
