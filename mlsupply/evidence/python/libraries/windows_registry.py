"""The registry of Windows: what opens other machines is read from it, and what starts by itself is written there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands.shell import deeds
from mlsupply.evidence.python.libraries import persistence
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
        _noted(machine, call, call.ref, text_of(call.args[0]))
    return made


def _noted(machine: Analyser, call: Call, sink: str, key: str) -> None:
    """Notes that a call sets what Windows starts, and whether that is more than a program: a command that downloads, what
    was hidden or fetched. key: the key, in words."""
    code = any(_is_code(machine, value) for value in call.args[1:])
    machine.fact(
        "persists",
        call.node,
        sink=sink,
        source="received" if code else "",
        destination="fixed" if code else "",
        decoded=legible(" ".join(text_of(value) for value in call.args[1:])),
        detail="registry: " + legible(key, 80),
    )


def _is_code(machine: Analyser, line: Value) -> bool:
    content = content_of(machine, line)
    fetched = content is not None and has(content.taint, "received")
    return fetched or persistence.holds_code(line) or any(not deed.maker for deed in deeds(text_of(line)))


def set_by_shape(machine: Analyser, call: Call, name: str) -> None:
    """Notes a value that a method of an unknown object sets where Windows starts things."""
    text = " ".join(text_of(value) for value in call.args)
    if places.RUN_KEY.search(text):
        _noted(machine, call, name, text)
