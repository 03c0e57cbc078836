"""Frozen, slotted, keyword-only dataclasses that are quick to define. Imports nothing of the package.

`dataclasses.dataclass(frozen=True, slots=True, kw_only=True)` compiles six methods for each class, about a millisecond a
class on CPython 3.11; the values every run needs would cost a fifth of a whole offline scan. `value` compiles one
(`__init__`) and shares the others; its classes are dataclasses all the same: `fields`, `replace` and `is_dataclass` work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass
from operator import attrgetter
from typing import Any, TypeVar, cast, dataclass_transform

Class = TypeVar("Class")

_make = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[Class]) -> type[Class]:
    """Make a class with annotated fields a frozen, slotted, keyword-only dataclass with equality, hash, repr, pickling.
    Equality and hash are of all fields, in order; classes do not inherit fields from one another."""
    made = cast("Any", _make(cls))
    names = tuple(made.__dataclass_fields__)
    made.__init__ = _initialiser(made, names)
    read = attrgetter(*names)
    made.__eq__ = lambda self, other: read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented
    made.__hash__ = lambda self: hash(read(self))
    made.__repr__ = _show
    made.__setattr__ = made.__delattr__ = _refuse
    made.__reduce__ = _reduce
    return cast("type[Class]", made)


def _initialiser(made: Any, names: tuple[str, ...]) -> Callable[..., None]:
    """`def __init__(self, *, a, b=default)` that fills the slots through their descriptors, which frozen instances allow."""
    scope: dict[str, Any] = {}
    words, lines = [], []
    for name in names:
        spec = made.__dataclass_fields__[name]
        scope[f"_set_{name}"] = made.__dict__[name].__set__
        if spec.default_factory is not MISSING:
            scope[f"_new_{name}"] = spec.default_factory
            words.append(f"{name}=None")
            lines.append(f"_set_{name}(self, _new_{name}() if {name} is None else {name})")
            continue
        if spec.default is MISSING:
            words.append(name)
        else:
            scope[f"_default_{name}"] = spec.default
            words.append(f"{name}=_default_{name}")
        lines.append(f"_set_{name}(self, {name})")
    # the text holds nothing but this package's own field names
    exec(f"def __init__(self, *, {', '.join(words)}):\n " + "\n ".join(lines), scope)  # noqa: S102
    initialiser: Callable[..., None] = scope["__init__"]
    initialiser.__qualname__ = f"{made.__qualname__}.__init__"
    return initialiser


def _fields(self: Any) -> dict[str, Any]:
    return {name: getattr(self, name) for name in self.__dataclass_fields__}


def _show(self: object) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in _fields(self).items())})"


def _refuse(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")


def _reduce(self: object) -> tuple[object, ...]:
    return (_rebuild, (type(self), _fields(self)))


def _rebuild(cls: type[Class], values: dict[str, Any]) -> Class:
    return cls(**values)
