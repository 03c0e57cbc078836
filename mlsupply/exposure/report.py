"""The answer as text, Markdown and JSON. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mlsupply.advisories.playbook import clean_releases, steps
from mlsupply.advisories.versions import sort_key
from mlsupply.exposure import machine_report
from mlsupply.exposure.answer import Answer, Exposure, Verdict
from mlsupply.exposure.history import Commit
from mlsupply.exposure.question import Question
from mlsupply.exposure.traces import Machine, hit
from mlsupply.model import Gap
from mlsupply.report.markdown import escape
from mlsupply.text import count, safe

SCHEMA_VERSION = "1.2"
_MOST_NAMED = 5  # projects of a wave that the text lists
_EXPOSED = (Verdict.RESOLVED, Verdict.WOULD_HAVE)


def exposed(answers: Sequence[Answer]) -> list[Exposure]:
    """What decides: files that held the release or would have taken it."""
    return [exposure for one in answers for exposure in one.exposures if exposure.verdict in _EXPOSED]


def undecided(answers: Sequence[Answer]) -> bool:
    """Whether the verdict on some file is unknown, as when nobody says when the release could be had."""
    return any(exposure.verdict is Verdict.UNKNOWN for one in answers for exposure in one.exposures)


def as_text(question: Question, answers: Sequence[Answer], machine: Machine | None = None) -> bytes:
    """For a terminal or a pipe, plain."""
    lines = [headline(question, answers, machine), f"releases: {releases_of(question)}"]
    lines += [f"window: {window_of(question)}", ""]
    for one in answers:
        shown = [exposure for exposure in one.exposures if exposure.verdict is not Verdict.NO]
        if shown:
            lines += [f"{safe(one.repository)}", *(f"  {line}" for exposure in shown for line in _told(exposure)), ""]
    lines += machine_report.lines(machine) + gap_lines(answers, machine) + playbook(question, answers, machine)
    lines += coverage(answers, machine)
    return ("\n".join(lines) + "\n").encode()


def as_markdown(question: Question, answers: Sequence[Answer], machine: Machine | None = None) -> bytes:
    """The same for a ticket."""
    rows = [f"## {escape(headline(question, answers, machine))}", "", f"Releases: {escape(releases_of(question))}", ""]
    rows += [f"Window: {escape(window_of(question))}", ""]
    if answers:
        rows += _table(answers)
    if machine:
        rows += ["", "| trace | where | what |", "| --- | --- | --- |"]
        rows += ["| " + " | ".join(escape(cell) for cell in row) + " |" for row in machine_report.rows(machine)]
        rows += ["", "| indicator | state | why |", "| --- | --- | --- |"]
        for one in machine.indicators:
            cells = (f"{one.kind}: {one.text}", one.state.value, ", ".join(one.places[:3]) or one.why)
            rows.append("| " + " | ".join(escape(cell) for cell in cells) + " |")
        rows.append("")
    for line in [*gap_lines(answers, machine), *playbook(question, answers, machine), *coverage(answers, machine)]:
        rows.append(escape(line) if line else "")
    return ("\n".join(rows) + "\n").encode()


def _table(answers: Sequence[Answer]) -> list[str]:
    rows = ["| repository | file | verdict | release | from | to |", "| --- | --- | --- | --- | --- | --- |"]
    for one in answers:
        for exposure in one.exposures:
            if exposure.verdict is not Verdict.NO:
                held = f"{exposure.name} {exposure.version or exposure.specifier or 'any'}"
                cells = (
                    safe(one.repository),
                    exposure.file,
                    exposure.verdict.value,
                    held,
                    _stamp(exposure.first),
                    _end(exposure),
                )
                rows.append("| " + " | ".join(escape(cell) for cell in cells) + " |")
    return rows


def as_json(question: Question, answers: Sequence[Answer], machine: Machine | None = None) -> bytes:
    """Everything, also what is not exposed."""
    incident = question.incident
    document = {
        "schema_version": SCHEMA_VERSION,
        "question": {
            "text": question.text,
            "incident": incident.id if incident else None,
            "releases": {name: sorted(versions) if versions else None for name, versions in question.bad.items()},
            "window": {key: _iso(getattr(question.window, key)) for key in ("start", "early_end", "end")},
        },
        "repositories": [_answer(one) for one in answers],
        "machine": machine_report.document(machine),
        "gaps": [
            {"check": g.check, "subject": g.subject, "reason": g.reason.value, "detail": g.detail, "hint": g.hint}
            for g in gaps_of(answers, machine)
        ],
        "playbook": list(steps(incident)) if incident else [],
        "verdicts": {verdict.value: count for verdict, count in sorted(_counts(answers).items())},
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _counts(answers: Sequence[Answer]) -> Counter[Verdict]:
    return Counter(exposure.verdict for one in answers for exposure in one.exposures)


def headline(question: Question, answers: Sequence[Answer], machine: Machine | None = None) -> str:
    """The answer in one line."""
    if machine is not None:
        traces = f"{len(machine.traces)} trace{'' if len(machine.traces) == 1 else 's'}" if machine.traces else "no trace"
        found = f"{traces} of it among {count(machine.files, 'file')}"
        return f"{headline(question, answers)}; {found}" if answers else f"{question.text}: {found}"
    hit = {exposure.repository for exposure in exposed(answers)}
    counts = _counts(answers)
    parts = [f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]]
    nowhere = "it is named nowhere in what could be read" if any(one.gaps for one in answers) else "it is named nowhere"
    found = f"in files: {', '.join(parts)}" if parts else nowhere
    return f"{question.text}: {len(hit)} of {count(len(answers), 'repository')} exposed ({found})"


def releases_of(question: Question) -> str:
    """Which releases were searched for, in words, and whose word it is that they are bad."""
    named = [f"{name} {_in_order(bad)}" if bad else f"every release of {name}" for name, bad in question.bad.items()]
    more = f" and {count(len(named) - _MOST_NAMED, 'more project')}" if len(named) > _MOST_NAMED else ""
    listed = "; ".join(named[:_MOST_NAMED]) + more
    if question.incident is not None:
        return f"{listed} ({question.incident.id})"
    anything = None in question.bad.values()
    return f"{listed} (no version was named, and no incident record holds any)" if anything else listed


def _in_order(versions: frozenset[str]) -> str:
    return ", ".join(sorted(versions, key=lambda version: sort_key(version) or version))


def window_of(question: Question) -> str:
    """When the bad releases could be had, in words."""
    window = question.window
    if window.start is None or window.end is None:
        latest = question.incident.window.opened_by if question.incident else ""
        start = _iso(window.start) if window.start else f"there by {latest} at the latest" if latest else ""
        end = f"gone by {_iso(window.end)}" if window.end else "end not known"
        return f"{start or 'start not known'}, {end}" if start or window.end else "not known"
    text = f"{_iso(window.start)} to {_iso(window.end)}"
    return f"{text} (another source: to {_iso(window.early_end)})" if window.disputed else text


def _iso(moment: int | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _stamp(commit: Commit) -> str:
    return f"{_iso(commit.time)} {commit.oid[:12] or commit.subject}"


def _end(exposure: Exposure) -> str:
    if exposure.refs:
        more = f" and {len(exposure.refs) - 3} more" if len(exposure.refs) > 3 else ""
        return f"still on {', '.join(exposure.refs[:3])}{more}"
    return _stamp(exposure.last) if exposure.last else "no ref leads on"


def _told(exposure: Exposure) -> list[str]:
    held = f"{exposure.name} {exposure.version}" if exposure.version else f"{exposure.name}{exposure.specifier} (open)"
    lines = [
        f"{exposure.verdict.upper()}  {safe(exposure.file)}: {held}",
        f"  came  {_came(exposure.first)}",
        f"  left  {_end(exposure)}",
    ]
    lines += [f"  merged {_stamp(merge)} by {safe(merge.committer, 80)}" for merge in exposure.merged[:3]]
    lines += [f"  formerly {safe(path)}" for path in exposure.former_files]
    lines += [f"  through {' → '.join(path)}" for path in exposure.paths]
    return [*lines, *(f"  {note}" for note in exposure.notes)]


def _came(commit: Commit) -> str:
    if not commit.oid:
        return f"in the work tree, {commit.subject}; changed {_iso(commit.time)}"
    return f"{_stamp(commit)} by {safe(commit.author, 80)}: {safe(commit.subject, 80)}"


def gap_lines(answers: Sequence[Answer], machine: Machine | None) -> list[str]:
    """What could not be looked at, and where there is one the step that closes it."""
    lines = [
        f"not checked: {found.subject}: {found.detail}{f' → {found.hint}' if found.hint else ''}"
        for found in gaps_of(answers, machine)
    ]
    return [*lines, ""] if lines else []


def gaps_of(answers: Sequence[Answer], machine: Machine | None) -> list[Gap]:
    """All gaps in the order met; what is said of several versions of a file is said once."""
    found = [*(gap for one in answers for gap in one.gaps), *(machine.gaps if machine else ())]
    return list({(gap.subject, gap.detail): gap for gap in found}.values())


def playbook(question: Question, answers: Sequence[Answer], machine: Machine | None) -> list[str]:
    """What the record says to do, and where nothing was found, that it is for where something is."""
    incident = question.incident
    if incident is None:
        return ["There is no incident record behind this question, so no steps are given.", ""]
    clean = [f"clean release {line}" for line in clean_releases(incident)]
    numbered = [f"  {number}. {step}" for number, step in enumerate(steps(incident), 1)]
    reach = f"what it could reach: {', '.join(incident.credentials)}" if incident.credentials else ""
    found = exposed(answers) or (machine is not None and hit(machine))
    heading = f"What to do{'' if found else ' where it is found'} ({incident.id}; {incident.confidence}):"
    return [*filter(None, (heading, *numbered, reach, *clean)), ""]


def coverage(answers: Sequence[Answer], machine: Machine | None) -> list[str]:
    """How much was read."""
    if machine is not None and not answers:
        return []
    silent = sum(one.silent for one in answers)
    versions, files = sum(one.versions for one in answers), sum(one.files for one in answers)
    commits = count(sum(one.commits for one in answers), "commit")
    read = (
        f"Read {count(versions, 'version')} of {count(files, 'file')} in {commits} of {count(len(answers), 'repository')}."
    )
    said = (
        f" Without naming it and without a lock: {count(silent, 'manifest')}; what these resolved to is recorded nowhere."
        if silent
        else ""
    )
    return [read + said]


def _answer(one: Answer) -> dict[str, Any]:
    return {
        "repository": safe(one.repository),
        "files": one.files,
        "versions": one.versions,
        "commits": one.commits,
        "silent": one.silent,
        "exposures": [_exposure(exposure) for exposure in one.exposures],
    }


def _exposure(exposure: Exposure) -> dict[str, Any]:
    return {
        "file": exposure.file,
        "former_files": list(exposure.former_files),
        "verdict": exposure.verdict.value,
        "name": exposure.name,
        "version": exposure.version,
        "specifier": exposure.specifier,
        "first": _commit(exposure.first),
        "last": _commit(exposure.last) if exposure.last else None,
        "merged": [_commit(merge) for merge in exposure.merged],
        "refs": list(exposure.refs),
        "paths": [list(path) for path in exposure.paths],
        "notes": list(exposure.notes),
    }


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.oid,
        "time": _iso(commit.time),
        "author": safe(commit.author),
        "committer": safe(commit.committer),
        "subject": safe(commit.subject),
    }
