"""skops archives: schema.json names the classes and functions that are built (skops.io, protocol 0 to 2)."""

from __future__ import annotations

import json

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, OverBudgetError, Span
from mlsupply.evidence.models.names_allowed import KNOWN_PACKAGES
from mlsupply.evidence.models.standing import Standing, acts, resolve, standing, top
from mlsupply.text import safe

_CALLING = {"OperatorFuncNode", "MethodNode", "PartialNode", "FunctionNode", "TypeNode"}


def look_at_schema(span: Span, look: Look) -> None:
    """Judge every node of the schema. Raises `BrokenError`, `OverBudgetError`."""
    if span.size > look.limits.json:
        raise OverBudgetError("the schema is larger than is read")
    try:
        stack = [json.loads(span.read(0, span.size))]
    except (ValueError, RecursionError) as error:
        raise BrokenError(f"the schema is not JSON: {error}", 0) from error
    left = look.limits.records
    while stack:
        left -= 1
        if left < 0:
            raise OverBudgetError("a schema of more values than are read")
        item = stack.pop()
        if isinstance(item, dict):
            _node(item, look)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _node(node: dict[str, object], look: Look) -> None:
    module, name = node.get("__module__"), node.get("__class__")
    if not (isinstance(module, str) and isinstance(name, str)):
        return
    loader = str(node.get("__loader__", ""))
    module, name = resolve(safe(module, 200), safe(name, 200))
    if loader == "FunctionNode" and top(module) in KNOWN_PACKAGES and not acts(module, name):
        return  # a function of a known library kept as a value
    how, why = standing(module, name, new=loader not in _CALLING)
    if how is Standing.DANGEROUS or (
        loader in {"OperatorFuncNode", "MethodNode"} and name in {"methodcaller", "attrgetter"}
    ):
        look.block(Cause.CONFIG, f"builds {module}.{name}, which {why}", 0)
    elif how is Standing.UNKNOWN and (module, name) not in _PLAIN:
        look.doubt(Cause.UNKNOWN, f"builds {module}.{name}, which {why}", 0)


_PLAIN = {("builtins", "NoneType"), ("types", "NoneType"), ("numpy", "ndarray"), ("builtins", "function")}
