"""Which words of a command are those of an installer, and how what follows them is to be read. Pure.

Sources: the command line references of pip, uv, pipx, Poetry, PDM, rye, Pipenv, conda and pixi.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from itertools import islice

from mlsupply.inventory.shell import Word
from mlsupply.named import NamedTuple


class Kind(Enum):
    """How the arguments are written."""

    PIP = auto()  # each names something to install
    UV = auto()  # the same, and `-w` names one more
    TOOL = auto()  # the first names a tool that is fetched and run; the rest is handed to it
    SCRIPT = auto()  # the first is run and is nothing to install; only options name something
    POETRY = auto()  # each names something, with a constraint behind `@`
    CONDA = auto()  # in conda's language


class Install(NamedTuple):
    """The arguments of an install command."""

    kind: Kind
    arguments: Sequence[Word]


_EXE = r"(?:.*/)?(?:{})(?:\.exe)?"
_VERBS: tuple[tuple[re.Pattern[str], tuple[tuple[tuple[str, ...], Kind], ...]], ...] = tuple(
    (re.compile(_EXE.format(program)), tuple((tuple(words.split()), kind) for words, kind in verbs.items()))
    for program, verbs in {
        "pip[0-9.]*": {"install": Kind.PIP, "download": Kind.PIP, "wheel": Kind.PIP},
        "uv": {
            "pip install": Kind.PIP,
            "tool install": Kind.UV,
            "tool run": Kind.TOOL,
            "add": Kind.UV,
            "run": Kind.SCRIPT,
        },
        "pipx": {"install": Kind.UV, "inject": Kind.UV, "run": Kind.TOOL},
        "poetry": {"add": Kind.POETRY, "self add": Kind.POETRY},
        "pdm|rye": {"add": Kind.UV, "install": Kind.UV},
        "pipenv": {"install": Kind.PIP},
        "conda|mamba|micromamba": {"install": Kind.CONDA, "create": Kind.CONDA, "update": Kind.CONDA},
        "pixi": {"add": Kind.CONDA, "global install": Kind.CONDA},
    }.items()
)
_BARE = ((re.compile(_EXE.format("uvx")), Kind.TOOL), (re.compile(_EXE.format(r"easy_install(?:-[0-9.]+)?")), Kind.PIP))
_BEFORE = frozenset(
    ["sudo", "exec", "env", "time", "nohup", "command", "then", "do", "else", "if", "!", "tini", "dumb-init"]
)
_MOST_BEFORE = 50  # words
_MARKS = ("install", "uvx", "tool run", "pipx", "add ", "download", "wheel", "--with", "create", "update")


def may_install(text: str) -> bool:
    """False where no install command can be in the text: it has none of their words."""
    return any(mark in text for mark in _MARKS)


def install_at(words: Sequence[Word], at: int) -> Install | None:
    """The install command that starts at this word, None where none does."""
    name = words[at].text
    for program, kind in _BARE:
        if program.fullmatch(name) and _is_first(words, at):
            return Install(kind, words[at + 1 :])
    verbs = next((verbs for program, verbs in _VERBS if program.fullmatch(name)), ())
    if not verbs:
        return None
    following = list(islice((p for p in range(at + 1, len(words)) if not words[p].text.startswith("-")), 2))
    for wanted, kind in verbs:
        if [words[place].text for place in following[: len(wanted)]] == list(wanted):
            is_pypi = kind is Kind.CONDA and any(word.text == "--pypi" for word in words)  # of pixi
            return Install(Kind.PIP if is_pypi else kind, words[following[len(wanted) - 1] + 1 :])
    return None


def _is_first(words: Sequence[Word], at: int) -> bool:
    """Whether the command begins here: before it stand options, assignments and programs that run another alone."""
    before = (word.text for word in words[:at])
    return at <= _MOST_BEFORE and all(text in _BEFORE or text.startswith("-") or "=" in text for text in before)
