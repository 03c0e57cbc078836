"""One call, as the models of what it does are given it."""

from __future__ import annotations

import ast
from typing import Any

from mlsupply.evidence.python.values import Value
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
        return getattr(self.node, "lineno", 0)

    def arg(self, place: int, *names: str) -> Value | None:
        """The argument by place, or by one of its names."""
        if place < len(self.args):
            return self.args[place]
        return next((self.keywords[name] for name in names if name in self.keywords), None)

    @property
    def all(self) -> list[Value]:
        return [*self.args, *self.keywords.values()] if self.keywords else self.args


class Asked(Call):
    """A call that notes whether anything of it but its name is asked for."""

    told = False

    def __getattribute__(self, name: str) -> Any:
        if name not in {"ref", "told"}:
            object.__setattr__(self, "told", True)
        return super().__getattribute__(name)
