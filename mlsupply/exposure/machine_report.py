"""What was found on a machine, in lines and as a document. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlsupply.exposure.traces import Machine, State, unlooked
from mlsupply.text import count

_MAX_TRACES = 200
_MAX_PLACES = 3


def lines(machine: Machine | None) -> list[str]:
    """Lines for text and, escaped, for Markdown."""
    if machine is None:
        return []
    shown = [f"  {trace.kind.upper():9}  {trace.path}: {trace.says}" for trace in machine.traces[:_MAX_TRACES]]
    if len(machine.traces) > _MAX_TRACES:
        shown.append(f"  -o json lists {len(machine.traces) - _MAX_TRACES:,} further traces.")
    head = f"{', '.join(machine.paths)}: {len(machine.traces) or 'no'} trace{'s' if len(machine.traces) != 1 else ''}"
    return [head, *shown, "", *_indicators(machine), coverage(machine), ""]


def _indicators(machine: Machine) -> list[str]:
    if not machine.indicators:
        return []
    said = ["Indicators:"]
    for state in State:
        for one in machine.indicators:
            if one.state is state:
                behind = ", ".join(one.places[:_MAX_PLACES]) if one.places else one.why
                said.append(f"  {state.value:10}  {one.kind}: {one.text} ({behind})")
    return [*said, ""]


def coverage(machine: Machine) -> str:
    """How much was seen."""
    return (
        f"Saw {count(machine.files, 'file')}: {machine.texts:,} logs and configuration files searched, "
        f"{machine.hashed:,} hashed, {machine.inventories:,} locks, SBOMs and manifests read; "
        f"{unlooked(machine.indicators)} indicators not looked for."
        + (f" Not read on, as they begin as no image: {count(machine.passed, 'compressed tar')}." if machine.passed else "")
    )


def document(machine: Machine | None) -> dict[str, Any] | None:
    """The findings as JSON values."""
    if machine is None:
        return None
    return {
        "paths": list(machine.paths),
        "files": machine.files,
        "texts": machine.texts,
        "hashed": machine.hashed,
        "inventories": machine.inventories,
        "passed": machine.passed,
        "traces": [{"kind": trace.kind, "path": trace.path, "says": trace.says} for trace in machine.traces],
        "indicators": [
            {"kind": i.kind, "text": i.text, "state": i.state.value, "why": i.why, "places": list(i.places)}
            for i in machine.indicators
        ],
    }


def rows(machine: Machine) -> Sequence[tuple[str, str, str]]:
    """(kind, path, what) of every trace."""
    return [(trace.kind, trace.path, trace.says) for trace in machine.traces]
