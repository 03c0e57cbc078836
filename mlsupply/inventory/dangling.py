"""Packages that a lock's own entries require and that it lacks: dropped by a merge or an edit, cut off, or taken out so that
nobody looks at them. Installers refuse such a lock, or resolve what is missing again. Pure."""

from __future__ import annotations

from mlsupply.inventory.parsing import gap
from mlsupply.model import Edge, Inventory, Place, Reason
from mlsupply.value import replace

_ALL_HELD = "uv.lock"  # uv leaves edges out that lead nowhere; the others copy what packages state
_FORMATS = frozenset({_ALL_HELD, "poetry.lock", "pdm.lock", "pylock.toml"})
_NAMED = 8  # in one sentence
_HINT = "lock again: a merge or an edit may have dropped them"


def with_dangling(inventory: Inventory) -> Inventory:
    """The lock with a gap for what it requires and does not hold. An edge under a marker or extra may lead nowhere where
    the lock is for other platforms or extras, but in uv's."""
    if inventory.format not in _FORMATS or not inventory.packages:
        return inventory
    held: dict[str, set[str]] = {}
    for package in inventory.packages:
        held.setdefault(package.name, set()).add(package.version)
    held.setdefault(inventory.root, set())
    missing: dict[str, tuple[str, Place]] = {}
    for package in inventory.packages:
        for edge in package.requires:
            there = edge.name in held and (not edge.version or edge.version in held[edge.name])
            if not there and package.places and _is_firm(edge, inventory.format):
                missing.setdefault(f"{edge.name} {edge.version}".strip(), (package.name, package.places[0]))
    if not missing:
        return inventory
    named = sorted(missing)
    listed = ", ".join(f"{name} (required by {missing[name][0]})" for name in named[:_NAMED])
    more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    detail = f"the lock does not hold what its packages require: {listed}{more}; looked at without"
    told = gap(inventory.path, Reason.MALFORMED, detail, missing[named[0]][1].line, _HINT)
    return replace(inventory, gaps=(*inventory.gaps, told))


def _is_firm(edge: Edge, form: str) -> bool:
    return bool(edge.name) and (form == _ALL_HELD or not (edge.marker or edge.extra or edge.group))
