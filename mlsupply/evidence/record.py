"""RECORD: what an installer or a build tool wrote down of the files of a distribution.

Source: PEP 376 and the specification "Recording installed projects": CSV lines of path, `algorithm=digest` in unpadded
URL-safe base64, and size, the latter two empty where they are not known. The algorithm is sha256 or better.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator

from mlsupply.named import NamedTuple

BETTER = {"sha384": 48, "sha512": 64}  # than sha256; bytes of their digests


class Row(NamedTuple):
    """One line. path: as it is written, "" of a line that cannot be read; digest: as hex, "" where there is none that can be
    held against the file; size: bytes, None where there is none; line: where the entry ends; algorithm: of the digest, also
    of one that cannot be used."""

    path: str
    digest: str
    size: int | None
    line: int
    algorithm: str = ""


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
            algorithm, _, value = digest.partition("=")
            length = int(size) if _is_size(size) else None
            yield Row(path, _hex(algorithm, value), length, reader.line_num, algorithm)


def _is_size(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _hex(algorithm: str, value: str) -> str:
    if algorithm not in {"sha256", *BETTER} or len(value) > 128:
        return ""
    try:
        digest = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:
        return ""
    return digest.hex() if len(digest) == BETTER.get(algorithm, len(digest)) else ""
