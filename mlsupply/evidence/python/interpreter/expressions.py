"""Evaluates expressions to abstract values: names, attributes, subscripts, calls; operators are in `operations`."""

from __future__ import annotations

import ast
import re
from typing import Any

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import summaries
from mlsupply.evidence.python.interpreter import (
    attribute_names,
    comprehensions,
    displays,
    hooks,
    importing,
    inner_entries,
    methods,
    module_names,
    objects,
    operations,
    own_containers,
    reflection,
    special_methods,
)
from mlsupply.evidence.python.interpreter.attribute_names import MODELLED
from mlsupply.evidence.python.interpreter.machine import BudgetError, Machine
from mlsupply.evidence.python.interpreter.reflection import BUILTINS
from mlsupply.evidence.python.libraries import argument_defaults, own_source
from mlsupply.evidence.python.values import app_settings, containers, folding, request_parts
from mlsupply.evidence.python.values.merging import are_found, iterated, merged, one_of
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import (
    HOLE,
    MAX_TEXT,
    NOTHING,
    ClassState,
    Closure,
    Scope,
    Value,
    constant,
    unknown,
)

# What these names stand for in the `__globals__` of functions of `os`.
_IN_GLOBALS = {"system": "os.system", "popen": "os.popen", "__builtins__": "builtins"}
_ALL_VARIABLES = comprehensions.ALL_VARIABLES
_MODULE = re.compile(r"[a-zA-Z_]\w*(?:\.[a-zA-Z_]\w*)*$")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]{0,40}_[A-Z0-9_]{1,60}$")


def _some(owner: Value, key: Value, place: ast.expr) -> Value | None:
    """What stands at some place of the owner, or in some slice of files of which one stands for all; None where it is known
    which place is meant. place: the key as it is written."""
    if isinstance(place, ast.Slice):
        return owner if are_found(owner) else None
    return None if key.known else one_of(owner)


_HOLDS_ENTRIES = frozenset({"", "re.Match()"})  # what has no name, and what `re` found


