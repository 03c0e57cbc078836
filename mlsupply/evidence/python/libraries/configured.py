"""Functions that a library calls because a configuration names them: `_target_` of Hydra, `()` of `logging.config`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import reflection
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.value import Value, taint_of, text_of, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# Dotted name of the function that reads the configuration -> the keys under which it names what is called.
_READERS = {
    "hydra.utils.instantiate": ("_target_",),
    "hydra.utils.call": ("_target_",),
    "logging.config.dictConfig": ("()",),
}
_FOR_READER = frozenset(
    {"_target_", "_args_", "_recursive_", "_convert_", "_partial_", "()", "level", "formatter", "filters"}
)
_DEEPEST, _MOST = 5, 64  # levels of a configuration, targets in it


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that reads such a configuration, each function it names called; None for any other call."""
    if (names := _READERS.get(call.ref)) is None or not call.args:
        return None
    made = []
    for place, (target, below) in enumerate(_named(machine, call.args[0], names, 0)):
        if place == _MOST:
            machine.cut_off = True
            break
        args = folding.items_of(below["_args_"]) if "_args_" in below else []
        given = {name: value for name, value in {**below, **call.keywords}.items() if name not in _FOR_READER}
        args += call.args[1:] or ([] if args else list(given.values())[:1])  # a builtin has no names for its arguments here
        made.append(machine.call(function_of(machine, target, call), args, given, call.node))
    from mlsupply.evidence.python.libraries import log_settings

    log_settings.applied(machine, call)
    result = unknown(*call.all)
    result.taint |= taint_of(*made)
    return result


def function_of(machine: Analyser, target: Value, call: Call) -> Value:
    """The function that a target names: one of the module, or of a library."""
    if not isinstance(target.const, str):
        return target
    own = machine.module.names.get(target.const.removeprefix(machine.dotted + "."))
    if own is not None:
        return own
    owner, _, name = reflection.real_name(target.const).rpartition(".")
    return machine.attribute(Value(owner), name, call.node) if owner else Value(f"builtins.{name}")


def _named(machine: Analyser, config: Value, names: tuple[str, ...], depth: int) -> Iterator[tuple[Value, dict[str, Value]]]:
    """(target, its entries) for each target in the configuration, at any depth."""
    machine.tick()  # counts as a step: the same part may stand in many places
    below = containers.entries(config) if config.keys is not None or isinstance(config.const, dict) else {}
    for name in names:
        if name in below and (text_of(below[name]) or below[name].closure is not None):
            yield below[name], below
    if depth < _DEEPEST:
        for value in (*below.values(), *(folding.items_of(config) if not below else ())):
            if value is not config:
                yield from _named(machine, value, names, depth + 1)
