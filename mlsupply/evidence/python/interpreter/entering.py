"""Functions of the module that are called: whether one is entered, its arguments bound, its body followed, its result."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import hooks
from mlsupply.evidence.python.interpreter.expressions import Expressions
from mlsupply.evidence.python.interpreter.machine import MAX_CARRIED, SHALLOW, BudgetError, Entered
from mlsupply.evidence.python.network import requested
from mlsupply.evidence.python.summaries import CARRIED
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import (
    CLEAN,
    HOLE,
    NOTHING,
    Bound,
    Closure,
    Scope,
    Taint,
    Value,
    constant,
    layers_of,
    taint_of,
    unknown,
)

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_MAX_YIELDED = 256
_PASSING = "intercepted:arguments"


class Entering(Expressions):
    """Enters functions of the module. `body` is defined by the layer above."""

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Every statement, in order."""
        raise NotImplementedError

    def enter(self, closure: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST | None) -> Value:
        """Follows the function with these arguments, here and now, and returns what it gives. node: the call; None where
        nobody known calls. A class, recursion, and what lies too deep give an unknown with the origins of the arguments.
        Raises BudgetError."""
        if isinstance(closure.node, ast.ClassDef) or closure in self.running:
            return unknown(*args, *keywords.values())
        if (left_out := self._left_out(closure, args, keywords)) is not None:
            return left_out
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
        result = self._followed_into(closure, closure.node, args, keywords, by_module=node is not None)
        if not isinstance(closure.node, ast.Lambda):
            self.entered[key] = Entered(result, kept)
        return result

    def _left_out(self, closure: Closure, args: list[Value], keywords: dict[str, Value]) -> Value | None:
        """What stands for the result of a function that is not entered; None where it is."""
        if len(self.running) >= self.depth:
            result = unknown(*args, *keywords.values())
            carries = bool(result.layers) or not kinds_in(result.taint).isdisjoint(CARRIED)
            if not carries or self.depth == SHALLOW or len(self.running) >= MAX_CARRIED:
                self.cut = self.cut or carries
                return result
        if self.running and closure.node in self.sinkless.functions and self._for_nothing(closure):
            result = unknown(*args, *keywords.values())
            if _carries_nothing(result, args, keywords):
                return result
        return None

    def _followed_into(
        self, closure: Closure, function: _Function, args: list[Value], keywords: dict[str, Value], *, by_module: bool
    ) -> Value:
        """The body in a scope of its own. by_module: is it the module itself that calls?"""
        outer, self.scope = self.scope, Scope(closure.scope)
        self.running.append(closure)
        self.returned.append([])
        self.yielded.append([])
        sent = len(self.sent)
        wrapper = closure.wrapper
        closure.wrapper = wrapper and (not by_module or bool(self.replacing))  # what the module calls it with is its own
        try:
            self._parameters(closure, function.args, args, keywords)
            if isinstance(function, ast.Lambda):
                return self.value(function.body)
            self.body(function.body)
            result = self._result()
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
        if self.running[0].node not in self.sinkless.functions or closure.scope is not self.module or closure.wrapper:
            return False
        return len(self.running) > 1 or closure.node in self.sinkless.long

    def _result(self) -> Value:
        """What the function that is followed gives: its items where it is a generator, else one of its returns."""
        if items := self.yielded[-1]:
            result = Value("", NOTHING, taint_of(*items), HOLE, layers_of(*items))
            more = [merged(items[_MAX_YIELDED:])] if len(items) > _MAX_YIELDED else []
            result.items = [*items[:_MAX_YIELDED], *more]
            return result
        found = [value for value in self.returned[-1] if not (value.known and value.const is None)]
        return merged(found) if found else constant(None)

    def _default(self, closure: Closure, node: ast.expr | None, name: str, brings: str) -> Value:
        """Of a parameter that nobody gives here: its default, unless others are known to fill it. A list or a dict is made
        once, where the function is defined, and keeps what calls put into it."""
        if isinstance(node, ast.List | ast.Dict | ast.Set) and brings == "parameter":
            closure.defaults = closure.defaults or {}
            return closure.defaults.setdefault(name, self.value(node))
        value = self.value(node).copy()
        if brings == "parameter" or value.ref.endswith(".Depends()"):
            return value
        both = {f"parameter:{name}"} if brings == "request" else CLEAN
        return Value(taint=value.taint | {f"{brings}:{name}"} | both)

    def _parameters(self, closure: Closure, spec: ast.arguments, args: list[Value], keywords: dict[str, Value]) -> None:
        """Binds the parameters. One that nobody gives is labelled with what others are known to give, else `parameter`."""
        named = [*spec.posonlyargs, *spec.args]
        names = self.scope.names
        brings = hooks.passed_in(closure) or "parameter"
        for place, parameter in enumerate(named):
            if place < len(args):
                value = args[place]
            elif parameter.arg in keywords:
                value = keywords[parameter.arg]
            elif (default := place - (len(named) - len(spec.defaults))) >= 0:
                value = self._default(closure, spec.defaults[default], parameter.arg, brings)
            else:
                kind = "intercepted" if know.PRECIOUS.search(parameter.arg) else brings
                value = Value(taint=requested.given(closure, parameter, kind))
            names[parameter.arg] = value
        names |= hooks.known_given(self, closure, names)
        for parameter, default_node in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            given = keywords.get(parameter.arg)
            names[parameter.arg] = (
                given if given is not None else self._default(closure, default_node, parameter.arg, brings)
            )
        rest = args[len(named) :]
        self.sent.append(merged(rest) if rest and spec.vararg is None else Value())
        label = _PASSING if closure.wrapper else f"{brings}:*"
        taint = taint_of(*rest, *keywords.values()) | {label}
        if spec.vararg is not None:
            names[spec.vararg.arg] = _all_positional(rest, taint)
        if spec.kwarg is not None:
            others = {name: value for name, value in keywords.items() if name != "**" and name not in names}
            value = Value(taint=taint)
            value.keys = others or None
            names[spec.kwarg.arg] = value


def _all_positional(rest: list[Value], taint: Taint) -> Value:
    """The tuple that `*args` stands for."""
    if rest and all(one.known for one in rest):
        return constant(tuple(one.const for one in rest), layers_of(*rest), taint_of(*rest))
    value = Value(taint=taint)
    value.items = rest or None
    return value


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
    """What of an argument decides whether a call was followed before: two values with one signature are followed once."""
    const, items, keys = value.const, value.items, value.keys
    plain = None if const is NOTHING or const is None else const if isinstance(const, _PLAIN) else id(const)
    return (
        value.ref,
        type(plain),
        plain,
        value.taint,
        value.text,
        value.layers,
        value.closure,
        value.instance,
        None if items is None else id(items),
        None if keys is None else id(keys),
    )


_PLAIN = (str, bytes, int)  # asked for so often that no union is made each time


def identities(value: Value) -> tuple[object, ...]:
    """The parts of a value that `signature` tells apart by `id`; keep them as long as the signature."""
    return value.const, value.closure, value.instance, value.items, value.keys
