"""What the body of a loop is like, and which of its items need a turn of their own."""

from __future__ import annotations

import ast
from functools import lru_cache

from mlsupply.evidence.python import standard
from mlsupply.evidence.python.interpreter.entering import signature
from mlsupply.evidence.python.syntax.relevance import matters
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.value import Value
from mlsupply.named import NamedTuple

_MAX_VAGUE = 16  # items without a known value that get a turn each
_BUILDERS = frozenset({"append", "extend", "insert", "add", "write", "writelines", "update", "join", "appendleft", "push"})


# What a test of a loop's item, and a body that only collects, may call.
_PURE = frozenset({
    "len", "ord", "chr", "int", "str", "sum", "enumerate", "range", "bool", "abs", "min", "max", "any", "all", "bytes",
    "bytearray", "reversed", "zip",
})  # fmt: skip
_PURE_METHODS = frozenset({
    "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "partition", "rpartition", "isdigit", "isspace", "isalpha",
    "isalnum", "isupper", "islower", "lower", "upper", "startswith", "endswith", "find", "index", "count", "replace",
    "append", "extend", "add", "insert", "appendleft",
})  # fmt: skip


class Loop(NamedTuple):
    """What the body of a loop shows before it is run. weight: number of its nodes; builds: whether it changes a container or
    adds to a variable; added: the variables it adds to (`name += ...`); decided: as from `_decided`."""

    weight: int
    builds: bool
    added: tuple[str, ...]
    decided: frozenset[ast.If] = frozenset()


def loop_of(node: ast.For | ast.AsyncFor | ast.While) -> Loop:
    """The summary of a loop."""
    body = node.body
    weight, builds, added = 0, False, []
    for inner in descendants(body):
        weight += 1
        if isinstance(inner, ast.AugAssign):
            builds = True
            if isinstance(inner.target, ast.Name):
                added.append(inner.target.id)
        elif isinstance(inner, ast.Assign):
            builds = builds or not all(isinstance(target, ast.Name) for target in inner.targets)
        elif isinstance(inner, ast.Attribute):
            builds = builds or inner.attr in _BUILDERS
    decided = frozenset() if isinstance(node, ast.While) or not builds else _decided(node)
    return Loop(weight, builds, tuple(dict.fromkeys(added)), decided)


def _decided(node: ast.For | ast.AsyncFor) -> frozenset[ast.If]:
    """The `if`s in the body that depend on nothing but the item of the turn, and whose branches only collect constants.
    Where the item is known, so is what they do, and nothing is lost if the other branch is not followed."""
    found: set[ast.If] = set()
    _add_decided(found, node.body, _stored([node.target]), 4)
    return frozenset(found)


def _add_decided(found: set[ast.If], block: list[ast.stmt], names: set[str], depth: int) -> None:
    """Adds the `if`s of a block as from `_decided`. names: those that the item of the turn alone says."""
    for one in block:
        if isinstance(one, ast.If) and depth > 0:
            if _depends_on(one.test, names) and _only_collects(one):
                found.add(one)
            for branch in (one.body, one.orelse):
                _add_decided(found, branch, set(names), depth - 1)
        stored = _stored([one])
        if isinstance(one, ast.Assign) and _depends_on(one.value, names):
            names |= stored
        else:
            names -= stored


def _stored(nodes: list[ast.stmt] | list[ast.expr]) -> set[str]:
    """The names that the code binds."""
    return {one.id for one in descendants(nodes) if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)}


def _depends_on(node: ast.expr, names: set[str]) -> bool:
    """Does the expression use nothing but these names, constants and pure functions?"""
    return _is_pure([node]) and all(
        one.id in names or one.id in _PURE for one in ast.walk(node) if isinstance(one, ast.Name)
    )


def _only_collects(node: ast.If) -> bool:
    """Do the branches of the `if` do nothing but put what they compute into variables and containers?"""
    return all(
        isinstance(one, ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.Pass)
        for one in descendants((*node.body, *node.orelse))
        if isinstance(one, ast.stmt)
    ) and _is_pure([*node.body, *node.orelse])


def _is_pure(nodes: list[ast.stmt] | list[ast.expr]) -> bool:
    """Are all calls in the code of functions and methods that only compute?"""
    return all(
        (isinstance(one.func, ast.Name) and one.func.id in _PURE)
        or (isinstance(one.func, ast.Attribute) and one.func.attr in _PURE_METHODS)
        for one in descendants(nodes)
        if isinstance(one, ast.Call)
    )


def distinct(items: list[Value]) -> list[Value]:
    """The items that need a turn of their own: the first of all that are alike. More than _MAX_VAGUE items of which only the
    taint is known are merged into one."""
    if len(items) < 2:
        return list(items)  # a copy, since the body may add to the original
    found = list({(_comparable(item.ref), *signature(item)[1:]): item for item in reversed(items)}.values())[::-1]
    vague = [item for item in found if not (item.known or item.closure or item.instance or item.items or item.keys)]
    if len(vague) <= _MAX_VAGUE:
        return found
    apart = set(map(id, vague))
    return [*(item for item in found if id(item) not in apart), merged(vague)]


@lru_cache(maxsize=8_192)
def _comparable(ref: str) -> str:
    """The dotted name, or "()" for an object of a library that is not known to matter."""
    foreign = ref.endswith("()") and ref.split(".", 1)[0] not in standard.MODULES and not matters(ref)
    return "()" if foreign else ref
