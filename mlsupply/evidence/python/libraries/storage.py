"""What a module stores during the analysis: in files by their path, in containers, archives, databases and connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.network import tunnels
from mlsupply.evidence.python.values import containers, folding, written
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, taint_of, text_of, unknown
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.machine import Machine


def file_key(path: Value) -> str:
    """The key that this path has in `machine.files`; unique to the value where too little of the path is known."""
    text = text_of(path)
    while text.startswith("./"):
        text = text[2:]
    return text if len(text.replace(HOLE, "")) >= 3 else f"\0{id(path)}"


def kept_key(machine: Machine, path: Value) -> str:
    """The same, for storing. Keeps the value alive, so that no other one gets its `id`."""
    machine.paths.append(path)
    return file_key(path)


def content_of(machine: Analyser, path: Value) -> Value | None:
    """What this module wrote to the path, or put into a folder above it; None if nothing."""
    if not machine.files:
        return None
    key = file_key(path)
    found = machine.files.get(key)
    for _ in range(4):
        if found is not None or "/" not in key.strip("/"):
            break
        key = key.rstrip("/").rpartition("/")[0]
        found = machine.files.get(key + "/")
    return found


def logged(machine: Analyser, call: Call) -> None:
    """Remembers a log file that a call sets, or keeps what a call logs in the log files."""
    if _LOG_FILES.match(call.ref):
        path = call.keywords.get("filename") or call.keywords.get("stream")
        path = path or (call.args[0] if call.args and call.ref != "logging.basicConfig" else None)
        machine.logs += [path] if path is not None else []
    elif machine.logs and _LOGS.match(call.ref) and (taint := taint_of(*call.all)):
        for path in machine.logs:
            if written.is_in_memory(path):
                path.taint |= taint
                continue
            before = machine.files.get(file_key(path))
            machine.files[kept_key(machine, path)] = Value(taint=taint | (before.taint if before is not None else CLEAN))


_LOG_FILES = expression(r"logging\.(?:basicConfig|(?:handlers\.)?\w*(?:File|Stream)Handler)$")
_LOGS = expression(r"logging\.(?:getLogger\(\)\.)?(?:debug|info|warn|warning|error|critical|exception|log)$")


_PUTS = expression(r"\.(?:put|mput|upload(?:_file)?|put_file|send_file)$")


def put_there(machine: Analyser, call: Call) -> Taint:
    """The labels of the files that a connection uploads."""
    if not _PUTS.search(call.ref):
        return CLEAN
    found = CLEAN
    for path in call.args[:1]:
        if kind := places.file_kind(text_of(path)):
            found |= machine.origin(kind, text_of(path), call.line)
        if (written := content_of(machine, path)) is not None:
            found |= written.taint
    return found


def taint_below(machine: Analyser, folder: str) -> Taint:
    """The labels of everything that this module put into the folder."""
    start = folder.rstrip("/") + "/"
    if len(start.replace(HOLE, "")) < 4:
        return CLEAN
    return taint_of(*(value for key, value in machine.files.items() if key.startswith(start)))


_TAKES = frozenset(
    {
        "append", "extend", "add", "update", "write", "writestr", "put", "insert", "setdefault", "attach", "add_field",
        "writelines", "push", "appendleft", "put_nowait", "set_content", "add_attachment", "set_payload", "add_header",
        "save",
        "set", "hset", "store", "enqueue", "execute", "executemany", "submit", "send", "publish", "log", "dump", "index",
        "set_image", "add_embed", "add_file", "setopt", "put_object", "connect", "feed", "addfile",
        "frombytes", "fromlist", "fromunicode",
    }
)  # fmt: skip


_TAKE_SHAPES = expression(r"(?:add|set|put|insert|append|write|push|store|attach|with)(?:_|[A-Z])")


_HEADERS = frozenset({"add_header", "add_unredirected_header", "putheader", "update"})


def _with_header(call: Call, held: Value) -> Value:
    """The headers with the one that a call adds, under its name if known."""
    made = unknown(held, *call.all)
    made.keys = dict(held.keys or {}) or None
    if len(call.args) == 2 and isinstance(call.args[0].const, str):
        made.keys = {**(made.keys or {}), call.args[0].const: call.args[1]}
    return made


def taken_up(machine: Analyser, call: Call, receiver: Value, name: str) -> None:
    """Adds the arguments of a method that stores (`name`) to its object: a container, buffer, archive or connection."""
    if name == "save" and call.args and receiver.taint:
        if file_key(call.args[0]) in machine.files or call.args[0].text != HOLE or call.args[0].known:
            machine.files[kept_key(machine, call.args[0])] = unknown(receiver)
        call.args[0].taint |= receiver.taint
        return
    if name in {"read", "read_file"} and call.args and "onfig" in receiver.ref:  # configparser
        for path in (call.args[0], *folding.items_of(call.args[0])[:8]):
            if kind := places.file_kind(text_of(path)):
                receiver.taint |= machine.origin(kind, text_of(path), call.line)
        return
    if name in {"connect", "login"} and call.args:
        _connected(call, receiver, name)
        tunnels.opened(machine, call, receiver.text)
    if name not in _TAKES and _TAKE_SHAPES.match(name) is None:
        return
    if name in _HEADERS and receiver.keys is not None and ("headers" in receiver.keys or "url" in receiver.keys):
        receiver.keys["headers"] = _with_header(call, receiver.keys.setdefault("headers", Value()))
        return
    receiver.taint |= taint_of(*call.all) | (_brought(machine, call) if receiver.items is None else CLEAN)
    if name in {"append", "add", "appendChild"} and call.args:
        containers.appended(receiver, call.args[0])
    elif receiver.known and receiver.const is not None:
        receiver.const = NOTHING
    _put_in_file(machine, call, receiver)


def _brought(machine: Analyser, call: Call) -> Taint:
    """The labels of what was fetched or decoded into the files whose paths a collection is given that keeps no items."""
    inside = [found.taint for path in call.args[:2] if (found := content_of(machine, path)) is not None]
    return frozenset(one for labels in inside for one in labels if one.startswith(("received:", "encoded:")))


def _connected(call: Call, receiver: Value, name: str) -> None:
    """Remembers the host that a connection is opened to, or the account it signs in with."""
    first = call.args[0]
    if name == "connect":
        place = [] if isinstance(first.const, str) else folding.items_of(first)
        receiver.text = text_of(place[0] if place else first)
        if has(taint := taint_of(first), "received"):
            receiver.keys = {**(receiver.keys or {}), "base": Value(taint=taint)}
    elif receiver.ref.startswith("smtplib."):
        receiver.keys = {**(receiver.keys or {}), "account": first}


def _put_in_file(machine: Analyser, call: Call, receiver: Value) -> None:
    """Keeps the content of a database or an archive under its path."""
    if put_in_database(machine, receiver):
        return
    if "zip" in receiver.ref.lower() or "tar" in receiver.ref.lower():
        _packed(machine, call, receiver)


DATABASES = frozenset({"sqlite3.connect", "shelve.open", "dbm.open", "dbm.dumb.open", "dbm.gnu.open", "dbm.ndbm.open"})
_OF_DATABASE = tuple(f"{one}()" for one in sorted(DATABASES))


def put_in_database(machine: Machine, receiver: Value) -> bool:
    """Keeps what an open database holds, so that opening its file again gives it. Returns whether this is a database of a
    known path."""
    if receiver.text == HOLE or not receiver.ref.startswith(_OF_DATABASE):
        return False
    machine.files[kept_key(machine, Value(text=receiver.text))] = unknown(receiver)
    return True


def _packed(machine: Analyser, call: Call, archive: Value) -> None:
    """Adds a file to an archive."""
    for source in call.args[:1]:
        if kind := places.file_kind(text_of(source)):
            archive.taint |= machine.origin(kind, text_of(source), call.line)
    if archive.keys is not None and "path" in archive.keys:
        machine.files[kept_key(machine, archive.keys["path"])] = unknown(archive)
    if archive.keys is not None and "into" in archive.keys:
        into = archive.keys["into"]
        into.taint |= archive.taint
        if into.ref.endswith("makefile()"):
            from mlsupply.evidence.python.libraries import writing

            if writing.is_connection(into):
                writing.sent_through(machine, call, into, unknown(archive))
        if know.CLIENTS.match(into.ref):
            from mlsupply.evidence.python.network import clients

            clients.modelled(
                machine, call._replace(ref=f"{into.ref}.write", args=[unknown(archive)], keywords={}, receiver=into)
            )
