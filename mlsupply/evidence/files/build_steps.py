"""The commands that files of Meson, CMake, Make, configure and npm run, and what they download.

By patterns, not by parsing: variables are replaced by what they were set to, and conditions are not followed, so that every
command counts as run.
Sources: the reference manuals of Meson, CMake and GNU Make, and "scripts" in the documentation of npm.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

MOST_CALLS = 5_000  # calls of functions that are looked at in one file
_LONG = 4_000  # characters of a call
_VALUE = 1_000  # characters of the value of a variable
_IN_ALL = 1 << 20  # characters of all calls of one file
_HOPS = 3  # times that variables in the value of a variable are replaced


class Step(NamedTuple):
    """One thing a build file does. kind: `runs` (a command line), `fetches` (the address `command`, stored at `path`),
    `includes` (another build file at `path`) or `cut` (what follows is not looked at); line: from 1; verified: the download
    is compared with a digest, or is one commit; recipe: runs only when somebody asks for its target; goal: that target is
    made where nobody names one."""

    kind: str
    line: int
    command: str = ""
    path: str = ""
    verified: bool = False
    recipe: bool = False
    goal: bool = False


class _Call(NamedTuple):
    """A call of a function. inner: the text between its parentheses; name: "" where the bounds end the search."""

    name: str
    line: int
    inner: str


def _called(text: str, names: re.Pattern[str], quotes: str) -> Iterator[_Call]:
    """The calls of functions. names: pattern of a name, as its first group, with the opening parenthesis; quotes: pattern of
    the language's strings."""
    token = expression(rf"{quotes}|[()]", re.DOTALL)
    line, at, left = 1, 0, _IN_ALL
    for number, found in enumerate(names.finditer(text)):
        line, at = line + text.count("\n", at, found.start()), found.start()
        if number == MOST_CALLS or left <= 0:
            yield _Call("", line, "")
            return
        depth = 1
        for one in token.finditer(text, found.end(), found.end() + _LONG):
            depth += {"(": 1, ")": -1}.get(one[0], 0)
            if not depth:
                end = one.start()
                break
        else:
            end = found.end() + _LONG
        left -= end - found.end()
        yield _Call(found[1], line, text[found.end() : end])


def _blanked(text: str, comments: re.Pattern[str]) -> str:
    """The text with each comment replaced by as many blanks. comments: pattern of a string, or of a comment as its first
    group."""
    return comments.sub(lambda found: re.sub(r"[^\n]", " ", found[0]) if found[1] is not None else found[0], text)


# --- Meson ---------------------------------------------------------------------------------------------------------------

# A string that is not closed matches to the end of its line or text: tried at each quote again, it would be quadratic.
_MESON_STRING = r"'''.*?'''|'(?:\\.|[^'\\\n])*+'?"
_MESON_COMMENT = expression(rf"{_MESON_STRING}|(#[^\n]*)", re.DOTALL)
_MESON_CALL = expression(
    r"\b(run_command|custom_target|run_target|add_install_script|add_postconf_script|add_dist_script|generator|vcs_tag)\s*\("
)
_MESON_TOKEN = expression(rf"({_MESON_STRING})|([A-Za-z_]\w*+)(?!\s*:)|(\+)", re.DOTALL)
_MESON_SET = expression(
    rf"(?m)^[ \t]*([A-Za-z_]\w*+)[ \t]*\+?=(?!=)[ \t]*((?:{_MESON_STRING}|[^'\n\[]|\[[^\]]{{0,4000}}\])*)", re.DOTALL
)
_MESON_NAME = expression(r"@(\w{1,100})@")
_ON_DEMAND = frozenset({"run_target", "add_dist_script"})


def meson(text: str) -> Iterator[Step]:
    """The steps of a `meson.build`."""
    text = _blanked(text, _MESON_COMMENT)
    values: dict[str, str] = {}
    for found in islice(_MESON_SET.finditer(text), MOST_CALLS):
        values[found[1]] = _meson_words(found[2][:_LONG], values)[:_VALUE]
    for call in _called(text, _MESON_CALL, _MESON_STRING):
        if not call.name:
            yield Step("cut", call.line)
            return
        yield Step("runs", call.line, _meson_words(call.inner, values), recipe=call.name in _ON_DEMAND)


def _meson_words(expression: str, values: Mapping[str, str]) -> str:
    """The strings of an expression as one command line; those with `+` between them are one word."""
    words: list[str] = []
    joins = False
    for found in _MESON_TOKEN.finditer(expression):
        if found[3]:
            joins = bool(words)
            continue
        word = _unquoted(found[1]) if found[1] else values.get(found[2] or "", "")
        word = _MESON_NAME.sub(lambda name: values.get(name[1], name[0]), word)[:_LONG]
        if word and joins:
            words[-1] += word
        elif word:
            words.append(word)
        joins = False
    return " ".join(words)[:_LONG]


