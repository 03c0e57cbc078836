"""Where data ends: code that is run, commands, paths that are loaded. Each notes a fact; what it is worth the rules say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import Take
from mlsupply.evidence.python import folding, neighbours, sending, writing
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.machine import has, kinds_of, of_kind
from mlsupply.evidence.python.shell import Deed, deeds, python_in
from mlsupply.evidence.python.sources import content_of
from mlsupply.evidence.python.survey import below
from mlsupply.evidence.python.values import HOLE, NOTHING, ClassState, Closure, Value, command_text, constant, text_of
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.calls import Analyser, Call

# Layers that hide a text; `replace`, `join` and the like do not.
HIDING = frozenset(
    {
        "base64", "base32", "hex", "base85", "ascii85", "zlib", "gzip", "bz2", "lzma", "xor", "rot13", "reversed", "strided",
        "chr", "marshal", "decrypted", "integers", "escapes", "translate", "utf-7", "base58", "brotli", "swapcase", "uu",
        "pickle", "zstd", "lz4", "percent", "punycode", "quoted-printable", "uuid", "addresses",
    }
)  # fmt: skip
_SHELLS = re.compile(r"(?:^|[/\\])(?:ba|z|da|k|a)?sh$|(?:^|[/\\])(?:cmd|powershell|pwsh)(?:\.exe)?$", re.IGNORECASE)
_PYTHON = re.compile(r"(?:^|[/\\])python[\d.]*w?(?:\.exe)?$", re.IGNORECASE)
_RUNTIMES = re.compile(r"(?:^|[/\\])(?:node|bun|deno)(?:\.exe)?$", re.IGNORECASE)
_PIP = re.compile(
    r"(?:^|[ /])(?:(?:pip3?|uv pip|uv|npm|pnpm|yarn) (?:install|add|i)|npx|bunx|uvx|pipx run|(?:pnpm|yarn) dlx)\b"
    r"(?P<rest>[^\n]{0,200})"
)


_BUILDS = re.compile(r"^(?:npm|pnpm|yarn|bun|npx|node|deno)(?:\.cmd|\.exe)?\s+\S")
_MAKES = re.compile(r"(?:^|/)[^/]*(?:setup|build)[^/]*\.py$")  # what builds a package may well build its scripts


def hiding(layers: tuple[str, ...]) -> tuple[str, ...]:
    """The layers that hide something."""
    return tuple(layer for layer in layers if layer in HIDING)


_UNBOUND = re.compile(
    r"((?:requests(?:\.sessions)?|httpx|aiohttp|http\.client)\.(?:Session|Client|AsyncClient|ClientSession|HTTPS?Connection))\.(\w+)$"
)


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The models of calls that end data; None where this is not one of them."""
    ref = call.ref
    if know.COMMANDS.match(ref):
        return command(machine, call)
    if ref in know.RUNS_PATH or ref.endswith((".exec_module", ".load_module")):
        return loaded(machine, call)
    if ref.endswith((".loads", ".load")) and ref.split(".")[0] in {"pickle", "_pickle", "cPickle", "dill", "cloudpickle"}:
        if call.args:
            unpickled(machine, call, call.args[0])
        return Value(ref + "()", NOTHING, frozenset().union(*(value.taint for value in call.all)))
    if ref in {"yaml.unsafe_load", "yaml.load", "yaml.full_load", "jsonpickle.decode"} and call.args:
        unpickled(machine, call, call.args[0])
        return Value(ref + "()", NOTHING, call.args[0].taint)
    if ref in know.RUNS_CODE:
        return machine.execute(call, call.arg(0, "source", "cmd", "stmt"))
    if ref in {"setuptools.setup", "distutils.core.setup", "setup", "numpy.distutils.core.setup", "skbuild.setup"}:
        return setup(machine, call)
    if ref in know.LOOKUPS:
        return sending.looked_up(machine, call)
    if know.SENDS.match(ref):
        return sending.sent(machine, call)
    if (found := _UNBOUND.match(ref)) is not None and len(call.args) > 1:
        bound = f"{found[1]}().{found[2]}".replace("requests.sessions.", "requests.")
        return modelled(machine, call._replace(ref=bound, args=call.args[1:], receiver=call.args[0]))
    if (done := writing.modelled(machine, call)) is not None:
        return done
    return other(machine, call)


