"""Slotted, keyword-only dataclasses that are quick to define. Imports nothing of the package.

`dataclasses.dataclass(frozen=True, slots=True, kw_only=True)` compiles six methods for each class, about a millisecond a
class on CPython 3.11; with it the shortest scan would take 75 ms rather than 45. `value` compiles one method (`__init__`),
and only once a class has more than a few instances; all classes share the others. They are dataclasses all the same:
`fields`, `replace` and `is_dataclass` of the module `dataclasses` work, and that module is imported only when one is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from operator import attrgetter

from mlsupply.hints import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform

FEW = 16  # instances of a class before code is compiled to make further ones

Class = TypeVar("Class")
T = TypeVar("T")


class _Fresh:
    """The default of a field whose value is made anew for each instance."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], T]) -> T:
    """The default of a field: what the factory returns, called for each instance."""
    return cast("T", _Fresh(default_factory))


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(cls: type[Class]) -> type[Class]:
    """Make a class with annotated fields a frozen, slotted, keyword-only dataclass with equality, hash, repr, pickling.
    Equality and hash are of all fields, in order; classes do not inherit fields from one another. Raises `TypeError` for a
    default that instances would share and could change."""
    read = attrgetter(*cls.__annotations__)
    return _slotted(
        cls,
        {
            "__eq__": lambda self, other: read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented,
            "__hash__": lambda self: hash(read(self)),
            "__setattr__": _refuse,
            "__delattr__": _refuse,
            "__reduce__": _reduce,
        },
    )


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
def record(cls: type[Class]) -> type[Class]:
    """The same for something that is filled while it is read: its fields may be set, and it is equal only to itself."""
    return _slotted(cls, {})


