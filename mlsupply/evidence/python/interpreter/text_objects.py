"""Objects of classes that derive from `str`, `bytes` or `int`: they are used as the text or number they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.value import ClassState, Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_OF_TEXT = {name: name for name in ("builtins.str", "builtins.bytes", "builtins.bytearray", "builtins.int")}
_OF_TEXT["collections.UserString"] = "builtins.str"


def become_text(machine: Analyser, state: ClassState, call: Call, result: Value) -> None:
    """Gives an object of a subclass of `str` or `bytes` the text that it is made of."""
    kind = kind_of(state)
    if kind and call.args:
        text = machine.call(Value(kind), call.args, call.keywords, call.node)
        hold(result, text)
        if "collections.UserString" in state.bases:
            result.keys = {**(result.keys or {}), "data": text}


def kind_of(state: ClassState) -> str:
    """The dotted name of the builtin type that the class derives from, where its objects are texts; "" for others."""
    return next((_OF_TEXT[base] for base in state.bases if base in _OF_TEXT), "")


def hold(result: Value, text: Value) -> None:
    """Makes the object hold this text, with what is known of where it is from."""
    result.const, result.text, result.layers = text.const, text.text, text.layers
    result.taint |= text.taint
