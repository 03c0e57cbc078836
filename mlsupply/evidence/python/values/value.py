"""Abstract values: what the analyser knows about a value of the program it follows, and the scopes values are bound in."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from mlsupply.evidence.python.values.effort import EFFORT, LARGE
from mlsupply.named import NamedTuple
from mlsupply.text import MAX_QUOTE, safe

HOLE: Final = "\0"  # stands in `text` for a part that is not known
_MAX_WITHIN: Final = 48  # items and entries of containers that `taint_of` looks at
MAX_TEXT: Final = 1 << 22  # characters or bytes of a folded constant


def legible(text: str, limit: int = MAX_QUOTE) -> str:
    """A text that may be known in part, made safe for a report: HOLE becomes an ellipsis."""
    return safe(text.replace(HOLE, "…"), limit)


class _Nothing:
    """Marks a value that is not a known constant; `None` is a constant."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()
Taint = frozenset[str]
CLEAN: Final[Taint] = frozenset()


class Value:
    """An abstract value. Mutable, since containers of the followed program are changed in place.

    What it is:
    ref       dotted name of something outside this module (`os.environ`, `socket.socket()`); "" where it has none
    const     the constant, or NOTHING; `known` says which
    text      a string that is known in part, with HOLE for each unknown part
    items     the items of a sequence in which not all are constants
    keys      the entries of a dict by constant key; HOLE is the key of all entries whose key is not known
    closure   the function, lambda or class of this module that it is
    instance  the state of the object of this module that it is (of its class, where the object is not known)
    bound     arguments given in advance (`functools.partial`)
    either    all callables and objects it may be, where there are several

    Where it comes from:
    taint     taint labels, `kind:detail`; `knowledge.KINDS` lists most kinds
    layers    the encodings undone to get it, outermost first
    hidden    whether its name was computed rather than written
    unset     for a value that depends on what the user asks for: what it is if the user asks for nothing, one outcome for
              each way the module may be started (see `default_run`); the attribute is absent on all other values
    """

    __slots__ = (
        "bound", "closure", "const", "either", "hidden", "instance", "items", "keys", "layers", "ref", "taint", "text",
        "unset",
    )  # fmt: skip
    unset: tuple[Any, ...]
    const: Any
    items: list[Value] | None
    keys: dict[str, Value] | None

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
        self.items = None
        self.keys = None
        self.closure: Closure | None = None
        self.instance: ClassState | None = None
        self.hidden = False
        self.bound: Bound | None = None
        self.either: list[Value] | None = None

    @property
    def known(self) -> bool:
        """Whether it is a known constant, which `None` may be."""
        return self.const is not NOTHING

    def copy(self) -> Value:
        """A shallow copy: the containers it refers to are shared. `unset` is not copied."""
        other = type(self)(self.ref, self.const, self.taint, self.text, self.layers)
        other.items, other.keys, other.closure, other.instance = self.items, self.keys, self.closure, self.instance
        other.hidden, other.bound, other.either = self.hidden, self.bound, self.either
        return other


class CodeObject(Value):
    """What `compile` gives: everything else of it is that of the text."""

    __slots__ = ()


class Bound(NamedTuple):
    """Arguments a callable is given before those of the call itself. receiver, name: of a method that was taken off its
    object, the object and the name of the method."""

    args: list[Value]
    keywords: dict[str, Value]
    receiver: Value | None = None
    name: str = ""


