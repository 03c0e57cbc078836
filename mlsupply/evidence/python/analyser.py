"""Calls: functions of the module are entered, and known ones are modelled; of all others, the result keeps the origins of
the arguments."""

from __future__ import annotations

import ast
from functools import lru_cache

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import sinks, sources, summaries
from mlsupply.evidence.python.interpreter import hooks, objects, reflection, replacements, unknown_calls
from mlsupply.evidence.python.interpreter.call import Call, NameOnly, NotInNameError, SentKey
from mlsupply.evidence.python.interpreter.machine import (
    CODE_DEPTH,
    MAX_INLINE,
    MAX_ROOT_STEPS,
    MAX_STEPS,
    SHALLOW,
    BudgetError,
)
from mlsupply.evidence.python.interpreter.statements import Statements
from mlsupply.evidence.python.libraries import (
    builtin_calls,
    codec_calls,
    configured,
    decoder_calls,
    deferred_calls,
    execution,
    higher_order,
    implicit_calls,
    persistence,
    tree_nodes,
    writing,
)
from mlsupply.evidence.python.network import (
    clients,
    diverted,
    far_end,
    remote_access,
    requested,
    servers,
    telemetry,
    uploads,
)
from mlsupply.evidence.python.values import decoders, packing
from mlsupply.evidence.python.values.merging import merged, ways
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import (
    HOLE,
    NOTHING,
    ClassState,
    Closure,
    Value,
    command_text,
    taint_of,
    text_of,
)


