"""Callbacks that are called later: by a thread, a pool, an event loop, at exit, on a signal."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import special_methods
from mlsupply.evidence.python.libraries.removing import REMOVES
from mlsupply.evidence.python.network import object_servers, servers
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.merging import merged
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, layers_of, taint_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# These take the arguments of the function as one tuple.
_PACKS = re.compile(r"\.(?:Timer|start_new_thread|Thread|Process|apply|apply_async|enter|enterabs|execute)$")
_EACH = re.compile(r"\.(?:map|imap|imap_unordered|map_async)$")  # these call it with every item
_EACH_PACKED = re.compile(r"\.starmap(?:_async)?$")
_TRACERS = frozenset({"sys.settrace", "sys.setprofile", "sys.addaudithook", "threading.settrace", "threading.setprofile"})
_AWAITED = re.compile(
    r"\.(?:run|wait_for|create_task|ensure_future|to_thread|run_until_complete|run_coroutine_threadsafe|shield)$"
)
_TASKS = (".create_task", ".ensure_future", ".run_coroutine_threadsafe", ".gather")  # coroutines that run on beside others
_WITH_ITS_OWN = re.compile(
    r"\.(?:register|finalize|(?:push_async_)?callback|submit|to_thread)$"
)  # keywords are for the function
_MOST_AGAIN = 5_000  # steps of a function that is followed once more for what it calls out of a container
_TAKES_DATA = re.compile(r"builtins\.(?!(?:map|filter)$)")  # functions that are given objects for what these hold
_NOT_GIVEN = frozenset({"args", "argument", "kwargs", "iterable", "initargs", "daemon", "name"})


def started(machine: Analyser, call: Call) -> Value:
    """Follows the callback of a call; returns a value for the thread, task or result."""
    handed = [*call.args, *(value for name, value in call.keywords.items() if name not in _NOT_GIVEN)]
    target = next((at for at, value in enumerate(call.args) if acts(value)), None)
    inner, extra = _arguments(call, target), call.keywords.get("kwargs") or _packed_keywords(call, target)
    keywords = dict(containers.entries(extra) or {"**": extra}) if extra is not None else {}
    if extra is None and target is not None and _WITH_ITS_OWN.search(call.ref):
        keywords = dict(call.keywords)
    if call.ref in _TRACERS:
        inner = [Value(taint=machine.origin("intercepted", call.ref, call.line))] * 3
    given: list[Value] = []
    for at, value in enumerate(handed):
        if (made := machine.coroutines.get(id(value))) is not None and call.ref.endswith(_TASKS):
            function = Value()
            function.closure = made.closure
            machine.deferred.append((function, made.args, made.keywords, call.node, machine.root))
        if (value.closure is not None and not isinstance(value.closure.node, ast.ClassDef)) or (
            _is_callable_object(value) and target in {None, at} and not _TAKES_DATA.match(call.ref)
        ):
            given.append(run(machine, value, inner, keywords, call.node))
        elif value.bound is not None or (
            value.ref and value.ref != call.ref and (inner or _answers(value.ref)) and (target is None or at == target)
        ):
            given.append(machine.call(value, inner, keywords, call.node))
        elif value.ref:
            machine.edges.add((machine.root, value.ref))
    return _result(call, given)


def run(machine: Analyser, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> Value:
    """Follows a function that is called while other code goes on: now, and once more at the end, when its arguments may have
    changed, or what it calls out of a container: the latter unless it is long. Returns its result of now."""
    changes = any(value.items is not None or value.keys is not None or value.instance is not None for value in args)
    again = (function, args, keywords, node, machine.root)
    if changes:
        machine.deferred.append(again)
    before = machine.steps
    if not changes and function.closure is not None and machine.containers_around(function.closure):
        machine.remember_begun(function, args, keywords, node)
    result = machine.call(function, args, keywords, node)
    short = machine.steps - before <= _MOST_AGAIN
    if not changes and short and function.closure is not None and machine.calls_held(function.closure):
        machine.deferred.append(again)
    return result


def _arguments(call: Call, target: int | None) -> list[Value]:
    extra = call.keywords.get("args") or call.keywords.get("argument") or call.keywords.get("iterable")
    if extra is not None:
        return folding.items_of(extra)
    if target is None:
        return []
    rest = call.args[target + 1 :]
    if call.ref.startswith("apscheduler.") and call.ref.endswith(".add_job"):
        return folding.items_of(rest[1]) if len(rest) > 1 else []  # behind what sets it off
    if rest and _EACH_PACKED.search(call.ref):
        rows = [folding.items_of(item) for item in folding.items_of(rest[0])]
        return [merged(list(column)) for column in zip(*rows, strict=False)]
    if rest and _EACH.search(call.ref):
        columns = [folding.items_of(one) for one in rest]
        return [merged(items) if items else _one_of(one) for items, one in zip(columns, rest, strict=True)]
    rest = rest[_names(call, target) :]
    if rest and _PACKS.search(call.ref):
        return folding.items_of(rest[0]) or [Value(taint=rest[0].taint)] * bool(rest[0].taint)
    return rest


def _packed_keywords(call: Call, target: int | None) -> Value | None:
    """The mapping of keyword arguments behind the packed arguments of the function, which is the argument number `target`;
    None where there is none."""
    if target is None or not _PACKS.search(call.ref):
        return None
    place = target + 2 + _names(call, target)
    return call.args[place] if place < len(call.args) else None


def _names(call: Call, target: int) -> int:
    """How many arguments stand between the function and its own: 1 where a thread or process is given a name, or None."""
    after = call.args[target + 1 : target + 2]
    return int(call.ref.endswith((".Thread", ".Process")) and bool(after) and isinstance(after[0].const, str | None))


def _one_of(several: Value) -> Value:
    """One item of a collection, labelled as any of them."""
    return Value("", NOTHING, several.taint, several.text, several.layers)


def _result(call: Call, given: list[Value]) -> Value:
    taint = taint_of(*given, *call.all)
    if _AWAITED.search(call.ref):
        coroutines = given or call.args[:1]
        return merged(coroutines) if coroutines else Value(call.ref + "()", NOTHING, taint)
    made = Value(call.ref + "()", NOTHING, taint, HOLE, layers_of(*given, *call.all))
    if call.ref.endswith(".gather"):
        made.ref, made.items = "", list(call.args)
    elif given and not call.ref.endswith((".Thread", ".Process", ".Timer", ".register")):
        made.items = given
    return made


def _answers(ref: str) -> bool:
    return servers.starts(ref) or object_servers.starts(ref)


def _is_callable_object(value: Value) -> bool:
    return value.instance is not None and value.closure is None and "__call__" in value.instance.methods


def acts(value: Value) -> bool:
    """Is it a function or callable object of this module, or one that runs, starts, sends or removes something?"""
    if _is_callable_object(value):
        return True
    if value.closure is not None:
        return not isinstance(value.closure.node, ast.ClassDef)
    ref = value.ref
    if ref in REMOVES:
        return True
    return ref in know.RUNS_CODE or ref in know.LOOKUPS or know.COMMANDS.match(ref) or know.SENDS.match(ref) or _answers(ref)


_STACKED = re.compile(r"^contextlib\.(?:Async)?ExitStack\(\)\.(?P<how>enter_(?:async_)?context|push(?:_async_exit)?)$")


def stacked(machine: Analyser, call: Call) -> Value | None:
    """What a stack of contexts gives for one it is handed: what `with` would bind, where it enters that one. What leaving it
    runs is followed once all else was. None for any other call."""
    found = _STACKED.match(call.ref)
    if found is None or not call.args:
        return None
    context, entered = call.args[0], None
    if found["how"].startswith("enter"):
        entered = special_methods.operated(machine, context, "enter", [], call.node)
        if entered is None and context.items is not None and len(context.items) == 1:
            entered = context.items[0]  # what a generator function under `contextmanager` yields
    leaves, given = context, [Value(), Value(), Value()]
    if context.instance is not None:
        ways = (context.instance.methods.get(name) for name in special_methods.OPERATIONS["exit"])
        leaves, given = Value(), [context, *given]
        leaves.closure = next(filter(None, ways), None)
    if leaves.closure is not None and not isinstance(leaves.closure.node, ast.ClassDef):
        machine.deferred.append((leaves, given, {}, call.node, machine.root))
    return entered or context


_RUNS_TESTS = know.Calls(
    r"^(?:unittest\.(?:main|TestProgram)|unittest\.\w{0,20}Runner\(\)\.run|pytest\.(?:console_)?main|nose2?\.\w{1,20})$"
)
_TESTS = re.compile(r"(?:test|(?:async_)?(?:set_?up|tear_?down))", re.IGNORECASE)


def tests_run(machine: Analyser, call: Call) -> None:
    """Follows the tests of this module, and what prepares them, where an import runs them: a program that is asked may."""
    if not _RUNS_TESTS.match(call.ref) or machine.root:
        return
    for _, closure in list(machine.closures):
        name = closure.name.rpartition(".")[2]
        of_case = closure.owner is not None and any("Test" in base for base in (closure.owner.name, *closure.owner.bases))
        if _TESTS.match(name) and (of_case or closure.scope is machine.module):
            machine.enter(closure, machine.implicit_arguments(closure), {}, call.node)
