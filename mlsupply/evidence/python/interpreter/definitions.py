"""Definitions of functions and classes, and what they run: decorators, defaults, bases, metaclasses."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from mlsupply.evidence.python import places
from mlsupply.evidence.python.interpreter import decorators, special_methods, type_parameters, wrappers
from mlsupply.evidence.python.interpreter.entering import Entering
from mlsupply.evidence.python.network import requested
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import (
    ClassState,
    Closure,
    Scope,
    Value,
    constant,
    unknown,
)
from mlsupply.lazy import expression

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_TEXTS = frozenset({"received", "encoded", "package-file"})  # kinds of taint of a text that may be code
_DISPATCHERS = ("singledispatch", "singledispatchmethod")
_PLAIN_DECORATORS = frozenset(
    {"builtins.property", "builtins.staticmethod", "builtins.classmethod", "functools.cached_property"}
)
_KEY = expression(r"(?i)(?:api_?key|token|secret|password|credential)s?$")  # a field worth following


class Definitions(Entering):
    """Defines functions and classes. `registered_with` is defined by `analyser.Analyser`."""

    states: dict[Closure, ClassState]

    def _function(self, node: _FunctionNode) -> None:
        """Defines a function: evaluates its annotations and defaults, and applies its decorators."""
        owner = f"{self.running[-1].name}." if self.running else ""
        closure = Closure(
            node, self.scope, owner + node.name, None, bool(self.running) and wrappers.wraps(node, self.running[-1])
        )
        if closure.wrapper:
            closure.around = wrappers.first_parameter(self.running[-1])
        self.closures.append((self.root, closure))
        value = Value()
        value.closure = closure
        closure.type_parameters = type_parameters.bound(self, node)
        spec = node.args
        for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
            if parameter is not None:
                self.annotated(parameter.annotation)
        self.annotated(node.returns)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        self.scope.set(node.name, self._decorated(node, value))

    def annotated(self, annotation: ast.expr | None) -> None:
        """Evaluates an annotation if it calls something, or operates on what is of this module: it runs when the definition
        does."""
        part = annotation
        while type(part) is ast.Subscript and type(part.value) is ast.Name and not self._operates(part.value):
            part = part.slice  # as in `list[str]`
        if part is None or type(part) is ast.Name or type(part) is ast.Constant:
            return
        if any(
            isinstance(inner, ast.Call) or (isinstance(inner, ast.Name) and self._operates(inner))
            for inner in descendants((part,))
        ):
            self.value(annotation)

    def _operates(self, name: ast.Name) -> bool:
        """Is this an object of this module, or a class whose subscript or operators run code of this module?"""
        found = self.scope.find(name.id)
        if found is None or found.closure is None:
            return found is not None and found.instance is not None
        state = self.states.get(found.closure)
        return state is not None and ("__class_getitem__" in state.methods or state.metaclass is not None)

    def _decorated(self, node: _FunctionNode | ast.ClassDef, value: Value) -> Value:
        """What the name of a definition is bound to: the value after its decorators were followed, the innermost first."""
        result = passed = value
        for decorator in reversed(node.decorator_list):
            made = self.value(decorator)
            if made.ref in _PLAIN_DECORATORS:
                continue
            if isinstance(decorator, ast.Call | ast.Attribute) and self._dispatched(decorator, result):
                continue
            if made.instance is not None and any(base.endswith("ContextDecorator") for base in made.instance.bases):
                special_methods.operated(self, made, "enter", [], decorator)
                special_methods.operated(self, made, "exit", [Value(), Value(), Value()], decorator)
            returned = self.call(made, [passed], {}, decorator)
            self.registered_with(made, result, decorator)
            passed = result
            if (made.closure is not None and returned.closure is not None) or returned.ref == "wrapt.decorator()":
                result = passed = returned
            elif made.closure is not None and (returned.known or not kinds_in(returned.taint).isdisjoint(_TEXTS)):
                passed = returned  # a text, which the next decorator may run
        return result

    def _dispatched(self, decorator: ast.expr, value: Value) -> bool:
        """Whether this is `@function.register` (PEP 443); the value is then added to the alternatives of `function`."""
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(named, ast.Attribute) or named.attr != "register":
            return False
        function = self.value(named.value)
        first = function.either[0] if function.either else function
        if first.closure is None or not any(decorators.decorated_with(first.closure, name) for name in _DISPATCHERS):
            return False
        function.either = [*(function.either or [function.copy()]), value]
        return True

    def registered_with(self, registrar: Value, function: Value, node: ast.AST) -> None:
        """A function was registered with something (`registrar`) that may call it with what others write."""
        raise NotImplementedError

    def _class(self, node: ast.ClassDef) -> None:
        """Defines a class: runs its body, makes its functions methods, and applies bases, metaclass and decorators."""
        closure = Closure(node, self.scope, node.name)
        closure.type_parameters = type_parameters.bound(self, node)
        outer, self.scope = self.scope, type_parameters.scope_within(closure)
        try:
            state = self._class_state(node, closure)
        finally:
            self.scope = outer
        value = Value()
        value.closure = closure
        self.scope.set(node.name, self._decorated(node, value))
        self._class_hooks(node, state)

    def _class_state(self, node: ast.ClassDef, closure: Closure) -> ClassState:
        """The state of a class, after its body was run."""
        state = ClassState(node.name, tuple(self.value(base).ref for base in node.bases), closure=closure)
        self.states[closure] = state
        names, functions = self._class_body(node)
        for name, value in names.items():
            if value.closure is not None and value.bound is None and not isinstance(value.closure.node, ast.ClassDef):
                self._method(state, name, value.closure)
                value.closure.variants = tuple(one.closure for one in value.either or () if one.closure is not None)
                state.methods[name] = value.closure
            else:
                state.attributes[name] = value
        self._replaced_methods(state, functions)
        self._fields(state, node)
        made = Value()
        made.closure = closure
        for name, value in names.items():
            special_methods.operated(self, value, "named", [made, constant(name)], node)
        return state

    def _class_body(self, node: ast.ClassDef) -> tuple[dict[str, Value], Iterable[Closure]]:
        """Runs the body of a class in a scope of its own. Gives the names it binds, and the functions defined right in it;
        these are taken out of `closures` again, since they become methods."""
        outer, self.scope = self.scope, Scope(self.scope)
        before = len(self.closures)
        try:
            self.body(node.body)
        finally:
            inner, self.scope = self.scope, outer
        # functions of a class within this one have an owner already
        functions = dict.fromkeys(one for _, one in self.closures[before:] if one.scope is inner and one.owner is None)
        self.closures[before:] = [one for one in self.closures[before:] if one[1] not in functions]
        return inner.names, functions

    def _method(self, state: ClassState, name: str, closure: Closure) -> None:
        """Makes a function a method of the class. Its body sees the scope around the class, which is the current one."""
        closure.owner, closure.name, closure.scope = state, f"{state.name}.{name}", self.scope
        closure.wrapper = isinstance(closure.node, _FunctionNode) and wrappers.wraps(closure.node, None)
        closure.brings = requested.passes_on(closure, state.closure.node if state.closure is not None else None)
        closure.before_views = bool(closure.brings)
        self.closures.append((self.root, closure))

    def _replaced_methods(self, state: ClassState, functions: Iterable[Closure]) -> None:
        """Registers functions whose names are bound to something else in the end: getters that have a setter, functions that
        a decorator keeps, lambdas. functions: all that are defined in the body of the class."""
        for closure in functions:
            if isinstance(closure.node, ast.Lambda) and closure.owner is None:
                self.closures.append((self.root, closure))
            if not isinstance(closure.node, _FunctionNode) or not closure.node.decorator_list:
                continue
            name = closure.node.name
            if closure.owner is None:
                self._method(state, name, closure)
            if decorators.decorated_with(closure, "setter"):
                state.methods[decorators.setter_of(name)] = closure
            elif decorators.is_getter(closure):
                state.methods[name] = closure

    def _fields(self, state: ClassState, node: ast.ClassDef) -> None:
        """Notes the annotated fields. Those for keys are given by the caller of the constructor, if the class defines
        none."""
        state.fields = [
            statement.target.id
            for statement in node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        if "__init__" not in state.methods:
            for name in filter(_KEY.search, state.fields):
                state.attributes.setdefault(name, Value(taint=frozenset((f"parameter:{name}",))))
        if any(base.endswith(".BaseSettings") for base in state.bases):
            self._settings(state, node)

    def _settings(self, state: ClassState, node: ast.ClassDef) -> None:
        """Fills those fields of a pydantic settings class from the environment that are named after a secret of a well-known
        service. Other fields may have a prefix, set elsewhere, that says whose they are."""
        for name in state.fields:
            if places.is_secret(name) and places.owner_of(name) is not None:
                state.attributes[name] = self.environment(constant(name.upper()), node)

    def _class_hooks(self, node: ast.ClassDef, state: ClassState) -> None:
        """Follows what making the class runs (its metaclass, `__init_subclass__` of its bases), and inherits from the
        bases."""
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            given = self.value(keyword.value)
            keywords.update({keyword.arg: given} if keyword.arg is not None else containers.entries(given))
        metaclass = keywords.pop("metaclass", None)
        this = Value()
        this.closure = state.closure
        bases = [self.value(base) for base in node.bases]
        if metaclass is not None:
            self._made_by(metaclass, state, _made_of(state, bases), keywords, node)
        for value in bases:
            if value.closure is not None and isinstance(value.closure.node, ast.ClassDef):
                other = self.class_state(value.closure)
                if metaclass is None and other.metaclass is not None:
                    self._runs_metaclass(other.metaclass, Value(), [this, *_made_of(state, bases)], keywords, node)
                _inherit(state, other)  # the hook finds the methods of the bases in the new class
                if "__init_subclass__" in other.methods:
                    self.enter(other.methods["__init_subclass__"], [this], keywords, node)
            elif value.instance is not None:
                special_methods.operated(self, value, "bases", [], node)

    def _made_by(
        self, metaclass: Value, state: ClassState, made_of: list[Value], keywords: dict[str, Value], node: ast.ClassDef
    ) -> None:
        """Follows the metaclass that a class names, which may be any callable. made_of: name, bases and namespace of the
        class."""
        if metaclass.closure is None:
            return
        if not isinstance(metaclass.closure.node, ast.ClassDef) or metaclass.bound is not None:
            self.call(metaclass, made_of, keywords, node)
            return
        this = Value()
        this.closure = state.closure
        state.metaclass = self.class_state(metaclass.closure)
        self._runs_metaclass(state.metaclass, metaclass, [this, *made_of], keywords, node)

    def _runs_metaclass(
        self, metaclass: ClassState, itself: Value, made: list[Value], keywords: dict[str, Value], node: ast.ClassDef
    ) -> None:
        """Follows what a metaclass does to make a class. made: the class, and its name, bases and namespace."""
        this, *made_of = made
        given = {"__prepare__": [itself, *made_of[:2]], "__new__": [itself, *made_of], "__init__": [this, *made_of]}
        for name, args in given.items():
            if name in metaclass.methods:
                result = self.enter(metaclass.methods[name], args, keywords, node)
                if name == "__prepare__" and result.instance is not None:
                    for key, value in (made_of[2].keys or {}).items():
                        special_methods.operated(self, result, "[]=", [constant(key), value], node)

    def class_state(self, closure: Closure) -> ClassState:
        """The state of a class of the module; an empty one where its definition was not followed."""
        return self.states.setdefault(closure, ClassState(closure.name))


def _made_of(state: ClassState, bases: list[Value]) -> list[Value]:
    """The name, the bases and the namespace of a class, as its metaclass gets them."""
    methods = {name: Value() for name in state.methods}
    for name, method in state.methods.items():
        methods[name].closure = method
    namespace = unknown(*state.attributes.values())
    namespace.keys = {**methods, **state.attributes}
    return [constant(state.name), folding.listed(bases), namespace]


def _inherit(state: ClassState, base: ClassState) -> None:
    """Gives a class what it does not define itself of a base."""
    state.parents = (*state.parents, base)
    state.fields = [*base.fields, *(name for name in state.fields if name not in base.fields)]
    state.bases = (*state.bases, *(one for one in base.bases if one not in state.bases))
    state.metaclass = state.metaclass or base.metaclass
    for name, method in base.methods.items():
        state.methods.setdefault(name, method)
    for name, value in base.attributes.items():
        state.attributes.setdefault(name, value)
