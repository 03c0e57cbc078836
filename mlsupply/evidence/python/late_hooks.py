"""Functions of the module level that others call soon after the import, by their names: they are followed like it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.value import Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_OF_NAMES = ("__getattr__", "__dir__")  # PEP 562: for each name that the module does not define
_NAMES = (*_OF_NAMES, "load_ipython_extension", "pytest_configure", "pytest_load_initial_conftests")


def follow(machine: Analyser) -> None:
    """Follows those that the module has, wherever they were made: functions, methods taken off an object, objects that can
    be called, methods of a class that the module was given. Raises BudgetError."""
    names = machine.module.names
    for name in _NAMES:
        found = names.get(name)
        if found is None or (found.closure is None and found.instance is None and found.bound is None):
            continue
        if found.closure is None or not isinstance(found.closure.node, ast.ClassDef):
            given = [Value("IPython.get_ipython()")] * name.startswith("load_ipython")
            machine.call(found, given, {}, ast.Pass())
    kind = names.get("__class__")
    if kind is not None and kind.closure is not None and isinstance(kind.closure.node, ast.ClassDef):
        methods = machine.class_state(kind.closure).methods
        for method in (methods[name] for name in _OF_NAMES if name in methods):
            machine.enter(method, machine.implicit_arguments(method), {}, None)
