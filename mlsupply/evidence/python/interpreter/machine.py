"""The state of one module's analysis: the budget, the facts found so far, the files written so far, who calls whom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.module_facts import Gift, Neighbours, Take
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.syntax import reachability
from mlsupply.evidence.python.syntax.survey import last_name
from mlsupply.evidence.python.values.value import Closure, Scope, Taint, Value, legible
from mlsupply.named import NamedTuple
from mlsupply.text import safe

MAX_STEPS = 300_000  # nodes evaluated per module
MAX_ROOT_STEPS = 30_000  # of which for one function
MAX_INLINE = 12  # calls within calls
MAX_CARRIED = 36  # the same, where a secret, or what is hidden, is carried along
SHALLOW = 4  # the same, where a function is too much to follow to that depth
MAX_FACTS = 2_000  # of a module, and half as many of those that mean nothing by themselves
MAX_LOOP = 4_096  # turns of a loop or comprehension over constants
CODE_DEPTH = 6  # code inside code


_COMMON = frozenset({"contacts", "runs-command"})
_ON_REQUEST = frozenset({"publishes", "opens-host", "installs-package"})  # done by many a tool whose user says so


class BudgetError(Exception):
    """The budget of the root that is followed, or of the module, is used up."""


class Entered(NamedTuple):
    """The result of a call that was followed, to be given again for the same call. kept: what its key tells apart by
    identity, so that nothing else gets that identity meanwhile."""

    result: Value
    kept: list[tuple[object, ...]]


class Machine:
    """What all walkers of expressions, statements and calls share."""

    alone = True  # is this the only module that is followed?
    sinkless = reachability.NONE  # functions that reach no sink, once they are known
    serving = False  # are the views of a server followed, with what they are asked?
    unread: ast.AST | None = None  # the expression whose result nobody looks at
    installs = False  # does the text of the module speak of installing at all?
    missing = 0  # conditions around that something was found missing first
    strange = False  # is it a module of another project than the one that ships it?
    data: Mapping[str, bytes] = {}  # files of the package that hold data, by path, where they were read
    heard: Taint = frozenset()  # where that comes from which the child prints that is followed last
    untold = False  # were there more facts than are kept?
    common = 0  # facts that mean nothing by themselves
    cut = False  # something worth following went deeper than the depth it is followed to

    def __init__(self, path: str, dotted: str, is_package: bool) -> None:
        # the module
        self.path = path
        self.dotted = dotted
        self.package = dotted if is_package else dotted.rpartition(".")[0]
        self.lines: list[str] = []  # of the source, for what is written rather than meant
        self.module = Scope()
        self.closures: list[tuple[str, Closure]] = []  # root and function, lambda or method, as they are defined
        self.linked = False  # looked at because of a neighbour: every function is followed
        self.neighbours = Neighbours({}, {})
        # where it is followed
        self.scope = self.module
        self.root = ""  # the function that is followed on its own; "" the module level
        self.running: list[Closure] = []  # functions that were entered, the innermost last
        self.replacing = ""  # the function of another module that the one which is followed stands for
        self.folder = ""  # the one that is worked in, as far as it is said
        self.silent = 0  # `try` blocks around whose errors are thrown away
        self.on_request = 0  # conditions around that look at what the user asks for
        self.declined = False  # was such a condition just passed that leaves where it is not met?
        self.child_input: Taint = frozenset()  # what a child that is followed is given as arguments and input
        self.code_layers: tuple[str, ...] = ()  # of decoded code that is followed: the encodings, the text
        self.code_text = ""
        self.code_line = 0  # where decoded code is run from, 0 in the module's own text
        self.code_depth = 0
        # values on their way
        self.entered: dict[tuple[object, ...], Entered] = {}
        self.returned: list[list[Value]] = []  # by the functions that were entered; yielded: likewise
        self.yielded: list[list[Value]] = []
        self.sent: list[Value] = []  # into the generators that are followed
        self.raised: list[Value] = []
        self.later: list[tuple[Value, list[Value], dict[str, Value], ast.AST, str]] = []  # what runs beside the rest
        # the budget
        self.steps, self.root_end = 0, MAX_STEPS
        self.depth = MAX_INLINE
        self.ran: set[Closure] = set()
        self.exhausted: set[str] = set()  # roots that were too much to follow
        # what the module keeps and sets up
        self.files: dict[str, Value] = {}  # content by path, see `storage`
        self.paths: list[Value] = []  # that files are kept by
        self.folders: list[str] = []  # of repositories that are worked with
        self.variables: dict[str, Value] = {}  # of the environment, as far as they are set here
        self.set_here: set[str] = set()  # variables of the environment that the module sets itself
        self.views: list[Closure] = []  # what answers requests, once a server is started
        self.pointed: dict[str, str] = {}  # a library for clients -> the address it was set to
        # what was found
        self.facts: dict[tuple[object, ...], tuple[CodeFact, set[str]]] = {}  # with the roots each is reached from
        self.edges: set[tuple[str, str]] = set()  # root -> dotted name that it calls
        self.origins: dict[str, int | str] = {}  # label -> line, or which neighbour it came from
        self.makers: dict[str, bool] = {}  # label of what was received -> does it come from the maker of a well-known tool?
        self.verified: set[str] = set()  # roots that compare a digest or signature
        # for other modules of the package, see `summaries`
        self.wants: set[str] = set()
        self.hands: dict[str, set[str]] = {}
        self.gives: dict[str, Gift] = {}
        self.takes: dict[str, list[Take]] = {}
        self.handed: dict[str, set[str]] = {}  # labels that are in `hands` already
        # answers that are kept
        self.guards: dict[ast.If, tuple[bool, bool]] = {}  # does it end something, does it name a watcher
        self.started_with: list[list[str] | None] | None = None  # what the arguments may be, see `default_run`

    def tick(self, cost: int = 1) -> None:
        """Pays for work done. Raises BudgetError where the root has used up its steps."""
        self.steps += cost
        if self.steps > self.root_end:
            raise BudgetError

    def origin(self, kind: str, detail: str, line: int) -> Taint:
        """The label for data that comes in at this line, as a set; remembers the line for the chain of a fact."""
        label = f"{kind}:{legible(detail, 80)}"
        self.origins.setdefault(label, self.code_line or line)
        if kind == "received":
            self.makers[label] = self.makers.get(label, True) and places.MAKERS.match(detail) is not None
        return frozenset((label,))

    def fact(self, behaviour: str, node: ast.AST | None, **fields: object) -> None:
        """Notes a fact of the root that is followed. fields: as in `CodeFact`; moment and scope are filled in when the
        package is put together. What the user asks for is not noted for behaviours in `_ON_REQUEST`."""
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
        if behaviour == "runs-downloaded" and any(_asks(closure.node, line) for closure in self.running):
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
            self.untold = True

    def found(self) -> Iterator[tuple[CodeFact, set[str]]]:
        """All facts with the roots they are reached from; those of downloads say whether a root verifies them."""
        for fact, roots in self.facts.values():
            verified = fact.behaviour in {"runs-downloaded", "runs-dropped"} and not roots.isdisjoint(self.verified)
            yield replace(fact, verified=verified), roots

    def _has_room(self, fact: CodeFact) -> bool:
        """May one more be kept? Requests to places written in the code and programs that are started fill a room of their
        own: whoever writes thousands of them leaves the other as it is."""
        if fact.behaviour in _COMMON and fact.destination != "chat" and not fact.layers and not fact.hidden:
            self.common += 1
            return self.common <= MAX_FACTS // 2
        return len(self.facts) - min(self.common, MAX_FACTS // 2) < MAX_FACTS

    def main_root(self) -> str:
        """The root of what runs only where the module is started as a program."""
        return self.root or "__main__"

    def data_file(self, path: str) -> bytes | None:
        """What a data file of the package holds; None where that was not read. path: of the file, of which the last part is
        known at least. Of several that are called so the one beside the module is meant, or none is."""
        name = path.replace("\\", "/").rpartition("/")[2]
        found = [one for one in self.data if one.rpartition("/")[2] == name] if self.data else []
        beside = [one for one in found if one.rpartition("/")[0] == self.path.rpartition("/")[0]]
        chosen = beside or found
        return self.data[chosen[0]] if len(chosen) == 1 else None

    def neighbour(self, ref: str) -> Value | None:
        """What a dotted name stands for in a module that is followed together with this one; None where none is."""
        del ref
        return None

    def names_of(self, dotted: str) -> dict[str, Value]:
        """The names of the module level of a module that is followed together with this one; {} where none is."""
        del dotted
        return {}

    def _origin_of(self, label: str) -> str:
        place = self.origins.get(label, 0)
        return f"line {place}" if isinstance(place, int) else place

    def chain(self, labels: Iterable[str], sink: str, line: int) -> tuple[str, ...]:
        """The steps from where data came in to the sink, in words. labels: of the data, of which the six most sensitive are
        told."""
        worst = sorted(labels, key=lambda label: (know.RANK.get(label.partition(":")[0], 99), label))[:6]
        steps = [f"{label.replace(':', ' ', 1)} ({self._origin_of(label)})" for label in worst]
        return (*steps, f"{sink} (line {self.code_line or line})")


_ASKS = re.compile(
    r"input|ask|(?:ask|prompt|query)_?(?:user|yes|ok)\w{0,20}|(?:get_|user_)?confirm(?:ed|ation|_\w{1,20})?|yes_?no"
)


def _asks(node: ast.AST, line: int) -> bool:
    """Is the user asked something in this function before the line?"""
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call) and inner.lineno < line)
    return any(_ASKS.fullmatch(last_name(called)) for called in calls)
