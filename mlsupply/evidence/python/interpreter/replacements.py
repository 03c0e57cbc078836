"""Functions and objects that are put in the place of others (monkey-patching, hooks of clients): what passes through them is
labelled as intercepted."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter.machine import MAX_ROOT_STEPS, MAX_STEPS
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.value import HOLE, ClassState, Closure, Value, text_of
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# Hooks for errors: what they are given is what programs report, so it does not count as intercepted.
_ERROR_HOOKS = frozenset(
    {"sys.excepthook", "threading.excepthook", "sys.unraisablehook", "sys.__excepthook__", "warnings.showwarning"}
)


def follow_hooks(machine: Analyser, value: Value, node: ast.AST, depth: int = 3) -> None:
    """Follows the functions that a client calls with each request or answer. value: one of them, or a container of them, at
    most `depth` levels deep."""
    if value.closure is not None:
        follow(machine, "a hook of a client", value.closure, node, machine.implicit_arguments(value.closure))
    for inner in [*(value.keys or {}).values(), *(value.items or [])][:16] if depth else ():
        follow_hooks(machine, inner, node, depth - 1)


def follow_methods(machine: Analyser, name: str, state: ClassState, node: ast.AST) -> None:
    """Follows each method of a class that is put, or of which an object is put, in the place of the module or class `name`,
    as the replacement of the function of the same name there."""
    for method, closure in state.methods.items():
        if method in {"__getattr__", "__init__", "__call__"} or not method.startswith("_"):
            follow(machine, f"{name}.{method}", closure, node, machine.implicit_arguments(closure))
    for attribute, value in state.attributes.items():
        if value.closure is not None:
            follow(machine, f"{name}.{attribute}", value.closure, node)


def follow_module(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Follows what is put into `sys.modules` in the place of the module `name`: the methods of an object or class, and the
    functions that a namespace or another module is given as attributes, where that name is known."""
    if value.instance is not None:
        follow_methods(machine, name, value.instance, node)
    elif value.closure is not None and isinstance(value.closure.node, ast.ClassDef):
        follow_methods(machine, name, machine.class_state(value.closure), node)
    for attribute, one in list((value.keys or {}).items()) if HOLE not in name else ():
        if one.closure is not None or one.instance is not None:
            machine.patch(f"{name}.{attribute}", one, node)