def executed(machine: Analyser, call: Call, source: Value) -> None:
    """`exec` of this value."""
    layers = hiding(source.layers)
    kinds = kinds_of(source.taint)
    neighbours.wanted(machine, source.taint)
    neighbours.passed_on(machine, source.taint, Take("executes", call.ref, layers=layers))
    chain = machine.chain(source.taint, call.ref, call.line)
    if has(source.taint, "received"):
        addressed = all(label.startswith("received:\u2026") for label in of_kind(source.taint, "received"))
        machine.fact(
            "runs-downloaded",
            call.node,
            source="received",
            destination="given" if addressed else "",
            sink=call.ref,
            layers=layers,
            chain=chain,
            detail="code from the network is executed",
            hidden=call.function.hidden,
        )
    elif layers or has(source.taint, "encoded"):
        known = source.const if isinstance(source.const, str | bytes) else ""
        shown = known if isinstance(known, str) else known.decode("utf-8", "replace")
        origin = next((k for k in kinds if k in {"package-file", "parameter", "variable", "encoded"}), "")
        if isinstance(source.const, str) and len(shown) < 24 and not re.search(r"[(\n]", shown):
            return  # a single name, as in eval("ex" + "ec"): worth what is done with it
        machine.fact(
            "runs-decoded",
            call.node,
            source="" if source.known else origin,
            sink=call.ref,
            layers=layers,
            decoded=safe(shown),
            chain=chain,
            detail="encoded text is executed",
            hidden=call.function.hidden,
        )
    else:
        source_kind = next(
            (k for k in kinds if k in {"package-file", "variable", "clipboard", "environment", "model-answer"}), ""
        )
        if not source.known:
            machine.fact(
                "executes",
                call.node,
                source=source_kind,
                sink=call.ref,
                chain=chain,
                hidden=call.function.hidden,
                detail="text made at run time is executed",
            )
        elif call.function.hidden or _escaped(machine, call):
            machine.fact(
                "runs-decoded",
                call.node,
                sink=call.ref,
                layers=("escapes",),
                decoded=safe(str(source.const)),
                detail="escaped text is executed",
                hidden=call.function.hidden,
            )


def _escaped(machine: Analyser, call: Call) -> bool:
    """Is the text written as escapes although it is plain? `lines` are set by the module's analysis."""
    lines = machine.lines
    if machine.code_line or not isinstance(call.node, ast.Call) or not 0 < call.line <= len(lines):
        return False
    arg = call.node.args[0] if call.node.args else None
    if not isinstance(arg, ast.Constant) or not isinstance(arg.value, str) or len(arg.value) < 3:
        return False
    written = lines[arg.lineno - 1][arg.col_offset : arg.end_col_offset if arg.end_lineno == arg.lineno else None]
    return len(re.findall(r"\\(?:x[0-9a-fA-F]{2}|[0-7]{2,3}|u[0-9a-fA-F]{4})", written)) * 2 > len(arg.value)


def hidden_name(machine: Analyser, call: Call) -> None:
    """A function reached through a name that is put together at run time."""
    ref = call.ref
    if ref in know.DANGEROUS or know.COMMANDS.match(ref) or ref in know.RUNS_CODE or know.SENDS.match(ref):
        machine.fact("hides-name", call.node, sink=ref, hidden=True, detail=f"{ref} is called by a computed name")


_CALLS_FUNCTIONS = re.compile(
    r"!!python/(?:object/(?:apply|new)|module):|\"py/(?:reduce|object)\": ?\S{0,40}(?:os\.|posix|subprocess|builtins|system)"
)
_PICKLE_CALLS = re.compile(rb"posix|nt\n|system|builtins|subprocess|__import__")


def unpickled(machine: Analyser, call: Call, data: Value) -> None:
    """Bytes that rebuild objects: what is received or constant here can run code."""
    if has(data.taint, "received"):
        machine.fact(
            "executes",
            call.node,
            source="received",
            sink=call.ref,
            detail="objects are rebuilt from the network",
            chain=machine.chain(data.taint, call.ref, call.line),
        )
    elif _PICKLE_CALLS.search(data.const) if isinstance(data.const, bytes) else _CALLS_FUNCTIONS.search(text_of(data)):
        what = "pickle" if isinstance(data.const, bytes) else "document"
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=(*hiding(data.layers), *(("pickle",) if what == "pickle" else ())),
            decoded=safe(text_of(data)),
            detail=f"a {what} that calls functions is loaded",
        )