def _unquoted(text: str) -> str:
    return text[3:-3] if text.startswith("'''") else text[1:-1].replace("\\'", "'").replace("\\n", "\n")


# --- CMake ---------------------------------------------------------------------------------------------------------------

_CMAKE_STRING = r'"(?:\\.|[^"\\])*+"?'
_CMAKE_TOKEN = expression(rf"({_CMAKE_STRING})|(#)?\[(=*)\[|#[^\n]*|([^\s()\"#]+)", re.DOTALL)
_CMAKE_CALL = expression(
    r"(?i)\b(execute_process|exec_program|add_custom_command|add_custom_target|ExternalProject_Add|FetchContent_Declare|"
    r"file|include|set)\s*\("
)
_CMAKE_NAME = expression(r"\$\{([\w./+-]{1,100})\}")
_CMAKE_COMMAND = expression(r"(?:[A-Z]+_)?COMMAND")
_CMAKE_KEY = expression(r"[A-Z][A-Z_]{3,60}")
_HASHED = expression(r"(?:EXPECTED|URL)_(?:HASH|MD5)")
_COMMIT = expression(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")


def cmake(text: str) -> Iterator[Step]:
    """The steps of a `CMakeLists.txt` or `*.cmake`."""
    values: dict[str, str] = {}
    for call in _called(_without_comments(text), _CMAKE_CALL, _CMAKE_STRING):
        words = [_filled(word, values, _CMAKE_NAME) for word in _cmake_words(call.inner)]
        name = call.name.lower()
        if not name:
            yield Step("cut", call.line)
            return
        if name == "set" and len(words) > 1:
            values[words[0]] = " ".join(words[1:])[:_VALUE]
        elif name == "include" and words:
            yield Step("includes", call.line, path=words[0])
        elif name in {"file", "fetchcontent_declare"}:
            yield from _cmake_fetched(name, words, call.line)
        elif name == "exec_program" and words:
            yield Step("runs", call.line, " ".join(words)[:_LONG])
        elif name not in {"set", "include"}:
            commands = list(_cmake_commands(words))
            piped = [" | ".join(commands)] if name == "execute_process" and commands else commands
            yield from (Step("runs", call.line, command[:_LONG]) for command in piped)


def _cmake_tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """(text, start, end) of each argument; the text of a comment is "". A closing bracket that is missing is searched for
    only once."""
    at, never = 0, set[str]()
    while found := _CMAKE_TOKEN.search(text, at):
        at, said = found.end(), found[4] or ""
        if found[1]:
            said = re.sub(r"\\(.)", r"\1", found[1][1:-1], flags=re.DOTALL)
        elif found[3] is not None:
            close = f"]{found[3]}]"
            end = -1 if close in never else text.find(close, at)
            if end >= 0:
                said, at = "" if found[2] else text[at:end], end + len(close)
            else:
                never.add(close)
                said = "" if found[2] else found[0]
        yield said, found.start(), at


def _without_comments(text: str) -> str:
    """The text with each comment replaced by as many blanks."""
    kept, at = [], 0
    for _, start, end in _cmake_tokens(text):
        if text[start] == "#":
            kept += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
            at = end
    return "".join([*kept, text[at:]])


def _cmake_words(inner: str) -> list[str]:
    return [said for said, start, _ in _cmake_tokens(inner) if inner[start] != "#"]


def _cmake_commands(words: list[str]) -> Iterator[str]:
    """Each command of a call: what follows `COMMAND` up to the next keyword of CMake."""
    command: list[str] | None = None
    for word in [*words, "END_OF_CALL"]:
        if _CMAKE_KEY.fullmatch(word):
            if command:
                yield " ".join(command)
            command = [] if _CMAKE_COMMAND.fullmatch(word) else None
        elif command is not None:
            command.append(word)


def _cmake_fetched(name: str, words: list[str], line: int) -> Iterator[Step]:
    verified = any(_HASHED.fullmatch(word) for word in words)
    if name == "file" and len(words) > 2 and words[0].upper() == "DOWNLOAD":
        yield Step("fetches", line, words[1], words[2], verified)
    elif name == "fetchcontent_declare":
        folder = f"${{{words[0].lower()}_SOURCE_DIR}}" if words else ""
        if url := _after("URL", words):
            yield Step("fetches", line, url, folder, verified)
        elif url := _after("GIT_REPOSITORY", words):  # its owner can move a tag or branch
            yield Step("fetches", line, url, folder, bool(_COMMIT.fullmatch(_after("GIT_TAG", words))))


def _after(key: str, words: list[str]) -> str:
    """The argument behind a keyword, "" without it."""
    return words[words.index(key, 1) + 1] if key in words[1:-1] else ""


def _filled(text: str, values: Mapping[str, str], names: re.Pattern[str]) -> str:
    """The text with its variables replaced by their values; an unknown one stays. names: pattern of a variable."""
    for _ in range(_HOPS):
        filled = names.sub(lambda found: values.get(found[1], found[0]), text)[:_LONG]
        if filled == text:
            break
        text = filled
    return text


# --- Make and configure --------------------------------------------------------------------------------------------------

_MAKE_SET = expression(r"^(?:export\s+)?([\w.-]{1,100})\s*(?:\?|:{1,3}|\+)?=\s*(.*)$")
_MAKE_RULE = expression(r"^([^\s:=#][^:=#]*+):(?!:?:?=):?([^=;#]*+)(?:;(.*))?")
_MAKE_SHELL_SET = expression(r"^(?:export\s+)?[\w.-]{1,100}\s*!=\s*(.+)$")
_MAKE_SHELL = expression(r"\$[({](shell)\s")
_MAKE_NAME = expression(r"\$[({]([\w.-]{1,100})[)}]")
_SAYS = expression(r"\s*(?:(?:@\s*)?(?:echo|printf)\b|#|:\s|AC_MSG_|AS_ECHO|as_fn_error|dnl\b)")


def make(text: str) -> Iterator[Step]:
    """The steps of a Makefile: what runs whenever make reads it, and the recipes."""
    values: dict[str, str] = {}
    calls = 0
    goals, here = _made_first(text), False
    for number, line in _logical(text):
        if line.startswith("\t"):
            if not _SAYS.match(line):
                yield Step("runs", number, _put_in(line.strip().lstrip("@-+"), values), recipe=True, goal=here)
            continue
        if found := _MAKE_RULE.match(line):
            here = not goals.isdisjoint(_targets(found[1], values))
            if found[3] and not _SAYS.match(found[3]):
                yield Step("runs", number, _put_in(found[3].strip().lstrip("@-+"), values), recipe=True, goal=here)
        if line.lstrip().startswith("#"):
            continue
        if found := _MAKE_SHELL_SET.match(line):
            yield Step("runs", number, _put_in(found[1], values))
        for call in _called(line, _MAKE_SHELL, r"(?!)"):
            calls += 1
            if calls > MOST_CALLS or not call.name:
                yield Step("cut", number)
                return
            yield Step("runs", number, _put_in(call.inner, values))
        if (found := _MAKE_SET.match(line)) and len(values) < MOST_CALLS:
            values[found[1]] = found[2][:_VALUE]


def _made_first(text: str) -> set[str]:
    """The target that is made where nobody names one, the first of the file, and all that it depends on."""
    values: dict[str, str] = {}
    needs: dict[str, list[str]] = {}
    left: list[str] = []
    for _, line in _logical(text):
        if (found := _MAKE_SET.match(line)) and len(values) < MOST_CALLS:
            values[found[1]] = found[2][:_VALUE]
        elif found := _MAKE_RULE.match(line):
            targets = _targets(found[1], values)
            left = left or [one for one in targets if not one.startswith(".")]
            for one in targets:
                needs.setdefault(one, []).extend(_targets(found[2], values))
    left += values.get(".DEFAULT_GOAL", "").split()
    reached: set[str] = set()
    while left:
        if (one := left.pop()) not in reached:
            reached.add(one)
            left += needs.get(one, ())
    return reached


def _targets(words: str, values: Mapping[str, str]) -> list[str]:
    return [one for word in words.split() for one in (_put_in(word, values).split() if "$" in word else (word,))]


def configure(text: str) -> Iterator[Step]:
    """The steps of a `configure` script or its source: each line but those that only print."""
    return (Step("runs", number, line[:_LONG]) for number, line in _logical(text) if not _SAYS.match(line))


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """(number of its first line, line) with lines joined where they end in a backslash."""
    parts: list[str] = []
    length = 0
    for number, line in enumerate(text.split("\n"), 1):
        parts.append(line.removesuffix("\\"))
        length += len(line) + 1  # an empty line counts too: a file may hold millions of them
        if not line.endswith("\\") or length > _LONG:
            yield number - len(parts) + 1, " ".join(parts)
            parts, length = [], 0
    if parts:
        yield text.count("\n") + 2 - len(parts), " ".join(parts)


def _put_in(command: str, values: Mapping[str, str]) -> str:
    return _filled(command, values, _MAKE_NAME).replace("$$", "$")


# --- npm -----------------------------------------------------------------------------------------------------------------

# What npm, and others that install for Node, run unasked whenever a folder's packages are installed, in this order.
_UNASKED = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")


def npm(text: str) -> Iterator[Step]:
    """The steps of a `package.json`."""
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return
    scripts = document.get("scripts") if isinstance(document, dict) else None
    if not isinstance(scripts, dict):
        return
    for name in _UNASKED:
        if isinstance(command := scripts.get(name), str):
            place = max(0, text.find(f'"{name}"', text.find('"scripts"')))
            yield Step("runs", text.count("\n", 0, place) + 1, command[:_LONG])


Reader = Callable[[str], Iterator[Step]]
"""Reads the text of a build file."""
