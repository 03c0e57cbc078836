"""Notebooks that are kept as Python files, whose commands are comments: `# MAGIC %pip install …` of Databricks, and
`# %pip install …` or `# !pip install …` between the `# %%` of jupytext. Pure.

Sources: https://docs.databricks.com/aws/en/notebooks/notebook-export-import and https://jupytext.readthedocs.io/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from mlsupply.inventory.notebook import scripts_of
from mlsupply.inventory.parsing import Snippet
from mlsupply.inventory.python_calls import Unread
from mlsupply.inventory.python_marks import DATABRICKS, MAGIC

_CELL = re.compile(r"#[ \t]?%%|#[ \t]*\+|#[ \t]*(?:COMMAND|DBTITLE)\b|# In\[")
_COMMANDED = re.compile(r"#[ \t]?(?=!|%(?:pip|conda|mamba|micromamba|uv|sx|system)\b)")
_SHELL = re.compile(r"%sh\b")


def commands_of(text: str) -> Iterator[Snippet | Unread]:
    """The shell texts of the cells, and the cells that could not be read."""
    lines = text.split("\n")
    marked = _databricks(lines) if text.lstrip("\ufeff").startswith(DATABRICKS) else _jupytext(lines)
    bare = ([Snippet(line, number)] for number, line in enumerate(lines, 1) if line.startswith(("!pip ", "%pip ")))
    for cell in chain(marked, bare):
        yield from scripts_of(cell)


def _databricks(lines: list[str]) -> Iterator[list[Snippet]]:
    """Lines of `# MAGIC` that follow one another are a cell; `%sh` makes all of it a shell's."""
    cell: list[Snippet] = []
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith(MAGIC.rstrip()):
            words = line[len(MAGIC) :]
            cell.append(Snippet(_SHELL.sub("%%sh", words, count=1) if not cell else words, number))
        elif cell:
            yield cell
            cell = []


def _jupytext(lines: list[str]) -> Iterator[list[Snippet]]:
    """Each commented command, with the comments it goes on in."""
    going_on: list[Snippet] = []
    if not any(_CELL.match(line) for line in lines):
        return
    for number, line in enumerate([*lines, ""], 1):
        if going_on and line.startswith("#") and going_on[-1].text.rstrip().endswith("\\"):
            going_on.append(Snippet(line[1:].strip(), number))
            continue
        if going_on:
            yield going_on
            going_on = []
        if found := _COMMANDED.match(line):
            going_on = [Snippet(line[found.end() :], number)]
