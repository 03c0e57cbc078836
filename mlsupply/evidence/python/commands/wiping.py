"""Programs that remove or move away the files they are given, where these are whatever is found in the home."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python.commands.command_line import MAX_PARTS, CommandLine, is_shell, launched
from mlsupply.evidence.python.libraries import removing
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Value, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_PROGRAM = re.compile(r"(?:.*[/\\])?([\w-]{1,20}?)(?:\.exe)?$")
_REMOVERS = frozenset(
    {"rm", "rmdir", "unlink", "shred", "srm", "wipe", "truncate", "del", "erase", "rd", "trash", "trash-put", "gio"}
)
_MOVERS = frozenset({"mv", "move", "ren", "rename"})
_BEFORE = frozenset({"xargs", "sudo", "doas", "busybox", "exec", "command", "cmd", "then", "do", "-print0"})
_OPTION = re.compile(r"[-+]|/[a-zA-Z]$")
_HOME = expression(r"(?:^|[\s\"'])(?:~|/home|/root|/Users)(?=[/\s\"']|$)")
_ENDS = expression(r"&&|\|\||[;|\n]")
_WORDS = expression(r"[^\s\"']+")


def commanded(machine: Analyser, line: CommandLine, stdin: Value | None) -> None:
    """Notes what a command line removes or moves. stdin: the input of the program, which `xargs` takes its words from."""
    given = taint_of(*line.parts, line.head, *([stdin] if stdin is not None else []))
    if not has(given, "home-files") and _HOME.search(line.text) is None:
        return
    for words in _commands(line):
        name, rest = _program(words)
        if name not in _REMOVERS | _MOVERS:
            continue
        paths = [one for one in rest if not _OPTION.match(text_of(one))]
        paths = paths[:-1] if name in _MOVERS and len(paths) > 1 else paths
        if not paths or text_of(words[0]) == "xargs":
            paths = [Value("", NOTHING, given, f"~/{HOLE}")]  # what its input names, or words that are not known
        for path in paths[:_MOST]:
            removing.given_to_program(machine, line.call, _below(path, line.call), moved=name in _MOVERS)


_MOST = 50  # paths of a command that are looked at


def _commands(line: CommandLine) -> list[list[Value]]:
    """The commands of a line, each as its words."""
    parts = line.parts[:MAX_PARTS]
    if len(parts) > 1 and not is_shell(parts[0]):
        return [parts[launched(parts) :]]
    text = parts[-1] if len(parts) > 1 else line.head
    pieces = _ENDS.split(text_of(text))
    return [
        [Value("", NOTHING, text.taint if HOLE in word or "*" in word else CLEAN, word) for word in words]
        for piece in pieces[:_MOST]
        if (words := _WORDS.findall(piece)[:MAX_PARTS])
    ]


def _program(words: list[Value]) -> tuple[str, list[Value]]:
    """The name of the program, and the words behind it."""
    for place, word in enumerate(words):
        found = _PROGRAM.match(text_of(word))
        name = found[1] if found else ""
        if name not in _BEFORE and not _OPTION.match(text_of(word)):
            return name, words[place + 1 :]
    return "", []


def _below(path: Value, call: Call) -> Value:
    """The path, below the folder that the program is started in; one that was found is where it was found."""
    text, folder = text_of(path), call.keywords.get("cwd")
    if text.startswith(("/", "~")) or (folder is None and text != HOLE):
        return path
    return Value("", NOTHING, path.taint, f"{text_of(folder).rstrip('/') if folder is not None else '~'}/{text}")
