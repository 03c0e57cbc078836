"""Texts that stand in a script and are no commands of it: what `echo` and `cat <<EOF` print, what an interpreter is handed,
and what the script's own variables hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from mlsupply.inventory.shell import Command, Word, commands, parsed
from mlsupply.inventory.shell_values import Values, arrays, take_defaults, take_settings

_LONGEST = 4_000_000  # characters of a script whose variables are looked at
_MOST_WORDS = 50  # of a command in which its interpreter is looked for
_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy|ipython)[0-9.]*w?(?:\.exe)?")
_SHELL = re.compile(r"(?:.*/)?(?:(?:ba|da|z|k|a)?sh|pwsh|powershell)(?:\.exe)?")
_ONLY_TAKES = frozenset(
    {
        *("cat", "tee", "git", "gh", "glab", "mail", "sendmail", "curl", "psql", "mysql", "sqlite3", "less", "more", "wall"),
        *(
            "sort",
            "grep",
            "egrep",
            "sed",
            "awk",
            "wc",
            "base64",
            "fold",
            "read",
            "jq",
            "head",
            "tail",
            "diff",
            "crontab",
            "dd",
        ),
        *("echo", "printf"),
    }
)
_ESCAPES = re.compile(r"\\([nt\\])")
_PERCENT = re.compile(r"%(?:%|[-0-9.]*[a-z])")
_SHEBANG = re.compile(r"\s*#!([^\n]{1,200})")


class Use(Enum):
    """What becomes of a text that a command is handed."""

    SHELL = auto()
    PYTHON = auto()
    UV = auto()  # a script that may name its own requirements
    REQUIREMENTS = auto()  # a file of them
    NONE = auto()


def with_own(values: Values, text: str, line: int = 1) -> Values:
    """What is known of variables and what the script itself sets."""
    if "$" not in text or "=" not in text or len(text) > _LONGEST:  # then what they hold is told to be unknown
        return values
    own = values.copy()
    names = set[str]()
    for found in arrays(text):
        words = [word for one in commands(found[3]) for word in one]
        held = " ".join(word.text for word in words)
        own.set(found[1], [] if any(word.open for word in words) else [held], behind=" " if found[2] else None)
        names.update((f"{found[1]}=", f"{found[1]}+="))
    take_defaults(text, own)
    for command in parsed(text, line):
        if command.words and command.words[-1].text not in names:
            take_settings([(word.text, word.open) for word in command.words], own)
    return own


def said(command: Command, handed: Sequence[Word]) -> Word | None:
    """What a command prints, None where that is not known. handed: what it reads."""
    words = command.words
    while words and words[0].text in {"sudo", "command", "builtin"}:
        words = words[1:]
    if not words:
        return None
    name, rest = words[0].text, words[1:]
    if name in {"cat", "tee"}:
        return handed[0] if handed and (name == "tee" or all(word.text == "-" for word in rest)) else None
    if name not in {"echo", "printf"}:
        return None
    escapes = name == "printf"
    while name == "echo" and rest and rest[0].text in {"-e", "-n", "-en", "-ne", "-E"}:
        escapes, rest = escapes or "e" in rest[0].text, rest[1:]
    texts = [word.text for word in rest]
    text = " ".join(texts) + "\n" if name == "echo" else _formatted(texts)
    if escapes:
        text = _ESCAPES.sub(lambda found: {"n": "\n", "t": "\t"}.get(found[1], "\\"), text)
    is_open, varies = any(word.open for word in rest), any(word.varies for word in rest)
    return Word(text, words[0].line, is_open, varies)


def _formatted(texts: list[str]) -> str:
    """What printf makes of a format and what fills it, used again for what is left."""
    if not texts:
        return ""
    form, values = texts[0], texts[1:]
    fields = [one for one in _PERCENT.findall(form) if one != "%%"]
    if not fields:
        return form.replace("%%", "%")
    parts = []
    for at in range(0, max(len(values), 1), len(fields)):
        left = iter(values[at : at + len(fields)])
        parts.append(_PERCENT.sub(lambda found, left=left: "%" if found[0] == "%%" else next(left, ""), form))  # type: ignore[misc]
    return "".join(parts)


def written_to(command: Command, handed: Sequence[Word]) -> tuple[str, bool]:
    """(the file a command writes what it says to, whether behind what that holds)."""
    if command.into:
        return command.into, command.appends
    texts = [word.text for word in command.words[:_MOST_WORDS]]
    if "tee" in texts and handed:
        rest = texts[texts.index("tee") + 1 :]
        return next((text for text in rest if not text.startswith("-")), ""), "-a" in rest or "--append" in rest
    return "", False


def use_of(words: Sequence[Word]) -> Use:
    """What a command does with the text it is handed."""
    if not words:
        return Use.NONE
    texts = [word.text for word in words[:_MOST_WORDS]]
    for at, text in enumerate(texts):
        if _PYTHON.fullmatch(text):
            return (
                Use.PYTHON
                if all(one.startswith("-") and one not in {"-c", "-m"} for one in texts[at + 1 : at + 2])
                else Use.NONE
            )
        if text == "uv" and "run" in texts[at + 1 :] and "-" in texts[at + 1 :]:
            return Use.UV
    first = next((text for text in texts if text not in {"sudo", "command", "env", "exec"} and "=" not in text), "")
    return Use.NONE if first.rpartition("/")[2] in _ONLY_TAKES else Use.SHELL


def python_in(words: Sequence[Word]) -> Word | None:
    """The text of `python -c TEXT`."""
    for at, word in enumerate(words[:_MOST_WORDS]):
        if _PYTHON.fullmatch(word.text):
            for place in range(at + 1, min(len(words) - 1, at + _MOST_WORDS)):
                text = words[place].text
                if text.startswith("-") and not text.startswith("--") and text.endswith("c"):
                    return words[place + 1]
                if not text.startswith("-") or text == "-m":
                    return None
            return None
    return None


def language_of(text: str) -> Use | None:
    """Of a program its first line names (`#!/usr/bin/env python`); None where there is no such line."""
    found = _SHEBANG.match(text)
    if found is None:
        return None
    words = found[1].split()
    if "uv" in words or any(word.endswith("/uv") for word in words):
        return Use.UV
    if any(_PYTHON.fullmatch(word) for word in words):
        return Use.PYTHON
    return Use.SHELL if any(_SHELL.fullmatch(word) for word in words) else Use.NONE
