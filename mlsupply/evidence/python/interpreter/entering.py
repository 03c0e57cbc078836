"""Calls of functions of the module: whether one is entered, how its parameters are bound, what it returns."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import descents, hooks, wrappers
from mlsupply.evidence.python.interpreter.expressions import Expressions
from mlsupply.evidence.python.interpreter.machine import MAX_CARRIED, SHALLOW, BudgetError, CallResult, Coroutine
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
_MAX_VARIANTS = 64  # functions that a dispatcher chooses from
_MAX_YIELDED = 256  # items of a generator that are kept apart
_PASSING = "intercepted:arguments"  # the label of what callers of a wrapped function pass through the wrapper


class Entering(Expressions):
    """Enters functions of the module. `body` is defined by the layer above."""

    given: dict[Closure, list[list[Value]]]  # the arguments of the calls in `running`, by function
    coroutines: dict[int, Coroutine]  # of the current root, by the `id` of their result

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Runs the statements in order."""
        raise NotImplementedError

    def called_again(self, closure: Closure) -> None:
        """Notes what a function does that calls itself."""
        raise NotImplementedError

    def enter(self, closure: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST | None) -> Value:
        """Follows a call of the function and returns its result. node: the call; None where the function is an entry point.
        Classes, recursion that does not descend into a document, and calls that are too deep give an unknown with the taint
        of the arguments. Raises BudgetError."""
        again = closure in self.running and not descents.goes_down(self.given.get(closure, []), args)
        if isinstance(closure.node, ast.ClassDef) or again:
            self.called_again(closure)
            return unknown(*args, *keywords.values())
        if (stand_in := self._not_entered(closure, args, keywords)) is not None:
            return stand_in
        self.steps += 2
        if self.steps > self.root_end:
            raise BudgetError
        self.ever_entered.add(closure)
        if any(one.wrapper and wrappers.is_around(one, closure) for one in self.running):
            args, keywords = (
                [_no_longer_passing(arg) for arg in args],
                {name: _no_longer_passing(value) for name, value in keywords.items()},
            )
        key = (closure, self.root, self.code_line, self.silent > 0, tuple(map(signature, args)), *sorted(
            (name, signature(value)) for name, value in keywords.items()
        ))  # fmt: skip
        if key in self.call_results:
            return self.call_results[key].result
        kept = [identities(arg) for arg in (*args, *keywords.values())]
        result = self._followed_into(closure, closure.node, args, keywords, by_module=node is not None)
        if closure.variants:
            others = [one for one in closure.variants[:_MAX_VARIANTS] if one is not closure]
            result = merged([result, *(self.enter(one, args, keywords, node) for one in others)])
        if not isinstance(closure.node, ast.Lambda):
            self.call_results[key] = CallResult(result, kept)
        if isinstance(closure.node, ast.AsyncFunctionDef) and any(map(may_change, args)):
            self.coroutines[id(result)] = Coroutine(result, closure, args, keywords)
        return result

    def _not_entered(self, closure: Closure, args: list[Value], keywords: dict[str, Value]) -> Value | None:
        """The result of a call that is too deep, or cannot reach a sink; None where the function is to be entered."""
        if len(self.running) >= self.depth:
            result = unknown(*args, *keywords.values())
            carries = bool(result.layers) or not kinds_in(result.taint).isdisjoint(CARRIED)
            if not carries or self.depth == SHALLOW or len(self.running) >= MAX_CARRIED:
                self.cut_off = self.cut_off or carries
                self.too_deep.add((self.root, closure))
                return result
        if self.running and closure.node in self.sinkless.functions and self._reaches_no_sink(closure):
            result = unknown(*args, *keywords.values())
            if _carries_nothing(result, args, keywords):
                return result
        return None

    def _followed_into(
        self, closure: Closure, function: _Function, args: list[Value], keywords: dict[str, Value], *, by_module: bool
    ) -> Value:
        """Follows the body in a new scope. by_module: the call is written in the module."""
        outer, self.scope = self.scope, Scope(closure.scope)
        if closure.type_parameters:
            self.scope.names.update(closure.type_parameters)
        self.running.append(closure)
        self.given.setdefault(closure, []).append(args)
        self.returned.append([])
        self.yielded.append([])
        sent = len(self.sent)
        wrapper = closure.wrapper
        # what the module itself passes is not intercepted
        closure.wrapper = wrapper and (not by_module or bool(self.replacing))
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
            self.given[closure].pop()
            self.scope = outer

    def resume(self, generator: Value, yielded: Value) -> None:
        """Follows a generator function once more, which yields what the body of a `with` has put something into: what comes
        behind the `yield` sees it."""
        again = (generator.keys or {}).get("send")
        if again is None or again.closure is None or again.bound is None or isinstance(again.closure.node, ast.ClassDef):
            return
        if len(self.running) < self.depth and again.closure not in self.running:
            self.put_into.append((len(self.running) + 1, yielded))
            self._followed_into(again.closure, again.closure.node, again.bound.args, again.bound.keywords, by_module=True)
            self.put_into.pop()

    def _reaches_no_sink(self, closure: Closure) -> bool:
        """Whether this function need not be entered, since neither it nor the entry point can reach a sink. Inner functions
        are always entered, since they may call what the function around them was given; so are short functions that the
        entry point calls itself."""
        if self.running[0].node not in self.sinkless.functions or closure.scope is not self.module or closure.wrapper:
            return False
        return len(self.running) > 1 or closure.node in self.sinkless.long

    def _result(self) -> Value:
        """The result of the innermost function: the yielded items of a generator, else the join of its `return`s."""
        if items := self.yielded[-1]:
            result = Value("", NOTHING, taint_of(*items), HOLE, layers_of(*items))
            more = [merged(items[_MAX_YIELDED:])] if len(items) > _MAX_YIELDED else []
            result.items = [*items[:_MAX_YIELDED], *more]
            return result
        found = [value for value in self.returned[-1] if not (value.known and value.const is None)]
        return merged(found) if found else constant(None)

    def _default(self, closure: Closure, node: ast.expr | None, name: str, brings: str) -> Value:
        """The value of a parameter that the call does not give: its default, unless callers elsewhere are known to give it
        (`brings` is then the kind of what they give). A mutable default is made once and keeps what calls put into it."""
        if isinstance(node, ast.List | ast.Dict | ast.Set) and brings == "parameter":
            closure.defaults = closure.defaults or {}
            return closure.defaults.setdefault(name, self.value(node))
        value = self.value(node).copy()
        if brings == "parameter" or value.ref.endswith(".Depends()"):
            return value
        both = {f"parameter:{name}"} if brings == "request" else CLEAN
        return Value(taint=value.taint | {f"{brings}:{name}"} | both)

    def _parameters(self, closure: Closure, spec: ast.arguments, args: list[Value], keywords: dict[str, Value]) -> None:
        """Binds the parameters. One without an argument or default gets the label `parameter:`, or one of the kind that
        callers elsewhere are known to pass (`hooks.passed_in`)."""
        named = [*spec.posonlyargs, *spec.args]
        names = self.scope.names
        brings = hooks.passed_in(closure) or "parameter"
        spread = _carried(keywords.get("**"))
        for place, parameter in enumerate(named):
            if parameter.arg in keywords and place >= len(spec.posonlyargs):
                value = keywords[parameter.arg]  # what stands at its place then is `*rest`, which may be empty
            elif place < len(args):
                value = args[place]
            elif spread:
                value = Value(taint=spread)
            elif (default := place - (len(named) - len(spec.defaults))) >= 0:
                value = self._default(closure, spec.defaults[default], parameter.arg, brings)
            else:
                kind = "intercepted" if know.PRECIOUS.search(parameter.arg) else brings
                value = Value(taint=requested.given(closure, parameter, kind))
            names[parameter.arg] = value
        names |= hooks.known_arguments(self, closure, names)
        for parameter, default_node in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            given = keywords.get(parameter.arg) or (Value(taint=spread) if spread else None)
            names[parameter.arg] = (
                given if given is not None else self._default(closure, default_node, parameter.arg, brings)
            )
        rest = args[len(named) :]
        self.sent.append(merged(rest) if rest and spec.vararg is None else Value())
        label = _PASSING if closure.wrapper else f"{brings}:*"
        taint = taint_of(*rest, *keywords.values()) | {label}
        if spec.vararg is not None:
            names[spec.vararg.arg] = _star_args(rest, taint)
        if spec.kwarg is not None:
            others = {name: value for name, value in keywords.items() if name != "**" and name not in names}
            value = Value(taint=taint)
            value.keys = others or None
            names[spec.kwarg.arg] = value


