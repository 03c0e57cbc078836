"""Content that is no model format, and formats that are recognised and not read."""

from __future__ import annotations

import re

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, Span
from mlsupply.evidence.models.pickles import search

_READ = 4 << 20
_CLOSED = {
    b"Rar!": "a RAR",
    b"\x28\xb5\x2f\xfd": "a Zstandard",
    b"MSCF": "a cabinet",
    b"xar!": "a XAR",
    b"\x04\x22\x4d\x19": "an LZ4",
}
_OUTSIDE = re.compile(rb"<!ENTITY\s{1,20}(?:%\s{1,20})?[\w.:-]{1,80}\s{1,20}(?:SYSTEM|PUBLIC)\b")


def look_at_text(span: Span, look: Look) -> None:
    """Text is data to every loader, unless it is YAML that names what to build."""
    if span.find(b"!!python/", 0, _READ) >= 0 or span.find(b"_target_", 0, _READ) >= 0:
        from mlsupply.evidence.models.configs import look_at_yaml_lines

        look_at_yaml_lines(span, look)


def look_at_xml(span: Span, look: Look) -> None:
    """PMML and other XML: entities and document types are where its dangers lie."""
    head = span.read(0, 1 << 16)
    if found := _OUTSIDE.search(head):
        look.block(Cause.PATH, "an XML entity whose text is fetched from a place the file names", found.start())
    elif b"<!ENTITY" in head or (b"<!DOCTYPE" in head and (b"SYSTEM" in head or b"PUBLIC" in head)):
        look.doubt(Cause.CONFIG, "XML with its own entities or an outside document type", head.find(b"<!"))
    if b"<PMML" in head:
        look.notes.append("PMML")


def look_at_picture(span: Span, look: Look) -> None:
    """A picture or document; a pickle hidden in it is found by `search`."""
    search(span, look, 0)


def look_at_native(span: Span, look: Look) -> None:
    """A program or library: never clear, and what text in it gives away is marked."""
    look.doubt(Cause.UNSUPPORTED, "native code, which cannot be judged by reading it", 0)
    search(span, look, 0)


def look_at_closed(span: Span, look: Look) -> None:
    """An archive of a kind that is not opened here; a pickle stored in it as it is, is found."""
    name = next((name for head, name in _CLOSED.items() if span.startswith(head)), "closed")
    look.doubt(Cause.UNSUPPORTED, f"{name} archive: what is in it is not read here", 0)
    search(span, look, 0)


def look_at_unknown(span: Span, look: Look) -> None:
    """Bytes of no known format."""
    if not search(span, look, 0):
        look.doubt(Cause.UNSUPPORTED, "no format that is read here", 0)
