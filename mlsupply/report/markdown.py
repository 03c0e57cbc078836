"""Markdown for job summaries and pull-request comments (GitHub takes 1 MiB and 65,536 characters of them)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from mlsupply.model import Finding
from mlsupply.report.causes import TITLES, Unchecked, alike, scope_of, where
from mlsupply.report.upgrades import NO_STEP, upgrades
from mlsupply.report.view import Group, View, brief, label_of, more_paths, summary_of
from mlsupply.text import count, some

_MAX_CHARACTERS = 60_000
_NOTES = 500  # characters kept for what is said of a cut
_SAME = 20  # causes of one check and reason
_PLACES = 20  # of one cause
_PATHS, _AT, _NOTED = 3, 4, 3  # of one package
_NAMES = 20  # in one of them
_UPGRADES = 50
_UPGRADES_ROOM = 15_000  # characters of them
_GROUP_ROOM = 15_000  # characters of the findings of one package, where not all fit
_REMEDIES = 10
_ALL = "the JSON report has them all"
_HEADS = "| | check | what | why | next step |\n| --- | --- | --- | --- | --- |\n"
_STEPS = "| package | move | what it ends |\n| --- | --- | --- |\n"
# what starts markup, a table cell, HTML, a mention, an issue reference or a footnote anywhere in a line; parentheses mean
# nothing where brackets do not, and a comment is also read as it is, in a mail or a terminal
_SPECIAL = str.maketrans(
    {character: f"&#{ord(character)};" for character in "\\`*_{}[]<>#!|~&$@^\"'="} | {"\n": " ", "\r": " "}
)
_AUTOLINK = re.compile(r"(?i)(?<=[a-z]):(?=//)|(?<=www)\.|(?<=mailto):|(?<=xmpp):|(?<=gh)-(?=\d)")


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it is: no markup, links, mentions, images or commands come of it."""
    return _AUTOLINK.sub(lambda match: f"&#{ord(match[0])};", text.translate(_SPECIAL))


