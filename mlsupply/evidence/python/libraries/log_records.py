"""The records of `logging`: what a handler of this module gets from others, and what a remote handler sends."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import replacements
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.libraries import log_settings, log_taps, storage
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values import folding
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
        _emptied(machine, call)
    if call.ref.endswith(_ADDS_TO_LOG) and call.receiver is not None and call.args:
        _added(machine, call, call.receiver)
    elif call.ref.endswith(_TO_LIST) and call.receiver is not None and call.args:
        put = call.args[0] if call.ref.endswith("extend") else folding.listed(call.args[-1:])
        listed(machine, call.receiver, put, call.node)
    elif call.ref.endswith(".setLevel") and call.receiver is not None and call.args:
        log_taps.levelled(machine, _name_of(machine, call.receiver), call.args[0])


def _added(machine: Analyser, call: Call, log: Value) -> None:
    """Follows a handler, filter or formatter that is added to a logger or handler."""
    added, log, queued = call.args[0], _root_or(machine, log, call), False
    for _ in range(_MOST_HANDED_ON):
        if added.ref in _HANDING_ON and added.items:
            queued = added.ref.endswith("QueueHandler()")
            added = added.items[0]
    if call.ref.endswith(".addHandler") and _REMOTE_LOG.match(added.ref):
        _made_by_subclass(machine, call, added)
        _listened(machine, call, _name_of(machine, log), added)
        _made_remote(machine, log, added, call)
    elif queued:
        _filled(machine, added, log, call)
    elif call.ref == "logging.getLogger().addHandler":
        _listened(machine, call, log.text, added)
    elif not call.ref.endswith(".addHandler"):
        if call.ref.endswith(".addFilter"):
            log_taps.filtered(machine, log, added)
        _puts_in(machine, call, added, log)


_TO_LIST = tuple(f".{kind}.{way}" for kind in ("handlers", "filters") for way in ("append", "insert", "extend"))


def listed(machine: Analyser, owner: Value, added: Value, node: ast.AST) -> None:
    """Follows what is put into `owner` where that is the list of handlers or filters of a logger or handler."""
    ref, _, kind = owner.ref.rpartition(".")
    if kind not in _LISTS or not ref.startswith("logging."):
        return
    of = owner.bound.receiver if owner.bound is not None else Value(ref)
    if of is not None:
        put_on(machine, of, kind, added, node)


def put_on(machine: Analyser, of: Value, kind: str, added: Value, node: ast.AST) -> None:
    """Follows handlers or filters that are put on a logger or handler without its methods for that. kind: a key of
    `_LISTS`."""
    adding = Call(of.ref + _LISTS[kind], Value(), [], {}, node, of)
    for one in folding.items_of(added)[:_MOST_LOGGERS]:
        called(machine, adding._replace(args=[one]))


_LISTS = {"handlers": ".addHandler", "filters": ".addFilter"}
_OF_ROOT_ITSELF = re.compile(r"logging\.(?:root|Logger\.root|Logger\.manager\.root|getLogger\(\)\.root)$")


def _root_or(machine: Analyser, log: Value, call: Call) -> Value:
    """The root logger, where it is asked for by its name in `logging`, else the logger itself."""
    return named(machine, call, ROOT) if _OF_ROOT_ITSELF.match(log.ref) else log


def _name_of(machine: Analyser, log: Value) -> str:
    return next((name for name, one in machine.loggers.items() if one is log), "")


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


def _made_remote(machine: Analyser, log: Value, handler: Value, call: Call) -> None:
    """A logger, and all those below it, send their records through this handler. call: adds it."""
    name = _name_of(machine, log)
    if name and not _is_own(machine, name):
        log_taps.attached(machine, call, log, handler)
    below = [one for of, one in machine.loggers.items() if name and _is_below(of, name)]
    for one in (log, *below):
        one.ref, one.text = "logging.remote()", handler.text
        for of, what, said in list(machine.record_makers):
            if of is None or of is one:
                _sent(machine, said, what, one)


def _is_below(name: str, other: str) -> bool:
    """Do the records of the logger `name` reach the handlers of the logger `other`?"""
    return other == ROOT or name.startswith(f"{other}.")


def _filled(machine: Analyser, queue: Value, log: Value, call: Call) -> None:
    """A logger puts its records into a queue, which a listener may empty already."""
    queue.keys = queue.keys or {}
    if (handler := queue.keys.get("handler")) is not None:
        _made_remote(machine, log, handler, call)
    else:
        queue.keys["logger"] = log


def _emptied(machine: Analyser, call: Call) -> None:
    """A listener hands what is in a queue to handlers."""
    queue = call.args[0]
    remote = next((one for one in call.args[1:] if _REMOTE_LOG.match(one.ref)), None)
    if remote is None:
        return
    queue.keys = queue.keys or {}
    queue.keys["handler"] = remote
    if (log := queue.keys.get("logger")) is not None:
        _made_remote(machine, log, remote, call)


def handler_changed(machine: Analyser, owner: Value, name: str, value: Value, node: ast.AST) -> None:
    """Notes a remote handler whose method `name`, which makes a message of a record, is replaced by a function; and what is
    put in the place of the handlers or filters of a logger or handler."""
    if name in _LISTS and owner.ref.startswith("logging."):
        put_on(machine, owner, name, value, node)
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


def _made_by_subclass(machine: Analyser, call: Call, handler: Value) -> None:
    """Notes what a class below that of a remote handler makes of records by methods of its own."""
    methods = handler.instance.methods if handler.instance is not None else {}
    for name in sorted(_MAKES_MESSAGE & methods.keys()):
        record = Value()
        given = machine.enter(methods[name], [handler, record], {}, call.node)
        where = addresses.destination(handler.text)
        sending.note(machine, call, "body", taint_of(record, given), handler.text, where)


def _listened(machine: Analyser, call: Call, name: str, handler: Value) -> None:
    """Follows a handler of this module that gets what another library, or any, logs. name: of the logger."""
    emit = handler.instance.methods.get("emit") if handler.instance is not None else None
    if emit is not None and not _is_own(machine, name):
        replacements.follow(machine, f"the log of {name}", emit, call.node, [handler])


def _is_own(machine: Analyser, name: str) -> bool:
    """Is this the name of a logger of the package itself, or may it be?"""
    return name == HOLE or name.partition(".")[0] == machine.dotted.partition(".")[0]
