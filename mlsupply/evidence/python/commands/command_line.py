"""A command line: its words, and which of them is the program, the code it is given, or only an argument."""

from __future__ import annotations

import re
from itertools import pairwise

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.commands.shell import commanded
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, Value, command_text, constant, text_of
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

MAX_PARTS = 1_000  # words of a command that are looked at

_SHELL = expression(r"(?:^|[/\\])(?:ba|z|da|k|a)?sh$|(?:^|[/\\])(?:cmd|powershell|pwsh)(?:\.exe)?$", re.IGNORECASE)
_PYTHON = expression(r"(?:^|[/\\])python[\d.]*w?(?:\.exe)?$", re.IGNORECASE)
_RUNTIME = expression(r"(?:^|[/\\])(?:node|bun|deno)(?:\.exe)?$", re.IGNORECASE)
_STARTER = expression(
    r"(?:^|/)(?:sudo|nohup|setsid|env|open|start|xdg-open|rundll32|java|perl|ruby|php|[wc]script(?:\.exe)?)$"
)
_LAUNCHER = expression(
    r"(?:^|/)(?:nice|ionice|taskset|timeout|stdbuf|chrt|systemd-run|nohup|setsid|sudo|doas|env|unshare|chroot|xvfb-run|start|time)$"
)
# Programs that build, copy or print the files they are given, and do not run them.
_DATA_PROGRAM = expression(
    r"(?:^|[/\\])(?:cmake|make|gmake|nmake|ninja|meson|scons|bazel|cargo|maturin|rustc|go|gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?|nvcc|cl|msbuild|"
    r"swig|cython|protoc|pgen|bison|re2c|ragel|flex|nasm|gfortran|hipcc|glslc|msgfmt|windres|ar|ld|ldd|strip|patch|patchelf|readelf|objdump|objcopy|nm|otool|install_name_tool|codesign|lipo|tar|unzip|git|ls|cat|cp|du|file|diff|grep|sha256sum)(?:\.exe)?$"
)
# Programs that open a file by its suffix, at their usual place; and pictures, which no viewer runs.
_VIEWER = expression(r"^(?:(?:/usr)?/bin/)?(?:open|xdg-open)$")
_PICTURE = expression(r"\.(?:png|jpe?g|gif|bmp|webp|tiff?)$", re.IGNORECASE)
# Modules that convert, check or print the file they are given (`python -m`).
_READER = frozenset(
    {
        "ast", "black", "codespell_lib", "compileall", "dis", "isort", "json.tool", "nbconvert", "py_compile", "ruff",
        "tokenize", "twine",
    }
)  # fmt: skip
# Those of them that no option makes run anything.
_ONLY_READER = frozenset({"ast", "codespell_lib", "compileall", "dis", "json.tool", "py_compile", "ruff", "tokenize"})
_EXECUTES = expression(r"(?i)-.*(?:execute|config|template|processor|post|writer|exporter)|--to=.*\.")
_SSH = expression(r"(?:^|[/\\])ssh(?:\.exe)?$")
# Signs that SSH runs something on this machine: a local command, or itself as the other end.
_RUNS_HERE = expression(r"(?i)(?:Proxy|Local|KnownHosts)Command|\blocalhost\b|\b127\.\d|(?<![\w:])::1\b|\b0\.0\.0\.0\b")
_SETTINGS = expression(r"\.(?:ya?ml|toml|json|cfg|ini|csv)$")
_REQUIREMENTS = frozenset({"-r", "--requirement", "-c", "--constraint"})
_DEVNULL = -3  # of `subprocess`
_DISCARDED = expression(r">\s?(?:/dev/null|nul\b)", re.IGNORECASE)


_NAMED_PROGRAM = expression(r"(?:sh|plumbum\.cmd)\.(\w+)")  # libraries with a function for each program
_OF_WINDOWS = expression(r"\.(?:ShellExecute|CreateProcess)[AW]?$")
_SHOWS = expression(r"\.(?:ShellExecute[AW]?|WinExec)$")  # whether there is a window is their last argument
_FILE_AND_LIST = expression(r"twisted\.internet\.utils\.")  # (program, list of arguments)


class CommandLine(NamedTuple):
    """A command that is started. call: the call that starts it; head: the argument with the command; parts: its words, or
    the whole line as one; text: the whole line, HOLE for unknown parts; silent: does nobody see its output?"""

    call: Call
    head: Value
    parts: list[Value]
    text: str
    silent: bool

    @property
    def program(self) -> Value:
        """The first word."""
        return self.parts[0]


