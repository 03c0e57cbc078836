"""Literals with parts: f-strings, lists, tuples, sets, dicts and slices."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from mlsupply.evidence.python.interpreter import module_names, objects, own_containers, special_methods
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.effort import within_bounds
from mlsupply.evidence.python.values.entry_names import name_of
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, constant, layers_of, taint_of, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

_REPR = ord("r")  # the conversion of `{value!r}` in the tree
_CONVERSIONS = {_REPR: "repr", ord("a"): "repr", ord("s"): "str"}


def joined(machine: Expressions, node: ast.JoinedStr) -> Value:
    """The value of an f-string, with HOLE for each part that is not known."""
    return folding.joined_text([machine.value(part) for part in node.values])


def formatted(machine: Expressions, node: ast.FormattedValue) -> Value:
    """The value of one `{...}` of an f-string."""
    value = machine.value(node.value)
    shape_text = machine.value(node.format_spec) if node.format_spec is not None else constant("")
    if value.instance is not None:
        conversion = _CONVERSIONS.get(node.conversion)
        made = special_methods.operated(machine, value, conversion or "format", [] if conversion else [shape_text], node)
        return made if made is not None else value
    shape = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
    if type(value.const) is int and len(shape) == 1 and isinstance(shape[0], ast.Constant) and shape[0].value == "c":
        return folding.builtin("chr", [value]) or value
    if node.conversion == _REPR and isinstance(value.const, str):
        return constant(repr(value.const), value.layers, value.taint)
    return value


def template(machine: Expressions, node: Any) -> Value:
    """A t-string (PEP 750): its texts and its values stay apart."""
    texts: list[Value] = []
    values: list[Value] = []
    interpolations: list[Value] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            texts.append(machine.value(part))
            continue
        shape = machine.value(part.format_spec) if part.format_spec is not None else constant("")
        values.append(machine.value(part.value))
        made = unknown(values[-1])
        made.keys = {"value": values[-1], "expression": constant(part.str), "format_spec": shape}
        interpolations.append(made)
    result = unknown(*texts, *values)
    result.items = [*texts, *interpolations]
    named = {"strings": texts, "values": values, "interpolations": interpolations}
    result.keys = {name: folding.listed(parts) for name, parts in named.items()}
    return result


def sequence(machine: Expressions, node: ast.List | ast.Tuple | ast.Set) -> Value:
    """A list, tuple or set: a constant where all items are, else a value with `items`."""
    items: list[Value] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = objects.iterable(machine, machine.value(element.value), node)
            items += folding.items_of(inner) or [unknown(inner)]
        else:
            items.append(machine.value(element))
            if isinstance(node, ast.Set):
                special_methods.operated(machine, items[-1], "hash", [], node)
    if isinstance(node, ast.Tuple) and all(item.known and item.instance is None for item in items):
        return constant(tuple(item.const for item in items), layers_of(*items), taint_of(*items))
    result = folding.listed(items)
    if result.known and any(type(item.const) in (list, dict) and not item.const for item in items):
        result.const, result.items = NOTHING, items  # each of these is filled in its place
    return result


def dictionary(machine: Expressions, node: ast.Dict) -> Value:
    """A dict by its constant keys, see `entry_names`; the values of unknown keys are merged under HOLE."""
    keys: dict[str, Value] = {}
    loose: list[Value] = []  # keys that are no constant texts, and dicts that are unpacked
    table: dict[Any, Any] | None = {}  # the dict, as long as it is a constant
    computed: list[Value] = []  # values whose keys are not known
    for name, item in zip(node.keys, node.values, strict=True):
        value = machine.value(item)
        if name is None:
            loose.append(value)
            spread = value.instance is not None and not value.keys
            held = containers.entries(value) or module_names.entries(machine, value, node)
            keys.update(own_containers.spread(machine, value, node) if spread else held)
            table = {**table, **value.const} if table is not None and isinstance(value.const, dict) else None
            continue
        key = machine.value(name)
        if key.instance is not None:
            special_methods.operated(machine, key, "hash", [], node)
        if not isinstance(key.const, str):
            loose.append(key)
        if name_of(key) is None:
            computed.append(value)
            table = None
            continue
        containers.put(keys, key, value)
        if table is not None and value.known:
            table[key.const] = value.const
        else:
            table = None
    if computed:
        keys[HOLE] = _any_of(computed)
    result = unknown(*keys.values(), *loose)
    result.keys = keys
    if table is not None:
        result.const = table if within_bounds(table) else NOTHING
    return result


def _any_of(values: list[Value]) -> Value:
    """What stands for any of these values: of lists, one with the items of all."""
    if len(values) > 1 and all(value.items or (isinstance(value.const, list | tuple) and value.const) for value in values):
        return folding.listed([item for value in values for item in folding.items_of(value)])
    return merged(values)


def sliced(machine: Expressions, node: ast.Slice) -> Value:
    """`lower:upper:step` as a constant slice, else an unknown with the taint of its parts."""
    parts = [machine.value(part) if part is not None else constant(None) for part in (node.lower, node.upper, node.step)]
    if all(part.known for part in parts):
        return Value("", slice(*(part.const for part in parts)))
    return unknown(*parts)


TEMPLATES: dict[type[ast.expr], Any] = {ast.TemplateStr: template} if hasattr(ast, "TemplateStr") else {}  # Python 3.14
