"""Payments that are led elsewhere: a function put in the place of one of another module writes a recipient of its own into
the transactions that pass through it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import hooks
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import Value, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_RECIPIENT = expression(
    r"(?i)_?(?:to|dest(?:ination)?|recipient|receiver|beneficiary|payee|pay_?(?:to|out))(?:_?(?:address|addr|account|pubkey|wallet))?$"
)
# Addresses of the common chains (0x…, bech32, base58).
_ADDRESS = expression(
    r"(?:0x[0-9a-fA-F]{40}|(?:bc|tb|ltc|bitcoincash:|addr|cosmos)1?[a-z0-9]{25,100}|(?=[a-zA-Z]{0,24}\d)[1-9A-HJ-NP-Za-km-z]{26,48})$"
)
_MOST = 32  # entries of a transaction


def called(machine: Analyser, call: Call) -> None:
    """Notes a recipient in what a function that replaces one of another module hands on, by name or within a transaction."""
    for name, value in call.keywords.items():
        put(machine, name, value, call.node)
    for value in call.all:
        for name, one in [*(value.keys or {}).items()][:_MOST]:
            put(machine, name, one, call.node)
        for name, text in [*value.const.items()][:_MOST] if isinstance(value.const, dict) else ():
            put(machine, str(name), Value(const=text), call.node)
    method = call.node.func.attr if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else ""
    if method in {"__setitem__", "setdefault"} and len(call.args) == 2:
        put(machine, text_of(call.args[0]), call.args[1], call.node)


def put(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Notes a recipient that is put into a field of this name, where a function that replaces one of another module does it:
    an address written here, or one that is fetched or hidden where that module is of a wallet."""
    whose = machine.replacing
    if not whose or not _RECIPIENT.match(name):
        return
    written = isinstance(value.const, str) and _ADDRESS.match(value.const)
    brought = has(value.taint, "received", "encoded") and not has(value.taint, "intercepted") and hooks.of_wallet(whose)
    if written or brought:
        detail = safe(value.const, 100) if written else "an address that is fetched or hidden"
        machine.fact("redirects", node, sink=f"the recipient in {safe(whose, 100)}", variant="payment", detail=detail)
