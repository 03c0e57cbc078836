"""Keys that open an account with one service and are sent to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python import places, whose
from mlsupply.evidence.python.call import ToldKey
from mlsupply.evidence.python.values import Taint
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.call import Call
    from mlsupply.evidence.python.calls import Analyser

# A parameter that is called as keys are, and a variable whose name depends on whose key it is.
_KEY = expression(
    r"(?i)parameter:(?:\w{0,40}_)?(?:api_?key|token|secret|password|credential)s?$|variable:a name computed at run time$"
)


def note(machine: Analyser, call: Call, shown: Taint, told: Taint, text: str, where: str) -> None:
    """Which keys are shown to whom, and which are only told."""
    for label in filter(_KEY.match, shown):
        machine.opened.setdefault(_of(machine, label), set()).add(text)
    labels = tuple(sorted(filter(_KEY.match, told - shown)))
    known = places.MODEL_SERVICE.match(text) or whose.TOKEN_PLACE.search(text)  # where keys are shown in the message itself
    if labels and where in {"fixed", "chat"} and not known:
        fields: dict[str, object] = {
            "source": "foreign-secret",
            "secrets": len(labels),
            "sink": call.ref or "a request",
            "destination": where,
            "position": "body",
            "detail": whose.shown(text),
            "chain": machine.chain(labels, call.ref or "a request", call.line),
        }
        owned = tuple(_of(machine, label) for label in labels)
        machine.told_keys.append(ToldKey(owned, text, machine.root, call.node, fields))


def _of(machine: Analyser, label: str) -> str:
    """The label, with the function for what goes by the name of a parameter: another one's has the same name."""
    return f"{label} of {machine.root}" if label.startswith("parameter:") else label


def judged(machine: Analyser) -> None:
    """A fact for each key that opens an account with one service and is told to another, whose address is written here."""
    for told in machine.told_keys:
        registered = places.registered_name(whose.host_of(told.address))
        opens = [(label, one) for label in told.labels for one in machine.opened.get(label, ())]
        if any(_another(label, one, registered) for label, one in opens):
            machine.root = told.root
            machine.fact("sends", told.node, **told.fields)


def _another(label: str, opened: str, registered: str) -> bool:
    """Is what the key opens a service of somebody else? Where that is not written here, the key of any service does."""
    name = places.registered_name(whose.host_of(opened)) if whose.destination(opened) == "fixed" else ""
    return name != registered if name else label.startswith("variable:")
