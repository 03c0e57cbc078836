"""Scripts and files of build tools, cut into the pieces of shell text that are run. Pure.

What differs by format is where such pieces stand, how lines go on and how variables are written; each comes out as a POSIX
shell would have it, on its own line of the file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator

from mlsupply.inventory.shell_texts import Use
from mlsupply.inventory.shell_values import NOTHING, Values
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

_BACKTICK_END = re.compile(r"`[ \t]*\n")
_POWERSHELL_COMMENT = expression(r"<#(?:[^#]|#(?!>))*+(?:#>|\Z)")
_POWERSHELL_SET = re.compile(r"(?m)^([ \t]*)\$(?:env:|script:|global:)?(\w{1,100})[ \t]*(\+?=)[ \t]*([^\s=(][^\n]{0,5000})")
_POWERSHELL_TEXT = re.compile(r"(?:\"[^\"]*\"|'[^']*'|\$?[\w.]+)[ \t;]*")
_POWERSHELL_ARRAY = re.compile(r"\$(\w{1,100})[ \t]*=[ \t]*@\(([^()$]{0,20000})\)")
_POWERSHELL_EACH = re.compile(r"(?i)\bforeach[ \t]*\([ \t]*\$(\w{1,100})[ \t]+in[ \t]+\$(\w{1,100})[ \t]*\)")
_BATCH_VARIABLE = re.compile(r"%~?([A-Za-z_]\w{0,100})(?::[^%\n]{0,100})?%|!([A-Za-z_]\w{0,100})!")
_BATCH_SET = re.compile(r"(?i)^[@ \t]*set[ \t]+(\"?)([A-Za-z_]\w{0,100})=([^\"\n]*)\1[ \t]*$")
_BATCH_SAYS = re.compile(r"(?i)^[@ \t(]*(?:rem\b|::|echo\b|title\b)")
_MAKE_REFERENCE = re.compile(r"\$\$|\$[({]([A-Za-z_][\w.-]{0,100})[)}]")
_MAKE_SET = re.compile(r"^ *(?:export +|override +)*([A-Za-z_][\w.-]{0,100}) *(\?=|\+=|:{0,3}=|!=) *(.*)$", re.DOTALL)
_MAKE_PREFIX = re.compile(r"(?m)^\.RECIPEPREFIX[ \t]*[:?]?=[ \t]*([^\s\w])[ \t]*$")
_JUST_REFERENCE = re.compile(r"\{\{\s*([A-Za-z_][\w-]{0,100})\s*\}\}")
_JUST_SET = re.compile(r"""^(?:export +)?([A-Za-z_][\w-]{0,100}) *:= *(["'])([^"'\n]{0,5000})\2[ \t]*$""")
_PROCESS = re.compile(r"^[A-Za-z0-9_-]{1,100}:[ \t]*(.+)$")
_SECTION = re.compile(r"^[ \t]*%(\w{1,40})\b([^\n]{0,500})$")
_BASE = re.compile(r"(?i)^From:[ \t]*(\S{1,500})[ \t]*$")
_RUN_SECTIONS = frozenset(
    {
        *("pre", "setup", "post", "test", "runscript", "startscript", "environment"),
        *("appinstall", "apprun", "apptest", "appstart", "appenv"),
    }
)


class Piece(NamedTuple):
    """A script within a file. line: of the file, on which it begins; use: what reads it."""

    text: str
    line: int
    use: Use = Use.SHELL


class Cut(NamedTuple):
    """The pieces of a file, and what it sets variables to for all of them."""

    pieces: Iterator[Piece]
    values: Values = NOTHING


def shell(text: str) -> Cut:
    """A script of a POSIX shell is one piece."""
    return Cut(iter([Piece(text, 1)]))


def powershell(text: str) -> Cut:
    """Backticks continue lines and escape, backslashes stand in paths, `$x = "…"` sets a variable."""
    text = _POWERSHELL_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = _BACKTICK_END.sub("\0\n", text).replace("\\", "/").replace("`", "\\").replace("\0", "\\")
    text = text.replace("$env:", "$").replace("$Env:", "$")
    arrays = {found[1] for found in _POWERSHELL_ARRAY.finditer(text)}
    text = _POWERSHELL_ARRAY.sub(lambda found: f"{found[1]}=({found[2].replace(',', ' ')})", text)
    text = _POWERSHELL_EACH.sub(r"for \1 in ${\2[@]};", text) if "foreach" in text.lower() else text
    return Cut(iter([Piece(_POWERSHELL_SET.sub(lambda found: _as_shell_sets(found, arrays), text), 1)]))


def _as_shell_sets(found: re.Match[str], arrays: Collection[str]) -> str:
    """A variable is set to one text, or to what a command or an expression gives, which is not known."""
    indent, name, sign, given = found.groups()
    if _POWERSHELL_TEXT.fullmatch(given) is None:
        return f"{indent}{name}{sign}$UNKNOWN_; {given}"
    return f"{indent}{name}{sign}({given})" if name in arrays and sign == "+=" else f"{indent}{name}{sign}{given}"


def batch(text: str) -> Cut:
    """Each line by itself: an apostrophe is no quote there. `^` continues a line, `%X%` is a variable."""
    values = NOTHING.copy()

    def pieces() -> Iterator[Piece]:
        for line, number in _logical(text, "^"):
            if _BATCH_SAYS.match(line):
                continue
            plain = line.replace("%~dp0", "./")
            plain = _BATCH_VARIABLE.sub(lambda found: f"${{{(found[1] or found[2]).upper()}}}", plain)
            if found := _BATCH_SET.match(plain):
                filled = values.filled(found[3], quotes=False)
                values.set(found[2].upper(), [] if filled.open else filled.texts, varies=filled.varies)
            yield Piece(plain.replace("\\", "/").replace("/\n", "\\\n").replace("'", "\\'").lstrip("@ \t"), number)

    return Cut(pieces(), values)


def makefile(text: str) -> Cut:
    """The recipes: lines behind a tab, each a script of its own, and what stands behind `target: ;`."""
    values = NOTHING.copy()
    if prefix := _MAKE_PREFIX.search(text):
        text = re.sub(rf"(?m)^{re.escape(prefix[1])}", "\t", text)
    lines = list(_logical(text, "\\"))
    defined, recipes = "", list[Piece]()
    for line, number in lines:
        found = None if line.startswith("\t") else _MAKE_SET.match(line)
        if line.startswith("define "):
            defined = line
        elif line.startswith("endef"):
            defined = ""
        elif line.startswith("\t") or defined:
            recipes.append(Piece(_recipe(line), number))
        elif found and "$(shell" not in line:
            filled = values.filled(_make_text(found[3].partition(" #")[0].strip()), quotes=False)
            texts = [] if filled.open else filled.texts
            values.set(found[1], texts, varies=filled.varies or found[2] == "?=", behind=" " if found[2] == "+=" else None)
            if line.lstrip().startswith("export") and texts:
                recipes.append(Piece(f"export {found[1]}={shlex.quote(texts[0])}", number))
        elif found:
            values.set(found[1], [])
            recipes.append(Piece(line.replace("$(shell", "$( "), number))
        else:
            head, behind, recipe = line.partition(";")
            if behind and ":" in head and not head.startswith((" ", "#")):
                recipes.append(Piece(_recipe(recipe), number + head.count("\n")))
    return Cut(iter(_joined(recipes) if "\n.ONESHELL" in "\n" + text else recipes), values)


def _recipe(line: str) -> str:
    return _make_text(line.lstrip("\t @-+"))


def _make_text(text: str) -> str:
    """Make's own variables as those of a shell, and what it leaves to the shell."""
    return _MAKE_REFERENCE.sub(lambda found: f"${{{found[1]}}}" if found[1] else "$", text)


def _joined(recipes: list[Piece]) -> Iterator[Piece]:
    """Recipes whose lines one shell runs together."""
    text, begins = "", 0
    for piece in recipes:
        follows = text and piece.line == begins + text.count("\n")
        if text and not follows:
            yield Piece(text, begins)
        begins = begins if follows else piece.line
        text = (text if follows else "") + piece.text + "\n"
    if text:
        yield Piece(text, begins)


def justfile(text: str) -> Cut:
    """The indented lines below a recipe's head, together where they begin with `#!`."""
    values = NOTHING.copy()
    found: list[Piece] = []
    script: list[str] = []
    begins = 0
    for line, number in [*_logical(text, "\\"), ("end", 0)]:
        plain = _JUST_REFERENCE.sub(lambda one: f"${{{one[1].replace('-', '_')}}}", line)
        if line[:1] in {" ", "\t"} or (script and not line.strip()):
            if not script and plain.lstrip().startswith("#!"):
                begins = number
            if begins:
                script.append(plain)
            else:
                found.append(Piece(plain.strip().lstrip("@-"), number))
            continue
        if script:
            found.append(Piece("\n".join(_dedented(script)), begins))
        script, begins = [], 0
        if setting := _JUST_SET.match(line):
            values.set(setting[1].replace("-", "_"), [setting[3]])
    return Cut(iter(found), values)


def _dedented(lines: list[str]) -> list[str]:
    width = len(lines[0]) - len(lines[0].lstrip())
    return [line[width:] if not line[:width].strip() else line for line in lines]


def procfile(text: str) -> Cut:
    """`name: command` on each line."""
    found = ((_PROCESS.match(line), number) for number, line in enumerate(text.split("\n"), 1))
    return Cut(Piece(one[1], number) for one, number in found if one)


def apptainer(text: str) -> Cut:
    """The sections of a definition file that are scripts, those that build and those that start it."""

    def pieces() -> Iterator[Piece]:
        runs, use, begins, lines = False, Use.SHELL, 0, list[str]()
        for number, line in enumerate([*text.split("\n"), "%end"], 1):
            found = _SECTION.match(line)
            if found is None:
                lines.append(line)
                if base := _BASE.match(line):  # as if it were started
                    yield Piece(f"apptainer build {base[1]}", number)
                continue
            if runs:
                yield Piece("\n".join(lines), begins, use)
            runs, begins, lines = found[1] in _RUN_SECTIONS, number + 1, []
            use = Use.PYTHON if "python" in found[2] else Use.SHELL

    return Cut(pieces())


def _logical(text: str, continues: str) -> Iterator[tuple[str, int]]:
    """Lines with those that continue them, in which a backslash says so, and the number of the first."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start, parts = at, list[str]()
        while lines[at].endswith(continues) and at + 1 < len(lines):
            parts.append(lines[at][:-1] + "\\")
            at += 1
        yield "\n".join([*parts, lines[at]]), start + 1
        at += 1
