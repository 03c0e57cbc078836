"""RECORD: what an installer or a build tool wrote down of the files of a distribution.

Source: PEP 376 and the specification "Recording installed projects": CSV lines of path, `algorithm=digest` in unpadded
URL-safe base64, and size, the latter two empty where they are not known.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator

from mlsupply.named import NamedTuple


class Row(NamedTuple):
    """One line. path: as it is written, "" of a line that cannot be read; digest: sha256 as hex, "" where there is none or
    of another algorithm; size: bytes, None where there is none; line: where the entry ends."""

    path: str
    digest: str
    size: int | None
    line: int


def rows(data: bytes) -> Iterator[Row]:
    """Every entry. One that is no CSV comes with an empty path, and those behind it are read on: whoever made the file
    may want its end unread."""
    reader = csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""))
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row("", "", None, reader.line_num)
            continue
        if cells:
            path, digest, size = (*cells, "", "", "")[:3]
            yield Row(path, _hex(digest), int(size) if _is_size(size) else None, reader.line_num)


def _is_size(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _hex(written: str) -> str:
    algorithm, _, value = written.partition("=")
    if algorithm != "sha256" or len(value) > 64:
        return ""
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except ValueError:
        return ""
