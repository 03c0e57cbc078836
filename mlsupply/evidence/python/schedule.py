"""Which functions of a module are followed on their own, and in which order; the others only where they are called."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import suppress

from mlsupply.evidence.python.analyser import Analyser
from mlsupply.evidence.python.interpreter import hooks
from mlsupply.evidence.python.interpreter.factories import FactoryFunctions
from mlsupply.evidence.python.interpreter.machine import MAX_STEPS, BudgetError
from mlsupply.evidence.python.summaries import CARRIED
from mlsupply.evidence.python.syntax import reachability
from mlsupply.evidence.python.syntax.relevance import (
    calls,
    is_client,
    matters_in_module,
    mentions_one,
    mentions_sink,
    worth_following,
)
from mlsupply.evidence.python.syntax.survey import Mentions, Survey
from mlsupply.evidence.python.values.value import CLEAN, Closure, Taint, taint_of

_SHARED = frozenset((*CARRIED, "intercepted"))
# What is worth handing to the client of a service: all variables, and secrets of the user.
_PRIVATE = re.compile(r"environ\b(?!\s*(?:\[|\.(?:get|setdefault|pop)\b))|expanduser|Path\.home")
_OF_REST = 1_500  # steps for one statement of a module level that is too much to follow
_NESTED = 20  # statements within statements that are looked at there
_MAX_CHAIN = 8  # functions that only call one another


class Level:
    """The statements of the module level, and how far they have been followed."""

    def __init__(self, body: list[ast.stmt]) -> None:
        self._body = body
        self._at = 0

    def followed(self, end: int) -> Iterator[ast.stmt]:
        """The statements up to this place, one after the other, from where it stopped before."""
        while self._at < end:
            yield self._body[self._at]
            self._at += 1

    def left(self) -> list[ast.stmt]:
        """The statements behind the place where it stopped, and those within the one it stopped in."""
        return [inner for one in self._body[self._at :] for inner in _simple(one, _NESTED)]


def _simple(statement: ast.stmt, depth: int) -> Iterator[ast.stmt]:
    """The statement, or those in it where it only holds others."""
    if depth == 0 or not isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
        yield statement
        return
    parts = [statement.body, getattr(statement, "orelse", []), getattr(statement, "finalbody", [])]
    parts += [handler.body for handler in getattr(statement, "handlers", [])]
    for inner in (one for part in parts for one in part):
        yield from _simple(inner, depth - 1)


def rest(machine: Analyser, level: Level, survey: Survey) -> None:
    """What is followed of a module level that exhausted its budget: imports, definitions, and statements that name what
    runs, sends or loads. So work that is put in front hides nothing."""
    machine.scope, machine.running, machine.returned, machine.silent, machine.on_request = machine.module, [], [], 0, 0
    machine.root, machine.declined = "", False
    end = machine.steps + MAX_STEPS // 6
    left = level.left()
    imports = [one for one in left if isinstance(one, ast.Import | ast.ImportFrom)]
    others = [one for one in left if not isinstance(one, ast.Import | ast.ImportFrom)]
    for brought in imports:
        _followed(machine, brought, end)
    bound = _bound(machine)
    for statement in others:
        if _defines(statement) or worth_following(survey.of(statement), bound):
            _followed(machine, statement, end)


def _defines(statement: ast.stmt) -> bool:
    """Is this a function, a class, or a name for what takes no loop to make?"""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return not any(isinstance(node, ast.comprehension) for node in ast.walk(statement))
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _followed(machine: Analyser, statement: ast.stmt, end: int) -> None:
    machine.root_end = min(machine.steps + _OF_REST, end)
    with suppress(BudgetError, RecursionError):  # that it was too much is said already
        machine.statement(statement)


def functions(machine: Analyser, survey: Survey) -> None:
    """Follows every function that names what acts, and those that hand what one function gives to another. Where a function
    then left something for one that was followed earlier, that one is followed once more."""
    before = _shared(machine)
    done = _each(machine, survey)
    changed = {name for name, taint in _shared(machine).items() if not taint <= before.get(name, CLEAN)}
    if changed:
        machine.call_results.clear()
    for closure in [one for _, one in machine.closures if one in done] if changed else ():
        if machine.steps < MAX_STEPS and mentions_one(survey.of(closure.node), changed):
            machine.run_root(closure.name, closure)


def _each(machine: Analyser, survey: Survey) -> set[Closure]:
    bound = _bound(machine)
    wanted: Set[ast.AST] = survey.naming(_names_of_neighbours(machine)) if machine.linked else frozenset()

    def chosen(closure: Closure) -> bool:
        if closure.wrapper or hooks.gives_code(closure) or hooks.passed_in(closure):
            return True
        return closure.node in wanted or worth_following(survey.of(closure.node), bound)

    machine.sinkless = _quiet(survey, wanted, bound) if machine.alone else reachability.NONE
    done = _constructors(machine, chosen)
    factory_functions = FactoryFunctions(survey)
    place, left = 0, list[Closure]()
    while machine.steps < MAX_STEPS:
        while place < len(machine.closures) and machine.steps < MAX_STEPS:  # grows by what the functions define
            _, closure = machine.closures[place]
            place += 1
            nested = (
                closure in machine.ever_entered and "." in closure.name and closure.owner is None and not closure.wrapper
            )
            if closure in done or nested or (isinstance(closure.node, ast.Lambda) and closure in machine.ever_entered):
                continue
            if chosen(closure):
                if not factory_functions.enough_followed(machine, closure):
                    _alone(machine, closure, done)
            else:
                left.append(closure)
        hiding = {one for one in left if machine.takes and one not in done and _hides(machine, survey.of(one.node))}
        more = {one for one in left if machine.takes and _hands_on(machine, one, survey.of(one.node))}
        if place >= len(machine.closures) and not more and not hiding:
            _callers(machine, survey, left)
            return done
        for closure in [one for one in left if (one in more or one in hiding) and one not in done]:
            for first in _constructor(closure):
                if first not in done:
                    _alone(machine, first, done)
            _alone(machine, closure, done)
        left = [one for one in left if one not in more]
    machine.exhausted.add("*")
    return done


def _bound(machine: Analyser) -> dict[str, str]:
    """The names of the module that stand for what can run, send or load, to what they stand for."""
    found = {name: value.ref for name, value in machine.module.names.items() if matters_in_module(value.ref)}
    clients = {name: value.ref for name, value in machine.module.names.items() if is_client(value.ref)}
    if clients and _PRIVATE.search("\n".join(machine.lines)):
        found |= clients
    return found


def _quiet(survey: Survey, wanted: Set[ast.AST], bound: Mapping[str, str]) -> reachability.Sinkless:
    """The functions of the module that come to no end, and that no neighbour is about."""

    def is_sink(one: Mentions) -> bool:
        return one.node in wanted or mentions_sink(one, bound)

    return reachability.sinkless(survey, is_sink)


_CONSTRUCTORS = ("__init__", "__post_init__", "__attrs_post_init__")


def _alone(machine: Analyser, closure: Closure, done: set[Closure]) -> None:
    done.add(closure)
    machine.run_root(closure.name, closure)


def _constructor(closure: Closure) -> list[Closure]:
    """The constructors of the class of a method."""
    methods = closure.owner.methods if closure.owner is not None else {}
    return [methods[name] for name in _CONSTRUCTORS if name in methods]


def _constructors(machine: Analyser, chosen: Callable[[Closure], bool]) -> set[Closure]:
    """Those of classes of which something is followed, first: they tell the other methods what `self` holds."""
    methods = [closure for _, closure in machine.closures if closure.owner is not None]
    followed = {closure.owner for closure in methods if chosen(closure)}
    done = {closure for closure in methods if closure.owner in followed and closure.name.endswith(_CONSTRUCTORS)}
    for closure in methods:
        if closure in done:
            machine.run_root(closure.name, closure)
    return done


def _names_of_neighbours(machine: Analyser) -> set[str]:
    """The names a neighbour asked for or that neighbours are asked for, as this module writes them."""
    names = set(machine.neighbours.names)
    return names | {name for name, value in machine.module.names.items() if value.ref.rpartition(".")[2] in names}


def _shared(machine: Analyser) -> dict[str, Taint]:
    """Where what functions share comes from, as far as that is worth following: names of the module, attributes."""
    found: dict[str, Taint] = {}
    objects = [one for state in machine.states.values() for one in (state, *state.objects.values())]
    shared = [*machine.module.names.items(), *(pair for state in objects for pair in state.attributes.items())]
    for name, value in shared:
        if taint := frozenset(label for label in taint_of(value) if label.partition(":")[0] in _SHARED):
            found[name] = found.get(name, CLEAN) | taint
    return found


def _hands_on(machine: Analyser, closure: Closure, mentions: Mentions) -> bool:
    """Does it call what takes something somewhere, with what another one gives or with what it is there to pass on?"""
    if not calls(mentions, machine.takes):
        return False
    return closure.wrapper or bool(hooks.passed_in(closure)) or calls(mentions, machine.gives) or _makes_functions(closure)


def _hides(machine: Analyser, mentions: Mentions) -> bool:
    """Does it call what decodes and runs what it is given? That may be written here."""
    return calls(mentions, [name for name, takes in machine.takes.items() if any(take.layers for take in takes)])


def _makes_functions(closure: Closure) -> bool:
    """Is there a function inside, as of a decorator?"""
    inner = (node for node in ast.walk(closure.node) if node is not closure.node)
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in inner)


def _callers(machine: Analyser, survey: Survey, left: list[Closure]) -> None:
    """Functions that were not followed run what those they call are found to do."""
    doing: dict[str, list[set[str]]] = {}
    for _, roots in machine.facts.values():
        for name in roots - {"", "__main__", "<lambda>"}:
            doing.setdefault(name, []).append(roots)
    for _ in range(_MAX_CHAIN if doing else 0):
        more = [one for one in left if calls(survey.of(one.node), doing)]
        if not more:
            return
        taken = set(more)
        left = [one for one in left if one not in taken]
        for closure in more:
            mentions = survey.of(closure.node)
            reached = [roots for name, found in doing.items() if calls(mentions, (name,)) for roots in found]
            for roots in reached:
                roots.add(closure.name)
            doing.setdefault(closure.name, []).extend(reached)
