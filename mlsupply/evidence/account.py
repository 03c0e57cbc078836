"""What a package does at install, at start and on import, in words: also when nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.package import PackageFacts

_MOMENTS = {
    Moment.INSTALL: "when it is installed from source",
    Moment.START: "whenever Python starts",
    Moment.IMPORT: "when it is imported",
    Moment.SCRIPT: "when one of its scripts or tests runs",
    Moment.CALL: "when its functions are called",
}
_WORDS = {
    "contacts": "asks the network",
    "runs-command": "starts a program",
    "executes": "executes text made at run time",
    "sends": "sends",
    "persists": "writes where things start by themselves",
    "start-hook": "runs a line at start",
    "installs-package": "installs a package",
    "redirects": "redirects traffic",
    "hides-name": "hides a name",
}
_SHOWN = 12  # lines per moment


def account(facts: PackageFacts) -> Iterator[str]:
    """Lines to read, the first being a heading."""
    size = sum(size for _, size in facts.members)
    yield (
        f"{facts.subject}: {len(facts.members):,} files, {size:,} bytes; {facts.python:,} Python files, "
        f"{facts.parsed:,} of them hold something to follow"
    )
    for moment, words in _MOMENTS.items():
        lines = list(dict.fromkeys(_line(fact) for fact in facts.code if fact.moment is moment))
        if not lines and moment in {Moment.SCRIPT, Moment.CALL}:
            continue
        yield f"  {words}:" + ("" if lines else " nothing that asks the network, starts programs or executes text")
        yield from (f"    {line}" for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"    and {len(lines) - _SHOWN} more"
    odd = sorted({f"{fact.kind}: {fact.member}" for fact in facts.archive})
    if odd:
        yield "  the archive itself:"
        yield from (f"    {line}" for line in odd[:_SHOWN])


def _line(fact: CodeFact) -> str:
    words = _WORDS.get(fact.behaviour, fact.behaviour)
    where = f"{fact.member}:{fact.line}" if fact.line else fact.member
    what = f"{fact.source} to {fact.detail}" if fact.behaviour == "sends" else fact.detail
    return f"{words} ({where})" + (f": {what}" if what else "")
