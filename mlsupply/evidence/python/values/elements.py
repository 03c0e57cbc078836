"""Elements of XML and HTML trees: an element holds those that were made in it, so that what is put into one of them later is
in the whole tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.value import NOTHING, Value, taint_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

_LIBRARY = expression(r"(?:(?:defusedxml|xml\.etree)\.c?ElementTree|lxml\.(?:etree|html|objectify)|xml\.dom\.minidom)\.")
_MAKES = frozenset({"Element", "ElementTree", "Document", "createElement", "createElementNS", "createTextNode"})
_MOST = 4_096  # elements that are kept apart in one


def modelled(call: Call) -> Value | None:
    """The element or tree that a call makes, with what it is made of; None for any other call."""
    if _LIBRARY.match(call.ref) is None:
        return None
    name = call.ref.rpartition(".")[2]
    if name == "SubElement" and call.args:
        return _made_in(call, call.args[0])
    if name not in _MAKES:
        return None
    root = call.args[:1] if name == "ElementTree" else list[Value]()
    return _element(call, call.all, root)


def _made_in(call: Call, parent: Value) -> Value:
    """A new element within `parent`."""
    child = _element(call, [*call.args[1:], *call.keywords.values()], [])
    if parent.items is None or len(parent.items) >= _MOST:
        parent.taint |= child.taint
    else:
        parent.items.append(child)
    return child


def _element(call: Call, made_of: list[Value], held: list[Value]) -> Value:
    """An element that holds others so far."""
    made = Value(call.ref + "()", NOTHING, taint_of(*made_of))
    made.items = held
    return made
