"""Notebooks that are text (R Markdown, Quarto): what their cells of Python and of shells install, and what R has reticulate
install. No cell is run.

Source: https://quarto.org/docs/computations/execution-options.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.inventory.install_commands import Commands, installs, of_command
from mlsupply.inventory.install_verbs import may_install
from mlsupply.inventory.notebook import found_in, scripts_of
from mlsupply.inventory.parsing import Snippet, text_of
from mlsupply.inventory.shell import Word
from mlsupply.model import Gap, Inventory
from mlsupply.world import Limits, Tree

FORMAT = "text notebook"
_OPENS = re.compile(r"[ \t]{0,20}(`{3,20}|~{3,20})[ \t]*\{?[ \t]*\.?(python|bash|sh|zsh|r)\b[^\n]{0,2000}$", re.IGNORECASE)
_OF_R = re.compile(r"\b(?:py_install|py_require|virtualenv_install|conda_install|use_python_packages)\(([^)]{0,4000})\)")
_QUOTED = re.compile(r""""([^"\n]{1,300})"|'([^'\n]{1,300})'""")
_NAMED = re.compile(r"(?:^|,)[ \t\n]*(?!packages\b)[A-Za-z_.]{1,60}[ \t]*=[ \t]*(?:\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z0-9_.]+)")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all cells."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    found = Commands(path, tree, limits)
    if may_install(text) or "py_require" in text:
        for language, lines in _cells(path, text):
            if language == "python":
                for one in scripts_of(lines):
                    found.take(found_in(path, one))
            elif language == "r":
                for words in _asked_in_r(lines):
                    found.take(of_command(path, words))
            else:
                found.take(installs(path, "\n".join(line.text for line in lines), lines[0].line))
    return found.inventory(FORMAT)


def _cells(path: str, text: str) -> Iterator[tuple[str, list[Snippet]]]:
    """(language, lines) of each that has any; a script of R is one."""
    if path.lower().endswith(".r"):
        yield "r", [Snippet(line, number) for number, line in enumerate(text.split("\n"), 1)]
        return
    fence, language, lines = "", "", list[Snippet]()
    for number, line in enumerate(text.split("\n"), 1):
        if not fence:
            if opened := _OPENS.match(line):
                fence, language, lines = opened[1], opened[2].lower(), []
        elif line.strip().startswith(fence):
            if lines:
                yield language, lines
            fence = ""
        else:
            lines.append(Snippet(line, number))
    if fence and lines:
        yield language, lines


def _asked_in_r(lines: list[Snippet]) -> Iterator[list[Word]]:
    """`py_install("a==1")` and its like as a command of pip."""
    text = "\n".join(line.text for line in lines)
    for call in _OF_R.finditer(text):
        line = lines[0].line + text.count("\n", 0, call.start())
        named = [one or other for one, other in _QUOTED.findall(_NAMED.sub(",", call[1]))]
        yield [Word("pip", line), Word("install", line), *(Word(name, line) for name in named)]
