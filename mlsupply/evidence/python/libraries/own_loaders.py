"""What is loaded as a module by way of `importlib`, `pkgutil` and `zipimport`: the code that import loaders of the module's
own classes give, and what finders find in folders and archives that the module fills.

A class below `importlib.abc.InspectLoader` only has to say what the source of a module is; `exec_module` and `load_module`,
which it inherits, compile and run that (documentation of `importlib.abc`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import hooks, objects
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.libraries import execution, storage
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import CLEAN, Taint, Value, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

# Methods that give the code of a module. Where one is missing, the base makes its result of that of the next.
_GIVES_CODE = ("get_code", "get_source", "get_data")
_RUNS = (".exec_module", ".load_module")
_TAKES_LOADERS = frozenset(
    {"importlib.util.spec_from_loader", "importlib.util.spec_from_file_location", "importlib.machinery.ModuleSpec"}
)

# Functions that look for modules in the folders and archives they are given, one or a list of them.
FINDERS = frozenset(
    {
        "pkgutil.walk_packages", "pkgutil.iter_modules", "pkgutil.get_importer", "pkgutil.find_loader", "imp.find_module",
        "importlib.machinery.PathFinder.find_spec", "importlib.machinery.PathFinder().find_spec",
        "importlib.machinery.FileFinder", "importlib.machinery.FileFinder.path_hook()", "zipimport.zipimporter",
    }
)  # fmt: skip
_MOST_PLACES = 64  # of a list of them that are looked at; what is beyond is a gap


def found_in(machine: Analyser, call: Call, places: Value) -> Taint:
    """The labels of what this module put into the folder or archive, or into those of a list, that modules are looked for
    in. Notes one of them that is a file of the package with a name as data has."""
    found, several = CLEAN, _each(places)
    machine.cut_off |= len(several) > _MOST_PLACES
    for place in several[:_MOST_PLACES]:
        if execution.OTHER_SUFFIX.search(text_of(place)):  # a folder's name has no ending
            execution.disguised(machine, call, place)
        written = storage.content_of(machine, place)
        found |= storage.taint_below(machine, text_of(place)) | (written.taint if written is not None else CLEAN)
    return found


def _each(places: Value) -> list[Value]:
    return [places] if isinstance(places.const, str) else folding.items_of(places) or [places]


def is_searched(name: str) -> bool:
    """Whether this dotted name is a list of folders in which modules are looked for."""
    return name == "sys.path" or name.rpartition(".")[2] == "__path__"


_PUTS = frozenset({"append", "insert", "extend"})


def put(machine: Analyser, call: Call) -> None:
    """Notes a call that adds to such a list what is fetched or decoded; `sys.path.append` and `insert` are sinks of their
    own."""
    holder, _, name = call.ref.rpartition(".")
    if name in _PUTS and is_searched(holder) and call.args:
        path_changed(machine, call.args[-1], call.node)


def put_by_shape(machine: Analyser, call: Call, name: str) -> None:
    """The same for the package's own `__path__`, which has no dotted name. name: of the method."""
    holder = call.node.func.value if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else None
    if name in _PUTS and call.args and isinstance(holder, ast.Name) and holder.id == "__path__":
        path_changed(machine, call.args[-1], call.node)


def path_changed(machine: Analyser, places: Value, node: ast.AST) -> None:
    """Notes what is imported from now on out of the folders that such a list is given: one, or several."""
    several = _each(places)
    machine.cut_off |= len(several) > _MOST_PLACES
    for place in several[:_MOST_PLACES]:
        execution.loaded(machine, Call("sys.path.insert", Value("sys.path.insert"), [place], {}, node, None))


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
