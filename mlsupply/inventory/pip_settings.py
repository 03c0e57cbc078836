"""Settings of pip (pip.conf, pip.ini) and of easy_install (.pydistutils.cfg): the indexes, trusted hosts and files of
requirements and constraints they give to every install.

Source: https://pip.pypa.io/en/stable/topics/configuration/
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.inventory.index_words import of_pip
from mlsupply.inventory.ini import sections_of
from mlsupply.inventory.install_commands import Commands, settings
from mlsupply.inventory.parsing import text_of
from mlsupply.inventory.pinned import limited_to
from mlsupply.inventory.shell import Word
from mlsupply.model import Gap, Inventory, Reason
from mlsupply.world import Failure, Limits, Tree

FORMAT = "pip settings"


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """What all sections set, those of single commands too. A release that a constraint names is looked at, as it is taken
    wherever something asks for its project."""
    text = text_of(path, tree, limits)
    found = Commands(path, tree, limits)
    if isinstance(text, Gap):
        found.gaps.append(text)
        data = tree.read(path, limits.manifest_bytes) if text.reason is Reason.MALFORMED else b""
        text = "" if isinstance(data, Failure) else data.decode("ascii", "replace")  # what matters in it is ASCII
    found.take(settings(path, _given(text)))
    found.take(limited_to(found.requirements))
    return found.inventory(FORMAT)


def _given(text: str) -> Iterator[tuple[str, Word]]:
    """(option of pip, value) of each."""
    for options in sections_of(text).values():
        for name, values in options.items():
            for value in values:
                is_open = any(mark in value.text for mark in ("{{", "{%", "<%", "${"))  # a template of such a file
                yield from of_pip(name, Word(value.text, value.line, is_open))
