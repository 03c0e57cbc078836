"""Import loaders of the module's own classes: what their methods give is run where something is loaded with them.

A class below `importlib.abc.InspectLoader` only has to say what the source of a module is; `exec_module` and `load_module`,
which it inherits, compile and run that (documentation of `importlib.abc`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import hooks, objects
from mlsupply.evidence.python.libraries import execution
from mlsupply.evidence.python.values.value import Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# Methods that give the code of a module. Where one is missing, the base makes its result of that of the next.
_GIVES_CODE = ("get_code", "get_source", "get_data")
_RUNS = (".exec_module", ".load_module")
_TAKES_LOADERS = frozenset(
    {"importlib.util.spec_from_loader", "importlib.util.spec_from_file_location", "importlib.machinery.ModuleSpec"}
)


def followed(machine: Analyser, call: Call) -> None:
    """Notes what is run by a call that loads a module with a loader of this module, or makes a spec of one."""
    for loader in _loaders(machine, call):
        for name in _GIVES_CODE:
            if loader.instance is not None and (method := loader.instance.methods.get(name)) and hooks.gives_code(method):
                given = machine.enter(method, [loader, _asked_for(machine, call, loader, name)], {}, call.node)
                execution.executed(machine, call._replace(ref="builtins.exec", args=[given]), given)
                break


def _loaders(machine: Analyser, call: Call) -> Iterator[Value]:
    """The loaders of this module that the call loads with."""
    if call.ref.endswith(_RUNS) and call.receiver is not None:
        yield call.receiver
    for value in call.all if call.ref in _TAKES_LOADERS else ():
        if value.closure is not None and isinstance(value.closure.node, ast.ClassDef):
            yield objects.any_object(machine.class_state(value.closure))  # its methods may be called on the class
        else:
            yield value


def _asked_for(machine: Analyser, call: Call, loader: Value, name: str) -> Value:
    """What the method is asked for: the name of the module, or the path that the loader says it is at."""
    where = loader.instance.methods.get("get_filename") if loader.instance is not None else None
    asked = next((one for one in reversed(call.args) if isinstance(one.const, str)), Value())
    return machine.enter(where, [loader, asked], {}, call.node) if where is not None and name == "get_data" else asked
