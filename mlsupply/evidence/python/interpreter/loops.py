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


class Loop(NamedTuple):
    """What the body of a loop shows before it is run. weight: number of its nodes; builds: whether it changes a container or
    adds to a variable; added: the variables it adds to (`name += ...`)."""

    weight: int
    builds: bool
    added: tuple[str, ...]


def loop_of(body: list[ast.stmt]) -> Loop:
    """The summary of a loop with this body."""
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
    return Loop(weight, builds, tuple(dict.fromkeys(added)))


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
