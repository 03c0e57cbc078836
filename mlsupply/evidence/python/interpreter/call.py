"""One call, in the form that the models of library functions receive it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from mlsupply.evidence.python.values.value import Value
from mlsupply.named import NamedTuple


class Call(NamedTuple):
    """One call. ref: dotted name of what is called; receiver: the object whose method it is."""

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
        """The argument at this place, or by one of its names; None where it is not given."""
        if place < len(self.args):
            return self.args[place]
        return next((self.keywords[name] for name in names if name in self.keywords), None)

    @property
    def all(self) -> list[Value]:
        """All arguments, by place and by name."""
        return [*self.args, *self.keywords.values()] if self.keywords else self.args


class NotInNameError(Exception):
    """More than the name of a call was asked for."""


class NameOnly:
    """Stands for a call of which only the name is known, and for a machine: whoever asks for more gets `NotInNameError`."""

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
    """A request with a key in it, of interest where the key opens an account elsewhere. labels: of the keys; address: where
    it goes; fields: of the fact it would be."""

    labels: tuple[str, ...]
    address: str
    root: str
    node: ast.AST
    fields: dict[str, object]
