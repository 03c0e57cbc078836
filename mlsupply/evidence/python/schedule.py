"""Which functions of a module are followed as entry points, and in which order; the others are followed only where they are
called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set
from contextlib import suppress
from itertools import islice

from mlsupply.evidence.python import inherited
from mlsupply.evidence.python.analyser import Analyser
from mlsupply.evidence.python.interpreter import hooks
from mlsupply.evidence.python.interpreter.factories import FactoryFunctions
from mlsupply.evidence.python.interpreter.machine import MAX_STEPS, BudgetError
from mlsupply.evidence.python.network import requested
from mlsupply.evidence.python.summaries import CARRIED
from mlsupply.evidence.python.syntax import reachability
from mlsupply.evidence.python.syntax.relevance import (
    calls,
    matters_in_module,
    may_rebuild,
    mentioned_as,
    mentions_one,
    mentions_sink,
    names_request,
    of_client_library,
    worth_following,
)
from mlsupply.evidence.python.syntax.survey import Mentions, Survey, is_command
from mlsupply.evidence.python.values.value import CLEAN, Closure, Taint, Value, taint_of
from mlsupply.named import NamedTuple

_SHARED = frozenset((*CARRIED, "intercepted"))  # kinds of taint that matter in shared variables
# Code that reads the whole environment or the home folder: worth following where a client could send it.
_PRIVATE = re.compile(r"environ\b(?!\s*(?:\[|\.(?:get|setdefault|pop)\b))|expanduser|Path\.home")
_STATEMENT_STEPS = 1_500  # for one statement of a module level that exhausted its budget
_NESTED = 20  # depth of statements within statements that are looked at there
_SMALL = 3_000  # characters: of a module up to this size every function is followed, since names alone leave much open
_LATE_STEPS = 20_000  # for the functions of a module that are followed once more at the end
_MAX_CHAIN = 8  # calls between a function that was not followed and one with facts


class ModuleLevel:
    """The statements of the module level, and how far they have been followed."""

    def __init__(self, body: list[ast.stmt]) -> None:
        self._body = body
        self._at = 0

    def followed(self, end: int) -> Iterator[ast.stmt]:
        """The statements up to number `end`, from where the last call stopped."""
        while self._at < end:
            yield self._body[self._at]
            self._at += 1

    def left(self) -> list[ast.stmt]:
        """The simple statements from the place where it stopped, those within the statement it stopped in included."""
        return [inner for one in self._body[self._at :] for inner in _simple(one, _NESTED)]


def _simple(statement: ast.stmt, depth: int) -> Iterator[ast.stmt]:
    """The statement, or the simple statements within it where it is a branch, loop, `try` or `with`."""
    if depth == 0 or not isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
        yield statement
        return
    parts = [statement.body, getattr(statement, "orelse", []), getattr(statement, "finalbody", [])]
    parts += [handler.body for handler in getattr(statement, "handlers", [])]
    for inner in (one for part in parts for one in part):
        yield from _simple(inner, depth - 1)


def follow_rest(machine: Analyser, level: ModuleLevel, survey: Survey) -> None:
    """Follows the rest of a module level that exhausted its budget, each statement within a budget of its own: imports,
    definitions, and statements that mention a sink or source. So expensive code put in front hides nothing."""
    machine.at_module_level()
    machine.root = ""
    end = machine.steps + MAX_STEPS // 6
    left = level.left()
    imports = [one for one in left if isinstance(one, ast.Import | ast.ImportFrom)]
    others = [one for one in left if not isinstance(one, ast.Import | ast.ImportFrom)]
    for one in imports:
        _follow_statement(machine, one, end)
    bound = _bound(machine)
    for statement in others:
        if _defines(statement) or worth_following(survey.of(statement), bound):
            _follow_statement(machine, statement, end)


def _defines(statement: ast.stmt) -> bool:
    """Whether this defines a function or class, or assigns something that needs no comprehension."""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return not any(isinstance(node, ast.comprehension) for node in ast.walk(statement))
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _follow_statement(machine: Analyser, statement: ast.stmt, end: int) -> None:
    machine.root_end = min(machine.steps + _STATEMENT_STEPS, end)
    with suppress(BudgetError, RecursionError):  # the root is noted as exhausted already
        machine.statement(statement)


class Followed(NamedTuple):
    """What was known when the functions of a module had been followed. done: its entry points; taint: of what functions
    share; held: how many functions and objects the containers hold that they share. Both by name."""

    done: set[Closure]
    taint: dict[str, Taint]
    held: dict[str, int]


def follow_functions(machine: Analyser, survey: Survey) -> Followed:
    """Follows the entry points of the module. Where one of them leaves taint in a name or attribute that an entry point
    followed earlier mentions, that one is followed again."""
    before, held = _shared_taint(machine), _shared_holdings(machine)
    done = _EntryPoints(machine, survey).follow()
    _follow_tainted(machine, survey, Followed(done, before, held))
    machine.run_changed()
    return Followed(done, _shared_taint(machine), held)


def _follow_tainted(machine: Analyser, survey: Survey, before: Followed) -> None:
    """Follows the entry points again that mention what has been tainted since."""
    changed = {name for name, taint in _shared_taint(machine).items() if not taint <= before.taint.get(name, CLEAN)}
    if changed:
        machine.call_results.clear()
    carried = changed & machine.carried.keys()
    for closure in [one for _, one in machine.closures if one in before.done] if changed else ():
        mentions = survey.of(closure.node)
        reads = mentions_one(mentions, changed) or not carried.isdisjoint(mentions.attributes)
        if machine.steps < MAX_STEPS and reads:
            machine.run_root(closure.name, closure)


def follow_late(machine: Analyser, survey: Survey, before: Followed) -> None:
    """Follows functions once more when all others have been, those of other modules too: what they read may be tainted by
    now, and what they call out of a container may have been put there. That this ends early is no gap: each of them, and
    what is put there, is followed by itself too."""
    exhausted, most = set(machine.exhausted), machine.steps + _LATE_STEPS
    if not machine.alone:
        _follow_tainted(machine, survey, before)
    held = _shared_holdings(machine)
    filled = {name for name, count in held.items() if count > before.held.get(name, 0)}
    nodes = {closure: survey.of(closure.node) for _, closure in machine.closures} if held else {}
    names = {closure.name.rpartition(".")[2] for closure, mentions in nodes.items() if mentions.has_name_in(set(held))}
    for closure, mentions in nodes.items():
        if machine.steps >= min(most, MAX_STEPS):
            break
        wanted = names | filled if closure in before.done else names | held.keys()
        if mentions.has_name_in(wanted) and machine.calls_held(closure):
            machine.call_results.clear()
            machine.run_root(closure.name, closure)
    machine.exhausted = exhausted


class _EntryPoints:
    """Chooses the entry points among the functions of a module, and follows them."""

    def __init__(self, machine: Analyser, survey: Survey) -> None:
        self._machine = machine
        self._survey = survey
        self._bound = _bound(machine)
        self._wanted: Set[ast.AST] = survey.naming(_names_of_neighbours(machine)) if machine.linked else frozenset()
        self._factory_functions = FactoryFunctions(survey)
        self._small = machine.alone and sum(map(len, machine.lines)) <= _SMALL
        self._next = 0  # index of the first of `machine.closures` that was not considered yet
        self._done: set[Closure] = set()  # followed as entry points
        self._left: list[Closure] = []  # considered, but not chosen so far

    def follow(self) -> set[Closure]:
        """Follows the functions that may reach a sink or read a source; then those that pass something to what they were
        found to do, until there are no more. Returns all of these."""
        machine = self._machine
        machine.sinkless = reachability.sinkless(self._survey, self._is_sink) if machine.alone else reachability.NONE
        self._follow_constructors()
        while machine.steps < MAX_STEPS:
            self._follow_chosen()
            decoding = {one for one in self._left if machine.takes and one not in self._done and self._passes_encoded(one)}
            passing = {one for one in self._left if machine.takes and self._passes_on(one)}
            if self._next >= len(machine.closures) and not passing and not decoding:
                self._follow_inherited()
                _note_callers(machine, self._survey, self._left)
                return self._done
            for closure in [one for one in self._left if (one in passing or one in decoding) and one not in self._done]:
                for constructor in _constructors(closure):
                    if constructor not in self._done:
                        self._run(constructor)
                self._run(closure)
            self._left = [one for one in self._left if one not in passing]
        machine.exhausted.add("*")
        return self._done

    def _run(self, closure: Closure) -> None:
        self._done.add(closure)
        self._machine.run_root(closure.name, closure)

    def _is_sink(self, mentions: Mentions) -> bool:
        return mentions.node in self._wanted or mentions_sink(mentions, self._bound)

    def _is_chosen(self, closure: Closure) -> bool:
        """Whether the function may reach a sink or read a source, is wanted by a neighbour, or has callers elsewhere."""
        if self._small or closure.wrapper or hooks.gives_code(closure) or hooks.passed_in(closure) not in {"", "request"}:
            return True
        mentions = self._survey.of(closure.node)
        if closure.node in self._wanted or worth_following(mentions, self._bound):
            return True
        if not self._machine.alone and self._machine.holds_neighbour(closure, {name for _, name in mentions.dotted}):
            return True
        if requested.stands_before(closure):
            return True
        return may_rebuild(mentions) and (names_request(mentions) or hooks.passed_in(closure) == "request")

    def _follow_constructors(self) -> None:
        """Follows the constructors of classes with a chosen method first: they say what the attributes of `self` hold."""
        methods = [closure for _, closure in self._machine.closures if closure.owner is not None]
        owners = {closure.owner for closure in methods if self._is_chosen(closure)}
        self._done |= {closure for closure in methods if closure.owner in owners and closure.name.endswith(_CONSTRUCTORS)}
        for closure in methods:
            if closure in self._done:
                self._machine.run_root(closure.name, closure)

    def _follow_inherited(self) -> None:
        """Follows inherited methods once more, as those of a subclass that defines anew what they use: a base class may do
        with what a subclass gives it."""
        left = _MOST_INHERITED
        for state in [one for one in self._machine.states.values() if one.parents]:
            anew = inherited.defined_anew(state)
            for name, method in inherited.that_use(state, anew):
                told = method in self._done or any(one in self._done for used, one in state.methods.items() if used in anew)
                if state.closure is None or state.closure.scope is not self._machine.module or not told:
                    continue
                if not left or self._machine.steps >= MAX_STEPS:
                    self._machine.exhausted.add("*")
                    return
                left -= 1
                self._machine.run_root(f"{state.name}.{name}", method, state)

    def _follow_chosen(self) -> None:
        """Considers the functions defined since the last time, and follows those that are chosen."""
        machine = self._machine
        while self._next < len(machine.closures) and machine.steps < MAX_STEPS:  # grows by what these define in turn
            _, closure = machine.closures[self._next]
            self._next += 1
            if closure in self._done or self._was_followed_where_defined(closure):
                continue
            if not self._is_chosen(closure):
                self._left.append(closure)
            elif not self._factory_functions.enough_followed(machine, closure):
                self._run(closure)

    def _was_followed_where_defined(self, closure: Closure) -> bool:
        """Whether this is a lambda or an inner function, no wrapper, that was called already where it is defined."""
        if closure not in self._machine.ever_entered:
            return False
        inner = "." in closure.name and closure.owner is None and not closure.wrapper
        return inner or isinstance(closure.node, ast.Lambda)

    def _passes_on(self, closure: Closure) -> bool:
        """Whether it calls a function that passes its arguments to a sink, and has something to give it: the result of
        another function, what callers elsewhere pass, or what an inner function of it is given."""
        machine, mentions = self._machine, self._survey.of(closure.node)
        if not calls(mentions, machine.takes):
            return False
        has_callers = closure.wrapper or bool(hooks.passed_in(closure))
        return has_callers or calls(mentions, machine.gives) or _has_inner_function(closure)

    def _passes_encoded(self, closure: Closure) -> bool:
        """Whether it calls a function that decodes and runs its arguments, which may be constants of this one."""
        decoding = [name for name, takes in self._machine.takes.items() if any(take.layers for take in takes)]
        return calls(self._survey.of(closure.node), decoding)


_MOST_INHERITED = 256  # methods that are followed once more
_CONSTRUCTORS = ("__init__", "__post_init__", "__attrs_post_init__")


def _constructors(closure: Closure) -> list[Closure]:
    """The constructors of the class of a method."""
    methods = closure.owner.methods if closure.owner is not None else {}
    return [methods[name] for name in _CONSTRUCTORS if name in methods]


def _bound(machine: Analyser) -> dict[str, str]:
    """The names of the module level that stand for something that matters, with its dotted name. Clients of services count
    only where the module reads the whole environment or the home folder."""
    found = {name: value.ref for name, value in machine.module.names.items() if matters_in_module(value.ref)}
    found |= {name: "a command" for name, value in machine.module.names.items() if _is_command(value)}
    clients = {name: value.ref for name, value in machine.module.names.items() if of_client_library(value.ref)}
    if clients and _PRIVATE.search("\n".join(machine.lines)):
        found |= clients
    return found


def _is_command(value: Value) -> bool:
    """Whether the value is a constant that starts like a command, or a list that does."""
    first = value.const[0] if isinstance(value.const, list | tuple) and value.const else value.const
    return isinstance(first, str) and is_command(first)


def _names_of_neighbours(machine: Analyser) -> set[str]:
    """The names, as this module writes them, that make a function worth following for its neighbours."""
    names = set(machine.neighbours.names)
    return names | {name for name, value in machine.module.names.items() if value.ref.rpartition(".")[2] in names}


def _shared(machine: Analyser) -> list[tuple[str, Value]]:
    """What functions share, with its name: variables of the module level, attributes of objects."""
    objects = [one for state in machine.states.values() for one in (state, *state.objects.values())]
    of_objects = (pair for state in objects for pair in state.attributes.items())
    return [*machine.module.names.items(), *machine.carried.items(), *of_objects]


def _shared_taint(machine: Analyser) -> dict[str, Taint]:
    """The taint worth following of what functions share, by name: variables of the module level, attributes of objects."""
    found: dict[str, Taint] = {}
    for name, value in _shared(machine):
        if taint := frozenset(label for label in taint_of(value) if label.partition(":")[0] in _SHARED):
            found[name] = found.get(name, CLEAN) | taint
    return found


def _shared_holdings(machine: Analyser) -> dict[str, int]:
    """How many functions and objects the containers hold that functions share, by name."""
    found: dict[str, int] = {}
    for name, value in _shared(machine):
        if count := sum(one.closure is not None or one.instance is not None for one in _held_in(value)):
            found[name] = found.get(name, 0) + count
    return found


_MOST_HELD = 64  # entries of one container that are counted


def _held_in(value: Value) -> Iterator[Value]:
    """What a container and those in it hold, at most _MOST_HELD of each."""
    todo = [value]
    for one in todo:
        if len(todo) > _MOST_HELD:
            break
        todo += [*islice(one.items or (), _MOST_HELD), *islice((one.keys or {}).values(), _MOST_HELD)]
    return iter(todo[1:])


def _has_inner_function(closure: Closure) -> bool:
    """Whether a function is defined within it, as in a decorator."""
    inner = (node for node in ast.walk(closure.node) if node is not closure.node)
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in inner)


def _note_callers(machine: Analyser, survey: Survey, left: list[Closure]) -> None:
    """Adds functions that were not followed to the roots of the facts of the functions they call, through at most _MAX_CHAIN
    calls."""
    doing: dict[str, list[set[str]]] = {}  # function -> the sets of roots of its facts
    own = machine.root_of("")
    for _, roots in machine.facts.values():
        for name in {root.removeprefix(own) for root in roots if root.startswith(own)} - {"", "__main__", "<lambda>"}:
            doing.setdefault(name, []).append(roots)
    by_word: dict[str, dict[str, None]] = {}
    for name in doing:
        by_word.setdefault(mentioned_as(name), {})[name] = None
    for _ in range(_MAX_CHAIN if doing else 0):
        callers = dict.fromkeys(one for one in left if _called_by(survey.of(one.node), by_word))
        if not callers:
            return
        left = [one for one in left if one not in callers]
        for closure in callers:
            reached = [roots for name in _called_by(survey.of(closure.node), by_word) for roots in doing[name]]
            for roots in reached:
                roots.add(machine.root_of(closure.name))
            doing.setdefault(closure.name, []).extend(reached)
            by_word.setdefault(mentioned_as(closure.name), {})[closure.name] = None


def _called_by(mentions: Mentions, by_word: dict[str, dict[str, None]]) -> list[str]:
    """The functions that a function with these mentions calls. by_word: `mentioned_as` -> functions to look for."""
    words = sorted(by_word.keys() & (mentions.names | mentions.attributes))
    return [name for word in words for name in by_word[word] if calls(mentions, (name,))]
