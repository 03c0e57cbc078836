"""Scripts that stand as texts in files of other languages: Vagrantfiles, Jenkinsfiles, Terraform, Nix. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.inventory.script_pieces import Cut, Piece, batch, powershell, shell
from mlsupply.inventory.shell_texts import Use
from mlsupply.inventory.shell_values import NOTHING
from mlsupply.lazy import expression

_RUBY_DOCUMENT = re.compile(r"<<[-~]?([\"']?)([A-Z_a-z]\w{0,60})\1")
_RUBY_INLINE = re.compile(
    r"""\binline:?[ \t]*(?:=>?[ \t]*)?("(?:[^"\\]|\\.){0,20000}"|'(?:[^'\\]|\\.){0,20000}')""", re.DOTALL
)
_GROOVY = expression(
    r"""(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))
      | (?P<text>'''(?:[^'\\]|\\.|'(?!''))*+'''|\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"
            |'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")""",
    re.VERBOSE | re.DOTALL,
)
_GROOVY_STEP = re.compile(
    r"(?:^|[^\w.])(sh|bat|powershell|pwsh)\s*\(?\s*(?:\w+\s*:\s*[^,\n]{0,200},\s*)*(?:script\s*:\s*)?$"
)
_BEFORE_TEXT = 200  # characters of a pipeline that tell which step a text belongs to
_GROOVY_SET = re.compile(
    r"""(?m)^[ \t]*(?:(?:def|String|final)[ \t]+){0,3}([A-Za-z_]\w{0,100})[ \t]*=[ \t]*(["'])([^"'\n]{0,2000})\2"""
)
_HCL_COMMANDS = re.compile(
    r"""\b(?:inline|command|user_data|startup_script)[ \t]*=[ \t]*(\[[^\]]{0,20000}\]|"(?:[^"\\\n]|\\.){0,20000}")"""
)
_HCL_TEXT = re.compile(r'"((?:[^"\\\n]|\\.){0,20000})"')
_NIX_TEXT = expression(r"\b(\w{1,100})[ \t]*=[ \t\n]*''((?:[^']|'(?!'))*+)''")


def vagrantfile(text: str) -> Cut:
    """The here-documents of Ruby, and texts behind `inline:`."""

    def pieces() -> Iterator[Piece]:
        lines = text.split("\n")
        at = 0
        last = {line.strip(): number for number, line in enumerate(lines)}
        while at < len(lines):
            found = _RUBY_DOCUMENT.search(lines[at])
            at += 1
            if found and last.get(found[2], -1) >= at:
                end = next(number for number in range(at, len(lines)) if lines[number].strip() == found[2])
                yield Piece("\n".join(lines[at:end]), at + 1)
                at = end + 1
        count = _Lines(text)
        for found in _RUBY_INLINE.finditer(text):
            yield Piece(_unescaped(found[1][1:-1]), count.at(found.start(1)))

    return Cut(pieces())


def jenkinsfile(text: str) -> Cut:
    """What the steps sh, bat, powershell and pwsh are handed, in all of Groovy's quotes."""

    def pieces() -> Iterator[Piece]:
        count = _Lines(text)
        for found in _GROOVY.finditer(text):
            written = found["text"]
            if written is None:
                continue
            step = _GROOVY_STEP.search(text[max(0, found.start() - _BEFORE_TEXT) : found.start()])
            if step is None:
                continue
            behind = text[found.end() : found.end() + 20].lstrip()
            width = 3 if written[:3] in {"'''", '"""'} else 1
            inner = _unescaped(written[width:-width]) + ("$unknown" if behind.startswith("+") else "")
            cut = {"bat": batch, "powershell": powershell, "pwsh": powershell}.get(step[1], shell)(inner)
            begins = count.at(found.start())
            yield from (piece._replace(line=piece.line + begins - 1) for piece in cut.pieces)

    values = NOTHING.copy()
    for setting in _GROOVY_SET.finditer(text):
        values.set(setting[1], [] if "$" in setting[3] else [setting[3]])
    return Cut(pieces(), values)


def terraform(text: str) -> Cut:
    """Terraform's and Packer's: here-documents, and texts of `inline`, `command` and their like."""

    def pieces() -> Iterator[Piece]:
        yield from vagrantfile(text).pieces
        count = _Lines(text)
        for found in _HCL_COMMANDS.finditer(text):
            line = count.at(found.start(1))
            for one in _HCL_TEXT.finditer(found[1]):
                yield Piece(_unescaped(one[1]), line + found[1].count("\n", 0, one.start()))

    return Cut(pieces())


def nix(text: str) -> Cut:
    """Texts between two apostrophes each: hooks and phases are scripts, `requirements` are a file of them."""

    def pieces() -> Iterator[Piece]:
        count = _Lines(text)
        for found in _NIX_TEXT.finditer(text):
            use = Use.REQUIREMENTS if found[1] == "requirements" else Use.SHELL
            yield Piece(found[2].replace("''$", "\\$"), count.at(found.start(2)), use)

    return Cut(pieces())


def _unescaped(text: str) -> str:
    """A string of Groovy or Ruby; an escaped line end stays one of the shell."""
    return re.sub(r"\\([\"'\\$nt])", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text)


class _Lines:
    """The lines of offsets that are asked for in order."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def at(self, offset: int) -> int:
        self._line += self._text.count("\n", self._at, offset)
        self._at = offset
        return self._line
