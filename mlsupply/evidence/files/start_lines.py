"""What Python executes whenever it starts: lines of `.pth` files, and the entry points in `.start` files.

Sources: docs of `site`. `site.addpackage` of Python 3.11 reads text with universal newlines; that of 3.13 reads the whole
file as UTF-8, drops a byte order mark and splits lines as `str.splitlines` does, and falls back to the encoding of the
locale; that of 3.15 takes no notice of blanks before `import`. A line that any of them would run is reported. `.start` files
(PEP 829) are read from Python 3.15 on: each line `package.module:function` is imported and called.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.lazy import expression

SUFFIXES = (".pth", ".start")
_WORDS = r"(?!\d)\w+(?:\.(?!\d)\w+)*+"
_ENTRY = expression(rf"({_WORDS}):({_WORDS})")  # as `pkgutil.resolve_name` has it


def text_of(data: bytes) -> str:
    """The text of a `.pth`, whatever its encoding. The weights of a model may have the same suffix: of a file with a NUL
    only what stands before its first byte that is no UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8") if b"\0" in data[:4096] else data.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


def start_lines(path: str, data: bytes) -> Iterator[tuple[int, str]]:
    """(number from 1, code) for each line of the file that Python executes: one of a `.pth` that begins with `import` and a
    blank or tab; of a `.start`, the code that stands for the entry point."""
    entries = path.endswith(".start")
    for number, line in enumerate(text_of(data).splitlines(), 1):
        line = line.strip()  # noqa: PLW2901  # as Python does
        if not entries and line.startswith(("import ", "import\t")):
            yield number, line
        elif entries and (found := _ENTRY.fullmatch(line)):
            yield number, f"import {found[1]}; {found[1]}.{found[2]}()"


def is_start_text(path: str, text: str) -> bool:
    """Whether a text that is written to this path holds a line that Python executes at its start."""
    return path.endswith(SUFFIXES) and any(start_lines(path, text.encode("utf-8", "replace")))
