"""Connections that become the standard input or output of a program: their other end controls it (a reverse shell)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.commands.command_line import CommandLine, is_python, is_shell
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, Value, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# The connection of a handler of requests.
_OF_HANDLER = expression(r"(?:^|\.)(?:http\.server|socketserver)\.\w{1,60}Handler\(\)\.(?:[rw]file|request|connection)\b")
# Data of the client. A path below the served folder does not count: it only selects a file.
_ASKED = expression(r"(?:^|\.)(?:http\.server|socketserver)\.\w{1,60}Handler\(\)\.(?!translate_path\()")
_SAID = "a socket becomes standard input or output"


def tied(machine: Analyser, call: Call) -> None:
    """Notes that a connection becomes standard input or output (`os.dup2`, `makefile`). The connection of a server's handler
    is the variant `served`, until `started` sees which program gets it."""
    if call.ref == "os.dup2" and _is_no_standard(call.args[1:2]):
        return
    served = call.ref == "os.dup2" and bool(machine.running) and any(_OF_HANDLER.search(value.ref) for value in call.all)
    if served:
        machine.tied.add(machine.running[-1])
    if served or any("socket" in value.ref for value in call.all):
        machine.fact("remote-control", call.node, sink=call.ref, detail=_SAID, variant="served" if served else "")


def started(machine: Analyser, line: CommandLine) -> None:
    """Notes that a program gets a handler's connection, where the code, the network or a setting names the program. A CGI
    server is different: it starts the file in its folder that was asked for."""
    if machine.tied.isdisjoint(machine.running) or "stdin" in line.call.keywords:
        return
    program = line.program
    named = HOLE not in text_of(program) or is_shell(program) or is_python(program)
    if named or _ASKED.search(program.ref) or has(program.taint, "received", "variable"):
        machine.fact("remote-control", line.call.node, sink=line.call.ref, detail=_SAID)


def _is_no_standard(numbers: list[Value]) -> bool:
    """Is this the number of another file than standard input, output and error: a higher one, or that of a socket?"""
    known = [one for one in numbers if type(one.const) is int and one.const > 2]
    return bool(known) or any(one.ref.endswith(".fileno()") and "socket" in one.ref for one in numbers)