def command(machine: Analyser, call: Call) -> Value:
    """A program is started."""
    head = call.arg(0, "args", "cmd", "command", "file", "path")
    if head is None:
        return Value()
    parts = parts_of(head)
    if "spawn" in call.ref or "exec" in call.ref or call.ref.startswith("pexpect"):
        parts = [
            item for arg in call.args for item in (folding.items_of(arg) if not isinstance(arg.const, str) else [arg])
        ] or [head]
    text = " ".join(text_of(part) for part in parts) if len(parts) > 1 else command_text(head)
    silent = machine.silent > 0 or _silent(call)
    fields = {"sink": call.ref, "silent": silent}
    machine.fact("runs-command", call.node, detail=safe(text.replace(HOLE, "…"), 160), **fields)
    stdin = call.keywords.get("input")
    fetched(machine, call, text)
    made = Value(call.ref + "()", NOTHING, machine.origin("command-output", text[:40], call.line), text)
    made.items = parts
    found_deeds = deeds(_script(parts)) or deeds(text)
    fetches = any(deed.behaviour == "runs-downloaded" for deed in found_deeds)
    for deed in found_deeds:
        told = deed._replace(source="received") if fetches and deed.behaviour == "persists" else deed
        noted(machine, call, told, silent, head)
    flows(machine, call, head, parts, text, silent)
    if stdin is not None:
        fed(machine, call, parts, stdin)
    where = call.keywords.get("cwd")
    if where is not None and has(where.taint, "package-file") and _BUILDS.search(text) and not _MAKES.search(machine.path):
        machine.fact(
            "runs-bundled", call.node, source="package-file", detail="scripts of the package's own folder", **fields
        )
    if found := _PIP.search(text):
        foreign = "git+" in found["rest"] or "://" in found["rest"]
        machine.fact(
            "installs-package", call.node, detail=safe(found[0], 120), destination="fixed" if foreign else "", **fields
        )
    return made


def parts_of(head: Value) -> list[Value]:
    """The arguments of a command, or the one text it is."""
    return folding.items_of(head) if not isinstance(head.const, str | bytes) and (head.items or head.known) else [head]


_CLONED = re.compile(r"\bgit clone (?:-\S+ (?:\d+ )?)*(?:https?|git|ssh)\S{3,300} (?P<folder>[\w.~/\0\\-]{2,200})")
_SAVED = re.compile(
    r"\b(?:curl|wget)\b[^\n|;&]{0,300}?\s(?:-o|-O|--output|--output-document)[ =]?(?P<file>[\w.~/\\-]{2,200})"
)


def fetched(machine: Analyser, call: Call, text: str) -> None:
    """What a command line leaves on the disk came from the network."""
    for pattern in (_CLONED, _SAVED):
        if (found := pattern.search(text)) is not None:
            made = Value("", NOTHING, machine.origin("received", text[:80], call.line))
            machine.files[found.group(1)] = made
            if pattern is _CLONED:
                machine.files[found.group(1) + "/"] = made


def _script(parts: list[Value]) -> str:
    """What follows `-c` in the arguments of a shell."""
    if len(parts) < 3 or not _SHELLS.search(text_of(parts[0])):
        return ""
    flags = [place for place, part in enumerate(parts[:-1]) if re.fullmatch(r"-\w{0,3}c|/[cC]|-[cC]ommand", text_of(part))]
    return " ".join(text_of(part) for part in parts[flags[0] + 1 :]) if flags else ""


def noted(machine: Analyser, call: Call, deed: Deed, silent: bool, head: Value | None = None) -> None:
    """What a command line does, as a fact."""
    layers = hiding(head.layers) if head is not None else ()
    machine.fact(
        deed.behaviour,
        call.node,
        sink=call.ref,
        source=deed.source or ("received" if deed.behaviour == "runs-downloaded" else ""),
        destination=sending.destination(deed.url) if deed.url else "fixed" if deed.behaviour == "sends" else "",
        position="body" if deed.behaviour == "sends" else "",
        detail=deed.what,
        decoded=safe(deed.text.replace(HOLE, "…")),
        silent=silent,
        layers=layers,
    )


