"""Files that are listed, opened, or read by a library that is given their path."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.libraries import found_files, own_source, package_data
from mlsupply.evidence.python.libraries.decoder_calls import DATA_NAME, beside_setup
from mlsupply.evidence.python.libraries.named_files import WHOLE
from mlsupply.evidence.python.libraries.sought_files import kind_sought
from mlsupply.evidence.python.libraries.storage import content_of, taint_below
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import (
    CLEAN,
    HOLE,
    NOTHING,
    Taint,
    Value,
    taint_of,
    text_of,
)

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call


def temporary(call: Call) -> Value:
    """The temporary file or folder that a call makes."""
    suffix = call.arg(0, "suffix") if call.ref.endswith(("mktemp", "mkstemp")) else call.keywords.get("suffix")
    tail = text_of(suffix) if suffix is not None else ""
    made = Value(call.ref + "()", NOTHING, CLEAN, f"/tmp/{HOLE}{tail}")  # noqa: S108  # a label, nothing is written
    if call.ref.endswith("mkstemp"):
        handle = Value("io.file()w", NOTHING, CLEAN, made.text)
        handle.keys = {"name": made.copy()}
        made.items = [handle, made.copy()]
    elif call.ref.endswith("NamedTemporaryFile"):
        name = Value("", NOTHING, CLEAN, f"/tmp/{HOLE}{getattr(call.node, 'lineno', 0)}{tail}")  # noqa: S108  # the same
        made.keys, made.text, made.ref = {"name": name}, name.text, "io.file()w"
    return made


_ANY_FIRST = ("", "*", "?", "[", HOLE)  # how a pattern begins that does not say which files are looked for
_ALL_OF_HOME = re.compile(r"(?:~|/home|/Users|/root)[/\\]\*\*")
_WORK = re.compile(r"host-identity:(?:os\.getcwdb?|pathlib\.Path\.cwd)$")


def listing(machine: Analyser, call: Call) -> Value:
    """The paths that a call lists or finds in a folder, labelled by what that folder holds."""
    start = call.receiver if call.ref.startswith("pathlib") else call.arg(0, "top", "path", "pathname")
    text = text_of(start) if start is not None else "."
    if text in {"", ".", "./"} and WHOLE.match(machine.folder):  # it went there before
        text = machine.folder
    found = text if call.ref.startswith("glob.") and "*" in text else f"{text}/{HOLE}"
    made = Value(call.ref + "()", NOTHING, taint_of(*call.all, *([start] if start else [])), found)
    named = text_of(call.args[0]) if call.ref.startswith("pathlib") and call.args else ""
    deep = "/**" if call.ref.endswith("rglob") else ""
    sought = f"{text}/{named}" if named else text
    bare = sought.replace("*", "")  # `.env*` and `*.env` find `.env`
    if kind := places.file_kind(sought) or kind_sought(f"{text}{deep}/{named}" if named else text) or places.file_kind(bare):
        made.taint |= machine.origin(kind, text, call.line)
    elif (text in {"/", "~", "~/", "C:\\", "C:/"} and named[:1] in _ANY_FIRST) or _ALL_OF_HOME.match(text):
        made.taint |= machine.origin("home-files", text, call.line)
    elif text in {"", ".", "./"} or (start is not None and any(map(_WORK.match, start.taint))):
        made.taint |= machine.origin("work-files", "files of the working folder", call.line)
    made.taint |= taint_below(machine, text)
    if call.ref == "os.scandir":
        made.ref = "pathlib.Path()"  # of its entries nothing is asked that a path does not know
    if call.ref.startswith("pathlib"):
        made.ref = "pathlib.Path()"
        made.text = f"{text}/{text_of(call.args[0])}" if call.args else made.text
        if not (places.file_kind(text)) and (kind := places.file_kind(made.text)):
            made.taint |= machine.origin(kind, made.text, call.line)
    return made


_TO_WRITE = re.compile(r"\bO_(?:WRONLY|APPEND)\b")


def opened(machine: Analyser, call: Call) -> Value:
    """The file that a call opens: for writing, or for reading, then labelled by its path and with its content if known."""
    path = (
        call.receiver if call.ref.startswith("pathlib.") and call.receiver is not None else call.arg(0, "file", "filename")
    )
    if path is None:
        return Value()
    mode = call.arg(0 if call.ref.endswith("Path().open") else 1, "mode")
    mode_text = mode.const if mode is not None and isinstance(mode.const, str) else "r"
    if call.ref == "os.open" and _TO_WRITE.search(ast.unparse(call.node)):
        mode_text = "w"
    text = text_of(path)
    if re.search("[wax+]", mode_text) and not call.ref.endswith(("read_text", "read_bytes")):
        made = Value("io.file()w", NOTHING, path.taint, text)
        made.items = None
        made.keys = {"name": path}
        return made
    if call.ref.endswith("fdopen"):
        made = Value("io.file()w" if "w" in mode_text else "io.file()", NOTHING, path.taint, text)
        made.keys = path.keys
        return made
    taint = frozenset(one for one in path.taint if not one.startswith("variable:"))  # says where it lies, not what it holds
    for candidate in (text, *(text_of(item) for item in (path.items or ())[:8])):
        if kind := places.file_kind(candidate):
            taint = taint | machine.origin(kind, candidate, call.line)
    from_package = "package-file" in kinds_in(path.taint)
    layers = path.layers if from_package else ()
    if from_package and DATA_NAME.search(text):
        taint = taint | machine.origin("encoded", f"data file {text.rpartition('/')[2]}", call.line)
    taint = taint | beside_setup(machine, text, call.line) | found_files.lists_machines(machine, text, call.line)
    made = Value("io.file()", NOTHING, taint, HOLE, layers)
    _fill(machine, made, path, binary="b" in mode_text or call.ref.endswith("read_bytes"))
    if call.ref.endswith(("read_text", "read_bytes")):
        made.ref = ""
        return made
    place = path.copy()
    place.taint = place.taint & taint
    made.keys = {"name": place}
    return made


def _fill(machine: Analyser, file: Value, path: Value, *, binary: bool) -> None:
    """Puts into the value of a file what it holds, where that is known: this module wrote it, is it, or came with it."""
    text = text_of(path)
    if (written := content_of(machine, path)) is not None:
        file.taint, file.layers = file.taint | written.taint, written.layers
        file.const = written.const
    elif (lines := machine.lines_at(text)) is not None:
        file.const = own_source.whole(machine, lines, binary=binary)
    elif "package-file" in kinds_in(path.taint):
        file.const = package_data.content_of_file(machine, text, binary=binary)
    elif path.known:
        file.const = package_data.settings_of_source(machine, text, binary=binary)


_READERS = re.compile(
    r"(?:^|\.|_)(?:read|load|open|get|parse|connect|input|lines|fromfile|import|extract|slurp|fetch|files?)", re.IGNORECASE
)


_LOOKERS = ("os.path.", "os.stat", "shutil.", "logging.", "os.access", "os.makedirs", "os.mkdir", "re.")


@lru_cache(maxsize=8_192)
def _reads(ref: str) -> bool:
    """Could a call by this name read what it is given the path of?"""
    return not ref.startswith(_LOOKERS) and _READERS.search(ref.rpartition(".")[2]) is not None


def read_by_path(machine: Analyser, call: Call) -> Taint:
    """The labels of what a library gives back that is given the path of secrets."""
    if not call.ref or not _reads(call.ref):
        return CLEAN
    found = CLEAN
    for value in call.all[:4]:
        for one in folding.items_of(value)[:4] if value.items or isinstance(value.const, list | tuple) else [value]:
            text = text_of(one)
            if ("/" in text or "\\" in text or text.startswith("~")) and (kind := places.file_kind(text)):
                found |= machine.origin(kind, text, call.line)
    return found
