"""Files of variables (`.env`, `.envrc`): the settings of pip and uv among them, and what an `.envrc` installs. No other
line is kept: most of such files are secrets."""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.inventory.install_commands import Commands, Found, of_command
from mlsupply.inventory.install_verbs import may_install
from mlsupply.inventory.parsing import text_of
from mlsupply.inventory.shell import commands
from mlsupply.model import Gap, Inventory
from mlsupply.world import Limits, Tree

FORMAT = ".env"
_SETTINGS = ("PIP_", "UV_")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Indexes, hosts and files that the variables name. A file that is no text holds nothing for an installer."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    if not any(mark in text for mark in _SETTINGS) and not may_install(text):
        return Inventory(path=path, format=FORMAT)
    found = Commands(path, tree, limits)
    found.take(_found(path, text))
    return found.inventory(FORMAT)


def _found(path: str, text: str) -> Iterator[Found]:
    for words in commands(text):
        yield from of_command(path, words)