def command_line(call: Call, head: Value, *, silent: bool) -> CommandLine:
    """The command line that a call starts. head: the argument with the command; silent: does the code around the call
    swallow errors or output?"""
    call, head = _normalised(call, head)
    if know.CLIENTS.match(head.ref) and not head.known:
        head = Value(head.ref, head.const, head.taint, layers=head.layers)  # without the address of the client that gave it
    parts = parts_of(head)
    if "_exec" in call.ref:
        head = folding.listed(call.args)
    if "spawn" in call.ref or "exec" in call.ref or call.ref.startswith("pexpect"):
        given = call.args[1:] if call.ref.startswith("os.spawn") else call.args  # the first argument is a mode
        parts = [item for arg in given for item in parts_of(arg)]
        if call.ref.startswith(("os.spawn", "os.exec", "os.posix_spawn")) and len(parts) > 1:
            parts = [parts[0], *parts[2:]]  # the second word is only `argv[0]`
            head = folding.listed(parts)
        parts = parts or [head]
    text = " ".join(text_of(part) for part in parts) if len(parts) > 1 else command_text(head)
    return CommandLine(call, head, parts, text, silent or _is_silent(call) or _DISCARDED.search(text) is not None)


def _normalised(call: Call, head: Value) -> tuple[Call, Value]:
    """(call, head) as if the command came first, for functions with another order of arguments or a fixed program."""
    if call.ref.startswith("asyncio.") and ".subprocess_" in call.ref:
        call = call._replace(args=call.args[1:])  # the first argument is a protocol
        head = call.args[0] if call.args else Value()
    # (text, command) and (protocol, path, words)
    place = 1 if call.ref.endswith(("filepager", "pipepager")) else 2 if call.ref.endswith(".spawnProcess") else 0
    if place:
        head = call.args[place] if len(call.args) > place else head
        call = call._replace(args=call.args[1:])
    if _OF_WINDOWS.search(call.ref) and len(call.args) > 1:
        head = _of_windows(call)
    if (named := _NAMED_PROGRAM.fullmatch(call.ref)) is not None:
        head = folding.listed([constant(named[1]), *(item for arg in call.args for item in parts_of(arg))])
    if _FILE_AND_LIST.match(call.ref) and len(call.args) > 1:
        head = folding.listed([head, *parts_of(call.args[1])])
    if call.ref.startswith(("pip.", "setuptools.command.easy_install", "ensurepip.")):
        head = folding.listed([constant("pip" if "pip" in call.ref else "pip install"), *parts_of(head)])
    return call, head


def _of_windows(call: Call) -> Value:
    """The command of `ShellExecute(window, verb, file, parameters, ...)` or `CreateProcess(program, line, ...)`."""
    named = call.args[2:4] if "ShellExecute" in call.ref else call.args[:2]
    given = [value for value in named if value.const not in (None, 0, "")]
    return folding.listed(given) if len(given) > 1 else given[0] if given else call.args[0]


def is_captured(call: Call) -> bool:
    """Is the output returned to the code that starts the program, so that only this can show it?"""
    if call.ref.endswith((".popen", ".check_output", ".getoutput", ".getstatusoutput")):
        return True
    given = call.keywords.get("capture_output")
    return (given is not None and given.const is True) or any(
        call.keywords[name].ref == "subprocess.PIPE" for name in ("stdout", "stderr") if name in call.keywords
    )


def _is_silent(call: Call) -> bool:
    """Is the output discarded, the window hidden, or the program detached from this process?"""
    quiet = any(
        call.keywords[name].ref == "subprocess.DEVNULL"
        or call.keywords[name].const == _DEVNULL
        or "devnull" in text_of(call.keywords[name])
        for name in ("stdout", "stderr")
        if name in call.keywords
    )
    hidden_window = any(name in call.keywords for name in ("creationflags", "startupinfo"))
    if _SHOWS.search(call.ref) and call.args:
        hidden_window = call.args[-1].const == 0  # SW_HIDE
    detached = "start_new_session" in call.keywords and call.keywords["start_new_session"].const is True
    return quiet or hidden_window or detached or "preexec_fn" in call.keywords


def parts_of(head: Value) -> list[Value]:
    """The words of a command that is a list; a command that is one text, as the only word."""
    return folding.items_of(head) if not isinstance(head.const, str | bytes) and (head.items or head.known) else [head]


