"""The records of `logging`: what a handler of this module gets from others, and what a remote handler sends."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import replacements
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.libraries import log_settings, storage
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Taint, Value, constant, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_ADDS_TO_LOG = (".addHandler", ".addFilter", ".setFormatter")
_REMOTE_LOG = expression(
    r"logging\.(?:remote|handlers\.(?:HTTP|Socket|Datagram|SMTP|SysLog)Handler)\(\)|(?:logging_loki|graypy|logstash|logstash_async)\.[\w.]{1,60}Handler\(\)"
)
_OF_ROOT = expression(r"logging\.(?:debug|info|warning|warn|error|critical|exception|log)$")
ROOT = "everybody"  # stands for the name of the root logger
_MOST_LOGGERS = 200
_MOST_HANDED_ON = 4  # handlers behind one another
# Handlers that hand records on -> by which argument they are told to what.
_PASSES_ON: dict[str, tuple[int, str]] = {
    "logging.handlers.QueueHandler": (0, "queue"),
    "logging.handlers.MemoryHandler": (2, "target"),
}
_HANDING_ON = frozenset(f"{ref}()" for ref in _PASSES_ON)
# Methods of a handler that make a message of a record.
_MAKES_MESSAGE = frozenset({"mapLogRecord", "format", "makePickle", "prepare", "getSubject"})


def logger(machine: Analyser, call: Call) -> Value:
    """What `logging.getLogger(name)` gives: the same object for the same name, which sends what one above it sends."""
    name = (text_of(call.args[0]) or ROOT) if call.args and call.args[0].const is not None else ROOT
    found = machine.loggers.get(name)
    if found is None:
        found = Value("logging.getLogger()", NOTHING, frozenset(), name)
        above = next(
            (one for of, one in machine.loggers.items() if _is_below(name, of) and _REMOTE_LOG.match(one.ref)), None
        )
        if above is not None:
            found.ref, found.text = above.ref, above.text
        if name != HOLE and len(machine.loggers) < _MOST_LOGGERS:
            machine.loggers[name] = found
    return found


def named(machine: Analyser, call: Call, name: str) -> Value:
    """The logger of this name. call: where it is asked for."""
    return logger(machine, call._replace(ref="logging.getLogger", args=[constant(name)], keywords={}, receiver=None))


def passing_on(machine: Analyser, call: Call) -> Value | None:
    """A handler that hands records to another one, with the queue or handler it hands them to, or the logger that an adapter
    hands them to; None for any other call."""
    if call.ref == "logging.LoggerAdapter" and call.args:
        if (extra := call.arg(1, "extra")) is not None:
            _puts_in(machine, call, extra, call.args[0])
        return call.args[0]
    to = call.arg(*_PASSES_ON[call.ref]) if call.ref in _PASSES_ON else None
    if to is None:
        return None
    made = Value(call.ref + "()")
    made.items = [to]
    return made


def called(machine: Analyser, call: Call) -> None:
    """Follows a call that logs, or that adds a handler, filter or formatter; does nothing for any other call."""
    if call.ref.startswith("logging."):
        storage.logged(machine, call)
        log_settings.applied(machine, call)
    if call.ref == "logging.setLogRecordFactory" and call.args:
        _puts_in(machine, call, call.args[0], None)
    root = machine.loggers.get(ROOT) if _OF_ROOT.match(call.ref) else None
    if root is not None and _REMOTE_LOG.match(root.ref):
        sending.sent(machine, call._replace(ref=call.ref.replace("logging", "logging.remote()"), receiver=root))
    if call.ref == "logging.handlers.QueueListener" and call.args:
        _emptied(machine, call.args[0], call.args[1:])
    if not call.ref.endswith(_ADDS_TO_LOG) or call.receiver is None or not call.args:
        return
    added, log, queued = call.args[0], call.receiver, False
    for _ in range(_MOST_HANDED_ON):
        if added.ref in _HANDING_ON and added.items:
            queued = added.ref.endswith("QueueHandler()")
            added = added.items[0]
    if call.ref.endswith(".addHandler") and _REMOTE_LOG.match(added.ref):
        _made_remote(machine, log, added)
    elif queued:
        _filled(machine, added, log)
    elif call.ref == "logging.getLogger().addHandler" and added.instance is not None:
        _listened(machine, call, log.text, added)
    elif not call.ref.endswith(".addHandler"):
        _puts_in(machine, call, added, log)


def _puts_in(machine: Analyser, call: Call, what: Value, log: Value | None) -> None:
    """Notes what a filter, formatter, factory or adapter lets a logger or handler send, now or once it has a remote handler.
    log: None for every logger."""
    for one in list(machine.loggers.values()) if log is None else [log]:  # what is followed may ask for more
        if _REMOTE_LOG.match(one.ref):
            _sent(machine, call, what, one)
    if len(machine.record_makers) < _MOST_LOGGERS:
        machine.record_makers.append((log, what, call))
    else:
        machine.cut_off = True


def _made_remote(machine: Analyser, log: Value, handler: Value) -> None:
    """A logger, and all those below it, send their records through this handler."""
    name = next((name for name, one in machine.loggers.items() if one is log), "")
    below = [one for of, one in machine.loggers.items() if name and _is_below(of, name)]
    for one in (log, *below):
        one.ref, one.text = "logging.remote()", handler.text
        for of, what, call in list(machine.record_makers):
            if of is None or of is one:
                _sent(machine, call, what, one)


def _is_below(name: str, other: str) -> bool:
    """Do the records of the logger `name` reach the handlers of the logger `other`?"""
    return other == ROOT or name.startswith(f"{other}.")


def _filled(machine: Analyser, queue: Value, log: Value) -> None:
    """A logger puts its records into a queue, which a listener may empty already."""
    queue.keys = queue.keys or {}
    if (handler := queue.keys.get("handler")) is not None:
        _made_remote(machine, log, handler)
    else:
        queue.keys["logger"] = log


def _emptied(machine: Analyser, queue: Value, handlers: list[Value]) -> None:
    """A listener hands what is in a queue to handlers."""
    remote = next((one for one in handlers if _REMOTE_LOG.match(one.ref)), None)
    if remote is None:
        return
    queue.keys = queue.keys or {}
    queue.keys["handler"] = remote
    if (log := queue.keys.get("logger")) is not None:
        _made_remote(machine, log, remote)


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
    if closure is None and value.instance is None:
        return taint_of(value)  # what an adapter adds to each record
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
