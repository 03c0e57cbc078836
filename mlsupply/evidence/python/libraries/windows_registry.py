"""The registry of Windows: what opens other machines is read from it, and what starts by itself is written there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.libraries.storage import content_of
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, legible, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# Where programs on Windows keep what opens other machines, and the names they keep it under.
_SAVED_PASSWORDS = re.compile(
    r"(?i)SimonTatham|PuTTY|WinSCP|FileZilla|[\\](?:Ultra|Real|Tight|Tiger)VNC|OpenVPN|IntelliForms|Terminal Server Client|"
    r"Passw(?:or)?d|[\\](?:SAM|SECURITY)[\\]"
)


def modelled(machine: Analyser, call: Call) -> Value:
    """The result of a function of `winreg`; notes what is written where Windows starts things."""
    text = " ".join(text_of(value) for value in call.args)
    opens = call.ref.endswith(("OpenKey", "OpenKeyEx", "CreateKey", "CreateKeyEx"))
    if opens:  # all of its arguments name keys: what joins paths on Windows puts backslashes between their parts
        text = text.replace("/", "\\")
    made = Value(call.ref + "()", NOTHING, taint_of(*call.args), text)
    if _SAVED_PASSWORDS.search(text) or any(_SAVED_PASSWORDS.search(value.text) for value in call.args):
        made.taint |= machine.origin("credential-file", "registry: " + text.replace(HOLE, "…")[:60], call.line)
    if opens:
        return made
    if call.ref.endswith(("SetValueEx", "SetValue")) and call.args and places.RUN_KEY.search(text_of(call.args[0]) + text):
        content = content_of(machine, call.args[-1])
        fetched = content is not None and has(content.taint, "received")
        machine.fact(
            "persists",
            call.node,
            sink=call.ref,
            source="received" if fetched else "",
            destination="fixed" if fetched else "",
            detail="registry: " + legible(text_of(call.args[0]), 80),
        )
    return made


def set_by_shape(machine: Analyser, call: Call, name: str) -> None:
    """Notes a value that a method of an unknown object sets where Windows starts things."""
    text = " ".join(text_of(value) for value in call.args)
    if places.RUN_KEY.search(text):
        machine.fact("persists", call.node, sink=name, detail=f"registry: {legible(text, 80)}")
