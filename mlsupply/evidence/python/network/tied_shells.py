"""Connections that become the standard input or output of a program: their other end controls it (a reverse shell)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.commands import standard_input
from mlsupply.evidence.python.commands.command_line import MAX_PARTS, CommandLine, is_python, is_shell
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

# The connection of a handler of requests.
_OF_HANDLER = expression(r"(?:^|\.)(?:http\.server|socketserver)\.\w{1,60}Handler\(\)\.(?:[rw]file|request|connection)\b")
# Data of the client. A path below the served folder does not count: it only selects a file.
_ASKED = expression(r"(?:^|\.)(?:http\.server|socketserver)\.\w{1,60}Handler\(\)\.(?!translate_path\()")
_SAID = "a socket becomes standard input or output"
_PAIR = "socket.socketpair()"  # its ends lie in this process and its children
# What a module has that makes a connection, or may call such a function by a name that it computes.
_FAR = expression(
    r"(?:connect(?:_ex)?|accept|urlopen|(?:open|create)_(?:unix_)?(?:connection|server)|start_server)\s{0,9}\(|AF_INET|\bbind\s{0,9}\([^)\n]|"
    r"websocket|paramiko|asyncssh|telnet|\bzmq\b|\b(?:requests|httpx|aiohttp)\.(?:get|post|put|request|stream|Session|ws_)|"
    r"getattr\([^,\n]{1,80},\s{0,9}+(?![\"']\w{1,60}[\"']\s{0,9}[,)])|__import__|import_module|\bexec\((?!\))|\beval\("
)
# What a module has that gives whoever writes to standard input a prompt: a shell, or a console of Python.
_PYTHON_CONSOLE = (
    r"\binteract\(|\bInteractive(?:Console|Interpreter)\b|\bset_trace\(|\bPdb\(|\bbreakpoint\(|\bpty\.spawn\(|"
    r"\b(?:IPython|ptpython|bpython)\b"
)
_PROMPTS = expression(
    r"[\"'/](?:ba|da|z|k)?sh\b|\bSHELL\b|\bpw_shell\b|[\"'](?:cmd|powershell|pwsh)(?:\.exe)?[\"']|" + _PYTHON_CONSOLE
)
# A command line that gives a prompt, with `python` for any interpreter of Python.
_CONSOLE = expression(
    r"(?:^|[\s;&|/\\])(?:python[\w.]{0,8}\s(?:-\S{1,20}\s){0,9}(?:-[bBdEIOPqsSuvx]{0,9}i[bBdEIOPqsSuvx]{0,9}(?=[\s\"']|$)|"
    r"-m\s?(?:code|pdb|asyncio)\b)|(?:i|b|pt)python\d?\b|(?:xonsh|irb|tclsh|lua|busybox)\b)|" + _PYTHON_CONSOLE
)


def inherited(call: Call) -> Value | None:
    """`socket(fileno=0)`: the standard input or output that the parent made a socket of; None for any other call."""
    number = call.keywords.get("fileno") if call.ref == "socket.socket" else None
    return Value(_PAIR, NOTHING) if number is not None and type(number.const) is int and 0 <= number.const < 3 else None


def tied(machine: Analyser, call: Call) -> None:
    """Notes that a connection becomes standard input or output (`os.dup2`, `makefile`). The connection of a server's handler
    is the variant `served`, until `started` sees which program gets it."""
    if call.ref == "os.dup2" and _is_no_standard(call.args[1:2]):
        return
    if _is_of_pair(call.all):
        machine.paired = True
        if not _has_other_end(machine):
            return
    served = call.ref == "os.dup2" and bool(machine.running) and any(_OF_HANDLER.search(value.ref) for value in call.all)
    if served:
        machine.tied.add(machine.running[-1])
    if served or any("socket" in value.ref for value in call.all):
        machine.fact("remote-control", call.node, sink=call.ref, detail=_SAID, variant="served" if served else "")


def _is_of_pair(given: list[Value]) -> bool:
    """Is the only socket among these one end of a pair, as a parent has one to talk to its child?"""
    sockets = [one.ref for one in given if "socket" in one.ref]
    return bool(sockets) and all(ref.startswith(_PAIR) for ref in sockets)


def _has_other_end(machine: Analyser) -> bool:
    """May this module join a pair to a connection, or to what gives a prompt?"""
    text = "\n".join(machine.lines)
    return _FAR.search(text) is not None or _PROMPTS.search(text) is not None


def started(machine: Analyser, line: CommandLine) -> None:
    """Notes that a program gets a handler's connection, where the code, the network or a setting names the program. A CGI
    server is different: it starts the file in its folder that was asked for."""
    if not line.parts:
        return
    program, stdin = line.program, line.call.keywords.get("stdin")
    if _is_paired(machine, line.call) and _prompts(machine, line):
        machine.fact("remote-control", line.call.node, sink=line.call.ref, detail=_SAID)
    if machine.tied.isdisjoint(machine.running) or stdin is not None:
        return
    named = HOLE not in text_of(program) or is_shell(program) or is_python(program)
    if named or _ASKED.search(program.ref) or has(program.taint, "received", "variable"):
        machine.fact("remote-control", line.call.node, sink=line.call.ref, detail=_SAID)


def input_set(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """Notes that what this module itself reads for its console comes from the other end of a pair."""
    if name == "sys.stdin" and value.ref.startswith(_PAIR) and _PROMPTS.search("\n".join(machine.lines)):
        machine.fact("remote-control", node, sink=name, detail=_SAID)


def _is_paired(machine: Analyser, call: Call) -> bool:
    """Is the standard input of the started program one end of a pair?"""
    if (stdin := call.keywords.get("stdin")) is not None:
        return stdin.ref.startswith(_PAIR)
    first = call.keywords.get("preexec_fn")  # followed only after the program
    if first is not None and first.closure is not None and "dup2(" in ast.unparse(first.closure.node):
        return "socketpair" in "\n".join(machine.lines)
    return machine.paired and "input" not in call.keywords


def _prompts(machine: Analyser, line: CommandLine) -> bool:
    """Does whoever holds the other end of a pair get a prompt of this program? What feeds a shell one script of its own
    (`sh -c`) is different, unless a connection is made beside it. Which module relays to the network is not asked: a
    program that talks to its child sends it no keys that are typed."""
    if is_shell(line.program) and _FAR.search("\n".join(machine.lines)):
        return True
    words = " ".join(["python", *map(text_of, line.parts[1:MAX_PARTS])]) if is_python(line.program) else line.text
    return standard_input.takes_code(line.parts) or _CONSOLE.search(words) is not None


def _is_no_standard(numbers: list[Value]) -> bool:
    """Is this the number of another file than standard input, output and error: a higher one, or that of a socket?"""
    known = [one for one in numbers if type(one.const) is int and one.const > 2]
    return bool(known) or any(one.ref.endswith(".fileno()") and "socket" in one.ref for one in numbers)
