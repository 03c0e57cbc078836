"""The lines of a `.pth` file that Python executes whenever it starts.

Sources: docs of `site`; `site.addpackage` of Python 3.11 reads text with universal newlines, that of 3.13 the whole file as
UTF-8, without a byte order mark and with lines as `str.splitlines` ends them. What one of them would run is told.
"""

from __future__ import annotations

from collections.abc import Iterator


def text_of(data: bytes) -> str:
    """What is read of a `.pth` before it stops being UTF-8. Weights of a model do so at once; what stands before that in
    another file may have run already."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8")
    return text.removeprefix("\ufeff")


def start_lines(data: bytes) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of each that begins with `import` and a blank."""
    for number, line in enumerate(text_of(data).splitlines(), 1):
        if line.startswith(("import ", "import\t")):
            yield number, line
