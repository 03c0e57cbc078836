"""An incident record as a page of plain text. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from mlsupply.advisories.incident_records import BadFile, Incident, Window, incident
from mlsupply.advisories.playbook import clean_releases, steps

_WIDTH = 100
_INDICATORS = {"services": "services and jobs", "names": "other names", "strings": "texts"}


def incident_page(record: Incident) -> str:
    """What happened, when, how to tell, what to do; of a wave also what its family says."""
    family = incident(record.family) if record.family else None
    whole = family or record
    parts = [
        f"{record.id}  {record.title}",
        f"{record.verdict}, {record.kind}, {record.where or record.ecosystem}; confidence: {record.confidence}",
        _list("Releases", (f"{name} {', '.join(versions)}" for name, versions in record.affected.items())),
        _list("Window (UTC)", _window(record.window)),
        _list("What happened", _story(record, whole)),
        _list("Within its reach", [", ".join(record.credentials) or "not described: assume all that the host could read"]),
        _list("What to do, in this order", _numbered(steps(record))),
        _list("Clean", clean_releases(record)),
        _list("Traces", _traces(record, family)),
        _list("Files", (f"{bad.algorithm} {bad.value} {bad.of}".rstrip() for bad in (*record.hashes, *_hashes(family)))),
        _list("Advisories", record.advisories),
        _list("Where sources disagree", record.conflicts),
        _list("Notes", record.notes),
        _list("Sources", record.sources),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _list(title: str, items: Iterable[str]) -> str:
    lines = [
        textwrap.fill(item, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False) for item in items
    ]
    return "\n".join([title, *lines]) if lines else ""


def _numbered(steps: Iterable[str]) -> Iterable[str]:
    return (f"{number}. {step}" for number, step in enumerate(steps, 1))


def _window(window: Window) -> list[str]:
    lines = [f"{version} from {moment}" for version, moment in window.releases.items()]
    if not lines:
        opened = (
            f"from {window.opened}"
            if window.opened
            else f"there by {window.opened_by} at the latest"
            if window.opened_by
            else ""
        )
        lines = [opened or "start unknown"]
    if window.closed:
        earlier = f" (another source: {window.closed_earliest})" if window.closed_earliest else ""
        lines.append(f"gone by {window.closed}{earlier}")
    else:
        lines.append("end unknown")
    if window.precision and window.precision != "minute":
        lines.append(f"known to the {window.precision} only")
    return [*lines, window.note] if window.note else lines


def _story(record: Incident, whole: Incident) -> list[str]:
    rows = {
        "way in": record.entry,
        "what runs": record.executes or whole.executes,
        "set off by": "; ".join(f"{version}: {text}" for version, text in record.triggers.items()) or record.trigger,
        "does": record.does or whole.does,
        "first reported": record.reported,
    }
    return [f"{name}: {text}" for name, text in rows.items() if text]


def _traces(record: Incident, family: Incident | None) -> list[str]:
    lines = []
    for source in filter(None, (record, family)):
        for sort, values in source.indicators.items():
            lines.append(f"{_INDICATORS.get(sort, sort)}: {', '.join(values)}")
    return lines


def _hashes(family: Incident | None) -> Iterable[BadFile]:
    return family.hashes if family else ()
