"""Shell text as commands of words with their lines: quotes, continuations, comments, redirections, here-documents and
separators. Pure.

Only as much of a shell as install commands need: a word that holds a variable of known text is filled in, one that holds
another variable or a substitution says so, and its value stays unknown.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import islice, product
from math import prod

from mlsupply.inventory.shell_values import NOTHING, Values
from mlsupply.named import NamedTuple


class Word(NamedTuple):
    """A word without its quotes. line: from 1 within the text; open: a variable or substitution of unknown text stands in
    it; varies: what it holds is only what a variable is set to unless another text is given where the command runs."""

    text: str
    line: int
    open: bool = False
    varies: bool = False


class Command(NamedTuple):
    """A simple command. given: texts it reads from its input (here-documents, `<<< text`); into: the file its output is
    written to, "" for none; appends: behind what the file holds; piped: it reads what the command before it says."""

    words: list[Word]
    given: tuple[Word, ...] = ()
    into: str = ""
    appends: bool = False
    piped: bool = False


_PIECE = re.compile(
    r"""(?P<continued>\\\r?\n[ \t]*(?:\#[^\n]*\n[ \t]*)*)   # Dockerfiles may have comment lines between continued ones
      | (?P<blank>[ \t\r]+)
      | (?P<separator>\n|&&|\|\||\|&|[;|&()]|(?<![^\s;&|]){(?=\s)|(?<![^\s;])}(?=[\s;]|$))
      | (?P<comment>(?<![^\s;&|(])\#[^\n]*)
      | (?P<document>[0-9]?<<(?!<)-?[ \t]*(?:'[^'\n]{1,200}'|"[^"\n]{1,200}"|\\?[\w.!@%+-]{1,200}))
      | (?P<redirect>[0-9]?(?:<<<|<<-?|>>|>\||>&|<&|>|<(?!\())[ \t]*)
      | (?P<single>'[^']*')
      | (?P<double>"(?:[^"\\]|\\.)*")
      | (?P<substitution>[$<]\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\$\{\{?[^{}\n]*\}?\}|\$[A-Za-z_][A-Za-z_0-9]*|\$[0-9@*#?$!-]
            |\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\})   # the last two: templates of Dockerfiles
      | (?P<escaped>\\.)
      | (?P<plain>[^\s;&|()"'\\$`<>{}]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = frozenset({"single", "double", "escaped", "plain", "substitution"})
_COMMANDS = re.compile(r"(?<!\\)[$<]\(((?:[^()]|\([^()]*\))*)\)|(?<!\\)`([^`]*)`")
_MOST_FORMS = 32  # of one word, where its variables may hold several texts


def commands(text: str, line: int = 1) -> Iterator[list[Word]]:
    """The words of the simple commands of a script in order; see `parsed`."""
    for command in parsed(text, line):
        if command.words:
            yield command.words


def parsed(text: str, line: int = 1, values: Values = NOTHING) -> Iterator[Command]:
    """The simple commands of a script in order. line: the line of the text's first character; values: what is known of its
    variables.

    An unquoted `<` after a name (`pip install a<2`) is a redirection in a shell; it is dropped as the shell drops it. The
    commands of substitutions (`$(…)`) follow the others.
    """
    reading = _Reading(text, line, values)
    yield from reading.commands()
    for script, begins in reading.inner:
        yield from parsed(script, begins, values)


class _Draft:
    """A command while it is read."""

    def __init__(self, *, piped: bool = False) -> None:
        self.words: list[Word] = []
        self.documents: list[tuple[str, bool]] = []  # (the line that ends it, whether variables are filled in)
        self.given: list[Word] = []
        self.into, self.appends, self.piped = "", False, piped
        self.waits = ""  # the redirection whose target the next word is

    def add(self, words: list[Word]) -> None:
        if not self.waits:
            self.words += words
            return
        if words and self.waits == "<<<":
            self.given += words
        elif words and self.waits.lstrip("1") in {">", ">>", ">|"}:
            self.into, self.appends = words[0].text, self.waits.endswith(">>")
        self.waits = ""

    def command(self) -> Command:
        return Command(self.words, tuple(self.given), self.into, self.appends, self.piped)


class _Reading:
    def __init__(self, text: str, line: int, values: Values) -> None:
        self.text, self.line, self.values = text, line, values
        self.inner: list[tuple[str, int]] = []
        self.at = 0
        self.drafts = [_Draft()]  # of one line: a here-document begins only behind it
        self.pieces: list[list[str]] = []  # of one word, each in the forms it may have
        self.started, self.open, self.varies, self.splits = line, False, False, False
        self.last: dict[str, int] | None = None

    def commands(self) -> Iterator[Command]:
        match = _PIECE.match
        while found := match(self.text, self.at):
            kind, piece = found.lastgroup or "", found[0]
            self.at = found.end()
            if kind in _WORD:
                self._piece(kind, piece)
            elif kind != "comment":
                self._end_of_word()
            if kind == "separator":
                if piece == "\n":
                    self.line += 1
                    yield from self._end_of_line()
                else:
                    self.drafts.append(_Draft(piped=piece in {"|", "|&"}))
                continue
            if kind == "document":
                self._document(piece)
            elif kind == "redirect":
                self.drafts[-1].waits = piece.rstrip()
            self.line += piece.count("\n")
        self._end_of_word()
        yield from self._end_of_line()

    def _piece(self, kind: str, piece: str) -> None:
        """One more piece of a word."""
        if not self.pieces:
            self.started = self.line
        if kind in {"double", "substitution"}:
            filled = self.values.filled(piece[1:-1] if kind == "double" else piece, quotes=kind == "double")
            self.pieces.append(filled.texts)
            self.open, self.varies = self.open or filled.open, self.varies or filled.varies
            self.splits = self.splits or filled.several or (kind == "substitution" and not filled.open and piece[0] != "<")
            self.open = self.open or piece.startswith("<(")
            if "$(" in piece or "`" in piece or piece.startswith("<("):
                found = _COMMANDS.finditer(piece)
                self.inner += [(one[1] or one[2], self.line + piece.count("\n", 0, one.start())) for one in found]
        else:
            self.pieces.append([piece[1:-1] if kind == "single" else piece[1:] if kind == "escaped" else piece])

    def _end_of_word(self) -> None:
        if not self.pieces:
            return
        if all(len(forms) == 1 for forms in self.pieces):
            texts = ["".join(forms[0] for forms in self.pieces)]
        else:
            texts = ["".join(forms) for forms in islice(product(*self.pieces), _MOST_FORMS)]
            self.varies = self.varies or prod(map(len, self.pieces)) > _MOST_FORMS
        if self.splits:
            texts = [one for text in texts for one in _split(text)]
        self.drafts[-1].add([Word(text, self.started, self.open, self.varies) for text in texts])
        self.pieces, self.open, self.varies, self.splits = [], False, False, False

    def _end_of_line(self) -> Iterator[Command]:
        """The commands of the line, with the here-documents that follow it."""
        for draft in self.drafts:
            for end, fills in draft.documents:
                if document := self._body(end, fills):
                    draft.given.append(document)
            if draft.words or draft.given:
                yield draft.command()
        self.drafts = [_Draft()]

    def _document(self, piece: str) -> None:
        end = piece.partition("<<")[2].lstrip("-").strip()
        bare = end.strip("'\"").lstrip("\\")
        if self._ends(bare):
            self.drafts[-1].documents.append((bare, bare == end))

    def _ends(self, end: str) -> bool:
        """Whether such a line still comes. Without it there is no here-document, and all is read as commands."""
        if self.last is None:
            self.last, at = {}, 0
            for one in self.text.split("\n"):
                self.last[one.strip()] = at
                at += len(one) + 1
        return self.last.get(end, -1) >= self.at

    def _body(self, end: str, fills: bool) -> Word | None:
        """The here-document that begins here."""
        if not self._ends(end):
            return None
        begins, line, at = self.at, self.line, self.at
        while True:
            stop = self.text.find("\n", at)
            stop = len(self.text) if stop < 0 else stop
            self.line += 1
            if self.text[at:stop].strip() == end:
                break
            at = stop + 1
        self.at = min(stop + 1, len(self.text))
        body = self.text[begins:at]
        if not fills or "$" not in body:
            return Word(body, line)
        filled = self.values.filled(body, quotes=False)
        return Word(filled.texts[0], line, filled.open, filled.varies)


def _split(text: str) -> list[str]:
    """The words of a value. A file of make puts its quotes where a shell reads them."""
    if '"' not in text and "'" not in text:
        return text.split()
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