def flows(machine: Analyser, call: Call, head: Value, parts: list[Value], text: str, silent: bool) -> None:
    """What the origin of the command and its arguments says."""
    taint = head.taint.union(*(part.taint for part in parts))
    chain = machine.chain(taint, call.ref, call.line)
    told = _told(head, parts)
    neighbours.wanted(machine, taint)
    if told is not None:
        neighbours.passed_on(machine, told.taint, Take("runs-command", call.ref, layers=hiding(head.layers)))
    if told is not None and has(told.taint, "received"):
        machine.fact(
            "remote-control",
            call.node,
            source="received",
            sink=call.ref,
            chain=chain,
            silent=silent,
            detail="a command from the network is run",
        )
    elif told is not None and has(told.taint, "model-answer"):
        machine.fact("executes", call.node, source="model-answer", sink=call.ref, detail="a model says which command is run")
    if hiding(head.layers) and (head.known or has(taint, "encoded")):
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=hiding(head.layers),
            decoded=safe(text),
            silent=silent,
            detail="an encoded command is run",
            chain=chain,
        )
    sending.by_command(machine, call, text, taint)
    for place, part in enumerate(parts[:12]):
        written = content_of(machine, part)
        if written is not None and (place == 0 or _runs_its_argument(parts[0])):
            _ran_file(machine, call, written, part, silent)
        elif place == 0 and has(part.taint, "package-file"):
            bundled(machine, call, part, silent, "a file of the package")
        elif (
            place
            and has(part.taint, "package-file")
            and (_RUNTIMES.search(text_of(parts[0])) or _SHELLS.search(text_of(parts[0])))
        ):
            bundled(machine, call, part, silent, "a script of the package in another language")
        elif place and has(part.taint, "package-file"):
            bundled(machine, call, part, silent, "a script of the package")
        if place and text_of(parts[place - 1]) == "-c" and isinstance(part.const, str):
            _dash_c(machine, call, parts, part)
    if len(parts) == 1:
        _one_line(machine, call, head, text, silent)


_WORDS = re.compile(r"[^\s\"'&|;<>]+")


def _one_line(machine: Analyser, call: Call, head: Value, text: str, silent: bool) -> None:
    """A line for a shell holds Python, or starts a file this module wrote through an interpreter. Where the interpreter is
    not known (`sys.executable` in the line), only what is written here is followed."""
    if code := python_in(text):
        machine.inner(code, head.layers, call.line)
    words = _WORDS.findall(text)[:12]
    for place, word in enumerate(words[1:], 1):
        written = machine.files.get(word)
        if written is None or len(word.replace(HOLE, "")) < 3:
            continue
        if _runs_its_argument(constant(words[place - 1])) or (words[place - 1] == HOLE and written.known):
            _ran_file(machine, call, written, constant(word), silent)


def _runs_its_argument(program: Value) -> bool:
    """Is this an interpreter, or a program that starts another?"""
    name = text_of(program)
    if program.ref == "sys.executable" or _PYTHON.search(name) or _SHELLS.search(name) or _RUNTIMES.search(name):
        return True
    return bool(
        re.search(
            r"(?:^|/)(?:sudo|nohup|setsid|env|open|start|xdg-open|rundll32|java|perl|ruby|php|[wc]script(?:\.exe)?)$", name
        )
    )


def _told(head: Value, parts: list[Value]) -> Value | None:
    """The part of a command that says what is done: the program, what follows `-c`, or a whole shell line; None where it
    is a path written here, only parts of which come from elsewhere."""
    if isinstance(head.const, str | bytes) or (head.items is None and not head.known):
        return head if text_of(head).startswith(HOLE) and "/" not in text_of(head) else None
    for place, part in enumerate(parts[:-1]):
        if re.fullmatch(r"-\w{0,3}c|/[cC]|-[cC]ommand", text_of(part)):
            return parts[place + 1]
    return parts[0] if parts and text_of(parts[0]) == HOLE else None


def _dash_c(machine: Analyser, call: Call, parts: list[Value], code: Value) -> None:
    if not _SHELLS.search(text_of(parts[0])):
        if hiding(code.layers):
            machine.fact(
                "runs-decoded",
                call.node,
                sink=call.ref,
                layers=hiding(code.layers),
                decoded=safe(str(code.const)),
                detail="encoded text is run by another Python",
            )
        machine.inner(str(code.const), code.layers, call.line)