def render(view: View) -> bytes:
    """UTF-8; cut, saying so, at a length a pull-request comment takes. Gaps rank with findings: where both do not fit, each
    gets half."""
    head = f"## mlsupply: {view.word}\n\n**{escape(view.headline)}**\n\nWhy: {escape(view.report.verdict.reason)}\n"
    if scope := scope_of(view.unchecked):
        head += f"\n{escape(scope)}\n"
    head += _upgrades(view)
    foot = "\n<sub>" + " ".join(escape(sentence) for sentence in view.coverage) + "</sub>\n"
    told_gaps = [row for kin in alike(view.unchecked) for row in _unchecked_rows(kin)]
    rows = [row for row, _ in told_gaps]
    room = _MAX_CHARACTERS - len(head) - len(foot) - _NOTES
    groups = [_group(group, _MAX_CHARACTERS) for group in view.groups]
    if sum(map(len, groups)) > room:
        groups = [_group(group, _GROUP_ROOM) for group in view.groups]
    shown = _fitting(rows, max(room // 2, room - sum(map(len, groups))))
    told = _fitting(groups, room - sum(map(len, rows[:shown])))
    text = head + "".join(groups[:told])
    if rest := view.groups[told:]:
        left = count(sum(len(group.findings) for group in rest), "finding")
        text += f"\n**{left} more, about {count(len(rest), 'other subject')}, do not fit here: {_ALL}.**\n"
    if rows:
        text += f"\n### Not checked: {len(view.gaps):,}\n\n{_HEADS}" + "".join(rows[:shown])
    if shown < len(rows):
        hidden = sum(gaps for _, gaps in told_gaps[shown:])
        text += f"\n**{hidden:,} more, in {count(len(rows) - shown, 'row')}, do not fit here: {_ALL}.**\n"
    return (text + foot).encode()


def _upgrades(view: View) -> str:
    """What to move to, before the findings; of a single package its group says it."""
    steps, stuck = upgrades(view.groups)
    if len(steps) + len(stuck) < 2:
        return ""
    rows = [_row(step.name, f"{step.version} → {step.to}", step.said) for step in steps[:_UPGRADES]]
    rows += [_row(step.name, f"{step.version}: {NO_STEP}", "") for step in stuck[:_UPGRADES]]
    shown = _fitting(rows, _UPGRADES_ROOM)
    cut = len(steps) + len(stuck) - shown
    more = f"\n**{cut:,} more do not fit here: {_ALL}.**\n" if cut else ""
    return f"\n**Upgrade**\n\n{_STEPS}{''.join(rows[:shown])}{more}"


def _fitting(parts: Sequence[str], room: int) -> int:
    """How many of the parts, from the first on, have room."""
    return sum(1 for length in accumulate(map(len, parts)) if length <= room)


def _group(group: Group, room: int) -> str:
    """room: characters for its findings, of which one is told at least."""
    rows = [f"\n### {escape(group.label)}: {escape(group.title)}\n"]
    lines = [f"- {_finding(finding, group)}" for finding in group.findings]
    shown = max(_fitting(lines, room), 1)
    rows += lines[:shown]
    rows += [f"- **{count(more, 'finding')} more, do not fit here: {_ALL}**" for more in [len(lines) - shown] if more > 0]
    rows += [f"- through {' → '.join(escape(name) for name in path)}" for path in group.paths[:_PATHS]]
    if more := more_paths(group, _PATHS):
        rows.append(f"- and {more}")
    if group.places:
        rows.append("- at " + some([escape(str(place)) for place in group.places], _AT))
    rows += [f"- note: {escape(note)}" for note in group.notes[:_NOTED]]
    rows += [f"- and {count(more, 'more note')}" for more in [len(group.notes) - _NOTED] if more > 0]
    rows += [f"- **do** {escape(remedy)}" for remedy in group.remedies[:_REMEDIES]]
    rows += [f"- and {count(more, 'more step')}" for more in [len(group.remedies) - _REMEDIES] if more > 0]
    return "\n".join(rows) + "\n"


def _finding(finding: Finding, group: Group) -> str:
    word = label_of(finding)
    mark = f" ({escape(word.lower())})" if word != group.label else ""
    waived = f" (waived: {escape(finding.waiver.reason)})" if finding.waiver else ""
    said = f": {summary}" if (summary := summary_of(finding)) else ""
    return f"**{escape(finding.id) or 'finding'}**{mark} {escape(brief(finding) + said)}{waived}"


def _unchecked_rows(kin: Sequence[Unchecked]) -> Iterator[tuple[str, int]]:
    """(row, how many gaps it tells): the first few of a check and reason, and how many more of it there are."""
    yield from ((_unchecked(group), len(group.gaps)) for group in kin[:_SAME])
    if left := sum(len(group.gaps) for group in kin[_SAME:]):
        row = _row(TITLES[kin[0].cause], f"{kin[0].check}, {kin[0].reason}", f"and {left:,} more", _ALL, "")
        yield row, left


def _unchecked(group: Unchecked) -> str:
    """A row for one cause, with the first of what it is about."""
    lines = [where(group.gaps[0])] if len(group.gaps) == 1 else group.places(_NAMES)
    what = [escape(line) for line in lines[:_PLACES]]
    if len(lines) > _PLACES:
        what.append(f"and {len(lines) - _PLACES:,} more: {_ALL}")
    why = group.why if len(group.gaps) > 1 else group.gaps[0].detail
    said = f"{group.size}: {why}" if group.size else why
    counted = "" if group.counts else " (not counted)"
    about = (TITLES[group.cause], f"{group.check}, {group.reason}")
    return f"| {' | '.join([*map(escape, about), '<br>'.join(what), escape(said + counted), escape(group.step)])} |\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(map(escape, cells))} |\n"
