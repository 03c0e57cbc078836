"""Which statements of a module only write down a piece of a table: it matters little where on the line they stand."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from mlsupply.lazy import expression

# What stands in tables as a word: no address, no path, no text of a program, and too short for encoded data.
_WORD = expression(r"[A-Za-z0-9][\w .+%-]{0,23}|")
_ADDRESS = expression(r"\d{1,3}(?:\.\d{1,3}){2}|[\w-]\.[A-Za-z]{2,}")  # of a machine
_MOST_CONSTANTS = 40
_ADDS = frozenset({"update", "append", "extend", "add"})


def plain_data(tree: ast.Module) -> frozenset[int]:
    """The identities (`id`) of statements of the module level that only give words and numbers to a new name, or add
    entries to a table of words and numbers. A value that switches something on or off is none, nor is a name that anything
    else in the module binds, or may bind (`import *`): the statement would take back what is seen."""
    bound = Counter(_bound(tree))
    if bound["*"]:
        return frozenset()
    tables = {
        one.targets[0].id: one.value
        for one in tree.body
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name) and bound[one.targets[0].id] == 1
    }
    return frozenset(id(one) for one in tree.body if _names(one, bound) or _adds(one, tables))


def _names(node: ast.stmt, bound: Counter[str]) -> bool:
    """Is this `NAME = data`, where nothing else binds the name? A name in capitals stands for a constant (PEP 8): what tools
    or Python itself look for, `install_requires` or `__path__`, is written otherwise."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return False
    name = node.targets[0].id
    return name.isupper() and bound[name] == 1 and bool(_constants(node.value))


def _adds(node: ast.stmt, tables: dict[str, ast.expr]) -> bool:
    """Is this `TABLE.update(data)` or the like, with entries that the table does not have?"""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords or not isinstance(call.func, ast.Attribute):
        return False
    owner = call.func.value
    table = tables.get(owner.id) if isinstance(owner, ast.Name) and owner.id.isupper() else None
    if call.func.attr not in _ADDS or table is None:
        return False
    before, added = _constants(table), _constants(call.args[0])
    keys = [ast.dump(one) for one in call.args[0].keys if one is not None] if isinstance(call.args[0], ast.Dict) else []
    kept = {ast.dump(one) for one in table.keys if one is not None} if isinstance(table, ast.Dict) else set[str]()
    return bool(before) and bool(added) and kept.isdisjoint(keys)


def _constants(value: ast.expr) -> list[ast.Constant]:
    """The constants of a display of words and numbers; [] for anything else."""
    found = list[ast.Constant]()
    for node in ast.walk(value):
        if isinstance(node, ast.Constant):
            if not _is_plain(node.value) or len(found) >= _MOST_CONSTANTS:
                return []
            found.append(node)
        elif not isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set | ast.UnaryOp | ast.USub | ast.Load):
            return []
    return found


def _is_plain(constant: object) -> bool:
    if isinstance(constant, str):
        return _WORD.fullmatch(constant) is not None and _ADDRESS.search(constant) is None
    return isinstance(constant, int | float) and not isinstance(constant, bool)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Each name that something in the module binds, once for each time; `*` for an import of all names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(name := getattr(node, "name", None), str):  # of a function, class, exception or pattern
            yield name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