def _ran_file(machine: Analyser, call: Call, written: Value, path: Value, silent: bool) -> None:
    """A file this module wrote is run or loaded."""
    shown = safe(text_of(path).replace(HOLE, "…"), 100)
    removed = bool(machine.files.get(f"removed {text_of(path)}"))
    chain = machine.chain(written.taint, call.ref, call.line)
    if has(written.taint, "received"):
        hidden_run = silent or removed or text_of(path).startswith("/tmp/")  # noqa: S108  # compares, writes nothing
        machine.fact(
            "runs-downloaded",
            call.node,
            source="received",
            sink=call.ref,
            silent=hidden_run,
            chain=chain,
            detail="a downloaded file is run",
        )
    elif hiding(written.layers) or has(written.taint, "encoded"):
        code = written.const if isinstance(written.const, bytes) else str(written.const).encode() if written.known else b""
        if code.startswith((b"PK\x03\x04", b"PK\x05\x06")) and not call.ref.startswith(("subprocess", "os")):
            return
        machine.fact(
            "runs-dropped",
            call.node,
            source="encoded",
            sink=call.ref,
            layers=hiding(written.layers),
            silent=silent,
            decoded=safe(code.decode("utf-8", "replace")),
            detail=f"decoded text is written to {shown} and run",
            chain=chain,
        )
        if written.known:
            machine.inner(code, written.layers, call.line)
    elif isinstance(written.const, str | bytes):
        for deed in deeds(text_of(written)):
            noted(machine, call, deed, silent)
        machine.inner(written.const, written.layers, call.line)


def bundled(machine: Analyser, call: Call, part: Value, silent: bool, what: str) -> None:
    """A file that came with the package is run."""
    name = text_of(part).rpartition("/")[2].replace(HOLE, "…")
    detail = f"{what}: {safe(name, 80)}" if name and "…" not in name else what
    machine.fact("runs-bundled", call.node, source="package-file", sink=call.ref, silent=silent, detail=detail)


def _silent(call: Call) -> bool:
    """Is what it prints thrown away, or is it let loose from this process?"""
    quiet = any(
        call.keywords[name].ref == "subprocess.DEVNULL" or "devnull" in text_of(call.keywords[name])
        for name in ("stdout", "stderr")
        if name in call.keywords
    )
    hidden_window = any(name in call.keywords for name in ("creationflags", "startupinfo"))
    detached = any(call.keywords[name].const is True for name in ("start_new_session",) if name in call.keywords)
    return quiet or hidden_window or detached or "preexec_fn" in call.keywords


def fed(machine: Analyser, call: Call, parts: list[Value], stdin: Value) -> None:
    """Text is fed to a program's standard input."""
    program = text_of(parts[0]) if parts else ""
    if has(stdin.taint, "received") and parts and _runs_its_argument(parts[0]):
        behaviour = "remote-control" if _SHELLS.search(program) else "runs-downloaded"
        told = "what the network gives is fed to " + ("a shell" if _SHELLS.search(program) else "an interpreter")
        machine.fact(behaviour, call.node, source="received", sink=call.ref, detail=told)
    if isinstance(stdin.const, str | bytes):
        text = stdin.const if isinstance(stdin.const, str) else stdin.const.decode("utf-8", "replace")
        if hiding(stdin.layers):
            machine.fact(
                "runs-decoded",
                call.node,
                sink=call.ref,
                layers=hiding(stdin.layers),
                decoded=safe(text),
                detail="encoded text is fed to a program",
            )
        for deed in deeds(text):
            noted(machine, call, deed, machine.silent > 0)
        if _PYTHON.search(program) or "executable" in program or program == HOLE:
            machine.inner(text, stdin.layers, call.line)


_UNLIKE = re.compile(
    r"\.(?:txt|dat|data|bin|png|jpe?g|gif|ico|svg|bmp|wav|json|md|csv|db|pak|ttf|woff2?|enc)$", re.IGNORECASE
)


