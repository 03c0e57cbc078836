"""Model files read without loading them: `look` gives one of three verdicts, and why.

One module a format, told apart by content; `standing` and `calls` judge what a pickle would call.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from mlsupply.evidence.models.facts import Cause, Mark, ModelFacts, Verdict
from mlsupply.evidence.models.looking import Limits, Look, Span

__all__ = ["Cause", "Limits", "Mark", "ModelFacts", "Verdict", "look", "look_at_handle", "look_at_path", "unreadable"]

_MAPPED = 1 << 20  # files larger than this are mapped, not read


def look(data: bytes, name: str, limits: Limits | None = None) -> ModelFacts:
    """Judge bytes. Pure: the same bytes and limits give the same facts whatever is installed. name: for the report."""
    return _judge(Span.of(data), name, limits or Limits())


def look_at_path(path: Path) -> ModelFacts:
    """Judge a file, of which only what is needed is read. Raises `OSError` where it cannot be opened."""
    with open(path, "rb") as handle:
        facts = look_at_handle(handle, str(path))
    return _with_siblings(path, facts) if any(note.startswith("auto_map: ") for note in facts.notes) else facts


def _with_siblings(path: Path, facts: ModelFacts) -> ModelFacts:
    """The code that `auto_map` names and that lies beside the configuration is judged with it."""
    from mlsupply.evidence.models.pycode import judge_code

    state = Look(Limits(), marks=list(facts.marks))
    named = {note.removeprefix("auto_map: ").split(".")[0] for note in facts.notes if "--" not in note}
    for module in sorted(named):
        sibling = path.with_name(f"{module}.py")
        if module.isidentifier() and sibling.is_file() and not sibling.is_symlink():
            state.path = (sibling.name,)
            with open(sibling, "rb") as handle:
                judge_code(Span.of(handle.read(1 << 20)), state, "auto_map names it")
    return replace(facts, marks=_sorted(state.marks, state.limits))


def look_at_handle(handle: BinaryIO, name: str) -> ModelFacts:
    """Judge an open file, which is mapped where it is large. Raises `OSError`."""
    import mmap

    handle.seek(0, 2)
    size = handle.tell()
    handle.seek(0)
    if size <= _MAPPED:
        return _judge(Span.of(handle.read()), name, Limits())
    with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return _judge(Span.of(mapped), name, Limits())


def unreadable(name: str, why: str, form: str = "unreadable") -> ModelFacts:
    """The facts of a file that could not be opened, or of a folder (form) that was not looked through: not verified."""
    from mlsupply.text import safe

    mark = Mark(Verdict.NOT_VERIFIED, Cause.UNREADABLE, safe(why, 200))
    return ModelFacts(name=safe(name, 300), format=form, size=0, marks=(mark,))


def _judge(span: Span, name: str, limits: Limits) -> ModelFacts:
    from mlsupply.evidence.models.dispatch import enter
    from mlsupply.text import safe

    state = Look(limits, span.size)
    kind = enter(span, state, "")
    return ModelFacts(
        name=safe(name, 300),
        format=next((form for member, form in state.contents if not member), kind),
        size=span.size,
        marks=_sorted(state.marks, limits),
        contents=tuple(state.contents),
        notes=tuple(dict.fromkeys(state.notes)),
    )


def _sorted(marks: list[Mark], limits: Limits) -> tuple[Mark, ...]:
    """Worst first, as many as are kept."""
    return tuple(sorted(marks, key=lambda mark: (-mark.verdict.rank, mark.member, mark.offset))[: limits.marks])