def follow_object(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Follows the call of an object that is put in the place of the function `name`."""
    closure = value.instance.methods.get("__call__") if value.instance is not None else None
    if closure is not None:
        follow(machine, name, closure, node, [value])


_WRAPS = re.compile(
    r"^wrapt\.(?:\w+\.)?(?:wrap_function_wrapper|wrap_object|FunctionWrapper)$|^(?:unittest\.)?mock\.patch(?:\.object)?$"
)
# Calls of wrapt that make a decorator: for what takes the place of a function, or is called once a module is there.
_DECORATORS = re.compile(
    r"^wrapt\.(?:\w+\.)?(?P<of>patch_function_wrapper|transient_function_wrapper|when_imported|decorator)(?P<made>\(\))?$"
)


def follow_wrapping_call(machine: Analyser, call: Call) -> Value | None:
    """Follows what `wrapt.wrap_function_wrapper(module, name, wrapper)`, a decorator of wrapt or `mock.patch` puts in the
    place of a function. Returns what a call of wrapt makes, where that is a decorator or what one gives; else None."""
    if (found := _DECORATORS.match(call.ref)) is not None:
        return _decorated(machine, call, found["of"]) if found["made"] else _decorator(machine, call, found["of"])
    if call.ref.startswith("wrapt.") and call.ref.endswith(".register_post_import_hook") and len(call.args) > 1:
        return machine.call(call.args[0], [Value(text_of(call.args[1]))], {}, call.node)
    if _WRAPS.search(call.ref):
        name = _joined([value for value in call.all if value.closure is None])
        for value in call.all:
            if value.closure is not None:
                first = machine.implicit_arguments(value.closure)
                follow(machine, name or "a wrapped function", value.closure, call.node, first)
    return None


def _joined(values: list[Value]) -> str:
    """The dotted name that a module or class and a name within it give."""
    return ".".join(part for value in values if (part := (value.ref or text_of(value)).replace(HOLE, "")))


def _decorator(machine: Analyser, call: Call, kind: str) -> Value:
    """The decorator that a call of wrapt makes; `text` is what it is for. A function that `wrapt.decorator` is given stands
    around all that are decorated with it."""
    made = Value(f"{call.ref}()", text=_joined([value for value in call.all if value.closure is None]))
    wrapper = call.args[0] if call.args else None
    if kind == "decorator" and wrapper is not None and wrapper.closure is not None:
        wrapper.closure.wrapper, wrapper.closure.brings = True, wrapper.closure.brings or "intercepted"
        made.keys = {"wrapper": wrapper}
    return made


def _decorated(machine: Analyser, call: Call, kind: str) -> Value | None:
    """Follows the function that such a decorator is applied to; returns what takes its place."""
    given = call.args[0] if call.args else Value()
    if kind == "decorator":
        wrapper = (call.function.keys or {}).get("wrapper")
        return given if given.closure is not None or wrapper is None else wrapper
    if kind == "when_imported":
        machine.call(given, [Value(call.function.text)], {}, call.node)
    elif given.closure is not None:
        follow(machine, call.function.text or "a wrapped function", given.closure, call.node)
    return given


def follow_patch(machine: Analyser, name: str, value: Value, node: ast.AST, *, own: bool) -> None:
    """Follows a function of this module that is put in the place of the function `name`. own: that one is of the same
    package; then nothing is intercepted, unless the replacement calls the original."""
    closure, given = value.closure, value.bound.args if value.bound is not None else []
    if closure is None or (own and not _may_call(machine, closure, name, given)):
        return
    known, before, machine.passed_back = len(machine.facts), machine.passed_back, False
    try:
        follow(machine, name, closure, node, given)
    finally:
        if own and not machine.passed_back:
            label = safe(f"intercepted {name}", 80)
            for key, (fact, _) in list(machine.facts.items())[known:]:
                if fact.source == "intercepted" and any(step.startswith(label) for step in fact.chain):
                    del machine.facts[key]
        machine.passed_back = before


def follow_patch_of_argument(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Follows a wrapper that is put in the place of a method of a class that the function was given as an argument: it sees
    what all users of that class pass."""
    closure = value.closure
    if closure is not None and closure.wrapper and not isinstance(closure.node, ast.ClassDef | ast.Lambda):
        follow(machine, f"{name} of a class it is given", closure, node)


def _may_call(
    machine: Analyser,
    closure: Closure,
    name: str,
    given: list[Value],
    depth: int = 3,
    seen: dict[Closure, int] | None = None,
) -> bool:
    """Whether the function may call the original of this dotted name: it, the arguments it was bound to (`given`), or a
    function that it calls (`depth` levels) mentions the original or something that holds it. seen: functions that were
    looked at, with their depth, so that many that call each other cost little."""
    seen = {} if seen is None else seen
    seen[closure] = depth
    last = name.rpartition(".")[2]
    words: set[str] = set()
    for node in descendants((closure.node,)):
        machine.tick()
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            words |= {alias.name for alias in node.names}
    kept = {saved.rpartition(".")[2] for saved, ref in machine.saved.items() if is_original(machine, ref, name)}
    if last in words or not kept.isdisjoint(words):
        return True
    found = {word: value for word in words if (value := closure.scope.find(word)) is not None}
    if any(is_original(machine, one.ref, name) for value in (*found.values(), *given) for one in _with_contents(value)):
        return True
    inner = [
        value.closure for word, value in found.items() if value.closure is not None and word not in machine.module.names
    ]
    return depth > 0 and any(
        _may_call(machine, one, name, [], depth - 1, seen) for one in inner if seen.get(one, -1) < depth - 1
    )


def _with_contents(value: Value) -> list[Value]:
    """The value and the first 16 items and entries it holds."""
    return [value, *(value.items or ())[:16], *list((value.keys or {}).values())[:16]]


def is_original(machine: Analyser, ref: str, name: str) -> bool:
    """Whether `ref` is the function of this dotted name, or a name under which the module keeps the original."""
    ref = machine.saved.get(ref, ref)
    return ref == name or (
        ref.rpartition(".")[2] == name.rpartition(".")[2] and ref.partition(".")[0] == name.partition(".")[0]
    )


def follow(machine: Analyser, name: str, closure: Closure, node: ast.AST, first: list[Value] | None = None) -> None:
    """Follows a function that replaces the function `name` of another module, with all its arguments labelled as intercepted
    (or received, where it handles messages). first: arguments before those, as the object of a method."""
    from mlsupply.evidence.python.network import diverted

    if isinstance(closure.node, ast.ClassDef) or closure in machine.running:
        return
    kind = "received" if know.MESSENGERS.match(name) or name.rpartition(".")[2] == "on_message" else "intercepted"
    kind = "parameter" if name in _ERROR_HOOKS else kind
    label = machine.origin(kind, name, getattr(node, "lineno", 0))
    spec = closure.node.args
    given = first or []
    args = [*given, *(Value(taint=label) for _ in [*spec.posonlyargs, *spec.args][len(given) :])]
    keywords = {parameter.arg: Value(taint=label) for parameter in spec.kwonlyargs}
    if spec.vararg is not None:
        args.append(Value(taint=label))
    if spec.kwarg is not None:
        keywords["**"] = Value(taint=label)
    wrapper, closure.wrapper = closure.wrapper, name not in _ERROR_HOOKS
    before, machine.replacing = machine.replacing, name
    begun, end = machine.steps, machine.root_end
    machine.root_end = max(end, min(begun + MAX_ROOT_STEPS, MAX_STEPS))  # it is an entry point for who calls the original
    returned = machine.enter(closure, args, keywords, node)
    machine.root_end = max(end, min(end + machine.steps - begun, MAX_STEPS))
    closure.wrapper, machine.replacing = wrapper, before
    diverted.answered(machine, name, closure, returned, node)
