""".pre-commit-config.yaml: the packages that hooks get beside their own (`additional_dependencies`), and what hooks of the
repository itself run. What a hook of another repository is written in is told there, not here: its list is read as one of
Python's packages unless something here says otherwise.
Source: https://pre-commit.com/#config-additional_dependencies
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.inventory import steps
from mlsupply.inventory.install_commands import Commands, Found, of_command
from mlsupply.inventory.shell import Word
from mlsupply.inventory.yaml_text import Rows, Table
from mlsupply.model import Inventory
from mlsupply.world import Limits, Tree

FORMAT = "pre-commit"
_LIST = "additional_dependencies"
_PYTHON = ("python", "python_venv")
# hooks of npm, Ruby, Go and others, by the words in their ids and in the names of their repositories
_OTHERS = re.compile(
    r"(?i)eslint|prettier|stylelint|commitlint|markdownlint|htmlhint|tslint|jshint|csslint|textlint|biome|doctoc|renovate"
    r"|\bstandard\b|\bxo\b|svgo|cspell|jsonlint|tsc\b|rubocop|mdl\b|golang|gofmt|clippy|rustfmt|luacheck|shfmt|lintr|styler"
)
_OF_NPM = re.compile(r"@[^/\s]+/|[A-Za-z0-9._-]+@[\^~]?[0-9]")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all hooks."""
    return steps.inventory(Commands(path, tree, limits), FORMAT, _KEYS)


def _of_repository(path: str, table: Table) -> Iterator[Found]:
    repository, hooks = table.get("repo"), table.get("hooks")
    if not isinstance(repository, str) or not isinstance(hooks, Rows):
        return
    for hook in hooks:
        listed = hook.get(_LIST) if isinstance(hook, Table) else None
        if isinstance(listed, Rows) and _is_python(repository, hook, listed):
            line = hook.lines[_LIST]
            yield from of_command(path, [Word("pip", line), Word("install", line), *steps.words(listed)])


def _is_python(repository: str, hook: Table, listed: Rows) -> bool:
    language = hook.get("language")
    if isinstance(language, str):
        return language in _PYTHON
    told = f"{repository} {hook.get('id')}"
    return not _OTHERS.search(told) and not any(isinstance(one, str) and _OF_NPM.match(one) for one in listed)


_KEYS = steps.Keys(frozenset({"entry"}), special=_of_repository, marks=(_LIST,))
