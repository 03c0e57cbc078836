"""The standard input of a program that is started: where it comes from, and what a shell or interpreter makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python import summaries
from mlsupply.evidence.python.commands import carriers, programs
from mlsupply.evidence.python.commands.command_line import (
    MAX_PARTS,
    is_python,
    is_runtime,
    is_scheduler,
    is_shell,
    launched,
    runs_its_argument,
)
from mlsupply.evidence.python.commands.run_facts import noted
from mlsupply.evidence.python.commands.shell import deeds
from mlsupply.evidence.python.libraries import clipboard
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.taint import ORIGINS, first_kind, has
from mlsupply.evidence.python.values.value import HOLE, Value, constant, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_READABLE = expression(r"[ -~\s]{6}")  # code or commands, and no head of a binary message


def fed(machine: Analyser, call: Call, parts: list[Value], stdin: Value) -> None:
    """Notes what a program makes of its standard input. parts: the words of its command; stdin: the input."""
    line = " ".join(text_of(part) for part in parts)
    programs.worked(machine, call, line, stdin.taint)
    clipboard.fed(machine, call, line, stdin)
    summaries.note_wanted(machine, stdin.taint)
    takes = bool(parts) and (runs_its_argument(parts[0]) or carriers.feeds_shell(parts) or takes_code(parts))
    if has(stdin.taint, "received") and takes:
        # a page is fetched once, which is no control by commands that come
        is_page = any(one.startswith(("received:http://", "received:https://")) for one in stdin.taint)
        behaviour = "remote-control" if is_shell(parts[0]) and not is_page else "runs-downloaded"
        detail = "what the network gives is fed to " + ("a shell" if is_shell(parts[0]) else "an interpreter")
        machine.fact(behaviour, call.node, source="received", sink=call.ref, detail=detail, variant="piped")
    if isinstance(stdin.const, str | bytes):
        _fed_text(machine, call, parts, stdin)
    elif HOLE in (text := text_of(stdin)) and text.strip(HOLE) and _takes_script(parts):
        for deed in deeds(text):  # what a script says whatever its unknown parts are
            noted(machine, call, deed, machine.silent > 0)
    elif (hiding(stdin.layers) or has(stdin.taint, "encoded")) and not has(stdin.taint, "received") and takes_code(parts):
        fields = {"source": first_kind(stdin.taint, ORIGINS), "sink": call.ref, "layers": hiding(stdin.layers)}
        chain = machine.chain(stdin.taint, call.ref, call.line)
        detail = "encoded text is fed to an interpreter"
        machine.fact("runs-decoded", call.node, silent=machine.silent > 0, detail=detail, chain=chain, **fields)


def takes_code(parts: list[Value]) -> bool:
    """Do these words, or this whole line, start an interpreter or shell that takes its code from its input?"""
    parts = parts[launched(parts) :]
    words = [text_of(part) for part in parts[:MAX_PARTS]]
    if len(parts) == 1:
        words = words[0].split() or words
        parts = parts if len(words) == 1 else [constant(words[0])]
    runs = any(of(part) for part in parts[:1] for of in (is_python, is_shell, is_runtime))
    return runs and carriers.reads_code(words)


def _takes_script(parts: list[Value]) -> bool:
    """Is what these words start given a script as its input: a shell, here or by SSH, or a program that has it run later?"""
    if not parts:
        return False
    words = " ".join(text_of(part) for part in parts[:MAX_PARTS]).split()
    by_ssh = words[:1] == ["ssh"] and (len(words) == 2 or any(is_shell(constant(one)) for one in words[2:]))
    return by_ssh or takes_code(parts) or any(is_scheduler(one) for one in (parts[0], constant(words[0] if words else "")))


def _fed_text(machine: Analyser, call: Call, parts: list[Value], stdin: Value) -> None:
    """Follows constant input: decoded text, a script for a shell, or Python."""
    text = stdin.const if isinstance(stdin.const, str) else stdin.const.decode("utf-8", "replace")
    if hiding(stdin.layers) and _READABLE.search(text):
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=hiding(stdin.layers),
            decoded=safe(text),
            detail="encoded text is fed to a program",
        )
    for deed in deeds(text):
        noted(machine, call, deed, machine.silent > 0)
    program = text_of(parts[0]) if parts else ""
    if (parts and is_python(parts[0])) or "executable" in program or program == HOLE:
        machine.run_text(text, stdin.layers, call.line)
