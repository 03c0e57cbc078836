"""What the analyser knows about a value: perhaps a constant, perhaps a dotted name, and always where it comes from."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from mlsupply.named import NamedTuple
from mlsupply.text import MAX_QUOTE, safe

HOLE: Final = "\0"  # stands in `text` for a part that is not known
_MAX_WITHIN: Final = 48
MAX_TEXT: Final = 1 << 22  # characters or bytes of a folded constant


def legible(text: str, limit: int = MAX_QUOTE) -> str:
    """A text that may be known in part, made safe for a report."""
    return safe(text.replace(HOLE, "…"), limit)


class _Nothing:
    """Marks a value that is not a known constant; `None` is a constant."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()
Taint = frozenset[str]
CLEAN: Final[Taint] = frozenset()


class Value:
    """A value during analysis; mutable, since Python's containers are.

    What it is:
    ref       dotted name of something outside this module (`os.environ`, `socket.socket()`); "" where it has none
    const     the constant, or NOTHING; `known` says which
    text      of a string that is known in part, with HOLE for the rest
    items     of a list, or of call arguments, where not all are constant
    keys      of a dict, by constant key; under HOLE what stands under any other
    closure   a function, lambda or class of this module
    instance  the class of this module it is an object of
    bound     arguments it was given beforehand (`functools.partial`)
    either    all callables or objects it may be, where there are several

    Where it comes from:
    taint     labels `kind:detail`, of the kinds in `knowledge.KINDS`
    layers    the encodings undone to get it, outermost first
    hidden    was its name computed rather than written?
    unset     of what depends on wishes of the user: what it is without them, for each way the module may be started (see
              `default_run`); absent on others
    """

    __slots__ = (
        "bound", "closure", "const", "either", "hidden", "instance", "items", "keys", "layers", "ref", "taint", "text",
        "unset",
    )  # fmt: skip
    unset: tuple[Any, ...]

    def __init__(
        self,
        ref: str = "",
        const: Any = NOTHING,
        taint: Taint = CLEAN,
        text: str = HOLE,
        layers: tuple[str, ...] = (),
    ) -> None:
        self.ref = ref
        self.const = const
        self.taint = taint
        self.text = text
        self.layers = layers
        self.items: list[Value] | None = None
        self.keys: dict[str, Value] | None = None
        self.closure: Closure | None = None
        self.instance: ClassState | None = None
        self.hidden = False
        self.bound: Bound | None = None
        self.either: list[Value] | None = None

    @property
    def known(self) -> bool:
        """Is it a constant? `None` is one."""
        return self.const is not NOTHING

    def copy(self) -> Value:
        """Another value with the same knowledge."""
        other = Value(self.ref, self.const, self.taint, self.text, self.layers)
        other.items, other.keys, other.closure, other.instance = self.items, self.keys, self.closure, self.instance
        other.hidden, other.bound, other.either = self.hidden, self.bound, self.either
        return other


class Bound(NamedTuple):
    """Arguments a callable was given before it is called."""

    args: list[Value]
    keywords: dict[str, Value]


