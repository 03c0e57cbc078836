"""Dockerfiles and Containerfiles: what their instructions install, while the image is built (RUN) or whenever a container
starts (CMD, ENTRYPOINT, HEALTHCHECK).
Source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from mlsupply.inventory import reader_of
from mlsupply.inventory.dockerfile_parts import bases, end_of, files, folders, values_of, variables
from mlsupply.inventory.index_words import variable
from mlsupply.inventory.install_commands import Commands, Include, installs, of_command, settings
from mlsupply.inventory.parsing import gap, quoted, text_of
from mlsupply.inventory.shell import Word
from mlsupply.lazy import expression
from mlsupply.model import Gap, Inventory, Place, Reason
from mlsupply.named import NamedTuple
from mlsupply.text import count
from mlsupply.world import Limits, Tree

FORMAT = "Dockerfile"
_EARTHFILE = "Earthfile"  # the same instructions, in targets
_SETTINGS = ("pip settings", "uv.toml")
_FLAGS = r"(?:--[a-z-]+=\S+(?:[ \t]*\\\n[ \t]*|[ \t]+)|\\\n[ \t]*)*+"
_RUN = expression(
    rf"[ \t]*(?:ONBUILD[ \t]+)?(?:(RUN|CMD|ENTRYPOINT)|HEALTHCHECK[ \t]+{_FLAGS}CMD)[ \t]+{_FLAGS}", re.IGNORECASE
)
_MOUNT = expression(r"--mount=(type=bind,[^\s]{1,1000})")
_ENDS = (("source", "src", "from"), ("target", "dst", "destination"))
_WORD = expression(r'"([^"\n]{1,500})"')
_COPY = expression(r"(?im)^[ \t]*(?:COPY|ADD)[ \t]+([^\n\\]{1,2000})$")
_INSTRUCTIONS = frozenset(
    {
        *("FROM", "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD", "COPY", "ADD", "ARG", "ENV", "LABEL", "USER"),
        *("WORKDIR", "VOLUME", "EXPOSE", "SHELL", "STOPSIGNAL", "MAINTAINER"),
    }
)
_FROM = expression(r"(?im)^[ \t]*FROM[ \t]+(?:--platform=\S{1,200}[ \t]+)?\S{1,500}(?:[ \t]+AS[ \t]+\S{1,200})?[ \t]*$")
_BACKTICK = expression(r"(?i)(?:#[ \t]*[a-z]{1,40}[ \t]*=[^\n]*\n)*?#[ \t]*escape[ \t]*=[ \t]*`[ \t]*\n")
_CONTINUED = expression(r"\\\n(?:[ \t]*#[^\n]*\n)*")
_HEREDOC = expression(r"<<-?[ \t]*[\"']?([A-Za-z_][A-Za-z0-9_.-]{0,60})[\"']?")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all stages."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    inside = Commands(path, tree, limits)
    take(inside, text)
    return inside.inventory(_form(path))


def _form(path: str) -> str:
    reader = reader_of(path)
    return _EARTHFILE if reader and reader.format == _EARTHFILE else FORMAT


def take(inside: Commands, text: str, path: str = "") -> None:
    """Add what a Dockerfile's text installs to what a file has given so far. path: of the text, where it is a file of its
    own."""
    path = path or inside.path
    text = _continued_by_backslashes(text)
    inside.take(_strange(path, text) if _form(path) == FORMAT else ())
    inside.take(settings(path, _variables(text)))
    inside.copied |= _copies(text)
    values = values_of(text)
    inside.take(bases(path, text, values))
    inside.take(files(path, text, values))
    inside.take(_settings(path, text))
    entry: list[Word] = []
    entered = folders(text)
    for run in runs(text):
        words = _exec_form(run)
        if not words:
            enter = f"cd {shlex.quote(entered(run.line))};" if values.cloned else ""
            inside.take(installs(path, enter + run.text, run.line, values))
        elif run.instruction == "CMD" and entry and not list(of_command(path, entry)):
            inside.take(of_command(path, [*entry, *words], values=values))  # CMD holds the arguments of ENTRYPOINT
        else:
            inside.take(of_command(path, words, values=values))
        if run.instruction == "ENTRYPOINT":
            entry = words


class Run(NamedTuple):
    """What an instruction runs. instruction: RUN, CMD or ENTRYPOINT, "" for another; line: where the text begins."""

    text: str
    line: int
    instruction: str


def _variables(text: str) -> Iterator[tuple[str, Word]]:
    """The settings that ENV and ARG make for installers (`ENV PIP_INDEX_URL=…`, `ENV PIP_INDEX_URL …`)."""
    if "PIP_" in text or "UV_" in text:
        for setting in variables(text):
            yield from variable(setting.name, setting.value)


def _copies(text: str) -> dict[str, str]:
    """Path in the image -> path in the project, of files that COPY or ADD brings in under another name."""
    found: dict[str, str] = {}
    for arguments in _COPY.findall(text):
        words = _arguments(arguments)
        if len(words) == 2 and not words[1].endswith(("/", ".")):
            found[words[1]] = words[0]
    return found


def _settings(path: str, text: str) -> Iterator[Include]:
    """Files of any name that become settings of an installer in the image, or are mounted as such."""
    for found in _COPY.finditer(text):
        yield from _as_settings(path, _arguments(found[1]), text.count("\n", 0, found.start(1)) + 1)
    for found in _MOUNT.finditer(text):
        options = dict(one.partition("=")[::2] for one in found[1].split(","))
        source, target = (next((options[key] for key in keys if key in options), "") for keys in _ENDS)
        yield from _as_settings(path, [source, target], text.count("\n", 0, found.start()) + 1)


def _as_settings(path: str, words: list[str], line: int) -> Iterator[Include]:
    """words: where a file comes from and where it goes."""
    form = reader_of(words[-1]) if len(words) == 2 and words[0] else None
    if form and form.format in _SETTINGS and reader_of(words[0]) != form and not words[0].startswith("<<"):
        yield Include(words[0], Place(path, line), settings=form.format)


def _arguments(text: str) -> list[str]:
    """Those of COPY or ADD without their options, also of the form of a list."""
    words = [word for word in text.split() if not word.startswith("--")]
    if words and words[0].startswith("["):
        return _WORD.findall(text)
    return words


def _continued_by_backslashes(text: str) -> str:
    """The same with a backslash at the very end of each line that goes on. The directive `# escape=`, in images of Windows,
    says that backticks do that; a backslash at an end is one of a path there."""
    backticks = _BACKTICK.match(text) is not None
    swapped = str.maketrans({"`": "\\", "\\": "/"} if backticks else {})
    lines = ((line, line.rstrip(" \t")) for line in text.split("\n"))
    return "\n".join(bare[:-1] + bare[-1].translate(swapped) if bare.endswith(("\\", "`")) else line for line, bare in lines)


def _strange(path: str, text: str) -> Iterator[Gap]:
    """What stands where an instruction is expected and is none, in a file that is a Dockerfile: a template may make anything
    of it."""
    if not _FROM.search(text):
        return
    lines = text.split("\n")
    bare = {line.strip() for line in lines}
    found, ends, at = [], set[str](), 0
    while at < len(lines):
        start, at = at, end_of(lines, at)
        word = (lines[start].split(None, 1) or ["#"])[0].upper()
        if ends:
            ends.discard(lines[start].strip())
            at = start + 1
        elif word in {"COPY", "ADD", "RUN"}:
            ends.update(bare.intersection(_HEREDOC.findall("\n".join(lines[start:at]))))
        elif not word.startswith("#") and word not in _INSTRUCTIONS:
            found.append(start)
    if found:
        said = f"{count(len(found), 'line')} that no instruction of a Dockerfile begins, the first"
        first = quoted(lines[found[0]].strip())
        hint = "if this is a template, scan what is made of it"
        yield gap(path, Reason.MALFORMED, said, found[0] + 1, hint, item=first)


def runs(text: str) -> Iterator[Run]:
    """The instructions that run something, continued lines and here-documents included."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start, at = at, end_of(lines, at)
        block = "\n".join([lines[start], *(line if line.strip() else "\\" for line in lines[start + 1 : at])])
        found = _RUN.match(block)
        if found is None:
            continue
        for word in _HEREDOC.findall(block):
            end = next((n for n in range(at, len(lines)) if lines[n].strip() == word), len(lines))
            block += "\n" + "\n".join(lines[at : end + 1])
            at = end + 1
        line = start + 1 + block.count("\n", 0, found.end())
        yield Run(block[found.end() :], line, (found[1] or "").upper())


def _exec_form(run: Run) -> list[Word]:
    """`RUN ["pip", "install", "x"]` as words; empty where it is the shell form."""
    if not run.text.lstrip().startswith("["):
        return []
    import json

    try:
        words = json.loads(_CONTINUED.sub("", run.text))
    except (ValueError, RecursionError):
        return []
    return [Word(word, run.line) for word in words if isinstance(word, str)] if isinstance(words, list) else []