def script_of(parts: list[Value]) -> str:
    """The script behind `-c` in the words of a shell, as one text; "" for any other command."""
    if len(parts) < 3 or not is_shell(parts[0]):
        return ""
    flags = [place for place, part in enumerate(parts[:-1]) if re.fullmatch(r"-\w{0,3}c|/[cC]|-[cC]ommand", text_of(part))]
    return " ".join(text_of(part) for part in parts[flags[0] + 1 :]) if flags else ""


def deciding_part(line: CommandLine) -> Value | None:
    """The part that decides what runs, where it is not constant: the program, the code behind `-c`, or a whole line for a
    shell. None where the unknown parts are only arguments or parts of a path."""
    head, parts = line.head, line.parts
    if isinstance(head.const, str | bytes) or (head.items is None and not head.known):
        text = text_of(head)
        # the text is only the address that the command was fetched from
        fetched = re.match(r"[a-z+]{2,20}://", text) is not None and has(head.taint, "received")
        return head if (text.startswith(HOLE) and "/" not in text) or fetched else None
    for place, part in enumerate(parts[:-1]):
        if _CODE_NEXT.fullmatch(text_of(part)) and not _is_option(parts, place):
            shell = place == 1 and is_shell(parts[0])
            return parts[place + 1] if not shell or commanded(text_of(parts[place + 1])) else None
    named = bool(parts) and text_of(parts[0]) == HOLE and not parts[0].ref.startswith("pathlib.")  # a `Path` names a file
    return parts[0] if named else None


_CODE_NEXT = expression(r"-(?!exec)\w{0,3}c|/[cC]|-[cC]ommand|-e|-r|--eval")
# Programs for which `-c`, `-e` or `-r` take a setting, name, pattern or count, and no code.
_SETTER = expression(
    r"(?:^|[/\\])(?:docker|podman|nerdctl|kubectl|oc|conda|mamba|micromamba|curl|wget|grep|rg|ping|ffmpeg|ffprobe|tar)(?:\.exe)?$"
)
# Settings of git that start nothing, unlike `core.sshCommand` or `alias.*`.
_OF_GIT = expression(r"(?:http|user|advice|color|safe|protocol)\.[\w\0]")
# Commands of git for which `-e` and `-r` take no code.
_PLAIN_GIT = frozenset({"add", "branch", "cat-file", "commit", "diff-tree", "grep", "ls-tree", "pull", "rm"})


def _is_option(parts: list[Value], place: int) -> bool:
    """Does the flag at `place` take an option of the program, and no code? It takes code where a shell, an interpreter or an
    unknown word stands between program and flag."""
    program = text_of(parts[0])
    if _is_pip(parts) and text_of(parts[place]) in _REQUIREMENTS:
        return True
    if program.endswith(("git", "git.exe")):
        asks = text_of(parts[place]) in {"-e", "-r"} and text_of(parts[1]) in _PLAIN_GIT
        return asks or _OF_GIT.match(text_of(parts[place + 1])) is not None
    between = parts[1:place]
    return _SETTER.search(program) is not None and not any(runs_its_argument(one) or text_of(one) == HOLE for one in between)


def launched(parts: list[Value]) -> int:
    """The place of the program that a launcher (`nice`, `timeout`) runs; 0 for any other command."""
    if not parts or not _LAUNCHER.search(text_of(parts[0])):
        return 0
    rest = enumerate(parts[1:MAX_PARTS], 1)
    return next((at for at, part in rest if not re.match(r"-|\d|\w+=", text_of(part))), 0)


_SCHEDULER = expression(r"(?:^|[/\\])(?:sbatch|srun|salloc|qsub|qrsh|bsub|msub|oarsub|condor_submit|at|batch)$")


def is_scheduler(program: Value) -> bool:
    """Does the program hand the script that it is given to a cluster, or to a later hour, to be run there?"""
    return _SCHEDULER.search(text_of(program)) is not None


def is_shell(program: Value) -> bool:
    """Is this a shell, cmd or PowerShell?"""
    return _SHELL.search(text_of(program)) is not None


def is_python(program: Value) -> bool:
    """Is this a Python interpreter, by name or as `sys.executable`?"""
    return program.ref.startswith("sys.executable") or _PYTHON.search(text_of(program)) is not None


def is_runtime(program: Value) -> bool:
    """Is this a runtime of JavaScript?"""
    return _RUNTIME.search(text_of(program)) is not None


def only_processes(program: Value) -> bool:
    """Does the program build, copy or print its files, and run none of them?"""
    return _DATA_PROGRAM.search(text_of(program)) is not None