def _carried(given: Value | None) -> Taint:
    """The labels that any parameter may get of `**mapping`, whose keys are not known, where they are worth following."""
    return given.taint if given is not None and not kinds_in(given.taint).isdisjoint(CARRIED) else CLEAN


def _star_args(rest: list[Value], taint: Taint) -> Value:
    """The tuple that `*args` is bound to."""
    if rest and all(one.known and one.keys is None for one in rest):  # a member of an enumeration is more than its value
        return constant(tuple(one.const for one in rest), layers_of(*rest), taint_of(*rest))
    value = Value(taint=taint)
    value.items = rest or None
    return value


def _carries_nothing(whole: Value, args: list[Value], keywords: dict[str, Value]) -> bool:
    """Whether the arguments carry neither taint worth following, nor decoded content, nor a function. whole: an unknown with
    the taint of all of them."""
    if whole.layers or not kinds_in(whole.taint).isdisjoint(CARRIED):
        return False
    return all(value.closure is None for value in (*args, *keywords.values()))


def _no_longer_passing(value: Value) -> Value:
    """An argument that a wrapper passes to the wrapped function, which it was meant for: there it is an ordinary
    parameter."""
    if _PASSING not in value.taint:
        return value
    made = value.copy()
    made.taint = (value.taint - {_PASSING}) | {"parameter:*"}
    return made


def _resumed(closure: Closure, args: list[Value], keywords: dict[str, Value]) -> Value:
    """The method `send` of a generator: calls the function again, so that `yield` gives what was sent."""
    result = Value()
    result.closure, result.bound = closure, Bound(args, keywords)
    return result


def may_change(value: Value) -> bool:
    """Is this an object or container, to which something may be added after a function was called with it?"""
    return value.items is not None or value.keys is not None or value.instance is not None


def signature(value: Value) -> tuple[object, ...]:
    """The part of a cache key for one argument: a call with arguments of the same signatures is followed once."""
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
        None if value.bound is None else id(value.bound),
    )


_PLAIN = (str, bytes, int)  # a tuple, since building a union at each call of `isinstance` would cost


def identities(value: Value) -> tuple[object, ...]:
    """The parts of a value that `signature` compares by `id`; they must live as long as the signature."""
    return value.const, value.closure, value.instance, value.items, value.keys, value.bound