def loaded(machine: Analyser, call: Call) -> Value:
    """A path is loaded as code, or put where code is looked for."""
    candidates = [*call.all, *([call.receiver] if call.receiver is not None else [])]
    for value in candidates:
        written = content_of(machine, value)
        if written is not None:
            _ran_file(machine, call, written, value, machine.silent > 0)
        elif has(value.taint, "received"):
            machine.fact(
                "runs-downloaded",
                call.node,
                source="received",
                sink=call.ref,
                detail="what is downloaded is loaded as code",
                chain=machine.chain(value.taint, call.ref, call.line),
            )
        elif call.ref.startswith("sys.path.") and has(value.taint, "package-file") and _UNLIKE.search(text_of(value)):
            bundled(machine, call, value, True, "modules under the name of other data")
        elif has(value.taint, "package-file") and "ctypes" in call.ref:
            name = text_of(value).rpartition("/")[2]
            if re.search(r"\.\w{1,5}$", name) and not re.search(r"\.(?:so|dll|dylib|pyd)\b", name):
                bundled(machine, call, value, machine.silent > 0, "a library under another name")
    made = Value(call.ref + "()", NOTHING, frozenset().union(*(value.taint for value in candidates)))
    made.text = text_of(candidates[0]) if candidates else HOLE
    made.keys = {"path": candidates[-1]} if candidates else None
    return made


def setup(machine: Analyser, call: Call) -> Value:
    """`setup(cmdclass=...)`: the commands an installation runs are entered."""
    commands = call.keywords.get("cmdclass")
    if commands is None:
        return Value()
    entries = commands.keys or {}
    for name, value in entries.items():
        if name in know.INSTALL_COMMANDS and value.closure is not None and isinstance(value.closure.node, ast.ClassDef):
            _run_command(machine, value.closure)
    return Value()


def _run_command(machine: Analyser, closure: Closure) -> None:
    from mlsupply.evidence.python.calls import instance_of

    state = machine.class_state(closure)
    for name in ("__init__", "initialize_options", "finalize_options", "run"):
        if name in state.methods:
            machine.enter(state.methods[name], [instance_of(state.methods[name])], {}, closure.node)


def is_starter_class(state: ClassState) -> bool:
    """Does starting an object of it run its `run`?"""
    return any(base.rpartition(".")[2] in {"Thread", "Process", "Timer"} for base in state.bases)


_INJECTING = ("VirtualAlloc", "VirtualProtect", "RtlMoveMemory", "CreateThread", "CreateRemoteThread", "WriteProcessMemory")


def _injects(machine: Analyser, ref: str) -> bool:
    """One step of putting foreign code into memory and starting it, in a module that takes another step too: allocating
    executable memory alone is how honest libraries ask the processor what it can do."""
    step = ref.rpartition(".")[2]
    if step not in _INJECTING or not any(word in ref for word in ("ctypes", "kernel32", "windll")):
        return False
    text = "\n".join((*machine.lines, machine.code_text))
    return any(other in text for other in _INJECTING if other != step)


def other(machine: Analyser, call: Call) -> Value | None:
    """Memory that becomes code; coins; listeners; programs that are fed."""
    ref = call.ref
    if ref.endswith(".addHandler") and call.receiver is not None and call.args:
        handler = call.args[0]
        if re.match(r"logging\.handlers\.(?:HTTP|Socket|Datagram|SMTP|SysLog)Handler\(\)", handler.ref):
            call.receiver.ref, call.receiver.text = "logging.remote()", handler.text
    if ref.endswith("memfd_create") or _injects(machine, ref):
        machine.fact("injects", call.node, sink=ref, detail=f"{ref.rpartition('.')[2]}: memory is made to run as code")
    if ref == "mmap.mmap" and "PROT_EXEC" in ast.unparse(call.node):
        machine.fact("injects", call.node, sink=ref, detail="executable memory is mapped")
    if ref.startswith(("pynput.keyboard.Listener", "pynput.keyboard.GlobalHotKeys", "keyboard.hook", "keyboard.on_press")):
        machine.fact("spies", call.node, source="keystrokes", sink=ref, detail="keystrokes are listened to")
        for value in call.all:
            if value.closure is not None and not isinstance(value.closure.node, ast.ClassDef):
                machine.enter(value.closure, [Value(taint=machine.origin("keystrokes", ref, call.line))], {}, call.node)
    if ref in {"pyperclip.copy", "clipboard.copy", "win32clipboard.SetClipboardText", "win32clipboard.SetClipboardData"}:
        known = call.args[-1].const if call.args else None
        if isinstance(known, str) and re.fullmatch(r"[\w:+/=-]{25,200}", known):
            machine.fact(
                "spies", call.node, source="clipboard", sink=ref, detail="the clipboard is replaced by a fixed text"
            )
    if ref.endswith((".communicate", ".stdin.write")) and call.receiver is not None and call.args:
        fed(machine, call, call.receiver.items or [], call.args[0])
    if ref in {"os.dup2", "socket.socket().makefile"} and any("socket" in value.ref for value in call.all):
        machine.fact("remote-control", call.node, sink=ref, detail="a socket becomes standard input or output")
    return None