@dataclass(eq=False, slots=True)
class Closure:
    """A function, lambda or class of the analysed module, with the names it sees. owner: the class of a method."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
    scope: Scope
    name: str
    owner: ClassState | None = None
    wrapper: bool = False  # made inside a function, around a callable that function was given
    around: str = ""  # the first thing that function was given: as a rule what is wrapped
    defaults: dict[str, Value] | None = None  # of parameters: lists and dicts, which outlive a call


@dataclass(eq=False, slots=True)
class ClassState:
    """What is known of a class of the analysed module, or of one of its objects.

    bases    dotted names of its bases outside this module; parents: those of this module
    methods, attributes   by name; attributes are also those set through `self`
    fields   names its constructor takes in order, where it writes none itself
    maker    its metaclass
    closure  the class as a callable
    of       the class of the object that a `super()` stands for
    kind     of an object: its class
    made     of a class: its objects, by the call that makes them
    """

    name: str
    bases: tuple[str, ...] = ()
    methods: dict[str, Closure] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    parents: tuple[ClassState, ...] = ()
    maker: ClassState | None = None
    closure: Closure | None = None
    of: ClassState | None = None
    kind: ClassState | None = None
    made: dict[ast.AST, ClassState] = field(default_factory=dict)


class Scope:
    """Names of a module, function or class, and the scope around it."""

    __slots__ = ("names", "outer", "shared")

    def __init__(self, outer: Scope | None = None) -> None:
        self.names: dict[str, Value] = {}
        self.outer = outer
        self.shared: set[str] = set()  # declared global or nonlocal

    def find(self, name: str) -> Value | None:
        """The value bound to the name here or in a scope around; None where it is bound in none."""
        scope: Scope | None = self
        while scope is not None:
            if (found := scope.names.get(name)) is not None:
                return found
            scope = scope.outer
        return None

    def set(self, name: str, value: Value) -> None:
        """Binds the name: here, or where `global` and `nonlocal` say."""
        if name in self.shared and self.outer is not None:
            scope = self.outer
            while scope.outer is not None and name not in scope.names:
                scope = scope.outer
            scope.names[name] = value
        else:
            self.names[name] = value


_LONG = (str, bytes, bytearray, list, tuple)  # asked for so often that no union is made each time


def constant(value: Any, layers: tuple[str, ...] = (), taint: Taint = CLEAN) -> Value:
    """A value for a constant of Python. One that is too long to carry on (MAX_TEXT) becomes an unknown with the same taint
    and layers."""
    if isinstance(value, _LONG):
        if len(value) > MAX_TEXT:
            return Value(taint=taint, layers=layers)
        if isinstance(value, bytearray):
            value = bytes(value)
    return Value("", value, taint, HOLE, layers)


def unknown(*origins: Value) -> Value:
    """A value computed from these in a way that is not followed: no constant, but the taint of all and their longest
    layers."""
    return Value("", NOTHING, taint_of(*origins), HOLE, layers_of(*origins))


def taint_of(*values: Value) -> Taint:
    """All labels of the values, and of the items and entries they hold (of the first 48)."""
    found = CLEAN
    for value in values:
        taint = value.taint
        if taint and taint is not found:
            if not found:
                found = taint
            elif not taint <= found:  # what stays the same set is known by its identity where answers about it are kept
                found = found | taint
        if value.items or value.keys:
            found = _taint_within(value, found)
    return found


def _taint_within(value: Value, found: Taint) -> Taint:
    """The labels of the first few items and entries as well, and of what is in those."""
    stack, left = [value], _MAX_WITHIN
    while stack and left > 0:
        inner = stack.pop()
        within = inner.items[:left] if inner.items else []
        if inner.keys:
            within = [*within, *islice(inner.keys.values(), left)]
        left -= len(within)
        for part in within:
            if part.taint and not part.taint <= found:
                found = found | part.taint
            if part.items or part.keys:
                stack.append(part)
    return found


def layers_of(*values: Value) -> tuple[str, ...]:
    """The longest chain of undone encodings among the values; () where nothing was encoded."""
    longest: tuple[str, ...] = ()
    for value in values:
        if len(value.layers) > len(longest):
            longest = value.layers
    return longest


def text_of(value: Value) -> str:
    """The value as text, with HOLE for each part that is not known."""
    const = value.const
    if const is NOTHING:
        return value.text
    if isinstance(const, str):
        return const
    if isinstance(const, bytes):
        return const.decode("latin-1")
    if isinstance(const, int | float) and not isinstance(const, bool):
        return str(const) if not isinstance(const, int) or abs(const) < 1 << 64 else HOLE
    return value.text


def command_text(value: Value) -> str:
    """A command as one line: a string as it is, a list of arguments joined by spaces."""
    if isinstance(value.const, list | tuple):
        return " ".join(part if isinstance(part, str) else HOLE for part in value.const)
    if value.items is not None:
        return " ".join(text_of(item) for item in value.items)
    return text_of(value)
