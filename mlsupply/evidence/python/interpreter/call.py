"""One call, in the form that the models of library functions receive it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from mlsupply.evidence.python.values.value import Value
from mlsupply.named import NamedTuple


class Call(NamedTuple):
    """One call. ref: the dotted name of what is called, "" where it has none; function: its value; receiver: the object
    whose method it is."""

    ref: str
    function: Value
    args: list[Value]
    keywords: dict[str, Value]
    node: ast.AST
    receiver: Value | None

    @property
    def line(self) -> int:
        """The line of the call; 0 where it is not known."""
        return getattr(self.node, "lineno", 0)

    def arg(self, place: int, *names: str) -> Value | None:
        """The positional argument at this place, else the keyword argument of one of these names; None where it is not
        given."""
        if place < len(self.args):
            return self.args[place]
        return next((self.keywords[name] for name in names if name in self.keywords), None)

    @property
    def all(self) -> list[Value]:
        """All arguments, positional and keyword."""
        return [*self.args, *self.keywords.values()] if self.keywords else self.args

    @property
    def given(self) -> list[Value]:
        """All arguments, and the object whose method it is."""
        return self.all if self.receiver is None else [self.receiver, *self.all]


class NotInNameError(Exception):
    """Raised by `NameOnly` where more than the name of the call is asked for."""


class NameOnly:
    """Stands in for a `Call` and for the machine, with nothing but the dotted name: a model that asks for more raises
    NotInNameError. So it is found out which names no model knows, whatever the arguments."""

    __slots__ = ("ref",)
    ref: str

    def __init__(self, ref: str) -> None:
        object.__setattr__(self, "ref", ref)

    def __getattr__(self, name: str) -> Any:
        raise NotInNameError(name)

    def __setattr__(self, name: str, value: object) -> None:
        raise NotInNameError(name)

    def __iter__(self) -> Iterator[Any]:
        raise NotInNameError


class SentKey(NamedTuple):
    """A request that carries a key, kept until it is known where the key belongs. labels: taint of the keys; address: where
    the request goes; fields: of the `CodeFact` it would be."""

    labels: tuple[str, ...]
    address: str
    root: str
    node: ast.AST
    fields: dict[str, object]
