"""Lists of requirements under names that other lists have too: `packages.txt` is Debian's on some platforms, and `deps.txt`
may be anything. One that pins something as pip does, and holds nothing that pip would refuse, is read as requirements."""

from __future__ import annotations

from mlsupply.inventory import requirements
from mlsupply.inventory.parsing import text_of
from mlsupply.lazy import expression
from mlsupply.model import Gap, Inventory
from mlsupply.value import replace
from mlsupply.world import Limits, Tree

FORMAT = "list of requirements"
_PINS = expression(r"(?m)^[ \t]*[A-Za-z0-9][A-Za-z0-9._-]{0,200}(?:\[[^\]\n]{0,200}\])?[ \t]*(?:===?|~=|>=)[ \t]*[0-9]")
_LINE = expression(
    r"[ \t]*+(?:#.*|--?[a-z].*|[A-Za-z0-9][A-Za-z0-9._-]{0,200}+[ \t]*+(?:\[[^\]]{0,200}\])?"
    r"[ \t]*+(?:(?:[=!~<>]=|[<>;@#]).*)?)?\\?"
)


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The requirements, or nothing."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap) or not _PINS.search(text) or not all(_LINE.fullmatch(line) for line in text.split("\n")):
        return Inventory(path=path, format=FORMAT)
    return replace(requirements.read(path, tree, limits), format=FORMAT)
