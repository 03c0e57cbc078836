"""Runs statements abstractly: loops over constants turn by turn, and both sides of every branch (`if_statements`)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from mlsupply.evidence.python.interpreter import (
    comprehensions,
    default_run,
    if_statements,
    importing,
    module_names,
    objects,
    patterns,
    special_methods,
    turns,
    type_parameters,
)
from mlsupply.evidence.python.interpreter.assignments import Assignments
from mlsupply.evidence.python.interpreter.branches import joined, keep_sensitive, merge_with
from mlsupply.evidence.python.interpreter.loops import Loop, distinct, loop_of
from mlsupply.evidence.python.interpreter.machine import MAX_LOOP, BudgetError
from mlsupply.evidence.python.interpreter.missing_packages import handles_missing
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.merging import iterated, merged
from mlsupply.evidence.python.values.value import Scope, Taint, Value, constant, taint_of, unknown
from mlsupply.named import NamedTuple

_MAX_RAISED = 64  # exceptions that are kept apart


class EnvironmentLoop(NamedTuple):
    """A loop over all environment variables. scope: the one it is in; names: those its target binds."""

    scope: Scope
    names: frozenset[str]


class Statements(Assignments):
    """Runs statements. `guard` and others are defined by `analyser.Analyser`.

    loops              cache: loop -> what its body is like
    missing_questions  cache: node -> whether it asks if something is not installed
    environment_loops  the enclosing loops over the environment, the innermost last
    turning            the `if`s of loops over known items that the item of the turn decides
    """

    loops: dict[ast.AST, Loop]
    missing_questions: dict[ast.AST, bool]
    environment_loops: list[EnvironmentLoop]
    turning: frozenset[ast.If] = frozenset()

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Runs the statements in order, those after a `return` too. Raises BudgetError."""
        before = self.on_request
        for statement in statements:
            self.statement(statement)
            if self.declined:  # only who asked for it gets beyond this statement
                self.declined = False
                self.on_request += 1
        self.on_request = before

    def statement(self, node: ast.stmt) -> None:
        """Runs one statement. Raises BudgetError."""
        self.steps += 1
        if self.steps > self.root_end:
            raise BudgetError
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node)

    def _expression(self, node: ast.Expr) -> None:
        before = self.ignored_result
        self.ignored_result = node.value.value if isinstance(node.value, ast.Await) else node.value
        self.value(node.value)
        self.ignored_result = before

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        default_run.remember_outcome(self, node.value, value)
        for target in node.targets:
            self.bind(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value))
        elif not isinstance(node.target, ast.Name):  # evaluated, except for its last step
            self.value(node.target.value)
            self.value(node.target.slice if isinstance(node.target, ast.Subscript) else None)
        self.annotated(node.annotation)

    def _while(self, node: ast.While) -> None:
        special_methods.operated(self, self.value(node.test), "bool", [], node)
        self.endless(node)
        before = dict(self.scope.names)
        if not turns.followed(self, node, self._loop(node).weight, self.body):
            self.body(node.body)
            self._forget_accumulated(node)
        keep_sensitive(self.scope.names, before)
        self.body(node.orelse)

    def endless(self, node: ast.While | ast.For) -> None:
        """Notes facts about a loop that may never end."""
        raise NotImplementedError

    def _return(self, node: ast.Return) -> None:
        value = self.value(node.value)
        default_run.remember_outcome(self, node.value, value)
        if self.returned:
            self.returned[-1].append(value)

    def _shared(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.shared.update(node.names)

    def _match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)
        for case in node.cases:
            patterns.matched(self, case.pattern, subject)
            if case.guard is not None:
                special_methods.operated(self, self.value(case.guard), "bool", [], node)
        last = node.cases[-1]
        every = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
        self.branches([*(case.body for case in node.cases), *([] if every else [[]])])

    def _raise(self, node: ast.Raise) -> None:
        value = self.value(node.exc)
        self.value(node.cause)
        if value.taint or value.instance is not None:
            if len(self.raised) >= _MAX_RAISED:
                value = merged([self.raised.pop(), value])
            self.raised.append(value)

    def _assert(self, node: ast.Assert) -> None:
        self.value(node.test)
        if node.msg is not None:
            self.value(node.msg)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.value(target)
            if isinstance(target, ast.Attribute):
                special_methods.operated(self, self.value(target.value), "del", [constant(target.attr)], node)
            elif isinstance(target, ast.Subscript):
                special_methods.operated(self, self.value(target.value), "del[]", [self.value(target.slice)], node)

    def asks_for_missing(self, node: ast.AST, question: Callable[..., bool], *about: ast.AST) -> bool:
        """`question(*about)` of `missing_packages`, cached by node."""
        if node not in self.missing_questions:
            self.missing_questions[node] = question(*about)
        return self.missing_questions[node]

    def branches(self, bodies: list[list[ast.stmt]]) -> None:
        """Alternative branches: each starts from the names bound before, and what they bind is merged afterwards."""
        names = self.scope.names
        before, bound = dict(names), dict[str, list[Value]]()
        for body in bodies:
            self.body(body)
            for name, value in names.items():
                if value is not before.get(name):
                    bound.setdefault(name, []).append(value)
            names.clear()
            names.update(before)
        for name, values in bound.items():
            if len(values) < len(bodies) and name in before:
                values.append(before[name])
            names[name] = joined(values)

    def guard(self, node: ast.If, test: Value) -> None:
        """Notes facts about a condition, such as a check for debuggers or sandboxes."""
        raise NotImplementedError

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        """Runs the body turn by turn where the items are known and not too many, else once for all."""
        if isinstance(node, ast.For):
            self.endless(node)
        source = objects.iterable(self, self.value(node.iter), node)
        items = folding.items_of(source) if (source.known or source.items) and source.ref == "" else []
        items = items if source.known else distinct(items)
        loop = self._loop(node)
        before = dict(self.scope.names)
        if items and len(items) <= MAX_LOOP and len(items) * loop.weight < 20_000:
            counts = isinstance(source.const, range) and not loop.builds
            turning, self.turning = self.turning, (self.turning | loop.decided) if source.known else self.turning
            with turns.counted(self):
                self._turn_by_turn(node, loop.turn, items, counts)
            self.turning = turning
            keep_sensitive(self.scope.names, before)  # a turn may end early
        else:
            every = module_names.element(self, source, node)
            self.bind(node.target, every if every is not None else self.element(source))
            self._body_once(node, source)
            self._forget_accumulated(node)
            keep_sensitive(self.scope.names, before)
            self._keep_known(before if source.known else {})
        self.body(node.orelse)

    def _turn_by_turn(self, node: ast.For | ast.AsyncFor, body: list[ast.stmt], items: list[Value], counts: bool) -> None:
        """Runs the body for each item. counts: the items only count the turns."""
        left: dict[str, object] = {}
        for turn, item in enumerate(items):
            self.bind(node.target, item)
            self.body(body)
            if counts and turn < 2:
                now = self._constants(node.target)
                if turn and now == left:
                    break  # two turns left the same names behind: further ones would too
                left = now

    def _keep_known(self, before: dict[str, Value]) -> None:
        """After a loop that may have had no turn at all: names bound before to something callable or named stay so."""
        for name, value in before.items():
            if (value.ref or value.closure or value.instance) and name in self.scope.names:
                self.scope.names[name] = value

    def _body_once(self, node: ast.For | ast.AsyncFor, source: Value) -> None:
        """Runs the body once, for all items together."""
        if comprehensions.ALL_VARIABLES not in source.taint:
            self.body(node.body)
            return
        names = frozenset(one.id for one in ast.walk(node.target) if isinstance(one, ast.Name))
        self.environment_loops.append(EnvironmentLoop(self.scope, names))
        try:
            self.body(node.body)
        finally:
            self.environment_loops.pop()

    def _constants(self, target: ast.expr) -> dict[str, object]:
        """The constants bound in the scope of a loop, without its target."""
        counter = target.id if isinstance(target, ast.Name) else ""
        return {name: value.const for name, value in self.scope.names.items() if value.known and name != counter}

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> Loop:
        """What the body of a loop is like, cached by loop."""
        found = self.loops.get(node)
        if found is None:
            self.loops[node] = found = loop_of(node)
        return found

    def _forget_accumulated(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        """After one turn that stands for many: what the body adds to is no constant any more."""
        for name in self._loop(node).added:
            value = self.scope.names.get(name)
            if value is not None and value.known:
                self.scope.names[name] = unknown(value)

    def element(self, source: Value) -> Value:
        """What the target of a loop over the value is bound to."""
        return iterated(source)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        left: list[Value] = []
        yielded: list[tuple[Value, Value, tuple[int, Taint]]] = []
        printed_to = self.stdout
        for item in node.items:
            value = self.value(item.context_expr)
            entered = special_methods.operated(self, value, "enter", [], node)
            if entered is None and value.items is not None and len(value.items) == 1:
                entered = value.items[0]  # what a generator function under `contextmanager` yields
                yielded.append((value, entered, _content(entered)))
            if item.optional_vars is not None:
                self.bind(item.optional_vars, entered if entered is not None else value)
            left.append(value)
        before = dict(self.scope.names)
        self.body(node.body)
        keep_sensitive(self.scope.names, before)  # it may swallow what ends its body early
        for value in left:
            special_methods.operated(self, value, "exit", [Value(), Value(), Value()], node)
        for value, entered, was in yielded:
            if _content(entered) != was:
                self.resume(value, entered)
        if self.stdout is not printed_to and any(value.ref in _REDIRECTS for value in left):
            self.redirect(printed_to)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        """Runs the body, then each handler as an alternative to the end of the body."""
        quiet = any(_swallows(handler) for handler in node.handlers)
        raised = len(self.raised)
        before = dict(self.scope.names)
        self.silent += quiet
        self.body(node.body)
        self.silent -= quiet
        for handler in node.handlers:
            after = dict(self.scope.names)
            if type(handler.type) is not ast.Name:  # any expression; it is evaluated when something is raised
                self.value(handler.type)
            if handler.name:
                thrown = self.raised[raised:]
                self.scope.set(handler.name, merged(thrown) if thrown else Value())
            absent = self.mentions_install and self.asks_for_missing(handler, handles_missing, node, handler)
            self.when_missing += absent
            self.body(handler.body)
            self.when_missing -= absent
            merge_with(self.scope.names, before, after)
        keep_sensitive(self.scope.names, before)
        self.body(node.orelse)
        self.body(node.finalbody)


_REDIRECTS = frozenset(  # they put back what they changed
    {"contextlib.redirect_stdout()", "contextlib.redirect_stderr()", "contextlib.ExitStack()"}
)


def _content(value: Value) -> tuple[int, Taint]:
    """What tells whether something was added to an object or container."""
    inner = value.items if value.items is not None else list((value.keys or {}).values())
    of_object = value.instance.all_attributes().values() if value.instance is not None else ()
    return len(inner), taint_of(value, *inner, *of_object)


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether this handler catches everything and does nothing about it."""
    broad = handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )
    return broad and all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)


_HANDLERS: dict[type[ast.stmt], Any] = {
    ast.Expr: Statements._expression,
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._augment,
    ast.Import: importing.imported,
    ast.ImportFrom: importing.imported_from,
    ast.FunctionDef: Statements._function,
    ast.AsyncFunctionDef: Statements._function,
    ast.ClassDef: Statements._class,
    ast.If: if_statements.followed,
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
    ast.Assert: Statements._assert,
    ast.Raise: Statements._raise,
    ast.Delete: Statements._delete,
    **type_parameters.STATEMENTS,
}
