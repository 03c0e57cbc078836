"""Facts to JSON values and back: for the workers, and for the cache of earlier results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields

from mlsupply.evidence.facets import ArchiveFact, CodeFact, Moment
from mlsupply.evidence.module_facts import Gift, ModuleFacts, Neighbours, Take
from mlsupply.hints import Any
from mlsupply.model import Cause, Gap, Place, Reason


def code_to_json(fact: CodeFact) -> dict[str, Any]:
    """The fields that differ from their defaults."""
    pairs = ((name, getattr(fact, name)) for name in _CODE_FIELDS)
    return {name: value for name, value in pairs if value not in ("", (), False, 0) or name in _ALWAYS}


_CODE_FIELDS = tuple(field.name for field in fields(CodeFact))
_ALWAYS = {"behaviour", "moment", "member", "line"}


def code_from_json(value: Mapping[str, Any]) -> CodeFact:
    """The inverse of `code_to_json`. Raises TypeError, KeyError or ValueError for anything else."""
    known = dict(value)
    for name in ("layers", "chain"):
        known[name] = tuple(known.get(name, ()))
    return CodeFact(**{**known, "moment": Moment(known["moment"])})


def module_to_json(module: ModuleFacts) -> dict[str, Any]:
    """For the answer of a worker."""
    return {
        "path": module.path,
        "dotted": module.dotted,
        "facts": [[code_to_json(fact), list(roots)] for fact, roots in module.facts],
        "edges": [list(edge) for edge in module.edges],
        "functions": list(module.functions),
        "exports": [list(export) for export in module.exports],
        "stopped": module.stopped,
        "gives": [[name, list(gift)] for name, gift in module.gives],
        "takes": [[name, list(take)] for name, take in module.takes],
        "wants": list(module.wants),
        "hands": [[name, list(names)] for name, names in module.hands],
        "carriers": list(module.carriers),
    }


def module_from_json(value: Mapping[str, Any]) -> ModuleFacts:
    """The inverse of `module_to_json`; raises as `code_from_json`."""
    return ModuleFacts(
        path=value["path"],
        dotted=value["dotted"],
        facts=tuple((code_from_json(fact), tuple(roots)) for fact, roots in value["facts"]),
        edges=tuple((root, ref) for root, ref in value["edges"]),
        functions=tuple(value["functions"]),
        exports=tuple((name, ref) for name, ref in value["exports"]),
        stopped=value["stopped"],
        gives=tuple((name, _gift(gift)) for name, gift in value["gives"]),
        takes=tuple((name, _take(take)) for name, take in value["takes"]),
        wants=tuple(value["wants"]),
        hands=tuple((name, tuple(names)) for name, names in value["hands"]),
        carriers=tuple(value["carriers"]),
    )


def _gift(value: list[Any]) -> Gift:
    return Gift(value[0], tuple(value[1]), tuple(value[2]), tuple(value[3]), value[4])


def _take(value: list[Any]) -> Take:
    return Take(value[0], value[1], value[2], value[3], value[4], tuple(value[5]))


def neighbours_to_json(known: Neighbours) -> dict[str, Any]:
    """For the task of a worker."""
    return {"gifts": known.gifts, "takes": known.takes, "names": list(known.names)}


def neighbours_from_json(value: Mapping[str, Any]) -> Neighbours:
    """The inverse of `neighbours_to_json`."""
    return Neighbours(
        {name: _gift(gift) for name, gift in value["gifts"].items()},
        {name: [_take(take) for take in takes] for name, takes in value["takes"].items()},
        tuple(value["names"]),
    )


def archive_to_json(fact: ArchiveFact) -> dict[str, Any]:
    """For the cache."""
    return asdict(fact)


def archive_from_json(value: Mapping[str, Any]) -> ArchiveFact:
    """The inverse of `archive_to_json`; raises as `code_from_json`."""
    return ArchiveFact(**value)


def gap_to_json(gap: Gap) -> dict[str, Any]:
    """For the cache."""
    return {**asdict(gap), "place": list(gap.place) if gap.place else None}


def gap_from_json(value: Mapping[str, Any]) -> Gap:
    """The inverse of `gap_to_json`; raises as `code_from_json`."""
    place = Place(*value["place"]) if value["place"] else None
    cause = Cause(value["cause"]) if value.get("cause") else None
    return Gap(**{**value, "reason": Reason(value["reason"]), "place": place, "cause": cause})
