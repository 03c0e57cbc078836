"""`NamedTuple` as `typing` has it, quick to define. Imports nothing of the package.

Every run defines fifty of these classes. `typing.NamedTuple` compiles code for each annotation and each class, which would
make the shortest scan (45 ms on CPython 3.11) 14 ms longer. A class made here compiles one function, and only once more than
a few of its instances are built. To type checkers the name is `typing.NamedTuple`. Not supported: generic named tuples and
`copy.replace`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count

from mlsupply.hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import _tuplegetter as _reader  # what `collections.namedtuple` reads fields with; there is none faster

    class _FromBody(type):
        """Makes a subclass of `tuple` of a class body with annotated fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            names = tuple(body.get("__annotations__", ()))
            defaults = {name: body[name] for name in names if name in body}
            if names[len(names) - len(defaults) :] != tuple(defaults):
                raise TypeError(f"{name}: fields with a default stand last")
            methods = {**_METHODS, "__new__": _compiled_when_often_called(names, defaults)}
            fields = {field: _reader(place, None) for place, field in enumerate(names)}
            told = {"__slots__": (), "__match_args__": names, "_fields": names, "_field_defaults": defaults}
            return type(name, (tuple,), {**methods, **body, **fields, **told})

    class NamedTuple(metaclass=_FromBody):
        """See `typing.NamedTuple`."""


__all__ = ["NamedTuple"]

_FEW = 16  # instances of a class before code is compiled to make further ones


def _compiled_when_often_called(names: tuple[str, ...], defaults: Mapping[str, object]) -> Callable[..., Any]:
    """A `__new__` that replaces itself by the one compiled for its class once it was called a few times: most classes have
    few instances in a run, or none."""
    calls = count()

    def __new__(cls: Any, *given: object, **named: object) -> Any:  # noqa: N807  it is the class's own
        open_ = names[len(given) :]
        if next(calls) < _FEW and len(given) <= len(names) and named.keys() <= {*open_} <= named.keys() | defaults.keys():
            return tuple.__new__(cls, (*given, *(named[name] if name in named else defaults[name] for name in open_)))
        words = "".join(f"{name}, " for name in names)
        # the text holds nothing but this package's own field names
        made = eval(f"lambda cls, {words}: new(cls, ({words}))", {"new": tuple.__new__})  # noqa: S307
        made.__name__, made.__qualname__, made.__defaults__ = "__new__", f"{cls.__qualname__}.__new__", (*defaults.values(),)
        cls.__new__ = staticmethod(made)
        return made(cls, *given, **named)

    return __new__


def _make(cls: Any, values: Iterable[object]) -> Any:
    made = tuple.__new__(cls, values)
    if len(made) != len(cls._fields):
        raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, not {len(made)}")
    return made


def _replace(self: Any, /, **changes: object) -> Any:
    made = self._make(map(changes.pop, self._fields, self))
    if changes:
        raise ValueError(f"{type(self).__name__} has no fields {', '.join(changes)}")
    return made


def _asdict(self: Any) -> dict[str, object]:
    return dict(zip(self._fields, self, strict=True))


def _show(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in _asdict(self).items())})"


def _getnewargs(self: Any) -> tuple[object, ...]:
    return tuple(self)


_METHODS = {
    "__repr__": _show,
    "__getnewargs__": _getnewargs,
    "_make": classmethod(_make),
    "_replace": _replace,
    "_asdict": _asdict,
}
