"""Statements in order: both sides of every branch, loops over constants turn by turn, functions where they are called."""

from __future__ import annotations

import ast
import re
import sys
from typing import Any

from mlsupply.evidence.python import folding, neighbours
from mlsupply.evidence.python.dull import matters
from mlsupply.evidence.python.expressions import Expressions, iterated, merged
from mlsupply.evidence.python.machine import MAX_INLINE, MAX_LOOP, BudgetError
from mlsupply.evidence.python.survey import below
from mlsupply.evidence.python.values import HOLE, NOTHING, ClassState, Closure, Scope, Value, constant, taint_of, unknown
from mlsupply.named import NamedTuple

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class _Loop(NamedTuple):
    """weight: nodes in its body; builds: do its turns add to something; added: the names they add to."""

    weight: int
    builds: bool
    added: tuple[str, ...]


class Statements(Expressions):
    """Runs statements abstractly. `patch` and `guard` are defined by the layer above."""

    def body(self, statements: list[ast.stmt]) -> None:
        """Every statement, in order; code after a return is still looked at."""
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        self.steps += 1
        if self.steps > self.root_end:
            raise BudgetError
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node)

    def _expression(self, node: ast.Expr) -> None:
        self.value(node.value)

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.bind(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value))

    def _while(self, node: ast.While) -> None:
        self.value(node.test)
        self.body(node.body)
        self._blur(node)
        self.body(node.orelse)

    def _return(self, node: ast.Return) -> None:
        value = self.value(node.value)
        if self.returned:
            self.returned[-1].append(value)

    def _shared(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.shared.update(node.names)

    def _match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)
        for case in node.cases:
            self._capture(case.pattern, subject)
            self.body(case.body)

    def _parts(self, node: ast.Assert | ast.Raise | ast.Delete) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)

    def _capture(self, pattern: ast.pattern, subject: Value) -> None:
        for inner in ast.walk(pattern):
            if isinstance(inner, ast.MatchAs | ast.MatchStar) and inner.name:
                self.scope.set(inner.name, unknown(subject))

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assign to a name, attribute, item or several."""
        match target:
            case ast.Name():
                self.scope.set(target.id, value)
            case ast.Attribute():
                self._bind_attribute(target, value)
            case ast.Subscript():
                owner, key = self.value(target.value), self.value(target.slice)
                self.stored(owner, key, value, target)
            case ast.Tuple() | ast.List():
                items = folding.items_of(value)
                starred = any(isinstance(element, ast.Starred) for element in target.elts)
                for place, element in enumerate(target.elts):
                    known = not starred and place < len(items)
                    self.bind(element, items[place] if known else iterated(unknown_of(value)))
            case ast.Starred():
                self.bind(target.value, value)
            case _:
                pass

    def _bind_attribute(self, target: ast.Attribute, value: Value) -> None:
        owner = self.value(target.value)
        if owner.instance is not None:
            before = owner.instance.attributes.get(target.attr)
            owner.instance.attributes[target.attr] = merged([value, before]) if before is not None else value
            return
        if owner.closure is not None and isinstance(owner.closure.node, ast.ClassDef):
            self.class_state(owner.closure).attributes[target.attr] = value
            return
        if owner.keys is not None or (owner.taint or value.taint):
            owner.taint = owner.taint | value.taint
        if owner.ref:
            self.patch(f"{owner.ref}.{target.attr}", value, target)

    def patch(self, name: str, value: Value, node: ast.AST) -> None:
        """Something of another module is replaced."""
        raise NotImplementedError

    def stored(self, owner: Value, key: Value, value: Value, node: ast.AST) -> None:
        """`owner[key] = value`."""
        owner.taint = owner.taint | value.taint | key.taint
        if isinstance(key.const, str):
            owner.keys = {**(owner.keys or {}), key.const: value}
        if owner.known:
            owner.const = NOTHING

    def _augment(self, node: ast.AugAssign) -> None:
        result = folding.binary(type(node.op), self.value(node.target), self.value(node.value))
        self.bind(node.target, result)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for name in node.names:
                self.edges.add((self.root, f"import {name.name}"))
                self.scope.set(
                    name.asname or name.name.split(".")[0], Value(name.name if name.asname else name.name.split(".")[0])
                )
            return
        base = node.module or ""
        if node.level:
            parts = self.package.split(".")
            parts = parts[: len(parts) - node.level + 1] if node.level > 1 else parts
            base = ".".join([*parts, base] if base else parts)
        for name in node.names:
            if name.name != "*":
                ref = f"{base}.{name.name}" if base else name.name
                self.edges.add((self.root, f"import {ref}"))
                if (known := neighbours.given(self, ref)) is None:
                    whole = self.origin("environment", "all variables", node.lineno) if ref == "os.environ" else frozenset()
                    known = Value(_canonical(ref), NOTHING, whole | neighbours.label(self, ref))
                elif not known.known:
                    known.ref = ref
                self.scope.set(name.asname or name.name, known)
            else:
                self._star(base)

    def _star(self, base: str) -> None:
        """`from os import *`: the names that matter."""
        for module, names in _STARS.items():
            if base == module:
                for name in names:
                    self.scope.set(name, Value(f"{module}.{name}"))

    def _function(self, node: _FunctionNode) -> None:
        owner = f"{self.running[-1].name}." if self.running else ""
        closure = Closure(node, self.scope, owner + node.name, None, bool(self.running) and _wraps(node, self.running[-1]))
        self.closures.append((self.root, closure))
        value = Value()
        value.closure = closure
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        self.scope.set(node.name, self._decorated(node, value))

    def _decorated(self, node: _FunctionNode | ast.ClassDef, value: Value) -> Value:
        result = value
        for decorator in reversed(node.decorator_list):
            made = self.value(decorator)
            if made.ref in {"builtins.property", "builtins.staticmethod", "builtins.classmethod"}:
                continue
            returned = self.call(made, [result], {}, decorator)
            self.handler(made, result, decorator)
            if returned.closure is not None and made.closure is not None:
                result = returned
        return result

    def handler(self, registrar: Value, function: Value, node: ast.AST) -> None:
        """A function was handed to something that calls it with messages."""
        raise NotImplementedError

    def _class(self, node: ast.ClassDef) -> None:
        closure = Closure(node, self.scope, node.name)
        bases = tuple(self.value(base).ref for base in node.bases)
        state = ClassState(node.name, bases)
        self.states[closure] = state
        outer, self.scope = self.scope, Scope(self.scope)
        held = len(self.closures)
        try:
            self.body(node.body)
        finally:
            inner, self.scope = self.scope, outer
        del self.closures[held:]
        for name, value in inner.names.items():
            if value.closure is not None and isinstance(value.closure.node, _FunctionNode):
                value.closure.owner, value.closure.name = state, f"{node.name}.{name}"
                value.closure.scope = outer
                state.methods[name] = value.closure
                self.closures.append((self.root, value.closure))
            else:
                state.attributes[name] = value
        value = Value()
        value.closure = closure
        self.scope.set(node.name, self._decorated(node, value))
        self._class_hooks(node, state)

    def _class_hooks(self, node: ast.ClassDef, state: ClassState) -> None:
        """What making the class runs: the metaclass, `__init_subclass__` of bases, `__set_name__` is left out."""
        makers = [self.value(keyword.value) for keyword in node.keywords if keyword.arg == "metaclass"]
        for maker in makers + [self.value(base) for base in node.bases]:
            if maker.closure is not None and isinstance(maker.closure.node, ast.ClassDef):
                base = self.class_state(maker.closure)
                for name in ("__new__", "__init__") if maker in makers else ("__init_subclass__",):
                    if name in base.methods:
                        self.enter(base.methods[name], [], {}, node)
                if maker not in makers:
                    for name, method in base.methods.items():
                        state.methods.setdefault(name, method)

    states: dict[Closure, ClassState]
    loops: dict[ast.AST, _Loop]

    def class_state(self, closure: Closure) -> ClassState:
        return self.states.setdefault(closure, ClassState(closure.name))

    def _if(self, node: ast.If) -> None:
        if _is_main(node.test):
            root, self.root = self.root, self.root or "__main__"
            self.body(node.body)
            self.root = root
            self.body(node.orelse)
            return
        test = self.value(node.test)
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            self.body(node.orelse)
            return
        self.guard(node, test)
        before = dict(self.scope.names)
        self.body(node.body)
        after = dict(self.scope.names)
        self.body(node.orelse)
        self._both(before, after)

    def _both(self, before: dict[str, Value], after: dict[str, Value]) -> None:
        """After two ways of which one was gone: what either bound. before, after: the names around the first way."""
        for name, value in after.items():
            now = self.scope.names.get(name)
            if now is not None and now is not value and now is not before.get(name):
                self.scope.names[name] = merged([value, now])

    def guard(self, node: ast.If, test: Value) -> None:
        """A condition was met: does it look for watchers?"""
        raise NotImplementedError

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.value(node.iter)
        items = folding.items_of(source) if (source.known or source.items) and source.ref == "" else []
        items = items if source.known else _distinct(items)
        loop = self._loop(node)
        if items and len(items) <= MAX_LOOP and len(items) * loop.weight < 20_000:
            counts = isinstance(source.const, range) and not loop.builds
            before: dict[str, object] = {}
            for turn, item in enumerate(items):
                self.bind(node.target, item)
                self.body(node.body)
                if counts and turn < 2:
                    now = self._constants(node.target)
                    if turn and now == before:
                        break  # a loop that only counts: further turns show nothing else
                    before = now
        else:
            self.bind(node.target, self.element(source))
            self.body(node.body)
            self._blur(node)
        self.body(node.orelse)

    def _constants(self, target: ast.expr) -> dict[str, object]:
        """What is known of the names around a loop, but for the one that counts."""
        counter = target.id if isinstance(target, ast.Name) else ""
        return {name: value.const for name, value in self.scope.names.items() if value.known and name != counter}

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> _Loop:
        """What a loop is like, looked at once however often it is run."""
        found = self.loops.get(node)
        if found is None:
            self.loops[node] = found = _loop_of(node.body)
        return found

    def _blur(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        """After one of many turns, what the turn added to is no constant any more."""
        for name in self._loop(node).added:
            value = self.scope.names.get(name)
            if value is not None and value.known:
                self.scope.names[name] = unknown(value)

    def element(self, source: Value) -> Value:
        """What iterating gives; a connection gives what was received."""
        return iterated(source)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.value(item.context_expr)
            if value.instance is not None:
                for name in ("__enter__", "__aenter__", "__exit__"):
                    if name in value.instance.methods:
                        self.enter(value.instance.methods[name], [value], {}, node)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        self.body(node.body)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        quiet = any(_swallows(handler) for handler in node.handlers)
        before = dict(self.scope.names)
        self.silent += quiet
        self.body(node.body)
        self.silent -= quiet
        for handler in node.handlers:
            after = dict(self.scope.names)
            if handler.name:
                self.scope.set(handler.name, Value())
            self.body(handler.body)
            self._both(before, after)
        self.body(node.orelse)
        self.body(node.finalbody)

    def enter(self, closure: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST | None) -> Value:
        """The function with these arguments, followed here and now; recursion and depth end in an unknown."""
        function = closure.node
        if isinstance(function, ast.ClassDef) or closure in self.running or len(self.running) >= MAX_INLINE:
            return unknown(*args, *keywords.values())
        self.tick(2)
        self.ran.add(closure)
        key = (closure, self.root, self.code_line, self.silent > 0, tuple(map(_signature, args)), *sorted(
            (name, _signature(value)) for name, value in keywords.items()
        ))  # fmt: skip
        if key in self.entered:
            return self.entered[key]
        outer, self.scope = self.scope, Scope(closure.scope)
        self.running.append(closure)
        self.returned.append([])
        try:
            self._parameters(closure, function.args, args, keywords)
            if isinstance(function, ast.Lambda):
                return self.value(function.body)
            self.body(function.body)
            found = [value for value in self.returned[-1] if not (value.known and value.const is None)]
            self.entered[key] = merged(found) if found else constant(None)
            return self.entered[key]
        finally:
            self.returned.pop()
            self.running.pop()
            self.scope = outer

    def _parameters(self, closure: Closure, spec: ast.arguments, args: list[Value], keywords: dict[str, Value]) -> None:
        named = [*spec.posonlyargs, *spec.args]
        for place, parameter in enumerate(named):
            if place < len(args):
                value = args[place]
            elif parameter.arg in keywords:
                value = keywords[parameter.arg]
            elif (default := place - (len(named) - len(spec.defaults))) >= 0:
                value = self.value(spec.defaults[default]).copy()
            else:
                kind = "intercepted" if _PRECIOUS.search(parameter.arg) else "parameter"
                value = Value(taint=frozenset((f"{kind}:{parameter.arg}",)))
            self.scope.names[parameter.arg] = value
        for parameter, default_node in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            given = keywords.get(parameter.arg)
            self.scope.names[parameter.arg] = given if given is not None else self.value(default_node).copy()
        label = "intercepted:arguments" if closure.wrapper else "parameter:*"
        rest = args[len(named) :]
        for star in (spec.vararg, spec.kwarg):
            if star is not None:
                value = Value(taint=taint_of(*rest, *keywords.values()) | frozenset((label,)))
                value.items = rest if star is spec.vararg and rest else None
                self.scope.names[star.arg] = value


def _signature(value: Value) -> tuple[object, ...]:
    """What makes entering a function with this value the same as before."""
    const = value.const
    plain = const if isinstance(const, str | bytes | int) else None if const is NOTHING or const is None else id(const)
    return (
        value.ref,
        type(plain).__name__,
        str(plain),
        tuple(sorted(value.taint)),
        value.text,
        value.layers,
        id(value.closure),
        id(value.instance),
        id(value.items),
        id(value.keys),
    )


_PRECIOUS = re.compile(r"(?i)private_?key|mnemonic|seed_?phrase|secret_?phrase|wallet_?(?:key|seed)|^seed_words$")
_VENDORED = re.compile(
    r"^[\w.]{1,100}\.(?:_?vendor(?:ed)?|_?extern(?:al)?|packages|moves|third_party)\."
    r"(?P<ref>(?:requests|httpx|aiohttp|urllib3|urllib\.request)(?:\.[\w.]{1,100})?)$"
)


def _canonical(ref: str) -> str:
    """The name something goes by: a copy of a client inside another package is that client."""
    copied = _VENDORED.match(ref)
    return copied["ref"] if copied is not None else _CANON.get(ref, ref)


_CANON = {"subprocess.subprocess": "subprocess", "urllib.urlopen": "urllib.request.urlopen", "os.path": "os.path"}
_STARS = {
    "os": ("system", "popen", "environ", "getenv", "path", "walk", "listdir", "execv"),
    "subprocess": ("Popen", "run", "call", "check_output", "getoutput"),
    "urllib.request": ("urlopen", "urlretrieve", "Request"),
    "base64": ("b64decode", "b85decode", "b32decode"),
    "socket": ("socket", "gethostname", "gethostbyname", "create_connection"),
    "setuptools": ("setup", "find_packages"),
    "requests": ("get", "post"),
    "ctypes": ("CDLL", "windll"),
}


def _wraps(node: _FunctionNode, outer: Closure) -> bool:
    """Is this a wrapper around a callable the function around it was given?"""
    if isinstance(outer.node, ast.ClassDef):
        return False
    spec = outer.node.args
    given = {parameter.arg for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    return any(
        isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in given
        for inner in below((node,))
    )


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
        and isinstance(test.ops[0], ast.Eq)
    )


def _swallows(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )
    return broad and all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)


_MAX_VAGUE = 16
_BUILDERS = frozenset({"append", "extend", "insert", "add", "write", "writelines", "update", "join", "appendleft", "push"})


def _loop_of(body: list[ast.stmt]) -> _Loop:
    weight, builds, added = 0, False, []
    for inner in below(body):
        weight += 1
        if isinstance(inner, ast.AugAssign):
            builds = True
            if isinstance(inner.target, ast.Name):
                added.append(inner.target.id)
        elif isinstance(inner, ast.Assign):
            builds = builds or not all(isinstance(target, ast.Name) for target in inner.targets)
        elif isinstance(inner, ast.Attribute):
            builds = builds or inner.attr in _BUILDERS
    return _Loop(weight, builds, tuple(dict.fromkeys(added)))


def _distinct(items: list[Value]) -> list[Value]:
    """One of all items of which the same is known: turns that differ in nothing need not be followed twice. Of many that
    are only known by where they come from, one with all their origins."""
    if len(items) < 2:
        return items
    found = list({(_make(item.ref), *_signature(item)[1:]): item for item in reversed(items)}.values())[::-1]
    vague = [item for item in found if not (item.known or item.closure or item.instance or item.items or item.keys)]
    if len(vague) <= _MAX_VAGUE:
        return found
    return [*(item for item in found if item not in vague), merged(vague)]


def _make(ref: str) -> str:
    """The dotted name, or one word for all objects of libraries of which nothing is known."""
    foreign = ref.endswith("()") and ref.split(".", 1)[0] not in sys.stdlib_module_names and not matters(ref)
    return "()" if foreign else ref


def unknown_of(value: Value) -> Value:
    """The same origin and text without the items."""
    return Value(value.ref, NOTHING, value.taint, value.text if value.text != HOLE else HOLE, value.layers)


_HANDLERS: dict[type[ast.stmt], Any] = {
    ast.Expr: Statements._expression,
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._augment,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import,
    ast.FunctionDef: Statements._function,
    ast.AsyncFunctionDef: Statements._function,
    ast.ClassDef: Statements._class,
    ast.If: Statements._if,
    ast.For: Statements._for,
    ast.AsyncFor: Statements._for,
    ast.While: Statements._while,
    ast.With: Statements._with,
    ast.AsyncWith: Statements._with,
    ast.Try: Statements._try,
    ast.TryStar: Statements._try,
    ast.Return: Statements._return,
    ast.Global: Statements._shared,
    ast.Nonlocal: Statements._shared,
    ast.Match: Statements._match,
    ast.Assert: Statements._parts,
    ast.Raise: Statements._parts,
    ast.Delete: Statements._parts,
}
