"""Markdown for job summaries and pull-request comments (GitHub takes 1 MiB and 65,536 characters of them)."""

from __future__ import annotations

import re

from mlsupply.model import Finding, Gap
from mlsupply.report.view import Group, View, brief, label_of, where

_MAX_CHARACTERS = 60_000
_MAX_GAPS = 50
# what starts markup, a table cell, HTML, a mention, an issue reference or a footnote anywhere in a line
_SPECIAL = str.maketrans(
    {character: f"&#{ord(character)};" for character in "\\`*_{}[]()<>#!|~&$@^\"'="} | {"\n": " ", "\r": " "}
)
_AUTOLINK = re.compile(r"(?i)(?<=[a-z]):(?=//)|(?<=www)\.|(?<=mailto):|(?<=xmpp):|(?<=gh)-(?=\d)")


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it is: no markup, links, mentions, images or commands come of it."""
    return _AUTOLINK.sub(lambda match: f"&#{ord(match[0])};", text.translate(_SPECIAL))


def render(view: View) -> bytes:
    """UTF-8; cut, saying so, at a length a pull-request comment takes."""
    parts = [f"## mlsupply: {view.word}\n\n**{escape(view.headline)}**\n"]
    parts += [_group(group) for group in view.groups]
    if view.gaps:
        parts.append(_gaps(view.gaps))
    parts.append("\n<sub>" + " ".join(escape(sentence) for sentence in view.coverage) + "</sub>\n")
    return _within(parts).encode()


def _within(parts: list[str]) -> str:
    text = ""
    for number, part in enumerate(parts):
        if len(text) + len(part) > _MAX_CHARACTERS:
            return text + f"\n**{len(parts) - number} further sections do not fit here; the JSON report has them all.**\n"
        text += part
    return text


def _group(group: Group) -> str:
    rows = [f"\n### {escape(group.label)}: {escape(group.title)}\n"]
    rows += [f"- {_finding(finding, group)}" for finding in group.findings]
    rows += [f"- through {' → '.join(escape(name) for name in path)}" for path in group.paths[:3]]
    if group.places:
        rows.append("- at " + ", ".join(escape(str(place)) for place in group.places[:4]))
    rows += [f"- note: {escape(note)}" for note in group.notes[:3]]
    rows += [f"- **do** {escape(remedy)}" for remedy in group.remedies]
    return "\n".join(rows) + "\n"


def _finding(finding: Finding, group: Group) -> str:
    word = label_of(finding)
    mark = f" ({escape(word.lower())})" if word != group.label else ""
    waived = f" (waived: {escape(finding.waiver.reason)})" if finding.waiver else ""
    return f"**{escape(finding.id) or 'finding'}**{mark} {escape(brief(finding))}{waived}"


def _gaps(gaps: tuple[Gap, ...]) -> str:
    rows = [f"\n### Not checked: {len(gaps):,}\n", "| check | reason | what | why |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {escape(gap.check)} | {gap.reason} | {escape(where(gap))} | {escape(gap.detail)} |" for gap in gaps[:_MAX_GAPS]
    ]
    if len(gaps) > _MAX_GAPS:
        rows.append(f"| | | | and {len(gaps) - _MAX_GAPS:,} more, listed in the JSON report |")
    return "\n".join(rows) + "\n"
