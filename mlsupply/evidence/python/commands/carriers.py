"""Commands that a program takes as an option, an argument or a variable of its own, and starts: `ssh -o ProxyCommand=...`,
`find -exec`, `GIT_SSH_COMMAND`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, Value, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

# An option that holds the command after its sign, up to where that is not known.
_BEFORE = (
    r"(?:(?:Proxy|Local|KnownHosts|AuthorizedKeys)Command[= ]|"
    r"(?:core\.(?:sshCommand|pager|editor|fsmonitor|askPass|gitProxy|alternateRefsCommand)|(?:sequence|gpg)\.(?:editor|program)|"
    r"diff\.external|(?:merge|diff)tool\.\w{1,40}\.cmd|(?:filter|diff|merge)\.\w{1,40}\.(?:clean|smudge|process|textconv|driver|command)|"
    r"credential\.(?:\S{1,80}\.)?helper|uploadpack\.packObjectsHook)=!?|SHELL=|alias\.[\w-]{1,40}=!|ext::(?:sh -c )?|"
    r"--(?:upload-pack|receive-pack|exec|rsh|rsh-command|to-command|use-compress-program|checkpoint-action=exec|eval|pre-command|"
    r"rsync-path|shell|split-string|compress-program|preprocessor|pre|hostname-bin)=)[\"']{0,2}"
)
_HOLDS = expression(rf"(?i)(?:^|[\s\"']|-o ?|-c ?){_BEFORE}(?:\S{{0,40}}sh -\w{{0,3}}c [\"']{{0,2}})?{HOLE}")
# A shell, or `eval`, with a script of which nothing is known.
_SHELLS = expression(
    rf"(?:^|[\s;&|(/\"'])(?:(?:ba|z|da|k|a)?sh -\w{{0,3}}c|python[\d.]{{0,4}} -c|(?:perl|ruby|node) -e|eval) [\"']{{0,2}}"
    rf"{HOLE}|\b(?:echo|printf) [\"']?{HOLE}[\"']? ?\| ?(?:sudo )?(?:ba|z|da)?sh\b|(?:&&|\|\||;) ?{HOLE}(?:\s|$)"
)
# Program -> the options behind which a command stands as a word of its own.
_WORDS = (
    (r"find|fd|fdfind", {"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"}),
    (r"env", {"-S", "--split-string"}),
    (r"tar|gtar|bsdtar", {"-I", "--use-compress-program", "--to-command", "--rsh-command"}),
    (r"rsync", {"-e", "--rsh", "--rsync-path"}),
    (r"script|su|runuser", {"-c", "--command"}),
)
_PROGRAMS = tuple((expression(rf"(?:^|[/\\])(?:{names})(?:\.exe)?$"), frozenset(options)) for names, options in _WORDS)
_SCRIPTED = expression(
    r"(?:^|[/\\])(?:[gmn]?awk|g?sed|jshell|expect|osascript)(?:\.exe)?$"
)  # their first argument is a program
_XARGS = expression(r"(?:^|[/\\])(?:xargs|parallel)$")
# Variables with a command that a program starts by itself, or a file that it runs first.
_VARIABLES = expression(
    r"GIT_(?:SSH|SSH_COMMAND|EDITOR|SEQUENCE_EDITOR|PAGER|ASKPASS|EXTERNAL_DIFF|PROXY_COMMAND)|(?:MAN)?PAGER|EDITOR|VISUAL|BROWSER|"
    r"LESS(?:OPEN|CLOSE)|BASH_ENV|PROMPT_COMMAND|SSH_ASKPASS|SUDO_ASKPASS|RSYNC_RSH|CVS_RSH|TAR_OPTIONS|PERL5OPT|RUBYOPT|NODE_OPTIONS|"
    r"PYTHONSTARTUP|LD_PRELOAD|JAVA_TOOL_OPTIONS|RUSTC_WRAPPER|CC|CXX|MAKEFLAGS|PYTHONWARNINGS"
)
# Variables with folders or files whose code a program loads by itself.
_LOADERS = expression(
    r"ENV|LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|DYLD_INSERT_LIBRARIES|PATH|PYTHON(?:PATH|HOME|USERBASE)|PERL5LIB|RUBYLIB|NODE_PATH|"
    r"CLASSPATH|ZDOTDIR|GIT_(?:EXEC_PATH|TEMPLATE_DIR|CONFIG_GLOBAL)|_JAVA_OPTIONS|JDK_JAVA_OPTIONS"
)
_FROM_OTHERS = ("received", "request", "model-answer")


def carried(call: Call, parts: list[Value], set_here: Iterable[tuple[str, Value]]) -> Value | None:
    """The word, or the variable, with a command that others send, which the program will start; None without one. parts: the
    words of the command line, or the whole line as one; set_here: variables that the module set before."""
    for place, part in enumerate(parts):
        if has(part.taint, *_FROM_OTHERS) and (_holds(text_of(part)) or _is_command(parts, place)):
            return part
    env = call.keywords.get("env")
    given = [*((env.keys or {}).items() if env is not None else ()), *set_here]
    return next((value for name, value in given if _VARIABLES.fullmatch(name) and _whole(value)), None)


def starts(variable: str) -> bool:
    """Does a program start or load what a variable of this name says?"""
    return _VARIABLES.fullmatch(variable) is not None or _LOADERS.fullmatch(variable) is not None


def _holds(text: str) -> bool:
    """Does a word, or a whole line, hold a command of which nothing is known? In a line with several unknown parts it is not
    known either which of them others send."""
    return _HOLDS.search(text) is not None or (text.count(HOLE) == 1 and _SHELLS.search(text) is not None)


def _whole(value: Value) -> bool:
    return has(value.taint, *_FROM_OTHERS) and text_of(value).startswith(HOLE)


def _is_command(parts: list[Value], place: int) -> bool:
    """Is the word at `place`, of which nothing is known, a command for the program?"""
    if place == 0 or text_of(parts[place]) != HOLE:
        return False
    program, before = text_of(parts[0]), text_of(parts[place - 1])
    if any(names.search(program) and before in options for names, options in _PROGRAMS):
        return True
    return _SCRIPTED.search(program) is not None and all(re.match(r"-[^f]*$", text_of(one)) for one in parts[1:place])


def feeds_shell(parts: list[Value]) -> bool:
    """Does the program make commands of its input, as `at` does, or `xargs` with a shell?"""
    words = [text_of(part) for part in parts]
    if words and words[0].rpartition("/")[2] in {"at", "batch"}:
        return True
    return bool(words) and _XARGS.search(words[0]) is not None and any(map(_SHELL.search, words[1:]))


_TAKE_VALUE = frozenset({"-x", "-w", "-o", "-executionpolicy", "-ep", "-ex", "-version", "-windowstyle"})
_NAMES_CODE = frozenset({"-c", "-command", "-file"})
_NAMES_ALL = frozenset({"-m", "-e", "-p", "--eval", "--print"})  # whatever follows
_INPUT = frozenset({"-", "/dev/stdin", "/dev/fd/0"})


def reads_code(words: list[str]) -> bool:
    """Does an interpreter or shell with these words take its code from its input? So it does where they name none, or name
    the input. A word of which nothing is known may name a file. words: of the command, the program first."""
    unsure, before = False, ""
    for word in words[1:_MAX_WORDS]:
        option = word.lower()
        if word in _INPUT or (word == "-s" and words[0].endswith("sh")):
            return True
        if before in _NAMES_CODE or option in _NAMES_ALL:
            return False
        if not word.startswith("-") and HOLE not in word and before not in _TAKE_VALUE:
            return False
        unsure, before = unsure or HOLE in word, option
    return bool(words) and not unsure and before not in _NAMES_CODE


_MAX_WORDS = 50
_SHELL = expression(r"(?:^|[/\\])(?:(?:ba|z|da|k|a)?sh|python[\d.]*|perl|ruby|node|env)$")
