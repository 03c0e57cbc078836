"""The facets rules may look at. A facet is a frozen dataclass in `mlsupply.evidence`; its fields and their types *are*
the vocabulary: they decide which operators a rule may use, what its errors say and what the JSON Schema for editors holds.

A field of value None is unknown ("could not look"); an empty string or tuple means "looked, there is none". Field types:

    bool, int, float        as they are
    str                     text; `VersionText` for a PEP 440 version
    StrEnum, Literal["a"]   one of a closed set
    datetime                UTC, compared with the run's clock
    tuple[str, ...]         texts (frozenset works too)
    any of these | None     where it may be unknown

Anything else (a `Place`, a nested value) may stand in a message and be tested for `known`, no more. To add a facet: write
the dataclass, its name ending in `Fact` or `Facet`, add one line to `FACETS`, run `mlsupply rules compile`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Literal

from mlsupply.named import NamedTuple
from mlsupply.value import value

VersionText = Annotated[str, "version"]
"""A PEP 440 version as published."""


class FieldKind(StrEnum):
    """What sort of value a field holds; the operators go by it."""

    TRUTH = "truth"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    VERSION = "version"
    TIME = "time"
    TEXTS = "texts"
    OTHER = "other"


class Facet(NamedTuple):
    """name: what `looks_at` says; the class is `class_name` in `module`, imported only to check rules, never to run
    the built-in ones."""

    name: str
    module: str
    class_name: str

    def load(self) -> type[Any]:
        """The dataclass itself. Raises `TypeError` where the registered name is none."""
        found = getattr(import_module(self.module), self.class_name)
        if not isinstance(found, type) or not is_dataclass(found):
            raise TypeError(f"{self.module}.{self.class_name} is not a dataclass")
        return found


FACETS: tuple[Facet, ...] = (
    Facet("archive", "mlsupply.evidence.facets", "ArchiveFact"),
    Facet("code", "mlsupply.evidence.facets", "CodeFact"),
    Facet("change", "mlsupply.evidence.compare", "ChangeFact"),
    Facet("gateway", "mlsupply.evidence.references.facets", "GatewayFacet"),
    Facet("model_card", "mlsupply.evidence.references.facets", "ModelCardFacet"),
    Facet("model_content", "mlsupply.evidence.references.facets", "ModelContentFacet"),
    Facet("model_integrity", "mlsupply.evidence.references.facets", "ModelIntegrityFacet"),
    Facet("model_reference", "mlsupply.evidence.references.facets", "ModelReferenceFacet"),
    Facet("skill", "mlsupply.evidence.references.facets", "SkillFacet"),
    Facet("tool_server", "mlsupply.evidence.references.facets", "ToolServerFacet"),
    Facet("name", "mlsupply.evidence.names", "NameFacet"),
    Facet("release", "mlsupply.evidence.release_facet", "ReleaseFacet"),
    Facet("index", "mlsupply.evidence.index_facets", "IndexFacet"),
    Facet("requirement", "mlsupply.evidence.index_facets", "RequirementFacet"),
    Facet("pinning", "mlsupply.evidence.index_facets", "PinningFacet"),
    Facet("origin", "mlsupply.evidence.index_facets", "OriginFacet"),
)
"""Every facet, e.g. `Facet("release", "mlsupply.evidence.release", "ReleaseFacet")`; a test fails where one is missing."""


@value
class Field:
    """One word of a facet's vocabulary. choices: of a closed set; default: what a sample that leaves it out gets
    (None, unknown, where the dataclass has no default)."""

    name: str
    kind: FieldKind
    choices: tuple[str, ...] = ()
    optional: bool = False
    default: object = None


@value
class Vocabulary:
    """A facet as a rule sees it. doc: the dataclass's docstring."""

    name: str
    doc: str
    fields: Mapping[str, Field]


def facet_named(name: str) -> Facet | None:
    """The registered facet of this name."""
    return next((facet for facet in FACETS if facet.name == name), None)


def facet_names() -> Mapping[str, str]:
    """`module.Class` of a facet dataclass to the facet's name."""
    return _names(FACETS)


@cache
def _names(facets: tuple[Facet, ...]) -> dict[str, str]:
    return {f"{facet.module}.{facet.class_name}": facet.name for facet in facets}


def vocabulary(name: str) -> Vocabulary | None:
    """The words of a facet, or None where no facet has this name."""
    facet = facet_named(name)
    return _words(facet) if facet else None


@cache
def _words(facet: Facet) -> Vocabulary:
    cls = facet.load()
    # facets take the name from `mlsupply.hints`, where it means nothing
    hints = typing.get_type_hints(cls, localns={"Literal": Literal}, include_extras=True)
    found = {}
    for item in fields(cls):
        kind, choices, optional = _kind(hints[item.name])
        default = item.default if item.default is not MISSING else None
        if item.default_factory is not MISSING:
            default = item.default_factory()
        found[item.name] = Field(name=item.name, kind=kind, choices=choices, optional=optional, default=default)
    return Vocabulary(name=facet.name, doc=(cls.__doc__ or "").strip(), fields=found)


def _kind(hint: Any) -> tuple[FieldKind, tuple[str, ...], bool]:
    """(kind, choices, may be None) of a type annotation."""
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        inner = [part for part in typing.get_args(hint) if part is not types.NoneType]
        kind, choices, _ = _kind(inner[0]) if len(inner) == 1 else (FieldKind.OTHER, (), False)
        return kind, choices, len(inner) < len(typing.get_args(hint))
    if origin is Annotated:
        base, *marks = typing.get_args(hint)
        kind, choices, optional = _kind(base)
        return FieldKind.VERSION if "version" in marks else kind, choices, optional
    if origin is Literal:
        return FieldKind.CHOICE, tuple(str(choice) for choice in typing.get_args(hint)), False
    if origin in {tuple, frozenset}:
        return _kind_of_many(typing.get_args(hint)), (), False
    return _kind_of_class(hint)


def _kind_of_many(inner: tuple[Any, ...]) -> FieldKind:
    kind = _kind(inner[0])[0] if inner else FieldKind.OTHER
    return FieldKind.TEXTS if kind in {FieldKind.TEXT, FieldKind.CHOICE} else FieldKind.OTHER


def _kind_of_class(hint: Any) -> tuple[FieldKind, tuple[str, ...], bool]:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return FieldKind.CHOICE, tuple(member.value for member in hint), False
    plain = {bool: FieldKind.TRUTH, int: FieldKind.NUMBER, float: FieldKind.NUMBER, str: FieldKind.TEXT}
    plain[datetime] = FieldKind.TIME
    return plain.get(hint, FieldKind.OTHER), (), False


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """`, did you mean X?` or the empty string."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f", did you mean {close[0]}?" if close else ""
