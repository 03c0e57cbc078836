"""The standard output of the module itself: what it prints while that is redirected goes into a file or a text in memory.

Standard error is not told apart from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter import unknown_calls
from mlsupply.evidence.python.libraries import writing
from mlsupply.evidence.python.values.value import Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_NAMES = frozenset({"sys.stdout", "sys.__stdout__", "sys.stderr", "sys.__stderr__"})
_REDIRECTS = frozenset({"contextlib.redirect_stdout", "contextlib.redirect_stderr"})
_WRITES = frozenset({"sys.stdout.write", "sys.stdout.buffer.write", "sys.stdout.writelines"})
_WRITES_ERRORS = frozenset({"sys.stderr.write", "sys.stderr.buffer.write", "sys.stderr.writelines"})
_READS = frozenset({"sys.stdout.getvalue", "sys.stdout.read", "sys.stdout.getbuffer"})
_PRINTS = frozenset({"pprint.pprint", "pprint.pp"})
_STREAMS = ("stream", "file", "console")  # names of arguments that say where to print


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that redirects the output, from where it stands, or of one that reads what was printed; None for
    any other call."""
    if call.ref in _READS:
        return _read(machine, call)
    if call.ref not in _REDIRECTS or not call.all:
        return None
    machine.redirect(call.all[0])
    return unknown_calls.result_of(machine, call)


def _read(machine: Analyser, call: Call) -> Value | None:
    if (target := machine.stdout) is None:
        return None
    method = machine.attribute(target, call.ref.rpartition(".")[2], call.node)
    return machine.call(method, call.args, call.keywords, call.node, target)


def attribute_set(machine: Analyser, name: str, value: Value) -> None:
    """Follows an assignment to `sys.stdout`, of a file or of the output as it was."""
    if name in {"sys.stdout", "sys.stderr"}:
        machine.redirect(None if value.ref in _NAMES else value)


def called(machine: Analyser, call: Call) -> None:
    """Keeps what a call prints with the output of the process, or where that is redirected to."""
    here = call.ref in _PRINTS and call.keywords.keys().isdisjoint(_STREAMS)
    if here or call.ref in _WRITES or (call.ref in _WRITES_ERRORS and machine.stdout is not None):
        writing.printed(machine, call, machine.stdout)


def target(machine: Analyser, file: Value | None) -> Value | None:
    """Where `print(..., file=file)` writes: `file`, or what the output is redirected to; None for that of the process."""
    return machine.stdout if file is None or (file.ref in _NAMES and machine.stdout is not None) else file
