"""Calls that write, copy, pack or download files: which content goes into which file."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.files.start_lines import SUFFIXES
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands import later_steps
from mlsupply.evidence.python.libraries import persistence, windows_registry
from mlsupply.evidence.python.libraries.decoder_calls import unpacked
from mlsupply.evidence.python.libraries.removing import REMOVES, SPOILS, removed
from mlsupply.evidence.python.libraries.storage import content_of, kept_key, taint_below
from mlsupply.evidence.python.network import addresses, clients, sending
from mlsupply.evidence.python.network.connecting import CONNECTIONS, REQUESTS, connection, prepared, request
from mlsupply.evidence.python.values import written
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Taint, Value, legible, taint_of, text_of, unknown
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_COPIES = frozenset(
    {
        "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move", "os.rename", "os.replace", "shutil.copytree",
        "os.link",
        "os.symlink", "pathlib.Path().rename", "pathlib.Path().replace", "shutil.copyfileobj",
        "pathlib.Path().copy", "pathlib.Path().move", "pathlib.Path().copy_into", "pathlib.Path().move_into",
    }
)  # fmt: skip
_DUMPS = frozenset(
    {
        "json.dump", "pickle.dump", "yaml.dump", "yaml.safe_dump", "tomli_w.dump", "shutil.copyfileobj", "torch.save",
        "joblib.dump", "marshal.dump", "dill.dump", "cloudpickle.dump",
    }
)  # fmt: skip
_DOWNLOADS = re.compile(
    r"^(?:wget\.download|gdown\.download|urllib\.URLopener\(\)\.retrieve|torch\.hub\.download_url_to_file)$"
)


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that writes, copies, removes or packs files, or makes a request or connection; None for any other
    call."""
    ref = call.ref
    if (
        ref in {"io.file()w.write", "io.file()w.writelines", "io.file()w.writeframes"}
        and call.receiver is not None
        and call.args
    ):
        persistence.written(machine, call, _path_of(call.receiver), call.args[0])
        return Value()
    if ref in {"pathlib.Path().write_text", "pathlib.Path().write_bytes"} and call.receiver is not None:
        content = call.arg(0, "data")
        persistence.written(machine, call, call.receiver, content if content is not None else Value())
        return Value()
    if ref in _DUMPS and len(call.args) > 1:
        return _dumped(machine, call)
    if ref in {"os.write"} and len(call.args) > 1:
        persistence.written(machine, call, _path_of(call.args[0]), call.args[1])
        return Value()
    if ref in SPOILS or ref in REMOVES:
        removed(machine, call)
    if ref in _COPIES or ref in REMOVES:
        return _copied(machine, call) if ref in _COPIES else Value()
    if ref.startswith(("winreg.", "_winreg.")) and "()" not in ref:
        return windows_registry.modelled(machine, call)
    if _DOWNLOADS.match(ref):
        return _downloaded(machine, call)
    if (made := request(call) if ref in REQUESTS else prepared(call)) is not None:
        return made
    if ref in {"shutil.make_archive", "zipfile.ZipFile", "tarfile.open"}:
        return _packed(machine, call)
    if CONNECTIONS.match(ref):
        return connection(machine, call)
    return None


def _packed(machine: Analyser, call: Call) -> Value:
    """The archive that a call opens or makes, with the labels of what goes into it."""
    first = call.args[0] if call.args else Value()
    made = Value(call.ref + "()", NOTHING, taint_of(*call.all) | unpacked(machine, first, call.line), text_of(first))
    made.layers = first.layers
    into = call.keywords.get("fileobj", first if first.ref.startswith("io.") else None)
    made.keys = {"into": into} if into is not None else {"path": first}
    root = call.arg(2, "root_dir", "base_dir")
    if call.ref == "shutil.make_archive" and root is not None:
        made.taint |= taint_below(machine, text_of(root))
        if kind := places.file_kind(text_of(root)):
            made.taint |= machine.origin(kind, text_of(root), call.line)
        machine.files[kept_key(machine, first)] = made
        machine.files[text_of(first) + ".zip"] = made
    if (before := content_of(machine, first)) is not None:
        made.taint |= before.taint
    return made


def _path_of(handle: Value) -> Value:
    """The path of an open file."""
    if handle.keys is not None and "name" in handle.keys:
        return handle.keys["name"]
    return handle


def handed(machine: Analyser, call: Call) -> None:
    """Notes that an unknown function, given a file open for writing, may write its other arguments there."""
    given = call.all
    for place, value in enumerate(given):
        if is_connection(value):
            sent_through(machine, call, value, unknown(*(other for at, other in enumerate(given) if at != place)))
        if not value.ref.startswith(("io.", "tempfile.")):
            continue
        if written.is_in_memory(value):
            others = [other for at, other in enumerate(given) if at != place]
            if call.receiver is not None and _WRITES.match(call.ref):
                others.append(call.receiver)  # `table.to_csv(buffer)`
            value.taint |= taint_of(*others)
            written.add(value, unknown(*others))
        if value.ref == "io.file()w" and "name" in (value.keys or {}):
            others = [other for at, other in enumerate(given) if at != place]
            content = unknown(*others, *([call.receiver] if call.receiver is not None else []))
            persistence.written(machine, call, _path_of(value), content)


