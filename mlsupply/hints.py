"""What annotations need from `typing`, without its cost. Imports nothing of the package.

Importing `typing` costs the shortest scan 3 ms of 45, and nothing of it is needed while the program runs: annotations are
never evaluated. To type checkers these names are those of `typing`. The modules that every scan imports take them from here;
those that only some runs import use `typing` itself.
"""

from __future__ import annotations

TYPE_CHECKING = False  # true to type checkers, which know the name

if TYPE_CHECKING:
    from typing import IO, Any, AnyStr, BinaryIO, Generic, Literal, NoReturn, Protocol, TypeVar, cast, dataclass_transform
else:

    class Generic:
        """A base that may be subscripted with a type variable, which means nothing at run time."""

        __class_getitem__ = classmethod(lambda cls, _: cls)

    class Protocol(Generic):
        """A base that says which methods something has; nothing is checked at run time."""

    class TypeVar:
        """Appears in annotations only."""

        def __init__(self, name, *_, **__):
            self.__name__ = name

    def cast(_, thing):
        """Returns its argument."""
        return thing

    def dataclass_transform(**_):
        """Changes nothing."""
        return lambda function: function

    Any = object
    AnyStr = TypeVar("AnyStr")
    IO = BinaryIO = Literal = NoReturn = Any

__all__ = [
    "IO",
    "TYPE_CHECKING",
    "Any",
    "AnyStr",
    "BinaryIO",
    "Generic",
    "Literal",
    "NoReturn",
    "Protocol",
    "TypeVar",
    "cast",
    "dataclass_transform",
]
