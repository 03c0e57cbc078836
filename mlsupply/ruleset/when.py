"""Reads and type-checks `when`: YAML with positions to a `Condition`, against the words of one facet. Pure.

when: always
when: {executes: true, name: [a, b]}            several fields: all of them; a list: one of
when: {any: [{size: {more_than: 1000}}, {not: {name: {starts_with: x}}}]}
"""

from __future__ import annotations

from datetime import date

from mlsupply.ruleset.conditions import All, Always, AnyOf, Condition, FieldTest, Not, Values, names_in, resolved
from mlsupply.ruleset.facets import Field, FieldKind, Vocabulary, nearest
from mlsupply.ruleset.located import Fault, Located
from mlsupply.ruleset.operators import OPERATORS, Argument, operators_of, prepared

_JOINS = ("all", "any", "not")


class ConditionReader:
    """Collects faults instead of stopping at the first; what is faulty reads as `Always`."""

    def __init__(self, file: str, words: Vocabulary, values: Values) -> None:
        self.file = file
        self.words = words
        self.values = values
        self.faults: list[Fault] = []

    def fault(self, at: Located, message: str, hint: str = "") -> None:
        """Note what is wrong with a condition, at its place."""
        self.faults.append(Fault(self.file, at.line, at.column, message, hint))

    def read(self, node: Located) -> Condition:
        """The condition a node says."""
        if node.value == "always":
            return Always()
        if not isinstance(node.value, dict):
            self.fault(node, f"a condition is a mapping of fields, not {node.sort}", "when: {field: value}, or all: [...]")
            return Always()
        parts = [self._entry(name, key, value) for name, key, value in node.entries]
        if not parts:
            self.fault(node, "the condition is empty", "write when: always where every fact is the finding")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _entry(self, name: str, key: Located, value: Located) -> Condition:
        if name == "not":
            return Not(self.read(value))
        if name in _JOINS:
            return self._joined(name, value)
        field = self.words.fields.get(name)
        if field is None:
            known = (*self.words.fields, *_JOINS)
            hint = f"fields: {', '.join(self.words.fields)}"
            self.fault(key, f"{self.words.name} has no field {name}{nearest(name, known)}", hint)
            return Always()
        return self._field(field, value)

    def _joined(self, name: str, value: Located) -> Condition:
        if not isinstance(value.value, list):
            self.fault(value, f"{name} takes a list of conditions, not {value.sort}", f"{name}: [{{...}}, {{...}}]")
            return Always()
        if not value.value:
            self.fault(value, f"{name} of nothing means nothing", "list at least one condition, or write when: always")
        parts = tuple(self.read(item) for item in value.value)
        return AnyOf(parts) if name == "any" else All(parts)

    def _field(self, field: Field, value: Located) -> Condition:
        if not isinstance(value.value, dict):
            return self._test(field, self._shorthand(field, value), value, value)
        parts = [self._test(field, name, key, argument) for name, key, argument in value.entries]
        if not parts:
            self.fault(value, f"nothing is asked of {field.name}", f"operators: {', '.join(operators_of(field.kind))}")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _shorthand(self, field: Field, value: Located) -> str:
        """`field: value` means equality, `field: [values]` one of; of several texts: has, any_in."""
        is_list = isinstance(value.value, list) or (isinstance(value.value, str) and value.value.startswith("$"))
        if field.kind is FieldKind.TEXTS:
            return "any_in" if is_list else "has"
        return "in" if is_list and field.kind is not FieldKind.TRUTH else "is"

    def _test(self, field: Field, name: str, at: Located, argument: Located) -> Condition:
        known = operators_of(field.kind)
        if name not in known:
            like = nearest(name, known)
            self.fault(
                at, f"{field.name} is {_KINDS[field.kind]}, and {name} does not apply to it{like}", _usable(field.kind)
            )
            return Always()
        plain = argument.plain()
        self._argument(field, name, argument, plain)
        return FieldTest(field.name, field.kind, name, plain)

    def _argument(self, field: Field, name: str, at: Located, plain: Argument) -> None:
        """Does the argument fit the operator, its `$names` resolved?"""
        for wanted in names_in(plain):
            if wanted not in self.values:
                hint = f"lists: {', '.join(sorted(self.values)) or 'none'}; write $$ for a text that starts with $"
                self.fault(at, f"there is no list or value named ${wanted}{nearest(wanted, self.values)}", hint)
                return
        unquoted = _unquoted(at) if operators_of(field.kind)[name].takes in _TEXTUAL else None
        if unquoted:
            self.fault(
                unquoted, f"{unquoted.raw} was read as {unquoted.sort}, not as text", f'put it in quotes: "{unquoted.raw}"'
            )
            return
        meant = resolved(plain, self.values)
        self._choices(field, at, meant)
        try:
            prepared(field.kind, name, meant)
        except (ValueError, AttributeError, TypeError) as error:
            self.fault(at, f"{field.name}: {name}: {error}")

    def _choices(self, field: Field, at: Located, meant: Argument) -> None:
        if field.kind is FieldKind.CHOICE:
            for item in meant if isinstance(meant, list) else [meant]:
                if isinstance(item, str) and item not in field.choices:
                    hint = f"one of: {', '.join(field.choices)}"
                    self.fault(at, f"{field.name} is never {item!r}{nearest(item, field.choices)}", hint)


_TEXTUAL = {"text", "texts", "pattern", "specifier"}
_KINDS = {
    FieldKind.TRUTH: "true or false",
    FieldKind.NUMBER: "a number",
    FieldKind.TEXT: "a text",
    FieldKind.CHOICE: "one of a closed set",
    FieldKind.VERSION: "a version",
    FieldKind.TIME: "a time",
    FieldKind.TEXTS: "several texts",
    FieldKind.OTHER: "a value that can only be known or not",
}


def _usable(kind: FieldKind) -> str:
    return "operators: " + ", ".join(operator.name for operator in OPERATORS[kind]) + ", known"


def _unquoted(node: Located) -> Located | None:
    """The first scalar in it that YAML did not read as text."""
    for item in node.value if isinstance(node.value, list) else [node]:
        if isinstance(item.value, (int, float, bool, date)):
            return item
    return None
