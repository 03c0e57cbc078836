"""Machine code that is put into memory and started, and files without a name (`memfd_create`) that are run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_INJECTING = ("VirtualAlloc", "VirtualProtect", "RtlMoveMemory", "CreateThread", "CreateRemoteThread", "WriteProcessMemory")


_STARTS_MEMORY = expression(r"\b(?:CFUNCTYPE|PYFUNCTYPE|WINFUNCTYPE)\b")
_MAPPING = frozenset({"VirtualAlloc", "VirtualProtect"})


def injects(machine: Analyser, ref: str) -> bool:
    """Is the function `ref` one step of putting machine code into memory and starting it, in a module that names another
    step too? Honest libraries only allocate such memory, to ask the processor what it can do."""
    step = ref.rpartition(".")[2]
    if step == "mprotect" and "ctypes" in ref:
        return (
            BRINGS_CODE.search("\n".join(machine.lines)) is not None
            and _STARTS_MEMORY.search("\n".join(machine.lines)) is not None
        )
    if step not in _INJECTING or not any(word in ref for word in ("ctypes", "kernel32", "windll")):
        return False
    text = "\n".join((*machine.lines, machine.code_text))
    others = {other for other in _INJECTING if other != step and other in text}
    if step in _MAPPING and others <= _MAPPING:  # code that asks the processor takes just these two steps
        return bool(others) and BRINGS_CODE.search(text) is not None
    return bool(others)


# Calls that run a file by its number. A file without a name alone may only share memory between processes.
_RUNS_FILES = expression(r"\bos\.(?:exec[vl]p?e?|posix_spawnp?|spawn[vl]\w{0,2}|fexecve)\b|\b(?:exec[vl]p?e|fexecve)\(")
# Signs of machine code that the module itself holds, decodes or fetches. A compiler has none: it maps what it is given.
BRINGS_CODE = expression(
    r"(?:\\x[0-9a-fA-F]{2}){6}|b(?:64|32|85|16)decode|fromhex|unhexlify|decompress\(|urlopen|requests\.|httpx\.|\.recv\(|"
    r"__file__|\[(?: ?0x[0-9a-fA-F]{2},){6}"
)
_NUMBERED = expression(r"(\w{1,40}) ?= ?[^\n=]{0,80}(?:/proc/|/dev/fd)")
_STARTS_FILES = expression(
    r"\b(?:Popen|run|(?:check_)?(?:call|output)|CDLL|dlopen|LoadLibrary|system|popen)\(([^\n]{0,200})"
)


def runs_files(machine: Analyser) -> bool:
    """Does the module start or load a file by its number (`/proc/self/fd/…`)?"""
    text = "\n".join(machine.lines)
    if _RUNS_FILES.search(text):
        return True
    names = {found[1] for found in _NUMBERED.finditer(text)}
    given = [found[1] for found in _STARTS_FILES.finditer(text)]
    return any("/proc/" in one or "/dev/fd" in one or not names.isdisjoint(re.findall(r"\w{1,40}", one)) for one in given)


_MEMFD_CREATE = frozenset({319, 279, 385, 356})  # its number as a system call of Linux, on several processors


def makes_file(call: Call) -> bool:
    """Does the call make a file without a name, by `memfd_create` or the number of that system call?"""
    if call.ref.endswith(".syscall") and "ctypes" in call.ref:
        return bool(call.args) and call.args[0].const in _MEMFD_CREATE
    return call.ref.endswith("memfd_create")
