"""What a message makes its receiver do: publish something, start a container, send a copy to somebody."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

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
_BINDS = expression(r"\"?(?:Binds\"?: ?\[\"/:/|Privileged\"?: ?[tT]rue)")


def changed(machine: Analyser, call: Call, message: Message) -> None:
    """Notes a request that publishes something or starts a container with the whole disk, and a message with a blind copy to
    a constant address."""
    text, body = message.text, message.body
    if _PUBLISHES.search(text) and _writes(call):
        what = f"something is published in the name of the user: {addresses.shown(text)}"
        machine.fact("publishes", call.node, sink=call.ref, detail=what)
    if "docker.sock" in text and (binds := _BINDS.search(" ".join(_flat_text(value) for value in body))):
        what = f"a container or process that holds the whole host: {safe(binds[0], 40)}"
        machine.fact("opens-host", call.node, sink=call.ref, detail=what)
    _copied(machine, call, body)


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


def _flat_text(value: Value) -> str:
    if isinstance(value.const, dict | list):
        return json.dumps(value.const, default=str)
    return text_of(value)
