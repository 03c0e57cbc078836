"""GitHub's workflows and composite actions: what their steps install. Nothing of them is run, and an expression (`${{ … }}`)
has no value here.
Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlsupply.inventory.index_words import variable
from mlsupply.inventory.install_commands import Commands, from_elsewhere, installs, settings
from mlsupply.inventory.install_verbs import may_install
from mlsupply.inventory.parsing import string, table, text_of
from mlsupply.inventory.shell import Word
from mlsupply.inventory.yaml_text import Table, yaml_of
from mlsupply.model import Gap, Inventory
from mlsupply.named import NamedTuple
from mlsupply.world import Limits, Tree

FORMAT = "GitHub workflow"
_FOLDER = "working-directory"
_RUN = re.compile(r"[ \t]*+(?:-[ \t]++)?[\"']?run[\"']?[ \t]*:[ \t]*([|>]?)")
_CONTINUED = re.compile(r"^([^`\n]*)`\n", re.MULTILINE)  # as PowerShell does; two of them are a substitution of other shells
_LOOKED_AHEAD = 100  # lines of a step in which its script begins


class Step(NamedTuple):
    """What a step runs. line: of the file, on which the step begins; folder: where it runs, "" in the checkout itself."""

    script: str
    line: int
    folder: str


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all steps."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    if not may_install(text):
        return Inventory(path=path, format=FORMAT)
    document = yaml_of(path, text)
    if isinstance(document, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(document,))
    commands = Commands(path, tree, limits)
    lines = text.split("\n")
    commands.take(settings(path, _variables(document)))
    for step in _steps(document, ""):
        commands.take(from_elsewhere(installs(path, step.script, _line_of(step, lines)), step.folder))
    return commands.inventory(FORMAT)


def _steps(value: Any, folder: str) -> Iterator[Step]:
    """In the order of the file. The folder of a job or workflow is that of its steps, unless they name their own."""
    if isinstance(value, Table):
        folder = string(table(table(value, "defaults"), "run"), _FOLDER) or folder
        script = value.get("run")
        if isinstance(script, str):
            yield Step(_CONTINUED.sub(r"\1\\\n", script), value.line, string(value, _FOLDER) or folder)
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _steps(inner, folder)


def _variables(value: Any) -> Iterator[tuple[str, Word]]:
    """The indexes that `env` sets for installers, of the workflow, a job or a step."""
    if isinstance(value, Table):
        given = value.get("env")
        if isinstance(given, Table):
            for name, text in given.items():
                if isinstance(name, str) and isinstance(text, str):
                    yield from variable(name, Word(text, given.line, "${{" in text))
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _variables(inner)


def _line_of(step: Step, lines: list[str]) -> int:
    """Where its script begins."""
    for number in range(step.line, min(step.line + _LOOKED_AHEAD, len(lines) + 1)):
        if found := _RUN.match(lines[number - 1]):
            return number + bool(found[1])
    return step.line
