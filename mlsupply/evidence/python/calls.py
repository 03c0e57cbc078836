"""Calls: functions of the module are entered, known ones modelled, of all others the result keeps its arguments' origins."""

from __future__ import annotations

import ast

from mlsupply.evidence.python import decode, execution, folding, made_of, neighbours, packing, sinks, sources, writing
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.machine import CODE_DEPTH, MAX_ROOT_STEPS, BudgetError, has
from mlsupply.evidence.python.statements import Statements
from mlsupply.evidence.python.values import (
    HOLE,
    NOTHING,
    ClassState,
    Closure,
    Taint,
    Value,
    command_text,
    layers_of,
    taint_of,
    unknown,
)
from mlsupply.named import NamedTuple


class Call(NamedTuple):
    """One call. ref: dotted name of what is called; receiver: the object whose method it is."""

    ref: str
    function: Value
    args: list[Value]
    keywords: dict[str, Value]
    node: ast.AST
    receiver: Value | None

    @property
    def line(self) -> int:
        return getattr(self.node, "lineno", 0)

    def arg(self, place: int, *names: str) -> Value | None:
        """The argument by place, or by one of its names."""
        if place < len(self.args):
            return self.args[place]
        return next((self.keywords[name] for name in names if name in self.keywords), None)

    @property
    def all(self) -> list[Value]:
        return [*self.args, *self.keywords.values()]


