"""Jupyter notebooks: what their cells install with `!pip`, `%pip`, `%conda` and shell cells. No cell is run.
Source: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlsupply.inventory.install_arguments import Embedded
from mlsupply.inventory.install_commands import Commands, Found, installs
from mlsupply.inventory.install_verbs import may_install
from mlsupply.inventory.parsing import Snippet, gap, json_of, string, tables, text_of
from mlsupply.inventory.python_calls import Unread, commands_in
from mlsupply.model import Gap, Inventory, Reason
from mlsupply.world import Limits, Tree

FORMAT = "notebook"
_MAGIC = re.compile(
    r"[ \t]*(?:[A-Za-z_][\w.]{0,100}[ \t]*=[ \t]*|%(?:time|timeit|prun)[ \t]+)?"
    r"(?:!!?|%(?:system|sx)[ \t]+|%(?=(?:pip|conda|mamba|micromamba|uv)\b))[ \t]*(.*)",
    re.DOTALL,
)
_BARE = re.compile(r"((?:pip|conda|mamba|micromamba|uv)[ \t]+[a-z-].*)", re.DOTALL)  # IPython takes it for `%pip …`
_HEADER = "# /// script"
_QUOTES = re.compile(r'"""|\'\'\'')
_SHELL_CELL = re.compile(r"[ \t]*%%(?:bash|sh|shell|system|sx|script[ \t]+(?:ba)?sh|!)[^\n]*\n")
_TEMPLATE = re.compile(r"\{(?=[A-Za-z_])")  # IPython fills {name} in; the shell reader knows ${name}


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all code cells."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    if not may_install(text) and _HEADER not in text and text.lstrip().startswith("{"):
        return Inventory(path=path, format=FORMAT)
    document: Any = json_of(path, text)
    if isinstance(document, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(document,))
    if not isinstance(document, Mapping):
        return Inventory(path=path, format=FORMAT, gaps=(gap(path, Reason.MALFORMED, "no notebook: not an object", 1),))
    commands = Commands(path, tree, limits)
    where = _Lines(text)
    for cell in _cells(document):
        if string(cell, "cell_type") == "code":
            lines = [Snippet(line, where.of(line)) for line in _source(cell)]
            if any(line.text.startswith(_HEADER) for line in lines):  # as `juv` runs notebooks
                commands.take([Embedded("script", "\n".join(line.text for line in lines), lines[0].line or 1)])
            for script in scripts_of(lines):
                commands.take(found_in(path, script))
    return commands.inventory(FORMAT)


def _cells(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from tables(document, "cells")
    for sheet in tables(document, "worksheets"):  # nbformat 3
        yield from tables(sheet, "cells")


def _source(cell: Mapping[str, Any]) -> list[str]:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    is_read = isinstance(source, str) and (may_install(source) or _HEADER in source)
    return source.split("\n") if is_read else []


def found_in(path: str, script: Snippet | Unread) -> Iterable[Found]:
    """What a text of a cell installs, or that the cell could not be read."""
    if isinstance(script, Snippet):
        return installs(path, script.text, script.line)
    detail = f"a cell that speaks of installing {script.why}"
    return [gap(path, script.reason, detail, script.line, "scan the environment that the notebook runs in (--env)")]


def scripts_of(lines: list[Snippet]) -> Iterator[Snippet | Unread]:
    """The shell texts of a cell: the whole of a `%%bash` cell, otherwise each `!` or `%pip` line with its continuations, and
    what its Python starts, or that this could not be read, with the line of the file."""
    first = next((place for place, line in enumerate(lines) if line.text.strip()), 0)
    if lines and _SHELL_CELL.match(lines[first].text + "\n"):
        yield Snippet("\n".join(line.text for line in lines[first + 1 :]), lines[first].line + 1)
        return
    found = commands_in("\n".join(_plain(lines)))
    if isinstance(found, Unread):
        yield found._replace(line=lines[found.line].line if found.line < len(lines) else 0)
    else:
        yield from (Snippet(one.text, lines[one.line].line) for one in found)
    at, quotes = 0, 0  # quotes: those of long strings so far, in which a line is only text
    while at < len(lines):
        start, text = at, lines[at].text
        while text.rstrip().endswith("\\") and at + 1 < len(lines):
            at += 1
            text += "\n" + lines[at].text
        at += 1
        magic = _MAGIC.match(text) or (_BARE.match(text) if quotes % 2 == 0 else None)
        quotes += len(_QUOTES.findall(text))
        if magic:
            yield Snippet(_TEMPLATE.sub("${", magic[1]), lines[start].line)


def _plain(lines: list[Snippet]) -> Iterator[str]:
    """The cell as Python alone, line for line: magic, and what continues it, does nothing."""
    going_on = False
    for line in lines:
        is_magic = _MAGIC.match(line.text) or _BARE.match(line.text) or line.text.startswith("%")
        indent = line.text[: len(line.text) - len(line.text.lstrip())]
        yield "" if going_on else f"{indent}pass" if is_magic else line.text
        going_on = bool(is_magic or going_on) and line.text.rstrip().endswith("\\")


class _Lines:
    """Where the lines of cells stand in the file, met in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def of(self, line: str) -> int:
        if not line.strip():
            return 0
        for written in (json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1]):
            found = self._text.find(written, self._at)
            if found >= 0:
                self._line += self._text.count("\n", self._at, found)
                self._at = found
                return self._line
        return 0
