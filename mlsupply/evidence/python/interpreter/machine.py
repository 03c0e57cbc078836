"""The state of the abstract interpreter for one module: where it is, its budget, and what it has found so far."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace

from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.module_facts import Gift, Neighbours, Take
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.syntax import reachability
from mlsupply.evidence.python.syntax.survey import last_name
from mlsupply.evidence.python.values.containers import Emptied
from mlsupply.evidence.python.values.value import HOLE, Closure, Scope, Taint, Value, legible
from mlsupply.named import NamedTuple
from mlsupply.text import safe

MAX_STEPS = 300_000  # nodes evaluated per module
MAX_ROOT_STEPS = 30_000  # nodes evaluated for one function as an entry point
MAX_INLINE = 12  # depth of the call stack
MAX_CARRIED = 36  # the same, while a call carries taint worth following or decoded content
SHALLOW = 4  # the same, for a second try at a function that exhausted its budget
MAX_FACTS = 2_000  # of a module; of the `_COMMON` ones half as many
MAX_LOOP = 4_096  # turns of a loop or comprehension over constants
CODE_DEPTH = 6  # nesting of code in strings that is executed
# Behaviours that mean nothing by themselves: most modules show some.
_COMMON = frozenset({"contacts", "runs-command"})
# Behaviours that are no fact where the user asks for them.
_ON_REQUEST = frozenset({"publishes", "opens-host", "installs-package", "trusts-anybody"})


class BudgetError(Exception):
    """The budget of the current entry point, or of the module, is used up."""


class CallResult(NamedTuple):
    """The cached result of a call of a function of the module. kept: the objects whose `id` is in the cache key, kept alive
    so that no other object gets the same one."""

    result: Value
    kept: list[tuple[object, ...]]


class Begun(NamedTuple):
    """A deferred call that was run, and the taint then of its arguments and of the containers around it that it names."""

    function: Value
    args: list[Value]
    keywords: dict[str, Value]
    node: ast.AST
    root: str
    shared: list[Value]
    taint: Taint


class Coroutine(NamedTuple):
    """A call of an asynchronous function, whose task may run on while its arguments change. result: as long as it lives, so
    does its `id`."""

    result: Value
    closure: Closure
    args: list[Value]
    keywords: dict[str, Value]


class Machine:
    """The state that the walkers of expressions, statements and calls share.

    A root is an entry point: the module level, or a function that is followed by itself because nobody known calls it.
    """

    # defaults, replaced on the object where they differ
    alone = True  # this is the only module that is followed
    sinkless = reachability.NONE  # functions that reach no sink, once they are known
    serving = False  # the views of a server are being followed, so that attributes of requests are tainted
    ignored_result: ast.AST | None = None  # the expression statement being evaluated: nobody uses its result
    mentions_install = False  # the source has the word "install" somewhere
    when_missing = 0  # enclosing branches that are taken only where something is not installed
    foreign = False  # the module is of another project than the one that ships it
    data: Mapping[str, bytes] = {}  # data files of the package, by path, as far as they were read
    child_output: Taint = frozenset()  # taint of what the child process followed last prints
    facts_dropped = False  # there were more facts than are kept
    common_facts = 0  # facts so far of behaviours in `_COMMON`
    unread = ""  # the first text that is run and that only a newer Python reads, in words
    stdout: Value | None = None  # where what is printed goes, where the module keeps it
    replacing = ""  # the function of another module that the current one was put in the place of
    folder = ""  # the working directory, or the one a server serves, as far as the code sets it
    declined = False  # the statement just followed leaves the function unless the user asked for something
    child_variables: Mapping[str, Value] = {}  # of the environment of the child process that is followed
    awaited: Mapping[str, bool] = {}  # files that a later step of a run starts -> are they a folder of programs?
    emptied: list[Emptied] | None = None  # what something was taken out of in a loop whose turns are counted
    deferred: list[tuple[Value, list[Value], dict[str, Value], ast.AST, str]]
    begun: list[Begun]  # those of them that were run
    too_deep: set[tuple[str, Closure]]  # entry points, and functions that were too deep to be entered from them
    signed_with: set[str]  # parameters of the current entry point that are keys of wallets
    cut_off = False  # a call that carries something worth following was too deep to be entered

    def __init__(self, path: str, dotted: str, is_package: bool) -> None:
        # the module
        self.path = path
        self.dotted = dotted
        self.package = dotted if is_package else dotted.rpartition(".")[0]
        self.lines: list[str] = []  # of the source
        self.module = Scope()
        self.closures: list[tuple[str, Closure]] = []  # (root, function, lambda or method), in the order they are defined in
        self.linked = False  # this is the second look, with what is known of the neighbours
        self.neighbours = Neighbours({}, {})
        # the place that is followed
        self.scope = self.module
        self.root = ""  # the name of the current entry point; "" for the module level
        self.running: list[Closure] = []  # the call stack, the innermost function last
        self.silent = 0  # enclosing `try` blocks that swallow all errors
        self.on_request = 0  # enclosing branches that are taken only where the user asks for them
        self.child_input: Taint = frozenset()  # taint of the arguments and input of the child process that is followed
        self.code_layers: tuple[str, ...] = ()  # of decoded code that is followed: the encodings undone to get it
        self.code_text = ""  # the same: its text
        self.code_line = 0  # the same: the line it is run from; 0 in the code of the module itself
        self.code_depth = 0  # nesting of executed code
        # values in transit
        self.call_results: dict[tuple[object, ...], CallResult] = {}
        self.returned: list[list[Value]] = []  # the values of `return`, for each function of the call stack
        self.yielded: list[list[Value]] = []  # the same for `yield`
        self.sent: list[Value] = []  # values sent into the generators that are followed
        self.option_defaults: dict[str, str] = {}  # by option of the command line, as far as the module parses it
        self.handlers: dict[str, list[Value]] = {}  # library -> functions it calls with what it is handed
        self.put_into: list[tuple[int, Value]] = []  # depth of a generator followed again, and what it yields by now
        self.raised: list[Value] = []  # exceptions that carry something
        # calls of threads and callbacks, with the root they were started from
        self.deferred, self.begun, self.signed_with = [], [], set()
        # the budget
        self.steps, self.root_end, self.too_deep = (
            0,
            MAX_STEPS,
            set(),
        )  # nodes evaluated so far; the count at which the current root has to stop
        self.depth = MAX_INLINE  # of the call stack, at most
        self.ever_entered: set[Closure] = set()
        self.exhausted: set[str] = set()  # roots that were not followed to their end
        # the effects of the module
        self.files: dict[str, Value] = {}  # content by path, see `storage`
        self.paths: list[Value] = []  # path values kept alive: the `id` of one may be in a key of `files`
        self.folders: list[str] = []  # working copies of repositories
        self.variables: dict[str, Value] = {}  # environment variables that the module sets, with their values
        self.set_here: set[str] = set()  # names of environment variables that the module sets
        self.views: list[Closure] = []  # functions that answer requests, once a server is started
        self.client_addresses: dict[str, str] = {}  # client library -> the address that it was configured with
        # what was found
        # the facts by `CodeFact.deed`, with the roots each is reached from
        self.facts: dict[tuple[object, ...], tuple[CodeFact, set[str]]] = {}
        self.edges: set[tuple[str, str]] = set()  # call graph: (root, dotted name that it calls)
        self.origins: dict[str, int | str] = {}  # taint label -> the line it comes from, or a phrase with its neighbour
        self.makers: dict[str, bool] = {}  # label of received data -> whether it is from the maker of a well-known tool
        self.verified: set[str] = set()  # roots that check a digest or signature
        # the summary for other modules of the package, see `summaries` and `module_facts.ModuleFacts`
        self.wants: set[str] = set()
        self.hands: dict[str, set[str]] = {}
        self.gives: dict[str, Gift] = {}
        self.takes: dict[str, list[Take]] = {}
        self.handed: dict[str, set[str]] = {}  # by dotted name: labels that are in `hands` already
        # caches
        self.guards: dict[ast.If, tuple[bool, bool]] = {}  # (does it end something, does it name a watcher)
        self.started_with: list[list[str] | None] | None = None  # possible `sys.argv`, see `default_run`

    def at_module_level(self) -> None:
        """Leaves whatever function, branch or `try` was being followed."""
        self.scope, self.running, self.returned = self.module, [], []
        self.silent = self.on_request = 0
        self.declined = False
        self.stdout = None

    def redirect(self, target: Value | None) -> None:
        """From here on, what is printed goes to `target`; None for the output of the process."""
        self.stdout = target
        self.call_results.clear()  # the functions called again print elsewhere

    def tick(self, cost: int = 1) -> None:
        """Counts steps. Raises BudgetError where the root has used up its budget."""
        self.steps += cost
        if self.steps > self.root_end:
            raise BudgetError

    def origin(self, kind: str, detail: str, line: int) -> Taint:
        """A taint label for data from a source at this line, as a set. The line is remembered for `chain`."""
        label = f"{kind}:{legible(detail, 80)}"
        self.origins.setdefault(label, self.code_line or line)
        if kind == "received":
            self.makers[label] = self.makers.get(label, True) and places.MAKERS.match(detail) is not None
        return frozenset((label,))

    def lines_of(self, dotted: str) -> list[str]:
        """The lines of the module of this name, if it is followed together with this one; else those of this one."""
        return self.lines

    def lines_at(self, path: str) -> list[str] | None:
        """The lines of the module whose `__file__` this is, if it is this one or is followed together with it; else None."""
        return self.lines if path == f"{HOLE}/{self.path}" else None

    def lines_around(self, closure: Closure) -> list[str]:
        """The lines of the module that defines a function or class."""
        del closure
        return self.lines

    def fact(self, behaviour: str, node: ast.AST | None, **fields: object) -> None:
        """Notes a fact of the current root. fields: of `CodeFact`; its moment and scope are filled in later, when the
        modules of the package are put together."""
        if self.on_request and behaviour in _ON_REQUEST:
            return
        line = self.code_line or (getattr(node, "lineno", 0) if node is not None else 0)
        draft = CodeFact(
            behaviour=behaviour,
            moment=Moment.CALL,
            member=self.path,
            line=line,
            layers=self.code_layers,
            silent=self.silent > 0,
            decoded=safe(self.code_text),
        )
        if behaviour == "runs-downloaded" and any(_asks_user(closure.node, line) for closure in self.running):
            fields["asked"] = True
        fact = replace(draft, **fields)  # type: ignore[arg-type]  # the callers name fields of CodeFact
        if self.code_layers and fact.layers != self.code_layers:
            fact = replace(fact, layers=(*self.code_layers, *fact.layers), decoded=fact.decoded or safe(self.code_text))
        known = self.facts.get(fact.deed)
        if known is not None:
            known[1].add(self.root)
        elif self._has_room(fact):
            self.facts[fact.deed] = (fact, {self.root})
        else:
            self.facts_dropped = True

    def all_facts(self) -> Iterator[tuple[CodeFact, set[str]]]:
        """All facts with the roots they are reached from; for downloads, `verified` says whether one of these roots checks
        them."""
        for fact, roots in self.facts.values():
            verified = fact.behaviour in {"runs-downloaded", "runs-dropped"} and not roots.isdisjoint(self.verified)
            yield replace(fact, verified=verified), roots

    def _has_room(self, fact: CodeFact) -> bool:
        """Whether one more fact may be kept. Facts of behaviours in `_COMMON` have a quota of their own, so that thousands
        of them crowd out no others."""
        if fact.behaviour in _COMMON and fact.destination != "chat" and not fact.layers and not fact.hidden:
            self.common_facts += 1
            return self.common_facts <= MAX_FACTS // 2
        return len(self.facts) - min(self.common_facts, MAX_FACTS // 2) < MAX_FACTS

    def main_root(self) -> str:
        """The root of code under `if __name__ == "__main__"`."""
        return self.root or "__main__"

    def root_of(self, name: str) -> str:
        """The name of the root that a function of this module is. name: of the function; "" for the module level."""
        return name

    def data_file(self, path: str) -> bytes | None:
        """The content of a data file of the package; None where it was not read. path: of which at least the last part is
        known. Of several files with that name, the one beside the module is taken, or none."""
        name = path.replace("\\", "/").rpartition("/")[2]
        found = [one for one in self.data if one.rpartition("/")[2] == name] if self.data else []
        beside = [one for one in found if one.rpartition("/")[0] == self.path.rpartition("/")[0]]
        chosen = beside or found
        return self.data[chosen[0]] if len(chosen) == 1 else None

    def holds_neighbour(self, method: Closure, names: Set[str]) -> bool:
        """Whether an attribute of one of these names, of the method's object, is something defined in another module that is
        followed together with this one."""
        del method, names
        return False

    def neighbour(self, ref: str) -> Value | None:
        """The value of a dotted name of a module that is followed together with this one; None here, where there is none."""
        del ref
        return None

    def names_of(self, dotted: str) -> dict[str, Value]:
        """The names of the module level of a module that is followed together with this one; {} here, where there is
        none."""
        del dotted
        return {}

    def _origin_of(self, label: str) -> str:
        place = self.origins.get(label, 0)
        return f"line {place}" if isinstance(place, int) else place

    def chain(self, labels: Iterable[str], sink: str, line: int) -> tuple[str, ...]:
        """The steps from the sources to the sink, in words. labels: taint of the data; the six most sensitive are told."""
        worst = sorted(labels, key=lambda label: (know.RANK.get(label.partition(":")[0], 99), label))[:6]
        steps = [f"{label.replace(':', ' ', 1)} ({self._origin_of(label)})" for label in worst]
        return (*steps, f"{sink} (line {self.code_line or line})")


# Names of functions that ask the user something.
_ASKS = re.compile(
    r"input|ask|(?:ask|prompt|query)_?(?:user|yes|ok)\w{0,20}|(?:get_|user_)?confirm(?:ed|ation|_\w{1,20})?|yes_?no"
)


def _asks_user(node: ast.AST, line: int) -> bool:
    """Whether the function asks the user something before this line."""
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call) and inner.lineno < line)
    return any(_ASKS.fullmatch(last_name(called)) for called in calls)
