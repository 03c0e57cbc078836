"""Objects of classes of the module that extend a client or connection of a library: where they send to; and those that
extend a thread or process: what it runs.

The library's own constructor keeps the address or function, whether the class has no constructor or calls that of its base.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.values.value import HOLE, Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions


def base_of(bases: tuple[str, ...]) -> str:
    """The first of these classes that is a client or connection of a library, or a thread; "" where none is."""
    from mlsupply.evidence.python.network import connecting

    return next((one for one in bases if connecting.CONNECTIONS.match(one) or know.STARTERS.match(one)), "")


def set_up(
    machine: Expressions, this: Value, base: str, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> None:
    """Has the constructor of the library's class `base` give the object `this` its address and headers, or follow what a
    thread is told to run."""
    from mlsupply.evidence.python.network import connecting

    if know.STARTERS.match(base):
        machine.call(Value(base), args, keywords, node)
        return
    made = connecting.connection(machine, Call(base, Value(base), args, keywords, node, None))  # type: ignore[arg-type]
    if made.text != HOLE:
        this.text, this.layers = made.text, made.layers
    if this.keys is None:
        this.keys = made.keys


def of_parent(
    machine: Expressions, receiver: Value, args: list[Value], this: Value | None
) -> tuple[Value, str, list[Value]] | None:
    """(object, class of a library, arguments) of a constructor that the module's own class calls of its base: by `super()`,
    or by its name with the object as the first argument; None for any other. receiver: what `__init__` is looked up on."""
    view = receiver.instance
    if view is not None and view.super_of is not None and "__init__" not in view.methods:
        base = base_of(view.bases)
        return (this, base, args) if base and this is not None and this.instance is not None else None
    if view is None and args and args[0].instance is not None and receiver.ref in args[0].instance.bases:
        base = base_of((receiver.ref,))
        return (args[0], base, args[1:]) if base else None
    return None
