"""Core metadata (METADATA, PKG-INFO) and the `requires.txt` of eggs, read as bytes. Pure.

The headers are e-mail headers; the standard e-mail parser takes longer to import than a whole environment takes to read
with these few lines. Source: https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlsupply.inventory.parsing import quoted
from mlsupply.licence import stated
from mlsupply.model import Edge
from mlsupply.text import canonical, safe

MAX_BYTES = 1 << 20  # of the headers; the description that may follow is not needed
_MAX_HEADERS = 20_000
_REQUIRES = re.compile(
    r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?)\s*(?:\[([^\]]{0,500})\])?\s*\(?([^;()]{0,500})\)?\s*(?:;(.{0,2000}))?$"
)
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']{1,200})["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What an installed or installable distribution says of itself. name: canonical; requires: Requires-Dist as edges;
    broken: Requires-Dist lines that are none, made safe."""

    name: str
    version: str
    requires: tuple[Edge, ...] = ()
    requires_python: str = ""
    broken: tuple[str, ...] = ()
    licence: str = ""


def parse(data: bytes) -> Metadata:
    """The headers up to the first blank line. Missing fields are ""."""
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    lines = data[:MAX_BYTES].decode("utf-8", "replace").splitlines()
    for line in lines[:_MAX_HEADERS]:
        if not line.strip():
            break
        if line[0] in " \t":
            if values:
                values[-1] += " " + line.strip()
            continue
        key, colon, value = line.partition(":")
        values = fields.setdefault(key.strip().lower(), []) if colon else None
        if values is not None:
            values.append(value.strip())
    asked = [(text, edge_of(text)) for text in fields.get("requires-dist", [])]
    return Metadata(
        name=canonical(fields.get("name", [""])[0]),
        version=safe(fields.get("version", [""])[0], 200),
        requires=tuple(edge for _, edge in asked if edge is not None),
        requires_python=safe(fields.get("requires-python", [""])[0], 200),
        broken=tuple(quoted(text) for text, edge in asked if edge is None),
        licence=stated(
            fields.get("license-expression", [""])[0], fields.get("classifier", ()), fields.get("license", [""])[0]
        ),
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


def egg_requires(data: bytes) -> tuple[Edge, ...]:
    """`requires.txt` of an egg: lines below `[extra]`, `[extra:marker]` or `[:marker]`."""
    edges: list[Edge] = []
    extra = marker = ""
    for line in data[:MAX_BYTES].decode("utf-8", "replace").splitlines()[:_MAX_HEADERS]:
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            extra, _, marker = text[1:-1].partition(":")
        elif text and not text.startswith("#") and (edge := edge_of(text)) is not None:
            edges.append(
                edge._replace(extra=canonical(extra) if extra else edge.extra, marker=edge.marker or safe(marker, 500))
            )
    return tuple(edges)
