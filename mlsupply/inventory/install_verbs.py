"""Which words of a command are those of an installer, and how what follows them is to be read. Pure.

Sources: the command line references of pip, uv, pipx, Poetry, PDM, rye, Pipenv, conda and pixi.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

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
    FILES = auto()  # each is a file of requirements

    @property
    def runs_another(self) -> bool:
        """Whether what is named is started at once, with the arguments that follow."""
        return self in (Kind.TOOL, Kind.SCRIPT)


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
            "pip sync": Kind.FILES,
            "tool install": Kind.UV,
            "tool run": Kind.TOOL,
            "add": Kind.UV,
            "run": Kind.SCRIPT,
        },
        "pipx": {"install": Kind.UV, "inject": Kind.UV, "run": Kind.TOOL},
        "poetry": {"add": Kind.POETRY, "self add": Kind.POETRY},
        "pdm|rye": {"add": Kind.UV, "install": Kind.UV},
        "pipenv": {"install": Kind.PIP},
        "conda|mamba|micromamba": {
            **dict.fromkeys(("install", "create", "update"), Kind.CONDA),
            **dict.fromkeys(("env create", "env update"), Kind.CONDA),
        },
        "pixi": {"add": Kind.CONDA, "global install": Kind.CONDA},
    }.items()
)
_BARE = (
    (re.compile(_EXE.format("uvx")), Kind.TOOL),
    (re.compile(_EXE.format(r"easy_install(?:-[0-9.]+)?")), Kind.PIP),
    (re.compile(_EXE.format("pip-sync")), Kind.FILES),
)
_BEFORE = frozenset(
    ["sudo", "exec", "env", "time", "nohup", "command", "then", "do", "else", "if", "!", "tini", "dumb-init"]
)
_MOST_BEFORE = 50  # words
_MARKS = ("install", "uvx", "tool run", "pipx", "add ", "download", "wheel", "--with", "create", "update", "sync")
_PROGRAMS = {
    "pip": re.compile(r"(?:x|env|-sync)?[0-9.]*+(?![a-z])"),
    "uv": re.compile(r"x?(?![a-z])"),
    **dict.fromkeys(
        ("poetry", "pdm", "rye", "conda", "mamba", "micromamba", "pixi", "easy_install"), re.compile(r"(?![a-z])")
    ),
}
"""Names of installers, and what may stand behind them."""
_VARIABLE = re.compile(
    r"\$[({]{0,2}(?:\w{1,40}_)?(pip3?|uvx?|pipx|poetry|pdm|pipenv|conda|(?:micro)?mamba)(?:_\w{1,40})?[)}]{0,2}",
    re.IGNORECASE,
)
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|z|k|a)?sh")
_RUNS_TEXT = re.compile(
    r"(?:.*/)?(?:ssh|trap|tmux|screen|cmd(?:\.exe)?|(?:pwsh|powershell)(?:\.exe)?|Invoke-Expression|iex|Start-Process|watch|parallel"
    r"|sbatch|srun|wsl|vagrant|_?(?:run|exec|execute|retry|try|cmd|invoke|do)(?:_?[a-z]{1,20}){0,2})",
    re.IGNORECASE,
)
"""Programs that run a text they are handed, and what scripts call their own functions that do."""
_AS_USER = re.compile(r"(?:.*/)?(?:su|runuser)")


def names_installers(text: str) -> bool:
    """False where no installer is named in the text, nor a variable of one: most scripts end here."""
    lower = text.lower()
    return any(name in lower and _stands_alone(lower, name) for name in _PROGRAMS)


def _stands_alone(lower: str, name: str) -> bool:
    """Whether a name stands somewhere that is no part of another word. (One pattern of all names is slower.)"""
    at = lower.find(name)
    while at >= 0:
        if not lower[max(at - 1, 0) : at].isalpha() and _PROGRAMS[name].match(lower, at + len(name)):
            return True
        at = lower.find(name, at + 1)
    return False


def may_install(text: str) -> bool:
    """False where no install command can be in the text: it has none of their words."""
    return any(mark in text for mark in _MARKS)


def install_at(words: Sequence[Word], at: int) -> Install | None:
    """The install command that starts at this word, None where none does. A variable of unknown text is the program it is
    named after (`$(PIP) install …`)."""
    name = words[at].text
    if name.startswith("$") and (found := _VARIABLE.fullmatch(name)):
        name = found[1].lower()
    for program, kind in _BARE:
        if program.fullmatch(name) and _is_first(words, at):
            return Install(kind, words[at + 1 :])
    verbs = next((verbs for program, verbs in _VERBS if program.fullmatch(name)), ())
    if not verbs:
        return None
    for wanted, kind in verbs:
        if behind := _behind(words, at + 1, wanted):
            is_pypi = kind is Kind.CONDA and any(word.text == "--pypi" for word in words)  # of pixi
            return Install(Kind.PIP if is_pypi else kind, words[behind:])
    return None


def _behind(words: Sequence[Word], at: int, wanted: Sequence[str]) -> int:
    """The place behind the wanted words, 0 where others stand there. Before each there may be options of the program
    itself, and behind an option a word that is its value (`pip --proxy URL install`)."""
    end = min(len(words), at + _MOST_BEFORE)
    for one in wanted:
        is_value = False
        while at < end and words[at].text != one:
            text = words[at].text
            if not text.startswith("-") and not is_value:
                return 0
            is_value = text.startswith("-") and "=" not in text
            at += 1
        at += 1
    return at if at <= end else 0


def script_in(words: Sequence[Word]) -> Word | None:
    """The text a command hands to a shell: `bash -lc TEXT`, `su USER -c TEXT`, `eval TEXT`; None where it hands none."""
    if words[0].text == "eval":
        texts = [word.text for word in words]
        first = next((place for place, text in enumerate(texts) if text != "eval"), len(texts))
        return Word(" ".join(texts[first:]), words[0].line) if first < len(texts) else None
    if len(words) > 1 and _RUNS_TEXT.fullmatch(words[0].text):
        return next((word for word in words[1:] if " " in word.text and names_installers(word.text)), None)
    for at, word in enumerate(words[:_MOST_BEFORE]):
        if _SHELL.fullmatch(word.text) or _AS_USER.fullmatch(word.text):
            return _behind_c(words, at, is_user=_AS_USER.fullmatch(word.text) is not None)
    return None


def _behind_c(words: Sequence[Word], at: int, *, is_user: bool) -> Word | None:
    """What stands behind `-c`, alone or among other letters (`-lc`, `-euxo pipefail -c`)."""
    may_be_value = is_user
    for place in range(at + 1, min(len(words) - 1, at + _MOST_BEFORE)):
        text = words[place].text
        if text == "--command" or (text.startswith("-") and not text.startswith("--") and "c" in text):
            return next((word for word in words[place + 1 :] if not word.text.startswith("-")), None)
        if not text.startswith("-") and not may_be_value:
            return None  # a file of commands
        may_be_value = is_user or text.endswith("o")
    return None


def goes_on(words: Sequence[Word]) -> bool:
    """Whether an installer is named behind the words in which a program is looked for."""
    return len(words) > _MOST_BEFORE and any(names_installers(word.text) for word in words[_MOST_BEFORE:])


def _is_first(words: Sequence[Word], at: int) -> bool:
    """Whether the command begins here: before it stand options, assignments and programs that run another alone."""
    before = (word.text for word in words[:at])
    return at <= _MOST_BEFORE and all(text in _BEFORE or text.startswith("-") or "=" in text for text in before)