def runs_its_argument(program: Value) -> bool:
    """Is this an interpreter or shell, or a program that starts another?"""
    if is_python(program) or is_shell(program) or is_runtime(program) or is_scheduler(program):
        return True
    return _STARTER.search(text_of(program)) is not None


# Options and commands with which git starts a program.
_GIT_STARTS = expression(
    r"\bgit\b[^\n]{0,200}(?:\s-c\s|--exec-path|--\w{2,10}-pack|--template|\b(?:config|submodule|bisect|hook|clone)\b)"
)
_PIECES = expression(r"&&|\|\||[;|&\n]")
_UPLOADERS = frozenset({"twine", "gh", "hub"})


def only_arguments_unknown(text: str) -> bool:
    """Are the unknown parts of this line only arguments of programs that build, copy, print or send, none of which could be
    a command of its own?"""
    if _GIT_STARTS.search(text) or "`" in text or "$(" in text:
        return False
    for piece in _PIECES.split(text):
        program = piece.split()[0] if piece.split() else ""
        if HOLE in piece and (HOLE in program or not (_DATA_PROGRAM.search(program) or program in _UPLOADERS)):
            return False
    return True


def is_settings(parts: list[Value], place: int) -> bool:
    """Is the word at `place` a file of settings, given to the script that an interpreter runs?"""
    before = [text_of(part) for part in parts[1:place]]
    return any(not one.startswith("-") for one in before) and _SETTINGS.search(text_of(parts[place])) is not None


def is_shown(line: CommandLine, place: int) -> bool:
    """Is the word at `place` a picture, by its suffix, that is opened for the user?"""
    if _PICTURE.search(text_of(line.parts[place])) is None:
        return False
    return line.call.ref == "os.startfile" or (len(line.parts) == 2 and _VIEWER.search(text_of(line.program)) is not None)


def is_converted(line: CommandLine, place: int) -> bool:
    """Does `python -m` start a module that only reads the file at `place`? Not where unknown words could be options that
    make the module run something, nor where the folder or environment is changed, so that the name may be any module's."""
    words = [text_of(part) for part in line.parts[1:]]
    if len(words) < 3 or words[0] != "-m" or words[1] not in _READER or not is_python(line.parts[0]):
        return False
    if not line.call.keywords.keys().isdisjoint({"cwd", "env"}):
        return False
    if any(flag == "--to" and "." in form for flag, form in pairwise(words)):
        return False
    if words[1] == "twine":  # it sends its files
        return True
    unknown = words[place - 1] == HOLE if words[1] in _ONLY_READER else HOLE in words
    return not unknown and not any(
        _EXECUTES.match(one) or re.search(rf"(?:^|[/\\]){words[1]}\.py$", one) for one in words[2:]
    )


_OUTPUT = expression(r"--?out(?:put)?(?:[-_](?:dir|directory|folder|path))?$|--?(?:build|dist|target)[-_]dir(?:ectory)?$")


def is_filled(line: CommandLine, place: int) -> bool:
    """Is the word at `place` the output folder of a module that `python -m` starts?"""
    parts = [text_of(part) for part in line.parts[: place + 1]]
    return parts[1:2] == ["-m"] and is_python(line.parts[0]) and place > 3 and _OUTPUT.match(parts[place - 1]) is not None


def is_elsewhere(line: CommandLine) -> bool:
    """Is this an SSH command that runs on another machine alone?"""
    return _SSH.search(text_of(line.program)) is not None and not _RUNS_HERE.search(line.text)


def _is_pip(parts: list[Value]) -> bool:
    return [text_of(part) for part in parts[1:3]] == ["-m", "pip"]


def listed_by_network(parts: list[Value]) -> Value | None:
    """The requirements file of a pip command whose path came from the network, in part or whole; None without one."""
    return next(
        (part for flag, part in pairwise(parts) if text_of(flag) in _REQUIREMENTS and has(part.taint, "received")), None
    )


def is_requirements(parts: list[Value], place: int, written: Value) -> bool:
    """Is the word at `place` a requirements file of pip, neither decoded nor fetched? written: its content."""
    pip = _is_pip(parts) and place > 3 and text_of(parts[place - 1]) in _REQUIREMENTS
    return pip and not hiding(written.layers) and not has(written.taint, "received")


def script_before(parts: list[Value], place: int) -> str:
    """The name of the script that Python runs with the word at `place` as an argument; "" where the word may be the
    script."""
    before = next((text_of(part) for part in parts[1:place] if not text_of(part).startswith("-")), "")
    name = before.rpartition("/")[2]
    return name if is_python(parts[0]) and name.endswith(".py") and HOLE not in name else ""
