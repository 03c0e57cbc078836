"""Patterns of `match`: the names they bind, and what comparing the subject with them runs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import objects, special_methods
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.value import Value, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions


def matched(machine: Expressions, pattern: ast.pattern, subject: Value) -> None:
    """Binds the names of a `case` pattern to the parts of the subject that they stand for. Raises BudgetError."""
    machine.tick()
    match pattern:
        case ast.MatchAs(pattern=inner, name=name):
            if inner is not None:
                matched(machine, inner, subject)
            if name is not None:
                machine.scope.set(name, subject)
        case ast.MatchStar(name=str(name)):
            machine.scope.set(name, unknown(subject))
        case ast.MatchValue(value=value):
            special_methods.operated(machine, subject, "Eq", [machine.value(value)], pattern)
        case ast.MatchOr(patterns=choices):
            for choice in choices:
                matched(machine, choice, subject)
        case ast.MatchSequence(patterns=parts):
            _sequence(machine, parts, subject, pattern)
        case ast.MatchMapping():
            _mapping(machine, pattern, subject)
        case ast.MatchClass():
            _class(machine, pattern, subject)


def _sequence(machine: Expressions, parts: list[ast.pattern], subject: Value, node: ast.AST) -> None:
    """Matches the parts with the items, from both ends where one of the parts has a star."""
    source = objects.iterable(machine, subject, node)
    items = folding.items_of(source)
    starred = next((place for place, part in enumerate(parts) if isinstance(part, ast.MatchStar)), len(parts))
    for place, part in enumerate(parts):
        found = place if place < starred else place - len(parts) + len(items)
        known = place != starred and 0 <= found < len(items)
        matched(machine, part, items[found] if known else machine.element(source) if place != starred else source)


def _mapping(machine: Expressions, pattern: ast.MatchMapping, subject: Value) -> None:
    """Matches the parts with the entries of their keys."""
    for key, part in zip(pattern.keys, pattern.patterns, strict=True):
        matched(machine, part, _entry(machine, subject, machine.value(key), pattern))
    if pattern.rest is not None:
        machine.scope.set(pattern.rest, subject)


def _entry(machine: Expressions, subject: Value, key: Value, node: ast.AST) -> Value:
    """The value that a mapping has for a key."""
    for operation in ("get", "[]"):
        if (made := special_methods.operated(machine, subject, operation, [key], node)) is not None:
            return made
    return containers.entry(subject, key) if subject.keys is not None else folding.index(subject, key)


def _class(machine: Expressions, pattern: ast.MatchClass, subject: Value) -> None:
    """Matches the attributes of the subject. The only part of `str(x)` and its like is the subject itself."""
    kind = machine.value(pattern.cls)
    if kind.closure is not None and isinstance(kind.closure.node, ast.ClassDef):
        maker = machine.class_state(kind.closure).metaclass
        if maker is not None and (check := maker.methods.get("__instancecheck__")) is not None:
            machine.enter(check, [kind, subject], {}, pattern)
    whole = kind.ref.startswith("builtins.") and len(pattern.patterns) == 1
    for part in pattern.patterns:
        matched(machine, part, subject if whole else _positional(machine, pattern, subject, part))
    for name, part in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        matched(machine, part, machine.attribute(subject, name, pattern))


def _positional(machine: Expressions, pattern: ast.MatchClass, subject: Value, part: ast.pattern) -> Value:
    """What a part of `Point(x, y)` stands for: the field in that place, where the fields of the class are known."""
    state, place = subject.instance, pattern.patterns.index(part)
    if state is None:
        return unknown(subject)
    named = state.all_attributes().get("__match_args__")
    names = [one.const for one in folding.items_of(named)] if named is not None else state.fields
    name = names[place] if place < len(names) else None
    return machine.attribute(subject, name, pattern) if isinstance(name, str) else unknown(subject)
