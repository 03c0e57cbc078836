"""The clipboard as a sink: a fixed text takes the place of what the user copied, through a library or a program.

A wallet address in the clipboard is replaced that way just before it is pasted. What is read from the clipboard is a source,
in `knowledge` for libraries and in `commands.programs` for programs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.values.merging import ADDRESS, EXCHANGED
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import Value, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_COPIES = know.Calls(
    r"^(?:(?:pyperclip|clipboard|xerox|pandas\.io\.clipboard)\.(?:copy|clipboard_set)|win32clipboard\.SetClipboard(?:Text|Data)|"
    r"copykitten\.copy|klembord\.set_text|tkinter\.Tk\(\)\.clipboard_append|kivy\.core\.clipboard\.Clipboard\.(?:copy|put)|"
    r"(?:PyQt[456]|PySide[26]?|qtpy)\..{0,60}\bclipboard\(\)\.setText)$"
)
_START = r"(?:^|[\s/\\|;&(`$\"'])"
_PROGRAM = expression(
    rf"(?i){_START}(?:pbcopy|wl-copy|clip(?:\.exe)?|termux-clipboard-set|Set-Clipboard|scb|"
    r"(?:xclip|xsel)(?![^|;&\n]{0,80}\s(?:-\w?o\w?|--?out(?:put)?)\b))(?=$|[\s|;&)\"'`])"
)
# A text with the shape of an address or key: long, and without spaces.
_ADDRESS = re.compile(r"[\w:+/=-]{25,200}")
_PRINTED = expression(
    r"(?:^|[\s;&(\"'])(?:echo|printf)\s(?:-\w{1,3} )?[\"']?(?P<text>[\w:+/=-]{25,200})[\"']?\s?\|[^;&\n]{0,200}$"
)
_WORD = expression(r"(?<![^\s\"'])[\w:+/=-]{25,200}(?![^\s\"'])")
# In the source of a module that knows an address by its shape: one that is written there, and that shape.
_WRITTEN = expression(r"[\"'](?:0x[0-9a-fA-F]{40}|(?:bc1|ltc1)[a-z0-9]{25,60}|[13TLr][1-9A-HJ-NP-Za-km-z]{25,34})[\"']")
_SHAPE = expression(r"0x\[[^\]]{3,20}\]\{40\}|bc1[q\[(][^\n]{1,40}\{|\[[^\]\n]{0,8}1-9A-HJ-NP-Za-km-z[^\]\n]{0,4}\]\{")
_MOST_LOOKED_AT = 64  # entries of a table of addresses
_SAID = "the clipboard is replaced by a fixed text"
_SAID_WITHIN = "an address in the clipboard is replaced by a fixed one"


def called(machine: Analyser, call: Call) -> None:
    """Notes a call of a library that puts a fixed text into the clipboard; does nothing for other calls."""
    if _COPIES.match(call.ref) and call.args:
        _note(machine, call, next((one for one in reversed(call.args) if isinstance(one.const, str)), call.args[-1]))


def fed(machine: Analyser, call: Call, line: str, given: Value) -> None:
    """Notes a fixed text that a program puts into the clipboard. line: its command line; given: its input."""
    if _PROGRAM.search(line):
        _note(machine, call, given)


def commanded(machine: Analyser, call: Call, line: str) -> None:
    """Notes a command line that puts a fixed text of its own into the clipboard."""
    if (found := _PROGRAM.search(line)) is None:
        return
    printed = _PRINTED.search(line[: found.end()])
    if printed is not None or (
        found[0].lower().endswith(("wl-copy", "set-clipboard", "set")) and _WORD.search(line, found.end())
    ):
        machine.fact("spies", call.node, source="clipboard", sink=call.ref, detail=_SAID)


def exchanged(machine: Analyser, call: Call, result: Value) -> None:
    """Labels a text of the clipboard into which a call of a method or library puts an address that is written in the module:
    it stands among the arguments, or is what a function among them gives."""
    if not has(result.taint, "clipboard") or result.taint >= EXCHANGED:
        return
    functions = [one.closure for one in call.all if one.closure and not isinstance(one.closure.node, ast.ClassDef)]
    found = [machine.enter(one, [Value(taint=result.taint)], {}, call.node) for one in functions]
    if any(map(_holds_address, [call.receiver or Value(), *call.all, *found])):
        result.taint |= EXCHANGED


def _is_exchanged(machine: Analyser, given: Value) -> bool:
    """Is there an address of the module in this text that was made of the clipboard? Where it is not seen how the text was
    made, the module tells: it knows addresses by their shape, and holds one."""
    if given.taint >= EXCHANGED or _holds_address(given):
        return True
    unchanged = given.ref.endswith(_UNCHANGED)
    return not unchanged and any(map(_WRITTEN.search, machine.lines)) and any(map(_SHAPE.search, machine.lines))


_UNCHANGED = ("paste()", "clipboard_get()", "GetClipboardData()", "clipboard().text()", "get_text()")  # as it was read


def _holds_address(value: Value) -> bool:
    """Is there an address in this text, in one of its parts, or among those it may be?"""
    several = [*(value.either or ()), *(value.items or ()), *(value.keys or {}).values()]
    texts = [text_of(one) for one in (value, *several[:_MOST_LOOKED_AT])]
    if isinstance(value.const, dict | list | tuple | set | frozenset):
        texts += islice(_texts_in(value.const), _MOST_LOOKED_AT)
    return any(map(ADDRESS.search, texts))


def _texts_in(table: object) -> Iterator[str]:
    """The texts in a constant table."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict | list | tuple | set | frozenset):
        for one in table.values() if isinstance(table, dict) else table:
            yield from _texts_in(one)


def _note(machine: Analyser, call: Call, given: Value) -> None:
    content = given.const
    if isinstance(content, bytes):
        content = content.decode("utf-8", "replace")
    fixed = isinstance(content, str) and _ADDRESS.fullmatch(content.strip()) is not None
    if fixed or (has(given.taint, "clipboard") and _is_exchanged(machine, given)):
        machine.fact("spies", call.node, source="clipboard", sink=call.ref, detail=_SAID if fixed else _SAID_WITHIN)
