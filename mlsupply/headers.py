"""Core metadata as headers: METADATA and PKG-INFO, read as bytes. Pure.

They are e-mail headers. The standard e-mail parser takes 13 ms to import, longer than these few lines need to read a whole
environment. Source: https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

MAX_BYTES = 1 << 20  # of the headers; the description that may follow is not needed
MAX_HEADERS = 20_000

Headers = Mapping[str, Sequence[str]]
"""Lower-case header name to its values, in order."""


def headers(data: bytes) -> Headers:
    """The headers up to the first empty line; a value that goes on in indented lines is one text, also where such a line
    holds nothing but its indentation (as in licences, which some builders fold into a header)."""
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    lines = data[:MAX_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for line in lines[:MAX_HEADERS]:
        if not line:
            break
        if line[0] in " \t":
            if values:
                values[-1] += " " + line.strip()
            continue
        key, colon, value = line.partition(":")
        values = fields.setdefault(key.strip().lower(), []) if colon else None
        if values is not None:
            values.append(value.strip())
    return fields


def is_cut(data: bytes) -> bool:
    """Whether there are more headers than `headers` reads."""
    if len(data) < MAX_BYTES and data.count(b"\n") < MAX_HEADERS:
        return False
    end = re.search(rb"\n\r?\n", data[:MAX_BYTES])
    return end is None or data.count(b"\n", 0, end.start()) >= MAX_HEADERS


def first(fields: Headers, name: str) -> str:
    """The first value of a header, "" where there is none."""
    return next(iter(fields.get(name, ())), "")
