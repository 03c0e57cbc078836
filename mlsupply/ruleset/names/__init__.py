"""Is a name pretending to be another? See `engine`; its parts are imported when first asked for (PEP 562)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlsupply.ruleset.names.engine import Names
    from mlsupply.ruleset.names.known import Reviewed
    from mlsupply.ruleset.names.verdict import Likeness, NameEvidence, NameVerdict, Technique

__all__ = ["Likeness", "NameEvidence", "NameVerdict", "Names", "Reviewed", "Technique"]

_HOMES = {"Names": "engine", "Reviewed": "known"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'verdict')}"), name)
