"""Answers as sources: what a request gives back, or a library that is called with an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.values.taint import of_kind
from mlsupply.evidence.python.values.value import CLEAN, NOTHING, Taint, Value, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# Calls that only handle the text of an address.
_PURE = expression(
    r"^(?:urllib\.parse|re|os|posixpath|pathlib|logging|string|builtins|str|json|yarl|furl|hashlib|uuid|warnings)\.|\bRequest$|\bURL$"
)
# Methods that take an address apart, or make another of it.
_PARTS = expression(
    r"\.get_\w+_(?:ur[li]|host|domain|path|name|endpoint)$|\.get_(?:host|domain|base|scheme|netloc|endpoint|path|name)\w*$|"
    r"\.\w*parse_?ur[li]\w*$|\.ur[li]_?parse\w*$"
)
_CREDENTIALS = expression(r"(?i)credential|/user-?data|/token(?:/|$)")
_FETCHERS = expression(r"\.\w*(?:read|load|open|get|parse|fetch|retrieve|request|goto)\w*$", re.IGNORECASE)


def answer(machine: Analyser, call: Call, text: str, address: Taint) -> Value:
    """What a request gives back, labelled by the kind of its address `text`. address: labels of that."""
    kind = (
        "cloud-metadata" if places.METADATA.search(text) else "cluster-secret" if places.CLUSTER.search(text) else "received"
    )
    if text.startswith("file:"):
        return _of_file(machine, call, text)
    if kind == "received" and places.MODEL_SERVICE.match(text):
        kind = "model-answer"
    elif kind == "cloud-metadata" and places.WHO_IT_IS.search(_path(text)):
        kind = "host-identity"
    made = Value(call.ref + "()", NOTHING, machine.origin(kind, text, call.line) | _named_by(text, address))
    if machine.running and machine.running[-1].wrapper:
        made.taint |= frozenset(("intercepted:result",))
    if call.ref.endswith("urlretrieve"):
        from mlsupply.evidence.python.libraries.storage import kept_key

        path = call.arg(1, "filename")
        if path is None or (path.known and path.const is None):
            path = Value("", NOTHING, CLEAN, f"/fetched-{call.line}")  # a temporary file, of a name of its own
        machine.files[kept_key(machine, path)] = made
        made.items = [path.copy(), Value()]
    return made


def _named_by(text: str, address: Taint) -> Taint:
    """The labels of what an earlier answer is, where that names the host of this request: who gives the one has chosen the
    other. text: the address; address: its labels."""
    return frozenset(of_kind(address, "received")) if addresses.destination(text) == "given" else CLEAN


def _of_file(machine: Analyser, call: Call, address: str) -> Value:
    """What a request for a file of this machine gives back."""
    kind = places.file_kind(address)
    return Value(call.ref + "()", NOTHING, machine.origin(kind, address, call.line) if kind else CLEAN)


def fetched_by_url(machine: Analyser, call: Call) -> Taint:
    """The label of what a library fetches that is called with a constant address; none for any other call."""
    text = text_of(call.args[0]) if call.args else ""
    if not text.startswith(("http://", "https://", "ftp://", "s3://", "gs://", "hf://")) or places.LOCAL.match(text):
        return frozenset()
    if not _FETCHERS.search(call.ref) or _PURE.search(call.ref) or _PARTS.search(call.ref):
        return frozenset()
    found = machine.origin("received", addresses.shown(text), call.line)
    if call.receiver is not None and "()" in call.ref:
        call.receiver.taint |= found  # a browser object holds the page it opened
    return found


def _path(address: str) -> str:
    """The address without query and fragment; "" where its path could lead elsewhere than it reads, or names credentials
    too, as one that is put together from several does."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    return "" if ".." in path or "%" in path or _CREDENTIALS.search(path) else path