def by_shape(machine: Analyser, call: Call) -> Value | None:
    """Calls on objects nobody knows, told by method name and arguments; gives what comes back from the network."""
    if not isinstance(call.node, ast.Call) or not isinstance(call.node.func, ast.Attribute):
        return None
    name = call.node.func.attr
    if (
        name in {"post", "put", "request", "get", "urlopen", "send", "emit", "fetch"}
        and call.args
        and not know.SENDS.match(call.ref)
    ):
        address = call.args[1] if name == "request" and len(call.args) > 1 else call.args[0]
        if re.match(r"(?:https?|wss?)://", text_of(address)):
            answer = sending.sent(machine, call)
            return answer if call.ref else None  # of a thing nobody knows, `get` may be a dict's
    writing.by_shape(machine, call, name)
    return None


def armoured(machine: Analyser, call: Call) -> None:
    """A module that is only bytes for a runtime which knows how to read them, as PyArmor writes it:
    `__pyarmor__(__name__, __file__, b"...")`."""
    if not call.args or not isinstance(call.node, ast.Call):
        return
    names = {arg.id for arg in call.node.args if isinstance(arg, ast.Name)}
    blob = call.args[-1].const
    if {"__name__", "__file__"} <= names and isinstance(blob, bytes) and len(blob) >= 64:
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=("decrypted",),
            detail="code only its own runtime can read is run",
        )


def patched(machine: Analyser, name: str, closure: Closure, node: ast.AST) -> None:
    """A function of another module is replaced by this one: what passes through is followed as intercepted."""
    if isinstance(closure.node, ast.ClassDef) or closure in machine.running:
        return
    kind = "received" if know.MESSENGERS.match(name) or name.rpartition(".")[2] == "on_message" else "intercepted"
    label = machine.origin(kind, name, getattr(node, "lineno", 0))
    spec = closure.node.args
    args = [Value(taint=label) for _ in (*spec.posonlyargs, *spec.args)]
    keywords = {parameter.arg: Value(taint=label) for parameter in spec.kwonlyargs}
    if spec.vararg is not None:
        args.append(Value(taint=label))
    if spec.kwarg is not None:
        keywords["**"] = Value(taint=label)
    wrapper, closure.wrapper = closure.wrapper, True
    machine.enter(closure, args, keywords, node)
    closure.wrapper = wrapper


def attribute_set(machine: Analyser, name: str, value: Value, node: ast.AST) -> None:
    """A setting of another module is changed."""
    if re.search(r"(?:openai|anthropic|litellm)\..*(?:api_base|base_url)$", name) and isinstance(value.const, str):
        machine.fact(
            "redirects", node, sink=name, destination=sending.destination(value.const), detail=safe(value.const, 100)
        )


def variable_set(machine: Analyser, key: Value, value: Value, node: ast.AST) -> None:
    """An environment variable is set for everything that follows."""
    name = key.const
    if isinstance(name, str) and know.REDIRECTS.match(name) and isinstance(value.const, str):
        where = sending.destination(value.const)
        if where in {"fixed", "chat"} or name.upper() in {"LD_PRELOAD", "PYTHONSTARTUP"}:
            machine.fact("redirects", node, sink=f"os.environ[{name}]", destination=where, detail=safe(value.const, 100))


def guarded(machine: Analyser, node: ast.If, test: Value) -> None:
    """A condition that looks for a watcher before the rest runs."""
    if len(node.body) > 3 or not any(map(_leaves, node.body)):
        return
    variables = {label.split(":", 1)[1] for label in of_kind(test.taint, "variable", "secret-variable")}
    if variables & know.EVASION_VARIABLES or know.EVASION_TEXT.search("\n".join(_words(node.test))):
        machine.fact("evades", node, detail=safe(ast.unparse(node.test)[:400], 120))


def _leaves(statement: ast.stmt) -> bool:
    """Does it end the function or the program?"""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return any("exit" in word for word in _words(statement.value.func))
    return isinstance(statement, ast.Return | ast.Raise)


def _words(tree: ast.expr) -> Iterator[str]:
    """Names, attributes and texts of an expression."""
    for node in below((tree,)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant):
            yield str(node.value)[:400]
