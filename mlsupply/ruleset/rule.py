"""A rule as a value, and its compiled form. Pure."""

from __future__ import annotations

from typing import Any

from mlsupply.model import Confidence, Kind, Severity
from mlsupply.ruleset.conditions import Condition, from_json, to_json
from mlsupply.value import value


@value
class Sample:
    """A facet written in YAML, to test the rule with. expects: `fires`, `quiet` or `unknown`."""

    expects: str
    values: tuple[tuple[str, object], ...]
    line: int
    note: str = ""


@value
class Rule:
    """What `looks_at` a facet and says something of it. message: with `{field}`; offline: can be decided without network;
    what, why, example, samples: for the page of the rule and its test, left out of the compiled form; file, line: where
    it stands."""

    id: str
    title: str
    looks_at: str
    when: Condition
    severity: Severity
    confidence: Confidence
    kind: Kind
    message: str
    remedy: str
    references: tuple[str, ...] = ()
    technique: str = ""
    since: str = ""
    offline: bool = True
    what: str = ""
    why: str = ""
    example: str = ""
    samples: tuple[Sample, ...] = ()
    file: str = ""
    line: int = 0


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """The compiled form: what judging needs."""
    return {
        "id": rule.id,
        "title": rule.title,
        "looks_at": rule.looks_at,
        "when": to_json(rule.when),
        "severity": rule.severity.value,
        "confidence": rule.confidence.value,
        "kind": rule.kind.value,
        "message": rule.message,
        "remedy": rule.remedy,
        "references": list(rule.references),
        "technique": rule.technique,
        "offline": rule.offline,
        "file": rule.file,
        "line": rule.line,
    }


def rule_from_json(compiled: dict[str, Any]) -> Rule:
    """The inverse of `rule_to_json`; the compiled form is our own and is trusted to be whole."""
    return Rule(
        **{
            **compiled,
            "when": from_json(compiled["when"]),
            "severity": Severity(compiled["severity"]),
            "confidence": Confidence(compiled["confidence"]),
            "kind": Kind(compiled["kind"]),
            "references": tuple(compiled["references"]),
        }
    )
