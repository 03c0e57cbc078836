"""Named values and lists, `$name` in a rule: YAML files in a folder `lists`, named by their stem. Pure.

what: Hosts that our own tools call
values: [...]            a list; or value: 3 days
extends: true            in the user's folder: adds to the built-in list of that name instead of replacing it
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlsupply.ruleset.conditions import Values
from mlsupply.ruleset.facets import nearest
from mlsupply.ruleset.located import Fault, Located, parse

_KEYS = ("what", "source", "values", "value", "extends")


def is_list(path: str) -> bool:
    """Whether a file of a rules folder is a list."""
    return "lists" in path.split("/")[:-1]


def merged(files: Iterable[tuple[str, str]], before: Values) -> tuple[dict[str, Any], list[Fault]]:
    """The named values with those of the files added or replaced."""
    named: dict[str, Any] = dict(before)
    faults: list[Fault] = []
    for file, text in files:
        stem = file.rpartition("/")[2].rpartition(".")[0]
        value, extends, found = _read(file, text)
        faults.extend(found)
        if not found:
            base = named.get(stem)
            named[stem] = [*base, *value] if extends and isinstance(base, list) and isinstance(value, list) else value
    return named, faults


def _read(file: str, text: str) -> tuple[Any, bool, list[Fault]]:
    document = parse(file, text)
    if isinstance(document, Fault):
        return None, False, [document]
    faults = [
        Fault(file, key.line, key.column, f"{name} is no key of a list{nearest(name, _KEYS)}", f"keys: {', '.join(_KEYS)}")
        for name, key, _ in document.entries
        if name not in _KEYS
    ]
    node = document.get("values") or document.get("value")
    if node is None or document.get("what") is None:
        hint = "write what: (one sentence), and values: [...] or value: ..."
        faults.append(Fault(file, document.line, document.column, "a list needs what: and values:", hint))
        return None, False, faults
    faults.extend(_not_scalars(file, node))
    extends = document.get("extends")
    return node.plain(), bool(extends and extends.value), faults


def _not_scalars(file: str, node: Located) -> list[Fault]:
    items = node.value if isinstance(node.value, list) else [node]
    wrong = [item for item in items if isinstance(item.value, (dict, list)) or item.value is None]
    return [Fault(file, item.line, item.column, f"a list holds texts or numbers, not {item.sort}") for item in wrong]
