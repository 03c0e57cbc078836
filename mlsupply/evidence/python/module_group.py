"""Modules of one package followed together, as the one program they are: what objects of one module hold and do in another.

Looking at modules one by one, even with what is known about their neighbours' functions, ends at objects: data put into an
object in one module and sent by its method in another is seen only where both are followed together. That is done for the
few modules of a package that have something worth sending or running and something that sends or runs, if they are small
enough.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace

from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import ModuleFacts, Neighbours, dotted_name
from mlsupply.evidence.python import schedule
from mlsupply.evidence.python.analyse import parsed
from mlsupply.evidence.python.analyser import Analyser
from mlsupply.evidence.python.interpreter import replacements
from mlsupply.evidence.python.interpreter.machine import MAX_STEPS, BudgetError
from mlsupply.evidence.python.syntax.survey import Survey
from mlsupply.evidence.python.values.value import Closure, Scope, Value, constant
from mlsupply.named import NamedTuple

BUDGET = 100_000  # steps for all modules of a group: each was followed alone before
_BETWEEN = "\x1f"  # in the name of a root: the module, then the function


class Source(NamedTuple):
    """One module of the group. path: in the package; inner: below the folder imports start from."""

    path: str
    inner: str
    text: bytes


class _Module:
    """A module while the group is followed."""

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self.path = source.path
        self.dotted, self.is_package = dotted_name(source.inner or source.path)
        self.tree = tree
        self.survey = Survey(tree)
        self.lines = source.text.decode("utf-8", "replace").split("\n")
        self.scope = Scope()
        self.closures: list[tuple[str, Closure]] = []
        self.begun = False

    def root(self, name: str) -> str:
        return f"{self.dotted}{_BETWEEN}{name}"


class Together(Analyser):
    """Follows several modules with one state; a name imported from one of them is what it is there."""

    alone = False

    def __init__(self, modules: Iterable[_Module]) -> None:
        self.modules = {module.dotted: module for module in modules}
        first = next(iter(self.modules.values()))
        super().__init__(first.path, first.dotted, first.is_package)
        self.mentions_install = True
        self.places = {id(module.scope): module for module in self.modules.values()}
        self.here = first
        self.switch_to(first)

    def switch_to(self, module: _Module) -> None:
        """Makes this module the one whose code is followed from here on."""
        self.here = module
        self.path, self.dotted, self.lines = module.path, module.dotted, module.lines
        self.package = module.dotted if module.is_package else module.dotted.rpartition(".")[0]
        self.module, self.closures = module.scope, module.closures

    def loaded(self, dotted: str) -> _Module | None:
        """The module of this dotted name, its module level followed as an import would; None where it is not of the
        group."""
        module = self.modules.get(dotted)
        if module is None or module.begun:
            return module
        self.loaded(dotted.rpartition(".")[0])
        if module.begun:
            return module
        module.begun = True
        before = (self.here, self.scope, self.root, self.running, self.returned, self.silent, self.on_request)
        self.switch_to(module)
        self.scope, self.root, self.running, self.returned = module.scope, module.root(""), [], []
        self.silent = self.on_request = 0
        module.scope.names["__name__"] = constant(module.dotted)
        module.scope.names["__doc__"] = constant(ast.get_docstring(module.tree, clean=False))
        try:
            self.body(module.tree.body)
        finally:
            here, self.scope, self.root, self.running, self.returned, self.silent, self.on_request = before
            self.switch_to(here)
        return module

    def neighbour(self, ref: str) -> Value | None:
        """The module, or the value of the name in one of them, that a dotted name stands for; None where it is not of the
        group."""
        if self.loaded(ref) is not None:
            return Value(ref)
        module = self.loaded(ref.rpartition(".")[0])
        return module.scope.names.get(ref.rpartition(".")[2]) if module is not None else None

    def names_of(self, dotted: str) -> dict[str, Value]:
        """The names of the module level of a module of the group; {} for any other."""
        module = self.loaded(dotted)
        return module.scope.names if module is not None else {}

    def _outside_attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        found = self.neighbour(f"{owner.ref}.{name}") if owner.ref in self.modules else None
        return found if found is not None else super()._outside_attribute(owner, name, node)

    def stored(self, owner: Value, key: Value, value: Value, node: ast.AST) -> None:
        """`sys.modules[name] = module` of the group: each of its functions stands for the one of that name."""
        super().stored(owner, key, value, node)
        if owner.ref == "sys.modules" and value.ref in self.modules and isinstance(key.const, str):
            for name, inner in list(self.names_of(value.ref).items()):
                if inner.closure is not None and not name.startswith("_"):
                    replacements.follow(self, f"{key.const}.{name}", inner.closure, node)

    def enter(self, closure: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST | None) -> Value:
        """Follows the function in the module it is written in."""
        place = self._place(closure)
        if place is self.here:
            return super().enter(closure, args, keywords, node)
        before = self.here
        self.switch_to(place)
        try:
            return super().enter(closure, args, keywords, node)
        finally:
            self.switch_to(before)

    def _place(self, closure: Closure) -> _Module:
        scope = closure.scope
        while scope.outer is not None:
            scope = scope.outer
        return self.places.get(id(scope), self.here)

    def assign(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        """`module.name = value` changes that module."""
        if owner.ref in self.modules and owner.instance is None and owner.closure is None:
            self.modules[owner.ref].scope.names[name] = value
            return
        super().assign(owner, name, value, node)

    def run_root(self, name: str, closure: Closure) -> None:
        """Follows a function on its own; its name as a root says its module too."""
        super().run_root(self.here.root(name), closure)

    def release(self) -> None:
        """Undoes the circles in all modules."""
        self.closures = [pair for module in self.modules.values() for pair in module.closures]
        super().release()
        for module in self.modules.values():
            module.scope.names.clear()

    def names_of_others(self, module: _Module) -> list[str]:
        """The names of the module that stand for what is written in another module of the group."""
        found = []
        for name, value in module.scope.names.items():
            closure = value.closure or (value.instance.closure if value.instance is not None else None)
            if value.ref in self.modules or (closure is not None and self._place(closure) is not module):
                found.append(name)
        return found

    def main_root(self) -> str:
        return self.root + "__main__" if self.root.endswith(_BETWEEN) else self.root


def followed(sources: list[Source], data: Mapping[str, bytes] | None = None) -> list[ModuleFacts]:
    """Facts of a group of modules, as far as they show where all are followed together; those that cannot be parsed are left
    out. Each fact stands with the module of the roots it is reached from, which may not be the one it lies in. data: files
    of data that they name, by path."""
    trees = [(source, parsed(source.text)) for source in sources]
    modules = [_Module(source, tree) for source, tree in trees if not isinstance(tree, str)]
    if not modules:
        return []
    machine = Together(modules)
    machine.data = data or {}
    machine.linked, machine.steps = True, MAX_STEPS - BUDGET
    machine.root_end = machine.steps + BUDGET // 2
    try:
        for module in modules:
            machine.loaded(module.dotted)
    except (BudgetError, RecursionError):
        machine.exhausted.add("")
    machine.run_deferred()
    for module in modules:
        machine.switch_to(module)
        machine.neighbours = Neighbours({}, {}, machine.names_of_others(module))
        schedule.follow_functions(machine, module.survey)
    found, stopped = _told(machine), "too much to follow in its modules together" if machine.exhausted else ""
    machine.release()
    modules_seen = [_module(one, found.get(one.dotted, [])) for one in modules]
    return [replace(modules_seen[0], stopped=stopped), *modules_seen[1:]]


def _module(module: _Module, facts: list[tuple[CodeFact, tuple[str, ...]]]) -> ModuleFacts:
    """functions: those of its facts, by which others that call them find the moment."""
    roots = dict.fromkeys(root for _, roots in facts for root in roots)
    return ModuleFacts(path=module.path, dotted=module.dotted, facts=tuple(facts), functions=tuple(roots))


def _told(machine: Together) -> dict[str, list[tuple[CodeFact, tuple[str, ...]]]]:
    """The facts by the module of the roots they are reached from."""
    found: dict[str, list[tuple[CodeFact, tuple[str, ...]]]] = {}
    for fact, roots in machine.all_facts():
        names: dict[str, list[str]] = {}
        for root in roots:
            dotted, between, name = root.partition(_BETWEEN)
            if between:
                names.setdefault(dotted, []).append(name)
        for dotted, here in names.items():
            found.setdefault(dotted, []).append((fact, tuple(sorted(here))))
    return found
