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

_DEEP = 4  # `if`s in each other that are decided by the item
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
    "append", "extend", "add", "insert", "appendleft", "join", "encode", "decode", "translate", "hex", "get",
})  # fmt: skip


class Loop(NamedTuple):
    """What the body of a loop shows before it is run. weight: number of its nodes; builds: whether it changes a container,
    adds to a variable or yields; added: the variables it adds to (`name += ...`); decided: as from `_decided`; turn: the
    statements of one turn."""

    weight: int
    builds: bool
    added: tuple[str, ...]
    decided: frozenset[ast.If]
    turn: list[ast.stmt]


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
        elif isinstance(inner, ast.Yield):
            builds = True
    turn, decided = body, frozenset[ast.If]()
    if builds and not isinstance(node, ast.While):
        names = _stored([node.target])
        turn = _without_continue(body, set(names), _DEEP)
        decided = _decided(turn, names)
    return Loop(weight, builds, tuple(dict.fromkeys(added)), decided, turn)


def _without_continue(block: list[ast.stmt], names: set[str], depth: int) -> list[ast.stmt]:
    """The same with `if test: continue` written as `if test: pass` and an `else` around what follows, where that makes it
    an `if` as from `_decided`. names: as there; depth: how many of them."""
    for place, one in enumerate(block):
        if depth and isinstance(one, ast.If) and not one.orelse and isinstance(one.body[-1], ast.Continue):
            skipped = ast.Pass(**_location(one))
            rest = _without_continue(block[place + 1 :], set(names), depth - 1) or [skipped]
            whole = ast.If(test=one.test, body=one.body[:-1] or [skipped], orelse=rest, **_location(one))
            return [*block[:place], whole] if _depends_on(one.test, names) and _only_collects(whole) else block
        _say(one, names)
    return block


def _location(node: ast.stmt) -> dict[str, int]:
    return {"lineno": node.lineno, "col_offset": node.col_offset}


def _decided(block: list[ast.stmt], names: set[str]) -> frozenset[ast.If]:
    """The `if`s in the body that depend on nothing but the item of the turn, and whose branches only collect constants.
    Where the item is known, so is what they do, and nothing is lost if the other branch is not followed. names: those that
    the item of the turn alone says."""
    found: set[ast.If] = set()
    _add_decided(found, block, names, _DEEP)
    return frozenset(found)


def _add_decided(found: set[ast.If], block: list[ast.stmt], names: set[str], depth: int) -> None:
    """Adds the `if`s of a block as from `_decided`. names: as there."""
    for one in block:
        if isinstance(one, ast.If) and depth > 0:
            if _depends_on(one.test, names) and _only_collects(one):
                found.add(one)
            for branch in (one.body, one.orelse):
                _add_decided(found, branch, set(names), depth - 1)
        _say(one, names)


def _say(statement: ast.stmt, names: set[str]) -> None:
    """Adds the names that the statement binds to those that the item of the turn alone says, or takes them out."""
    stored = _stored([statement])
    if isinstance(statement, ast.Assign) and _depends_on(statement.value, names):
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
