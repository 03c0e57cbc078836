"""Comprehensions and generator expressions: element by element where that is known, else once."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlsupply.evidence.python import containers, folding, objects, places
from mlsupply.evidence.python.machine import MAX_LOOP
from mlsupply.evidence.python.values import NOTHING, Value, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.expressions import Expressions

Node = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_MAX_ITEMS = 65_536
ALL = "environment:all variables"
_FEW = 16  # items of which any may be left out


def made(machine: Expressions, node: Node) -> Value:
    """What the comprehension gives; its names are bound in the scope the machine is in."""
    source = objects.iterable(machine, machine.value(node.generators[0].iter), node)
    done = _entries(machine, node, source) if isinstance(node, ast.DictComp) else _items(machine, node, source)
    if done is not None:
        return done
    if len(node.generators) == 1 and 1 < len(few := folding.items_of(source)) <= _FEW:
        return _any_of(machine, node, few, source)
    for generator in node.generators:
        through = (
            source if generator is node.generators[0] else objects.iterable(machine, machine.value(generator.iter), node)
        )
        machine.bind(generator.target, _told_apart(generator, machine.element(through)))
        for test in generator.ifs:
            machine.value(test)
    source = _told_apart(node.generators[0], source)
    if isinstance(node, ast.DictComp):
        key, value = machine.value(node.key), machine.value(node.value)
        result = unknown(key, value, source)
        result.keys = {}
        containers.put(result.keys, key, value)
        return result
    element = machine.value(node.elt)
    result = unknown(element, source)
    result.items = [element]
    return result


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


def _told_apart(generator: ast.comprehension, item: Value) -> Value:
    """One of all variables, where a test lets only those through whose names begin as those of one program do."""
    if ALL not in item.taint:
        return item
    starts = [start for test in generator.ifs for start in _starts(test)]
    if not starts or any(
        len(start) < 4 or places.is_secret(start) or places.owner_of(start) is not None for start in starts
    ):
        return item
    made = item.copy()
    made.taint = (item.taint - {ALL}) | {f"variable:{start}" for start in starts}
    return made


def _starts(test: ast.expr) -> list[str]:
    """The beginnings that `name.startswith(...)` asks for, where they are written here."""
    match test:
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="startswith"), args=[ast.Constant(value=str() as start)]):
            return [start]
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="startswith"), args=[ast.Tuple(elts=parts)]):
            texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            return texts if len(texts) == len(parts) else []
        case _:
            return []


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
