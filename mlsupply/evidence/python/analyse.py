"""Analyses one Python file: `module` for a source file, `pth` for what `.pth` and `.start` files execute."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlsupply.evidence.explained.mapping import maps_memory
from mlsupply.evidence.files.start_lines import start_lines, text_of
from mlsupply.evidence.module_facts import HELD, STAR, ModuleFacts, Neighbours, dotted_name
from mlsupply.evidence.python import entry_points, late_hooks, schedule
from mlsupply.evidence.python.analyser import Analyser
from mlsupply.evidence.python.interpreter import default_run
from mlsupply.evidence.python.interpreter.machine import MAX_STEPS, BudgetError
from mlsupply.evidence.python.libraries import persistence
from mlsupply.evidence.python.network import misdirected_keys, tunnels
from mlsupply.evidence.python.schedule import ModuleLevel
from mlsupply.evidence.python.summaries import note_constants
from mlsupply.evidence.python.syntax import appearance, cpuid, newer, quietly
from mlsupply.evidence.python.syntax.survey import Survey
from mlsupply.evidence.python.values.effort import EFFORT
from mlsupply.evidence.python.values.value import CLEAN, Value, constant
from mlsupply.text import safe

MAX_SOURCE = 8 << 20  # bytes of one file
_MOST_START_LINES = 500  # of one `.pth`: those of setuptools and of editable installs have one to five
# What documentation for people does not hold: statements of Python, rows of blanks at the ends of lines, very long words.
_NOT_FOR_PEOPLE = re.compile(
    r"(?m)^[ \t]*(?:import|from|exec|def|for|with|print)\b[^\n.]{0,200}[(:]|(?:[ \t]{4}|\t | \t)$|[A-Za-z0-9+/=_-]{80}|\\x"
)


def module(
    path: str, source: bytes, inner: str = "", neighbours: Neighbours | None = None, *, foreign: bool = False
) -> ModuleFacts:
    """The facts of a Python source file. Never raises for what the file holds: `stopped` says what was not followed. inner:
    the path below the folder that imports start from, where that is not the whole path; neighbours: the summaries of other
    modules of the package, for a second look; foreign: the module is put among those of another project."""
    dotted, is_package = dotted_name(inner or path)
    if len(source) > MAX_SOURCE:
        return ModuleFacts(path=path, dotted=dotted, stopped=f"larger than {MAX_SOURCE:,} bytes of source")
    tree = parsed(source)
    if isinstance(tree, str):
        return ModuleFacts(path=path, dotted=dotted, stopped=tree)
    text = source.decode("utf-8", "replace")
    machine = Analyser(path, dotted, is_package)
    machine.lines, machine.foreign, machine.mentions_install = text.split("\n"), foreign, "install" in text
    EFFORT.begin()
    machine.neighbours, machine.linked = neighbours or machine.neighbours, neighbours is not None
    machine.module.names["__doc__"] = _documentation(machine, tree)
    machine.module.names["__name__"] = constant(dotted)
    survey = Survey(tree)
    _run(machine, tree.body, survey)
    for sight in appearance.sights(text, tree, survey):
        machine.root, machine.code_line = "", sight.line
        _note_sight(machine, sight)
    persistence.tables(machine)
    result = _result(machine)
    machine.release()
    if len(source) <= cpuid.MAX_SOURCE and any(maps_memory(fact) for fact, _ in result.facts):
        return replace(result, carriers=cpuid.carriers(tree))
    return result


def pth(path: str, source: bytes) -> ModuleFacts:
    """The facts of the lines of a `.pth` or `.start` file that Python executes (`start_lines`)."""
    EFFORT.begin()
    machine = Analyser(path, "", False)
    machine.lines = text_of(source).splitlines()
    unparsed = ""
    for place, (number, line) in enumerate(start_lines(path, source)):
        if place == _MOST_START_LINES:
            unparsed = unparsed or f"too much to follow: start lines from line {number} on were not"
            break
        machine.root, machine.code_line = "", number
        machine.fact("start-hook", None, detail=safe(line, 160))
        tree = parsed(line.encode()) if len(line) <= MAX_SOURCE else "too long to be parsed"
        if isinstance(tree, str):
            unparsed = unparsed or f"start line {number} was not followed: {tree}"
            continue
        for node in ast.walk(tree):
            if hasattr(node, "lineno"):
                node.lineno = number
        machine.code_line = number
        survey = Survey(tree)
        _run(machine, tree.body, survey)
        for sight in appearance.sights(line, tree, survey):
            machine.root = ""
            _note_sight(machine, sight)
    result = _result(machine)
    return replace(result, stopped=result.stopped or unparsed)


def _documentation(machine: Analyser, tree: ast.Module) -> Value:
    """The value of `__doc__`. It counts as encoded where it holds what is not written for people: it can hide code."""
    text = ast.get_docstring(tree, clean=False)
    hides = text is not None and _NOT_FOR_PEOPLE.search(text) is not None
    return constant(text, (), machine.origin("encoded", "text of documentation", 1) if hides else CLEAN)


def _note_sight(machine: Analyser, sight: appearance.Sight) -> None:
    machine.fact(
        sight.behaviour,
        None,
        detail=sight.detail,
        layers=sight.layers,
        decoded=sight.decoded,
        hidden=sight.hidden,
        variant=sight.variant,
    )


def parsed(source: bytes) -> ast.Module | str:
    """The syntax tree of a source file, or a phrase why it cannot be parsed. Never raises."""
    try:
        return quietly.tree_of(source)
    except SyntaxError as error:
        return newer.unread(error)
    except (ValueError, LookupError) as error:
        return f"not Python: {safe(str(error), 80)}"
    except RecursionError:
        return "nested too deeply to be parsed"
    except MemoryError:  # the parser raises this where its stack is full, too
        return "too much to be parsed: nested too deeply or too large for the memory it is given"


def _run(machine: Analyser, body: list[ast.stmt], survey: Survey) -> None:
    """Follows the module level, then the functions that are entry points."""
    machine.root_end = machine.steps + MAX_STEPS // 3
    left = ModuleLevel(body)
    try:
        imported = default_run.statements_run_by_import(body, machine.lines)
        machine.body(left.followed(imported))
        machine.root = machine.main_root()
        machine.body(left.followed(len(body)))
        machine.root = ""
        late_hooks.follow(machine)
    except (BudgetError, RecursionError):
        machine.exhausted.add("")
        schedule.follow_rest(machine, left, survey)
    if machine.cut_off:
        machine.exhausted.add("")
    machine.run_deferred()
    schedule.follow_late(machine, survey, schedule.follow_functions(machine, survey))
    entry_points.run_held(machine)


def _result(machine: Analyser) -> ModuleFacts:
    """The facts and the summary of a module that was followed."""
    misdirected_keys.judged(machine)
    tunnels.judged(machine)
    facts = [(fact, tuple(sorted(roots))) for fact, roots in machine.all_facts()]
    note_constants(machine)
    exports = [one for name, value in machine.module.names.items() for one in _stands_for(machine, name, value)]
    exports += [(f"{STAR}{HELD}{place}", base) for place, base in enumerate(machine.star_bases)]
    stopped = ""
    if machine.too_deep and machine.gives:
        giving = _that_give(machine)
        machine.exhausted.update(root for root, one in machine.too_deep if one.name.rpartition(".")[2] in giving)
    if machine.exhausted:
        stopped = f"too much to follow in {_few(machine.exhausted)}"
    elif EFFORT.spent:
        stopped = "too much to follow: texts and lists that it makes are longer than are kept"
    elif machine.unread:
        stopped = machine.unread
    elif machine.facts_dropped:
        stopped = "too much to tell: there are more facts than are kept of one module"
    return ModuleFacts(
        path=machine.path,
        dotted=machine.dotted,
        facts=tuple(facts),
        edges=tuple(sorted(machine.edges)),
        functions=tuple(dict.fromkeys(closure.name for _, closure in machine.closures)),
        exports=tuple(exports),
        stopped=stopped,
        gives=tuple(machine.gives.items()),
        takes=tuple((name, take) for name, takes in machine.takes.items() for take in takes),
        wants=tuple(sorted(machine.wants)),
        hands=tuple((name, tuple(sorted(names))) for name, names in sorted(machine.hands.items())),
    )


def _that_give(machine: Analyser) -> set[str]:
    """The last parts of the names of the functions that return something worth following, itself or through others: it
    does not arrive at an entry point from which one of them was too deep to be entered."""
    mentions = {
        closure.name.rpartition(".")[2]: {
            one.id if isinstance(one, ast.Name) else one.attr
            for one in ast.walk(closure.node)
            if isinstance(one, ast.Name | ast.Attribute)
        }
        for _, closure in machine.closures
    }
    found = {name.rpartition(".")[2] for name in machine.gives}
    grown = True
    while grown:
        more = {name for name, used in mentions.items() if name not in found and not found.isdisjoint(used)}
        found |= more
        grown = bool(more)
    return found


_MOST_HELD = 64  # functions of one container that are exported


def _stands_for(machine: Analyser, name: str, value: Value) -> Iterator[tuple[str, str]]:
    """The entries of `ModuleFacts.exports` for a name at module level."""
    if value.ref and "()" not in value.ref:
        yield name, value.ref
        return
    if value.instance is not None and value.instance.closure is not None:
        yield f"{name}{HELD}", f"{machine.dotted}.{value.instance.name}"
    held = [*(value.keys or {}).values(), *(value.items or ())]
    functions = [one for one in held[: 4 * _MOST_HELD] if one.ref or one.closure is not None] if held else []
    for place, one in enumerate(functions[:_MOST_HELD]):
        ref = one.ref or (f"{machine.dotted}.{one.closure.name}" if one.closure is not None else "")
        if "." in ref:
            yield f"{name}{HELD}{place}", ref.replace("()", "")


def _few(names: Iterable[str]) -> str:
    """The first five of the names of roots, in words, and how many more there are."""
    shown = sorted(name or "the module level" for name in names)
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