@dataclass(eq=False, slots=True)
class Closure:
    """A function, lambda or class of the analysed module, with the scope it was defined in. name: qualified (`Class.method`,
    `outer.inner`); owner: the class of a method."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
    scope: Scope
    name: str
    owner: ClassState | None = None
    wrapper: bool = False  # stands around a callable, as the inner function of a decorator does
    around: str = ""  # of a wrapper: the first parameter of the enclosing function, as a rule the wrapped callable
    defaults: dict[str, Value] | None = None  # mutable defaults by parameter: they keep what earlier calls put into them
    brings: str = ""  # the kind of taint that its callers are known to pass, where its class does not say so
    before_views: bool = False  # registered with an application that calls it for every request
    variants: tuple[Closure, ...] = ()  # of a dispatcher (`singledispatch`): the functions it chooses from
    type_parameters: dict[str, Value] | None = None  # by name
    takes_class: bool = False  # it was made a class method by a call
    settings: dict[str, Value] | None = None  # what variables give it, by parameter


@dataclass(eq=False, slots=True)
class ClassState:
    """The state of a class of the analysed module, or of one of its objects.

    bases       dotted names of the base classes outside this module; parents: the states of those in this module
    methods, attributes   by name; attributes include those set through `self`
    fields      annotated names, which a constructor takes in order where the class defines none
    metaclass   the state of its metaclass, where that is of this module
    closure     the class as a callable
    super_of    of the view that `super()` gives: the object seen through it
    of_class    of an object: its class
    objects     of a class: its objects, by the call that makes them and what else tells them apart
    """

    name: str
    bases: tuple[str, ...] = ()
    methods: dict[str, Closure] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    parents: tuple[ClassState, ...] = ()
    metaclass: ClassState | None = None
    closure: Closure | None = None
    super_of: ClassState | None = None
    of_class: ClassState | None = None
    objects: dict[object, ClassState] = field(default_factory=dict)

    def all_attributes(self) -> dict[str, Value]:
        """The attributes by name; for an object, those of its class too."""
        return {**self.of_class.attributes, **self.attributes} if self.of_class is not None else self.attributes


class Scope:
    """The names bound in a module, function, class or comprehension. outer: the enclosing scope."""

    __slots__ = ("names", "outer", "shared")

    def __init__(self, outer: Scope | None = None) -> None:
        self.names: dict[str, Value] = {}
        self.outer = outer
        self.shared: set[str] = set()  # names declared global or nonlocal

    def find(self, name: str) -> Value | None:
        """The value bound to the name here or in the nearest enclosing scope; None where no scope binds it."""
        scope: Scope | None = self
        while scope is not None:
            if (found := scope.names.get(name)) is not None:
                return found
            scope = scope.outer
        return None

    def set(self, name: str, value: Value) -> None:
        """Binds the name here, or in the scope that `global` or `nonlocal` declares it in."""
        if name in self.shared and self.outer is not None:
            scope = self.outer
            while scope.outer is not None and name not in scope.names:
                scope = scope.outer
            scope.names[name] = value
        else:
            self.names[name] = value


# Tuples: `isinstance` is called so often that building a union would cost.
_SIZED = (str, bytes, bytearray, list, tuple)
_NESTING = (list, tuple, dict, set, frozenset)


def constant(value: Any, layers: tuple[str, ...] = (), taint: Taint = CLEAN) -> Value:
    """The value of a Python constant. One longer than MAX_TEXT, or that costs more than the module may (`effort`), becomes
    an unknown with the same taint and layers."""
    if isinstance(value, _SIZED):
        size = len(value)
        if size > MAX_TEXT or (size > LARGE and not EFFORT.keeps(value)):
            return Value(taint=taint, layers=layers)
        if isinstance(value, bytearray):
            value = bytes(value)
    if isinstance(value, _NESTING) and not EFFORT.bounds(value):
        return Value(taint=taint, layers=layers)
    return Value("", value, taint, HOLE, layers)


def unknown(*origins: Value) -> Value:
    """The result of an operation that is not modelled: no constant, the taint of all operands and the longest of their
    layers."""
    return Value("", NOTHING, taint_of(*origins), HOLE, layers_of(*origins))


def taint_of(*values: Value) -> Taint:
    """The taint of the values and of what they hold, to any depth but at most _MAX_WITHIN items and entries of each."""
    found = CLEAN
    for value in values:
        taint = value.taint
        if taint and taint is not found:
            if not found:
                found = taint
            elif not taint <= found:  # no new set for the same labels: caches elsewhere look it up faster by identity
                found = found | taint
        if value.items or value.keys:
            found = _taint_within(value, found)
    return found


def _taint_within(value: Value, found: Taint) -> Taint:
    """`found` and the labels of the first _MAX_WITHIN items and entries in the value, to any depth."""
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
    """The longest chain of undone encodings among the values; () where none was decoded."""
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
