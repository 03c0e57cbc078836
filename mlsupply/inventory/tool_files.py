"""Configurations of tools that install Python packages, in YAML, JSON and TOML: those of Cog, BentoML, Truss, Ray, clients
of MCP and others. Where each keeps what is a table, `tool_places`; this reads the values that stand there. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mlsupply.inventory import reader_of
from mlsupply.inventory.collected import Collected
from mlsupply.inventory.install_commands import Commands
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import json_of, text_of, toml_of
from mlsupply.inventory.recipe_text import filled_in
from mlsupply.inventory.tool_places import OTHERS, PLACES, SIGNS, Places
from mlsupply.inventory.tool_values import Lines, Taken, values
from mlsupply.inventory.yaml_text import documents_of
from mlsupply.lazy import expression
from mlsupply.model import Gap, Inventory
from mlsupply.world import Limits, Tree

_BESIDE_JSON = expression(r'("(?:[^"\\\n]|\\.)*+"?)|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|\t')
_NOT_NEWLINES = re.compile(r"[^\n]")
_RECIPE = "conda recipe"


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of one configuration. A file of the name that holds none of its words is of
    another program."""
    text = text_of(path, tree, limits)
    form = form_of(path, text if isinstance(text, str) else "")
    if isinstance(text, Gap):
        return Inventory(path=path, format=form, gaps=(text,))
    found = Commands(path, tree, limits)
    signs = SIGNS.get(form, ())
    if not signs or any(sign in text for sign in signs):
        if form == _RECIPE:
            text = filled_in(text)
        for document in _documents(path, text):
            if isinstance(document, Gap):
                found.gaps.append(document)
            else:
                take(found, document, PLACES.get(form, {}), text)
    return found.inventory(form)


def form_of(path: str, text: str) -> str:
    """The format of a file by its name, or by what is in it."""
    from mlsupply.inventory.sniff import yaml_format

    reader = reader_of(path)
    form = reader.format if reader is not None else yaml_format(text)
    return form if form in PLACES else "Cog"


def _documents(path: str, text: str) -> Iterable[Any]:
    """JSON is YAML but for comments and tabs, and so comes with lines; what only JSON's own parser takes comes without."""
    if path.endswith(".toml"):
        return [toml_of(path, text)]
    if not text.lstrip().startswith(("{", "//", "/*")):
        return documents_of(path, text)
    found = list(documents_of(path, _BESIDE_JSON.sub(_blank, text)))
    return [json_of(path, text)] if any(isinstance(one, Gap) for one in found) else found


def _blank(found: re.Match[str]) -> str:
    return found[1] or _NOT_NEWLINES.sub(" ", found[0])


def below(form: str, document: Mapping[str, Any], locator: Locator, into: Collected) -> None:
    """Add what other tools keep in a manifest of the format `form`, besides what its own reader knows."""
    found = Commands(into.path, into.tree, into.limits)
    take(found, document, OTHERS[form], locator.text)
    into.take((*found.packages, *found.requirements, *found.indexes, *found.gaps))
    into.includes += found.includes


def take(into: Commands, document: Any, places: Places, text: str) -> None:
    """Add what stands at these places of a document."""
    reading, where = Taken(into), Lines(text)
    for keys, how in places.items():
        for found in values(document, keys.split(".")):
            reading.value(how, found, where)
    reading.end()
