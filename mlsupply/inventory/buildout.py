"""buildout.cfg: the releases that zc.buildout pins, and where it takes them from.

Source: https://www.buildout.org/en/latest/reference.html
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.inventory.ini import sections_of
from mlsupply.inventory.install_commands import Commands, Found, settings
from mlsupply.inventory.parsing import requirement, text_of
from mlsupply.inventory.pinned import limited_to
from mlsupply.inventory.shell import Word
from mlsupply.model import Gap, Inventory, Place
from mlsupply.world import Limits, Tree

FORMAT = "buildout.cfg"
_OPTIONS = {"index": "--index-url", "find_links": "--find-links"}


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Pins are constraints: a release is taken where some part asks for its project."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    found = Commands(path, tree, limits)
    found.take(_found(path, text))
    found.take(limited_to(found.requirements))
    return found.inventory(FORMAT)


def _found(path: str, text: str) -> Iterator[Found]:
    sections = sections_of(text)
    for key, option in _OPTIONS.items():
        values = sections.get("buildout", {}).get(key, [])
        yield from settings(path, [(option, Word(value.text, value.line)) for value in values])
    for section, options in sections.items():
        if section == "versions" or section.startswith("versions:"):
            for name, values in options.items():
                for value in values[:1]:
                    place = Place(path, value.line)
                    yield requirement(f"{name.replace('_', '-')}=={value.text}", place, constraint=True)
