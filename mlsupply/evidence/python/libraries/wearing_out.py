"""Loops without end that wear a machine out, and stores that are emptied wholesale."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.syntax.survey import descendants, last_name
from mlsupply.evidence.python.values.value import legible, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_ENDS = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await, ast.With, ast.AsyncWith)
_STARTS = frozenset({"fork", "Popen", "Process", "startfile", "spawnl", "spawnv", "posix_spawn"})
_BESIDE_STARTS = _STARTS | {"start", "append"}
_RANDOM = frozenset({"urandom", "token_bytes", "randbytes", "bytes", "bytearray", "flush", "fsync", "fileno", "encode"})
_EMPTIES = expression(r"\.(?:drop_database|flush_?all|delete_database|drop_all_tables)$")
_EMPTIES_SQL = expression(
    r"(?i)\s{0,40}(?:DROP\s{1,9}(?:DATABASE|SCHEMA)\b|TRUNCATE\s{1,9}TABLE\s{1,9}\0|DROP\s{1,9}TABLE\s{1,9}[\"`\[]?\0)"
)


def without_end(machine: Analyser, node: ast.While) -> None:
    """Notes a loop that never ends or waits and does nothing but start programs, or fill a file."""
    if not isinstance(node.test, ast.Constant) or not node.test.value or node.orelse:
        return
    inner = list(descendants(node.body))
    if any(isinstance(one, _ENDS) for one in inner):
        return
    calls = [one.func for one in inner if isinstance(one, ast.Call)]
    names = {last_name(one) for one in calls} - _called_again(machine)
    if names & _STARTS and names <= _BESIDE_STARTS:
        machine.fact("destroys", node, sink=sorted(names & _STARTS)[0], detail="programs are started without end")
    elif "write" in names and names <= _RANDOM | {"write"}:
        written = [one.value for one in calls if isinstance(one, ast.Attribute) and one.attr == "write"]
        if all(isinstance(one, ast.Name) and _is_file(machine, one.id) for one in written):
            machine.fact("destroys", node, sink="io.file().write", detail="a disk is filled without end")


def _called_again(machine: Analyser) -> set[str]:
    """The functions that are followed: one that calls itself does no more than it does."""
    return {one.name.rpartition(".")[2] for one in machine.running}


def _is_file(machine: Analyser, name: str) -> bool:
    found = machine.scope.find(name)
    return found is not None and found.ref == "io.file()w"


def emptied(machine: Analyser, call: Call, where: str) -> None:
    """Notes a call of a client that drops a whole database, or empties a store. where: whose it is, as `destination`."""
    told = next((text_of(value) for value in call.args[:1] if _EMPTIES_SQL.match(text_of(value))), "")
    if where == "local" or not (told or _EMPTIES.search(call.ref)):
        return
    shown = legible(told or call.ref, 80)
    machine.fact(
        "destroys", call.node, sink=call.ref, destination=where, variant="store", detail=f"a store is emptied: {shown}"
    )


def metadata_dropped(machine: Analyser, call: Call) -> None:
    """Notes that all tables are dropped that were found in a database (SQLAlchemy)."""
    if call.ref == "sqlalchemy.MetaData().drop_all" and call.args and _was_reflected(machine):
        machine.fact(
            "destroys", call.node, sink=call.ref, variant="store", detail="a store is emptied: all tables that are found"
        )


def _was_reflected(machine: Analyser) -> bool:
    return any(".reflect(" in line or "autoload" in line for line in machine.lines)
