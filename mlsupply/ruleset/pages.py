"""A page for each rule, in plain text; `mlsupply rules show` and `mlsupply explain` print it. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator

from mlsupply.ruleset.conditions import Always, AnyOf, Condition, FieldTest, Not, Values, names_in, tests_of
from mlsupply.ruleset.facets import Facet, FieldKind, vocabulary
from mlsupply.ruleset.messages import filled, in_words, placeholders
from mlsupply.ruleset.operators import Argument, operators_of
from mlsupply.ruleset.rule import Rule, Sample
from mlsupply.ruleset.samples import CLOCK, facet_of

_WIDTH = 100


def page(rule: Rule, values: Values) -> str:
    """What it sees, why that matters, when it fires, what it says of an example, what to do, and where to read on."""
    network = "decided offline" if rule.offline else "needs the network"
    confidence = f"confidence {rule.confidence}"
    parts = [
        f"{rule.id}  {rule.title}",
        f"{rule.severity} severity, {confidence}, kind {rule.kind}, looks at {rule.looks_at}, {network}"
        + (f", ATT&CK {rule.technique}" if rule.technique else "")
        + (f", since {rule.since}" if rule.since else ""),
    ]
    for title, text in (("What", rule.what), ("Why", rule.why), ("Example", rule.example)):
        if text:
            parts.append(_section(title, text))
    parts.append("Fires when\n" + "\n".join(_lines(rule.when, 1)))
    if named := dict.fromkeys(name for test in tests_of(rule.when) for name in names_in(test.argument)):
        parts.append("Where\n" + "\n".join(f"  ${name} is {_shown(values[name])}" for name in named))
    parts.append(_section("Says", _said(rule, rule.message)))
    parts.append(_section("Do", _said(rule, rule.remedy)))
    parts.append("Samples\n" + "\n".join(_sample(sample) for sample in rule.samples))
    if rule.references:
        parts.append("Read\n" + "\n".join(f"  {url}" for url in rule.references))
    parts.append(f"Source: {rule.file}:{rule.line}")
    return "\n\n".join(parts) + "\n"


def facet_page(facet: Facet) -> str:
    """What a facet's fields mean and which kind each is, with the operators that each kind takes."""
    words = vocabulary(facet.name)
    lines = [facet.name]
    if words is None:
        return facet.name
    for part in _parts(words.doc, words.fields):
        hanging = "    " if lines[1:] else "  "
        lines.extend(textwrap.wrap(part, _WIDTH, initial_indent="  ", subsequent_indent=hanging, break_on_hyphens=False))
    wide = max(len(name) for name in words.fields)
    for name, field in words.fields.items():
        kind = f"one of {', '.join(field.choices)}" if field.choices else field.kind.value
        unknown = ", may be unknown" if field.optional else ""
        lines.extend(textwrap.wrap(f"    {name:<{wide}}  {kind}{unknown}", _WIDTH, subsequent_indent=" " * (wide + 6)))
    for kind in dict.fromkeys(field.kind for field in words.fields.values() if field.kind is not FieldKind.OTHER):
        named = "one of" if kind is FieldKind.CHOICE else kind.value
        operators = f"  {named} takes: {', '.join(operators_of(kind))}"
        lines.extend(textwrap.wrap(operators, _WIDTH, subsequent_indent="    "))
    return "\n".join(lines) + "\n"


def _parts(doc: str, fields: Collection[str]) -> list[str]:
    """A facet's description, cut before each line on which one or several fields begin and what came before has ended."""
    parts = [""]
    for line in map(str.strip, doc.splitlines()):
        begins = all(name in fields for name in line.partition(":")[0].split(", "))
        if begins and parts[-1].endswith((".", ";")):
            parts.append(line)
        else:
            parts[-1] = f"{parts[-1]} {line}".strip()
    return parts


def _section(title: str, text: str) -> str:
    paragraphs = (textwrap.fill(" ".join(part.split()), _WIDTH - 2) for part in text.split("\n\n"))
    return f"{title}\n" + textwrap.indent("\n\n".join(paragraphs), "  ")


def _lines(condition: Condition, depth: int) -> Iterator[str]:
    """The condition in words, a line a test."""
    indent = "  " * depth
    if isinstance(condition, Always):
        yield f"{indent}always: every such fact is the finding"
    elif isinstance(condition, FieldTest):
        yield f"{indent}{condition.field} {condition.operator.replace('_', ' ')} {_shown(condition.argument)}"
    elif isinstance(condition, Not):
        yield f"{indent}not:"
        yield from _lines(condition.part, depth + 1)
    else:
        word = "any of" if isinstance(condition, AnyOf) else "all of"
        yield f"{indent}{word}:"
        for part in condition.parts:
            yield from _lines(part, depth + 1)


def _shown(argument: Argument) -> str:
    if isinstance(argument, dict):
        return ", ".join(f"{name} {in_words(value)}" for name, value in argument.items())
    return in_words(argument)


def _said(rule: Rule, text: str) -> str:
    """The message or remedy, filled in from the first firing sample; a field the sample leaves open is shown as
    `<field>`."""
    sample = next((sample for sample in rule.samples if sample.expects == "fires"), None)
    if sample is None:
        return text
    facet, given = facet_of(rule, sample), dict(sample.values)
    for name, _ in placeholders(text):
        if name not in given and getattr(facet, name, 0) in {None, "", ()}:
            setattr(facet, name, f"<{name}>")
    return filled(text, facet, {"package": "example 1.0", "place": "uv.lock:1"}, CLOCK)


def _sample(sample: Sample) -> str:
    values = ", ".join(f"{name}: {in_words(value)}" for name, value in sample.values)
    note = f"  ({sample.note})" if sample.note else ""
    return textwrap.fill(f"  {sample.expects + ':':<8} {values}{note}", _WIDTH, subsequent_indent=" " * 11)
