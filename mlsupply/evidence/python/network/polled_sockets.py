"""`selectors`: what is registered with a socket comes back with it once the socket has something to say.

Source: https://docs.python.org/3/library/selectors.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import Value
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

_SELECTOR = expression(r"selectors\.\w{1,20}Selector\(\)\.(register|modify|select|get_map|get_key)$")
_MOST = 16  # sockets of one selector


def modelled(call: Call) -> Value | None:
    """The result of a call of a selector: the keys that were registered, each with its socket and its data; None for any
    other call."""
    found = _SELECTOR.match(call.ref) if call.ref.startswith("selectors.") else None
    if found is None or call.receiver is None:
        return None
    if found[1] in {"register", "modify"}:
        return _registered(call, call.receiver)
    keys = [*(call.receiver.items or ())]
    if found[1] == "select":
        return folding.listed([folding.listed([key, Value()]) for key in keys])
    return keys[-1] if found[1] == "get_key" and keys else Value()


def _registered(call: Call, selector: Value) -> Value:
    key = Value("selectors.SelectorKey()")
    given = {"fileobj": call.arg(0, "fileobj"), "data": call.arg(2, "data")}
    key.keys = {name: value for name, value in given.items() if value is not None}
    selector.items = [*(selector.items or ()), key][-_MOST:]
    return key
