"""Content that is no model format, and formats that are recognised and not read."""

from __future__ import annotations

import re
from itertools import islice

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, Span
from mlsupply.evidence.models.pickles import SEARCHED, search
from mlsupply.evidence.models.yamls import look_at_yaml

_ENTITIES = 1_000  # of an XML document, looked at for one that is fetched
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
    look_at_yaml(span, look)


def look_at_xml(span: Span, look: Look) -> None:
    """PMML and other XML: entities and document types are where its dangers lie."""
    entities = list(islice(span.places(b"<!ENTITY"), _ENTITIES))
    outside = next((at for at in entities if _OUTSIDE.match(span.read(at, 300))), -1)
    kind = span.find(b"<!DOCTYPE")
    if len(entities) == _ENTITIES and outside < 0:
        look.doubt(Cause.LIMIT, f"XML with {_ENTITIES:,} entities or more; the rest was not looked at", entities[-1])
    if outside >= 0:
        look.block(Cause.PATH, "an XML entity whose text is fetched from a place the file names", outside)
    elif entities or (kind >= 0 and any(span.find(word, kind, 1 << 16) >= 0 for word in (b"SYSTEM", b"PUBLIC"))):
        look.doubt(Cause.CONFIG, "XML with its own entities or an outside document type", entities[0] if entities else kind)
    if span.find(b"<PMML") >= 0:
        look.notes.append("PMML")


def look_at_picture(span: Span, look: Look) -> None:
    """A picture or document; a pickle hidden in it is found by `search`."""
    if not search(span, look, 0) and span.size > SEARCHED:
        detail = f"{span.size:,} bytes, of which the first {SEARCHED:,} were searched for a pickle"
        look.doubt(Cause.LIMIT, detail, SEARCHED)


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
