"""Samples: facets written in YAML inside a rule, and the test that the rule fires or stays quiet on them as they say. Pure.

A field that a sample leaves out has the dataclass's default; without one it is unknown. A time may be written as
`2 days ago`, counted back from `CLOCK`, at which every sample is judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from types import SimpleNamespace

from mlsupply.ruleset.conditions import Values, decider, undecided
from mlsupply.ruleset.facets import Field, FieldKind, Vocabulary, nearest, vocabulary
from mlsupply.ruleset.located import Fault, Located
from mlsupply.ruleset.operators import ArgumentError, duration, moment
from mlsupply.ruleset.rule import Rule, Sample

CLOCK = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
EXPECTATIONS = {"fires": True, "quiet": False, "unknown": None}
_NOTE = "note"


def read_samples(file: str, node: Located, words: Vocabulary) -> tuple[tuple[Sample, ...], list[Fault]]:
    """The samples of a rule and what is wrong with them. There must be one that fires and one that stays quiet."""
    if not isinstance(node.value, dict):
        return (), [
            Fault(file, node.line, node.column, f"samples is a mapping, not {node.sort}", "fires: [...], quiet: [...]")
        ]
    samples: list[Sample] = []
    faults: list[Fault] = []
    for expects, key, group in node.entries:
        if expects not in EXPECTATIONS:
            message = f"{expects} is no group of samples{nearest(expects, EXPECTATIONS)}"
            faults.append(Fault(file, key.line, key.column, message, f"groups: {', '.join(EXPECTATIONS)}"))
        elif not isinstance(group.value, list):
            message = f"{expects} is a list of samples, not {group.sort}"
            faults.append(Fault(file, group.line, group.column, message, "start each sample with a dash"))
        else:
            samples.extend(_sample(file, expects, item, words, faults) for item in group.value)
    missing = [wanted for wanted in ("fires", "quiet") if not any(sample.expects == wanted for sample in samples)]
    faults.extend(
        Fault(file, node.line, node.column, f"there is no sample under {wanted}:", "give at least one") for wanted in missing
    )
    return tuple(samples), faults


def _sample(file: str, expects: str, node: Located, words: Vocabulary, faults: list[Fault]) -> Sample:
    if not isinstance(node.value, dict):
        faults.append(Fault(file, node.line, node.column, f"a sample is a mapping of fields, not {node.sort}"))
        return Sample(expects=expects, values=(), line=node.line)
    found: dict[str, object] = {}
    fields = f"fields: {', '.join(words.fields)}"
    for name, key, value in node.entries:
        field = words.fields.get(name)
        if name == _NOTE and field is None:
            continue
        if field is None:
            split = value.value is None and not value.raw
            hint = "a comma within { } begins the next field: put the text in quotes" if split else fields
            message = f"{words.name} has no field {name}{nearest(name, words.fields)}"
            faults.append(Fault(file, key.line, key.column, message, hint))
            continue
        try:
            found[name] = _value(field, value)
        except ValueError as error:
            faults.append(Fault(file, value.line, value.column, f"{name}: {error}"))
    note = node.get(_NOTE)
    return Sample(
        expects=expects,
        values=tuple(found.items()),
        line=node.line,
        note=str(note.value) if note and _NOTE not in found else "",
    )


def _value(field: Field, node: Located) -> object:
    """The value of a field as its dataclass would hold it. Raises `ArgumentError`."""
    value = node.value
    if value is None:
        return None
    if field.kind is FieldKind.TEXTS:
        return tuple(_scalar(FieldKind.TEXT, item) for item in _items(node))
    if field.kind is FieldKind.CHOICE and value not in field.choices:
        raise ArgumentError(f"it is never {value!r}{nearest(str(value), field.choices)}; one of: {', '.join(field.choices)}")
    return _scalar(field.kind, node)


def _items(node: Located) -> list[Located]:
    if not isinstance(node.value, list):
        raise ArgumentError(f"a list is wanted, not {node.sort}")
    return node.value


_TYPES = {FieldKind.TRUTH: (bool,), FieldKind.NUMBER: (int, float)}


def _scalar(kind: FieldKind, node: Located) -> object:
    value = node.value
    if kind is FieldKind.OTHER:
        return node.plain()
    if kind is FieldKind.TIME:
        return _time(node)
    wanted = _TYPES.get(kind, (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        hint = f': put it in quotes: "{node.raw}"' if wanted == (str,) and node.raw else ""
        raise ArgumentError(f"{kind} is wanted, not {node.sort}{hint}")
    return value


def _time(node: Located) -> datetime:
    if isinstance(node.value, str) and node.value.endswith(" ago"):
        return CLOCK - duration(node.value.removesuffix(" ago"))
    return moment(node.plain() if isinstance(node.value, date) else node.value)


def run_samples(rules: Iterable[Rule], values: Values) -> list[Fault]:
    """Judge each sample; a fault for each that does not do what it says."""
    return [fault for rule in rules for sample in rule.samples if (fault := _judge(rule, sample, values))]


def facet_of(rule: Rule, sample: Sample) -> SimpleNamespace:
    """The sample as an object with the facet's fields."""
    words = vocabulary(rule.looks_at)
    values = {name: field.default for name, field in words.fields.items()} if words else {}
    return SimpleNamespace(**{**values, **dict(sample.values)})


def _judge(rule: Rule, sample: Sample, values: Values) -> Fault | None:
    facet = facet_of(rule, sample)
    got = decider(rule.when, values)(facet, CLOCK)
    if got is EXPECTATIONS[sample.expects]:
        return None
    if got is None:
        fields = ", ".join(undecided(rule.when, values, facet, CLOCK))
        said, hint = "cannot be decided", f"the sample does not say: {fields}"
    else:
        said, hint = ("fires", "narrow when:") if got else ("stays quiet", "widen when:, or fix the sample")
    wanted = {"fires": "should fire", "quiet": "should stay quiet", "unknown": "should be undecided"}[sample.expects]
    return Fault(rule.file, sample.line, 1, f"{rule.id} {said} on a sample on which it {wanted}", hint)
