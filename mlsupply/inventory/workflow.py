"""GitHub's workflows and composite actions, which Gitea and Forgejo read too: what their steps install. Nothing of them is
run, and an expression (`${{ … }}`) has no value here.
Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.inventory import steps
from mlsupply.inventory.install_commands import Commands, Found, of_command
from mlsupply.inventory.shell import Word, commands
from mlsupply.inventory.yaml_text import Table
from mlsupply.model import Inventory
from mlsupply.world import Limits, Tree

FORMAT = "GitHub workflow"
# actions that install what an input of theirs names: action, input, and the command that it is handed to
_INPUTS = (
    ("actions/setup-python", "pip-install", "pip install"),
    ("bsfishy/pip-action", "packages", "pip install"),
    ("bsfishy/pip-action", "requirements", "pip install -r"),
    ("py-actions/py-dependency-install", "path", "pip install -r"),
    ("conda-incubator/setup-miniconda", "environment-file", "conda env update -f"),
    ("mamba-org/setup-micromamba", "environment-file", "conda env update -f"),
    ("mamba-org/setup-micromamba", "create-args", "micromamba create"),
    ("mamba-org/provision-with-micromamba", "environment-file", "conda env update -f"),
)


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all steps."""
    return steps.inventory(Commands(path, tree, limits), FORMAT, _KEYS)


def _inputs(path: str, table: Table) -> Iterator[Found]:
    """What a step that uses an action (`uses: actions/setup-python@v5`) has it install."""
    uses, given = table.get("uses"), table.get("with")
    if not isinstance(uses, str) or not isinstance(given, Table):
        return
    action = uses.partition("@")[0].lower()
    for name, key, command in _INPUTS:
        text = given.get(key)
        if name != action or not isinstance(text, str) or text in {"", "false"}:
            continue
        line = given.lines[key]
        words = [word for one in commands(text, line) for word in one]
        yield from of_command(path, [*(Word(part, line) for part in command.split()), *words])


_KEYS = steps.Keys(frozenset({"run"}), special=_inputs, marks=tuple(key for _, key, _ in _INPUTS))
