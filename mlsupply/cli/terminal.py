"""What the terminal takes: colours, and how wide a line may be."""

from __future__ import annotations

import os
import sys

_NARROWEST = 40  # columns; below, words are broken anyway


def coloured() -> bool:
    """Whether colours are wanted on a terminal, by its variables (see no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def fitted(text: str, *, err: bool = False) -> str:
    """The text with the lines that a narrow terminal would break inside a word wrapped between words, further in than they
    begin; as it is where stdout, or stderr (err), is no terminal."""
    if not (sys.stderr if err else sys.stdout).isatty():
        return text
    import shutil
    import textwrap

    width = max(shutil.get_terminal_size().columns, _NARROWEST)

    def wrapped(line: str) -> str:
        if len(line) <= width:
            return line
        start = line[: len(line) - len(line.lstrip())]
        inner = f"{start}  " if len(start) < width // 2 else "    "
        return textwrap.fill(
            line.strip(),
            width,
            initial_indent=start,
            subsequent_indent=inner,
            break_long_words=False,
            break_on_hyphens=False,
        )

    return "\n".join(wrapped(line) for line in text.split("\n"))