class Expressions(Machine):
    """Evaluates expressions. `call`, `enter`, `bind` and the like are defined by subclasses. stars, star_bases: known and
    all modules imported by `import *`; conditions: `and` and `or` expressions that `condition` has been called for; carried:
    what is put into `state` of an application or a request, by the attribute."""

    stars: list[str]
    star_bases: list[str]
    carried: dict[str, Value]
    conditions: set[ast.BoolOp]

    method_calls: dict[tuple[ast.AST, str], ast.Call]  # written for methods that were taken off their objects

    def call(
        self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST, receiver: Value | None = None
    ) -> Value:
        """The result of a call; its effects are applied and its facts noted. receiver: the object whose method it is."""
        raise NotImplementedError

    def enter(self, closure: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST | None) -> Value:
        """The result of a call of a function of the module, whose body is followed."""
        raise NotImplementedError

    def value(self, node: ast.expr | None) -> Value:
        """The value of an expression; of no expression, the constant None. Raises BudgetError."""
        if node is None:
            return constant(None)
        self.steps += 1
        if self.steps > self.root_end:
            raise BudgetError
        handler = _HANDLERS.get(type(node))
        return handler(self, node) if handler else self._anything(node)

    def _anything(self, node: ast.expr) -> Value:
        """An expression of another kind: an unknown with the taint of its parts."""
        return unknown(*(self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)))

    def _constant(self, node: ast.Constant) -> Value:
        value = node.value
        if (type(value) is str or type(value) is bytes) and len(value) > MAX_TEXT:
            return Value()
        return Value("", value)

    def _name(self, node: ast.Name) -> Value:
        found = self.scope.names.get(node.id) or self.scope.find(node.id)
        if found is not None:
            return found
        if node.id == "__builtins__":
            return Value("builtins")
        if node.id in {"__file__", "__path__", "__spec__"}:
            return Value("", NOTHING, frozenset(("package-file:" + node.id,)), f"{HOLE}/{self.path}")
        if node.id in BUILTINS:
            return Value("builtins." + node.id)
        if node.id == "__annotations__":
            return own_source.of_module(self)
        if self.stars:
            return importing.starred(self, node)
        return Value()

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = self.value(node.value)
        result = self.attribute(owner, node.attr, node)
        methods.taken_off(owner, node.attr, result)
        return result

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """The value of `owner.name`."""
        if owner.either is not None:
            return merged([self.attribute(one, name, node) for one in owner.either])
        if owner.instance is not None or owner.closure is not None or owner.keys is not None:
            own = objects.attribute(self, owner, name, node)
            if own is not None:
                return own
        return self._outside_attribute(owner, name, node)

    def _of_package(self, ref: str) -> bool:
        """Whether the dotted name is of the top-level package that this module is in."""
        return ref.partition(".")[0] == self.dotted.partition(".")[0]

    def _outside_attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """`owner.name` where the owner is not of this module: a dotted name, with what its neighbours and models know of
        it."""
        if owner.closure is not None and not owner.ref:
            owner = self._inherited_from(owner)
        ref = reflection.attribute_ref(owner, name)
        if (
            self.neighbours.gifts
            and "()" not in ref
            and (known := summaries.value_of(self, ref))
            and (known.known or known.ref)
        ):
            return known
        taint = summaries.attribute_taint(owner.taint, owner.ref, ref) if owner.taint else owner.taint
        if taint:
            taint = know.part_of(taint, owner.ref, name)
            if "request" in kinds_in(taint):
                taint = request_parts.attribute(taint, name)
            if app_settings.ALL in taint:
                taint = app_settings.attribute(taint, name)
        if owner.ref == request_parts.CARRIER:
            return self.carried.get(name) or Value("", NOTHING, owner.taint)
        if name in {"state", "ctx"} and request_parts.carries(owner.ref, owner.taint):
            return Value(request_parts.CARRIER, NOTHING, taint)
        result = Value(ref, NOTHING, taint, HOLE, owner.layers)
        result.hidden = owner.hidden
        if name == "__file__" and _MODULE.match(owner.ref) and not self._of_package(owner.ref):
            result.text = f"{HOLE}/site-packages/{owner.ref.replace('.', '/')}/__init__.py"
        if owner.text != HOLE and owner.ref.startswith("xmlrpc.client.ServerProxy()"):
            result.text = owner.text  # its methods and their attributes are called at the same address
        if self.option_defaults and owner.ref:
            result.text = argument_defaults.of_option(self.option_defaults, owner, name)
        if name in MODELLED or ref in MODELLED or self.serving:
            attribute_names.modelled(self, result, owner, name, node)
        return result

    def _inherited_from(self, owner: Value) -> Value:
        """The library's class that a class of the module has its other attributes from; the owner itself, where there is
        none."""
        if owner.closure is None or not isinstance(owner.closure.node, ast.ClassDef):
            return owner
        base = objects.object_ref(self.class_state(owner.closure)).removesuffix("()")
        return Value(base, NOTHING, owner.taint) if base else owner

    def class_state(self, closure: Closure) -> ClassState:
        """The state of a class of the module."""
        raise NotImplementedError

    def _subscript(self, node: ast.Subscript) -> Value:
        """`owner[key]` of an object, class or container of the module, a namespace, or a constant."""
        owner, key = self.value(node.value), self.value(node.slice)
        special_methods.operated(self, key, "hash" if owner.keys is not None else "index", [], node)
        if owner.instance is not None and (made := special_methods.operated(self, owner, "[]", [key], node)) is not None:
            return made
        if owner.instance is None and owner.closure is not None and isinstance(owner.closure.node, ast.ClassDef):
            state = self.class_state(owner.closure)
            method = state.metaclass.methods.get("__getitem__") if state.metaclass is not None else None
            if (method := method or state.methods.get("__class_getitem__")) is not None:
                return self.enter(method, [owner, key], {}, node)
            if isinstance(key.const, str) and objects.is_enumeration(state) and key.const in state.attributes:
                return self.attribute(owner, key.const, node)
        elif (
            owner.keys is not None
            and (owner.ref in _HOLDS_ENTRIES or own_containers.is_table(owner))
            and (owner.const is NOTHING or not key.known or containers.keeps_container(owner, key))
        ):
            return containers.entry(owner, key)
        if isinstance(node.value, ast.Attribute) and node.value.attr == "__globals__" and _is_global_name(key.const):
            result = Value(_IN_GLOBALS.get(key.const, key.const), NOTHING, owner.taint)
            result.hidden = True
            return result
        if owner.ref:
            found = reflection.namespace_entry(self, owner, key, node, not isinstance(node.slice, ast.Constant))
            if found is not None or (found := module_names.entry(self, owner, key, node)) is not None:
                return found
            result = Value(owner.ref + "[]", NOTHING, owner.taint | key.taint, HOLE, owner.layers)
            result.hidden = owner.hidden
            if owner.keys is None and owner.items is None:
                result.taint = containers.labels_under(result.taint, key)
                return result
        result = containers.fitted_to_key(_some(owner, key, node.slice) or folding.index(owner, key), key)
        if _ALL_VARIABLES in result.taint and isinstance(key.const, str) and _VARIABLE.match(key.const):
            # one entry of a copy of the environment
            result.taint = (result.taint - {_ALL_VARIABLES}) | self.environment(key, node).taint
        return result

    def environment(self, key: Value, node: ast.AST) -> Value:
        """The value of the environment variable of this name."""
        raise NotImplementedError

    def condition(self, node: ast.BoolOp) -> None:
        """Notes facts about an `and` or `or` expression; called once for each."""
        raise NotImplementedError

    def _lambda(self, node: ast.Lambda) -> Value:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        result = Value()
        result.closure = Closure(node, self.scope, "<lambda>")
        self.closures.append((self.root, result.closure))
        return result

    def _comprehension(self, node: comprehensions.Node) -> Value:
        outer, self.scope = self.scope, Scope(self.scope)
        try:
            return comprehensions.evaluated(self, node)
        finally:
            self.scope = outer

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assigns to a name, attribute, entry, or several at once."""
        raise NotImplementedError

    def element(self, source: Value) -> Value:
        """What the target of a loop over the value is bound to."""
        raise NotImplementedError

    def _call(self, node: ast.Call) -> Value:
        """Evaluates function and arguments; folds methods of constants and containers, and calls everything else."""
        receiver: Value | None = None
        if isinstance(node.func, ast.Attribute):
            receiver = inner_entries.receiver(self, node.func.value, node.func.attr)
            function = self.attribute(receiver, node.func.attr, node)
        else:
            function = self.value(node.func)
        args: list[Value] = []
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                inner = objects.iterable(self, self.value(arg.value), node)
                args += folding.items_of(inner) or [inner]
            else:
                args.append(self.value(arg))
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            else:
                keywords.update(own_containers.spread(self, value, node))
        if isinstance(node.func, ast.Attribute) and receiver is not None:
            return methods.called(self, receiver, function, node.func.attr, args, keywords, node)
        return self.call(function, args, keywords, node)

    def _await_or_starred(self, node: ast.Await | ast.Starred) -> Value:
        value = self.value(node.value)
        made = special_methods.operated(self, value, "await", [], node) if isinstance(node, ast.Await) else None
        return made if made is not None else value

    def _yield(self, node: ast.Yield) -> Value:
        value = self.value(node.value)
        if value.ref == "urllib.request.Request()" and self.running and hooks.holds_credentials(self.running[-1]):
            # an `auth_flow` that yields another request sends it
            return self.call(Value("httpx.Client().send"), [value], {}, node)
        if self.yielded:
            self.yielded[-1].append(value)
        if self.put_into and self.put_into[-1][0] == len(self.running):
            changed = self.put_into[-1][1]
            value.items, value.keys, value.instance = changed.items, changed.keys, changed.instance
            value.taint |= changed.taint
        return self.sent[-1] if self.sent else Value()

    def _yield_from(self, node: ast.YieldFrom) -> Value:
        source = objects.iterable(self, self.value(node.value), node)
        if self.yielded:
            self.yielded[-1] += (folding.items_of(source) or [iterated(source)])[:64]
        return source

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self.bind(node.target, value)
        return value


def _is_global_name(key: object) -> bool:
    """Whether this is a name in the globals of a module that the module itself defines, or `__builtins__`."""
    return isinstance(key, str) and (key == "__builtins__" or not key.startswith("__"))


_HANDLERS: dict[type[ast.expr], Any] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.Call: Expressions._call,
    ast.BinOp: operations.binary,
    ast.BoolOp: operations.bool_operator,
    ast.IfExp: operations.conditional,
    ast.UnaryOp: operations.unary,
    ast.Compare: operations.compared,
    ast.JoinedStr: displays.joined,
    ast.FormattedValue: displays.formatted,
    ast.List: displays.sequence,
    ast.Tuple: displays.sequence,
    ast.Set: displays.sequence,
    ast.Dict: displays.dictionary,
    ast.Lambda: Expressions._lambda,
    ast.Slice: displays.sliced,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.Await: Expressions._await_or_starred,
    ast.Starred: Expressions._await_or_starred,
    ast.YieldFrom: Expressions._yield_from,
    ast.Yield: Expressions._yield,
    ast.NamedExpr: Expressions._walrus,
    **displays.TEMPLATES,
}