_WRITES = know.Calls(
    r".*(?:\.|_)(?:save\w*|dump|write\w*|imwrite|imsave|to_(?:csv|json|parquet|pickle|excel|feather|hdf|html|xml|png|file|disk)|"
    r"tofile|export\w*|serialize|store)$"
)
_CARRIED = frozenset(
    {*know.SECRETS, "received", "encoded", "work-files", "command-output", "host-identity", "secret-variable"}
)


def saved(machine: Analyser, call: Call) -> None:
    """Keeps what an unknown function that writes by its name (`save`, `dump`, `to_csv`) may write to a path it is given; a
    path in a remote store counts as sent."""
    if not _WRITES.match(call.ref):
        return
    given = call.all
    for place, path in enumerate(given[:5]):
        text = text_of(path)
        if _REMOTE.match(text):
            content = taint_of(*(other for at, other in enumerate(given) if at != place), call.receiver or Value())
            sending.note(machine, call, "body", content, text, "fixed" if path.known else addresses.destination(text))
        if (path.taint and has(path.taint, *_CARRIED)) or not _PATH_LIKE.search(text) or "://" in text:
            continue
        others = [other for at, other in enumerate(given) if at != place]
        held = unknown(*others, *([call.receiver] if call.receiver is not None else []))
        if has(held.taint, *_CARRIED):
            machine.files[kept_key(machine, path)] = held


_REMOTE = re.compile(r"(?:s3|s3a|gs|gcs|az|abfss?|hf|webdav|sftp|ftp|https?)://[^/\0]{3}")
_PATH_LIKE = re.compile(r"[/\\]|^[^\s]{1,80}\.\w{1,5}$")


def printed(machine: Analyser, call: Call, target: Value | None) -> None:
    """`print(..., file=target)`; without a target the output of the process."""
    if target is None:
        machine.child_output |= taint_of(*call.args)
        later_steps.printed(machine, call, call.args[0] if len(call.args) == 1 else unknown(*call.args))
        return
    target.taint |= taint_of(*call.args)
    for part in call.args:
        written.add(target, part)
    if target.ref == "io.file()w":
        persistence.written(machine, call, _path_of(target), call.args[0] if len(call.args) == 1 else unknown(*call.args))
    elif is_connection(target):
        sent_through(machine, call, target, unknown(*call.args))
    elif _written_far(machine, call, target, unknown(*call.args)):
        return
    elif target.ref.endswith(_INPUTS):
        written_to = machine.attribute(target, "write", call.node)
        machine.call(written_to, [unknown(*call.args)], {}, call.node, target)
    elif target.instance is not None and "write" in target.instance.methods:
        machine.enter(target.instance.methods["write"], [target, unknown(*call.args)], {}, call.node)


_INPUTS = ("os.popen()", "subprocess.Popen().stdin")  # of programs


def filled(machine: Analyser, call: Call) -> None:
    """Follows a call of a library that passes what it receives to a callback: a function of this module, or the method of a
    container or file."""
    if not isinstance(call.node, ast.Call):
        return
    received = Value("", NOTHING, machine.origin("received", call.ref, call.line))
    for node, value in zip(call.node.args, call.args, strict=False):
        if value.closure is not None and not isinstance(value.closure.node, ast.ClassDef):
            machine.enter(value.closure, [received], {}, call.node)
        elif isinstance(node, ast.Attribute) and node.attr in {"write", "append", "extend", "put", "feed"}:
            taker = machine.value(node.value)
            taker.taint |= received.taint
            taker.const = NOTHING
            if taker.ref == "io.file()w":
                persistence.written(machine, call, _path_of(taker), received)


_ACTIVATES = expression(r"(?:bin|Scripts)[/\\](?:de)?activate(?:\.\w{2,4})?$", re.IGNORECASE)


def _dumped(machine: Analyser, call: Call) -> Value:
    """A call that writes its first argument to the second: a file, or the file-like end of a connection."""
    source, target = call.args[:2]
    if is_connection(target):
        return sent_through(machine, call, target, source)
    if not _written_far(machine, call, target, source):
        persistence.written(machine, call, _path_of(target), source)
    return Value()


def _written_far(machine: Analyser, call: Call, target: Value, source: Value) -> bool:
    """Follows a write to a file of a remote store. Returns False, and does nothing, for any other target."""
    if not know.CLIENTS.match(target.ref):
        return False
    through = call._replace(ref=target.ref + ".write", args=[source], keywords={}, receiver=target)
    clients.modelled(machine, through)
    return True


