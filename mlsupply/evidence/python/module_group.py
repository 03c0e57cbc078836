"""Analyses several modules of one package together, with one state, as the program they make up.

Analysis module by module, even with summaries of the neighbours' functions, loses taint in objects: data that is put into an
object in one module and sent by its method in another is found only where both are followed together. That is done for the
few modules of a package that have sources and sinks between them, if they are small enough.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import ModuleFacts, Neighbours, dotted_name
from mlsupply.evidence.python import entry_points, late_hooks, schedule
from mlsupply.evidence.python.analyse import parsed
from mlsupply.evidence.python.analyser import Analyser
from mlsupply.evidence.python.interpreter import replacements
from mlsupply.evidence.python.interpreter.machine import MAX_STEPS, BudgetError
from mlsupply.evidence.python.syntax.survey import Survey
from mlsupply.evidence.python.values.effort import EFFORT
from mlsupply.evidence.python.values.value import HOLE, ClassState, Closure, Scope, Value, constant
from mlsupply.named import NamedTuple

BUDGET = 100_000  # steps for all modules of a group together: each was analysed alone before
_BETWEEN = "\x1f"  # in the name of a root, between the dotted name of the module and that of the function


class Source(NamedTuple):
    """The source of one module of the group. path: in the package; inner: below the folder that imports start from."""

    path: str
    inner: str
    text: bytes


class _Module:
    """A module of the group while it is analysed. begun: its module level was followed, or is being followed."""

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
        """The name of a root of this module. name: of the function; "" for the module level."""
        return f"{self.dotted}{_BETWEEN}{name}"


class GroupAnalyser(Analyser):
    """Follows several modules with one state, so that a name imported from one of them has its value there."""

    alone = False

    def __init__(self, modules: Iterable[_Module]) -> None:
        self.modules = {module.dotted: module for module in modules}
        first = next(iter(self.modules.values()))
        super().__init__(first.path, first.dotted, first.is_package)
        self.mentions_install = True
        self._module_by_scope = {id(module.scope): module for module in self.modules.values()}
        self.current = first
        self.switch_to(first)

    def switch_to(self, module: _Module) -> None:
        """Makes this module the one whose code is followed from now on."""
        self.current = module
        self.path, self.dotted, self.lines = module.path, module.dotted, module.lines
        self.package = module.dotted if module.is_package else module.dotted.rpartition(".")[0]
        self.module, self.closures = module.scope, module.closures

    def load(self, dotted: str) -> _Module | None:
        """Imports the module of this dotted name: its module level is followed, if it was not before. None where it is not
        of the group."""
        module = self.modules.get(dotted)
        if module is None or module.begun:
            return module
        self.load(dotted.rpartition(".")[0])
        if module.begun:
            return module
        module.begun = True
        before = (self.current, self.scope, self.root, self.running, self.returned, self.silent, self.on_request)
        self.switch_to(module)
        self.scope, self.root, self.running, self.returned = module.scope, module.root(""), [], []
        self.silent = self.on_request = 0
        module.scope.names["__name__"] = constant(module.dotted)
        module.scope.names["__file__"] = Value(taint=frozenset(("package-file:__file__",)), text=f"{HOLE}/{module.path}")
        module.scope.names["__doc__"] = constant(ast.get_docstring(module.tree, clean=False))
        try:
            self.body(module.tree.body)
        finally:
            importer, self.scope, self.root, self.running, self.returned, self.silent, self.on_request = before
            self.switch_to(importer)
        return module

    def neighbour(self, ref: str) -> Value | None:
        """The value of a dotted name that is a module of the group, or a name of one; None for any other."""
        if self.load(ref) is not None:
            return Value(ref)
        holder, _, name = ref.rpartition(".")
        module = self.load(holder)
        return module.scope.names.get(name) or self._lazily(module, name) if module is not None else None

    def _lazily(self, module: _Module, name: str) -> Value | None:
        """What the `__getattr__` of a module gives for a name that the module does not define (PEP 562); None without it."""
        makes = module.scope.names.get("__getattr__")
        if makes is None or makes.closure is None or name.startswith("__"):
            return None
        return self.enter(makes.closure, [constant(name)], {}, None)

    def names_of(self, dotted: str) -> dict[str, Value]:
        """The names of the module level of a module of the group; {} for any other module."""
        module = self.load(dotted)
        return module.scope.names if module is not None else {}

    def lines_of(self, dotted: str) -> list[str]:
        """The lines of a module of the group, or of the current one."""
        return self.modules.get(dotted, self.current).lines

    def lines_at(self, path: str) -> list[str] | None:
        return next((one.lines for one in self.modules.values() if path == f"{HOLE}/{one.path}"), None)

    def data_file(self, path: str) -> bytes | None:
        """A module of the group is a file of the package, too."""
        name = path.replace("\\", "/").rpartition("/")[2]
        found = [one for one in self.modules.values() if name.endswith(".py") and one.path.rpartition("/")[2] == name]
        beside = [one for one in found if one.path.rpartition("/")[0] == self.path.rpartition("/")[0]]
        chosen = beside or found
        return "\n".join(chosen[0].lines).encode() if len(chosen) == 1 else super().data_file(path)

    def lines_around(self, closure: Closure) -> list[str]:
        return self._module_of(closure).lines

    def _outside_attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        found = self.neighbour(f"{owner.ref}.{name}") if owner.ref in self.modules else None
        return found if found is not None else super()._outside_attribute(owner, name, node)

    def stored(self, owner: Value, key: Value, value: Value, node: ast.AST) -> None:
        """Does `owner[key] = value`. A module of the group put into `sys.modules` replaces the functions of that name."""
        super().stored(owner, key, value, node)
        if owner.ref == "sys.modules" and value.ref in self.modules and isinstance(key.const, str):
            for name, found in list(self.names_of(value.ref).items()):
                if found.closure is not None and not name.startswith("_"):
                    replacements.follow(self, f"{key.const}.{name}", found.closure, node)

    def enter(self, closure: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST | None) -> Value:
        """Follows a call of the function, in the module that defines it."""
        module = self._module_of(closure)
        if module is self.current:
            return super().enter(closure, args, keywords, node)
        before = self.current
        self.switch_to(module)
        try:
            return super().enter(closure, args, keywords, node)
        finally:
            self.switch_to(before)

    def _module_of(self, closure: Closure) -> _Module:
        """The module that defines a function."""
        scope = closure.scope
        while scope.outer is not None:
            scope = scope.outer
        return self._module_by_scope.get(id(scope), self.current)

    def assign(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        """Does `owner.name = value`, also where the owner is a module of the group."""
        if owner.ref in self.modules and owner.instance is None and owner.closure is None:
            self.modules[owner.ref].scope.names[name] = value
            return
        super().assign(owner, name, value, node)

    def run_root(self, name: str, closure: Closure, heir: ClassState | None = None) -> None:
        """Follows a function as an entry point, whose root has the module in its name."""
        super().run_root(self.root_of(name), closure, heir)

    def root_of(self, name: str) -> str:
        return self.current.root(name)

    def release(self) -> None:
        """Breaks the reference cycles in all modules."""
        self.closures = [pair for module in self.modules.values() for pair in module.closures]
        super().release()
        for module in self.modules.values():
            module.scope.names.clear()

    def names_of_others(self, module: _Module) -> list[str]:
        """The names of the module that stand for something defined in another module of the group."""
        return [name for name, value in module.scope.names.items() if self._is_of_other(value, module)]

    def _is_of_other(self, value: Value, module: _Module) -> bool:
        closure = value.closure or (value.instance.closure if value.instance is not None else None)
        return value.ref in self.modules or (closure is not None and self._module_of(closure) is not module)

    def holds_neighbour(self, method: Closure, names: Set[str]) -> bool:
        if method.owner is None:
            return False
        module = self._module_of(method)
        held = [state.attributes.get(name) for state in (method.owner, *method.owner.objects.values()) for name in names]
        return any(value is not None and self._is_of_other(value, module) for value in held)

    def main_root(self) -> str:
        return self.root + "__main__" if self.root.endswith(_BETWEEN) else self.root


def analysed(sources: list[Source], data: Mapping[str, bytes] | None = None) -> list[ModuleFacts]:
    """The facts of a group of modules followed together, one `ModuleFacts` for each that can be parsed. A fact stands with
    the module of the roots it is reached from, which may not be the one it lies in; why the analysis was cut short, with the
    first module. data: data files that the modules name, by path."""
    trees = [(source, parsed(source.text)) for source in sources]
    modules = [_Module(source, tree) for source, tree in trees if not isinstance(tree, str)]
    if not modules:
        return []
    EFFORT.begin()
    machine = GroupAnalyser(modules)
    machine.data = data or {}
    machine.linked, machine.steps = True, MAX_STEPS - BUDGET
    machine.root_end = machine.steps + BUDGET // 2
    try:
        for module in modules:
            machine.load(module.dotted)
        for module in modules:
            machine.switch_to(module)
            machine.scope, machine.root = module.scope, module.root("")
            late_hooks.follow(machine)
    except (BudgetError, RecursionError):
        machine.exhausted.add("")
    machine.run_deferred()
    followed = []
    for module in modules:
        machine.switch_to(module)
        machine.neighbours = Neighbours({}, {}, machine.names_of_others(module))
        followed.append(schedule.follow_functions(machine, module.survey))
    for module, before in zip(modules, followed, strict=True):
        machine.switch_to(module)
        schedule.follow_late(machine, module.survey, before)
    entry_points.run_held(machine)
    found, cut = _facts_by_module(machine), bool(machine.exhausted) or EFFORT.spent
    stopped = "too much to follow in its modules together" if cut else ""
    machine.release()
    results = [_module_facts(module, found.get(module.dotted, [])) for module in modules]
    return [replace(results[0], stopped=stopped), *results[1:]]


def _module_facts(module: _Module, facts: list[tuple[CodeFact, tuple[str, ...]]]) -> ModuleFacts:
    """The result for one module. Its `functions` are the roots of its facts, by which it is found out when they run."""
    roots = dict.fromkeys(root for _, roots in facts for root in roots)
    return ModuleFacts(path=module.path, dotted=module.dotted, facts=tuple(facts), functions=tuple(roots))


def _facts_by_module(machine: GroupAnalyser) -> dict[str, list[tuple[CodeFact, tuple[str, ...]]]]:
    """Dotted name -> the facts that are reached from roots of that module, with the names of these."""
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