class Analyser(Statements):
    """Follows one module: all that the classes below it leave to others is here. `analyse.module` makes one per source
    file."""

    def __init__(self, path: str, dotted: str, is_package: bool) -> None:
        super().__init__(path, dotted, is_package)
        self.states: dict[Closure, ClassState] = {}
        self.loops = {}
        self.stars = []
        self.missing_questions = {}
        self.environment_loops = []
        self.conditions = set()
        self.saved: dict[str, str] = {}  # names of other modules under which this one keeps something of theirs
        self.passed_back = False  # is the function that is replaced called by the one in its place?
        self.logs: list[Value] = []  # paths of files that are logged to
        self.opened: dict[str, set[str]] = {}  # a key, by its label -> where it opens an account
        self.tied: set[Closure] = set()  # functions that gave a handler's connection to the programs they start
        self.sent_keys: list[SentKey] = []

    def call(
        self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST, receiver: Value | None = None
    ) -> Value:
        self.tick(2)
        if several := ways(function, receiver):
            return merged([self.call(one, args, keywords, node, on) for one, on in several])
        if function.bound is not None:
            args, keywords = [*function.bound.args, *args], {**function.bound.keywords, **keywords}
        done = Call(function.ref, function, args, keywords, node, receiver)
        if self.replacing:
            self._called_in_place(done)
        if function.closure is not None:
            return self._own(function.closure, done)
        if function.instance is not None and "__call__" in function.instance.methods and done.ref != "builtins.type()":
            return self.enter(function.instance.methods["__call__"], [function, *args], keywords, node)
        if done.ref:
            done = implicit_calls.followed(self, done)
            if function.hidden:
                execution.hidden_name(self, done)
            if function.instance is not None and done.ref == "builtins.type()":
                return higher_order.instantiated(self, done)
            result = self._known(done)
            if result is not None:
                return self._seen_through(done, result) if self._stands_between() else result
            if done.ref.count(".") and not done.ref.startswith("builtins."):
                self.edges.add((self.root, done.ref))
                if (given := summaries.called(self, done)) is not None:
                    return given
        result = self._unknown(done)
        return self._seen_through(done, result) if self._stands_between() else result

    def _unknown(self, call: Call) -> Value:
        """The result of a call that no model knows by its name; its shape may tell something."""
        answer = sinks.by_shape(self, call)
        result = unknown_calls.result_of(self, call)
        if answer is not None:
            result.taint |= answer.taint
        return result

    def _called_in_place(self, call: Call) -> None:
        """What a function calls that takes the place of another module's: the original, perhaps, and by whose host."""
        sinks.called_in_place(self, call)
        if call.ref and call.function.closure is None and not self.passed_back:
            self.passed_back = replacements.is_original(self, call.ref, self.replacing)

    def _stands_between(self) -> bool:
        """Is what is followed put between a function and those who call it?"""
        return bool(self.replacing) or (bool(self.running) and self.running[-1].wrapper)

    def _seen_through(self, call: Call, result: Value) -> Value:
        """What the function gives that is replaced or wrapped by the one that is followed."""
        if (self.replacing and call.ref == self.replacing) or (
            self.running[-1:]
            and self.running[-1].wrapper
            and (
                any("intercepted:arguments" in value.taint for value in call.all)
                or f"parameter:{self.running[-1].around}" in call.function.taint
            )
        ):
            result.taint |= frozenset(("intercepted:result",))
        return result

    def _own(self, closure: Closure, call: Call) -> Value:
        if isinstance(closure.node, ast.ClassDef):
            state = self.class_state(closure)
            return objects.new_object(self, state, call, Value(objects.object_ref(state), NOTHING, taint_of(*call.args)))
        return self.enter(closure, [*self._first(closure, call), *call.args], call.keywords, call.node)

    def first(self, closure: Closure) -> list[Value]:
        """What a method is given first when nobody known calls it: an object, or its class; nothing for a function."""
        if closure.owner is None or objects.decorated_with(closure, "staticmethod"):
            return []
        if objects.decorated_with(closure, "classmethod"):
            made = Value()
            made.closure = closure.owner.closure
            return [made]
        this = objects.any_object(closure.owner)
        if hooks.holds_credentials(closure):
            this.taint |= frozenset(("parameter:credentials",))
        return [this]

    def _first(self, closure: Closure, call: Call) -> list[Value]:
        """What a method is given before its arguments: the object, the class, or nothing."""
        receiver, owner = call.receiver, call.function.instance or closure.owner
        if owner is None or closure.owner is None or objects.decorated_with(closure, "staticmethod"):
            return []
        first = Value()
        if objects.decorated_with(closure, "classmethod"):
            first.closure = owner.closure if receiver is None or receiver.closure is None else receiver.closure
            return [first]
        if receiver is not None and receiver.closure is not None and call.function.instance is None and call.args:
            return []  # of the class: the object is among the arguments
        if receiver is not None and receiver.instance is owner:
            return [receiver]
        first.instance = owner
        return [first]

    def _known(self, call: Call) -> Value | None:
        """What the models say of it; None where it is none of theirs, as most are by their name alone."""
        if (kept := self.saved.get(call.ref, "")) in know.RUNS_CODE or know.COMMANDS.match(kept):
            call = call._replace(ref=kept)  # put in the place of another function, and called by its name
        return None if turned_down(call.ref) else self._modelled(call)

    def _modelled(self, call: Call) -> Value | None:
        ref = call.ref
        if (found := reflection.modelled(self, call)) is not None:
            return found
        if ref.startswith("builtins."):
            return builtin_calls.modelled(self, call)
        if (recoded := codec_calls.modelled(call)) is not None:
            return recoded
        if ref in decoders.BY_NAME or ref in decoders.OPAQUE:
            return decoder_calls.decoded(self, call)
        if ref.startswith(("ftplib.", "pycurl.")):
            writing.filled(self, call)
        made = higher_order.modelled(self, call) or packing.modelled(call) or tree_nodes.modelled(call)
        made = made or configured.modelled(self, call) or sources.modelled(self, call)
        if made is not None:
            return made
        remote_access.looked_for(self, call)
        if servers.starts(ref):
            servers.started(self, call)
        if know.STARTERS.match(ref):
            return deferred_calls.started(self, call)
        if (taken := uploads.modelled(self, call) or telemetry.modelled(self, call)) is not None:
            return taken
        if not know.SENDS.match(ref) and (asked := clients.modelled(self, call)) is not None:
            return asked
        return sinks.modelled(self, call)

    def handler(self, registrar: Value, function: Value, node: ast.AST) -> None:
        closure = function.closure
        servers.view(self, registrar, function)
        if closure is None or isinstance(closure.node, ast.ClassDef):
            return
        if requested.registered(registrar, function, node) and closure in self.ever_entered:
            self._once_more(closure)
        if not know.MESSENGERS.match(registrar.ref) and not _on_received(registrar, node):
            return
        spec = closure.node.args
        label = self.origin("received", registrar.ref.replace("()", ""), getattr(node, "lineno", 0))
        first = self.first(closure)
        named = {}
        for parameter in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs][len(first) :]:
            named[parameter.arg] = value = Value(taint=label)
            if parameter.arg in _CONNECTIONS:
                value.ref, value.text = registrar.ref.removesuffix("()") + "()", registrar.text
        self.enter(closure, first, named, node)

    def _once_more(self, closure: Closure) -> None:
        """Follows a function of which is only now known what it is given."""
        root, self.root = self.root, closure.name
        self.call_results.clear()
        self.enter(closure, self.first(closure), {}, None)
        self.root = root

    def environment(self, key: Value, node: ast.AST) -> Value:
        if isinstance(key.const, str) and key.const in self.variables:
            return self.variables[key.const]
        return sources.variable(self, key, getattr(node, "lineno", 0))

    def element(self, source: Value) -> Value:
        made = super().element(source)
        if source.ref.endswith(".rfile"):
            made.taint |= self.origin("received", source.ref, 0)
        elif source.ref.endswith("connect()") or know.RECEIVES.match(source.ref.removesuffix("[]")):
            made.taint |= self.origin("received", command_text(source), 0)
        return made

    def called_back(self, call: Call, closure: Closure, value: Value) -> None:
        """Follows a function that is given to an unknown one; one that is given to a listener is called with what is
        typed."""
        self.handler(call.function, value, call.node)
        if not isinstance(closure.node, ast.ClassDef) and "listener" in call.ref.lower():
            self.enter(closure, [Value(taint=frozenset(("keystrokes:listener",)))], {}, call.node)

    def execute(self, call: Call, source: Value | None) -> Value:
        """`exec` or `eval` of a value: notes facts about it, and follows the code as far as it is known. Returns its
        result."""
        if source is None:
            return Value()
        execution.executed(self, call, source)
        code = source.text if source.ref in tree_nodes.WHOLE and source.text != HOLE else source.const
        if not isinstance(code, str | bytes):
            return Value("", NOTHING, source.taint)
        return self.inner(code, source.layers, call.line)

    def inner(self, code: str | bytes, layers: tuple[str, ...], line: int) -> Value:
        """Follows Python text inside Python text, in the same scope. layers: encodings undone to get it; line: where it is
        run. Code that cannot be parsed gives an unknown; what is too long or too deep exhausts the root."""
        if self.code_depth >= CODE_DEPTH or len(code) > 1 << 20:
            self.exhausted.add(self.root)
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

    def assign(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        super().assign(owner, name, value, node)
        sinks.handler_changed(self, owner, name, value, node)
        given = not owner.ref and owner.closure is None and has(owner.taint, "parameter", "intercepted")
        if given and value.closure is not None:
            replacements.follow_patch_of_argument(self, name, value, node)
        if name == "__code__" and (value.layers or has(taint_of(value), "received", "encoded")):  # what the function runs
            self.execute(Call("types.FunctionType", Value(), [value], {}, node, None), value)

    def patch(self, name: str, value: Value, node: ast.AST) -> None:
        """A function or setting of another module is replaced: what passes through a function is followed as intercepted."""
        diverted.replaced(self, name, value, node)
        if value.closure is not None and isinstance(value.closure.node, ast.ClassDef):
            replacements.follow_methods(self, name, self.class_state(value.closure), node)
        elif value.closure is not None:
            replacements.follow_patch(self, name, value, node, own=self._inside(name))
        else:
            if value.ref:
                self.saved[name] = value.ref
            if name.endswith("hooks") or (name.startswith("litellm.") and "callback" in name):
                replacements.follow_hooks(self, value, node)
            sinks.attribute_set(self, name, value, node)

    def _inside(self, name: str) -> bool:
        """Is this of the package itself?"""
        return not self.foreign and bool(self.package) and name.partition(".")[0] == self.package.partition(".")[0]

    def condition(self, node: ast.BoolOp) -> None:
        sinks.singled_out(self, node)

    def guard(self, node: ast.If, test: Value) -> None:
        sinks.guarded(self, node, test)

    def stored(self, owner: Value, key: Value, value: Value, node: ast.AST) -> None:
        super().stored(owner, key, value, node)
        if owner.ref.startswith("neptune."):
            uploads.stored(self, owner, value, node)
        if owner.ref == "sys.modules" and value.instance is not None:
            replacements.follow_methods(self, text_of(key), value.instance, node)
        if owner.ref.startswith("email.") and text_of(key).lower() == "bcc":
            far_end.copied(self, owner, value, node)
        if text_of(key).endswith((".pth", "customize.py")):
            persistence.member(self, text_of(key), value, node)
        if self.replacing and text_of(key) in sinks.WAYS:
            sinks.led_astray(self, self.replacing, value, node)
        if owner.ref == "os.environ":
            if isinstance(key.const, str) and (value.taint or value.layers):
                self.variables[key.const] = value
            sinks.variable_set(self, key, value, node)

    def finish(self) -> None:
        """Follows what was started beside the code (threads, callbacks) once more, with what it was given by now."""
        later, self.deferred = self.deferred, []
        root = self.root
        try:
            for function, args, keywords, node, self.root in later:
                self.call(function, args, keywords, node)
        except (BudgetError, RecursionError):
            self.exhausted.add(self.root)
        self.root, self.deferred = root, []

    def release(self) -> None:
        """Breaks the circles between scopes and functions when all facts are noted, so that the tree and all that was made
        of it is freed at once: the search for circles takes a fifth of the time of a look."""
        for closure in (*(closure for _, closure in self.closures), *self.ever_entered, *self.states):
            closure.scope.names.clear()
            closure.owner = None
        for state in self.states.values():
            state.methods.clear()
            state.attributes.clear()
            state.objects.clear()
        self.module.names.clear()
        self.call_results.clear()

    def run_root(self, name: str, closure: Closure) -> None:
        """Follows a function on its own, called by nobody known, within a budget of its own. One that exhausts it is
        followed once more to a lesser depth. Since what it calls is followed on its own too, only something worth following
        that went deeper is then missed, and exhausts the root."""
        if self._followed(name, closure):
            return
        self.exhausted.discard(name)
        self.depth, cut = SHALLOW, self.cut_off
        if cut or self.steps + MAX_ROOT_STEPS > MAX_STEPS or not self._followed(name, closure) or self.cut_off:
            self.exhausted.add(name)
        self.depth = MAX_INLINE

    def _followed(self, name: str, closure: Closure) -> bool:
        """Did the budget suffice?"""
        self.root = name
        self.root_end = self.steps + MAX_ROOT_STEPS
        self.scope, self.running, self.returned, self.silent, self.on_request = self.module, [], [], 0, 0
        self.declined = self.cut_off = False
        try:
            first = self.first(closure)
            given = self.enter(closure, first, {}, None)
            summaries.returned(self, name, given)
            if hooks.gives_code(closure):
                execution.executed(self, Call("builtins.exec", Value(), [given], {}, closure.node, None), given)
            if name in know.BACKEND_HOOKS and name.startswith("get_requires"):
                execution.required(self, given, closure.node)
            self.finish()
        except (BudgetError, RecursionError):
            return False
        if self.cut_off and self.depth == MAX_INLINE:
            self.exhausted.add(name)  # something was carried deeper than even that is followed
        return name not in self.exhausted


@lru_cache(maxsize=16_384)
def turned_down(name: str) -> bool:
    """Do the models turn a call down for its name alone, whatever it is given and wherever it stands? Then they are asked
    about that name once."""
    nothing = NameOnly(name)
    try:
        return Analyser._modelled(nothing, nothing) is None  # type: ignore[arg-type]  # it tells who asks for more
    except NotInNameError:
        return False


def _on_received(registrar: Value, node: ast.AST) -> bool:
    """Is this `thing.on(...)` of a thing that came by the network?"""
    made = node.func if isinstance(node, ast.Call) else None
    return isinstance(made, ast.Attribute) and made.attr == "on" and has(registrar.taint, "received")


_CONNECTIONS = frozenset({"ws", "websocket", "client", "sock", "conn", "connection", "transport", "bot", "app"})
