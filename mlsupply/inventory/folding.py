"""What the names in a Python file hold, as far as constants show, found by reading its syntax tree. Pure; nothing is run.

Lists, dictionaries, concatenation, loops over constants, `open("requirements.txt")` and the functions of the file itself are
folded; every other value is `UNKNOWN` and stays visible as such. The values of all branches are kept: what matters is what
might be asked for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce

from mlsupply.inventory.folded import (
    MAX_ITEMS,
    MAX_TEXT,
    UNKNOWN,
    FileLines,
    Text,
    Unknown,
    Value,
    added,
    bounded,
    flat,
    read_from,
    union,
)

_MAX_STEPS = 50_000  # nodes looked at in one file; a list counts as more the longer it is
_MAX_DEPTH = 100  # nested values and calls

_KEEPS = frozenset({"list", "tuple", "set", "sorted", "dict", "chain", "from_iterable", "sum", "filter_requirements"})
_READS = frozenset(
    {
        *("read", "readlines", "read_text", "splitlines", "split", "strip", "rstrip", "lstrip"),
        *("decode", "values", "copy", "open"),
    }
)
_OPENS = frozenset({"open", "Path", "parse_requirements"})
_TEXT_FILE = re.compile(r"[^\n]{1,200}\.(?:txt|in|pip)")
_REQUIREMENT_NAME = re.compile(r"[^!=<>~\[; ]+")
_Scope = dict[str, Value]
EVERYTHING = "**"
"""The keyword under which stands what a call gets by `**` of something unknown."""


def calls_of(tree: ast.Module, name: str) -> tuple[list[tuple[int, dict[str, Value]]], int]:
    """((line, keyword arguments) of each call of `name` or `module.name`, in the order they are met; the line from which the
    file became too much to follow, 0 where it did not)."""
    reading = _Reading(tree, name)
    reading.block(tree.body, reading.globals)
    if not reading.met:
        for function in reading.functions.values():
            reading.block(function.body, {})
    return reading.met, reading.cut


class _Reading:
    """The functions of the file, the calls met so far, and the steps left."""

    def __init__(self, tree: ast.Module, wanted: str) -> None:
        self.wanted = wanted
        self.met: list[tuple[int, dict[str, Value]]] = []
        self.functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        self.globals: _Scope = {}
        self.cut = 0
        self._steps = 0
        self._depth = 0

    # -- statements

    def block(self, body: Iterable[ast.stmt], scope: _Scope, *, branch: bool = False) -> list[Value]:
        """Follow the statements; the values of `return`."""
        returned: list[Value] = []
        for statement in body:
            self._steps += 1
            if self._steps > _MAX_STEPS:
                self.cut = self.cut or statement.lineno
                break
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                returned += handler(self, statement, scope, branch)
        return returned

    def assign(self, target: ast.expr, value: Value, scope: _Scope, *, branch: bool) -> None:
        if isinstance(target, ast.Name):
            before = scope.get(target.id)
            scope[target.id] = union(before, value) if branch and before is not None else value
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            held, key = self.held(target.value.id, scope), self.value(target.slice, scope)
            if isinstance(held, dict) and len(held) >= MAX_ITEMS:
                self.cut = self.cut or target.lineno
            elif isinstance(held, dict) and isinstance(key, Text):
                held[str(key)] = union(held[key], value) if branch and key in held else value
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = value if isinstance(value, list) and len(value) == len(target.elts) else [UNKNOWN] * len(target.elts)
            for element, part in zip(target.elts, parts, strict=True):
                self.assign(element, part, scope, branch=branch)

    def changed(self, call: ast.Call, scope: _Scope) -> None:
        """`x.append(y)`, `x.extend(y)`, `x += y`, `x.update(y)` on a name that is known."""
        if not (isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.args):
            return
        held, added = self.held(call.func.value.id, scope), self.value(call.args[-1], scope)
        if isinstance(held, list) and call.func.attr in ("append", "insert", "extend"):
            held += added if call.func.attr == "extend" and isinstance(added, list) else [added]
            held[:] = bounded(held, call.lineno)
        elif isinstance(held, dict) and isinstance(added, dict) and call.func.attr == "update":
            held.update(added)

    # -- values

    def held(self, name: str, scope: _Scope) -> Value | None:
        return scope.get(name, self.globals.get(name))

    def value(self, node: ast.expr | None, scope: _Scope) -> Value:
        """The value of an expression."""
        self._steps += 1
        if node is None or self._steps > _MAX_STEPS or self._depth > _MAX_DEPTH:
            return Unknown(getattr(node, "lineno", 0))
        self._depth += 1
        try:
            handler = _EXPRESSIONS.get(type(node))
            found = handler(self, node, scope) if handler is not None else Unknown(node.lineno)
            self._steps += len(found) // 10 if isinstance(found, list) else 0
            return found
        finally:
            self._depth -= 1

    def called(self, node: ast.Call, scope: _Scope) -> Value:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == self.wanted:
            self.met.append((node.lineno, self.keywords(node, scope)))
            return UNKNOWN
        if isinstance(node.func, ast.Name) and name in self.functions:
            return self.own_function(self.functions[name], node, scope)
        if node.args and (name in _OPENS or name == "join"):
            return self.opened(node, scope, is_open=name in _OPENS)
        if name in _READS and isinstance(node.func, ast.Attribute):
            return read_from(name, self.value(node.func.value, scope), node)
        if name in _KEEPS and node.args:
            return self.chained(node, scope) if name == "chain" else self.kept(name, node, scope)
        return Unknown(node.lineno)

    def kept(self, name: str, node: ast.Call, scope: _Scope) -> Value:
        """A call that gives back what it was given, in another order or kind of list."""
        argument = node.args[0].value if isinstance(node.args[0], ast.Starred) else node.args[0]
        kept = self.value(argument, scope)
        return flat(kept) if name in ("from_iterable", "sum") else kept

    def chained(self, node: ast.Call, scope: _Scope) -> Value:
        """`itertools.chain(a, b, *more)`."""
        parts: list[Value] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                several = self.value(argument.value, scope)
                parts += several if isinstance(several, list) else [several]
            else:
                parts.append(self.value(argument, scope))
        return flat(parts)

    def keywords(self, node: ast.Call, scope: _Scope) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                found[keyword.arg] = value
            elif isinstance(value, dict):
                found |= value
            else:
                found[EVERYTHING] = Unknown(node.lineno)
        return found

    def opened(self, node: ast.Call, scope: _Scope, *, is_open: bool) -> Value:
        """`open(os.path.join(here, "requirements.txt"))`: the constants among the parts; unknown folders are left out."""
        parts = [self.value(argument, scope) for argument in node.args[: 1 if is_open else None]]
        names = [
            part.name if isinstance(part, FileLines) else str(part) for part in parts if isinstance(part, Text | FileLines)
        ]
        if not names or sum(map(len, names)) > MAX_TEXT:
            return Unknown(node.lineno)
        return FileLines("/".join(names), node.lineno) if is_open else Text("/".join(names), node.lineno)

    def own_function(self, function: ast.FunctionDef, node: ast.Call, scope: _Scope) -> Value:
        """A function of the file: its arguments bound, its `return` values united."""
        if self._depth > _MAX_DEPTH // 8:
            return Unknown(node.lineno)
        arguments = [self.value(argument, scope) for argument in node.args if not isinstance(argument, ast.Starred)]
        inner: _Scope = {}
        names = [argument.arg for argument in function.args.args]
        inner.update(zip(names, arguments, strict=False))
        inner.update({k.arg: self.value(k.value, scope) for k in node.keywords if k.arg in names})
        if function.args.vararg is not None:
            inner[function.args.vararg.arg] = arguments[len(names) :]
        returned: list[Value] = [value for value in self.block(function.body, inner) if not isinstance(value, Unknown)]
        if returned:
            return reduce(union, returned)
        file = next((a for a in arguments if isinstance(a, Text) and _TEXT_FILE.fullmatch(a)), None)
        return FileLines(str(file), node.lineno) if file is not None else Unknown(node.lineno)

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: _Scope) -> Value:
        """`[line.strip() for line in X if …]` is X; `[d[name] for name in X]` looks each up."""
        generator = node.generators[0]
        items = self.value(generator.iter, scope)
        if isinstance(items, FileLines):
            return items
        if not isinstance(items, list) or not isinstance(generator.target, ast.Name):
            return Unknown(node.lineno)
        return [self.value(node.elt, scope | {generator.target.id: item}) for item in items]

    def mapped(self, node: ast.DictComp, scope: _Scope) -> Value:
        """`{name: requirement for … in (re.findall(…, x) for x in LIST)}`: each requirement under its own name."""
        for inner in ast.walk(node.generators[0].iter):
            if isinstance(inner, ast.Name) and isinstance(held := self.value(inner, scope), list):
                texts = [item for item in held if isinstance(item, Text)]
                return {found[0]: text for text in texts if (found := _REQUIREMENT_NAME.match(text))}
        return Unknown(node.lineno)


# -- one small function a kind of node

_Statement = Callable[[_Reading, "ast.stmt", _Scope, bool], list[Value]]
_Expression = Callable[[_Reading, "ast.expr", _Scope], Value]


def _assign(r: _Reading, node: ast.stmt, scope: _Scope, branch: bool) -> list[Value]:
    if isinstance(node, ast.Assign):
        value = r.value(node.value, scope)
        for target in node.targets:
            r.assign(target, value, scope, branch=branch)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        r.assign(node.target, r.value(node.value, scope), scope, branch=branch)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        before = r.value(node.target, scope)
        r.assign(node.target, added(before, r.value(node.value, scope), node.lineno), scope, branch=False)
    return []


def _expression(r: _Reading, node: ast.stmt, scope: _Scope, branch: bool) -> list[Value]:
    if isinstance(node, ast.Expr):
        if isinstance(node.value, ast.Call):
            r.changed(node.value, scope)
        r.value(node.value, scope)
    return []


def _return(r: _Reading, node: ast.stmt, scope: _Scope, branch: bool) -> list[Value]:
    return [r.value(node.value, scope)] if isinstance(node, ast.Return) else []


def _inner(r: _Reading, node: ast.stmt, scope: _Scope, branch: bool) -> list[Value]:
    """`if`, `try` and loops: every branch is followed."""
    if isinstance(node, ast.For):
        items = r.value(node.iter, scope)
        one = items if isinstance(items, FileLines) else Unknown(node.lineno)
        several = items if isinstance(items, list) and isinstance(node.target, ast.Name) else [one]
        found: list[Value] = []
        for item in several:
            r.assign(node.target, item, scope, branch=False)
            found += r.block(node.body, scope, branch=True)
        return found
    found = []
    for field in ("body", "handlers", "orelse", "finalbody"):
        for part in getattr(node, field, []):
            body = part.body if isinstance(part, ast.ExceptHandler) else [part]
            found += r.block(body, scope, branch=True)
    return found


def _with(r: _Reading, node: ast.stmt, scope: _Scope, branch: bool) -> list[Value]:
    if not isinstance(node, ast.With):
        return []
    for item in node.items:
        value = r.value(item.context_expr, scope)
        if item.optional_vars is not None:
            r.assign(item.optional_vars, value, scope, branch=False)
    return r.block(node.body, scope, branch=branch)


_STATEMENTS: Mapping[type[ast.stmt], _Statement] = {
    ast.Assign: _assign,
    ast.AnnAssign: _assign,
    ast.AugAssign: _assign,
    ast.Expr: _expression,
    ast.Return: _return,
    ast.If: _inner,
    ast.Try: _inner,
    ast.For: _inner,
    ast.While: _inner,
    ast.With: _with,
}


def _constant(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Text(node.value, node.lineno)
    return [] if isinstance(node, ast.Constant) and node.value is None else Unknown(node.lineno)


def _name(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    name = node.id if isinstance(node, ast.Name) else ""
    held = r.held(name, scope)
    return held if held is not None else Unknown(node.lineno)


def _list(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    items: list[Value] = []
    for element in node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []:
        if isinstance(element, ast.Starred):
            inner = r.value(element.value, scope)
            items += inner if isinstance(inner, list) else [inner]
        else:
            items.append(r.value(element, scope))
    return bounded(items, node.lineno)


def _dict(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    found: dict[str, Value] = {}
    if isinstance(node, ast.Dict):
        for key, held in zip(node.keys, node.values, strict=True):
            value = r.value(held, scope)
            name = r.value(key, scope) if key is not None else None
            if key is None and isinstance(value, dict):
                found |= value
            elif isinstance(name, Text):
                found[str(name)] = value
    return found


def _add(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return added(r.value(node.left, scope), r.value(node.right, scope), node.lineno)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):  # Path(here) / "requirements.txt"
        right = r.value(node.right, scope)
        return right if isinstance(right, Text) else Unknown(node.lineno)
    return Unknown(node.lineno)


def _joined(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    pieces: list[str] = []
    for part in node.values if isinstance(node, ast.JoinedStr) else []:
        value = r.value(part.value if isinstance(part, ast.FormattedValue) else part, scope)
        if not isinstance(value, Text):
            return Unknown(node.lineno)
        pieces.append(value)
    return Text("".join(pieces), node.lineno)


def _subscript(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    if isinstance(node, ast.Subscript):
        held, key = r.value(node.value, scope), r.value(node.slice, scope)
        if isinstance(held, dict) and isinstance(key, Text):
            return held.get(str(key), Unknown(node.lineno))
        if isinstance(held, FileLines):
            return held
    return Unknown(node.lineno)


def _either(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    return union(r.value(node.body, scope), r.value(node.orelse, scope)) if isinstance(node, ast.IfExp) else UNKNOWN


def _call(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    if not isinstance(node, ast.Call):
        return UNKNOWN
    if isinstance(node.func, ast.Name) and node.func.id == "dict" and node.keywords:
        first = r.value(node.args[0], scope) if node.args else {}
        return (first if isinstance(first, dict) else {}) | r.keywords(node, scope)
    return r.called(node, scope)


def _comprehension(r: _Reading, node: ast.expr, scope: _Scope) -> Value:
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return r.comprehension(node, scope)
    return r.mapped(node, scope) if isinstance(node, ast.DictComp) else UNKNOWN


_EXPRESSIONS: Mapping[type[ast.expr], _Expression] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.List: _list,
    ast.Tuple: _list,
    ast.Set: _list,
    ast.Dict: _dict,
    ast.BinOp: _add,
    ast.JoinedStr: _joined,
    ast.Subscript: _subscript,
    ast.IfExp: _either,
    ast.Call: _call,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
}
