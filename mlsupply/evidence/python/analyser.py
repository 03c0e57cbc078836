"""The analyser of a module: the top layer of the interpreter, with what each side effect means and how entry points run."""

from __future__ import annotations

import ast

from mlsupply.evidence.files.start_lines import SUFFIXES
from mlsupply.evidence.python import entry_points, sinks, sources, summaries
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter import conditions, decorators, hooks, methods, objects, replacements, unknown_calls
from mlsupply.evidence.python.interpreter.call import Call, SentKey
from mlsupply.evidence.python.interpreter.entering import may_change
from mlsupply.evidence.python.interpreter.machine import CODE_DEPTH
from mlsupply.evidence.python.interpreter.statements import Statements
from mlsupply.evidence.python.libraries import (
    execution,
    higher_order,
    implicit_calls,
    log_records,
    log_taps,
    own_loaders,
    persistence,
    tree_nodes,
    wearing_out,
)
from mlsupply.evidence.python.models import modelled, no_model_knows
from mlsupply.evidence.python.network import (
    diverted,
    download_managers,
    far_end,
    object_servers,
    recipients,
    shares,
    uploads,
)
from mlsupply.evidence.python.network.tunnels import Led
from mlsupply.evidence.python.syntax import held_calls, newer, quietly
from mlsupply.evidence.python.values.effort import EFFORT
from mlsupply.evidence.python.values.merging import callees, merged
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
    """Follows one module; `analyse.module` makes one for each source file. It defines what the layers below leave open:
    effects of assignments and conditions on facts, code that is executed, callbacks, entry points."""

    def __init__(self, path: str, dotted: str, is_package: bool) -> None:
        super().__init__(path, dotted, is_package)
        self.states: dict[Closure, ClassState] = {}
        self.loops = {}
        self.stars, self.star_bases = [], []
        self.carried = {}
        self.missing_questions = {}
        self.environment_loops = []
        self.conditions = set()
        self.replaced: set[str] = set()  # dotted names of other modules that the module assigned to
        self.code_running: list[str] = []  # texts that are run as code, the outer ones first
        self.saved: dict[str, str] = {}  # dotted name that the module assigned to -> dotted name of what it put there
        self.passed_back = False  # the function that replaces another called the original
        self.logs: list[Value] = []  # paths of files that are logged to
        self.loggers: dict[str, Value] = {}
        # (logger, or None for all; what puts something into its records; where that is said)
        self.record_makers: list[tuple[Value | None, Value, Call]] = []
        self.taps = log_taps.Taps()
        self.opened: dict[str, set[str]] = {}  # taint label of a key -> addresses where it opens an account
        self.fixed_streams: set[str] = set()  # what opened streams to hosts that are named in the code
        self.led: list[Led] = []  # connections to addresses that came over a stream
        self.tied: set[Closure] = set()  # functions that connected a program they start to a handler's socket
        self.paired = False  # has one end of a pair of sockets become the standard input or output?
        self.shown: list[Value] = []  # functions of libraries that clients of a server call
        self.open_servers: set[str] = set()  # libraries with a server here that other machines reach
        self.sent_keys: list[SentKey] = []
        self.status_only: list[SentKey] = []  # of these, nobody reads more of the answer than whether there is one
        self.asked_hosts: set[str] = set()  # hosts that a key is shown to and whose answers are read
        self.sessions: dict[int, tuple[dict[str, Value], list[SentKey]]] = {}  # by what a session adds to its requests
        self.method_calls = {}
        self.coroutines, self.given = {}, {}
        self._calls_held: dict[ast.AST, bool] = {}  # function -> does it call what a container holds
        self._named: dict[ast.AST, set[str]] = {}  # function -> the names in it
        self.hooked: set[object] = set()  # classes whose hooks were followed, see `implicit_calls`

    def call(
        self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST, receiver: Value | None = None
    ) -> Value:
        self.tick(2)
        if several := callees(function, receiver):
            return merged([self.call(one, args, keywords, node, on) for one, on in several])
        if function.bound is not None:
            return methods.called_bound(self, function, function.bound, args, keywords, node, receiver)
        this = Call(function.ref, function, args, keywords, node, receiver)
        if self.replacing:
            self._note_original(this)
        if function.closure is not None:
            return self._of_module(function.closure, this)
        if function.instance is not None and "__call__" in function.instance.methods and this.ref != "builtins.type()":
            return self.enter(function.instance.methods["__call__"], [function, *args], keywords, node)
        if this.ref:
            this = implicit_calls.followed(self, this)
            if function.hidden:
                execution.hidden_name(self, this)
            if function.instance is not None and this.ref == "builtins.type()":
                return higher_order.instantiated(self, this)
            result = self._of_library(this)
            if result is not None:
                return self._intercepted(this, result) if self._stands_between() else result
            if this.ref.count(".") and not this.ref.startswith("builtins."):
                self.edges.add((self.root, this.ref))
                if (summarised := summaries.apply_summary(self, this)) is not None:
                    return summarised
        result = self._unknown(this)
        return self._intercepted(this, result) if self._stands_between() else result

    def _unknown(self, call: Call) -> Value:
        """The result of a call that no model knows by its name; its method and arguments may say what it does."""
        answer = sinks.by_shape(self, call)
        result = unknown_calls.result_of(self, call)
        if answer is not None:
            result.taint |= answer.taint
        wearing_out.wholesale(self, call, result)
        download_managers.kept(self, call, result)
        return result

    def _note_original(self, call: Call) -> None:
        """Notes whether the call, in a function that replaces one of another module, is of the original."""
        sinks.called_in_place(self, call)
        if call.ref and call.function.closure is None and not self.passed_back:
            self.passed_back = replacements.is_original(self, call.ref, self.replacing)

    def _stands_between(self) -> bool:
        """Whether the function that is followed stands between another function and its callers: it replaces or wraps it."""
        return bool(self.replacing) or (bool(self.running) and self.running[-1].wrapper)

    def _intercepted(self, call: Call, result: Value) -> Value:
        """The result, labelled as intercepted if the call is of the function that is replaced or wrapped."""
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

    def _of_module(self, closure: Closure, call: Call) -> Value:
        """A call of a function or class of the module."""
        if isinstance(closure.node, ast.ClassDef):
            state = self.class_state(closure)
            for base in state.bases:
                if object_servers.makes(base):
                    object_servers.made(self, base, call)
            return objects.new_object(self, state, call, Value(objects.object_ref(state), NOTHING, taint_of(*call.args)))
        return self.enter(closure, [*self._receiver_argument(closure, call), *call.args], call.keywords, call.node)

    def _receiver_argument(self, closure: Closure, call: Call) -> list[Value]:
        """The argument before those of the call: the object or class that a method is called on; [] for a function."""
        receiver, owner = call.receiver, call.function.instance or closure.owner
        if owner is None or closure.owner is None or decorators.decorated_with(closure, "staticmethod"):
            return []
        if isinstance(closure.node, ast.Lambda) and len(call.args) == len(closure.node.args.args):
            return []  # `name = staticmethod(lambda ...)`
        first = Value()
        if decorators.takes_class(closure):
            first.closure = owner.closure if receiver is None or receiver.closure is None else receiver.closure
            return [first]
        if receiver is not None and receiver.closure is not None and call.function.instance is None and call.args:
            return []  # `Class.method(object, ...)`: the object is among the arguments
        if receiver is not None and receiver.instance is owner:
            return [receiver]
        if receiver is None and call.function.instance is None and methods.is_given_object(closure, call.args):
            return []  # the function itself, as a decorator keeps it
        first.instance = owner
        return [first]

    def _of_library(self, call: Call) -> Value | None:
        """The result of a call that a model knows; None for any other."""
        if not all(EFFORT.reads(arg.const) for arg in call.args):
            return None
        if (kept := self.saved.get(call.ref, "")) in know.RUNS_CODE or know.COMMANDS.match(kept):
            call = call._replace(ref=kept)  # a function that replaced another, called by the name of that one
        if shares.reaches(call.ref):
            shares.reached(self, call)
        return None if no_model_knows(call.ref) else modelled(self, call)

    def implicit_arguments(self, closure: Closure, heir: ClassState | None = None) -> list[Value]:
        """The first argument of a method that is an entry point: an object of its class, or the class; [] for a function.
        heir: a subclass that inherits the method, whose object it is then."""
        if closure.owner is None or decorators.decorated_with(closure, "staticmethod"):
            return []
        if decorators.takes_class(closure):
            this = Value()
            this.closure = closure.owner.closure
            return [this]
        this = objects.any_object(heir or closure.owner)
        if hooks.holds_credentials(closure):
            this.taint |= frozenset(("parameter:credentials",))
        return [this]

    def calls_held(self, closure: Closure) -> bool:
        """Does the function call what a container holds? Each is searched for that once."""
        if closure.node not in self._calls_held:
            self._calls_held[closure.node] = held_calls.calls_held(closure.node)
        return self._calls_held[closure.node]

    def containers_around(self, closure: Closure) -> list[Value]:
        """The containers and objects that the function does not make itself but names, by now."""
        if closure.node not in self._named:
            self._named[closure.node] = held_calls.names_in(closure.node)
        found = (closure.scope.find(name) for name in self._named[closure.node])
        return [one for one in found if one is not None and may_change(one)]

    def remember_begun(self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> None:
        """Remembers a deferred call that is about to be run."""
        entry_points.remember_begun(self, function, args, keywords, node)

    def registered_with(self, registrar: Value, function: Value, node: ast.AST) -> None:
        entry_points.registered(self, registrar, function, node)

    def environment(self, key: Value, node: ast.AST) -> Value:
        if isinstance(key.const, str) and key.const in self.variables:
            return self.variables[key.const]
        return sources.variable(self, key, getattr(node, "lineno", 0))

    def element(self, source: Value) -> Value:
        made = super().element(source)
        if source.ref.endswith(".rfile"):
            made.taint |= self.origin("received", source.ref, 0)
        elif source.ref.endswith(_STREAMS) or know.RECEIVES.match(source.ref.removesuffix("[]")):
            made.taint |= self.origin("received", command_text(source), 0)
            if source.ref.endswith(_STREAMS):
                made.text = HOLE  # that of the connection is its host
        return made

    def called_back(self, call: Call, closure: Closure, value: Value) -> None:
        """Follows a function that is passed to an unknown one; a listener is taken to call it with what is typed."""
        self.registered_with(call.function, value, call.node)
        if not isinstance(closure.node, ast.ClassDef) and "listener" in call.ref.lower():
            self.enter(closure, [Value(taint=frozenset(("keystrokes:listener",)))], {}, call.node)

    def execute(self, call: Call, source: Value | None) -> Value:
        """`exec` or `eval` of a value: notes facts, follows the code where it is known, and returns its result."""
        if source is None:
            return Value()
        execution.executed(self, call, source)
        code = source.text if source.ref in tree_nodes.WHOLE and source.text != HOLE else source.const
        if not isinstance(code, str | bytes):
            return Value("", NOTHING, source.taint)
        with execution.namespace(self, call):
            return self.run_text(code, source.layers, call.line)

    def run_text(self, code: str | bytes, layers: tuple[str, ...], line: int) -> Value:
        """Follows Python code that is run from a string, in the current scope, and returns the value of an expression.
        layers: encodings undone to get it; line: where it is run. Gives an unknown for code that cannot be parsed; code that
        is too long or nested too deeply exhausts the root."""
        if self.code_depth >= CODE_DEPTH or len(code) > 1 << 20:
            self.exhausted.add(self.root)
            return Value()
        text = code if isinstance(code, str) else code.decode("utf-8", "replace")
        try:
            tree = quietly.tree_of(text.lstrip(" \t\n") if "\n" not in text.strip() else text)
        except SyntaxError as error:
            if newer.is_newer(error):
                where = f"text that is run in line {self.code_line or line} was not followed"
                self.unread = self.unread or f"{where}: {newer.unread(error)} of it"
            return Value()
        except (ValueError, RecursionError, MemoryError):
            return Value()
        before = (self.code_layers, self.code_text, self.code_line)
        if layers or self.code_line == 0:
            self.code_layers, self.code_text = (*self.code_layers, *layers), text
        self.code_line = self.code_line or line
        self.code_depth += 1
        self.code_running.append(text)
        try:
            if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
                return self.value(tree.body[0].value)
            self.body(tree.body)
            return Value()
        finally:
            self.code_depth -= 1
            self.code_running.pop()
            self.code_layers, self.code_text, self.code_line = before

    def assign(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        super().assign(owner, name, value, node)
        log_records.handler_changed(self, owner, name, value, node)
        recipients.put(self, name, value, node)
        if self.replacing and name in sinks.ROUTES:
            sinks.rerouted(self, self.replacing, value, node)
        given = not owner.ref and owner.closure is None and has(owner.taint, "parameter", "intercepted")
        if given and value.closure is not None:
            replacements.follow_patch_of_argument(self, name, value, node)
        if name == "__code__" and (value.layers or has(taint_of(value), "received", "encoded")):
            self.execute(Call("types.FunctionType", Value(), [value], {}, node, None), value)

    def patch(self, name: str, value: Value, node: ast.AST) -> None:
        """A function or setting of another module is replaced; what passes through a replaced function counts as
        intercepted."""
        diverted.replaced(self, name, value, node)
        self.replaced.add(name)
        if own_loaders.is_searched(name):
            own_loaders.path_changed(self, value, node)
        if value.closure is not None and isinstance(value.closure.node, ast.ClassDef):
            replacements.follow_methods(self, name, self.class_state(value.closure), node)
        elif value.closure is not None:
            replacements.follow_patch(self, name, value, node, own=self._inside(name))
        else:
            for accessor in (value.keys or {}).values() if value.ref == "builtins.property()" else ():
                replacements.follow_patch(self, name, accessor, node, own=self._inside(name))
            if value.instance is not None and not self._inside(name):
                replacements.follow_object(self, name, value, node)
            if value.ref:
                self.saved[name] = value.ref
            if name.endswith("hooks") or (name.startswith("litellm.") and "callback" in name):
                replacements.follow_hooks(self, value, node)
            sinks.attribute_set(self, name, value, node)

    def _inside(self, name: str) -> bool:
        """Whether this dotted name is of the package that the module belongs to."""
        return not self.foreign and bool(self.package) and name.partition(".")[0] == self.package.partition(".")[0]

    def condition(self, node: ast.BoolOp) -> None:
        conditions.singled_out(self, node)

    def called_again(self, closure: Closure) -> None:
        wearing_out.called_again(self, closure)

    def endless(self, node: ast.While | ast.For) -> None:
        wearing_out.without_end(self, node)

    def guard(self, node: ast.If, test: Value) -> None:
        conditions.guarded(self, node, test)

    def stored(self, owner: Value, key: Value, value: Value, node: ast.AST) -> None:
        super().stored(owner, key, value, node)
        log_records.listed(self, owner, value, node)
        recipients.put(self, text_of(key), value, node)
        if own_loaders.is_searched(owner.ref):
            own_loaders.path_changed(self, value, node)
        if owner.ref.startswith("neptune."):
            uploads.stored(self, owner, value, node)
        if owner.ref == "sys.modules":
            replacements.follow_module(self, text_of(key), value, node)
        if owner.ref.startswith("email.") and text_of(key).lower() == "bcc":
            far_end.copied(self, owner, value, node)
        if text_of(key).endswith((*SUFFIXES, "customize.py")):
            persistence.member(self, text_of(key), value, node)
        if self.replacing and text_of(key) in sinks.ROUTES:
            sinks.rerouted(self, self.replacing, value, node)
        if owner.ref == "os.environ":
            if isinstance(key.const, str) and (value.taint or value.layers):
                self.variables[key.const] = value
            sinks.variable_set(self, key, value, node)

    def run_deferred(self) -> None:
        """Runs the deferred calls (threads, callbacks), whose arguments may have been changed since."""
        entry_points.run_deferred(self)

    def run_changed(self) -> None:
        """Runs the deferred calls again whose arguments have been filled since."""
        entry_points.run_changed(self)

    def release(self) -> None:
        """Breaks the reference cycles between scopes and functions once all facts are noted, so that everything is freed at
        once: the garbage collector would take a fifth of the time of the analysis."""
        for closure in (*(closure for _, closure in self.closures), *self.ever_entered, *self.states):
            closure.scope.names.clear()
            closure.owner = None
        for state in self.states.values():
            state.methods.clear()
            state.attributes.clear()
            state.objects.clear()
        self.module.names.clear()
        self.call_results.clear()

    def run_root(self, name: str, closure: Closure, heir: ClassState | None = None) -> None:
        """Follows a function as an entry point of this name, within a budget of its own. heir: see `implicit_arguments`."""
        entry_points.run(self, name, closure, heir)


# A loop over one of these receives.
_STREAMS = ("connect()", "asyncio.open_connection()", "asyncio.open_unix_connection()", "().makefile()")
