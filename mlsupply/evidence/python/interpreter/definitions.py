"""Functions and classes: what defining one runs, and what calling one runs, with its arguments bound."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import hooks, objects
from mlsupply.evidence.python.interpreter.expressions import Expressions
from mlsupply.evidence.python.interpreter.machine import MAX_CARRIED, SHALLOW, BudgetError, Entered, kinds_in
from mlsupply.evidence.python.summaries import CARRIED
from mlsupply.evidence.python.syntax.survey import below
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.value import (
    HOLE,
    NOTHING,
    Bound,
    ClassState,
    Closure,
    Scope,
    Value,
    constant,
    layers_of,
    taint_of,
    unknown,
)

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_MAX_YIELDED = 256
_TEXTS = frozenset({"received", "encoded", "package-file"})
_DULL_ANNOTATIONS = frozenset({ast.Name, ast.Attribute, ast.Constant})
_PLAIN_DECORATORS = frozenset(
    {"builtins.property", "builtins.staticmethod", "builtins.classmethod", "functools.cached_property"}
)


class Definitions(Expressions):
    """Defines and enters functions and classes. `body` and `handler` are defined by the layers above."""

    states: dict[Closure, ClassState]

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Every statement, in order."""
        raise NotImplementedError

    def _function(self, node: _FunctionNode) -> None:
        owner = f"{self.running[-1].name}." if self.running else ""
        closure = Closure(
            node, self.scope, owner + node.name, None, bool(self.running) and hooks.wraps(node, self.running[-1])
        )
        if closure.wrapper:
            closure.around = hooks.first_given(self.running[-1])
        self.closures.append((self.root, closure))
        value = Value()
        value.closure = closure
        for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            self.annotated(parameter.annotation)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        self.scope.set(node.name, self._decorated(node, value))

    def annotated(self, annotation: ast.expr | None) -> None:
        """An annotation runs as it is read where it calls something."""
        part = annotation
        while type(part) is ast.Subscript and type(part.value) is ast.Name:
            part = part.slice  # as in `list[str]`
        if part is None or type(part) in _DULL_ANNOTATIONS:
            return
        if any(isinstance(inner, ast.Call) for inner in below((part,))):
            self.value(annotation)

    def _decorated(self, node: _FunctionNode | ast.ClassDef, value: Value) -> Value:
        result = passed = value
        for decorator in reversed(node.decorator_list):
            made = self.value(decorator)
            if made.ref in _PLAIN_DECORATORS:
                continue
            returned = self.call(made, [passed], {}, decorator)
            self.handler(made, result, decorator)
            passed = result
            if made.closure is not None and returned.closure is not None:
                result = passed = returned
            elif made.closure is not None and (returned.known or not kinds_in(returned.taint).isdisjoint(_TEXTS)):
                passed = returned  # no function, but text for the next to run
        return result

    def handler(self, registrar: Value, function: Value, node: ast.AST) -> None:
        """A function was handed to something that calls it with messages."""
        raise NotImplementedError

    def _class(self, node: ast.ClassDef) -> None:
        closure = Closure(node, self.scope, node.name)
        state = ClassState(node.name, tuple(self.value(base).ref for base in node.bases), closure=closure)
        self.states[closure] = state
        outer, self.scope = self.scope, Scope(self.scope)
        held = len(self.closures)
        try:
            self.body(node.body)
        finally:
            inner, self.scope = self.scope, outer
        self.closures[held:] = [one for one in self.closures[held:] if one[1].scope is not inner]  # methods are named below
        for name, value in inner.names.items():
            if value.closure is not None and value.bound is None and not isinstance(value.closure.node, ast.ClassDef):
                value.closure.owner, value.closure.name = state, f"{node.name}.{name}"
                value.closure.scope = outer
                value.closure.wrapper = isinstance(value.closure.node, _FunctionNode) and hooks.wraps(
                    value.closure.node, None
                )
                state.methods[name] = value.closure
                self.closures.append((self.root, value.closure))
            else:
                state.attributes[name] = value
            objects.operated(self, value, "named", [Value(), constant(name)], node)
        state.fields = [
            statement.target.id
            for statement in node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        value = Value()
        value.closure = closure
        self.scope.set(node.name, self._decorated(node, value))
        self._class_hooks(node, state)

    def _class_hooks(self, node: ast.ClassDef, state: ClassState) -> None:
        """What making the class runs: the metaclass, `__init_subclass__` of bases; what it takes from them."""
        makers = [self.value(keyword.value) for keyword in node.keywords if keyword.arg == "metaclass"]
        made = Value()
        made.closure = state.closure
        named = {one.arg: self.value(one.value) for one in node.keywords if one.arg and one.arg != "metaclass"}
        for maker in makers + [self.value(base) for base in node.bases]:
            if maker.closure is not None and isinstance(maker.closure.node, ast.ClassDef):
                base = self.class_state(maker.closure)
                for name in ("__new__", "__init__") if maker in makers else ("__init_subclass__",):
                    if name in base.methods:
                        self.enter(base.methods[name], [] if maker in makers else [made], named, node)
                if maker in makers:
                    state.maker = base
                    continue
                state.parents = (*state.parents, base)
                state.fields = [*base.fields, *(name for name in state.fields if name not in base.fields)]
                state.bases = (*state.bases, *(one for one in base.bases if one not in state.bases))
                state.maker = state.maker or base.maker
                for name, method in base.methods.items():
                    state.methods.setdefault(name, method)
                for name, value in base.attributes.items():
                    state.attributes.setdefault(name, value)

    def class_state(self, closure: Closure) -> ClassState:
        return self.states.setdefault(closure, ClassState(closure.name))

    def enter(self, closure: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST | None) -> Value:
        """The function with these arguments, followed here and now; recursion and depth end in an unknown."""
        function = closure.node
        if isinstance(function, ast.ClassDef) or closure in self.running:
            return unknown(*args, *keywords.values())
        if len(self.running) >= self.depth:
            result = unknown(*args, *keywords.values())
            carries = bool(result.layers) or not kinds_in(result.taint).isdisjoint(CARRIED)
            if not carries or self.depth == SHALLOW or len(self.running) >= MAX_CARRIED:
                self.cut = self.cut or carries
                return result
        if self.running and function in self.quiet.functions and self._for_nothing(closure):
            result = unknown(*args, *keywords.values())
            if _carries_nothing(result, args, keywords):
                return result
        self.steps += 2
        if self.steps > self.root_end:
            raise BudgetError
        self.ran.add(closure)
        if any(one.wrapper and hooks.is_around(one, closure) for one in self.running):
            args, keywords = [_own(arg) for arg in args], {name: _own(value) for name, value in keywords.items()}
        key = (closure, self.root, self.code_line, self.silent > 0, tuple(map(signature, args)), *sorted(
            (name, signature(value)) for name, value in keywords.items()
        ))  # fmt: skip
        if key in self.entered:
            return self.entered[key].result
        kept = [identities(arg) for arg in (*args, *keywords.values())]
        outer, self.scope = self.scope, Scope(closure.scope)
        self.running.append(closure)
        self.returned.append([])
        self.yielded.append([])
        sent = len(self.sent)
        wrapper = closure.wrapper
        closure.wrapper = wrapper and (
            node is None or bool(self.replacing)
        )  # what the module itself calls it with is its own
        try:
            self._parameters(closure, function.args, args, keywords)
            if isinstance(function, ast.Lambda):
                return self.value(function.body)
            self.body(function.body)
            result = self._result()
            self.entered[key] = Entered(result, kept)
            if self.yielded[-1]:
                result.keys = {"send": _resumed(closure, args, keywords)}
            return result
        finally:
            self.returned.pop()
            self.yielded.pop()
            del self.sent[sent:]
            closure.wrapper = wrapper
            self.running.pop()
            self.scope = outer

    def _for_nothing(self, closure: Closure) -> bool:
        """Does nothing come of following this one here? One that was made by another calls what that was given."""
        if self.running[0].node not in self.quiet.functions or closure.scope is not self.module or closure.wrapper:
            return False
        return len(self.running) > 1 or closure.node in self.quiet.long

    def _result(self) -> Value:
        """What the function that is followed gives: its items where it is a generator, else one of its returns."""
        if items := self.yielded[-1]:
            result = Value("", NOTHING, taint_of(*items), HOLE, layers_of(*items))
            more = [merged(items[_MAX_YIELDED:])] if len(items) > _MAX_YIELDED else []
            result.items = [*items[:_MAX_YIELDED], *more]
            return result
        found = [value for value in self.returned[-1] if not (value.known and value.const is None)]
        return merged(found) if found else constant(None)

    def _default(self, node: ast.expr | None, name: str, brings: str) -> Value:
        """Of a parameter that nobody gives here: its default, unless others are known to fill it."""
        value = self.value(node).copy()
        return value if brings == "parameter" else Value(taint=value.taint | {f"{brings}:{name}"})

    def _parameters(self, closure: Closure, spec: ast.arguments, args: list[Value], keywords: dict[str, Value]) -> None:
        named = [*spec.posonlyargs, *spec.args]
        brings = hooks.passed_in(closure) or "parameter"
        for place, parameter in enumerate(named):
            if place < len(args):
                value = args[place]
            elif parameter.arg in keywords:
                value = keywords[parameter.arg]
            elif (default := place - (len(named) - len(spec.defaults))) >= 0:
                value = self._default(spec.defaults[default], parameter.arg, brings)
            else:
                kind = "intercepted" if know.PRECIOUS.search(parameter.arg) else brings
                value = Value(taint=frozenset((f"{kind}:{parameter.arg}",)))
            self.scope.names[parameter.arg] = value
        self.scope.names |= hooks.known_given(self, closure, self.scope.names)
        for parameter, default_node in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            given = keywords.get(parameter.arg)
            self.scope.names[parameter.arg] = (
                given if given is not None else self._default(default_node, parameter.arg, brings)
            )
        label = _PASSING if closure.wrapper else f"{brings}:*"
        rest = args[len(named) :]
        self.sent.append(merged(rest) if rest and spec.vararg is None else Value())
        for star in (spec.vararg, spec.kwarg):
            if star is not None:
                value = Value(taint=taint_of(*rest, *keywords.values()) | frozenset((label,)))
                if star is spec.vararg and rest and all(one.known for one in rest):
                    value = constant(tuple(one.const for one in rest), layers_of(*rest), taint_of(*rest))
                elif star is spec.vararg:
                    value.items = rest or None
                elif keywords:
                    taken = self.scope.names
                    value.keys = {name: one for name, one in keywords.items() if name != "**" and name not in taken} or None
                self.scope.names[star.arg] = value


_PASSING = "intercepted:arguments"


def _carries_nothing(whole: Value, args: list[Value], keywords: dict[str, Value]) -> bool:
    """Is nothing worth following among the arguments, and no function that may be called? whole: of all that is in them."""
    if whole.layers or not kinds_in(whole.taint).isdisjoint(CARRIED):
        return False
    return all(value.closure is None for value in (*args, *keywords.values()))


def _own(value: Value) -> Value:
    """What a wrapper hands to the function it is made for is meant for that one: it is no more than an argument there."""
    if _PASSING not in value.taint:
        return value
    made = value.copy()
    made.taint = (value.taint - {_PASSING}) | {"parameter:*"}
    return made


def _resumed(closure: Closure, args: list[Value], keywords: dict[str, Value]) -> Value:
    """The method `send` of a generator: what it is given is what a `yield` in it gives."""
    result = Value()
    result.closure, result.bound = closure, Bound(args, keywords)
    return result


def signature(value: Value) -> tuple[object, ...]:
    """What makes entering a function with this value the same as before."""
    const = value.const
    plain = None if const is NOTHING or const is None else const if isinstance(const, str | bytes | int) else id(const)
    return (
        value.ref,
        type(plain).__name__,
        str(plain),
        value.taint,
        value.text,
        value.layers,
        id(value.closure),
        id(value.instance),
        id(value.items),
        id(value.keys),
    )


def identities(value: Value) -> tuple[object, ...]:
    """What `signature` tells apart by its identity: while it is kept, nothing else has that."""
    return value.const, value.closure, value.instance, value.items, value.keys
