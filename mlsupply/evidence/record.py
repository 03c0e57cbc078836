"""RECORD: the list of a distribution's files that an installer or a build tool wrote.

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
    """One entry. path: as written, "" where the entry cannot be read; digest: as hex, "" where there is none that can be
    compared; size: bytes, None where there is none; line: where the entry ends; algorithm: of the digest, also of one that
    cannot be compared."""

    path: str
    digest: str
    size: int | None
    line: int
    algorithm: str = ""


def rows(data: bytes) -> Iterator[Row]:
    """Every entry. One that is not CSV comes with an empty path, and the entries behind it are still read: whoever made the
    file may not want them to be."""
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
