"""What a message makes its receiver do: publish something, start a container, send a copy to somebody."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

from mlsupply.evidence.python.commands.shell import deeds
from mlsupply.evidence.python.commands.shell_kinds import ASKS_ENGINE, HOLDS_HOST
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.network.message import MAIL, MAX_ENTRIES, Message
from mlsupply.evidence.python.values.value import Value, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_PUBLISHES = expression(
    r"https://(?:upload|test)\.pypi\.org/legacy|https://registry\.npmjs\.org/|https://api\.github\.com/(?:user/repos|gists|"
    r"repos/\S{1,200}/(?:contents/|git/(?:refs|commits|trees|blobs)|actions/(?:secrets|variables)|forks|pulls|releases|merges))"
)
_BINDS = expression(HOLDS_HOST)
_ENGINE = expression(ASKS_ENGINE)
# Calls that send to a socket of this machine alone, so that nothing else about them matters, and one that is told its
# address by another call.
_NEAR = expression(
    r"^asyncio\.open_unix_connection\(\).*\.write(?:lines)?$|^aiodocker\..*\.(?:create|create_or_replace|run)$"
)


def changed(machine: Analyser, call: Call, message: Message) -> None:
    """Notes a request that publishes something or starts a container with the whole disk, and a message with a blind copy to
    a constant address."""
    text, body = message.text, message.body
    if _PUBLISHES.search(text) and _writes(call):
        what = f"something is published in the name of the user: {addresses.shown(text)}"
        machine.fact("publishes", call.node, sink=call.ref, detail=what)
    _starts_container(machine, call, text, [*body, *call.all])
    _copied(machine, call, body)


def told_here(machine: Analyser, call: Call) -> None:
    """Notes a request for a container that goes to the engine without the models of what is sent."""
    if _NEAR.match(call.ref):
        _starts_container(machine, call, "/containers/create" if call.ref.startswith("aiodocker.") else "", call.all)


def _starts_container(machine: Analyser, call: Call, text: str, given: list[Value]) -> None:
    """Notes a request to start a container that holds the whole host. text: where it goes; given: all that is sent."""
    if call.ref == "pycurl.Curl().setopt":  # the address is another option
        text = "\n".join(machine.lines)
    if not (_ENGINE.search(text) or any(_ENGINE.search(text_of(one)) for one in given)):
        return
    said = " ".join(map(_flat_text, given))
    if (binds := _BINDS.search(said)) is not None:
        acts = bool(deeds(_AS_WORDS.sub(" ", said)))
        what = f"a container or process that holds the whole host: {safe(binds[0], 40)}"
        machine.fact("opens-host", call.node, source="received" if acts else "", sink=call.ref, detail=what)


_AS_WORDS = expression(r"\"(?:, ?\")?|[\[\]]")  # what stands between the words of a command in JSON


def _copied(machine: Analyser, call: Call, body: list[Value]) -> None:
    """Notes that a message of the caller is also sent to a constant address."""
    for value in body:
        for name, entry in list((value.keys or {}).items())[:MAX_ENTRIES]:
            if name.lower() in {"bcc", "blind_copy"} and MAIL.match(text_of(entry)) and entry.known:
                machine.fact(
                    "sends", call.node, source="intercepted", sink=call.ref, destination="fixed", position="body",
                    detail=f"a blind copy for {addresses.shown(text_of(entry))}",
                )  # fmt: skip


def copied(machine: Analyser, message: Value, copy: Value, node: ast.AST) -> None:
    """Notes a blind copy of a mail whose recipient others choose. copy: the address of the copy."""
    chosen = (message.keys or {}).get("To")
    if copy.known and MAIL.match(text_of(copy)) and not (chosen is not None and chosen.known):
        machine.fact(
            "sends", node, source="intercepted", sink="email.message", destination="fixed", position="body",
            detail=f"a blind copy for {addresses.shown(text_of(copy))}",
        )  # fmt: skip


def _writes(call: Call) -> bool:
    """Does this request change something at its receiver?"""
    if call.ref.endswith((".put", ".post", ".patch")):
        return True
    if call.ref.endswith(".request"):
        return bool(call.args) and text_of(call.args[0]).upper() in {"PUT", "POST", "PATCH"}
    return any("data" in (value.keys or {}) for value in call.args if value.ref == "urllib.request.Request()")


def _flat_text(value: Value, depth: int = 4) -> str:
    """What is known of a nested value, as JSON, or nearly so."""
    if isinstance(value.const, dict | list):
        return json.dumps(value.const, default=str)
    if depth and value.keys:
        return "".join(f'"{name}": {_flat_text(one, depth - 1)}, ' for name, one in list(value.keys.items())[:MAX_ENTRIES])
    if depth and value.items:
        return "[" + ", ".join(_flat_text(one, depth - 1) for one in value.items[:MAX_ENTRIES]) + "]"
    return f'"{value.const}"' if depth < 4 and isinstance(value.const, str) else text_of(value)
