"""Comprehensions and generator expressions: element by element where that is known, else once."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.interpreter import objects
from mlsupply.evidence.python.interpreter.machine import MAX_LOOP
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.value import NOTHING, Value, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

Node = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_MAX_ITEMS = 65_536
ALL = "environment:all variables"
_FEW = 16  # items of which any may be left out


def made(machine: Expressions, node: Node) -> Value:
    """The result of a comprehension; its names are bound in the scope the machine is in."""
    source = objects.iterable(machine, machine.value(node.generators[0].iter), node)
    done = _entries(machine, node, source) if isinstance(node, ast.DictComp) else _items(machine, node, source)
    if done is not None:
        return done
    if len(node.generators) == 1 and 1 < len(few := folding.items_of(source)) <= _FEW:
        return _any_of(machine, node, few, source)
    begins = list[Value]()
    if not isinstance(node, ast.DictComp) and not source.known:
        begins = [_once(machine, node, item) for item in folding.items_of(source)[:1]]
    _bound(machine, node, machine.element(source))
    source = _of_one_program(machine, node.generators[0], source)
    if isinstance(node, ast.DictComp):
        key, value = machine.value(node.key), machine.value(node.value)
        result = unknown(key, value, source)
        result.keys = {}
        containers.put(result.keys, key, value)
        return result
    element = machine.value(node.elt)
    if element.known and isinstance(node.elt, ast.IfExp):
        element = unknown(element, source)  # one or the other, for each anew
    result = unknown(element, source)
    result.items = [*begins, element]  # what comes first may be a program, and what follows what it is told
    return result


def _once(machine: Expressions, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, item: Value) -> Value:
    """What is made of one item."""
    _bound(machine, node, item)
    return machine.value(node.elt)


def _bound(machine: Expressions, node: Node, item: Value) -> None:
    """One turn of all generators, the outermost at this item."""
    for generator in node.generators:
        if generator is not node.generators[0]:
            item = machine.element(objects.iterable(machine, machine.value(generator.iter), node))
        machine.bind(generator.target, _of_one_program(machine, generator, item))
        for test in generator.ifs:
            machine.value(test)


def _any_of(machine: Expressions, node: Node, items: list[Value], source: Value) -> Value:
    """Of a few items nobody knows which are left out: all are looked at."""
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


def _of_one_program(machine: Expressions, generator: ast.comprehension, item: Value) -> Value:
    return of_one_program(machine, item, generator.ifs) if ALL in item.taint else item


def of_one_program(machine: Expressions, item: Value, tests: list[ast.expr]) -> Value:
    """One variable of the whole environment, where the tests let only those of one program through (`startswith`); else the
    item as it is."""
    starts = [start for test in tests for start in _starts(machine, test)]
    if not starts or any(
        len(start) < 4 or places.is_secret(start) or places.owner_of(start) is not None for start in starts
    ):
        return item
    made = item.copy()
    made.taint = (item.taint - {ALL}) | {f"variable:{start}" for start in starts}
    return made


def asks_for_start(test: ast.expr) -> str:
    """The name in `name.startswith(...)`, or ""."""
    match test:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="startswith"), args=[_]):
            return name
        case _:
            return ""


def _starts(machine: Expressions, test: ast.expr) -> list[str]:
    """The beginnings that `name.startswith(...)` asks for, where they are all known."""
    if not asks_for_start(test) or not isinstance(test, ast.Call):
        return []
    argument = machine.value(test.args[0])
    parts = [argument] if isinstance(argument.const, str) else folding.items_of(argument)
    texts = [part.const for part in parts if isinstance(part.const, str)]
    return texts if len(texts) == len(parts) else []


def _items(machine: Expressions, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, source: Value) -> Value | None:
    done: list[Value] = []

    def add() -> bool:
        done.append(machine.value(node.elt))
        return done[-1].known or len(done) < MAX_LOOP // 64

    return folding.listed(done, source.layers, source.taint) if _turns(machine, node, 0, source, add) else None


def _entries(machine: Expressions, node: ast.DictComp, source: Value) -> Value | None:
    keys: dict[str, Value] = {}

    def add() -> bool:
        key, value = machine.value(node.key), machine.value(node.value)
        containers.put(keys, key, value)
        return key.known and (value.known or len(keys) < MAX_LOOP // 64)

    if not _turns(machine, node, 0, source, add):
        return None
    result = unknown(source, *keys.values())
    result.keys = keys
    return result


def _turns(machine: Expressions, node: Node, depth: int, source: Value, add: Callable[[], bool]) -> bool:
    """Every turn of the generators from `depth` on; False where one cannot be followed turn by turn."""
    generator, items = node.generators[depth], folding.items_of(source)
    if not items or len(items) > _MAX_ITEMS:
        return False
    enough = machine.steps + (machine.root_end - machine.steps) * 9 // 10  # the rest is for what comes after it
    for item in items:
        if machine.steps > enough:
            return False
        machine.bind(generator.target, item)
        wanted = [machine.value(test).const for test in generator.ifs]
        if NOTHING in wanted:
            return False
        if not all(wanted):
            continue
        if depth + 1 == len(node.generators):
            if not add():
                return False
        else:
            inner = objects.iterable(machine, machine.value(node.generators[depth + 1].iter), node)
            if not _turns(machine, node, depth + 1, inner, add):
                return False
    return True
