"""Settings files with sections (`[section]`, `option = value`), as Python's ConfigParser reads them, with the lines of the
values, which it does not keep. Pure."""

from __future__ import annotations

import re

from mlsupply.inventory.parsing import Snippet

Sections = dict[str, dict[str, list[Snippet]]]
"""Section -> option (lower case, `_` for `-`) -> its lines."""

_SECTION = re.compile(r"\[([^\n]{1,200})\]")
_OPTION = re.compile(r"([^\s=:#;\[][^=:\n]{0,200}?)\s*[=:]\s*(.*)$")


def sections_of(text: str) -> Sections:
    """All options, continued lines included and comments left out. A line goes on with the value above where it is indented
    further than the option of that value; a whole file may be indented."""
    sections: Sections = {}
    options: dict[str, list[Snippet]] = {}
    values: list[Snippet] | None = None
    level = 0
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        indent = len(line) - len(line.lstrip())
        if values is not None and indent > level:
            values.append(Snippet(_without_comment(stripped), number))
            continue
        level = indent
        if found := _SECTION.match(stripped):
            options, values = sections.setdefault(found[1].strip(), {}), None
        elif found := _OPTION.match(stripped):
            values = options.setdefault(found[1].strip().lower().replace("-", "_"), [])
            values += [Snippet(text, number) for text in [_without_comment(found[2].strip())] if text]
    return sections


def _without_comment(text: str) -> str:
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()
