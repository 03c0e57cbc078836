"""Files that are written or copied: content in places where things start by themselves, and downloads."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands.shell import SSH_KEY, commanded, deeds
from mlsupply.evidence.python.libraries import windows_registry
from mlsupply.evidence.python.libraries.removing import REMOVES, removed
from mlsupply.evidence.python.libraries.storage import content_of, held_below, kept_key
from mlsupply.evidence.python.network.connecting import CONNECTIONS, REQUESTS, connection, request
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.taint import has, of_kind
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, taint_of, text_of, unknown
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.calls import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_IN_MEMORY = frozenset({"io.BytesIO()", "io.StringIO()"})
_COPIES = frozenset(
    {
        "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move", "os.rename", "os.replace", "shutil.copytree",
        "os.link",
        "os.symlink", "pathlib.Path().rename", "pathlib.Path().replace", "shutil.copyfileobj",
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
        written(machine, call, _path_of(call.receiver), call.args[0])
        return Value()
    if ref in {"pathlib.Path().write_text", "pathlib.Path().write_bytes"} and call.receiver is not None:
        content = call.arg(0, "data")
        written(machine, call, call.receiver, content if content is not None else Value())
        return Value()
    if ref in _DUMPS and len(call.args) > 1:
        source, target = call.args[:2]
        written(machine, call, _path_of(target), source)
        return Value()
    if ref in {"os.write"} and len(call.args) > 1:
        written(machine, call, _path_of(call.args[0]), call.args[1])
        return Value()
    if ref in _COPIES:
        return _copied(machine, call)
    if ref in REMOVES:
        return removed(machine, call)
    if ref.startswith(("winreg.", "_winreg.")) and "()" not in ref:
        return windows_registry.called(machine, call)
    if _DOWNLOADS.match(ref):
        return _downloaded(machine, call)
    if ref in REQUESTS:
        return request(call)
    if ref in {"shutil.make_archive", "zipfile.ZipFile", "tarfile.open"}:
        return _packed(machine, call)
    if CONNECTIONS.match(ref):
        return connection(machine, call)
    return None


def _packed(machine: Analyser, call: Call) -> Value:
    first = call.args[0] if call.args else Value()
    made = Value(call.ref + "()", NOTHING, taint_of(*call.all), text_of(first))
    made.layers = first.layers
    into = call.keywords.get("fileobj", first if first.ref.startswith("io.") else None)
    made.keys = {"into": into} if into is not None else None
    root = call.arg(2, "root_dir", "base_dir")
    if call.ref == "shutil.make_archive" and root is not None:
        made.taint |= held_below(machine, text_of(root))
        if kind := places.file_kind(text_of(root)):
            made.taint |= machine.origin(kind, text_of(root), call.line)
        machine.files[kept_key(machine, first)] = made
        machine.files[text_of(first) + ".zip"] = made
    if (before := content_of(machine, first)) is not None:
        made.taint |= before.taint
    return made


def _path_of(handle: Value) -> Value:
    if handle.keys is not None and "name" in handle.keys:
        return handle.keys["name"]
    return handle


def handed(machine: Analyser, call: Call) -> None:
    """A file that is open for writing is given to an unknown function, which fills it with what else it was given."""
    given = call.all
    for place, value in enumerate(given):
        if not value.ref.startswith("io."):
            continue
        if value.ref in _IN_MEMORY:
            value.taint |= taint_of(*(other for at, other in enumerate(given) if at != place))
        if value.ref == "io.file()w" and "name" in (value.keys or {}):
            others = [other for at, other in enumerate(given) if at != place]
            content = unknown(*others, *([call.receiver] if call.receiver is not None else []))
            written(machine, call, _path_of(value), content)


_WRITES = know.Calls(
    r".*(?:\.|_)(?:save\w*|dump|write\w*|imwrite|imsave|to_(?:csv|json|parquet|pickle|excel|feather|hdf|html|xml|png|file|disk)|"
    r"tofile|export\w*|serialize|store)$"
)
_TELLING = frozenset(
    {*know.SECRETS, "received", "encoded", "work-files", "command-output", "host-identity", "secret-variable"}
)


def saved(machine: Analyser, call: Call) -> None:
    """Stores what an unknown library function writes (`save`, `dump`, `to_csv`) to the path it is given."""
    if not _WRITES.match(call.ref):
        return
    given = call.all
    for place, path in enumerate(given[:5]):
        text = text_of(path)
        if (path.taint and has(path.taint, *_TELLING)) or not _PATH_LIKE.search(text) or "://" in text:
            continue
        others = [other for at, other in enumerate(given) if at != place]
        content = unknown(*others, *([call.receiver] if call.receiver is not None else []))
        if has(content.taint, *_TELLING):
            machine.files[kept_key(machine, path)] = content


_PATH_LIKE = re.compile(r"[/\\]|^[^\s]{1,80}\.\w{1,5}$")


def printed(machine: Analyser, call: Call, target: Value) -> None:
    """`print(..., file=target)`."""
    target.taint |= taint_of(*call.args)
    if target.ref == "io.file()w":
        written(machine, call, _path_of(target), call.args[0] if len(call.args) == 1 else unknown(*call.args))
    elif target.instance is not None and "write" in target.instance.methods:
        machine.enter(target.instance.methods["write"], [target, unknown(*call.args)], {}, call.node)


def filled(machine: Analyser, call: Call) -> None:
    """A library passes what it receives to a function of this module, or to the method of a container or file."""
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
                written(machine, call, _path_of(taker), received)


_FOREIGN_FILE = re.compile(r"\.__file__$|find_spec\(\)\.origin$|getsourcefile\(\)$")


# Skills and plugins of an agent lie there until somebody asks for them; fetching one by a command is what installers do.
_ASKED_FOR = re.compile(
    r"\.(?:claude|codex|cursor|gemini|agents|windsurf)[/\\](?:skills|plugins|commands|prompts|rules)[/\\]|(?:^|[/\\])SKILL\.md$"
)
# A file of weights, wherever it is not among the modules of Python.
_AMONG_MODULES = re.compile(
    r"(?:site|dist)-?packages|purelib|platlib|get_paths?\(|get_python_lib|sys\.(?:path|(?:base_|exec_)?prefix)\b"
)


# Settings of pip with another index than the public one, or one more.
_SETS_INDEX = expression(
    r"(?s)\[(?:global|install)\](?=.{0,2000}?^[ \t]*(?:extra-index-url[ \t]*=\s*(?:https?://|\0)|index-url[ \t]*=\s*(?:https?://(?!pypi\.org/)|\0)))",
    re.MULTILINE,
)


_ACTIVATES = expression(r"(?:bin|Scripts)[/\\](?:de)?activate(?:\.\w{2,4})?$", re.IGNORECASE)


_SSH_KEY = expression(SSH_KEY)
# Packages are taken without TLS from a machine that is told by its number.
_INSECURE = expression(r"(?:allow-insecure-host|trusted-host)[^\n]{0,80}(?:\d{1,3}\.){3}\d{1,3}")


def _weights(machine: Analyser, path: Value, text: str) -> bool:
    """Is this `.pth` what PyTorch calls so: in a folder that is written here, or of a module that speaks of torch?"""
    if not text.endswith(".pth") or _AMONG_MODULES.search(text):
        return False
    if not text.startswith(HOLE):
        return True
    whole = "\n".join(machine.lines)
    return "torch" in whole and not _AMONG_MODULES.search(whole)


def written(machine: Analyser, call: Call, path: Value, content: Value) -> None:
    """Notes facts about `content` that goes into the file at `path`, and stores it under that path."""
    if path.ref in _IN_MEMORY:
        path.taint |= taint_of(content)
    text = text_of(path)
    before = content_of(machine, path)
    merged = content.copy()
    merged.ref = ""
    if before is not None:
        merged.taint |= before.taint
        merged.layers = merged.layers or before.layers
    machine.files[kept_key(machine, path)] = merged
    if has(path.taint, "home-files") and "encrypt" in content.ref:
        machine.fact("destroys", call.node, sink=call.ref, detail="files of the user are overwritten by what is encrypted")
    if has(path.taint, "home-files") and has(content.taint, "home-files") and has(content.taint, "received"):
        said = "files of the user are overwritten by what is made of them and of what the network gives"
        machine.fact("destroys", call.node, source="received", sink=call.ref, detail=said)
    what = places.persistent(text) or ("a module of another library" if _FOREIGN_FILE.search(path.ref) else "")
    if not what and _SETS_INDEX.search(text_of(content)):
        what = "package index"  # wherever pip says that it looks for its settings
    if not what or (what == "python start" and _weights(machine, path, text)) or text.startswith("/tmp/"):  # noqa: S108  # compares, writes nothing; nothing starts from there
        return
    shown = (
        content.const
        if isinstance(content.const, str)
        else content.const.decode("utf-8", "replace")
        if isinstance(content.const, bytes)
        else text_of(content)
    )
    found = deeds(_flat(content))
    if not content.known and HOLE in text_of(content):  # of a text that is known in part, what needs no more of it
        found += [one for one in deeds(text_of(content).replace(HOLE, " ")) if one.behaviour == "remote-control"]
    code = _runs_code(shown) or bool(found) or (what == "ssh access" and _SSH_KEY.search(shown) is not None)
    code = code or _INSECURE.search(shown) is not None
    if what == "program of the user":  # installers put theirs there
        code = any(not deed.maker for deed in found)
    elif not _ASKED_FOR.search(text):
        hidden = any(not _as_it_is(label, text) for label in of_kind(content.taint, "encoded"))
        told = has(content.taint, "received") and (what != "shell start" or commanded(text_of(content)))
        code = code or told or hidden or bool(hiding(content.layers))
    machine.fact(
        "persists",
        call.node,
        sink=call.ref,
        source="received" if code else "",
        layers=(),
        destination="fixed" if code else "",
        decoded=safe(shown.replace(HOLE, "…")),
        detail=f"{what}: {safe(text.replace(HOLE, '…'), 100)}",
    )
    if isinstance(content.const, str) and text.endswith(".py"):
        machine.inner(content.const, content.layers, call.line)


def tables(machine: Analyser) -> None:
    """Notes files in tables at the module level (path: content) that start by themselves and do more than files there do.
    Where they are written shows only when modules are followed together: by itself a table does nothing."""
    for name, value in machine.module.names.items():
        for path, content in list((value.keys or {}).items())[:_MAX_FILES] if value.closure is None else ():
            if (what := places.persistent(path)) and any(not deed.maker for deed in deeds(_flat(content))):
                machine.root = f"<{name}>"
                machine.fact("persists", None, sink=name, detail=f"{what}: {safe(path, 100)}, of a table")
                break


_MAX_FILES = 200  # of a table


def _as_it_is(label: str, path: str) -> bool:
    """A YAML or TOML file of the package that is written under its own ending, or a document for agents under its own name:
    a template, to be read in both places."""
    names = [re.split(r"[/\\ ]", one)[-1] for one in (label, path)]
    if names[0] == names[1] and names[0] in {"AGENTS.md", "CLAUDE.md", "GEMINI.md"}:
        return True
    endings = [one.lower().rpartition(".")[2].replace("yaml", "yml") for one in (label, path)]
    return endings[0] in {"yml", "toml"} and endings[0] == endings[1]


def _runs_code(text: str) -> bool:
    return bool(re.search(r"exec\(|eval\(|urlopen|subprocess|os\.system|base64|__import__|curl |wget ", text))


def holds_code(content: Value) -> bool:
    """Is this content that another program runs later: code of its own, or from elsewhere?"""
    return _runs_code(text_of(content)) or has(content.taint, "received", "encoded") or bool(content.layers)


def member(machine: Analyser, name: str, content: Value, node: ast.AST) -> None:
    """Notes a member of an archive that runs at every start of Python once it is unpacked."""
    if _runs_code(text_of(content)) or has(content.taint, "received", "encoded"):
        shown = safe(name.replace(HOLE, "…"), 80)
        machine.fact("persists", node, source="received", destination="fixed", detail=f"python start: {shown}")


def _flat(value: Value, depth: int = 0) -> str:
    """All text in a nested value, in order."""
    if depth > 6:
        return ""
    if isinstance(value.const, str | bytes):
        return text_of(value)
    parts = [_flat(item, depth + 1) for item in [*(value.items or []), *(value.keys or {}).values()]]
    if value.known and not parts:
        parts = [_plain(value.const, depth)]
    return " ".join(part for part in parts if part)[:20_000]


def _plain(const: object, depth: int) -> str:
    if isinstance(const, dict):
        return " ".join(_plain(item, depth + 1) for item in const.values()) if depth < 6 else ""
    if isinstance(const, list | tuple):
        return " ".join(_plain(item, depth + 1) for item in const) if depth < 6 else ""
    return const if isinstance(const, str) else ""


def _copied(machine: Analyser, call: Call) -> Value:
    source = call.receiver if call.ref.startswith("pathlib") and call.receiver else call.arg(0, "src")
    target = call.arg(0 if call.ref.startswith("pathlib") else 1, "dst", "target")
    if source is None or target is None:
        return Value()
    content = content_of(machine, source)
    taint = source.taint | (content.taint if content is not None else frozenset())
    if kind := places.file_kind(text_of(source)):
        taint = taint | machine.origin(kind, text_of(source), call.line)
    moved = Value("", NOTHING, taint, HOLE, content.layers if content is not None else ())
    machine.files[kept_key(machine, target)] = moved
    if call.ref == "shutil.copytree":
        machine.files[kept_key(machine, target) + "/"] = moved
    target.taint |= frozenset(label for label in taint if label.split(":", 1)[0] in know.KINDS[:8])
    if what := places.persistent(text_of(target)):
        made = text_of(target).startswith(HOLE) and _ACTIVATES.search(text_of(target))  # of an environment that is made
        of_package = has(taint, "package-file") and not made
        machine.fact(
            "persists",
            call.node,
            sink=call.ref,
            detail=f"{what}: {safe(text_of(target).replace(HOLE, '…'), 100)}",
            source="package-file" if of_package else "received" if has(taint, "received") else "",
        )
    return target.copy()


def _downloaded(machine: Analyser, call: Call) -> Value:
    address = call.arg(0, "url")
    made = Value(call.ref + "()", NOTHING, machine.origin("received", text_of(address) if address else "", call.line))
    target = call.arg(1, "out", "dst", "output")
    if target is not None:
        machine.files[kept_key(machine, target)] = made
    return made


def by_shape(machine: Analyser, call: Call, name: str) -> None:
    """Writes by methods of objects that nothing is known of, told by name and arguments."""
    receiver = call.receiver
    if receiver is None:
        return
    if name.startswith(("RegSet", "SHSetValue", "RegCreateKey")):
        windows_registry.set_by_shape(machine, call, name)
    elif name in {"RegisterTaskDefinition", "RegisterTask"}:
        machine.fact("persists", call.node, sink=name, detail="a scheduled task")
    elif name in {"write", "write_text", "write_bytes"} and call.args and receiver.text != HOLE and "/" in receiver.text:
        written(machine, call, _path_of(receiver), call.args[0])
    elif name == "writestr" and len(call.args) > 1 and text_of(call.args[0]).endswith((".pth", "customize.py")):
        member(machine, text_of(call.args[0]), call.args[1], call.node)
    elif name in {"extractall", "extract"}:
        target = call.arg(0 if name == "extractall" else 1, "path")
        archive = machine.files.get(receiver.text)
        taint = receiver.taint | (archive.taint if archive is not None else frozenset())
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
