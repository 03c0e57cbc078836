"""Removing, moving and locking files as a sink: files of the user, perhaps on an order from the network."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.interpreter import conditions
from mlsupply.evidence.python.libraries import found_files, named_files
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import Value, legible, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

REMOVES = frozenset(
    {
        "os.remove", "os.unlink", "shutil.rmtree", "os.rmdir", "pathlib.Path().unlink", "pathlib.Path().rmdir",
        "os.truncate", "os.removedirs", "send2trash.send2trash",
    }
)  # fmt: skip


def removed(machine: Analyser, call: Call) -> None:
    """Notes what a call of one of `REMOVES` removes, or one of `SPOILS` moves or locks."""
    if call.ref in SPOILS:
        _spoiled(machine, call)
        return
    path = call.receiver if call.ref.startswith("pathlib") and call.receiver else call.arg(0, "path", "paths")
    if path is not None:
        machine.files[f"removed {text_of(path)}"] = path
        _gone(machine, call, path)


def given_to_program(machine: Analyser, call: Call, path: Value, *, moved: bool) -> None:
    """Notes a path that a program removes, or moves away."""
    if moved:
        _lost(machine, call, path, "moved away")
    else:
        _gone(machine, call, path)


def _gone(machine: Analyser, call: Call, path: Value) -> None:
    """Notes that what lies at a path is removed, where that is the user's."""
    if (
        named_files.WHOLE.match(text_of(path))
        or places.file_kind(text_of(path)) == "home-files"
        or (has(path.taint, "home-files") and "/" in text_of(path)[1:])
    ):
        source = "received" if on_order(machine, call.line) else ""
        detail = legible(text_of(path), 80) + " is removed"
        everything = named_files.are_all(machine, path, call.line)
        variant = "everything" if everything else "dated" if conditions.waits_for_day(machine, call.line) else ""
        machine.fact("destroys", call.node, source=source, sink=call.ref, variant=variant, detail=detail)
    elif _OWN_WORK.match(text_of(path)) and conditions.waits_for_day(machine, call.line):
        detail = legible(text_of(path), 80) + " is removed"
        machine.fact("destroys", call.node, sink=call.ref, variant="dated", detail=detail)


_OWN_WORK = re.compile(r"(?:~|/home/[^/]{1,60}|/root)/(?![.])[^/]{1,60}")  # no folder of settings, which a program may own


# Calls after which the user no longer finds a file, or may not read it.
MOVES = frozenset(
    {
        "os.rename", "os.renames", "os.replace", "shutil.move", "pathlib.Path().rename", "pathlib.Path().replace",
        "pathlib.Path().move", "pathlib.Path().move_into",
    }
)  # fmt: skip
_LOCKS = frozenset({"os.chmod", "os.lchmod", "pathlib.Path().chmod", "pathlib.Path().lchmod"})
_GIVES_AWAY = frozenset({"os.chown", "os.lchown", "shutil.chown"})
SPOILS = MOVES | _LOCKS | _GIVES_AWAY
_OWNER_READS = 0o400


_TEMPORARY = re.compile(r"/tmp/(?!.*\.\.)")  # noqa: S108  # where the module's own work lies


def _spoiled(machine: Analyser, call: Call) -> None:
    """Notes that a call of one of `SPOILS` moves the whole home away, or every file that is found there, or locks them."""
    own = call.ref.startswith("pathlib.")
    path = call.receiver if own else call.arg(0, "src", "path")
    if path is None:
        return
    if call.ref in _LOCKS:
        mode = call.arg(0 if own else 1, "mode")
        if mode is None or not isinstance(mode.const, int) or mode.const & _OWNER_READS:
            return
    done = "moved away" if call.ref in MOVES else "locked" if call.ref in _LOCKS else "given to another user"
    _lost(machine, call, path, done)


def _lost(machine: Analyser, call: Call, path: Value, done: str) -> None:
    """Notes that the user no longer finds what lies at a path, or may not read it. The variant is `moved-all` where nothing
    of the home is left in its place: programs that sort files do this to some folder."""
    text = text_of(path)
    if _TEMPORARY.match(text) or not (named_files.WHOLE.match(text) or found_files.is_user_file(path)):
        return
    whole = named_files.are_all(machine, path, call.line) and _FOLDER.search(text) is None
    fields = {"source": "received" if on_order(machine, call.line) else "", "variant": "moved-all" if whole else "moved"}
    machine.fact("destroys", call.node, sink=call.ref, detail=f"{legible(text, 80)} is {done}", **fields)


_FOLDER = re.compile(r"(?i)/(?:documents|desktop|pictures)\b")


def on_order(machine: Analyser, line: int) -> bool:
    """Does the function that is followed reach this line only under a condition on data from the network?"""
    tests = (
        node.test
        for node in (descendants((machine.running[-1].node,)) if machine.running else ())
        if isinstance(node, ast.If | ast.While) and node.lineno < line <= (node.body[-1].end_lineno or 0)
    )
    names = {inner.id for test in tests for inner in descendants((test,)) if isinstance(inner, ast.Name)}
    return any(has(value.taint, "received") for name in names if (value := machine.scope.find(name)) is not None)
