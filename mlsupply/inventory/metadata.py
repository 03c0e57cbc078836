"""What core metadata (METADATA, PKG-INFO) says of a distribution, and the `requires.txt` of eggs, read as bytes. Pure.

Source: https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlsupply.headers import MAX_BYTES, MAX_HEADERS, first, headers, is_cut
from mlsupply.inventory.parsing import quoted
from mlsupply.licence import of_headers
from mlsupply.model import Edge, Reason
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe

_REQUIRES = re.compile(
    r"\s*+([A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?)\s*+(?:\[([^\]]{0,500}+)\])?\s*+"
    r"\(?([^;()]{0,500}+)\)?\s*+(?:;(.{0,2000}))?$"
)
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']{1,200})["']""")


_TOLD = 20  # faults of one file
_CUT = f"more than {MAX_BYTES:,} bytes or {MAX_HEADERS:,} lines of headers; what it requires further on was not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What an installed or installable distribution says of itself. name: canonical; requires: Requires-Dist as edges;
    faults: what of the headers could not be read."""

    name: str
    version: str
    requires: tuple[Edge, ...] = ()
    requires_python: str = ""
    faults: tuple[tuple[Reason, str], ...] = ()
    licence: str = ""


def parse(data: bytes) -> Metadata:
    """What the headers say. Missing fields are ""."""
    fields = headers(data)
    asked = [(text, edge_of(text)) for text in fields.get("requires-dist", [])]
    return Metadata(
        name=canonical(first(fields, "name")),
        version=safe(first(fields, "version"), 200),
        requires=tuple(edge for _, edge in asked if edge is not None),
        requires_python=safe(first(fields, "requires-python"), 200),
        faults=(
            *((Reason.MALFORMED, f"not a requirement: {quoted(text)!r}") for text, edge in asked if edge is None),
            *([(Reason.LIMIT, _CUT)] if is_cut(data) else []),
        ),
        licence=of_headers(fields),
    )


def edge_of(text: str) -> Edge | None:
    """A Requires-Dist value as an edge, None where it is none. `foo[bar]>=1 ; extra == "x"` exists for extra x."""
    found = _REQUIRES.match(text)
    if found is None:
        return None
    specifier, marker = (found[3] or "").strip(), safe((found[4] or "").strip(), 500)
    extra = _EXTRA.search(marker)
    return Edge(
        name=canonical(found[1]),
        marker=marker,
        extra=canonical(extra[1]) if extra else "",
        specifier="" if specifier.startswith("@") else safe(specifier, 300),
    )


class Listed(NamedTuple):
    """What `requires.txt` of an egg says. faults: (line, reason, what could not be read there)."""

    requires: tuple[Edge, ...]
    faults: tuple[tuple[int, Reason, str], ...]


def egg_requires(data: bytes) -> Listed:
    """`requires.txt` of an egg: lines below `[extra]`, `[extra:marker]` or `[:marker]`."""
    edges: list[Edge] = []
    faults: list[tuple[int, Reason, str]] = []
    extra = marker = ""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        text = line.strip()
        if number > MAX_HEADERS:
            faults.append((number, Reason.LIMIT, f"what follows the first {MAX_HEADERS:,} lines was not read"))
            break
        if text.startswith("[") and text.endswith("]"):
            extra, _, marker = text[1:-1].partition(":")
        elif text and not text.startswith("#"):
            if (edge := edge_of(text)) is None:
                faults += [(number, Reason.MALFORMED, f"not a requirement: {quoted(text)!r}")] if len(faults) < _TOLD else []
                continue
            edges.append(
                edge._replace(extra=canonical(extra) if extra else edge.extra, marker=edge.marker or safe(marker, 500))
            )
    return Listed(tuple(edges), tuple(faults))