class _Kept:
    """A property of a `value` that is made when first asked for and kept beside the fields; it takes no part in equality,
    hash, repr and pickling. It is written `@kept` and is a property to type checkers."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[Any], object]) -> None:
        self.make = make


if TYPE_CHECKING:
    kept = property
else:
    kept = _Kept


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414  type checkers know what it takes
else:

    def replace(instance, /, **changes):
        """A copy of a `value` with some fields changed, as `dataclasses.replace` makes it."""
        return type(instance)(**{**_given(instance), **changes})


def names_of(thing: object) -> tuple[str, ...]:
    """The names of the fields of a `value`, in order; () for what is none."""
    names: tuple[str, ...] = type(thing).__dict__.get("_value_fields", ())
    return names


def _slotted(cls: type[Class], methods: Mapping[str, object]) -> type[Class]:
    names = tuple(cls.__annotations__)
    body = {name: thing for name, thing in cls.__dict__.items() if name not in {"__dict__", "__weakref__"}}
    defaults = {name: body.pop(name) for name in names if name in body}
    for name, default in defaults.items():
        if default.__class__.__hash__ is None or hasattr(default, "default_factory"):
            raise TypeError(f"{cls.__qualname__}.{name}: its default is made by `mlsupply.value.field`")
    makers = {name: thing.make for name, thing in body.items() if isinstance(thing, _Kept)}
    body |= {name: _kept_property(f"_{name}", make) for name, make in makers.items()}
    shared = {
        "__slots__": (*names, *(f"_{name}" for name in makers)),
        "__qualname__": cls.__qualname__,
        "__match_args__": (),
        "__init__": _compiled_when_often_called(defaults),
        "__repr__": _show,
        "__dataclass_fields__": _Fields(defaults),
        "_value_fields": names,
    }
    return cast("type[Class]", type(cls.__name__, cls.__bases__, {**body, **shared, **methods}))


def _kept_property(slot: str, make: Callable[[Any], object]) -> property:
    def read(self: object) -> object:
        try:
            return getattr(self, slot)
        except AttributeError:
            made = make(self)
            object.__setattr__(self, slot, made)
            return made

    return property(read, doc=make.__doc__)


def _compiled_when_often_called(defaults: Mapping[str, object]) -> Callable[..., None]:
    """An `__init__` that replaces itself by the one compiled for its class once it was called `FEW` times: most classes have
    one instance in a run, or none, and compiling costs as much as filling fifty."""
    calls = count()

    def __init__(self: object, **given: object) -> None:  # noqa: N807  it is the class's own
        if next(calls) >= FEW or not _filled(self, given, defaults):
            cls: Any = next(each for each in type(self).__mro__ if "_value_fields" in each.__dict__)  # no subclass of it
            cls.__init__ = _initialiser(cls, defaults)
            cls.__init__(self, **given)

    return __init__


def _filled(self: Any, given: dict[str, object], defaults: Mapping[str, object]) -> bool:
    """Set every field; False where a field has no value or a value no field, which the compiled `__init__` then reports."""
    names = self._value_fields
    whole = {**defaults, **given}
    if len(whole) != len(names) or not all(name in whole for name in names):
        return False
    for name in names:
        default = defaults.get(name)
        is_fresh = isinstance(default, _Fresh) and given.get(name) is None
        object.__setattr__(self, name, cast("_Fresh", default).make() if is_fresh else whole[name])
    return True


def _initialiser(cls: Any, defaults: Mapping[str, object]) -> Callable[..., None]:
    """`def __init__(self, *, a, b=default)` that fills an instance. While it does so, a frozen instance is made one of an
    otherwise identical class whose fields may be set: `object.__setattr__` would cost a call for each field, and there are
    values with twenty fields by the thousand. Instances of a subclass, whose layout differs, are filled that slower way."""
    names = cls._value_fields
    scope: dict[str, Any] = {"_closed": cls, "_change": object.__setattr__, "_filled": _filled}
    words, lines = [], []
    for name in names:
        default = defaults.get(name)
        if isinstance(default, _Fresh):
            scope[f"_new_{name}"] = default.make
            words.append(f"{name}=None")
            lines.append(f"if {name} is None: {name} = _new_{name}()")
        elif name in defaults:
            scope[f"_default_{name}"] = default
            words.append(f"{name}=_default_{name}")
        else:
            words.append(name)
    if is_frozen := cls.__setattr__ is not object.__setattr__:
        scope["_open"] = type(cls.__name__, cls.__bases__, {"__slots__": cls.__dict__["__slots__"]})
        given = ", ".join(f"{name!r}: {name}" for name in names)
        lines += [f"if self.__class__ is not _closed: _filled(self, {{{given}}}, {{}}); return"]
        lines += ["_change(self, '__class__', _open)"]
    lines += [f"self.{name} = {name}" for name in names]
    lines += ["self.__class__ = _closed"] if is_frozen else []
    # the text holds nothing but this package's own field names
    exec("\n ".join([f"def __init__(self, *, {', '.join(words)}):", *lines]), scope)  # noqa: S102
    initialiser: Callable[..., None] = scope["__init__"]
    initialiser.__qualname__ = f"{cls.__qualname__}.__init__"
    return initialiser


class _Fields:
    """`__dataclass_fields__`, made when the module `dataclasses` asks for it."""

    def __init__(self, defaults: Mapping[str, object]) -> None:
        self._defaults = defaults

    def __get__(self, _: object, owner: Any) -> Mapping[str, object]:
        import dataclasses

        specs = {
            name: dataclasses.field(default_factory=default.make) if isinstance(default, _Fresh) else default
            for name, default in self._defaults.items()
        }
        body = {"__annotations__": owner.__annotations__, "__module__": owner.__module__, **specs}
        twin: Any = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(type(owner.__name__, (), body))
        owner.__dataclass_fields__ = twin.__dataclass_fields__
        return cast("Mapping[str, object]", twin.__dataclass_fields__)


def _given(self: Any) -> dict[str, Any]:
    return {name: getattr(self, name) for name in self._value_fields}


def _show(self: object) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in _given(self).items())})"


def _refuse(self: object, name: str, *_: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")


def _reduce(self: object) -> tuple[object, ...]:
    return (_rebuild, (type(self), _given(self)))


def _rebuild(cls: type[Class], values: dict[str, Any]) -> Class:
    return cls(**values)