class Analyser(Statements):
    """The whole: `analyse.module` makes one per source file."""

    def __init__(self, path: str, dotted: str, is_package: bool) -> None:
        super().__init__(path, dotted, is_package)
        self.states: dict[Closure, ClassState] = {}
        self.loops = {}

    def call(
        self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST, receiver: Value | None = None
    ) -> Value:
        self.tick(2)
        if function.bound is not None:
            args, keywords = [*function.bound.args, *args], {**function.bound.keywords, **keywords}
        done = Call(function.ref, function, args, keywords, node, receiver)
        if function.closure is not None:
            return self._own(function.closure, done)
        if function.instance is not None and "__call__" in function.instance.methods and done.ref != "builtins.type()":
            return self.enter(function.instance.methods["__call__"], [function, *args], keywords, node)
        if done.ref:
            if function.hidden:
                execution.hidden_name(self, done)
            if function.instance is not None and done.ref == "builtins.type()":
                return made_of.instantiated(self, done)
            result = self._known(done)
            if result is not None:
                return result
            if done.ref.count(".") and not done.ref.startswith("builtins."):
                self.edges.add((self.root, done.ref))
                if (given := neighbours.called(self, done)) is not None:
                    return given
        answer = sinks.by_shape(self, done)
        result = self._other(done)
        if answer is not None:
            result.taint |= answer.taint
        return result

    def _own(self, closure: Closure, call: Call) -> Value:
        if isinstance(closure.node, ast.ClassDef):
            state = self.class_state(closure)
            made = Value(taint=taint_of(*call.args))
            made.instance = state
            made.ref = next((base for base in state.bases if base and not base.startswith("builtins.")), "")
            made.ref = made.ref + "()" if made.ref else ""
            for name in ("__new__", "__init__", "__post_init__", "__del__"):
                if name in state.methods:
                    self.enter(state.methods[name], [made, *call.args], call.keywords, call.node)
            if (state.bases and sinks.is_starter_class(state)) and "run" in state.methods:
                self.enter(state.methods["run"], [made], {}, call.node)
            return made
        args = call.args
        if closure.owner is not None and not _static(closure):
            first = call.receiver if call.receiver is not None and call.receiver.instance is not None else Value()
            if first.instance is None:
                first.instance = closure.owner
            args = [first, *args] if call.receiver is None or call.receiver.closure is None else args or [first]
        return self.enter(closure, args, call.keywords, call.node)

    def _known(self, call: Call) -> Value | None:
        ref = call.ref
        if ref.startswith("builtins."):
            return self._builtin(call)
        if ref in decode.BY_NAME or ref in decode.OPAQUE or ref in {"codecs.decode", "codecs.encode"}:
            return sources.decoded(self, call)
        if ref.startswith(("ftplib.", "pycurl.")):
            writing.filled(self, call)
        made = made_of.made(self, call) or packing.unpacked(call) or sources.origin(self, call)
        if made is not None:
            return made
        if know.STARTERS.match(ref):
            return Value(ref + "()", NOTHING, self.start(call) | taint_of(*call.all))
        return sinks.modelled(self, call)

    def handler(self, registrar: Value, function: Value, node: ast.AST) -> None:
        closure = function.closure
        if closure is None or isinstance(closure.node, ast.ClassDef) or not know.MESSENGERS.match(registrar.ref):
            return
        spec = closure.node.args
        label = self.origin("received", registrar.ref.replace("()", ""), getattr(node, "lineno", 0))
        named = {parameter.arg: Value(taint=label) for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
        self.enter(closure, [], named, node)

    def start(self, call: Call) -> Taint:
        """A function handed over to be run; gives where what it gives comes from."""
        handed = [*call.args, *(value for name, value in call.keywords.items() if name not in {"args", "kwargs"})]
        extra = call.keywords.get("args")
        inner = folding.items_of(extra) if extra is not None else []
        target = next((at for at, value in enumerate(call.args) if _acts(value)), None)
        if not inner and target is not None:
            inner = call.args[target + 1 :]
            inner = folding.items_of(inner[0]) if inner and call.ref in _PACKS_ARGUMENTS else inner
        if call.ref in {"sys.settrace", "sys.setprofile", "sys.addaudithook", "threading.settrace", "threading.setprofile"}:
            inner = [Value(taint=self.origin("intercepted", call.ref, call.line))] * 3
        given: list[Value] = []
        for at, value in enumerate(handed):
            if value.bound is not None:
                given.append(self.call(value, inner, {}, call.node))
            elif value.closure is not None and not isinstance(value.closure.node, ast.ClassDef):
                own = value.closure.owner is not None and not _static(value.closure)
                args = [instance_of(value.closure), *inner] if own else inner
                given.append(self.enter(value.closure, args, {}, call.node))
            elif value.ref and value.ref != call.ref and inner and (target is None or at == target):
                given.append(self.call(value, inner, {}, call.node))
            elif value.ref:
                self.edges.add((self.root, value.ref))
        return taint_of(*given)

    def _builtin(self, call: Call) -> Value | None:
        name = call.ref[len("builtins.") :]
        if name in {"exec", "eval"}:
            return self.execute(call, call.arg(0, "source", "object"))
        if name == "compile":
            source = call.arg(0, "source")
            made = source.copy() if source is not None else Value()
            made.hidden = False
            return made
        if name == "__import__" and call.args:
            return self._import_call(call)
        if name in {"getattr", "setattr", "delattr"} and len(call.args) >= 2:
            return self._reflect(name, call)
        if name in {"type", "type()"} and (of_parts := made_of.made(self, call)) is not None:
            return of_parts
        if name in {"globals", "locals", "vars", "dir"}:
            if name == "vars" and call.args:
                return Value(call.args[0].ref + ".__dict__", NOTHING, taint_of(*call.args))
            return Value(f"builtins.{name}()")
        if name == "open":
            return sources.opened(self, call)
        if name == "map" and len(call.args) == 2:
            return self._map(call)
        if name == "property" and (getter := call.arg(0, "fget")) is not None:
            made = Value("builtins.property()")
            made.keys = {"fget": getter}
            return made
        return self._plain_builtin(name, call)

    def _plain_builtin(self, name: str, call: Call) -> Value | None:
        if name in {"print", "isinstance", "len", "hasattr", "type", "id", "issubclass", "callable", "hash"}:
            return folding.builtin(name, call.args) if name == "len" else Value(taint=frozenset())
        if call.ref in decode.BY_NAME:
            return sources.decoded(self, call)
        if know.STARTERS.match(call.ref):
            self.start(call)
        if call.ref in {"builtins.bytes", "builtins.bytearray", "builtins.str"} and call.args and call.args[0].text != HOLE:
            made = call.args[0].copy()
            made.ref = "" if made.ref.startswith("pathlib") else made.ref
            return made
        return folding.builtin(name, call.args)

    def _map(self, call: Call) -> Value:
        function, items = call.args[0], folding.items_of(call.args[1])
        if items and len(items) <= 65_536:
            done = []
            for item in items:
                done.append(self.call(function, [item], {}, call.node))
                if not done[-1].known and len(done) > 64:
                    break
            else:
                return folding.listed(done, layers_of(call.args[1]))
        if function.closure is not None:
            self.enter(function.closure, [Value(taint=taint_of(*call.args))], {}, call.node)
        return unknown(*call.args)

    def _import_call(self, call: Call) -> Value:
        name = call.args[0].const
        if not isinstance(name, str):
            return Value("", NOTHING, taint_of(*call.args))
        node = call.node.args[0] if isinstance(call.node, ast.Call) and call.node.args else None
        whole = call.ref != "builtins.__import__" or len(call.args) > 3 or "fromlist" in call.keywords
        if name.startswith("."):
            name = self.package + name
        result = Value(name if whole else name.split(".")[0])
        result.hidden = not isinstance(node, ast.Constant) and not isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
        result.hidden |= bool(call.args[0].layers)
        self.edges.add((self.root, f"import {name}"))
        return result

    def _reflect(self, name: str, call: Call) -> Value | None:
        owner, attribute = call.args[0], call.args[1].const
        if not isinstance(attribute, str):
            return unknown(*call.args)
        if name == "setattr" and len(call.args) > 2:
            if owner.ref:
                self.patch(f"{owner.ref}.{attribute}", call.args[2], call.node)
            elif owner.instance is not None:
                owner.instance.attributes[attribute] = call.args[2]
            return Value()
        result = self.attribute(owner, attribute, call.node)
        node = call.node.args[1] if isinstance(call.node, ast.Call) and len(call.node.args) > 1 else None
        if result.ref and (not isinstance(node, ast.Constant | ast.Name) or call.args[1].layers):
            result.hidden = True
        return result

    def environment(self, key: Value, node: ast.AST) -> Value:
        return sources.variable(self, key, getattr(node, "lineno", 0))

    def element(self, source: Value) -> Value:
        made = super().element(source)
        if source.ref.endswith("connect()") or know.RECEIVES.match(source.ref.removesuffix("[]")):
            made.taint |= self.origin("received", command_text(source), 0)
        return made

    def _other(self, call: Call) -> Value:
        """Nothing is known of it: the result has the origins of what went in; a container takes up what it is given."""
        receiver = call.receiver
        given = [*call.args, *(value for name, value in call.keywords.items() if name not in _SURROUNDINGS)]
        origins = [*given, *([receiver] if receiver is not None else []), call.function]
        result = Value(call.ref + "()" if call.ref else "", NOTHING, taint_of(*origins), HOLE, layers_of(*origins))
        if call.ref.endswith((".imwrite", ".imsave")) and len(call.args) > 1:
            self.files[sources.file_key(call.args[0])] = unknown(call.args[1])
        for arg in call.args:
            result.taint |= sources.unpacked(self, arg, call.line)
            if (written := sources.content_of(self, arg)) is not None:
                result.taint |= written.taint
        sources.decrypted(self, call, result)
        execution.armoured(self, call)
        writing.handed(self, call)
        if receiver is not None and isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute):
            sources.taken_up(self, call, receiver, call.node.func.attr)
            if call.node.func.attr == "joinpath":
                sources.joined_resource(self, call, result)
            if call.node.func.attr == "setdefault" and len(call.args) > 1 and isinstance(call.args[0].const, str):
                return sources.defaulted(receiver, call.args[0].const, call.args[1])
            if call.node.func.attr in {
                "strip",
                "decode",
                "encode",
                "lower",
                "upper",
                "rstrip",
                "expanduser",
                "copy",
                "as_posix",
            }:
                result.text, result.items = receiver.text, receiver.items
        for value in call.all:
            self.handler(call.function, value, call.node)
        for value in call.all:  # a callback given to something unknown is looked at with what the receiver has
            if (
                value.closure is not None
                and not isinstance(value.closure.node, ast.ClassDef)
                and "listener" in call.ref.lower()
            ):
                self.enter(value.closure, [Value(taint=frozenset(("keystrokes:listener",)))], {}, call.node)
        if call.function.taint and has(call.function.taint, "parameter") and self.running and self.running[-1].wrapper:
            result.taint |= frozenset(("intercepted:result",))
        return result

    def execute(self, call: Call, source: Value | None) -> Value:
        """`exec` or `eval` of this: what is known of the code is looked at as code."""
        if source is None:
            return Value()
        execution.executed(self, call, source)
        code = source.const
        if not isinstance(code, str | bytes):
            return Value("", NOTHING, source.taint)
        return self.inner(code, source.layers, call.line)

    def inner(self, code: str | bytes, layers: tuple[str, ...], line: int) -> Value:
        """Python text inside Python text, followed in the same scope."""
        if self.code_depth >= CODE_DEPTH or len(code) > 1 << 20:
            return Value()
        text = code if isinstance(code, str) else code.decode("utf-8", "replace")
        try:
            tree = ast.parse(text.lstrip(" \t\n") if "\n" not in text.strip() else text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return Value()
        before = (self.code_layers, self.code_text, self.code_line)
        if layers or self.code_line == 0:
            self.code_layers, self.code_text = (*self.code_layers, *layers), text
        self.code_line = self.code_line or line
        self.code_depth += 1
        try:
            if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
                return self.value(tree.body[0].value)
            self.body(tree.body)
            return Value()
        finally:
            self.code_depth -= 1
            self.code_layers, self.code_text, self.code_line = before

    def patch(self, name: str, value: Value, node: ast.AST) -> None:
        """Another module's function replaced by one of this module: what passes through it is looked at as intercepted."""
        if value.closure is not None and not isinstance(value.closure.node, ast.ClassDef):
            sinks.patched(self, name, value.closure, node)
        elif value.closure is None:
            sinks.attribute_set(self, name, value, node)

    def guard(self, node: ast.If, test: Value) -> None:
        sinks.guarded(self, node, test)

    def stored(self, owner: Value, key: Value, value: Value, node: ast.AST) -> None:
        super().stored(owner, key, value, node)
        if owner.ref == "sys.modules" and value.instance is not None and "__getattr__" in value.instance.methods:
            self.enter(value.instance.methods["__getattr__"], [value], {}, node)
        if owner.ref == "os.environ":
            sinks.variable_set(self, key, value, node)

    def run_root(self, name: str, closure: Closure) -> None:
        """A function on its own, called by nobody known, within its own budget."""
        self.root = name
        self.root_end = self.steps + MAX_ROOT_STEPS
        self.scope, self.running, self.returned, self.silent = self.module, [], [], 0
        try:
            first = [instance_of(closure)] if closure.owner is not None and not _static(closure) else []
            neighbours.returned(self, name, self.enter(closure, first, {}, None))
        except (BudgetError, RecursionError):
            self.exhausted.add(name)


# These take the arguments of the function as one tuple.
_PACKS_ARGUMENTS = frozenset({"threading.Timer", "_thread.start_new_thread", "threading.Thread", "multiprocessing.Process"})


def _acts(value: Value) -> bool:
    """Is it a function of this module, or one that runs, starts or sends something?"""
    if value.closure is not None:
        return not isinstance(value.closure.node, ast.ClassDef)
    return value.ref in know.RUNS_CODE or know.COMMANDS.match(value.ref) or know.SENDS.match(value.ref)


_SURROUNDINGS = frozenset({"env", "environ", "environment"})  # what a call may look at; its result is not made of it


def instance_of(closure: Closure) -> Value:
    """An object of the class a method belongs to."""
    made = Value()
    made.instance = closure.owner
    if closure.owner is not None:
        made.ref = next((base + "()" for base in closure.owner.bases if base and not base.startswith("builtins.")), "")
    return made


def _static(closure: Closure) -> bool:
    if isinstance(closure.node, ast.Lambda | ast.ClassDef):
        return True
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in closure.node.decorator_list)