_CONNECTED = expression(r"(?:socket|ssl)\..*makefile\(\)$")


def is_connection(value: Value) -> bool:
    """Is this the file-like end of a connection?"""
    return value.ref.endswith("makefile()") and _CONNECTED.match(value.ref) is not None


def sent_through(machine: Analyser, call: Call, connection: Value, content: Value) -> Value:
    """Follows that `content` is written to the file-like end of a connection. Returns the answer."""
    through = call._replace(ref=connection.ref + ".write", args=[content], keywords={}, receiver=connection)
    return sending.sent(machine, through)


def _copied(machine: Analyser, call: Call) -> Value:
    """A call that copies, moves or links: the target has the content of the source. Notes a target that starts by itself."""
    source = call.receiver if call.ref.startswith("pathlib") and call.receiver else call.arg(0, "src")
    target = call.arg(0 if call.ref.startswith("pathlib") else 1, "dst", "target", "target_dir")
    if source is None or target is None:
        return Value()
    if call.ref.endswith("_into"):
        name = re.split(r"[/\\]", text_of(source))[-1]
        target = Value("pathlib.Path()", NOTHING, target.taint, f"{text_of(target)}/{name}", target.layers)
    content = content_of(machine, source)
    taint = source.taint | (content.taint if content is not None else frozenset())
    if kind := places.file_kind(text_of(source)):
        taint = taint | machine.origin(kind, text_of(source), call.line)
    moved = Value("", NOTHING, taint, HOLE, content.layers if content is not None else ())
    machine.files[kept_key(machine, target)] = moved
    if call.ref == "shutil.copytree":
        machine.files[kept_key(machine, target) + "/"] = moved
    target.taint |= frozenset(label for label in taint if label.split(":", 1)[0] in know.KINDS[:8])
    if what := persistence.starts(machine, target, moved):
        machine.fact(
            "persists",
            call.node,
            sink=call.ref,
            detail=f"{what}: {legible(text_of(target), 100)}",
            variant=places.variant(what, text_of(target)),
            source=_kind_of_copy(source, target, taint, content),
        )
    return target.copy()


def _kind_of_copy(source: Value, target: Value, taint: Taint, content: Value | None) -> str:
    """The kind of the worst data in what is copied to where it starts by itself; "" for a document for agents of the package
    that stays one. taint: of what is copied; content: what was written to the source before, None where nothing was."""
    of_made_environment = text_of(target).startswith(HOLE) and _ACTIVATES.search(text_of(target))
    fetched = "received" if has(taint, "received") else ""
    if not has(taint, "package-file") or of_made_environment:
        return fetched
    as_it_came = content is None or not (content.layers or has(content.taint, "encoded"))
    stays = as_it_came and persistence.is_same_document(text_of(source), text_of(target))
    return fetched if stays else "package-file"


def _downloaded(machine: Analyser, call: Call) -> Value:
    """A call that downloads an address to a file."""
    address = call.arg(0, "url")
    made = Value(call.ref + "()", NOTHING, machine.origin("received", text_of(address) if address else "", call.line))
    target = call.arg(1, "out", "dst", "output")
    if target is not None:
        machine.files[kept_key(machine, target)] = made
    return made


def by_shape(machine: Analyser, call: Call, name: str) -> None:
    """Follows writes by methods of unknown objects, recognised by name and arguments."""
    receiver = call.receiver
    if receiver is None:
        return
    if name.startswith(("RegSet", "SHSetValue", "RegCreateKey")):
        windows_registry.set_by_shape(machine, call, name)
    elif name in {"RegisterTaskDefinition", "RegisterTask"}:
        machine.fact("persists", call.node, sink=name, detail="a scheduled task")
    elif name in {"write", "write_text", "write_bytes"} and call.args and receiver.text != HOLE and "/" in receiver.text:
        persistence.written(machine, call, _path_of(receiver), call.args[0])
    elif name == "writestr" and len(call.args) > 1 and text_of(call.args[0]).endswith((*SUFFIXES, "customize.py")):
        persistence.member(machine, text_of(call.args[0]), call.args[1], call.node)
    elif name in {"extractall", "extract", "unpack_archive"}:
        packed = call.arg(0, "filename") or Value() if name == "unpack_archive" else receiver
        target = call.arg(0, "path") if name == "extractall" else call.arg(1, "path", "extract_dir")
        archive = machine.files.get(text_of(packed))
        taint = packed.taint | unpacked(machine, packed, call.line)
        taint |= archive.taint if archive is not None else frozenset()
        if target is not None and has(taint, "received") and re.match(r"(?:sysconfig|site|distutils)\.", target.ref):
            machine.fact(
                "runs-downloaded",
                call.node,
                source="received",
                sink=call.ref or name,
                detail="a downloaded archive is unpacked where Python looks for modules",
            )
        if target is not None and taint:
            key = kept_key(machine, target)
            machine.files[key] = machine.files[key + "/"] = Value("", NOTHING, taint)
