"""Removing files as a sink: files of the user, and files that are removed on an order from the network."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import Value, legible, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

REMOVES = frozenset(
    {
        "os.remove", "os.unlink", "shutil.rmtree", "os.rmdir", "pathlib.Path().unlink", "pathlib.Path().rmdir",
        "os.truncate", "os.removedirs",
    }
)  # fmt: skip
_WIPED = re.compile(r"^(?:~|/home|/root|/\*|C:[\\/]?|~/\*|/Users)/?$|^/$")


def removed(machine: Analyser, call: Call) -> Value:
    """Notes what a call of one of `REMOVES` removes."""
    path = call.receiver if call.ref.startswith("pathlib") and call.receiver else call.arg(0, "path")
    if path is not None:
        machine.files[f"removed {text_of(path)}"] = path
        if (
            _WIPED.match(text_of(path))
            or places.file_kind(text_of(path)) == "home-files"
            or (has(path.taint, "home-files") and "/" in text_of(path)[1:])
        ):
            source = "received" if on_order(machine, call.line) else ""
            detail = legible(text_of(path), 80) + " is removed"
            machine.fact("destroys", call.node, source=source, sink=call.ref, detail=detail)
    return Value()


def on_order(machine: Analyser, line: int) -> bool:
    """Does the function that is followed reach this line only under a condition on data from the network?"""
    tests = (
        node.test
        for node in (descendants((machine.running[-1].node,)) if machine.running else ())
        if isinstance(node, ast.If | ast.While) and node.lineno < line <= (node.body[-1].end_lineno or 0)
    )
    names = {inner.id for test in tests for inner in descendants((test,)) if isinstance(inner, ast.Name)}
    return any(has(value.taint, "received") for name in names if (value := machine.scope.find(name)) is not None)
