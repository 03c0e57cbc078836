"""Loops without end that wear a machine out, and stores that are emptied wholesale."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.syntax.survey import descendants, last_name
from mlsupply.evidence.python.values.value import Closure, Value, legible, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_ENDS = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await, ast.With, ast.AsyncWith)
_STARTS = frozenset({"fork", "Popen", "Process", "Thread", "startfile", "spawnl", "spawnv", "posix_spawn"})
_BESIDE_STARTS = _STARTS | {"start", "append"}
_RANDOM = frozenset({"urandom", "token_bytes", "randbytes", "bytes", "bytearray", "flush", "fsync", "fileno", "encode"})
_EMPTIES = expression(r"\.(?:drop_database|flush_?all|delete_database|drop_all_tables)$")
_EMPTIES_SQL = expression(
    r"(?i)\s{0,40}(?:DROP\s{1,9}(?:DATABASE|SCHEMA)\b|TRUNCATE\s{1,9}TABLE\s{1,9}\0|DROP\s{1,9}TABLE\s{1,9}[\"`\[]?\0)"
)


def without_end(machine: Analyser, node: ast.While | ast.For) -> None:
    """Notes a loop that never ends or waits and does nothing but start programs, or fill a file."""
    if node.orelse or not (_always(node.test) if isinstance(node, ast.While) else _for_ever(node.iter)):
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
    elif _fills_memory(node.body, names):
        machine.fact("destroys", node, sink="while", variant="memory", detail="memory is filled without end")


def _always(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _for_ever(source: ast.expr) -> bool:
    """Does an iterator of the standard library never end: `itertools.count()`, `repeat(x)`, `cycle(x)`, `iter(int, 1)`?"""
    if not isinstance(source, ast.Call) or source.keywords:
        return False
    name, given = last_name(source.func), source.args
    if name == "iter" and len(given) == 2:
        return isinstance(given[0], ast.Name) and isinstance(given[1], ast.Constant) and bool(given[1].value)
    return name in {"count", "cycle"} or (name == "repeat" and len(given) == 1)


def called_again(machine: Analyser, closure: Closure) -> None:
    """Notes a function that calls or starts itself, whatever comes, and does nothing else but start programs."""
    if isinstance(closure.node, ast.ClassDef | ast.Lambda):
        return
    own = closure.name.rpartition(".")[2]
    left, calls = list(reversed(closure.node.body)), set[str]()
    while left:
        one = left.pop()
        if isinstance(one, ast.Try):
            left += reversed(one.body)
            continue
        if not isinstance(one, ast.Expr | ast.Assign | ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
            return
        within = list(descendants((one,)))
        calls |= {last_name(part.func) for part in within if isinstance(part, ast.Call)}
        if any(isinstance(part, ast.Name | ast.Attribute) and last_name(part) == own for part in within):
            break
    else:
        return
    if calls & _STARTS and calls <= _BESIDE_STARTS | {own}:
        detail = "programs are started without end"
        machine.fact("destroys", closure.node, sink=sorted(calls & _STARTS)[0], detail=detail)


_GROWS = frozenset({"append", "extend", "update", "add"})
_ALLOCATES = frozenset(
    {
        "bytes", "bytearray", "urandom", "randbytes", "token_bytes", "ones", "zeros", "empty", "full", "rand", "randn",
        "list",
        "range", "dict", "str", "copy", "deepcopy", "cuda", "to", "create_string_buffer", "mmap",
    }
)  # fmt: skip


def _fills_memory(body: list[ast.stmt], names: set[str]) -> bool:
    """Does a loop without end only put new things into a container, or double something? names: of what it calls."""
    if not names <= _GROWS | _ALLOCATES:
        return False
    grows = bool(names & _GROWS) and bool(names & _ALLOCATES or _multiplies(body))
    return grows or any(map(_doubles, body)) or (bool(names & _ALLOCATES) and any(map(_fills_entry, body)))


def _fills_entry(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript)


def _multiplies(body: list[ast.stmt]) -> bool:
    return any(isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult | ast.LShift) for one in descendants(body))


def _doubles(statement: ast.stmt) -> bool:
    """Is this `x += x`, `x *= n`, or the like written out?"""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        operator, name, value = statement.op, statement.target.id, statement.value
    elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BinOp):
        operator, name, value = statement.value.op, last_name(statement.targets[0]), statement.value.right
        if last_name(statement.value.left) != name:
            return False
    else:
        return False
    if isinstance(operator, ast.Add):
        return isinstance(value, ast.Name) and value.id == name
    return isinstance(operator, ast.Mult) and isinstance(value, ast.Constant) and value.value not in {0, 1}


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


# Methods that list all of a kind that an account or an application has.
_LISTS_ALL = frozenset(
    {
        "list_buckets", "list_models", "list_datasets", "list_spaces", "get_models", "list_containers", "list_databases",
        "list_database_names", "list_collection_names", "list_repos", "get_repos", "list_tables", "list_indexes",
        "list_queues",
        "list_collections", "get_collections", "list_projects", "list_user_repos", "get_all_buckets",
    }
)  # fmt: skip
_ALL = frozenset(("listed:all there are",))
_DELETES = expression(
    r"(?:delete|destroy|purge)(?:_\w{1,40})?$|(?:remove|empty|truncate)_\w|drop_(?:database|collection|table|index|keyspace|schema)"
)


# Calls that change who sees a thing, or let everybody in.
_OPENS = expression(
    r"(?:update_repo_(?:settings|visibility)|edit|update|save|put_(?:bucket|object)_acl|(?:delete|put)_public_access_block|"
    r"put_bucket_policy|make_public|set_iam_policy)$"
)
_EVERYBODY = frozenset({"public", "public-read", "public-read-write", "allUsers"})
_UNGUARDED = frozenset({"delete_public_access_block", "make_public"})


def _is_for_everybody(call: Call, name: str) -> bool:
    """Do the arguments of one of `_OPENS` say that everybody may see the thing?"""
    private = call.arg(1, "private") if name == "update_repo_visibility" else call.keywords.get("private")
    if private is not None and private.const is False:
        return True
    return name in _UNGUARDED or any(isinstance(one.const, str) and one.const in _EVERYBODY for one in call.all)


def wholesale(machine: Analyser, call: Call, result: Value) -> None:
    """Labels what lists everything, and notes that things which were listed so are deleted, or shown to everybody, one by
    one or by their parts."""
    made = call.node.func if isinstance(call.node, ast.Call) else None
    name = last_name(made) if isinstance(made, ast.Attribute | ast.Name) else ""
    if name in _LISTS_ALL or call.ref.endswith(".buckets.all"):
        result.taint |= _ALL
    elif _DELETES.match(name) or (_OPENS.match(name) and _is_for_everybody(call, name)):
        whole = taint_of(*call.all, *([call.receiver] if call.receiver is not None else []))
        if whole >= _ALL and _OPENS.match(name):
            detail = f"{legible(name, 60)} of all there are shows them to everybody"
            machine.fact("publishes", call.node, sink=call.ref or name, variant="everything", detail=detail)
        elif whole >= _ALL:
            detail = f"a store is emptied: {legible(name, 60)} of all there are"
            machine.fact("destroys", call.node, sink=call.ref or name, variant="store", detail=detail)
