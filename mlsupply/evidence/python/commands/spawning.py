"""Commands: a program is started, or given input or instructions; what its command line does, and where the text of it comes
from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import Take
from mlsupply.evidence.python import summaries
from mlsupply.evidence.python.commands import programs
from mlsupply.evidence.python.commands.run_facts import bundled, from_network, noted, ran_file
from mlsupply.evidence.python.commands.shell import Deed, commanded, deeds, python_in
from mlsupply.evidence.python.interpreter.machine import has
from mlsupply.evidence.python.libraries import writing
from mlsupply.evidence.python.libraries.storage import content_of
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Taint, Value, command_text, constant, taint_of, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.calls import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_SHELLS = expression(r"(?:^|[/\\])(?:ba|z|da|k|a)?sh$|(?:^|[/\\])(?:cmd|powershell|pwsh)(?:\.exe)?$", re.IGNORECASE)
_PYTHON = expression(r"(?:^|[/\\])python[\d.]*w?(?:\.exe)?$", re.IGNORECASE)
_RUNTIMES = expression(r"(?:^|[/\\])(?:node|bun|deno)(?:\.exe)?$", re.IGNORECASE)
_PIP = expression(
    r"(?:^|[ /])(?:(?:pip3?|uv pip|uv|npm|pnpm|yarn) (?:-\S+ ){0,6}(?:install|add|i)|"
    r"npx|bunx|uvx|pipx run|(?:pnpm|yarn) dlx)\b(?P<rest>[^\n]{0,200})"
)


_BUILDS = expression(r"^(?:npm|pnpm|yarn|bun|npx|node|deno)(?:\.cmd|\.exe)?\s+\S")
# Builders and readers work on what they are given; they do not run it.
_MAKERS = expression(
    r"(?:^|[/\\])(?:cmake|make|gmake|nmake|ninja|meson|scons|bazel|cargo|maturin|rustc|go|gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?|nvcc|cl|msbuild|"
    r"swig|cython|protoc|nasm|ar|ld|ldd|strip|patch|patchelf|readelf|objdump|objcopy|nm|otool|install_name_tool|codesign|lipo|tar|unzip|git|ls|cat|cp|du|file|diff|grep|sha256sum)(?:\.exe)?$"
)
_MAX_PARTS = 1_000  # words of a command that are looked at
_MAKES = expression(r"(?:^|/)[^/]*(?:setup|build)[^/]*\.py$")  # what builds a package may well build its scripts


def command(machine: Analyser, call: Call) -> Value:
    """A program is started."""
    head = call.arg(0, "args", "cmd", "command", "file", "path")
    if head is None:
        return Value()
    call, head = _spelt_out(call, head)
    parts = parts_of(head)
    if "_exec" in call.ref:
        head = folding.listed(call.args)
    if "spawn" in call.ref or "exec" in call.ref or call.ref.startswith("pexpect"):
        given = call.args[1:] if call.ref.startswith("os.spawn") else call.args  # there a mode comes first
        parts = [item for arg in given for item in parts_of(arg)]
        if call.ref.startswith(("os.spawn", "os.exec", "os.posix_spawn")) and len(parts) > 1:
            parts = [parts[0], *parts[2:]]  # the file, then what the program is told it is called
            head = folding.listed(parts)
        parts = parts or [head]
    text = " ".join(text_of(part) for part in parts) if len(parts) > 1 else command_text(head)
    silent = machine.silent > 0 or _silent(call) or _UNHEARD.search(text) is not None
    fields = {"sink": call.ref, "silent": silent}
    machine.fact("runs-command", call.node, detail=safe(text.replace(HOLE, "…"), 160), **fields)
    stdin = call.keywords.get("input")
    fetched(machine, call, text)
    programs.redirected(machine, call, text)
    made = Value(call.ref + "()", NOTHING, programs.printed(machine, call, text), text)
    made.items = parts
    found_deeds = deeds(_script(parts)) or deeds(text)
    found_deeds = [deed for deed in found_deeds if not (_is_bare(deed) and _is_by_itself(machine, call, text))]
    fetches = any(deed.behaviour == "runs-downloaded" for deed in found_deeds)
    for deed in found_deeds:
        told = deed._replace(source="received") if fetches and deed.behaviour == "persists" else deed
        if deed.behaviour == "persists" and (stdin is not None or len(parts) > 1):
            placed = [stdin] if stdin is not None else [content_of(machine, part) for part in parts[1:_MAX_PARTS]]
            told = deed._replace(source="received") if any(map(writing.holds_code, filter(None, placed))) else told
        noted(machine, call, told, silent, head)
    flows(machine, call, head, parts, text, silent)
    if stdin is not None:
        fed(machine, call, parts, stdin)
    where = call.keywords.get("cwd")
    if where is not None and has(where.taint, "package-file") and _BUILDS.search(text) and not _MAKES.search(machine.path):
        machine.fact(
            "runs-bundled", call.node, source="package-file", detail="scripts of the package's own folder", **fields
        )
    for content, path in programs.led(machine, call, text):
        ran_file(machine, call, content, constant(path), silent)
    if (found := _PIP.search(text)) and (named := _installed(parts)) is not None:
        machine.fact(
            "runs-downloaded",
            call.node,
            source="received",
            detail="a package the network names is installed",
            chain=machine.chain(named.taint, call.ref, call.line),
            **fields,
        )
    if found:
        set_by_user = any("://" in text_of(part) and has(part.taint, "variable") for part in parts)
        foreign = "git+" in found["rest"] or ("://" in found["rest"] and not set_by_user)
        machine.fact(
            "installs-package",
            call.node,
            detail=safe(found[0].replace(HOLE, "…"), 120),
            destination="fixed" if foreign else "",
            asked=machine.missing > 0,
            **fields,
        )
    return made


_INTERACTIVE = expression(r"(?:ba)?sh -i", re.IGNORECASE)
_REMOTE = expression(
    r"socket|connect|recv|telnet|paramiko|\bssl\b|https?\b|requests\.|urllib|websockets?\b|open_tunnel|zmq|grpc|mqtt|pusher|redis|"
    r"discord|telegram|slack|__import__|import_module|exec\(|eval\(",
    re.IGNORECASE,
)


def _is_bare(deed: Deed) -> bool:
    """Is it told from nothing but that a shell is interactive?"""
    return _INTERACTIVE.fullmatch(deed.text) is not None


_HERE = expression(r"subprocess\.(?:PIPE|STDOUT|DEVNULL)$|(?:pty|os)\.openpty\(\)")


def _is_by_itself(machine: Analyser, call: Call, text: str) -> bool:
    """Is an interactive shell tied to nothing: does it get pipes or a terminal made here, its line lead nowhere, and the
    module not speak of what is elsewhere? A terminal for those who are at this machine starts one so."""
    ends = [call.keywords[name] for name in ("stdin", "stdout", "stderr") if name in call.keywords]
    if any(sign in text for sign in "<>|") or not all(end.known or _HERE.match(end.ref) for end in ends):
        return False
    return not any(map(_REMOTE.search, machine.lines))


def _spelt_out(call: Call, head: Value) -> tuple[Call, Value]:
    """The call and the command it starts where that does not come first, or is a program that runs in this process."""
    if call.ref.startswith("asyncio.") and ".subprocess_" in call.ref:
        call = call._replace(args=call.args[1:])  # there a protocol comes first
        head = call.args[0] if call.args else Value()
    if call.ref.startswith(("pip.", "setuptools.command.easy_install")):
        head = folding.listed([constant("pip" if "pip" in call.ref else "pip install"), *parts_of(head)])
    return call, head


def parts_of(head: Value) -> list[Value]:
    """The arguments of a command, or the one text it is."""
    return folding.items_of(head) if not isinstance(head.const, str | bytes) and (head.items or head.known) else [head]


def _installed(parts: list[Value]) -> Value | None:
    """A package to install whose whole name the network gave."""
    named = parts if len(parts) > 1 else []
    return next((part for part in named if text_of(part) == HOLE and has(part.taint, "received")), None)


_CLONED = expression(r"\bgit clone (?:-\S+ (?:\d+ )?)*(?:https?|git|ssh)\S{3,300} (?P<folder>[\w.~/\0\\-]{2,200})")
_SHOT = expression(
    r"\b(?:scrot|screencapture|gnome-screenshot|spectacle|grim|maim|import -window root|x11grab|gdigrab|avfoundation)\b"
    r"[^\n]{0,200}?((?:\S{2,200}\.(?:png|jpe?g|mp4|mkv)|/\S{2,200}))"
)
_SAVED = expression(
    r"\b(?:curl|wget)\b[^\n|;&]{0,300}?\s(?:-o|-O|--output|--output-document)[ =]?(?P<file>[\w.~/\\-]{2,200})|"
    r"\b(?:bitsadmin|certutil)\b[^\n|;&]{0,200}?https?://\S{3,300} [\"']?(?P<saved>[\w.~/\\:%\0-]{3,200})"
)


def fetched(machine: Analyser, call: Call, text: str) -> None:
    """What a command line leaves on the disk came from the network."""
    if (shot := _SHOT.search(text)) is not None:
        machine.files[shot.group(1)] = Value("", NOTHING, machine.origin("screen", text[:40], call.line))
    for pattern in (_CLONED, _SAVED):
        if (found := pattern.search(text)) is not None:
            made = Value("", NOTHING, machine.origin("received", text[:80], call.line))
            machine.files[found.group(1) or found.group(2)] = made
            if pattern is _CLONED:
                machine.folders.append(found.group(1))
                machine.pointed["git"] = found[0].split(" ")[-2]
                machine.files[found.group(1) + "/"] = made


def _script(parts: list[Value]) -> str:
    """What follows `-c` in the arguments of a shell."""
    if len(parts) < 3 or not _SHELLS.search(text_of(parts[0])):
        return ""
    flags = [place for place, part in enumerate(parts[:-1]) if re.fullmatch(r"-\w{0,3}c|/[cC]|-[cC]ommand", text_of(part))]
    return " ".join(text_of(part) for part in parts[flags[0] + 1 :]) if flags else ""


def flows(machine: Analyser, call: Call, head: Value, parts: list[Value], text: str, silent: bool) -> None:
    """What the origin of the command and its arguments says."""
    taint = head.taint.union(*(part.taint for part in parts))
    chain = machine.chain(taint, call.ref, call.line)
    told = _told(head, parts)
    _wanted(machine, call, head, told, taint)
    if told is not None and has(told.taint, "received"):
        said = "a command from the network is run"
        from_network(machine, call, told.taint, "remote-control", said, chain=chain, silent=silent)
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
    else:
        _told_in_file(machine, call, text, taint, silent=silent)
        if silent:
            _told_unheard(machine, call, told, chain)
    programs.worked(machine, call, text, taint | _handed(call))
    started = _launched(parts) if parts else 0
    for place, part in enumerate(parts[:_MAX_PARTS]):
        is_code = place > 0 and text_of(parts[place - 1]) == "-c"
        written = content_of(machine, part)
        told_only = _is_told(parts, place) or (written is not None and _is_list(parts, place, written))
        if written is not None and (place in {0, started} or _runs_its_argument(parts[0])) and not told_only:
            ran_file(machine, call, written, part, silent)
        elif place == 0 and has(part.taint, "package-file"):
            bundled(machine, call, part, silent, "a file of the package")
        elif (
            place
            and has(part.taint, "package-file")
            and (_RUNTIMES.search(text_of(parts[0])) or _SHELLS.search(text_of(parts[0])))
        ):
            bundled(machine, call, part, silent, "a script of the package in another language")
        elif place and has(part.taint, "package-file") and not is_code and not _MAKERS.search(text_of(parts[0])):
            bundled(machine, call, part, silent, "a script of the package", _handed_to(parts, place))
        if is_code and isinstance(part.const, str):
            _dash_c(machine, call, parts, part)
    if len(parts) == 1:
        _one_line(machine, call, head, text, silent)


def _wanted(machine: Analyser, call: Call, head: Value, told: Value | None, taint: Taint) -> None:
    """Neighbours are asked for what the command is made of, and told what this function does with it."""
    summaries.wanted(machine, taint)
    if told is not None:
        summaries.passed_on(machine, told.taint, Take("runs-command", call.ref, layers=hiding(head.layers)))


def _told_in_file(machine: Analyser, call: Call, text: str, taint: Taint, *, silent: bool) -> None:
    """An installation starts a program that only a data file of the package names."""
    if text.startswith(HOLE + " ") and has(taint, "encoded") and machine.path.rpartition("/")[2] == "setup.py":
        fields = {
            "source": "encoded",
            "sink": call.ref,
            "silent": silent,
            "chain": machine.chain(taint, call.ref, call.line),
        }
        said = "a command that stands in a file of the package is run"
        machine.fact("runs-decoded", call.node, detail=said, **fields)


def _told_unheard(machine: Analyser, call: Call, told: Value | None, chain: tuple[str, ...]) -> None:
    """A command whose output nobody sees is decoded from what the function is given."""
    if told is not None and (layers := hiding(told.layers)) and has(told.taint, "parameter"):
        fields = {"sink": call.ref, "source": "parameter", "hidden": True, "silent": True, "layers": layers, "chain": chain}
        said = "a command that is hidden in what it is given is run unheard"
        machine.fact("runs-decoded", call.node, detail=said, **fields)


_SETTINGS = expression(r"\.(?:ya?ml|toml|json|cfg|ini|csv)$")


def _is_told(parts: list[Value], place: int) -> bool:
    """Is this a file of settings behind the script that an interpreter runs?"""
    before = [text_of(part) for part in parts[1:place]]
    return any(not one.startswith("-") for one in before) and _SETTINGS.search(text_of(parts[place])) is not None


def _handed_to(parts: list[Value], place: int) -> str:
    """The name of the script of the package that Python runs and tells of this file; "" where it may be the script."""
    before = next((text_of(part) for part in parts[1:place] if not text_of(part).startswith("-")), "")
    is_python = parts[0].ref.startswith("sys.executable") or _PYTHON.search(text_of(parts[0])) is not None
    name = before.rpartition("/")[2]
    return name if is_python and name.endswith(".py") and HOLE not in name else ""


_LISTS = frozenset({"-r", "--requirement", "-c", "--constraint"})


def _is_list(parts: list[Value], place: int, written: Value) -> bool:
    """Is this a list that pip reads, made of one that the package holds in plain text? One that was hidden or fetched is
    told as what it brings."""
    pip = [text_of(part) for part in parts[1:3]] == ["-m", "pip"] and place > 3 and text_of(parts[place - 1]) in _LISTS
    return pip and not hiding(written.layers) and not has(written.taint, "received")


def _handed(call: Call) -> Taint:
    """Where its input comes from, and the variables that are set for it alone."""
    given = [call.keywords[name] for name in ("input", "stdin") if name in call.keywords]
    env = call.keywords.get("env")
    return taint_of(*given, *((env.keys or {}).values() if env is not None else ()))


_WORDS = expression(r"[^\s\"'&|;<>]+")


def _one_line(machine: Analyser, call: Call, head: Value, text: str, silent: bool) -> None:
    """A line for a shell holds Python, or starts a file this module wrote through an interpreter. Where the interpreter is
    not known (`sys.executable` in the line), only what is written here is followed."""
    if code := python_in(text):
        machine.inner(code, head.layers, call.line)
    words = _WORDS.findall(text)[:_MAX_PARTS]
    for place, word in enumerate(words[1:], 1):
        written = machine.files.get(word)
        if written is None or len(word.replace(HOLE, "")) < 3:
            continue
        program = next((one for one in words[:place][::-1] if not one.startswith("-")), "")
        if _runs_its_argument(constant(program)) or (program == HOLE and written.known):
            ran_file(machine, call, written, constant(word), silent)


def _runs_its_argument(program: Value) -> bool:
    """Is this an interpreter, or a program that starts another?"""
    name = text_of(program)
    if program.ref.startswith("sys.executable") or _PYTHON.search(name) or _SHELLS.search(name) or _RUNTIMES.search(name):
        return True
    return bool(
        re.search(
            r"(?:^|/)(?:sudo|nohup|setsid|env|open|start|xdg-open|rundll32|java|perl|ruby|php|[wc]script(?:\.exe)?)$", name
        )
    )


_LAUNCHERS = expression(
    r"(?:^|/)(?:nice|ionice|taskset|timeout|stdbuf|chrt|systemd-run|nohup|setsid|sudo|doas|env|unshare|chroot|xvfb-run|start|time)$"
)


def _launched(parts: list[Value]) -> int:
    """The place of the program that is run by a program which starts others; 0 where it is no such one."""
    if not _LAUNCHERS.search(text_of(parts[0])):
        return 0
    rest = enumerate(parts[1:_MAX_PARTS], 1)
    return next((at for at, part in rest if not re.match(r"-|\d|\w+=", text_of(part))), 0)


def _told(head: Value, parts: list[Value]) -> Value | None:
    """The part of a command that says what is done: the program, what follows `-c`, or a whole shell line; None where it
    is a path written here, only parts of which come from elsewhere."""
    if isinstance(head.const, str | bytes) or (head.items is None and not head.known):
        text = text_of(head)
        asked = re.match(r"[a-z+]{2,20}://", text) is not None and has(
            head.taint, "received"
        )  # what a client gave, by its address
        return head if (text.startswith(HOLE) and "/" not in text) or asked else None
    for place, part in enumerate(parts[:-1]):
        if re.fullmatch(r"-\w{0,3}c|/[cC]|-[cC]ommand|-e|-r|--eval", text_of(part)):
            shell = place == 1 and _SHELLS.search(text_of(parts[0])) is not None
            return parts[place + 1] if not shell or commanded(text_of(parts[place + 1])) else None
    named = bool(parts) and text_of(parts[0]) == HOLE and not parts[0].ref.startswith("pathlib.")  # a path leads to a file
    return parts[0] if named else None


def _dash_c(machine: Analyser, call: Call, parts: list[Value], code: Value) -> None:
    if not _SHELLS.search(text_of(parts[0])):
        before, machine.told = machine.told, machine.told | taint_of(*parts) | _handed(call)
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
        machine.told = before


_DEVNULL = -3  # of `subprocess`
_UNHEARD = expression(r">\s?(?:/dev/null|nul\b)", re.IGNORECASE)


def _silent(call: Call) -> bool:
    """Is what it prints thrown away, or is it let loose from this process?"""
    quiet = any(
        call.keywords[name].ref == "subprocess.DEVNULL"
        or call.keywords[name].const == _DEVNULL
        or "devnull" in text_of(call.keywords[name])
        for name in ("stdout", "stderr")
        if name in call.keywords
    )
    hidden_window = any(name in call.keywords for name in ("creationflags", "startupinfo"))
    detached = any(call.keywords[name].const is True for name in ("start_new_session",) if name in call.keywords)
    return quiet or hidden_window or detached or "preexec_fn" in call.keywords


_READABLE = expression(r"[ -~\s]{6}")  # what a program is told in its own language, and no head of a message


def fed(machine: Analyser, call: Call, parts: list[Value], stdin: Value) -> None:
    """Text is fed to a program's standard input."""
    program = text_of(parts[0]) if parts else ""
    programs.worked(machine, call, " ".join(text_of(part) for part in parts), stdin.taint)
    summaries.wanted(machine, stdin.taint)
    if has(stdin.taint, "received") and parts and _runs_its_argument(parts[0]):
        page = any(one.startswith(("received:http://", "received:https://")) for one in stdin.taint)  # fetched, not awaited
        behaviour = "remote-control" if _SHELLS.search(program) and not page else "runs-downloaded"
        told = "what the network gives is fed to " + ("a shell" if _SHELLS.search(program) else "an interpreter")
        machine.fact(behaviour, call.node, source="received", sink=call.ref, detail=told)
    if isinstance(stdin.const, str | bytes):
        text = stdin.const if isinstance(stdin.const, str) else stdin.const.decode("utf-8", "replace")
        if hiding(stdin.layers) and _READABLE.search(text):
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
