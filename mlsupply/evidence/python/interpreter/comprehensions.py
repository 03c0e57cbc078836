"""Comprehensions and generator expressions: evaluated turn by turn where the items are known, else once for all."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.interpreter import module_names, objects, turns
from mlsupply.evidence.python.interpreter.chosen_files import chosen
from mlsupply.evidence.python.interpreter.machine import MAX_LOOP
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.effort import within_bounds
from mlsupply.evidence.python.values.entry_names import name_of
from mlsupply.evidence.python.values.value import NOTHING, Value, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

Node = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_MAX_ITEMS = 65_536  # that are gone through turn by turn
ALL_VARIABLES = "environment:all variables"  # the taint label of the whole environment
_FEW = 16  # items that are each evaluated although a condition may leave them out


def evaluated(machine: Expressions, node: Node) -> Value:
    """The value of a comprehension. Its names are bound in the current scope of the machine."""
    source = objects.iterable(machine, machine.value(node.generators[0].iter), node)
    done = _entries(machine, node, source) if isinstance(node, ast.DictComp) else _items(machine, node, source)
    if done is not None:
        return done
    if len(node.generators) == 1 and 1 < len(few := folding.items_of(source)) <= _FEW:
        return _over_few(machine, node, few, source)
    return _over_all(machine, node, source)


def _over_all(machine: Expressions, node: Node, source: Value) -> Value:
    """A comprehension of which one turn stands for all. source: what the outermost generator goes through."""
    first = list[Value]()
    if not isinstance(node, ast.DictComp) and not source.known:
        first = [_element_for(machine, node, item) for item in folding.items_of(source)[:1]]
    _bind_generators(machine, node, machine.element(source))
    source = _narrowed(machine, node.generators[0], source)
    if isinstance(node, ast.DictComp):
        key, value = machine.value(node.key), machine.value(node.value)
        result = unknown(key, value, source)
        result.keys = {}
        containers.put(result.keys, key, value)
        return result
    element = machine.value(node.elt)
    if element.known and isinstance(node.elt, ast.IfExp):
        element = unknown(element, source)  # either branch, for each item anew
    result = unknown(element, source)
    result.items = [*first, element]  # apart, since the first may be a program and the rest its arguments
    return result


def _element_for(machine: Expressions, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, item: Value) -> Value:
    """The element that one item of the outermost generator gives."""
    _bind_generators(machine, node, item)
    return machine.value(node.elt)


def _bind_generators(machine: Expressions, node: Node, item: Value) -> None:
    """Binds the targets of all generators for one turn, with this item of the outermost one."""
    for generator in node.generators:
        if generator is not node.generators[0]:
            item = machine.element(objects.iterable(machine, machine.value(generator.iter), node))
        machine.bind(generator.target, _narrowed(machine, generator, item))
        for test in generator.ifs:
            machine.value(test)
            if (left := chosen(machine, test, outcome=True)) is not None:
                machine.scope.names[left.name] = left.value


def _over_few(machine: Expressions, node: Node, items: list[Value], source: Value) -> Value:
    """A comprehension over a few items under conditions with unknown outcomes: none is left out."""
    keys: dict[str, Value] = {}
    found: list[Value] = []
    for item in items:
        machine.bind(node.generators[0].target, item)
        for test in node.generators[0].ifs:
            machine.value(test)
        if isinstance(node, ast.DictComp):
            containers.put(keys, machine.value(node.key), machine.value(node.value))
        else:
            found.append(machine.value(node.elt))
    result = unknown(source, *keys.values(), *found)
    if isinstance(node, ast.DictComp):
        result.keys = keys
    else:
        result.items = found
    return result


def _narrowed(machine: Expressions, generator: ast.comprehension, item: Value) -> Value:
    return with_prefix_only(machine, item, generator.ifs) if ALL_VARIABLES in item.taint else item


def with_prefix_only(machine: Expressions, item: Value, tests: list[ast.expr]) -> Value:
    """An item of the environment under tests such as `name.startswith("ACME_")`: labelled with these prefixes instead of all
    variables, unless a prefix is short, or names a secret or a service."""
    prefixes = [prefix for test in tests for prefix in _prefixes(machine, test)]
    if not prefixes or any(
        len(prefix) < 4 or places.is_secret(prefix) or places.owner_of(prefix) is not None for prefix in prefixes
    ):
        return item
    result = item.copy()
    result.taint = (item.taint - {ALL_VARIABLES}) | {f"variable:{prefix}" for prefix in prefixes}
    return result


def startswith_name(test: ast.expr) -> str:
    """`name` of the test `name.startswith(...)`; "" for any other test."""
    match test:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="startswith"), args=[_]):
            return name
        case _:
            return ""


def _prefixes(machine: Expressions, test: ast.expr) -> list[str]:
    """The prefixes that the test `name.startswith(...)` allows; [] where one is not known, or for any other test."""
    if not startswith_name(test) or not isinstance(test, ast.Call):
        return []
    argument = machine.value(test.args[0])
    parts = [argument] if isinstance(argument.const, str) else folding.items_of(argument)
    texts = [part.const for part in parts if isinstance(part.const, str)]
    return texts if len(texts) == len(parts) else []


def _items(machine: Expressions, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, source: Value) -> Value | None:
    """The list, evaluated turn by turn; None where that is not possible. source: what the outermost generator goes
    through."""
    done: list[Value] = []

    def add() -> bool:
        done.append(machine.value(node.elt))
        return done[-1].known or len(done) < MAX_LOOP // 64

    with turns.counted(machine):
        whole = _turns(machine, node, 0, source, add)
    return folding.listed(done, source.layers, source.taint) if whole and done else None  # none: a test may be known in part


def _entries(machine: Expressions, node: ast.DictComp, source: Value) -> Value | None:
    """The dict, evaluated turn by turn; None where that is not possible."""
    keys: dict[str, Value] = {}
    table: dict[object, object] = {}

    def add() -> bool:
        key, value = machine.value(node.key), machine.value(node.value)
        containers.put(keys, key, value)
        if value.known and name_of(key) is not None:
            table[key.const] = value.const
        return key.known and (value.known or len(keys) < MAX_LOOP // 64)

    if not _turns(machine, node, 0, source, add) or not keys:
        return None
    result = unknown(source, *keys.values())
    result.keys = keys
    if len(table) == len(keys) and all(value.known for value in keys.values()):
        result.const = table if within_bounds(table) else NOTHING
    return result


def _turns(machine: Expressions, node: Node, depth: int, source: Value, add: Callable[[], bool]) -> bool:
    """Runs every turn of the generators from number `depth` on. add: evaluates the element, and says whether to go on. False
    where that cannot be followed: items or a condition are not known, there are too many, or the budget runs low."""
    generator, items = node.generators[depth], module_names.turns(machine, source, node)
    if not items or len(items) > _MAX_ITEMS:
        return False
    limit = machine.steps + (machine.root_end - machine.steps) * 9 // 10  # the rest is for what comes after it
    for item in items:
        if machine.steps > limit:
            return False
        machine.bind(generator.target, item)
        tests = [machine.value(test).const for test in generator.ifs]
        if NOTHING in tests:
            return False
        if not all(tests):
            continue
        if depth + 1 == len(node.generators):
            if not add():
                return False
        else:
            inner = objects.iterable(machine, machine.value(node.generators[depth + 1].iter), node)
            if not _turns(machine, node, depth + 1, inner, add):
                return False
    return True
