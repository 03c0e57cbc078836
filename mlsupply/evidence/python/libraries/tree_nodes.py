"""Syntax trees that are put together node by node (`ast.Call(...)`): the text of the code they stand for.

A node whose parts are known becomes the source text that `ast.unparse` would give; code that is compiled of it is then
followed as that text. What is not known stays a hole, and nothing is said of such a tree. Source: the abstract grammar in
the documentation of `ast`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, layers_of, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

WHOLE = frozenset({"ast.Module()", "ast.Expression()"})  # what is compiled
_MAX_CODE = 1 << 14  # characters of one node
_PASSES_ON = frozenset({"ast.fix_missing_locations", "ast.copy_location", "ast.increment_lineno"})


def modelled(call: Call) -> Value | None:
    """The node that a call makes, its code as `text`; None for any other call."""
    if not call.ref.startswith("ast."):
        return None
    if call.ref in _PASSES_ON and call.args:
        return call.args[0]
    writes = _NODES.get(call.ref[4:])
    if writes is None:
        return None
    fields, written = writes
    parts = [call.arg(place, name) or Value() for place, name in enumerate(fields)]
    code = written(parts)
    whole = HOLE not in code and len(code) <= _MAX_CODE
    return Value(call.ref + "()", NOTHING, taint_of(*parts), code if whole else HOLE, layers_of(*parts))


def _several(value: Value) -> list[str]:
    """The code of each node of a list; a hole for one of which nothing is known."""
    if value.items is None and not isinstance(value.const, list | tuple):
        return [HOLE]
    return [text_of(one) for one in folding.items_of(value)]


def _constant(parts: list[Value]) -> str:
    return repr(parts[0].const) if isinstance(parts[0].const, str | bytes | int | None) else HOLE


def _call(parts: list[Value]) -> str:
    return f"{text_of(parts[0])}({', '.join([*_several(parts[1]), *(_several(parts[2]) if parts[2].items else [])])})"


def _named(parts: list[Value]) -> str:
    asname = parts[1].const
    return f"{text_of(parts[0])} as {asname}" if isinstance(asname, str) else text_of(parts[0])


_Written = tuple[tuple[str, ...], Callable[[list[Value]], str]]
_NODES: dict[str, _Written] = {
    "Constant": (("value",), _constant),
    "Str": (("s",), _constant),
    "Name": (("id",), lambda parts: text_of(parts[0])),
    "Attribute": (("value", "attr"), lambda parts: f"{text_of(parts[0])}.{text_of(parts[1])}"),
    "Subscript": (("value", "slice"), lambda parts: f"{text_of(parts[0])}[{text_of(parts[1])}]"),
    "Call": (("func", "args", "keywords"), _call),
    "keyword": (("arg", "value"), lambda parts: f"{text_of(parts[0])}={text_of(parts[1])}"),
    "List": (("elts",), lambda parts: f"[{', '.join(_several(parts[0]))}]"),
    "Expr": (("value",), lambda parts: text_of(parts[0])),
    "Expression": (("body",), lambda parts: text_of(parts[0])),
    "Assign": (("targets", "value"), lambda parts: f"{' = '.join(_several(parts[0]))} = {text_of(parts[1])}"),
    "alias": (("name", "asname"), _named),
    "Import": (("names",), lambda parts: f"import {', '.join(_several(parts[0]))}"),
    "ImportFrom": (("module", "names"), lambda parts: f"from {text_of(parts[0])} import {', '.join(_several(parts[1]))}"),
    "Module": (("body",), lambda parts: "\n".join(_several(parts[0]))),
}
