"""The records of `logging`: what a handler of this module gets from others, and what a remote handler sends."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import replacements
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.libraries import storage
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values.value import HOLE, Taint, Value, taint_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_ADDS_TO_LOG = (".addHandler", ".addFilter", ".setFormatter")
_REMOTE_LOG = expression(
    r"logging\.(?:remote|handlers\.(?:HTTP|Socket|Datagram|SMTP|SysLog)Handler)\(\)|(?:logging_loki|graypy|logstash|logstash_async)\.[\w.]{1,60}Handler\(\)"
)
# Methods of a handler that make a message of a record.
_MAKES_MESSAGE = frozenset({"mapLogRecord", "format", "makePickle", "prepare", "getSubject"})


def called(machine: Analyser, call: Call) -> None:
    """Follows a call that logs, or that adds a handler, filter or formatter; does nothing for any other call."""
    if call.ref.startswith("logging."):
        storage.logged(machine, call)
    if not call.ref.endswith(_ADDS_TO_LOG) or call.receiver is None or not call.args:
        return
    added, logger = call.args[0], call.receiver
    if call.ref.endswith(".addHandler") and _REMOTE_LOG.match(added.ref):
        logger.ref, logger.text = "logging.remote()", added.text
    elif call.ref == "logging.getLogger().addHandler" and added.instance is not None:
        _listened(machine, call, logger.text, added)
    elif _REMOTE_LOG.match(logger.ref) and not call.ref.endswith(".addHandler"):
        _sent(machine, call, added, logger)


def handler_changed(machine: Analyser, owner: Value, name: str, value: Value, node: ast.AST) -> None:
    """Notes a remote handler whose method `name`, which makes a message of a record, is replaced by a function."""
    if name in _MAKES_MESSAGE and value.closure is not None and _REMOTE_LOG.match(owner.ref):
        call = Call(f"{owner.ref}.{name}", Value(), [], {}, node, owner)
        _sent(machine, call, value, owner)


def _sent(machine: Analyser, call: Call, value: Value, target: Value) -> None:
    """Notes what `value`, a filter, formatter or function, lets the remote handler `target` send."""
    sending.note(machine, call, "body", _recorded(machine, value, call), target.text, addresses.destination(target.text))


def _recorded(machine: Analyser, value: Value, call: Call) -> Taint:
    """The labels of what a filter puts into each record, or a formatter makes of it."""
    record, closure, first = Value(), value.closure, list[Value]()
    if value.instance is not None:
        name = "filter" if call.ref.endswith("Filter") else "format"
        closure, first = value.instance.methods.get(name), [value]
    if closure is None or isinstance(closure.node, ast.ClassDef):
        return record.taint
    given = machine.enter(closure, [*first, record], {}, call.node)
    return taint_of(record, given)


def _listened(machine: Analyser, call: Call, name: str, handler: Value) -> None:
    """Follows a handler of this module that gets what another library, or any, logs. name: of the logger."""
    own = name == HOLE or name.partition(".")[0] == machine.dotted.partition(".")[0]
    emit = handler.instance.methods.get("emit") if handler.instance is not None else None
    if emit is not None and not own:
        replacements.follow(machine, f"the log of {name}", emit, call.node, [handler])
