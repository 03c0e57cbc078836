"""The lines of a `.pth` file that Python executes whenever it starts.

Sources: docs of `site`. `site.addpackage` of Python 3.11 reads text with universal newlines; that of 3.13 reads the whole
file as UTF-8, drops a byte order mark and splits lines as `str.splitlines` does, and falls back to the encoding of the
locale. A line that any of them would run is reported.
"""

from __future__ import annotations

from collections.abc import Iterator


def text_of(data: bytes) -> str:
    """The text of a `.pth`, whatever its encoding. The weights of a model may have the same suffix: of a file with a NUL
    only what stands before its first byte that is no UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8") if b"\0" in data[:4096] else data.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


def start_lines(data: bytes) -> Iterator[tuple[int, str]]:
    """(number from 1, line) for each line that Python executes: one that begins with `import` and a blank or tab."""
    for number, line in enumerate(text_of(data).splitlines(), 1):
        if line.startswith(("import ", "import\t")):
            yield number, line
