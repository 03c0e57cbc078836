"""Dockerfiles and Containerfiles: what their RUN instructions install.
Source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.inventory.install_commands import Commands, installs, of_command
from mlsupply.inventory.parsing import Snippet, text_of
from mlsupply.inventory.shell import Word
from mlsupply.model import Gap, Inventory
from mlsupply.world import Limits, Tree

FORMAT = "Dockerfile"
_RUN = re.compile(
    r"[ \t]*(?:ONBUILD[ \t]+)?RUN[ \t]+((?:--[a-z]+=\S+[ \t]+|--[a-z]+=\S+[ \t]*\\\n[ \t]*|\\\n[ \t]*)*)", re.IGNORECASE
)
_COPY = re.compile(r"(?im)^[ \t]*(?:COPY|ADD)[ \t]+([^\n\\]{1,2000})$")
_HEREDOC = re.compile(r"<<-?[ \t]*[\"']?([A-Za-z_][A-Za-z0-9_]{0,60})[\"']?")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all stages."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    commands = Commands(path, tree, limits)
    commands.copied = _copies(text)
    for run in runs(text):
        if words := _exec_form(run):
            commands.take(of_command(path, words))
        else:
            commands.take(installs(path, run.text, run.line))
    return commands.inventory(FORMAT)


def _copies(text: str) -> dict[str, str]:
    """Path in the image -> path in the project, of files that COPY or ADD brings in under another name."""
    found: dict[str, str] = {}
    for arguments in _COPY.findall(text):
        words = [word for word in arguments.split() if not word.startswith("--")]
        if len(words) == 2 and not words[1].endswith(("/", ".")):
            found[words[1]] = words[0]
    return found


def runs(text: str) -> Iterator[Snippet]:
    """The RUN instructions, continued lines and here-documents included."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start = at
        while at < len(lines) - 1 and (lines[at].rstrip().endswith("\\") or (at > start and _skipped(lines[at]))):
            at += 1
        block = "\n".join(lines[start : at + 1])
        at += 1
        found = _RUN.match(block)
        if found is None:
            continue
        for word in _HEREDOC.findall(block):
            end = next((n for n in range(at, len(lines)) if lines[n].strip() == word), len(lines))
            block += "\n" + "\n".join(lines[at:end])
            at = end + 1
        yield Snippet(block[found.end() :], start + 1 + block.count("\n", 0, found.end()))


def _skipped(line: str) -> bool:
    """Comments and empty lines between continued lines belong to the instruction."""
    stripped = line.strip()
    return not stripped or stripped.startswith("#")


def _exec_form(run: Snippet) -> list[Word]:
    """`RUN ["pip", "install", "x"]` as words; empty where it is the shell form."""
    if not run.text.lstrip().startswith("["):
        return []
    import json

    try:
        words = json.loads(run.text)
    except (ValueError, RecursionError):
        return []
    return [Word(word, run.line) for word in words if isinstance(word, str)] if isinstance(words, list) else []
