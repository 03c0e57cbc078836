"""`mlsupply explain`: a rule, an advisory, an incident, a check, a word of reports, an error reference or an exit code in
full."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

import click

from mlsupply.cli.common import shows_errors
from mlsupply.cli.references import EXIT_CODES, FINDINGS_IN_CODE, REFERENCES, WORDS
from mlsupply.cli.terminal import fitted
from mlsupply.errors import MlsupplyError
from mlsupply.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from mlsupply.advisories.records import Advisory

_WIDTH = 100


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@shows_errors
def command(ids: tuple[str, ...]) -> None:
    """Explain a rule (MLS-R001), an advisory (PYSEC-2026-2, CVE-…, GHSA-…), an incident (litellm-2026; `incidents` lists
    them all), a check, a word of a report (stale), an error reference (bad-config) or an exit code (3). Works offline."""
    if any(map(_is_advisory, ids)) and (cut := _unread()):
        click.echo(f"not checked: {cut}", err=True)
    pages = {wanted: _page(wanted) for wanted in ids}
    click.echo(fitted("\n".join(page for page in pages.values() if page)), nl=False)
    if unknown := [wanted for wanted, page in pages.items() if not page]:
        named = ", ".join(f"{wanted}{_like(wanted)}" for wanted in unknown)
        raise MlsupplyError("nothing-known", f"nothing is known about {named}", _next_step(unknown))


def _next_step(unknown: list[str]) -> str:
    """Where what is not explained here may be found."""
    if newer := next(filter(_is_advisory, unknown), ""):
        return f"it may be newer than the data here: mlsupply db sync renews that, and https://osv.dev/{newer} shows it"
    return (
        "try a rule (mlsupply rules list), an advisory id, an incident, a check, a word of a report or an exit code; of a "
        "package, mlsupply check NAME tells"
    )


def _unread() -> str:
    from mlsupply.advisories.kept import unread
    from mlsupply.cli.common import real_world

    return unread(real_world(offline=True))


def _page(wanted: str) -> str:
    """What is known under the id, all of it where several kinds share it; "" for nothing."""
    looks = (_list_of_incidents, _reference, _rule, _check, _incident, _advisory)
    return "\n".join(page for look in looks if (page := look(wanted)))


def _like(wanted: str) -> str:
    from mlsupply.advisories.incident_records import index
    from mlsupply.audit import CHECKS
    from mlsupply.ruleset.facets import nearest
    from mlsupply.ruleset.library import builtin_rules

    rules = [rule.id for rule in builtin_rules()[1]]
    return nearest(wanted, [*rules, *REFERENCES, *WORDS, *index().briefs, *(check.name for check in CHECKS)])


def _list_of_incidents(wanted: str) -> str:
    """All incidents, where that is asked for."""
    from mlsupply.advisories.incident_records import index

    known = index()
    listed = sorted(known.briefs) if wanted.lower() == "incidents" else []
    return "".join(f"{identifier:<32}  {known.brief(identifier).title}\n" for identifier in listed)


def _reference(wanted: str) -> str:
    tables = ((EXIT_CODES, "Exit code"), (REFERENCES, "Error"), (FINDINGS_IN_CODE, "Finding"), (WORDS, "Word"))
    for table, title in tables:
        if text := table.get(wanted) or table.get(wanted.upper()) or table.get(wanted.lower()):
            return f"{title} {wanted}\n{textwrap.indent(textwrap.fill(text, _WIDTH - 2), '  ')}\n"
    return ""


def _rule(wanted: str) -> str:
    from mlsupply.ruleset.library import builtin_rules
    from mlsupply.ruleset.pages import page

    if not wanted.upper().startswith("MLS-"):
        return ""
    values, rules = builtin_rules()
    return next((page(rule, values) for rule in rules if rule.id == wanted.upper()), "")


def _check(wanted: str) -> str:
    from mlsupply.audit import CHECKS

    found = next((check for check in CHECKS if check.name == wanted), None)
    if found is None:
        return ""
    alone = f"`mlsupply scan --check {wanted}` runs it alone, `--skip {wanted}` leaves it out."
    return f"Check {found.name}\n  {found.question}\n  {alone} What it does not see: README, What is not checked.\n"


def _incident(wanted: str) -> str:
    """The incident of this id, or those that name this advisory."""
    from mlsupply.advisories.incident_pages import incident_page
    from mlsupply.advisories.incident_records import incident, records

    found = incident(wanted.lower())
    if found:
        return incident_page(found)
    if not _is_advisory(wanted):
        return ""
    named = [record for record in records() if wanted.upper() in {text.split()[0].upper() for text in record.advisories}]
    return "\n".join(incident_page(record) for record in named)


def _is_advisory(wanted: str) -> bool:
    return wanted.upper().startswith(("CVE-", "GHSA-", "PYSEC-", "MAL-", "SNYK-"))


def _advisory(wanted: str) -> str:
    """Every record this machine holds with this id or alias, by project."""
    from mlsupply.advisories.kept import known_by
    from mlsupply.cli.common import real_world

    found = known_by(wanted, real_world(offline=True)) if _is_advisory(wanted) else []
    return "\n".join(_record(*known) for known in found)


def _record(project: str, record: Advisory, origin: str) -> str:
    from mlsupply.advisories.findings import links_of
    from mlsupply.advisories.severity import severity_of
    from mlsupply.report.vectors import words_of

    severity = "malicious" if record.malicious else severity_of(record.score, record.word).value
    fields: Mapping[str, str] = {
        "project": project,
        "what": record.summary or words_of(record.vector) or "this data has no description; see the links",
        "also known as": ", ".join(record.aliases),
        "severity": f"{severity}{f' ({record.score})' if record.score is not None else ''} {record.vector}".strip(),
        "affected": "; ".join(_windows(record.windows))
        or (f"{len(record.listed)} versions, listed" if record.listed else ""),
        "published": record.published,
        "modified": record.modified,
        "withdrawn": record.withdrawn,
        "doubts": "; ".join(record.doubts),
        "links": "\n".join(links_of((record.id, *record.aliases))),
        "from": origin,
    }
    return f"{record.id}\n" + "".join(_field(name, text) for name, text in fields.items() if text)


def _windows(windows: object) -> Iterator[str]:
    from mlsupply.advisories.ranges import FIXED, LAST_AFFECTED, Window

    for window in windows if isinstance(windows, tuple) else ():
        if isinstance(window, Window):
            start = f"from {window.first}" if window.first and window.first != "0" else "from the first version"
            ends = {FIXED: f"fixed in {window.last}", LAST_AFFECTED: f"to {window.last}"}
            yield f"{start}, {ends.get(window.ends, 'no fix named')}"


def _field(name: str, text: str) -> str:
    """Wrapped; a text of several lines, such as addresses, keeps them, and nothing is broken within a word."""
    first, *rest = text.split("\n")
    lines = [f"  {name + ':':<14} {first}", *(" " * 17 + line for line in rest)]
    wrapped = textwrap.TextWrapper(_WIDTH, subsequent_indent=" " * 17, break_long_words=False, break_on_hyphens=False)
    return "".join(f"{wrapped.fill(line)}\n" for line in lines)
