"""Shell text as commands of words with their lines: quotes, continuations, comments and separators, nothing expanded. Pure.

Only as much of a shell as install commands need: a word that holds a variable or a substitution says so, and its value
stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.named import NamedTuple


class Word(NamedTuple):
    """A word without its quotes. line: from 1 within the text; open: a variable or substitution stands in it."""

    text: str
    line: int
    open: bool = False


_PIECE = re.compile(
    r"""(?P<continued>\\\r?\n[ \t]*(?:\#[^\n]*\n[ \t]*)*)   # Dockerfiles may have comment lines between continued ones
      | (?P<blank>[ \t\r]+)
      | (?P<separator>\n|&&|\|\||[;|&()]|(?<![^\s;&|]){(?=\s)|(?<![^\s;])}(?=[\s;]|$))
      | (?P<comment>(?<![^\s;&|(])\#[^\n]*)
      | (?P<redirect>[0-9]?(?:<<<|<<-?|>>|>&|<&|>|<)[ \t]*(?:[^\s;&|()<>"'\\]+)?)
      | (?P<single>'[^']*')
      | (?P<double>"(?:[^"\\]|\\.)*")
      | (?P<substitution>\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\$\{\{?[^{}\n]*\}?\}|\$[A-Za-z_0-9@*#?$!-]
            |\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\})   # the last two: templates of Dockerfiles
      | (?P<escaped>\\.)
      | (?P<plain>[^\s;&|()"'\\$`<>{}]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"(?<!\\)(?:\$[A-Za-z_{(0-9@*]|`)")

_COMMANDS = re.compile(r"(?<!\\)\$\(((?:[^()]|\([^()]*\))*)\)|(?<!\\)`([^`]*)`")


def commands(text: str, line: int = 1) -> Iterator[list[Word]]:
    """The simple commands of a script in order. line: the line of the text's first character.

    An unquoted `<` after a name (`pip install a<2`) is a redirection in a shell; it is dropped as the shell drops it. The
    commands of a substitution (`$(…)`) follow the one it stands in.
    """
    words: list[Word] = []
    inner: list[tuple[str, int]] = []
    current: list[str] = []
    started, is_open = line, False
    for found in _PIECE.finditer(text):
        kind, piece = found.lastgroup, found[0]
        if kind in ("single", "double", "escaped", "plain", "substitution"):
            if not current:
                started = line
            current.append(_value(kind, piece))
            is_open = is_open or kind == "substitution" or (kind == "double" and bool(_VARIABLE.search(piece)))
            if kind in ("substitution", "double") and ("$(" in piece or "`" in piece):
                inner += [(one[1] or one[2], line + piece.count("\n", 0, one.start())) for one in _COMMANDS.finditer(piece)]
        elif kind != "comment":
            if current:
                words.append(Word("".join(current), started, is_open))
                current, is_open = [], False
            if kind == "separator" and words:
                yield words
                words = []
        line += piece.count("\n")
    if current:
        words.append(Word("".join(current), started, is_open))
    if words:
        yield words
    for script, begins in inner:
        yield from commands(script, begins)


def _value(kind: str | None, piece: str) -> str:
    if kind == "single":
        return piece[1:-1]
    if kind == "double":
        return re.sub(r'\\(["\\$`\n])', lambda match: "" if match[1] == "\n" else match[1], piece[1:-1])
    return piece[1:] if kind == "escaped" else piece
