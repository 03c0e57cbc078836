"""Which objects of a class are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import own_containers
from mlsupply.evidence.python.values.value import ClassState, Value, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MAX_OBJECTS = 64  # of one class that are told apart
_MAX_STEPS = 24  # of these, made in functions


def made_at(machine: Analyser, state: ClassState, call: Call) -> object:
    """What tells the object that a call makes from others: the call, and in a function also the constants it passes; in a
    method of the same class, as of paths and queries that are put together step by step, the object it belongs to too."""
    if not machine.running:
        return call.node
    this = own_containers.this_of(machine) if machine.running[-1].owner is state else None
    place = (call.node, id(this.instance) if this is not None else 0, tuple(map(text_of, call.all[:4])))
    known = place in state.objects or sum(isinstance(one, tuple) for one in state.objects) < _MAX_STEPS
    return place if known else call.node


def made(state: ClassState, place: object) -> ClassState:
    """The state of the object that is made there; that of the class where it has too many objects already."""
    found = state.objects.get(place)
    if found is None:
        if len(state.objects) >= _MAX_OBJECTS:
            return state
        found = ClassState(
            state.name,
            state.bases,
            state.methods,
            {},
            state.fields,
            state.parents,
            state.metaclass,
            state.closure,
            of_class=state,
        )
        state.objects[place] = found
    return found


def as_attribute(under_any: Value) -> Value:
    """An attribute of which only is known what was set under names that are not. Data of a library is no function of it: the
    attribute may be a method of the object, which is called with that data."""
    if not under_any.ref.endswith("[]"):
        return under_any
    found = under_any.copy()
    found.ref = ""
    return found
