"""What `__dict__` of objects and classes of the module gives, and the functions in it."""

from __future__ import annotations

from dataclasses import replace

from mlsupply.evidence.python.interpreter import decorators
from mlsupply.evidence.python.values.value import NOTHING, ClassState, Closure, Value, taint_of


def of_object(state: ClassState) -> Value:
    """A dict that shares its entries with the attributes."""
    result = Value("", NOTHING, taint_of(*state.all_attributes().values()))
    result.keys = state.attributes
    return result


def of_class(state: ClassState) -> Value:
    """The attributes and methods of a class, which cannot be written to."""
    result = of_object(state)
    result.keys = dict(state.attributes)
    for name, method in state.methods.items():
        result.keys[name] = held = Value()
        held.closure = method
    return result


def plain_function(closure: Closure) -> Value:
    """`__func__` of a method: the function, which is given its object or class as any other argument."""
    result = Value()
    result.closure = replace(closure, owner=None) if decorators.takes_class(closure) else closure
    return result
