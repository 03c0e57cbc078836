"""Starting a program as a sink: what its command line does, and where its words come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import Take
from mlsupply.evidence.python import summaries
from mlsupply.evidence.python.commands import carriers, later_steps, programs, saved_files, standard_input, wiping
from mlsupply.evidence.python.commands.command_line import (
    MAX_PARTS,
    CommandLine,
    command_line,
    deciding_part,
    is_captured,
    is_converted,
    is_elsewhere,
    is_filled,
    is_python,
    is_requirements,
    is_runtime,
    is_settings,
    is_shell,
    is_shown,
    launched,
    listed_by_network,
    only_arguments_unknown,
    only_processes,
    runs_its_argument,
    script_before,
    script_of,
)
from mlsupply.evidence.python.commands.run_facts import as_child, bundled, from_network, noted, ran_file
from mlsupply.evidence.python.commands.shell import MAX_LINE, Deed, deeds, python_in
from mlsupply.evidence.python.libraries import clipboard, execution, persistence
from mlsupply.evidence.python.libraries.storage import content_of, file_key, kept_key
from mlsupply.evidence.python.network import requested, shares, tied_shells
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, constant, legible, taint_of, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_INSTALLS = expression(
    r"(?:^|[ /])(?:(?:pip3?|uv pip|uv|npm|pnpm|yarn) (?:-\S+ ){0,6}(?:install|add|i)|"
    r"npx|bunx|uvx|pipx run|(?:pnpm|yarn) dlx)\b(?P<rest>[^\n]{0,200})"
)
_INSTALLER = expression(r"(?:^|[\s/])(?:pip3?|uv|npm|pnpm|yarn|npx|bunx|uvx|pipx)\b")
_BUILDS = expression(r"^(?:npm|pnpm|yarn|bun|npx|node|deno)(?:\.cmd|\.exe)?\s+\S")
_BUILD_SCRIPT = expression(r"(?:^|/)[^/]*(?:setup|build)[^/]*\.py$")  # a build script may well build its own JavaScript
_WORDS = expression(r"[^\s\"'&|;<>]+")


def command(machine: Analyser, call: Call) -> Value:
    """Notes what a call that starts a program does. Returns a value for the process, labelled as its output."""
    head = call.arg(0, "args", "cmd", "command", "file", "path")
    if head is None:
        return Value()
    line = command_line(call, head, silent=machine.silent > 0)
    call, text = line.call, line.text
    if len(line.parts) > MAX_PARTS or any(len(one) > MAX_LINE for one in text.splitlines()):
        machine.cut_off = True
    shown = legible(text, 160)
    unread = "unread" if execution.is_unread(head, text) else ""
    machine.fact("runs-command", call.node, sink=call.ref, silent=line.silent, detail=shown, variant=unread)
    fetched(machine, line)
    programs.redirected(machine, call, text)
    shares.commanded(machine, call, text)
    clipboard.commanded(machine, call, text)
    later_steps.commanded(machine, call, text)
    process = Value(call.ref + "()", NOTHING, programs.printed(machine, call, text), text)
    process.items = line.parts
    stdin = call.keywords.get("input")
    _note_deeds(machine, line, stdin)
    machine.child_output = CLEAN
    flows(machine, line)
    if (program := call.keywords.get("executable")) is not None:  # started in the place of the first word
        _word(machine, line, 0, program, 0)
    process.taint |= machine.child_output
    tied_shells.started(machine, line)
    wiping.commanded(machine, line, stdin)
    if stdin is not None:
        standard_input.fed(machine, call, line.parts, stdin)
    _note_own_build(machine, line)
    for content, path in programs.code_folders(machine, call, text):
        ran_file(machine, call, content, constant(path), line.silent)
    _installs(machine, line)
    return process


def program_set(machine: Analyser, call: Call) -> None:
    """Notes a file that the module wrote or ships as the program which is started in the place of Python: by
    `multiprocessing`, whose children it becomes, or by what runs `sys.executable`."""
    if call.args:
        line = command_line(call, call.args[0], silent=machine.silent > 0)
        _word(machine, line, 0, call.args[0], 0)


def _note_deeds(machine: Analyser, line: CommandLine, stdin: Value | None) -> None:
    """Notes what the text of the command line does. stdin: the input of the program."""
    found = deeds(script_of(line.parts)) or deeds(line.text)
    found = [deed for deed in found if not (_is_bare_shell(deed) and _is_local_shell(machine, line))]
    fetches = any(deed.behaviour == "runs-downloaded" for deed in found)
    for deed in found:
        sourced = deed._replace(source="received") if fetches and deed.behaviour == "persists" else deed
        if deed.behaviour == "persists" and (stdin is not None or len(line.parts) > 1):
            placed = [stdin] if stdin is not None else [content_of(machine, part) for part in line.parts[1:MAX_PARTS]]
            sourced = deed._replace(source="received") if any(map(persistence.holds_code, filter(None, placed))) else sourced
        noted(machine, line.call, sourced, line.silent, line.head)


_INTERACTIVE = expression(r"(?:ba)?sh -i", re.IGNORECASE)
_REMOTE = expression(
    r"socket|connect|recv|telnet|paramiko|\bssl\b|https?\b|requests\.|urllib|websockets?\b|open_tunnel|zmq|grpc|mqtt|pusher|redis|"
    r"discord|telegram|slack|__import__|import_module|exec\(|eval\(",
    re.IGNORECASE,
)
_HERE = expression(r"subprocess\.(?:PIPE|STDOUT|DEVNULL)$|(?:pty|os)\.openpty\(\)")


def _is_bare_shell(deed: Deed) -> bool:
    """Is an interactive shell the only sign of this deed?"""
    return _INTERACTIVE.fullmatch(deed.text) is not None


def _is_local_shell(machine: Analyser, line: CommandLine) -> bool:
    """Does the interactive shell serve the user of this machine, as a terminal does? It gets no connection (only pipes or a
    terminal made here), its line redirects nothing, and the module names nothing remote; or it runs over SSH."""
    keywords = line.call.keywords
    ends = [keywords[name] for name in ("stdin", "stdout", "stderr") if name in keywords]
    if any(sign in line.text for sign in "<>|"):
        return False
    if not all(end.known or _HERE.match(end.ref) for end in ends):
        return False
    return is_elsewhere(line) or not any(map(_REMOTE.search, machine.lines))


def _note_own_build(machine: Analyser, line: CommandLine) -> None:
    """Notes a build tool of JavaScript started in a folder of the package, whose scripts it runs."""
    where = line.call.keywords.get("cwd")
    if where is None or not has(where.taint, "package-file"):
        return
    if _BUILDS.search(line.text) and not _BUILD_SCRIPT.search(machine.path):
        fields = {"source": "package-file", "sink": line.call.ref, "silent": line.silent}
        machine.fact("runs-bundled", line.call.node, detail="scripts of the package's own folder", **fields)


def _installs(machine: Analyser, line: CommandLine) -> None:
    """Notes a package installer. Anything but an index counts as a fixed place, unless the user set its address."""
    found = _INSTALLS.search(line.text)
    if not found:
        return
    call, fields = line.call, {"sink": line.call.ref, "silent": line.silent}
    if (named := _named_by_network(line) or listed_by_network(line.parts)) is not None:
        machine.fact(
            "runs-downloaded",
            call.node,
            source="received",
            detail="a package the network names is installed",
            chain=machine.chain(named.taint, call.ref, call.line),
            **fields,
        )
    set_by_user = any("://" in text_of(part) and has(part.taint, "variable") for part in line.parts)
    foreign = "git+" in found["rest"] or ("://" in found["rest"] and not set_by_user)
    machine.fact(
        "installs-package",
        call.node,
        detail=legible(found[0], 120),
        destination="fixed" if foreign else "",
        asked=machine.when_missing > 0,
        **fields,
    )


def _named_by_network(line: CommandLine) -> Value | None:
    """The name of a package to install that came from the network as a whole; None without one. Before the installer, SSH is
    told only where to run it."""
    named = line.parts if len(line.parts) > 1 else []
    if is_elsewhere(line):
        installer = next((place for place, part in enumerate(named) if _INSTALLER.search(text_of(part))), 0)
        named = named[installer:]
    return next((part for part in named if _NAMES_SOURCE.fullmatch(text_of(part)) and has(part.taint, "received")), None)


_NAMES_SOURCE = expression(rf"(?:--(?:extra-)?index-url=|--find-links=|git\+)?{HOLE}")


_CLONED = expression(r"\bgit clone (?:-\S+ (?:\d+ )?)*(?:https?|git|ssh)\S{3,300} (?P<folder>[\w.~/\0\\-]{2,200})")
_SHOT = expression(
    r"\b(?:scrot|screencapture|gnome-screenshot|spectacle|grim|maim|import -window root|x11grab|gdigrab|avfoundation)\b"
    r"[^\n]{0,200}?((?:\S{2,200}\.(?:png|jpe?g|mp4|mkv)|/\S{2,200}))"
)


def fetched(machine: Analyser, line: CommandLine) -> None:
    """Keeps the files that a command line creates: screenshots, downloads and clones."""
    call, text = line.call, line.text
    if (shot := _SHOT.search(text)) is not None:
        machine.files[shot.group(1)] = Value("", NOTHING, machine.origin("screen", text[:40], call.line))
    if (found := _CLONED.search(text)) is not None:
        machine.files[found.group(1)] = machine.files[found.group(1) + "/"] = _received(machine, call, text)
        machine.folders.append(found.group(1))
        machine.client_addresses["git"] = found[0].split(" ")[-2]
    folder = text_of(call.keywords.get("cwd") or constant("")).rstrip("/")
    for path in saved_files.saved(line):
        machine.files[kept_key(machine, path)] = made = _received(machine, call, text)
        if folder and not text_of(path).startswith(("/", "~", HOLE)):
            machine.files[f"{folder}/{text_of(path)}"] = made


def _received(machine: Analyser, call: Call, text: str) -> Value:
    return Value("", NOTHING, machine.origin("received", text[:80], call.line))


_SPREADS = expression(r"(?:^|[/ ])(?:ssh|scp|sftp|rsync|ssh-copy-id|pssh|parallel-ssh|ansible)\s")


def flows(machine: Analyser, line: CommandLine) -> None:
    """Notes what the labels of the words tell: commands from the network, hidden commands, files that are run."""
    call, head, parts = line.call, line.head, line.parts
    taint = head.taint.union(*(part.taint for part in parts))
    chain = machine.chain(taint, call.ref, call.line)
    deciding = deciding_part(line)
    if deciding is None or not has(deciding.taint, "received"):
        deciding = carriers.carried(call, parts, machine.variables.items()) or deciding
    summaries.note_wanted(machine, taint)
    if deciding is not None:
        summaries.note_take(machine, deciding.taint, Take("runs-command", call.ref, layers=hiding(head.layers)))
        if has(deciding.taint, "received"):
            detail = "a command from the network is run"
            from_network(machine, call, deciding.taint, "remote-control", detail, chain=chain, silent=line.silent)
        elif requested.ran(machine, call, deciding.taint, "run as a command"):
            pass
        elif has(deciding.taint, "model-answer"):
            detail = "a model's answer says which command is run"
            machine.fact("executes", call.node, source="model-answer", sink=call.ref, detail=detail)
    _hidden(machine, line, taint, deciding, chain)
    programs.worked(machine, call, line.text, taint | _input_taint(call))
    if has(taint, "neighbour") and _SPREADS.search(line.text):
        detail = "a program goes on to the machines that SSH knows"
        machine.fact("opens-host", call.node, sink=call.ref, silent=False, detail=detail)
    started = launched(parts)
    for place, part in enumerate(parts[:MAX_PARTS]):
        _word(machine, line, place, part, started)
    _module(machine, line)
    if len(parts) == 1:
        _one_line(machine, line)


def _hidden(machine: Analyser, line: CommandLine, taint: Taint, deciding: Value | None, chain: tuple[str, ...]) -> None:
    """Notes a command that was decoded: from a constant, a data file of the package, or an argument of the function."""
    call, head = line.call, line.head
    if hiding(head.layers) and (head.known or has(taint, "encoded")):
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=hiding(head.layers),
            decoded=safe(line.text),
            silent=line.silent,
            detail="an encoded command is run",
            chain=chain,
        )
        return
    if len(line.parts) > 1 and is_python(line.parts[0]) and _is_of_data(line.parts[1]):
        detail = "Python is started with arguments out of a data file of the package"
        fields = {"source": "encoded", "sink": call.ref, "silent": line.silent, "chain": chain}
        machine.fact("runs-decoded", call.node, detail=detail, **fields)
    if line.text.startswith(HOLE + " ") and has(taint, "encoded") and machine.path.rpartition("/")[2] == "setup.py":
        detail = "a command that stands in a file of the package is run"
        fields = {"source": "encoded", "sink": call.ref, "silent": line.silent, "chain": chain}
        machine.fact("runs-decoded", call.node, detail=detail, **fields)
    unheard = line.silent or (call.node is machine.ignored_result and is_captured(call))
    if deciding is not None and (layers := hiding(deciding.layers)) and has(deciding.taint, "parameter"):
        detail = f"a command that is hidden in what it is given is run{' unheard' * unheard}"
        fields = {"sink": call.ref, "source": "parameter", "hidden": True, "silent": unheard, "chain": chain}
        machine.fact("runs-decoded", call.node, detail=detail, layers=layers, variant="command", **fields)


def _is_of_data(part: Value) -> bool:
    """Is the whole word the content of a data file?"""
    return text_of(part) == HOLE and any(one.startswith("encoded:data file ") for one in part.taint)


def _word(machine: Analyser, line: CommandLine, place: int, part: Value, started: int) -> None:
    """Follows one word of a command: a file that this module wrote or ships, or code. started: as from `launched`."""
    call, parts, silent = line.call, line.parts, line.silent
    is_code = place > 0 and text_of(parts[place - 1]) == "-c"
    written = content_of(machine, part)
    copied = written is not None and machine.files.get(file_key(part)) is written and _is_copy(written)
    if written is not None and copied:
        part = Value(part.ref, part.const, part.taint | written.taint, part.text, part.layers)
        written = None
    only_read = is_settings(parts, place) or is_shown(line, place) or is_converted(line, place)
    only_read = only_read or (written is not None and is_requirements(parts, place, written))
    if written is not None and (place in {0, started} or runs_its_argument(line.program)) and not only_read:
        ran_file(machine, call, written, part, silent)
    elif has(part.taint, "package-file"):
        if place == 0 and len(parts) == 1 and not copied and only_arguments_unknown(line.text):
            return
        if place == 0:
            bundled(machine, call, part, silent, "a file of the package")
        elif is_runtime(line.program) or is_shell(line.program):
            bundled(machine, call, part, silent, "a script of the package in another language")
        elif not is_code and not only_processes(line.program) and not (is_converted(line, place) or is_filled(line, place)):
            bundled(machine, call, part, silent, "a script of the package", script_before(parts, place))
    if is_code and isinstance(part.const, str | bytes):
        _python_code(machine, line, part)


def _is_copy(written: Value) -> bool:
    """Is this the content of a file of the package, as it was shipped?"""
    return has(written.taint, "package-file") and not (written.known or written.layers or has(written.taint, *_BROUGHT))


_BROUGHT = frozenset({"received", "encoded"})


def _input_taint(call: Call) -> Taint:
    """The labels of the input and of the environment that a program is given."""
    given = [call.keywords[name] for name in ("input", "stdin") if name in call.keywords]
    env = call.keywords.get("env")
    return taint_of(*given, *((env.keys or {}).values() if env is not None else ()))


_MODULE = expression(r"^\S{1,300} (?:-\w{1,9} ){0,4}?-m ?(?P<name>[\w.]{1,200})(?= |$)")


def _module(machine: Analyser, line: CommandLine) -> None:
    """Follows a module that this module wrote to a file, where `python -m` starts it."""
    found = _MODULE.match(line.text)
    if found is None or not (is_python(line.parts[0]) or is_python(constant(line.text.partition(" ")[0]))):
        return
    path = "/" + found["name"].replace(".", "/")
    ends = (f"{path}.py", f"{path}/__main__.py", f"{path}/__init__.py")
    for place, written in list(machine.files.items()):
        if f"/{place}".endswith(ends):
            ran_file(machine, line.call, written, constant(place), line.silent)


def _one_line(machine: Analyser, line: CommandLine) -> None:
    """Follows the code of `python -c`, or a file that this module wrote, in a line for a shell. An unknown interpreter (such
    as `sys.executable`) counts where the content of the file is known."""
    if code := python_in(line.text):
        machine.run_text(code, line.head.layers, line.call.line)
    words = _WORDS.findall(line.text)[:MAX_PARTS]
    for place, word in enumerate(words):
        written = machine.files.get(word.removeprefix("./"))
        if written is None or len(word.replace(HOLE, "")) < 3:
            continue
        program = next((one for one in words[:place][::-1] if not one.startswith("-")), "")
        if (not place and words[1:]) or runs_its_argument(constant(program)) or (program == HOLE and written.known):
            ran_file(machine, line.call, written, constant(word), line.silent)


def _python_code(machine: Analyser, line: CommandLine, code: Value) -> None:
    """Follows the code behind `-c` as Python, unless the program is a shell."""
    if is_shell(line.program):
        return
    call = line.call
    if hiding(code.layers):
        machine.fact(
            "runs-decoded",
            call.node,
            sink=call.ref,
            layers=hiding(code.layers),
            decoded=safe(text_of(code)),
            detail="encoded text is run by another Python",
        )
    with as_child(machine, call):
        machine.run_text(code.const, code.layers, call.line)
