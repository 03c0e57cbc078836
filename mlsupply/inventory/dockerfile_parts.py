"""The instructions of a Dockerfile that run nothing and yet say what is installed: what variables hold, which image it
begins with, which files stand in it. Pure.
Source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator

from mlsupply.inventory.images import held_by
from mlsupply.inventory.install_arguments import Found
from mlsupply.inventory.install_commands import written
from mlsupply.inventory.shell import Word, commands, parsed
from mlsupply.inventory.shell_values import NOTHING, Values
from mlsupply.named import NamedTuple

_SETS = re.compile(r"[ \t]*(ENV|ARG)[ \t]+", re.IGNORECASE)
_FROM = re.compile(r"[ \t]*FROM[ \t]+(?:--\S{1,200}[ \t]+)?(\S{1,500})", re.IGNORECASE)
_FOLDER = re.compile(r"[ \t]*WORKDIR[ \t]+(\S{1,500})", re.IGNORECASE)
_COPY = re.compile(r"[ \t]*(?:COPY|ADD)[ \t][^\n]{0,2000}<<", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?[ \t]*[\"']?([A-Za-z_][A-Za-z0-9_.-]{0,60})[\"']?")


class Setting(NamedTuple):
    """What ENV or ARG sets. is_argument: by ARG, so that whoever builds may set it otherwise."""

    name: str
    value: Word
    is_argument: bool


def end_of(lines: list[str], start: int) -> int:
    """The line after the last of those that continued lines make one."""
    at = start
    while at < len(lines) - 1 and (lines[at].rstrip().endswith("\\") or (at > start and skipped(lines[at]))):
        at += 1
    return at + 1


def skipped(line: str) -> bool:
    """Comments and empty lines between continued lines belong to the instruction."""
    stripped = line.strip()
    return not stripped or stripped.startswith("#")


def variables(text: str) -> Iterator[Setting]:
    """All that ENV and ARG set, in the order of the file."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start, at = at, end_of(lines, at)
        found = _SETS.match(lines[start])
        if found is None:
            continue
        block = "\n".join([lines[start], *("\\" if skipped(line) else line for line in lines[start + 1 : at])])
        is_argument = found[1].upper() == "ARG"
        for words in commands(block[found.end() :], start + 1):
            if not is_argument and len(words) > 1 and "=" not in words[0].text:
                text_of_all = " ".join(word.text for word in words[1:])
                yield Setting(words[0].text, words[1]._replace(text=text_of_all), is_argument)
                continue
            for word in words:
                name, equals, value = word.text.partition("=")
                if equals:
                    yield Setting(name, word._replace(text=value), is_argument)


def values_of(text: str) -> Values:
    """What the variables of all stages hold."""
    values = NOTHING.copy()
    for setting in variables(text) if "$" in text else ():
        filled = values.filled(setting.value.text, quotes=False)
        values.set(setting.name, [] if filled.open else filled.texts, varies=filled.varies or setting.is_argument)
    return values


def bases(path: str, text: str, values: Values) -> Iterator[Found]:
    """What the images hold that stages begin with."""
    for number, line in enumerate(text.split("\n"), 1):
        if found := _FROM.match(line):
            filled = values.filled(found[1], quotes=False)
            for reference in filled.texts:
                yield from held_by(path, Word(reference, number, filled.open, filled.varies))


def folders(text: str) -> Callable[[int], str]:
    """The folder that WORKDIR set last before a line, "/" where none did."""
    found = [(number, one[1]) for number, line in enumerate(text.split("\n"), 1) if (one := _FOLDER.match(line))]
    lines = [number for number, _ in found]
    return lambda line: found[at - 1][1] if (at := bisect_left(lines, line)) else "/"


def files(path: str, text: str, values: Values) -> Iterator[Found]:
    """The files that stand in the Dockerfile itself (`COPY <<EOF /requirements.txt`)."""
    if "<<" not in text:
        return
    lines = text.split("\n")
    last = {line.strip(): number for number, line in enumerate(lines)}
    at = 0
    while at < len(lines):
        start, at = at, at + 1
        if _COPY.match(lines[start]) is None:
            continue
        for name in (ends := _HEREDOC.findall(lines[start])):
            if last.get(name, -1) >= at:
                at = next(number for number in range(at, len(lines)) if lines[number].strip() == name) + 1
        command = next(parsed("\n".join(lines[start:at]), start + 1, values), None)
        if command is None or len(command.words) < 2:
            continue
        target = command.words[-1].text
        names = [target + name for name in ends] if target.endswith("/") else [target]
        for name, document in zip(names, command.given, strict=False):
            yield from written(path, name, document)
