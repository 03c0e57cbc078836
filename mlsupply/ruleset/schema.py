"""A JSON Schema of rule files for editors, made from the facets and the operators. Pure."""

from __future__ import annotations

from typing import Any

from mlsupply.model import Confidence, Kind, Severity
from mlsupply.ruleset.facets import Field, FieldKind, Vocabulary, facet_names, vocabulary
from mlsupply.ruleset.operators import Operator, operators_of
from mlsupply.ruleset.reading import OPTIONAL, REQUIRED

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "truth": {"type": "boolean"},
    "number": {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]},
    "text": _TEXT,
    "texts": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]},
    "pattern": {"type": "string", "format": "regex"},
    "specifier": {"type": "string", "pattern": r"^(\$| *(~=|===?|!=|[<>]=?))", "examples": [">=1.0,<2.0"]},
    "duration": {"type": "string", "pattern": r"^(\$|\d+ ?(minute|hour|day|week|year)s?$)"},
    "time": {"type": "string", "pattern": r"^(\$|\d{4}-\d\d-\d\d)", "examples": ["2026-03-24", "2026-03-24T10:52:00Z"]},
    "number test": {"type": "object"},
}
_NAMED = {"type": "string", "pattern": r"^\$[a-z]"}
_SAMPLES = {
    FieldKind.TRUTH: {"type": "boolean"},
    FieldKind.NUMBER: {"type": "number"},
    FieldKind.TEXTS: {"type": "array", "items": {"type": "string"}},
    FieldKind.OTHER: {},
}


def rule_schema() -> dict[str, Any]:
    """The schema, draft 2020-12: what `when` and the samples may hold depends on `looks_at`."""
    known = [words for name in facet_names().values() if (words := vocabulary(name))]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A rule of mlsupply",
        "type": "object",
        "required": list(REQUIRED),
        "additionalProperties": False,
        "properties": _properties([words.name for words in known]),
        "allOf": [_facet_clause(words) for words in known],
        "$defs": {words.name: _condition(words) for words in known},
    }


def _properties(facets: list[str]) -> dict[str, Any]:
    properties: dict[str, Any] = dict.fromkeys((*REQUIRED, *OPTIONAL), _TEXT)
    return {
        **properties,
        "id": {"type": "string", "pattern": "^[A-Z][A-Z0-9]{1,15}(-[A-Z0-9]{1,15}){1,3}$"},
        "looks_at": {"enum": facets},
        "when": {},
        "severity": {"enum": [value.value for value in Severity]},
        "confidence": {"enum": [value.value for value in Confidence]},
        "kind": {"enum": [value.value for value in Kind]},
        "references": {"type": "array", "items": {"type": "string", "pattern": "^https://"}},
        "offline": {"type": "boolean"},
        "samples": {"type": "object", "required": ["fires", "quiet"]},
    }


def _facet_clause(words: Vocabulary) -> dict[str, Any]:
    sample = {"type": "object", "additionalProperties": False, "properties": _sample_properties(words)}
    groups = {group: {"type": "array", "minItems": 1, "items": sample} for group in ("fires", "quiet", "unknown")}
    when = {"anyOf": [{"const": "always"}, {"$ref": f"#/$defs/{words.name}"}]}
    sentence = {"type": "string", "pattern": _sentence(words)}
    properties = {
        "when": when,
        "message": sentence,
        "remedy": sentence,
        "samples": {"properties": groups, "additionalProperties": False},
    }
    return {"if": {"properties": {"looks_at": {"const": words.name}}}, "then": {"properties": properties}}


def _sentence(words: Vocabulary) -> str:
    """A regular expression of texts whose braces are fields of the facet, or doubled."""
    fields = "|".join((*words.fields, "package", "place"))
    times = "|".join(name for name, field in words.fields.items() if field.kind is FieldKind.TIME)
    age = rf"|\{{({times}):age\}}" if times else ""
    return rf"^([^{{}}]|\{{\{{|\}}\}}|\{{({fields})(:or [^{{}}]{{1,60}})?\}}{age})+$"


def _sample_properties(words: Vocabulary) -> dict[str, Any]:
    properties: dict[str, Any] = {"note": {"type": "string"}}
    for name, field in words.fields.items():
        value = {"enum": list(field.choices)} if field.choices else _SAMPLES.get(field.kind, {"type": "string"})
        properties[name] = {"anyOf": [value, {"type": "null"}]}
    return properties


def _condition(words: Vocabulary) -> dict[str, Any]:
    here = {"$ref": f"#/$defs/{words.name}"}
    several = {"type": "array", "items": here, "minItems": 1}
    fields = {name: _field(field) for name, field in words.fields.items()}
    return {
        "type": "object",
        "description": words.doc,
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {**fields, "all": several, "any": several, "not": here},
    }


def _field(field: Field) -> dict[str, Any]:
    operators = operators_of(field.kind)
    short: list[dict[str, Any]] = [
        _argument(field, operators[name]) for name in ("is", "in", "has", "any_in") if name in operators
    ]
    long = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {name: {**_argument(field, op), "description": op.meaning} for name, op in operators.items()},
    }
    return {"anyOf": [*short, long]}


def _argument(field: Field, operator: Operator) -> dict[str, Any]:
    if field.choices and operator.takes in {"text", "texts"}:
        one: dict[str, Any] = {"enum": list(field.choices)}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}, _NAMED]}
    return {"anyOf": [_ARGUMENTS[operator.takes], _NAMED]}
