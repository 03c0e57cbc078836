"""What annotations need of `typing`, without its cost. Imports nothing of the package.

To import `typing` costs the shortest scan 3 ms of 45, and nothing of it is needed while the program runs: annotations are
never evaluated. To type checkers these names are those of `typing`. The modules every scan
imports take them from here; those that only some runs import use `typing` itself.
"""

from __future__ import annotations

TYPE_CHECKING = False  # true to type checkers, which know the name

if TYPE_CHECKING:
    from typing import IO, Any, AnyStr, BinaryIO, Generic, Literal, NoReturn, Protocol, TypeVar, cast, dataclass_transform
else:

    class Generic:
        """A base that may be written with a type variable behind it, which means nothing."""

        __class_getitem__ = classmethod(lambda cls, _: cls)

    class Protocol(Generic):
        """A base that says which methods something has; nothing is asked of it."""

    class TypeVar:
        """Stands in annotations alone."""

        def __init__(self, name, *_, **__):
            self.__name__ = name

    def cast(_, thing):
        """The thing itself."""
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
