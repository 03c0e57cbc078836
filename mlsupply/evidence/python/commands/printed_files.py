"""Files that the commands of a line print into (`>`, `tee`, `Out-File`), and the names by which later commands of it or of
another line take them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlsupply.evidence.python.values.value import HOLE
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

_FILE = r"(?P<file>\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|[\w./~\\:$%{}@+\0-]{1,200}+)(?=\s|[;&|)\"'}]|$)"
_REDIRECTED = expression(rf"(?:&|\b1)?>{{1,2}}\|?\s?{_FILE}")
_TEED = expression(rf"(?i)\|\s?(?:sudo )?(?:tee(?: -\w)?|Out-File|Set-Content|Add-Content|Tee-Object)(?: -\w*Path)? {_FILE}")
_WORD = expression(r"[^\s\"'|;<>&()]+")
_QUOTED = expression(r"\"[^\"\n]{1,300}\"|'[^'\n]{1,300}'")
_PATH = expression(r"[/~$%\0.].*")
_QUOTES = str.maketrans("", "", "\"'{}")
_MAX_WORDS = 400
_LONGEST = 400  # characters before a file's name in which its commands are


class PrintedFile(NamedTuple):
    """what: the commands that print; file: the name of the file, without quotes; start, end: of the name in the line."""

    what: str
    file: str
    start: int
    end: int


def printed_files(text: str) -> Iterator[PrintedFile]:
    """What the commands of a line print into."""
    for pattern, sign in ((_REDIRECTED, ">"), (_TEED, "|")):
        for found in pattern.finditer(text) if sign in text else ():
            if not found["file"].startswith("/dev/"):
                what = _before(text[max(0, found.start() - _LONGEST) : found.start()].rstrip())
                yield PrintedFile(what, found["file"].translate(_QUOTES), *found.span("file"))


def _before(text: str) -> str:
    """The last command or pipeline of a text, or the last group of them."""
    if text.endswith((")", "}")):
        return text[max(text.rfind("("), text.rfind("{")) :]
    return text[max(map(text.rfind, "\n;&>")) + 1 :]


def without_targets(text: str) -> str:
    """The line without the names of the files that it prints into."""
    for target in sorted(printed_files(text), key=lambda one: one.start, reverse=True):
        text = text[: target.start] + text[target.end :]
    return text


def names_in(text: str) -> set[str]:
    """The names of files that the words of a line may hold, alone or behind an option or `field=@`."""
    found = set[str]()
    for word in [*_WORD.findall(text)[:_MAX_WORDS], *_QUOTED.findall(text)[:_MAX_WORDS]]:
        plain = word.translate(_QUOTES).partition(";")[0]
        found |= {plain, plain.rpartition("=")[2].lstrip("@<"), plain.rpartition("@")[2]}
        if (path := _PATH.search(plain)) is not None:
            found.add(path[0])
    return found


def unknown_files(node: ast.AST, names: set[str]) -> set[str]:
    """Keys for files of which nothing is known but the variable that a call puts into its command line; the same variable
    gives the same key. names: words of the line."""
    given = [*node.args, *(one.value for one in node.keywords)] if isinstance(node, ast.Call) else []
    if HOLE not in names:
        return set()
    return {f"{HOLE}{HOLE}{name}" for one in given if not isinstance(one, ast.Name) for name in _variables(one)}


def _variables(node: ast.AST) -> Iterator[str]:
    """The longest names, attributes and items that an expression puts together."""
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        yield ast.unparse(node)
        return
    inner = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    for one in inner:
        yield from _variables(one)
